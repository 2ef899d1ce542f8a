//! Opening hours: ranges of a day, the week's timetable, seasons with a timetable of their own.
//!
//! In: texts such as `08:30-12:00`. Out: ranges that are sorted, never empty, and never overlap,
//! so that set arithmetic on them is one walk. Times are seconds since local midnight on the wall
//! clock; what instants these are is the calendar's business, because only it knows the zone.
//!
//! A season is either dated (`2027-07-12` to `2027-08-27`) or comes every year (`07-12` to
//! `08-27`, also over the turn of the year).
//!
//! Not handled: a range over midnight. Write `22:00-24:00` and, on the next day, `00:00-06:00`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};

/// Seconds of a wall-clock day; the largest end of a [`Range`].
pub const DAY: u32 = 86_400;

/// Longest dated season, in days.
const SEASON_DAYS: i32 = 366;

/// A part of a day on the wall clock: `from` counts, `to` does not; `from < to <= DAY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    from: u32,
    to: u32,
}

/// What is wrong with hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not of the form.
    #[error("expected a range such as \"08:30-12:00\", but found \"{0}\"")]
    Form(String),
    /// Ends before it begins.
    #[error(
        "expected a range that ends after it begins (one over midnight is written on both days), but found \"{0}\""
    )]
    Reversed(String),
    /// Two ranges of one day share time.
    #[error("expected ranges that do not overlap, but found \"{0}\" and \"{1}\"")]
    Overlap(Range, Range),
    /// A season's bound has no such form.
    #[error(
        "expected a date such as \"2027-07-12\" or, for every year, \"07-12\", but found \"{0}\""
    )]
    Bound(String),
    /// One bound has a year, the other has none.
    #[error(
        "expected both bounds of the season with a year or both without, but found \"{0}\" and \"{1}\""
    )]
    Mixed(String, String),
    /// A season that ends before it begins, or is longer than a year.
    #[error(
        "expected a season that ends after it begins and within a year, but found \"{0}\" and \"{1}\""
    )]
    Season(String, String),
}

impl Range {
    /// The whole day.
    pub const ALL_DAY: Self = Self { from: 0, to: DAY };

    /// Seconds since local midnight; nothing if it would be empty or pass midnight.
    #[must_use]
    pub fn new(from: u32, to: u32) -> Option<Self> {
        (from < to && to <= DAY).then_some(Self { from, to })
    }

    /// The first second.
    #[must_use]
    pub fn from(self) -> u32 {
        self.from
    }

    /// The second after the last.
    #[must_use]
    pub fn to(self) -> u32 {
        self.to
    }

    /// Whether a second of the day lies within.
    #[must_use]
    pub fn holds(self, second: u32) -> bool {
        self.from <= second && second < self.to
    }

    /// What two ranges share.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

impl FromStr for Range {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let form = || HoursError::Form(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(form)?;
        let from = clock(from.trim()).ok_or_else(form)?;
        let to = clock(to.trim()).ok_or_else(form)?;
        Self::new(from, to).ok_or_else(|| HoursError::Reversed(text.to_owned()))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Clock(self.from), Clock(self.to))
    }
}

/// A second of the day as `08:30`; the end of the day is `24:00`.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub u32);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 3_600, self.0 / 60 % 60)
    }
}

/// `08:30` or `8:30` as seconds since midnight, up to `24:00`.
fn clock(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str, most: usize| -> Option<u32> {
        let good = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        good.then(|| part.parse().ok())?
    };
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let seconds = hour * 3_600 + minute * 60;
    (minute < 60 && text.len() >= 4 && seconds <= DAY).then_some(seconds)
}

/// The open parts of one day, in order, disjoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range>);

impl Ranges {
    /// The ranges of a list of texts, in any order.
    ///
    /// # Errors
    /// When one has no such form, is reversed, or overlaps another.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, HoursError> {
        let mut ranges = texts
            .into_iter()
            .map(Range::from_str)
            .collect::<Result<Vec<_>, _>>()?;
        ranges.sort_unstable();
        let pairs = ranges.iter().zip(ranges.iter().skip(1));
        match pairs.into_iter().find(|(one, next)| next.from < one.to) {
            Some((one, next)) => Err(HoursError::Overlap(*one, *next)),
            None => Ok(Self(ranges)),
        }
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Range> {
        self.0.iter().copied()
    }

    /// Whether it is closed all day.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a second of the day is within one of them.
    #[must_use]
    pub fn holds(&self, second: u32) -> bool {
        self.0.iter().any(|range| range.holds(second))
    }

    /// What is left without `gap`.
    #[must_use]
    pub fn without(&self, gap: Range) -> Self {
        let sides = |range: &Range| {
            let before = Range::new(range.from, range.to.min(gap.from));
            let after = Range::new(range.from.max(gap.to), range.to);
            [before, after]
        };
        Self(self.0.iter().flat_map(sides).flatten().collect())
    }

    /// All of both; what touches becomes one.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut all: Vec<Range> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(all.len());
        for range in all {
            match merged.last_mut() {
                Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
                _ => merged.push(range),
            }
        }
        Self(merged)
    }
}

/// The hours of each weekday; a day that is not told is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week {
    days: [Ranges; 7],
}

impl Week {
    /// Monday first.
    #[must_use]
    pub fn new(days: [Ranges; 7]) -> Self {
        Self { days }
    }

    /// The hours of a weekday.
    #[must_use]
    pub fn on(&self, weekday: Weekday) -> Option<&Ranges> {
        let place = usize::try_from(weekday.to_monday_zero_offset()).ok()?;
        self.days.get(place).filter(|ranges| !ranges.is_empty())
    }

    /// Whether no day is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.iter().all(Ranges::is_empty)
    }
}

/// A timetable in the place of the usual one, on the days of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Season {
    /// When; both days count.
    pub period: Period,
    /// What then holds.
    pub week: Week,
}

/// The days of a season; both bounds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Once.
    Dated(Date, Date),
    /// Every year, from month and day to month and day; over the turn of the year if reversed.
    Yearly((i8, i8), (i8, i8)),
}

impl Period {
    /// Two dates with a year, or two without.
    ///
    /// # Errors
    /// When they have no such form, are mixed, reversed, or more than a year apart.
    pub fn parse(from: &str, to: &str) -> Result<Self, HoursError> {
        let both = || (from.to_owned(), to.to_owned());
        match (bound(from)?, bound(to)?) {
            (Bound::Dated(first), Bound::Dated(last)) => {
                let days = last.duration_since(first).as_hours() / 24;
                if !(0..i64::from(SEASON_DAYS)).contains(&days) {
                    let (from, to) = both();
                    return Err(HoursError::Season(from, to));
                }
                Ok(Self::Dated(first, last))
            }
            (Bound::Yearly(first), Bound::Yearly(last)) => Ok(Self::Yearly(first, last)),
            _ => {
                let (from, to) = both();
                Err(HoursError::Mixed(from, to))
            }
        }
    }

    /// Whether a day is one of its days.
    #[must_use]
    pub fn holds(self, date: Date) -> bool {
        match self {
            Self::Dated(first, last) => (first..=last).contains(&date),
            Self::Yearly(first, last) => {
                let day = (date.month(), date.day());
                if first <= last {
                    (first..=last).contains(&day)
                } else {
                    day >= first || day <= last
                }
            }
        }
    }

    /// A day that is one of both, if there is any.
    #[must_use]
    pub fn shared(self, other: Self) -> Option<Date> {
        let days = |period: Self| match period {
            Self::Dated(first, last) => (first, last),
            // A leap year shows every day there can be.
            Self::Yearly(..) => (Date::constant(2028, 1, 1), Date::constant(2028, 12, 31)),
        };
        let (first, last) = match (self, other) {
            (Self::Yearly(..), dated @ Self::Dated(..)) => days(dated),
            (one, _) => days(one),
        };
        let span = jiff::Span::new().days(1);
        first
            .series(span)
            .take_while(|date| *date <= last)
            .find(|date| self.holds(*date) && other.holds(*date))
    }
}

enum Bound {
    Dated(Date),
    Yearly((i8, i8)),
}

fn bound(text: &str) -> Result<Bound, HoursError> {
    let wrong = || HoursError::Bound(text.to_owned());
    if text.len() != 5 {
        return text.parse().map(Bound::Dated).map_err(|_| wrong());
    }
    // 29 February is a day of some years: asked of a leap year.
    let date: Date = format!("2028-{text}").parse().map_err(|_| wrong())?;
    Ok(Bound::Yearly((date.month(), date.day())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(texts: &[&str]) -> Ranges {
        Ranges::parse(texts.iter().copied()).unwrap()
    }

    #[test]
    fn ok_ranges_are_sorted_and_shown_as_written() {
        let shown: Vec<String> = ranges(&["13:30-17:00", "8:30-12:00", "22:00-24:00"])
            .iter()
            .map(|range| range.to_string())
            .collect();
        assert_eq!(shown, ["08:30-12:00", "13:30-17:00", "22:00-24:00"]);
    }

    #[test]
    fn err_what_is_no_range_says_what_would_do() {
        for (text, told) in [
            ("morning", "such as \"08:30-12:00\""),
            ("08:30", "such as"),
            ("8h30-12h", "such as"),
            ("08:60-12:00", "such as"),
            ("08:30-24:01", "such as"),
            ("+8:30-12:00", "such as"),
            ("12:00-08:30", "ends after it begins"),
            ("12:00-12:00", "ends after it begins"),
        ] {
            let error = Ranges::parse([text]).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        let error = Ranges::parse(["13:00-17:00", "08:30-13:30"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected ranges that do not overlap, but found \"08:30-13:30\" and \"13:00-17:00\""
        );
        assert!(Ranges::parse(["08:30-12:00", "12:00-13:00"]).is_ok());
    }

    #[test]
    fn ok_cutting_out_and_adding_are_one_walk() {
        let day = ranges(&["08:30-12:00", "13:30-17:00"]);
        let gap = |text: &str| text.parse::<Range>().unwrap();
        assert_eq!(day.without(gap("12:00-13:30")), day);
        assert_eq!(
            day.without(gap("11:00-14:00")),
            ranges(&["08:30-11:00", "14:00-17:00"])
        );
        assert_eq!(
            day.without(gap("09:00-10:00")),
            ranges(&["08:30-09:00", "10:00-12:00", "13:30-17:00"])
        );
        assert!(day.without(Range::ALL_DAY).is_empty());
        assert_eq!(
            day.with(&ranges(&["12:00-13:30", "19:00-20:00"])),
            ranges(&["08:30-17:00", "19:00-20:00"])
        );
    }

    #[test]
    fn ok_a_season_may_go_over_the_turn_of_the_year() {
        let winter = Period::parse("12-15", "01-10").unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(winter.holds(day("2026-12-15")) && winter.holds(day("2027-01-10")));
        assert!(!winter.holds(day("2027-01-11")) && !winter.holds(day("2026-12-14")));
        let summer = Period::parse("07-12", "08-27").unwrap();
        assert_eq!(summer.shared(winter), None);
        let dated = Period::parse("2027-08-27", "2027-09-03").unwrap();
        assert_eq!(summer.shared(dated), Some(day("2027-08-27")));
        assert_eq!(dated.shared(summer), Some(day("2027-08-27")));
    }

    #[test]
    fn err_a_season_needs_two_bounds_of_one_kind() {
        let told = |from, to| Period::parse(from, to).unwrap_err().to_string();
        assert!(told("July", "08-27").contains("but found \"July\""));
        assert!(told("02-30", "08-27").contains("but found \"02-30\""));
        assert!(told("07-12", "2027-08-27").contains("both without"));
        assert!(told("2027-08-27", "2027-07-12").contains("ends after it begins"));
        assert!(told("2027-08-27", "2029-07-12").contains("within a year"));
    }
}
