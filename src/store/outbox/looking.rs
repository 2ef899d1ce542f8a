//! Looking into the outbox, for people: which rows there are, and everything about one.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::{Queue, queue};
use crate::store::{StoreError, View};

/// One row, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// The ticket.
    pub ticket: Option<i64>,
    /// The notice's name.
    pub kind: String,
    /// The recipient.
    pub recipient: String,
    /// pending, sending, sent, failed, held, cancelled, bounced.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Not before, Unix seconds.
    pub due_at: i64,
    /// The last reply or error, or why it is held or cancelled.
    pub answer: String,
    /// Why it is held: budget, suspended, unknown; empty if it is not.
    pub hold: String,
    /// When it was written, Unix seconds.
    pub created_at: i64,
    /// When the last attempt ended, Unix seconds; 0 if there was none.
    pub settled_at: i64,
}

/// Everything about one row but its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowPages {
    /// The row.
    #[serde(flatten)]
    pub row: Row,
    /// The letter that caused it.
    pub letter: Option<i64>,
    /// Envelope sender; empty for the null reverse-path (RFC 5321 §4.5.5).
    pub sender: String,
    /// Its Message-ID without brackets.
    pub message_id: String,
    /// Bytes, before dot-stuffing.
    pub size: u64,
    /// Every attempt, oldest first.
    pub tries: Vec<Attempt>,
}

/// One attempt to hand a row to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// 1 is the first.
    pub number: u32,
    /// Unix seconds.
    pub began_at: i64,
    /// Unix seconds; 0 while it runs.
    pub ended_at: i64,
    /// pre or dot: whether the server may have the letter.
    pub phase: String,
    /// delivered, deferred, failed, interrupted; empty while it runs.
    pub outcome: String,
    /// The reply's code; 0 if none came.
    pub code: u16,
    /// The reply or the error.
    pub answer: String,
}

/// Which rows are wanted; what is not said is not asked.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    /// In this state.
    pub state: Option<String>,
    /// About this ticket.
    pub ticket: Option<i64>,
    /// A part of the recipient's address, in any case.
    pub recipient: Option<String>,
    /// Of this kind, such as `rejection`.
    pub kind: Option<String>,
    /// Written then or later, Unix seconds.
    pub since: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl View {
    /// The newest rows, at most `limit`, of one state or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn outbox(&self, state: Option<&str>, limit: u32) -> Result<Vec<Row>, StoreError> {
        self.outbox_by(&RowFilter {
            state: state.map(str::to_owned),
            limit,
            ..RowFilter::default()
        })
    }

    /// The rows that a filter wants, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn outbox_by(&self, filter: &RowFilter) -> Result<Vec<Row>, StoreError> {
        self.rows(
            "WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR ticket = ?2)
               AND (?3 IS NULL OR instr(lower(recipient), ?3) > 0)
               AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR created_at >= ?5)
             ORDER BY id DESC LIMIT ?6",
            params![
                filter.state,
                filter.ticket,
                filter.recipient.as_ref().map(|one| one.to_lowercase()),
                filter.kind,
                filter.since,
                filter.limit
            ],
        )
    }

    /// The rows about one ticket, oldest first.
    pub(in crate::store) fn outbox_of(&self, ticket: i64) -> Result<Vec<Row>, StoreError> {
        self.rows("WHERE ticket = ?1 ORDER BY id", params![ticket])
    }

    /// The rows that one letter caused, oldest first.
    pub(in crate::store) fn outbox_because_of(&self, letter: i64) -> Result<Vec<Row>, StoreError> {
        // All of them are about its ticket, which has an index.
        self.rows(
            "WHERE ticket = (SELECT ticket FROM letter WHERE id = ?1) AND letter = ?1 ORDER BY id",
            params![letter],
        )
    }

    fn rows(&self, filter: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT id, ticket, kind, recipient, state, attempts, due_at, answer, hold, created_at,
               settled_at
             FROM outbox {filter}"
        ))?;
        let rows = statement.query_map(values, row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything about one row but its bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none of that number.
    pub fn outbox_row(&self, id: i64) -> Result<RowPages, StoreError> {
        let mut found = self
            .connection
            .query_row(
                "SELECT id, ticket, kind, recipient, state, attempts, due_at, answer, hold,
                   created_at, settled_at, letter, sender, message_id, length(bytes)
                 FROM outbox WHERE id = ?1",
                [id],
                |found| {
                    Ok(RowPages {
                        row: row(found)?,
                        letter: found.get(11)?,
                        sender: found.get(12)?,
                        message_id: found.get(13)?,
                        size: crate::store::journal::unsigned(found.get(14)?),
                        tries: Vec::new(),
                    })
                },
            )
            .optional()?
            .ok_or_else(|| missing(id))?;
        found.tries = self
            .connection
            .prepare(
                "SELECT number, began_at, ended_at, phase, outcome, code, answer FROM attempt
                 WHERE outbox = ?1 ORDER BY number",
            )?
            .query_map([id], |row| {
                Ok(Attempt {
                    number: row.get(0)?,
                    began_at: row.get(1)?,
                    ended_at: row.get(2)?,
                    phase: row.get(3)?,
                    outcome: row.get(4)?,
                    code: row.get(5)?,
                    answer: row.get(6)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// What waits in the outbox.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn queue(&self) -> Result<Queue, StoreError> {
        queue(&self.connection)
    }

    /// The bytes of one row as they go over the wire.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none of that number.
    pub fn outbound_bytes(&self, id: i64) -> Result<Vec<u8>, StoreError> {
        self.connection
            .query_row("SELECT bytes FROM outbox WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .optional()?
            .ok_or_else(|| missing(id))
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        ticket: row.get(1)?,
        kind: row.get(2)?,
        recipient: row.get(3)?,
        state: row.get(4)?,
        attempts: row.get(5)?,
        due_at: row.get(6)?,
        answer: row.get(7)?,
        hold: row.get(8)?,
        created_at: row.get(9)?,
        settled_at: row.get(10)?,
    })
}

pub(super) fn missing(row: i64) -> StoreError {
    StoreError::Missing {
        what: format!("row {row} in the outbox"),
    }
}
