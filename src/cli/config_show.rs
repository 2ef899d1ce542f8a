//! `guichet config show`: what is in force, and where each value comes from.
//!
//! It is written as a configuration that could be used in the place of the file: what the file says
//! with its line, and beside it every key that was left out, with its default. A key that means
//! nothing here (a server's port where answers go to a folder) is not shown: each default is tried on
//! the file first. No secret can be in the file; the arguments of a program that prints one are
//! masked all the same.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::screen::{Ink, Screen};
use super::{Failure, json as as_line, print};
use crate::config::Config;
use crate::config::reference::{Known, known};

/// Columns after which the origin stands.
const ORIGIN: usize = 44;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// `[service]`, `[[mailbox]]`; which one, of several, from 0.
    table: String,
    nth: usize,
    key: String,
    /// As TOML; nothing if it has none.
    value: Option<String>,
    /// `line 3`, `default`, or why it has no value.
    origin: String,
    line: Option<usize>,
}

pub(super) fn show(file: &Path, as_json: bool) -> Result<(), Failure> {
    let config = super::read_config(file)?;
    let text = std::fs::read_to_string(file)?;
    let entries = effective(&config, &text);
    if as_json {
        for entry in &entries {
            let value = entry.value.as_ref().and_then(|value| {
                let table: toml::Table = format!("value = {value}").parse().ok()?;
                serde_json::to_value(table.get("value")?).ok()
            });
            let table = entry.table.trim_matches(['[', ']']);
            print(&as_line(&json!({
                "table": table,
                "number": entry.nth + 1,
                "key": entry.key,
                "value": value,
                "origin": match entry.line { Some(_) => "file", None => "default" },
                "line": entry.line,
                "note": if entry.value.is_none() { Some(&entry.origin) } else { None },
            }))?)?;
        }
        return Ok(());
    }
    print(&page(Screen::stdout(), file, &entries))
}

fn page(screen: Screen, file: &Path, entries: &[Entry]) -> String {
    let mut out = screen.ink(
        Ink::Faint,
        &format!(
            "# {}, and the default of every key it leaves out",
            file.display()
        ),
    );
    out.push('\n');
    let mut before: Option<(&str, usize)> = None;
    for entry in entries {
        let table = (entry.table.as_str(), entry.nth);
        // Writing to a string does not fail.
        if before != Some(table) {
            let _ = write!(out, "\n{}\n", screen.ink(Ink::Strong, &entry.table));
            before = Some(table);
        }
        let said = match &entry.value {
            Some(value) => format!("{} = {value}", entry.key),
            None => format!("#{}", entry.key),
        };
        let gap = ORIGIN.saturating_sub(said.chars().count()).max(2);
        let origin = screen.ink(Ink::Faint, &format!("# {}", entry.origin));
        let _ = writeln!(out, "{said}{:gap$}{origin}", "");
    }
    screen.inked(&out)
}

/// Everything the file says, and every default that holds beside it, in the order of the sample.
fn effective(config: &Config, text: &str) -> Vec<Entry> {
    let mut said = written(text);
    let known = known();
    let mut order: Vec<&str> = Vec::new();
    for one in &known {
        if !order.contains(&one.table.as_str()) {
            order.push(&one.table);
        }
    }
    let mut defaults = Vec::new();
    for one in &known {
        let count = said
            .iter()
            .filter(|entry| entry.table == one.table)
            .map(|entry| entry.nth + 1)
            .max()
            .unwrap_or_else(|| usize::from(!one.table.starts_with("[[")));
        for nth in 0..count {
            let given = said
                .iter()
                .any(|entry| entry.table == one.table && entry.nth == nth && entry.key == one.key);
            if !given {
                defaults.extend(default(config, text, one, nth));
            }
        }
    }
    let place = |entry: &Entry| {
        let table = order.iter().position(|table| *table == entry.table);
        let key = known
            .iter()
            .position(|one| one.table == entry.table && one.key == entry.key);
        (
            table.unwrap_or(usize::MAX),
            entry.table.clone(),
            entry.nth,
            key.unwrap_or(usize::MAX),
            entry.line,
        )
    };
    said.append(&mut defaults);
    said.sort_by_key(place);
    said
}

/// A default, if the key means something where it was left out.
fn default(config: &Config, text: &str, known: &Known, nth: usize) -> Option<Entry> {
    let Some(value) = known.default.as_deref() else {
        // One that the sample's site sets: its default is told in words, if it has one.
        let words = known.in_words.as_ref();
        return words
            .filter(|_| !known.table.starts_with("[["))
            .map(|words| Entry {
                table: known.table.clone(),
                nth,
                key: known.key.clone(),
                value: None,
                origin: format!("default: {words}"),
                line: None,
            });
    };
    let with = inserted(text, &known.table, nth, &format!("{} = {value}", known.key));
    let tried = Config::from_text(&with, &config.file).ok()?;
    let entry = |value: Option<&str>, origin: &str| Entry {
        table: known.table.clone(),
        nth,
        key: known.key.clone(),
        value: value.map(str::to_owned),
        origin: origin.to_owned(),
        line: None,
    };
    if format!("{tried:?}") == format!("{config:?}") {
        return Some(entry(Some(value), "default"));
    }
    let words = known.in_words.as_deref().unwrap_or("not set");
    let words = match words.starts_with("not set") {
        true => words.to_owned(),
        false => format!("default: {words}"),
    };
    Some(entry(None, &words))
}

/// The text with one line more in a table, which is added if it is not there.
fn inserted(text: &str, table: &str, nth: usize, line: &str) -> String {
    let mut out = String::with_capacity(text.len() + line.len() + 1);
    let mut met = 0;
    let mut done = false;
    for old in text.lines() {
        out.push_str(old);
        out.push('\n');
        let head = old.split('#').next().unwrap_or_default().trim();
        if head == table {
            if met == nth {
                out.push_str(line);
                out.push('\n');
                done = true;
            }
            met += 1;
        }
    }
    if !done {
        out.push_str(&format!("{table}\n{line}\n"));
    }
    out
}

/// What the file says, value by value.
fn written(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    // The configuration was read before: it is TOML.
    if let Ok(table) = DeTable::parse(text) {
        walk(text, "", 0, table.get_ref(), &mut entries);
    }
    entries
}

fn walk(text: &str, path: &str, nth: usize, table: &DeTable<'_>, entries: &mut Vec<Entry>) {
    let listed = path.starts_with("[[");
    let name = path.trim_matches(['[', ']']);
    let below = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        match value.get_ref() {
            // A table in one of a list belongs to that one: it is shown as a value.
            DeValue::Table(inner) if !listed && !is_inline(text, value) => {
                walk(text, &format!("[{}]", below(key)), 0, inner, entries);
            }
            DeValue::Array(items) if !listed && is_tables(items, text) => {
                for (nth, item) in items.iter().enumerate() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        walk(text, &format!("[[{}]]", below(key)), nth, inner, entries);
                    }
                }
            }
            _ => {
                let at = value.span().start;
                let before = text.get(..at).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                entries.push(Entry {
                    table: path.to_owned(),
                    nth,
                    key: key.to_owned(),
                    value: Some(shown(key, text.get(value.span()).unwrap_or_default())),
                    origin: format!("line {line}"),
                    line: Some(line),
                });
            }
        }
    }
}

fn is_inline(text: &str, value: &Spanned<DeValue<'_>>) -> bool {
    text.get(value.span())
        .is_some_and(|source| source.starts_with('{'))
}

fn is_tables(items: &[Spanned<DeValue<'_>>], text: &str) -> bool {
    !items.is_empty()
        && items
            .iter()
            .all(|item| matches!(item.get_ref(), DeValue::Table(_)) && !is_inline(text, item))
}

/// A value in one line. Of a program that prints a secret only its name.
fn shown(key: &str, source: &str) -> String {
    if key == "password_command" {
        let program = source.trim_start_matches('[').split(',').next();
        let program = program.unwrap_or_default().trim().trim_end_matches(']');
        return format!("[{program}, \"…\"]");
    }
    let lines: Vec<&str> = source
        .lines()
        .map(|line| match line.split_once(" #") {
            // A comment within a list would swallow the rest of the line.
            Some((before, _)) if !before.contains('"') || before.matches('"').count() % 2 == 0 => {
                before.trim()
            }
            _ => line.trim(),
        })
        .filter(|line| !line.starts_with('#'))
        .collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[service]
name = "Assistance" # the name
address = "support@univ.example"
[store]
directory = "store"
[[mailbox]]
name = "in"
kind = "maildir"
path = "in"
[[mailbox]]
name = "far"
kind = "imap"
host = "imap.univ.example"
user = "u"
password_command = ["/bin/token", "--key=hidden"]
[delivery]
kind = "maildir"
path = "out"
"#;

    fn entries() -> Vec<Entry> {
        let config = Config::from_text(TEXT, Path::new("g.toml")).unwrap();
        effective(&config, TEXT)
    }

    fn found(table: &str, nth: usize, key: &str) -> Option<(Option<String>, String)> {
        let mut all = entries().into_iter();
        all.find(|one| one.table == table && one.nth == nth && one.key == key)
            .map(|one| (one.value, one.origin))
    }

    fn value(text: &str, origin: &str) -> Option<(Option<String>, String)> {
        Some((Some(text.to_owned()), origin.to_owned()))
    }

    #[test]
    fn ok_each_value_says_where_it_comes_from() {
        assert_eq!(
            found("[service]", 0, "name"),
            value("\"Assistance\"", "line 3")
        );
        assert_eq!(
            found("[service]", 0, "tag"),
            value("\"Support\"", "default")
        );
        assert_eq!(found("[[mailbox]]", 1, "port"), value("993", "default"));
        assert_eq!(found("[[mailbox]]", 0, "port"), None, "a folder has none");
        assert_eq!(found("[delivery]", 0, "host"), None);
        let (none, words) = found("[service]", 0, "authserv_id").unwrap();
        assert_eq!(none, None);
        assert!(words.starts_with("not set"), "{words}");
    }

    #[test]
    fn ok_what_prints_a_secret_is_masked() {
        assert_eq!(
            found("[[mailbox]]", 1, "password_command"),
            value("[\"/bin/token\", \"…\"]", "line 16")
        );
    }

    #[test]
    fn ok_what_is_shown_could_be_used() {
        let plain = TEXT.replace(", \"--key=hidden\"", ", \"…\"");
        let config = Config::from_text(&plain, Path::new("g.toml")).unwrap();
        let shown = page(
            Screen::paper(),
            Path::new("g.toml"),
            &effective(&config, &plain),
        );
        let again = Config::from_text(&shown, Path::new("g.toml")).unwrap_or_else(|error| {
            panic!("{error}\n{shown}");
        });
        assert_eq!(format!("{again:?}"), format!("{config:?}"), "{shown}");
    }
}
