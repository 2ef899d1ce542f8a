//! `guichet intake`: every letter and its disposition, its raw bytes, what is attached to it, and
//! what to do with those that are held.
//!
//! An attachment is cut out of the raw letter by a reader's worker, and written where the admin
//! says: the name that the sender claims is shown, never used.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;

use super::table::{line, local, table};
use super::{Failure, json, print, read_config, runtime};
use crate::config::Config;
use crate::daemon;
use crate::decide::review::Review;
use crate::message::limits;
use crate::reader::Reader;
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
    /// What is attached to one letter, or one attachment's bytes
    Attachment {
        /// The letter's number in `guichet intake list`
        letter: i64,
        /// The attachment's number; without it they are listed
        number: Option<usize>,
        /// A file to write the bytes to, which must not exist yet; standard output if not given
        #[arg(long, short, value_name = "FILE", requires = "number")]
        output: Option<PathBuf>,
        /// One JSON object a line, for the list
        #[arg(long, conflicts_with = "number")]
        json: bool,
    },
}

pub(super) fn intake(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let view = View::open(&config.store)?;
    match command {
        Command::Release { letter } => {
            releasable(&config, &view, *letter)?;
            review(&config.store, *letter, &Review::Release)?;
        }
        Command::Discard { letter, why } => {
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            review(&config.store, *letter, &Review::Discard { why })?;
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
        Command::Attachment {
            letter,
            number: None,
            json: as_json,
            ..
        } => list_attachments(&view, *letter, *as_json)?,
        Command::Attachment {
            letter,
            number: Some(number),
            output,
            ..
        } => {
            let raw = view.raw(*letter)?;
            write_attachment(&config, &raw, *number, output.as_deref())?;
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

/// Refuses to release what would only be held again.
fn releasable(config: &Config, view: &View, letter: i64) -> Result<(), Failure> {
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

fn list_attachments(view: &View, letter: i64, as_json: bool) -> Result<(), Failure> {
    // A letter that is not there is told from one without attachments.
    view.raw(letter)?;
    let attachments = view.attachments_of_letter(letter)?;
    if as_json {
        for attachment in &attachments {
            print(&json(attachment)?)?;
        }
        return Ok(());
    }
    if attachments.is_empty() {
        return print("No attachments.\n");
    }
    let rows = attachments
        .iter()
        .map(|attachment| {
            vec![
                attachment.number.to_string(),
                line(&attachment.name, 60),
                line(&attachment.media_type, 60),
                attachment.size.to_string(),
                match (attachment.repeated, attachment.inline) {
                    (true, _) => "in a signature",
                    (false, true) => "in the text",
                    (false, false) => "attached",
                }
                .to_owned(),
                attachment.sha256.clone(),
            ]
        })
        .collect();
    print(&table(
        &["number", "name", "type claimed", "bytes", "where", "sha256"],
        rows,
    ))
}

fn write_attachment(
    config: &Config,
    raw: &[u8],
    number: usize,
    output: Option<&Path>,
) -> Result<(), Failure> {
    if output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::new(
            64,
            "expected --output FILE, because an attachment is not for a terminal",
        ));
    }
    let reader = Reader::new(daemon::readers(config));
    let found = match number.checked_sub(1) {
        Some(index) => runtime()?.block_on(reader.cut(raw, index)),
        None => Ok(Ok(None)),
    };
    let (_, bytes) = found
        .map_err(|failure| Failure::new(70, failure))?
        .map_err(|unreadable| Failure::new(65, unreadable))?
        .ok_or_else(|| Failure::new(66, format!("the letter has no attachment {number}")))?;
    let Some(path) = output else {
        std::io::stdout().lock().write_all(&bytes)?;
        return Ok(());
    };
    File::create_new(path)
        .and_then(|mut file| file.write_all(&bytes))
        .map_err(|error| {
            Failure::new(
                73,
                format!("`{}` cannot be written: {error}", path.display()),
            )
        })
}
