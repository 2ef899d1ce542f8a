//! What admins have to know of, and what they were told: the ledger of alarms on disk.
//!
//! A change of the ledger is one commit, together with the letters that tell it. At a start the
//! ledger is read back, so that nothing is told twice and what ended meanwhile is told to be over.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::budget::Budget;
use super::context::{At, Totals};
use super::journal::{timestamp, unsigned};
use super::occur::{Effects, perform};
use super::{Store, StoreError, View};
use crate::alarm::ledger::{Change, Ledger, Open, Word};
use crate::alarm::{Alarm, Cause};

/// How far back tellings are read: more than any pause between two of them.
const BACK: i64 = 2 * 86_400;

/// A change of the ledger, to be kept.
#[derive(Debug)]
pub struct Noted {
    /// What changed.
    pub change: Change,
    /// How admins are told of it.
    pub way: Way,
    /// The letters that tell them, if it is by letters.
    pub letters: Option<Effects>,
}

/// How admins are told of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// By a line of the log alone.
    Log,
    /// By letters through the outbox.
    Mail,
    /// By the configured command.
    Command,
}

impl Way {
    /// As kept in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Mail => "mail",
            Self::Command => "command",
        }
    }
}

impl Store {
    /// The ledger as it was last kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn ledger(&self, now: Timestamp) -> Result<Ledger, StoreError> {
        self.writer.run(move |scope| ledger(scope.sql, now)).await
    }

    /// Keeps what changed, how admins are told of it, and the letters that tell them. Says how many
    /// letters there are.
    ///
    /// # Errors
    /// When it could not be committed; the changes are then to be kept with the next ones.
    pub async fn note_alarms(
        &self,
        budget: Arc<Budget>,
        now: Timestamp,
        changes: Vec<Noted>,
    ) -> Result<usize, StoreError> {
        self.writer
            .run(move |scope| {
                let at = At {
                    budget: &budget,
                    now,
                };
                let mut totals = Totals::default();
                let mut letters = 0;
                for noted in &changes {
                    note(scope.sql, now, &noted.change, noted.way)?;
                    if let Some(effects) = &noted.letters {
                        let occurred = perform(scope.sql, effects, &at, &mut totals)?;
                        letters += occurred.map_or(0, |occurred| occurred.queued);
                    }
                }
                Ok(letters)
            })
            .await
    }
}

impl View {
    /// The alarms that lasted when they were last looked at.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        open(&self.connection)
    }
}

/// Keeps one change.
fn note(sql: &Connection, now: Timestamp, change: &Change, way: Way) -> Result<(), StoreError> {
    let (cause, alarm) = (change.alarm.cause.id(), &change.alarm);
    let number = i64::try_from(alarm.number).unwrap_or(i64::MAX);
    let id: i64 = sql
        .prepare_cached(
            "INSERT INTO alarm (cause, began_at, number, detail) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (cause) WHERE ended_at = 0
             DO UPDATE SET number = excluded.number, detail = excluded.detail
             RETURNING id",
        )?
        .query_row(
            params![cause, alarm.since.as_second(), number, alarm.detail],
            |row| row.get(0),
        )?;
    if change.happened == Some(Word::Ended) {
        sql.prepare_cached("UPDATE alarm SET ended_at = ?2 WHERE id = ?1")?
            .execute(params![id, now.as_second()])?;
    }
    if let Some(word) = change.tell {
        sql.prepare_cached(
            "INSERT INTO alarm_told (alarm, at, word, way) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, now.as_second(), word.as_str(), way.as_str()])?;
    }
    Ok(())
}

fn open(sql: &Connection) -> Result<Vec<Alarm>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT cause, began_at, number, detail FROM alarm WHERE ended_at = 0 ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cause: String = row.get(0)?;
        // A later program may know more causes than this one.
        if let Some(cause) = Cause::from_id(&cause) {
            found.push(Alarm {
                cause,
                since: timestamp(row.get(1)?)?,
                number: unsigned(row.get(2)?),
                detail: row.get(3)?,
            });
        }
    }
    Ok(found)
}

fn ledger(sql: &Connection, now: Timestamp) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger::default();
    for alarm in open(sql)? {
        let told: bool = sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM alarm_told JOIN alarm ON alarm.id = alarm_told.alarm
                 WHERE alarm.cause = ?1 AND alarm.ended_at = 0)",
            )?
            .query_row([alarm.cause.id()], |row| row.get(0))?;
        ledger
            .open
            .insert(alarm.cause.clone(), Open { alarm, told });
    }
    let mut statement = sql.prepare_cached(
        "SELECT alarm.cause, alarm_told.word, alarm_told.at FROM alarm_told
         JOIN alarm ON alarm.id = alarm_told.alarm
         WHERE alarm_told.at > ?1 ORDER BY alarm_told.at, alarm_told.alarm",
    )?;
    let mut rows = statement.query([now.as_second() - BACK])?;
    while let Some(row) = rows.next()? {
        let (cause, word): (String, String) = (row.get(0)?, row.get(1)?);
        if let (Some(cause), Some(word)) = (Cause::from_id(&cause), Word::named(&word)) {
            ledger.told.push((cause, word, timestamp(row.get(2)?)?));
        }
    }
    Ok(ledger)
}
