//! Letters of an older mailbox, taken in from files by the command line.
//!
//! They are journalled like any letter, under the name [`MAILBOX`] and the hash of their bytes, so
//! that a letter is there once however often a file is read: an import that was broken off goes on
//! where it ended. The gateway decides them as it decides what an admin reviewed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::journal::{Arrival, insert};
use super::{Desk, StoreError, View};
use crate::decide::Imported;

/// The name under which the journal knows them.
pub const MAILBOX: &str = "import";

impl Desk {
    /// Keeps letters durably, to be decided at their own date. Says how many were not there yet.
    ///
    /// # Errors
    /// When nothing could be committed.
    pub fn import(
        &mut self,
        letters: Vec<Arrival>,
        how: Imported,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let transaction = self.begin()?;
        let mut fresh = 0;
        for letter in letters {
            let known = transaction
                .prepare_cached(
                    "SELECT 1 FROM letter WHERE mailbox = ?1 AND epoch = 0 AND uid = ?2",
                )?
                .exists(params![MAILBOX, letter.uid])?;
            if known {
                continue;
            }
            let id = insert(&transaction, MAILBOX, 0, now, letter)?;
            // It lies in a file of the admin's, and stays there.
            transaction
                .prepare_cached(
                    "UPDATE letter SET imported = ?2, acknowledged = 'stays' WHERE id = ?1",
                )?
                .execute(params![id.0, how.as_str()])?;
            fresh += 1;
        }
        transaction.commit()?;
        Ok(fresh)
    }
}

impl View {
    /// The number of the journal's newest letter; 0 if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn newest_letter(&self) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(max(id), 0) FROM letter";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// What became of the letters imported after letter `after`, by disposition; `received` are
    /// those without one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn imported(&self, after: i64) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT CASE state WHEN 'received' THEN 'received' ELSE disposition END, count(*)
             FROM letter WHERE id > ?1 AND mailbox = ?2 GROUP BY 1",
        )?;
        let rows = statement.query_map(params![after, MAILBOX], |row| {
            Ok((row.get(0)?, super::journal::unsigned(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Imported letters without a decision.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn imports_waiting(&self) -> Result<u64, StoreError> {
        // By the index of what is not decided, which is short.
        let sql = "SELECT count(*) FROM letter WHERE state = 'received' AND mailbox = ?1";
        let count = self
            .connection
            .query_row(sql, [MAILBOX], |row| row.get(0))
            .optional()?;
        Ok(super::journal::unsigned(count.unwrap_or_default()))
    }

    /// Whether a letter of this hash was imported before.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_imported(&self, uid: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM letter WHERE mailbox = ?1 AND epoch = 0 AND uid = ?2")?
            .exists(params![MAILBOX, uid])?)
    }
}
