//! The command line: see `guichet --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == "read-worker")
    {
        return guichet::reader::serve();
    }
    ExitCode::SUCCESS
}
