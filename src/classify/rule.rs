//! The loop rules by name: why a letter is not answered, or not now.
//!
//! One table for the whole house. L01 to L13, L15, L16 and L21 are fulfilled by a letter alone
//! and are checked in this room; L14, L17 to L20 and L22 need a memory, a clock or the list of our
//! people and are checked by `decide::answer` and, for whatever goes out, by `decide::budget`. A
//! rule's name is kept with each decision, so that it must never change its meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A loop rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// Null return path, or none where there always is one (RFC 5321 §4.5.5).
    L01,
    /// `Auto-Submitted` other than `no` (RFC 3834 §5).
    L02,
    /// A report about delivery, reading or abuse (RFC 3464, RFC 8098, RFC 5965).
    L03,
    /// A mailing list's fields (RFC 2369, RFC 2919).
    L04,
    /// `Precedence` bulk, junk or auto_reply.
    L05,
    /// `X-Auto-Response-Suppress` (MS-OXCMAIL §2.2.3.2.14).
    L06,
    /// The private fields of automatic mailers.
    L07,
    /// A loop field: `X-Loop`, or our own.
    L08,
    /// A sender that nobody reads (RFC 5230 §4.6).
    L09,
    /// We wrote it ourselves.
    L10,
    /// Not addressed to us in To or Cc (RFC 5230 §4.5).
    L11,
    /// It went around too often.
    L12,
    /// A subject as absence notices have it.
    L13,
    /// Nothing proves the author, or something speaks against it.
    L14,
    /// A spam filter that we trust took it for spam.
    L15,
    /// The envelope sender belongs to another organisation, and no signature vouches for it.
    L16,
    /// Enough was sent to this person, for this ticket, or under this subject.
    L17,
    /// Enough was sent to this domain, or to everybody.
    L18,
    /// It is a reply: its ticket was acknowledged when it was opened.
    L19,
    /// It is old, or was found again after a restore.
    L20,
    /// Nobody, or several people at once, claim to have written it; or too many receive it; or it
    /// cannot be read.
    L21,
    /// One of the people who work here wrote it.
    L22,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Self; 22] = [
        Self::L01,
        Self::L02,
        Self::L03,
        Self::L04,
        Self::L05,
        Self::L06,
        Self::L07,
        Self::L08,
        Self::L09,
        Self::L10,
        Self::L11,
        Self::L12,
        Self::L13,
        Self::L14,
        Self::L15,
        Self::L16,
        Self::L17,
        Self::L18,
        Self::L19,
        Self::L20,
        Self::L21,
        Self::L22,
    ];

    /// The rule in one line, for a person who asks why there was no answer.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::L01 => "the return path is empty: its sender wants no answer",
            Self::L02 => "Auto-Submitted says that a machine wrote it",
            Self::L03 => "it is a delivery, reading or abuse report",
            Self::L04 => "it came through a mailing list",
            Self::L05 => "Precedence says bulk, junk or auto_reply",
            Self::L06 => "X-Auto-Response-Suppress forbids an automatic answer",
            Self::L07 => "a header field names an automatic mailer",
            Self::L08 => "a loop field shows that it was sent by a machine before",
            Self::L09 => "nobody reads what is sent to its sender",
            Self::L10 => "it comes from one of our own addresses",
            Self::L11 => "it is not addressed to us in To or Cc",
            Self::L12 => "it has passed through too many servers, or through us already",
            Self::L13 => "its subject is that of an absence notice",
            Self::L14 => "nothing proves who wrote it",
            Self::L15 => "the spam filter took it for spam",
            Self::L16 => "its envelope sender belongs to another organisation",
            Self::L17 => "its sender, its ticket or its subject had enough answers",
            Self::L18 => "enough was sent within the hour",
            Self::L19 => "its ticket was acknowledged when it was opened",
            Self::L20 => "it is too old for an automatic answer",
            Self::L21 => "it names no single author, or too many recipients",
            Self::L22 => "one of the people who work here wrote it",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
