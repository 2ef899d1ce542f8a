//! What the store remembers, as far as figures are made of it: one row a request, one instant a
//! letter.
//!
//! A ticket's status at an earlier instant is read from its steps, newest first: what it was
//! before the first step that is known is where that step began. Where a refusal could not be
//! delivered the store puts the ticket into the queue without a step; such a ticket counts as open
//! from its beginning.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Passage, RefusalFate, Status, TicketNumber};

/// All rows that bear on a span.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Requests asked since the ledger begins, or still open, or changed since.
    pub requests: Vec<Request>,
    /// When letters reached the mailbox, by the journal's word for what became of them.
    pub letters: BTreeMap<String, Vec<Timestamp>>,
    /// When the first request ever came.
    pub began: Option<Timestamp>,
    /// Letters that are held now.
    pub held: u64,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its ticket.
    pub ticket: TicketNumber,
    /// When its letter reached the mailbox.
    pub asked: Timestamp,
    /// Its kind.
    pub category: Category,
    /// Its place in the queue now.
    pub priority: Priority,
    /// Where it stands now.
    pub status: Status,
    /// The clause it met, empty if none.
    pub clause: String,
    /// A technician's handle, empty if it is nobody's.
    pub assignee: String,
    /// Whether it went up in another ticket.
    pub merged: bool,
    /// A person's first answer.
    pub first_answer: Option<Timestamp>,
    /// Its steps, oldest first.
    pub steps: Vec<Step>,
}

/// One step of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// From where to where.
    pub passage: Passage,
}

impl Request {
    /// Where it stood when it was new.
    #[must_use]
    pub fn began(&self) -> Status {
        self.steps
            .first()
            .map_or(self.status, |step| step.passage.from)
    }

    /// Whether it was ever refused.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        let steps = self.steps.iter().map(|step| step.passage.to);
        steps.chain([self.began()]).any(Status::is_refusal)
    }

    /// What became of its refusal.
    #[must_use]
    pub fn fate(&self) -> RefusalFate {
        RefusalFate::of(self.steps.iter().map(|step| step.passage))
    }

    /// When it became open and when it stopped being so, from its first letter on.
    pub fn turns(&self) -> impl Iterator<Item = (Timestamp, bool)> {
        let first = (self.asked, self.began().is_open());
        let steps = self.steps.iter();
        let steps = steps.map(|step| (step.at.max(self.asked), step.passage.to.is_open()));
        let mut open = false;
        [first].into_iter().chain(steps).filter(move |(_, now)| {
            let turns = *now != open;
            open = *now;
            turns
        })
    }
}
