//! What an admin says about a held letter.
//!
//! In: a [`Review`]. *Release*: the letter is decided again as if no spam filter had marked it; one
//! that ended its reader is read once more. *Discard*: the letter ends here ([`discard`]). Both go
//! the way of every letter, through one transaction, and both are kept with the letter.

use serde::{Deserialize, Serialize};

use super::{Answer, Decision, Disposition};

/// What is to be done with a held letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Review {
    /// Decide it again.
    Release,
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
