//! What a decision needs to know of the past, read in the transaction that will hold it: nothing
//! can come between the look and the deed.
//!
//! What is counted over all rows is counted once a transaction and kept up ([`Totals`]): counting
//! anew for every letter made a full mailbox cost the square of its letters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::bounce::{own, suspended};
use super::budget::{self, Budget};
use super::journal::{LetterId, unsigned};
use super::numbers::HighWater;
use crate::decide::thread::Query;
use crate::decide::{Candidate, Change, Context};
use crate::message::{Message, MessageId};
use crate::ticket::priority::Priority;
use crate::ticket::{Status, TicketNumber};

/// Counts over all rows. Only good within one transaction, which alone changes them.
#[derive(Debug, Default)]
pub(super) struct Totals {
    open: Option<BTreeMap<Priority, u64>>,
    sent: Option<u64>,
}

impl Totals {
    fn open(&mut self, sql: &Connection) -> Result<BTreeMap<Priority, u64>, StoreError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => open_by_priority(sql)?,
        };
        Ok(self.open.insert(open).clone())
    }

    pub(super) fn sent(&mut self, sql: &Connection, since: i64) -> Result<u64, StoreError> {
        let sent = match self.sent {
            Some(sent) => sent,
            None => count(
                sql,
                "SELECT count(*) FROM outbox WHERE created_at > ?1",
                &[&since],
            )?,
        };
        Ok(*self.sent.insert(sent))
    }

    /// Keeps the counts right after a letter's rows were written.
    pub(super) fn keep_up(&mut self, changes: &[Change], written: usize) {
        for change in changes {
            match (change, &mut self.open) {
                (Change::Open(ticket), Some(open)) if ticket.status.is_open() => {
                    *open.entry(ticket.verdict.priority).or_default() += 1;
                }
                // Rare: it is counted anew.
                (Change::Move { .. }, open) => *open = None,
                _ => {}
            }
        }
        if let Some(sent) = &mut self.sent {
            *sent += written as u64;
        }
    }
}

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
    let author = message
        .author()
        .map(crate::message::Address::key)
        .unwrap_or_default();
    Ok(Context {
        duplicate_of: duplicate(sql, letter, &message.content_key.0)?,
        message_id_reused: match &message.message_id {
            Some(id) => message_id_known(sql, letter, id)?,
            None => false,
        },
        candidates: candidates(sql, query)?,
        next_ticket: numbers.peek(sql)?,
        open: totals.open(sql)?,
        sent: budget::sent(sql, at, &author, message, totals)?,
        own: own(sql, &query.reported)?,
        author_suspended: suspended(sql, &author)?.is_some(),
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
               AND disposition <> 'duplicate'
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
    let mut numbers: Vec<i64> = Vec::new();
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
        found.extend(candidate(sql, number)?);
    }
    Ok(found)
}

fn candidate(sql: &Connection, number: i64) -> Result<Option<Candidate>, StoreError> {
    let status: Option<String> = sql
        .prepare_cached("SELECT status FROM ticket WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    let Some(status) = status else {
        return Ok(None);
    };
    let participants = sql
        .prepare_cached("SELECT address FROM participant WHERE ticket = ?1")?
        .query_map([number], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Candidate {
        number: TicketNumber(number),
        status: parse_status(&status)?,
        participants,
    }))
}

pub(super) fn parse_status(word: &str) -> Result<Status, StoreError> {
    word.parse().map_err(|_| StoreError::Unexpected {
        what: format!("the ticket state `{word}`"),
    })
}

fn open_by_priority(sql: &Connection) -> Result<BTreeMap<Priority, u64>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT priority, count(*) FROM ticket
         WHERE status IN ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested')
         GROUP BY priority",
    )?;
    let mut rows = statement.query([])?;
    let mut open = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        let priority = word.parse().map_err(|_| StoreError::Unexpected {
            what: format!("the priority `{word}`"),
        })?;
        open.insert(priority, unsigned(row.get(1)?));
    }
    Ok(open)
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
