//! Days as people write them: `jeudi 3 décembre`, `3/12/2026`, `December 3rd`, `2026-12-03`, `le week-end du 12`.
//!
//! What is left out is found by [`resolve`]: the month from the day it is joined to, the year as the
//! next one in which the day is to come. A weekday that does not fit is never repaired, for either
//! may be the mistake. Day before month, as in Europe.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Doubt;
use super::hour;
use super::lexeme::{Kind, Lexemes};

/// Days an event may last that was written without a year; longer is a slip.
const LONGEST: i32 = 92;
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

const WEEKDAYS: [(&str, Weekday); 26] = [
    ("lundi", Weekday::Monday),
    ("mardi", Weekday::Tuesday),
    ("mercredi", Weekday::Wednesday),
    ("jeudi", Weekday::Thursday),
    ("vendredi", Weekday::Friday),
    ("samedi", Weekday::Saturday),
    ("dimanche", Weekday::Sunday),
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("tues", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("thur", Weekday::Thursday),
    ("thurs", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
    ("sam", Weekday::Saturday),
    ("dim", Weekday::Sunday),
];

const MONTHS: [(&str, i8); 41] = [
    ("janvier", 1),
    ("janv", 1),
    ("january", 1),
    ("jan", 1),
    ("fevrier", 2),
    ("fevr", 2),
    ("fev", 2),
    ("february", 2),
    ("feb", 2),
    ("mars", 3),
    ("march", 3),
    ("mar", 3),
    ("avril", 4),
    ("avr", 4),
    ("april", 4),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("juin", 6),
    ("june", 6),
    ("jun", 6),
    ("juillet", 7),
    ("juil", 7),
    ("july", 7),
    ("jul", 7),
    ("aout", 8),
    ("august", 8),
    ("aug", 8),
    ("septembre", 9),
    ("september", 9),
    ("sept", 9),
    ("sep", 9),
    ("octobre", 10),
    ("october", 10),
    ("oct", 10),
    ("novembre", 11),
    ("november", 11),
    ("nov", 11),
    ("decembre", 12),
    ("december", 12),
    ("dec", 12),
];

pub(super) fn weekday(text: &Lexemes<'_>, at: usize) -> Option<Weekday> {
    let word = text.word(at)?;
    let found = WEEKDAYS.iter().find(|(known, _)| *known == word);
    found.map(|(_, weekday)| *weekday)
}

pub(super) fn month(text: &Lexemes<'_>, at: usize) -> Option<i8> {
    let word = text.word(at)?;
    let found = MONTHS.iter().find(|(known, _)| *known == word);
    found.map(|(_, month)| *month)
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
        (None, '/') if (1..=12).contains(&month) && !text.is_mark(at + 3, ')') && !text.is_word(at + 3, &["des", "of"]) => {
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
        text.word(at).is_some_and(|word| hour::UP_TO.contains(&word))
            || [',', '-', '&', '/', '+'].iter().any(|mark| text.is_mark(at, *mark))
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
    "personnes", "participants", "people", "jours", "days", "nuits", "nights", "postes", "heures",
    "semaines", "weeks", "users", "utilisateurs", "attendees",
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
    let counted = text.word(end).is_some_and(|word| COUNTED.contains(&word) || word == "h");
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

/// The first and the last day that are meant.
pub(super) fn resolve(written: &[Written], today: Date) -> Result<(Date, Date), Doubt> {
    let mut days = written.to_vec();
    // The month of a day is that of the next one that has any, else of the one before.
    inherit(days.iter_mut().rev());
    inherit(days.iter_mut());
    let mut dates: Vec<Date> = Vec::with_capacity(days.len());
    for (at, day) in days.iter().enumerate() {
        let date = match (dates.last(), day.year) {
            (_, Some(year)) => dated(*day, year)?,
            (None, None) => match days.iter().skip(at).find_map(|later| later.year) {
                Some(year) => before(*day, days.get(at + 1..).unwrap_or_default(), year)?,
                None => next(*day, today)?,
            },
            (Some(former), None) => next(*day, *former)?,
        };
        dates.push(date);
    }
    for (day, date) in days.iter().zip(&dates) {
        if let Some(said) = day.weekday.filter(|said| *said != date.weekday()) {
            return Err(Doubt::Weekday { date: *date, said });
        }
    }
    if let ([day], [date]) = (days.as_slice(), dates.as_slice())
        && day.weekend
    {
        return both_days(*date);
    }
    span(&days, &dates)
}

fn inherit<'a>(days: impl Iterator<Item = &'a mut Written>) {
    let mut month = None;
    for day in days {
        day.month = day.month.or(month);
        month = day.month;
    }
}

fn dated(day: Written, year: i16) -> Result<Date, Doubt> {
    let month = day.month.ok_or(Doubt::NoSuchDay)?;
    Date::new(year, month, day.day).map_err(|_| Doubt::NoSuchDay)
}

/// The next such day from another one on.
fn next(day: Written, from: Date) -> Result<Date, Doubt> {
    let Some(month) = day.month else {
        return next_month(day, from);
    };
    // The 29th of February comes every fourth year; a day that never comes is none.
    let mut years = from.year()..=from.year().saturating_add(4);
    years
        .find_map(|year| {
            let date = Date::new(year, month, day.day).ok()?;
            (date >= from).then_some(date)
        })
        .ok_or(Doubt::NoSuchDay)
}

fn next_month(day: Written, from: Date) -> Result<Date, Doubt> {
    let first = from.first_of_month();
    (0..12)
        .find_map(|months| {
            let month = first.checked_add(months.months()).ok()?;
            let date = Date::new(month.year(), month.month(), day.day).ok()?;
            (date >= from).then_some(date)
        })
        .ok_or(Doubt::NoSuchDay)
}

/// The last such day that is not after the one whose year is known.
fn before(day: Written, later: &[Written], year: i16) -> Result<Date, Doubt> {
    let same = dated(day, year);
    let known = later.iter().find(|day| day.year.is_some());
    let limit = known.map(|day| dated(*day, year)).transpose()?;
    match (same, limit) {
        (Ok(date), Some(limit)) if date > limit => dated(day, year.saturating_sub(1)),
        (same, _) => same,
    }
}

/// The Saturday and Sunday that a day belongs to.
fn both_days(date: Date) -> Result<(Date, Date), Doubt> {
    let saturday = match date.weekday() {
        Weekday::Saturday => Ok(date),
        Weekday::Sunday => date.yesterday().map_err(|_| Doubt::NoSuchDay),
        said => Err(Doubt::Weekend { date, said }),
    }?;
    let sunday = saturday.tomorrow().map_err(|_| Doubt::NoSuchDay)?;
    Ok((saturday, sunday))
}

/// From the first to the last; a list has to be without gaps.
fn span(days: &[Written], dates: &[Date]) -> Result<(Date, Date), Doubt> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return Err(Doubt::NoSuchDay);
    };
    let in_order = dates.is_sorted();
    let yearless = days.iter().any(|day| day.year.is_none());
    let length = last.since(*first).map_or(i32::MAX, |span| span.get_days());
    if !in_order || yearless && length > LONGEST {
        return Err(Doubt::Backwards);
    }
    let gaps = dates.len() > 2
        && dates
            .iter()
            .zip(dates.iter().skip(1))
            .any(|(one, other)| one.tomorrow().ok() != Some(*other));
    if gaps {
        return Err(Doubt::Several);
    }
    Ok((*first, *last))
}
