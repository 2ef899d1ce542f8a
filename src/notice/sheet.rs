//! A ticket as those who work on it see it.

use jiff::Timestamp;

use super::Recipient;
use crate::policy::{ClauseId, Outcome};
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Status, TicketNumber};

/// A ticket as a technician sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Where it stands.
    pub status: Status,
    /// Its kind.
    pub category: Category,
    /// Its place in the queue.
    pub priority: Priority,
    /// How bad, 1 to 4.
    pub criticality: u8,
    /// How many are hit, 1 to 4.
    pub mutualisation: u8,
    /// Who asked: name and address.
    pub requester: Recipient,
    /// Whose it is; a name.
    pub assignee: Option<String>,
    /// What was decided.
    pub outcome: Outcome,
    /// By which clause.
    pub clause: Option<ClauseId>,
    /// Why: at most five lines.
    pub why: Vec<String>,
    /// Whether a refusal is prepared and waits for a word.
    pub proposed: bool,
    /// What was said, oldest first.
    pub said: Vec<Said>,
    /// What came with it.
    pub attachments: Vec<Listed>,
    /// Tickets that may be about the same.
    pub similar: Vec<Similar>,
    /// What a technician should know first.
    pub warnings: Vec<Warning>,
}

/// What a technician should know of a letter before reading it. `Display` is for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// It names a ticket that is not its author's.
    #[error("refers to ticket {0}, in which its author does not take part")]
    Claims(TicketNumber),
    /// It comes back on a ticket that was closed for good.
    #[error("follows the closed ticket {0}")]
    Follows(TicketNumber),
    /// Its Message-ID was another letter's.
    #[error("its Message-ID was used before by another letter")]
    IdReused,
    /// The sender's own domain disowns it.
    #[error("the mail server found its sender not authentic")]
    Disowned,
}

/// One letter in a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Whether the sender could not be proven, and may be somebody else.
    pub unverified: bool,
}

/// An attachment in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Its position in the letter if it is passed on, nothing if it is too large.
    pub passed_on: Option<usize>,
}

/// A ticket that may be about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// Its number.
    pub number: TicketNumber,
    /// Its subject.
    pub subject: String,
    /// Who asked.
    pub requester: String,
}
