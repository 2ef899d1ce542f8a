//! One page of a ticket's history: what came, what was said, what changed, and why.

use serde::{Deserialize, Serialize};

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The letter that opened the ticket.
    Request,
    /// A later letter of somebody who takes part.
    FollowUp,
    /// A technician's answer, as its people got it.
    Answer,
    /// A technician's note for the team.
    Note,
    /// What a technician ordered.
    Command,
    /// A letter whose sender is not who it says; nothing came of it.
    Unverified,
    /// A detail of the ticket changed.
    Detail,
    /// Another ticket went up in this one.
    Merged,
    /// An automatic letter that belongs to the ticket (out of office, a bounce).
    Automatic,
    /// A second delivery of a letter the ticket already has.
    Duplicate,
    /// Somebody who does not take part wrote under the ticket's number.
    Claim,
    /// The ticket's state changed.
    Status,
    /// What became of an answer on its way.
    Delivery,
    /// Something fell due.
    Due,
}

impl EntryKind {
    /// The word used in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::FollowUp => "follow_up",
            Self::Answer => "answer",
            Self::Note => "note",
            Self::Command => "command",
            Self::Unverified => "unverified",
            Self::Detail => "detail",
            Self::Merged => "merged",
            Self::Automatic => "automatic",
            Self::Duplicate => "duplicate",
            Self::Claim => "claim",
            Self::Status => "status",
            Self::Delivery => "delivery",
            Self::Due => "due",
        }
    }
}

/// One page, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is about.
    pub kind: EntryKind,
    /// The address of the person, or `guichet` for the gateway itself.
    pub author: String,
    /// The words: the new text of a letter, or one sentence of the gateway.
    pub text: String,
}
