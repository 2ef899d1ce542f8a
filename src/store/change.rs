//! Changes to a ticket become rows, whatever caused them: a letter, time, an admin.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::origin::Origin;
use super::{StoreError, bounce, estimate, on_call};
use crate::decide::{Change, Edit, Role};
use crate::ticket::{Entry, EntryKind, Passage, TicketNumber};

/// Writes one change. What only a letter can bring about is refused: there is nothing that a row
/// could refer to.
pub(super) fn apply(
    sql: &Connection,
    origin: Origin<'_>,
    change: &Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    match change {
        Change::Open(_) => Err(needs_letter("a new ticket")),
        Change::Conduct { .. } => Err(needs_letter("a technician's conduct")),
        Change::JudgedAgain { .. } => Err(needs_letter("an answer to a question")),
        Change::Returned(_) => Err(needs_letter("a report on a delivery")),
        Change::Add(ticket, entry) => add(sql, *ticket, origin, entry, now),
        Change::Move {
            ticket,
            from,
            to,
            by,
            why,
        } => {
            sql.prepare_cached("UPDATE ticket SET status = ?2, updated_at = ?3 WHERE number = ?1")?
                .execute(params![ticket.0, to.as_str(), now.as_second()])?;
            let passage = Passage {
                from: *from,
                to: *to,
            };
            let page = page(EntryKind::Status, by, format!("{passage}: {why}"));
            add(sql, *ticket, origin, &page, now)
        }
        Change::Edit { ticket, edit, by } => {
            if let Some(told) = set(sql, *ticket, edit, now)? {
                let page = page(EntryKind::Detail, by, told);
                add(sql, *ticket, origin, &page, now)?;
            }
            Ok(())
        }
        Change::Spend { generation } => {
            sql.prepare_cached("UPDATE reply_token SET uses = uses + 1 WHERE generation = ?1")?
                .execute([i64::try_from(*generation).unwrap_or(i64::MAX)])?;
            Ok(())
        }
        Change::Answered(ticket) => estimate::answered(sql, *ticket, now),
        Change::OnCall { request, slots } => on_call::save(sql, request, slots),
        Change::Intervention { window, ticket } => {
            on_call::intervene(sql, origin, *window, *ticket, now)
        }
        Change::Resume(address) => bounce::resume(sql, address, now).map(drop),
    }
}

fn needs_letter(what: &'static str) -> StoreError {
    StoreError::NeedsLetter { what }
}

fn page(kind: EntryKind, by: &str, text: String) -> Entry {
    Entry {
        kind,
        author: by.to_owned(),
        text,
    }
}

/// Changes a detail of a ticket. Returns what its history says of it, if anything.
fn set(
    sql: &Connection,
    ticket: TicketNumber,
    edit: &Edit,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let column = |name: &str, value: &dyn rusqlite::ToSql| {
        sql.prepare_cached(&format!(
            "UPDATE ticket SET {name} = ?2, updated_at = ?3 WHERE number = ?1"
        ))?
        .execute(params![ticket.0, value, now.as_second()])
    };
    let told = match edit {
        Edit::Assignee(handle) => {
            let handle = handle.clone().unwrap_or_default();
            column("assignee", &handle)?;
            format!(
                "assignee: {}",
                if handle.is_empty() { "nobody" } else { &handle }
            )
        }
        Edit::Priority(priority) => {
            column("priority", &priority.as_str())?;
            format!("priority: {priority}")
        }
        Edit::Category(category) => {
            column("category", &category.as_str())?;
            format!("category: {category}")
        }
        Edit::Mutualisation(level, priority) => {
            column("mutualisation", level)?;
            column("priority", &priority.as_str())?;
            format!("mutualisation: {level}, priority: {priority}")
        }
        Edit::Criticality(level, priority) => {
            column("criticality", level)?;
            column("priority", &priority.as_str())?;
            format!("criticality: {level}, priority: {priority}")
        }
        Edit::Question(clause) => {
            column("question", &clause.as_str())?;
            return Ok(None);
        }
        Edit::Backup(backup) => {
            column("backup", &backup.as_str())?;
            format!("data are saved: {}", backup.as_str())
        }
        Edit::Contact(contact) => {
            column("phone", &contact.phone)?;
            column("room", &contact.room)?;
            return Ok(None);
        }
        Edit::WaitUntil(day) => {
            column(
                "wait_until",
                &day.map(|day| day.to_string()).unwrap_or_default(),
            )?;
            match day {
                Some(day) => format!("waits until {day}"),
                None => return Ok(None),
            }
        }
        Edit::Requester(address) => {
            column("requester", address)?;
            column("requester_name", &"")?;
            format!("requester: {address}")
        }
        Edit::MergedInto(other) => {
            column("merged_into", &other.0)?;
            format!("goes on as {other}")
        }
        Edit::Ruling(outcome, clause) => {
            column("outcome", &outcome.as_str())?;
            if let Some(clause) = clause {
                column("clause", &clause.as_str())?;
            }
            column("reserve", &false)?;
            format!("outcome: {outcome}")
        }
        Edit::Join(address, role) => {
            join(sql, ticket, address, *role)?;
            format!("takes part: {address}")
        }
        Edit::Watch(handle) => {
            sql.prepare_cached(
                "INSERT OR IGNORE INTO watcher (ticket, technician) VALUES (?1, ?2)",
            )?
            .execute(params![ticket.0, handle])?;
            return Ok(None);
        }
    };
    Ok(Some(told))
}

/// Adds somebody to a ticket. Of requesters there is one: another one makes the former a copy.
pub(super) fn join(
    sql: &Connection,
    ticket: TicketNumber,
    address: &str,
    role: Role,
) -> Result<(), StoreError> {
    if role == Role::Requester {
        sql.prepare_cached("UPDATE participant SET role = 'copy' WHERE ticket = ?1")?
            .execute([ticket.0])?;
    }
    sql.prepare_cached(
        "INSERT INTO participant (ticket, address, role) VALUES (?1, ?2, ?3)
         ON CONFLICT (ticket, address) DO UPDATE SET role = excluded.role
           WHERE excluded.role = 'requester'",
    )?
    .execute(params![ticket.0, address, role.as_str()])?;
    Ok(())
}

/// Writes a page of a ticket's history.
pub(super) fn add(
    sql: &Connection,
    ticket: TicketNumber,
    origin: Origin<'_>,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO entry (ticket, at, kind, author, letter, text, occurrence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        ticket.0,
        now.as_second(),
        entry.kind.as_str(),
        entry.author,
        origin.letter(),
        entry.text,
        origin.occurrence(),
    ])?;
    Ok(())
}
