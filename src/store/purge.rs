//! What is old goes: attachments, then words and names, then the numbers.
//!
//! A ticket's age counts from its end: the last change of a ticket that is resolved, closed or
//! refused, or the last page of its history if that is later. A letter without a ticket ages from its decision. A
//! ticket that is open, that waits for a person, or whose letters still wait in the outbox, does
//! not age. Refusals go like the rest.
//!
//! | step | goes | stays |
//! |---|---|---|
//! | attachments | the files in letters and in what was sent | texts, what was attached |
//! | texts | raw letters, traces, texts, names, addresses, Message-IDs, tokens | number, state, category, levels, outcome, every instant |
//! | records | the rows themselves | rows a mail server could still remind us of |
//!
//! Each ticket and each letter is one small transaction, so that the writer beside is not held up and
//! a kill in between leaves whole steps; the next run goes on. Freed space is overwritten
//! (`secure_delete`), and the write-ahead log is cut at the end of a run. Rows are emptied rather
//! than deleted in the second step: numbers, foreign keys and counts stay true.
//!
//! What keeps working: a letter that comes again is a duplicate (`content_key` stays until the
//! third step); a reply to an emptied ticket opens a new one that names it. Numbers are never given
//! twice: the newest letter and the newest token keep their rows.
//!
//! Not handled: copies on the mail server, in mailboxes and in backups.

mod delete;
pub(super) mod empty;
pub(super) mod strip;
mod view;

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;

use super::{DATABASE, Desk, Store, StoreError, connect};
use crate::privacy::Rule;
pub use strip::Holder;
pub use view::PurgeLine;

/// Whose connection the work is done over.
#[derive(Debug)]
pub enum Hand {
    /// The running daemon's own.
    Daemon(Store),
    /// The command line's, beside a daemon or alone.
    Desk(Desk),
}

impl Hand {
    /// Runs `operation` in one transaction.
    pub(super) async fn transact<T: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Daemon(store) => store.writer.run(move |scope| operation(scope.sql)).await,
            Self::Desk(desk) => {
                let transaction = desk
                    .connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)?;
                let done = operation(&transaction)?;
                transaction.commit()?;
                Ok(done)
            }
        }
    }

    /// Carries the write-ahead log over and cuts it, so that nothing old is left in it. A reader
    /// beside us may keep it from that; the next run does it then.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn cut_log(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Daemon(store) => {
                let file = store.directory().join(DATABASE);
                let cut = move || truncate_log(&connect(&file)?);
                // A task that cannot be joined was stopped with the daemon.
                tokio::task::spawn_blocking(cut).await.unwrap_or(Ok(()))
            }
            Self::Desk(desk) => truncate_log(&desk.connection),
        }
    }
}

/// How long to wait for readers and the writer before the log stays as it is.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn truncate_log(sql: &Connection) -> Result<(), StoreError> {
    sql.busy_timeout(PATIENCE)?;
    // Busy is an answer, no error: a row of three numbers.
    sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// What was, or would be, removed by one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Tickets it concerns.
    pub tickets: u64,
    /// Letters.
    pub letters: u64,
    /// Rows of the outbox.
    pub rows: u64,
    /// Bytes of letters and attachments, as they are stored.
    pub bytes: u64,
    /// The lowest number of a ticket; of a letter where there is none.
    pub first: i64,
    /// The highest.
    pub last: i64,
}

impl Tally {
    /// Whether nothing was there to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tickets + self.letters + self.rows == 0
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        if other.is_empty() {
            return;
        }
        let alone = self.is_empty();
        self.tickets += other.tickets;
        self.letters += other.letters;
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.first = if alone {
            other.first
        } else {
            self.first.min(other.first)
        };
        self.last = self.last.max(other.last);
    }

    pub(super) fn about(number: i64) -> Self {
        Self {
            first: number,
            last: number,
            ..Self::default()
        }
    }
}

/// Tickets whose time is over, in SQL: `?1` is the instant.
const ENDED: &str = "ticket.status IN ('resolved', 'closed', 'refused') AND ticket.updated_at < ?1
    AND NOT EXISTS (SELECT 1 FROM entry AS page
      WHERE page.ticket = ticket.number AND page.at >= ?1)
    AND NOT EXISTS (SELECT 1 FROM outbox AS row
      WHERE row.ticket = ticket.number AND row.state IN ('pending', 'sending'))
    AND NOT EXISTS (SELECT 1 FROM ticket AS heir
      WHERE heir.number = ticket.merged_into
        AND heir.status NOT IN ('resolved', 'closed', 'refused'))";

/// Letters without a ticket whose time is over.
const FILED: &str = "letter.ticket IS NULL AND letter.state = 'decided' AND letter.decided_at < ?1";

/// States of a row that never goes out again by itself.
const SETTLED: &str = "('sent', 'failed', 'cancelled', 'bounced')";

impl Hand {
    /// What holds attachments whose time is over, at most `limit` of each kind.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn with_attachments(
        &mut self,
        before: i64,
        limit: u32,
    ) -> Result<Vec<(Holder, Vec<u8>)>, StoreError> {
        self.transact(move |sql| strip::with_attachments(sql, before, limit))
            .await
    }

    /// Puts bytes without attachments in the place of those with, or removes them (`None`), and
    /// notes it for the run of `at`.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn strip(
        &mut self,
        holder: Holder,
        stripped: Option<Vec<u8>>,
        run: Run,
    ) -> Result<Tally, StoreError> {
        self.transact(move |sql| {
            let tally = strip::strip(sql, holder, stripped)?;
            note(sql, Rule::Attachments, run, tally, "")?;
            Ok(tally)
        })
        .await
    }

    /// Takes the words out of the next ticket, or the next few letters without one, whose time is
    /// over; nothing is left to do when the answer is empty.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn empty_next(&mut self, run: Run) -> Result<Tally, StoreError> {
        self.transact(move |sql| {
            let tally = empty::empty_next(sql, run.before)?;
            note(sql, Rule::Texts, run, tally, "")?;
            Ok(tally)
        })
        .await
    }

    /// Deletes the next ticket, or the next few letters without one, whose time is over.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn delete_next(&mut self, run: Run) -> Result<Tally, StoreError> {
        self.transact(move |sql| {
            let tally = delete::delete_next(sql, run.before)?;
            note(sql, Rule::Records, run, tally, "")?;
            Ok(tally)
        })
        .await
    }

    /// Days since anything was last taken in or said: many of them look like a wrong clock.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn quiet_days(&mut self, now: Timestamp) -> Result<i64, StoreError> {
        self.transact(move |sql| {
            let last: Option<i64> = sql.query_row(
                "SELECT max(at) FROM (SELECT max(journaled_at) AS at FROM letter
                 UNION ALL SELECT at FROM entry WHERE id = (SELECT max(id) FROM entry))",
                [],
                |row| row.get(0),
            )?;
            Ok(last.map_or(0, |last| (now.as_second() - last).div_euclid(86_400)))
        })
        .await
    }
}

/// One run of one step.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// When it began, Unix seconds.
    pub at: i64,
    /// What ended before this instant is due.
    pub before: i64,
}

/// Adds to the log of what was removed.
pub(super) fn note(
    sql: &Connection,
    rule: Rule,
    run: Run,
    tally: Tally,
    why: &str,
) -> Result<(), StoreError> {
    if tally.is_empty() {
        return Ok(());
    }
    let stored = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    sql.prepare_cached(
        "INSERT INTO purge (at, rule, before, tickets, letters, rows, bytes, first, last, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (at, rule) DO UPDATE SET tickets = tickets + excluded.tickets,
           letters = letters + excluded.letters, rows = rows + excluded.rows,
           bytes = bytes + excluded.bytes, first = min(first, excluded.first),
           last = max(last, excluded.last)",
    )?
    .execute(params![
        run.at,
        rule.as_str(),
        run.before,
        stored(tally.tickets),
        stored(tally.letters),
        stored(tally.rows),
        stored(tally.bytes),
        tally.first,
        tally.last,
        why,
    ])?;
    Ok(())
}

/// Letters without a ticket that share a transaction.
const PORTION: u32 = 50;
