//! Looking into tickets, for people: which there are, and everything about one.
//!
//! A list is found by its filter in SQL, as far as SQL can tell: what is compared without case and
//! accents (names, words of a subject) is compared row by row, until enough are found.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::attachments::AttachmentLine;
use super::{StoreError, View};
use crate::registry::name::fold;
use crate::ticket::Status;

/// A ticket in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketLine {
    /// Its number.
    pub number: i64,
    /// Where it stands.
    pub status: String,
    /// P0 … P5.
    pub priority: String,
    /// The category.
    pub category: String,
    /// accept, flag, notice, ask or reject.
    pub outcome: String,
    /// The clause, empty if none.
    pub clause: String,
    /// The author's address.
    pub requester: String,
    /// The author's name.
    pub requester_name: String,
    /// The subject.
    pub subject: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// Of 1 to 4.
    pub criticality: u8,
    /// Of 1 to 4.
    pub mutualisation: u8,
    /// sent, suppressed or held.
    pub answer: String,
    /// Why the first answer was not sent.
    pub answer_reason: String,
    /// Whose it is: a technician's handle, empty if it is nobody's.
    pub assignee: String,
    /// The day it waits for, such as `2026-12-01`, empty if none was named.
    pub wait_until: String,
    /// The ticket that goes on in its place.
    pub merged_into: Option<i64>,
    /// The letter that opened it.
    pub letter: i64,
    /// The requester's telephone as their letters have it, empty if none does.
    pub phone: String,
    /// The requester's room, likewise.
    pub room: String,
}

/// One page of a ticket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Unix seconds.
    pub at: i64,
    /// request, follow_up, status …
    pub kind: String,
    /// An address, a technician's handle, `admin:login`, or `guichet`.
    pub author: String,
    /// The letter that caused it.
    pub letter: Option<i64>,
    /// The words.
    pub text: String,
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// The address.
    pub address: String,
    /// requester or copy.
    pub role: String,
}

/// A ticket with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketPages {
    /// The ticket.
    #[serde(flatten)]
    pub line: TicketLine,
    /// Who takes part, the requester first.
    pub participants: Vec<Participant>,
    /// Technicians who are told what happens in it; handles.
    pub watchers: Vec<String>,
    /// Tickets that went up in it.
    pub merged: Vec<i64>,
    /// Oldest first.
    pub history: Vec<Page>,
    /// What is attached to its letters, without the pictures of signatures.
    pub attachments: Vec<AttachmentLine>,
    /// How many pictures of signatures are left out.
    pub pictures_left_out: usize,
    /// What was sent about it.
    pub outbox: Vec<super::outbox::Row>,
}

/// Whose tickets are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's.
    Nobody,
    /// A technician's; a handle.
    Technician(String),
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As it should be done: what somebody can work on before what waits, by priority, the oldest
    /// first.
    #[default]
    Work,
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
    /// What changed last first.
    Changed,
}

impl Order {
    fn sql(self) -> &'static str {
        match self {
            Self::Work => {
                "CASE status WHEN 'new' THEN 0 WHEN 'open' THEN 0 WHEN 'contested' THEN 0
                   WHEN 'refused_provisional' THEN 1 WHEN 'waiting_requester' THEN 2
                   WHEN 'waiting_third_party' THEN 2 ELSE 3 END,
                 priority, created_at, number"
            }
            Self::Newest => "created_at DESC, number DESC",
            Self::Oldest => "created_at, number",
            Self::Changed => "updated_at DESC, number DESC",
        }
    }
}

/// Which tickets are wanted; what is not said is not asked.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// In one of these states; none named is every state.
    pub statuses: Vec<Status>,
    /// Whose they are.
    pub owner: Option<Owner>,
    /// Of this category, as in the database.
    pub category: Option<String>,
    /// Of this priority, as in the database.
    pub priority: Option<String>,
    /// Opened then or later, Unix seconds.
    pub since: Option<i64>,
    /// A part of the requester's address or name, in any case, accents optional.
    pub requester: Option<String>,
    /// A part of the subject, likewise.
    pub subject: Option<String>,
    /// In which order.
    pub order: Order,
    /// At most so many.
    pub limit: u32,
}

/// The states of work that is not done.
pub const UNDONE: [Status; 6] = [
    Status::New,
    Status::Open,
    Status::Contested,
    Status::RefusedProvisional,
    Status::WaitingRequester,
    Status::WaitingThirdParty,
];

const TICKET: &str = "SELECT number, status, priority, category, outcome, clause, requester,
    requester_name, subject, created_at, updated_at, criticality, mutualisation, answer,
    answer_reason, assignee, wait_until, merged_into, letter, phone, room FROM ticket";

fn ticket(row: &Row<'_>) -> rusqlite::Result<TicketLine> {
    Ok(TicketLine {
        number: row.get(0)?,
        status: row.get(1)?,
        priority: row.get(2)?,
        category: row.get(3)?,
        outcome: row.get(4)?,
        clause: row.get(5)?,
        requester: row.get(6)?,
        requester_name: row.get(7)?,
        subject: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        criticality: row.get(11)?,
        mutualisation: row.get(12)?,
        answer: row.get(13)?,
        answer_reason: row.get(14)?,
        assignee: row.get(15)?,
        wait_until: row.get(16)?,
        merged_into: row.get(17)?,
        letter: row.get(18)?,
        phone: row.get(19)?,
        room: row.get(20)?,
    })
}

impl TicketFilter {
    /// What SQL cannot compare: without case and accents.
    fn admits(&self, ticket: &TicketLine) -> bool {
        let holds = |wanted: &Option<String>, texts: &[&str]| {
            wanted.as_ref().is_none_or(|wanted| {
                let wanted = fold(wanted);
                texts.iter().any(|text| fold(text).contains(&wanted))
            })
        };
        let in_address = self.requester.as_ref().is_some_and(|wanted| {
            // An address is compared as it is written: folding would join its parts.
            ticket.requester.contains(&wanted.to_lowercase())
        });
        (in_address || holds(&self.requester, &[&ticket.requester_name]))
            && holds(&self.subject, &[&ticket.subject])
    }
}

impl View {
    /// Tickets in the order they should be worked on; all of them, or only what is not done.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tickets(&self, all: bool, limit: u32) -> Result<Vec<TicketLine>, StoreError> {
        self.tickets_by(&TicketFilter {
            statuses: if all { Vec::new() } else { UNDONE.to_vec() },
            limit,
            ..TicketFilter::default()
        })
    }

    /// The tickets that a filter wants.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tickets_by(&self, filter: &TicketFilter) -> Result<Vec<TicketLine>, StoreError> {
        let statuses: Vec<&str> = if filter.statuses.is_empty() {
            Status::ALL.iter().map(|status| status.as_str()).collect()
        } else {
            filter.statuses.iter().map(|one| one.as_str()).collect()
        };
        let statuses = serde_json::json!(statuses).to_string();
        let owner = filter.owner.as_ref().map(|owner| match owner {
            Owner::Nobody => "",
            Owner::Technician(handle) => handle,
        });
        let mut statement = self.connection.prepare(&format!(
            "{TICKET} WHERE status IN (SELECT value FROM json_each(?1))
               AND (?2 IS NULL OR assignee = ?2) AND (?3 IS NULL OR category = ?3)
               AND (?4 IS NULL OR priority = ?4) AND (?5 IS NULL OR created_at >= ?5)
             ORDER BY {}",
            filter.order.sql()
        ))?;
        let values = params![
            statuses,
            owner,
            filter.category,
            filter.priority,
            filter.since
        ];
        let mut rows = statement.query(values)?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            found.extend(Some(ticket(row)?).filter(|one| filter.admits(one)));
        }
        Ok(found)
    }

    /// One ticket with its history.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none of that number.
    pub fn ticket(&self, number: i64) -> Result<TicketPages, StoreError> {
        let line = self
            .connection
            .query_row(&format!("{TICKET} WHERE number = ?1"), [number], ticket)
            .optional()?
            .ok_or_else(|| StoreError::Missing {
                what: format!("ticket {number}"),
            })?;
        let (attachments, pictures) = self.attachments_of_ticket(number)?;
        Ok(TicketPages {
            line,
            participants: self.participants(number)?,
            watchers: self
                .connection
                .prepare("SELECT technician FROM watcher WHERE ticket = ?1 ORDER BY 1")?
                .query_map([number], |row| row.get(0))?
                .collect::<Result<_, _>>()?,
            merged: self
                .connection
                .prepare("SELECT number FROM ticket WHERE merged_into = ?1 ORDER BY 1")?
                .query_map([number], |row| row.get(0))?
                .collect::<Result<_, _>>()?,
            history: self.history(number)?,
            attachments,
            pictures_left_out: pictures,
            outbox: self.outbox_of(number)?,
        })
    }

    fn participants(&self, number: i64) -> Result<Vec<Participant>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT address, role FROM participant WHERE ticket = ?1
             ORDER BY role <> 'requester', address",
        )?;
        let rows = statement.query_map([number], |row| {
            Ok(Participant {
                address: row.get(0)?,
                role: row.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn history(&self, number: i64) -> Result<Vec<Page>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT at, kind, author, letter, text FROM entry WHERE ticket = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([number], |row| {
            Ok(Page {
                at: row.get(0)?,
                kind: row.get(1)?,
                author: row.get(2)?,
                letter: row.get(3)?,
                text: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The stored decision of the letter that opened ticket `number`, as JSON.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub fn trace_of_ticket(&self, number: i64) -> Result<String, StoreError> {
        self.trace(
            "SELECT trace.body FROM trace JOIN ticket ON ticket.letter = trace.letter
             WHERE ticket.number = ?1",
            &number,
            || format!("ticket {number}"),
        )
    }

    /// The stored decision by the answer to the question about ticket `number`, as JSON; nothing if
    /// none was judged.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn trace_of_answer(&self, number: i64) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .query_row(
                "SELECT trace.body FROM trace JOIN ticket ON ticket.answer_letter = trace.letter
                 WHERE ticket.number = ?1",
                [number],
                |row| row.get(0),
            )
            .optional()?)
    }

    pub(super) fn trace(
        &self,
        sql: &str,
        key: &dyn rusqlite::ToSql,
        what: impl FnOnce() -> String,
    ) -> Result<String, StoreError> {
        self.connection
            .query_row(sql, [key], |row| row.get(0))
            .optional()?
            .ok_or_else(|| StoreError::Missing { what: what() })
    }
}
