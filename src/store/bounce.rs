//! Addresses that letters come back from, and what is not sent to them.
//!
//! A permanent failure counts once for each row of the outbox, whether the mail server said it at
//! once or a bounce did later. At the limit the address is suspended: what waits for it is held, what
//! is written for it later is held from the start, and nothing is lost. Its next letter, or an admin,
//! lifts that, and what was held goes out. What arrived, or a person's letter, ends a row; failures that lie a month apart are not in a row.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::journal::LetterId;
use super::origin::Origin;
use super::outbox::undelivered;
use super::{Desk, StoreError, View};
use crate::decide::returned::{Change, Own};
use crate::message::MessageId;
use crate::notice::Kind;
use crate::ticket::TicketNumber;

/// Failures further apart than this are not in a row.
const APART: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An address that letters came back from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// The address.
    pub address: String,
    /// Permanent failures in a row.
    pub failures: u32,
    /// Of the last failure, Unix seconds.
    pub last_at: i64,
    /// Since when nothing is sent, Unix seconds; 0 if it is.
    pub suspended_at: i64,
    /// Of the last failure.
    pub reason: String,
    /// Letters that are held for it.
    pub held: u32,
}

/// The row of the outbox that one of these Message-IDs names, best first.
pub(super) fn own(sql: &Connection, ids: &[MessageId]) -> Result<Option<Own>, StoreError> {
    let mut statement =
        sql.prepare_cached("SELECT id, ticket, kind, recipient FROM outbox WHERE message_id = ?1")?;
    for id in ids {
        let found = statement
            .query_row([id.as_str()], |row| {
                Ok(Own {
                    row: row.get(0)?,
                    ticket: row.get::<_, Option<i64>>(1)?.map(TicketNumber),
                    kind: row.get(2)?,
                    recipient: row.get(3)?,
                    message_id: id.clone(),
                })
            })
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Why nothing is sent to an address, if so.
pub(super) fn suspended(sql: &Connection, address: &str) -> Result<Option<String>, StoreError> {
    Ok(sql
        .prepare_cached("SELECT reason FROM failing WHERE address = ?1 AND suspended_at > 0")?
        .query_row([address], |row| row.get(0))
        .optional()?)
}

/// Whether letters to an address came back, and none is known to have arrived since.
pub(super) fn is_failing(sql: &Connection, address: &str) -> Result<bool, StoreError> {
    Ok(sql
        .prepare_cached("SELECT 1 FROM failing WHERE address = ?1")?
        .exists([address])?)
}

/// What a report changes.
pub(super) fn returned(
    sql: &Connection,
    letter: LetterId,
    change: &Change,
    limit: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    match change {
        Change::Arrived { row } => {
            let address: String = sql
                .prepare_cached("SELECT recipient FROM outbox WHERE id = ?1")?
                .query_row([row], |row| row.get(0))?;
            resume(sql, &address, now).map(drop)
        }
        Change::Unwanted { row, why } => {
            // As with bounces, a second complaint about the same row says nothing new.
            let address: Option<String> = sql
                .prepare_cached(
                    "UPDATE outbox SET answer = ?2 WHERE id = ?1 AND answer <> ?2
                     RETURNING recipient",
                )?
                .query_row(params![row, why], |row| row.get(0))
                .optional()?;
            match address {
                Some(address) => failed(sql, &address, why, limit, now),
                None => Ok(()),
            }
        }
        Change::Bounced { row, blamed, why } => {
            // A second report on the same row says nothing new.
            let first: Option<(String, Option<i64>, String)> = sql
                .prepare_cached(
                    "UPDATE outbox SET answer = ?2, settled_at = ?3, hold = '',
                       lost = inside = 0 AND sender <> '',
                       state = CASE state WHEN 'sending' THEN state ELSE 'bounced' END
                     WHERE id = ?1 AND state NOT IN ('bounced', 'failed', 'cancelled')
                     RETURNING recipient, ticket, kind",
                )?
                .query_row(params![row, why, now.as_second()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((address, ticket, kind)) = first else {
                return Ok(());
            };
            if let Some(ticket) = ticket {
                let origin = Origin::Letter(letter);
                undelivered(sql, TicketNumber(ticket), origin, &kind, why, now)?;
            }
            if *blamed {
                failed(sql, &address, why, limit, now)?;
            }
            Ok(())
        }
    }
}

/// One more permanent failure of an address; from `limit` on it is suspended.
pub(super) fn failed(
    sql: &Connection,
    address: &str,
    why: &str,
    limit: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let seconds = now.as_second();
    let forgotten = seconds.saturating_sub(APART.as_secs());
    let (failures, suspended_at): (u32, i64) = sql
        .prepare_cached(
            "INSERT INTO failing (address, failures, last_at, reason) VALUES (?1, 1, ?2, ?3)
             ON CONFLICT (address) DO UPDATE SET last_at = ?2, reason = ?3,
               failures = CASE WHEN last_at < ?4 THEN 1 ELSE failures + 1 END
             RETURNING failures, suspended_at",
        )?
        .query_row(params![address, seconds, why, forgotten], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if failures < limit || suspended_at > 0 {
        return Ok(());
    }
    sql.prepare_cached("UPDATE failing SET suspended_at = ?2 WHERE address = ?1")?
        .execute(params![address, seconds.max(1)])?;
    let held = hold_for(sql, address, why, now)?;
    tracing::warn!(
        failures,
        held,
        "an address is suspended: see `guichet outbox suspended`"
    );
    Ok(())
}

/// Holds what waits for suspended addresses; says how many rows.
pub(super) fn hold_back(sql: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let suspended: Vec<(String, String)> = sql
        .prepare_cached("SELECT address, reason FROM failing WHERE suspended_at > 0")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut rows = 0;
    for (address, why) in suspended {
        rows += hold_for(sql, &address, &why, now)?;
    }
    Ok(rows)
}

/// Holds what waits for one address, if it is suspended.
pub(super) fn hold_back_from(
    sql: &Connection,
    address: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(why) = suspended(sql, address)? {
        hold_for(sql, address, &why, now)?;
    }
    Ok(())
}

/// A refusal that waits is none: its ticket goes to the queue, and it never goes out.
fn hold_for(
    sql: &Connection,
    address: &str,
    why: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let refusals: Vec<Option<i64>> = sql
        .prepare_cached(
            "UPDATE outbox SET state = 'cancelled', answer = ?2, settled_at = ?4
             WHERE recipient = ?1 AND state = 'pending' AND kind = ?3 RETURNING ticket",
        )?
        .query_map(
            params![address, waits(why), Kind::Rejection.name(), now.as_second()],
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    for ticket in refusals.into_iter().flatten() {
        let (ticket, kind) = (TicketNumber(ticket), Kind::Rejection.name());
        undelivered(sql, ticket, Origin::Delivery, kind, &waits(why), now)?;
    }
    Ok(sql
        .prepare_cached(
            "UPDATE outbox SET state = 'held', hold = 'suspended', answer = ?2
             WHERE recipient = ?1 AND state = 'pending'",
        )?
        .execute(params![address, waits(why)])?)
}

/// Why a letter to a suspended address is held.
pub(super) fn waits(why: &str) -> String {
    format!("its address is suspended: {why}")
}

/// Failures of an address are forgotten, and letters to it go out again; says how many were held
/// for it, or nothing if it was not suspended.
pub(super) fn resume(
    sql: &Connection,
    address: &str,
    now: Timestamp,
) -> Result<Option<usize>, StoreError> {
    let suspended_at: Option<i64> = sql
        .prepare_cached("DELETE FROM failing WHERE address = ?1 RETURNING suspended_at")?
        .query_row([address], |row| row.get(0))
        .optional()?;
    if suspended_at.is_none_or(|at| at == 0) {
        return Ok(None);
    }
    let rows = sql
        .prepare_cached(
            "UPDATE outbox SET state = 'pending', hold = '', due_at = ?2
             WHERE recipient = ?1 AND state = 'held' AND hold = 'suspended'",
        )?
        .execute(params![address, now.as_second()])?;
    Ok(Some(rows))
}

impl View {
    /// Addresses that letters came back from, the suspended ones first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn failing(&self, limit: u32) -> Result<Vec<Failing>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT address, failures, last_at, suspended_at, reason,
               (SELECT count(*) FROM outbox WHERE recipient = address AND state = 'held'
                  AND hold = 'suspended')
             FROM failing ORDER BY suspended_at = 0, last_at DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| {
            Ok(Failing {
                address: row.get(0)?,
                failures: row.get(1)?,
                last_at: row.get(2)?,
                suspended_at: row.get(3)?,
                reason: row.get(4)?,
                held: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Desk {
    /// Lifts the suspension of an address, and says how many letters were held for it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it is not suspended; else when it could not be committed.
    pub fn resume(&mut self, address: &str, now: Timestamp) -> Result<usize, StoreError> {
        let transaction = self.begin()?;
        let rows = resume(&transaction, address, now)?.ok_or_else(|| StoreError::Missing {
            what: format!("suspended address `{address}`"),
        })?;
        transaction.commit()?;
        Ok(rows)
    }
}
