//! `guichet policy check`: every mistake of a card, where it stands.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::super::table::{counted, line};
use super::super::{Failure, config_or_none, json as as_line, print};
use super::card_text;
use crate::cause::chain;
use crate::config;
use crate::policy::Card;
use crate::policy::card::{Checked, Finding};

/// Characters of a card's line that are shown around a finding.
const SHOWN: usize = 70;

pub(super) fn check(
    file: &Path,
    card: Option<&Path>,
    strict: bool,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let (text, name) = card_text(file, card)?;
    let Checked { card, findings } = Card::check(&text);
    let summary = card.as_ref().map(summary);
    let untold = card.map_or(Ok(None), |card| untold(file, card))?;
    let mut out = String::new();
    for finding in &findings {
        if as_json {
            out.push_str(&as_line(&object(&name, finding))?);
        } else {
            shown(&text, finding, &mut out);
        }
    }
    if let Some(problem) = &untold {
        if as_json {
            out.push_str(&as_line(&json!({
                "file": name, "severity": "mistake", "key": "templates", "message": problem,
            }))?);
        } else {
            let title = "mistake: the answers cannot be written with this card";
            let _ = writeln!(out, "{title}\n  {problem}\n");
        }
    }
    let remarks = findings
        .iter()
        .filter(|finding| finding.is_remark())
        .count();
    let mistakes = findings.len() - remarks + usize::from(untold.is_some());
    let bad = mistakes > 0 || (strict && remarks > 0);
    if !as_json {
        let verdict = if bad { "is not good" } else { "is good" };
        let mistakes = counted(mistakes, "mistake", "mistakes");
        let remarks = counted(remarks, "remark", "remarks");
        let summary = summary.filter(|_| !bad).unwrap_or_default();
        let _ = writeln!(out, "{name} {verdict}: {mistakes}, {remarks}.{summary}");
    }
    print(&out)?;
    Ok(ExitCode::from(if bad { MISTAKEN } else { 0 }))
}

/// The card has a mistake.
const MISTAKEN: u8 = 78;

/// Why the answers cannot be written with a card, if they cannot: every one is tried.
fn untold(file: &Path, card: Card) -> Result<Option<String>, Failure> {
    let mut config = config_or_none(file, None)?;
    config.tables.clear();
    let tried = config::rules_with(&config, card);
    Ok(tried.err().map(|error| chain(&error)))
}

fn severity(finding: &Finding) -> &'static str {
    if finding.is_remark() {
        "remark"
    } else {
        "mistake"
    }
}

fn object(name: &str, finding: &Finding) -> serde_json::Value {
    json!({
        "file": name,
        "line": finding.line,
        "column": finding.column,
        "severity": severity(finding),
        "key": finding.key,
        "message": finding.problem.to_string(),
    })
}

/// The finding above the line of the card it is about, with a mark under the place.
fn shown(text: &str, finding: &Finding, out: &mut String) {
    let written = text.lines().nth(finding.line - 1).unwrap_or_default();
    let at = finding.column - 1;
    // Of a long line the part around the place is enough.
    let skipped = (at + 10).saturating_sub(SHOWN);
    let part: String = written.chars().skip(skipped).take(SHOWN).collect();
    let part = line(&part.replace('\t', " "), SHOWN);
    let number = finding.line.to_string();
    let gutter = " ".repeat(number.len());
    let mark = " ".repeat(at - skipped.min(at));
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "{}: {}\n  line {}, column {}: {}\n\n  {number} │ {part}\n  {gutter} │ {mark}^\n\n",
        severity(finding),
        finding.key,
        finding.line,
        finding.column,
        finding.problem,
    );
}

fn summary(card: &Card) -> String {
    let modes: Vec<String> = card
        .clauses()
        .iter()
        .map(|clause| format!("{} {}", clause.id, clause.mode.as_str()))
        .collect();
    format!(
        "\nVersion {}: {} ({}), {}, {}; every answer can be written with it.",
        card.version(),
        counted(modes.len(), "clause", "clauses"),
        modes.join(", "),
        counted(card.signals().len(), "signal", "signals"),
        counted(card.safety().len(), "safety rule", "safety rules"),
    )
}
