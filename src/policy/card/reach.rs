//! Rules that cannot hold, rules that decide nothing, and entries nobody uses.
//!
//! A rule *contradicts itself* if what must hold excludes what else must hold, or is among what
//! must not. A rule is *covered* by another of its clause if that one holds whenever it does and
//! weighs as much: the strongest verdict wins, so the covered one is never seen. Both are judged
//! on the conditions alone; what patterns may ever match is not asked.

use std::collections::BTreeSet;
use std::ops::Range;

use super::finding::Problem;
use super::raw::{RawBlock, RawCard, RawClause, Texts};
use crate::policy::clause::{Block, Condition, Outcome};

/// Whether the first condition holds whenever the second does, for certain.
fn follows(first: &Condition, second: &Condition) -> bool {
    match (first, second) {
        (
            Condition::Signal {
                id: first,
                strict: plain,
                ..
            },
            Condition::Signal { id, strict, .. },
        ) => first == id && (!plain || *strict),
        (
            Condition::Fact {
                name: first,
                values: more,
            },
            Condition::Fact { name, values },
        ) => first == name && values.iter().all(|value| more.contains(value)),
        _ => false,
    }
}

/// Two conditions that never hold together: one fact has one value.
fn excludes(first: &Condition, second: &Condition) -> bool {
    match (first, second) {
        (
            Condition::Fact {
                name: first,
                values: some,
            },
            Condition::Fact { name, values },
        ) => first == name && values.iter().all(|value| !some.contains(value)),
        _ => false,
    }
}

/// A condition that must hold, and what keeps it from holding.
pub fn contradiction(block: &Block) -> Option<(String, String)> {
    let barred = |condition: &Condition| {
        let all = block.all.iter().find(|other| excludes(condition, other));
        let unless = || block.unless.iter().find(|other| follows(other, condition));
        all.map(|other| format!("`{other}`"))
            .or_else(|| unless().map(|other| format!("`unless {other}`")))
    };
    let found = |condition: &Condition| Some((condition.to_string(), barred(condition)?));
    if let Some(found) = block.all.iter().find_map(found) {
        return Some(found);
    }
    let choices: Vec<_> = block.any.iter().filter_map(found).collect();
    let none_left = !choices.is_empty() && choices.len() == block.any.len();
    choices.into_iter().next().filter(|_| none_left)
}

/// Whether `strong` holds whenever `weak` does, and weighs as much.
fn covers(strong: &RawBlock, weak: &RawBlock) -> bool {
    // A refusal also needs to know what speaks against it: nothing softer can rely on that.
    let comparable = strong.verdict.get_ref() >= weak.verdict.get_ref()
        && (*strong.verdict.get_ref() != Outcome::Reject
            || *weak.verdict.get_ref() == Outcome::Reject);
    if !comparable {
        return false;
    }
    let (strong, weak) = (Terms::of(strong), Terms::of(weak));
    // Only literal repetition is compared: what must be *known* to be false has no shades.
    let needed = strong.all.iter().all(|c| weak.gives(c));
    let chosen = strong.any.is_empty()
        || strong
            .any
            .iter()
            .any(|c| weak.all.iter().any(|w| follows(c, w)))
        || (!weak.any.is_empty()
            && weak
                .any
                .iter()
                .all(|w| strong.any.iter().any(|c| follows(c, w))));
    let barred = strong.unless.iter().all(|c| weak.unless.contains(c));
    needed && chosen && barred
}

/// The conditions of a rule as far as they can be compared.
struct Terms {
    all: Vec<Condition>,
    any: Vec<Condition>,
    unless: Vec<Condition>,
}

impl Terms {
    fn of(raw: &RawBlock) -> Self {
        Self {
            all: conditions(&raw.all),
            any: conditions(&raw.any),
            unless: conditions(&raw.unless),
        }
    }

    /// Whether a condition holds whenever the rule does.
    fn gives(&self, condition: &Condition) -> bool {
        self.all.iter().any(|own| follows(condition, own))
            || (!self.any.is_empty() && self.any.iter().all(|own| follows(condition, own)))
    }
}

fn conditions(texts: &Texts) -> Vec<Condition> {
    let condition = |written: &str| match written.strip_prefix("fact:") {
        None => {
            let strict = written.ends_with("@strict");
            let id = written.strip_suffix("@strict").unwrap_or(written);
            Condition::Signal {
                signal: 0,
                id: id.to_owned(),
                strict,
            }
        }
        Some(fact) => {
            let (name, values) = fact.split_once('=').unwrap_or((fact, ""));
            Condition::Fact {
                name: name.to_owned(),
                values: values.split('|').map(|v| v.trim().to_owned()).collect(),
            }
        }
    };
    texts
        .iter()
        .map(|text| condition(text.get_ref().trim()))
        .collect()
}

type Remark = (Range<usize>, String, Problem);

/// What a card says in vain.
pub fn remarks(raw: &RawCard) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for clause in &raw.clause {
        remarks.extend(idle(clause));
    }
    remarks.extend(unused_signals(raw));
    remarks.extend(unused_sets(raw));
    let known = "fact:sender.known=true";
    let guarded = raw.safety.iter().any(|rule| names(&rule.needs, known));
    let refuses = |clause: &RawClause| {
        let verdicts = clause.when.iter().map(|block| *block.verdict.get_ref());
        verdicts.max() == Some(Outcome::Reject)
    };
    if let Some(clause) = raw.clause.iter().find(|clause| refuses(clause))
        && !guarded
    {
        let key = "safety".to_owned();
        remarks.push((clause.id.span(), key, Problem::StrangersRefused));
    }
    remarks
}

fn names(texts: &Texts, condition: &str) -> bool {
    texts.iter().any(|text| text.get_ref().trim() == condition)
}

fn idle(clause: &RawClause) -> Vec<Remark> {
    let id = clause.id.get_ref();
    let mut remarks = Vec::new();
    if clause.when.is_empty() {
        remarks.push((clause.id.span(), format!("clause {id}"), Problem::NoRule));
        return remarks;
    }
    let asks = |block: &RawBlock| matches!(block.verdict.get_ref(), Outcome::Ask | Outcome::Notice);
    if let Some(question) = &clause.question
        && !clause.when.iter().any(asks)
    {
        let key = format!("clause {id}, question");
        remarks.push((question.span(), key, Problem::IdleQuestion));
    }
    for (at, weak) in clause.when.iter().enumerate() {
        // Of two equal rules the later one is idle.
        let stronger = clause.when.iter().enumerate().find(|(other, strong)| {
            *other != at && covers(strong, weak) && (*other < at || !covers(weak, strong))
        });
        if let Some((other, _)) = stronger {
            let key = format!("clause {id}, when {}", at + 1);
            remarks.push((weak.verdict.span(), key, Problem::Covered(other + 1)));
        }
    }
    remarks
}

fn unused_signals(raw: &RawCard) -> Vec<Remark> {
    let rules = raw.clause.iter().flat_map(|clause| &clause.when);
    let lists = rules.flat_map(|block| [&block.all, &block.any, &block.unless]);
    let safety = raw
        .safety
        .iter()
        .flat_map(|rule| [&rule.facts, &rule.needs]);
    let mut used: BTreeSet<&str> = lists
        .chain(safety)
        .flatten()
        .map(|text| text.get_ref().trim())
        .map(|text| text.strip_suffix("@strict").unwrap_or(text))
        .collect();
    if let Some(engine) = &raw.engine {
        used.insert(engine.fault_signal.get_ref());
        used.insert(engine.request_signal.get_ref());
    }
    let idle = raw
        .signal
        .iter()
        .filter(|signal| !used.contains(signal.id.get_ref().as_str()));
    idle.map(|signal| {
        let id = signal.id.get_ref().clone();
        let problem = Problem::UnusedSignal(id);
        (signal.id.span(), "signal, id".to_owned(), problem)
    })
    .collect()
}

fn unused_sets(raw: &RawCard) -> Vec<Remark> {
    let signals = raw.signal.iter().flat_map(|s| [&s.any, &s.except]);
    let safety = raw
        .safety
        .iter()
        .flat_map(|s| [&s.any, &s.except, &s.hints]);
    let levels = raw.level.iter().flat_map(|l| [&l.any, &l.except]);
    let categories = raw.category.iter().map(|c| &c.except);
    let polarity = raw.polarity.iter();
    let polarity = polarity.flat_map(|p| [&p.negation, &p.pseudo, &p.hypothesis, &p.after]);
    let lists = signals.chain(safety).chain(levels).chain(categories);
    let texts = lists.chain(polarity).flatten();
    let terms = raw.category.iter().flat_map(|c| c.terms.keys());
    let patterns: Vec<&str> = texts.chain(terms).map(|t| t.get_ref().as_str()).collect();
    let named = |name: &str| {
        let braced = format!("{{{name}}}");
        patterns.iter().any(|pattern| pattern.contains(&braced))
    };
    let idle = raw.set.keys().filter(|name| !named(name.get_ref()));
    idle.map(|name| {
        let problem = Problem::UnusedSet(name.get_ref().clone());
        (name.span(), format!("set, {}", name.get_ref()), problem)
    })
    .collect()
}
