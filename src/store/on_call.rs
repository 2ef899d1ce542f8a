//! On-call requests beside their tickets, the windows that are open, and what came in them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::candidate::instant;
use super::origin::Origin;
use super::{Store, StoreError, View};
use crate::oncall::{Intervention, OnCall, Slot, State, Window};
use crate::ticket::TicketNumber;

/// Windows that are open at once at most, as far as one letter asks.
const WINDOWS: i64 = 50;
/// Interventions that are listed at most.
const INTERVENTIONS: i64 = 500;
/// The states in which what was granted stands.
const STANDING: &str = "('approved', 'approved_changed', 'changing', 'proposed', 'active')";
/// The states in which something may fall due.
const WAITING: &str =
    "('pending', 'proposed', 'approved', 'approved_changed', 'changing', 'active')";

/// Writes a request, and the stretches of what is granted.
pub(super) fn save(sql: &Connection, request: &OnCall, slots: &[Slot]) -> Result<(), StoreError> {
    let body = serde_json::to_string(request).map_err(|_| StoreError::Unexpected {
        what: "an on-call request that cannot be written down".to_owned(),
    })?;
    let mark = request.mark;
    let ticket = request.ticket.0;
    sql.prepare_cached(
        "INSERT INTO on_call (ticket, state, request, mark_year, mark_serial)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (ticket) DO UPDATE SET state = excluded.state, request = excluded.request,
           mark_year = excluded.mark_year, mark_serial = excluded.mark_serial",
    )?
    .execute(params![
        ticket,
        request.state.as_str(),
        body,
        mark.map_or(0, |mark| i64::from(mark.year)),
        mark.map_or(0, |mark| i64::from(mark.serial)),
    ])?;
    sql.prepare_cached("DELETE FROM on_call_slot WHERE ticket = ?1")?
        .execute([ticket])?;
    let mut insert = sql.prepare_cached(
        "INSERT OR IGNORE INTO on_call_slot (ticket, from_at, until_at) VALUES (?1, ?2, ?3)",
    )?;
    for slot in slots {
        insert.execute(params![
            ticket,
            slot.from.as_second(),
            slot.until.as_second()
        ])?;
    }
    Ok(())
}

/// Notes that a letter came in a window.
pub(super) fn intervene(
    sql: &Connection,
    origin: Origin<'_>,
    window: TicketNumber,
    ticket: TicketNumber,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(letter) = origin.letter() else {
        return Err(StoreError::NeedsLetter {
            what: "an intervention",
        });
    };
    sql.prepare_cached(
        "INSERT OR IGNORE INTO intervention (letter, on_call, ticket, at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![letter, window.0, ticket.0, now.as_second()])?;
    Ok(())
}

/// The request beside a ticket, with what came in its window.
pub(super) fn load(sql: &Connection, ticket: i64) -> Result<Option<OnCall>, StoreError> {
    let body: Option<String> = sql
        .prepare_cached("SELECT request FROM on_call WHERE ticket = ?1")?
        .query_row([ticket], |row| row.get(0))
        .optional()?;
    let Some(body) = body else {
        return Ok(None);
    };
    let mut request = read(&body)?;
    request.interventions = interventions(sql, ticket)?;
    request.serials = serials(sql)?;
    Ok(Some(request))
}

fn read(body: &str) -> Result<OnCall, StoreError> {
    serde_json::from_str(body).map_err(|_| StoreError::Unexpected {
        what: "an on-call request of another shape".to_owned(),
    })
}

/// The highest serial of each year.
fn serials(sql: &Connection) -> Result<BTreeMap<i16, u32>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT mark_year, max(mark_serial) FROM on_call WHERE mark_serial > 0 GROUP BY mark_year",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn interventions(sql: &Connection, ticket: i64) -> Result<Vec<Intervention>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT i.ticket, i.at,
           (SELECT min(e.at) FROM entry e WHERE e.ticket = i.ticket AND e.kind = 'answer' AND e.at >= i.at),
           (SELECT max(e.at) FROM entry e WHERE e.ticket = i.ticket AND e.kind = 'status'
              AND e.at >= i.at AND e.text LIKE '%→ resolved:%')
         FROM intervention i WHERE i.on_call = ?1 ORDER BY i.at, i.letter LIMIT ?2",
    )?;
    let rows = statement.query_map([ticket, INTERVENTIONS], intervention)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn intervention(row: &Row<'_>) -> rusqlite::Result<Intervention> {
    let at = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(instant))
    };
    Ok(Intervention {
        ticket: TicketNumber(row.get(0)?),
        at: instant(row.get(1)?),
        answered: at(2)?,
        resolved: at(3)?,
    })
}

/// The window that covered a letter of a ticket last.
pub(super) fn covered_by(
    sql: &Connection,
    ticket: i64,
) -> Result<Option<TicketNumber>, StoreError> {
    Ok(sql
        .prepare_cached(
            "SELECT on_call FROM intervention WHERE ticket = ?1 ORDER BY at DESC, letter DESC LIMIT 1",
        )?
        .query_row([ticket], |row| row.get(0).map(TicketNumber))
        .optional()?)
}

/// The windows that are open at an instant.
pub(super) fn windows(sql: &Connection, now: Timestamp) -> Result<Vec<Window>, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT o.request, t.requester, s.from_at, s.until_at
         FROM on_call_slot s JOIN on_call o ON o.ticket = s.ticket
           JOIN ticket t ON t.number = o.ticket
         WHERE s.until_at > ?1 AND s.from_at <= ?1 AND o.state IN {STANDING}
         ORDER BY o.ticket LIMIT ?2"
    ))?;
    let mut people = sql.prepare_cached("SELECT address FROM participant WHERE ticket = ?1")?;
    let mut rows = statement.query([now.as_second(), WINDOWS])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let request = read(&row.get::<_, String>(0)?)?;
        let (Some(grant), Some(mark)) = (request.grant, request.mark) else {
            continue;
        };
        let people: BTreeSet<String> = people
            .query_map([request.ticket.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        found.push(Window {
            ticket: request.ticket,
            mark,
            slot: Slot {
                from: instant(row.get(2)?),
                until: instant(row.get(3)?),
            },
            agent: grant.agent,
            requester: row.get(1)?,
            people,
            place: request.asked.place,
            systems: request.asked.systems,
        });
    }
    Ok(found)
}

impl Store {
    /// The tickets of requests in which something may fall due: few, for each ends.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn on_calls_waiting(&self) -> Result<Vec<TicketNumber>, StoreError> {
        self.writer
            .run(|scope| {
                let mut statement = scope.sql.prepare_cached(&format!(
                    "SELECT ticket FROM on_call WHERE state IN {WAITING} ORDER BY ticket"
                ))?;
                let rows = statement.query_map([], |row| row.get(0).map(TicketNumber))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// A request with what its ticket says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OnCallLine {
    /// Whose it is: an address.
    pub requester: String,
    /// The subject of the ticket.
    pub subject: String,
    /// The request.
    #[serde(flatten)]
    pub request: OnCall,
    /// What came while it was open.
    pub interventions: Vec<Intervention>,
}

impl View {
    /// The requests, by their tickets; without `all`, those that are not over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn on_calls(&self, all: bool) -> Result<Vec<OnCallLine>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT o.ticket, t.requester, t.subject, o.state
             FROM on_call o JOIN ticket t ON t.number = o.ticket ORDER BY o.ticket",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let state: String = row.get(3)?;
            let state: State = super::context::word("on-call state", &state)?;
            let over = state.is_over() || state == State::Denied;
            if all || !over {
                found.extend(self.on_call_line(row.get(0)?, row.get(1)?, row.get(2)?)?);
            }
        }
        Ok(found)
    }

    /// The request beside a ticket.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none.
    pub fn on_call(&self, ticket: i64) -> Result<OnCallLine, StoreError> {
        let head: Option<(String, String)> = self
            .connection
            .prepare("SELECT requester, subject FROM ticket WHERE number = ?1")?
            .query_row([ticket], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let missing = || StoreError::Missing {
            what: format!("on-call request beside ticket {ticket}"),
        };
        let (requester, subject) = head.ok_or_else(missing)?;
        self.on_call_line(ticket, requester, subject)?
            .ok_or_else(missing)
    }

    fn on_call_line(
        &self,
        ticket: i64,
        requester: String,
        subject: String,
    ) -> Result<Option<OnCallLine>, StoreError> {
        Ok(
            load(&self.connection, ticket)?.map(|mut request| OnCallLine {
                requester,
                subject,
                interventions: std::mem::take(&mut request.interventions),
                request,
            }),
        )
    }
}
