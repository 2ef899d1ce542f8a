//! A store of every schema that was released is brought to the newest, with the mail that waits in
//! it; and what is newer than the program is refused in words.
//!
//! `tests/schema/NNNN_rows.sql` holds rows of every table as that schema had them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use guichet::store::Store;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::gateway_process::Site;
use crate::smtp_script::{Script, SmtpScript};

/// A released schema: its number, its tables, rows of every table.
const RELEASED: [(i64, &str, &str); 1] = [(
    1,
    include_str!("../../src/store/schema/0001_initial.sql"),
    include_str!("../schema/0001_rows.sql"),
)];

/// Puts a store as that schema had it into a directory.
fn old_store(directory: &Path, (version, tables, rows): (i64, &str, &str)) -> Connection {
    fs::create_dir_all(directory).unwrap();
    let database = Connection::open(directory.join("guichet.sqlite")).unwrap();
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    database.execute_batch(tables).unwrap();
    database.execute_batch(rows).unwrap();
    database
        .pragma_update(None, "user_version", version)
        .unwrap();
    database
}

/// Every value of every row of a table's columns, as text.
fn rows(database: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let values: Vec<String> = columns
        .iter()
        .map(|name| format!("quote({name})"))
        .collect();
    let mut rows = database
        .prepare(&format!(
            "SELECT {} FROM {table} ORDER BY 1",
            values.join(" || ',' || ")
        ))
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Tables with their columns.
fn columns(database: &Connection) -> Vec<(String, Vec<String>)> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .into_iter()
        .map(|table| {
            let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
            (table, columns)
        })
        .collect()
}

#[test]
fn every_released_schema_is_brought_to_the_newest_with_every_row() {
    for released in RELEASED {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let store = folder.path().join("store");
        let database = old_store(&store, released);
        let tables = columns(&database);
        let before: Vec<Vec<String>> = tables
            .iter()
            .map(|(table, columns)| rows(&database, table, columns))
            .collect();
        assert!(
            before.iter().all(|rows| !rows.is_empty()),
            "a table without rows proves nothing"
        );
        drop(database);
        drop(Store::open(&store, Timestamp::now()).unwrap());
        let database = Connection::open(store.join("guichet.sqlite")).unwrap();
        for ((table, columns), before) in tables.iter().zip(before) {
            assert_eq!(rows(&database, table, columns), before, "{table}");
        }
        let version: i64 = database
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert!(version > released.0);
        let whole: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(whole, "ok");
    }
}

#[test]
fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let store = folder.path().join("store");
    let database = old_store(&store, RELEASED[0]);
    // Something stands where the newest schema wants a table.
    database.execute_batch("CREATE TABLE purge (a)").unwrap();
    drop(database);
    Store::open(&store, Timestamp::now()).unwrap_err();
    let database = Connection::open(store.join("guichet.sqlite")).unwrap();
    let kept: i64 = database
        .query_row(
            "SELECT count(*) FROM pragma_table_info('letter') WHERE name = 'kept'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 0, "half a migration");
    database.execute_batch("DROP TABLE purge").unwrap();
    drop(database);
    drop(Store::open(&store, Timestamp::now()).unwrap());
}

#[test]
fn mail_that_waits_in_a_store_of_the_first_schema_goes_out_once() {
    let sink = SmtpScript::start(Script::default());
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_smtp(sink.port());
    let database = old_store(&site.store(), RELEASED[0]);
    // The letter that waits for its decision came just now.
    database
        .execute_batch("UPDATE letter SET received_at = unixepoch() WHERE state = 'received'")
        .unwrap();
    drop(database);
    let waiting = site.texts(
        "SELECT message_id FROM outbox WHERE state IN ('pending', 'sending', 'held') ORDER BY id",
    );
    assert_eq!(waiting.len(), 6);

    // What ended behind its final dot is due a second later, what is held when an admin says so.
    assert!(site.once().status.success());
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(site.once().status.success());
    assert_eq!(sink.accepted().len(), 6, "{}", site.summary());
    assert!(site.command(&["outbox", "release"], b"").status.success());
    assert!(site.once().status.success());
    assert!(site.once().status.success());

    let sent: Vec<String> = sink
        .accepted()
        .iter()
        .map(|taken| String::from_utf8_lossy(&taken.bytes).into_owned())
        .collect();
    for id in &waiting {
        let copies = sent
            .iter()
            .filter(|letter| letter.contains(&format!("Message-ID: <{id}>")))
            .count();
        assert_eq!(copies, 1, "{id}");
    }
    assert_eq!(
        sent.len(),
        7,
        "the six that waited, and the answer to the letter"
    );
    assert_eq!(
        site.ask("SELECT count(*) FROM letter WHERE state = 'received'"),
        Some(0)
    );
    assert_eq!(site.ask("SELECT count(*) FROM ticket"), Some(4));
    let audit = site.command(&["audit"], b"");
    assert_eq!(audit.status.code(), Some(0), "{audit:?}");
}

#[test]
fn a_store_of_a_newer_program_is_refused_in_words() {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    let database = old_store(&site.store(), RELEASED[0]);
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    for command in [
        &["once"][..],
        &["run"],
        &["ticket", "list"],
        &["audit"],
        &["purge", "--dry-run"],
    ] {
        let output = site.command(command, b"");
        assert!(!output.status.success(), "{command:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("the database has schema 99, but this program knows")
                && said.contains("restore the backup made before the upgrade"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn an_older_store_can_be_backed_up_before_it_is_upgraded() {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    drop(old_store(&site.store(), RELEASED[0]));
    let target = site.dir().join("before.sqlite");
    let output = site.command(&["backup", target.to_str().unwrap()], b"");
    assert!(output.status.success(), "{output:?}");
    let checked = site.command(&["restore", "--check", target.to_str().unwrap()], b"");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("schema 1, 3 tickets"), "{said}");
}
