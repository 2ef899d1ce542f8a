//! Numbers outlive a restore: no ticket number is given twice, and a backup that was put back is
//! noticed.
//!
//! The next ticket number is a row of the database, so it is given and rolled back with everything
//! else. The highest numbers that were *committed* (ticket and letter) are also written to the
//! small file `ticket-numbers` beside the database. If that file is ahead of the database at
//! start, the database is an older copy. Then, in one transaction, ticket numbers go on well after
//! the file's ([`MARGIN`] covers a file that a power cut left a little behind), what waited in the
//! outbox is held (it may have been sent since), and the instant is noted, so that every mailbox
//! is compared with the store once, however often the process is started in between.
//!
//! `guichet restore` puts the file ahead itself ([`arm`]), so that a backup in a new directory is
//! noticed too; later numbers than the backup's are then only guessed, by the margin.
//!
//! Not handled: a database copied by hand into a new directory; the gateway then cannot know of later
//! numbers, and only the age of the letters guards their senders.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::journal::timestamp;
use super::{Store, StoreError};

const FILE: &str = "ticket-numbers";
/// Numbers left out after a restore.
const MARGIN: i64 = 100;
/// Name of the setting that says when a restore was noticed.
const RESTORED: &str = "restored_at";

/// The highest numbers that were committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Highest {
    ticket: i64,
    letter: i64,
}

/// The file and what it says.
#[derive(Debug)]
pub(super) struct HighWater {
    file: File,
    written: Highest,
}

impl HighWater {
    /// Opens the file, and takes care of a restore; see the module page.
    pub(super) fn load(
        directory: &Path,
        sql: &mut Connection,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let failed = |source| StoreError::Numbers {
            file: path.clone(),
            source,
        };
        let (file, written) = read(&path).map_err(failed)?;
        let found = committed(sql)?;
        if written.ticket > found.ticket || written.letter > found.letter {
            restored(sql, written, now)?;
        }
        let mut high = Self { file, written };
        high.write(committed(sql)?).map_err(failed)?;
        Ok(high)
    }

    /// Takes the next number inside the transaction of `sql`.
    pub(super) fn take(&mut self, sql: &Connection) -> Result<i64, StoreError> {
        let number = next_ticket(sql)?;
        set_next_ticket(sql, number + 1)?;
        Ok(number)
    }

    /// The number [`Self::take`] would give.
    pub(super) fn peek(&self, sql: &Connection) -> Result<i64, StoreError> {
        next_ticket(sql)
    }

    /// Notes what the last commit made final. A failure is no reason to stop: the file only guards
    /// the day a backup is put back, and the next commit writes it again.
    pub(super) fn committed(&mut self, sql: &Connection) {
        let noted = committed(sql)
            .map_err(Error::other)
            .and_then(|highest| self.write(highest));
        if let Err(error) = noted {
            tracing::warn!(%error, "the file of ticket numbers could not be written");
        }
    }

    fn write(&mut self, highest: Highest) -> std::io::Result<()> {
        if highest != self.written {
            self.file.write_all_at(line(highest).as_bytes(), 0)?;
            self.written = highest;
        }
        Ok(())
    }
}

impl Store {
    /// When a backup was put back, if `mailbox` has not been compared with the store since.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn to_reconcile(&self, mailbox: &str) -> Result<Option<Timestamp>, StoreError> {
        let done = reconciled(mailbox);
        self.writer
            .run(move |scope| {
                let restored = setting(scope.sql, RESTORED)?;
                let pending = restored
                    .filter(|at| setting(scope.sql, &done).ok().flatten().as_ref() != Some(at));
                pending
                    .map(|seconds| number(&seconds).and_then(timestamp))
                    .transpose()
            })
            .await
    }

    /// Notes that `mailbox` was compared with the store after the restore of `at`.
    ///
    /// # Errors
    /// When the note could not be committed.
    pub async fn reconciled(&self, mailbox: &str, at: Timestamp) -> Result<(), StoreError> {
        let name = reconciled(mailbox);
        self.writer
            .run(move |scope| set(scope.sql, &name, &at.as_second().to_string()))
            .await
    }
}

/// Puts the file ahead of a copy that is about to be put back, so that the next start takes it for
/// what it is: an older state. A file that is ahead already stays.
pub(super) fn arm(directory: &Path, copy: &Connection) -> Result<(), StoreError> {
    let path = directory.join(FILE);
    let failed = |source| StoreError::Numbers {
        file: path.clone(),
        source,
    };
    let (file, written) = read(&path).map_err(failed)?;
    let of_copy = committed(copy)?;
    let ahead = Highest {
        ticket: written.ticket.max(of_copy.ticket + 1),
        letter: written.letter.max(of_copy.letter + 1),
    };
    let mut high = HighWater { file, written };
    high.write(ahead)
        .and_then(|()| high.file.sync_all())
        .map_err(failed)
}

fn reconciled(mailbox: &str) -> String {
    format!("reconciled:{mailbox}")
}

fn restored(sql: &mut Connection, written: Highest, now: Timestamp) -> Result<(), StoreError> {
    let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let next = next_ticket(&transaction)?;
    if written.ticket >= next {
        set_next_ticket(&transaction, written.ticket + MARGIN)?;
    }
    let held = transaction.execute(
        "UPDATE outbox SET state = 'held', hold = 'unknown', answer = 'a backup was put back: this may have been sent'
         WHERE state IN ('pending', 'sending')",
        [],
    )?;
    set(&transaction, RESTORED, &now.as_second().to_string())?;
    transaction.commit()?;
    tracing::warn!(
        held,
        "the database is older than the numbers given out: a backup was put back; see `guichet outbox list --state held`"
    );
    Ok(())
}

fn setting(sql: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sql
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

fn set(sql: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}

fn number(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::Unexpected {
        what: format!("`{text}` in the place of a number"),
    })
}

fn next_ticket(sql: &Connection) -> Result<i64, StoreError> {
    setting(sql, "ticket_next")?.map_or(Ok(1), |text| number(&text))
}

fn set_next_ticket(sql: &Connection, next: i64) -> Result<(), StoreError> {
    set(sql, "ticket_next", &next.to_string())
}

fn committed(sql: &Connection) -> Result<Highest, StoreError> {
    let letter: Option<i64> = sql
        .prepare_cached("SELECT max(id) FROM letter")?
        .query_row([], |row| row.get(0))?;
    Ok(Highest {
        ticket: next_ticket(sql)? - 1,
        letter: letter.unwrap_or(0),
    })
}

/// Fixed width, so that one write replaces the whole line.
fn line(highest: Highest) -> String {
    format!("{:020} {:020}\n", highest.ticket, highest.letter)
}

fn read(path: &Path) -> std::io::Result<(File, Highest)> {
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if text.is_empty() {
        let nothing = Highest {
            ticket: 0,
            letter: 0,
        };
        return Ok((file, nothing));
    }
    let numbers = text.trim().split_once(' ').and_then(|(ticket, letter)| {
        Some(Highest {
            ticket: ticket.parse().ok()?,
            letter: letter.parse().ok()?,
        })
    });
    let highest = numbers.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidData,
            "expected two numbers: the highest ticket and the highest letter ever committed",
        )
    })?;
    Ok((file, highest))
}
