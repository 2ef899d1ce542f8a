//! How good a card is, on labelled letters.
//!
//! In: labels and what the card said. Out: [`Report`], in the order in which it matters: wrong
//! refusals first, with the bound that so many letters allow, then what was missed, then order
//! and kind. Each letter that differs is listed with what decided it.
//!
//! The numbers speak of letters like these; letters that were written together with the card say
//! that the card is consistent, not that it is right.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clause::{ClauseId, Outcome};
use super::labelled::{Label, refuses};
use super::{Evidence, Verdict};
use crate::ticket::priority::{Matrix, Priority};

pub mod bound;

/// A share of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
}

impl Share {
    fn add(&mut self, holds: bool) {
        self.of += 1;
        self.count += usize::from(holds);
    }

    /// From 0 to 1; nothing if nothing was counted.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        (self.of > 0).then(|| count(self.count) / count(self.of))
    }
}

/// One clause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClauseFigures {
    /// Of the letters labelled as refused under the clause: refused under it.
    pub refused: Share,
    /// Of the same letters: refused, asked about or flagged under it.
    pub noticed: Share,
    /// Of all letters labelled with the clause, whatever the outcome: those it was applied to.
    pub applied: Share,
    /// Of the letters refused under the clause: rightly.
    pub precision: Share,
}

/// Agreement on what has no clause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The category.
    pub category: Share,
    /// The criticality.
    pub criticality: Share,
    /// The mutualisation.
    pub mutualisation: Share,
}

/// A field of a letter that is not as labelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field, such as `outcome`.
    pub field: &'static str,
    /// What the label says.
    pub expected: String,
    /// What the card says.
    pub got: String,
}

/// A letter that is not as labelled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// Its id.
    pub id: String,
    /// Whether it is a refusal that must not be.
    pub wrongly_refused: bool,
    /// What differs.
    pub differences: Vec<Difference>,
    /// What decided: the words and lines.
    pub evidence: Vec<Evidence>,
    /// What softened the verdict, such as a safety rule.
    pub softened_by: Vec<String>,
}

/// What comes out; shares are of the letters that have the label in question.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// How many letters.
    pub letters: usize,
    /// Label → outcome → letters. A letter that is only not to be refused is labelled
    /// `not reject`.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
    /// Refusals of letters that must not be refused.
    pub false_refusals: Share,
    /// The one-sided 95 % bound of their rate (Clopper–Pearson); nothing without letters.
    pub false_refusal_bound: Option<f64>,
    /// Notices to people who did nothing.
    pub wrong_notices: Share,
    /// Letters far too late in the queue: a level too low by 2 or more, or P1 taken for P4 or P5.
    pub under_priority: Share,
    /// By clause.
    pub clauses: BTreeMap<String, ClauseFigures>,
    /// Letters that are asked a question.
    pub asks: Share,
    /// Category and levels.
    pub agreement: Agreement,
    /// Every letter that differs, wrong refusals first.
    pub differing: Vec<Differing>,
}

impl Report {
    /// Counts one letter.
    pub fn add(&mut self, id: &str, label: &Label, verdict: &Verdict, matrix: &Matrix) {
        self.letters += 1;
        let refused = refuses(verdict);
        if let Some(row) = row(label) {
            let row = self.confusion.entry(row).or_default();
            *row.entry(verdict.outcome.to_string()).or_default() += 1;
        }
        if label.must_not_refuse {
            self.false_refusals.add(refused);
        }
        if label.outcome.is_some() {
            let noticed = verdict.outcome == Outcome::Notice;
            self.wrong_notices
                .add(noticed && !label.allows(Outcome::Notice));
            self.asks.add(verdict.outcome == Outcome::Ask);
        }
        self.clauses(label, verdict);
        if label.criticality.is_some() || label.mutualisation.is_some() {
            self.under_priority.add(is_too_late(label, verdict, matrix));
        }
        let agreement = &mut self.agreement;
        if label.category.is_some() {
            let right = label.allows_category(verdict.category);
            agreement.category.add(right);
        }
        if let Some(level) = label.criticality {
            agreement.criticality.add(level == verdict.criticality);
        }
        if label.mutualisation.is_some() {
            let right = label.allows_mutualisation(verdict.mutualisation);
            agreement.mutualisation.add(right);
        }
        let differences = differences(label, verdict);
        if !differences.is_empty() {
            self.differing.push(Differing {
                id: id.to_owned(),
                wrongly_refused: refused && label.must_not_refuse,
                differences,
                evidence: verdict.evidence.clone(),
                softened_by: softened(verdict),
            });
        }
    }

    /// Everything counted: the bound, and the order of what differs.
    #[must_use]
    pub fn finished(mut self) -> Self {
        let Share { count, of } = self.false_refusals;
        self.false_refusal_bound = bound::upper(count, of);
        self.differing.sort_by_key(|letter| !letter.wrongly_refused);
        self
    }

    fn clauses(&mut self, label: &Label, verdict: &Verdict) {
        let under = |clause: &ClauseId| verdict.clause.as_ref() == Some(clause);
        if let Some(clause) = &label.clause {
            let figures = self.clauses.entry(clause.to_string()).or_default();
            let applied = under(clause) && verdict.outcome > Outcome::Accept;
            figures.applied.add(applied);
            if label.outcome == Some(Outcome::Reject) {
                figures.refused.add(under(clause) && refuses(verdict));
                figures
                    .noticed
                    .add(applied && verdict.outcome != Outcome::Notice);
            }
        }
        if let Some(clause) = verdict.clause.as_ref().filter(|_| refuses(verdict))
            && (label.outcome.is_some() || label.must_not_refuse)
        {
            let right = label.outcome == Some(Outcome::Reject)
                && label.clause.as_ref() == Some(clause)
                || label.acceptable.contains(&Outcome::Reject);
            let figures = self.clauses.entry(clause.to_string()).or_default();
            figures.precision.add(right);
        }
    }
}

/// The row of the confusion table.
fn row(label: &Label) -> Option<String> {
    match label.outcome {
        Some(outcome) => Some(outcome.to_string()),
        None => label.must_not_refuse.then(|| "not reject".to_owned()),
    }
}

fn is_too_late(label: &Label, verdict: &Verdict, matrix: &Matrix) -> bool {
    let low = |right: Option<u8>, got: u8| right.is_some_and(|right| right >= got + 2);
    let levels = label.criticality.zip(label.mutualisation);
    let first = levels.is_some_and(|(c, m)| matrix.priority(c, m) == Priority::P1);
    low(label.criticality, verdict.criticality)
        || low(label.mutualisation, verdict.mutualisation)
        || (first && verdict.priority >= Priority::P4)
}

fn differences(label: &Label, verdict: &Verdict) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |field, expected: Option<String>, got: String| {
        if let Some(expected) = expected.filter(|expected| *expected != got) {
            found.push(Difference {
                field,
                expected,
                got,
            });
        }
    };
    let clause = |clause: Option<&ClauseId>| clause.map_or("none".to_owned(), ToString::to_string);
    let refused = label.must_not_refuse && refuses(verdict);
    if refused || !label.allows(verdict.outcome) {
        let expected = row(label).unwrap_or_else(|| "not reject".to_owned());
        differ("outcome", Some(expected), verdict.outcome.to_string());
    }
    if label.outcome == Some(verdict.outcome) {
        let expected = clause(label.clause.as_ref());
        differ("clause", Some(expected), clause(verdict.clause.as_ref()));
    }
    let text = |category: crate::ticket::priority::Category| category.to_string();
    let wrong = !label.allows_category(verdict.category);
    let expected = label.category.filter(|_| wrong);
    differ("category", expected.map(text), verdict.category.to_string());
    let text = |level: u8| level.to_string();
    differ(
        "criticality",
        label.criticality.map(text),
        verdict.criticality.to_string(),
    );
    let wrong = !label.allows_mutualisation(verdict.mutualisation);
    differ(
        "mutualisation",
        label.mutualisation.filter(|_| wrong).map(text),
        verdict.mutualisation.to_string(),
    );
    found
}

fn softened(verdict: &Verdict) -> Vec<String> {
    let told = verdict.trace.softened.iter().map(|softened| {
        let clause = softened.clause.as_ref().map(|clause| format!("{clause}: "));
        let clause = clause.unwrap_or_default();
        format!(
            "{clause}{} became {} by {}",
            softened.from, softened.to, softened.by
        )
    });
    let mut told: Vec<String> = told.collect();
    told.dedup();
    told
}
