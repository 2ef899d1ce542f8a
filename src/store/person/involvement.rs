//! Where a person takes part.

use rusqlite::params_from_iter;
use serde::Serialize;

use super::Identity;
use crate::store::tickets::Page;
use crate::store::{StoreError, View};
use crate::ticket::Status;

/// A ticket in which somebody takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The ticket.
    pub ticket: i64,
    /// `requester`, `copy`, or `author` of words in it.
    pub role: String,
    /// Where it stands.
    pub status: String,
    /// Whether it ended.
    pub ended: bool,
}

/// A letter somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LetterOf {
    /// Its number.
    pub id: i64,
    /// The mailbox it came through.
    pub mailbox: String,
    /// The shelf it lies on: `done`, `held`, or nothing.
    pub shelf: String,
    /// When the server got it, Unix seconds.
    pub received_at: i64,
    /// Its subject.
    pub subject: String,
    /// What became of it.
    pub disposition: String,
    /// Why.
    pub reason: String,
    /// Its ticket.
    pub ticket: Option<i64>,
    /// Whether its bytes are kept.
    pub kept: bool,
}

/// A letter that was written to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowOf {
    /// Its number in the outbox.
    pub id: i64,
    /// Its ticket.
    pub ticket: Option<i64>,
    /// The notice's name.
    pub kind: String,
    /// When it was written, Unix seconds.
    pub created_at: i64,
    /// What became of it.
    pub state: String,
    /// Whether its bytes are kept.
    pub kept: bool,
}

/// Everything that is kept of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Involvement {
    /// The tickets, by number.
    pub tickets: Vec<Part>,
    /// Their letters, oldest first.
    pub letters: Vec<LetterOf>,
    /// What was written to them, oldest first.
    pub rows: Vec<RowOf>,
    /// What is known of deliveries to them that failed.
    pub failures: Vec<String>,
}

/// A ticket's history for an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PagesOf {
    /// Its subject.
    pub subject: String,
    /// Its category.
    pub category: String,
    /// P0 … P5.
    pub priority: String,
    /// The outcome of the exclusion checks.
    pub outcome: String,
    /// The clause, empty if none.
    pub clause: String,
    /// When it was opened, Unix seconds.
    pub created_at: i64,
    /// Oldest first.
    pub history: Vec<Page>,
}

impl View {
    /// The names that tickets know an identity's addresses by.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn names_of(&self, person: &Identity) -> Result<Vec<String>, StoreError> {
        let (marks, values) = person.listed();
        let mut names = self.connection.prepare(&format!(
            "SELECT DISTINCT requester_name FROM ticket
             WHERE requester IN ({marks}) AND requester_name <> ''"
        ))?;
        let names = names.query_map(params_from_iter(values), |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Where a person takes part.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn involvement(&self, person: &Identity) -> Result<Involvement, StoreError> {
        Ok(Involvement {
            tickets: self.parts(person)?,
            letters: self.letters_of(person)?,
            rows: self.rows_of(person)?,
            failures: self.failures_of(person)?,
        })
    }

    fn parts(&self, person: &Identity) -> Result<Vec<Part>, StoreError> {
        let (marks, values) = person.listed();
        // Of several roles the first of the three counts.
        let mut parts = self.connection.prepare(&format!(
            "SELECT number, role, status, min(rank) FROM (
               SELECT number, 1 AS rank, 'requester' AS role FROM ticket WHERE requester IN ({marks})
               UNION ALL
               SELECT ticket, 2, role FROM participant WHERE address IN ({marks})
               UNION ALL
               SELECT ticket, 3, 'author' FROM entry WHERE author IN ({marks})
               UNION ALL
               SELECT ticket, 3, 'author' FROM letter WHERE sender IN ({marks}) AND ticket IS NOT NULL)
             JOIN ticket USING (number) GROUP BY number ORDER BY number"
        ))?;
        let four = values.repeat(4);
        let parts = parts.query_map(params_from_iter(four), |row| {
            let status: String = row.get(2)?;
            let ended = status.parse::<Status>().is_ok_and(|status| {
                matches!(status, Status::Resolved | Status::Closed | Status::Refused)
            });
            Ok(Part {
                ticket: row.get(0)?,
                role: row.get(1)?,
                ended,
                status,
            })
        })?;
        Ok(parts.collect::<Result<_, _>>()?)
    }

    fn letters_of(&self, person: &Identity) -> Result<Vec<LetterOf>, StoreError> {
        let (marks, values) = person.listed();
        let mut letters = self.connection.prepare(&format!(
            "SELECT id, mailbox, shelf, received_at, subject, disposition, reason, ticket,
               EXISTS (SELECT 1 FROM raw WHERE raw.letter = letter.id)
             FROM letter WHERE sender IN ({marks}) ORDER BY id"
        ))?;
        let letters = letters.query_map(params_from_iter(values), |row| {
            Ok(LetterOf {
                id: row.get(0)?,
                mailbox: row.get(1)?,
                shelf: row.get(2)?,
                received_at: row.get(3)?,
                subject: row.get(4)?,
                disposition: row.get(5)?,
                reason: row.get(6)?,
                ticket: row.get(7)?,
                kept: row.get(8)?,
            })
        })?;
        Ok(letters.collect::<Result<_, _>>()?)
    }

    fn rows_of(&self, person: &Identity) -> Result<Vec<RowOf>, StoreError> {
        let (marks, values) = person.listed();
        let mut rows = self.connection.prepare(&format!(
            "SELECT id, ticket, kind, created_at, state, length(bytes) > 0 FROM outbox
             WHERE recipient IN ({marks}) ORDER BY id"
        ))?;
        let rows = rows.query_map(params_from_iter(values), |row| {
            Ok(RowOf {
                id: row.get(0)?,
                ticket: row.get(1)?,
                kind: row.get(2)?,
                created_at: row.get(3)?,
                state: row.get(4)?,
                kept: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn failures_of(&self, person: &Identity) -> Result<Vec<String>, StoreError> {
        let (marks, values) = person.listed();
        let mut reasons = self.connection.prepare(&format!(
            "SELECT failures || ' failed deliveries, the last because: ' || reason FROM failing
             WHERE address IN ({marks})"
        ))?;
        let reasons = reasons.query_map(params_from_iter(values), |row| row.get(0))?;
        Ok(reasons.collect::<Result<_, _>>()?)
    }

    /// A ticket's history, for an export.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub fn pages_of(&self, number: i64) -> Result<PagesOf, StoreError> {
        let pages = self.ticket(number)?;
        Ok(PagesOf {
            subject: pages.line.subject,
            category: pages.line.category,
            priority: pages.line.priority,
            outcome: pages.line.outcome,
            clause: pages.line.clause,
            created_at: pages.line.created_at,
            history: pages.history,
        })
    }
}
