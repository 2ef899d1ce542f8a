//! The second step of the retention, and what an erasure does to a ticket: words and names go, the
//! row stays with its number, its state and its instants.

use rusqlite::{Connection, OptionalExtension, params};

use super::{ENDED, FILED, PORTION, SETTLED, Tally};
use crate::store::StoreError;
use crate::store::journal::unsigned;

/// The reason of what had one, where its words were removed.
const GONE: &str = "the words were removed at the end of their time";

pub(super) fn empty_next(sql: &Connection, before: i64) -> Result<Tally, StoreError> {
    let next: Option<i64> = sql
        .prepare_cached(&format!(
            "SELECT number FROM ticket WHERE kept = 'all' AND {ENDED} LIMIT 1"
        ))?
        .query_row([before], |row| row.get(0))
        .optional()?;
    if let Some(number) = next {
        return empty_ticket(sql, number);
    }
    let mut tally = Tally::default();
    // A letter that came when all was gone already (it came again, or claimed the number).
    let later: Vec<i64> = sql
        .prepare_cached(&format!(
            "SELECT DISTINCT ticket.number FROM ticket JOIN letter ON letter.ticket = ticket.number
             WHERE ticket.kept = 'nothing' AND letter.kept <> 'nothing' AND {ENDED} LIMIT ?2"
        ))?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for number in later {
        tally.add(empty_ticket(sql, number)?);
    }
    let letters: Vec<i64> = sql
        .prepare_cached(&format!(
            "SELECT id FROM letter WHERE kept <> 'nothing' AND {FILED} LIMIT ?2"
        ))?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for letter in letters {
        tally.add(empty_letter(sql, letter)?);
    }
    let rows: Vec<i64> = sql
        .prepare_cached(&format!(
            "SELECT id FROM outbox WHERE ticket IS NULL AND kept <> 'nothing' AND created_at < ?1
               AND state IN {SETTLED} LIMIT ?2"
        ))?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for row in rows {
        tally.add(empty_row(sql, row)?);
    }
    // An address that letters came back from, long ago, and nothing waits for.
    sql.prepare_cached(
        "DELETE FROM failing WHERE last_at < ?1 AND NOT EXISTS (SELECT 1 FROM outbox
           WHERE recipient = address AND state = 'held' AND hold = 'suspended')",
    )?
    .execute([before])?;
    Ok(tally)
}

/// Takes every word and name out of a ticket, its letters and what was sent about it.
pub(in crate::store) fn empty_ticket(sql: &Connection, number: i64) -> Result<Tally, StoreError> {
    let mut tally = Tally {
        tickets: 1,
        ..Tally::about(number)
    };
    for letter in numbers(
        sql,
        "SELECT id FROM letter WHERE ticket = ?1 AND kept <> 'nothing'",
        number,
    )? {
        tally.add(Tally {
            first: number,
            last: number,
            ..empty_letter(sql, letter)?
        });
    }
    for row in numbers(
        sql,
        "SELECT id FROM outbox WHERE ticket = ?1 AND kept <> 'nothing'",
        number,
    )? {
        tally.add(Tally {
            first: number,
            last: number,
            ..empty_row(sql, row)?
        });
    }
    for statement in [
        // The steps of a ticket stay, what was said beside them goes.
        "UPDATE entry SET author = CASE author WHEN 'guichet' THEN author ELSE '' END,
           text = CASE kind WHEN 'status' THEN substr(text, 1, max(instr(text, ':') - 1, 0))
                  ELSE '' END
         WHERE ticket = ?1",
        "DELETE FROM participant WHERE ticket = ?1",
        "DELETE FROM waiting_file WHERE ticket = ?1",
        // Whom an on-call window named, and what came in it.
        "DELETE FROM intervention WHERE on_call = ?1 OR ticket = ?1",
        "DELETE FROM on_call_slot WHERE ticket = ?1",
        "DELETE FROM on_call WHERE ticket = ?1",
        "DELETE FROM watcher WHERE ticket = ?1",
        "DELETE FROM reply_token WHERE ticket = ?1
           AND generation < (SELECT max(generation) FROM reply_token)",
        "UPDATE reply_token SET technician = '', extra = '', revoked = 1 WHERE ticket = ?1",
        "UPDATE ticket SET kept = 'nothing', subject = '', requester = '', requester_name = '',
           answer_reason = '', assignee = '', wait_until = '', phone = '', room = ''
         WHERE number = ?1",
        // Nothing falls due in it any more.
        "UPDATE ticket SET look_at = NULL WHERE number = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([number])?;
    }
    sql.prepare_cached("UPDATE occurrence SET reason = ?2 WHERE ticket = ?1")?
        .execute(params![number, GONE])?;
    Ok(tally)
}

pub(super) fn numbers(sql: &Connection, statement: &str, key: i64) -> Result<Vec<i64>, StoreError> {
    Ok(sql
        .prepare_cached(statement)?
        .query_map([key], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Takes every word and name out of a decided letter.
pub(in crate::store) fn empty_letter(sql: &Connection, letter: i64) -> Result<Tally, StoreError> {
    let bytes: Option<i64> = sql
        .prepare_cached("SELECT length(bytes) FROM raw WHERE letter = ?1")?
        .query_row([letter], |row| row.get(0))
        .optional()?;
    for statement in [
        "DELETE FROM raw WHERE letter = ?1",
        "DELETE FROM trace WHERE letter = ?1",
        "DELETE FROM attachment WHERE letter = ?1",
        "DELETE FROM conduct WHERE letter = ?1",
        "DELETE FROM waiting_file WHERE letter = ?1",
        "UPDATE review SET why = '', reason = '', trace = '', actor = '' WHERE letter = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([letter])?;
    }
    sql.prepare_cached(
        "UPDATE letter SET kept = 'nothing', message_id = '', sender = '', subject = '',
           reason = ?2
         WHERE id = ?1",
    )?
    .execute(params![letter, GONE])?;
    Ok(Tally {
        letters: 1,
        bytes: unsigned(bytes.unwrap_or_default()),
        ..Tally::about(letter)
    })
}

/// Takes the letter and its receiver out of a row of the outbox; when and how it went stays.
pub(in crate::store) fn empty_row(sql: &Connection, row: i64) -> Result<Tally, StoreError> {
    let (number, bytes): (Option<i64>, i64) = sql
        .prepare_cached("SELECT ticket, length(bytes) FROM outbox WHERE id = ?1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    sql.prepare_cached(
        "UPDATE outbox SET kept = 'nothing', dedupe_key = 'gone:' || id, recipient = '',
           domain = '', message_id = 'gone:' || id, bytes = x'', answer = '', technician = '',
           sender = '', hold = '',
           state = CASE state WHEN 'held' THEN 'cancelled' ELSE state END
         WHERE id = ?1",
    )?
    .execute([row])?;
    sql.prepare_cached("UPDATE attempt SET answer = '' WHERE outbox = ?1")?
        .execute([row])?;
    Ok(Tally {
        rows: 1,
        bytes: unsigned(bytes),
        ..Tally::about(number.unwrap_or_default())
    })
}
