//! Criticality and mutualisation, from words with their polarity.
//!
//! The highest level that is affirmed counts. "Pas urgent" is a word about level 1 and takes the
//! edge off level 3; it never hides level 4. A shared system that is named and listed sets the
//! mutualisation by the number of its users: facts beat words, unless the words only speak of one
//! person's own account or job on it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::card::Bilingual;
use super::normalise::Zone;
use super::signal::Reader;

/// The two axes of the priority matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// How bad.
    Criticality,
    /// How many.
    Mutualisation,
}

/// Words that set a level.
#[derive(Debug, Clone)]
pub struct LevelRule {
    /// On which axis.
    pub axis: Axis,
    /// 1 to 4.
    pub set: u8,
    /// What it means, in words.
    pub says: Option<Bilingual>,
    /// The patterns.
    pub any: Range<usize>,
    /// Their exceptions.
    pub except: Range<usize>,
}

/// A level with the words that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// 1 to 4.
    pub level: u8,
    /// The writer's words, or the reason.
    pub because: String,
}

/// The levels the words of one axis reach, highest first.
#[must_use]
pub fn reached(rules: &[LevelRule], axis: Axis, reader: &Reader<'_>) -> Vec<Level> {
    let zones = [Zone::Subject, Zone::New, Zone::Forwarded];
    let mut levels: Vec<Level> = rules
        .iter()
        .filter(|rule| rule.axis == axis)
        .filter_map(|rule| {
            let reading = reader.read(&rule.any, &rule.except, &zones);
            let first = reading.evidence().next()?;
            Some(Level {
                level: rule.set,
                because: first.quote.clone(),
            })
        })
        .collect();
    levels.sort_by_key(|level| std::cmp::Reverse(level.level));
    levels
}

/// The criticality: what the words reach, or `default` if they reach nothing.
#[must_use]
pub fn criticality(levels: &[Level], default: Level) -> Level {
    let low = levels.iter().find(|level| level.level == 1);
    match (levels.first(), low) {
        (Some(high), Some(_)) if high.level == 4 => high.clone(),
        (Some(high), Some(low)) if high.level > 2 => Level {
            level: 2,
            because: format!("{} / {}", high.because, low.because),
        },
        (Some(_), Some(low)) => low.clone(),
        (Some(level), None) => level.clone(),
        (None, _) => default,
    }
}

/// How many people make which mutualisation: the least numbers for 2, 3 and 4.
#[must_use]
pub fn by_people(people: u32, least: [u32; 3]) -> u8 {
    let [two, three, four] = least;
    match people {
        people if people >= four => 4,
        people if people >= three => 3,
        people if people >= two => 2,
        _ => 1,
    }
}
