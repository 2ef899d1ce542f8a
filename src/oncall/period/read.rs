//! Finds a period in a text.
//!
//! Days and hours that stand close to one another in a sentence are one *stretch*. A stretch with
//! days and two hours is a period; one with days alone lacks its hours, which another sentence may
//! give. Of several stretches the one in a sentence that asks for on-call presence counts, then the
//! one that says most; two that say different things are asked about, and nothing is guessed.

use jiff::civil::Date;

use super::Period;
use crate::oncall::Doubt;
use crate::oncall::day::{self, Written};
use crate::oncall::hour::{self, Hour};
use crate::oncall::lexeme::Lexemes;

/// What a text says about the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::oncall) enum Said {
    /// Nothing.
    #[default]
    Nothing,
    /// Days without hours.
    Days(Date, Date),
    /// Hours without days.
    Hours(Hour, Hour),
    /// All of it.
    Whole(Period),
    /// Something that cannot be meant.
    Odd(Doubt),
}

/// Words between two parts of one stretch at most.
const APART: usize = 4;
/// Stretches of a letter that are looked at.
const STRETCHES: usize = 40;
/// Words shortly before a day that is not the event's.
const OTHER_DAYS: &[&str] = &[
    "avant", "before", "by", "reunion", "meeting", "depuis", "since", "courrier", "mail",
    "message", "courriel", "email", "deadline", "echeance", "ici", "dernier", "derniere", "last",
    "date", "decision", "lettre", "demande", "facture", "vacances",
];

#[derive(Debug, Clone)]
enum Part {
    Days(Vec<Written>),
    Hour(Hour),
    /// Day and night.
    AllDay,
}

#[derive(Debug)]
struct Stretch {
    from: usize,
    parts: Vec<Part>,
}

/// Reads a text that is about nothing else: what stands behind a label, or in an order.
pub(in crate::oncall) fn labelled(text: &str, today: Date) -> Said {
    let lexemes = Lexemes::of(text);
    let mut stretches = stretches(&lexemes);
    let parts: Vec<Part> = stretches.drain(..).flat_map(|one| one.parts).collect();
    said(&parts, today)
}

/// A day, an hour or both; the doubt about them, or nothing that could be read.
pub(super) fn moment(
    text: &str,
    today: Date,
) -> Result<(Option<Date>, Option<Hour>), Option<Doubt>> {
    let lexemes = Lexemes::of(text);
    let parts: Vec<Part> = stretches(&lexemes)
        .into_iter()
        .flat_map(|one| one.parts)
        .collect();
    let mut found = (None, None);
    for part in parts {
        match part {
            Part::Days(days) if found.0.is_none() => {
                let (first, last) = day::resolve(&days, today).map_err(Some)?;
                found.0 = (first == last).then_some(first);
            }
            Part::Hour(hour) if found.1.is_none() => found.1 = Some(hour),
            _ => return Err(None),
        }
    }
    if found == (None, None) {
        Err(None)
    } else {
        Ok(found)
    }
}

/// Reads a whole letter; `asks` tells of a sentence whether it asks for on-call presence.
pub(in crate::oncall) fn free(
    text: &Lexemes<'_>,
    today: Date,
    asks: &dyn Fn(usize, usize) -> bool,
) -> Said {
    let sentences = text.sentences();
    let mut best: Vec<(u8, Said)> = Vec::new();
    let mut hours = Vec::new();
    for stretch in stretches(text) {
        let said = said(&stretch.parts, today);
        let sentence = sentences
            .iter()
            .find(|(from, to)| (*from..*to).contains(&stretch.from));
        let asked = sentence.is_some_and(|(from, to)| asks(*from, *to));
        match said {
            Said::Nothing => {}
            Said::Hours(..) => hours.push(said),
            _ => best.push((rank(said, asked, is_other(text, stretch.from)), said)),
        }
    }
    best.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    hours.dedup();
    let chosen = match best.first() {
        None => Said::Nothing,
        Some((first, said)) => {
            let rivals = best
                .iter()
                .any(|(rank, other)| rank == first && other != said);
            if rivals {
                Said::Odd(Doubt::Several)
            } else {
                *said
            }
        }
    };
    match (chosen, hours.as_slice()) {
        (Said::Days(first, last), [Said::Hours(from, to)]) => daily(first, last, *from, *to),
        (Said::Nothing, [hours]) => *hours,
        (other, _) => other,
    }
}

/// Higher is better: asked for, in the future, complete, more than a day.
fn rank(said: Said, asked: bool, other: bool) -> u8 {
    let complete = matches!(said, Said::Whole(_));
    let range = matches!(said, Said::Whole(_)) || matches!(said, Said::Days(a, b) if a < b);
    let meant = !matches!(said, Said::Odd(Doubt::Over));
    8 * u8::from(meant) + 4 * u8::from(!other) + 2 * u8::from(asked || complete) + u8::from(range)
}

/// Whether the day is said to be another one than the event's.
fn is_other(text: &Lexemes<'_>, from: usize) -> bool {
    (from.saturating_sub(3)..from).any(|at| text.is_word(at, OTHER_DAYS))
}

fn stretches(text: &Lexemes<'_>) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut end = 0;
    let mut at = 0;
    while at < text.len() && found.len() < STRETCHES {
        let Some((part, after)) = part(text, at) else {
            at += 1;
            continue;
        };
        let joined = at - end <= APART && !(end..at).any(|at| text.ends_sentence(at));
        match found.last_mut().filter(|_| joined) {
            Some(stretch) => stretch.parts.push(part),
            None => found.push(Stretch {
                from: at,
                parts: vec![part],
            }),
        }
        at = after.max(at + 1);
        end = at;
    }
    found
}

fn part(text: &Lexemes<'_>, at: usize) -> Option<(Part, usize)> {
    if let Some(end) = all_day(text, at) {
        return Some((Part::AllDay, end));
    }
    if let Some((hour, end)) = hour::read(text, at) {
        return Some((Part::Hour(hour), end));
    }
    if let Some((days, end)) = day::read(text, at) {
        return Some((Part::Days(days), end));
    }
    hour::bare(text, at).map(|(hour, end)| (Part::Hour(hour), end))
}

/// `24h/24`, `24/7`, `jour et nuit`, `round the clock`, `day and night`.
fn all_day(text: &Lexemes<'_>, at: usize) -> Option<usize> {
    let words = |words: &[&str]| {
        words
            .iter()
            .enumerate()
            .all(|(n, word)| text.is_word(at + n, &[*word]))
    };
    if text.number(at, 2) == Some(24) {
        let slash = at + 1 + usize::from(text.is_word(at + 1, &["h"]));
        let whole = text.number(slash + 1, 2).filter(|n| [24, 7].contains(n));
        if text.is_mark(slash, '/') && whole.is_some() {
            let h = usize::from(text.is_word(slash + 2, &["h"]));
            return Some(slash + 2 + h);
        }
    }
    (words(&["jour", "et", "nuit"])
        || words(&["day", "and", "night"])
        || words(&["round", "the", "clock"]))
    .then_some(at + 3)
}

fn said(parts: &[Part], today: Date) -> Said {
    let days: Vec<(usize, &Vec<Written>)> = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| match part {
            Part::Days(days) => Some((at, days)),
            _ => None,
        })
        .collect();
    let hours: Vec<(usize, Hour)> = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| match part {
            Part::Hour(hour) => Some((at, *hour)),
            _ => None,
        })
        .collect();
    let all_day = parts.iter().any(|part| matches!(part, Part::AllDay));
    if days.is_empty() {
        return match hours.as_slice() {
            _ if all_day => Said::Hours(Hour::Midnight, Hour::Midnight),
            [(_, from), (_, to)] => Said::Hours(*from, *to),
            _ => Said::Nothing,
        };
    }
    let written: Vec<Written> = days.iter().flat_map(|(_, days)| (*days).clone()).collect();
    match day::resolve(&written, today) {
        Err(doubt) => Said::Odd(doubt),
        Ok((_, last)) if last < today => Said::Odd(Doubt::Over),
        Ok((first, last)) if all_day => daily(first, last, Hour::Midnight, Hour::Midnight),
        Ok((first, last)) => timed(first, last, &days, &hours),
    }
}

/// Days with their hours: whether the hours are of each day or of the two ends is told by where
/// they stand.
fn timed(
    first: Date,
    last: Date,
    days: &[(usize, &Vec<Written>)],
    hours: &[(usize, Hour)],
) -> Said {
    match (hours, days) {
        ([(early, from), (late, to)], [(one, _), .., (other, _)])
            // `le 3 à 8h … le 5 à 20h`, `8h le 3 … 20h le 5`.
            if (one < early && early < other && other < late)
                || (early < one && one < late && late < other) =>
        {
            let end = match to {
                Hour::At(time) => Ok(last.to_datetime(*time)),
                Hour::Midnight => super::tomorrow(last).map(|day| day.to_datetime(to.begins())),
            };
            whole(end.and_then(|end| Period::through(first.to_datetime(from.begins()), end)))
        }
        ([(_, from), (_, to)], _) => daily(first, last, *from, *to),
        // The same hours said for each day.
        ([(_, from), (_, to), rest @ ..], _)
            if rest.len() / 2 < days.len()
                && rest
                    .chunks(2)
                    .all(|pair| matches!(pair, [(_, a), (_, b)] if a == from && b == to)) =>
        {
            daily(first, last, *from, *to)
        }
        ([_, _, _, ..], _) => Said::Odd(Doubt::Several),
        _ => Said::Days(first, last),
    }
}

/// Days and hours put together.
pub(in crate::oncall) fn daily(first: Date, last: Date, from: Hour, to: Hour) -> Said {
    // Day and night on several days is one stretch.
    if (from, to) == (Hour::Midnight, Hour::Midnight) {
        let end = super::tomorrow(last).map(|day| day.to_datetime(to.begins()));
        return whole(end.and_then(|end| Period::through(first.to_datetime(from.begins()), end)));
    }
    whole(Period::daily(first, last, from, to))
}

fn whole(period: Result<Period, Doubt>) -> Said {
    match period {
        Ok(period) => Said::Whole(period),
        Err(doubt) => Said::Odd(doubt),
    }
}
