//! Taking rows for delivery, one sender's at a time, and giving back what was not tried.
//!
//! In: the time, and how many rows. Out: [`Claimed`] rows, each with its attempt counted and durable
//! before anything is sent. A row left in `sending` by a process that died is taken back at the next
//! start: due at once from `pre`, after a pause from `dot`. While the process lives nobody takes a
//! claimed row from its sender, however long that takes: the lock on the store makes this process the
//! only one that claims.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::queueing::forget_files;
use super::{OutboxId, held};
use crate::notice::Kind;
use crate::store::journal::timestamp;
use crate::store::writer::Scope;
use crate::store::{Store, StoreError, bounce};
use crate::ticket::TicketNumber;

/// A row that is this process's to deliver.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its number.
    pub id: OutboxId,
    /// The ticket it is about.
    pub ticket: Option<TicketNumber>,
    /// The notice's name.
    pub kind: String,
    /// Envelope sender, `None` for the null reverse-path.
    pub sender: Option<String>,
    /// The recipient.
    pub recipient: String,
    /// The letter.
    pub bytes: Vec<u8>,
    /// This attempt's number, from 1.
    pub attempt: u32,
    /// When the first attempt began.
    pub first_at: Timestamp,
    /// Earlier attempts that ended after the final dot without an answer.
    pub unknown_ends: u32,
}

impl Store {
    /// Takes due rows for delivery, at most `limit`, the attempt counted before it is made.
    ///
    /// # Errors
    /// When the claim could not be committed; nothing may be sent then.
    pub async fn claim(&self, now: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.writer.run(move |scope| claim(scope, now, limit)).await
    }

    /// Takes back what a process that died left claimed: at once if the server cannot have the
    /// letter, after `pause` if it may. Says how many rows of each there were.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn recover_outbox(
        &self,
        now: Timestamp,
        pause: SignedDuration,
    ) -> Result<(usize, usize), StoreError> {
        self.writer
            .run(move |scope| recover(scope.sql, now, pause))
            .await
    }

    /// Notes that the final dot comes next: from here on the server may have the letter.
    ///
    /// # Errors
    /// When the note could not be committed, or the outbox is held and the row no alert: the dot must
    /// not be sent then.
    pub async fn mark_dot(&self, id: OutboxId) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| {
                if let Some(why) = held(scope.sql)?
                    && !is_alert(scope.sql, id)?
                {
                    return Err(StoreError::OutboxHeld { why });
                }
                scope
                    .sql
                    .prepare_cached("UPDATE outbox SET phase = 'dot' WHERE id = ?1")?
                    .execute([id.0])?;
                scope
                    .sql
                    .prepare_cached(
                        "UPDATE attempt SET phase = 'dot' WHERE outbox = ?1
                         AND number = (SELECT attempts FROM outbox WHERE id = ?1)",
                    )?
                    .execute([id.0])?;
                Ok(())
            })
            .await
    }

    /// Gives back claimed rows whose attempt was not made, so that they are due at once.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn unclaim(&self, ids: Vec<OutboxId>, now: Timestamp) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| {
                for id in ids {
                    unclaim(scope.sql, id)?;
                }
                bounce::hold_back(scope.sql, now).map(drop)
            })
            .await
    }

    /// Makes rows due now that only wait because the server was in trouble: it answers again.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn hasten(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.writer
            .run(move |scope| {
                Ok(scope.sql.execute(
                    "UPDATE outbox SET due_at = ?1
                     WHERE state = 'pending' AND server_fault = 1 AND unknown_ends = 0 AND due_at > ?1",
                    [now.as_second()],
                )?)
            })
            .await
    }
}

/// Whether a row tells an admin what is wrong: such a row goes out while all others are held.
fn is_alert(sql: &Connection, id: OutboxId) -> Result<bool, StoreError> {
    Ok(sql
        .prepare_cached("SELECT kind = ?2 FROM outbox WHERE id = ?1")?
        .query_row(params![id.0, Kind::Alert.name()], |row| row.get(0))?)
}

fn claim(scope: &Scope<'_>, now: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
    let sql = scope.sql;
    let seconds = now.as_second();
    // Walks the index `outbox_due` in its order: no sort, however many rows wait. While all sending
    // is held admins are still told so: few letters, with a budget of their own and an index.
    let only = match held(sql)? {
        Some(_) => "AND kind = 'alert'",
        None => "",
    };
    let mut due = sql.prepare_cached(&format!(
        "UPDATE outbox SET state = 'sending', phase = 'pre', attempts = attempts + 1,
           first_at = CASE first_at WHEN 0 THEN ?1 ELSE first_at END
         WHERE id IN (SELECT id FROM outbox WHERE state = 'pending' {only} AND due_at <= ?1
                      ORDER BY due_at, id LIMIT ?2)
         RETURNING id, ticket, kind, sender, recipient, bytes, attempts, first_at, unknown_ends"
    ))?;
    let mut rows = due.query(params![seconds, limit])?;
    let mut claimed = Vec::new();
    while let Some(row) = rows.next()? {
        let sender: String = row.get(3)?;
        claimed.push(Claimed {
            id: OutboxId(row.get(0)?),
            ticket: row.get::<_, Option<i64>>(1)?.map(TicketNumber),
            kind: row.get(2)?,
            sender: (!sender.is_empty()).then_some(sender),
            recipient: row.get(4)?,
            bytes: row.get(5)?,
            attempt: row.get(6)?,
            first_at: timestamp(row.get(7)?)?,
            unknown_ends: row.get(8)?,
        });
    }
    drop(rows);
    claimed.sort_by_key(|row| row.id);
    let mut attempt = sql.prepare_cached(
        "INSERT INTO attempt (outbox, number, began_at, phase) VALUES (?1, ?2, ?3, 'pre')",
    )?;
    for row in &claimed {
        attempt.execute(params![row.id.0, row.attempt, seconds])?;
    }
    if !claimed.is_empty() {
        forget_files(sql)?;
    }
    Ok(claimed)
}

fn recover(
    sql: &Connection,
    now: Timestamp,
    pause: SignedDuration,
) -> Result<(usize, usize), StoreError> {
    let seconds = now.as_second();
    sql.execute(
        "UPDATE attempt SET outcome = 'interrupted' WHERE ended_at = 0 AND outcome = ''",
        [],
    )?;
    let safe = sql.execute(
        "UPDATE outbox SET state = 'pending', due_at = ?1
         WHERE state = 'sending' AND phase <> 'dot'",
        [seconds],
    )?;
    let ambiguous = sql.execute(
        "UPDATE outbox SET state = 'pending', due_at = ?1
         WHERE state = 'sending' AND phase = 'dot'",
        [seconds.saturating_add(pause.as_secs())],
    )?;
    bounce::hold_back(sql, now)?;
    Ok((safe, ambiguous))
}

fn unclaim(sql: &Connection, id: OutboxId) -> Result<(), StoreError> {
    sql.prepare_cached(
        "DELETE FROM attempt WHERE outbox = ?1
         AND number = (SELECT attempts FROM outbox WHERE id = ?1)",
    )?
    .execute([id.0])?;
    sql.prepare_cached(
        "UPDATE outbox SET state = 'pending', phase = 'none', attempts = attempts - 1,
           first_at = CASE attempts WHEN 1 THEN 0 ELSE first_at END
         WHERE id = ?1 AND state = 'sending'",
    )?
    .execute([id.0])?;
    Ok(())
}
