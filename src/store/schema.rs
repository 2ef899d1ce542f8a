//! The schema and its versions, kept in SQLite's `user_version`.
//!
//! One numbered file a migration, each run in its own immediate transaction: a power cut leaves
//! the old version or the new one. A newer file than this program knows is refused in words.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Every migration ever released, in order; the position (from 1) is the version.
const MIGRATIONS: [&str; 8] = [
    include_str!("schema/0001_initial.sql"),
    include_str!("schema/0002_time.sql"),
    include_str!("schema/0003_on_call.sql"),
    include_str!("schema/0004_estimate.sql"),
    include_str!("schema/0005_retention.sql"),
    include_str!("schema/0006_desk.sql"),
    include_str!("schema/0007_mail.sql"),
    include_str!("schema/0008_ops.sql"),
];

pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the database to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found > known() {
        return Err(StoreError::TooNew {
            found,
            known: known(),
        });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses to read what has another version: a reader never migrates.
pub(super) fn check_readable(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, known());
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::TooNew { found, known }),
        std::cmp::Ordering::Less => Err(StoreError::TooOld { found, known }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_fresh_file_gets_the_newest_schema_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), known());
        migrate(&mut connection).unwrap();
        check_readable(&connection).unwrap();
    }

    #[test]
    fn err_a_newer_schema_is_refused_in_words() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "user_version", 9_999)
            .unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(error.to_string().contains("schema 9999"));
    }

    #[test]
    fn ok_tickets_of_the_first_schema_stand_as_long_as_they_did() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO letter (id, mailbox, epoch, uid, received_at, journaled_at, size, raw_sha256)
                   VALUES (1, 'm', 1, '1', 10, 10, 1, 'x');
                 INSERT INTO ticket (number, letter, created_at, updated_at, status, subject,
                   requester, requester_name, language, outcome, category, criticality,
                   mutualisation, priority, answer)
                   SELECT value, 1, 10, 30, iif(value = 3, 'closed', 'open'), '', '', '', 'fr',
                     'accept', 'other', 1, 1, 'P3', 'sent' FROM json_each('[1, 2, 3]');
                 INSERT INTO entry (ticket, at, kind, author, text)
                   VALUES (2, 20, 'status', 'x', 'new → open: x'), (2, 25, 'note', 'x', 'x');",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let stands = |connection: &Connection| -> Vec<(i64, Option<i64>)> {
            let mut statement = connection
                .prepare("SELECT stands_since, look_at FROM ticket ORDER BY number")
                .unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(
            stands(&connection),
            [(10, Some(0)), (20, Some(0)), (10, None)]
        );
        // Whoever changes a ticket has it looked at again, and a new state begins a new wait.
        connection
            .execute_batch(
                "UPDATE ticket SET look_at = 99;
                 UPDATE ticket SET status = 'resolved', updated_at = 40 WHERE number = 1;
                 INSERT INTO entry (ticket, at, kind, author, text) VALUES (2, 41, 'note', 'x', 'x');",
            )
            .unwrap();
        assert_eq!(
            stands(&connection),
            [(40, Some(0)), (20, Some(0)), (10, Some(99))]
        );
    }

    #[test]
    fn ok_every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let loose: i64 = connection
            .query_row(
                "SELECT count(*) FROM pragma_table_list
                 WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(loose, 0);
    }
    #[test]
    fn ok_reviews_of_before_are_kept_when_their_table_is_made_anew() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first: [&str; 1] = [MIGRATIONS[0]];
        for (number, sql) in (1_i64..).zip(first) {
            connection.execute_batch(sql).unwrap();
            connection
                .pragma_update(None, "user_version", number)
                .unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO letter (id, mailbox, epoch, uid, received_at, journaled_at, size,
                   raw_sha256, review) VALUES (7, 'in', 0, 'a', 1, 1, 1, 'x', 3);
                 INSERT INTO review (id, letter, at, act, why, disposition, reason, rule, trace)
                   VALUES (3, 7, 1, 'discard', 'spam', 'held', 'L15', 'L15', '{}');
                 INSERT INTO outbox (id, dedupe_key, kind, sender, recipient, domain, inside,
                   message_id, bytes, created_at, state, due_at)
                   VALUES (1, 'a', 'reply', '', 'a@b', 'b', 0, 'm', x'', 1, 'sent', 1);
                 INSERT INTO attempt (outbox, number, began_at, phase) VALUES (1, 1, 1, 'dot');",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let kept: String = connection
            .query_row(
                "SELECT id || act || why || disposition || rule || trace || actor FROM review
                 WHERE letter = 7",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(kept, "3discardspamheldL15{}");
        connection
            .execute_batch(
                "UPDATE review SET act = 'retry', actor = 'admin:claire';
                 UPDATE attempt SET code = 250, answer = 'taken';",
            )
            .unwrap();
        let broken: i64 = connection
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(broken, 0);
    }
}
