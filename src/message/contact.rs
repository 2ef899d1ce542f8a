//! How to reach somebody, as their own letter says it: a telephone number and a room.
//!
//! In: the zones of a letter. Out: a [`Contact`], each part empty if nothing says it. For people to
//! read, nothing rests on it: what is not certain to be a number or a room of the writer is left
//! out.
//!
//! A signature is about its writer: any French or international number counts there, unless it is
//! a fax, and an extension behind a label. In the text a number counts behind a word such as
//! "joindre" or "tél", a room behind "bureau" or "room". The signature comes first. "Office 365"
//! is no room.
//!
//! Not handled: buildings, names of rooms, numbers split over lines. Only the first kilobytes of
//! each zone are looked at, with regular expressions of linear time.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Text;

/// Bytes of each zone that are looked at.
const READ: usize = 8 * 1024;

/// A number in national or international form; digits in any grouping.
const NUMBER: &str =
    r"(?:(?:\+|\b00)\d{1,3}(?:[ .-]?\(0\))?(?:[ .-]?\d){6,12}\b|\b0[1-9](?:[ .-]?\d\d){4}\b)";
/// What an extension stands behind.
const EXTENSION: &str = r"(?i)\b(?:t[ée]l(?:[ée]phone)?|phone|ext|extension)\b[ .:]*(?:int(?:erne|ernal)?\b[ .:]*)?(\d{4,6})\b";
/// What the writer's own number stands behind in a text.
const REACH: &str = r"(?i)(?:\bt[ée]l\b|t[ée]l[ée]phone|\bphone|joindre|joignable|appel|\bcall|reach|\bmobile|portable)[^\n\d+]{0,40}";
/// What a room stands behind.
const ROOM: &str = r"(?i)\b(bureau|bur\.|pi[èe]ce|room|office)[ :]*(?:n°|no\.?|num[ée]ro)?[ :]*((?:[a-z]{1,3}[ .-]?)?\d[\w./-]{0,9})";
/// Numbers that make "office" a program.
const VERSIONS: [&str; 9] = [
    "365", "2003", "2007", "2010", "2013", "2016", "2019", "2021", "2024",
];

static SIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NUMBER).ok());
static WRITTEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("{REACH}({NUMBER})")).ok());
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(EXTENSION).ok());
static ROOMS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(ROOM).ok());

/// Telephone and room, as written; empty if nothing says them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The telephone number.
    pub phone: String,
    /// The room.
    pub room: String,
}

impl Contact {
    /// What a letter says of its writer.
    #[must_use]
    pub fn of(text: &Text) -> Self {
        let (signature, new) = (head(&text.signature), head(&text.new));
        let phone = signed(signature)
            .or_else(|| labelled(&SHORT, signature))
            .or_else(|| labelled(&WRITTEN, new))
            .or_else(|| labelled(&SHORT, new));
        let room = room(signature, true).or_else(|| room(new, false));
        Self {
            phone: phone.unwrap_or_default().to_owned(),
            room: room.unwrap_or_default().to_owned(),
        }
    }

    /// The same with what a newer letter says in the place of what it does not.
    #[must_use]
    pub fn or(self, older: &Self) -> Self {
        let or = |new: String, old: &String| if new.is_empty() { old.clone() } else { new };
        Self {
            phone: or(self.phone, &older.phone),
            room: or(self.room, &older.room),
        }
    }
}

fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(READ)).unwrap_or(text)
}

/// The first number of a signature that is no fax.
fn signed(signature: &str) -> Option<&str> {
    let found = |line| {
        let all = SIGNED.as_ref()?.find_iter(line);
        all.into_iter()
            .find(|number| !is_fax(line, number.start()))
            .map(|number| number.as_str())
    };
    signature.lines().find_map(found)
}

/// Whether the label before a number says fax.
fn is_fax(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default().to_lowercase();
    let label = before.rsplit(|c: char| c.is_ascii_digit()).next();
    label.is_some_and(|label| label.contains("fax") || label.contains("télécopie"))
}

fn labelled<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Option<&'t str> {
    let found = pattern.as_ref()?.captures(text)?.get(1)?;
    // "tél 2024-00417" is an inventory number.
    let next = text.get(found.end()..)?.chars().next();
    (next != Some('-')).then(|| found.as_str())
}

fn room(text: &str, signed: bool) -> Option<&str> {
    ROOMS.as_ref()?.captures_iter(text).find_map(|found| {
        let label = found.get(1)?.as_str().to_lowercase();
        let room = found.get(2)?.as_str().trim_end_matches(['.', '/', '-']);
        let program = label == "office" && (!signed || VERSIONS.contains(&room));
        (!program).then_some(room)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(new: &str, signature: &str) -> (String, String) {
        let Contact { phone, room } = Contact::of(&Text {
            new: new.to_owned(),
            signature: signature.to_owned(),
            ..Text::default()
        });
        (phone, room)
    }

    #[test]
    fn ok_a_signature_says_telephone_and_room() {
        for (signature, phone, room) in [
            (
                "-- \nClaire Dumas\nTél. : 04 91 82 90 00\nBureau 214",
                "04 91 82 90 00",
                "214",
            ),
            (
                "Claire\n+33 (0)4 91 82 90 00 | Room B-3.12",
                "+33 (0)4 91 82 90 00",
                "B-3.12",
            ),
            (
                "Fax 04 91 82 90 01\nTél 04.91.82.90.02",
                "04.91.82.90.02",
                "",
            ),
            ("Fax: 0491829001 - Tel: 0491829002", "0491829002", ""),
            ("Bureau n° 12\nTél. interne : 45123", "45123", "12"),
            ("Office A 214", "", "A 214"),
            ("Bureau d'études, 13009 Marseille", "", ""),
            ("Service du personnel\n13284 Marseille cedex 07", "", ""),
        ] {
            assert_eq!(
                of("", signature),
                (phone.into(), room.into()),
                "{signature}"
            );
        }
    }

    #[test]
    fn ok_a_text_says_them_behind_a_word() {
        for (new, phone, room) in [
            (
                "Vous pouvez me joindre au 06 12 34 56 78.",
                "06 12 34 56 78",
                "",
            ),
            (
                "I am in room 3.12, call me on +33 4 91 82 90 00",
                "+33 4 91 82 90 00",
                "3.12",
            ),
            ("Le PC du bureau 214 ne démarre plus", "", "214"),
            ("Word (Office 365) plante, Office 2016 aussi", "", ""),
            ("Le fournisseur : 04 91 82 90 00", "", ""),
            ("Le tél 2024-00417 est cassé", "", ""),
            ("Erreur 0491829000 à l'écran", "", ""),
        ] {
            assert_eq!(of(new, ""), (phone.into(), room.into()), "{new}");
        }
    }

    #[test]
    fn ok_a_newer_letter_keeps_what_it_does_not_say() {
        let (old, new) = (("1", "2"), ("", "3"));
        let contact = |(phone, room): (&str, &str)| Contact {
            phone: phone.to_owned(),
            room: room.to_owned(),
        };
        assert_eq!(contact(new).or(&contact(old)), contact(("1", "3")));
    }
}
