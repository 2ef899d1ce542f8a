//! The journal: every letter's raw bytes, durable before anything reads them.
//!
//! States of a row: `received` (bytes kept, nothing known) → `decided` (one disposition, all its
//! effects in the same transaction; see [`super::settle`]) and, apart from that, `acknowledged`
//! (`no` → `moved` or `stays`): what happened to the letter on its server.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Store, StoreError};
use crate::decide::Imported;
use crate::decide::review::Review;

/// Compression level: 1 keeps mail at about a third and costs less than reading it did.
const LEVEL: i32 = 1;
/// No stored letter expands to more: twice the largest that is taken in.
const EXPANDED: usize = 64 * 1024 * 1024;

/// The journal's own number of a letter. Logs and tables use it; people never need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(pub i64);

impl std::fmt::Display for LetterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A letter as it is taken in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// IMAP UID or Maildir name.
    pub uid: String,
    /// INTERNALDATE or file time.
    pub received_at: Timestamp,
    /// Bytes on the server; more than `raw` holds if only the head was fetched.
    pub size: u64,
    /// The bytes.
    pub raw: Vec<u8>,
    /// It was found again on a shelf after a backup was put back: nobody is answered.
    pub rescan: bool,
}

/// A letter in the journal that waits for its decision.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// Its number.
    pub id: LetterId,
    /// The mailbox it came through.
    pub mailbox: String,
    /// When the server got it.
    pub received_at: Timestamp,
    /// Bytes on the server.
    pub size: u64,
    /// Starts so far.
    pub attempts: u32,
    /// The bytes.
    pub raw: Vec<u8>,
    /// See [`Arrival::rescan`].
    pub rescan: bool,
    /// What an admin said about it when it was held.
    pub review: Option<Review>,
    /// It was taken in from a file, and nobody is written to.
    pub imported: Option<Imported>,
}

/// What the journal knows of a letter that the server lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Taken in, not decided.
    Received,
    /// Decided, still to be put on a shelf; `held` says which.
    Decided {
        /// Its number.
        id: LetterId,
        /// Whether it belongs to the held ones.
        held: bool,
    },
    /// Decided, and the server cannot move it: nothing is left to do.
    Finished,
}

/// What became of the letter on its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelved {
    /// Moved to the folder of those that are done.
    Done,
    /// Moved to the folder of those that are held.
    Held,
    /// The server can do neither MOVE nor UID EXPUNGE; the journal remembers.
    Stays,
}

impl Store {
    /// Keeps letters durably. A letter whose key is known already is not kept twice.
    ///
    /// # Errors
    /// When nothing could be committed; the letters are then still only on the server.
    pub async fn journal(
        &self,
        mailbox: &str,
        epoch: u64,
        now: Timestamp,
        letters: Vec<Arrival>,
    ) -> Result<Vec<LetterId>, StoreError> {
        let mailbox = mailbox.to_owned();
        self.writer
            .run(move |scope| {
                let mut ids = Vec::with_capacity(letters.len());
                for letter in letters {
                    ids.push(insert(scope.sql, &mailbox, epoch, now, letter)?);
                }
                Ok(ids)
            })
            .await
    }

    /// Counts one more start of each letter, durably, before anything looks into its bytes.
    ///
    /// # Errors
    /// When the count could not be committed; the letters must then not be read.
    pub async fn begin(&self, ids: Vec<LetterId>) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| {
                let mut statement = scope
                    .sql
                    .prepare_cached("UPDATE letter SET attempts = attempts + 1 WHERE id = ?1")?;
                for id in ids {
                    statement.execute([id.0])?;
                }
                Ok(())
            })
            .await
    }

    /// The oldest letters that have no decision yet, after `after`, at most `limit`, with their
    /// bytes.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn unfinished(
        &self,
        after: LetterId,
        limit: u32,
    ) -> Result<Vec<Unfinished>, StoreError> {
        self.writer
            .run(move |scope| unfinished(scope.sql, after, limit))
            .await
    }

    /// What the journal knows of the listed letters; those it does not know are absent.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn known(
        &self,
        mailbox: &str,
        epoch: u64,
        uids: Vec<String>,
    ) -> Result<HashMap<String, Known>, StoreError> {
        let mailbox = mailbox.to_owned();
        self.writer
            .run(move |scope| {
                let mut found = HashMap::new();
                for uid in uids {
                    if let Some(known) = lookup(scope.sql, &mailbox, epoch, &uid)? {
                        found.insert(uid, known);
                    }
                }
                Ok(found)
            })
            .await
    }

    /// Notes what became of letters on their server.
    ///
    /// # Errors
    /// When the note could not be committed.
    pub async fn acknowledged(&self, ids: Vec<LetterId>, how: Shelved) -> Result<(), StoreError> {
        let (word, shelf) = match how {
            Shelved::Done => ("moved", "done"),
            Shelved::Held => ("moved", "held"),
            Shelved::Stays => ("stays", ""),
        };
        self.writer
            .run(move |scope| {
                let mut statement = scope.sql.prepare_cached(
                    "UPDATE letter SET acknowledged = ?2, shelf = ?3 WHERE id = ?1",
                )?;
                for id in ids {
                    statement.execute(params![id.0, word, shelf])?;
                }
                Ok(())
            })
            .await
    }
}

pub(super) fn insert(
    sql: &Connection,
    mailbox: &str,
    epoch: u64,
    now: Timestamp,
    letter: Arrival,
) -> Result<LetterId, StoreError> {
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&letter.raw));
    let id: Option<i64> = sql
        .prepare_cached(
            "INSERT INTO letter (mailbox, epoch, uid, received_at, journaled_at, size, raw_sha256,
               rescan)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (mailbox, epoch, uid) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                mailbox,
                signed(epoch),
                letter.uid,
                letter.received_at.as_second(),
                now.as_second(),
                signed(letter.size),
                sha256,
                letter.rescan,
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else {
        return Ok(sql
            .prepare_cached("SELECT id FROM letter WHERE mailbox = ?1 AND epoch = ?2 AND uid = ?3")?
            .query_row(params![mailbox, signed(epoch), letter.uid], |row| {
                row.get(0).map(LetterId)
            })?);
    };
    let bytes = compress(&letter.raw)?;
    sql.prepare_cached("INSERT INTO raw (letter, length, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![id, signed(letter.raw.len() as u64), bytes])?;
    Ok(LetterId(id))
}

fn unfinished(
    sql: &Connection,
    after: LetterId,
    limit: u32,
) -> Result<Vec<Unfinished>, StoreError> {
    select(
        sql,
        "letter.id > ?1 ORDER BY letter.id LIMIT ?2",
        params![after.0, limit],
    )
}

/// Undecided letters by a filter.
pub(super) fn select(
    sql: &Connection,
    filter: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Unfinished>, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT letter.id, mailbox, received_at, size, attempts, raw.length, raw.bytes, rescan,
           review.act, review.why, imported
         FROM letter JOIN raw ON raw.letter = letter.id
           LEFT JOIN review ON review.id = letter.review
         WHERE state = 'received' AND {filter}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let act: Option<String> = row.get(8)?;
        letters.push(Unfinished {
            id: LetterId(row.get(0)?),
            mailbox: row.get(1)?,
            received_at: timestamp(row.get(2)?)?,
            size: unsigned(row.get(3)?),
            attempts: row.get(4)?,
            rescan: row.get(7)?,
            review: match act.as_deref() {
                None => None,
                Some("discard") => Some(Review::Discard { why: row.get(9)? }),
                Some("retry") => Some(Review::Retry),
                Some(_) => Some(Review::Release),
            },
            imported: Imported::of(row.get_ref(10)?.as_str().unwrap_or_default()),
            raw: expand(
                row.get_ref(6)?.as_blob().unwrap_or_default(),
                unsigned(row.get(5)?),
            )?,
        });
    }
    Ok(letters)
}

pub(super) fn lookup(
    sql: &Connection,
    mailbox: &str,
    epoch: u64,
    uid: &str,
) -> Result<Option<Known>, StoreError> {
    let row = sql
        .prepare_cached(
            "SELECT id, state, disposition, acknowledged FROM letter
             WHERE mailbox = ?1 AND epoch = ?2 AND uid = ?3",
        )?
        .query_row(params![mailbox, signed(epoch), uid], |row| {
            let state: String = row.get(1)?;
            let disposition: String = row.get(2)?;
            let acknowledged: String = row.get(3)?;
            Ok(match (state.as_str(), acknowledged.as_str()) {
                ("received", _) => Known::Received,
                (_, "stays") => Known::Finished,
                _ => Known::Decided {
                    id: LetterId(row.get(0)?),
                    held: disposition == "held",
                },
            })
        })
        .optional()?;
    Ok(row)
}

/// Makes of a letter what is stored of it.
pub(super) fn compress(raw: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(raw, LEVEL).map_err(StoreError::Raw)
}

/// Expands stored bytes to the letter they were.
pub(super) fn expand(bytes: &[u8], length: u64) -> Result<Vec<u8>, StoreError> {
    let length = usize::try_from(length).unwrap_or(EXPANDED).min(EXPANDED);
    zstd::bulk::decompress(bytes, length).map_err(StoreError::Raw)
}

/// SQLite's integers are signed; nothing counted here reaches 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn timestamp(seconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(seconds).map_err(|_| StoreError::Unexpected {
        what: format!("the time {seconds}"),
    })
}
