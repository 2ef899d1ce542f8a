//! A decision becomes rows: disposition, ticket, history and answers of one letter, all or none.
//!
//! The decision itself is made inside the transaction, by a closure that is given the context, so
//! that two letters that arrive together see one another. The closure is pure; no network, no
//! file is touched while the transaction is open.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::budget::Budget;
use super::change::join;
use super::context::{At, Totals};
use super::journal::LetterId;
use super::numbers::HighWater;
use super::origin::Origin;
use super::outbox::queueing::queue;
use super::writer::Scope;
use super::{Store, StoreError, attachments, bounce, change, context, estimate};
use crate::cause::chain;
use crate::compose::notice_letter::OutboundMessage;
use crate::decide::{Answer, Change, Context, Decision, NewTicket, Query, Role};
use crate::message::Message;
use crate::notice::Backup;
use crate::ticket::TicketNumber;

/// A letter that is to be decided about.
#[derive(Debug)]
pub struct Ready<T> {
    /// Its number.
    pub id: LetterId,
    /// What was read of it; `None` if it could not be read.
    pub message: Option<Box<Message>>,
    /// What it refers to.
    pub query: Query,
    /// Whatever else the deciding closure needs.
    pub rest: T,
}

/// All effects of one letter.
#[derive(Debug)]
pub struct Effects {
    /// What was decided.
    pub decision: Decision,
    /// What goes out, written.
    pub outbound: Vec<OutboundMessage>,
    /// The decision with its trace, as JSON.
    pub trace: String,
}

/// What a caller learns of a decided letter.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Its number.
    pub id: LetterId,
    /// What was decided.
    pub decision: Decision,
    /// Rows added to the outbox.
    pub queued: usize,
}

impl Store {
    /// Decides about letters, each all-or-nothing, in one commit. A letter that has its decision
    /// already keeps it, and is absent from the answer.
    ///
    /// # Errors
    /// When nothing could be committed. No letter is then decided.
    pub async fn settle<T, F>(
        &self,
        letters: Vec<Ready<T>>,
        budget: Arc<Budget>,
        now: Timestamp,
        decide: Arc<F>,
    ) -> Result<Vec<Settled>, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Ready<T>, Option<&Context>) -> Effects + Send + Sync + 'static,
    {
        self.writer
            .run(move |scope| {
                let at = At {
                    budget: &budget,
                    now,
                };
                let mut totals = Totals::default();
                let mut settled = Vec::with_capacity(letters.len());
                for letter in &letters {
                    let decide = decide.as_ref();
                    scope.sql.execute_batch("SAVEPOINT one_letter")?;
                    match settle_one(scope, letter, &at, decide, &mut totals) {
                        Ok(one) => settled.extend(one),
                        Err(error) if error.is_full() || scope.sql.is_autocommit() => {
                            return Err(error);
                        }
                        Err(error) => {
                            // This letter alone; it stays undecided, the others are not touched.
                            tracing::error!(letter = %letter.id, error = %chain(&error), "a letter could not be settled");
                            scope.sql.execute_batch("ROLLBACK TO one_letter")?;
                            totals = Totals::default();
                        }
                    }
                    scope.sql.execute_batch("RELEASE one_letter")?;
                }
                Ok(settled)
            })
            .await
    }
}

fn settle_one<T>(
    scope: &mut Scope<'_>,
    letter: &Ready<T>,
    at: &At<'_>,
    decide: &impl Fn(&Ready<T>, Option<&Context>) -> Effects,
    totals: &mut Totals,
) -> Result<Option<Settled>, StoreError> {
    let sql = scope.sql;
    if !is_undecided(sql, letter.id)? {
        return Ok(None);
    }
    let context = match &letter.message {
        Some(message) => Some(context::load(
            sql,
            scope.numbers,
            letter.id,
            message,
            &letter.query,
            at,
            totals,
        )?),
        None => None,
    };
    let effects = decide(letter, context.as_ref());
    let decision = &effects.decision;
    for change in &decision.changes {
        apply(sql, scope.numbers, letter.id, decision, change, at)?;
    }
    totals.keep_up(&decision.changes, at.now);
    for message in &effects.outbound {
        queue(
            sql,
            Origin::Letter(letter.id),
            message,
            at,
            &decision.answer,
            totals,
        )?;
    }
    conclude(sql, letter, decision, at.now)?;
    if let Some(message) = &letter.message {
        attachments::note(sql, letter.id, message)?;
    }
    // A letter that was reviewed has had one before, which its review keeps.
    sql.prepare_cached("INSERT OR REPLACE INTO trace (letter, body) VALUES (?1, ?2)")?
        .execute(params![letter.id.0, effects.trace])?;
    Ok(Some(Settled {
        id: letter.id,
        queued: effects.outbound.len(),
        decision: effects.decision,
    }))
}

fn is_undecided(sql: &Connection, letter: LetterId) -> Result<bool, StoreError> {
    Ok(sql
        .prepare_cached("SELECT 1 FROM letter WHERE id = ?1 AND state = 'received'")?
        .exists([letter.0])?)
}

fn apply(
    sql: &Connection,
    numbers: &mut HighWater,
    letter: LetterId,
    decision: &Decision,
    change: &Change,
    at: &At<'_>,
) -> Result<(), StoreError> {
    let now = at.now;
    match change {
        Change::Open(ticket) => {
            let number = numbers.take(sql)?;
            open(sql, number, letter, ticket, &decision.answer, now)
        }
        Change::Conduct {
            technician,
            obeyed,
            ordered,
            why,
        } => {
            sql.prepare_cached(
                "INSERT INTO conduct (letter, technician, at, obeyed, ordered, why)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                letter.0,
                technician,
                now.as_second(),
                obeyed,
                ordered,
                why
            ])?;
            Ok(())
        }
        Change::JudgedAgain { ticket, .. } => {
            sql.prepare_cached(
                "UPDATE ticket SET answer_letter = ?2, updated_at = ?3 WHERE number = ?1",
            )?
            .execute(params![ticket.0, letter.0, now.as_second()])?;
            Ok(())
        }
        Change::Returned(change) => {
            bounce::returned(sql, letter, change, at.budget.limits.failures, now)
        }
        _ => change::apply(sql, Origin::Letter(letter), change, now),
    }
}

fn open(
    sql: &Connection,
    number: i64,
    letter: LetterId,
    ticket: &NewTicket,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), StoreError> {
    let verdict = &ticket.verdict;
    sql.prepare_cached(
        "INSERT INTO ticket (number, letter, created_at, updated_at, status, subject, requester,
           requester_name, language, outcome, clause, reserve, category, criticality,
           mutualisation, priority, answer, answer_reason, question, phone, room, backup,
           opened_category, opened_priority, awaits_since)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
           ?18, ?19, ?20, ?21, ?12, ?15, ?22)",
    )?
    .execute(params![
        number,
        letter.0,
        now.as_second(),
        ticket.status.as_str(),
        ticket.subject,
        ticket.requester,
        ticket.requester_name,
        ticket.language.as_str(),
        ticket.outcome.as_str(),
        verdict
            .clause
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        verdict.reserve,
        verdict.category.as_str(),
        verdict.criticality,
        verdict.mutualisation,
        verdict.priority.as_str(),
        answer.as_str(),
        answer.reason(),
        ticket
            .question
            .as_ref()
            .map_or("", |clause| clause.as_str()),
        ticket.contact.phone,
        ticket.contact.room,
        ticket.backup.map_or("", Backup::as_str),
        ticket.awaits(answer).then_some(now.as_second()),
    ])?;
    // Whom nobody told of the ticket, nobody told a figure.
    if let Some(expected) = ticket.expected.as_ref().filter(|_| ticket.awaits(answer)) {
        estimate::keep(sql, TicketNumber(number), expected)?;
    }
    if !ticket.requester.is_empty() {
        join(
            sql,
            TicketNumber(number),
            &ticket.requester,
            Role::Requester,
        )?;
    }
    Ok(())
}

fn conclude<T>(
    sql: &Connection,
    letter: &Ready<T>,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(message) = letter.message.as_deref() else {
        return conclude_unread(sql, letter.id, decision, now);
    };
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    sql.prepare_cached(
        "UPDATE letter SET state = 'decided', disposition = ?2, reason = ?3, rule = ?4,
           ticket = ?5, message_id = ?6, content_key = ?7, sender = ?8, subject = ?9,
           decided_at = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        letter.id.0,
        decision.disposition.as_str(),
        decision.reason,
        text(decision.rule.as_deref()),
        decision.ticket.map(|ticket| ticket.0),
        text(message.message_id.as_ref().map(|id| id.as_str())),
        message.content_key.0,
        message
            .author()
            .map(crate::message::Address::key)
            .unwrap_or_default(),
        message.subject,
        now.as_second(),
    ])?;
    Ok(())
}

/// A letter that was not read. What an earlier reading found, before a review, stays.
fn conclude_unread(
    sql: &Connection,
    letter: LetterId,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    sql.prepare_cached(
        "UPDATE letter SET state = 'decided', disposition = ?2, reason = ?3, rule = ?4,
           ticket = ?5, decided_at = ?6
         WHERE id = ?1",
    )?
    .execute(params![
        letter.0,
        decision.disposition.as_str(),
        decision.reason,
        decision.rule.as_deref().unwrap_or_default(),
        decision.ticket.map(|ticket| ticket.0),
        now.as_second(),
    ])?;
    Ok(())
}
