//! One ticket on a page, for a person: what it is, who takes part, why it is where it is, what was
//! said and done, what came with it, what was sent.

use std::fmt::Write as _;

use serde::Deserialize as _;
use serde_json::Value;

use super::list::{priority, status};
use crate::cli::outbox::became;
use crate::cli::screen::{Ink, Screen};
use crate::cli::table::{counted, line, local, paragraph};
use crate::policy::{Evidence, Language};
use crate::store::attachments::AttachmentLine;
use crate::store::tickets::{Page, TicketPages};

/// Columns of a field's name.
const NAME: usize = 14;

pub(super) fn page(screen: Screen, pages: &TicketPages, trace: &str) -> String {
    let ticket = &pages.line;
    let mut out = String::new();
    let title = format!("Ticket #{}", ticket.number);
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{}  {}\n",
        screen.ink(Ink::Strong, &title),
        screen.ink(Ink::Strong, &line(&ticket.subject, 300))
    );
    head(screen, pages, trace, &mut out);
    section(screen, "history", &mut out);
    for one in &pages.history {
        event(screen, one, &mut out);
    }
    if !pages.attachments.is_empty() || pages.pictures_left_out > 0 {
        section(screen, "attachments", &mut out);
        for file in &pages.attachments {
            let _ = writeln!(out, "  {}", attachment(file));
        }
        if pages.pictures_left_out > 0 {
            let pictures = counted(pages.pictures_left_out, "picture", "pictures");
            let _ = writeln!(out, "  {pictures} of signatures left out");
        }
    }
    if !pages.outbox.is_empty() {
        section(screen, "sent", &mut out);
        for row in &pages.outbox {
            let _ = writeln!(
                out,
                "  {}  row {}  {} to {}: {}",
                local(row.created_at),
                row.id,
                row.kind.replace('_', " "),
                line(&row.recipient, 120),
                became(screen, row),
            );
        }
    }
    screen.inked(&out)
}

fn section(screen: Screen, name: &str, out: &mut String) {
    let _ = write!(out, "\n{}\n", screen.ink(Ink::Strong, name));
}

fn head(screen: Screen, pages: &TicketPages, trace: &str, out: &mut String) {
    let ticket = &pages.line;
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {name:<NAME$}{text}");
        }
    };
    let waits = match ticket.wait_until.as_str() {
        "" => String::new(),
        day => format!(", until {day}"),
    };
    say(
        "status",
        &format!("{}{waits}", status(screen, &ticket.status)),
    );
    if let Some(other) = ticket.merged_into {
        say("goes on as", &format!("#{other}"));
    }
    let merged: Vec<String> = pages.merged.iter().map(|n| format!("#{n}")).collect();
    say("went up in it", &merged.join(", "));
    say(
        "priority",
        &format!(
            "{} (criticality {}, mutualisation {})",
            priority(screen, &ticket.priority),
            ticket.criticality,
            ticket.mutualisation
        ),
    );
    say("category", &ticket.category);
    for (name, text) in people(pages) {
        say(name, &text);
    }
    let clause = match ticket.clause.as_str() {
        "" => String::new(),
        clause => format!(", clause {clause}"),
    };
    say("outcome", &format!("{}{clause}", ticket.outcome));
    for (nth, sentence) in grounds(trace).iter().enumerate() {
        say(if nth == 0 { "because" } else { " " }, sentence);
    }
    let answer = match ticket.answer_reason.as_str() {
        "" => ticket.answer.clone(),
        why => format!("{}: {}", ticket.answer, line(why, 300)),
    };
    say("first answer", &answer);
    say("every rule", &format!("guichet why {}", ticket.number));
}

/// Whose it is, who takes part, and when.
fn people(pages: &TicketPages) -> [(&'static str, String); 8] {
    let ticket = &pages.line;
    let nobody = if ticket.assignee.is_empty() {
        "nobody"
    } else {
        &ticket.assignee
    };
    let copies = pages.participants.iter().filter(|one| one.role == "copy");
    let copies: Vec<String> = copies.map(|one| line(&one.address, 120)).collect();
    let opened = format!("{} by letter {}", local(ticket.created_at), ticket.letter);
    [
        ("assignee", nobody.to_owned()),
        ("requester", requester(pages)),
        ("telephone", line(&ticket.phone, 80)),
        ("room", line(&ticket.room, 80)),
        ("in copy", copies.join(", ")),
        ("followed by", pages.watchers.join(", ")),
        ("opened", opened),
        ("changed", local(ticket.updated_at)),
    ]
}

fn requester(pages: &TicketPages) -> String {
    let ticket = &pages.line;
    let (name, address) = (
        line(&ticket.requester_name, 80),
        line(&ticket.requester, 120),
    );
    match (name.is_empty(), address.is_empty()) {
        (_, true) => "nobody is named".to_owned(),
        (true, false) => address,
        (false, false) => format!("{name} <{address}>"),
    }
}

/// The evidence of the decision, a sentence each; of a trace of an older program as far as it goes.
fn grounds(trace: &str) -> Vec<String> {
    let trace: Value = serde_json::from_str(trace).unwrap_or_default();
    let evidence = trace
        .pointer("/verdict/evidence")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    evidence
        .iter()
        .filter_map(|one| Evidence::deserialize(one).ok()?.sentence(Language::En))
        .map(|sentence| line(&sentence, 300))
        .collect()
}

fn event(screen: Screen, page: &Page, out: &mut String) {
    let letter = match page.letter {
        Some(letter) => screen.ink(Ink::Faint, &format!("  letter {letter}")),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "  {}  {}  {}{letter}",
        local(page.at),
        screen.ink(Ink::Strong, &page.kind.replace('_', " ")),
        line(&page.author, 120)
    );
    for text in paragraph(&page.text).lines() {
        let _ = writeln!(out, "{}", format!("      {text}").trim_end());
    }
}

fn attachment(file: &AttachmentLine) -> String {
    let name = match file.name.as_str() {
        "" => "without a name".to_owned(),
        name => line(name, 120),
    };
    let bytes = usize::try_from(file.size).unwrap_or(0);
    format!(
        "{name}  {}, {}  guichet intake attachment {} {}",
        line(&file.media_type, 80),
        counted(bytes, "byte", "bytes"),
        file.letter,
        file.number,
    )
}
