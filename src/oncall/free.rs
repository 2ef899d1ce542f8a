//! Free words: what an event, a place, a system, a number of people and a telephone look like in a
//! sentence.
//!
//! Everything found here is said back to the requester before anybody grants anything, so that a
//! word too many costs a correction; what is not found is asked for. Telephone numbers are those of
//! the text itself: a signature is not somebody's word that they are in charge.

use super::asked::{Asked, Presence};
use super::form::one_line;
use super::lexeme::{Kind, Lexemes};
use super::period::read::{Said, free};
use super::vocabulary::{BEFORE_NAMES, ENDS, EVENTS, PEOPLE, PLACES, PLACES_AFTER, SYSTEMS};
use super::{When, contact, day, hour, recognise};
use jiff::civil::Date;

/// Words of a name of an event or a place at most.
const NAME: usize = 8;

/// Everything that free words say.
pub(super) fn all(text: &str, author: &str, today: Date) -> Asked {
    let lexemes = Lexemes::of(text);
    let (contact, second) = contact::both(&lexemes, text, author);
    Asked {
        event: event(&lexemes),
        place: place(&lexemes),
        when: match times(text, today) {
            Said::Nothing | Said::Hours(..) => When::Unknown,
            Said::Days(first, last) => When::Days(first, last),
            Said::Whole(period) => When::Period(period),
            Said::Odd(doubt) => When::Odd(doubt),
        },
        systems: systems(&lexemes),
        people: people(text),
        presence: expected(&lexemes),
        contact,
        second,
        agreement: agreement(&lexemes),
    }
}

/// What they say of the time.
pub(super) fn times(text: &str, today: Date) -> Said {
    let lexemes = Lexemes::of(text);
    free(&lexemes, today, &|from, to| {
        recognise::names_on_call(&lexemes, from, to)
    })
}

fn event(text: &Lexemes<'_>) -> String {
    let found = (0..text.len()).filter(|at| text.is_word(*at, EVENTS));
    // The longest of the first few says most: `congrès ASTRO 2026`, not `le congrès`.
    let names = found.take(6).map(|at| event_at(text, at));
    let mut best = String::new();
    for name in names {
        if best.is_empty() || name.split(' ').count() > best.split(' ').count().max(1) {
            best = name;
        }
    }
    best
}

fn event_at(text: &Lexemes<'_>, at: usize) -> String {
    let mut end = at + 1;
    while end < at + NAME && goes_on(text, end) {
        end += 1;
    }
    while end > at + 1 && text.is_word(end - 1, &["du", "de", "d", "des", "la", "l", "sur", "on"]) {
        end -= 1;
    }
    let mut start = at;
    if end == at + 1 {
        // `the SOLEIL users conference`
        while start > 0
            && start + 4 > at
            && text.word(start - 1).is_some()
            && !text.is_word(start - 1, BEFORE_NAMES)
            && !text.is_word(start - 1, ENDS)
            && !text.ends_sentence(start - 1)
            && (text.is_capital(start - 1) || start < at)
        {
            start -= 1;
        }
    }
    one_line(&text.slice(start, end))
}

/// Whether a name goes on over this lexeme.
fn goes_on(text: &Lexemes<'_>, at: usize) -> bool {
    match text.kind(at) {
        Some(Kind::Word(word)) => {
            let number_next = matches!(text.kind(at + 1), Some(Kind::Number(..)))
                || day::weekday(text, at + 1).is_some()
                || day::month(text, at + 1).is_some();
            let date = number_next && ["du", "de", "on", "le", "des"].contains(&word.as_str());
            !(date
                || ENDS.contains(&word.as_str())
                || day::weekday(text, at).is_some()
                || day::month(text, at).is_some())
        }
        // A year or an edition belongs to the name, a day does not.
        Some(Kind::Number(_, digits)) => {
            *digits == 4 || day::month(text, at + 1).is_none() && hour::read(text, at).is_none()
        }
        Some(Kind::Mark(mark)) => ['\'', '«', '»', '"', '“', '”', '-', '&'].contains(mark),
        Some(Kind::Break) | None => false,
    }
}

fn place(text: &Lexemes<'_>) -> String {
    let named = (0..text.len()).find_map(|at| {
        if text.is_word(at, PLACES_AFTER) && at > 0 && english_name(text, at) {
            return Some(before_noun(text, at));
        }
        text.is_word(at, PLACES)
            .then(|| place_at(text, at))
            .flatten()
    });
    named.or_else(|| town(text)).unwrap_or_default()
}

/// `salle 105`, `amphithéâtre Ampère, bâtiment B`: a noun alone names nothing.
fn place_at(text: &Lexemes<'_>, at: usize) -> Option<String> {
    let mut end = at + 1;
    while end < at + NAME {
        let comma = text.is_mark(end, ',') && text.is_word(end + 1, PLACES);
        let mark = matches!(text.kind(end), Some(Kind::Mark('\'' | '-' | '«' | '»')));
        let number = matches!(text.kind(end), Some(Kind::Number(..)))
            && hour::read(text, end).is_none()
            && day::month(text, end + 1).is_none()
            && !text
                .word(end + 1)
                .is_some_and(|word| PEOPLE.contains(&word));
        let date =
            text.is_word(end, &["du"]) && matches!(text.kind(end + 1), Some(Kind::Number(..)));
        let leads_on = !text.is_word(end, &["a"]) || text.is_capital(end + 1);
        let word = leads_on
            && !date
            && day::weekday(text, end).is_none()
            && text
                .word(end)
                .is_some_and(|word| !ENDS.contains(&word) || word == "a");
        if !(comma || mark || number || word) {
            break;
        }
        end += 1;
    }
    while end > at + 1
        && (text.is_word(end - 1, &["du", "de", "d", "des", "la", "l", "a"])
            || matches!(text.kind(end - 1), Some(Kind::Mark(_))))
    {
        end -= 1;
    }
    (end > at + 1).then(|| one_line(&text.slice(at, end)))
}

fn english_name(text: &Lexemes<'_>, at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| {
        text.is_capital(before)
            || text.is_word(before, &["lecture", "conference", "congress", "main"])
    })
}

/// `the Ampère lecture hall`
fn before_noun(text: &Lexemes<'_>, at: usize) -> String {
    let mut start = at;
    while start > 0
        && start + 5 > at
        && text.word(start - 1).is_some()
        && !text.is_word(start - 1, &["in", "at", "the", "of", "a", "an", "le", "du"])
    {
        start -= 1;
    }
    one_line(&text.slice(start, at + 1))
}

/// `à Lyon`, `in Grenoble`, `au CERN`: in a sentence that is about an event.
fn town(text: &Lexemes<'_>) -> Option<String> {
    text.sentences().into_iter().find_map(|(from, to)| {
        let about = (from..to)
            .any(|at| text.is_word(at, EVENTS) || text.is_word(at, &["lieu", "place", "held"]));
        if !about {
            return None;
        }
        (from..to).find_map(|at| {
            let leads = text.is_word(at, &["a", "au", "in", "at"]) && text.is_capital(at + 1);
            let calendar =
                day::month(text, at + 1).is_some() || day::weekday(text, at + 1).is_some();
            if !leads || calendar || text.word(at + 1).is_none() {
                return None;
            }
            let mut end = at + 2;
            while end < to
                && end < at + 6
                && (text.is_capital(end) || text.is_mark(end, '-'))
                && day::month(text, end).is_none()
            {
                end += 1;
            }
            Some(one_line(&text.slice(at + 1, end)))
        })
    })
}

fn systems(text: &Lexemes<'_>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    for at in 0..text.len() {
        let Some(word) = text.word(at).filter(|word| SYSTEMS.contains(word)) else {
            continue;
        };
        if !seen.contains(&word) {
            seen.push(word);
            found.push(text.slice(at, at + 1));
        }
    }
    one_line(&found.join(", "))
}

/// How many people a text counts.
pub(super) fn people(text: &str) -> Option<u32> {
    const ROUND: [(&str, u32); 7] = [
        ("dizaine", 10),
        ("quinzaine", 15),
        ("vingtaine", 20),
        ("trentaine", 30),
        ("quarantaine", 40),
        ("cinquantaine", 50),
        ("centaine", 100),
    ];
    let lexemes = Lexemes::of(text);
    let counted = |at: usize| {
        (at..at + 3).any(|at| lexemes.word(at).is_some_and(|word| PEOPLE.contains(&word)))
    };
    let found = (0..lexemes.len()).find_map(|at| {
        let round = ROUND.iter().find(|(word, _)| lexemes.is_word(at, &[*word]));
        match (round, lexemes.number(at, 6)) {
            (Some((_, number)), _) if counted(at + 1) => Some(*number),
            (None, Some(number)) if number > 0 && counted(at + 1) => Some(number),
            _ => None,
        }
    });
    // A line of the form holds a number and nothing else, or almost.
    let alone = || {
        let short = lexemes.len() <= 3;
        let mut numbers = (0..lexemes.len()).filter_map(|at| lexemes.number(at, 6));
        numbers.next().filter(|number| short && *number > 0)
    };
    found.or_else(alone)
}

/// What is expected, by a line of the form.
pub(super) fn presence(text: &str) -> Presence {
    let lexemes = Lexemes::of(text);
    in_words(&lexemes, 0, lexemes.len())
}

/// What is expected, by free words: a telephone number alone expects nothing.
fn expected(text: &Lexemes<'_>) -> Presence {
    let mut found = Presence::default();
    for (from, to) in text.sentences() {
        let numbers = (from..to).filter_map(|at| text.number(at, 6)).count();
        // `Responsable sur place : Jean, 06 12 34 56 78` says who, not what.
        let says_who = numbers >= 4
            || (from..to).any(|at| text.is_word(at, &["responsable", "contact", "charge"]));
        if !says_who {
            let here = in_words(text, from, to);
            found.phone |= here.phone;
            found.remote |= here.remote;
            found.on_site |= here.on_site;
        }
    }
    found
}

fn in_words(text: &Lexemes<'_>, from: usize, to: usize) -> Presence {
    let mut found = Presence::default();
    for at in from..to {
        let next = |words: &[&str]| text.is_word(at + 1, words) || text.is_word(at + 2, words);
        let negated = (at.saturating_sub(3)..at)
            .any(|at| text.is_word(at, &["pas", "sans", "not", "no", "without"]));
        if negated {
            continue;
        }
        match text.word(at) {
            Some("telephone" | "telephonique" | "phone" | "joignable" | "reachable" | "appel") => {
                found.phone = true;
            }
            Some("distance" | "distanciel" | "remote" | "remotely") => found.remote = true,
            Some("sur") if next(&["place", "site"]) => found.on_site = true,
            Some("on" | "in") if next(&["site", "person"]) => found.on_site = true,
            Some("onsite" | "physique" | "presentiel" | "physically") => found.on_site = true,
            _ => {}
        }
    }
    found
}

/// The sentence that names an agreement.
fn agreement(text: &Lexemes<'_>) -> String {
    let found = text.sentences().into_iter().find(|(from, to)| {
        let words = |words: &[&str]| (*from..*to).any(|at| text.is_word(at, words));
        words(&[
            "accord",
            "agreed",
            "agrees",
            "agreement",
            "approved",
            "valide",
            "validee",
        ]) && words(&[
            "directeur",
            "directrice",
            "direction",
            "unite",
            "head",
            "director",
            "unit",
            "chef",
        ])
    });
    found.map_or_else(String::new, |(from, to)| one_line(&text.slice(from, to)))
}
