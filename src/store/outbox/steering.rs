//! What an admin does to the outbox, from another process, while the gateway runs or not.
//!
//! *Hold* stops all sending and *release* lets it go on; *retry* makes one row due now, also one
//! that was given up; *cancel* ends one that was not sent. Each is one transaction, takes a row only
//! from the states named with it, and what people of a ticket will or will not get stands in its
//! history. The gateway's senders look at the table every few seconds, so that none of this waits
//! for a restart.
//!
//! A row that is being sent is never touched: its sender alone knows what becomes of it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::looking::missing;
use super::settling::queued_again;
use super::{HOLD, hold};
use crate::store::change::add;
use crate::store::origin::Origin;
use crate::store::{Desk, StoreError, bounce, budget};
use crate::ticket::{Entry, EntryKind, TicketNumber};

impl Desk {
    /// Stops all sending; says whether it went on until now. The first reason stays.
    ///
    /// # Errors
    /// When it could not be committed.
    pub fn hold_outbox(&self, why: &str) -> Result<bool, StoreError> {
        hold(&self.connection, why)
    }

    /// Lets everything go that was held, but for suspended addresses and letters that may have
    /// arrived already, and says how many rows that are.
    ///
    /// # Errors
    /// When it could not be committed.
    pub fn release_outbox(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let transaction = self.begin()?;
        let rows = let_go(
            &transaction,
            "state = 'held' AND hold NOT IN ('suspended', 'unknown')",
            &[&now.as_second()],
            now,
        )?;
        transaction.execute("DELETE FROM setting WHERE name = ?1", [HOLD])?;
        budget::begin_anew(&transaction, now)?;
        transaction.commit()?;
        Ok(rows)
    }

    /// Lets one row go that is held, also one that may have arrived already. Where all sending is
    /// held, it waits for that.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it is not held, or its address is suspended; else when it could
    /// not be committed.
    pub fn release_row(&mut self, row: i64, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let found = Found::of(&transaction, row)?;
        let refused = |why: String| Err(StoreError::Refused { why });
        match (found.state.as_str(), found.hold.as_str()) {
            ("held", "suspended") => refused(format!(
                "row {row} is held because its address is suspended: `guichet outbox resume ADDRESS` lets it go with all others"
            )),
            ("held", _) => {
                let filter = "state = 'held' AND id = ?2";
                let_go(&transaction, filter, &[&now.as_second(), &row], now)?;
                transaction.commit()?;
                Ok(())
            }
            (state, _) => refused(format!("row {row} is {state}: expected one that is held")),
        }
    }

    /// Makes a row due now that waits for a later attempt, or that was given up or came back. A row
    /// that was given up gets its whole time for attempts again.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it is in another state, or its address is suspended; else when it
    /// could not be committed.
    pub fn retry_row(&mut self, row: i64, actor: &str, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let found = Found::of(&transaction, row)?;
        match found.state.as_str() {
            "pending" => {
                let sql = "UPDATE outbox SET due_at = ?2 WHERE id = ?1";
                transaction.execute(sql, params![row, now.as_second()])?;
            }
            "failed" | "bounced" => {
                let sql = "UPDATE outbox SET state = 'pending', due_at = ?2, first_at = 0,
                             unknown_ends = 0, server_fault = 0 WHERE id = ?1";
                transaction.execute(sql, params![row, now.as_second()])?;
                let said = format!("{} is sent once more", found.named());
                found.note(&transaction, actor, said, now)?;
            }
            state => {
                let help = match state {
                    "held" => "; `guichet outbox release` lets a held one go",
                    _ => "",
                };
                return Err(StoreError::Refused {
                    why: format!(
                        "row {row} is {state}: expected one that is pending, failed or bounced{help}"
                    ),
                });
            }
        }
        bounce::hold_back_from(&transaction, &found.recipient, now)?;
        let after = Found::of(&transaction, row)?;
        if after.state != "pending" {
            return Err(StoreError::Refused {
                why: format!(
                    "nothing is sent to the address of row {row}, which is suspended: `guichet outbox resume ADDRESS` ends that"
                ),
            });
        }
        transaction.commit()?;
        Ok(())
    }

    /// Ends a row that was not sent: it never goes out. A refusal that its reader never gets is
    /// none, so that its ticket goes to the queue.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it is on its way, sent, or ended already; else when it could not
    /// be committed.
    pub fn cancel_row(
        &mut self,
        row: i64,
        actor: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let found = Found::of(&transaction, row)?;
        if !["pending", "held", "failed"].contains(&found.state.as_str()) {
            let words = match found.state.as_str() {
                "sending" => "is on its way, and its end is not known yet".to_owned(),
                state => format!("is {state}"),
            };
            return Err(StoreError::Refused {
                why: format!("row {row} {words}: expected one that is pending, held or failed"),
            });
        }
        transaction.execute(
            "UPDATE outbox SET state = 'cancelled', hold = '', answer = ?2, settled_at = ?3
             WHERE id = ?1",
            params![row, format!("cancelled by {actor}: {why}"), now.as_second()],
        )?;
        let consequence = match found.ticket {
            Some(ticket) => queued_again(&transaction, TicketNumber(ticket), &found.kind, now)?,
            None => "",
        };
        let said = format!("{} was cancelled: {why}{consequence}", found.named());
        found.note(&transaction, actor, said, now)?;
        transaction.commit()?;
        Ok(())
    }

    pub(in crate::store) fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// A row as far as it is steered by.
struct Found {
    ticket: Option<i64>,
    kind: String,
    recipient: String,
    state: String,
    hold: String,
}

impl Found {
    fn of(sql: &Connection, row: i64) -> Result<Self, StoreError> {
        sql.query_row(
            "SELECT ticket, kind, recipient, state, hold FROM outbox WHERE id = ?1",
            [row],
            |row| {
                Ok(Self {
                    ticket: row.get(0)?,
                    kind: row.get(1)?,
                    recipient: row.get(2)?,
                    state: row.get(3)?,
                    hold: row.get(4)?,
                })
            },
        )
        .optional()?
        .ok_or_else(|| missing(row))
    }

    fn named(&self) -> String {
        format!("the {} to {}", self.kind.replace('_', " "), self.recipient)
    }

    fn note(
        &self,
        sql: &Connection,
        actor: &str,
        text: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(ticket) = self.ticket else {
            return Ok(());
        };
        let entry = Entry {
            kind: EntryKind::Delivery,
            author: actor.to_owned(),
            text,
        };
        add(sql, TicketNumber(ticket), Origin::Delivery, &entry, now)
    }
}

/// Makes held rows due, and says so in their tickets; how many there were. The first value is the
/// time, the others are the filter's.
fn let_go(
    sql: &Connection,
    filter: &str,
    values: &[&dyn rusqlite::ToSql],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let tickets: Vec<Option<i64>> = sql
        .prepare(&format!(
            "UPDATE outbox SET state = 'pending', hold = '', due_at = ?1
             WHERE {filter} RETURNING ticket"
        ))?
        .query_map(values, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let rows = tickets.len().saturating_sub(bounce::hold_back(sql, now)?);
    let mut answered = sql.prepare(
        "UPDATE ticket SET answer = 'sent', answer_reason = '' WHERE number = ?1
           AND answer = 'held'
           AND EXISTS (SELECT 1 FROM outbox WHERE ticket = ?1 AND state = 'pending')",
    )?;
    for ticket in tickets.into_iter().flatten() {
        answered.execute([ticket])?;
    }
    Ok(rows)
}
