//! The kind of request, by weights.
//!
//! Weights are allowed here because nothing is refused for a category. Each term counts once,
//! however often it occurs; a term inside one of the category's exceptions ("l'impression que",
//! "réseau de neurones") does not count. The highest sum wins if it reaches the category's
//! `min`; of equals, the one the card lists first.

use std::collections::BTreeMap;
use std::ops::Range;

use super::normalise::Zone;
use super::signal::Reader;
use crate::ticket::priority::Category;

/// How a category is recognised.
#[derive(Debug, Clone)]
pub struct CategoryRule {
    /// The category.
    pub category: Category,
    /// Whether a letter of it is a request unless it reports a fault; otherwise a fault unless it
    /// asks for something.
    pub request: bool,
    /// The sum it needs.
    pub min: i32,
    /// The patterns of its terms.
    pub terms: Range<usize>,
    /// Their weights, in the order of the patterns.
    pub weights: Vec<i32>,
    /// What takes a term's meaning away.
    pub except: Range<usize>,
}

/// The zones that tell what a letter is about.
const ZONES: [Zone; 5] = [
    Zone::Subject,
    Zone::Echo,
    Zone::New,
    Zone::Machine,
    Zone::Forwarded,
];

impl CategoryRule {
    fn score(&self, reader: &Reader<'_>) -> i32 {
        let mut counted = vec![false; self.weights.len()];
        for hit in reader.hits(&self.terms) {
            if !ZONES.contains(&hit.zone) || reader.overlaps(&self.except, hit) {
                continue;
            }
            if let Some(slot) = counted.get_mut(hit.pattern - self.terms.start) {
                *slot = true;
            }
        }
        self.weights
            .iter()
            .zip(counted)
            .filter(|(_, counted)| *counted)
            .map(|(weight, _)| weight)
            .sum()
    }
}

/// The category of a letter, and the sum of each.
#[must_use]
pub fn categorise(
    rules: &[CategoryRule],
    reader: &Reader<'_>,
) -> (Category, BTreeMap<Category, i32>) {
    let mut scores = BTreeMap::new();
    let mut best: Option<(i32, Category)> = None;
    for rule in rules {
        let score = rule.score(reader);
        scores.insert(rule.category, score);
        let wins = best.is_none_or(|(known, _)| score > known);
        if score >= rule.min && score > 0 && wins {
            best = Some((score, rule.category));
        }
    }
    (
        best.map_or(Category::Other, |(_, category)| category),
        scores,
    )
}
