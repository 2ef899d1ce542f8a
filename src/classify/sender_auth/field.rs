//! One `Authentication-Results` field, taken apart (RFC 8601 §2.2).
//!
//! In: the unfolded value. Out: who speaks ([`authserv_id`]), and a [`Report`] with every result
//! and its properties.
//!
//! ```text
//! mx.univ.example 1; dkim=pass reason="good" (2048-bit) header.d=univ.example; spf=none
//! └ authserv-id ┘ version    └ reason ─┘ └ comment ┘ └ property ─────┘
//! ```
//!
//! The words come from [`super::scanner`]; between semicolons they are `key = value` pairs, with
//! white space allowed around `=`, `.` and `/`. Wider than the grammar where servers are: bare base64 in values,
//! `action=none` without a property type, empty values, a semicolon at the end.
//!
//! What does not fit (a stray word, an open quote or comment, a property said twice, an unknown
//! version, a value cut by the reader) clears [`Report::whole`]; what was understood stays, so that
//! a `fail` still counts.

use std::collections::BTreeMap;

use super::scanner::{Scanner, Token};
use crate::message::limits;

/// A field, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// In the field's order.
    pub results: Vec<Finding>,
    /// Whether everything was understood.
    pub whole: bool,
}

/// One method's result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// In lower case.
    pub method: String,
    /// What came out.
    pub outcome: Outcome,
    /// `header.d` and the like, in lower case, with their values as written.
    pub properties: BTreeMap<String, String>,
}

/// What came out of a check, the better the lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// `pass`.
    Pass,
    /// `none`, `neutral`, `softfail`, `policy`, `permerror`, and what nobody knows.
    Other,
    /// `temperror`.
    TempError,
    /// `fail`, and `hardfail` as some write it.
    Fail,
}

impl Outcome {
    fn read(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "pass" => Self::Pass,
            "temperror" => Self::TempError,
            "fail" | "hardfail" => Self::Fail,
            _ => Self::Other,
        }
    }
}

/// Who wrote a field, without reading the rest of it.
pub(super) fn authserv_id(value: &str) -> Option<String> {
    let mut scanner = Scanner::new(value);
    match (scanner.next(), scanner.next()) {
        (Some(Token::Word(id)), next) if next != Some(Token::Equals) => Some(id),
        _ => None,
    }
}

/// Whether a value begins with just this id, as a server writes its own name.
///
/// A comment or quotes before it are allowed (RFC 8601 §2.2), but no server in use writes them, and
/// one that looks for its own name in what comes in may not see through them.
pub(super) fn is_plainly_by(value: &str, id: &str) -> bool {
    value
        .split_at_checked(id.len())
        .is_some_and(|(found, rest)| {
            found.eq_ignore_ascii_case(id) && (rest.is_empty() || rest.starts_with([' ', ';', '(']))
        })
}

impl Report {
    /// Reads a whole value.
    pub(super) fn read(value: &str) -> Self {
        let mut scanner = Scanner::new(value);
        let tokens: Vec<Token> = scanner.by_ref().collect();
        // The reader cuts a longer value without a mark.
        let mut report = Self {
            whole: !scanner.broken && value.len() + 8 < limits::FIELD_VALUE,
            ..Self::default()
        };
        let mut parts = tokens.split(|token| *token == Token::Semicolon);
        match parts.next().unwrap_or_default() {
            [Token::Word(_)] => {}
            [Token::Word(_), Token::Word(version)] => report.whole &= version == "1",
            // Some write no id at all, but begin with a result.
            _ => report.whole = false,
        }
        let mut none = false;
        for part in parts {
            match part {
                [] => {}
                [Token::Word(word)] if word.eq_ignore_ascii_case("none") => none = true,
                part => report.add(part),
            }
        }
        report.whole &= !none || report.results.is_empty();
        report
    }

    /// Reads one result.
    fn add(&mut self, part: &[Token]) {
        let (pairs, clean) = pairs(part);
        self.whole &= clean;
        let mut pairs = pairs.into_iter();
        let Some((method, outcome)) = pairs.next() else {
            return;
        };
        let (method, version) = method.split_once('/').unwrap_or((&method, "1"));
        let outcome = match Outcome::read(&outcome) {
            // What another version means by it nobody knows.
            Outcome::Pass if version != "1" => Outcome::Other,
            read => read,
        };
        let mut properties = BTreeMap::new();
        for (name, value) in pairs {
            self.whole &= properties.insert(name, value).is_none();
        }
        self.results.push(Finding {
            method: method.to_owned(),
            outcome,
            properties,
        });
    }
}

/// `key = value` pairs with the keys in lower case, and whether nothing else stood between them.
fn pairs(part: &[Token]) -> (Vec<(String, String)>, bool) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut key = String::new();
    let mut clean = true;
    let mut tokens = part.iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // `header . d` and `dkim / 1` are one key each.
            Token::Word(word) => {
                let joins = key.ends_with(['.', '/']) || word.starts_with(['.', '/']);
                clean &= key.is_empty() || joins;
                key.push_str(&word.to_ascii_lowercase());
            }
            Token::Equals => {
                clean &= !key.is_empty();
                let mut ahead = tokens.clone();
                let value = match (ahead.next(), ahead.next()) {
                    // The next key already: the value is empty.
                    (Some(Token::Word(_)), Some(Token::Equals)) => String::new(),
                    (Some(Token::Word(value)), _) => {
                        tokens.next();
                        value.clone()
                    }
                    _ => String::new(),
                };
                pairs.push((std::mem::take(&mut key), value));
            }
            Token::Semicolon => clean = false,
        }
    }
    (pairs, clean && key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> (String, bool) {
        let report = Report::read(value);
        let results: Vec<String> = report
            .results
            .iter()
            .map(|r| {
                let properties: Vec<String> = r
                    .properties
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("{}={:?} {}", r.method, r.outcome, properties.join(" "))
            })
            .collect();
        let id = authserv_id(value).unwrap_or_default();
        (format!("{id}: {}", results.join("; ")), report.whole)
    }

    #[test]
    fn ok_what_the_grammar_allows() {
        for (value, expected) in [
            ("a.b; none", "a.b: "),
            ("a.b 1; none;", "a.b: "),
            ("a.b", "a.b: "),
            ("\"a.b\" (x) 1 (y); NONE", "a.b: "),
            (
                "a; SPF=PASS smtp.mailfrom=X@y",
                "a: spf=Pass smtp.mailfrom=X@y",
            ),
            (
                "a;spf = pass smtp . mailfrom = x",
                "a: spf=Pass smtp.mailfrom=x",
            ),
            (
                "a; dkim/1=pass header.b=ab/+c==",
                "a: dkim=Pass header.b=ab/+c==",
            ),
            ("a; dkim / 2 = pass", "a: dkim=Other "),
            ("a; dkim=pass(b;c=\"d)header.d=e", "a: dkim=Pass header.d=e"),
            ("a; dkim=pass (b (c) \\) \\( d) x.y=e", "a: dkim=Pass x.y=e"),
            (
                "a; spf=fail reason=\"b; c=\\\"d\"",
                "a: spf=Fail reason=b; c=\"d",
            ),
            (
                "a; spf=none smtp.mailfrom= x.y=z",
                "a: spf=Other smtp.mailfrom= x.y=z",
            ),
            (
                "a; spf=none smtp.mailfrom=\"\"",
                "a: spf=Other smtp.mailfrom=",
            ),
            ("a; spf=pass x.y=\"b c\"@d", "a: spf=Pass x.y=b c@d"),
            (
                "a; dmarc=pass action=none x.y=z",
                "a: dmarc=Pass action=none x.y=z",
            ),
            (
                "a; spf=hardfail; dkim=temperror",
                "a: spf=Fail ; dkim=TempError ",
            ),
        ] {
            assert_eq!(shown(value), (expected.to_owned(), true), "{value}");
        }
    }

    #[test]
    fn err_what_is_not_whole_keeps_what_was_read() {
        for (value, expected) in [
            ("", ": "),
            ("; spf=pass", ": spf=Pass "),
            ("spf=pass x.y=z; dkim=fail", ": dkim=Fail "),
            ("a 2; spf=pass", "a: spf=Pass "),
            ("a b; spf=pass", "a: spf=Pass "),
            ("a 1 b; spf=pass", "a: spf=Pass "),
            ("a; none; spf=fail", "a: spf=Fail "),
            ("a; word; spf=fail", "a: spf=Fail "),
            ("a; spf=pass word; x=fail", "a: spf=Pass ; x=Fail "),
            ("a; spf=pass x.y=1 x.y=2", "a: spf=Pass x.y=2"),
            ("a; =pass", "a: =Pass "),
            ("a; spf=fail; dkim=\"pass", "a: spf=Fail ; dkim=Pass "),
            ("a; spf=fail (open", "a: spf=Fail "),
            ("a; spf=fail ) x.y=z", "a: spf=Fail x.y=z"),
        ] {
            assert_eq!(shown(value), (expected.to_owned(), false), "{value}");
        }
    }

    #[test]
    fn the_author_of_a_field_is_known_before_the_rest() {
        for (value, id) in [
            ("(c) \"a.b\"; x", Some("a.b")),
            ("a.b", Some("a.b")),
            ("spf=pass", None),
            ("; a", None),
            ("(a", None),
        ] {
            assert_eq!(authserv_id(value).as_deref(), id, "{value}");
        }
    }
}
