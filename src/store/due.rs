//! Tickets whose time has come: which to look at, how each stands, and what falls due in them.
//!
//! Each ticket has the instant of its next look (`look_at`), kept in an index, so that a pass costs
//! what there is to do and not what there is: with nothing due, it is one look into the index. The
//! triggers of the schema set it back whenever a ticket changes, whoever changes it. What a look finds
//! is decided by pure closures inside the transaction.
//!
//! Nothing falls due while the outbox is held, and while letters of the last hour wait to be decided:
//! one of them may be the answer that the reminder asks for.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, params};

use super::budget::Budget;
use super::candidate::instant;
use super::context::{At, Totals, count, word};
use super::journal::unsigned;
use super::occur::{Effects, Occurred, Target, perform, scene};
use super::outbox::held;
use super::{Store, StoreError, View};
use crate::cause::chain;
use crate::crash;
use crate::decide::due::{Falling, FirstAnswer, Look, Standing, Step, Told};
use crate::decide::{Answer, Scene};
use crate::ticket::TicketNumber;

/// The longest that passes between two looks at an open ticket. What a look rests on besides the
/// ticket (hours, usual times) has all of them looked at when it changes; this is for a clock that
/// jumped.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// When a ticket is looked at again in which something could not be done.
const LATER: SignedDuration = SignedDuration::from_hours(1);
/// Letters this old that are still undecided keep nothing from falling due.
const UNDECIDED: SignedDuration = SignedDuration::from_hours(1);
/// Within this time a heap is one heap.
const HEAP: SignedDuration = SignedDuration::from_hours(1);

/// How much one slice of a pass does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Tickets that are looked at.
    pub tickets: u32,
    /// Tickets with letters that fall due within an hour; beyond, their letters are held.
    pub heap: u64,
    /// Whether a closing is told by a letter.
    pub tell_closing: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sliced {
    /// Why nothing was looked at, if so.
    pub waits: Option<String>,
    /// Tickets looked at.
    pub looked: usize,
    /// What fell due.
    pub happened: Vec<Occurred>,
    /// Whether its letters are held: too many fell due at once.
    pub heap: bool,
}

impl Store {
    /// Looks at tickets whose time has come, and does what falls due in them, in one commit. `look`
    /// says what falls due, `decide` what happens then; a ticket in which that fails is left as it is
    /// for an hour.
    ///
    /// # Errors
    /// When it could not be committed. Nothing has happened then.
    pub async fn fall_due<L, D>(
        &self,
        slice: Slice,
        budget: Arc<Budget>,
        now: Timestamp,
        look: Arc<L>,
        decide: Arc<D>,
    ) -> Result<Sliced, StoreError>
    where
        L: Fn(&Standing) -> Look + Send + Sync + 'static,
        D: Fn(&Scene, &Standing, &Falling) -> Option<Effects> + Send + Sync + 'static,
    {
        self.writer
            .run(move |scope| {
                let at = At {
                    budget: &budget,
                    now,
                };
                if let Some(why) = waits(scope.sql, now)? {
                    return Ok(Sliced {
                        waits: Some(why),
                        ..Sliced::default()
                    });
                }
                pass(scope.sql, slice, &at, look.as_ref(), decide.as_ref())
            })
            .await
    }

    /// Has every ticket looked at anew: what the rules rest on has changed.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn look_again(&self) -> Result<(), StoreError> {
        self.writer
            .run(|scope| {
                scope.sql.execute(
                    "UPDATE ticket SET look_at = 0
                     WHERE status NOT IN ('closed', 'refused') AND look_at IS NOT 0",
                    [],
                )?;
                Ok(())
            })
            .await
    }
}

impl View {
    /// How every ticket stands in which something may fall due, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn standings(&self, limit: u32) -> Result<Vec<Standing>, StoreError> {
        let sql = format!("{STANDING} WHERE look_at IS NOT NULL ORDER BY number LIMIT ?1");
        let found = standings(&self.connection, &sql, params![limit])?;
        found.into_iter().map(|(_, standing)| standing).collect()
    }

    /// Why nothing falls due at the moment, if so.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn due_waits(&self, now: Timestamp) -> Result<Option<String>, StoreError> {
        waits(&self.connection, now)
    }
}

/// Why nothing falls due now.
fn waits(sql: &Connection, now: Timestamp) -> Result<Option<String>, StoreError> {
    if let Some(why) = held(sql)? {
        return Ok(Some(format!("the outbox is held: {why}")));
    }
    let undecided = sql
        .prepare_cached("SELECT 1 FROM letter WHERE state = 'received' AND journaled_at > ?1")?
        .exists([before(now, UNDECIDED)])?;
    Ok(undecided.then(|| "letters wait to be decided".to_owned()))
}

fn pass<L, D>(
    sql: &Connection,
    slice: Slice,
    at: &At<'_>,
    look: &L,
    decide: &D,
) -> Result<Sliced, StoreError>
where
    L: Fn(&Standing) -> Look,
    D: Fn(&Scene, &Standing, &Falling) -> Option<Effects>,
{
    let longest = at.now.saturating_add(LONGEST).unwrap_or(at.now);
    let select = format!("{STANDING} WHERE look_at <= ?1 ORDER BY look_at LIMIT ?2");
    let found = standings(sql, &select, params![at.now.as_second(), slice.tickets])?;
    let looked = found.len();
    let mut due = Vec::new();
    for (ticket, standing) in found {
        let standing = match standing {
            Ok(standing) => standing,
            Err(error) => {
                later(sql, ticket, &error, at.now)?;
                continue;
            }
        };
        match look(&standing) {
            Look::Falls(falling) if falling.at <= at.now => due.push((standing, falling)),
            Look::Falls(falling) => {
                look_at(sql, standing.ticket, Some(falling.at.min(longest)))?;
            }
            Look::Again(then) => look_at(sql, standing.ticket, Some(then.min(longest)))?,
            Look::Nothing => look_at(sql, standing.ticket, None)?,
        }
    }
    let heap = is_heap(sql, &due, slice, at.now)?;
    let happened = do_all(sql, &due, heap, at, decide)?;
    Ok(Sliced {
        waits: None,
        looked,
        happened,
        heap,
    })
}

/// Does what has fallen due, each ticket for itself.
fn do_all<D>(
    sql: &Connection,
    due: &[(Standing, Falling)],
    heap: bool,
    at: &At<'_>,
    decide: &D,
) -> Result<Vec<Occurred>, StoreError>
where
    D: Fn(&Scene, &Standing, &Falling) -> Option<Effects>,
{
    let longest = at.now.saturating_add(LONGEST).unwrap_or(at.now);
    let mut totals = Totals::default();
    let mut happened = Vec::with_capacity(due.len());
    for (standing, falling) in due {
        sql.execute_batch("SAVEPOINT one_ticket")?;
        match one(sql, standing, falling, heap, at, decide, &mut totals) {
            Ok(Some(one)) => happened.push(one),
            // It happened before: the rules say otherwise, so that they are not asked at once.
            Ok(None) => look_at(sql, standing.ticket, Some(longest))?,
            Err(error) if error.is_full() || sql.is_autocommit() => return Err(error),
            Err(error) => {
                sql.execute_batch("ROLLBACK TO one_ticket")?;
                totals = Totals::default();
                later(sql, standing.ticket, &error, at.now)?;
            }
        }
        sql.execute_batch("RELEASE one_ticket")?;
    }
    Ok(happened)
}

/// Sets a ticket aside in which something cannot be done, so that it holds up no other.
fn later(
    sql: &Connection,
    ticket: TicketNumber,
    error: &StoreError,
    now: Timestamp,
) -> Result<(), StoreError> {
    tracing::error!(ticket = ticket.0, error = %chain(error), "what falls due in a ticket cannot be done; it is tried again later");
    let then = now.saturating_add(LATER).unwrap_or(now);
    look_at(sql, ticket, Some(then))
}

fn one<D>(
    sql: &Connection,
    standing: &Standing,
    falling: &Falling,
    heap: bool,
    at: &At<'_>,
    decide: &D,
    totals: &mut Totals,
) -> Result<Option<Occurred>, StoreError>
where
    D: Fn(&Scene, &Standing, &Falling) -> Option<Effects>,
{
    let scene = scene(sql, Target::of(standing.ticket))?;
    let Some(mut effects) = decide(&scene, standing, falling) else {
        return Ok(None);
    };
    if heap {
        effects.answer = Answer::Held("too many letters fell due at once".to_owned());
    }
    crash::point("T1");
    perform(sql, &effects, at, totals)
}

/// Whether more tickets have letters that fall due within the hour than is usual for a house: the
/// clock jumped, or the process was away for long.
fn is_heap(
    sql: &Connection,
    due: &[(Standing, Falling)],
    slice: Slice,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let writes = |(_, falling): &&(Standing, Falling)| falling.what.writes(slice.tell_closing);
    let now_due = unsigned(i64::try_from(due.iter().filter(writes).count()).unwrap_or(i64::MAX));
    if now_due == 0 {
        return Ok(false);
    }
    let before = count(
        sql,
        "SELECT count(*) FROM occurrence WHERE at > ?1 AND cause LIKE 'due:%'
           AND EXISTS (SELECT 1 FROM outbox WHERE outbox.occurrence = occurrence.id)",
        &[&before(now, HEAP)],
    )?;
    Ok(before + now_due > slice.heap)
}

fn look_at(
    sql: &Connection,
    ticket: TicketNumber,
    then: Option<Timestamp>,
) -> Result<(), StoreError> {
    sql.prepare_cached("UPDATE ticket SET look_at = ?2 WHERE number = ?1")?
        .execute(params![ticket.0, then.map(Timestamp::as_second)])?;
    Ok(())
}

fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.saturating_sub(span)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .as_second()
}

const STANDING: &str = "SELECT number, status, stands_since, created_at, outcome, priority,
    category, wait_until, answer, requester, merged_into IS NOT NULL,
    EXISTS (SELECT 1 FROM failing WHERE address = requester AND suspended_at > 0),
    coalesce((SELECT max(e.at) FROM entry e WHERE e.ticket = number
              AND e.kind IN ('request', 'follow_up', 'answer')), created_at),
    first_answer_at IS NOT NULL
  FROM ticket";

/// Tickets and how each stands, or why one row cannot be read.
type Standings = Vec<(TicketNumber, Result<Standing, StoreError>)>;

fn standings(
    sql: &Connection,
    select: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Standings, StoreError> {
    let mut statement = sql.prepare_cached(select)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let ticket = TicketNumber(row.get(0)?);
        found.push((ticket, read(sql, ticket, row)));
    }
    Ok(found)
}

fn read(sql: &Connection, ticket: TicketNumber, row: &Row<'_>) -> Result<Standing, StoreError> {
    let text = |at: usize| -> Result<String, StoreError> { Ok(row.get(at)?) };
    let wait_until = text(7)?;
    Ok(Standing {
        ticket,
        status: word("ticket state", &text(1)?)?,
        since: instant(row.get(2)?),
        created_at: instant(row.get(3)?),
        said_at: instant(row.get(12)?),
        answered: row.get(13)?,
        outcome: word("outcome", &text(4)?)?,
        priority: word("priority", &text(5)?)?,
        category: word("category", &text(6)?)?,
        wait_until: match wait_until.as_str() {
            "" => None,
            day => Some(word("day", day)?),
        },
        requester: text(9)?,
        suspended: row.get(11)?,
        answer: match text(8)?.as_str() {
            "sent" => FirstAnswer::Sent,
            "held" => FirstAnswer::Held,
            _ => FirstAnswer::Suppressed,
        },
        merged: row.get(10)?,
        steps: steps(sql, ticket)?,
    })
}

/// What fell due in a ticket before. A reminder's instant is that at which its letter left.
fn steps(sql: &Connection, ticket: TicketNumber) -> Result<Vec<Step>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT occurrence.cause, occurrence.at, coalesce(outbox.state, ''),
           coalesce(outbox.settled_at, 0)
         FROM occurrence
         LEFT JOIN outbox ON outbox.occurrence = occurrence.id AND outbox.inside = 0
         WHERE occurrence.ticket = ?1 ORDER BY occurrence.id",
    )?;
    let mut rows = statement.query([ticket.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (cause, state): (String, String) = (row.get(0)?, row.get(2)?);
        let (at, settled): (i64, i64) = (row.get(1)?, row.get(3)?);
        let (told, at) = match state.as_str() {
            "" => (Told::Nobody, at),
            "sent" => (Told::Sent, at.max(settled)),
            "failed" | "bounced" | "cancelled" => (Told::Lost, at.max(settled)),
            _ => (Told::Waiting, at),
        };
        found.extend(Step::read(&cause, instant(at), told));
    }
    Ok(found)
}
