//! What rows are written because of: a letter, an occurrence, or the delivery of another row.

use super::journal::LetterId;
use crate::decide::Cause;

/// What a page of history or a row of the outbox is written because of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A letter that was decided.
    Letter(LetterId),
    /// Something that happened without a letter.
    Occurrence {
        /// Its row.
        id: i64,
        /// What it happened because of.
        cause: &'a Cause,
    },
    /// What a mail server said to a row of the outbox.
    Delivery,
}

impl Origin<'_> {
    /// The letter, for a column that may be empty.
    pub(super) fn letter(self) -> Option<i64> {
        match self {
            Self::Letter(letter) => Some(letter.0),
            Self::Occurrence { .. } | Self::Delivery => None,
        }
    }

    /// The occurrence, for a column that may be empty.
    pub(super) fn occurrence(self) -> Option<i64> {
        match self {
            Self::Occurrence { id, .. } => Some(id),
            Self::Letter(_) | Self::Delivery => None,
        }
    }

    /// What tells the outbox's rows of one origin from those of another. Letters have numbers and
    /// causes begin with a word, so that no two share a key.
    pub(super) fn key(self) -> String {
        match self {
            Self::Letter(letter) => letter.0.to_string(),
            Self::Occurrence { cause, .. } => cause.to_string(),
            Self::Delivery => "delivery".to_owned(),
        }
    }
}
