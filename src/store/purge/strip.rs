//! The first step of the retention: the files in letters and in what was sent.
//!
//! What holds files is handed out with its bytes; a reader's worker takes the files out, and the
//! rest comes back here. What cannot be taken apart loses its bytes altogether: its text is in the
//! ticket's history.

use rusqlite::{Connection, params};

use super::{ENDED, FILED, SETTLED, Tally};
use crate::store::StoreError;
use crate::store::journal::{LetterId, compress, expand, signed, unsigned};
use crate::store::outbox::OutboxId;

/// Something that holds attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A letter of the journal.
    Letter(LetterId),
    /// A row of the outbox.
    Row(OutboxId),
}

pub(super) fn with_attachments(
    sql: &Connection,
    before: i64,
    limit: u32,
) -> Result<Vec<(Holder, Vec<u8>)>, StoreError> {
    let mut found = Vec::new();
    let mut letters = sql.prepare_cached(&format!(
        "SELECT letter.id, raw.length, raw.bytes FROM letter JOIN raw ON raw.letter = letter.id
           LEFT JOIN ticket ON ticket.number = letter.ticket
         WHERE letter.kept = 'all' AND ({FILED} OR ({ENDED}))
           AND EXISTS (SELECT 1 FROM attachment WHERE attachment.letter = letter.id) LIMIT ?2"
    ))?;
    let mut rows = letters.query(params![before, limit])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_blob().unwrap_or_default();
        // What cannot be expanded holds no attachment that anybody could read.
        let raw = expand(bytes, unsigned(row.get(1)?)).unwrap_or_default();
        found.push((Holder::Letter(LetterId(row.get(0)?)), raw));
    }
    let mut sent = sql.prepare_cached(&format!(
        "SELECT outbox.id, bytes FROM outbox JOIN ticket ON ticket.number = outbox.ticket
         WHERE outbox.kept = 'all' AND outbox.state IN {SETTLED} AND {ENDED}
           AND instr(bytes, CAST('multipart/mixed' AS BLOB)) > 0 LIMIT ?2"
    ))?;
    let mut rows = sent.query(params![before, limit])?;
    while let Some(row) = rows.next()? {
        found.push((Holder::Row(OutboxId(row.get(0)?)), row.get(1)?));
    }
    Ok(found)
}

pub(in crate::store) fn strip(
    sql: &Connection,
    holder: Holder,
    stripped: Option<Vec<u8>>,
) -> Result<Tally, StoreError> {
    match holder {
        Holder::Letter(letter) => strip_letter(sql, letter, stripped),
        Holder::Row(row) => {
            let kept = stripped.unwrap_or_default();
            let (number, before): (Option<i64>, i64) = sql
                .prepare_cached("SELECT ticket, length(bytes) FROM outbox WHERE id = ?1")?
                .query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            sql.prepare_cached("UPDATE outbox SET bytes = ?2, kept = 'text' WHERE id = ?1")?
                .execute(params![row.0, kept])?;
            Ok(Tally {
                rows: 1,
                bytes: unsigned(before).saturating_sub(kept.len() as u64),
                ..Tally::about(number.unwrap_or_default())
            })
        }
    }
}

fn strip_letter(
    sql: &Connection,
    letter: LetterId,
    stripped: Option<Vec<u8>>,
) -> Result<Tally, StoreError> {
    let (number, before): (Option<i64>, Option<i64>) = sql
        .prepare_cached(
            "SELECT ticket, (SELECT length(bytes) FROM raw WHERE raw.letter = letter.id)
             FROM letter WHERE id = ?1",
        )?
        .query_row([letter.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut kept = 0;
    match stripped {
        Some(raw) => {
            let bytes = compress(&raw)?;
            kept = bytes.len() as u64;
            sql.prepare_cached("UPDATE raw SET length = ?2, bytes = ?3 WHERE letter = ?1")?
                .execute(params![letter.0, signed(raw.len() as u64), bytes])?;
        }
        None => {
            sql.prepare_cached("DELETE FROM raw WHERE letter = ?1")?
                .execute([letter.0])?;
        }
    }
    sql.prepare_cached("UPDATE letter SET kept = 'text' WHERE id = ?1")?
        .execute([letter.0])?;
    Ok(Tally {
        letters: 1,
        bytes: unsigned(before.unwrap_or_default()).saturating_sub(kept),
        ..Tally::about(number.unwrap_or(letter.0))
    })
}
