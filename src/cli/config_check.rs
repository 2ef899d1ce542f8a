//! `guichet config check`: everything that can be known without a network. `show` is in a room of
//! its own.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::counted;
use super::{Failure, config_show, print, read_config};
use crate::daemon;
use crate::delivery::Transport;
use crate::key_file::KeyFileError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read the configuration, the card, the tables and every template, and say what is wrong
    Check,
    /// Every value in force, with the line it stands in, or that it is the default
    ///
    /// What is printed is a configuration that does the same as the file. Arguments of a program
    /// that prints a secret are masked; secrets themselves are never in a configuration.
    Show {
        /// One JSON object a line: table, number, key, value, origin (file or default), line
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn config(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    if let Command::Show { json } = command {
        config_show::show(file, *json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = read_config(file)?;
    // The first start makes the keys; those there are must be good.
    match config.token_keys.load() {
        Ok(_) | Err(KeyFileError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let rules = daemon::rules(&config)?;
    Transport::new(config.delivery.clone()).map_err(|error| Failure::new(78, error))?;
    print(&format!(
        "{} is good: {}, card {} with {}, {}, all templates render.\n",
        file.display(),
        counted(config.mailboxes.len(), "mailbox", "mailboxes"),
        rules.card.version(),
        counted(rules.card.clauses().len(), "clause", "clauses"),
        counted(config.tables.len(), "table", "tables"),
    ))?;
    Ok(ExitCode::SUCCESS)
}
