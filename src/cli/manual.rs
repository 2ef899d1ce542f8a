//! `guichet completions` and `guichet man`: what a package needs beside the program.
//!
//! Both are made from the definition of the command line itself, so that neither can lag behind it.
//! The page of the configuration, guichet.toml(5), is the shipped sample, whole.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Failure, print};

/// The sample that explains every key.
const SAMPLE: &str = include_str!("../../deploy/guichet.toml");

/// What `guichet completions` takes.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell to complete in
    shell: Shell,
}

/// What `guichet man` takes.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder to write man1/ and man5/ into; it is made if it is missing
    folder: PathBuf,
}

/// Prints the words that a shell completes.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "guichet",
        &mut script,
    );
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a page for the program, one for each subcommand, and one for the configuration.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn man(arguments: &Man) -> Result<ExitCode, Failure> {
    let commands = arguments.folder.join("man1");
    let files = arguments.folder.join("man5");
    fs::create_dir_all(&commands)?;
    fs::create_dir_all(&files)?;
    let command = super::Arguments::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, &commands)?;
    fs::write(files.join("guichet.toml.5"), configuration_page(SAMPLE))?;
    Ok(ExitCode::SUCCESS)
}

/// guichet.toml(5): the sample, each line as it stands.
fn configuration_page(sample: &str) -> String {
    let mut page = String::from(
        ".TH guichet.toml 5 \"\" guichet guichet\n\
         .SH NAME\n\
         guichet.toml \\- the configuration of guichet\n\
         .SH DESCRIPTION\n\
         guichet reads one file, /etc/guichet/guichet.toml unless \\fB\\-\\-config\\fR or \
         \\fBGUICHET_CONFIG\\fR names another. What follows is the shipped sample, with every key.\n\
         .SH SAMPLE\n\
         .nf\n",
    );
    for line in sample.lines() {
        // A full stop or an apostrophe at the start of a line is a request to the formatter.
        if line.starts_with(['.', '\'']) {
            page.push_str("\\&");
        }
        page.push_str(&line.replace('\\', "\\e").replace('-', "\\-"));
        page.push('\n');
    }
    page.push_str(".fi\n.SH SEE ALSO\n\\fBguichet\\fR(1)\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_line_of_the_sample_is_never_a_request_to_the_formatter() {
        let page = configuration_page(".SH x\n'y\nz\\w-v\n");
        assert!(page.contains("\n\\&.SH x\n\\&'y\nz\\ew\\-v\n"), "{page}");
    }
}
