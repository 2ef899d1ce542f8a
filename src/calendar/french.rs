//! Dates, times and reasons in French, for answers.
//!
//! As the typographic rules of the Imprimerie nationale have it: no capitals for days and months,
//! `1er`, hours as `8 h 30`. The blanks within a time or date do not break.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::holidays::Holiday;
use super::{BreakSeason, Reason};

/// A no-break space.
const NBSP: char = '\u{a0}';

/// `lundi`.
#[must_use]
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "lundi",
        Weekday::Tuesday => "mardi",
        Weekday::Wednesday => "mercredi",
        Weekday::Thursday => "jeudi",
        Weekday::Friday => "vendredi",
        Weekday::Saturday => "samedi",
        Weekday::Sunday => "dimanche",
    }
}

/// `novembre`.
#[must_use]
pub fn month(date: Date) -> &'static str {
    match date.month() {
        1 => "janvier",
        2 => "février",
        3 => "mars",
        4 => "avril",
        5 => "mai",
        6 => "juin",
        7 => "juillet",
        8 => "août",
        9 => "septembre",
        10 => "octobre",
        11 => "novembre",
        _ => "décembre",
    }
}

/// `lundi 30 novembre 2026`.
#[must_use]
pub fn date(date: Date) -> String {
    let weekday = weekday(date.weekday());
    format!("{weekday} {} {}", day(date), date.year())
}

/// `30 novembre`, `1er décembre`.
#[must_use]
pub fn day(date: Date) -> String {
    let day = match date.day() {
        1 => "1er".to_owned(),
        day => day.to_string(),
    };
    format!("{day}{NBSP}{}", month(date))
}

/// `8 h 30`, `14 h`.
#[must_use]
pub fn time(time: Time) -> String {
    match time.minute() {
        0 => format!("{}{NBSP}h", time.hour()),
        minute => format!("{}{NBSP}h{NBSP}{minute:02}", time.hour()),
    }
}

/// `lundi 30 novembre 2026 à 8 h 30`.
#[must_use]
pub fn moment(local: DateTime) -> String {
    format!("{} à {}", date(local.date()), time(local.time()))
}

/// `lundi 30 novembre à 8 h 30`, for a day not far away, which needs no year.
#[must_use]
pub fn near(local: DateTime) -> String {
    let (date, time) = (local.date(), time(local.time()));
    let day = match date.day() {
        1 => "1er".to_owned(),
        day => day.to_string(),
    };
    let (weekday, month) = (weekday(date.weekday()), month(date));
    format!("{weekday} {day}{NBSP}{month} à {time}")
}

/// What a holiday is called.
#[must_use]
pub fn holiday(holiday: Holiday) -> &'static str {
    match holiday {
        Holiday::NewYear => "jour de l'An",
        Holiday::GoodFriday => "Vendredi saint",
        Holiday::EasterMonday => "lundi de Pâques",
        Holiday::LabourDay => "fête du Travail",
        Holiday::Victory1945 => "victoire de 1945",
        Holiday::Ascension => "jeudi de l'Ascension",
        Holiday::WhitMonday => "lundi de Pentecôte",
        Holiday::BastilleDay => "fête nationale",
        Holiday::Assumption => "Assomption",
        Holiday::AllSaints => "Toussaint",
        Holiday::Armistice => "armistice de 1918",
        Holiday::Christmas => "Noël",
        Holiday::SaintStephen => "Saint-Étienne",
    }
}

/// Why it is closed, as it stands behind a colon.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Weekend => "week-end".to_owned(),
        Reason::DayOff(day) => format!("fermé le {}", weekday(*day)),
        Reason::OutsideHours => "en dehors des heures d'ouverture".to_owned(),
        Reason::Holiday(day) => format!("jour férié ({})", holiday(*day)),
        Reason::Closure(label) => label.fr.clone(),
    }
}

/// Several reasons: `a`, `a et b`, `a, b et c`.
#[must_use]
pub fn reasons(reasons: &[Reason]) -> String {
    super::enumerated(reasons.iter().map(reason), "et")
}

/// A season's closure.
#[must_use]
pub fn season(season: BreakSeason) -> &'static str {
    match season {
        BreakSeason::Summer => "fermeture d'été",
        BreakSeason::Christmas => "fermeture de fin d'année",
    }
}
