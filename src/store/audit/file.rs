//! I16: the file is whole, its schema is the one this program makes, and its directory is ours.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::{Breach, Listener, Progress, Terms};
use crate::store::{DATABASE, StoreError, schema};

const RESTORE: &str = "keep the file, stop guichet and put a backup back with `guichet restore`";

/// Findings of one kind that are told; a file that is damaged all over says so often enough.
const MANY: usize = 20;

/// What lies in the directory of a store.
const KNOWN: [&str; 6] = [
    DATABASE,
    "guichet.sqlite-wal",
    "guichet.sqlite-shm",
    "guichet.lock",
    "ticket-numbers",
    "inject",
];

/// What may lie there: keys, the door of a running gateway, and what a restore kept aside.
const MAY: [&str; 3] = ["token-keys", "control.sock", super::super::backup::ASIDE];

pub(super) fn whole(sql: &Connection, listener: &mut dyn Listener) -> Result<(), StoreError> {
    listener.progress(Progress {
        what: "the file",
        done: 0,
        all: 1,
    });
    let mut check = sql.prepare("PRAGMA integrity_check(20)")?;
    let mut lines = check.query([])?;
    while let Some(line) = lines.next()? {
        let found: String = line.get(0)?;
        if found != "ok" {
            listener.breach(Breach {
                rule: "I16",
                about: "the database".to_owned(),
                found,
                expected: "a whole file",
                todo: RESTORE,
            });
        }
    }
    let mut check = sql.prepare(
        "SELECT \"table\", coalesce(rowid, 0), parent FROM pragma_foreign_key_check LIMIT ?1",
    )?;
    let mut rows = check.query([i64::try_from(MANY).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        listener.breach(Breach {
            rule: "I16",
            about: format!("row {id} of `{table}`"),
            found: format!("it refers to a row of `{parent}` that is not there"),
            expected: "every reference to lead somewhere",
            todo: RESTORE,
        });
    }
    Ok(())
}

/// The definitions of tables and indexes, by kind and name.
fn definitions(sql: &Connection) -> Result<BTreeMap<(String, String), String>, StoreError> {
    let mut all = sql.prepare(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'",
    )?;
    let all = all.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(all.collect::<Result<_, _>>()?)
}

pub(super) fn schema(sql: &Connection, listener: &mut dyn Listener) -> Result<(), StoreError> {
    let mut fresh = Connection::open_in_memory()?;
    schema::migrate(&mut fresh)?;
    let (ours, theirs) = (definitions(&fresh)?, definitions(sql)?);
    let mut tell = |(kind, name): &(String, String), found: &str| {
        listener.breach(Breach {
            rule: "I16",
            about: format!("the {kind} `{name}`"),
            found: found.to_owned(),
            expected: "the schema that this program makes",
            todo: "put back what was changed by hand, or restore a backup",
        });
    };
    for (key, definition) in &ours {
        match theirs.get(key) {
            None => tell(key, "it is missing"),
            Some(found) if found != definition => tell(key, "it is defined otherwise"),
            Some(_) => {}
        }
    }
    for key in theirs.keys().filter(|key| !ours.contains_key(*key)) {
        tell(key, "nobody knows it");
    }
    Ok(())
}

pub(super) fn beside(
    sql: &Connection,
    terms: &Terms,
    listener: &mut dyn Listener,
) -> Result<(), StoreError> {
    let Some(directory) = sql.path().map(Path::new).and_then(Path::parent) else {
        return Ok(());
    };
    let failed = |source| StoreError::Directory {
        directory: directory.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let name = entry
            .map_err(failed)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        let known = KNOWN.contains(&name.as_str())
            || MAY.contains(&name.as_str())
            || terms.beside.contains(&name);
        if !known {
            listener.breach(Breach {
                rule: "I16",
                about: "the store's directory".to_owned(),
                found: format!("`{name}` lies in it"),
                expected: "nothing but what guichet puts there",
                todo: "find out whose it is and move it away",
            });
        }
    }
    Ok(())
}
