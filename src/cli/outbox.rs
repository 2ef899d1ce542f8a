//! `guichet outbox list|show|hold|release`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::table::{counted, line, local, table};
use super::{Failure, json, print, read_config};
use crate::store::{Desk, View};

/// The states a row can be in, as the store writes them.
const STATES: [&str; 6] = ["pending", "sending", "sent", "failed", "held", "cancelled"];

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
    /// Let everything go that is held
    Release,
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
        Command::Release => {
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
    let queue = view.queue()?;
    if let Some(why) = &queue.hold {
        print(&format!(
            "HELD: {}. Nothing is sent until `guichet outbox release`.\n",
            line(why, 300)
        ))?;
    }
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
