//! What is attached to letters: noted with the decision, listed for people.
//!
//! The logo of a signature comes with every letter of a person and tells nothing. It is known by
//! what nothing else has in common: a small picture that the same person sent, byte for byte, with
//! letters of different tickets. A screenshot quoted back and forth in one ticket is none. The
//! judgement is made when a listing is made, so that later letters improve it; the rows stay.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::journal::LetterId;
use super::{StoreError, View};
use crate::message::{Address, Message};

/// Bytes of a picture that may be a logo; photographs and screenshots have more.
const LOGO: i64 = 100 * 1024;

/// An attachment in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttachmentLine {
    /// The letter it came with.
    pub letter: i64,
    /// Its number in the letter, from 1.
    pub number: i64,
    /// For display; empty if none.
    pub name: String,
    /// As the sender claims it.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Of the decoded bytes.
    pub sha256: String,
    /// The letter shows it inside its text.
    pub inline: bool,
    /// The picture of a signature: the same person sent it with letters of other tickets.
    pub repeated: bool,
}

/// Notes what is attached to a letter.
pub(super) fn note(
    sql: &Connection,
    letter: LetterId,
    message: &Message,
) -> Result<(), StoreError> {
    let sender = message.author().map(Address::key).unwrap_or_default();
    let mut insert = sql.prepare_cached(
        "INSERT INTO attachment (letter, number, sender, name, media_type, size, sha256, inline)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (number, attachment) in (1_i64..).zip(&message.attachments) {
        insert.execute(params![
            letter.0,
            number,
            sender,
            attachment.name,
            attachment.media_type,
            i64::try_from(attachment.size).unwrap_or(i64::MAX),
            attachment.sha256,
            attachment.inline,
        ])?;
    }
    Ok(())
}

/// The columns of a line. Letters without a ticket count each for itself; two are enough to know.
const LINE: &str = "SELECT one.letter, one.number, one.name, one.media_type, one.size, one.sha256,
    one.inline,
    one.media_type LIKE 'image/%' AND one.size <= ?2 AND one.sender <> '' AND EXISTS (
      SELECT 1 FROM attachment AS other JOIN letter AS its ON its.id = other.letter
      WHERE other.sender = one.sender AND other.sha256 = one.sha256
        AND coalesce(its.ticket, -its.id) <> coalesce(letter.ticket, -letter.id))
    FROM attachment AS one JOIN letter ON letter.id = one.letter";

fn line(row: &Row<'_>) -> rusqlite::Result<AttachmentLine> {
    Ok(AttachmentLine {
        letter: row.get(0)?,
        number: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        size: row.get(4)?,
        sha256: row.get(5)?,
        inline: row.get(6)?,
        repeated: row.get(7)?,
    })
}

impl View {
    /// What is attached to a letter, the pictures of signatures included.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn attachments_of_letter(&self, letter: i64) -> Result<Vec<AttachmentLine>, StoreError> {
        self.attachment_lines(
            &format!("{LINE} WHERE one.letter = ?1 ORDER BY one.number"),
            letter,
        )
    }

    /// What is attached to the letters of a ticket, oldest letter first, without the pictures of
    /// signatures; and how many of those there are.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn attachments_of_ticket(
        &self,
        ticket: i64,
    ) -> Result<(Vec<AttachmentLine>, usize), StoreError> {
        let mut lines = self.attachment_lines(
            &format!("{LINE} WHERE letter.ticket = ?1 ORDER BY one.letter, one.number"),
            ticket,
        )?;
        let all = lines.len();
        lines.retain(|line| !line.repeated);
        let left_out = all - lines.len();
        Ok((lines, left_out))
    }

    fn attachment_lines(&self, sql: &str, key: i64) -> Result<Vec<AttachmentLine>, StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![key, LOGO], line)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
