//! What a run would remove, and what runs removed.

use serde::Serialize;

use super::{ENDED, FILED, Tally};
use crate::privacy::{Cutoffs, Rule};
use crate::store::journal::unsigned;
use crate::store::{StoreError, View};

/// One line of the log of what was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurgeLine {
    /// When the run began, Unix seconds.
    pub at: i64,
    /// The step.
    pub rule: String,
    /// What ended before this instant was due; 0 for a person.
    pub before: i64,
    /// Tickets.
    pub tickets: i64,
    /// Letters.
    pub letters: i64,
    /// Rows of the outbox.
    pub rows: i64,
    /// Bytes.
    pub bytes: i64,
    /// The lowest number.
    pub first: i64,
    /// The highest.
    pub last: i64,
    /// An admin's reason, for a person.
    pub why: String,
}

/// What a step looks for, in SQL.
struct Due {
    ticket: &'static str,
    letter: &'static str,
    row: &'static str,
}

impl Due {
    fn of(rule: Rule) -> Self {
        match rule {
            Rule::Attachments => Self {
                ticket: "ticket.kept = 'all'",
                letter: "letter.kept = 'all' AND EXISTS (SELECT 1 FROM attachment
                           WHERE attachment.letter = letter.id)",
                row: "outbox.kept = 'all' AND instr(bytes, CAST('multipart/mixed' AS BLOB)) > 0",
            },
            Rule::Texts | Rule::Person => Self {
                ticket: "ticket.kept = 'all'",
                letter: "letter.kept <> 'nothing'",
                row: "outbox.kept <> 'nothing'",
            },
            Rule::Records => Self {
                ticket: "ticket.kept = 'nothing'",
                letter: "letter.kept = 'nothing' AND letter.acknowledged = 'moved'",
                row: "outbox.kept = 'nothing'",
            },
        }
    }
}

impl View {
    /// What each step would remove now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn purgeable(&self, cutoffs: &Cutoffs) -> Result<Vec<(Rule, Tally)>, StoreError> {
        let mut plan = Vec::new();
        for rule in Rule::BY_AGE {
            let due = Due::of(rule);
            let mut counted = self.connection.query_row(
                &format!(
                    "SELECT count(DISTINCT letter.ticket), count(*), coalesce(sum(length(raw.bytes)), 0),
                       coalesce(min(coalesce(letter.ticket, letter.id)), 0),
                       coalesce(max(coalesce(letter.ticket, letter.id)), 0)
                     FROM letter LEFT JOIN raw ON raw.letter = letter.id
                       LEFT JOIN ticket ON ticket.number = letter.ticket
                     WHERE {} AND ({FILED} OR ({} AND {ENDED}))",
                    due.letter, due.ticket
                ),
                [cutoffs.of(rule)],
                |row| {
                    Ok(Tally {
                        tickets: unsigned(row.get(0)?),
                        letters: unsigned(row.get(1)?),
                        rows: 0,
                        bytes: unsigned(row.get(2)?),
                        first: row.get(3)?,
                        last: row.get(4)?,
                    })
                },
            )?;
            let rows = self.connection.query_row(
                &format!(
                    "SELECT count(*) FROM outbox JOIN ticket ON ticket.number = outbox.ticket
                     WHERE {} AND {} AND {ENDED}",
                    due.row, due.ticket
                ),
                [cutoffs.of(rule)],
                |row| row.get(0),
            )?;
            counted.rows = unsigned(rows);
            plan.push((rule, counted));
        }
        Ok(plan)
    }

    /// Tickets that are older than their words may be and do not age, because they never ended.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn never_ended(&self, cutoffs: &Cutoffs) -> Result<u64, StoreError> {
        let found = self.connection.query_row(
            "SELECT count(*) FROM ticket WHERE kept = 'all' AND updated_at < ?1
               AND status NOT IN ('resolved', 'closed', 'refused')",
            [cutoffs.texts],
            |row| row.get(0),
        )?;
        Ok(unsigned(found))
    }

    /// What was removed, newest run first, at most `limit` lines.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn purged(&self, limit: u32) -> Result<Vec<PurgeLine>, StoreError> {
        let mut lines = self.connection.prepare(
            "SELECT at, rule, before, tickets, letters, rows, bytes, first, last, why FROM purge
             ORDER BY at DESC, rule LIMIT ?1",
        )?;
        let lines = lines.query_map([limit], |row| {
            Ok(PurgeLine {
                at: row.get(0)?,
                rule: row.get(1)?,
                before: row.get(2)?,
                tickets: row.get(3)?,
                letters: row.get(4)?,
                rows: row.get(5)?,
                bytes: row.get(6)?,
                first: row.get(7)?,
                last: row.get(8)?,
                why: row.get(9)?,
            })
        })?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}
