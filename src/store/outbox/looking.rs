//! Looking into the outbox, for people.

use rusqlite::{OptionalExtension, params};

use super::{Queue, queue};
use crate::store::{StoreError, View};

/// One row, for a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    /// The last reply or error.
    pub answer: String,
}

impl View {
    /// The newest rows, at most `limit`, of one state or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn outbox(&self, state: Option<&str>, limit: u32) -> Result<Vec<Row>, StoreError> {
        self.rows(
            "WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2",
            params![state, limit],
        )
    }

    /// The rows about one ticket, oldest first.
    pub(in crate::store) fn outbox_of(&self, ticket: i64) -> Result<Vec<Row>, StoreError> {
        self.rows("WHERE ticket = ?1 ORDER BY id", params![ticket])
    }

    fn rows(&self, filter: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT id, ticket, kind, recipient, state, attempts, due_at, answer FROM outbox
             {filter}"
        ))?;
        let rows = statement.query_map(values, |row| {
            Ok(Row {
                id: row.get(0)?,
                ticket: row.get(1)?,
                kind: row.get(2)?,
                recipient: row.get(3)?,
                state: row.get(4)?,
                attempts: row.get(5)?,
                due_at: row.get(6)?,
                answer: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
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
    /// When there is no such row.
    pub fn outbound_bytes(&self, id: i64) -> Result<Vec<u8>, StoreError> {
        self.connection
            .query_row("SELECT bytes FROM outbox WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .optional()?
            .ok_or_else(|| StoreError::Missing {
                what: format!("row {id} in the outbox"),
            })
    }
}
