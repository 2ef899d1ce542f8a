//! Where bytes name somebody: raw letters, what was sent, and the database's own files, free space
//! included. Linear, one letter in memory at a time.

use std::path::Path;

use rusqlite::Connection;

use crate::privacy::redact::Needles;
use crate::store::journal::{expand, unsigned};
use crate::store::{DATABASE, StoreError};

/// The letters whose raw bytes name somebody.
pub(super) fn letters_naming(sql: &Connection, needles: &Needles) -> Result<Vec<i64>, StoreError> {
    let mut letters = sql.prepare(
        "SELECT letter.id, length, bytes FROM raw JOIN letter ON letter.id = raw.letter
         WHERE letter.state = 'decided'",
    )?;
    let mut rows = letters.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_blob().unwrap_or_default();
        let raw = expand(bytes, unsigned(row.get(1)?)).unwrap_or_default();
        if needles.are_in(&String::from_utf8_lossy(&raw)) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The rows of the outbox whose bytes name somebody: those that are settled, and those that wait.
pub(super) fn rows_naming(
    sql: &Connection,
    needles: &Needles,
) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    let mut all = sql.prepare("SELECT id, bytes, state FROM outbox WHERE length(bytes) > 0")?;
    let mut rows = all.query([])?;
    let (mut settled, mut waiting) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob().unwrap_or_default();
        if needles.are_in(&String::from_utf8_lossy(bytes)) {
            let state: String = row.get(2)?;
            let list = match state.as_str() {
                "pending" | "sending" | "held" => &mut waiting,
                _ => &mut settled,
            };
            list.push(row.get(0)?);
        }
    }
    Ok((settled, waiting))
}

/// Whether the files of the database still name somebody, in rows or in free space.
pub(super) fn remains(directory: &Path, needles: &Needles) -> std::io::Result<bool> {
    use std::io::Read as _;
    /// No address and no name is longer.
    const OVERLAP: usize = 1_024;
    for end in ["", "-wal"] {
        let file = directory.join(format!("{DATABASE}{end}"));
        let mut open = match std::fs::File::open(&file) {
            Ok(open) => open,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut window: Vec<u8> = Vec::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = open.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
                break;
            };
            window.extend_from_slice(part);
            if needles.are_in_bytes(&window) {
                return Ok(true);
            }
            let keep = window.len().saturating_sub(OVERLAP);
            window.drain(..keep);
        }
    }
    Ok(false)
}
