//! Where the database can name somebody: the register of its columns.
//!
//! Every column of every table stands here, either among those that may name somebody (addresses,
//! names, words of a letter, text an admin typed) or among those that cannot. An erasure looks
//! through all of the first kind, and a test compares the register with the schema: a new column
//! has to be judged before it can be used.
//!
//! Kept on purpose, though made from a letter: `content_key` and `raw_sha256` (a letter that comes
//! again is still known; nothing leads back from them), and where it lay on its server.

use rusqlite::Connection;

use super::StoreError;
use crate::privacy::redact::Needles;

/// One table of the register.
pub(super) struct Personal {
    pub(super) table: &'static str,
    /// Text that may name somebody.
    pub(super) words: &'static [&'static str],
    /// What cannot, and bytes that are looked through apart (`raw.bytes`, `outbox.bytes`).
    #[cfg_attr(not(test), expect(dead_code, reason = "the test below judges by it"))]
    pub(super) rest: &'static [&'static str],
}

/// The register, by table.
pub(super) const REGISTER: [Personal; 24] = [
    Personal {
        table: "alarm",
        words: &["cause", "detail"],
        rest: &["id", "began_at", "ended_at", "number"],
    },
    Personal {
        table: "alarm_told",
        words: &[],
        rest: &["alarm", "at", "word", "way"],
    },
    Personal {
        table: "attachment",
        words: &["sender", "name"],
        rest: &["letter", "number", "media_type", "size", "sha256", "inline"],
    },
    Personal {
        table: "attempt",
        words: &["answer"],
        rest: &[
            "outbox", "number", "began_at", "ended_at", "phase", "outcome", "code",
        ],
    },
    Personal {
        table: "conduct",
        words: &["technician", "why"],
        rest: &["letter", "at", "obeyed", "ordered"],
    },
    Personal {
        table: "entry",
        words: &["author", "text"],
        rest: &["id", "ticket", "at", "kind", "letter", "occurrence"],
    },
    Personal {
        table: "expectation",
        words: &[],
        rest: &["ticket", "snapshot", "cases", "half", "due", "told"],
    },
    Personal {
        table: "failing",
        words: &["address", "reason"],
        rest: &["failures", "last_at", "suspended_at"],
    },
    Personal {
        table: "intervention",
        words: &[],
        rest: &["letter", "on_call", "ticket", "at"],
    },
    Personal {
        table: "letter",
        words: &["reason", "message_id", "sender", "subject"],
        rest: &[
            "imported",
            "id",
            "mailbox",
            "epoch",
            "uid",
            "received_at",
            "journaled_at",
            "size",
            "raw_sha256",
            "attempts",
            "state",
            "disposition",
            "rule",
            "ticket",
            "content_key",
            "decided_at",
            "acknowledged",
            "rescan",
            "shelf",
            "review",
            "kept",
        ],
    },
    Personal {
        table: "occurrence",
        words: &["reason"],
        rest: &["id", "cause", "ticket", "at"],
    },
    Personal {
        table: "on_call",
        words: &["request"],
        rest: &["ticket", "state", "mark_year", "mark_serial"],
    },
    Personal {
        table: "on_call_slot",
        words: &[],
        rest: &["ticket", "from_at", "until_at"],
    },
    Personal {
        table: "outbox",
        words: &[
            "dedupe_key",
            "recipient",
            "message_id",
            "answer",
            "technician",
        ],
        rest: &[
            "lost",
            "id",
            "ticket",
            "letter",
            "kind",
            "sender",
            "domain",
            "inside",
            "bytes",
            "created_at",
            "state",
            "hold",
            "phase",
            "attempts",
            "first_at",
            "due_at",
            "code",
            "unknown_ends",
            "server_fault",
            "settled_at",
            "occurrence",
            "covers",
            "kept",
        ],
    },
    Personal {
        table: "participant",
        words: &["address"],
        rest: &["ticket", "role"],
    },
    Personal {
        table: "purge",
        words: &["why"],
        rest: &[
            "at", "rule", "before", "tickets", "letters", "rows", "bytes", "first", "last",
        ],
    },
    Personal {
        table: "raw",
        words: &[],
        rest: &["letter", "length", "bytes"],
    },
    Personal {
        table: "reply_token",
        words: &["technician", "extra"],
        rest: &[
            "generation",
            "ticket",
            "issued_at",
            "expires_at",
            "uses",
            "revoked",
        ],
    },
    Personal {
        table: "review",
        words: &["why", "reason", "trace", "actor"],
        rest: &["id", "letter", "at", "act", "disposition", "rule"],
    },
    Personal {
        table: "setting",
        words: &["value"],
        rest: &["name"],
    },
    Personal {
        table: "ticket",
        words: &[
            "subject",
            "requester",
            "requester_name",
            "answer_reason",
            "assignee",
            "phone",
            "room",
        ],
        rest: &[
            "number",
            "letter",
            "created_at",
            "updated_at",
            "status",
            "language",
            "outcome",
            "clause",
            "reserve",
            "category",
            "criticality",
            "mutualisation",
            "priority",
            "answer",
            "wait_until",
            "merged_into",
            "stands_since",
            "look_at",
            "kept",
            "first_answer_at",
            "awaits_since",
            "opened_priority",
            "opened_category",
            "question",
            "answer_letter",
            "backup",
        ],
    },
    Personal {
        table: "trace",
        words: &["body"],
        rest: &["letter"],
    },
    Personal {
        table: "waiting_file",
        words: &["name"],
        rest: &["letter", "place", "ticket", "media_type", "bytes"],
    },
    Personal {
        table: "watcher",
        words: &["technician"],
        rest: &["ticket"],
    },
];

/// Calls `each` with every text of the database that may name somebody, by table and column.
pub(super) fn each_text(
    sql: &Connection,
    mut each: impl FnMut(&'static str, &'static str, &str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for personal in &REGISTER {
        for column in personal.words {
            let mut texts = sql.prepare(&format!(
                "SELECT {column} FROM {} WHERE {column} <> ''",
                personal.table
            ))?;
            let mut rows = texts.query([])?;
            while let Some(row) = rows.next()? {
                let text = row.get_ref(0)?.as_str().unwrap_or_default();
                each(personal.table, column, text)?;
            }
        }
    }
    Ok(())
}

/// The texts that name somebody who is looked for, each once, with table and column.
pub(super) fn naming(
    sql: &Connection,
    needles: &Needles,
) -> Result<Vec<(&'static str, &'static str, String)>, StoreError> {
    let mut found = Vec::new();
    each_text(sql, |table, column, text| {
        if needles.are_in(text) {
            found.push((table, column, text.to_owned()));
        }
        Ok(())
    })?;
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Without this an erasure would pass by a column that somebody added.
    #[test]
    fn ok_every_column_of_the_schema_is_in_the_register_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::schema::migrate(&mut connection).unwrap();
        let mut columns = connection
            .prepare(
                "SELECT t.name || '.' || c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
                 WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
            )
            .unwrap();
        let there: BTreeSet<String> = columns
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let listed: Vec<String> = REGISTER
            .iter()
            .flat_map(|one| {
                let columns = one.words.iter().chain(one.rest);
                columns.map(|column| format!("{}.{column}", one.table))
            })
            .collect();
        let judged: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(
            judged, there,
            "judge each new column: may it name somebody?"
        );
        assert_eq!(judged.len(), listed.len(), "a column is listed twice");
    }
}
