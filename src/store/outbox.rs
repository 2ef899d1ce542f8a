//! The outbox: what is to be sent, what was, and what is not known to have been.
//!
//! States of a row: `pending` → `sending` (claimed, the attempt counted first) → `sent`,
//! `pending` again with a later due time, or `failed`; a bounce makes it `bounced`. `held` and
//! `cancelled` are an admin's, or the gateway's when a budget is spent or the address suspended;
//! `hold` says which. `phase` says how far the last attempt came: `pre` (the
//! server cannot have taken the letter) or `dot` (it may have).
//!
//! Rooms, in the order of a row's life: `queueing` (a decision becomes rows), [`claiming`],
//! [`settling`]; beside them [`looking`], and [`steering`], which is an admin's.

pub mod claiming;
pub mod looking;
pub(super) mod queueing;
pub mod settling;
pub mod steering;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::journal::{timestamp, unsigned};
use super::{Store, StoreError};

pub use claiming::Claimed;
pub use looking::{Attempt, Row, RowFilter, RowPages};
pub(super) use settling::undelivered;
pub use settling::{Fate, Settlement};

/// Name of the setting that stops all sending; its value says why.
const HOLD: &str = "outbox_hold";

/// The outbox's own number of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub i64);

impl std::fmt::Display for OutboxId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A look at the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Why nothing is sent, if so.
    pub hold: Option<String>,
    /// When the next row is due.
    pub next_due: Option<Timestamp>,
    /// Rows that are not finished.
    pub waiting: u64,
}

impl Store {
    /// What waits in the outbox.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn queue(&self) -> Result<Queue, StoreError> {
        self.writer.run(|scope| queue(scope.sql)).await
    }

    /// A number that changes when another process has written: the command line. What it means
    /// otherwise is SQLite's business (`PRAGMA data_version`).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn written_by_others(&self) -> Result<i64, StoreError> {
        self.writer
            .run(|scope| {
                let sql = "PRAGMA data_version";
                Ok(scope.sql.query_row(sql, [], |row| row.get(0))?)
            })
            .await
    }

    /// Stops all sending until an admin releases it; the first reason stays.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn hold_outbox(&self, why: &str) -> Result<(), StoreError> {
        let why = why.to_owned();
        self.writer
            .run(move |scope| hold(scope.sql, &why).map(drop))
            .await
    }
}

pub(super) fn held(sql: &Connection) -> Result<Option<String>, StoreError> {
    Ok(sql
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([HOLD], |row| row.get(0))
        .optional()?)
}

/// Stops all sending; says whether it went on until now.
pub(super) fn hold(sql: &Connection, why: &str) -> Result<bool, StoreError> {
    let rows = sql
        .prepare_cached("INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute([HOLD, why])?;
    Ok(rows > 0)
}

fn queue(sql: &Connection) -> Result<Queue, StoreError> {
    let (next, waiting): (Option<i64>, i64) = sql
        .prepare_cached(
            "SELECT (SELECT min(due_at) FROM outbox WHERE state = 'pending'),
               (SELECT count(*) FROM outbox WHERE state = 'pending')
               + (SELECT count(*) FROM outbox WHERE state = 'sending')",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Queue {
        hold: held(sql)?,
        next_due: next.map(timestamp).transpose()?,
        waiting: unsigned(waiting),
    })
}
