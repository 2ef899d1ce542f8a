//! What a decision needs to know of the past, read in the transaction that will hold it: nothing
//! can come between the look and the deed.
//!
//! What is counted over all rows is counted once a transaction and kept up ([`Totals`]): counting
//! anew for every letter made a full mailbox cost the square of its letters.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::bounce::{is_failing, own};
use super::budget::{self, Budget};
use super::journal::{LetterId, unsigned};
use super::numbers::HighWater;
use super::{StoreError, candidate, on_call};
use crate::decide::{
    Candidate, Change, Conduct, Context, Edit, Grant, NewTicket, Query, Recent, thread,
};
use crate::estimate;
use crate::message::{Message, MessageId};
use crate::ticket::priority::Priority;
use crate::ticket::{EntryKind, TicketNumber};

/// Counts over all rows. Only good within one transaction, which alone changes them.
#[derive(Debug, Default)]
pub(super) struct Totals {
    queue: Option<Queue>,
    outside: Option<u64>,
    inside: Option<u64>,
    recent: Option<Arc<Vec<Recent>>>,
}

/// The open tickets by priority, and those of them that no person has answered.
#[derive(Debug, Clone, Default)]
struct Queue {
    open: BTreeMap<Priority, u64>,
    unanswered: BTreeMap<Priority, u64>,
}

impl Totals {
    fn queue(&mut self, sql: &Connection, now: Timestamp) -> Result<Queue, StoreError> {
        let queue = match self.queue.take() {
            Some(queue) => queue,
            None => queue(sql, now)?,
        };
        Ok(self.queue.insert(queue).clone())
    }

    /// Letters written since, to the team (`inside`) or to everybody else.
    pub(super) fn sent(
        &mut self,
        sql: &Connection,
        inside: bool,
        since: i64,
    ) -> Result<u64, StoreError> {
        let known = if inside { self.inside } else { self.outside };
        let sent = match known {
            Some(sent) => sent,
            None => count(
                sql,
                "SELECT count(*) FROM outbox WHERE inside = ?1 AND created_at > ?2",
                &[&inside, &since],
            )?,
        };
        Ok(*self.slot(inside).insert(sent))
    }

    fn slot(&mut self, inside: bool) -> &mut Option<u64> {
        if inside {
            &mut self.inside
        } else {
            &mut self.outside
        }
    }

    /// One more letter was written.
    pub(super) fn wrote(&mut self, inside: bool) {
        if let Some(sent) = self.slot(inside) {
            *sent += 1;
        }
    }

    fn recent(&mut self, sql: &Connection, now: Timestamp) -> Result<Arc<Vec<Recent>>, StoreError> {
        let recent = match self.recent.take() {
            Some(recent) => recent,
            None => Arc::new(recent(sql, now)?),
        };
        Ok(Arc::clone(self.recent.insert(recent)))
    }

    /// Keeps what is counted right after a letter's rows were written.
    pub(super) fn keep_up(&mut self, changes: &[Change], now: Timestamp) {
        let mut opened = None;
        for change in changes {
            match change {
                Change::Open(ticket) => {
                    opened = Some(ticket);
                    if let Some(queue) = self.queue.as_mut().filter(|_| ticket.status.is_open()) {
                        let priority = ticket.verdict.priority;
                        *queue.open.entry(priority).or_default() += 1;
                        *queue.unanswered.entry(priority).or_default() += 1;
                    }
                }
                Change::Add(number, entry) if entry.kind == EntryKind::Request => {
                    if let Some(ticket) = opened.take() {
                        self.remember(*number, ticket, &entry.text, now);
                    }
                }
                // Rare: it is counted anew.
                Change::Move { .. }
                | Change::Answered(_)
                | Change::Edit {
                    edit:
                        Edit::Priority(_)
                        | Edit::Mutualisation(..)
                        | Edit::Criticality(..)
                        | Edit::Category(_),
                    ..
                } => {
                    self.queue = None;
                    self.recent = None;
                }
                _ => {}
            }
        }
    }

    /// Adds a new ticket to those of late.
    fn remember(&mut self, number: TicketNumber, ticket: &NewTicket, text: &str, now: Timestamp) {
        let Some(recent) = self.recent.as_mut().filter(|_| ticket.status.is_open()) else {
            return;
        };
        let recent = Arc::make_mut(recent);
        recent.insert(
            0,
            Recent {
                number,
                created_at: now,
                requester: ticket.requester.clone(),
                requester_name: ticket.requester_name.clone(),
                subject: ticket.subject.clone(),
                category: ticket.verdict.category,
                text: text.chars().take(RECENT_TEXT).collect(),
            },
        );
        recent.truncate(RECENT);
    }
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Tickets that are looked through for similar ones, and how old they may be.
const RECENT: usize = 50;
/// Characters of each that are read.
const RECENT_TEXT: usize = 2_000;
const RECENT_AGE: SignedDuration = SignedDuration::from_hours(72);

/// By which budgets a letter is decided, and when.
pub(super) struct At<'a> {
    pub(super) budget: &'a Budget,
    pub(super) now: Timestamp,
}

/// Tickets looked at for one letter at most: a letter that refers to more is a list of all.
const CANDIDATES: usize = 8;

pub(super) fn load(
    sql: &Connection,
    numbers: &HighWater,
    letter: LetterId,
    message: &Message,
    query: &Query,
    at: &At<'_>,
    totals: &mut Totals,
) -> Result<Context, StoreError> {
    let now = at.now;
    let author = message
        .author()
        .map(crate::message::Address::key)
        .unwrap_or_default();
    let queue = totals.queue(sql, now)?;
    Ok(Context {
        duplicate_of: duplicate(sql, letter, &message.content_key.0)?,
        message_id_reused: match &message.message_id {
            Some(id) => message_id_known(sql, letter, id)?,
            None => false,
        },
        candidates: candidates(sql, query)?,
        repeated: repeated(sql, query, now)?,
        named: match query.named {
            Some(number) => candidate::load(sql, number.0)?,
            None => None,
        },
        next_generation: next_generation(sql)?,
        grant: match query.generation {
            Some(generation) => grant(sql, generation)?,
            None => None,
        },
        conduct: match &query.technician {
            Some(technician) => conduct(sql, technician, now)?,
            None => Conduct::default(),
        },
        recent: if query.similar {
            totals.recent(sql, now)?
        } else {
            Arc::default()
        },
        next_ticket: numbers.peek(sql)?,
        open: queue.open,
        unanswered: queue.unanswered,
        sent: budget::sent(sql, at, &author, message, totals)?,
        own: own(sql, &query.reported)?,
        author_failing: is_failing(sql, &author)?,
        windows: on_call::windows(sql, now)?,
    })
}

fn duplicate(
    sql: &Connection,
    letter: LetterId,
    content_key: &str,
) -> Result<Option<(i64, Option<TicketNumber>)>, StoreError> {
    Ok(sql
        .prepare_cached(
            "SELECT id, ticket FROM letter
             WHERE content_key = ?1 AND content_key <> '' AND id <> ?2 AND state = 'decided'
               AND disposition NOT IN ('duplicate', 'held', 'discarded')
             ORDER BY id LIMIT 1",
        )?
        .query_row(params![content_key, letter.0], |row| {
            let ticket: Option<i64> = row.get(1)?;
            Ok((row.get(0)?, ticket.map(TicketNumber)))
        })
        .optional()?)
}

fn message_id_known(
    sql: &Connection,
    letter: LetterId,
    id: &MessageId,
) -> Result<bool, StoreError> {
    Ok(sql
        .prepare_cached(
            "SELECT 1 FROM letter WHERE message_id = ?1 AND message_id <> '' AND id <> ?2 LIMIT 1",
        )?
        .exists(params![id.as_str(), letter.0])?)
}

fn candidates(sql: &Connection, query: &Query) -> Result<Vec<Candidate>, StoreError> {
    let mut numbers: Vec<i64> = query.token_ticket.iter().map(|ticket| ticket.0).collect();
    let mut outgoing = sql
        .prepare_cached("SELECT ticket FROM outbox WHERE message_id = ?1 AND ticket IS NOT NULL")?;
    let mut incoming = sql.prepare_cached(
        "SELECT ticket FROM letter
         WHERE message_id = ?1 AND message_id <> '' AND ticket IS NOT NULL ORDER BY id LIMIT 1",
    )?;
    for id in &query.ancestors {
        for statement in [&mut outgoing, &mut incoming] {
            let found: Option<i64> = statement
                .query_row([id.as_str()], |row| row.get(0))
                .optional()?;
            numbers.extend(found);
        }
    }
    numbers.extend(query.tagged.map(|number| number.0));
    let mut found: Vec<Candidate> = Vec::new();
    for number in numbers {
        if found.len() == CANDIDATES {
            break;
        }
        if found.iter().any(|known| known.number.0 == number) {
            continue;
        }
        // A ticket that went up in another one may lead to one that is known already.
        let ticket = candidate::load(sql, number)?;
        found.extend(ticket.filter(|new| found.iter().all(|known| known.number != new.number)));
    }
    Ok(found)
}

/// The author's open ticket of the last minutes under the same subject.
fn repeated(
    sql: &Connection,
    query: &Query,
    now: Timestamp,
) -> Result<Option<Candidate>, StoreError> {
    if query.author.is_empty() {
        return Ok(None);
    }
    let since = before(now, thread::SAME);
    let mut statement = sql.prepare_cached(
        "SELECT number, subject FROM ticket
         WHERE requester = ?1 AND created_at >= ?2
           AND status IN ('new', 'open', 'waiting_requester', 'waiting_third_party')
         ORDER BY number DESC LIMIT 20",
    )?;
    let mut rows = statement.query(params![query.author, since])?;
    while let Some(row) = rows.next()? {
        let subject: String = row.get(1)?;
        if thread::is_same_request(&subject, &query.subject) {
            return candidate::load(sql, row.get(0)?);
        }
    }
    Ok(None)
}

fn grant(sql: &Connection, generation: u64) -> Result<Option<Grant>, StoreError> {
    let generation = i64::try_from(generation).unwrap_or(i64::MAX);
    sql.prepare_cached(
        "SELECT generation, ticket, technician, expires_at, uses, revoked, extra
         FROM reply_token WHERE generation = ?1",
    )?
    .query_row([generation], |row| {
        let extra: String = row.get(6)?;
        Ok(Grant {
            generation: unsigned(row.get(0)?),
            ticket: TicketNumber(row.get(1)?),
            technician: row.get(2)?,
            expires: candidate::instant(row.get(3)?),
            uses: unsigned(row.get(4)?),
            revoked: row.get(5)?,
            // What an earlier version wrote in another shape can be neither undone nor confirmed.
            extra: serde_json::from_str(&extra).ok(),
        })
    })
    .optional()
    .map_err(StoreError::from)
}

fn conduct(sql: &Connection, technician: &str, now: Timestamp) -> Result<Conduct, StoreError> {
    let since = before(now, HOUR);
    let (obeyed, failed): (i64, i64) = sql
        .prepare_cached(
            "SELECT coalesce(sum(obeyed * ordered), 0), coalesce(sum(1 - obeyed), 0) FROM conduct
             WHERE technician = ?1 AND at > ?2",
        )?
        .query_row(params![technician, since], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Conduct {
        obeyed: unsigned(obeyed),
        failed: unsigned(failed),
    })
}

pub(super) fn next_generation(sql: &Connection) -> Result<u64, StoreError> {
    let newest: i64 = sql
        .prepare_cached("SELECT coalesce(max(generation), 0) FROM reply_token")?
        .query_row([], |row| row.get(0))?;
    Ok(unsigned(newest) + 1)
}

/// Open tickets of late: what a new one may be about too.
fn recent(sql: &Connection, now: Timestamp) -> Result<Vec<Recent>, StoreError> {
    let newest = i64::try_from(RECENT).unwrap_or(i64::MAX);
    let mut statement = sql.prepare_cached(
        "SELECT number, created_at, requester, requester_name, subject, category,
           (SELECT substr(e.text, 1, 2000) FROM entry e
            WHERE e.ticket = number AND e.kind = 'request' ORDER BY e.id LIMIT 1)
         FROM ticket WHERE number > (SELECT coalesce(max(number), 0) - ?1 FROM ticket)
           AND created_at >= ?2
           AND status IN ('new', 'open', 'waiting_requester', 'waiting_third_party')
         ORDER BY number DESC",
    )?;
    let mut rows = statement.query(params![newest, before(now, RECENT_AGE)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let category: String = row.get(5)?;
        found.push(Recent {
            number: TicketNumber(row.get(0)?),
            created_at: candidate::instant(row.get(1)?),
            requester: row.get(2)?,
            requester_name: row.get(3)?,
            subject: row.get(4)?,
            category: word("category", &category)?,
            text: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        });
    }
    Ok(found)
}

/// A word of a closed list, as the database has it.
pub(super) fn word<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Unexpected {
        what: format!("the {what} `{text}`"),
    })
}

fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.checked_sub(span)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .as_second()
}

fn queue(sql: &Connection, now: Timestamp) -> Result<Queue, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT priority, count(*), count(*) FILTER (WHERE first_answer_at IS NULL
           AND created_at >= ?1)
         FROM ticket
         WHERE status IN ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested')
         GROUP BY priority",
    )?;
    let since = estimate::since(now, estimate::WINDOW_DAYS).as_second();
    let mut rows = statement.query([since])?;
    let mut queue = Queue::default();
    while let Some(row) = rows.next()? {
        let priority: String = row.get(0)?;
        let priority = word("priority", &priority)?;
        queue.open.insert(priority, unsigned(row.get(1)?));
        queue.unanswered.insert(priority, unsigned(row.get(2)?));
    }
    Ok(queue)
}

pub(super) fn count(
    sql: &Connection,
    statement: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<u64, StoreError> {
    let found: i64 = sql
        .prepare_cached(statement)?
        .query_row(values, |row| row.get(0))?;
    Ok(unsigned(found))
}
