//! Clauses: conditions in three-valued logic, and what they lead to.
//!
//! `all` is Kleene's AND, `any` his OR, `unless` NOT(OR). A `reject` block fires only if its
//! conditions are known to be true and every `unless` is known to be false; the softer verdicts
//! fire if the conditions are true and no `unless` is. So ignorance softens and never hardens.
//!
//! All blocks of all clauses are judged; their order never matters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fact::Facts;
use super::signal::{Mention, Reading, overlap};
use crate::registry::Tri;

/// What the service does with a letter; the softest first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Taken.
    #[default]
    Accept,
    /// Taken; a technician sees why to look closer, the sender does not.
    Flag,
    /// Taken, with a neutral notice.
    Notice,
    /// Taken; one question goes out while it waits in the queue.
    Ask,
    /// Refused, with clause, evidence and the way to contest.
    Reject,
}

impl Outcome {
    /// All of them, the softest first.
    pub const ALL: [Self; 5] = [
        Self::Accept,
        Self::Flag,
        Self::Notice,
        Self::Ask,
        Self::Reject,
    ];

    /// The word used in cards and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Flag => "flag",
            Self::Notice => "notice",
            Self::Ask => "ask",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected accept, flag, notice, ask or reject, but found `{0}`")]
pub struct NoOutcome(String);

impl FromStr for Outcome {
    type Err = NoOutcome;

    fn from_str(word: &str) -> Result<Self, NoOutcome> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
            .ok_or_else(|| NoOutcome(word.to_owned()))
    }
}

/// How far a clause acts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decided and recorded, never acted upon.
    Shadow,
    /// A technician confirms each refusal.
    Propose,
    /// It acts.
    Auto,
}

impl Mode {
    /// The word used in cards and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Propose => "propose",
            Self::Auto => "auto",
        }
    }
}

/// The id of a clause: `E` and a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClauseId(String);

/// The question of a clause has the clause's id.
pub type QuestionId = ClauseId;

impl ClauseId {
    /// Such as `E1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A word that is no clause id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a clause such as E1, but found `{0}`")]
pub struct NoClause(String);

impl FromStr for ClauseId {
    type Err = NoClause;

    fn from_str(word: &str) -> Result<Self, NoClause> {
        let upper = word.trim().to_ascii_uppercase();
        let number = upper.strip_prefix('E').unwrap_or_default();
        let fits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Self(upper))
        } else {
            Err(NoClause(word.to_owned()))
        }
    }
}

impl TryFrom<String> for ClauseId {
    type Error = NoClause;

    fn try_from(word: String) -> Result<Self, NoClause> {
        word.parse()
    }
}

impl From<ClauseId> for String {
    fn from(id: ClauseId) -> Self {
        id.0
    }
}

/// One condition of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A signal, by its number in the card.
    Signal {
        /// The number.
        signal: usize,
        /// Its id.
        id: String,
        /// Whether it must be plain enough to refuse.
        strict: bool,
    },
    /// A fact that has one of these values.
    Fact {
        /// Its name.
        name: String,
        /// The values.
        values: Vec<String>,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { id, strict, .. } => {
                write!(f, "{id}{}", if *strict { "@strict" } else { "" })
            }
            Self::Fact { name, values } => write!(f, "fact:{name}={}", values.join("|")),
        }
    }
}

/// What the conditions are judged on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// The signals, by their number in the card.
    pub signals: &'a [Reading],
    /// The facts.
    pub facts: &'a Facts,
}

impl Condition {
    /// Whether it holds.
    #[must_use]
    pub fn value(&self, grounds: Grounds<'_>) -> Tri {
        match self {
            Self::Signal { signal, strict, .. } => match grounds.signals.get(*signal) {
                None => Tri::Unknown,
                Some(reading) if *strict => reading.strict(),
                Some(reading) => reading.value(),
            },
            Self::Fact { name, values } => grounds.facts.is(name, values),
        }
    }
}

/// One `when` block of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it leads to.
    pub verdict: Outcome,
    /// All must hold.
    pub all: Vec<Condition>,
    /// One must hold, if there are any.
    pub any: Vec<Condition>,
    /// None may hold.
    pub unless: Vec<Condition>,
}

/// A block as the letter meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What it leads to.
    pub verdict: Outcome,
    /// Whether `all` and `any` hold.
    pub conditions: Tri,
    /// Whether one of `unless` holds.
    pub unless: Tri,
    /// Whether it fires.
    pub fires: bool,
    /// Each condition with its value, `unless` ones marked.
    pub reasons: Vec<(String, Tri)>,
}

impl Block {
    /// All its conditions: what must hold, what may, what must not.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.all.iter().chain(&self.any).chain(&self.unless)
    }

    /// Judges the block.
    #[must_use]
    pub fn judge(&self, grounds: Grounds<'_>) -> Judged {
        let mut reasons = Vec::new();
        let mut value = |condition: &Condition, mark: &str| {
            let value = condition.value(grounds);
            reasons.push((format!("{mark}{condition}"), value));
            value
        };
        let mut conditions = self
            .all
            .iter()
            .fold(Tri::True, |sum, condition| sum.and(value(condition, "")));
        if !self.any.is_empty() {
            let any = self
                .any
                .iter()
                .fold(Tri::False, |sum, condition| sum.or(value(condition, "or ")));
            conditions = conditions.and(any);
        }
        let unless = self.unless.iter().fold(Tri::False, |sum, condition| {
            sum.or(value(condition, "unless "))
        });
        let fires = conditions == Tri::True
            && if self.verdict == Outcome::Reject {
                unless == Tri::False && self.stands_on_separate_words(grounds)
            } else {
                unless != Tri::True
            };
        Judged {
            verdict: self.verdict,
            conditions,
            unless,
            fires,
            reasons,
        }
    }

    /// Whether it rests on plain statements of the writer: such a refusal is with reserve.
    #[must_use]
    pub fn rests_on_words(&self) -> bool {
        let plain =
            |condition: &Condition| matches!(condition, Condition::Signal { strict: true, .. });
        self.all.iter().chain(&self.any).any(plain)
    }

    /// Two plain statements are two only if they stand on different words.
    fn stands_on_separate_words(&self, grounds: Grounds<'_>) -> bool {
        let mut taken: Vec<&Mention> = Vec::new();
        for condition in &self.all {
            let Condition::Signal {
                signal,
                strict: true,
                ..
            } = condition
            else {
                continue;
            };
            let free = grounds.signals.get(*signal).and_then(|reading| {
                reading
                    .evidence()
                    .find(|mention| taken.iter().all(|t| !overlap(&t.words, &mention.words)))
            });
            match free {
                Some(mention) => taken.push(mention),
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, value: &str) -> Condition {
        Condition::Fact {
            name: name.to_owned(),
            values: vec![value.to_owned()],
        }
    }

    #[test]
    fn an_unknown_exception_stops_a_refusal_and_nothing_softer() {
        let facts = Facts::default();
        let grounds = Grounds {
            signals: &[],
            facts: &facts,
        };
        let block = |verdict| Block {
            verdict,
            all: Vec::new(),
            any: Vec::new(),
            unless: vec![fact("asset.scope", "in")],
        };
        assert!(!block(Outcome::Reject).judge(grounds).fires);
        assert!(block(Outcome::Ask).judge(grounds).fires);
    }

    #[test]
    fn an_unknown_condition_fires_nothing() {
        let facts = Facts::default();
        let grounds = Grounds {
            signals: &[],
            facts: &facts,
        };
        for verdict in [Outcome::Flag, Outcome::Ask, Outcome::Reject] {
            let block = Block {
                verdict,
                all: vec![fact("asset.scope", "out")],
                any: Vec::new(),
                unless: Vec::new(),
            };
            assert!(!block.judge(grounds).fires);
        }
    }

    #[test]
    fn clause_ids_are_read_from_what_people_type() {
        assert_eq!("e2".parse::<ClauseId>().unwrap().as_str(), "E2");
        assert_eq!(
            "X2".parse::<ClauseId>().unwrap_err().to_string(),
            "expected a clause such as E1, but found `X2`"
        );
    }
}
