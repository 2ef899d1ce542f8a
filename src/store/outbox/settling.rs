//! What became of an attempt, and what follows from it for row, ticket and address.
//!
//! In: the [`Settlement`] that the sender read out of the server's words. Out: the row's new state,
//! the attempt's outcome, a page in the ticket if the letter failed for good, and one more failure
//! counted against the address if it is to blame.
//!
//! An end that nobody can know is repeated once. The second holds the row for an admin: something
//! between here and the server cuts every letter after its end, and five days of repeats would be
//! five days of copies.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::OutboxId;
use crate::notice::Kind;
use crate::store::change::add;
use crate::store::origin::Origin;
use crate::store::{Store, StoreError, bounce};
use crate::ticket::{Entry, EntryKind, TicketNumber};

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

impl Store {
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
        "UPDATE attempt SET ended_at = ?3, outcome = ?4, code = ?5, answer = ?6
         WHERE outbox = ?1 AND number = ?2",
    )?
    .execute(params![
        id.0,
        number,
        seconds,
        outcome,
        settlement.code.unwrap_or(0),
        settlement.answer
    ])?;
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
pub(in crate::store) fn undelivered(
    sql: &Connection,
    ticket: TicketNumber,
    origin: Origin<'_>,
    kind: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let consequence = queued_again(sql, ticket, kind, now)?;
    let entry = Entry {
        kind: EntryKind::Delivery,
        author: "guichet".to_owned(),
        text: format!("an answer could not be delivered: {why}{consequence}"),
    };
    add(sql, ticket, origin, &entry, now)
}

/// A refusal that its reader never gets is none: its ticket goes to the queue, flagged, for a
/// person. The end of the sentence that its history says it with; nothing for any other letter.
pub(super) fn queued_again(
    sql: &Connection,
    ticket: TicketNumber,
    kind: &str,
    now: Timestamp,
) -> Result<&'static str, StoreError> {
    let queued = kind == Kind::Rejection.name()
        && sql.execute(
            "UPDATE ticket SET status = 'new', outcome = 'flag', updated_at = ?2
             WHERE number = ?1 AND status IN ('refused', 'refused_provisional')",
            params![ticket.0, now.as_second()],
        )? > 0;
    Ok(if queued {
        "; the refusal did not reach its reader, so the ticket is in the queue"
    } else {
        ""
    })
}
