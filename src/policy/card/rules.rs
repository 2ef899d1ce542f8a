//! The clauses and their rules: what a clause may do, and what a rule may rest on.

use std::collections::BTreeMap;

use toml::Spanned;

use super::build::Builder;
use super::finding::Problem;
use super::raw::{RawBlock, RawClause, Texts};
use super::{Answers, Clause, reach};
use crate::policy::clause::{Block, ClauseId, Condition, Outcome};
use crate::policy::fact::FACTS;
use crate::registry::name::fold;

impl Builder<'_> {
    pub(super) fn clause(&mut self, raw: &RawClause) -> Option<Clause> {
        let id: Option<ClauseId> = match raw.id.get_ref().parse() {
            Ok(id) => Some(id),
            Err(error) => {
                self.report(&raw.id.span(), "clause, id", Problem::Clause(error));
                None
            }
        };
        let key = format!("clause {}", raw.id.get_ref());
        let mut elsewhere = Vec::new();
        for text in &raw.elsewhere {
            elsewhere.push(self.bilingual(text, &format!("{key}, elsewhere")));
        }
        let question = raw.question.as_ref();
        let question =
            question.map(|text| self.bilingual(text.get_ref(), &format!("{key}, question")));
        let answers = self.answers(raw, &key);
        let mut blocks = Vec::new();
        for (number, block) in raw.when.iter().enumerate() {
            let key = format!("{key}, when {}", number + 1);
            blocks.push(self.block(block, raw, &key));
        }
        let name = self.bilingual(&raw.name, &format!("{key}, name"));
        let text_fr = self.text(&raw.text_fr, format!("{key}, text_fr"));
        let gloss_en = self.text(&raw.gloss_en, format!("{key}, gloss_en"));
        Some(Clause {
            name,
            text_fr,
            gloss_en,
            elsewhere,
            question,
            answers,
            cap: *raw.cap.get_ref(),
            mode: raw.mode,
            blocks,
            id: id?,
        })
    }

    fn answers(&mut self, raw: &RawClause, key: &str) -> Answers {
        let lists = [
            (&raw.admits, "admits"),
            (&raw.denies, "denies"),
            (&raw.accept_on, "accept_on"),
        ];
        let mut seen = BTreeMap::new();
        for (texts, list) in lists {
            for text in texts {
                let folded = fold(text.get_ref());
                if seen.insert(folded, list).is_some_and(|other| other != list) {
                    let both = Problem::AnswersBoth(text.get_ref().clone());
                    self.report(&text.span(), format!("{key}, {list}"), both);
                }
            }
        }
        let answered = raw.admits.first().or(raw.denies.first());
        if let Some(answer) = answered.filter(|_| raw.question.is_none()) {
            let span = answer.span();
            self.report(
                &span,
                format!("{key}, question"),
                Problem::NoQuestionToAnswer,
            );
        }
        let [admits, denies, accept_on] =
            lists.map(|(texts, list)| self.patterns(texts, &format!("{key}, {list}")));
        Answers {
            admits,
            denies,
            accept_on,
        }
    }

    fn block(&mut self, raw: &RawBlock, clause: &RawClause, key: &str) -> Block {
        let found = *raw.verdict.get_ref();
        let refuses = found == Outcome::Reject;
        let cap = *clause.cap.get_ref();
        let bare = raw.all.is_empty() && raw.any.is_empty();
        for (wrong, problem) in [
            (found == Outcome::Accept, Problem::Accepts),
            (found > cap, Problem::AboveCap { cap, found }),
            (
                found == Outcome::Ask && clause.question.is_none(),
                Problem::NoQuestion,
            ),
            (refuses && clause.elsewhere.is_empty(), Problem::NoElsewhere),
            (bare, Problem::NoConditions),
            (refuses && raw.unless.is_empty(), Problem::NoUnless),
        ] {
            if wrong {
                self.report(&raw.verdict.span(), format!("{key}, verdict"), problem);
            }
        }
        let block = Block {
            verdict: found,
            all: self.conditions(&raw.all, &format!("{key}, all")),
            any: self.conditions(&raw.any, &format!("{key}, any")),
            unless: self.conditions(&raw.unless, &format!("{key}, unless")),
        };
        if refuses && let Some((id, at)) = loose_ground(&block) {
            let text = raw.all.iter().chain(&raw.any).nth(at);
            let span = text.map_or_else(|| raw.verdict.span(), Spanned::span);
            self.report(&span, key, Problem::LooseRefusal(id));
        }
        if let Some((condition, against)) = reach::contradiction(&block) {
            let problem = Problem::Unreachable { condition, against };
            self.report(&raw.verdict.span(), key, problem);
        }
        block
    }

    /// The conditions of a list. One that is wrong is reported, and a signal that nothing says
    /// stands in its place: what is left of the rule is judged as if it were right.
    pub(super) fn conditions(&mut self, texts: &Texts, key: &str) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::with_capacity(texts.len());
        for text in texts {
            let written = text.get_ref().trim();
            let condition = match self.condition(written) {
                Ok(condition) => condition,
                Err(problem) => {
                    self.report(&text.span(), key, problem);
                    Condition::Signal {
                        signal: usize::MAX,
                        id: written.to_owned(),
                        strict: true,
                    }
                }
            };
            if conditions.contains(&condition) {
                let repeated = Problem::Repeated(condition.to_string());
                self.report(&text.span(), key, repeated);
            }
            conditions.push(condition);
        }
        conditions
    }

    fn condition(&self, written: &str) -> Result<Condition, Problem> {
        let Some(fact) = written.strip_prefix("fact:") else {
            let (id, strict) = match written.strip_suffix("@strict") {
                Some(id) => (id, true),
                None => (written, false),
            };
            let signal = self.signals.iter().position(|known| known == id);
            if signal.is_none() && !self.unread.signals.contains(id) {
                return Err(self.unknown_signal(id));
            }
            return Ok(Condition::Signal {
                signal: signal.unwrap_or(usize::MAX),
                id: id.to_owned(),
                strict,
            });
        };
        if fact.contains("@strict") {
            return Err(Problem::StrictFact(fact.replace("@strict", "")));
        }
        let (name, values) = fact.split_once('=').unwrap_or((fact, ""));
        let Some((_, allowed)) = FACTS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FACTS.iter().map(|(known, _)| *known).collect();
            return Err(Problem::UnknownFact {
                expected: known.join(", "),
                found: name.to_owned(),
            });
        };
        let values: Vec<String> = values.split('|').map(|v| v.trim().to_owned()).collect();
        if let Some(found) = values.iter().find(|v| !allowed.contains(&v.as_str())) {
            return Err(Problem::UnknownValue {
                expected: allowed.join(", "),
                found: found.clone(),
            });
        }
        Ok(Condition::Fact {
            name: name.to_owned(),
            values,
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
