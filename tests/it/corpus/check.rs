//! `guichet check --json` over the whole corpus: one object a letter, all fields, each of its kind,
//! and the same finding as the house's own rooms give.

use std::process::Command;

use serde_json::Value;

use super::letters;
use crate::properties;

type Fits = fn(&Value) -> bool;

/// The fields in order, and whether a value fits.
const FIELDS: [(&str, Fits); 21] = [
    ("file", Value::is_string),
    ("kind", |value| {
        one_of(value, &["request", "automatic", "bounce", "held"])
    }),
    ("answerable", Value::is_boolean),
    ("loop_rule", |value| {
        value.is_null() || value.as_str().is_some_and(|rule| rule.starts_with('L'))
    }),
    ("language", |value| {
        value.is_null() || one_of(value, &["fr", "en"])
    }),
    ("from", |value| {
        value.is_null() || value.as_str().is_some_and(|from| from.contains('@'))
    }),
    ("subject", Value::is_string),
    ("text", Value::is_string),
    ("quoted", Value::is_string),
    ("signature", Value::is_string),
    ("attachments", |value| {
        value
            .as_array()
            .is_some_and(|all| all.iter().all(is_attachment))
    }),
    ("outcome", |value| {
        value.is_null() || one_of(value, &["accept", "flag", "notice", "ask", "reject"])
    }),
    ("reserve", Value::is_boolean),
    ("clause", |value| {
        value.is_null() || value.as_str().is_some_and(|clause| clause.starts_with('E'))
    }),
    ("category", |value| value.is_null() || value.is_string()),
    ("criticality", level),
    ("mutualisation", level),
    ("priority", |value| {
        value.is_null() || value.as_str().is_some_and(|p| p.starts_with('P'))
    }),
    ("evidence", |value| {
        value
            .as_array()
            .is_some_and(|all| all.iter().all(is_evidence))
    }),
    ("notices", |value| {
        value
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string))
    }),
    ("micros", Value::is_u64),
];

fn one_of(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|word| words.contains(&word))
}

fn level(value: &Value) -> bool {
    value.is_null() || value.as_u64().is_some_and(|level| (1..=4).contains(&level))
}

fn is_attachment(value: &Value) -> bool {
    value["name"].is_string()
        && value["media_type"]
            .as_str()
            .is_some_and(|kind| !kind.is_empty())
        && value["size"].is_u64()
        && value["sha256"]
            .as_str()
            .is_some_and(|hash| hash.len() == 64)
}

fn is_evidence(value: &Value) -> bool {
    let signal = value["signal"].is_string() && value["quote"].is_string();
    signal || value["fact"].is_string() && value.get("value").is_some()
}

#[test]
fn check_explains_every_letter_in_one_object() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let file = folder.path().join("guichet.toml");
    std::fs::write(&file, properties::CONFIGURATION).unwrap();
    let letters = letters();
    let output = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("--config")
        .arg(&file)
        .args(["check", "--json", "--now", "2025-05-13T08:33:00Z"])
        .args(letters.iter().map(|letter| &letter.path))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), letters.len());
    let rules = properties::rules();
    for (line, letter) in lines.lines().zip(&letters) {
        let name = letter.name();
        let report: Value = serde_json::from_str(line).unwrap();
        for (field, fits) in FIELDS {
            let value = report
                .get(field)
                .unwrap_or_else(|| panic!("{name} has no {field}"));
            assert!(fits(value), "{name}: {field} is {value}");
        }
        assert_eq!(report["file"], *letter.path.to_str().unwrap());
        let found = properties::find_out(rules, &letter.raw);
        let held = found.message.is_err();
        assert_eq!(report["kind"] == "held", held, "{name}");
        assert_eq!(
            report["outcome"].is_null(),
            report["kind"] != "request",
            "{name}"
        );
        if let (Ok(message), Some(class)) = (&found.message, found.class) {
            assert_eq!(report["text"], *message.text.new, "{name}");
            assert_eq!(report["signature"], *message.text.signature, "{name}");
            assert_eq!(report["subject"], *message.subject, "{name}");
            assert_eq!(report["answerable"], class.answerable, "{name}");
            let count = report["attachments"].as_array().unwrap().len();
            assert_eq!(count, message.attachments.len(), "{name}");
            let notices = report["notices"].as_array().unwrap().len();
            assert_eq!(notices, found.decision.notices.len(), "{name}");
        }
    }
}
