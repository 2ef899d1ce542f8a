//! Days: which ones are meant, how many requests each brought, and what is usual.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{Span as Length, Timestamp};
use serde::Serialize;

use super::Ledger;
use crate::calendar::{Calendar, closure};

/// Days that make a usual: four weeks.
pub const USUAL_DAYS: i64 = 28;
/// Open days among them below which nothing is usual yet.
const OPEN_DAYS: usize = 10;

/// Days from one to another, both counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

impl Span {
    /// Nothing if it would end before it begins.
    #[must_use]
    pub fn new(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The `days` days that end with one; one day at least.
    #[must_use]
    pub fn ending(last: Date, days: i64) -> Self {
        let first = last.saturating_sub(Length::new().days((days - 1).max(0)));
        Self { first, last }
    }

    /// The week of a day, Monday to Sunday.
    #[must_use]
    pub fn week(date: Date) -> Self {
        let first = monday(date);
        Self {
            first,
            last: first.saturating_add(Length::new().days(6)),
        }
    }

    /// Whether a day is one of them.
    #[must_use]
    pub fn holds(self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }

    /// How many there are.
    #[must_use]
    pub fn length(self) -> i64 {
        i64::from((self.last - self.first).get_days()) + 1
    }

    /// Each of them.
    pub fn dates(self) -> impl Iterator<Item = Date> {
        closure::days(self.first, self.last)
    }

    /// Whether it is a month of the calendar.
    #[must_use]
    pub fn is_month(self) -> bool {
        self.first.day() == 1 && self.last == self.first.last_of_month()
    }

    /// What it is compared with: the month before a month, else as many days before.
    #[must_use]
    pub fn before(self) -> Self {
        let last = self.first.saturating_sub(Length::new().days(1));
        if self.is_month() {
            Self {
                first: last.first_of_month(),
                last,
            }
        } else {
            Self::ending(last, self.length())
        }
    }

    /// The instant the first day begins.
    #[must_use]
    pub fn begins(self, calendar: &Calendar) -> Timestamp {
        midnight(self.first, calendar)
    }

    /// The instant after the last day.
    #[must_use]
    pub fn ends(self, calendar: &Calendar) -> Timestamp {
        self.last
            .tomorrow()
            .map_or(Timestamp::MAX, |after| midnight(after, calendar))
    }
}

/// The first instant of a day.
#[must_use]
pub fn midnight(date: Date, calendar: &Calendar) -> Timestamp {
    calendar
        .zone()
        .to_timestamp(date.to_datetime(Time::midnight()))
        .unwrap_or(Timestamp::MIN)
}

/// The Monday of a day's week.
#[must_use]
pub fn monday(date: Date) -> Date {
    let back = i64::from(date.weekday().to_monday_zero_offset());
    date.saturating_sub(Length::new().days(back))
}

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Requests that came on it.
    pub requests: u64,
    /// Whether somebody was there at all.
    pub open: bool,
    /// The median of the open days of the four weeks before, once there is one.
    pub usual: Option<f64>,
}

/// Requests of each day that had any.
pub(super) fn per_day(ledger: &Ledger, calendar: &Calendar) -> BTreeMap<Date, u64> {
    let asked = ledger.requests.iter();
    super::counted(asked.map(|request| calendar.local(request.asked).date()))
}

/// Requests of the span before, if the service was at work throughout it.
pub(super) fn before(
    per_day: &BTreeMap<Date, u64>,
    span: Span,
    ledger: &Ledger,
    calendar: &Calendar,
) -> Option<u64> {
    let before = span.before();
    let began = calendar.local(ledger.began?).date();
    // The day of the first request may have begun without the service.
    (began < before.first).then(|| sum(per_day, before))
}

fn sum(per_day: &BTreeMap<Date, u64>, span: Span) -> u64 {
    per_day.range(span.first..=span.last).map(|(_, n)| n).sum()
}

/// Every day of the span.
pub(super) fn days(
    per_day: &BTreeMap<Date, u64>,
    span: Span,
    ledger: &Ledger,
    calendar: &Calendar,
) -> Vec<Day> {
    let began = ledger.began.map(|at| calendar.local(at).date());
    let past = span.first.saturating_sub(Length::new().days(USUAL_DAYS));
    let open: Vec<(Date, u64)> = closure::days(past, span.last)
        .filter(|date| calendar.is_business_day(*date))
        .map(|date| (date, per_day.get(&date).copied().unwrap_or(0)))
        .collect();
    span.dates()
        .map(|date| {
            let from = date.saturating_sub(Length::new().days(USUAL_DAYS));
            let known = began.is_some_and(|began| began < from);
            let window = open
                .iter()
                .filter(|(day, _)| *day >= from && *day < date)
                .map(|(_, requests)| *requests);
            Day {
                date,
                requests: per_day.get(&date).copied().unwrap_or(0),
                open: calendar.is_business_day(date),
                usual: known.then(|| median(window.collect())).flatten(),
            }
        })
        .collect()
}

fn median(mut counts: Vec<u64>) -> Option<f64> {
    if counts.len() < OPEN_DAYS {
        return None;
    }
    counts.sort_unstable();
    let middle = counts.len() / 2;
    let upper = *counts.get(middle)?;
    let lower = if counts.len().is_multiple_of(2) {
        *counts.get(middle.checked_sub(1)?)?
    } else {
        upper
    };
    Some((lower + upper) as f64 / 2.0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ok_a_month_is_compared_with_the_month_before_and_days_with_as_many() {
        let span = |first, last| Span::new(first, last).unwrap();
        let november = span(date(2026, 11, 1), date(2026, 11, 30));
        assert_eq!(
            november.before(),
            span(date(2026, 10, 1), date(2026, 10, 31))
        );
        let march = span(date(2027, 3, 1), date(2027, 3, 31));
        assert_eq!(march.before(), span(date(2027, 2, 1), date(2027, 2, 28)));
        let ten = span(date(2026, 11, 11), date(2026, 11, 20));
        assert_eq!(ten.length(), 10);
        assert_eq!(ten.before(), span(date(2026, 11, 1), date(2026, 11, 10)));
        let week = Span::week(date(2026, 11, 26));
        assert_eq!(week, span(date(2026, 11, 23), date(2026, 11, 29)));
    }

    #[test]
    fn ok_a_usual_needs_ten_open_days() {
        assert_eq!(median(vec![1; 9]), None);
        assert_eq!(median(vec![9, 1, 1, 1, 1, 2, 9, 9, 9, 9]), Some(5.5));
        assert_eq!(median(vec![9, 1, 1, 1, 1, 3, 9, 9, 9, 9, 3]), Some(3.0));
    }
}
