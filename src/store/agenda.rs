//! What waits for technicians: the rows that a digest is made of, see [`crate::digest`].

use rusqlite::{Connection, Row};

use super::context::word;
use super::journal::timestamp;
use super::{StoreError, View};
use crate::digest::{Agenda, HeldLetter, Item};
use crate::ticket::TicketNumber;

/// Held letters that are named; more are a matter for an admin, who counts them elsewhere.
const HELD: u32 = 200;

impl View {
    /// Every open ticket and every refusal to look through, oldest first, and the letters that are
    /// held.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn agenda(&self) -> Result<Agenda, StoreError> {
        Ok(Agenda {
            items: items(&self.connection)?,
            held: held(&self.connection)?,
        })
    }
}

fn items(sql: &Connection) -> Result<Vec<Item>, StoreError> {
    // Whether a flag is a refusal that was prepared stands only in the trace.
    let mut statement = sql.prepare(
        "SELECT number, status, created_at, stands_since, priority, category, subject,
           CASE requester_name WHEN '' THEN requester ELSE requester_name END, assignee, outcome,
           CASE WHEN status = 'new' AND outcome = 'flag' AND clause <> '' THEN
             coalesce((SELECT json_extract(body, '$.verdict.proposed') FROM trace
                       WHERE trace.letter = ticket.letter), 0)
           ELSE 0 END
         FROM ticket
         WHERE status IN ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested',
             'refused_provisional') AND merged_into IS NULL
         ORDER BY created_at, number",
    )?;
    let mut rows = statement.query([])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(item(row)?);
    }
    Ok(items)
}

fn item(row: &Row<'_>) -> Result<Item, StoreError> {
    let text = |at: usize| -> Result<String, StoreError> { Ok(row.get(at)?) };
    Ok(Item {
        ticket: TicketNumber(row.get(0)?),
        status: word("ticket state", &text(1)?)?,
        asked: timestamp(row.get(2)?)?,
        stands_since: timestamp(row.get(3)?)?,
        priority: word("priority", &text(4)?)?,
        category: word("category", &text(5)?)?,
        subject: text(6)?,
        requester: text(7)?,
        assignee: text(8)?,
        outcome: word("outcome", &text(9)?)?,
        proposed: row.get(10)?,
    })
}

fn held(sql: &Connection) -> Result<Vec<HeldLetter>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT id, received_at, sender, subject FROM letter
         WHERE state = 'decided' AND disposition = 'held' ORDER BY id LIMIT ?1",
    )?;
    let mut rows = statement.query([HELD])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(HeldLetter {
            letter: row.get(0)?,
            at: timestamp(row.get(1)?)?,
            sender: row.get(2)?,
            subject: row.get(3)?,
        });
    }
    Ok(held)
}
