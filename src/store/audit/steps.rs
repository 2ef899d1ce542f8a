//! I14: the steps that a ticket's history tells follow one another, each by the machine of
//! [`crate::ticket`] (or as the taking back of one), and end where the ticket stands.
//!
//! One exception is a refusal that never reached its reader: it ends with a page about the delivery,
//! and the ticket is new again.

use rusqlite::Connection;

use super::{Breach, Listener};
use crate::store::StoreError;
use crate::ticket::status::Step;
use crate::ticket::{Passage, Status};

/// A ticket while its history is read.
struct Walk {
    number: i64,
    /// Where it stands by its row.
    status: String,
    /// Where the last step led; nothing before the first.
    at: Option<Status>,
    /// A refusal that may have come back.
    returned: bool,
    told: bool,
}

pub(super) fn look(sql: &Connection, listener: &mut dyn Listener) -> Result<(), StoreError> {
    let mut pages = sql.prepare(
        "SELECT ticket.number, ticket.status, entry.kind, entry.text
         FROM ticket JOIN entry ON entry.ticket = ticket.number
         WHERE entry.kind IN ('status', 'delivery') ORDER BY entry.ticket, entry.id",
    )?;
    let mut rows = pages.query([])?;
    let mut walk: Option<Walk> = None;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if walk.as_ref().is_none_or(|walk| walk.number != number) {
            if let Some(done) = walk.take() {
                done.end(listener);
            }
            walk = Some(Walk {
                number,
                status: row.get(1)?,
                at: None,
                returned: false,
                told: false,
            });
        }
        let (kind, text): (String, String) = (row.get(2)?, row.get(3)?);
        if let Some(walk) = &mut walk {
            walk.page(&kind, &text, listener);
        }
    }
    if let Some(done) = walk {
        done.end(listener);
    }
    Ok(())
}

impl Walk {
    fn page(&mut self, kind: &str, text: &str, listener: &mut dyn Listener) {
        if kind == "delivery" {
            self.returned = true;
            return;
        }
        let Some(passage) = Passage::read(text) else {
            self.tell("a page of its history tells no step".to_owned(), listener);
            return;
        };
        let Passage { from, to } = passage;
        let follows = match self.at {
            None => true,
            Some(at) => at == from || self.came_back(at, from),
        };
        if !follows {
            self.tell(
                format!("a step starts from {from}, but the one before ended elsewhere"),
                listener,
            );
        } else if !is_legal(from, to) {
            self.tell(format!("no step leads from {from} to {to}"), listener);
        }
        self.at = Some(to);
        self.returned = false;
    }

    fn came_back(&self, at: Status, now: Status) -> bool {
        self.returned && at.is_refusal() && now == Status::New
    }

    fn end(mut self, listener: &mut dyn Listener) {
        let stands: Option<Status> = self.status.parse().ok();
        match (self.at, stands) {
            (_, None) => self.tell(format!("its state is `{}`", self.status), listener),
            (Some(at), Some(stands)) if at != stands && !self.came_back(at, stands) => self.tell(
                format!("it is {stands}, but its history ends with {at}"),
                listener,
            ),
            _ => {}
        }
    }

    /// One breach a ticket: what follows a wrong step is wrong too.
    fn tell(&mut self, found: String, listener: &mut dyn Listener) {
        if !std::mem::replace(&mut self.told, true) {
            listener.breach(Breach {
                rule: "I14",
                about: format!("ticket {}", self.number),
                found,
                expected: "steps that follow one another and end where the ticket stands",
                todo: "read `guichet ticket show` and put its state right",
            });
        }
    }
}

/// Whether some step leads from one state to the other, or its taking back does.
fn is_legal(from: Status, to: Status) -> bool {
    let leads =
        |from: Status, to: Status| Step::ALL.into_iter().any(|step| from.after(step) == Ok(to));
    leads(from, to) || leads(to, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_step_and_its_taking_back_is_legal_and_a_leap_is_not() {
        assert!(is_legal(Status::New, Status::Open));
        assert!(is_legal(Status::Closed, Status::WaitingRequester));
        assert!(!is_legal(Status::Contested, Status::Resolved));
        assert!(!is_legal(Status::RefusedProvisional, Status::Closed));
    }
}
