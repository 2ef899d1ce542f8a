//! The outbox: what is to be sent, what was, and what is not known to have been.
//!
//! States of a row: `pending` → `sending` (claimed, the attempt counted first) → `sent`,
//! `pending` again with a later due time, or `failed`; a bounce makes it `bounced`. `held` and
//! `cancelled` are an admin's, or the gateway's when a budget is spent or the address suspended;
//! `hold` says which. `phase` says how far the last attempt came: `pre` (the
//! server cannot have taken the letter) or `dot` (it may have). A row left in `sending` by a
//! process that died is taken back at the next start: due at once from `pre`, after a pause from
//! `dot`. While the process lives nobody takes a claimed row from its sender, however long that
//! takes: the lock on the store makes this process the only one that claims.
//!
//! An end that nobody can know is repeated once. The second holds the row for an admin: something
//! between here and the server cuts every letter after its end, and five days of repeats would be
//! five days of copies.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::bounce;
use super::change::add;
use super::journal::{timestamp, unsigned};
use super::origin::Origin;
use super::queue::forget_files;
use super::writer::Scope;
use super::{Desk, Store, StoreError, View};
use crate::notice::Kind;
use crate::ticket::{Entry, EntryKind, TicketNumber};

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

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What becomes of the row.
    pub fate: Fate,
    /// The server's reply code, if one came.
    pub code: Option<u16>,
    /// The reply or the error, one line.
    pub answer: String,
    /// Whether the trouble was the whole server's, not this letter's.
    pub server_fault: bool,
    /// Whether the attempt ended after the final dot without an answer.
    pub unknown_end: bool,
    /// Whether the server says that the address is to blame, now and later.
    pub blames_address: bool,
}

/// What becomes of a row after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server has it.
    Sent,
    /// Try again, not before.
    Retry(Timestamp),
    /// An admin decides.
    Held,
    /// Never.
    Failed,
}

impl Fate {
    /// State and due time of the row, and the outcome of the attempt.
    fn words(self, now: i64) -> (&'static str, i64, &'static str) {
        match self {
            Self::Sent => ("sent", now, "delivered"),
            Self::Retry(at) => ("pending", at.as_second(), "deferred"),
            Self::Held => ("held", now, "deferred"),
            Self::Failed => ("failed", now, "failed"),
        }
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
    /// When the note could not be committed, or the outbox is held: the dot must not be sent then.
    pub async fn mark_dot(&self, id: OutboxId) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| {
                if let Some(why) = held(scope.sql)? {
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

    /// Notes how an attempt ended. After `failures` permanent failures in a row that are the
    /// address's, nothing more is sent to it.
    ///
    /// # Errors
    /// When the note could not be committed.
    pub async fn settle_delivery(
        &self,
        id: OutboxId,
        now: Timestamp,
        settlement: Settlement,
        failures: u32,
    ) -> Result<(), StoreError> {
        self.writer
            .run(move |scope| settle(scope.sql, id, now, &settlement, failures))
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

    /// What waits in the outbox.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn queue(&self) -> Result<Queue, StoreError> {
        self.writer.run(|scope| queue(scope.sql)).await
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
    pub(super) fn outbox_of(&self, ticket: i64) -> Result<Vec<Row>, StoreError> {
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
        super::budget::begin_anew(&transaction, now)?;
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

fn claim(scope: &Scope<'_>, now: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
    let sql = scope.sql;
    if held(sql)?.is_some() {
        return Ok(Vec::new());
    }
    let seconds = now.as_second();
    // Walks the index `outbox_due` in its order: no sort, however many rows wait.
    let mut due = sql.prepare_cached(
        "UPDATE outbox SET state = 'sending', phase = 'pre', attempts = attempts + 1,
           first_at = CASE first_at WHEN 0 THEN ?1 ELSE first_at END
         WHERE id IN (SELECT id FROM outbox WHERE state = 'pending' AND due_at <= ?1
                      ORDER BY due_at, id LIMIT ?2)
         RETURNING id, ticket, kind, sender, recipient, bytes, attempts, first_at, unknown_ends",
    )?;
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

fn settle(
    sql: &Connection,
    id: OutboxId,
    now: Timestamp,
    settlement: &Settlement,
    failures: u32,
) -> Result<(), StoreError> {
    let seconds = now.as_second();
    let (state, due, outcome) = settlement.fate.words(seconds);
    let (ticket, number, kind, recipient): (Option<i64>, u32, String, String) = sql
        .prepare_cached(
            "UPDATE outbox SET state = ?2, due_at = ?3, code = ?4, answer = ?5, settled_at = ?6,
               server_fault = ?7, unknown_ends = unknown_ends + ?8,
               hold = CASE ?2 WHEN 'held' THEN 'unknown' ELSE '' END,
               lost = ?2 = 'failed' AND inside = 0 AND sender <> ''
             WHERE id = ?1 RETURNING ticket, attempts, kind, recipient",
        )?
        .query_row(
            params![
                id.0,
                state,
                due,
                settlement.code.unwrap_or(0),
                settlement.answer,
                seconds,
                settlement.server_fault,
                settlement.unknown_end
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
    sql.prepare_cached(
        "UPDATE attempt SET ended_at = ?3, outcome = ?4 WHERE outbox = ?1 AND number = ?2",
    )?
    .execute(params![id.0, number, seconds, outcome])?;
    match settlement.fate {
        Fate::Failed => {
            let why = &settlement.answer;
            if let Some(ticket) = ticket {
                undelivered(sql, TicketNumber(ticket), Origin::Delivery, &kind, why, now)?;
            }
            if settlement.blames_address {
                bounce::failed(sql, &recipient, why, failures, now)?;
            }
            Ok(())
        }
        Fate::Retry(_) => bounce::hold_back_from(sql, &recipient, now),
        Fate::Sent | Fate::Held => Ok(()),
    }
}

/// The ticket's history says that an answer did not arrive. A refusal that did not is none: the
/// ticket goes to the queue, flagged, for a person.
pub(super) fn undelivered(
    sql: &Connection,
    ticket: TicketNumber,
    origin: Origin<'_>,
    kind: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let reopened = kind == Kind::Rejection.name()
        && sql.execute(
            "UPDATE ticket SET status = 'new', outcome = 'flag', updated_at = ?2
             WHERE number = ?1 AND status IN ('refused', 'refused_provisional')",
            params![ticket.0, now.as_second()],
        )? > 0;
    let consequence = if reopened {
        "; the refusal did not reach its reader, so the ticket is in the queue"
    } else {
        ""
    };
    let entry = Entry {
        kind: EntryKind::Delivery,
        author: "guichet".to_owned(),
        text: format!("an answer could not be delivered: {why}{consequence}"),
    };
    add(sql, ticket, origin, &entry, now)
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
