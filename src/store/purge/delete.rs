//! The third step of the retention: the rows themselves.
//!
//! A letter or an occurrence that pages or rows of another ticket name stays, empty, until those go.

use rusqlite::{Connection, OptionalExtension, params};

use super::empty::numbers;
use super::{ENDED, FILED, PORTION, Tally};
use crate::store::StoreError;

/// Letters that may go: no page and no row names them, the server has put them away (what could
/// still lie in a watched folder stays known), and the newest number is never given again.
const UNNAMED: &str = "letter.kept = 'nothing' AND letter.acknowledged = 'moved'
    AND letter.id < (SELECT max(id) FROM letter)
    AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.letter = letter.id)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.letter = letter.id)
    AND NOT EXISTS (SELECT 1 FROM ticket AS opened WHERE opened.letter = letter.id)";

/// Occurrences that may go.
const UNTOLD: &str = "NOT EXISTS (SELECT 1 FROM entry WHERE entry.occurrence = occurrence.id)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.occurrence = occurrence.id)";

pub(super) fn delete_next(sql: &Connection, before: i64) -> Result<Tally, StoreError> {
    let next: Option<i64> = sql
        .prepare_cached(&format!(
            "SELECT number FROM ticket WHERE kept = 'nothing' AND {ENDED}
               AND NOT EXISTS (SELECT 1 FROM reply_token WHERE reply_token.ticket = number)
             LIMIT 1"
        ))?
        .query_row([before], |row| row.get(0))
        .optional()?;
    if let Some(number) = next {
        return delete_ticket(sql, number);
    }
    let mut tally = Tally::default();
    let letters = portion(
        sql,
        &format!("SELECT id FROM letter WHERE {FILED} AND {UNNAMED} LIMIT ?2"),
        before,
    )?;
    for letter in letters {
        delete_letter(sql, letter)?;
        tally.add(Tally {
            letters: 1,
            ..Tally::about(letter)
        });
    }
    let rows = portion(
        sql,
        "SELECT id FROM outbox WHERE ticket IS NULL AND kept = 'nothing' AND created_at < ?1
         LIMIT ?2",
        before,
    )?;
    for row in rows {
        delete_row(sql, row)?;
        tally.add(Tally {
            rows: 1,
            ..Tally::default()
        });
    }
    sql.prepare_cached(&format!(
        "DELETE FROM occurrence WHERE ticket IS NULL AND at < ?1 AND {UNTOLD}"
    ))?
    .execute([before])?;
    Ok(tally)
}

fn portion(sql: &Connection, statement: &str, before: i64) -> Result<Vec<i64>, StoreError> {
    Ok(sql
        .prepare_cached(statement)?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

fn delete_ticket(sql: &Connection, number: i64) -> Result<Tally, StoreError> {
    let mut tally = Tally {
        tickets: 1,
        ..Tally::about(number)
    };
    for row in numbers(sql, "SELECT id FROM outbox WHERE ticket = ?1", number)? {
        delete_row(sql, row)?;
        tally.rows += 1;
    }
    let letters = numbers(sql, "SELECT id FROM letter WHERE ticket = ?1", number)?;
    for statement in [
        "DELETE FROM entry WHERE ticket = ?1",
        "DELETE FROM expectation WHERE ticket = ?1",
        "DELETE FROM waiting_file WHERE ticket = ?1",
        "DELETE FROM intervention WHERE on_call = ?1 OR ticket = ?1",
        "DELETE FROM on_call_slot WHERE ticket = ?1",
        "DELETE FROM on_call WHERE ticket = ?1",
        "UPDATE ticket SET merged_into = NULL WHERE merged_into = ?1",
        "UPDATE letter SET ticket = NULL WHERE ticket = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([number])?;
    }
    sql.prepare_cached(&format!(
        "DELETE FROM occurrence WHERE ticket = ?1 AND {UNTOLD}"
    ))?
    .execute([number])?;
    for statement in [
        "UPDATE occurrence SET ticket = NULL WHERE ticket = ?1",
        "DELETE FROM ticket WHERE number = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([number])?;
    }
    for letter in letters {
        let gone = sql
            .prepare_cached(&format!(
                "SELECT 1 FROM letter WHERE letter.id = ?1 AND {UNNAMED}"
            ))?
            .exists([letter])?;
        if gone {
            delete_letter(sql, letter)?;
            tally.letters += 1;
        }
    }
    Ok(tally)
}

fn delete_letter(sql: &Connection, letter: i64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM review WHERE letter = ?1",
        "DELETE FROM intervention WHERE letter = ?1",
        "DELETE FROM waiting_file WHERE letter = ?1",
        "DELETE FROM letter WHERE id = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([letter])?;
    }
    Ok(())
}

fn delete_row(sql: &Connection, row: i64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM attempt WHERE outbox = ?1",
        "DELETE FROM outbox WHERE id = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([row])?;
    }
    Ok(())
}
