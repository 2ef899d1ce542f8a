//! Taking a person out of the store; the order of the steps is on the page of [`super`].

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params, params_from_iter};
use serde::Serialize;

use super::search::{letters_naming, remains, rows_naming};
use super::{Identity, Involvement};
use crate::decide::{Answer, Cause, Change, Occurrence};
use crate::privacy::Rule;
use crate::privacy::redact::Needles;
use crate::store::budget::Budget;
use crate::store::context::{At, Totals};
use crate::store::journal::LetterId;
use crate::store::occur::{Effects, perform};
use crate::store::purge::empty::{empty_letter, empty_row, empty_ticket};
use crate::store::purge::strip::{Holder, strip};
use crate::store::purge::{Hand, Run, Tally, note};
use crate::store::{StoreError, View, personal};
use crate::ticket::status::Step;
use crate::ticket::{Status, TicketNumber};

/// What stands where somebody was named.
const PLACEHOLDER: &str = "[effacé/erased]";
/// Letters or rows looked through between two transactions.
const PORTION: usize = 50;

/// Why somebody is not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// Work for them goes on.
    #[error(
        "ticket {} of theirs {} not ended: resolve or close first, or say --force, which closes",
        listed(tickets), if tickets.len() == 1 { "has" } else { "have" }
    )]
    Open {
        /// The tickets.
        tickets: Vec<i64>,
    },
    /// A letter to them is on its way.
    #[error("row {row} of the outbox is being sent to them: try again in a minute")]
    Sending {
        /// The row.
        row: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database's file cannot be read afterwards.
    #[error("the file of the database cannot be searched")]
    Search(#[source] std::io::Error),
}

impl From<rusqlite::Error> for ForgetError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

fn listed(tickets: &[i64]) -> String {
    let numbers: Vec<String> = tickets.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Tickets of theirs that were emptied.
    pub tickets: Vec<i64>,
    /// Tickets of others that they were taken out of.
    pub others: Vec<i64>,
    /// What was removed altogether.
    pub tally: Tally,
    /// Texts elsewhere in which they were named.
    pub texts: usize,
    /// Letters to others that wait in the outbox and name them: to be looked at again.
    pub waiting: Vec<i64>,
    /// Whether bytes that name them are left in the file's free space.
    pub remains: bool,
}

impl Hand {
    /// Takes a person out of the store in `directory`. `involved` is what
    /// [`View::involvement`] says of them.
    ///
    /// # Errors
    /// [`ForgetError`]; what was removed before stays removed, and the order can be given again.
    pub async fn forget(
        &mut self,
        directory: &Path,
        person: &Identity,
        involved: &Involvement,
        force: bool,
        why: &str,
        now: Timestamp,
    ) -> Result<Forgotten, ForgetError> {
        refuse(involved, force)?;
        let needles = person.needles();
        let mut done = Forgotten::default();
        for part in &involved.tickets {
            let (number, identity) = (part.ticket, person.clone());
            let own = part.role == "requester";
            let tally = self
                .transact(move |sql| {
                    if own {
                        close(sql, number, now)?;
                        cancel(sql, number)?;
                        empty_ticket(sql, number)
                    } else {
                        leave(sql, number, &identity)
                    }
                })
                .await?;
            done.tally.add(tally);
            let list = if own {
                &mut done.tickets
            } else {
                &mut done.others
            };
            list.push(number);
        }
        let identity = person.clone();
        let rest = self.transact(move |sql| leave_rest(sql, &identity)).await?;
        done.tally.add(rest);
        self.search(directory, &needles, &mut done).await?;
        let run = Run {
            at: now.as_second(),
            before: 0,
        };
        let tally = done.tally;
        let why = needles
            .replaced(why, PLACEHOLDER)
            .unwrap_or_else(|| why.to_owned());
        self.transact(move |sql| note(sql, Rule::Person, run, tally, &why))
            .await?;
        self.cut_log().await?;
        done.remains = remains(directory, &needles).map_err(ForgetError::Search)?;
        Ok(done)
    }

    /// Looks through everything else. The looking is done beside the writer, the mending in small
    /// transactions.
    async fn search(
        &mut self,
        directory: &Path,
        needles: &Needles,
        done: &mut Forgotten,
    ) -> Result<(), ForgetError> {
        let named = personal::naming(&View::open(directory)?.connection, needles)?;
        done.texts = named.len();
        for (table, column, text) in named {
            let replaced = needles.replaced(&text, PLACEHOLDER).unwrap_or_default();
            self.transact(move |sql| {
                sql.execute(
                    &format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1"),
                    params![text, replaced],
                )?;
                Ok(())
            })
            .await?;
        }
        let letters = letters_naming(&View::open(directory)?.connection, needles)?;
        for portion in letters.chunks(PORTION).map(<[i64]>::to_vec) {
            let tally = self
                .transact(move |sql| {
                    let mut tally = Tally::default();
                    for letter in portion {
                        tally.add(strip(sql, Holder::Letter(LetterId(letter)), None)?);
                    }
                    Ok(tally)
                })
                .await?;
            done.tally.add(tally);
        }
        let (rows, waiting) = rows_naming(&View::open(directory)?.connection, needles)?;
        done.waiting = waiting;
        for portion in rows.chunks(PORTION).map(<[i64]>::to_vec) {
            self.transact(move |sql| {
                portion
                    .into_iter()
                    .try_for_each(|row| without_bytes(sql, row))
            })
            .await?;
        }
        Ok(())
    }
}

fn refuse(involved: &Involvement, force: bool) -> Result<(), ForgetError> {
    if let Some(row) = involved.rows.iter().find(|row| row.state == "sending") {
        return Err(ForgetError::Sending { row: row.id });
    }
    let open: Vec<i64> = involved
        .tickets
        .iter()
        .filter(|part| part.role == "requester" && !part.ended)
        .map(|part| part.ticket)
        .collect();
    if open.is_empty() || force {
        Ok(())
    } else {
        Err(ForgetError::Open { tickets: open })
    }
}

/// Closes a ticket that is not ended, by the steps of its machine.
fn close(sql: &Connection, number: i64, now: Timestamp) -> Result<(), StoreError> {
    let word: String = sql
        .prepare_cached("SELECT status FROM ticket WHERE number = ?1")?
        .query_row([number], |row| row.get(0))?;
    let mut at: Status = crate::store::context::word("ticket state", &word)?;
    let ticket = TicketNumber(number);
    let why = "its requester asked to be forgotten";
    let mut changes = Vec::new();
    // A contest and a refusal that nobody has looked at are first taken back.
    for step in [Step::Close, Step::Accept, Step::Close] {
        if matches!(at, Status::Closed | Status::Resolved | Status::Refused) {
            break;
        }
        if let Ok(to) = at.after(step) {
            changes.push(Change::Move {
                ticket,
                from: at,
                to,
                by: "guichet".to_owned(),
                why: why.to_owned(),
            });
            at = to;
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let effects = Effects {
        occurrence: Occurrence {
            cause: Cause::due(Some(ticket), "forgotten", now.as_second()),
            ticket: Some(ticket),
            reason: why.to_owned(),
            changes,
            notices: Vec::new(),
            bulletins: Vec::new(),
        },
        outbound: Vec::new(),
        answer: Answer::Suppressed(why.to_owned()),
    };
    let at = At {
        budget: &Budget::default(),
        now,
    };
    perform(sql, &effects, &at, &mut Totals::default()).map(drop)
}

/// What still waits about a ticket never goes out.
fn cancel(sql: &Connection, number: i64) -> Result<(), StoreError> {
    sql.prepare_cached(
        "UPDATE outbox SET state = 'cancelled', hold = '' WHERE ticket = ?1
         AND state IN ('pending', 'held')",
    )?
    .execute([number])?;
    Ok(())
}

/// Takes a person out of somebody else's ticket.
fn leave(sql: &Connection, number: i64, person: &Identity) -> Result<Tally, StoreError> {
    let (_, addresses) = person.listed();
    let values = || {
        let number: &dyn rusqlite::ToSql = &number;
        let mut values = vec![number];
        values.extend(addresses.iter().map(|one| one as &dyn rusqlite::ToSql));
        values
    };
    let numbered = (2..2 + addresses.len())
        .map(|n| format!("?{n}"))
        .collect::<Vec<_>>()
        .join(", ");
    for statement in [
        "DELETE FROM participant WHERE ticket = ?1 AND address IN (…)",
        "UPDATE entry SET author = '', text = '' WHERE ticket = ?1 AND author IN (…)",
        "UPDATE outbox SET state = 'cancelled', hold = '' WHERE ticket = ?1
           AND recipient IN (…) AND state IN ('pending', 'held')",
    ] {
        sql.execute(&statement.replace('…', &numbered), values().as_slice())?;
    }
    let ids = |statement: &str| -> Result<Vec<i64>, StoreError> {
        let mut found = sql.prepare(&statement.replace('…', &numbered))?;
        let found = found.query_map(values().as_slice(), |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    };
    let mut tally = Tally {
        tickets: 1,
        ..Tally::about(number)
    };
    for letter in ids("SELECT id FROM letter WHERE ticket = ?1 AND sender IN (…)")? {
        tally.add(Tally {
            first: number,
            last: number,
            ..empty_letter(sql, letter)?
        });
    }
    for row in ids("SELECT id FROM outbox WHERE ticket = ?1 AND recipient IN (…)")? {
        tally.add(empty_row(sql, row)?);
    }
    // What others wrote and got there may quote them, in whatever encoding.
    for letter in ids(
        "SELECT id FROM letter WHERE ticket = ?1 AND sender NOT IN (…)
           AND EXISTS (SELECT 1 FROM raw WHERE raw.letter = letter.id)",
    )? {
        tally.add(strip(sql, Holder::Letter(LetterId(letter)), None)?);
    }
    for row in ids(
        "SELECT id FROM outbox WHERE ticket = ?1 AND recipient NOT IN (…)
           AND state IN ('sent', 'failed', 'cancelled', 'bounced') AND kept <> 'nothing'",
    )? {
        without_bytes(sql, row)?;
    }
    Ok(tally)
}

/// Letters and rows of a person that belong to no ticket, and what is known of their address.
fn leave_rest(sql: &Connection, person: &Identity) -> Result<Tally, StoreError> {
    let (marks, addresses) = person.listed();
    let ids = |statement: &str| -> Result<Vec<i64>, StoreError> {
        let mut found = sql.prepare(statement)?;
        let found = found.query_map(params_from_iter(&addresses), |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    };
    let mut tally = Tally::default();
    let letters = format!(
        "SELECT id FROM letter WHERE sender IN ({marks}) AND state = 'decided' AND kept <> 'nothing'"
    );
    for letter in ids(&letters)? {
        tally.add(empty_letter(sql, letter)?);
    }
    let rows = format!(
        "SELECT id FROM outbox WHERE recipient IN ({marks})
           AND state NOT IN ('pending', 'sending') AND kept <> 'nothing'"
    );
    for row in ids(&rows)? {
        tally.add(empty_row(sql, row)?);
    }
    sql.execute(
        &format!("DELETE FROM failing WHERE address IN ({marks})"),
        params_from_iter(&addresses),
    )?;
    Ok(tally)
}

fn without_bytes(sql: &Connection, row: i64) -> Result<(), StoreError> {
    sql.prepare_cached("UPDATE outbox SET bytes = x'', kept = 'text' WHERE id = ?1")?
        .execute([row])?;
    Ok(())
}

impl Forgotten {
    /// Every ticket that was touched.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<i64> {
        self.tickets.iter().chain(&self.others).copied().collect()
    }
}
