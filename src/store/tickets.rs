//! Looking into tickets and letters, for people.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::attachments::AttachmentLine;
use super::journal::{expand, unsigned};
use super::{StoreError, View};

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
}

/// One page of a ticket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Unix seconds.
    pub at: i64,
    /// request, follow_up, status …
    pub kind: String,
    /// An address, or `guichet`.
    pub author: String,
    /// The letter that caused it.
    pub letter: Option<i64>,
    /// The words.
    pub text: String,
}

/// A ticket with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketPages {
    /// The ticket.
    #[serde(flatten)]
    pub line: TicketLine,
    /// Oldest first.
    pub history: Vec<Page>,
    /// What is attached to its letters, without the pictures of signatures.
    pub attachments: Vec<AttachmentLine>,
    /// How many pictures of signatures are left out.
    pub pictures_left_out: usize,
    /// What was sent about it.
    pub outbox: Vec<super::outbox::Row>,
}

/// A letter of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LetterLine {
    /// Its number.
    pub id: i64,
    /// Where it came in.
    pub mailbox: String,
    /// Unix seconds.
    pub received_at: i64,
    /// Bytes.
    pub size: i64,
    /// Starts of reading it.
    pub attempts: u32,
    /// What became of it; `received` while undecided.
    pub disposition: String,
    /// Why.
    pub reason: String,
    /// The loop rule.
    pub rule: String,
    /// Its ticket.
    pub ticket: Option<i64>,
    /// The author's address.
    pub sender: String,
    /// The subject.
    pub subject: String,
    /// The kind of the first answer it caused, empty if none.
    pub answer: String,
}

const TICKET: &str = "SELECT number, status, priority, category, outcome, clause, requester,
    requester_name, subject, created_at, updated_at, criticality, mutualisation, answer,
    answer_reason FROM ticket";

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
    })
}

impl View {
    /// Tickets, most urgent and oldest first; all of them, or only the open ones.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tickets(&self, all: bool, limit: u32) -> Result<Vec<TicketLine>, StoreError> {
        let sql = format!(
            "{TICKET} WHERE ?1 OR status IN
               ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested',
                'refused_provisional')
             ORDER BY priority, created_at, number LIMIT ?2"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params![all, limit], ticket)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One ticket with its history.
    ///
    /// # Errors
    /// When there is none of that number.
    pub fn ticket(&self, number: i64) -> Result<TicketPages, StoreError> {
        let line = self
            .connection
            .query_row(&format!("{TICKET} WHERE number = ?1"), [number], ticket)
            .optional()?
            .ok_or_else(|| StoreError::Missing {
                what: format!("ticket {number}"),
            })?;
        let mut statement = self.connection.prepare(
            "SELECT at, kind, author, letter, text FROM entry WHERE ticket = ?1 ORDER BY id",
        )?;
        let history = statement
            .query_map([number], |row| {
                Ok(Page {
                    at: row.get(0)?,
                    kind: row.get(1)?,
                    author: row.get(2)?,
                    letter: row.get(3)?,
                    text: row.get(4)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let outbox = self.outbox_of(number)?;
        let (attachments, pictures) = self.attachments_of_ticket(number)?;
        Ok(TicketPages {
            line,
            history,
            attachments,
            pictures_left_out: pictures,
            outbox,
        })
    }

    /// Letters of the journal, newest first, of one disposition or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn letters(
        &self,
        disposition: Option<&str>,
        limit: u32,
    ) -> Result<Vec<LetterLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT id, mailbox, received_at, size, attempts,
               CASE state WHEN 'received' THEN 'received' ELSE disposition END AS fate,
               reason, rule, ticket, sender, subject,
               coalesce((SELECT kind FROM outbox WHERE outbox.letter = letter.id
                         ORDER BY outbox.id LIMIT 1), '')
             FROM letter WHERE ?1 IS NULL OR fate = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![disposition, limit], |row| {
            Ok(LetterLine {
                id: row.get(0)?,
                mailbox: row.get(1)?,
                received_at: row.get(2)?,
                size: row.get(3)?,
                attempts: row.get(4)?,
                disposition: row.get(5)?,
                reason: row.get(6)?,
                rule: row.get(7)?,
                ticket: row.get(8)?,
                sender: row.get(9)?,
                subject: row.get(10)?,
                answer: row.get(11)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The bytes that a held letter has on its server; [`View::raw`] may have fewer, or none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it is not held.
    pub fn held_size(&self, letter: i64) -> Result<u64, StoreError> {
        let found: Option<i64> = self
            .connection
            .query_row(
                "SELECT size FROM letter
                 WHERE id = ?1 AND state = 'decided' AND disposition = 'held'",
                [letter],
                |row| row.get(0),
            )
            .optional()?;
        found.map(unsigned).ok_or_else(|| StoreError::Missing {
            what: format!("held letter {letter}"),
        })
    }

    /// The raw bytes of a letter, as they came.
    ///
    /// # Errors
    /// When there is no such letter.
    pub fn raw(&self, letter: i64) -> Result<Vec<u8>, StoreError> {
        let found: Option<(i64, Vec<u8>)> = self
            .connection
            .query_row(
                "SELECT length, bytes FROM raw WHERE letter = ?1",
                [letter],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (length, bytes) = found.ok_or_else(|| StoreError::Missing {
            what: format!("letter {letter}"),
        })?;
        expand(&bytes, unsigned(length))
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

    /// The stored decision of the newest letter with this Message-ID, as JSON.
    ///
    /// # Errors
    /// When there is no such letter.
    pub fn trace_of_message(&self, message_id: &str) -> Result<String, StoreError> {
        self.trace(
            "SELECT trace.body FROM trace JOIN letter ON letter.id = trace.letter
             WHERE letter.message_id = ?1 ORDER BY letter.id DESC LIMIT 1",
            &message_id,
            || format!("letter with the Message-ID `{message_id}`"),
        )
    }

    fn trace(
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
