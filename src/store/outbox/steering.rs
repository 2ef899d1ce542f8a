//! What an admin does to the outbox, from another process, while the gateway runs or not.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{HOLD, hold};
use crate::store::{Desk, StoreError, bounce, budget};

impl Desk {
    /// Stops all sending.
    ///
    /// # Errors
    /// When it could not be committed.
    pub fn hold_outbox(&self, why: &str) -> Result<(), StoreError> {
        hold(&self.connection, why).map(drop)
    }

    /// Lets everything go that was held, but for suspended addresses and letters that may have
    /// arrived already, and says how many rows that are.
    ///
    /// # Errors
    /// When it could not be committed.
    pub fn release_outbox(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let rows = let_go(
            &transaction,
            "state = 'held' AND hold NOT IN ('suspended', 'unknown')",
            &[&now.as_second()],
            now,
        )?;
        transaction.execute("DELETE FROM setting WHERE name = ?1", [HOLD])?;
        budget::begin_anew(&transaction, now)?;
        transaction.commit()?;
        Ok(rows)
    }

    /// Lets one row go that is held, also one that may have arrived already. Where all sending is
    /// held, it waits for that.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it is not held, or its address is suspended; else when it could
    /// not be committed.
    pub fn release_row(&mut self, row: i64, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let filter = "state = 'held' AND hold <> 'suspended' AND id = ?2";
        if let_go(&transaction, filter, &[&now.as_second(), &row], now)? == 0 {
            return Err(StoreError::Missing {
                what: format!("row {row} that is held and whose address is not suspended"),
            });
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Makes held rows due, and says so in their tickets; how many there were. The first value is the
/// time, the others are the filter's.
fn let_go(
    sql: &Connection,
    filter: &str,
    values: &[&dyn rusqlite::ToSql],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let tickets: Vec<Option<i64>> = sql
        .prepare(&format!(
            "UPDATE outbox SET state = 'pending', hold = '', due_at = ?1
             WHERE {filter} RETURNING ticket"
        ))?
        .query_map(values, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let rows = tickets.len().saturating_sub(bounce::hold_back(sql, now)?);
    let mut answered = sql.prepare(
        "UPDATE ticket SET answer = 'sent', answer_reason = '' WHERE number = ?1
           AND answer = 'held'
           AND EXISTS (SELECT 1 FROM outbox WHERE ticket = ?1 AND state = 'pending')",
    )?;
    for ticket in tickets.into_iter().flatten() {
        answered.execute([ticket])?;
    }
    Ok(rows)
}
