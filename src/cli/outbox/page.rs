//! `guichet outbox show`: one letter out on a page, its text as its reader sees it, and every
//! attempt to hand it over.
//!
//! The letter is read by a reader's worker like any other: words of others are in it.

use std::fmt::Write as _;

use super::list::became;
use crate::cli::screen::{Ink, Screen};
use crate::cli::table::{counted, line, local, local_or_never, paragraph};
use crate::cli::{Failure, json, print, runtime};
use crate::config::Config;
use crate::daemon;
use crate::message::Message;
use crate::reader::Reader;
use crate::store::View;
use crate::store::outbox::{Attempt, RowPages};

/// Columns of a field's name.
const NAME: usize = 14;

pub(super) fn show(config: &Config, view: &View, row: i64, as_json: bool) -> Result<(), Failure> {
    let pages = view.outbox_row(row)?;
    if as_json {
        return print(&json(&pages)?);
    }
    let bytes = view.outbound_bytes(row)?;
    let reader = Reader::new(daemon::readers(config));
    let message = runtime()?
        .block_on(reader.read(&bytes))
        .map_err(|failure| Failure::new(70, failure))?
        .map_err(|unreadable| Failure::new(65, unreadable))?;
    print(&page(Screen::stdout(), &pages, &message))
}

fn page(screen: Screen, pages: &RowPages, message: &Message) -> String {
    let row = &pages.row;
    let mut out = String::new();
    // Writing to a string does not fail.
    let title = format!("Row {}  {}", row.id, row.kind.replace('_', " "));
    let _ = writeln!(out, "{}\n", screen.ink(Ink::Strong, &title));
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {name:<NAME$}{text}");
        }
    };
    say("state", &became(screen, row));
    if row.state == "pending" {
        say("due", &local_or_never(row.due_at));
    }
    let ticket = row.ticket.map(|ticket| format!("#{ticket}"));
    say("ticket", &ticket.unwrap_or_default());
    let letter = pages.letter.map(|letter| letter.to_string());
    say(
        "because of",
        &letter.map_or_else(String::new, |one| format!("letter {one}")),
    );
    say("to", &line(&row.recipient, 200));
    let sender = match pages.sender.as_str() {
        "" => "<> (nobody is told if it comes back)",
        sender => sender,
    };
    say("envelope from", sender);
    say("subject", &line(&message.subject, 300));
    say("message-id", &line(&pages.message_id, 200));
    say("written", &local(row.created_at));
    say("size", &format!("{} bytes", pages.size));
    let files: Vec<String> = message
        .attachments
        .iter()
        .map(|file| format!("{} ({} bytes)", line(&file.name, 80), file.size))
        .collect();
    say("attachments", &files.join(", "));
    body(screen, pages, message, &mut out);
    screen.inked(&out)
}

/// The text, and every attempt to hand it over.
fn body(screen: Screen, pages: &RowPages, message: &Message, out: &mut String) {
    section(screen, "text", out);
    for line in paragraph(&whole_text(message)).lines() {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
    section(screen, "attempts", out);
    if pages.tries.is_empty() {
        out.push_str("  none yet\n");
    }
    for one in &pages.tries {
        attempt(screen, one, out);
    }
}

/// The zones of the body in the order a letter of ours has them.
fn whole_text(message: &Message) -> String {
    let text = &message.text;
    let zones = [&text.new, &text.signature, &text.quoted, &text.forwarded];
    let zones: Vec<&str> = zones
        .into_iter()
        .map(|zone| zone.trim_end())
        .filter(|zone| !zone.is_empty())
        .collect();
    zones.join("\n\n")
}

fn section(screen: Screen, name: &str, out: &mut String) {
    let _ = write!(out, "\n{}\n", screen.ink(Ink::Strong, name));
}

fn attempt(screen: Screen, one: &Attempt, out: &mut String) {
    let outcome = match one.outcome.as_str() {
        "delivered" => screen.ink(Ink::Green, "delivered"),
        "" => "under way".to_owned(),
        other => screen.ink(Ink::Yellow, other),
    };
    let dot = match (one.phase.as_str(), one.outcome.as_str()) {
        ("dot", "delivered") | ("pre", _) => "",
        _ => ", after the whole letter was handed over",
    };
    let took = match one.ended_at {
        0 => String::new(),
        ended => match usize::try_from(ended.saturating_sub(one.began_at)).unwrap_or(0) {
            0 => String::new(),
            seconds => format!(" in {}", counted(seconds, "second", "seconds")),
        },
    };
    let _ = writeln!(
        out,
        "  {}  {}  {outcome}{took}{dot}",
        one.number,
        local(one.began_at)
    );
    let answer = line(&one.answer, 400);
    if !answer.is_empty() {
        let _ = writeln!(out, "      {answer}");
    }
}
