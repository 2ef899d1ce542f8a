//! A ticket as those who work on it see it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use super::Recipient;
use crate::message::Contact;
use crate::oncall::Mark;
use crate::policy::answer::Reading;
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
    /// How to reach them, as far as their letters say it.
    pub contact: Contact,
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
    /// Whether the requester's data are saved, where a reset may come.
    pub backup: Option<Backup>,
    /// The technician's letter that did not arrive, if this tells of one.
    pub undelivered: Option<Undelivered>,
    /// What was said, oldest first.
    pub said: Vec<Said>,
    /// What came with it.
    pub attachments: Vec<Listed>,
    /// Tickets that may be about the same.
    pub similar: Vec<Similar>,
    /// What a technician should know first.
    pub warnings: Vec<Warning>,
}

/// Whether the requester's data are saved, as they write. Nothing is reset before they answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// They have not said.
    Unknown,
    /// They are.
    Yes,
    /// They are not: a technician saves them first.
    No,
}

impl Backup {
    /// `unknown`, `yes` or `no`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

impl FromStr for Backup {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Unknown, Self::Yes, Self::No]
            .into_iter()
            .find(|backup| backup.as_str() == word)
            .ok_or(())
    }
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
    /// It answers our question, and the card judged the request once more.
    #[error("the request was judged once more with this answer: it {reading}; {outcome}")]
    Answered {
        /// What it says of the clause.
        reading: Reading,
        /// What came out.
        outcome: Outcome,
    },
    /// It takes the remedy that the refusal offers.
    #[error("takes the remedy that the refusal offers")]
    TakesOffer,
    /// It asks for on-call presence, and nobody is named who could grant it.
    #[error("asks for on-call presence, and nobody is named who could grant it")]
    NoApprover,
    /// It came while this on-call window was open, and is covered by it.
    #[error("is covered by the on-call window {0}")]
    OnCall(Mark),
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
    /// Where it comes from if it is passed on, nothing if it is too large.
    pub passed_on: Option<Source>,
}

/// Where a file that is passed on comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The letter at hand, at this position of its list.
    Letter(usize),
    /// An earlier letter, which an update that has not left yet tells.
    Kept(KeptFile),
}

/// A file of an earlier letter.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// For display, may be empty.
    pub name: String,
    /// As its sender claims.
    pub media_type: String,
    /// Decoded.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for KeptFile {
    /// Shows how much it is, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptFile({} bytes)", self.bytes.len())
    }
}

/// A letter to the people of a ticket that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Whom it was for.
    pub recipient: String,
    /// What the mail server said, in one line.
    pub why: String,
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
