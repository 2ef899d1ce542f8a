//! `guichet why`: the stored trace of a past decision, for a person.
//!
//! First what became of the letter and on what evidence, then every rule that was looked at: what
//! made it hold, or what kept it from holding; then the words and facts behind these. A ticket whose
//! requester answered the card's question has a second decision, shown below the first. The trace is
//! read as plain JSON, field by field, so that one of an older program is shown as far as it goes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize as _;
use serde_json::Value;

use super::table::{line, local};
use super::{Failure, print, read_config};
use crate::policy::{Evidence, Language};
use crate::store::View;
use crate::store::occur::OccurrenceLine;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A ticket number (`12` or `#12`) or a Message-ID
    what: String,
    /// The stored JSON as it is, a line for each decision
    #[arg(long)]
    json: bool,
}

pub(super) fn why(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let view = View::open(&read_config(file)?.store)?;
    let what = arguments.what.trim();
    let number = what.trim_start_matches('#').parse::<i64>().ok();
    let (stored, again) = match number {
        Some(number) => (view.trace_of_ticket(number)?, view.trace_of_answer(number)?),
        None => (view.trace_of_message(what.trim_matches(['<', '>']))?, None),
    };
    for (nth, stored) in std::iter::once(stored).chain(again).enumerate() {
        if arguments.json {
            print(&format!("{stored}\n"))?;
            continue;
        }
        if nth > 0 {
            print(
                "\nThe requester answered the question, and the request was judged once more:\n\n",
            )?;
        }
        let trace: Value =
            serde_json::from_str(&stored).map_err(|error| Failure::new(70, error))?;
        print(&explained(&trace))?;
    }
    if let Some(number) = number.filter(|_| !arguments.json) {
        print(&since(&view.occurrences(number)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What happened to the ticket without a letter.
fn since(occurrences: &[OccurrenceLine]) -> String {
    let mut out = String::new();
    if !occurrences.is_empty() {
        out.push_str("\nsince then, without a letter\n");
    }
    for one in occurrences {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  {}  {}", local(one.at), line(&one.reason, 300));
    }
    out
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
    if let Some(review) = trace.get("review").filter(|review| !review.is_null()) {
        say(
            "reviewed",
            &format!("an admin said: {}", word(review, "act")),
        );
    }
    say("loop rule", &word(trace, "rule"));
    say("answer", &word(trace, "answer"));
    let (reason, withheld) = (word(trace, "reason"), word(trace, "answer_reason"));
    say("", if withheld == reason { "" } else { &withheld });
    let Some(verdict) = trace.get("verdict").filter(|verdict| !verdict.is_null()) else {
        return out;
    };
    let again = trace.get("judged_again") == Some(&Value::Bool(true));
    if word(trace, "disposition") != "ticket" && !again {
        // The card was asked, but what it said counted for nothing.
        return out;
    }
    if let Some(answer) = verdict.pointer("/trace/answer") {
        let said = format!("{}: {}", word(answer, "reading"), word(answer, "quote"));
        say("answered", said.trim_end_matches(": "));
    }
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
    for evidence in items(verdict, "evidence") {
        let known = Evidence::deserialize(evidence);
        let sentence = known.ok().and_then(|known| known.sentence(Language::En));
        say(
            "evidence",
            &sentence.map_or_else(String::new, |sentence| line(&sentence, 400)),
        );
    }
    if let Some(trace) = verdict.get("trace") {
        rules(trace, &mut out);
    }
    out
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// A list of two texts.
fn pair(value: &Value) -> Option<(&str, &str)> {
    let [first, second] = value.as_array()?.as_slice() else {
        return None;
    };
    Some((first.as_str()?, second.as_str()?))
}

/// Every rule that was looked at, and what they were looked at with.
fn rules(trace: &Value, out: &mut String) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "\nrules of card {}", word(trace, "card"));
    for block in items(trace, "blocks") {
        let fires = block.get("fires") == Some(&Value::Bool(true));
        let _ = writeln!(
            out,
            "  {:<4}{:<8}{:<7}{}",
            word(block, "clause"),
            word(block, "verdict"),
            if fires { "holds" } else { "no" },
            line(&grounds(block, fires), 300)
        );
    }
    for softened in items(trace, "softened") {
        let (from, to) = (word(softened, "from"), word(softened, "to"));
        let by = word(softened, "by");
        let _ = writeln!(
            out,
            "  {:<4}{from} became {to} by {by}",
            word(softened, "clause")
        );
    }
    for (clause, outcome) in items(trace, "shadow").filter_map(pair) {
        let _ = writeln!(out, "  {clause:<4}in shadow: it would have been {outcome}");
    }
    let _ = writeln!(out, "\nwords of the letter");
    for (signal, reading) in entries(trace, "signals") {
        for mention in items(reading, "mentions") {
            let (quote, polarity) = (word(mention, "quote"), word(mention, "polarity"));
            let _ = writeln!(out, "  {signal:<22}{polarity:<14}{quote}");
        }
    }
    let _ = writeln!(out, "\nfacts");
    for (name, fact) in entries(trace, "facts") {
        let value = Some(word(fact, "value")).filter(|value| !value.is_empty());
        let place = fact.get("place").filter(|place| !place.is_null());
        let place = place.map_or_else(String::new, |place| {
            format!("  ({}, line {})", word(place, "table"), word(place, "line"))
        });
        let value = value.as_deref().unwrap_or("unknown");
        let _ = writeln!(out, "  {name:<22}{value}{place}");
    }
}

/// What made a block hold, or what kept it from holding.
fn grounds(block: &Value, fires: bool) -> String {
    let (mut held, mut lacking, mut choices, mut against) = (vec![], vec![], vec![], vec![]);
    for (condition, value) in items(block, "reasons").filter_map(pair) {
        if let Some(exception) = condition.strip_prefix("unless ") {
            match value {
                "true" => against.push(exception.to_owned()),
                "unknown" => against.push(format!("perhaps {exception}")),
                _ => {}
            }
        } else if value == "true" {
            held.push(
                condition
                    .strip_prefix("or ")
                    .unwrap_or(condition)
                    .to_owned(),
            );
        } else if let Some(choice) = condition.strip_prefix("or ") {
            choices.push(choice.to_owned());
        } else {
            lacking.push(condition.to_owned());
        }
    }
    if fires {
        return held.join(", ");
    }
    let one_held = items(block, "reasons")
        .filter_map(pair)
        .any(|(condition, value)| condition.starts_with("or ") && value == "true");
    if !choices.is_empty() && !one_held {
        lacking.push(format!("any of {}", choices.join(" | ")));
    }
    let mut why = Vec::new();
    if !lacking.is_empty() {
        why.push(format!("lacks {}", lacking.join(", ")));
    }
    if !against.is_empty() {
        why.push(format!("kept off by {}", against.join(", ")));
    }
    why.join("; ")
}
