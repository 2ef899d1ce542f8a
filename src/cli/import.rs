//! `guichet import mbox|maildir`: the letters of an older mailbox become tickets, and nobody is
//! written to.
//!
//! Two steps, each of which goes on where it was broken off. First every letter is journalled, by
//! the hash of its bytes, so that one that is there already is not taken twice. Then each is decided
//! at its own date: by the running service, which finds them within seconds, or by this very process
//! where none runs. A letter that the gateway knows from elsewhere is a duplicate of that one.

mod progress;
mod source;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;

use super::table::{counted, local};
use super::{Failure, json as as_line, print, read_config, runtime};
use crate::config::Config;
use crate::daemon;
use crate::decide::Imported;
use crate::gateway::Gateway;
use crate::gateway::rules::CurrentRules;
use crate::mailbox::mbox::MboxError;
use crate::message::limits;
use crate::reader::Reader;
use crate::store::journal::Arrival;
use crate::store::{Desk, Store, StoreError, View};
use progress::Progress;
use source::Source;

/// Letters that share a commit.
const TOGETHER: usize = 64;
/// Bytes that share one at most.
const BYTES: usize = 32 * 1024 * 1024;
/// How often a running service is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Letters out of an mbox file, as Thunderbird, mutt or an archive of Gmail write it
    #[command(after_help = EXAMPLES)]
    Mbox {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// Letters out of a Maildir, or out of any folder with one letter in a file
    #[command(after_help = EXAMPLES)]
    Maildir {
        /// The folder; of a Maildir `new` and `cur` are read, its subfolders are not
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

const EXAMPLES: &str = "\
Examples:
  guichet import mbox old-support.mbox --dry-run    how many letters, from when, known or not
  guichet import mbox old-support.mbox              tickets that are over: history, to look at
  guichet import maildir ~/Maildir/.Support --open  tickets that go to the queue

Nobody is written to: neither the authors nor the technicians. What the service card says of each
letter is kept, so that `guichet policy replay` can try another card on them. It may be broken off
(Ctrl-C) and started again.
";

#[derive(Debug, Args)]
pub(super) struct How {
    /// Put the tickets into the queue, where things fall due in them as in any; they are closed
    /// from the start if not given
    #[arg(long)]
    open: bool,
    /// Read everything, say what it is, and take nothing in
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// One JSON object at the end
    #[arg(long)]
    json: bool,
}

impl From<MboxError> for Failure {
    fn from(error: MboxError) -> Self {
        let code = match &error {
            MboxError::NoMbox(_) => 65,
            MboxError::Read(_) => 74,
        };
        Self::new(code, error)
    }
}

/// What was found in the file or folder.
#[derive(Debug, Default)]
struct Found {
    letters: usize,
    known: usize,
    too_large: usize,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
}

pub(super) fn import(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let (source, how) = match command {
        Command::Mbox { file, how } => (Source::mbox(file)?, how),
        Command::Maildir { folder, how } => (Source::maildir(folder)?, how),
    };
    if how.dry_run {
        told(&tried(&config, source)?, how, &[])?;
    } else {
        taken_in(&config, source, how)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads everything, and takes nothing in.
fn tried(config: &Config, source: Source) -> Result<Found, Failure> {
    let view = match View::open(&config.store) {
        Err(StoreError::NoStore { .. }) => None,
        view => Some(view?),
    };
    read(source, |letters| {
        let Some(view) = &view else {
            return Ok(0);
        };
        let known = letters.iter().map(|letter| view.is_imported(&letter.uid));
        let known: Vec<bool> = known.collect::<Result<_, _>>()?;
        Ok(known.into_iter().filter(|known| *known).count())
    })
}

/// Takes everything in, and has it decided.
fn taken_in(config: &Config, source: Source, how: &How) -> Result<(), Failure> {
    // Rules with a mistake are found before anything is taken in.
    let rules = daemon::rules(config)?;
    let store = match Store::open(&config.store, Timestamp::now()) {
        Err(StoreError::Locked { .. }) => None,
        store => Some(store?),
    };
    let mut desk = Desk::open(&config.store)?;
    let view = View::open(&config.store)?;
    let before = view.newest_letter()?;
    let imported = if how.open {
        Imported::Open
    } else {
        Imported::Closed
    };
    let found = read(source, |letters| {
        let count = letters.len();
        let fresh = desk.import(letters, imported, Timestamp::now())?;
        Ok(count - fresh)
    })?;
    match store {
        Some(store) => {
            let gateway = Gateway::new(
                store,
                Arc::new(Reader::new(daemon::readers(config))),
                CurrentRules::new(rules),
                Arc::new(Notify::new()),
            );
            decide(&gateway, &view)?;
        }
        None => wait(config, &view)?,
    }
    let became: Vec<(String, u64)> = view.imported(before)?.into_iter().collect();
    told(&found, how, &became)
}

/// Reads every letter and hands them on in portions; `take` says how many were there before.
fn read(
    mut source: Source,
    mut take: impl FnMut(Vec<Arrival>) -> Result<usize, StoreError>,
) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut progress = Progress::new("taken in", source.total());
    let (mut portion, mut bytes) = (Vec::new(), 0);
    while let Some(letter) = source.next()? {
        found.letters += 1;
        found.too_large += usize::from(letter.size > limits::LETTER);
        let at = letter.received_at;
        found.oldest = Some(found.oldest.map_or(at, |oldest| oldest.min(at)));
        found.newest = Some(found.newest.map_or(at, |newest| newest.max(at)));
        bytes += letter.raw.len();
        portion.push(letter);
        if portion.len() == TOGETHER || bytes > BYTES {
            found.known += take(std::mem::take(&mut portion))?;
            bytes = 0;
        }
        progress.at(source.position(), found.letters);
    }
    if !portion.is_empty() {
        found.known += take(portion)?;
    }
    progress.end();
    Ok(found)
}

/// Decides what was taken in, in this process.
fn decide(gateway: &Gateway, view: &View) -> Result<(), Failure> {
    let total = view.imports_waiting()?;
    let mut progress = Progress::new("decided", total);
    runtime()?.block_on(async {
        let mut left = total;
        while left > 0 {
            let before = left;
            gateway.reviewed().await?;
            left = view.imports_waiting()?;
            let done = total.saturating_sub(left);
            progress.at(done, usize::try_from(done).unwrap_or(0));
            if left == before {
                // What cost its reader is started again in the background.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        gateway.reader.close().await;
        Ok::<(), Failure>(())
    })?;
    progress.end();
    Ok(())
}

/// Waits until the running service has decided what was taken in.
fn wait(config: &Config, view: &View) -> Result<(), Failure> {
    let total = view.imports_waiting()?;
    let mut progress = Progress::new("decided", total);
    loop {
        let left = view.imports_waiting()?;
        let done = total.saturating_sub(left);
        progress.at(done, usize::try_from(done).unwrap_or(0));
        if left == 0 {
            break;
        }
        if !std::io::stderr().is_terminal() && !is_running(config) {
            let why = "the service stopped; it decides the rest when it starts again";
            return Err(Failure::new(75, why));
        }
        std::thread::sleep(LOOK);
    }
    progress.end();
    Ok(())
}

/// Whether another process has the store.
fn is_running(config: &Config) -> bool {
    matches!(
        Store::open(&config.store, Timestamp::now()),
        Err(StoreError::Locked { .. })
    )
}

fn told(found: &Found, how: &How, became: &[(String, u64)]) -> Result<(), Failure> {
    let day = |at: Option<Timestamp>| at.map(|at| at.as_second());
    if how.json {
        let became: serde_json::Map<String, serde_json::Value> = became
            .iter()
            .map(|(word, count)| (word.clone(), json!(count)))
            .collect();
        return print(&as_line(&json!({
            "letters": found.letters,
            "known": found.known,
            "too_large": found.too_large,
            "oldest_at": day(found.oldest),
            "newest_at": day(found.newest),
            "dry_run": how.dry_run,
            "became": became,
        }))?);
    }
    let mut out = counted(found.letters, "letter", "letters");
    if let (Some(oldest), Some(newest)) = (found.oldest, found.newest) {
        out.push_str(&format!(
            " from {} to {}",
            local(oldest.as_second()),
            local(newest.as_second())
        ));
    }
    out.push_str(&format!("; {} known already\n", found.known));
    if found.too_large > 0 {
        out.push_str(&format!(
            "{} too large: held, with the beginning alone\n",
            counted(found.too_large, "letter is", "letters are")
        ));
    }
    for (word, count) in became {
        out.push_str(&format!("{count:>7}  {}\n", word.replace('_', " ")));
    }
    if how.dry_run {
        out.push_str("Nothing was taken in.\n");
    }
    print(&out)
}
