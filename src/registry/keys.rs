//! What in a text may be the key of a machine: inventory number, serial number, host name.
//!
//! Keys are recognised by their shape alone, never by asking the table. So a line taken away
//! cannot make a key invisible: a letter that names two machines names two machines whatever the
//! inventory holds, and a letter that names none is certain to name none.
//!
//! Shapes: the site's inventory patterns; a word of letters and digits that starts with a letter
//! and has five characters or more (`pc-bio-12`); one that starts with a digit and has seven or
//! more (`5CG1234XYZ`); seven digits or more that do not look like a telephone number.
//! Placeholders (`0000`, `xxxx`, `N/A`) and the words of `not_keys` are no keys.
//!
//! Not handled: host names without a digit.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;

use super::name::compact;
use super::{RegistryError, Settings};

/// Inventory numbers as many French institutes write them, and anything after the word itself.
/// Letters and digits are those of ASCII: `\w` times twenty takes milliseconds to compile.
pub const DEFAULT_INVENTORY: &[&str] = &[
    r"\b(?P<key>(?:19|20)[0-9]{2} ?[-‐‑–/_] ?[0-9]{4,6})\b",
    r"(?i)\b(?:inventaire|inventory|[ée]tiquette|[ée]tiquet[ée]e?|asset tag)\s*(?:(?:n[°ºo]?|num[ée]ro|number|no|tag|label)\b\.?)?\s*(?:[:=#]|est|is)?\s*(?P<key>[A-Z]{0,6}[-_/]?[0-9][0-9A-Z_/-]{2,19})\b",
];

/// What stands for a number nobody looked up.
pub const DEFAULT_PLACEHOLDERS: &[&str] = &[
    "n/a", "na", "none", "nc", "inconnu", "unknown", "aucun", "sans", "xxxx", "????", "1234",
    "12345", "123456", "abcd",
];

/// Beginnings of words that look like host names and are products, sizes or times.
pub const DEFAULT_NOT_KEYS: &[&str] = &[
    "windows",
    "win",
    "office",
    "microsoft",
    "macos",
    "osx",
    "ubuntu",
    "debian",
    "centos",
    "fedora",
    "rhel",
    "python",
    "java",
    "matlab",
    "covid",
    "sars",
    "usb",
    "hdmi",
    "img",
    "dsc",
    "http",
    "wpa",
    "ipv",
    "utf",
    "iso",
    "mp3",
    "mp4",
    "x86",
    "core",
    "version",
    "salle",
    "bureau",
    "room",
    "poste",
    "prise",
    "port",
    "qwerty",
    "azerty",
];

/// Keys looked up in one text. No machine has as many, so more change no answer.
const MOST: usize = 20;

/// One key found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as the text writes it.
    pub written: String,
    /// The key as keys are compared.
    pub compact: String,
    /// Whether it is an inventory number by the site's own patterns.
    pub inventory: bool,
}

/// Finds keys; see the module page.
#[derive(Debug, Clone)]
pub struct KeyRules {
    inventory: Vec<Regex>,
    placeholders: Vec<String>,
    not_keys: Vec<String>,
}

impl KeyRules {
    pub(super) fn new(settings: &Settings) -> Result<Self, RegistryError> {
        let compile = |pattern: &str| {
            Regex::new(pattern).map_err(|source| RegistryError::Pattern {
                pattern: pattern.to_owned(),
                source: Box::new(source),
            })
        };
        Ok(Self {
            inventory: settings
                .inventory
                .iter()
                .map(|pattern| compile(pattern))
                .collect::<Result<_, _>>()?,
            placeholders: settings.placeholders.iter().map(|p| compact(p)).collect(),
            not_keys: settings.not_keys.iter().map(|word| compact(word)).collect(),
        })
    }

    /// The keys in a text, each once, in order. Addresses and links must be cut out before.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        // Where each begins and ends; no two share a byte.
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let is_taken = |taken: &BTreeMap<usize, usize>, range: &Range<usize>| {
            let before = taken.range(..range.end).next_back();
            before.is_some_and(|(_, end)| *end > range.start)
        };
        for pattern in &self.inventory {
            for found in pattern.captures_iter(text) {
                let Some(key) = found.name("key").or_else(|| found.get(0)) else {
                    continue;
                };
                let range = key.range();
                if is_taken(&taken, &range) {
                    continue;
                }
                taken.insert(range.start, range.end);
                self.add(&mut keys, key.as_str(), true);
            }
        }
        for (start, word) in words(text) {
            let range = start..start + word.len();
            if !is_taken(&taken, &range) && self.looks_like_a_key(word) {
                self.add(&mut keys, word, false);
            }
        }
        keys
    }

    fn add(&self, keys: &mut Vec<Key>, written: &str, inventory: bool) {
        let compact = compact(written);
        let known = keys.iter().any(|key| key.compact == compact);
        if !known && keys.len() < MOST && !self.is_placeholder(&compact) {
            keys.push(Key {
                written: written.to_owned(),
                compact,
                inventory,
            });
        }
    }

    fn is_placeholder(&self, compact: &str) -> bool {
        is_blank_key(compact) || self.placeholders.iter().any(|p| p == compact)
    }

    fn looks_like_a_key(&self, word: &str) -> bool {
        let compact = compact(word);
        let digits = compact.chars().filter(char::is_ascii_digit).count();
        let count = compact.chars().count();
        if digits == 0 || self.not_keys.iter().any(|no| compact.starts_with(no)) {
            return false;
        }
        if digits == count {
            return count >= 7 && !compact.starts_with('0') && word.len() == count;
        }
        let starts_with_digit = compact.starts_with(|c: char| c.is_ascii_digit());
        count >= if starts_with_digit { 7 } else { 5 }
    }
}

/// Runs of letters, digits and inner hyphens, each with its first byte.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '‐' | '‑' | '_'));
    let mut start = 0;
    text.split(part).filter_map(move |run| {
        let first = start;
        // The separator that ended the run is one character of unknown length.
        start += run.len()
            + text
                .get(first + run.len()..)?
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        let head = run.trim_start_matches(['-', '‐', '‑', '_']);
        let word = head.trim_end_matches(['-', '‐', '‑', '_']);
        (!word.is_empty()).then_some((first + run.len() - head.len(), word))
    })
}

/// `0000`, `xxxx`, `2026-00000`, `2024-xxxxx`: a form filled in, not a key.
#[must_use]
pub fn is_blank_key(compact: &str) -> bool {
    let tail = match compact.get(4..) {
        Some(tail) if compact.starts_with("20") || compact.starts_with("19") => tail,
        _ => compact,
    };
    let blank = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .is_none_or(|first| (first == '0' || first == 'X') && chars.all(|c| c == first))
    };
    blank(compact) || (compact.len() > 4 && blank(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let rules = KeyRules::new(&Settings::default()).unwrap();
        rules
            .find(text)
            .into_iter()
            .map(|key| key.written)
            .collect()
    }

    #[test]
    fn inventory_numbers_are_found_however_they_are_written() {
        assert_eq!(found("le PC (2024-00417) ne démarre plus"), ["2024-00417"]);
        assert_eq!(found("n° inventaire 2024/00417."), ["2024/00417"]);
        assert_eq!(found("inventaire 2024 - 00417"), ["2024 - 00417"]);
        assert_eq!(found("Inventaire : DI-4567, merci"), ["DI-4567"]);
        assert_eq!(found("inventory tag 2020–00311"), ["2020–00311"]);
    }

    #[test]
    fn serials_and_host_names_are_found_by_shape() {
        assert_eq!(
            found("le poste pc-bio-12 et le 5CG1234XYZ"),
            ["pc-bio-12", "5CG1234XYZ"]
        );
    }

    #[test]
    fn dates_rooms_products_and_telephones_are_no_keys() {
        assert!(found("le 23/11/2026 à 10h30, salle B214, 2e étage, 12 décembre 2026").is_empty());
        assert!(found("Windows-11 24H2, Office365, macOS13, ubuntu22.04, COVID-19").is_empty());
        assert!(found("tél. 0491000000 ou 06 00 00 00 00").is_empty());
        assert!(found("un fichier de 500Go, 16go de RAM").is_empty());
    }

    #[test]
    fn placeholders_are_no_keys() {
        assert!(found("inventaire 0000").is_empty());
        assert!(found("inventaire : 2026-00000").is_empty());
        assert!(found("inventaire n° 12345").is_empty());
        assert!(found("n° inventaire : xxxx (N/A)").is_empty());
    }
}
