//! The service card as a page that is checked line by line.
//!
//! For a head of service, not for a programmer: what is established, what is said, what speaks
//! against it and what happens, in whole sentences; the word patterns behind them on demand.

mod scales;

use std::collections::BTreeSet;
use std::ops::Range;

use super::page::Page;
use super::wording::{self, of, say};
use crate::compose::template::Tongue;
use crate::policy::Outcome;
use crate::policy::card::{Card, Clause, Safety};
use crate::policy::clause::{Block, Condition};

/// The page of a card, or of one clause of it.
pub(super) fn text(card: &Card, only: Option<&Clause>, tongue: Tongue, words: bool) -> String {
    let mut sheet = Sheet {
        card,
        tongue,
        words,
        page: Page::new(),
        sets: BTreeSet::new(),
    };
    match only {
        Some(clause) => {
            sheet.clause(clause);
            sheet.sets();
        }
        None => sheet.whole(),
    }
    sheet.page.finished()
}

/// The sets a pattern names in braces.
fn sets_named(pattern: &str) -> impl Iterator<Item = &str> {
    let parts = pattern.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(set, _)| set))
}

/// A card on its page.
struct Sheet<'a> {
    card: &'a Card,
    tongue: Tongue,
    words: bool,
    page: Page,
    /// The sets of words that patterns on the page name.
    sets: BTreeSet<&'a str>,
}

impl<'a> Sheet<'a> {
    fn whole(&mut self) {
        self.preface();
        for clause in self.card.clauses() {
            self.clause(clause);
        }
        self.safety();
        self.machines();
        self.categories();
        self.levels();
        self.matrix();
        self.sets();
    }

    fn say<'s>(&self, fr: &'s str, en: &'s str) -> &'s str {
        say(self.tongue, fr, en)
    }

    fn preface(&mut self) {
        let card = self.card;
        self.page.paragraph("", card.service());
        let hash: String = card.hash().chars().take(12).collect();
        let version = match self.tongue {
            Tongue::Fr => format!(
                "Carte de service, version {} (empreinte {hash})",
                card.version()
            ),
            Tongue::En => format!("Service card, version {} (hash {hash})", card.version()),
        };
        self.page.paragraph("", &version);
        self.page.blank();
        for (fr, en) in [
            (
                "Toute demande est acceptée, sauf si une règle ci-dessous dit autre chose. Toutes les règles de toutes les clauses sont examinées ; la plus forte l'emporte, leur ordre ne compte pas.",
                "Every request is accepted unless a rule below says otherwise. All rules of all clauses are looked at; the strongest counts, their order does not.",
            ),
            (
                "Ce que l'on ne sait pas ne fait jamais refuser : un refus exige que tout ce qui le fonde soit établi et que tout ce qui s'y oppose soit exclu.",
                "What is not known never refuses: a refusal needs all its grounds established and everything against it ruled out.",
            ),
            (
                "« Sans détour » : l'auteur l'affirme dans son propre texte, au présent, sans négation, hypothèse ni citation.",
                "“Plainly”: the writer states it in their own text, without negation, hypothesis or quotation.",
            ),
        ] {
            let words = self.say(fr, en);
            self.page.paragraph("- ", words);
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        let heading = format!("CLAUSE {} — {}", clause.id, of(&clause.name, self.tongue));
        self.page.heading(&heading);
        let exact = format!("« {} »", clause.text_fr);
        self.page
            .paragraph(self.say("Texte   ", "Text    "), &exact);
        if self.tongue == Tongue::En {
            self.page
                .paragraph("        ", &format!("“{}”", clause.gloss_en));
        }
        self.page
            .paragraph("Mode    ", wording::mode(clause.mode, self.tongue));
        let cap = wording::outcome(clause.cap, self.tongue);
        self.page.paragraph(self.say("Au plus ", "At most "), cap);
        for (number, block) in clause.blocks.iter().enumerate() {
            self.rule(number + 1, block);
        }
        if let Some(question) = &clause.question {
            self.told(
                self.say("Question posée", "Question asked"),
                &[of(question, self.tongue)],
            );
        }
        let elsewhere: Vec<&str> = clause
            .elsewhere
            .iter()
            .map(|t| of(t, self.tongue))
            .collect();
        if !elsewhere.is_empty() {
            self.told(
                self.say("Vers qui se tourner", "Where else to turn"),
                &elsewhere,
            );
        }
        if self.words {
            self.words_of(clause);
        }
    }

    fn told(&mut self, title: &str, texts: &[&str]) {
        self.page.blank();
        self.page.paragraph("", title);
        for text in texts {
            self.page.paragraph("  - ", text);
        }
    }

    fn rule(&mut self, number: usize, block: &Block) {
        self.page.blank();
        let (rule, colon) = (self.say("Règle", "Rule"), self.say(" :", ":"));
        let what = wording::outcome(block.verdict, self.tongue);
        self.page
            .paragraph("", &format!("{rule} {number}{colon} {what}"));
        let refuses = block.verdict == Outcome::Reject;
        self.conditions(block);
        if refuses && block.rests_on_words() {
            let reserve = self.say(
                "Refus avec réserve : il ne repose que sur les mots de l'auteur ; une personne relit le ticket.",
                "A refusal with reserve: it rests on the writer's words alone; a person reads the ticket.",
            );
            self.page.paragraph("  ", reserve);
        }
    }

    /// What must be true, and what must not.
    fn conditions(&mut self, block: &Block) {
        let all = match block.all.len() {
            1 => ("si ce point est vrai :", "if this is true:"),
            _ => ("si tout cela est vrai :", "if all of this is true:"),
        };
        let any = match block.all.len() {
            0 => (
                "si l'un de ces points est vrai :",
                "if one of these is true:",
            ),
            _ => (
                "et si l'un de ces points est vrai :",
                "and if one of these is true:",
            ),
        };
        let unless = match (block.verdict, block.unless.len()) {
            (Outcome::Reject, _) => (
                "jamais si l'un de ces points est vrai, ou seulement possible :",
                "never if one of these is true, or merely possible:",
            ),
            (_, 1) => ("sauf si ce point est vrai :", "unless this is true:"),
            _ => (
                "sauf si l'un de ces points est vrai :",
                "unless one of these is true:",
            ),
        };
        for ((fr, en), conditions) in [
            (all, &block.all),
            (any, &block.any),
            (unless, &block.unless),
        ] {
            self.points(self.say(fr, en), conditions);
        }
    }

    fn points(&mut self, title: &str, conditions: &[Condition]) {
        if conditions.is_empty() {
            return;
        }
        self.page.paragraph("  ", title);
        for condition in conditions {
            let words = wording::condition(self.card, condition, self.tongue);
            self.page.paragraph("    - ", &words);
        }
    }

    /// The patterns of every signal a clause names.
    fn words_of(&mut self, clause: &'a Clause) {
        let mut seen: Vec<&str> = Vec::new();
        for condition in clause.blocks.iter().flat_map(Block::conditions) {
            let Condition::Signal { id, .. } = condition else {
                continue;
            };
            if seen.contains(&id.as_str()) {
                continue;
            }
            seen.push(id);
            let signal = self.card.signals().iter().find(|signal| signal.id == *id);
            if let Some(signal) = signal {
                let says = signal
                    .says
                    .as_ref()
                    .map_or(id.as_str(), |says| of(says, self.tongue));
                self.patterns(says, &signal.any, &[], &signal.except);
            }
        }
    }

    /// The patterns behind a sentence, each with its weight if it has one.
    fn patterns(&mut self, says: &str, any: &Range<usize>, weights: &[i32], except: &Range<usize>) {
        if any.is_empty() {
            return;
        }
        let title = format!("{}{says}", self.say("Mots : ", "Words: "));
        self.page.blank();
        self.page.paragraph("", &title);
        let card = self.card;
        let weight = |at: usize| weights.get(at).map(|weight| format!(" ({weight})"));
        let written = card.written(any).iter().enumerate();
        let any: Vec<String> = written
            .map(|(at, pattern)| format!("{pattern}{}", weight(at).unwrap_or_default()))
            .collect();
        self.page.paragraph("  ", &any.join("  ·  "));
        let except = card.written(except);
        if !except.is_empty() {
            let list = except.join("  ·  ");
            self.page
                .paragraph(self.say("  sauf : ", "  but not: "), &list);
        }
        let texts = any.iter().chain(except);
        let named: Vec<&str> = texts.flat_map(|text| sets_named(text)).collect();
        let known = card
            .sets()
            .keys()
            .filter(|set| named.contains(&set.as_str()));
        self.sets.extend(known.map(String::as_str));
    }

    /// What the braces of the patterns stand for.
    fn sets(&mut self) {
        if self.sets.is_empty() {
            return;
        }
        let heading = self.say("ENSEMBLES DE MOTS", "SETS OF WORDS");
        self.page.heading(heading);
        let signs = self.say(
            "mot* : ce qui commence ainsi · # : un nombre · (a|b) : l'un des deux · (a)? : peut-être · *3 : jusqu'à trois mots quelconques · sans accents ni majuscules",
            "word*: whatever begins so · #: a number · (a|b): one of the two · (a)?: perhaps · *3: up to three words of any kind · without accents or capitals",
        );
        self.page.paragraph("", signs);
        for set in std::mem::take(&mut self.sets) {
            let words = self.card.sets().get(set).map(|words| words.join(", "));
            self.page
                .paragraph(&format!("{{{set}}} "), &words.unwrap_or_default());
        }
    }

    fn safety(&mut self) {
        let heading = self.say(
            "CE QUI PROTÈGE — avant toute clause",
            "WHAT PROTECTS — before any clause",
        );
        self.page.heading(heading);
        for rule in self.card.safety() {
            let says = rule
                .says
                .as_ref()
                .map_or(rule.id.as_str(), |says| of(says, self.tongue));
            self.page.paragraph("- ", says);
            let effect = self.effect(rule);
            self.page.paragraph("  → ", &effect);
            if self.words {
                self.patterns(says, &rule.any, &[], &rule.except);
            }
        }
    }

    fn effect(&self, rule: &Safety) -> String {
        let mut effect = vec![
            self.say(
                "jamais de refus ni de question",
                "never refused, never asked",
            )
            .to_owned(),
        ];
        if rule.flag {
            effect.push(
                self.say("signalé au technicien", "flagged for the technician")
                    .to_owned(),
            );
        }
        if let Some(level) = rule.criticality {
            let word = self.say("criticité au moins", "criticality at least");
            effect.push(format!("{word} {level}"));
        }
        if let Some(category) = rule.category {
            let word = self.say("catégorie", "category");
            effect.push(format!(
                "{word} {}",
                wording::category(category, self.tongue)
            ));
        }
        if !rule.hints.is_empty() {
            let hints = self.say(
                "un simple indice empêche le refus",
                "a mere hint stops a refusal",
            );
            effect.push(hints.to_owned());
        }
        effect.join(self.say(" ; ", "; "))
    }
}
