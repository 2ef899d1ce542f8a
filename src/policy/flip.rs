//! What a changed card does to decisions that were made.
//!
//! In: what was decided, what the card in force would say now, what the changed card says. Out:
//! a [`Flip`] if the decision changes, in a [`Change`] that says how dangerous that is. What the
//! card in force would say differently as well is not the changed card's doing: the tables, or the
//! program, have changed since.

use serde::{Deserialize, Serialize};

use super::clause::{ClauseId, Outcome};
use super::labelled::refuses;
use super::{Evidence, Verdict};
use crate::ticket::priority::{Category, Priority};

/// A decision in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The outcome.
    pub outcome: Outcome,
    /// A refusal that waits for a technician's word.
    #[serde(default)]
    pub proposed: bool,
    /// The clause behind it.
    pub clause: Option<ClauseId>,
    /// The place in the queue.
    pub priority: Priority,
    /// The kind of request.
    pub category: Category,
}

impl Brief {
    /// A verdict in short.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        Self {
            outcome: verdict.outcome,
            proposed: verdict.proposed,
            clause: verdict.clause.clone(),
            priority: verdict.priority,
            category: verdict.category,
        }
    }

    fn refuses(&self) -> bool {
        self.outcome == Outcome::Reject || self.proposed
    }
}

impl std::fmt::Display for Brief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let outcome = if self.proposed {
            "reject (proposed)"
        } else {
            self.outcome.as_str()
        };
        match &self.clause {
            Some(clause) => write!(f, "{outcome} {clause}"),
            None => f.write_str(outcome),
        }
    }
}

/// How a decision changes; the most dangerous first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It would be refused, and was not.
    NewlyRefused,
    /// It would be refused under another clause.
    RefusedOtherwise,
    /// It would be harder: a question, a notice, a flag that was not.
    Harder,
    /// It would no longer be refused.
    NoLongerRefused,
    /// It would be softer.
    Softer,
    /// The same outcome under another clause.
    OtherClause,
    /// Only the place in the queue or the category.
    Queue,
}

impl Change {
    /// All of them, the most dangerous first.
    pub const ALL: [Self; 7] = [
        Self::NewlyRefused,
        Self::RefusedOtherwise,
        Self::Harder,
        Self::NoLongerRefused,
        Self::Softer,
        Self::OtherClause,
        Self::Queue,
    ];

    fn between(was: &Brief, now: &Brief) -> Option<Self> {
        let outcomes = (was.outcome, was.proposed) != (now.outcome, now.proposed);
        let clauses = was.clause != now.clause;
        Some(match (was.refuses(), now.refuses()) {
            (false, true) => Self::NewlyRefused,
            (true, true) if clauses => Self::RefusedOtherwise,
            (true, false) => Self::NoLongerRefused,
            _ if outcomes && now.outcome > was.outcome => Self::Harder,
            _ if outcomes => Self::Softer,
            _ if clauses => Self::OtherClause,
            _ if was.priority != now.priority || was.category != now.category => Self::Queue,
            _ => return None,
        })
    }
}

/// A decision that would be another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flip {
    /// How it changes.
    pub change: Change,
    /// Whether the changed card is why; otherwise the card in force would change it as well.
    pub by_the_card: bool,
    /// What was decided.
    pub was: Brief,
    /// What the changed card says.
    pub now: Brief,
    /// The words and lines behind that.
    pub evidence: Vec<Evidence>,
}

impl Flip {
    /// The change from `was` to what the changed card says; `in_force` is what the card in force
    /// says of the same letter with the same tables.
    #[must_use]
    pub fn between(was: Brief, in_force: &Verdict, changed: &Verdict) -> Option<Self> {
        let now = Brief::of(changed);
        let change = Change::between(&was, &now)?;
        Some(Self {
            change,
            by_the_card: Change::between(&Brief::of(in_force), &now).is_some(),
            evidence: match change {
                Change::NoLongerRefused | Change::Softer if !refuses(changed) => {
                    in_force.evidence.clone()
                }
                _ => changed.evidence.clone(),
            },
            was,
            now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_how_dangerous_it_is() {
        let brief = |outcome, clause: &str, priority| Brief {
            outcome,
            proposed: false,
            clause: clause.parse().ok(),
            priority,
            category: Category::Other,
        };
        let was = |outcome, clause| brief(outcome, clause, Priority::P3);
        use Outcome::{Accept, Ask, Flag, Reject};
        for (first, second, change) in [
            (
                was(Accept, ""),
                was(Reject, "E1"),
                Some(Change::NewlyRefused),
            ),
            (
                was(Ask, "E1"),
                was(Reject, "E1"),
                Some(Change::NewlyRefused),
            ),
            (
                was(Reject, "E2"),
                was(Reject, "E1"),
                Some(Change::RefusedOtherwise),
            ),
            (was(Accept, ""), was(Ask, "E1"), Some(Change::Harder)),
            (
                was(Reject, "E1"),
                was(Flag, "E1"),
                Some(Change::NoLongerRefused),
            ),
            (was(Ask, "E1"), was(Accept, ""), Some(Change::Softer)),
            (was(Flag, "E1"), was(Flag, "E2"), Some(Change::OtherClause)),
            (
                was(Flag, "E1"),
                brief(Flag, "E1", Priority::P5),
                Some(Change::Queue),
            ),
            (was(Flag, "E1"), was(Flag, "E1"), None),
        ] {
            assert_eq!(
                Change::between(&first, &second),
                change,
                "{first} to {second}"
            );
        }
        let proposed = Brief {
            proposed: true,
            ..was(Flag, "E1")
        };
        assert_eq!(
            Change::between(&was(Flag, "E1"), &proposed),
            Some(Change::NewlyRefused)
        );
        assert_eq!(proposed.to_string(), "reject (proposed) E1");
        assert!(Change::ALL.is_sorted());
    }
}
