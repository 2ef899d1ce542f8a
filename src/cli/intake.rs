//! `guichet intake`: every letter and its disposition, its raw bytes, what is attached to it, and
//! what to do with those that are held.

mod attachment;
mod list;
mod page;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueHint};
use jiff::Timestamp;

use super::outbox::one_line;
use super::{Failure, actor, print, read_config, runtime};
use crate::config::Config;
use crate::daemon;
use crate::decide::review::Review;
use crate::message::limits;
use crate::reader::Reader;
use crate::store::{Desk, View};

const JSON: &str = "With --json: one object. Times (`received_at`, `journaled_at`, `decided_at`) \
are Unix seconds in UTC, 0 for \"not yet\"; words are those of the database. Fields are added in \
later versions and never renamed.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The newest letters, each with what became of it and why
    List(list::Arguments),
    /// Everything known of one letter: its way with times, what was decided and by which rule
    #[command(after_help = JSON)]
    Show {
        /// Its number in `guichet intake list`
        letter: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// The raw bytes of one letter, as they came
    Raw {
        /// Its number in `guichet intake list`
        letter: i64,
    },
    /// What is attached to one letter, or one attachment's bytes
    Attachment {
        /// The letter's number in `guichet intake list`
        letter: i64,
        /// The attachment's number; without it they are listed
        number: Option<usize>,
        /// A file to write the bytes to, which must not exist yet; standard output if not given
        #[arg(long, short, value_name = "FILE", requires = "number",
              value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
        /// One JSON object a line, for the list
        #[arg(long, conflicts_with = "number")]
        json: bool,
    },
    /// Decide a held letter again, as if no spam filter had marked it
    Release {
        /// Its number in `guichet intake list --held`
        letter: i64,
    },
    /// Decide a held or undecided letter again like any other, after its trouble was mended
    ///
    /// For a letter that was held because the program, its memory or a spam filter's setting was at
    /// fault. Failed starts of reading it are forgotten.
    Retry {
        /// Its number in `guichet intake list`
        letter: i64,
    },
    /// End a held letter: nothing comes of it
    Discard {
        /// Its number in `guichet intake list --held`
        letter: i64,
        /// Why, for whoever looks next
        #[arg(long, value_name = "WHY", default_value = "not wanted")]
        why: String,
    },
}

pub(super) fn intake(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let view = View::open(&config.store)?;
    match command {
        Command::Release { letter } => {
            releasable(&config, &view, *letter)?;
            review(&config, *letter, &Review::Release)?;
        }
        Command::Retry { letter } => review(&config, *letter, &Review::Retry)?,
        Command::Discard { letter, why } => {
            let why = one_line(why)?;
            review(&config, *letter, &Review::Discard { why })?;
        }
        Command::List(arguments) => list::list(&view, arguments)?,
        Command::Show { letter, json } => page::show(&view, *letter, *json)?,
        Command::Raw { letter } => {
            let raw = view.raw(*letter)?;
            std::io::stdout().lock().write_all(&raw)?;
        }
        Command::Attachment {
            letter,
            number: None,
            json,
            ..
        } => attachment::list(&view, *letter, *json)?,
        Command::Attachment {
            letter,
            number: Some(number),
            output,
            ..
        } => {
            let raw = view.raw(*letter)?;
            attachment::write(&config, &raw, *number, output.as_deref())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn review(config: &Config, letter: i64, review: &Review) -> Result<(), Failure> {
    let mut desk = Desk::open(&config.store)?;
    desk.review(letter, review, &actor::admin(), Timestamp::now())?;
    print(&format!(
        "Letter {letter} is decided within seconds if guichet runs, else at its next start.\n"
    ))
}

/// Refuses to release what would only be held again.
fn releasable(config: &Config, view: &View, letter: i64) -> Result<(), Failure> {
    let known = view.letter(letter)?;
    if known.line.disposition != "held" {
        // The store says what it is, and what was expected.
        return Ok(());
    }
    let size = view.held_size(letter)?;
    let raw = view.raw(letter)?;
    let refuse = |why: String| {
        Err(Failure::new(
            65,
            format!(
                "letter {letter} would only be held again: {why}; read it in the folder of the \
                 held letters on the mail server, ask its author for another one if it is a \
                 request, and end this one with `guichet intake discard {letter}`"
            ),
        ))
    };
    if raw.is_empty() && size > 0 {
        return refuse(
            "the server did not hand it over, so that it is kept without its bytes".into(),
        );
    }
    if size > limits::LETTER {
        return refuse(format!(
            "it has {size} bytes, of at most {}, and only its beginning is kept",
            limits::LETTER
        ));
    }
    let reader = Reader::new(daemon::readers(config));
    match runtime()?.block_on(reader.read(&raw)) {
        Ok(Err(unreadable)) => refuse(unreadable.to_string()),
        // What ended its reader is read once more: that is what a release is for.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}
