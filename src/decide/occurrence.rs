//! What happens to a ticket without a letter: time passed, or an admin ordered it.
//!
//! In: a [`Scene`], the ticket as it stands inside the transaction. Out: an [`Occurrence`], all of
//! whose changes and notices are committed together, or nothing. Each has a [`Cause`] that the
//! store keeps: a second occurrence of one cause is no occurrence.
//!
//! Changes that only a letter can bring about ([`super::Change::Open`],
//! [`super::Change::Conduct`], [`super::Change::Returned`]) are refused by the store as an error.

use std::fmt;

use super::{Candidate, Change};
use crate::notice::{Bulletin, Notice, Right, Said};
use crate::ticket::TicketNumber;

/// What an occurrence happens because of: one word for the kind, and what makes it the only one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause(String);

impl Cause {
    /// Time passed: `what` in a ticket, or in the house as a whole. `mark` tells this time from
    /// the next, such as the instant the ticket began to wait.
    #[must_use]
    pub fn due(ticket: Option<TicketNumber>, what: &str, mark: impl fmt::Display) -> Self {
        match ticket {
            Some(ticket) => Self(format!("due:{}:{what}:{mark}", ticket.0)),
            None => Self(format!("due::{what}:{mark}")),
        }
    }

    /// An admin's order on the command line; `random` makes it the only one.
    #[must_use]
    pub fn order(random: [u8; 8]) -> Self {
        Self(format!("order:{}", data_encoding::HEXLOWER.encode(&random)))
    }

    /// What became of a row of the outbox on its way.
    #[must_use]
    pub fn delivery(row: i64) -> Self {
        Self(format!("delivery:{row}"))
    }

    /// The word in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ticket as it stands when something may happen to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The ticket, or the one that goes on in its place.
    pub ticket: Candidate,
    /// Another ticket that was asked for besides, such as the one to merge into.
    pub named: Option<Candidate>,
    /// What a technician told its people last, in full.
    pub last_answer: Option<Said>,
    /// The number the next reply token gets.
    pub next_generation: u64,
}

/// What happens: all of it, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// Because of what; once for ever.
    pub cause: Cause,
    /// To which ticket, if to one.
    pub ticket: Option<TicketNumber>,
    /// Why, in one sentence.
    pub reason: String,
    /// What changes in the tickets, in order.
    pub changes: Vec<Change>,
    /// What is said to whom.
    pub notices: Vec<Notice>,
    /// What is said to the team about no ticket.
    pub bulletins: Vec<Bulletin>,
}

/// Gives each letter to a technician a token of its own, from `next` on.
pub(super) fn number_tokens(notices: &mut [Notice], mut next: u64) {
    for notice in notices {
        if let Right::Work { generation, .. } = &mut notice.right {
            *generation = next;
            next += 1;
        }
    }
}

impl Occurrence {
    /// The same with a reply token of its own for each letter to a technician.
    #[must_use]
    pub fn with_tokens(mut self, scene: &Scene) -> Self {
        number_tokens(&mut self.notices, scene.next_generation);
        self
    }
}
