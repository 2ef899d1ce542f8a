//! The order in which a letter is judged; see the page of [`super`].

mod ruling;

use std::collections::BTreeMap;

use jiff::civil::Date;

use self::ruling::{Bench, Ruling};
use super::card::{Card, Safety};
use super::category::categorise;
use super::clause::{Condition, Grounds};
use super::evidence::Evidence;
use super::fact::Facts;
use super::language::Language;
use super::level::{self, Axis, Level};
use super::normalise::{Page, Zone};
use super::signal::{Reader, Reading};
use super::trace::{Answered, Trace};
use super::{Letter, READ, Verdict, head, subject};
use crate::registry::{Registry, Tri};
use crate::ticket::priority::Category;

/// Anywhere the sender shows: a safety cue holds there, and a signal protects there at least.
const ZONES: [Zone; 5] = [
    Zone::Subject,
    Zone::Echo,
    Zone::New,
    Zone::Machine,
    Zone::Forwarded,
];

/// Judges a letter; with an answer, the letter is the one that was answered about, and holds the
/// answer's words too.
pub(super) fn judge(
    card: &Card,
    registry: &Registry,
    letter: &Letter<'_>,
    answer: Option<&Answered>,
    today: Date,
) -> Verdict {
    let page = page(card, letter);
    let reader = Reader::new(&page, &card.patterns, &card.polarity);
    let facts = Facts::gather(registry, letter, &page, today);
    let signals: Vec<Reading> = card
        .signals
        .iter()
        .map(|signal| reader.read(&signal.any, &signal.except, &ZONES))
        .collect();
    let grounds = Grounds {
        signals: &signals,
        facts: &facts,
    };
    let mut safety = SafetyFindings::find(card, &reader, grounds);
    if is_cut(letter) {
        safety.forbids = safety.forbids.or(Some("length".to_owned()));
    }
    let (category, categories) = categorise(&card.categories, &reader);
    let category = safety
        .category
        .unwrap_or_else(|| or_machine(category, &facts));
    let criticality = criticality(card, &reader, grounds, category, &safety);
    let mutualisation = mutualisation(card, &reader, &facts);
    let bench = Bench {
        grounds,
        safety: &safety,
        stopped: criticality.level >= card.engine.ask_off_at_criticality,
        answer,
    };
    let mut ruling = Ruling::new(card, bench);
    ruling.raise(&safety);
    let language = language(card, &page, &facts);
    let trace = Trace {
        card: card.version.clone(),
        card_hash: card.hash.clone(),
        today,
        tables: registry.dates(),
        zones: zones(&page),
        signals: named_readings(card, &signals),
        facts: facts
            .iter()
            .map(|(name, fact)| (name.to_owned(), fact.clone()))
            .collect(),
        safety: safety.holding.clone(),
        blocks: ruling.blocks,
        softened: ruling.softened,
        answer: answer.cloned(),
        shadow: ruling.shadow,
        categories,
        criticality: criticality.clone(),
        mutualisation: mutualisation.clone(),
        outcome: ruling.outcome,
    };
    Verdict {
        outcome: ruling.outcome,
        reserve: ruling.reserve,
        proposed: ruling.proposed,
        question: ruling.question,
        clause: ruling.clause,
        safety: safety.first,
        category,
        criticality: criticality.level,
        mutualisation: mutualisation.level,
        priority: card.matrix.priority(criticality.level, mutualisation.level),
        language,
        person_name: facts.person_name.clone(),
        evidence: ruling.evidence,
        trace,
    }
}

fn page<'a>(card: &Card, letter: &Letter<'a>) -> Page<'a> {
    let subject = subject::read(letter.subject);
    let zone = if subject.reply || subject.forwarded {
        Zone::Echo
    } else {
        Zone::Subject
    };
    let sections = [
        (zone, head(subject.bare)),
        (Zone::New, head(&letter.text.new)),
        (Zone::Forwarded, head(&letter.text.forwarded)),
    ];
    Page::new(&sections, &card.turns)
}

/// Whether a part of the letter is not read. What stands there might speak against a refusal.
fn is_cut(letter: &Letter<'_>) -> bool {
    [letter.subject, &letter.text.new, &letter.text.forwarded]
        .iter()
        .any(|text| text.len() > READ)
}

fn zones(page: &Page<'_>) -> BTreeMap<Zone, usize> {
    let mut zones = BTreeMap::new();
    for clause in page.clauses() {
        *zones.entry(clause.zone).or_default() += clause.words.len();
    }
    zones
}

fn named_readings(card: &Card, signals: &[Reading]) -> BTreeMap<String, Reading> {
    card.signals
        .iter()
        .zip(signals)
        .filter(|(_, reading)| !reading.mentions.is_empty())
        .map(|(signal, reading)| (signal.id.clone(), reading.clone()))
        .collect()
}

fn language(card: &Card, page: &Page<'_>, facts: &Facts) -> Language {
    let words = page.words_in(&[Zone::Subject, Zone::New]);
    match (
        card.words.language(&words),
        facts.person_language.as_deref(),
    ) {
        (Language::Unsure, Some("fr")) => Language::Fr,
        (Language::Unsure, Some("en")) => Language::En,
        (language, _) => language,
    }
}

fn criticality(
    card: &Card,
    reader: &Reader<'_>,
    grounds: Grounds<'_>,
    category: Category,
    safety: &SafetyFindings,
) -> Level {
    let says = |signal: usize| {
        let reading = grounds.signals.get(signal);
        reading.is_some_and(|reading| reading.value() == Tri::True)
    };
    let rule = card
        .categories
        .iter()
        .find(|rule| rule.category == category);
    let fault = says(card.engine.fault_signal)
        || (rule.is_some_and(|rule| !rule.request) && !says(card.engine.request_signal));
    let default = if fault {
        Level {
            level: card.engine.incident,
            because: "incident".to_owned(),
        }
    } else {
        Level {
            level: card.engine.request,
            because: "request".to_owned(),
        }
    };
    let levels = level::reached(&card.levels, Axis::Criticality, reader);
    let words = level::criticality(&levels, default);
    match &safety.criticality {
        Some(least) if least.level > words.level => least.clone(),
        _ => words,
    }
}

fn mutualisation(card: &Card, reader: &Reader<'_>, facts: &Facts) -> Level {
    let words = level::reached(&card.levels, Axis::Mutualisation, reader);
    // Facts beat words, but for somebody's own account or job on a system that all use.
    let own_matter = words.first().is_some_and(|highest| highest.level == 1);
    if let Some((name, people, _)) = &facts.shared
        && !own_matter
    {
        return Level {
            level: level::by_people(*people, card.engine.people),
            because: format!("{name} ({people})"),
        };
    }
    words.into_iter().next().unwrap_or_else(|| Level {
        level: card.engine.mutualisation,
        because: "default".to_owned(),
    })
}

/// A letter that says nothing but which machine it is about is about that machine.
fn or_machine(category: Category, facts: &Facts) -> Category {
    let named = facts.is("asset.strong", &["true".to_owned()]) == Tri::True;
    match category {
        Category::Other if named => Category::Workstation,
        known => known,
    }
}

/// The safety rules that hold for a letter.
#[derive(Debug, Default)]
struct SafetyFindings {
    /// Rule → what made it hold or protect.
    holding: BTreeMap<String, Vec<String>>,
    /// The first rule that holds, the ones on words before the ones on facts.
    first: Option<String>,
    /// Nothing harder than a flag, because of this rule.
    caps: Option<String>,
    /// No refusal, because of this rule.
    forbids: Option<String>,
    /// No question, because this rule's incident is spoken of, if only in doubt ("phishing ?").
    doubts: Option<String>,
    /// A flag at least.
    flags: bool,
    criticality: Option<Level>,
    category: Option<Category>,
    evidence: Vec<Evidence>,
}

impl SafetyFindings {
    fn find(card: &Card, reader: &Reader<'_>, grounds: Grounds<'_>) -> Self {
        let mut findings = Self::default();
        let mut by_fact = None;
        for rule in &card.safety {
            let reading = reader.read(&rule.any, &rule.except, &ZONES);
            let said: Vec<String> = reading.shown().map(|m| m.quote.clone()).collect();
            let facts: Vec<String> = rule
                .facts
                .iter()
                .filter(|condition| condition.value(grounds) == Tri::True)
                .map(ToString::to_string)
                .collect();
            if !said.is_empty() || !facts.is_empty() {
                findings.hold(rule, &said);
                if said.is_empty() {
                    by_fact = by_fact.or(Some(rule.id.clone()));
                } else {
                    findings.first = findings.first.or(Some(rule.id.clone()));
                }
            }
            findings.protect(rule, reader, grounds, &reading);
            let reasons: Vec<String> = said.into_iter().chain(facts).collect();
            if !reasons.is_empty() {
                findings.holding.insert(rule.id.clone(), reasons);
            }
        }
        findings.first = findings.first.or(by_fact);
        findings
    }

    /// The rule holds: it caps, and does whatever else it says.
    fn hold(&mut self, rule: &Safety, said: &[String]) {
        self.caps = self.caps.take().or(Some(rule.id.clone()));
        self.flags |= rule.flag;
        self.category = self.category.or(rule.category);
        if let Some(level) = rule.criticality
            && self
                .criticality
                .as_ref()
                .is_none_or(|known| known.level < level)
        {
            let because = rule.id.clone();
            self.criticality = Some(Level { level, because });
        }
        if let Some(quote) = said.first() {
            self.evidence.push(Evidence::Signal {
                signal: rule.id.clone(),
                quote: quote.clone(),
            });
        }
    }

    /// What only protects: a cue that is denied, a hint, a needed fact that is not known.
    fn protect(
        &mut self,
        rule: &Safety,
        reader: &Reader<'_>,
        grounds: Grounds<'_>,
        reading: &Reading,
    ) {
        if !reading.mentions.is_empty() && rule.criticality.is_some() {
            self.doubts = self.doubts.take().or(Some(rule.id.clone()));
        }
        let hint = reader
            .hits(&rule.hints)
            .any(|hit| ZONES.contains(&hit.zone));
        let lacking = rule
            .needs
            .iter()
            .any(|condition| condition.value(grounds) != Tri::True);
        let doubtful = rule
            .facts
            .iter()
            .any(|condition| is_doubtful(condition, grounds));
        if !reading.mentions.is_empty() || hint || lacking || doubtful {
            self.forbids = self.forbids.take().or(Some(rule.id.clone()));
        }
    }
}

/// A fact the card names as a safety cue, of which nothing is known. Authentication that nobody
/// checks is the one thing that is unknown in good order.
fn is_doubtful(condition: &Condition, grounds: Grounds<'_>) -> bool {
    let unchecked = matches!(condition, Condition::Fact { name, .. } if name == "sender.trusted");
    !unchecked && condition.value(grounds) == Tri::Unknown
}
