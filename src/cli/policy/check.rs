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
    let (remarks, mistakes): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.is_remark());
    let mut out = String::new();
    for finding in &findings {
        if as_json {
            out.push_str(&as_line(&object(&name, finding))?);
        } else {
            shown(&text, finding, &mut out);
        }
    }
    let mut bad = !mistakes.is_empty() || (strict && !remarks.is_empty());
    let summary = card.as_ref().map(summary);
    // What the answers make of a card's words can only be tried with a card.
    let tried = match card {
        None => Ok(()),
        Some(card) => {
            let mut config = config_or_none(file, None)?;
            config.tables.clear();
            config::rules_with(&config, card).map(|_| ())
        }
    };
    if let Err(error) = tried {
        bad = true;
        let problem = chain(&error);
        if as_json {
            out.push_str(&as_line(&json!({
                "file": name, "severity": "mistake", "key": "templates", "message": problem,
            }))?);
        } else {
            let _ = writeln!(
                out,
                "mistake: the answers cannot be written with this card\n  {problem}\n"
            );
        }
    }
    if !as_json {
        let verdict = if bad { "is not good" } else { "is good" };
        let count = format!(
            "{}, {}",
            counted(mistakes.len(), "mistake", "mistakes"),
            counted(remarks.len(), "remark", "remarks")
        );
        let _ = match summary {
            Some(summary) => writeln!(out, "{name} {verdict}: {count}.\n{summary}"),
            None => writeln!(out, "{name} {verdict}: {count}."),
        };
    }
    print(&out)?;
    Ok(ExitCode::from(if bad { 78 } else { 0 }))
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
        "Version {}: {} ({}), {}, {}; every answer can be written with it.",
        card.version(),
        counted(modes.len(), "clause", "clauses"),
        modes.join(", "),
        counted(card.signals().len(), "signal", "signals"),
        counted(card.safety().len(), "safety rule", "safety rules"),
    )
}
