//! An access request's answer to read, in French first.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::table::paragraph;

/// What is in the folder.
const GREETING: &str = "\
Vos données : vos demandes, vos messages, nos réponses et les décisions prises. Les autres personnes
n'y sont pas nommées, sauf dans les messages que vous avez écrits ou reçus. Le fichier person.json
contient les mêmes informations pour un logiciel.

Your data: your requests, your letters, our answers and the decisions made. Other people are not
named in it, but in letters that you wrote or got. The file person.json holds the same for a program.";

/// The document as text.
pub(super) fn page(document: &Value) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{}\n{}\n\n{GREETING}\n",
        word(document, "service"),
        word(document, "made_at"),
    );
    for ticket in list(document, "tickets") {
        tell(&mut out, ticket);
    }
    for letter in list(document, "letters") {
        let line = ["id", "received_at", "subject", "disposition", "file"];
        one(&mut out, "Message / letter", letter, &line);
    }
    for row in list(document, "sent") {
        let line = ["id", "written_at", "kind", "state", "file"];
        one(&mut out, "Envoi / sent", row, &line);
    }
    for line in list(document, "tables") {
        one(&mut out, "Table", line, &["table", "line", "text"]);
    }
    out
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn word(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => paragraph(text),
        Some(other) => other.to_string(),
    }
}

fn words(value: &Value, keys: &[&str]) -> String {
    let words: Vec<String> = keys
        .iter()
        .map(|key| word(value, key))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" · ")
}

/// A ticket with its history.
fn tell(out: &mut String, ticket: &Value) {
    let about = ["created_at", "status", "category", "outcome", "clause"];
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "== #{} {}\n   {}",
        word(ticket, "number"),
        word(ticket, "subject"),
        words(ticket, &about),
    );
    for page in list(ticket, "history") {
        let _ = writeln!(
            out,
            "\n-- {}\n{}",
            words(page, &["at", "kind", "author"]),
            word(page, "text")
        );
    }
    out.push('\n');
}

fn one(out: &mut String, what: &str, value: &Value, keys: &[&str]) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{what} {}", words(value, keys));
}
