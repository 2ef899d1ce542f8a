//! A technician's words that did not arrive: found, told once, forgotten.
//!
//! Where a delivery fails, in our own attempt or by a report that comes days later, the row is
//! marked if a person's words are in it: only then has it an envelope sender. Whoever sends looks
//! for marks; the occurrence that tells the technician is committed first, and its cause is the
//! row, so that a crash between the two tells nobody twice.

use rusqlite::Connection;

use super::{Store, StoreError};
use crate::decide::lost::Lost;
use crate::ticket::TicketNumber;

/// Marks that are looked at in one go.
const AT_ONCE: u32 = 20;

impl Store {
    /// Words that did not arrive, and whose writer is still to be told; the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn lost_words(&self) -> Result<Vec<Lost>, StoreError> {
        self.writer.run(|scope| lost_words(scope.sql)).await
    }

    /// The writer was told, or is nobody who is told.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn forget_lost(&self, row: i64) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| {
                scope
                    .sql
                    .prepare_cached("UPDATE outbox SET lost = 0 WHERE id = ?1")?
                    .execute([row])?;
                Ok(())
            })
            .await
    }
}

fn lost_words(sql: &Connection) -> Result<Vec<Lost>, StoreError> {
    let mut marked = sql.prepare_cached(
        "SELECT outbox.id, outbox.ticket, outbox.recipient, outbox.answer,
           coalesce(letter.sender, '')
         FROM outbox LEFT JOIN letter ON letter.id = outbox.letter
         WHERE outbox.lost = 1 ORDER BY outbox.id LIMIT ?1",
    )?;
    let rows = marked.query_map([AT_ONCE], |row| {
        Ok(Lost {
            row: row.get(0)?,
            ticket: row.get::<_, Option<i64>>(1)?.map(TicketNumber),
            recipient: row.get(2)?,
            why: row.get(3)?,
            writer: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
