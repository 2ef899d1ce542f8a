//! Free words: what an event, a place, a system, a number of people and a telephone look like in a
//! sentence.
//!
//! Everything found here is said back to the requester before anybody grants anything, so that a
//! word too many costs a correction; what is not found is asked for. Telephone numbers are those of
//! the text itself: a signature is not somebody's word that they are in charge.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::asked::{Asked, Contact, Presence, When};
use super::form::one_line;
use super::lexeme::{Kind, Lexemes};
use super::period::read::{Said, free};
use super::{day, hour, recognise};

/// Words of a name of an event or a place at most.
const NAME: usize = 8;

/// What an occasion is called, folded.
pub(super) const EVENTS: &[&str] = &[
    "congres", "colloque", "colloques", "conference", "conferences", "seminaire", "seminar",
    "symposium", "workshop", "atelier", "experience", "experiences", "experiment", "experiments",
    "manip", "manips", "manipulation", "campagne", "campaign", "soutenance", "defence", "defense",
    "concours", "forum", "salon", "hackathon", "beamtime", "faisceau", "beam", "congress", "ecole",
    "school", "journee", "journees", "rencontres", "evenement", "event", "examen", "examens",
    "exam", "exams", "exposition", "festival", "inauguration", "acquisition", "mesures",
    "measurements", "convention", "assemblee", "olympiades", "fete", "telescope",
];
/// Words that end a name.
const ENDS: &[&str] = &[
    "a", "au", "aux", "dans", "le", "les", "from", "aura", "auront", "se", "qui", "que", "which",
    "that", "will", "takes", "is", "are", "est", "sera", "seront", "pendant", "durant", "during",
    "between", "in", "at", "entre", "et", "and", "nous", "we", "ou", "pour", "for", "avec", "with",
    "of_", "organise", "organisee", "organised", "organized", "prevu", "prevue", "lieu", "avant",
    "jusqu", "by", "needs",
];
const BEFORE_NAMES: &[&str] = &[
    "le", "la", "l", "les", "un", "une", "d", "de", "du", "des", "notre", "nos", "the", "a", "an",
    "our", "your", "this", "of", "for", "during", "at",
];
const PLACES: &[&str] = &[
    "salle", "salles", "amphi", "amphitheatre", "amphis", "batiment", "bat", "palais", "centre",
    "campus", "auditorium", "hotel", "theatre", "plateforme", "ligne", "room", "rooms", "building",
    "bureau", "observatoire",
];
/// English puts the name before the noun.
const PLACES_AFTER: &[&str] = &[
    "hall", "auditorium", "theatre", "building", "center", "centre", "campus", "beamline",
];
const SYSTEMS: &[&str] = &[
    "wifi", "reseau", "network", "videoprojecteur", "videoprojecteurs", "projecteur", "projector",
    "projectors", "visio", "visioconference", "videoconference", "videoconferencing", "streaming",
    "retransmission", "captation", "serveur", "serveurs", "server", "servers", "cluster",
    "calculateur", "acquisition", "stockage", "storage", "sauvegarde", "backup", "imprimante",
    "imprimantes", "printer", "printers", "postes", "pc", "ordinateurs", "laptops", "computers",
    "sonorisation", "sono", "messagerie", "vpn", "internet", "eduroam", "zoom", "teams",
    "inscription", "badges", "instrument", "instruments",
];
const COUNTED: &[&str] = &[
    "personnes", "personne", "participants", "participantes", "utilisateurs", "people", "attendees",
    "users", "chercheurs", "scientists", "researchers", "inscrits", "invites", "guests", "students",
    "etudiants", "visitors", "delegates", "congressistes", "candidats", "speakers", "intervenants",
];

/// Everything that free words say.
pub(super) fn all(text: &str, author: &str, today: Date) -> Asked {
    let lexemes = Lexemes::of(text);
    let (contact, second) = contacts(&lexemes, text, author);
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
        Some(Kind::Number(_, digits)) => *digits == 4 || day::month(text, at + 1).is_none() && hour::read(text, at).is_none(),
        Some(Kind::Mark(mark)) => ['\'', '«', '»', '"', '“', '”', '-', '&'].contains(mark),
        Some(Kind::Break) | None => false,
    }
}

fn place(text: &Lexemes<'_>) -> String {
    let named = (0..text.len()).find_map(|at| {
        if text.is_word(at, PLACES_AFTER) && at > 0 && english_name(text, at) {
            return Some(before_noun(text, at));
        }
        text.is_word(at, PLACES).then(|| place_at(text, at)).flatten()
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
            && !text.word(end + 1).is_some_and(|word| COUNTED.contains(&word));
        let date = text.is_word(end, &["du"]) && matches!(text.kind(end + 1), Some(Kind::Number(..)));
        let word = text.word(end).is_some_and(|word| !ENDS.contains(&word) || word == "a")
            && !date
            && day::weekday(text, end).is_none()
            && !(text.is_word(end, &["a"]) && !text.is_capital(end + 1));
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
    at.checked_sub(1)
        .is_some_and(|before| text.is_capital(before) || text.is_word(before, &["lecture", "conference", "congress", "main"]))
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
        let about = (from..to).any(|at| text.is_word(at, EVENTS) || text.is_word(at, &["lieu", "place", "held"]));
        if !about {
            return None;
        }
        (from..to).find_map(|at| {
            let leads = text.is_word(at, &["a", "au", "in", "at"]) && text.is_capital(at + 1);
            let calendar = day::month(text, at + 1).is_some() || day::weekday(text, at + 1).is_some();
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
        (at..at + 3).any(|at| lexemes.word(at).is_some_and(|word| COUNTED.contains(&word)))
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
        let negated = (at.saturating_sub(3)..at).any(|at| text.is_word(at, &["pas", "sans", "not", "no", "without"]));
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
pub(super) fn contact(text: &str) -> Contact {
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
        "tel", "tel.", "tél", "tél.", "téléphone", "mobile", "portable", "phone", "cell", "gsm",
        "port.", "mob.", "au", "at",
    ];
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "(),;:/–—".contains(c))
        .filter(|word| !word.is_empty() && *word != "-")
        .filter(|word| !FILL.contains(&word.to_lowercase().as_str()))
        .collect();
    one_line(&words.join(" "))
}

/// The first two numbers in the text, each with the name nearest before it.
fn contacts(lexemes: &Lexemes<'_>, text: &str, author: &str) -> (Contact, Contact) {
    let mut last = 0;
    let mut found = phones(text).into_iter().map(|(from, to)| {
        let before = text.get(last..from).unwrap_or_default();
        last = to;
        let sentence = before.rsplit(['\n', ';', '!', '?']).next().unwrap_or(before);
        let nearest = sentence.rsplit(". ").next().unwrap_or(sentence);
        let own = recognise::is_own_number(nearest);
        Contact {
            name: if own { author.to_owned() } else { name_in(sentence) },
            phone: one_line(text.get(from..to).unwrap_or_default()),
        }
    });
    let (first, second) = (found.next().unwrap_or_default(), found.next().unwrap_or_default());
    let none = recognise::has_no_second(lexemes);
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
        "responsable", "contact", "person", "le", "la", "the", "mobile", "portable", "tel", "mon",
        "my", "second", "deuxieme", "et", "and", "telephone",
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

/// The sentence that names an agreement.
fn agreement(text: &Lexemes<'_>) -> String {
    let found = text.sentences().into_iter().find(|(from, to)| {
        let words = |words: &[&str]| (*from..*to).any(|at| text.is_word(at, words));
        words(&["accord", "agreed", "agrees", "agreement", "approved", "valide", "validee"])
            && words(&["directeur", "directrice", "direction", "unite", "head", "director", "unit", "chef"])
    });
    found.map_or_else(String::new, |(from, to)| one_line(&text.slice(from, to)))
}
