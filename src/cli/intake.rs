//! `guichet intake list|raw|release|discard`: every letter and its disposition, and what to do with
//! those that are held.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::table::{line, local, table};
use super::{Failure, json, print, read_config};
use crate::decide::review::Review;
use crate::store::{Desk, View};

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
    /// Decide a held letter again, as if no spam filter had marked it
    Release {
        /// Its number in `guichet intake list --held`
        letter: i64,
    },
    /// End a held letter: nothing comes of it
    Discard {
        /// Its number in `guichet intake list --held`
        letter: i64,
        /// Why, for whoever looks next
        #[arg(long, default_value = "not wanted")]
        why: String,
    },
    /// The raw bytes of one letter, as they came
    Raw {
        /// Its number in `guichet intake list`
        letter: i64,
    },
}

pub(super) fn intake(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let store = read_config(file)?.store;
    let view = View::open(&store)?;
    match command {
        Command::Release { letter } => review(&store, *letter, &Review::Release)?,
        Command::Discard { letter, why } => {
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            review(&store, *letter, &Review::Discard { why })?;
        }
        Command::List {
            held,
            limit,
            json: as_json,
        } => list(&view, *held, *limit, *as_json)?,
        Command::Raw { letter } => {
            let raw = view.raw(*letter)?;
            std::io::stdout().lock().write_all(&raw)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn review(store: &Path, letter: i64, review: &Review) -> Result<(), Failure> {
    Desk::open(store)?.review(letter, review, Timestamp::now())?;
    print(&format!(
        "Letter {letter} is decided within seconds if guichet runs, else at its next start.\n"
    ))
}

fn list(view: &View, held: bool, limit: u32, as_json: bool) -> Result<(), Failure> {
    let letters = view.letters(held.then_some("held"), limit)?;
    if as_json {
        for letter in &letters {
            print(&json(letter)?)?;
        }
        return Ok(());
    }
    if letters.is_empty() {
        return print("No letters.\n");
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
    ))
}
