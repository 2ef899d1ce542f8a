//! Labelled letters: letters of which a person has written down what is right.
//!
//! In: JSON, one letter a line. Out: [`Labelled`], or every line that cannot be read, with its
//! number. A line holds
//!
//! ```json
//! {"id": "A01", "from": "claire@univ.example", "subject": "…", "body": "…",
//!  "now": "2026-11-23T10:12:00+01:00", "facts": {"sender": {"known": true}},
//!  "expected": {"outcome": "accept", "clause": null, "category": "network",
//!               "criticality": 2, "mutualisation": 1, "acceptable": ["flag"]},
//!  "must_not_refuse": true}
//! ```
//!
//! `category_also` and `mutualisation_also` list what would do as well as `acceptable` does for the
//! outcome. `eml`, the path of a letter in a file, may stand for `from`, `subject` and `body`. Everything
//! but the id and the letter may be left out: what is not labelled is not compared. `facts` say
//! what the tables would ([`tables`]); without them the tables in use are asked. An outcome `NR`
//! is short for `must_not_refuse`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::clause::{ClauseId, Outcome};
use super::subject;
use super::{Letter, Verdict};
use crate::message::Text;
use crate::ticket::priority::Category;

pub mod circumstances;
pub mod tables;

pub use circumstances::Circumstances;
pub use tables::Tables;

/// A letter with its label.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// What it is called, once in its file.
    pub id: String,
    /// The letter.
    pub content: Content,
    /// The moment it is judged at, if it matters.
    pub now: Option<Timestamp>,
    /// What the tables say; nothing if the tables in use are asked.
    pub facts: Option<Circumstances>,
    /// What is right.
    pub label: Label,
}

/// The letter itself.
#[derive(Debug, Clone)]
pub enum Content {
    /// Written out.
    Plain {
        /// The author's address.
        from: String,
        /// The subject.
        subject: String,
        /// The body, in zones.
        text: Box<Text>,
    },
    /// In a file of its own: its path.
    File(String),
}

/// What is right; whatever is `None` is not compared.
#[derive(Debug, Clone, Default)]
pub struct Label {
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// Outcomes that would do as well.
    pub acceptable: Vec<Outcome>,
    /// The clause behind it; compared if there is an outcome.
    pub clause: Option<ClauseId>,
    /// The category.
    pub category: Option<Category>,
    /// Categories that would do as well.
    pub category_also: Vec<Category>,
    /// 1 to 4.
    pub criticality: Option<u8>,
    /// 1 to 4.
    pub mutualisation: Option<u8>,
    /// Levels of mutualisation that would do as well.
    pub mutualisation_also: Vec<u8>,
    /// Whether a refusal would be a fault of the card.
    pub must_not_refuse: bool,
}

impl Label {
    /// Whether an outcome is right.
    #[must_use]
    pub fn allows(&self, outcome: Outcome) -> bool {
        self.outcome
            .is_none_or(|right| right == outcome || self.acceptable.contains(&outcome))
    }

    /// Whether a category is right.
    #[must_use]
    pub fn allows_category(&self, category: Category) -> bool {
        self.category
            .is_none_or(|right| right == category || self.category_also.contains(&category))
    }

    /// Whether a mutualisation is right.
    #[must_use]
    pub fn allows_mutualisation(&self, level: u8) -> bool {
        self.mutualisation
            .is_none_or(|right| right == level || self.mutualisation_also.contains(&level))
    }
}

impl Labelled {
    /// The letter for the card; nothing if it is in a file of its own.
    #[must_use]
    pub fn letter(&self) -> Option<Letter<'_>> {
        let Content::Plain {
            from,
            subject,
            text,
        } = &self.content
        else {
            return None;
        };
        let plain = Letter {
            from: Some(from),
            ..Letter::new(subject, text)
        };
        Some(match &self.facts {
            Some(facts) => facts.around(plain),
            None => plain,
        })
    }
}

/// Whether a verdict refuses, or would if nobody had to confirm it.
#[must_use]
pub fn refuses(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Reject || verdict.proposed
}

/// Lines that are no labelled letters.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines.join("\n"))]
pub struct NotLabelled {
    /// One sentence each, with the number of the line.
    pub lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLabelled {
    id: String,
    from: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    eml: Option<String>,
    now: Option<Timestamp>,
    facts: Option<Circumstances>,
    #[serde(default)]
    expected: RawLabel,
    must_not_refuse: Option<bool>,
    // For people who read the file.
    #[serde(default, rename = "lang")]
    _lang: Value,
    #[serde(default, rename = "set")]
    _set: Value,
    #[serde(default, rename = "note")]
    _note: Value,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLabel {
    outcome: Option<String>,
    acceptable: Vec<Outcome>,
    clause: Option<ClauseId>,
    category: Option<Category>,
    category_also: Vec<Category>,
    criticality: Option<u8>,
    mutualisation: Option<u8>,
    mutualisation_also: Vec<u8>,
    #[serde(rename = "kind")]
    _kind: Value,
}

/// Reads labelled letters, one a line; blank lines are skipped.
///
/// # Errors
/// Every line that is none, and every id that stands twice.
pub fn read(lines: &str) -> Result<Vec<Labelled>, NotLabelled> {
    let mut letters: Vec<Labelled> = Vec::new();
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for (number, line) in lines.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match one(line) {
            Ok(letter) if ids.insert(letter.id.clone()) => letters.push(letter),
            Ok(letter) => wrong.push(format!(
                "line {}: expected every id once, but found `{}` twice",
                number + 1,
                letter.id
            )),
            Err(problem) => wrong.push(format!("line {}{problem}", number + 1)),
        }
    }
    if wrong.is_empty() {
        Ok(letters)
    } else {
        Err(NotLabelled { lines: wrong })
    }
}

/// One line, or what follows its number in a complaint.
fn one(line: &str) -> Result<Labelled, String> {
    let raw: RawLabelled = serde_json::from_str(line).map_err(|error| {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        format!(", column {}: {said}", error.column())
    })?;
    let content = match (raw.eml, raw.from, raw.body) {
        (Some(file), None, None) => Content::File(file),
        (None, Some(from), Some(body)) => {
            let subject = raw.subject.unwrap_or_default();
            let forward = subject::read(&subject).forwarded;
            Content::Plain {
                from: from.trim().to_lowercase(),
                text: Box::new(Text::of_plain(&body, forward)),
                subject,
            }
        }
        _ => return Err(": expected `from` and `body`, or `eml` alone".to_owned()),
    };
    let now = raw.now.or(raw.facts.as_ref().and_then(|facts| facts.now));
    Ok(Labelled {
        id: raw.id,
        content,
        now,
        label: label(raw.expected, raw.must_not_refuse)?,
        facts: raw.facts,
    })
}

fn label(raw: RawLabel, must_not_refuse: Option<bool>) -> Result<Label, String> {
    let word = raw.outcome.as_deref();
    let outcome = match word {
        None | Some("NR") => None,
        Some(word) => Some(word.parse().map_err(|error| format!(": {error}"))?),
    };
    let levels = raw.criticality.iter().chain(&raw.mutualisation);
    for level in levels.chain(&raw.mutualisation_also) {
        if !(1..=4).contains(level) {
            return Err(format!(": expected a level from 1 to 4, but found {level}"));
        }
    }
    // Whatever is labelled as something softer must not be refused, unless that would do as well.
    let softer = outcome.is_some_and(|right| right != Outcome::Reject)
        && !raw.acceptable.contains(&Outcome::Reject);
    Ok(Label {
        outcome,
        acceptable: raw.acceptable,
        clause: raw.clause,
        category: raw.category,
        category_also: raw.category_also,
        criticality: raw.criticality,
        mutualisation: raw.mutualisation,
        mutualisation_also: raw.mutualisation_also,
        must_not_refuse: must_not_refuse.unwrap_or(softer || word == Some("NR")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_not_labelled_is_not_compared() {
        let letters = read(
            "{\"id\":\"a\",\"from\":\"A@x.example\",\"body\":\"b\"}\n\n\
             {\"id\":\"b\",\"eml\":\"b.eml\",\"expected\":{\"outcome\":\"ask\",\"acceptable\":[\"flag\"]}}",
        )
        .unwrap();
        let [first, second] = letters.as_slice() else {
            panic!("{letters:?}");
        };
        assert!(first.label.allows(Outcome::Reject) && !first.label.must_not_refuse);
        assert_eq!(first.letter().unwrap().from, Some("a@x.example"));
        assert!(second.label.allows(Outcome::Flag) && !second.label.allows(Outcome::Accept));
        assert!(second.label.must_not_refuse && second.letter().is_none());
    }

    #[test]
    fn err_every_line_that_is_none_is_told() {
        let wrong = read(
            "{\"id\":\"a\"}\n{\"id\":\"b\",\"eml\":\"x\"}\n{\"id\":\"b\",\"eml\":\"x\"}\n\
             {\"id\":\"c\",\"eml\":\"x\",\"expected\":{\"outcome\":\"refuse\"}}\n\
             {\"id\":\"d\",\"eml\":\"x\",\"expect\":1}\n\
             {\"id\":\"e\",\"eml\":\"x\",\"expected\":{\"criticality\":5}}",
        )
        .unwrap_err();
        assert_eq!(
            wrong.lines,
            [
                "line 1: expected `from` and `body`, or `eml` alone",
                "line 3: expected every id once, but found `b` twice",
                "line 4: expected accept, flag, notice, ask or reject, but found `refuse`",
                "line 5, column 28: unknown field `expect`, expected one of `id`, `from`, \
                 `subject`, `body`, `eml`, `now`, `facts`, `expected`, `must_not_refuse`, \
                 `lang`, `set`, `note`",
                "line 6: expected a level from 1 to 4, but found 5",
            ]
        );
    }
}
