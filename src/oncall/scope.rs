//! Which letters a granted window covers.
//!
//! While it is open, a letter is covered if its subject bears the window's mark
//! (`[ASTREINTE 2027-003]`), if its author is one of those who asked for it, or if it names the place
//! or one of the systems *and* its author is of the same unit: the same team where the people table
//! knows both, else the same domain of the institute. The occasion alone covers nothing: half the
//! institute speaks of the congress.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Agent, Mark, Slot};
use crate::registry::name::fold;
use crate::ticket::TicketNumber;

/// A granted window, as the letters of its hours see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The ticket of the request.
    pub ticket: TicketNumber,
    /// Its mark.
    pub mark: Mark,
    /// The stretch that is going on, or will be next.
    pub slot: Slot,
    /// Who is on call.
    pub agent: Agent,
    /// The address of whoever asked for it.
    pub requester: String,
    /// Addresses of all who take part in the request, the requester's among them.
    pub people: BTreeSet<String>,
    /// Where, as asked.
    pub place: String,
    /// What has to work, as asked.
    pub systems: String,
}

/// A letter, as far as a window asks.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The subject.
    pub subject: &'a str,
    /// The new text.
    pub text: &'a str,
    /// All addresses of its author.
    pub author: &'a [String],
    /// Whether the author is of the requester's unit.
    pub same_unit: bool,
}

impl Letter<'_> {
    /// Subject and text as they are compared.
    fn folded(&self) -> String {
        let text = super::lexeme::head(self.text, super::lexeme::LIMIT);
        fold(&format!("{} {text}", self.subject))
    }
}

/// What covers a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// The mark in its subject.
    Mark,
    /// Its author.
    Requester,
    /// The place or a system it names.
    Scope,
}

/// Words that name a place for nobody.
const NAMELESS: &[&str] = &[
    "salle",
    "salles",
    "amphi",
    "amphitheatre",
    "batiment",
    "bat",
    "palais",
    "centre",
    "campus",
    "hotel",
    "congres",
    "conference",
    "colloque",
    "seminaire",
    "room",
    "hall",
    "building",
    "lecture",
    "le",
    "la",
    "les",
    "l",
    "de",
    "du",
    "des",
    "d",
    "et",
    "a",
    "au",
    "aux",
    "the",
    "of",
    "and",
    "in",
    "un",
    "une",
    "dans",
    "sur",
    "pour",
    "for",
    "etage",
    "floor",
    "our",
    "aucun",
];

impl Window {
    /// What covers a letter at an instant; nothing if it is not covered.
    #[must_use]
    pub fn covers(&self, letter: &Letter<'_>, now: Timestamp) -> Option<Cover> {
        if !self.slot.holds(now) {
            return None;
        }
        if marks(letter.subject).any(|mark| mark == self.mark) {
            return Some(Cover::Mark);
        }
        if letter.author.iter().any(|one| self.people.contains(one)) {
            return Some(Cover::Requester);
        }
        (letter.same_unit && self.is_named(letter)).then_some(Cover::Scope)
    }

    /// Whether a letter says that the place or a system it names does not work.
    #[must_use]
    pub fn is_down(&self, letter: &Letter<'_>) -> bool {
        self.is_named(letter) && says_down(&letter.folded())
    }

    /// Whether a letter names the place or a system.
    #[must_use]
    pub fn is_named(&self, letter: &Letter<'_>) -> bool {
        let text = letter.folded();
        let words: BTreeSet<&str> = text.split(' ').collect();
        names(&self.place)
            .chain(names(&self.systems))
            .any(|name| name.iter().all(|word| words.contains(word.as_str())))
    }
}

/// Whether a letter says that something does not work at all.
fn says_down(folded: &str) -> bool {
    const DOWN: &[&str] = &[
        "marche plus",
        "fonctionne plus",
        "repond plus",
        "marchent plus",
        "fonctionnent plus",
        "en panne",
        "hors service",
        "est arrete",
        "est arretee",
        "est coupe",
        "est coupee",
        "plus rien",
        "is down",
        "are down",
        "went down",
        "not working",
        "stopped working",
        "doesn t work",
        "does not work",
        "don t work",
        "has stopped",
        "is broken",
    ];
    DOWN.iter().any(|words: &&str| {
        folded
            .match_indices(words)
            .any(|(at, _)| at == 0 || folded.as_bytes().get(at - 1) == Some(&b' '))
    })
}

/// The names in an enumeration: the telling words of each.
fn names(text: &str) -> impl Iterator<Item = Vec<String>> {
    let parts: Vec<Vec<String>> = text
        .split([',', ';', '/', '\n'])
        .flat_map(|part| {
            let folded = fold(part);
            let mut names: Vec<Vec<String>> = vec![Vec::new()];
            for word in folded.split(' ') {
                if matches!(word, "et" | "and") {
                    names.push(Vec::new());
                } else if let Some(name) = names.last_mut()
                    && !word.is_empty()
                    && !NAMELESS.contains(&word)
                {
                    name.push(word.to_owned());
                }
            }
            names
        })
        // A letter or a figure alone is everywhere.
        .filter(|name| name.iter().map(String::len).sum::<usize>() >= 3)
        .collect();
    parts.into_iter()
}

/// The marks in a subject: `[ASTREINTE 2027-003]`, `[on-call 2027-3]`.
pub fn marks(subject: &str) -> impl Iterator<Item = Mark> {
    subject.split('[').skip(1).filter_map(|rest| {
        let (inner, _) = rest.split_once(']')?;
        let folded = fold(inner);
        let number = folded
            .strip_prefix("astreinte ")
            .or_else(|| folded.strip_prefix("on call "))
            .or_else(|| folded.strip_prefix("oncall "))?;
        let (year, serial) = number.split_once(' ')?;
        Some(Mark {
            year: year.parse().ok().filter(|_| year.len() == 4)?,
            serial: serial.parse().ok().filter(|serial| *serial > 0)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window {
            ticket: TicketNumber(7),
            mark: Mark {
                year: 2026,
                serial: 3,
            },
            slot: Slot {
                from: "2026-12-03T07:00:00Z".parse().unwrap(),
                until: "2026-12-05T19:00:00Z".parse().unwrap(),
            },
            agent: Agent::default(),
            requester: "claire@univ.example".to_owned(),
            people: ["claire@univ.example", "luc@univ.example"]
                .map(str::to_owned)
                .into(),
            place: "amphithéâtre Ampère, bâtiment B2".to_owned(),
            systems: "wifi, visioconférence et serveur de calcul".to_owned(),
        }
    }

    fn cover(subject: &str, text: &str, author: &str, same_unit: bool) -> Option<Cover> {
        let author = [author.to_owned()];
        let letter = Letter {
            subject,
            text,
            author: &author,
            same_unit,
        };
        window().covers(&letter, "2026-12-04T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn ok_mark_requester_or_place_of_the_same_unit() {
        let zoe = "zoe@univ.example";
        for (subject, text, author, unit, expected) in [
            (
                "[ASTREINTE 2026-003] panne",
                "",
                "x@else.example",
                false,
                Some(Cover::Mark),
            ),
            (
                "Re: [on-call 2026-3] help",
                "",
                zoe,
                true,
                Some(Cover::Mark),
            ),
            (
                "panne",
                "rien ne marche",
                "luc@univ.example",
                false,
                Some(Cover::Requester),
            ),
            (
                "panne",
                "le wifi ne marche plus",
                zoe,
                true,
                Some(Cover::Scope),
            ),
            ("Ampère", "plus de son", zoe, true, Some(Cover::Scope)),
            (
                "calcul",
                "le serveur est arrêté",
                zoe,
                true,
                Some(Cover::Scope),
            ),
            ("panne", "le wifi ne marche plus", zoe, false, None),
            (
                "congrès",
                "le congrès a lieu dans l'amphithéâtre",
                zoe,
                true,
                None,
            ),
            ("[ASTREINTE 2026-004] panne", "", zoe, true, None),
            ("ASTREINTE 2026-003", "", zoe, true, None),
            ("serveur", "le serveur de fichiers", zoe, true, None),
        ] {
            assert_eq!(
                cover(subject, text, author, unit),
                expected,
                "{subject} / {text}"
            );
        }
    }

    #[test]
    fn ok_only_while_it_is_open() {
        let author = ["claire@univ.example".to_owned()];
        let letter = Letter {
            subject: "[ASTREINTE 2026-003]",
            text: "",
            author: &author,
            same_unit: true,
        };
        for (now, expected) in [
            ("2026-12-03T06:59:59Z", None),
            ("2026-12-03T07:00:00Z", Some(Cover::Mark)),
            ("2026-12-05T18:59:59Z", Some(Cover::Mark)),
            ("2026-12-05T19:00:00Z", None),
        ] {
            assert_eq!(
                window().covers(&letter, now.parse().unwrap()),
                expected,
                "{now}"
            );
        }
    }
}
