//! French, English, or not sure: by counting function words.
//!
//! Function words ("le", "pas", "the", "not") say in which language somebody writes; nouns do
//! not, because half of them are English in either. Below the margin the answer goes out in both.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The language of a letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
    /// Neither for certain: write both.
    #[default]
    Unsure,
}

impl Language {
    /// `fr`, `en` or `unsure`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
            Self::Unsure => "unsure",
        }
    }
}

/// The function words of both languages, folded.
#[derive(Debug, Clone, Default)]
pub struct FunctionWords {
    /// French.
    pub fr: BTreeSet<String>,
    /// English.
    pub en: BTreeSet<String>,
}

/// Fewest function words that decide.
const FEWEST: usize = 2;

impl FunctionWords {
    /// The language of these folded words: at least [`FEWEST`] of one, and twice as many as of
    /// the other.
    #[must_use]
    pub fn language(&self, words: &[&str]) -> Language {
        let count = |list: &BTreeSet<String>| words.iter().filter(|w| list.contains(**w)).count();
        let (fr, en) = (count(&self.fr), count(&self.en));
        if fr >= FEWEST && fr >= 2 * en {
            Language::Fr
        } else if en >= FEWEST && en >= 2 * fr {
            Language::En
        } else {
            Language::Unsure
        }
    }
}
