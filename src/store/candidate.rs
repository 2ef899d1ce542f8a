//! A ticket as a decision sees it: its row, its people, what was said first and last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;

use super::context::word;
use super::journal::unsigned;
use super::{StoreError, on_call};
use crate::decide::{Candidate, Opening, Role, WaitingUpdate};
use crate::message::{Contact, MessageId};
use crate::notice::{KeptFile, Kind, Listed, Said, Source};
use crate::policy::{Language, Outcome};
use crate::ticket::{EntryKind, Status, TicketNumber};

/// Tickets that went up in another one are followed so far: a chain is two or three, a circle none.
const MERGES: usize = 8;
/// Bytes of an earlier page that an update repeats.
const REPEATED: usize = 16 * 1024;

/// The ticket of a number, or the one that goes on in its place.
pub(super) fn load(sql: &Connection, number: i64) -> Result<Option<Candidate>, StoreError> {
    let mut number = number;
    let mut formerly = Vec::new();
    for _ in 0..MERGES {
        let Some(found) = row(sql, number)? else {
            return Ok(None);
        };
        match found.merged_into {
            Some(other) => {
                formerly.push(found.number);
                number = other.0;
            }
            None => {
                let found = Candidate { formerly, ..found };
                return complete(sql, found).map(Some);
            }
        }
    }
    Ok(None)
}

fn row(sql: &Connection, number: i64) -> Result<Option<Candidate>, StoreError> {
    sql.prepare_cached(
        "SELECT number, status, updated_at, subject, requester, requester_name, language,
           assignee, category, priority, criticality, mutualisation, outcome, clause,
           merged_into, letter, question, answer_letter, backup, phone, room
         FROM ticket WHERE number = ?1",
    )?
    .query_row([number], |row| Ok(read(row)))
    .optional()?
    .transpose()
}

fn read(row: &Row<'_>) -> Result<Candidate, StoreError> {
    let text = |at: usize| -> Result<String, StoreError> { Ok(row.get(at)?) };
    let clause = text(13)?;
    Ok(Candidate {
        subject: text(3)?,
        requester_name: text(5)?,
        language: match text(6)?.as_str() {
            "fr" => Language::Fr,
            "en" => Language::En,
            _ => Language::Unsure,
        },
        assignee: Some(text(7)?).filter(|handle| !handle.is_empty()),
        category: word("category", &text(8)?)?,
        priority: word("priority", &text(9)?)?,
        criticality: row.get(10)?,
        mutualisation: row.get(11)?,
        outcome: word("outcome", &text(12)?)?,
        clause: if clause.is_empty() {
            None
        } else {
            Some(word("clause", &clause)?)
        },
        question: Some(text(16)?)
            .filter(|clause| !clause.is_empty())
            .map(|clause| word("clause", &clause))
            .transpose()?,
        judged_again: row.get::<_, i64>(17)? != 0,
        backup: text(18)?.parse().ok(),
        contact: Contact {
            phone: text(19)?,
            room: text(20)?,
        },
        merged_into: row.get::<_, Option<i64>>(14)?.map(TicketNumber),
        participants: BTreeMap::new(),
        ..Candidate::of(
            TicketNumber(row.get(0)?),
            word("ticket state", &text(1)?)?,
            &text(4)?,
            instant(row.get(2)?),
        )
    })
}

fn complete(sql: &Connection, mut found: Candidate) -> Result<Candidate, StoreError> {
    let number = found.number.0;
    let mut people =
        sql.prepare_cached("SELECT address, role FROM participant WHERE ticket = ?1")?;
    let mut rows = people.query([number])?;
    while let Some(row) = rows.next()? {
        let role: String = row.get(1)?;
        let role = if role == Role::Requester.as_str() {
            Role::Requester
        } else {
            Role::Copy
        };
        found.participants.insert(row.get(0)?, role);
    }
    found.watchers = sql
        .prepare_cached("SELECT technician FROM watcher WHERE ticket = ?1")?
        .query_map([number], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    found.opening = opening(sql, number, &found)?;
    found.last_letter = sql
        .prepare_cached(
            "SELECT message_id FROM letter WHERE ticket = ?1 AND sender = ?2 AND message_id <> ''
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(rusqlite::params![number, found.requester], |row| {
            row.get::<_, String>(0)
        })
        .optional()?
        .and_then(|id| MessageId::new(&id));
    found.waiting_updates = waiting_updates(sql, number)?;
    found.on_call = on_call::load(sql, number)?.map(Box::new);
    found.covered_by = on_call::covered_by(sql, number)?;
    Ok(found)
}

fn opening(sql: &Connection, number: i64, ticket: &Candidate) -> Result<Opening, StoreError> {
    let (message_id, text, body, again): (String, Option<String>, Option<String>, Option<String>) =
        sql.prepare_cached(
            "SELECT l.message_id,
               (SELECT e.text FROM entry e WHERE e.ticket = t.number AND e.kind = 'request'
                ORDER BY e.id LIMIT 1),
               (SELECT r.body FROM trace r WHERE r.letter = l.id),
               (SELECT r.body FROM trace r WHERE r.letter = t.answer_letter)
             FROM ticket t JOIN letter l ON l.id = t.letter WHERE t.number = ?1",
        )?
        .query_row([number], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let matters = ticket.status.is_refusal()
        || ticket.status == Status::Contested
        || ticket.outcome != Outcome::Accept;
    Ok(Opening {
        message_id: MessageId::new(&message_id),
        text: text.unwrap_or_default(),
        verdict: again
            .as_deref()
            .or(body.as_deref())
            .filter(|_| matters)
            .and_then(|body| part(body, "verdict"))
            .map(Box::new),
        kept: body
            .as_deref()
            .filter(|_| ticket.outcome == Outcome::Ask)
            .and_then(|body| part(body, "kept"))
            .map(Box::new),
    })
}

/// A part of a stored trace. One of an earlier version may have another shape; it is then not
/// repeated to a technician, who still has the ticket, and nothing is judged with it.
fn part<T: DeserializeOwned>(body: &str, name: &str) -> Option<T> {
    let trace: serde_json::Value = serde_json::from_str(body).ok()?;
    serde_json::from_value(trace.get(name)?.clone()).ok()
}

/// Updates to technicians that have not left yet, with what they tell.
fn waiting_updates(
    sql: &Connection,
    number: i64,
) -> Result<BTreeMap<String, WaitingUpdate>, StoreError> {
    let mut waiting = sql.prepare_cached(
        "SELECT technician, id, covers, kind FROM outbox
         WHERE ticket = ?1 AND technician <> '' AND state = 'pending' AND attempts = 0",
    )?;
    let mut rows = waiting.query([number])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let covers: i64 = row.get(2)?;
        found.insert(
            row.get(0)?,
            WaitingUpdate {
                row: row.get(1)?,
                contest: row.get::<_, String>(3)? == Kind::TechnicianContest.name(),
                said: said_since(sql, number, covers)?,
                attachments: attached_since(sql, number, covers)?,
            },
        );
    }
    Ok(found)
}

fn said_since(sql: &Connection, number: i64, covers: i64) -> Result<Vec<Said>, StoreError> {
    sql.prepare_cached(
        "SELECT author, at, substr(text, 1, ?3), kind FROM entry
         WHERE ticket = ?1 AND id >= ?2 AND kind IN ('follow_up', 'answer', 'note', 'unverified')
         ORDER BY id LIMIT 50",
    )?
    .query_map(
        rusqlite::params![number, covers, i64::try_from(REPEATED).unwrap_or(i64::MAX)],
        |row| {
            Ok(Said {
                author: row.get(0)?,
                at: instant(row.get(1)?),
                text: row.get(2)?,
                unverified: row.get::<_, String>(3)? == EntryKind::Unverified.as_str(),
            })
        },
    )?
    .collect::<Result<_, _>>()
    .map_err(StoreError::from)
}

/// What was attached to the letters that an update tells, and the files that are kept for it.
fn attached_since(sql: &Connection, number: i64, covers: i64) -> Result<Vec<Listed>, StoreError> {
    sql.prepare_cached(
        "SELECT a.name, a.size, f.name, f.media_type, f.bytes
         FROM attachment a LEFT JOIN waiting_file f
           ON f.letter = a.letter AND f.place = a.number - 1
         WHERE a.letter IN (SELECT letter FROM entry WHERE ticket = ?1 AND id >= ?2
           AND kind IN ('follow_up', 'answer', 'note', 'unverified'))
         ORDER BY a.letter, a.number LIMIT 200",
    )?
    .query_map([number, covers], |row| {
        let bytes: Option<Vec<u8>> = row.get(4)?;
        Ok(Listed {
            name: row.get(0)?,
            size: unsigned(row.get(1)?),
            passed_on: match bytes {
                None => None,
                Some(bytes) => Some(Source::Kept(KeptFile {
                    name: row.get(2)?,
                    media_type: row.get(3)?,
                    bytes: bytes.into(),
                })),
            },
        })
    })?
    .collect::<Result<_, _>>()
    .map_err(StoreError::from)
}

/// What a technician told the people of a ticket last.
pub(super) fn last_answer(sql: &Connection, number: i64) -> Result<Option<Said>, StoreError> {
    Ok(sql
        .prepare_cached(
            "SELECT author, at, text FROM entry WHERE ticket = ?1 AND kind = 'answer'
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([number], |row| {
            Ok(Said {
                author: row.get(0)?,
                at: instant(row.get(1)?),
                text: row.get(2)?,
                unverified: false,
            })
        })
        .optional()?)
}

pub(super) fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
