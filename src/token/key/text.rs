//! The text form of a list of keys, one line a key:
//!
//! ```text
//! guichet-token-keys 1
//! 1 2026-01-10T09:00:00Z ended 2026-07-09T09:00:00Z -
//! 2 2026-07-01T09:00:00Z until 2027-01-02T09:00:00Z 5f0c…64 hexadecimal digits
//! 3 2027-01-01T09:00:00Z signs - 91be…
//! ```
//!
//! No error quotes the text: a slip of the keyboard must not put a secret into a log.

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::{KeyRing, OlderKey, Secret, random};

/// The first line of the text form.
const HEAD: &str = "guichet-token-keys 1";
/// What stands above it.
const WARNING: &str = "# Secret: whoever reads this can forge replies. Written by `guichet keys`.";
/// Lines of keys that are read; a rotation a day fills them in years.
const MOST: usize = 10_000;

/// Why a text is no list of keys. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// The first line that counts is another.
    #[error("expected the line `guichet-token-keys 1` before the keys")]
    Head,
    /// A line is no key.
    #[error(
        "line {line}: expected `ID CREATED signs - SECRET`, `ID CREATED until DATE SECRET` or \
         `ID CREATED ended DATE -`, ids rising, secrets of 64 hexadecimal digits"
    )]
    Line {
        /// From 1.
        line: usize,
    },
    /// The last key, and no other, must sign; one other at most may be accepted.
    #[error("expected one key that signs, the last, and at most one `until` before it")]
    Roles,
}

impl KeyRing {
    /// The text form, with the secrets: for the key file, and for nothing else.
    #[must_use]
    pub fn expose_text(&self) -> String {
        let mut text = format!("{WARNING}\n{HEAD}\n");
        for key in &self.older {
            let (state, secret) = match &key.secret {
                Some(secret) => ("until", HEXLOWER.encode(&secret.0)),
                None => ("ended", "-".to_owned()),
            };
            let OlderKey {
                id, created, until, ..
            } = key;
            text.push_str(&format!("{id} {created} {state} {until} {secret}\n"));
        }
        let secret = HEXLOWER.encode(&self.secret.0);
        text + &format!("{} {} signs - {secret}\n", self.id, self.created)
    }

    /// Reads the text form. Blank lines and lines that begin with `#` count for nothing.
    ///
    /// # Errors
    /// [`KeyTextError`].
    pub fn from_text(text: &str) -> Result<Self, KeyTextError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            return Err(KeyTextError::Head);
        }
        let mut keys: Vec<Line> = Vec::new();
        for (at, line) in lines.take(MOST) {
            let key = Line::read(line).ok_or(KeyTextError::Line { line: at })?;
            if keys.last().map_or(0, |last| last.id) >= key.id {
                return Err(KeyTextError::Line { line: at });
            }
            keys.push(key);
        }
        let Some(Line {
            id,
            created,
            until: None,
            secret: Some(secret),
        }) = keys.pop()
        else {
            return Err(KeyTextError::Roles);
        };
        let older: Vec<OlderKey> = keys.into_iter().filter_map(Line::older).collect();
        let accepted = older.iter().filter(|key| key.secret.is_some()).count();
        let complete = text.lines().filter(|line| is_key(line)).count() == older.len() + 1;
        if accepted > 1 || !complete {
            return Err(KeyTextError::Roles);
        }
        Ok(Self {
            older,
            id,
            created,
            secret,
        })
    }
}

/// A line of the text form.
struct Line {
    id: u32,
    created: Timestamp,
    until: Option<Timestamp>,
    secret: Option<Secret>,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[id, created, state, until, secret] = words.as_slice() else {
            return None;
        };
        let date = |text: &str| text.parse::<Timestamp>().ok();
        let bytes = |text: &str| {
            let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
            random(bytes.try_into().ok()?).ok()
        };
        let (until, secret) = match (state, until, secret) {
            ("signs", "-", secret) => (None, Some(bytes(secret)?)),
            ("until", until, secret) => (Some(date(until)?), Some(bytes(secret)?)),
            ("ended", until, "-") => (Some(date(until)?), None),
            _ => return None,
        };
        Some(Self {
            id: id.parse().ok()?,
            created: date(created)?,
            until,
            secret,
        })
    }

    fn older(self) -> Option<OlderKey> {
        Some(OlderKey {
            id: self.id,
            created: self.created,
            until: self.until?,
            secret: self.secret,
        })
    }
}

fn is_key(line: &str) -> bool {
    line.trim().starts_with(|c: char| c.is_ascii_digit())
}
