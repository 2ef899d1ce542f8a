//! How queues, letters and tickets stand: what alarms, metrics and the command line look at.
//!
//! Asked every few seconds, so that each question walks an index of what is unfinished and none
//! walks through what was done in years. The one that grows with the house is the number of
//! tickets by state, a walk through a narrow index.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::journal::{timestamp, unsigned};
use super::{DATABASE, Store, StoreError, View, outbox};
use crate::alarm::Queues;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

impl Store {
    /// How queues and letters stand.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn queues(&self, now: Timestamp) -> Result<Queues, StoreError> {
        self.writer.run(move |scope| queues(scope.sql, now)).await
    }
}

impl View {
    /// How queues and letters stand.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn queues(&self, now: Timestamp) -> Result<Queues, StoreError> {
        queues(&self.connection, now)
    }

    /// What became of the letter with this Message-ID, if it was taken in.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn journey(&self, message_id: &str) -> Result<Option<Journey>, StoreError> {
        Ok(self
            .connection
            .query_row(
                "SELECT id, state, disposition, rule, ticket, acknowledged, received_at,
                   (SELECT count(*) FROM outbox WHERE outbox.letter = letter.id)
                 FROM letter WHERE message_id = ?1 AND message_id <> '' ORDER BY id LIMIT 1",
                [message_id],
                |row| {
                    Ok(Journey {
                        letter: row.get(0)?,
                        decided: row.get::<_, String>(1)? == "decided",
                        disposition: row.get(2)?,
                        rule: row.get(3)?,
                        ticket: row.get(4)?,
                        put_away: row.get::<_, String>(5)? != "no",
                        received_at: row.get(6)?,
                        answers: unsigned(row.get(7)?),
                    })
                },
            )
            .optional()?)
    }

    /// Every page of the file checked; what was found, `ok` if nothing is wrong. Takes a while with
    /// years of letters.
    ///
    /// # Errors
    /// When the check cannot be run.
    pub fn quick_check(&self) -> Result<String, StoreError> {
        Ok(self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?)
    }
}

/// What became of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Its number.
    pub letter: i64,
    /// Whether it is decided.
    pub decided: bool,
    /// What became of it; empty until then.
    pub disposition: String,
    /// The loop rule that matched; may be empty.
    pub rule: String,
    /// Its ticket, if any.
    pub ticket: Option<i64>,
    /// Whether it left the watched folder, or is known to stay there.
    pub put_away: bool,
    /// When the server got it, Unix seconds.
    pub received_at: i64,
    /// Rows of the outbox that it caused.
    pub answers: u64,
}

/// Bytes of the database and of its write-ahead log in a store's directory; 0 for what is not there.
#[must_use]
pub fn sizes(directory: &Path) -> (u64, u64) {
    let size = |name: String| std::fs::metadata(directory.join(name)).map_or(0, |file| file.len());
    (size(DATABASE.to_owned()), size(format!("{DATABASE}-wal")))
}

fn queues(sql: &Connection, now: Timestamp) -> Result<Queues, StoreError> {
    let now = now.as_second();
    let mut queues = Queues {
        tickets: counted(
            sql,
            "SELECT status, count(*) FROM ticket GROUP BY status",
            &[],
        )?,
        doubted: counted(
            sql,
            "SELECT technician, count(*) FROM conduct WHERE obeyed = 0 AND at > ?1
             GROUP BY technician",
            &[now - HOUR],
        )?,
        ..Queues::default()
    };
    of_outbox(sql, now, &mut queues)?;
    of_letters(sql, &mut queues)?;
    Ok(queues)
}

fn of_outbox(sql: &Connection, now: i64, queues: &mut Queues) -> Result<(), StoreError> {
    queues.hold = outbox::held(sql)?;
    for (state, text) in [
        (
            "pending",
            "SELECT count(*) FROM outbox WHERE state = 'pending'",
        ),
        (
            "sending",
            "SELECT count(*) FROM outbox WHERE state = 'sending'",
        ),
        ("held", "SELECT count(*) FROM outbox WHERE state = 'held'"),
    ] {
        queues
            .outbox
            .insert(state.to_owned(), number(sql, text, &[])?);
    }
    queues.oldest_waiting = since(
        sql,
        "SELECT min(created_at) FROM outbox WHERE state = 'pending'",
        &[],
    )?;
    queues.overdue_since = since(
        sql,
        "SELECT min(due_at) FROM outbox WHERE state = 'pending' AND due_at <= ?1",
        &[now],
    )?;
    queues.failed_today = number(
        sql,
        "SELECT count(*) FROM outbox WHERE state = 'failed' AND settled_at > ?1",
        &[now - DAY],
    )?;
    let text = "SELECT count(*) FROM failing WHERE suspended_at > 0";
    queues.suspended = number(sql, text, &[])?;
    Ok(())
}

fn of_letters(sql: &Connection, queues: &mut Queues) -> Result<(), StoreError> {
    let text = "SELECT count(*) FROM letter WHERE state = 'received'";
    queues.undecided = number(sql, text, &[])?;
    queues.oldest_undecided = since(
        sql,
        "SELECT journaled_at FROM letter WHERE state = 'received' ORDER BY id LIMIT 1",
        &[],
    )?;
    queues.held_letters = number(
        sql,
        "SELECT count(*) FROM letter WHERE disposition = 'held' AND state = 'decided'",
        &[],
    )?;
    queues.poison = number(
        sql,
        "SELECT count(*) FROM letter
         WHERE disposition = 'held' AND state = 'decided' AND reason LIKE 'poison:%'",
        &[],
    )?;
    queues.newest_letter = since(
        sql,
        "SELECT journaled_at FROM letter ORDER BY id DESC LIMIT 1",
        &[],
    )?;
    Ok(())
}

fn number(sql: &Connection, text: &str, values: &[i64]) -> Result<u64, StoreError> {
    let found = sql
        .prepare_cached(text)?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(unsigned(found))
}

fn since(sql: &Connection, text: &str, values: &[i64]) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<Option<i64>> = sql
        .prepare_cached(text)?
        .query_row(params_from_iter(values), |row| row.get(0))
        .optional()?;
    found.flatten().map(timestamp).transpose()
}

fn counted(
    sql: &Connection,
    text: &str,
    values: &[i64],
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = sql.prepare_cached(text)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok((row.get::<_, String>(0)?, unsigned(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
