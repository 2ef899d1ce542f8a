//! `guichet why`: the stored trace of a past decision, for a person.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::table::{line, paragraph};
use super::{Failure, print, read_config};
use crate::store::View;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A ticket number (`12` or `#12`) or a Message-ID
    what: String,
    /// The stored JSON as it is
    #[arg(long)]
    json: bool,
}

pub(super) fn why(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let view = View::open(&read_config(file)?.store)?;
    let what = arguments.what.trim();
    let stored = match what.trim_start_matches('#').parse::<i64>() {
        Ok(number) => view.trace_of_ticket(number)?,
        Err(_) => view.trace_of_message(what.trim_matches(['<', '>']))?,
    };
    if arguments.json {
        print(&format!("{stored}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let trace: Value = serde_json::from_str(&stored).map_err(|error| Failure::new(70, error))?;
    print(&explained(&trace))?;
    Ok(ExitCode::SUCCESS)
}

fn word(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => line(text, 300),
        Some(other) => line(&other.to_string(), 300),
    }
}

fn explained(trace: &Value) -> String {
    let mut out = String::new();
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{name:<14}{text}");
        }
    };
    say("disposition", &word(trace, "disposition"));
    say("because", &word(trace, "reason"));
    say("loop rule", &word(trace, "rule"));
    say("answer", &word(trace, "answer"));
    say("", &word(trace, "answer_reason"));
    let Some(verdict) = trace.get("verdict").filter(|verdict| !verdict.is_null()) else {
        return out;
    };
    say("verdict", &word(verdict, "outcome"));
    say("clause", &word(verdict, "clause"));
    say("safety", &word(verdict, "safety"));
    say("category", &word(verdict, "category"));
    say(
        "priority",
        &format!(
            "{} (criticality {}, mutualisation {})",
            word(verdict, "priority"),
            word(verdict, "criticality"),
            word(verdict, "mutualisation")
        ),
    );
    for evidence in verdict
        .get("evidence")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        say("evidence", &line(&evidence.to_string(), 400));
    }
    if let Some(inner) = verdict.get("trace") {
        let pretty = serde_json::to_string_pretty(inner).unwrap_or_default();
        let _ = write!(out, "\ntrace\n{}\n", paragraph(&pretty));
    }
    out
}
