//! Days and hours that differ from the timetable: closures with a label, exceptional openings.
//!
//! A closure is a span of the wall clock in the service's zone: whole days, a bridge day, the
//! afternoon of 24 December. It comes from the configuration or from an iCalendar file. An opening
//! is hours on certain days that hold whatever else is said of these days: it wins over closures
//! and holidays, and adds to the timetable.
//!
//! [`Dated`] keeps both by day, so that a day's hours are one look-up, whatever the site has
//! gathered over the years.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::{Date, DateTime, Time};

use super::hours::{DAY, Range, Ranges};

/// Most days that all closures and openings together may cover: more than a century.
pub const MOST_DAYS: usize = 40_000;

/// What a closure is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// In French.
    pub fr: String,
    /// In English; the French one if the site gives none.
    pub en: String,
}

/// A time without service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// From here, on the wall clock of the service's zone …
    pub from: DateTime,
    /// … to here, which is open again.
    pub to: DateTime,
    /// Why, for the reader of an answer.
    pub label: Label,
}

impl Closure {
    /// Whole days, both counting; nothing if reversed.
    #[must_use]
    pub fn days(first: Date, last: Date, label: Label) -> Option<Self> {
        let to = last.tomorrow().ok()?.to_datetime(Time::midnight());
        Self::new(first.to_datetime(Time::midnight()), to, label)
    }

    /// From an hour to an hour; nothing if it ends before it begins.
    #[must_use]
    pub fn new(from: DateTime, to: DateTime, label: Label) -> Option<Self> {
        (from < to).then_some(Self { from, to, label })
    }

    /// The last day it touches.
    #[must_use]
    pub fn last(&self) -> Date {
        if self.to.time() == Time::midnight() {
            self.to.date().yesterday().unwrap_or(self.to.date())
        } else {
            self.to.date()
        }
    }

    /// The part of a day it covers.
    fn part(&self, date: Date) -> Option<Range> {
        let from = if self.from.date() < date {
            0
        } else {
            second_of(self.from.time())
        };
        let to = if self.to.date() > date {
            DAY
        } else {
            second_of(self.to.time())
        };
        Range::new(from, to)
    }
}

/// Hours that hold whatever else is said of their days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The first day …
    pub first: Date,
    /// … and the last, which counts.
    pub last: Date,
    /// Open then, on each of the days.
    pub hours: Ranges,
}

/// Seconds since midnight.
#[must_use]
pub fn second_of(time: Time) -> u32 {
    let part = |value: i8| u32::try_from(value).unwrap_or(0);
    part(time.hour()) * 3_600 + part(time.minute()) * 60 + part(time.second())
}

/// What is wrong with closures and openings as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected closures and openings of at most {MOST_DAYS} days in all, but found more")]
pub struct TooManyDays;

/// Closures and openings by day.
#[derive(Debug, Clone, Default)]
pub struct Dated {
    closures: Vec<Closure>,
    closed: BTreeMap<Date, Vec<(Range, usize)>>,
    opened: BTreeMap<Date, Ranges>,
}

impl Dated {
    /// Sorts them by day.
    ///
    /// # Errors
    /// When they cover more than [`MOST_DAYS`].
    pub fn new(mut closures: Vec<Closure>, openings: &[Opening]) -> Result<Self, TooManyDays> {
        closures.sort_by_key(|closure| (closure.from, closure.to));
        closures.dedup();
        let mut dated = Self::default();
        let mut left = MOST_DAYS;
        let mut spend = || {
            left = left.checked_sub(1).ok_or(TooManyDays)?;
            Ok(())
        };
        for (place, closure) in closures.iter().enumerate() {
            for date in days(closure.from.date(), closure.last()) {
                spend()?;
                if let Some(part) = closure.part(date) {
                    dated.closed.entry(date).or_default().push((part, place));
                }
            }
        }
        for opening in openings {
            for date in days(opening.first, opening.last) {
                spend()?;
                let day = dated.opened.entry(date).or_default();
                *day = day.with(&opening.hours);
            }
        }
        dated.closures = closures;
        Ok(dated)
    }

    /// All closures, by their beginning.
    #[must_use]
    pub fn closures(&self) -> &[Closure] {
        &self.closures
    }

    /// What is closed on a day, and by which closure.
    pub fn closed(&self, date: Date) -> impl Iterator<Item = (Range, &Closure)> {
        self.closed
            .get(&date)
            .into_iter()
            .flatten()
            .filter_map(|(range, place)| Some((*range, self.closures.get(*place)?)))
    }

    /// What is open on a day whatever else is said.
    #[must_use]
    pub fn opened(&self, date: Date) -> Option<&Ranges> {
        self.opened.get(&date)
    }
}

/// The days from one to another, both counting.
pub fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first
        .series(Span::new().days(1))
        .take_while(move |date| *date <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Label {
        Label {
            fr: text.to_owned(),
            en: text.to_owned(),
        }
    }

    #[test]
    fn ok_a_closure_from_noon_covers_half_of_its_first_day() {
        let closure = Closure::new(
            "2026-12-24T12:00".parse().unwrap(),
            "2026-12-26T00:00".parse().unwrap(),
            label("Noël"),
        )
        .unwrap();
        assert_eq!(closure.last(), Date::constant(2026, 12, 25));
        let dated = Dated::new(vec![closure], &[]).unwrap();
        let parts = |day| -> Vec<String> {
            dated
                .closed(Date::constant(2026, 12, day))
                .map(|(range, _)| range.to_string())
                .collect()
        };
        assert_eq!(parts(24), ["12:00-24:00"]);
        assert_eq!(parts(25), ["00:00-24:00"]);
        assert!(parts(26).is_empty());
    }

    #[test]
    fn err_a_closure_of_millennia_is_refused_soon() {
        let closure = Closure::days(
            Date::constant(1, 1, 1),
            Date::constant(9999, 1, 1),
            label("x"),
        );
        assert_eq!(
            Dated::new(vec![closure.unwrap()], &[]).unwrap_err(),
            TooManyDays
        );
    }
}
