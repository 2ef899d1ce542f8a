//! The third step of the retention: the rows themselves.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::empty::numbers;
use super::{ENDED, FILED, PORTION, Tally};
use crate::store::StoreError;

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
    // What could still lie in a watched folder stays known, and so does the newest number.
    let letters: Vec<i64> = sql
        .prepare_cached(&format!(
            "SELECT id FROM letter WHERE kept = 'nothing' AND {FILED} AND acknowledged = 'moved'
               AND id < (SELECT max(id) FROM letter) LIMIT ?2"
        ))?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut tally = Tally::default();
    for letter in letters {
        delete_letter(sql, letter)?;
        tally.add(Tally {
            letters: 1,
            ..Tally::about(letter)
        });
    }
    let rows: Vec<i64> = sql
        .prepare_cached(
            "SELECT id FROM outbox WHERE ticket IS NULL AND kept = 'nothing' AND created_at < ?1
             LIMIT ?2",
        )?
        .query_map(params![before, PORTION], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for row in rows {
        delete_row(sql, row)?;
        tally.add(Tally {
            rows: 1,
            ..Tally::default()
        });
    }
    Ok(tally)
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
    let gone: BTreeSet<i64> = numbers(
        sql,
        "SELECT id FROM letter WHERE ticket = ?1 AND acknowledged = 'moved'
           AND id < (SELECT max(id) FROM letter)",
        number,
    )?
    .into_iter()
    .collect();
    for statement in [
        "DELETE FROM entry WHERE ticket = ?1",
        "UPDATE ticket SET merged_into = NULL WHERE merged_into = ?1",
        "UPDATE letter SET ticket = NULL WHERE ticket = ?1",
        "DELETE FROM ticket WHERE number = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([number])?;
    }
    for letter in letters.into_iter().filter(|letter| gone.contains(letter)) {
        delete_letter(sql, letter)?;
        tally.letters += 1;
    }
    Ok(tally)
}

/// Pages and rows of other tickets that a letter caused stay, without it.
fn delete_letter(sql: &Connection, letter: i64) -> Result<(), StoreError> {
    for statement in [
        "UPDATE entry SET letter = NULL WHERE letter = ?1",
        "UPDATE outbox SET letter = NULL WHERE letter = ?1",
        "DELETE FROM review WHERE letter = ?1",
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
