//! Signals: what the writer says, as evidence with polarity.
//!
//! A signal is a list of patterns. Each occurrence has a polarity:
//!
//! * *affirmed*;
//! * *negated*: a negation right before it ("ce n'est pas mon PC perso"), or words behind it that
//!   take it out of the question ("… n'est pas en cause");
//! * *excepted*: it overlaps one of the signal's `except` patterns ("je n'ai que mon PC perso").
//!
//! The signal is true if one occurrence is affirmed, false if there is none but excepted ones,
//! and unknown if one is negated: a mention that may have been read wrongly protects, and never
//! accuses. The *strict* value, which alone may refuse, asks for more: the new text or the
//! subject, outside quotation marks, no negation earlier in the clause, no hypothesis anywhere in
//! it, and no other occurrence that is negated, excepted or hypothetical.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::normalise::{Page, Zone};
use super::pattern::{Hit, Patterns};
use crate::registry::Tri;

/// What an occurrence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// The writer says so, plainly.
    Affirmed,
    /// The writer says so, but something in the clause takes away its right to refuse: a
    /// negation before it, a hypothesis, quotation marks, another person's words.
    Loose,
    /// The writer denies it.
    Negated,
    /// An exception of the signal covers it.
    Excepted,
}

/// One occurrence of a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The writer's words.
    pub quote: String,
    /// Where they stand.
    pub zone: Zone,
    /// Their bytes in the section.
    pub bytes: (usize, usize),
    /// Their numbers in the letter.
    pub words: Range<usize>,
    /// What they say.
    pub polarity: Polarity,
}

/// A signal as the letter shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// All occurrences in order.
    pub mentions: Vec<Mention>,
}

impl Reading {
    /// Whether the letter says so.
    #[must_use]
    pub fn value(&self) -> Tri {
        let says = |m: &Mention| matches!(m.polarity, Polarity::Affirmed | Polarity::Loose);
        let denies = |m: &Mention| m.polarity == Polarity::Negated;
        if self.mentions.iter().any(says) {
            Tri::True
        } else if self.mentions.iter().any(denies) {
            Tri::Unknown
        } else {
            Tri::False
        }
    }

    /// Whether the letter says so plainly enough to refuse.
    #[must_use]
    pub fn strict(&self) -> Tri {
        if self.mentions.is_empty() {
            Tri::False
        } else if self
            .mentions
            .iter()
            .all(|mention| mention.polarity == Polarity::Affirmed)
        {
            Tri::True
        } else {
            Tri::Unknown
        }
    }

    /// The occurrences that count as evidence.
    pub fn evidence(&self) -> impl Iterator<Item = &Mention> {
        self.mentions
            .iter()
            .filter(|m| matches!(m.polarity, Polarity::Affirmed | Polarity::Loose))
    }
}

/// The patterns around an occurrence that change what it says; numbers in [`Patterns`].
#[derive(Debug, Clone, Default)]
pub struct PolarityRules {
    /// "pas", "sans", "not".
    pub negation: Range<usize>,
    /// What looks like a negation and is none: "pas seulement", "sans doute".
    pub pseudo: Range<usize>,
    /// "si", "est-ce que", "if".
    pub hypothesis: Range<usize>,
    /// Behind an occurrence: "n'est pas en cause", "is fine".
    pub after: Range<usize>,
    /// Words that may stand between a negation and what it negates: "pas *du* *tout*".
    pub bridge: Vec<String>,
}

/// How many words behind an occurrence its denial may begin.
const AFTER_REACH: usize = 2;
/// How many bridge words a negation may reach across.
const BRIDGE_REACH: usize = 4;

/// A letter with all hits of all patterns, and the polarity of each.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    page: &'a Page<'a>,
    patterns: &'a Patterns,
    rules: &'a PolarityRules,
    hits: Vec<Hit>,
}

impl<'a> Reader<'a> {
    /// Runs all patterns over the page, once.
    #[must_use]
    pub fn new(page: &'a Page<'a>, patterns: &'a Patterns, rules: &'a PolarityRules) -> Self {
        let hits = patterns.find(page);
        Self {
            page,
            patterns,
            rules,
            hits,
        }
    }

    /// The letter.
    #[must_use]
    pub fn page(&self) -> &Page<'a> {
        self.page
    }

    /// The hits of these patterns.
    pub fn hits<'s>(&'s self, patterns: &'s Range<usize>) -> impl Iterator<Item = &'s Hit> {
        self.hits
            .iter()
            .filter(move |hit| patterns.contains(&hit.pattern))
    }

    /// Reads one signal: `any` are its patterns, `except` its exceptions, `zones` where it counts.
    #[must_use]
    pub fn read(&self, any: &Range<usize>, except: &Range<usize>, zones: &[Zone]) -> Reading {
        let mut mentions: Vec<Mention> = Vec::new();
        for hit in self.hits(any).filter(|hit| zones.contains(&hit.zone)) {
            let mention = Mention {
                quote: self.page.quote(&hit.words),
                zone: hit.zone,
                bytes: self.page.source(&hit.words).unwrap_or_default(),
                words: hit.words.clone(),
                polarity: self.polarity(hit, except),
            };
            // Of two patterns on the same words the longer is shown; they say the same thing.
            match mentions
                .iter_mut()
                .find(|m| overlap(&m.words, &mention.words))
            {
                Some(known) if known.polarity == mention.polarity => {
                    if mention.words.len() > known.words.len() {
                        *known = mention;
                    }
                }
                _ => mentions.push(mention),
            }
        }
        mentions.sort_by_key(|mention| (mention.words.start, mention.words.end));
        Reading { mentions }
    }

    fn polarity(&self, hit: &Hit, except: &Range<usize>) -> Polarity {
        let excepted = self
            .hits(except)
            .any(|other| other.clause == hit.clause && overlap(&other.words, &hit.words));
        if excepted {
            Polarity::Excepted
        } else if self.is_negated(hit) {
            Polarity::Negated
        } else if self.is_loose(hit) {
            Polarity::Loose
        } else {
            Polarity::Affirmed
        }
    }

    /// Negations of the clause that are no pseudo-negations.
    fn negations(&self, clause: usize) -> impl Iterator<Item = &Hit> {
        self.hits(&self.rules.negation)
            .filter(move |negation| negation.clause == clause && !self.is_pseudo(negation))
    }

    fn is_pseudo(&self, hit: &Hit) -> bool {
        self.hits(&self.rules.pseudo)
            .any(|pseudo| pseudo.clause == hit.clause && overlap(&pseudo.words, &hit.words))
    }

    fn is_negated(&self, hit: &Hit) -> bool {
        let before = self.negations(hit.clause).any(|negation| {
            let between = negation.words.end..hit.words.start;
            let inside = overlap(&negation.words, &hit.words) && !self.spells_out(hit, negation);
            let adjacent = negation.words.end <= hit.words.start
                && between.len() <= BRIDGE_REACH
                && between.clone().all(|at| self.is_bridge(at));
            inside || adjacent
        });
        before
            || self.hits(&self.rules.after).any(|after| {
                after.clause == hit.clause
                    && after.words.start >= hit.words.end
                    && after.words.start - hit.words.end <= AFTER_REACH
            })
    }

    fn is_bridge(&self, at: usize) -> bool {
        let word = self.page.word(at);
        self.rules.bridge.iter().any(|bridge| bridge == word)
    }

    /// Whether the pattern itself names the negation, as in "ne marche pas".
    fn spells_out(&self, hit: &Hit, negation: &Hit) -> bool {
        let Some(pattern) = self.patterns.get(hit.pattern) else {
            return false;
        };
        negation
            .words
            .clone()
            .filter(|at| hit.words.contains(at))
            .all(|at| pattern.names(self.page.word(at)))
    }

    fn is_loose(&self, hit: &Hit) -> bool {
        if !matches!(hit.zone, Zone::Subject | Zone::New) {
            return true;
        }
        if hit.words.clone().any(|at| self.page.is_reported(at)) {
            return true;
        }
        let negated_earlier = self
            .negations(hit.clause)
            .any(|negation| negation.words.end <= hit.words.start);
        let hypothesis = self
            .hits(&self.rules.hypothesis)
            .any(|other| other.clause == hit.clause && !self.is_pseudo(other));
        negated_earlier || hypothesis
    }
}

/// Whether two stretches of words share one.
#[must_use]
pub fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
