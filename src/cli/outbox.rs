//! `guichet outbox list|show|hold|release|suspended|resume`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::table::{counted, line, local, table};
use super::{Failure, json, print, read_config};
use crate::store::{Desk, View};

/// The states a row can be in, as the store writes them.
const STATES: [&str; 7] = [
    "pending",
    "sending",
    "sent",
    "failed",
    "held",
    "cancelled",
    "bounced",
];

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The newest rows, and whether anything is held
    List {
        /// Only rows in this state
        #[arg(long, value_parser = STATES)]
        state: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// One letter as it goes, or went, over the wire
    Show {
        /// Its number in `guichet outbox list`
        row: i64,
    },
    /// Stop all sending until `release`
    Hold {
        /// Why, for whoever looks next
        #[arg(long, default_value = "held by an admin")]
        why: String,
    },
    /// Let everything go that is held, but for suspended addresses and letters that may have
    /// arrived already
    Release {
        /// Only this row, also one that may have arrived already: then it may arrive twice
        row: Option<i64>,
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
        address: String,
    },
}

pub(super) fn outbox(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let store = read_config(file)?.store;
    match command {
        Command::List {
            state,
            limit,
            json: as_json,
        } => list(&View::open(&store)?, state.as_deref(), *limit, *as_json)?,
        Command::Show { row } => {
            let bytes = View::open(&store)?.outbound_bytes(*row)?;
            std::io::stdout().lock().write_all(&bytes)?;
        }
        Command::Hold { why } => {
            Desk::open(&store)?.hold_outbox(why)?;
            print("Nothing is sent until `guichet outbox release`.\n")?;
        }
        Command::Suspended {
            limit,
            json: as_json,
        } => suspended(&View::open(&store)?, *limit, *as_json)?,
        Command::Resume { address } => {
            let rows = Desk::open(&store)?.resume(address.trim(), Timestamp::now())?;
            print(&format!(
                "Letters to this address go out again; due now: {}.\n",
                counted(rows, "held letter", "held letters")
            ))?;
        }
        Command::Release { row: Some(row) } => {
            Desk::open(&store)?.release_row(*row, Timestamp::now())?;
            print(&format!("Row {row} is due now.\n"))?;
        }
        Command::Release { row: None } => {
            let rows = Desk::open(&store)?.release_outbox(Timestamp::now())?;
            print(&format!(
                "Sending goes on; due now: {}.\n",
                counted(rows, "held letter", "held letters")
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(view: &View, state: Option<&str>, limit: u32, as_json: bool) -> Result<(), Failure> {
    let rows = view.outbox(state, limit)?;
    if as_json {
        for row in &rows {
            print(&json(row)?)?;
        }
        return Ok(());
    }
    alarms(view)?;
    if rows.is_empty() {
        return print(&match state {
            None => "The outbox is empty.\n".to_owned(),
            Some(state) => format!("Nothing in the outbox is {state}.\n"),
        });
    }
    let rows = rows
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.ticket.map(|n| format!("#{n}")).unwrap_or_default(),
                row.kind.replace('_', " "),
                line(&row.recipient, 40),
                row.state.clone(),
                row.attempts.to_string(),
                local(row.due_at),
                line(&row.answer, 60),
            ]
        })
        .collect();
    print(&table(
        &[
            "row",
            "ticket",
            "notice",
            "to",
            "state",
            "tries",
            "due",
            "last answer",
        ],
        rows,
    ))
}

fn suspended(view: &View, limit: u32, as_json: bool) -> Result<(), Failure> {
    let failing = view.failing(limit)?;
    if as_json {
        for one in &failing {
            print(&json(one)?)?;
        }
        return Ok(());
    }
    if failing.is_empty() {
        return print("No letter came back.\n");
    }
    let rows = failing
        .iter()
        .map(|one| {
            vec![
                line(&one.address, 40),
                if one.suspended_at > 0 {
                    local(one.suspended_at)
                } else {
                    String::new()
                },
                one.failures.to_string(),
                one.held.to_string(),
                local(one.last_at),
                line(&one.reason, 60),
            ]
        })
        .collect();
    print(&table(
        &[
            "address",
            "suspended since",
            "failures",
            "held",
            "last",
            "reason",
        ],
        rows,
    ))
}

/// What keeps letters from going out.
fn alarms(view: &View) -> Result<(), Failure> {
    let queue = view.queue()?;
    if let Some(why) = &queue.hold {
        print(&format!(
            "HELD: {}. Nothing is sent until `guichet outbox release`.\n",
            line(why, 300)
        ))?;
    }
    let suspended = view.failing(u32::MAX)?;
    let suspended = suspended.iter().filter(|one| one.suspended_at > 0).count();
    if suspended > 0 {
        print(&format!(
            "SUSPENDED: {}; see `guichet outbox suspended`.\n",
            counted(suspended, "address", "addresses")
        ))?;
    }
    Ok(())
}
