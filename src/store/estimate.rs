//! First answers by persons, and what was said of them: written with the letter that causes them,
//! read for `estimate`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::context::word;
use super::journal::{timestamp, unsigned};
use super::{StoreError, View};
use crate::estimate::coverage::Promise;
use crate::estimate::{End, Expectation, Observation, PACE_DAYS, Past, WINDOW_DAYS, since};
use crate::ticket::{Status, TicketNumber};

impl View {
    /// The requests, answers and figures that a snapshot at `now` rests on.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn past(&self, now: Timestamp) -> Result<Past, StoreError> {
        Ok(Past {
            observations: self.observations(since(now, WINDOW_DAYS))?,
            answers: self.answers(since(now, PACE_DAYS), now)?,
            begun: self.begun()?,
            promises: self.promises(since(now, WINDOW_DAYS), now)?,
        })
    }

    fn observations(&self, since: Timestamp) -> Result<Vec<Observation>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT opened_priority, opened_category, awaits_since, first_answer_at, status,
               stands_since
             FROM ticket WHERE awaits_since >= ?1",
        )?;
        let mut rows = statement.query([since.as_second()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (priority, category): (String, String) = (row.get(0)?, row.get(1)?);
            let status: String = row.get(4)?;
            found.push(Observation {
                priority: word("priority", &priority)?,
                category: word("category", &category)?,
                opened: timestamp(row.get(2)?)?,
                end: end(row.get(3)?, &status, row.get(5)?)?,
            });
        }
        Ok(found)
    }

    /// First answers within a span of time.
    fn answers(&self, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM ticket WHERE first_answer_at > ?1 AND first_answer_at <= ?2",
            )?
            .query_row(params![since.as_second(), now.as_second()], |row| {
                row.get(0)
            })?;
        Ok(unsigned(found))
    }

    /// When the first ticket was opened.
    fn begun(&self) -> Result<Option<Timestamp>, StoreError> {
        self.connection
            .prepare_cached("SELECT created_at FROM ticket ORDER BY number LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?
            .map(timestamp)
            .transpose()
    }

    /// Figures whose instant passed within a span of time.
    fn promises(&self, since: Timestamp, now: Timestamp) -> Result<Vec<Promise>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT opened_priority, told, due, first_answer_at, status, stands_since
             FROM expectation JOIN ticket ON number = expectation.ticket
             WHERE due > ?1 AND due <= ?2",
        )?;
        let mut rows = statement.query(params![since.as_second(), now.as_second()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (priority, status): (String, String) = (row.get(0)?, row.get(4)?);
            let end = end(row.get(3)?, &status, row.get(5)?)?;
            found.push(Promise {
                priority: word("priority", &priority)?,
                told: row.get(1)?,
                due: timestamp(row.get(2)?)?,
                answered: match end {
                    End::Answered(at) => Some(at),
                    End::Dropped(_) | End::Waiting => None,
                },
                dropped: match end {
                    End::Dropped(at) => Some(at),
                    End::Answered(_) | End::Waiting => None,
                },
            });
        }
        Ok(found)
    }
}

/// How a wait ended: by an answer; with the ticket; or not yet.
fn end(answered: Option<i64>, status: &str, stands_since: i64) -> Result<End, StoreError> {
    let status: Status = word("ticket state", status)?;
    Ok(match answered {
        Some(at) => End::Answered(timestamp(at)?),
        None if status.is_open() => End::Waiting,
        None => End::Dropped(timestamp(stands_since)?),
    })
}

/// A person answered; only the first time counts.
pub(super) fn answered(
    sql: &Connection,
    ticket: TicketNumber,
    now: Timestamp,
) -> Result<(), StoreError> {
    sql.prepare_cached(
        "UPDATE ticket SET first_answer_at = ?2 WHERE number = ?1 AND first_answer_at IS NULL",
    )?
    .execute(params![ticket.0, now.as_second()])?;
    Ok(())
}

/// Keeps the figure that was reckoned for a new ticket.
pub(super) fn keep(
    sql: &Connection,
    ticket: TicketNumber,
    expectation: &Expectation,
) -> Result<(), StoreError> {
    let Some(figure) = expectation.figure() else {
        return Ok(());
    };
    let half = serde_json::to_string(&figure.half).map_err(|_| StoreError::Unexpected {
        what: "a length that cannot be written down".to_owned(),
    })?;
    sql.prepare_cached(
        "INSERT INTO expectation (ticket, snapshot, cases, half, due, told)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        ticket.0,
        figure.snapshot.as_second(),
        i64::try_from(figure.cases).unwrap_or(i64::MAX),
        half,
        figure.due.as_second(),
        matches!(expectation, Expectation::Told(_)),
    ])?;
    Ok(())
}
