//! From the card as written to the card as used: every check that needs more than one key.
//!
//! Nothing stops at the first mistake: what is wrong is reported and left out, and the rest is
//! judged. A card comes of it only if nothing was wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::finding::{Finding, Problem};
use super::form::{self, Unread};
use super::raw::{Kind, RawBilingual, RawCard, RawCategory, RawLevel, RawSafety, RawSignal, Texts};
use super::{Bilingual, Card, Checked, Safety, Signal, reach};
use crate::policy::category::CategoryRule;
use crate::policy::language::FunctionWords;
use crate::policy::level::LevelRule;
use crate::policy::pattern::{Pattern, PatternError, Patterns, Sets};
use crate::policy::signal::PolarityRules;
use crate::registry::name::fold;
use crate::ticket::priority::Category;

pub fn card(text: &str) -> Checked {
    let (raw, unread, findings) = form::read(text);
    let mut builder = Builder {
        text,
        findings,
        unread,
        sets: Sets::new(),
        patterns: Patterns::default(),
        written: Vec::new(),
        signals: Vec::new(),
    };
    let card = builder.card(&raw);
    // What a mistake hides is not idle: remarks are for cards without one.
    if builder.findings.iter().all(Finding::is_remark) {
        for (span, key, problem) in reach::remarks(&raw) {
            builder.report(&span, key, problem);
        }
    }
    let mut findings = builder.findings;
    findings.sort_by_key(|finding| (finding.line, finding.column));
    let sound = findings.iter().all(Finding::is_remark);
    Checked {
        card: card.filter(|_| sound),
        findings,
    }
}

pub struct Builder<'a> {
    text: &'a str,
    findings: Vec<Finding>,
    pub unread: Unread,
    sets: Sets,
    patterns: Patterns,
    /// The patterns as their author wrote them.
    written: Vec<String>,
    /// The ids of the signals, in order.
    pub signals: Vec<String>,
}

impl Builder<'_> {
    fn card(&mut self, raw: &RawCard) -> Option<Card> {
        if let Some(schema) = raw.schema.as_ref().filter(|schema| *schema.get_ref() != 1) {
            let found = *schema.get_ref();
            self.report(&schema.span(), "schema", Problem::Schema(found));
        }
        self.read_sets(raw);
        let polarity = self.polarity(raw);
        let signals = self.read_signals(&raw.signal);
        let engine = raw.engine.as_ref().and_then(|raw| self.engine(raw));
        let settings = self.settings(raw);
        let safety = raw.safety.iter().map(|raw| self.safety(raw)).collect();
        let clauses = raw.clause.iter().map(|raw| self.clause(raw)).collect();
        let categories = raw.category.iter().map(|raw| self.category(raw)).collect();
        let levels = raw.level.iter().map(|raw| self.level(raw)).collect();
        self.once(raw.safety.iter().map(|rule| &rule.id), "safety, id");
        self.once(raw.clause.iter().map(|clause| &clause.id), "clause, id");
        self.once(raw.category.iter().map(|rule| &rule.id), "category, id");
        let matrix = self.matrix(raw);
        let words = raw.language.as_ref().map(|language| FunctionWords {
            fr: self.words(&language.fr, "language, fr"),
            en: self.words(&language.en, "language, en"),
        });
        let turns = raw
            .polarity
            .as_ref()
            .map(|raw| self.words(&raw.turns, "polarity, turns"));
        Some(Card {
            service: raw.meta.as_ref()?.service.clone(),
            version: raw.meta.as_ref()?.version.clone(),
            hash: HEXLOWER.encode(&Sha256::digest(self.text)),
            engine: engine?,
            settings: settings?,
            patterns: std::mem::take(&mut self.patterns),
            written: std::mem::take(&mut self.written),
            sets: std::mem::take(&mut self.sets),
            polarity,
            turns: turns?,
            words: words?,
            safety,
            signals,
            clauses: all(clauses)?,
            categories: all(categories)?,
            levels: all(levels)?,
            matrix: matrix?,
        })
    }

    pub fn report(&mut self, span: &Range<usize>, key: impl Into<String>, problem: Problem) {
        let finding = Finding::at(self.text, span, key.into(), problem);
        self.findings.push(finding);
    }

    /// `E1` and `e1` are the same id.
    fn once<'r>(&mut self, ids: impl Iterator<Item = &'r Spanned<String>>, key: &str) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.get_ref().trim().to_uppercase()) {
                let twice = Problem::Twice(id.get_ref().clone());
                self.report(&id.span(), key, twice);
            }
        }
    }

    /// An entry that stands in its list twice is a slip of the pen: the other was meant.
    fn repeated(&mut self, texts: &Texts, key: &str) {
        let mut seen = BTreeSet::new();
        for text in texts {
            let entry = text
                .get_ref()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            if !seen.insert(entry.to_lowercase()) {
                self.report(&text.span(), key, Problem::Repeated(entry));
            }
        }
    }

    fn read_sets(&mut self, raw: &RawCard) {
        for (name, words) in &raw.set {
            let key = format!("set, {}", name.get_ref());
            let folded: Vec<String> = self.words(words, &key);
            if words.is_empty() {
                self.report(&name.span(), key, Problem::Nothing);
            }
            self.sets.insert(name.get_ref().clone(), folded);
        }
    }

    /// A list of plain words, folded.
    fn words<T: FromIterator<String>>(&mut self, words: &Texts, key: &str) -> T {
        self.repeated(words, key);
        let mut folded = Vec::with_capacity(words.len());
        for word in words {
            let entry = fold(word.get_ref());
            if entry.is_empty() {
                self.report(&word.span(), key, Problem::Nothing);
            } else {
                folded.push(entry);
            }
        }
        folded.into_iter().collect()
    }

    fn pattern(&mut self, pattern: &Spanned<String>, key: &str) {
        match Pattern::compile(pattern.get_ref(), &self.sets) {
            Ok(compiled) => {
                self.patterns.add(compiled);
                self.written.push(pattern.get_ref().clone());
            }
            Err(PatternError::UnknownSet { set, .. }) if self.unread.sets.contains(&set) => {}
            Err(error) => self.report(&pattern.span(), key, Problem::Pattern(error)),
        }
    }

    pub fn patterns(&mut self, texts: &Texts, key: &str) -> Range<usize> {
        self.repeated(texts, key);
        let start = self.patterns.len();
        for text in texts {
            self.pattern(text, key);
        }
        start..self.patterns.len()
    }

    fn polarity(&mut self, raw: &RawCard) -> PolarityRules {
        let Some(raw) = &raw.polarity else {
            return PolarityRules::default();
        };
        PolarityRules {
            negation: self.patterns(&raw.negation, "polarity, negation"),
            pseudo: self.patterns(&raw.pseudo, "polarity, pseudo"),
            hypothesis: self.patterns(&raw.hypothesis, "polarity, hypothesis"),
            after: self.patterns(&raw.after, "polarity, after"),
            bridge: self.words(&raw.bridge, "polarity, bridge"),
        }
    }

    fn read_signals(&mut self, raw: &[RawSignal]) -> Vec<Signal> {
        self.once(raw.iter().map(|signal| &signal.id), "signal, id");
        let mut signals = Vec::new();
        for signal in raw {
            let id = signal.id.get_ref().clone();
            let key = format!("signal {id}");
            if signal.any.is_empty() {
                self.report(&signal.id.span(), format!("{key}, any"), Problem::Nothing);
            }
            self.signals.push(id.clone());
            signals.push(Signal {
                any: self.patterns(&signal.any, &format!("{key}, any")),
                except: self.patterns(&signal.except, &format!("{key}, except")),
                says: self.meaning(signal.says.as_ref(), signal.why.as_ref(), &key),
                id,
            });
        }
        signals
    }

    /// What a rule means, in words; the comment for the card's editors if there is nothing else.
    fn meaning(
        &mut self,
        says: Option<&RawBilingual>,
        why: Option<&String>,
        key: &str,
    ) -> Option<Bilingual> {
        match (says, why) {
            (Some(says), _) => Some(self.bilingual(says, &format!("{key}, says"))),
            (None, Some(why)) => Some(Bilingual {
                fr: why.clone(),
                en: why.clone(),
            }),
            (None, None) => None,
        }
    }

    fn safety(&mut self, raw: &RawSafety) -> Safety {
        let key = format!("safety {}", raw.id.get_ref());
        if [&raw.any, &raw.hints, &raw.facts, &raw.needs]
            .iter()
            .all(|list| list.is_empty())
        {
            self.report(&raw.id.span(), key.clone(), Problem::NoCue);
        }
        let criticality = raw.criticality.as_ref();
        let category = raw.category.as_ref();
        Safety {
            id: raw.id.get_ref().clone(),
            says: self.meaning(raw.says.as_ref(), raw.why.as_ref(), &key),
            any: self.patterns(&raw.any, &format!("{key}, any")),
            except: self.patterns(&raw.except, &format!("{key}, except")),
            hints: self.patterns(&raw.hints, &format!("{key}, hints")),
            facts: self.conditions(&raw.facts, &format!("{key}, facts")),
            needs: self.conditions(&raw.needs, &format!("{key}, needs")),
            flag: raw.flag,
            criticality: criticality.map(|l| self.level_of(l, &format!("{key}, criticality"))),
            category: category.and_then(|w| self.category_named(w, &format!("{key}, category"))),
        }
    }

    fn category_named(&mut self, word: &Spanned<String>, key: &str) -> Option<Category> {
        match word.get_ref().parse() {
            Ok(category) => Some(category),
            Err(error) => {
                self.report(&word.span(), key, Problem::Category(error));
                None
            }
        }
    }

    pub fn text(&mut self, text: &Spanned<String>, key: String) -> String {
        if text.get_ref().trim().is_empty() {
            self.report(&text.span(), key, Problem::Nothing);
        }
        text.get_ref().trim().to_owned()
    }

    pub fn bilingual(&mut self, raw: &RawBilingual, key: &str) -> Bilingual {
        Bilingual {
            fr: self.text(&raw.fr, format!("{key}, fr")),
            en: self.text(&raw.en, format!("{key}, en")),
        }
    }

    fn category(&mut self, raw: &RawCategory) -> Option<CategoryRule> {
        let category = self.category_named(&raw.id, "category, id");
        let key = format!("category {}", raw.id.get_ref());
        let start = self.patterns.len();
        let mut weights = Vec::new();
        for (term, weight) in &raw.terms {
            self.pattern(term, &format!("{key}, terms"));
            weights.push(*weight);
        }
        let terms = start..self.patterns.len();
        Some(CategoryRule {
            category: category?,
            request: raw.kind == Kind::Request,
            min: raw.min,
            terms,
            weights,
            except: self.patterns(&raw.except, &format!("{key}, except")),
        })
    }

    fn level(&mut self, raw: &RawLevel) -> Option<LevelRule> {
        if raw.any.is_empty() {
            self.report(&raw.set.span(), "level, any", Problem::Nothing);
        }
        Some(LevelRule {
            axis: raw.axis,
            set: self.level_of(&raw.set, "level, set"),
            says: self.meaning(raw.says.as_ref(), None, "level"),
            any: self.patterns(&raw.any, "level, any"),
            except: self.patterns(&raw.except, "level, except"),
        })
    }
}

/// All, if all are there.
fn all<T>(list: Vec<Option<T>>) -> Option<Vec<T>> {
    list.into_iter().collect()
}
