//! Dates, times and reasons in English, for answers and for the command line.
//!
//! British order (`Monday 30 November 2026`), hours of 24 (`08:30`): nobody takes 04/05 or 5:00
//! for something else.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::holidays::Holiday;
use super::{BreakSeason, Reason};

/// `Monday`.
#[must_use]
pub fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `November`.
#[must_use]
pub fn month(date: Date) -> &'static str {
    match date.month() {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

/// `Monday 30 November 2026`.
#[must_use]
pub fn date(date: Date) -> String {
    let weekday = weekday(date.weekday());
    format!("{weekday} {} {}", day(date), date.year())
}

/// `30 November`.
#[must_use]
pub fn day(date: Date) -> String {
    format!("{} {}", date.day(), month(date))
}

/// `08:30`.
#[must_use]
pub fn time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `Monday 30 November 2026 at 08:30`.
#[must_use]
pub fn moment(local: DateTime) -> String {
    format!("{} at {}", date(local.date()), time(local.time()))
}

/// `Monday 30 November at 08:30`, for a day not far away, which needs no year.
#[must_use]
pub fn near(local: DateTime) -> String {
    let (date, time) = (local.date(), time(local.time()));
    let (weekday, month) = (weekday(date.weekday()), month(date));
    format!("{weekday} {} {month} at {time}", date.day())
}

/// What a holiday is called.
#[must_use]
pub fn holiday(holiday: Holiday) -> &'static str {
    match holiday {
        Holiday::NewYear => "New Year's Day",
        Holiday::GoodFriday => "Good Friday",
        Holiday::EasterMonday => "Easter Monday",
        Holiday::LabourDay => "Labour Day",
        Holiday::Victory1945 => "Victory Day 1945",
        Holiday::Ascension => "Ascension Day",
        Holiday::WhitMonday => "Whit Monday",
        Holiday::BastilleDay => "Bastille Day",
        Holiday::Assumption => "Assumption Day",
        Holiday::AllSaints => "All Saints' Day",
        Holiday::Armistice => "Armistice Day",
        Holiday::Christmas => "Christmas Day",
        Holiday::SaintStephen => "St Stephen's Day",
    }
}

/// Why it is closed, as it stands behind a colon.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Weekend => "weekend".to_owned(),
        Reason::DayOff(day) => format!("closed on {}s", weekday(*day)),
        Reason::OutsideHours => "outside opening hours".to_owned(),
        Reason::Holiday(day) => format!("public holiday ({})", holiday(*day)),
        Reason::Closure(label) => label.en.clone(),
    }
}

/// Several reasons: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn reasons(reasons: &[Reason]) -> String {
    super::enumerated(reasons.iter().map(reason), "and")
}

/// A season's closure.
#[must_use]
pub fn season(season: BreakSeason) -> &'static str {
    match season {
        BreakSeason::Summer => "summer closure",
        BreakSeason::Christmas => "year-end closure",
    }
}
