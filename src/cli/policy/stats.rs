//! `guichet policy stats`: what each clause did to the letters that came.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use super::Window;
use super::past::Past;
use crate::cli::table::{counted, table};
use crate::cli::{Failure, json as as_line, print};
use crate::store::decisions::Decided;

/// What one clause did.
#[derive(Debug, Default, Serialize)]
struct ClauseStats {
    /// Letters for which a rule of the clause held.
    fired: usize,
    /// Of these: in mode `auto`.
    auto: usize,
    /// In mode `propose`.
    propose: usize,
    /// In mode `shadow`.
    shadow: usize,
    /// Letters it refused.
    refused: usize,
    /// Letters whose author it was told to: a refusal, a question, a notice that went out.
    told: usize,
    /// Refusals the requester answered.
    contested: usize,
    /// Refusals a person took back.
    overturned: usize,
}

/// All clauses.
#[derive(Debug, Default, Serialize)]
struct Stats {
    /// Letters that opened a ticket.
    letters: usize,
    /// By clause.
    clauses: BTreeMap<String, ClauseStats>,
}

pub(super) fn stats(file: &Path, window: &Window, as_json: bool) -> Result<ExitCode, Failure> {
    let past = Past::open(file, window)?;
    let mut stats = Stats::default();
    past.decisions(|decided| {
        let trace: Value =
            serde_json::from_str(&decided.trace).map_err(|error| Failure::new(70, error))?;
        stats.add(&decided, &trace);
        Ok(())
    })?;
    print(&if as_json {
        as_line(&stats)?
    } else {
        shown(&stats)
    })?;
    Ok(ExitCode::SUCCESS)
}

impl Stats {
    /// Counts one decision. The trace is read field by field, so that one of an older program
    /// counts as far as it goes.
    fn add(&mut self, decided: &Decided, trace: &Value) {
        self.letters += 1;
        let verdict = trace.get("verdict").unwrap_or(&Value::Null);
        let blocks = verdict.pointer("/trace/blocks").and_then(Value::as_array);
        let mut seen = BTreeSet::new();
        for block in blocks.into_iter().flatten() {
            let text = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or_default();
            let fires = block.get("fires").and_then(Value::as_bool) == Some(true);
            if fires && seen.insert(text("clause").to_owned()) {
                let clause = self.clauses.entry(text("clause").to_owned()).or_default();
                clause.fired += 1;
                match text("mode") {
                    "auto" => clause.auto += 1,
                    "propose" => clause.propose += 1,
                    _ => clause.shadow += 1,
                }
            }
        }
        if let Some(clause) = self.clause_of(verdict) {
            let about = ["rejection", "question", "reset_notice"];
            clause.told += usize::from(about.contains(&decided.told.as_str()));
        }
        // A question has become a refusal, or not, by its answer.
        let again = decided.again.as_deref().map(serde_json::from_str::<Value>);
        let again = again.and_then(Result::ok);
        let last = again.as_ref().and_then(|trace| trace.get("verdict"));
        let last = last.unwrap_or(verdict);
        if last.get("outcome").and_then(Value::as_str) == Some("reject")
            && let Some(clause) = self.clause_of(last)
        {
            clause.refused += 1;
            clause.contested += usize::from(decided.fate.contested);
            clause.overturned += usize::from(decided.fate.overturned);
        }
    }

    /// The counts of the clause behind a verdict.
    fn clause_of(&mut self, verdict: &Value) -> Option<&mut ClauseStats> {
        let clause = verdict.get("clause").and_then(Value::as_str)?;
        let known = !clause.is_empty();
        known.then(|| self.clauses.entry(clause.to_owned()).or_default())
    }
}

fn shown(stats: &Stats) -> String {
    let letters = counted(stats.letters, "letter", "letters");
    if stats.clauses.is_empty() {
        return format!("{letters} opened a ticket; no clause was met.\n");
    }
    let rows = stats.clauses.iter().map(|(id, clause)| {
        let counts = [
            clause.fired,
            clause.auto,
            clause.propose,
            clause.shadow,
            clause.refused,
            clause.told,
            clause.contested,
            clause.overturned,
        ];
        let tenths = clause.fired * 1000 / stats.letters.max(1);
        let share = format!("{}.{} %", tenths / 10, tenths % 10);
        let counts = counts.map(|count| match count {
            0 => "·".to_owned(),
            count => count.to_string(),
        });
        let mut row = vec![id.clone()];
        row.extend(counts);
        row.push(share);
        row
    });
    let head = [
        "clause",
        "fired",
        "auto",
        "propose",
        "shadow",
        "refused",
        "told",
        "contested",
        "overturned",
        "share",
    ];
    format!(
        "{letters} opened a ticket.\n\n{}",
        table(&head, rows.collect())
    )
}
