//! The closed list of everything the gateway ever says by mail, with its data.
//!
//! A notice is a value: who is told what, about which ticket, in which language. What it reads
//! like is the business of `compose` and the files under `templates/`.

use serde::{Deserialize, Serialize};

use crate::calendar::Closed;
use crate::message::MessageId;
use crate::policy::{Language, Verdict};
use crate::ticket::TicketNumber;

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request is in the queue.
    Acknowledgement,
    /// The same while nobody is there: until when, why, and what to do in an emergency.
    AcknowledgementOutOfHours,
    /// The request is outside the service: clause, evidence, how to contest, where else to turn.
    Rejection,
    /// The request is in the queue, and one answer would help.
    Question,
    /// The request is in the queue; the repair may end in a reset, so: are your data saved?
    ResetNotice,
    /// Thank you for reporting; what to do and not to do until somebody calls.
    SecurityNotice,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 6] = [
        Self::Acknowledgement,
        Self::AcknowledgementOutOfHours,
        Self::Rejection,
        Self::Question,
        Self::ResetNotice,
        Self::SecurityNotice,
    ];

    /// The name of its template, and the word in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::AcknowledgementOutOfHours => "acknowledgement_out_of_hours",
            Self::Rejection => "rejection",
            Self::Question => "question",
            Self::ResetNotice => "reset_notice",
            Self::SecurityNotice => "security_notice",
        }
    }
}

/// One thing to say to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What was found: category, priority, clause, evidence.
    pub verdict: Verdict,
    /// Open tickets of the same or a higher priority when the notice was written.
    pub ahead: u64,
    /// Until when the service is closed, and why; nothing if somebody is there.
    pub closed: Option<Closed>,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name to write beside the address, may be empty.
    pub name: String,
    /// The address.
    pub email: String,
}
