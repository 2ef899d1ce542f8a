//! I4: the bytes that are kept are those that came, letter by letter.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{Breach, Listener, Progress};
use crate::store::StoreError;
use crate::store::journal::{expand, unsigned};

/// Letters between two words of progress.
const STEP: u64 = 250;

pub(super) fn look(sql: &Connection, listener: &mut dyn Listener) -> Result<(), StoreError> {
    let all: i64 = sql.query_row("SELECT count(*) FROM letter", [], |row| row.get(0))?;
    let mut letters = sql.prepare(
        "SELECT letter.id, raw_sha256, kept, raw.length, raw.bytes
         FROM letter LEFT JOIN raw ON raw.letter = letter.id ORDER BY letter.id",
    )?;
    let mut rows = letters.query([])?;
    let mut done = 0;
    while let Some(row) = rows.next()? {
        if done % STEP == 0 {
            listener.progress(Progress {
                what: "letters",
                done,
                all: unsigned(all),
            });
        }
        done += 1;
        let (id, sha256, kept): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let length: Option<i64> = row.get(3)?;
        let raw = match length {
            None => None,
            Some(length) => {
                let bytes = row.get_ref(4)?.as_blob().unwrap_or_default();
                Some(expand(bytes, unsigned(length)).ok())
            }
        };
        if let Some(found) = wrong(&kept, raw.as_ref().map(Option::as_deref), &sha256) {
            listener.breach(Breach {
                rule: "I4",
                about: format!("letter {id}"),
                found: found.to_owned(),
                expected: if kept == "nothing" {
                    "no word of a letter whose time is over"
                } else {
                    "the bytes that came"
                },
                todo: if kept == "nothing" {
                    "run `guichet purge`, and if it stays, write to whoever maintains guichet"
                } else {
                    "fetch the letter from the mail server or restore a backup"
                },
            });
        }
    }
    Ok(())
}

/// What is wrong with the bytes of a letter: `None` if it has none, `Some(None)` if they cannot be
/// expanded.
fn wrong(kept: &str, raw: Option<Option<&[u8]>>, sha256: &str) -> Option<&'static str> {
    match (kept, raw) {
        ("nothing", Some(_)) => Some("its bytes are still there"),
        ("nothing" | "text", None) => None,
        (_, None) => Some("its bytes are gone"),
        (_, Some(None)) => Some("its bytes cannot be expanded"),
        ("text", Some(Some(_))) => None,
        (_, Some(Some(raw))) => {
            let found = data_encoding::HEXLOWER.encode(&Sha256::digest(raw));
            (found != sha256).then_some("it has other bytes")
        }
    }
}
