//! `guichet ticket`: look at tickets, and work on them.

mod list;
mod page;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::Screen;
use super::{Failure, json, print, read_config};
use crate::store::View;

/// What `ticket list` and `ticket show` write as JSON.
const JSON: &str = "With --json: one object a line. Times (`created_at`, `updated_at`, `at`) are \
Unix seconds in UTC, words are those of the database, an empty text is \"nothing\". Fields are \
added in later versions and never renamed.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Which tickets there are: what is not done, in the order it should be
    #[command(after_help = JSON)]
    List(list::Arguments),
    /// Everything about one ticket: people, decision, history, attachments, what was sent
    #[command(after_help = JSON)]
    Show {
        /// Its number, `12` or `#12`
        #[arg(value_name = "TICKET", value_parser = number)]
        number: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// A ticket's number, as people write it.
fn number(text: &str) -> Result<i64, String> {
    let digits = text.trim().trim_start_matches('#');
    digits
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected the number of a ticket, such as 12".to_owned())
}

pub(super) fn ticket(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    match command {
        Command::List(arguments) => list::list(&config, arguments)?,
        Command::Show {
            number,
            json: as_json,
        } => {
            let view = View::open(&config.store)?;
            let pages = view.ticket(*number)?;
            let text = if *as_json {
                json(&pages)?
            } else {
                let trace = view.trace_of_ticket(*number)?;
                page::page(Screen::stdout(), &pages, &trace)
            };
            print(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
