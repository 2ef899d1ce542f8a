//! Whether the author of a request gets an automatic answer, and if not, why.
//!
//! RFC 3834 §2 is the law: never answer what may be automatic, answer the author only, and answer
//! little. On top of the loop rules of `classify` this room knows age and budgets:
//!
//! - a letter older than `max_age` is answered by a person or not at all: after an outage, a
//!   restored backup or a first start nobody gets an acknowledgement of last month's letter;
//! - one address gets at most `per_recipient` automatic letters an hour: beyond it, silence;
//! - all together at most `per_hour`: beyond it the answers are written, but held for an admin,
//!   because such a flood is more often a fault than a busy morning.

use jiff::{SignedDuration, Timestamp};

use super::Facts;

/// Budgets and ages; all are the site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Letters older than this are not answered automatically.
    pub max_age: SignedDuration,
    /// Automatic letters to one address an hour.
    pub per_recipient: u64,
    /// Automatic letters to everybody an hour.
    pub per_hour: u64,
    /// Unknown letters older than `max_age` in one folder that are still no heap. More of them
    /// hold the outbox: a first start, a new UIDVALIDITY or a restored backup looks like that.
    pub heap: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            per_recipient: 5,
            per_hour: 300,
            heap: 50,
        }
    }
}

/// Automatic letters written in the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// To the author of the letter.
    pub to_author: u64,
    /// To everybody.
    pub to_all: u64,
}

/// Whether there is an automatic answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes out.
    Sent,
    /// It is written but waits for an admin, because …
    Held(String),
    /// There is none, because …
    Suppressed(String),
}

impl Answer {
    /// Whether an answer is written at all.
    #[must_use]
    pub fn is_written(&self) -> bool {
        matches!(self, Self::Sent | Self::Held(_))
    }

    /// The word in the database.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Held(_) => "held",
            Self::Suppressed(_) => "suppressed",
        }
    }

    /// Why it is not simply sent; empty if it is.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Sent => "",
            Self::Held(why) | Self::Suppressed(why) => why,
        }
    }
}

/// Decides about the answer to a new request.
pub(super) fn decide(facts: &Facts<'_>) -> Answer {
    let limits = &facts.settings.limits;
    if facts.message.author().is_none() {
        return Answer::Suppressed("the letter does not name exactly one author".to_owned());
    }
    if !facts.class.answerable {
        return Answer::Suppressed(facts.class_reason());
    }
    if facts.rescan {
        return Answer::Suppressed(
            "L20: the letter was found again after a backup was put back".to_owned(),
        );
    }
    if is_old(facts.received_at, facts.now, limits.max_age) {
        return Answer::Suppressed(format!(
            "L20: the letter came more than {} h ago",
            limits.max_age.as_hours()
        ));
    }
    let sent = facts.context.sent;
    if sent.to_author >= limits.per_recipient {
        return Answer::Suppressed(format!(
            "L17: the author got {} automatic letters within an hour",
            sent.to_author
        ));
    }
    if sent.to_all >= limits.per_hour {
        return Answer::Held(format!(
            "L18: {} automatic letters were written within an hour",
            sent.to_all
        ));
    }
    Answer::Sent
}

/// Whether a letter is too old for an automatic answer. A date in the future is not old.
#[must_use]
pub fn is_old(received_at: Timestamp, now: Timestamp, max_age: SignedDuration) -> bool {
    now.duration_since(received_at) > max_age
}
