//! The project's own letters, `tests/corpus/FOLDER/SOFTWARE_TROUBLE.eml`, and what is made of them.
//!
//! Two things stand beside each letter. `expected.toml` in its folder says what a person reads in
//! it: written by hand, before the letter was first read. `SOFTWARE_TROUBLE.json` is the whole
//! reading, to show every other change; renew it with `GUICHET_BLESS=1` and read the difference.
//! No reading is recorded that contradicts the expectation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use guichet::classify::Class;
use guichet::message::parse::parse;
use guichet::message::{Message, Unreadable};
use serde::Deserialize;
use serde_json::Value;

use crate::properties;

mod check;
mod doubling;
mod generated;
mod hostile;
mod made;

/// One letter of the corpus.
pub struct Letter {
    pub path: PathBuf,
    pub raw: Vec<u8>,
}

impl Letter {
    /// `FOLDER/SOFTWARE_TROUBLE`.
    pub fn name(&self) -> String {
        let folder = self.path.parent().and_then(Path::file_name).unwrap();
        let stem = self.path.file_stem().unwrap();
        format!("{}/{}", folder.display(), stem.display())
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every letter, by folder and name.
pub fn letters() -> Vec<Letter> {
    let folders = entries(&folder()).into_iter().filter(|path| path.is_dir());
    folders
        .flat_map(|folder| entries(&folder))
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| Letter {
            raw: std::fs::read(&path).unwrap(),
            path,
        })
        .collect()
}

/// The letter with CRLF at every line end that is an LF alone.
pub fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() * 2);
    let mut before = 0;
    for &byte in raw {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

/// What a person reads in a letter. What is not named must not be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// As in [`guichet::classify::Kind`], or `held`.
    #[serde(default = "request")]
    kind: String,
    /// The first loop rule that holds.
    rule: Option<String>,
    /// Whether a machine may answer; without it, whether no rule holds.
    answerable: Option<bool>,
    /// Why it is held.
    held: Option<String>,
    /// The new text, exactly.
    #[serde(default)]
    new: String,
    /// Where the text is from, if that matters.
    source: Option<String>,
    /// What is in the other zones: each of these; nothing at all if there are none.
    #[serde(default)]
    quoted: Vec<String>,
    #[serde(default)]
    signature: Vec<String>,
    #[serde(default)]
    forwarded: Vec<String>,
    /// Whether the letter passes on somebody else's.
    #[serde(default)]
    forwards: bool,
    /// File names of all attachments, in order.
    #[serde(default)]
    attachments: Vec<String>,
    /// Their types, if they matter.
    types: Option<Vec<String>>,
    /// The one author's address and name, and the subject, if they matter. An empty address is
    /// no author.
    from: Option<String>,
    name: Option<String>,
    subject: Option<String>,
    /// What is wrong with the letter.
    #[serde(default)]
    defects: Vec<String>,
}

fn request() -> String {
    "request".to_owned()
}

fn expectations() -> BTreeMap<String, Expected> {
    let mut all = BTreeMap::new();
    for folder in entries(&folder()).into_iter().filter(|path| path.is_dir()) {
        let file = folder.join("expected.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let table: BTreeMap<String, Expected> =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let folder = folder.file_name().unwrap().display().to_string();
        all.extend(
            table
                .into_iter()
                .map(|(name, expected)| (format!("{folder}/{name}"), expected)),
        );
    }
    all
}

fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap_or_default().to_owned()
}

/// What in a reading is not as expected, in sentences.
struct Differences(Vec<String>);

impl Differences {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, wanted: &T) {
        if found != wanted {
            self.0.push(format!("{what} is {found:?}, not {wanted:?}"));
        }
    }

    fn zone(&mut self, what: &str, text: &str, wanted: &[String]) {
        if wanted.is_empty() && !text.is_empty() {
            self.0.push(format!("{what} is {text:?}, not empty"));
        }
        for piece in wanted.iter().filter(|piece| !text.contains(piece.as_str())) {
            self.0
                .push(format!("{what} is {text:?}, without {piece:?}"));
        }
    }

    fn message(&mut self, message: &Message, wanted: &Expected) {
        self.same(
            "new",
            &message.text.new.as_str(),
            &wanted.new.trim_matches('\n'),
        );
        self.zone("quoted", &message.text.quoted, &wanted.quoted);
        self.zone("signature", &message.text.signature, &wanted.signature);
        self.zone("forwarded", &message.text.forwarded, &wanted.forwarded);
        self.same("forwards", &message.forwarded, &wanted.forwards);
        let names: Vec<String> = message.attachments.iter().map(|a| a.name.clone()).collect();
        self.same("attachments", &names, &wanted.attachments);
        if let Some(types) = &wanted.types {
            let found = message.attachments.iter().map(|a| a.media_type.clone());
            self.same("types", &found.collect(), types);
        }
        if let Some(source) = &wanted.source {
            self.same("source", &word(message.text.source), source);
        }
        let author = message.author();
        if let Some(from) = &wanted.from {
            self.same("from", &author.map_or("", |a| &a.email), &from.as_str());
        }
        if let Some(name) = &wanted.name {
            self.same("name", &author.map_or("", |a| &a.name), &name.as_str());
        }
        if let Some(subject) = &wanted.subject {
            self.same("subject", &message.subject, subject);
        }
        let mut defects = wanted.defects.clone();
        defects.sort();
        let mut found: Vec<String> = message.defects.iter().map(word).collect();
        found.sort();
        self.same("defects", &found, &defects);
    }

    fn class(&mut self, class: Class, wanted: &Expected) {
        self.same("kind", &word(class.kind), &wanted.kind);
        self.same(
            "rule",
            &class.rule.map(|rule| rule.to_string()),
            &wanted.rule,
        );
        let answerable = wanted.answerable.unwrap_or(wanted.rule.is_none());
        self.same("answerable", &class.answerable, &answerable);
    }
}

fn differences(found: &properties::Finding, wanted: &Expected) -> Vec<String> {
    let mut differences = Differences(Vec::new());
    match (&found.message, found.class) {
        (Ok(message), Some(class)) => {
            differences.class(class, wanted);
            differences.message(message, wanted);
        }
        (Err(why), _) => {
            differences.same("kind", &"held", &wanted.kind.as_str());
            let held = wanted.held.clone().unwrap_or_default();
            differences.same("held", &why.to_string(), &held);
        }
        (Ok(_), None) => differences
            .0
            .push("it was read but not classified".to_owned()),
    }
    differences.0
}

#[test]
fn every_letter_says_what_a_person_reads_in_it() {
    let rules = properties::rules();
    let mut wanted = expectations();
    let mut wrong = Vec::new();
    for letter in letters() {
        let Some(expected) = wanted.remove(&letter.name()) else {
            wrong.push(format!("{}: nothing is expected of it", letter.name()));
            continue;
        };
        let found = properties::find_out(rules, &letter.raw);
        for difference in differences(&found, &expected) {
            wrong.push(format!("{}: {difference}", letter.name()));
        }
    }
    wrong.extend(
        wanted
            .into_keys()
            .map(|name| format!("{name}: no such letter")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The reading without the header fields, which only repeat the letter.
fn reading(result: &Result<Message, Unreadable>) -> Value {
    let mut value = serde_json::to_value(result).unwrap();
    if let Some(message) = value.get_mut("Ok").and_then(Value::as_object_mut) {
        message.remove("fields");
    }
    value
}

/// What may differ between the two line ends: the bytes of attached texts.
fn without_hashes(mut value: Value) -> Value {
    if let Some(message) = value.get_mut("Ok") {
        message["content_key"] = Value::Null;
        for attachment in message["attachments"].as_array_mut().unwrap() {
            attachment["size"] = Value::Null;
            attachment["sha256"] = Value::Null;
        }
    }
    value
}

#[test]
fn every_letter_is_read_as_recorded() {
    let bless = std::env::var_os("GUICHET_BLESS").is_some();
    let rules = properties::rules();
    let wanted = expectations();
    let letters = letters();
    assert!(letters.len() >= 150, "{} letters", letters.len());
    let mut wrong = Vec::new();
    for letter in letters {
        let result = parse(&letter.raw);
        let found = reading(&result);
        let golden = letter.path.with_extension("json");
        let right = wanted.get(&letter.name()).is_some_and(|expected| {
            differences(&properties::find_out(rules, &letter.raw), expected).is_empty()
        });
        if bless && right {
            let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
            std::fs::write(&golden, text).unwrap();
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        let recorded: Value = serde_json::from_str(&recorded).unwrap_or_default();
        if found != recorded {
            wrong.push(letter.name());
        }
    }
    assert!(wrong.is_empty(), "read differently: {wrong:?}");
}

#[test]
fn line_ends_make_no_difference() {
    let rules = properties::rules();
    for letter in letters() {
        let lf = properties::find_out(rules, &letter.raw);
        let crlf = properties::find_out(rules, &with_crlf(&letter.raw));
        let fields = |result: &Result<Message, Unreadable>| result.clone().map(|m| m.fields);
        let name = letter.name();
        assert_eq!(fields(&lf.message), fields(&crlf.message), "{name}");
        assert_eq!(lf.class, crlf.class, "{name}");
        assert_eq!(lf.decision.reason, crlf.decision.reason, "{name}");
        assert_eq!(
            without_hashes(reading(&lf.message)),
            without_hashes(reading(&crlf.message)),
            "{name}"
        );
    }
}

#[test]
fn every_letter_can_be_cut_anywhere() {
    let rules = properties::rules();
    for letter in letters() {
        for raw in [with_crlf(&letter.raw), letter.raw] {
            for end in (0..raw.len()).step_by(97) {
                properties::any_bytes_get_a_disposition(rules, &raw[..end]);
            }
        }
    }
}
