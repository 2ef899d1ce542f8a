//! One table of a TOML file, read key by key, every mistake named by file, line and key.
//!
//! Each question takes its key out of the section; [`Section::finish`] refuses what is left and
//! names the keys that were asked for, so that the list in the message is never out of date.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The text of a file, for turning positions into lines.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it came from.
    pub file: PathBuf,
    /// What it says.
    pub text: String,
}

impl Source {
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(&self.text);
        before.matches('\n').count() + 1
    }
}

/// A mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{}:{line}: {what}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What the parser expected.
        what: String,
    },
    /// A key has a value that cannot be used, is missing, or is not known.
    #[error("{}:{line}: `{key}`: expected {expected}, but found {found}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// The key with its path, such as `mailbox.port`.
        key: String,
        /// What would do.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A value that the room it is for refuses.
    #[error("{}:{line}: `{key}`: {why}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// The key with its path.
        key: String,
        /// What was expected and what was found.
        why: String,
    },
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    key: String,
    line: usize,
    file: PathBuf,
}

impl<T> Found<T> {
    /// The error for a value that is refused by the room it is for, in whose words what was
    /// expected and what was found are one sentence.
    pub fn refused(&self, why: &impl std::fmt::Display) -> ConfigError {
        ConfigError::Refused {
            file: self.file.clone(),
            line: self.line,
            key: self.key.clone(),
            why: why.to_string(),
        }
    }

    /// The error that says what was expected in this value's place.
    pub fn expected(&self, expected: &str, found: &str) -> ConfigError {
        ConfigError::Key {
            file: self.file.clone(),
            line: self.line,
            key: self.key.clone(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

/// Parses the text of a file.
///
/// # Errors
/// When it is not TOML.
pub fn parse(source: &Source) -> Result<Section<'_>, ConfigError> {
    let table = DeTable::parse(&source.text).map_err(|error| ConfigError::Syntax {
        file: source.file.clone(),
        line: source.line(error.span().map_or(0, |span| span.start)),
        what: error.message().to_owned(),
    })?;
    Ok(Section::new(source, String::new(), 1, table.into_inner()))
}

/// One table.
#[derive(Debug)]
pub struct Section<'a> {
    source: &'a Source,
    path: String,
    line: usize,
    rest: BTreeMap<String, (usize, Spanned<DeValue<'a>>)>,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    fn new(source: &'a Source, path: String, line: usize, table: DeTable<'a>) -> Self {
        let rest = table
            .into_iter()
            .map(|(key, value)| {
                let line = source.line(key.span().start);
                (key.into_inner().into_owned(), (line, value))
            })
            .collect();
        Self {
            source,
            path,
            line,
            rest,
            asked: Vec::new(),
        }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn error(&self, key: &str, line: usize, expected: &str, found: &str) -> ConfigError {
        ConfigError::Key {
            file: self.source.file.clone(),
            line,
            key: self.name(key),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }

    fn take<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(DeValue<'a>) -> Result<T, String>,
    ) -> Result<Option<Found<T>>, ConfigError> {
        self.asked.push(key);
        let Some((line, value)) = self.rest.remove(key) else {
            return Ok(None);
        };
        match read(value.into_inner()) {
            Ok(value) => Ok(Some(Found {
                value,
                key: self.name(key),
                line,
                file: self.source.file.clone(),
            })),
            Err(found) => Err(self.error(key, line, expected, &found)),
        }
    }

    /// The error for a key that has to be there.
    #[must_use]
    pub fn missing(&self, key: &str, expected: &str) -> ConfigError {
        self.error(key, self.line, expected, "nothing")
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&mut self, key: &'static str) -> Result<Option<Found<String>>, ConfigError> {
        self.take(key, "a text in quotes", text_of)
    }

    /// A text that has to be there.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn need_text(&mut self, key: &'static str) -> Result<Found<String>, ConfigError> {
        let found = self.text(key)?;
        found.ok_or_else(|| self.missing(key, "a text in quotes"))
    }

    /// A text, or a date of TOML's own, with or without time, as its text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn moment(&mut self, key: &'static str) -> Result<Option<Found<String>>, ConfigError> {
        self.take(key, MOMENT, |value| match value {
            DeValue::Datetime(moment) => Ok(moment.to_string()),
            other => text_of(other),
        })
    }

    /// A text or date that has to be there.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn need_moment(&mut self, key: &'static str) -> Result<Found<String>, ConfigError> {
        let found = self.moment(key)?;
        found.ok_or_else(|| self.missing(key, MOMENT))
    }

    /// A list of texts.
    ///
    /// # Errors
    /// When it is something else.
    pub fn texts(&mut self, key: &'static str) -> Result<Option<Found<Vec<String>>>, ConfigError> {
        self.take(key, "a list of texts, such as [\"a\", \"b\"]", |value| {
            let DeValue::Array(array) = value else {
                return Err(shown(&value));
            };
            array
                .into_iter()
                .map(|item| text_of(item.into_inner()))
                .collect()
        })
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<u64>,
    ) -> Result<Option<Found<u64>>, ConfigError> {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.take(key, &expected, |value| {
            value
                .as_integer()
                .and_then(|number| number.as_str().replace('_', "").parse().ok())
                .filter(|number| bounds.contains(number))
                .ok_or_else(|| shown(&value))
        })
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        let found = self.take(key, "true or false", |value| {
            value.as_bool().ok_or_else(|| shown(&value))
        })?;
        Ok(found.map(|found| found.value))
    }

    /// A length of time, such as `"90s"`, `"5m"`, `"24h"` or `"5d"`.
    ///
    /// # Errors
    /// When it is something else, or outside the bounds.
    pub fn duration(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<Duration>,
    ) -> Result<Option<Duration>, ConfigError> {
        let expected = format!(
            "a length of time from {} to {}, such as \"90s\", \"5m\", \"24h\" or \"5d\"",
            spelled(*bounds.start()),
            spelled(*bounds.end())
        );
        let found = self.take(key, &expected, |value| {
            value
                .as_str()
                .and_then(duration)
                .filter(|duration| bounds.contains(duration))
                .ok_or_else(|| shown(&value))
        })?;
        Ok(found.map(|found| found.value))
    }

    /// A number of business days, such as `"3d"`.
    ///
    /// # Errors
    /// When it is something else, or outside the bounds.
    pub fn business_days(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<u32>,
    ) -> Result<Option<Found<u32>>, ConfigError> {
        let expected = format!(
            "a number of business days from \"{}d\" to \"{}d\"",
            bounds.start(),
            bounds.end()
        );
        self.take(key, &expected, |value| {
            value
                .as_str()
                .and_then(|text| text.strip_suffix('d'))
                .and_then(|days| days.trim().parse().ok())
                .filter(|days| bounds.contains(days))
                .ok_or_else(|| shown(&value))
        })
    }

    /// One of a few words.
    ///
    /// # Errors
    /// When it is another.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let expected = format!(
            "one of {}",
            words
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let found = self.take(key, &expected, |value| {
            words
                .iter()
                .find(|(word, _)| value.as_str() == Some(word))
                .map(|(_, choice)| *choice)
                .ok_or_else(|| shown(&value))
        })?;
        Ok(found.map(|found| found.value))
    }

    /// A table within this one.
    ///
    /// # Errors
    /// When it is something else.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Section<'a>>, ConfigError> {
        let found = self.take(key, "a table", |value| match value {
            DeValue::Table(table) => Ok(table),
            other => Err(shown(&other)),
        })?;
        Ok(found.map(|found| Section::new(self.source, found.key, found.line, found.value)))
    }

    /// A table that has to be there.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn need_section(&mut self, key: &'static str) -> Result<Section<'a>, ConfigError> {
        let found = self.section(key)?;
        found.ok_or_else(|| self.missing(key, "a table"))
    }

    /// A list of tables, each under `[[key]]`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, ConfigError> {
        let found = self.take(
            key,
            "a list of tables, each under a double bracket",
            |value| {
                let DeValue::Array(array) = value else {
                    return Err(shown(&value));
                };
                let tables: Result<Vec<(usize, DeTable<'a>)>, String> = array
                    .into_iter()
                    .map(|item| {
                        let at = item.span().start;
                        match item.into_inner() {
                            DeValue::Table(table) => Ok((at, table)),
                            other => Err(shown(&other)),
                        }
                    })
                    .collect();
                tables
            },
        )?;
        let Some(Found { value, key, .. }) = found else {
            return Ok(Vec::new());
        };
        Ok(value
            .into_iter()
            .map(|(at, table)| Section::new(self.source, key.clone(), self.source.line(at), table))
            .collect())
    }

    /// All remaining keys with their texts: for tables whose keys are the site's.
    ///
    /// # Errors
    /// When a value is no text.
    pub fn all_texts(mut self) -> Result<BTreeMap<String, String>, ConfigError> {
        let rest = std::mem::take(&mut self.rest);
        rest.into_iter()
            .map(|(key, (line, value))| {
                let text = text_of(value.into_inner())
                    .map_err(|found| self.error(&key, line, "a text in quotes", &found))?;
                Ok((key, text))
            })
            .collect()
    }

    /// Refuses keys that nobody asked for.
    ///
    /// # Errors
    /// When there are any.
    pub fn finish(self) -> Result<(), ConfigError> {
        let Some((key, (line, _))) = self.rest.first_key_value() else {
            return Ok(());
        };
        let expected = format!("one of the keys {}", self.asked.join(", "));
        Err(self.error(key, *line, &expected, "a key that is not known"))
    }

    /// The file's directory: what relative paths start from.
    #[must_use]
    pub fn base(&self) -> &'a Path {
        self.source.file.parent().unwrap_or(Path::new("."))
    }
}

/// What [`Section::moment`] wants.
const MOMENT: &str = "a date such as 2026-12-24, or with time \"2026-12-24 12:00\"";

fn text_of(value: DeValue<'_>) -> Result<String, String> {
    match &value {
        DeValue::String(text) if text.is_empty() => Err("an empty text".to_owned()),
        DeValue::String(text) => Ok(text.clone().into_owned()),
        other => Err(shown(other)),
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        other => format!("a value of type {}", other.type_str()),
    }
}

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

fn duration(text: &str) -> Option<Duration> {
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    number.checked_mul(seconds).map(Duration::from_secs)
}

fn spelled(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (unit, size) = UNITS
        .into_iter()
        .find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size))
        .unwrap_or(('s', 1));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source {
            file: PathBuf::from("g.toml"),
            text: text.to_owned(),
        }
    }

    #[test]
    fn err_an_unknown_key_names_the_known_ones() {
        let source = source("a = 1\n\n[b]\nport = 3\nprot = 4\n");
        let mut root = parse(&source).unwrap();
        let mut section = root.need_section("b").unwrap();
        section.number("port", 1..=9).unwrap();
        let error = section.finish().unwrap_err();
        assert_eq!(
            error.to_string(),
            "g.toml:5: `b.prot`: expected one of the keys port, but found a key that is not known"
        );
    }

    #[test]
    fn err_a_wrong_value_says_what_would_do() {
        let source = source("[b]\nport = \"x\"\nwait = \"5 weeks\"\nkind = \"pop\"\n");
        let mut root = parse(&source).unwrap();
        let mut section = root.need_section("b").unwrap();
        let cases = [
            section.number("port", 1..=65_535).unwrap_err().to_string(),
            section
                .duration("wait", Duration::from_secs(1)..=Duration::from_secs(3_600))
                .unwrap_err()
                .to_string(),
            section
                .choice("kind", &[("imap", 1), ("maildir", 2)])
                .unwrap_err()
                .to_string(),
            section.need_text("name").unwrap_err().to_string(),
        ];
        assert_eq!(
            cases,
            [
                "g.toml:2: `b.port`: expected a whole number from 1 to 65535, but found \"x\"",
                "g.toml:3: `b.wait`: expected a length of time from 1s to 1h, such as \"90s\", \"5m\", \"24h\" or \"5d\", but found \"5 weeks\"",
                "g.toml:4: `b.kind`: expected one of \"imap\", \"maildir\", but found \"pop\"",
                "g.toml:1: `b.name`: expected a text in quotes, but found nothing",
            ]
        );
    }

    #[test]
    fn err_a_syntax_error_names_its_line() {
        let source = source("a = 1\nb = = 2\n");
        let error = parse(&source).unwrap_err();
        assert!(error.to_string().starts_with("g.toml:2: "), "{error}");
    }
}
