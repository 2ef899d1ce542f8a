//! Days as people write them: `jeudi 3 décembre`, `3/12/2026`, `December 3rd`, `2026-12-03`, `le week-end du 12`.
//!
//! What is left out is found by [`resolve`]: the month from the day it is joined to, the year as the
//! next one in which the day is to come. A weekday that does not fit is never repaired, for either
//! may be the mistake. Day before month, as in Europe.

use jiff::civil::Weekday;

use super::hour;
use super::lexeme::{Kind, Lexemes};
use super::vocabulary::words;

mod resolve;

pub(super) use resolve::resolve;

/// Days joined to one another in a list at most.
const JOINED: usize = 12;

/// A day as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) weekday: Option<Weekday>,
    pub(super) day: i8,
    pub(super) month: Option<i8>,
    pub(super) year: Option<i16>,
    /// The Saturday and Sunday of it are meant.
    pub(super) weekend: bool,
}

const WEEKDAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Monday, words!["lundi" "monday" "mon"]),
    (Weekday::Tuesday, words!["mardi" "tuesday" "tue" "tues"]),
    (Weekday::Wednesday, words!["mercredi" "wednesday" "wed"]),
    (
        Weekday::Thursday,
        words!["jeudi" "thursday" "thu" "thur" "thurs"],
    ),
    (Weekday::Friday, words!["vendredi" "friday" "fri"]),
    (Weekday::Saturday, words!["samedi" "saturday" "sat" "sam"]),
    (Weekday::Sunday, words!["dimanche" "sunday" "sun" "dim"]),
];

const MONTHS: &[(i8, &[&str])] = &[
    (1, words!["janvier" "janv" "january" "jan"]),
    (2, words!["fevrier" "fevr" "fev" "february" "feb"]),
    (3, words!["mars" "march" "mar"]),
    (4, words!["avril" "avr" "april" "apr"]),
    (5, words!["mai" "may"]),
    (6, words!["juin" "june" "jun"]),
    (7, words!["juillet" "juil" "july" "jul"]),
    (8, words!["aout" "august" "aug"]),
    (9, words!["septembre" "september" "sept" "sep"]),
    (10, words!["octobre" "october" "oct"]),
    (11, words!["novembre" "november" "nov"]),
    (12, words!["decembre" "december" "dec"]),
];

pub(super) fn weekday(text: &Lexemes<'_>, at: usize) -> Option<Weekday> {
    let word = text.word(at)?;
    let found = WEEKDAYS.iter().find(|(_, known)| known.contains(&word));
    found.map(|(weekday, _)| *weekday)
}

pub(super) fn month(text: &Lexemes<'_>, at: usize) -> Option<i8> {
    let word = text.word(at)?;
    let found = MONTHS.iter().find(|(_, known)| known.contains(&word));
    found.map(|(month, _)| *month)
}

/// The days at a place, and where they end: one, or several that are joined and share a month.
pub(super) fn read(text: &Lexemes<'_>, at: usize) -> Option<(Vec<Written>, usize)> {
    if let Some(found) = weekend(text, at) {
        return Some(found);
    }
    if let Some((day, mut end)) = whole(text, at) {
        let mut days = vec![day];
        // `December 3-5`, `December 3rd to 5th, 2026`.
        while days.len() < JOINED
            && let Some((next, after)) = trailing(text, end)
        {
            days.push(next);
            end = after;
        }
        if let Some(year) = year(text, end).filter(|_| days.len() > 1) {
            days.iter_mut().for_each(|day| day.year = Some(year.0));
            end = year.1;
        }
        return Some((days, end));
    }
    listed(text, at).or_else(|| between(text, at))
}

/// One day with its month.
fn whole(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let said = weekday(text, at);
    let mut start = at + usize::from(said.is_some());
    while said.is_some() && (text.is_mark(start, ',') || text.is_mark(start, '.')) {
        start += 1;
    }
    if said.is_some() && text.is_word(start, &["le", "the"]) {
        start += 1;
    }
    let (day, end) = iso(text, start)
        .or_else(|| figures(text, start))
        .or_else(|| day_first(text, start))
        .or_else(|| month_first(text, start))?;
    let day = Written {
        weekday: said,
        ..day
    };
    Some((day, end))
}

/// `2026-12-03`; a `T` may follow.
fn iso(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let Some(Kind::Number(year, 4)) = text.kind(at) else {
        return None;
    };
    let joined = text.is_mark(at + 1, '-') && text.is_mark(at + 3, '-');
    let (month, day) = (text.number(at + 2, 2)?, text.number(at + 4, 2)?);
    let end = at + 5 + usize::from(text.is_word(at + 5, &["t"]));
    joined.then_some((written(day, month, Some(*year))?, end))
}

/// `3/12`, `3/12/26`, `3.12.2026`, `03-12-2026`.
fn figures(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let day = text.number(at, 2)?;
    let month = text.number(at + 2, 2)?;
    let mark = ['/', '.', '-']
        .into_iter()
        .find(|mark| text.is_mark(at + 1, *mark))?;
    let year = match text.kind(at + 4) {
        Some(Kind::Number(year, 4)) if text.is_mark(at + 3, mark) => Some(*year),
        Some(Kind::Number(year, 2)) if text.is_mark(at + 3, mark) => Some(2_000 + *year),
        _ => None,
    };
    match (year, mark) {
        (Some(year), _) => Some((written(day, month, Some(year))?, at + 5)),
        // `3.12` is a number, `3-12` two days of December, `8/10` of something a part.
        (None, '/')
            if (1..=12).contains(&month)
                && !text.is_mark(at + 3, ')')
                && !text.is_word(at + 3, &["des", "of"]) =>
        {
            Some((written(day, month, None)?, at + 3))
        }
        _ => None,
    }
}

/// `3 décembre 2026`, `1er mai`, `3rd of December, 2026`.
fn day_first(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let (day, mut end) = number(text, at)?;
    if text.is_word(end, &["of", "de"]) {
        end += 1;
    }
    let month = month(text, end)?;
    let (year, end) = after_month(text, end + 1);
    Some((
        Written {
            day,
            month: Some(month),
            year,
            ..Written::default()
        },
        end,
    ))
}

/// `December 3rd, 2026`.
fn month_first(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let month = month(text, at)?;
    let start = at + 1 + usize::from(text.is_mark(at + 1, '.'));
    let (day, end) = number(text, start)?;
    // `mars 8h` and `mai 20 personnes` are something else.
    if hour::read(text, start).is_some() {
        return None;
    }
    let (year, end) = year(text, end).map_or((None, end), |(year, end)| (Some(year), end));
    Some((
        Written {
            day,
            month: Some(month),
            year,
            ..Written::default()
        },
        end,
    ))
}

/// The year behind a month, with the point of `déc.` and the comma before it.
fn after_month(text: &Lexemes<'_>, at: usize) -> (Option<i16>, usize) {
    // `déc. au` goes on, `décembre. Merci` ends a sentence.
    let point = usize::from(text.is_mark(at, '.') && !text.is_capital(at + 1));
    match year(text, at + point) {
        Some((year, end)) => (Some(year), end),
        None => (None, at + point),
    }
}

fn year(text: &Lexemes<'_>, at: usize) -> Option<(i16, usize)> {
    let at = at + usize::from(text.is_mark(at, ','));
    match text.kind(at)? {
        Kind::Number(year @ 1_990..=2_099, 4) => Some((i16::try_from(*year).ok()?, at + 1)),
        _ => None,
    }
}

/// A number that can be a day, with `er`, `st`, `th`.
fn number(text: &Lexemes<'_>, at: usize) -> Option<(i8, usize)> {
    let day = text.number(at, 2).filter(|day| (1..=31).contains(day))?;
    let ordinal = text.touches(at) && text.is_word(at + 1, &["er", "st", "nd", "rd", "th", "e"]);
    Some((i8::try_from(day).ok()?, at + 1 + usize::from(ordinal)))
}

fn written(day: u32, month: u32, year: Option<u32>) -> Option<Written> {
    Some(Written {
        day: i8::try_from(day).ok()?,
        month: Some(i8::try_from(month).ok()?),
        year: match year {
            Some(year) => Some(i16::try_from(year).ok()?),
            None => None,
        },
        ..Written::default()
    })
}

/// What joins two days: `au`, `to`, `-`, `et`, `,`, with an article.
fn joint(text: &Lexemes<'_>, at: usize) -> Option<usize> {
    let mut end = at;
    if text.is_word(end, &["jusqu"]) {
        end += 1;
    }
    let joins = |at: usize| {
        text.word(at)
            .is_some_and(|word| hour::UP_TO.contains(&word))
            || [',', '-', '&', '/', '+']
                .iter()
                .any(|mark| text.is_mark(at, *mark))
    };
    while joins(end) && end < at + 3 {
        end += 1;
    }
    if text.is_mark(end, '\'') {
        end += 1;
    }
    if text.is_word(end, &["le", "the", "du"]) {
        end += 1;
    }
    (end > at).then_some(end)
}

/// A day without a month: a weekday may stand before it.
fn bare(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let said = weekday(text, at);
    let (day, end) = number(text, at + usize::from(said.is_some()))?;
    let day = Written {
        weekday: said,
        day,
        ..Written::default()
    };
    Some((day, end))
}

/// `-5` behind `December 3`.
fn trailing(text: &Lexemes<'_>, at: usize) -> Option<(Written, usize)> {
    let start = joint(text, at)?;
    let (day, end) = bare(text, start)?;
    let number = end.checked_sub(1)?;
    let is_more = hour::read(text, start).is_some()
        || hour::bare(text, start).is_some()
        || figures(text, number).is_some()
        || month(text, end).is_some()
        || text.is_word(end, &["of", "de", "h"])
        || text.is_mark(end, '/') && text.number(end + 1, 4).is_some()
        || text.is_mark(end, ':')
        || text.word(end).is_some_and(|word| COUNTED.contains(&word));
    (!is_more).then_some((day, end))
}

/// What a number counts that is no day.
const COUNTED: &[&str] = &[
    "personnes",
    "participants",
    "people",
    "jours",
    "days",
    "nuits",
    "nights",
    "postes",
    "heures",
    "semaines",
    "weeks",
    "users",
    "utilisateurs",
    "attendees",
];

/// `jeudi 3, vendredi 4 et samedi 5 décembre`: days that wait for the month of the last.
fn listed(text: &Lexemes<'_>, at: usize) -> Option<(Vec<Written>, usize)> {
    let (first, mut end) = bare(text, at)?;
    let mut days = vec![first];
    while days.len() < JOINED {
        let start = joint(text, end)?;
        if let Some((last, after)) = whole(text, start) {
            days.push(last);
            return Some((days, after));
        }
        let (next, after) = bare(text, start)?;
        days.push(next);
        end = after;
    }
    None
}

/// `du 7 au 11`, `du lundi 7 au vendredi 11`: the month is left out.
fn between(text: &Lexemes<'_>, at: usize) -> Option<(Vec<Written>, usize)> {
    let before = at.checked_sub(1)?;
    if !text.is_word(before, &["du"]) {
        return None;
    }
    let (first, end) = bare(text, at)?;
    if !text.is_word(end, &["au"]) {
        return None;
    }
    let (last, end) = bare(text, end + 1)?;
    let counted = text
        .word(end)
        .is_some_and(|word| COUNTED.contains(&word) || word == "h");
    (!counted).then_some((vec![first, last], end))
}

/// `le week-end du 12 [et 13] [décembre]`, `the weekend of 12 December`.
fn weekend(text: &Lexemes<'_>, at: usize) -> Option<(Vec<Written>, usize)> {
    let end = match text.word(at)? {
        "weekend" | "weekends" => at + 1,
        "week" if text.is_word(at + 1, &["end"]) => at + 2,
        "week" if text.is_mark(at + 1, '-') && text.is_word(at + 2, &["end"]) => at + 3,
        _ => return None,
    };
    if !text.is_word(end, &["du", "des", "of"]) {
        return None;
    }
    let start = end + 1 + usize::from(text.is_word(end + 1, &["the"]));
    let (mut days, end) = listed(text, start)
        .or_else(|| whole(text, start).map(|(day, end)| (vec![day], end)))
        .or_else(|| bare(text, start).map(|(day, end)| (vec![day], end)))?;
    // Of `12 et 13` either says which.
    if let Some(last) = days.pop() {
        let mut first = days.first().copied().unwrap_or(last);
        first.month = first.month.or(last.month);
        first.year = first.year.or(last.year);
        first.weekend = true;
        return Some((vec![first], end));
    }
    None
}
