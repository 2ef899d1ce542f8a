//! Hours of the day as people write them: `8h`, `8 h 30`, `08:30`, `8am`, `8.30 pm`, `midi`, `minuit`.
//!
//! A length is no hour: `pendant 2 heures` says how long, not when.

use jiff::civil::Time;

use super::lexeme::Lexemes;

/// An hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hour {
    /// On the clock.
    At(Time),
    /// Midnight: where it begins something, the day's beginning; where it ends something, the
    /// day's end.
    Midnight,
}

impl Hour {
    fn of(hour: u32, minute: u32) -> Option<Self> {
        match (hour, minute) {
            (24, 0) => Some(Self::Midnight),
            (0..24, 0..60) => {
                let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                time.ok().map(Self::At)
            }
            _ => None,
        }
    }

    /// As the beginning of something.
    pub(super) fn begins(self) -> Time {
        match self {
            Self::At(time) => time,
            Self::Midnight => Time::midnight(),
        }
    }
}

/// Words before a length.
const LENGTH: &[&str] = &[
    "pendant",
    "durant",
    "environ",
    "sous",
    "dure",
    "duree",
    "for",
    "about",
    "during",
    "dans",
    "within",
    "chaque",
    "approximately",
    "toutes",
];
/// Words between two hours or days.
pub(super) const UP_TO: &[&str] = &[
    "a", "au", "aux", "to", "until", "till", "til", "through", "et", "and",
];

/// The hour at a place, and where it ends.
pub(super) fn read(text: &Lexemes<'_>, at: usize) -> Option<(Hour, usize)> {
    match text.word(at) {
        Some("midi" | "noon" | "midday") => return Some((Hour::of(12, 0)?, at + 1)),
        Some("minuit" | "midnight") => return Some((Hour::Midnight, at + 1)),
        _ => {}
    }
    let hour = text.number(at, 2)?;
    if let Some(found) = french(text, at, hour) {
        return Some(found);
    }
    let (minute, end) = minutes(text, at + 1);
    let (half, end) = match half(text, end) {
        Some((half, end)) => (Some(half), end),
        None => (None, end),
    };
    let colon = text.is_mark(at + 1, ':') && end > at + 1;
    match half {
        Some(half) => Some((of_half(hour, minute, half)?, end)),
        None if colon => Some((Hour::of(hour, minute)?, end)),
        None => None,
    }
}

/// `8h`, `8 h 30`, `8 heures`.
fn french(text: &Lexemes<'_>, at: usize, hour: u32) -> Option<(Hour, usize)> {
    if !text.is_word(at + 1, &["h", "heure", "heures", "hrs"]) {
        return None;
    }
    let before = at.checked_sub(1);
    if before.is_some_and(|before| text.is_word(before, LENGTH)) {
        return None;
    }
    // `24h/24` and `7j/7` are no hours.
    if text.is_mark(at + 2, '/') {
        return None;
    }
    // `8h30` and `8 h 30`; in `8h 30 personnes` the number counts something else.
    let minute = match text.kind(at + 2) {
        Some(super::lexeme::Kind::Number(minute, 2)) if *minute < 60 => {
            let touches = text.touches(at + 1) || !text.touches(at);
            let counts = text
                .word(at + 3)
                .is_some_and(|word| COUNTED.contains(&word));
            (touches && !counts).then_some(*minute)
        }
        _ => None,
    };
    match minute {
        Some(minute) => Some((Hour::of(hour, minute)?, at + 3)),
        None => Some((Hour::of(hour, 0)?, at + 2)),
    }
}

/// What is counted beside an hour.
const COUNTED: &[&str] = &[
    "personnes",
    "participants",
    "people",
    "postes",
    "jours",
    "minutes",
];

/// `:30` or `.30`, or nothing.
fn minutes(text: &Lexemes<'_>, at: usize) -> (u32, usize) {
    let mark = text.is_mark(at, ':') || text.is_mark(at, '.');
    match text.kind(at + 1) {
        Some(super::lexeme::Kind::Number(minute, 2)) if mark && *minute < 60 => (*minute, at + 2),
        _ => (0, at),
    }
}

/// `am`, `p.m.`: whether it is the second half of the day.
fn half(text: &Lexemes<'_>, at: usize) -> Option<(bool, usize)> {
    match text.word(at)? {
        "am" => Some((false, at + 1)),
        "pm" => Some((true, at + 1)),
        letter @ ("a" | "p") if text.is_mark(at + 1, '.') && text.is_word(at + 2, &["m"]) => {
            let end = if text.is_mark(at + 3, '.') {
                at + 4
            } else {
                at + 3
            };
            Some((letter == "p", end))
        }
        _ => None,
    }
}

fn of_half(hour: u32, minute: u32, second: bool) -> Option<Hour> {
    match (hour, second) {
        (12, false) if minute == 0 => Some(Hour::Midnight),
        (12, false) => Hour::of(0, minute),
        (12, true) => Hour::of(12, minute),
        (1..12, second) => Hour::of(hour + if second { 12 } else { 0 }, minute),
        _ => None,
    }
}

/// `8` in `de 8 à 20h` or `8-20h`: an hour only because of the one it leads to.
pub(super) fn bare(text: &Lexemes<'_>, at: usize) -> Option<(Hour, usize)> {
    let hour = text.number(at, 2).filter(|hour| *hour <= 24)?;
    let led = at
        .checked_sub(1)
        .is_some_and(|before| text.is_word(before, &["de", "from", "entre", "between"]));
    let dash = text.is_mark(at + 1, '-');
    let joined = dash || led && text.word(at + 1).is_some_and(|word| UP_TO.contains(&word));
    if !joined
        || at
            .checked_sub(1)
            .is_some_and(|before| text.is_mark(before, '/'))
    {
        return None;
    }
    let (until, end) = read(text, at + 2)?;
    let afternoon = (at + 3..end).any(|at| text.is_word(at, &["pm", "p"]));
    let morning = Hour::of(hour, 0)?;
    let later = Hour::of(hour + 12, 0).filter(|_| hour < 12);
    // `from 8 to 10pm` is an evening, `from 8 to 6pm` a day.
    let from = match (afternoon, later, until) {
        (true, Some(Hour::At(later)), Hour::At(until)) if later < until => Hour::At(later),
        _ => morning,
    };
    Some((from, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let text = Lexemes::of(text);
        let (hour, end) = read(&text, 0)?;
        assert_eq!(end, text.len(), "all of it");
        Some(match hour {
            Hour::At(time) => time.strftime("%H:%M").to_string(),
            Hour::Midnight => "midnight".to_owned(),
        })
    }

    #[test]
    fn ok_hours_as_people_write_them() {
        for (text, expected) in [
            ("8h", "08:00"),
            ("8 h", "08:00"),
            ("8h30", "08:30"),
            ("8\u{a0}h\u{a0}30", "08:30"),
            ("20 heures", "20:00"),
            ("08:30", "08:30"),
            ("8am", "08:00"),
            ("8 a.m.", "08:00"),
            ("8:30 pm", "20:30"),
            ("8.30pm", "20:30"),
            ("12 pm", "12:00"),
            ("12am", "midnight"),
            ("midi", "12:00"),
            ("minuit", "midnight"),
            ("24h", "midnight"),
            ("0h", "00:00"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn err_what_is_no_hour() {
        for text in [
            "8",
            "25h",
            "8:75",
            "13pm",
            "2026",
            "h",
            "24h/24",
            "8 personnes",
        ] {
            let lexemes = Lexemes::of(text);
            assert_eq!(read(&lexemes, 0), None, "{text}");
        }
        let length = Lexemes::of("pendant 2 heures");
        assert_eq!(read(&length, 1), None);
    }

    #[test]
    fn ok_a_bare_hour_takes_its_half_of_the_day_from_the_other() {
        for (text, at, expected) in [
            ("from 8 to 10pm", 1, 20),
            ("from 8 to 6pm", 1, 8),
            ("de 8 à 20h", 1, 8),
            ("8-20h", 0, 8),
        ] {
            let lexemes = Lexemes::of(text);
            let (hour, _) = bare(&lexemes, at).unwrap();
            assert_eq!(hour.begins().hour(), expected, "{text}");
        }
    }
}
