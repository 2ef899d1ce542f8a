//! What is wrong with a card: where, what was expected there, what was found.
//!
//! A *mistake* keeps the card from being used; a *remark* does not: the card works, and yet says
//! something its author cannot have meant. Findings come in the order of the file, as many at
//! once as can be told without guessing: after a mistake of form the references of that very
//! entry are not judged.

use std::fmt;
use std::ops::Range;

use crate::policy::clause::{NoClause, Outcome};
use crate::policy::pattern::PatternError;
use crate::registry::RegistryError;
use crate::ticket::priority::{MatrixError, UnknownWord};

/// One thing that is wrong with a card.
#[derive(Debug)]
pub struct Finding {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key, such as `clause E1, when 2, all`.
    pub key: String,
    /// What was expected there, and what was found.
    pub problem: Problem,
}

impl Finding {
    /// A finding at a stretch of the card's text.
    pub(super) fn at(text: &str, span: &Range<usize>, key: String, problem: Problem) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            key,
            problem,
        }
    }

    /// Whether the card can be used all the same.
    #[must_use]
    pub fn is_remark(&self) -> bool {
        self.problem.is_remark()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}, {}: {}",
            self.line, self.column, self.key, self.problem
        )
    }
}

/// A card that cannot be used.
#[derive(Debug)]
pub struct CardError {
    /// The file.
    pub file: String,
    /// Everything that was found, at least one mistake among it.
    pub findings: Vec<Finding>,
}

impl std::error::Error for CardError {}

impl fmt::Display for CardError {
    /// The first mistake, in one line: for a log. `guichet policy check` shows all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mistakes = self.findings.iter().filter(|finding| !finding.is_remark());
        write!(f, "{}", self.file)?;
        if let Some(first) = mistakes.next() {
            write!(f, ", {first}")?;
        }
        match mistakes.count() {
            0 => Ok(()),
            more => write!(f, " (and {more} more: `guichet policy check` shows all)"),
        }
    }
}

/// What is wrong with a card.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The TOML itself, an unknown or missing key, or a value of another type.
    #[error("{0}")]
    Toml(String),
    /// A section the card must have.
    #[error("expected a section `[{0}]`, but found none")]
    NoSection(&'static str),
    /// A section no card has.
    #[error("expected one of the sections {expected}, but found `{found}`")]
    UnknownSection {
        /// All of them.
        expected: String,
        /// The word met.
        found: String,
    },
    /// A card of another time.
    #[error("expected schema 1, but found {0}")]
    Schema(u32),
    /// A signal nobody defined.
    #[error(
        "expected a signal of this card or `fact:NAME=VALUE`, but found `{found}`{}",
        near.as_ref().map(|near| format!(" (is `{near}` meant?)")).unwrap_or_default()
    )]
    UnknownSignal {
        /// The word met.
        found: String,
        /// A signal that is called nearly so.
        near: Option<String>,
    },
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
    /// A rule that says nothing.
    #[error("expected `all` or `any` with at least one condition")]
    NoConditions,
    /// A safety rule that nothing can make hold.
    #[error("expected `any`, `hints`, `facts` or `needs` with at least one entry")]
    NoCue,
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
    /// Answers to a question nobody is asked.
    #[error("expected `question` in French and English, because answers to it are listed")]
    NoQuestionToAnswer,
    /// An answer that says two things.
    #[error("expected `{0}` in one of `admits`, `denies` and `accept_on`, but found it in two")]
    AnswersBoth(String),
    /// A clause that refuses and sends nobody elsewhere.
    #[error(
        "expected `elsewhere` with at least one place to turn to, because a block of the clause refuses"
    )]
    NoElsewhere,
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
    /// A rule that can never hold.
    #[error(
        "expected a rule that can hold, but `{condition}` is asked for while {against} excludes it"
    )]
    Unreachable {
        /// The condition that must hold.
        condition: String,
        /// What keeps it from holding.
        against: String,
    },
    /// A rule another one makes idle (a remark).
    #[error(
        "this rule never decides anything: rule {0} holds whenever it does, and weighs as much"
    )]
    Covered(usize),
    /// A clause without a rule (a remark).
    #[error("this clause has no rule, so that it is never applied")]
    NoRule,
    /// A question nobody asks (a remark).
    #[error("no rule of this clause asks, so that its question is never put")]
    IdleQuestion,
    /// A signal nobody asks for (a remark).
    #[error("no rule asks for the signal `{0}`")]
    UnusedSignal(String),
    /// A set of words no pattern names (a remark).
    #[error("no pattern names the set `{{{0}}}`")]
    UnusedSet(String),
    /// The same entry twice in one list (a remark).
    #[error("`{0}` stands in this list twice")]
    Repeated(String),
    /// Nothing keeps strangers from being refused (a remark).
    #[error(
        "no safety rule needs `fact:sender.known=true`, so that somebody whom no table knows may be refused"
    )]
    StrangersRefused,
}

impl Problem {
    fn is_remark(&self) -> bool {
        matches!(
            self,
            Self::Covered(_)
                | Self::NoRule
                | Self::IdleQuestion
                | Self::UnusedSignal(_)
                | Self::UnusedSet(_)
                | Self::Repeated(_)
                | Self::StrangersRefused
        )
    }
}
