//! What admins say about held letters, and letters that lie on another shelf than they belong on.
//!
//! A review puts the letter back among the undecided and keeps what was decided before. The running
//! gateway decides it again, through the same transaction as every letter; without one the next start
//! does. The letter on the server still lies on the shelf of the held ones then: it is astray until
//! the gateway has moved it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::journal::{LetterId, select, timestamp, unsigned};
use super::{Desk, Store, StoreError};
use crate::decide::review::Review;
use crate::message::limits;
use crate::store::journal::Unfinished;

/// A letter on the wrong shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    /// Its number.
    pub id: LetterId,
    /// Its bytes on the server.
    pub size: u64,
    /// SHA-256 of what was taken in, in hexadecimal; of less than the whole if it was too large.
    pub raw_sha256: String,
    /// When the server got it.
    pub received_at: Timestamp,
}

/// What there is to do about reviews.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reviews {
    /// Letters that wait for their decision by one, or were imported and wait.
    pub waiting: u64,
    /// Letters that lie on the wrong shelf.
    pub astray: u64,
}

impl Desk {
    /// Puts a held letter back among the undecided, to be decided by `review`. A retry also takes a
    /// letter that is undecided still, because each start of reading it failed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such letter, [`StoreError::Refused`] if it is decided
    /// and not held; else when it could not be committed.
    pub fn review(
        &mut self,
        letter: i64,
        review: &Review,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let why = match review {
            Review::Release | Review::Retry => "",
            Review::Discard { why } => why,
        };
        let undecided = *review == Review::Retry;
        let id: Option<i64> = transaction
            .query_row(
                "INSERT INTO review (letter, at, act, why, disposition, reason, rule, trace, actor)
                 SELECT id, ?2, ?3, ?4, disposition, reason, rule, coalesce(trace.body, ''), ?6
                 FROM letter LEFT JOIN trace ON trace.letter = letter.id
                 WHERE id = ?1 AND kept <> 'nothing'
                   AND (state = 'decided' AND disposition = 'held' OR state = 'received' AND ?5)
                 RETURNING id",
                params![
                    letter,
                    now.as_second(),
                    review.as_str(),
                    why,
                    undecided,
                    actor
                ],
                |row| row.get(0),
            )
            .optional()?;
        let Some(id) = id else {
            return Err(refused(&transaction, letter)?);
        };
        // A release gets one more start, whatever it cost before; a retry all of them.
        let starts = match review {
            Review::Retry => 0,
            Review::Release | Review::Discard { .. } => limits::STARTS - 1,
        };
        transaction.execute(
            "UPDATE letter SET state = 'received', review = ?2, attempts = min(attempts, ?3)
             WHERE id = ?1",
            params![letter, id, starts],
        )?;
        transaction.commit()?;
        Ok(())
    }
}

/// Why a letter cannot be reviewed.
fn refused(sql: &Connection, letter: i64) -> Result<StoreError, StoreError> {
    let found: Option<(String, String)> = sql
        .query_row(
            "SELECT state, disposition FROM letter WHERE id = ?1",
            [letter],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(match found {
        None => StoreError::Missing {
            what: format!("letter {letter}"),
        },
        Some((state, _)) if state == "received" => StoreError::Refused {
            why: format!(
                "letter {letter} is not decided yet: expected one that is held; `guichet intake retry {letter}` has it read again"
            ),
        },
        Some((_, disposition)) => StoreError::Refused {
            why: format!(
                "letter {letter} was decided ({}): expected one that is held, see `guichet intake list --held`",
                disposition.replace('_', " ")
            ),
        },
    })
}

impl Store {
    /// What there is to do about reviews.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn reviews(&self) -> Result<Reviews, StoreError> {
        self.writer
            .run(|scope| {
                let count = |sql: &str| -> Result<u64, StoreError> {
                    let found = scope
                        .sql
                        .prepare_cached(sql)?
                        .query_row([], |row| row.get(0))?;
                    Ok(unsigned(found))
                };
                Ok(Reviews {
                    waiting: count(
                        "SELECT count(*) FROM letter
                         WHERE state = 'received' AND (review > 0 OR imported <> '')",
                    )?,
                    astray: count(
                        "SELECT count(*) FROM letter
                         WHERE shelf = 'held' AND disposition <> 'held'",
                    )?,
                })
            })
            .await
    }

    /// Letters that wait for their decision by a review, or were imported, oldest first, at most
    /// `limit`.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn reviewed(&self, limit: u32) -> Result<Vec<Unfinished>, StoreError> {
        self.writer
            .run(move |scope| {
                select(
                    scope.sql,
                    "(letter.review > ?1 OR imported <> '') ORDER BY letter.id LIMIT ?2",
                    params![0, limit],
                )
            })
            .await
    }

    /// Letters of a mailbox that lie with the held ones and belong to the others.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn astray(&self, mailbox: &str) -> Result<Vec<Astray>, StoreError> {
        let mailbox = mailbox.to_owned();
        self.writer
            .run(move |scope| {
                let mut statement = scope.sql.prepare_cached(
                    "SELECT id, size, raw_sha256, received_at FROM letter
                     WHERE mailbox = ?1 AND shelf = 'held' AND disposition <> 'held'",
                )?;
                let mut rows = statement.query([mailbox])?;
                let mut astray = Vec::new();
                while let Some(row) = rows.next()? {
                    astray.push(Astray {
                        id: LetterId(row.get(0)?),
                        size: unsigned(row.get(1)?),
                        raw_sha256: row.get(2)?,
                        received_at: timestamp(row.get(3)?)?,
                    });
                }
                Ok(astray)
            })
            .await
    }

    /// Notes where a letter lies now: with those that are done, or (`found` is false) nowhere that
    /// we know of.
    ///
    /// # Errors
    /// When the note could not be committed.
    pub async fn put_right(&self, letter: LetterId, found: bool) -> Result<(), StoreError> {
        let shelf = if found { "done" } else { "" };
        self.writer
            .run(move |scope| {
                scope
                    .sql
                    .prepare_cached("UPDATE letter SET shelf = ?2 WHERE id = ?1")?
                    .execute(params![letter.0, shelf])?;
                Ok(())
            })
            .await
    }
}
