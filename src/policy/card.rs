//! The service card: the policy as data.
//!
//! In: TOML text. Out: a [`Card`], checked whole, or a [`CardError`] that names file, line, key
//! and what was expected there. A card that loads cannot refuse on a loose signal, above a
//! clause's cap, without an `unless`, or by a pattern that matches everything.
//!
//! The card shipped with the program is [`Card::shipped`]; an institute writes its own.

use std::ops::Range;
use std::sync::OnceLock;

use super::category::CategoryRule;
use super::clause::{Block, ClauseId, Condition, Mode, NoClause, Outcome};
use super::language::FunctionWords;
use super::level::LevelRule;
use super::pattern::{PatternError, Patterns};
use super::signal::PolarityRules;
use crate::registry::{RegistryError, Settings};
use crate::ticket::priority::{Category, Matrix, MatrixError, UnknownWord};

mod build;
mod raw;

const SHIPPED: &str = include_str!("../../deploy/service/assistance.toml");
const SHIPPED_FILE: &str = "assistance.toml";

/// What is wrong with a card, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}, {key}: {problem}")]
pub struct CardError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, such as `clause E1, when 2, all`.
    pub key: String,
    /// What was expected there.
    pub problem: Box<Problem>,
}

/// What is wrong with a card.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The TOML itself, an unknown or missing key, or a value of another type.
    #[error("{0}")]
    Toml(String),
    /// A card of another time.
    #[error("expected schema 1, but found {0}")]
    Schema(u32),
    /// A signal nobody defined.
    #[error("expected a signal of this card or `fact:NAME=VALUE`, but found `{0}`")]
    UnknownSignal(String),
    /// A fact nobody gathers.
    #[error("expected one of the facts {expected}, but found `{found}`")]
    UnknownFact {
        /// All of them.
        expected: String,
        /// The word met.
        found: String,
    },
    /// A value the fact never has.
    #[error("expected {expected} as value of the fact, but found `{found}`")]
    UnknownValue {
        /// The values it has.
        expected: String,
        /// The word met.
        found: String,
    },
    /// `@strict` where nothing can be strict.
    #[error("expected `@strict` on a signal only, but found it on the fact `{0}`")]
    StrictFact(String),
    /// A refusal on what may have been said in passing.
    #[error("expected `{0}@strict`, because a refusal rests on plain statements only")]
    LooseRefusal(String),
    /// A refusal nothing could stop.
    #[error("expected `unless`, because every refusal needs what speaks against it")]
    NoUnless,
    /// A block that says nothing.
    #[error("expected `all` or `any` with at least one condition")]
    NoConditions,
    /// A verdict the clause must not reach.
    #[error("expected at most `{cap}`, the cap of the clause, but found `{found}`")]
    AboveCap {
        /// The cap.
        cap: Outcome,
        /// The verdict.
        found: Outcome,
    },
    /// A block that does nothing.
    #[error("expected flag, notice, ask or reject, but found `accept`")]
    Accepts,
    /// A clause without its question.
    #[error("expected `question` in French and English, because a block of the clause asks")]
    NoQuestion,
    /// An id twice.
    #[error("expected every id once, but found `{0}` twice")]
    Twice(String),
    /// An empty list or text.
    #[error("expected at least one entry")]
    Nothing,
    /// A clause id.
    #[error("{0}")]
    Clause(NoClause),
    /// A category.
    #[error("{0}")]
    Category(UnknownWord),
    /// A level.
    #[error("expected a level from 1 to 4, but found {0}")]
    Level(u8),
    /// Thresholds.
    #[error("expected three numbers that grow, but found {0:?}")]
    Thresholds([u32; 3]),
    /// The matrix.
    #[error("{0}")]
    Matrix(MatrixError),
    /// A pattern.
    #[error("{0}")]
    Pattern(PatternError),
    /// A pattern for inventory numbers.
    #[error("{0}")]
    Inventory(RegistryError),
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
    /// The hardest verdict it may reach.
    pub cap: Outcome,
    /// How far it acts by itself.
    pub mode: Mode,
    /// Its conditions.
    pub blocks: Vec<Block>,
}

/// What outranks all clauses.
#[derive(Debug, Clone)]
pub struct Safety {
    /// Its id.
    pub id: String,
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
    /// The first thing that is wrong; see [`CardError`].
    pub fn parse(text: &str, file: &str) -> Result<Self, CardError> {
        build::card(text, file)
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

    /// How many patterns every letter is held against.
    #[must_use]
    pub fn patterns(&self) -> usize {
        self.patterns.len()
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
