//! Backups: a copy of the database made while it is in use, and a copy put back.
//!
//! **Making one.** The copy is that of one instant: a read transaction is held open, and SQLite's
//! backup interface copies page by page from it ([`STEP`] pages, then a short rest, so that the
//! writer beside never waits for more than one step's disk time; in WAL mode a reader holds up no
//! writer). The copy is written under a temporary name with mode 0600, turned into one plain file
//! without a log beside it, flushed, checked (whole, no dangling reference, the same schema and
//! counts as the original had at that instant), renamed, and described by a manifest with its
//! SHA-256. Nothing under the final name was ever half a backup.
//!
//! **Putting one back** ([`restore`]): the copy is checked first, without touching anything. The
//! store must not be in use. What was there is kept aside, whole. The numbers' file is put ahead of
//! the copy, so that the next start takes it for what it is: an older state. That start gives no
//! ticket number twice, holds what waited in the outbox, compares the folders on the mail server
//! with the store, and answers nobody a second time; see [`super::numbers`].
//!
//! Not in the copy: the token keys (they may lie elsewhere, and who has them can forge replies), the
//! configuration, the card, the tables, the secrets.

pub mod restore;
pub mod rotation;

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{BUSY, DATABASE, Sqlite, StoreError, schema};

/// Pages copied at a time: 1 MiB.
const STEP: i32 = 256;
/// What others get between two steps.
const REST: Duration = Duration::from_millis(2);
/// The folder in the store's directory in which a restore keeps what was there before.
pub(super) const ASIDE: &str = "before-restore";

/// What a backup says of itself, in the file beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub program: String,
    /// The instant whose state it is.
    pub made_at: Timestamp,
    /// The schema's version.
    pub schema: i64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
    /// What it holds.
    #[serde(flatten)]
    pub counts: Counts,
    /// What belongs to a complete backup and is not in it.
    pub not_included: Vec<String>,
}

/// How many rows a database has of what must not get lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Letters of the journal.
    pub letters: i64,
    /// Tickets.
    pub tickets: i64,
    /// Pages of their histories.
    pub entries: i64,
    /// Rows of the outbox.
    pub outbox: i64,
}

/// Why there is no backup, or none that can be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be read, or is in use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("`{}` cannot be read or written", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is something under the name already.
    #[error("`{}` exists already: expected a name that is free", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// It is no backup of ours, or a damaged one.
    #[error("`{}` is not a backup that can be put back: {what}", file.display())]
    Bad {
        /// The file.
        file: PathBuf,
        /// What was expected and what was found.
        what: String,
    },
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

fn failed(file: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let file = file.to_owned();
    move |source| BackupError::File { file, source }
}

fn bad(file: &Path, what: impl Into<String>) -> BackupError {
    BackupError::Bad {
        file: file.to_owned(),
        what: what.into(),
    }
}

/// The manifest's place beside a backup.
#[must_use]
pub fn manifest_of(file: &Path) -> PathBuf {
    beside(file, ".manifest.json")
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(end);
    file.with_file_name(name)
}

/// Makes a backup of the store in `directory` and tells of its progress (pages left, of all).
///
/// # Errors
/// [`BackupError`]; nothing is then left under the name, and an older backup is as it was.
pub fn backup(
    directory: &Path,
    file: &Path,
    now: Timestamp,
    not_included: Vec<String>,
    mut told: impl FnMut(i32, i32),
) -> Result<Manifest, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists {
            file: file.to_owned(),
        });
    }
    let partial = beside(file, ".partial");
    let made = copy(directory, &partial, &mut told)
        .and_then(|counts| describe(&partial, counts, now, not_included))
        .and_then(|manifest| {
            publish(&partial, file, &manifest)?;
            Ok(manifest)
        });
    if made.is_err() {
        // What is left of a failed copy is of no use to anybody.
        let _ = fs::remove_file(&partial);
    }
    made
}

/// Copies the database as it is now, and returns what it holds.
fn copy(
    directory: &Path,
    partial: &Path,
    told: &mut impl FnMut(i32, i32),
) -> Result<Counts, BackupError> {
    let source = super::open_readable(directory)?;
    // Until it is dropped every look at the source sees this instant: a commit beside us does not
    // make the copy begin anew.
    let instant = source.unchecked_transaction()?;
    let counts = counts(&source)?;
    match fs::remove_file(partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed(partial)(error));
        }
        _ => {}
    }
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(partial)
        .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
        .map_err(failed(partial))?;
    let mut target = Connection::open(partial)?;
    {
        let copying = Backup::new(&source, &mut target)?;
        loop {
            let step = copying.step(STEP)?;
            let progress = copying.progress();
            told(progress.remaining, progress.pagecount);
            match step {
                StepResult::Done => break,
                // Busy and locked pass; the rest between two steps is for the others.
                _ => std::thread::sleep(REST),
            }
        }
    }
    drop(instant);
    // The copy was in WAL mode too: as a plain file it needs no log beside it.
    target.pragma_update(None, "journal_mode", "delete")?;
    target
        .close()
        .map_err(|(_, error)| BackupError::from(error))?;
    Ok(counts)
}

fn counts(sql: &Connection) -> Result<Counts, BackupError> {
    Ok(sql.query_row(
        "SELECT (SELECT count(*) FROM letter), (SELECT count(*) FROM ticket),
           (SELECT count(*) FROM entry), (SELECT count(*) FROM outbox)",
        [],
        |row| {
            Ok(Counts {
                letters: row.get(0)?,
                tickets: row.get(1)?,
                entries: row.get(2)?,
                outbox: row.get(3)?,
            })
        },
    )?)
}

/// Checks the copy and describes it.
fn describe(
    partial: &Path,
    expected: Counts,
    now: Timestamp,
    not_included: Vec<String>,
) -> Result<Manifest, BackupError> {
    let (schema, found) = checked(partial)?;
    if found != expected {
        return Err(bad(
            partial,
            format!("expected {expected:?} as in the store, but found {found:?}"),
        ));
    }
    let (sha256, bytes) = digest(partial)?;
    Ok(Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        schema,
        sha256,
        bytes,
        counts: found,
        not_included,
    })
}

/// Reads a database from end to end, changing nothing: its schema's version and what it holds.
fn checked(file: &Path) -> Result<(i64, Counts), BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sql = Connection::open_with_flags(file, flags).map_err(|source| {
        BackupError::Store(StoreError::Open {
            file: file.to_owned(),
            source: Sqlite(source),
        })
    })?;
    sql.busy_timeout(BUSY)?;
    let unreadable =
        |error: rusqlite::Error| bad(file, format!("it is no whole database: {error}"));
    let found: String = sql
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(unreadable)?;
    if found != "ok" {
        return Err(bad(file, format!("it is damaged: {found}")));
    }
    let schema = schema::version(&sql)?;
    if schema == 0 {
        return Err(bad(
            file,
            "expected a database of guichet, but it has no schema of ours",
        ));
    }
    if schema > schema::known() {
        return Err(BackupError::Store(StoreError::TooNew {
            found: schema,
            known: schema::known(),
        }));
    }
    let dangling: i64 = sql
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .map_err(unreadable)?;
    if dangling > 0 {
        return Err(bad(
            file,
            format!("{dangling} of its rows refer to nothing"),
        ));
    }
    Ok((schema, counts(&sql)?))
}

/// SHA-256 of a file in hexadecimal, and its bytes.
fn digest(file: &Path) -> Result<(String, u64), BackupError> {
    let mut open = File::open(file).map_err(failed(file))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = open.read(&mut buffer).map_err(failed(file))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            return Ok((data_encoding::HEXLOWER.encode(&digest.finalize()), bytes));
        };
        digest.update(part);
        bytes += read as u64;
    }
}

/// Flushes the copy, gives it its name and writes the manifest beside it.
fn publish(partial: &Path, file: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    File::open(partial)
        .and_then(|copy| copy.sync_all())
        .map_err(failed(partial))?;
    let place = manifest_of(file);
    let text =
        serde_json::to_string_pretty(manifest).map_err(|error| bad(partial, error.to_string()))?;
    write_durably(&place, text.as_bytes()).map_err(failed(&place))?;
    fs::rename(partial, file)
        .and_then(|()| sync_folder(file))
        .map_err(failed(file))
}

/// Puts a file in its place, whole, mode 0600, on disk.
fn write_durably(file: &Path, text: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let new = beside(file, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut open = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    open.write_all(text)?;
    open.write_all(b"\n")?;
    open.sync_all()?;
    fs::rename(&new, file)?;
    sync_folder(file)
}

fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Where the database of a store is.
fn database(directory: &Path) -> PathBuf {
    directory.join(DATABASE)
}
