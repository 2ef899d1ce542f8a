//! What is remembered, durably: SQLite behind typed operations.
//!
//! All SQL of the project lives in this room and no SQLite type leaves it. One thread owns the
//! only connection that writes. It takes whatever operations wait, runs each inside its own
//! savepoint of one transaction, commits, and only then answers: several letters share one
//! `fsync`, and each stays all-or-nothing. `synchronous=FULL` is set and asserted, because a
//! commit here is what allows the letter to leave the mail server.
//!
//! One process at a time (a lock on `guichet.lock`); the command line reads beside it.
//!
//! A commit that fails is never tried again on the same connection, since the pages may be marked
//! clean although they did not reach the disk: the connection is closed, the next operation opens
//! a fresh one and reads the truth from the file.
//!
//! Rooms: [`journal`] (letters), [`letters`] and [`tickets`] (to look at), [`import`], [`attachments`],
//! [`outbox`], [`context`] (what a decision needs to know), [`settle`] (a decision becomes rows),
//! [`occur`] (what happens without a letter does), [`due`] (which tickets' time has come),
//! [`on_call`] (requests for on-call presence),
//! [`decisions`] (what was decided, to look back at), [`numbers`] (ticket numbers outlive a
//! restore), [`vitals`] (how queues and letters stand), [`alarms`] (what admins were told),
//! [`audit`] and [`backup`] (whether it is whole, and a copy of it), [`purge`] and `person` (what goes
//! when its time is over).

mod agenda;
pub mod alarms;
pub mod attachments;
pub mod audit;
pub mod backup;
pub mod bounce;
pub mod budget;
mod candidate;
mod change;
pub mod context;
pub mod decisions;
pub mod due;
mod estimate;
pub mod import;
pub mod journal;
mod ledger;
pub mod letters;
mod lost;
pub mod numbers;
pub mod occur;
pub mod on_call;
mod origin;
pub mod outbox;
pub mod person;
mod personal;
pub mod purge;
pub mod review;
mod schema;
pub mod settle;
pub mod shelved;
pub mod tickets;
pub mod vitals;
mod writer;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use writer::Writer;

/// Name of the database in the store's directory.
const DATABASE: &str = "guichet.sqlite";
/// Name of the file that the process that writes holds locked.
const LOCK: &str = "guichet.lock";
/// How long an operation waits for another process's lock before it says so.
const BUSY: Duration = Duration::from_secs(10);

/// The open store; cheap to clone. It is closed when the last clone goes.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Writer,
    directory: PathBuf,
}

impl Store {
    /// Opens the store in `directory`, which is made (mode 0700) if it does not exist, brings the
    /// schema up to date and takes the lock.
    ///
    /// # Errors
    /// When the directory cannot be used, another process holds the lock, the file is damaged, or
    /// its schema is newer than this program.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, StoreError> {
        make_directory(directory)?;
        let lock = lock(directory)?;
        let mut connection = connect(&directory.join(DATABASE))?;
        schema::migrate(&mut connection)?;
        check(&connection)?;
        let high = numbers::HighWater::load(directory, &mut connection, now)?;
        Ok(Self {
            writer: Writer::start(connection, directory.join(DATABASE), high, lock),
            directory: directory.to_owned(),
        })
    }

    /// Rewrites the database in `directory` without its free space, and says how many bytes it had
    /// and has. Takes as much disk space again while it works.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while a daemon uses it; else when the database refuses.
    pub fn compact(directory: &Path) -> Result<(u64, u64), StoreError> {
        drop(View::open(directory)?);
        let _lock = lock(directory)?;
        let file = directory.join(DATABASE);
        let size = || {
            fs::metadata(&file)
                .map(|about| about.len())
                .map_err(|source| StoreError::Directory {
                    directory: directory.to_owned(),
                    source,
                })
        };
        let connection = connect(&file)?;
        purge::truncate_log(&connection)?;
        let before = size()?;
        connection.execute_batch("VACUUM")?;
        purge::truncate_log(&connection)?;
        Ok((before, size()?))
    }

    /// The directory the store lives in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// A read-only look into a store that another process may have open: for the command line.
#[derive(Debug)]
pub struct View {
    connection: Connection,
}

impl View {
    /// Opens the store in `directory` for reading.
    ///
    /// # Errors
    /// When there is no store, or it cannot be read.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let connection = open_readable(directory)?;
        schema::check_readable(&connection)?;
        Ok(Self { connection })
    }
}

/// A short write from the command line beside a running daemon, such as releasing the outbox.
#[derive(Debug)]
pub struct Desk {
    connection: Connection,
}

impl Desk {
    /// Opens the store in `directory` for a few small writes.
    ///
    /// # Errors
    /// When there is no store, or it cannot be written.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let view = View::open(directory)?;
        drop(view);
        let connection = connect(&directory.join(DATABASE))?;
        Ok(Self { connection })
    }
}

/// Opens the database in `directory` for reading, whatever the version of its schema.
fn open_readable(directory: &Path) -> Result<Connection, StoreError> {
    let file = directory.join(DATABASE);
    if !file.exists() {
        return Err(StoreError::NoStore { file });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(&file, flags).map_err(|source| StoreError::Open {
            file: file.clone(),
            source: Sqlite(source),
        })?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn make_directory(directory: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| StoreError::Directory {
            directory: directory.to_owned(),
            source,
        })
}

fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join(LOCK);
    let failed = |source| StoreError::Directory {
        directory: directory.to_owned(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
            directory: directory.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Whether a process holds the lock of the store in `directory`. The look takes the lock for an
/// instant where nobody holds it: a daemon that starts in that very instant has to start again.
#[must_use]
pub fn is_running(directory: &Path) -> bool {
    let Ok(file) = File::open(directory.join(LOCK)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn connect(file: &Path) -> Result<Connection, StoreError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is deleted is overwritten: a freed page would hold a letter for years.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    let connection = open().map_err(|source| StoreError::Open {
        file: file.to_owned(),
        source: Sqlite(source),
    })?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(StoreError::NotDurable { mode, synchronous });
    }
    Ok(connection)
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    // Not `raw`: it holds years of letters, and a service that starts for minutes is none.
    for table in [
        "setting",
        "letter",
        "trace",
        "ticket",
        "participant",
        "entry",
        "outbox",
        "occurrence",
        "expectation",
        "review",
        "failing",
        "on_call",
        "on_call_slot",
        "intervention",
    ] {
        let found: String =
            connection.query_row(&format!("PRAGMA quick_check({table})"), [], |row| {
                row.get(0)
            })?;
        if found != "ok" {
            return Err(StoreError::Damaged { found });
        }
    }
    Ok(())
}

/// An error of SQLite. Its type stays inside this room, its words do not.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Sqlite(rusqlite::Error);

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made, opened or locked.
    #[error("the store's directory `{}` cannot be used", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A second instance.
    #[error("another guichet process is using `{}`", directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
    },
    /// Nothing to look into.
    #[error("there is no store yet: expected `{}`, which the first `guichet run` makes", file.display())]
    NoStore {
        /// The file that is not there.
        file: PathBuf,
    },
    /// The file cannot be opened as a database.
    #[error("the database `{}` cannot be opened", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// What SQLite said.
        source: Sqlite,
    },
    /// The file system does not give what durability needs.
    #[error(
        "the database is not durable here: expected journal mode `wal` and synchronous 2, but found `{mode}` and {synchronous}"
    )]
    NotDurable {
        /// The journal mode SQLite settled on.
        mode: String,
        /// The synchronous level.
        synchronous: i64,
    },
    /// The check at start found damage.
    #[error("the database is damaged ({found}); keep the file and restore a backup")]
    Damaged {
        /// The first finding.
        found: String,
    },
    /// The file was written by a newer program.
    #[error(
        "the database has schema {found}, but this program knows {known} at most: run the newer program, or restore the backup made before the upgrade"
    )]
    TooNew {
        /// The schema found.
        found: i64,
        /// The newest schema known.
        known: i64,
    },
    /// The file is older than this program, and a reader may not change it.
    #[error("the database has schema {found}, and {known} is needed: start `guichet run` once")]
    TooOld {
        /// The schema found.
        found: i64,
        /// The schema needed.
        known: i64,
    },
    /// The file of ticket numbers cannot be read or written.
    #[error("the file `{}` that keeps ticket numbers unique cannot be used", file.display())]
    Numbers {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// A row holds what this program never writes.
    #[error("the database holds {what}, which cannot be read")]
    Unexpected {
        /// What was found where.
        what: String,
    },
    /// Something is asked for that is not there.
    #[error("there is no {what}")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// A change that rests on a letter is asked for without one.
    #[error("expected a letter as the cause of {what}, but found none")]
    NeedsLetter {
        /// What was to be written.
        what: &'static str,
    },
    /// Something is asked of a row that its state does not allow.
    #[error("{why}")]
    Refused {
        /// What it is, and what was expected.
        why: String,
    },
    /// The raw bytes cannot be compressed or expanded.
    #[error("the raw letter cannot be kept or read")]
    Raw(#[source] std::io::Error),
    /// SQLite refused.
    #[error("the database refused the operation")]
    Database(#[from] Sqlite),
    /// The transaction that held the operation did not reach the disk; nothing of it happened.
    #[error("the transaction was not committed: {what}")]
    NotCommitted {
        /// What SQLite said.
        what: String,
        /// Whether the disk had no room.
        full: bool,
    },
    /// SQLite ended the transaction by itself.
    #[error("the disk is full or failing, and the database took everything back")]
    RolledBack,
    /// Sending is stopped until an admin releases it.
    #[error("the outbox is held: {why}")]
    OutboxHeld {
        /// Why.
        why: String,
    },
    /// The thread that writes is gone; the process must start anew.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Sqlite(error))
    }
}

impl StoreError {
    /// Whether the disk has no room: a state that an admin ends, and the letters wait for.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database(Sqlite(error)) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
            }
            Self::NotCommitted { full, .. } => *full,
            Self::RolledBack => true,
            _ => false,
        }
    }
}
