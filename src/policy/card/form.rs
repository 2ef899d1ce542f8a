//! The card's TOML taken apart entry by entry, so that a mistake of form in one entry hides no
//! other.
//!
//! In: the text. Out: a [`RawCard`] with whatever could be read, and the findings. What could not
//! be read leaves its id behind ([`Unread`]): who refers to it is told nothing, because the
//! reference is right.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use super::finding::{Finding, Problem};
use super::raw::RawCard;

/// Ids of entries that could not be read.
#[derive(Debug, Default)]
pub struct Unread {
    /// Signals.
    pub signals: BTreeSet<String>,
    /// Sets of words.
    pub sets: BTreeSet<String>,
}

/// The sections every card has, then those it may have.
const NEEDED: [&str; 6] = ["schema", "meta", "engine", "polarity", "language", "matrix"];
const OPTIONAL: [&str; 8] = [
    "keys", "scope", "set", "safety", "signal", "clause", "category", "level",
];

/// How the TOML reader calls what is expected, and how people do.
const TYPES: [(&str, &str); 6] = [
    ("expected u8", "expected a whole number from 0 to 255"),
    ("expected u32", "expected a whole number"),
    ("expected i32", "expected a whole number"),
    ("expected a sequence", "expected a list in `[…]`"),
    ("expected a boolean", "expected true or false"),
    ("expected a string", "expected a text in quotation marks"),
];

/// Reads what can be read.
pub fn read(text: &str) -> (RawCard, Unread, Vec<Finding>) {
    let mut form = Form {
        text,
        unread: Unread::default(),
        findings: Vec::new(),
    };
    let mut raw = RawCard::default();
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        form.toml(error);
    }
    // After a mistake of syntax nobody knows which section the next line belongs to.
    if errors.is_empty() {
        form.sections(document.into_inner(), &mut raw);
    }
    (raw, form.unread, form.findings)
}

struct Form<'a> {
    text: &'a str,
    unread: Unread,
    findings: Vec<Finding>,
}

impl Form<'_> {
    fn sections(&mut self, document: DeTable<'_>, raw: &mut RawCard) {
        let present: BTreeSet<String> = document.keys().map(|key| key.to_string()).collect();
        for name in NEEDED {
            if !present.contains(name) {
                let key = "card".to_owned();
                self.report(&(0..0), key, Problem::NoSection(name));
            }
        }
        for (key, value) in document {
            match key.get_ref().as_ref() {
                "schema" => raw.schema = self.one(value),
                "meta" => raw.meta = self.one(value),
                "engine" => raw.engine = self.one(value),
                "keys" => raw.keys = self.one(value).unwrap_or_default(),
                "scope" => raw.scope = self.one(value).unwrap_or_default(),
                "polarity" => raw.polarity = self.one(value),
                "language" => raw.language = self.one(value),
                "matrix" => raw.matrix = self.one(value),
                "set" => self.sets(value, raw),
                "safety" => raw.safety = self.list(value),
                "signal" => {
                    let ids = ids(&value);
                    raw.signal = self.list(value);
                    let read: BTreeSet<&String> =
                        raw.signal.iter().map(|s| s.id.get_ref()).collect();
                    let lost = ids.into_iter().filter(|id| !read.contains(id));
                    self.unread.signals = lost.collect();
                }
                "clause" => self.clauses(value, raw),
                "category" => raw.category = self.list(value),
                "level" => raw.level = self.list(value),
                other => {
                    let expected = [&NEEDED[..], &OPTIONAL[..]].concat().join(", ");
                    let found = other.to_owned();
                    let problem = Problem::UnknownSection { expected, found };
                    self.report(&key.span(), "card".to_owned(), problem);
                }
            }
        }
    }

    fn one<T: for<'de> Deserialize<'de>>(&mut self, value: Spanned<DeValue<'_>>) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(read) => Some(read),
            Err(error) => {
                self.toml(&error);
                None
            }
        }
    }

    fn list<T: for<'de> Deserialize<'de>>(&mut self, value: Spanned<DeValue<'_>>) -> Vec<T> {
        let span = value.span();
        let DeValue::Array(entries) = value.into_inner() else {
            self.no_list(&span);
            return Vec::new();
        };
        let entries = entries.into_iter();
        entries.filter_map(|entry| self.one(entry)).collect()
    }

    fn sets(&mut self, value: Spanned<DeValue<'_>>, raw: &mut RawCard) {
        let span = value.span();
        let DeValue::Table(sets) = value.into_inner() else {
            let problem = Problem::Toml("expected `[set]` with a list of words a name".to_owned());
            self.report(&span, "set".to_owned(), problem);
            return;
        };
        for (name, words) in sets {
            let named = Spanned::new(name.span(), name.get_ref().to_string());
            match self.one(words) {
                Some(words) => {
                    raw.set.insert(named, words);
                }
                None => {
                    self.unread.sets.insert(named.into_inner());
                }
            }
        }
    }

    /// The rules of a clause are entries of their own.
    fn clauses(&mut self, value: Spanned<DeValue<'_>>, raw: &mut RawCard) {
        let span = value.span();
        let DeValue::Array(entries) = value.into_inner() else {
            self.no_list(&span);
            return;
        };
        for mut entry in entries {
            let rules = match entry.get_mut() {
                DeValue::Table(table) => table.remove("when"),
                _ => None,
            };
            let rules = rules.map(|rules| self.list(rules)).unwrap_or_default();
            if let Some(mut clause) = self.one::<super::raw::RawClause>(entry) {
                clause.when = rules;
                raw.clause.push(clause);
            }
        }
    }

    fn no_list(&mut self, span: &Range<usize>) {
        let key = self.key_at(span);
        let problem = Problem::Toml("expected a list of tables, each under `[[…]]`".to_owned());
        self.report(span, key, problem);
    }

    /// An error of the TOML reader.
    fn toml(&mut self, error: &Error) {
        let span = error.span().unwrap_or_default();
        let mut message = error.message().trim().replace('\n', ", ");
        for (type_name, word) in TYPES {
            message = message.replace(type_name, word);
        }
        let key = self.key_at(&span);
        self.report(&span, key, Problem::Toml(message));
    }

    /// The key is what stands before `=` on that line.
    fn key_at(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count();
        let written = self.text.lines().nth(line).unwrap_or_default();
        let key = written.split('=').next().unwrap_or_default().trim();
        format!("`{key}`")
    }

    fn report(&mut self, span: &Range<usize>, key: String, problem: Problem) {
        let finding = Finding::at(self.text, span, key, problem);
        self.findings.push(finding);
    }
}

/// The ids of a list of tables, also of those that cannot be read.
fn ids(value: &Spanned<DeValue<'_>>) -> BTreeSet<String> {
    let entries = value.get_ref().as_array().into_iter().flatten();
    entries
        .filter_map(|entry| entry.get_ref().get("id")?.get_ref().as_str())
        .map(str::to_owned)
        .collect()
}
