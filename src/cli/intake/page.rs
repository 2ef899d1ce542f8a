//! `guichet intake show`: one letter's whole way on a page, from the server to its shelf.

use std::fmt::Write as _;

use serde::Deserialize as _;
use serde_json::Value;

use super::list::disposition;
use crate::classify::sender_auth::SenderAuth;
use crate::cli::outbox::became;
use crate::cli::screen::{Ink, Screen};
use crate::cli::table::{line, local};
use crate::cli::{Failure, json, print};
use crate::store::View;
use crate::store::letters::{LetterPages, ReviewLine};

/// Columns of a field's name.
const NAME: usize = 14;

pub(super) fn show(view: &View, letter: i64, as_json: bool) -> Result<(), Failure> {
    let pages = view.letter(letter)?;
    if as_json {
        return print(&json(&pages)?);
    }
    let trace = view.trace_of_letter(letter)?;
    print(&page(Screen::stdout(), &pages, trace.as_deref()))
}

fn page(screen: Screen, pages: &LetterPages, trace: Option<&str>) -> String {
    let letter = &pages.line;
    let mut out = String::new();
    let title = format!("Letter {}  {}", letter.id, line(&letter.subject, 300));
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}\n", screen.ink(Ink::Strong, title.trim_end()));
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {name:<NAME$}{text}");
        }
    };
    say("from", &line(&letter.sender, 200));
    say("message-id", &line(&pages.message_id, 300));
    say("size", &format!("{} bytes", letter.size));
    say("sha256", &pages.raw_sha256);
    say("became", &disposition(screen, &letter.disposition));
    say("because", &line(&letter.reason, 400));
    say("rule", &letter.rule);
    let ticket = letter.ticket.map(|ticket| format!("#{ticket}"));
    say("ticket", &ticket.unwrap_or_default());
    for (name, text) in decision(trace) {
        say(name, &text);
    }
    journey(screen, pages, &mut out);
    lists(screen, pages, &mut out);
    screen.inked(&out)
}

/// What came with it, and what was sent because of it.
fn lists(screen: Screen, pages: &LetterPages, out: &mut String) {
    if !pages.attachments.is_empty() {
        section(screen, "attachments", out);
        for file in &pages.attachments {
            let _ = writeln!(
                out,
                "  {}  {}  {}, {} bytes",
                file.number,
                line(&file.name, 120),
                line(&file.media_type, 80),
                file.size
            );
        }
    }
    if !pages.outbox.is_empty() {
        section(screen, "sent because of it", out);
        for row in &pages.outbox {
            let _ = writeln!(
                out,
                "  row {}  {} to {}: {}",
                row.id,
                row.kind.replace('_', " "),
                line(&row.recipient, 120),
                became(screen, row)
            );
        }
    }
}

fn section(screen: Screen, name: &str, out: &mut String) {
    let _ = write!(out, "\n{}\n", screen.ink(Ink::Strong, name));
}

/// What the trace says in short; of one of an older program as far as it goes.
fn decision(trace: Option<&str>) -> Vec<(&'static str, String)> {
    let trace: Value = trace
        .and_then(|trace| serde_json::from_str(trace).ok())
        .unwrap_or_default();
    let text = |path: &str| match trace.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => line(text, 300),
        Some(other) => line(&other.to_string(), 300),
    };
    let verdict = [text("/verdict/outcome"), text("/verdict/clause")];
    let verdict = match text("/disposition").as_str() {
        "ticket" => verdict.join(" ").trim().to_owned(),
        // The card was asked, but what it said counted for nothing.
        _ => String::new(),
    };
    let defects = trace.get("defects").and_then(Value::as_array);
    let defects: Vec<String> = defects
        .into_iter()
        .flatten()
        .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
        .collect();
    let answer = match text("/answer_reason").as_str() {
        "" => text("/answer"),
        why => format!("{}: {why}", text("/answer")),
    };
    vec![
        ("verdict", verdict),
        ("answer", answer),
        ("sender", sender(&trace)),
        ("defects", line(&defects.join(", "), 300)),
    ]
}

/// What the border server found of the sender.
fn sender(trace: &Value) -> String {
    let found = trace.get("sender_auth").map(SenderAuth::deserialize);
    found
        .and_then(Result::ok)
        .map_or_else(String::new, |found| found.to_string())
}

/// The stations with their times.
fn journey(screen: Screen, pages: &LetterPages, out: &mut String) {
    section(screen, "journey", out);
    let letter = &pages.line;
    let mut at = |seconds: i64, text: &str| {
        let _ = writeln!(out, "  {}  {text}", local(seconds));
    };
    let rescan = if pages.rescan {
        ", found again after a backup was put back"
    } else {
        ""
    };
    at(
        letter.received_at,
        &format!(
            "received by the server of mailbox `{}`{rescan}",
            letter.mailbox
        ),
    );
    at(
        pages.journaled_at,
        &format!("taken in as {}/{}", pages.epoch, line(&pages.uid, 200)),
    );
    for one in &pages.reviews {
        at(one.at, &review(one));
    }
    let starts = match letter.attempts {
        1 => "one start".to_owned(),
        starts => format!("{starts} starts"),
    };
    if pages.decided_at > 0 && letter.disposition != "received" {
        at(
            pages.decided_at,
            &format!("decided after {starts} of reading"),
        );
    } else {
        let _ = writeln!(out, "  not decided yet, after {starts} of reading");
    }
    let shelf = match (pages.acknowledged.as_str(), pages.shelf.as_str()) {
        ("moved", "done") => "lies in the folder of those that are done",
        ("moved", "held") => "lies in the folder of those that are held",
        ("moved", _) => "was moved, and lies in no folder that is known",
        ("stays", _) => "stays where it came in: its server moves nothing",
        _ => "still lies where it came in",
    };
    let _ = writeln!(out, "  {shelf}");
}

/// What an admin said, and what the letter was before.
fn review(review: &ReviewLine) -> String {
    let why = match review.why.as_str() {
        "" => String::new(),
        why => format!(" ({})", line(why, 200)),
    };
    let who = match review.actor.as_str() {
        "" => "an admin",
        actor => actor,
    };
    let before = match review.disposition.as_str() {
        "" => "undecided".to_owned(),
        word => format!("{}: {}", word.replace('_', " "), line(&review.reason, 200)),
    };
    format!("{who}: {}{why}; it was {before}", review.act)
}
