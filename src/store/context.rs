//! What a decision needs to know of the past, read in the transaction that will hold it: nothing
//! can come between the look and the deed.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::journal::{LetterId, unsigned};
use super::numbers::HighWater;
use crate::decide::answer::Sent;
use crate::decide::thread::Query;
use crate::decide::{Candidate, Context};
use crate::message::{Message, MessageId};
use crate::ticket::priority::Priority;
use crate::ticket::{Status, TicketNumber};

/// Tickets looked at for one letter at most: a letter that refers to more is a list of all.
const CANDIDATES: usize = 8;

pub(super) fn load(
    sql: &Connection,
    numbers: &HighWater,
    letter: LetterId,
    message: &Message,
    query: &Query,
    now: Timestamp,
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
        open: open_by_priority(sql)?,
        sent: sent(sql, &author, now)?,
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

fn open_by_priority(
    sql: &Connection,
) -> Result<std::collections::BTreeMap<Priority, u64>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT priority, count(*) FROM ticket
         WHERE status IN ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested')
         GROUP BY priority",
    )?;
    let mut rows = statement.query([])?;
    let mut open = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        let priority = word.parse().map_err(|_| StoreError::Unexpected {
            what: format!("the priority `{word}`"),
        })?;
        open.insert(priority, unsigned(row.get(1)?));
    }
    Ok(open)
}

fn sent(sql: &Connection, author: &str, now: Timestamp) -> Result<Sent, StoreError> {
    let since = now
        .checked_sub(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .as_second();
    let count = |statement: &str, values: &[&dyn rusqlite::ToSql]| -> Result<u64, StoreError> {
        let found: i64 = sql
            .prepare_cached(statement)?
            .query_row(values, |row| row.get(0))?;
        Ok(unsigned(found))
    };
    Ok(Sent {
        to_author: count(
            "SELECT count(*) FROM outbox WHERE recipient = ?1 AND created_at > ?2",
            &[&author, &since],
        )?,
        to_all: count(
            "SELECT count(*) FROM outbox WHERE created_at > ?1",
            &[&since],
        )?,
    })
}
