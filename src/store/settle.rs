//! A decision becomes rows: disposition, ticket, history and answers of one letter, all or none.
//!
//! The decision itself is made inside the transaction, by a closure that is given the context, so
//! that two letters that arrive together see one another. The closure is pure; no network, no
//! file is touched while the transaction is open.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::budget::{Budget, domain_of, gate};
use super::context::{At, Totals};
use super::journal::LetterId;
use super::numbers::HighWater;
use super::writer::Scope;
use super::{Store, StoreError, bounce, context};
use crate::cause::chain;
use crate::compose::notice_letter::OutboundMessage;
use crate::decide::thread::Query;
use crate::decide::{Answer, Change, Context, Decision, NewTicket};
use crate::message::Message;
use crate::ticket::{Entry, TicketNumber};

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
    totals.keep_up(&decision.changes, 0);
    for message in &effects.outbound {
        queue(sql, letter.id, message, at, &decision.answer, totals)?;
        totals.keep_up(&[], 1);
    }
    conclude(sql, letter, decision, at.now)?;
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
        Change::Add(ticket, entry) => add(sql, *ticket, Some(letter), entry, now),
        Change::Move { ticket, from, to } => {
            sql.prepare_cached("UPDATE ticket SET status = ?2, updated_at = ?3 WHERE number = ?1")?
                .execute(params![ticket.0, to.as_str(), now.as_second()])?;
            let entry = Entry {
                kind: crate::ticket::EntryKind::Status,
                author: "guichet".to_owned(),
                text: format!("{from} → {to}: {}", decision.reason),
            };
            add(sql, *ticket, Some(letter), &entry, now)
        }
        Change::Returned(change) => {
            bounce::returned(sql, letter, change, at.budget.limits.failures, now)
        }
        Change::Resume(address) => bounce::resume(sql, address, now).map(drop),
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
           mutualisation, priority, answer, answer_reason)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
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
    ])?;
    if !ticket.requester.is_empty() {
        sql.prepare_cached(
            "INSERT INTO participant (ticket, address, role) VALUES (?1, ?2, 'requester')",
        )?
        .execute(params![number, ticket.requester])?;
    }
    Ok(())
}

pub(super) fn add(
    sql: &Connection,
    ticket: TicketNumber,
    letter: Option<LetterId>,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO entry (ticket, at, kind, author, letter, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        ticket.0,
        now.as_second(),
        entry.kind.as_str(),
        entry.author,
        letter.map(|letter| letter.0),
        entry.text,
    ])?;
    Ok(())
}

fn queue(
    sql: &Connection,
    letter: LetterId,
    message: &OutboundMessage,
    at: &At<'_>,
    answer: &Answer,
    totals: &mut Totals,
) -> Result<(), StoreError> {
    let (recipient, ticket) = (&message.recipient, message.ticket.0);
    let mut entrance = gate(sql, at, recipient, ticket, totals)?;
    if let (Answer::Held(why), "pending") = (answer, entrance.state) {
        (entrance.state, entrance.hold, entrance.why) = ("held", "budget", why.clone());
    }
    sql.prepare_cached(
        "INSERT INTO outbox (dedupe_key, ticket, letter, kind, sender, recipient, message_id,
           bytes, created_at, state, due_at, answer, hold, domain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?9, ?11, ?12, ?13)",
    )?
    .execute(params![
        message.dedupe_key,
        message.ticket.0,
        letter.0,
        message.kind.name(),
        message.sender,
        message.recipient,
        message.message_id.as_str(),
        message.bytes,
        at.now.as_second(),
        entrance.state,
        entrance.why,
        entrance.hold,
        domain_of(recipient),
    ])?;
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
