//! What a decision says becomes rows of the outbox, and the tokens in it rows of their own.

use rusqlite::{Connection, OptionalExtension, params};

use jiff::Timestamp;

use crate::compose::notice_letter::OutboundMessage;
use crate::decide::Answer;
use crate::notice::Timing;
use crate::store::StoreError;
use crate::store::budget::{domain_of, gate};
use crate::store::context::{At, Totals};
use crate::store::origin::Origin;

/// Adds one letter to the outbox.
pub(in crate::store) fn queue(
    sql: &Connection,
    origin: Origin<'_>,
    message: &OutboundMessage,
    at: &At<'_>,
    answer: &Answer,
    totals: &mut Totals,
) -> Result<(), StoreError> {
    let now = at.now;
    let mut entrance = gate(sql, at, message, totals)?;
    // What waits for an admin is the automatic answer, never what the team has to know; but of a
    // heap that fell due at once, everything.
    let waits = !message.kind.is_inside() || origin.occurrence().is_some();
    if let (Answer::Held(why), "pending", true) = (answer, entrance.state, waits) {
        (entrance.state, entrance.hold, entrance.why) = ("held", "budget", why.clone());
    }
    let (due_at, covers) = match message.timing {
        Timing::Now => (now.as_second(), 0),
        Timing::Merged { pause, replaces } => {
            let first = replaces
                .map(|row| withdraw(sql, row))
                .transpose()?
                .flatten();
            match first {
                Some(kept) => kept,
                None => {
                    let first = match message.ticket {
                        Some(ticket) => first_page(sql, origin, ticket.0)?,
                        None => 0,
                    };
                    (now.as_second() + pause.as_secs(), first)
                }
            }
        }
    };
    let ticket = message.ticket.map(|ticket| ticket.0);
    let key = match ticket {
        Some(ticket) if message.first => format!("ack:{ticket}"),
        ticket => format!(
            "{}:{}:{}:{}",
            message.kind.name(),
            ticket.map(|ticket| ticket.to_string()).unwrap_or_default(),
            origin.key(),
            message.recipient
        ),
    };
    let technician = match (&message.work, message.timing) {
        (Some(work), Timing::Merged { .. }) => work.technician.as_str(),
        _ => "",
    };
    sql.prepare_cached(
        "INSERT INTO outbox (dedupe_key, ticket, letter, kind, sender, recipient, message_id,
           bytes, created_at, state, due_at, answer, technician, covers, hold, domain, inside,
           occurrence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?
    .execute(params![
        key,
        ticket,
        origin.letter(),
        message.kind.name(),
        message.sender,
        message.recipient,
        message.message_id.as_str(),
        message.bytes,
        now.as_second(),
        entrance.state,
        due_at,
        entrance.why,
        technician,
        covers,
        entrance.hold,
        domain_of(&message.recipient),
        message.kind.is_inside(),
        origin.occurrence(),
    ])?;
    keep_files(sql, origin, message)?;
    totals.wrote(message.kind.is_inside());
    issue(sql, message, now)
}

/// Keeps the files of an update that waits, for the one that may take its place.
fn keep_files(
    sql: &Connection,
    origin: Origin<'_>,
    message: &OutboundMessage,
) -> Result<(), StoreError> {
    let (Some(letter), Some(ticket)) = (origin.letter(), message.ticket) else {
        return Ok(());
    };
    let mut insert = sql.prepare_cached(
        "INSERT OR IGNORE INTO waiting_file (letter, place, ticket, name, media_type, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for file in &message.waiting {
        insert.execute(params![
            letter,
            i64::try_from(file.index).unwrap_or(i64::MAX),
            ticket.0,
            file.name,
            file.media_type,
            file.bytes.as_ref(),
        ])?;
    }
    Ok(())
}

/// Forgets the files of tickets of which no update waits any more.
pub(super) fn forget_files(sql: &Connection) -> Result<(), StoreError> {
    sql.prepare_cached(
        "DELETE FROM waiting_file WHERE NOT EXISTS (
           SELECT 1 FROM outbox WHERE outbox.ticket = waiting_file.ticket
             AND technician <> '' AND state = 'pending' AND attempts = 0)",
    )?
    .execute([])?;
    Ok(())
}

/// The token in the letter gets its row.
fn issue(sql: &Connection, message: &OutboundMessage, now: Timestamp) -> Result<(), StoreError> {
    let (Some(work), Some(ticket)) = (&message.work, message.ticket) else {
        return Ok(());
    };
    let extra = match &work.extra {
        None => String::new(),
        Some(extra) => serde_json::to_string(extra).map_err(|_| StoreError::Unexpected {
            what: "orders that cannot be written down".to_owned(),
        })?,
    };
    sql.prepare_cached(
        "INSERT INTO reply_token (generation, ticket, technician, issued_at, expires_at, extra)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        i64::try_from(work.generation).unwrap_or(i64::MAX),
        ticket.0,
        work.technician,
        now.as_second(),
        work.expires.as_second(),
        extra,
    ])?;
    Ok(())
}

/// Takes an update that has not left out of the way of a newer one that tells it too. Returns when
/// it was due and where it began.
fn withdraw(sql: &Connection, row: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let kept = sql
        .prepare_cached(
            "UPDATE outbox SET state = 'cancelled', answer = 'a newer update tells this too'
             WHERE id = ?1 AND state = 'pending' AND attempts = 0
             RETURNING due_at, covers",
        )?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(kept)
}

/// The first page that was added to the ticket because of the same.
fn first_page(sql: &Connection, origin: Origin<'_>, ticket: i64) -> Result<i64, StoreError> {
    let page: Option<i64> = sql
        .prepare_cached(
            "SELECT min(id) FROM entry WHERE ticket = ?1 AND (letter = ?2 OR occurrence = ?3)",
        )?
        .query_row(
            params![ticket, origin.letter(), origin.occurrence()],
            |row| row.get(0),
        )?;
    Ok(page.unwrap_or(0))
}
