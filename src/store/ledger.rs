//! The rows that figures are made of, see [`crate::figures`].
//!
//! Tickets, their steps and the letters' dates, without a word of anybody's. It reads the tables of
//! tickets and letters from one end to the other, some ten thousand short rows a year: for a
//! command, a page a week, not for every letter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::context::word;
use super::journal::{timestamp, unsigned};
use super::{StoreError, View};
use crate::figures::{Ledger, Request, Step};
use crate::ticket::{Passage, TicketNumber};

/// Tickets that bear on anything since an instant.
const CONCERNED: &str = "(ticket.created_at >= ?1 OR ticket.updated_at >= ?1 OR ticket.status IN
    ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested', 'refused_provisional'))";

impl View {
    /// Everything that bears on the time since an instant.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger(&self, since: Timestamp) -> Result<Ledger, StoreError> {
        let sql = &self.connection;
        let mut requests = requests(sql, since)?;
        for (ticket, step) in steps(sql, since)? {
            if let Some(request) = requests.get_mut(&ticket) {
                request.steps.push(step);
            }
        }
        let began: Option<i64> =
            sql.query_row("SELECT min(created_at) FROM ticket", [], |row| row.get(0))?;
        let held: i64 = sql.query_row(
            "SELECT count(*) FROM letter WHERE state = 'decided' AND disposition = 'held'",
            [],
            |row| row.get(0),
        )?;
        Ok(Ledger {
            requests: requests.into_values().collect(),
            letters: letters(sql, since)?,
            began: began.map(timestamp).transpose()?,
            held: unsigned(held),
        })
    }
}

fn requests(
    sql: &Connection,
    since: Timestamp,
) -> Result<BTreeMap<TicketNumber, Request>, StoreError> {
    // A letter that was released after a while has waited since it came.
    let mut statement = sql.prepare(&format!(
        "SELECT ticket.number, min(letter.received_at, ticket.created_at), ticket.category,
           ticket.priority, ticket.status, ticket.clause, ticket.assignee,
           ticket.merged_into IS NOT NULL, ticket.first_answer_at
         FROM ticket JOIN letter ON letter.id = ticket.letter WHERE {CONCERNED}"
    ))?;
    let mut rows = statement.query([since.as_second()])?;
    let mut requests = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let request = request(row)?;
        requests.insert(request.ticket, request);
    }
    Ok(requests)
}

fn request(row: &Row<'_>) -> Result<Request, StoreError> {
    let text = |at: usize| -> Result<String, StoreError> { Ok(row.get(at)?) };
    let first_answer: Option<i64> = row.get(8)?;
    Ok(Request {
        ticket: TicketNumber(row.get(0)?),
        asked: timestamp(row.get(1)?)?,
        category: word("category", &text(2)?)?,
        priority: word("priority", &text(3)?)?,
        status: word("ticket state", &text(4)?)?,
        clause: text(5)?,
        assignee: text(6)?,
        merged: row.get(7)?,
        first_answer: first_answer.map(timestamp).transpose()?,
        steps: Vec::new(),
    })
}

fn steps(sql: &Connection, since: Timestamp) -> Result<Vec<(TicketNumber, Step)>, StoreError> {
    let mut statement = sql.prepare(&format!(
        "SELECT entry.ticket, entry.at, substr(entry.text, 1, 80)
         FROM ticket JOIN entry ON entry.ticket = ticket.number
         WHERE entry.kind = 'status' AND {CONCERNED} ORDER BY entry.id"
    ))?;
    let mut rows = statement.query([since.as_second()])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        let page: String = row.get(2)?;
        if let Some(passage) = Passage::read(&page) {
            let at = timestamp(row.get(1)?)?;
            steps.push((TicketNumber(row.get(0)?), Step { at, passage }));
        }
    }
    Ok(steps)
}

fn letters(
    sql: &Connection,
    since: Timestamp,
) -> Result<BTreeMap<String, Vec<Timestamp>>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT disposition, received_at FROM letter WHERE state = 'decided' AND received_at >= ?1",
    )?;
    let mut rows = statement.query(params![since.as_second()])?;
    let mut letters: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let at = timestamp(row.get(1)?)?;
        letters.entry(row.get(0)?).or_default().push(at);
    }
    Ok(letters)
}
