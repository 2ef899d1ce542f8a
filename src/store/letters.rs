//! Looking into the journal, for people: which letters came, and everything about one.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::attachments::AttachmentLine;
use super::journal::{expand, unsigned};
use super::{StoreError, View};

/// A letter of the journal, in a list.
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

/// Everything about one letter but its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LetterPages {
    /// The letter.
    #[serde(flatten)]
    pub line: LetterLine,
    /// The mailbox's epoch: UIDVALIDITY (RFC 3501 §2.3.1.1), 0 for a Maildir.
    pub epoch: i64,
    /// Its name there: the IMAP UID, or the file's name.
    pub uid: String,
    /// When its bytes became durable here, Unix seconds.
    pub journaled_at: i64,
    /// When the decision was committed, Unix seconds; 0 while there is none.
    pub decided_at: i64,
    /// no, moved or stays: what happened to it on its server.
    pub acknowledged: String,
    /// The shelf it lies on: done, held, or empty.
    pub shelf: String,
    /// Found again after a backup was put back.
    pub rescan: bool,
    /// Its Message-ID without brackets.
    pub message_id: String,
    /// SHA-256 of the bytes kept, in hexadecimal.
    pub raw_sha256: String,
    /// What admins said about it, oldest first.
    pub reviews: Vec<ReviewLine>,
    /// What is attached to it.
    pub attachments: Vec<AttachmentLine>,
    /// What was sent because of it.
    pub outbox: Vec<super::outbox::Row>,
}

/// What an admin said about a letter, and what was decided before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewLine {
    /// Unix seconds.
    pub at: i64,
    /// release, discard or retry.
    pub act: String,
    /// Whose word it was: `admin:login`; empty if an earlier version took it.
    pub actor: String,
    /// The reason given, may be empty.
    pub why: String,
    /// What the letter was before.
    pub disposition: String,
    /// And why.
    pub reason: String,
}

/// Which letters are wanted; what is not said is not asked.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// With this disposition; `received` are those without one.
    pub disposition: Option<String>,
    /// Received then or later, Unix seconds.
    pub since: Option<i64>,
    /// A part of the author's address, in any case.
    pub sender: Option<String>,
    /// Of this ticket.
    pub ticket: Option<i64>,
    /// By this loop rule, such as `L02`.
    pub rule: Option<String>,
    /// At most so many.
    pub limit: u32,
}

const LETTER: &str = "SELECT id, mailbox, received_at, size, attempts,
    CASE state WHEN 'received' THEN 'received' ELSE disposition END AS fate,
    reason, rule, ticket, sender, subject,
    coalesce((SELECT kind FROM outbox WHERE outbox.letter = letter.id
              ORDER BY outbox.id LIMIT 1), ''),
    epoch, uid, journaled_at, decided_at, acknowledged, shelf, rescan, message_id, raw_sha256
  FROM letter";

fn letter(row: &rusqlite::Row<'_>) -> rusqlite::Result<LetterLine> {
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
}

impl View {
    /// Letters of the journal, newest first, of one disposition or of all.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn letters(
        &self,
        disposition: Option<&str>,
        limit: u32,
    ) -> Result<Vec<LetterLine>, StoreError> {
        self.letters_by(&LetterFilter {
            disposition: disposition.map(str::to_owned),
            limit,
            ..LetterFilter::default()
        })
    }

    /// The letters that a filter wants, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn letters_by(&self, filter: &LetterFilter) -> Result<Vec<LetterLine>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "{LETTER} WHERE (?1 IS NULL OR fate = ?1) AND (?2 IS NULL OR received_at >= ?2)
               AND (?3 IS NULL OR instr(sender, ?3) > 0) AND (?4 IS NULL OR ticket = ?4)
               AND (?5 IS NULL OR rule = ?5)
             ORDER BY id DESC LIMIT ?6"
        ))?;
        let sender = filter.sender.as_ref().map(|sender| sender.to_lowercase());
        let values = params![
            filter.disposition,
            filter.since,
            sender,
            filter.ticket,
            filter.rule,
            filter.limit
        ];
        let rows = statement.query_map(values, letter)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything about one letter but its bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none of that number.
    pub fn letter(&self, id: i64) -> Result<LetterPages, StoreError> {
        let found = self
            .connection
            .query_row(&format!("{LETTER} WHERE id = ?1"), [id], |row| {
                Ok(LetterPages {
                    line: letter(row)?,
                    epoch: row.get(12)?,
                    uid: row.get(13)?,
                    journaled_at: row.get(14)?,
                    decided_at: row.get(15)?,
                    acknowledged: row.get(16)?,
                    shelf: row.get(17)?,
                    rescan: row.get(18)?,
                    message_id: row.get(19)?,
                    raw_sha256: row.get(20)?,
                    reviews: Vec::new(),
                    attachments: Vec::new(),
                    outbox: Vec::new(),
                })
            })
            .optional()?
            .ok_or_else(|| missing(id))?;
        Ok(LetterPages {
            reviews: self.reviews_of(id)?,
            attachments: self.attachments_of_letter(id)?,
            outbox: self.outbox_because_of(id)?,
            ..found
        })
    }

    fn reviews_of(&self, letter: i64) -> Result<Vec<ReviewLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT at, act, actor, why, disposition, reason FROM review
             WHERE letter = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([letter], |row| {
            Ok(ReviewLine {
                at: row.get(0)?,
                act: row.get(1)?,
                actor: row.get(2)?,
                why: row.get(3)?,
                disposition: row.get(4)?,
                reason: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The letters of a ticket, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn letters_of_ticket(&self, ticket: i64) -> Result<Vec<LetterLine>, StoreError> {
        let mut statement = self
            .connection
            .prepare(&format!("{LETTER} WHERE ticket = ?1 ORDER BY id"))?;
        let rows = statement.query_map([ticket], letter)?;
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
        let Some((length, bytes)) = found else {
            let known = self
                .connection
                .prepare_cached("SELECT 1 FROM letter WHERE id = ?1")?
                .exists([letter])?;
            return Err(if known {
                StoreError::Missing {
                    what: format!(
                        "raw letter {letter} any more: it was removed at the end of its time"
                    ),
                }
            } else {
                missing(letter)
            });
        };
        expand(&bytes, unsigned(length))
    }

    /// The stored decision of a letter, as JSON; nothing while there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn trace_of_letter(&self, letter: i64) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .query_row(
                "SELECT body FROM trace WHERE letter = ?1",
                [letter],
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
}

fn missing(letter: i64) -> StoreError {
    StoreError::Missing {
        what: format!("letter {letter}"),
    }
}
