//! `guichet backup` and `guichet restore`.
//!
//! A backup can be made at any time, also while guichet runs. To put one back guichet must not run.
//! What a complete backup is, besides the database, is said each time: the token keys, and the
//! folder of the configuration.

use std::fs;
use std::io::IsTerminal as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::table::{counted, local};
use super::{Failure, complain, json, print, read_config};
use crate::config::Config;
use crate::store::backup::restore::{Checked, check, restore as put_back};
use crate::store::backup::rotation::{named, thin_out};
use crate::store::backup::{BackupError, Manifest, backup as make, manifest_of};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to write, which must not exist yet
    #[arg(required_unless_present = "to", conflicts_with = "to")]
    file: Option<PathBuf>,
    /// A folder to write to, under a name with the time
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Keep so many backups in that folder, and remove older ones
    #[arg(long, value_name = "NUMBER", requires = "to", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Copy the token keys too, to a file beside the backup: who has them can forge replies
    #[arg(long)]
    with_keys: bool,
    /// The manifest as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// The backup
    file: PathBuf,
    /// Only look whether it could be put back; nothing is touched
    #[arg(long)]
    check: bool,
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::File { .. } => Self::new(74, error),
            BackupError::Exists { .. } => Self::new(73, error),
            BackupError::Bad { .. } => Self::new(65, error),
        }
    }
}

pub(super) fn backup(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let now = Timestamp::now();
    let target = match (&arguments.file, &arguments.to) {
        (Some(file), _) => file.clone(),
        (None, Some(folder)) => {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| {
                    let problem = format!("`{}` cannot be made: {error}", folder.display());
                    Failure::new(73, problem)
                })?;
            folder.join(named(now))
        }
        (None, None) => return Err(Failure::new(64, "expected a file, or --to FOLDER")),
    };
    let shows = std::io::stderr().is_terminal();
    let manifest = make(
        &config.store,
        &target,
        now,
        not_included(&config, arguments.with_keys),
        |left, all| {
            if shows {
                progress(left, all);
            }
        },
    )?;
    if arguments.with_keys {
        copy_keys(&config, &target)?;
    }
    let removed = match (&arguments.to, arguments.keep) {
        (Some(folder), Some(keep)) => thin_out(folder, usize::from(keep))?.len(),
        _ => 0,
    };
    if arguments.json {
        print(&json(&manifest)?)?;
    } else {
        print(&said(&target, &manifest, removed))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What belongs to a complete backup and is elsewhere.
fn not_included(config: &Config, with_keys: bool) -> Vec<String> {
    let folder = config.file.parent().unwrap_or(Path::new("."));
    let mut missing = vec![format!(
        "the configuration, the card, the tables and the secrets: {}",
        folder.display()
    )];
    if !with_keys {
        missing.insert(
            0,
            format!("the token keys: {}", config.token_keys.path().display()),
        );
    }
    missing
}

fn copy_keys(config: &Config, target: &Path) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".token-keys");
    let place = target.with_file_name(name);
    let keys = fs::read(config.token_keys.path()).map_err(|error| {
        let path = config.token_keys.path().display();
        Failure::new(
            66,
            format!("the token keys `{path}` cannot be read: {error}"),
        )
    })?;
    let written = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&place)
        .and_then(|mut file| file.write_all(&keys).and_then(|()| file.sync_all()));
    written.map_err(|error| {
        let problem = format!("`{}` cannot be written: {error}", place.display());
        Failure::new(73, problem)
    })
}

/// A line that is written over, for whoever watches a large store being copied.
fn progress(left: i32, all: i32) {
    use std::io::Write as _;
    let end = if left == 0 { "\r\x1b[K" } else { "" };
    // Nobody is left to tell if standard error is gone.
    let _ = write!(
        std::io::stderr(),
        "\rcopied {} of {all} pages{end}",
        all.saturating_sub(left)
    );
}

fn said(target: &Path, manifest: &Manifest, removed: usize) -> String {
    let mut text = format!(
        "{}\n{} bytes, {}, {}; checked.\nSHA-256 {} (in {}).\n",
        target.display(),
        manifest.bytes,
        counted(count(manifest.counts.tickets), "ticket", "tickets"),
        counted(count(manifest.counts.letters), "letter", "letters"),
        manifest.sha256,
        manifest_of(target).display(),
    );
    for missing in &manifest.not_included {
        text += &format!("Not in it: {missing}.\n");
    }
    if removed > 0 {
        text += &format!(
            "Removed: {}.\n",
            counted(removed, "older backup", "older backups")
        );
    }
    text
}

fn count(rows: i64) -> usize {
    usize::try_from(rows).unwrap_or(0)
}

pub(super) fn restore(file: &Path, arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    if arguments.check {
        let found = check(&arguments.file)?;
        print(&format!(
            "{}It can be put back. Nothing was touched.\n",
            told(&found)
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let store = read_config(file)?.store;
    let done = put_back(&arguments.file, &store, Timestamp::now())?;
    let mut text = told(&done.backup);
    text += "It is in its place.\n";
    if let Some(aside) = &done.aside {
        text += &format!(
            "The database that was there is kept as {}: delete it when you are content.\n",
            aside.display()
        );
    }
    text += "At its next start guichet gives no ticket number twice, compares the folders of the\n\
             last 14 days on the mail server with the store, and holds what waited in the outbox:\n\
             see `guichet outbox list --state held`. Whoever was forgotten since the backup was made\n\
             has to be forgotten again (`guichet person forget`).\n";
    print(&text)?;
    if done.backup.manifest.is_none() {
        complain("the backup has no manifest beside it, so that only its inside could be checked");
    }
    Ok(ExitCode::SUCCESS)
}

fn told(found: &Checked) -> String {
    let made = match &found.manifest {
        Some(manifest) => format!(
            "A backup of {} by guichet {}",
            local(manifest.made_at.as_second()),
            manifest.program
        ),
        None => "A backup without a manifest".to_owned(),
    };
    format!(
        "{made}: schema {}, {}, {}; whole.\n",
        found.schema,
        counted(count(found.counts.tickets), "ticket", "tickets"),
        counted(count(found.counts.letters), "letter", "letters"),
    )
}
