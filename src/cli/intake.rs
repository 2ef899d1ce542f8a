//! `guichet intake list` and `guichet intake raw`: every letter and its disposition.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::{line, local, table};
use super::{Failure, json, print, read_config};
use crate::store::View;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The newest letters, each with what became of it and why
    List {
        /// Only those held for a person
        #[arg(long)]
        held: bool,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// The raw bytes of one letter, as they came
    Raw {
        /// Its number in `guichet intake list`
        letter: i64,
    },
}

pub(super) fn intake(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let view = View::open(&read_config(file)?.store)?;
    match command {
        Command::List {
            held,
            limit,
            json: as_json,
        } => {
            let letters = view.letters(held.then_some("held"), *limit)?;
            if *as_json {
                for letter in &letters {
                    print(&json(letter)?)?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            if letters.is_empty() {
                print("No letters.\n")?;
                return Ok(ExitCode::SUCCESS);
            }
            let rows = letters
                .iter()
                .map(|letter| {
                    vec![
                        letter.id.to_string(),
                        local(letter.received_at),
                        letter.disposition.replace('_', " "),
                        letter.ticket.map(|n| format!("#{n}")).unwrap_or_default(),
                        line(&letter.sender, 40),
                        line(&letter.reason, 80),
                    ]
                })
                .collect();
            print(&table(
                &["letter", "received", "disposition", "ticket", "from", "why"],
                rows,
            ))?;
        }
        Command::Raw { letter } => {
            let raw = view.raw(*letter)?;
            std::io::stdout().lock().write_all(&raw)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
