//! A letter of an older mailbox, taken in from a file: history, and nothing that anybody is told.
//!
//! In: the decision about it as about any letter, made at its own date. Out: the same without a
//! letter to anybody. Its ticket is closed from the start, or left in the queue where the service
//! wants to go on with it; a refusal that nobody was told is none, and no technician's order of then
//! is obeyed now. What a report says of a letter that another system sent changes nothing here.

use serde::{Deserialize, Serialize};

use super::{Answer, Change, Decision, Disposition};
use crate::policy::Outcome;
use crate::ticket::{Entry, EntryKind, Status};

/// What becomes of the tickets of imported letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// They are over: history alone.
    Closed,
    /// They go to the queue.
    Open,
}

impl Imported {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }

    /// What a word in the database means; nothing for a letter that came by mail.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "closed" => Some(Self::Closed),
            "open" => Some(Self::Open),
            _ => None,
        }
    }

    fn status(self) -> Status {
        match self {
            Self::Closed => Status::Closed,
            Self::Open => Status::New,
        }
    }
}

/// The decision about an imported letter.
#[must_use]
pub fn quiet(mut decision: Decision, how: Imported) -> Decision {
    let closed = how == Imported::Closed;
    decision.notices.clear();
    decision.changes.retain(|change| match change {
        Change::Returned(_) | Change::Resume(_) | Change::Conduct { .. } | Change::Spend { .. } => {
            false
        }
        // What is over is not opened again by a letter of then.
        Change::Move { .. } => !closed,
        Change::Open(_) | Change::Add(..) | Change::Edit { .. } => true,
    });
    for change in &mut decision.changes {
        if let Change::Open(ticket) = change {
            ticket.status = how.status();
            if ticket.outcome == Outcome::Reject {
                ticket.outcome = Outcome::Flag;
            }
        }
    }
    if let (Disposition::Ticket, Some(ticket)) = (decision.disposition, decision.ticket) {
        let page = Entry {
            kind: EntryKind::Detail,
            author: "guichet".to_owned(),
            text: "imported from an older mailbox; nobody was written to".to_owned(),
        };
        decision.changes.push(Change::Add(ticket, page));
    }
    decision.reason = match decision.disposition {
        Disposition::Command => "imported: a technician's letter, kept and not obeyed".to_owned(),
        _ => format!("imported: {}", decision.reason),
    };
    decision.answer = Answer::Suppressed("the letter was imported".to_owned());
    decision
}
