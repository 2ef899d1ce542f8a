//! The `guichet` program: arguments in, [`guichet::cli::run`], exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker that reads hostile bytes starts before anything else is set up.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == "read-worker")
    {
        return guichet::reader::serve();
    }
    guichet::cli::run()
}
