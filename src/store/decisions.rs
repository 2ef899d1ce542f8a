//! Looking back at decisions: every letter that opened a ticket, with its trace and what followed.
//!
//! One decision at a time is in memory, however many there are. What became of a refusal is read
//! from the steps in the ticket's history, so that it does not matter who made them.

use rusqlite::params;

use super::{StoreError, View};
use crate::ticket::{Passage, RefusalFate, Status};

/// A letter that opened a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The letter.
    pub letter: i64,
    /// Its ticket.
    pub ticket: i64,
    /// The moment of the decision, in Unix seconds.
    pub decided_at: i64,
    /// The notice that reached the author, such as `rejection`; empty if none did.
    pub told: String,
    /// What became of it, if it was refused.
    pub fate: RefusalFate,
    /// The decision with its trace, as JSON.
    pub trace: String,
    /// The decision by the requester's answer to our question, likewise, if one was judged.
    pub again: Option<String>,
}

impl View {
    /// Calls `each` with every decision made at or after `since` (Unix seconds), oldest first,
    /// until it fails.
    ///
    /// # Errors
    /// The error of `each`, or when a decision cannot be read.
    pub fn decisions<E: From<StoreError>>(
        &self,
        since: i64,
        mut each: impl FnMut(Decided) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = |error: rusqlite::Error| StoreError::from(error);
        let mut letters = self
            .connection
            .prepare(
                "SELECT letter.id, ticket.number, letter.decided_at, trace.body,
                   coalesce((SELECT kind FROM outbox WHERE outbox.letter = letter.id
                             AND state = 'sent' ORDER BY outbox.id LIMIT 1), ''),
                   (SELECT body FROM trace WHERE trace.letter = ticket.answer_letter)
                 FROM letter JOIN ticket ON ticket.letter = letter.id
                   JOIN trace ON trace.letter = letter.id
                 WHERE letter.decided_at >= ?1 ORDER BY letter.decided_at, letter.id",
            )
            .map_err(sql)?;
        let mut rows = letters.query(params![since]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            let mut decided = Decided {
                letter: row.get(0).map_err(sql)?,
                ticket: row.get(1).map_err(sql)?,
                decided_at: row.get(2).map_err(sql)?,
                trace: row.get(3).map_err(sql)?,
                told: row.get(4).map_err(sql)?,
                again: row.get(5).map_err(sql)?,
                fate: RefusalFate::default(),
            };
            decided.fate = self.fate(decided.ticket)?;
            each(decided)?;
        }
        Ok(())
    }

    fn fate(&self, ticket: i64) -> Result<RefusalFate, StoreError> {
        let mut pages = self.connection.prepare_cached(
            "SELECT text, author = 'guichet' FROM entry
             WHERE ticket = ?1 AND kind = 'status' ORDER BY id",
        )?;
        let pages = pages.query_map([ticket], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
        })?;
        let pages = pages.collect::<Result<Vec<_>, _>>()?;
        Ok(RefusalFate::of(pages.iter().filter_map(|(page, ours)| {
            // Whoever takes the remedy a refusal offers overturns nothing: no person said so.
            let step = Passage::read(page)?;
            let counts = !ours || step.to == Status::Contested || step.to.is_refusal();
            counts.then_some(step)
        })))
    }
}
