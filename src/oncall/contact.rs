//! Who is in charge, and how to reach them: telephone numbers and the names beside them.

use std::sync::LazyLock;

use regex::Regex;

use super::asked::Contact;
use super::form::one_line;
use super::intent;
use super::lexeme::Lexemes;

/// A French number in groups of two, or an international one.
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:\+33|0033)[ .\-\u{a0}]?(?:\(0\))?[1-9](?:[ .\-\u{a0}]?[0-9]{2}){4}\b|\b0[1-9](?:[ .\-\u{a0}]?[0-9]{2}){4}\b|\+[1-9][0-9](?:[ .\-\u{a0}]?[0-9]){6,12}\b",
    )
    .ok()
});

/// The telephone numbers in a text, with their places. Dates are none.
fn phones(text: &str) -> Vec<(usize, usize)> {
    let Some(pattern) = PHONE.as_ref() else {
        return Vec::new();
    };
    pattern
        .find_iter(text)
        .filter(|found| {
            let marks: std::collections::BTreeSet<char> = found
                .as_str()
                .chars()
                .filter(|c| matches!(c, '.' | '-'))
                .collect();
            // `03.12.2026 08` mixes its marks as no number does.
            let blanks = found.as_str().contains([' ', '\u{a0}']);
            marks.is_empty() || marks.len() == 1 && !blanks || found.as_str().starts_with('+')
        })
        .map(|found| (found.start(), found.end()))
        .collect()
}

/// A contact out of a line: the number, and a name from what is left.
pub(super) fn read(text: &str) -> Contact {
    let Some((from, to)) = phones(text).first().copied() else {
        return Contact {
            name: one_line(text),
            phone: String::new(),
        };
    };
    // The name stands before its number, or right behind it.
    let before = bare_name(text.get(..from).unwrap_or_default());
    let behind = text.get(to..).unwrap_or_default();
    let name = if before.is_empty() {
        bare_name(behind.split(['.', ';', '!', '?']).next().unwrap_or(behind))
    } else {
        before
    };
    Contact {
        name,
        phone: one_line(text.get(from..to).unwrap_or_default()),
    }
}

/// A name without what stands between it and its number.
fn bare_name(text: &str) -> String {
    const FILL: &[&str] = &[
        "tel",
        "tel.",
        "tél",
        "tél.",
        "téléphone",
        "mobile",
        "portable",
        "phone",
        "cell",
        "gsm",
        "port.",
        "mob.",
        "au",
        "at",
    ];
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "(),;:/–—".contains(c))
        .filter(|word| !word.is_empty() && *word != "-")
        .filter(|word| !FILL.contains(&word.to_lowercase().as_str()))
        .collect();
    one_line(&words.join(" "))
}

/// The first two numbers in the text, each with the name nearest before it.
pub(super) fn both(lexemes: &Lexemes<'_>, text: &str, author: &str) -> (Contact, Contact) {
    let mut last = 0;
    let mut found = phones(text).into_iter().map(|(from, to)| {
        let before = text.get(last..from).unwrap_or_default();
        last = to;
        let sentence = before
            .rsplit(['\n', ';', '!', '?'])
            .next()
            .unwrap_or(before);
        let nearest = sentence.rsplit(". ").next().unwrap_or(sentence);
        let own = intent::is_own_number(nearest);
        Contact {
            name: if own {
                author.to_owned()
            } else {
                name_in(sentence)
            },
            phone: one_line(text.get(from..to).unwrap_or_default()),
        }
    });
    let (first, second) = (
        found.next().unwrap_or_default(),
        found.next().unwrap_or_default(),
    );
    let none = intent::has_no_second(lexemes);
    let second = if second == Contact::default() && none {
        Contact {
            name: "aucun".to_owned(),
            phone: String::new(),
        }
    } else {
        second
    };
    (first, second)
}

/// The last run of capitalised words: `Mme Claire Dumas`.
fn name_in(sentence: &str) -> String {
    const NO_NAMES: &[&str] = &[
        "responsable",
        "contact",
        "person",
        "le",
        "la",
        "the",
        "mobile",
        "portable",
        "tel",
        "mon",
        "my",
        "second",
        "deuxieme",
        "et",
        "and",
        "telephone",
    ];
    let lexemes = Lexemes::of(sentence);
    let is_name = |at: usize| {
        lexemes.word(at).is_some() && lexemes.is_capital(at) && !lexemes.is_word(at, NO_NAMES)
    };
    let Some(last) = (0..lexemes.len()).rev().find(|at| is_name(*at)) else {
        return String::new();
    };
    let mut first = last;
    while first > 0
        && last - first < 4
        && (is_name(first - 1)
            || lexemes.is_mark(first - 1, '-')
            || lexemes.is_word(first - 1, &["de", "du"]) && first > 1 && is_name(first - 2))
    {
        first -= 1;
    }
    one_line(&lexemes.slice(first, last + 1))
}
