//! A name as it is compared: lower case, without accents, words parted by single blanks.
//!
//! `L'Imprimante du 3ᵉ étage` and `l’imprimante du 3e etage` are the same name. Inventory numbers
//! and serials are compared more loosely still ([`compact`]): `2024-00417` is `2024/00417`.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Appends what a character is compared as: nothing for an accent, several letters for `œ` or
/// `ß`, itself in lower case otherwise. Compatibility forms (NFKC) become plain ones.
pub fn fold_char(c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase());
        return;
    }
    for part in std::iter::once(c).nfkd() {
        match part {
            'œ' | 'Œ' => into.push_str("oe"),
            'æ' | 'Æ' => into.push_str("ae"),
            'ß' => into.push_str("ss"),
            'ø' | 'Ø' => into.push('o'),
            'ł' | 'Ł' => into.push('l'),
            _ if is_combining_mark(part) => {}
            _ => into.extend(part.to_lowercase()),
        }
    }
}

/// The words of a text, folded, parted by single blanks. A point between digits stays (`8.1`).
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut folded);
    }
    let mut words = String::with_capacity(folded.len());
    let mut before: Option<char> = None;
    let mut rest = folded.chars().peekable();
    while let Some(c) = rest.next() {
        let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        let inner_point = c == '.' && digit(before.as_ref()) && digit(rest.peek());
        if c.is_alphanumeric() || inner_point {
            words.push(c);
        } else if !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
        before = Some(c);
    }
    words.truncate(words.trim_end().len());
    words
}

/// Letters and digits only, in upper case: how keys of machines are compared.
#[must_use]
pub fn compact(key: &str) -> String {
    let mut folded = String::with_capacity(key.len());
    for c in key.chars() {
        fold_char(c, &mut folded);
    }
    folded
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// A person's name as it is compared: `MARTIN Jean` is `Jean Martin`, whichever a table puts first.
#[must_use]
pub fn person(name: &str) -> String {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// Finds the names of a table in a text, whole words only.
///
/// Costs a look-up for each word of the text and each length of a name that begins so: a thousand
/// names with the same first word are as quick as one.
#[derive(Debug, Clone, Default)]
pub struct NameIndex {
    /// A name, folded → its rows.
    rows: BTreeMap<String, Vec<usize>>,
    /// First word of a name → how many words such names have.
    lengths: BTreeMap<String, BTreeSet<usize>>,
}

impl NameIndex {
    /// Adds a name of a row. Names of a single letter are too common to be looked for.
    pub fn add(&mut self, name: &str, row: usize) {
        let name = fold(name);
        let letters = name.bytes().filter(|byte| *byte != b' ').count();
        let Some(first) = name.split(' ').next().filter(|_| letters >= 2) else {
            return;
        };
        let lengths = self.lengths.entry(first.to_owned()).or_default();
        lengths.insert(name.split(' ').count());
        self.rows.entry(name).or_default().push(row);
    }

    /// The rows named in these folded words, in order of the table, each once.
    #[must_use]
    pub fn rows_in(&self, words: &[&str]) -> Vec<usize> {
        let mut found = BTreeSet::new();
        for (at, word) in words.iter().enumerate() {
            for length in self.lengths.get(*word).into_iter().flatten() {
                let name = words.get(at..at + length).map(|words| words.join(" "));
                let rows = name.and_then(|name| self.rows.get(&name));
                found.extend(rows.into_iter().flatten().copied());
            }
        }
        found.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_apostrophes_do_not_matter() {
        assert_eq!(
            fold("L’Imprimante  du 3ᵉ ÉTAGE"),
            "l imprimante du 3e etage"
        );
        assert_eq!(fold("e\u{301}cran, Windows 8.1."), "ecran windows 8.1");
        assert_eq!(fold("cœur"), "coeur");
        assert_eq!(fold(" . "), "");
    }

    #[test]
    fn a_key_is_compared_by_its_letters_and_digits() {
        assert_eq!(compact("2024-00417"), compact("2024 / 00417"));
        assert_eq!(compact("pc-bio-12"), "PCBIO12");
    }

    #[test]
    fn names_are_found_as_whole_words_only() {
        let mut index = NameIndex::default();
        index.add("copieur du 3e étage", 0);
        index.add("R", 1);
        index.add("Gromacs", 2);
        let found = |text: &str| {
            let folded = fold(text);
            index.rows_in(&folded.split(' ').collect::<Vec<_>>())
        };
        assert_eq!(found("Le copieur du 3e étage est vide"), [0]);
        assert_eq!(found("le copieur du 3e"), [0usize; 0]);
        assert_eq!(found("r et GROMACS, gromacs"), [2]);
    }
}
