//! What an admin says about a held letter.
//!
//! In: a [`Review`]. *Release*: the letter is decided again as if no spam filter had marked it; one
//! that ended its reader is read once more. *Retry*: it is decided again like any letter, its starts
//! counted anew, after what stood in its way was mended. *Discard*: the letter ends here
//! ([`discard`]). All go the way of every letter, through one transaction, and are kept with it.

use serde::{Deserialize, Serialize};

use super::{Answer, Decision, Disposition};

/// What is to be done with a held letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Review {
    /// Decide it again, as if no spam filter had marked it.
    Release,
    /// Decide it again, like any letter.
    Retry,
    /// End it.
    Discard {
        /// Why.
        why: String,
    },
}

impl Review {
    /// The word in the database.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Retry => "retry",
            Self::Discard { .. } => "discard",
        }
    }
}

/// Ends a letter.
#[must_use]
pub fn discard(why: &str) -> Decision {
    Decision {
        disposition: Disposition::Discarded,
        reason: format!("discarded by an admin: {why}"),
        rule: None,
        ticket: None,
        changes: Vec::new(),
        notices: Vec::new(),
        answer: Answer::Suppressed("an admin discarded the letter".to_owned()),
    }
}
