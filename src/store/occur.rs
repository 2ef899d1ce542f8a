//! What happens to a ticket without a letter becomes rows: history, state, answers, all or none.
//!
//! The same shape as [`super::settle`]: a pure closure decides inside the transaction, on the ticket
//! as it stands there, so that nothing comes between the look and the deed. Two doors lead here: the
//! daemon's ([`Store::occur`]) and the command line's ([`Desk::occur`]), which writes from another
//! process beside it. A cause that has happened already does not happen again, whichever door it
//! comes by.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

use super::budget::Budget;
use super::context::{At, Totals, next_generation};
use super::origin::Origin;
use super::outbox::queueing::queue;
use super::{Desk, Store, StoreError, View, candidate, change};
use crate::compose::notice_letter::OutboundMessage;
use crate::crash;
use crate::decide::{Answer, Occurrence, Scene};
use crate::ticket::TicketNumber;

/// The ticket that something may happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its number; a ticket that went up in another one stands for that one.
    pub ticket: TicketNumber,
    /// Another ticket that the decision rests on.
    pub named: Option<TicketNumber>,
}

impl Target {
    /// One ticket alone.
    #[must_use]
    pub fn of(ticket: TicketNumber) -> Self {
        Self {
            ticket,
            named: None,
        }
    }
}

/// An occurrence with its letters, written.
#[derive(Debug)]
pub struct Effects {
    /// What happens.
    pub occurrence: Occurrence,
    /// What goes out.
    pub outbound: Vec<OutboundMessage>,
    /// [`Answer::Held`] if what goes out to others than the team waits for an admin.
    pub answer: Answer,
}

/// What a caller learns of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurred {
    /// The number of the occurrence, for the log.
    pub id: i64,
    /// To which ticket.
    pub ticket: Option<TicketNumber>,
    /// Why.
    pub reason: String,
    /// Rows added to the outbox.
    pub queued: usize,
}

impl Store {
    /// Lets `decide` say what happens to a ticket, and commits it. Nothing happens if it says so, or
    /// if that cause has happened before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without such a ticket; [`StoreError::NeedsLetter`] for a change that
    /// only a letter brings about; else when it could not be committed.
    pub async fn occur<F>(
        &self,
        target: Target,
        budget: Arc<Budget>,
        now: Timestamp,
        decide: F,
    ) -> Result<Option<Occurred>, StoreError>
    where
        F: FnOnce(&Scene) -> Option<Effects> + Send + 'static,
    {
        self.writer
            .run(move |scope| occur(scope.sql, target, &budget, now, decide))
            .await
    }

    /// Commits what happens to no ticket, such as a letter to the team about the house. `None` if
    /// that cause has happened before.
    ///
    /// # Errors
    /// As for [`Store::occur`].
    pub async fn occur_apart(
        &self,
        budget: Arc<Budget>,
        now: Timestamp,
        effects: Effects,
    ) -> Result<Option<Occurred>, StoreError> {
        self.writer
            .run(move |scope| {
                let at = At {
                    budget: &budget,
                    now,
                };
                perform(scope.sql, &effects, &at, &mut Totals::default())
            })
            .await
    }
}

impl Desk {
    /// The same from the command line, beside a running daemon or without one. The daemon finds
    /// what is added to the outbox within seconds.
    ///
    /// # Errors
    /// As for [`Store::occur`].
    pub fn occur<F>(
        &mut self,
        target: Target,
        budget: &Budget,
        now: Timestamp,
        decide: F,
    ) -> Result<Option<Occurred>, StoreError>
    where
        F: FnOnce(&Scene) -> Option<Effects>,
    {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let occurred = occur(&transaction, target, budget, now, decide)?;
        transaction.commit()?;
        Ok(occurred)
    }
}

/// Something that happened to a ticket without a letter, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OccurrenceLine {
    /// Unix seconds.
    pub at: i64,
    /// What it happened because of.
    pub cause: String,
    /// Why, in one sentence.
    pub reason: String,
    /// Letters that went out because of it.
    pub letters: u32,
}

impl View {
    /// What happened to a ticket without a letter, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn occurrences(&self, ticket: i64) -> Result<Vec<OccurrenceLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT at, cause, reason,
               (SELECT count(*) FROM outbox WHERE outbox.occurrence = occurrence.id)
             FROM occurrence WHERE ticket = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([ticket], |row| {
            Ok(OccurrenceLine {
                at: row.get(0)?,
                cause: row.get(1)?,
                reason: row.get(2)?,
                letters: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn occur<F>(
    sql: &Connection,
    target: Target,
    budget: &Budget,
    now: Timestamp,
    decide: F,
) -> Result<Option<Occurred>, StoreError>
where
    F: FnOnce(&Scene) -> Option<Effects>,
{
    let at = At { budget, now };
    let effects = decide(&scene(sql, target)?);
    crash::point("T1");
    match effects {
        Some(effects) => perform(sql, &effects, &at, &mut Totals::default()),
        None => Ok(None),
    }
}

/// The ticket as it stands.
pub(super) fn scene(sql: &Connection, target: Target) -> Result<Scene, StoreError> {
    let load = |number: TicketNumber| {
        candidate::load(sql, number.0)?.ok_or_else(|| StoreError::Missing {
            what: format!("ticket {}", number.0),
        })
    };
    let ticket = load(target.ticket)?;
    Ok(Scene {
        last_answer: candidate::last_answer(sql, ticket.number.0)?,
        ticket,
        named: target.named.map(load).transpose()?,
        next_generation: next_generation(sql)?,
    })
}

/// Writes the rows of an occurrence, unless its cause has happened before.
pub(super) fn perform(
    sql: &Connection,
    effects: &Effects,
    at: &At<'_>,
    totals: &mut Totals,
) -> Result<Option<Occurred>, StoreError> {
    let occurrence = &effects.occurrence;
    let id: Option<i64> = sql
        .prepare_cached(
            "INSERT INTO occurrence (cause, ticket, at, reason) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (cause) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                occurrence.cause.as_str(),
                occurrence.ticket.map(|ticket| ticket.0),
                at.now.as_second(),
                occurrence.reason
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else {
        return Ok(None);
    };
    let origin = Origin::Occurrence {
        id,
        cause: &occurrence.cause,
    };
    for change in &occurrence.changes {
        change::apply(sql, origin, change, at.now)?;
    }
    totals.keep_up(&occurrence.changes, at.now);
    for message in &effects.outbound {
        queue(sql, origin, message, at, &effects.answer, totals)?;
    }
    Ok(Some(Occurred {
        id,
        ticket: occurrence.ticket,
        reason: occurrence.reason.clone(),
        queued: effects.outbound.len(),
    }))
}
