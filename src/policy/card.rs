//! The service card: the policy as data.
//!
//! In: TOML text. Out: a [`Card`], checked whole, or a [`CardError`] whose [`Finding`]s name line,
//! column, key and what was expected there, all at once. A card that loads cannot refuse on a
//! loose signal, above a clause's cap, without an `unless` or a place to turn to, or by a pattern
//! that matches everything.
//!
//! The card shipped with the program is [`Card::shipped`]; an institute writes its own.

use std::ops::Range;
use std::sync::OnceLock;

use super::category::CategoryRule;
use super::clause::{Block, ClauseId, Condition, Mode, Outcome};
use super::language::FunctionWords;
use super::level::LevelRule;
use super::pattern::{Patterns, Sets};
use super::signal::PolarityRules;
use crate::registry::Settings;
use crate::ticket::priority::{Category, Matrix};

mod build;
mod engine;
mod finding;
mod form;
mod raw;
mod reach;
mod rules;

pub use finding::{CardError, Finding, Problem};

const SHIPPED: &str = include_str!("../../deploy/service/assistance.toml");
const SHIPPED_FILE: &str = "assistance.toml";

/// A card as far as it goes, and everything that is wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// The card, if it can be used.
    pub card: Option<Card>,
    /// Mistakes and remarks, in the order of the file.
    pub findings: Vec<Finding>,
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bilingual {
    /// French; authoritative.
    pub fr: String,
    /// English.
    pub en: String,
}

/// One clause of the service definition.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Its id.
    pub id: ClauseId,
    /// A short name for technicians, French and English.
    pub name: Bilingual,
    /// The clause's exact French text; a refusal quotes it.
    pub text_fr: String,
    /// What it says in English.
    pub gloss_en: String,
    /// Where else to turn, one sentence each.
    pub elsewhere: Vec<Bilingual>,
    /// The question that settles it, if it may be asked.
    pub question: Option<Bilingual>,
    /// What people answer to it.
    pub answers: Answers,
    /// The hardest verdict it may reach.
    pub cap: Outcome,
    /// How far it acts by itself.
    pub mode: Mode,
    /// Its conditions.
    pub blocks: Vec<Block>,
}

/// The patterns of what people answer to a clause's question, or to its refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The clause does cover the letter: "il m'appartient".
    pub admits: Range<usize>,
    /// It does not: "c'est celui du labo".
    pub denies: Range<usize>,
    /// The remedy that the refusal offers is taken: "MISE À NIVEAU".
    pub accept_on: Range<usize>,
}

/// What outranks all clauses.
#[derive(Debug, Clone)]
pub struct Safety {
    /// Its id.
    pub id: String,
    /// What it means, in words.
    pub says: Option<Bilingual>,
    /// Patterns that, affirmed, make the rule hold.
    pub any: Range<usize>,
    /// Their exceptions.
    pub except: Range<usize>,
    /// Patterns that only protect: any mention stops a refusal, and nothing else follows.
    pub hints: Range<usize>,
    /// Facts that make the rule hold.
    pub facts: Vec<Condition>,
    /// Facts that must be known to be true, or nothing is refused.
    pub needs: Vec<Condition>,
    /// Whether a technician sees a flag when the rule holds.
    pub flag: bool,
    /// The least criticality when the rule holds.
    pub criticality: Option<u8>,
    /// The category when the rule holds.
    pub category: Option<Category>,
}

/// One signal.
#[derive(Debug, Clone)]
pub struct Signal {
    /// Its id.
    pub id: String,
    /// What it means, in words.
    pub says: Option<Bilingual>,
    /// Its patterns.
    pub any: Range<usize>,
    /// Its exceptions.
    pub except: Range<usize>,
}

/// Numbers of the engine.
#[derive(Debug, Clone)]
pub struct Engine {
    /// From this criticality on a letter is not held for a question.
    pub ask_off_at_criticality: u8,
    /// The criticality of a fault nothing else is known of.
    pub incident: u8,
    /// The criticality of a request nothing else is known of.
    pub request: u8,
    /// The mutualisation nothing else is known of.
    pub mutualisation: u8,
    /// Users of a shared system from which mutualisation is 2, 3, 4.
    pub people: [u32; 3],
    /// The signal that says that something is broken.
    pub fault_signal: usize,
    /// The signal that says that something is wished.
    pub request_signal: usize,
}

/// A checked card; see the module page.
#[derive(Debug, Clone)]
pub struct Card {
    pub(super) service: String,
    pub(super) version: String,
    pub(super) hash: String,
    pub(super) engine: Engine,
    pub(super) settings: Settings,
    pub(super) patterns: Patterns,
    /// The patterns as their author wrote them, by the same numbers.
    written: Vec<String>,
    sets: Sets,
    pub(super) polarity: PolarityRules,
    pub(super) turns: Vec<String>,
    pub(super) words: FunctionWords,
    pub(super) safety: Vec<Safety>,
    pub(super) signals: Vec<Signal>,
    pub(super) clauses: Vec<Clause>,
    pub(super) categories: Vec<CategoryRule>,
    pub(super) levels: Vec<LevelRule>,
    pub(super) matrix: Matrix,
}

impl Card {
    /// Reads and checks a card. `file` is its name for messages.
    ///
    /// # Errors
    /// Everything that is wrong; see [`CardError`]. Remarks alone are no error.
    pub fn parse(text: &str, file: &str) -> Result<Self, CardError> {
        let Checked { card, findings } = Self::check(text);
        card.ok_or_else(|| CardError {
            file: file.to_owned(),
            findings,
        })
    }

    /// Reads a card and says everything that is wrong with it, remarks too.
    #[must_use]
    pub fn check(text: &str) -> Checked {
        build::card(text)
    }

    /// The card shipped with the program. It is checked once.
    ///
    /// # Errors
    /// None in a program whose tests pass: a test reads the shipped card.
    pub fn shipped() -> Result<&'static Self, &'static CardError> {
        static CARD: OnceLock<Result<Card, CardError>> = OnceLock::new();
        CARD.get_or_init(|| Self::parse(SHIPPED, SHIPPED_FILE))
            .as_ref()
    }

    /// The text of the shipped card.
    #[must_use]
    pub fn shipped_text() -> &'static str {
        SHIPPED
    }

    /// What the service is called.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The card's version, as its author wrote it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// SHA-256 of the card's text, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the look-up tables are to be read and asked with.
    #[must_use]
    pub fn registry_settings(&self) -> &Settings {
        &self.settings
    }

    /// The priority matrix.
    #[must_use]
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Numbers of the engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What outranks the clauses, in order.
    #[must_use]
    pub fn safety(&self) -> &[Safety] {
        &self.safety
    }

    /// The signals in order.
    #[must_use]
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// How categories are recognised, in order.
    #[must_use]
    pub fn categories(&self) -> &[CategoryRule] {
        &self.categories
    }

    /// How levels are recognised, in order.
    #[must_use]
    pub fn levels(&self) -> &[LevelRule] {
        &self.levels
    }

    /// The sets of words that patterns name in braces.
    #[must_use]
    pub fn sets(&self) -> &Sets {
        &self.sets
    }

    /// Patterns as their author wrote them.
    #[must_use]
    pub fn written(&self, patterns: &Range<usize>) -> &[String] {
        self.written.get(patterns.clone()).unwrap_or_default()
    }

    /// The same card with every clause in this mode: what the clauses say, whoever may act on it.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        for clause in &mut self.clauses {
            clause.mode = mode;
        }
        self
    }

    /// The clauses in order.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// One clause.
    #[must_use]
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_card_is_in_order() {
        if let Err(error) = Card::shipped() {
            panic!("{error}");
        }
    }

    #[test]
    fn tables_read_without_a_card_are_read_as_the_shipped_one_says() {
        let card = Card::shipped().unwrap();
        assert_eq!(*card.registry_settings(), Settings::default());
    }

    #[test]
    fn every_clause_of_the_service_definition_is_there_with_all_its_words() {
        let card = Card::shipped().unwrap();
        let ids: Vec<&str> = card
            .clauses()
            .iter()
            .map(|clause| clause.id.as_str())
            .collect();
        assert_eq!(ids, ["E1", "E2", "E3", "E4", "E5", "E6", "E7"]);
        for clause in card.clauses() {
            assert!(clause.question.is_some(), "{}", clause.id);
            let refuses = clause
                .blocks
                .iter()
                .any(|block| block.verdict == Outcome::Reject);
            assert!(!refuses || !clause.elsewhere.is_empty(), "{}", clause.id);
        }
    }
}
