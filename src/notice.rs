//! The closed list of everything the gateway ever says by mail, with its data.
//!
//! A notice is a value: who is told what, about which ticket, in which language, and what the
//! recipient may do by answering ([`Right`]). What it reads like is the business of `compose` and
//! the files under `templates/`.

mod bulletin;
mod digest;
mod due;
mod kind;
mod on_call;
mod sheet;
mod transcript;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Closed;
use crate::command::Orders;
use crate::estimate::Expectation;
use crate::message::MessageId;
use crate::policy::{Language, Verdict};
use crate::ticket::{Status, TicketNumber};

pub use bulletin::{Bulletin, House};
pub use digest::{Decision, Digest, Held, Line, Listing, USUAL_WEEKS, Weekly};
pub use due::{Consequence, DueReason, Waiting};
pub use kind::Kind;
pub use on_call::{Covered, Obstacle, Occasion, OnCallNews};
pub use sheet::{Backup, KeptFile, Listed, Said, Sheet, Similar, Source, Undelivered, Warning};
pub use transcript::{Deed, Doubt, Fate, Transcript, WordsFate};

/// The first line of every letter to a technician. What stands below it in an answer is not the
/// technician's, whatever their mail program made of it, and never goes to a requester.
pub const REPLY_ABOVE: &str = "--- Répondez au-dessus de cette ligne / Reply above this line ---";

/// One thing to say to one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What is said.
    pub kind: Kind,
    /// The ticket it is about.
    pub ticket: TicketNumber,
    /// The only recipient.
    pub to: Recipient,
    /// The language; [`Language::Unsure`] means both, French first.
    pub language: Language,
    /// The requester's own subject, if it may be echoed to this recipient.
    pub subject: Option<String>,
    /// The letter that is answered.
    pub in_reply_to: Option<MessageId>,
    /// Its thread, oldest first, without `in_reply_to`.
    pub references: Vec<MessageId>,
    /// What the recipient may do by answering.
    pub right: Right,
    /// When it may go out; at once if nothing is said.
    pub timing: Timing,
    /// The data of its kind.
    pub about: About,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name to write beside the address, may be empty.
    pub name: String,
    /// The address.
    pub email: String,
}

/// What an answer to a notice may do. The letter carries a token that proves the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Add to the ticket, as anybody in it may.
    Add,
    /// Work on the ticket, as this technician.
    Work {
        /// The technician's handle.
        technician: String,
        /// The number of the token; each letter has one of its own.
        generation: u64,
        /// What this one letter allows besides.
        extra: Option<Extra>,
    },
}

/// What an answer to one certain letter may bring about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// `#undo` takes these back.
    Undo {
        /// Until then.
        until: Timestamp,
        /// What was changed, oldest first.
        steps: Vec<UndoStep>,
    },
    /// `#yes` obeys what waited.
    Pending {
        /// Until then.
        until: Timestamp,
        /// What waited.
        orders: Orders,
        /// The signature below its words.
        signature: String,
    },
}

/// One change that can be taken back, as long as nothing came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStep {
    /// The state.
    Status {
        /// Before.
        from: Status,
        /// Since.
        to: Status,
    },
    /// Whose it is.
    Assignee {
        /// Before; a handle.
        from: Option<String>,
        /// Since.
        to: Option<String>,
    },
}

/// When a notice may go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Timing {
    /// At once.
    #[default]
    Now,
    /// After a pause in which more may come; it then takes the place of the row that waits, and
    /// goes out when that one would have.
    Merged {
        /// How long the first one waits.
        pause: SignedDuration,
        /// The row it takes the place of.
        replaces: Option<i64>,
    },
}

/// The data of a notice.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// The first answer to a request, or a refusal sent later.
    Request {
        /// What was found: category, priority, clause, evidence.
        verdict: Box<Verdict>,
        /// Open tickets of the same or a higher priority when the notice was written.
        ahead: u64,
        /// How soon a person is expected to answer; nothing where that is not spoken of.
        expected: Option<Expectation>,
        /// Until when the service is closed, and why; nothing if somebody is there.
        closed: Option<Closed>,
        /// Whether it is the first answer to a new ticket, of which there is one.
        first: bool,
        /// A technician's words on top.
        words: Option<Words>,
    },
    /// A person's words, or what a person did.
    Answer {
        /// What is said, if anything.
        words: Option<Words>,
        /// Days during which a reply reopens the ticket.
        reopen_days: u64,
        /// The first ticket, if this one went up in it.
        first: Option<TicketNumber>,
        /// The day it will be closed, if it is resolved.
        closing: Option<Date>,
    },
    /// What the requester has not answered.
    Waiting(Box<Waiting>),
    /// A ticket, for those who work on it.
    Work(Box<Sheet>),
    /// A ticket in which something fell due, for those who work on it.
    Due(Box<Sheet>, DueReason),
    /// What became of a technician's letter.
    Transcript(Box<Transcript>),
    /// A request for on-call presence.
    OnCall(Box<OnCallNews>),
    /// A letter that an open on-call window covers.
    Covered(Box<Covered>),
    /// The manual.
    Help,
}

impl About {
    /// Whether it is the first answer to a new ticket, of which there is one.
    #[must_use]
    pub fn is_first(&self) -> bool {
        match self {
            Self::Request { first, .. } => *first,
            Self::OnCall(news) => news.first,
            Self::Covered(_) => true,
            Self::Answer { .. }
            | Self::Waiting(_)
            | Self::Work(_)
            | Self::Due(..)
            | Self::Transcript(_)
            | Self::Help => false,
        }
    }

    /// A person's words in it.
    #[must_use]
    pub fn words(&self) -> Option<&Words> {
        match self {
            Self::Request { words, .. } | Self::Answer { words, .. } => words.as_ref(),
            Self::OnCall(news) => news.words.as_ref(),
            Self::Covered(_)
            | Self::Waiting(_)
            | Self::Work(_)
            | Self::Due(..)
            | Self::Transcript(_)
            | Self::Help => None,
        }
    }
}

/// What a person wrote, to be passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The name of who wrote.
    pub author: String,
    /// The text, without orders and quotes.
    pub text: String,
    /// The signature, empty if there is none.
    pub signature: String,
    /// What goes with it: positions in the list of the letter's attachments.
    pub attachments: Vec<usize>,
}
