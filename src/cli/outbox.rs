//! `guichet outbox`: look at what is sent, hold it, let it go.
//!
//! Everything works beside a running service, which sees it within seconds, and without one.

mod list;
mod page;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{Subcommand, ValueHint};
use jiff::Timestamp;

use super::table::counted;
use super::{Failure, actor, print, read_config};
use crate::store::{Desk, View};

pub(super) use list::became;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The newest letters out, and whether anything is held
    List(list::Arguments),
    /// Everything about one letter out: head, text, every attempt with the server's words
    Show {
        /// Its number in `guichet outbox list`
        row: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// One letter byte for byte, as it goes over the wire
    Raw {
        /// Its number in `guichet outbox list`
        row: i64,
    },
    /// Stop all sending until `release`; letters are still taken in, and tickets opened
    Hold {
        /// Why, for whoever looks next
        #[arg(long, value_name = "WHY", default_value = "held by an admin")]
        why: String,
    },
    /// Let everything go that is held, but for suspended addresses and letters that may have
    /// arrived already
    Release {
        /// Only this row, also one that may have arrived already: then it may arrive twice
        row: Option<i64>,
    },
    /// Send a letter now that waits for its next attempt, or once more one that failed or bounced
    Retry {
        /// Its number in `guichet outbox list`
        row: i64,
    },
    /// End a letter that was not sent: it never goes out
    ///
    /// The ticket's history says so. A refusal that is cancelled is none: its ticket goes to the
    /// queue. A letter that is on its way cannot be called back.
    Cancel {
        /// Its number in `guichet outbox list`
        row: i64,
        /// Why, for the ticket's history
        #[arg(long, value_name = "WHY")]
        why: String,
    },
    /// Addresses that letters came back from, and which of them get nothing any more
    Suspended {
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Send to a suspended address again, also what was held for it
    Resume {
        /// The address
        #[arg(value_hint = ValueHint::EmailAddress)]
        address: String,
    },
}

pub(super) fn outbox(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let store = &config.store;
    let now = Timestamp::now();
    match command {
        Command::List(arguments) => list::list(&View::open(store)?, arguments)?,
        Command::Show { row, json } => page::show(&config, &View::open(store)?, *row, *json)?,
        Command::Raw { row } => {
            let bytes = View::open(store)?.outbound_bytes(*row)?;
            std::io::stdout().lock().write_all(&bytes)?;
        }
        Command::Hold { why } => hold(store, why)?,
        Command::Release { row: Some(row) } => {
            Desk::open(store)?.release_row(*row, now)?;
            print(&format!("Row {row} is due now.\n"))?;
        }
        Command::Release { row: None } => {
            let rows = Desk::open(store)?.release_outbox(now)?;
            print(&format!(
                "Sending goes on; due now: {}.\n",
                counted(rows, "held letter", "held letters")
            ))?;
        }
        Command::Retry { row } => {
            Desk::open(store)?.retry_row(*row, &actor::admin(), now)?;
            print(&format!("Row {row} is due now.\n"))?;
            still_held(store)?;
        }
        Command::Cancel { row, why } => {
            let why = one_line(why)?;
            Desk::open(store)?.cancel_row(*row, &actor::admin(), &why, now)?;
            print(&format!("Row {row} is cancelled.\n"))?;
        }
        Command::Suspended { limit, json } => {
            list::suspended(&View::open(store)?, *limit, *json)?;
        }
        Command::Resume { address } => {
            let rows = Desk::open(store)?.resume(address.trim(), now)?;
            print(&format!(
                "Letters to this address go out again; due now: {}.\n",
                counted(rows, "held letter", "held letters")
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn hold(store: &Path, why: &str) -> Result<(), Failure> {
    let desk = Desk::open(store)?;
    if desk.hold_outbox(&one_line(why)?)? {
        return print("Nothing is sent until `guichet outbox release`.\n");
    }
    let before = View::open(store)?.queue()?.hold.unwrap_or_default();
    print(&format!(
        "It was held already ({before}); that reason stays, until `guichet outbox release`.\n"
    ))
}

/// What one row's order cannot change: all sending is held.
fn still_held(store: &Path) -> Result<(), Failure> {
    match View::open(store)?.queue()?.hold {
        Some(why) => print(&format!(
            "It waits with all others for `guichet outbox release`: {why}.\n"
        )),
        None => Ok(()),
    }
}

/// A reason: one line that says something.
pub(super) fn one_line(why: &str) -> Result<String, Failure> {
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    if why.is_empty() {
        let wanted = "expected a reason, in a few words, for whoever reads the history";
        return Err(Failure::new(64, wanted));
    }
    Ok(why)
}
