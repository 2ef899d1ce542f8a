//! What the journal says of where letters lie on their server, for comparing with the folders.

use rusqlite::{OptionalExtension as _, params};

use super::journal::{Known, lookup, unsigned};
use super::{StoreError, View};

/// A letter that was moved to a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub id: i64,
    /// When the server got it, Unix seconds.
    pub received_at: i64,
    /// Its bytes on the server.
    pub size: u64,
    /// Whether its time is over, so that it may have been removed from the server too.
    pub old: bool,
}

/// A letter that is known by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known256 {
    /// Its number.
    pub id: i64,
    /// Whether it belongs to the held ones.
    pub held: bool,
    /// Whether the gateway moved it; not if it was found on a shelf after a restore.
    pub placed: bool,
}

impl View {
    /// Letters of a mailbox by the shelf they were moved to (`held`: that of the held ones).
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn placed(&self, mailbox: &str, held: bool) -> Result<Vec<Placed>, StoreError> {
        let mut letters = self.connection.prepare(
            "SELECT id, received_at, size, kept <> 'all' FROM letter
             WHERE mailbox = ?1 AND acknowledged = 'moved' AND shelf = ?2 ORDER BY id",
        )?;
        let shelf = if held { "held" } else { "done" };
        let letters = letters.query_map([mailbox, shelf], |row| {
            Ok(Placed {
                id: row.get(0)?,
                received_at: row.get(1)?,
                size: unsigned(row.get(2)?),
                old: row.get(3)?,
            })
        })?;
        Ok(letters.collect::<Result<_, _>>()?)
    }

    /// What the journal knows of a letter in a watched folder, and its number.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn known(&self, mailbox: &str, epoch: u64, uid: &str) -> Result<Option<Known>, StoreError> {
        lookup(&self.connection, mailbox, epoch, uid)
    }

    /// The UIDVALIDITY that the newest letter of a mailbox came under.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn newest_epoch(&self, mailbox: &str) -> Result<Option<u64>, StoreError> {
        let epoch: Option<i64> = self
            .connection
            .query_row(
                "SELECT epoch FROM letter WHERE mailbox = ?1 ORDER BY id DESC LIMIT 1",
                [mailbox],
                |row| row.get(0),
            )
            .optional()?;
        Ok(epoch.map(unsigned))
    }

    /// The letters with these bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn with_bytes(&self, sha256: &str) -> Result<Vec<Known256>, StoreError> {
        let mut letters = self.connection.prepare_cached(
            "SELECT id, disposition = 'held', acknowledged = 'moved' FROM letter
             WHERE raw_sha256 = ?1 ORDER BY id",
        )?;
        let letters = letters.query_map(params![sha256], |row| {
            Ok(Known256 {
                id: row.get(0)?,
                held: row.get(1)?,
                placed: row.get(2)?,
            })
        })?;
        Ok(letters.collect::<Result<_, _>>()?)
    }
}
