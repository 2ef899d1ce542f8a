//! `guichet policy show`: the card as a page that is checked line by line.
//!
//! As text ([`super::sheet`]) for whoever answers for it, or as one JSON object with everything
//! the card holds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{card_in_question, clause_of, sheet};
use crate::cli::{Failure, json as as_line, print};
use crate::compose::template::Tongue;
use crate::policy::ClauseId;
use crate::policy::card::{Bilingual, Card, Clause, Safety};
use crate::policy::clause::Condition;
use crate::registry::assets;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Only this clause, such as E2
    clause: Option<ClauseId>,
    /// The card; the configured one, or the shipped one, if not given
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// The language of the page: fr (the authoritative one) or en
    #[arg(long, value_name = "fr|en", default_value = "fr", value_parser = tongue)]
    language: Tongue,
    /// The word patterns too, as the card writes them
    #[arg(long)]
    words: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

fn tongue(word: &str) -> Result<Tongue, String> {
    let known = Tongue::ALL
        .into_iter()
        .find(|tongue| tongue.as_str() == word);
    known.ok_or_else(|| "expected fr or en".to_owned())
}

pub(super) fn show(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let card = card_in_question(file, arguments.card.as_deref())?;
    let only = match &arguments.clause {
        Some(id) => Some(clause_of(&card, id)?),
        None => None,
    };
    let text = if arguments.json {
        as_line(&match only {
            Some(clause) => clause_object(clause),
            None => object(&card),
        })?
    } else {
        sheet::text(&card, only, arguments.language, arguments.words)
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn clause_object(clause: &Clause) -> Value {
    let rules = clause.blocks.iter().map(|block| {
        json!({
            "verdict": block.verdict,
            "all": conditions(&block.all),
            "any": conditions(&block.any),
            "unless": conditions(&block.unless),
        })
    });
    json!({
        "id": clause.id,
        "name": pair(&clause.name),
        "text_fr": clause.text_fr,
        "gloss_en": clause.gloss_en,
        "cap": clause.cap,
        "mode": clause.mode,
        "question": clause.question.as_ref().map(pair),
        "elsewhere": clause.elsewhere.iter().map(pair).collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
    })
}

fn pair(text: &Bilingual) -> Value {
    json!({"fr": text.fr, "en": text.en})
}

fn conditions(list: &[Condition]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn safety_object(card: &Card, rule: &Safety) -> Value {
    json!({
        "id": rule.id, "says": rule.says.as_ref().map(pair), "flag": rule.flag,
        "criticality": rule.criticality, "category": rule.category,
        "any": card.written(&rule.any), "except": card.written(&rule.except),
        "hints": card.written(&rule.hints),
        "facts": conditions(&rule.facts), "needs": conditions(&rule.needs),
    })
}

fn object(card: &Card) -> Value {
    let settings = card.registry_settings();
    let engine = card.engine();
    let signals = card.signals().iter().map(|signal| {
        json!({
            "id": signal.id, "says": signal.says.as_ref().map(pair),
            "any": card.written(&signal.any), "except": card.written(&signal.except),
        })
    });
    let categories = card.categories().iter().map(|rule| {
        let terms = card.written(&rule.terms).iter().zip(&rule.weights);
        let terms: serde_json::Map<_, _> = terms.map(|(t, w)| (t.clone(), json!(w))).collect();
        json!({
            "id": rule.category, "kind": if rule.request { "request" } else { "incident" },
            "min": rule.min, "terms": terms, "except": card.written(&rule.except),
        })
    });
    let levels = card.levels().iter().map(|rule| {
        json!({
            "axis": rule.axis, "set": rule.set, "says": rule.says.as_ref().map(pair),
            "any": card.written(&rule.any), "except": card.written(&rule.except),
        })
    });
    json!({
        "service": card.service(), "version": card.version(), "hash": card.hash(),
        "clauses": card.clauses().iter().map(clause_object).collect::<Vec<_>>(),
        "safety": card.safety().iter().map(|r| safety_object(card, r)).collect::<Vec<_>>(),
        "signals": signals.collect::<Vec<_>>(),
        "scope": {
            "reading": settings.reading, "contracts": assets::CONTRACTS,
            "no_contract": assets::NO_CONTRACT, "exemptions": assets::EXEMPTIONS,
            "any_exemption_counts": true, "editions_apart": settings.editions_apart,
        },
        "max_age_days": settings.max_age_days, "grace_days": settings.grace_days,
        "people": engine.people, "ask_off_at_criticality": engine.ask_off_at_criticality,
        "categories": categories.collect::<Vec<_>>(),
        "levels": levels.collect::<Vec<_>>(),
        "matrix": card.matrix(),
    })
}
