//! `guichet config check`: everything that can be known without a network.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::counted;
use super::{Failure, print, read_config};
use crate::daemon;
use crate::delivery::Transport;
use crate::key_file::KeyFileError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read the configuration, the card, the tables and every template, and say what is wrong
    Check,
}

pub(super) fn config(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let Command::Check = command;
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
