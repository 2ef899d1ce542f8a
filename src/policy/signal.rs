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
//! and unknown if one is negated, or stands where nobody writes now (a line of a machine, the
//! subject of an earlier letter): such a mention protects and never accuses. The *strict* value, which alone may refuse, asks for more: the new text or the
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

impl Mention {
    /// Whether the letter says so, however loosely.
    fn says(&self) -> bool {
        matches!(self.polarity, Polarity::Affirmed | Polarity::Loose)
    }

    /// Whether a machine wrote it, or an earlier letter.
    fn is_pasted(&self) -> bool {
        matches!(self.zone, Zone::Machine | Zone::Echo)
    }
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
        let doubtful = |m: &Mention| m.says() || m.polarity == Polarity::Negated;
        if self.evidence().next().is_some() {
            Tri::True
        } else if self.mentions.iter().any(doubtful) {
            Tri::Unknown
        } else {
            Tri::False
        }
    }

    /// Whether the letter says so plainly enough to refuse.
    #[must_use]
    pub fn strict(&self) -> Tri {
        // What is pasted neither states nor takes back.
        let mut own = self.mentions.iter().filter(|m| !m.is_pasted()).peekable();
        if self.mentions.is_empty() {
            Tri::False
        } else if own.peek().is_some() && own.all(|m| m.polarity == Polarity::Affirmed) {
            Tri::True
        } else {
            Tri::Unknown
        }
    }

    /// The occurrences that count as evidence of what the writer says.
    pub fn evidence(&self) -> impl Iterator<Item = &Mention> {
        self.shown().filter(|mention| !mention.is_pasted())
    }

    /// The occurrences that somebody shows, a machine included.
    pub fn shown(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|mention| mention.says())
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

/// What stands in one clause and changes what is said there.
#[derive(Debug, Clone, Default)]
struct Marks {
    /// Negations that are no pseudo-negations, in order.
    negations: Vec<Range<usize>>,
    /// How many words the longest of them has.
    longest: usize,
    /// Where the first of them ends.
    denied_from: Option<usize>,
    /// Words that take something out of the question, in order.
    after: Vec<Range<usize>>,
    /// Whether the clause supposes or asks.
    hypothesis: bool,
}

impl Marks {
    /// The negations that may reach a hit: whoever writes a thousand of them is read in time.
    fn near(&self, hit: &Hit) -> &[Range<usize>] {
        let reach = self.longest + BRIDGE_REACH;
        let from = hit.words.start.saturating_sub(reach);
        let first = self
            .negations
            .partition_point(|negation| negation.start < from);
        let behind = self
            .negations
            .partition_point(|negation| negation.start < hit.words.end);
        self.negations.get(first..behind).unwrap_or_default()
    }

    /// Whether words right behind a hit take it out of the question.
    fn is_taken_back(&self, hit: &Hit) -> bool {
        let first = self
            .after
            .partition_point(|after| after.start < hit.words.end);
        let next = self.after.get(first);
        next.is_some_and(|after| after.start - hit.words.end <= AFTER_REACH)
    }
}

/// A letter with all hits of all patterns, and the polarity of each.
///
/// Hits are kept in the order of the patterns, then of the letter, with the first of every
/// pattern known: every question costs what its answer holds, however long the letter is.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    page: &'a Page<'a>,
    patterns: &'a Patterns,
    bridge: &'a [String],
    hits: Vec<Hit>,
    /// Where the hits of each pattern begin; one entry more for the end of the last.
    starts: Vec<usize>,
    marks: Vec<Marks>,
}

impl<'a> Reader<'a> {
    /// Runs all patterns over the page, once.
    #[must_use]
    pub fn new(page: &'a Page<'a>, patterns: &'a Patterns, rules: &'a PolarityRules) -> Self {
        let mut hits = patterns.find(page);
        hits.sort_by_key(|hit| (hit.pattern, hit.clause, hit.words.start));
        let starts = starts(&hits, patterns.len());
        let mut reader = Self {
            page,
            patterns,
            bridge: &rules.bridge,
            hits,
            starts,
            marks: Vec::new(),
        };
        reader.marks = reader.marks(rules);
        reader
    }

    fn marks(&self, rules: &PolarityRules) -> Vec<Marks> {
        let mut marks = vec![Marks::default(); self.page.clauses().len()];
        let is_real = |hit: &&Hit| !self.overlaps(&rules.pseudo, hit);
        for hit in self.hits(&rules.negation).filter(is_real) {
            if let Some(marks) = marks.get_mut(hit.clause) {
                marks.negations.push(hit.words.clone());
            }
        }
        for hit in self.hits(&rules.hypothesis).filter(is_real) {
            if let Some(marks) = marks.get_mut(hit.clause) {
                marks.hypothesis = true;
            }
        }
        for hit in self.hits(&rules.after) {
            if let Some(marks) = marks.get_mut(hit.clause) {
                marks.after.push(hit.words.clone());
            }
        }
        for marks in &mut marks {
            marks.negations.sort_by_key(|negation| negation.start);
            marks.longest = marks.negations.iter().map(Range::len).max().unwrap_or(0);
            marks.denied_from = marks.negations.iter().map(|negation| negation.end).min();
            marks.after.sort_by_key(|after| after.start);
        }
        marks
    }

    /// The letter.
    #[must_use]
    pub fn page(&self) -> &Page<'a> {
        self.page
    }

    /// The hits of these patterns, in the order of the patterns, then of the letter.
    pub fn hits(&self, patterns: &Range<usize>) -> impl Iterator<Item = &Hit> {
        let from = self.starts.get(patterns.start).copied().unwrap_or_default();
        let to = self.starts.get(patterns.end).copied().unwrap_or_default();
        self.hits.get(from..to).unwrap_or_default().iter()
    }

    /// Whether a hit of these patterns shares a word with this one.
    #[must_use]
    pub fn overlaps(&self, patterns: &Range<usize>, hit: &Hit) -> bool {
        patterns.clone().any(|pattern| {
            let from = self.starts.get(pattern).copied().unwrap_or_default();
            let to = self.starts.get(pattern + 1).copied().unwrap_or_default();
            let own = self.hits.get(from..to).unwrap_or_default();
            // One pattern's hits share no word, so that their ends are in order too.
            let first = own.partition_point(|other| {
                (other.clause, other.words.end) <= (hit.clause, hit.words.start)
            });
            own.get(first).is_some_and(|other| {
                other.clause == hit.clause && overlap(&other.words, &hit.words)
            })
        })
    }

    /// Reads one signal: `any` are its patterns, `except` its exceptions, `zones` where it counts.
    #[must_use]
    pub fn read(&self, any: &Range<usize>, except: &Range<usize>, zones: &[Zone]) -> Reading {
        let mut hits: Vec<&Hit> = self
            .hits(any)
            .filter(|hit| zones.contains(&hit.zone))
            .collect();
        hits.sort_by_key(|hit| {
            (
                hit.words.start,
                std::cmp::Reverse(hit.words.end),
                hit.pattern,
            )
        });
        let mut mentions: Vec<Mention> = Vec::new();
        for hit in hits {
            let polarity = self.polarity(hit, except);
            // Of two patterns on the same words the longer is shown; they say the same thing.
            if let Some(last) = mentions.last_mut()
                && overlap(&last.words, &hit.words)
                && last.polarity == polarity
            {
                if hit.words.len() > last.words.len() {
                    *last = self.mention(hit, polarity);
                }
                continue;
            }
            mentions.push(self.mention(hit, polarity));
        }
        Reading { mentions }
    }

    fn mention(&self, hit: &Hit, polarity: Polarity) -> Mention {
        Mention {
            quote: self.page.quote(&hit.words),
            zone: hit.zone,
            bytes: self.page.source(&hit.words).unwrap_or_default(),
            words: hit.words.clone(),
            polarity,
        }
    }

    fn polarity(&self, hit: &Hit, except: &Range<usize>) -> Polarity {
        let Some(marks) = self.marks.get(hit.clause) else {
            return Polarity::Loose;
        };
        if self.overlaps(except, hit) {
            Polarity::Excepted
        } else if self.is_negated(hit, marks) {
            Polarity::Negated
        } else if self.is_loose(hit, marks) {
            Polarity::Loose
        } else {
            Polarity::Affirmed
        }
    }

    fn is_negated(&self, hit: &Hit, marks: &Marks) -> bool {
        let before = marks.near(hit).iter().any(|negation| {
            let between = negation.end..hit.words.start;
            let inside = overlap(negation, &hit.words) && !self.spells_out(hit, negation);
            let adjacent = negation.end <= hit.words.start
                && between.len() <= BRIDGE_REACH
                && between.clone().all(|at| self.is_bridge(at));
            inside || adjacent
        });
        before || marks.is_taken_back(hit)
    }

    fn is_bridge(&self, at: usize) -> bool {
        let word = self.page.word(at);
        self.bridge.iter().any(|bridge| bridge == word)
    }

    /// Whether the pattern itself names the negation, as in "ne marche pas".
    fn spells_out(&self, hit: &Hit, negation: &Range<usize>) -> bool {
        let Some(pattern) = self.patterns.get(hit.pattern) else {
            return false;
        };
        negation
            .clone()
            .filter(|at| hit.words.contains(at))
            .all(|at| pattern.names(self.page.word(at)))
    }

    fn is_loose(&self, hit: &Hit, marks: &Marks) -> bool {
        !matches!(hit.zone, Zone::Subject | Zone::New)
            || marks.hypothesis
            || marks.denied_from.is_some_and(|end| end <= hit.words.start)
            || hit.words.clone().any(|at| self.page.is_reported(at))
    }
}

/// Where the hits of each pattern begin in hits that stand in the order of the patterns.
fn starts(hits: &[Hit], patterns: usize) -> Vec<usize> {
    let mut starts = vec![0; patterns + 1];
    for hit in hits {
        if let Some(count) = starts.get_mut(hit.pattern + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// Whether two stretches of words share one.
#[must_use]
pub fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
