//! `guichet keys show|rotate|revoke`: the keys that replies are recognised by. Never a secret.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::table::{local, table};
use super::{Failure, json, print, read_config};
use crate::key_file::{KeyFile, KeyFileError};
use crate::token::{KeyRing, KeyState, KeySummary, Purpose};

/// Days an old key is kept by default: as long as the longest token lives.
const KEEP_DAYS: u32 = 180;

const _: () = assert!(KEEP_DAYS as i64 * 24 == Purpose::Thread.life().as_hours());

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The key file, where it is not the one that the configuration names: the source of a
    /// systemd credential
    #[arg(long, value_name = "FILE", global = true)]
    file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The keys by number, with their dates
    Show {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Make a new key (also the first one); the old one is accepted for some time
    Rotate {
        /// How many days the old key's letters can still be answered
        #[arg(long, value_name = "DAYS", default_value_t = KEEP_DAYS)]
        keep: u32,
    },
    /// End an old key at once: replies to letters made with it lose their proof
    Revoke {
        /// Its number in `guichet keys show`
        key: u32,
    },
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        let code = match &error {
            KeyFileError::Missing { .. } => 66,
            KeyFileError::Text { .. } | KeyFileError::Shape { .. } => 65,
            KeyFileError::Write { .. } => 73,
            KeyFileError::Read { .. } => 74,
            KeyFileError::Exposed { .. } => 77,
            KeyFileError::ReadOnly | KeyFileError::Key(_) => 64,
            KeyFileError::Randomness(_) => 71,
        };
        Self::new(code, error)
    }
}

pub(super) fn keys(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let keys = match &arguments.file {
        Some(path) => KeyFile::Own(path.clone()),
        None => read_config(file)?.token_keys,
    };
    let now = Timestamp::now();
    match arguments.command {
        Command::Show { json: as_json } => show(&keys.load()?, now, as_json)?,
        Command::Rotate { keep } => {
            let keep = SignedDuration::from_hours(i64::from(keep) * 24);
            let ring = keys.change(|old, secret| match old {
                None => KeyRing::first(secret, now),
                Some(old) => old.rotate(secret, now, keep),
            })?;
            show(&ring, now, false)?;
            reload()?;
        }
        Command::Revoke { key } => {
            let ring = keys.change(|old, _| match old {
                None => Err(crate::token::KeyError::Unknown { id: key }),
                Some(old) => old.revoke(key, now),
            })?;
            show(&ring, now, false)?;
            reload()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn reload() -> Result<(), Failure> {
    print("A running service takes them over when it is restarted.\n")
}

fn show(keys: &KeyRing, now: Timestamp, as_json: bool) -> Result<(), Failure> {
    if as_json {
        for key in keys.summary(now) {
            print(&json(&key)?)?;
        }
        return Ok(());
    }
    let rows = keys.summary(now).map(|key| row(&key)).collect();
    print(&table(&["key", "made", "state"], rows))
}

fn row(key: &KeySummary) -> Vec<String> {
    let date = |instant: Timestamp| local(instant.as_second());
    let state = match key.state {
        KeyState::Signs => "signs".to_owned(),
        KeyState::AcceptedUntil(until) => format!("accepted until {}", date(until)),
        KeyState::Ended(at) => format!("ended {}", date(at)),
    };
    vec![key.id.to_string(), date(key.created), state]
}
