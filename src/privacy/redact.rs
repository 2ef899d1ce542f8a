//! Taking people out of a text.
//!
//! In: a text and what names the people. Out: the text with a placeholder wherever one of them is
//! named, or nothing if none is. An address is found in any letter case and only as a whole
//! (`anna@b.fr` is not in `johanna@b.fr`); a name only if it has two words at least, because a
//! first name alone means too many people, and in any case of its letters.
//!
//! Linear in the text for each needle. Not handled: names in another order or spelling, initials,
//! and what identifies somebody without naming them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// Bytes of a name that is told from a common word.
const NAME: usize = 5;

/// What names one or several people.
#[derive(Debug, Clone)]
pub struct Needles {
    pattern: Option<Regex>,
    anywhere: Option<regex::bytes::Regex>,
    plain: Vec<String>,
}

/// Every address in a text.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9][a-z0-9.-]{0,252}[a-z0-9]").ok()
});

impl Needles {
    /// What is looked for: addresses, and those of the names that can be told from words.
    pub fn new<'a>(
        addresses: impl IntoIterator<Item = &'a str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut plain: Vec<String> = addresses
            .into_iter()
            .map(str::trim)
            .filter(|address| address.contains('@'))
            .map(str::to_owned)
            .collect();
        let told = |name: &&str| name.len() >= NAME && name.split_whitespace().nth(1).is_some();
        plain.extend(
            names
                .into_iter()
                .map(str::trim)
                .filter(told)
                .map(str::to_owned),
        );
        // The longest first, so that no shorter one breaks it.
        plain.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        plain.dedup();
        let each: Vec<String> = plain.iter().map(|needle| whole(needle)).collect();
        let pattern = RegexBuilder::new(&each.join("|"))
            .case_insensitive(true)
            .build()
            .ok()
            .filter(|_| !plain.is_empty());
        let each: Vec<String> = plain.iter().map(|needle| regex::escape(needle)).collect();
        let anywhere = regex::bytes::RegexBuilder::new(&each.join("|"))
            .case_insensitive(true)
            .build()
            .ok()
            .filter(|_| !plain.is_empty());
        Self {
            pattern,
            anywhere,
            plain,
        }
    }

    /// What is looked for, word by word.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.plain
    }

    /// Whether the text names one of them.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        self.pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    }

    /// Whether bytes without words or borders, such as a page of a database, hold one of them, also
    /// as a part of something longer.
    #[must_use]
    pub fn are_in_bytes(&self, bytes: &[u8]) -> bool {
        self.anywhere
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(bytes))
    }

    /// The text without them, if it names one.
    #[must_use]
    pub fn replaced(&self, text: &str, placeholder: &str) -> Option<String> {
        let pattern = self.pattern.as_ref()?;
        pattern.is_match(text).then(|| {
            pattern
                .replace_all(text, regex::NoExpand(placeholder))
                .into_owned()
        })
    }
}

/// A pattern for a needle that is no part of a longer word. An underscore or a dot before an
/// address belongs to it, and a letter behind a name makes another name.
fn whole(needle: &str) -> String {
    let words: Vec<String> = needle.split_whitespace().map(regex::escape).collect();
    let before = if needle.contains('@') {
        r"\b{start-half}"
    } else {
        r"\b"
    };
    format!("{before}{}{}", words.join(r"\s+"), r"\b{end-half}")
}

/// Every address in a text, in lower case.
#[must_use]
pub fn addresses(text: &str) -> BTreeSet<String> {
    let found = ADDRESS.as_ref().map(|pattern| pattern.find_iter(text));
    found
        .into_iter()
        .flatten()
        .map(|address| address.as_str().to_lowercase())
        .collect()
}

/// The text with every address replaced that `keep` does not want to keep.
#[must_use]
pub fn without_addresses(text: &str, placeholder: &str, keep: impl Fn(&str) -> bool) -> String {
    let Some(pattern) = ADDRESS.as_ref() else {
        return String::new();
    };
    pattern
        .replace_all(text, |found: &regex::Captures<'_>| {
            let address = found.get(0).map_or("", |whole| whole.as_str());
            if keep(&address.to_lowercase()) {
                address.to_owned()
            } else {
                placeholder.to_owned()
            }
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_person_is_taken_out_in_any_case_and_nobody_else() {
        let needles = Needles::new(
            ["anna@b.fr", "a.durand@b.fr"],
            ["Anna Durand", "Anna", "Élo Y"],
        );
        let cases = [
            ("Écrivez à Anna@B.FR.", Some("Écrivez à [x].")),
            ("johanna@b.fr et anna@b.fra", None),
            (
                "From: Anna  DURAND <a.durand@b.fr>",
                Some("From: [x] <[x]>"),
            ),
            ("Anna n'est pas là", None),
            ("élo y a écrit", Some("[x] a écrit")),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(needles.replaced(text, "[x]").as_deref(), expected, "{text}");
            assert_eq!(needles.are_in(text), expected.is_some(), "{text}");
        }
    }

    #[test]
    fn ok_nobody_is_nowhere() {
        let nobody = Needles::new([], ["Anna"]);
        assert!(!nobody.are_in("Anna"));
        assert_eq!(nobody.replaced("Anna", "x"), None);
    }

    #[test]
    fn ok_a_dollar_in_a_placeholder_is_a_dollar() {
        let needles = Needles::new(["a@b.fr"], []);
        assert_eq!(needles.replaced("a@b.fr", "$0").as_deref(), Some("$0"));
    }

    #[test]
    fn ok_addresses_of_others_are_replaced() {
        let kept = |address: &str| address == "me@b.fr";
        assert_eq!(
            without_addresses("Me@b.fr, you@c.fr; <x.y+z@d.example.org>.", "[tiers]", kept),
            "Me@b.fr, [tiers]; <[tiers]>."
        );
    }
}
