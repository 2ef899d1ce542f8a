//! From the card as written to the card as used: every check that needs more than one key.

use std::collections::BTreeSet;
use std::ops::Range;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::raw::{
    Kind, RawBilingual, RawBlock, RawCard, RawCategory, RawClause, RawLevel, RawSafety, RawSignal,
    Texts,
};
use super::{Bilingual, Card, CardError, Clause, Engine, Problem, Safety, Signal};
use crate::policy::category::CategoryRule;
use crate::policy::clause::{Block, Condition, Outcome};
use crate::policy::fact::FACTS;
use crate::policy::language::FunctionWords;
use crate::policy::level::LevelRule;
use crate::policy::pattern::{Pattern, PatternError, Patterns, Sets};
use crate::policy::signal::PolarityRules;
use crate::registry::name::fold;
use crate::registry::{Registry, Settings};
use crate::ticket::priority::{Category, Matrix};

pub fn card(text: &str, file: &str) -> Result<Card, CardError> {
    let mut builder = Builder {
        text,
        file,
        sets: Sets::new(),
        patterns: Patterns::default(),
        signals: Vec::new(),
    };
    let raw: RawCard = toml::from_str(text).map_err(|error| builder.toml(&error))?;
    if *raw.schema.get_ref() != 1 {
        let found = *raw.schema.get_ref();
        return Err(builder.error(raw.schema.span(), "schema", Problem::Schema(found)));
    }
    builder.read_sets(&raw)?;
    let polarity = builder.polarity(&raw)?;
    let signals = builder.read_signals(&raw.signal)?;
    let engine = builder.engine(&raw)?;
    let settings = builder.settings(&raw)?;
    let safety = builder.each(&raw.safety, Builder::safety)?;
    let clauses = builder.each(&raw.clause, Builder::clause)?;
    let categories = builder.each(&raw.category, Builder::category)?;
    let levels = builder.each(&raw.level, Builder::level)?;
    builder.once(raw.safety.iter().map(|rule| &rule.id), "safety")?;
    builder.once(raw.clause.iter().map(|clause| &clause.id), "clause")?;
    builder.once(raw.category.iter().map(|rule| &rule.id), "category")?;
    let matrix = raw.matrix.get_ref();
    let matrix = Matrix::new([matrix.c1, matrix.c2, matrix.c3, matrix.c4])
        .map_err(|error| builder.error(raw.matrix.span(), "matrix", Problem::Matrix(error)))?;
    let folded = |words: &[String]| words.iter().map(|word| fold(word)).collect();
    Ok(Card {
        service: raw.meta.service,
        version: raw.meta.version,
        hash: HEXLOWER.encode(&Sha256::digest(text)),
        engine,
        settings,
        patterns: builder.patterns,
        polarity,
        turns: raw.polarity.turns.iter().map(|turn| fold(turn)).collect(),
        words: FunctionWords {
            fr: folded(&raw.language.fr),
            en: folded(&raw.language.en),
        },
        safety,
        signals,
        clauses,
        categories,
        levels,
        matrix,
    })
}

struct Builder<'a> {
    text: &'a str,
    file: &'a str,
    sets: Sets,
    patterns: Patterns,
    /// The ids of the signals, in order.
    signals: Vec<String>,
}

impl Builder<'_> {
    fn error(&self, span: Range<usize>, key: impl Into<String>, problem: Problem) -> CardError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        CardError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            key: key.into(),
            problem: Box::new(problem),
        }
    }

    /// An error of the TOML reader: the key is what stands before `=` on that line.
    fn toml(&self, error: &toml::de::Error) -> CardError {
        let span = error.span().unwrap_or_default();
        let start = self.text.get(..span.start).unwrap_or_default();
        let line = start.matches('\n').count();
        let written = self.text.lines().nth(line).unwrap_or_default();
        let key = written.split('=').next().unwrap_or_default().trim();
        let message = error.message().trim().replace('\n', ", ");
        self.error(span, format!("`{key}`"), Problem::Toml(message))
    }

    fn each<R, T>(
        &mut self,
        raw: &[R],
        build: impl Fn(&mut Self, &R) -> Result<T, CardError>,
    ) -> Result<Vec<T>, CardError> {
        raw.iter().map(|raw| build(self, raw)).collect()
    }

    fn once<'r>(
        &self,
        ids: impl Iterator<Item = &'r Spanned<String>>,
        key: &str,
    ) -> Result<(), CardError> {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.get_ref()) {
                let twice = Problem::Twice(id.get_ref().clone());
                return Err(self.error(id.span(), format!("{key}, id"), twice));
            }
        }
        Ok(())
    }

    fn read_sets(&mut self, raw: &RawCard) -> Result<(), CardError> {
        for (name, words) in &raw.set {
            let mut folded = Vec::new();
            for word in words {
                let entry = fold(word.get_ref());
                if entry.is_empty() {
                    let key = format!("set, {name}");
                    return Err(self.error(word.span(), key, Problem::Nothing));
                }
                folded.push(entry);
            }
            self.sets.insert(name.clone(), folded);
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &Spanned<String>, key: &str) -> Result<(), CardError> {
        let compiled = Pattern::compile(pattern.get_ref(), &self.sets);
        let compiled =
            compiled.map_err(|error| self.error(pattern.span(), key, Problem::Pattern(error)))?;
        self.patterns.add(compiled);
        Ok(())
    }

    fn patterns(&mut self, texts: &Texts, key: &str) -> Result<Range<usize>, CardError> {
        let start = self.patterns.len();
        for text in texts {
            self.pattern(text, key)?;
        }
        Ok(start..self.patterns.len())
    }

    fn polarity(&mut self, raw: &RawCard) -> Result<PolarityRules, CardError> {
        let raw = &raw.polarity;
        Ok(PolarityRules {
            negation: self.patterns(&raw.negation, "polarity, negation")?,
            pseudo: self.patterns(&raw.pseudo, "polarity, pseudo")?,
            hypothesis: self.patterns(&raw.hypothesis, "polarity, hypothesis")?,
            after: self.patterns(&raw.after, "polarity, after")?,
            bridge: raw.bridge.iter().map(|word| fold(word)).collect(),
        })
    }

    fn read_signals(&mut self, raw: &[RawSignal]) -> Result<Vec<Signal>, CardError> {
        self.once(raw.iter().map(|signal| &signal.id), "signal")?;
        let mut signals = Vec::new();
        for signal in raw {
            let id = signal.id.get_ref().clone();
            if signal.any.is_empty() {
                let key = format!("signal {id}, any");
                return Err(self.error(signal.id.span(), key, Problem::Nothing));
            }
            self.signals.push(id.clone());
            signals.push(Signal {
                any: self.patterns(&signal.any, &format!("signal {id}, any"))?,
                except: self.patterns(&signal.except, &format!("signal {id}, except"))?,
                id,
            });
        }
        Ok(signals)
    }

    fn level_of(&self, level: &Spanned<u8>, key: &str) -> Result<u8, CardError> {
        let value = *level.get_ref();
        if (1..=4).contains(&value) {
            Ok(value)
        } else {
            Err(self.error(level.span(), key, Problem::Level(value)))
        }
    }

    fn signal_named(&self, id: &Spanned<String>, key: &str) -> Result<usize, CardError> {
        let known = self.signals.iter().position(|known| known == id.get_ref());
        known.ok_or_else(|| {
            let problem = Problem::UnknownSignal(id.get_ref().clone());
            self.error(id.span(), key, problem)
        })
    }

    fn engine(&self, raw: &RawCard) -> Result<Engine, CardError> {
        let raw = &raw.engine;
        let people = *raw.people.get_ref();
        let [two, three, four] = people;
        if !(0 < two && two < three && three < four) {
            let problem = Problem::Thresholds(people);
            return Err(self.error(raw.people.span(), "engine, people", problem));
        }
        let default = &raw.default_criticality;
        Ok(Engine {
            ask_off_at_criticality: self.level_of(
                &raw.ask_off_at_criticality,
                "engine, ask_off_at_criticality",
            )?,
            incident: self.level_of(&default.incident, "engine, default_criticality")?,
            request: self.level_of(&default.request, "engine, default_criticality")?,
            mutualisation: self
                .level_of(&raw.default_mutualisation, "engine, default_mutualisation")?,
            people,
            fault_signal: self.signal_named(&raw.fault_signal, "engine, fault_signal")?,
            request_signal: self.signal_named(&raw.request_signal, "engine, request_signal")?,
        })
    }

    fn settings(&self, raw: &RawCard) -> Result<Settings, CardError> {
        let default = Settings::default();
        let inventory = raw.keys.inventory.as_ref();
        let settings = Settings {
            max_age_days: raw.engine.table_max_age_days,
            grace_days: raw.engine.grace_days,
            inventory: inventory.map_or(default.inventory, |list| list.get_ref().clone()),
            placeholders: raw
                .keys
                .placeholders
                .clone()
                .unwrap_or(default.placeholders),
            not_keys: raw.keys.not_keys.clone().unwrap_or(default.not_keys),
            editions_apart: raw
                .scope
                .editions_apart
                .clone()
                .unwrap_or(default.editions_apart),
            reading: raw.scope.reading,
        };
        // Whatever the tables refuse later is refused here, where the line is known.
        match Registry::load(&[], &settings) {
            Ok(_) => Ok(settings),
            Err(error) => {
                let span = inventory.map_or(0..0, Spanned::span);
                Err(self.error(span, "keys, inventory", Problem::Inventory(error)))
            }
        }
    }

    fn safety(&mut self, raw: &RawSafety) -> Result<Safety, CardError> {
        let key = format!("safety {}", raw.id.get_ref());
        let criticality = match &raw.criticality {
            Some(level) => Some(self.level_of(level, &format!("{key}, criticality"))?),
            None => None,
        };
        let category = match &raw.category {
            Some(word) => Some(self.category_named(word, &format!("{key}, category"))?),
            None => None,
        };
        Ok(Safety {
            id: raw.id.get_ref().clone(),
            any: self.patterns(&raw.any, &format!("{key}, any"))?,
            except: self.patterns(&raw.except, &format!("{key}, except"))?,
            hints: self.patterns(&raw.hints, &format!("{key}, hints"))?,
            facts: self.conditions(&raw.facts, &format!("{key}, facts"))?,
            needs: self.conditions(&raw.needs, &format!("{key}, needs"))?,
            flag: raw.flag,
            criticality,
            category,
        })
    }

    fn category_named(&self, word: &Spanned<String>, key: &str) -> Result<Category, CardError> {
        word.get_ref()
            .parse()
            .map_err(|error| self.error(word.span(), key, Problem::Category(error)))
    }

    fn text(&self, text: &Spanned<String>, key: String) -> Result<String, CardError> {
        if text.get_ref().trim().is_empty() {
            return Err(self.error(text.span(), key, Problem::Nothing));
        }
        Ok(text.get_ref().trim().to_owned())
    }

    fn bilingual(&self, raw: &RawBilingual, key: &str) -> Result<Bilingual, CardError> {
        Ok(Bilingual {
            fr: self.text(&raw.fr, format!("{key}, fr"))?,
            en: self.text(&raw.en, format!("{key}, en"))?,
        })
    }

    fn clause(&mut self, raw: &RawClause) -> Result<Clause, CardError> {
        let id = raw
            .id
            .get_ref()
            .parse()
            .map_err(|error| self.error(raw.id.span(), "clause, id", Problem::Clause(error)))?;
        let key = format!("clause {id}");
        let mut elsewhere = Vec::new();
        for text in &raw.elsewhere {
            elsewhere.push(self.bilingual(text, &format!("{key}, elsewhere"))?);
        }
        let question = match &raw.question {
            Some(text) => Some(self.bilingual(text, &format!("{key}, question"))?),
            None => None,
        };
        let mut blocks = Vec::new();
        for (number, block) in raw.when.iter().enumerate() {
            let key = format!("{key}, when {}", number + 1);
            blocks.push(self.block(block, *raw.cap.get_ref(), question.is_some(), &key)?);
        }
        Ok(Clause {
            name: self.bilingual(&raw.name, &format!("{key}, name"))?,
            text_fr: self.text(&raw.text_fr, format!("{key}, text_fr"))?,
            gloss_en: self.text(&raw.gloss_en, format!("{key}, gloss_en"))?,
            elsewhere,
            question,
            cap: *raw.cap.get_ref(),
            mode: raw.mode,
            blocks,
            id,
        })
    }

    fn block(
        &self,
        raw: &RawBlock,
        cap: Outcome,
        can_ask: bool,
        key: &str,
    ) -> Result<Block, CardError> {
        let found = *raw.verdict.get_ref();
        let wrong =
            |problem| Err(self.error(raw.verdict.span(), format!("{key}, verdict"), problem));
        if found == Outcome::Accept {
            return wrong(Problem::Accepts);
        }
        if found > cap {
            return wrong(Problem::AboveCap { cap, found });
        }
        if found == Outcome::Ask && !can_ask {
            return wrong(Problem::NoQuestion);
        }
        if raw.all.is_empty() && raw.any.is_empty() {
            return wrong(Problem::NoConditions);
        }
        if found == Outcome::Reject && raw.unless.is_empty() {
            return wrong(Problem::NoUnless);
        }
        let block = Block {
            verdict: found,
            all: self.conditions(&raw.all, &format!("{key}, all"))?,
            any: self.conditions(&raw.any, &format!("{key}, any"))?,
            unless: self.conditions(&raw.unless, &format!("{key}, unless"))?,
        };
        if found == Outcome::Reject
            && let Some((id, at)) = loose_ground(&block)
        {
            let text = raw.all.iter().chain(&raw.any).nth(at);
            let span = text.map_or_else(|| raw.verdict.span(), Spanned::span);
            return Err(self.error(span, key, Problem::LooseRefusal(id)));
        }
        Ok(block)
    }

    fn conditions(&self, texts: &Texts, key: &str) -> Result<Vec<Condition>, CardError> {
        texts.iter().map(|text| self.condition(text, key)).collect()
    }

    fn condition(&self, text: &Spanned<String>, key: &str) -> Result<Condition, CardError> {
        let written = text.get_ref().as_str();
        let wrong = |problem| self.error(text.span(), key, problem);
        let Some(fact) = written.strip_prefix("fact:") else {
            let (id, strict) = match written.strip_suffix("@strict") {
                Some(id) => (id, true),
                None => (written, false),
            };
            let signal = self.signals.iter().position(|known| known == id);
            let signal = signal.ok_or_else(|| wrong(Problem::UnknownSignal(id.to_owned())))?;
            let id = id.to_owned();
            return Ok(Condition::Signal { signal, id, strict });
        };
        if fact.contains("@strict") {
            return Err(wrong(Problem::StrictFact(fact.replace("@strict", ""))));
        }
        let (name, values) = fact.split_once('=').unwrap_or((fact, ""));
        let Some((_, allowed)) = FACTS.iter().find(|(known, _)| *known == name) else {
            let expected = FACTS
                .iter()
                .map(|(known, _)| *known)
                .collect::<Vec<_>>()
                .join(", ");
            let found = name.to_owned();
            return Err(wrong(Problem::UnknownFact { expected, found }));
        };
        let values: Vec<String> = values.split('|').map(|v| v.trim().to_owned()).collect();
        if let Some(found) = values
            .iter()
            .find(|value| !allowed.contains(&value.as_str()))
        {
            return Err(wrong(Problem::UnknownValue {
                expected: allowed.join(", "),
                found: found.clone(),
            }));
        }
        Ok(Condition::Fact {
            name: name.to_owned(),
            values,
        })
    }

    fn category(&mut self, raw: &RawCategory) -> Result<CategoryRule, CardError> {
        let category = self.category_named(&raw.id, "category, id")?;
        let start = self.patterns.len();
        let mut weights = Vec::new();
        for (term, weight) in &raw.terms {
            self.pattern(term, &format!("category {category}, terms"))?;
            weights.push(*weight);
        }
        Ok(CategoryRule {
            category,
            request: raw.kind == Kind::Request,
            min: raw.min,
            terms: start..self.patterns.len(),
            weights,
            except: self.patterns(&raw.except, &format!("category {category}, except"))?,
        })
    }

    fn level(&mut self, raw: &RawLevel) -> Result<LevelRule, CardError> {
        let set = self.level_of(&raw.set, "level, set")?;
        if raw.any.is_empty() {
            let problem = Problem::Pattern(PatternError::Empty(String::new()));
            return Err(self.error(raw.set.span(), "level, any", problem));
        }
        Ok(LevelRule {
            axis: raw.axis,
            set,
            any: self.patterns(&raw.any, "level, any")?,
            except: self.patterns(&raw.except, "level, except")?,
        })
    }
}

/// A signal a refusal would rest on without being plain: its id, and its place in `all` and
/// `any`. Beside a fact or a plain statement that must hold as well, a loose signal only narrows.
fn loose_ground(block: &Block) -> Option<(String, usize)> {
    let solid =
        |condition: &Condition| !matches!(condition, Condition::Signal { strict: false, .. });
    if block.all.iter().any(solid) {
        return None;
    }
    let mut conditions = block.all.iter().chain(&block.any).enumerate();
    conditions.find_map(|(at, condition)| match condition {
        Condition::Signal {
            id, strict: false, ..
        } => Some((id.clone(), at)),
        _ => None,
    })
}
