//! Refusals by clause, and what people and technicians said to them.
//!
//! Each refusal is in one of four places: nobody objected; it is contested and waits for a person;
//! a person upheld it; a person took it back, contested or not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Request;

/// What became of some refusals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// Requests that were refused.
    pub refused: u64,
    /// Of these: the requester answered the refusal.
    pub contested: u64,
    /// A person read the contest and upheld the refusal.
    pub upheld: u64,
    /// A person took the refusal back.
    pub overturned: u64,
}

impl Refusals {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            refused: self.refused + other.refused,
            contested: self.contested + other.contested,
            upheld: self.upheld + other.upheld,
            overturned: self.overturned + other.overturned,
        }
    }

    fn one(request: &Request) -> Self {
        let fate = request.fate();
        Self {
            refused: 1,
            contested: u64::from(fate.contested),
            upheld: u64::from(fate.upheld),
            overturned: u64::from(fate.overturned),
        }
    }
}

/// By clause; a refusal without one is a technician's, under the empty word.
pub(super) fn by_clause(asked: &[&Request]) -> BTreeMap<String, Refusals> {
    let mut clauses: BTreeMap<String, Refusals> = BTreeMap::new();
    for request in asked.iter().filter(|request| request.was_refused()) {
        let sum = clauses.entry(request.clause.clone()).or_default();
        *sum = sum.and(Refusals::one(request));
    }
    clauses
}
