//! Ticket numbers: a plain sequence, never given twice, not even after a backup is put back.
//!
//! The next number is a row of the database, so it is given and rolled back with everything else.
//! The last number that was committed is also written to the small file `ticket-numbers` beside
//! the database. If that file is ahead of the database at start, the database is an older copy:
//! numbering goes on well after the file's number ([`MARGIN`] covers a file that a power cut left
//! a little behind), and the gateway knows that it has to be careful with automatic answers.
//!
//! Not handled: the directory is lost as a whole and a backup is put into a new one; the gateway
//! then cannot know of later numbers, and only the age of the letters guards their senders.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

const FILE: &str = "ticket-numbers";
/// Numbers left out after a restore.
const MARGIN: i64 = 100;

/// The file and what it says.
#[derive(Debug)]
pub(super) struct HighWater {
    file: File,
    floor: i64,
    given: i64,
    written: i64,
    restored: bool,
}

impl HighWater {
    pub(super) fn load(directory: &Path, sql: &Connection) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let (file, written) =
            read(&path).map_err(|source| StoreError::Numbers { file: path, source })?;
        let restored = written >= stored_next(sql)?;
        Ok(Self {
            file,
            floor: if restored { written + MARGIN } else { 1 },
            given: written,
            written,
            restored,
        })
    }

    pub(super) fn restored(&self) -> bool {
        self.restored
    }

    /// Takes the next number inside the transaction of `sql`.
    pub(super) fn take(&mut self, sql: &Connection) -> Result<i64, StoreError> {
        let number = self.peek(sql)?;
        sql.prepare_cached(
            "INSERT INTO setting (name, value) VALUES ('ticket_next', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([(number + 1).to_string()])?;
        self.given = self.given.max(number);
        Ok(number)
    }

    /// The number [`Self::take`] would give.
    pub(super) fn peek(&self, sql: &Connection) -> Result<i64, StoreError> {
        Ok(stored_next(sql)?.max(self.floor))
    }

    /// Notes what the last commit made final. A failure is no reason to stop: the file only guards
    /// the day a backup is put back, and the next commit writes it again.
    pub(super) fn committed(&mut self) {
        if self.given <= self.written {
            return;
        }
        match self.file.write_all_at(line(self.given).as_bytes(), 0) {
            Ok(()) => self.written = self.given,
            Err(error) => {
                tracing::warn!(%error, "the file of ticket numbers could not be written");
            }
        }
    }
}

fn stored_next(sql: &Connection) -> Result<i64, StoreError> {
    let value: Option<String> = sql
        .prepare_cached("SELECT value FROM setting WHERE name = 'ticket_next'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match value {
        None => Ok(1),
        Some(text) => text.parse().map_err(|_| StoreError::Unexpected {
            what: format!("`{text}` as the next ticket number"),
        }),
    }
}

/// Fixed width, so that one write replaces the whole line.
fn line(number: i64) -> String {
    format!("{number:020}\n")
}

fn read(path: &PathBuf) -> std::io::Result<(File, i64)> {
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if text.is_empty() {
        file.write_all(line(0).as_bytes())?;
        return Ok((file, 0));
    }
    let number = text.trim().parse().map_err(|_| {
        std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "expected one number; write the highest ticket number ever given into it",
        )
    })?;
    Ok((file, number))
}
