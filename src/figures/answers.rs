//! How long people waited for a person's first answer, in business time.
//!
//! Counted are requests that wait for a person: one that was refused by the rules has its answer
//! from them, and one that went up in another ticket is answered there. What ended without an
//! answer is left out. What is open and unanswered counts as longer than every answer that was
//! given, so that a week with much left undone does not look quick: where the rank of the median
//! or of the 80 % value falls among those, there is no figure yet.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::days::monday;
use super::{Request, Span, whole};
use crate::calendar::Calendar;

/// Fewer cases than this say nothing.
pub const FEWEST: u64 = 5;

/// The waits of some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// Requests that had a first answer.
    pub answered: u64,
    /// Requests that still wait for it.
    pub waiting: u64,
    /// Business minutes within which half of them had it.
    pub median_minutes: Option<i64>,
    /// Business minutes within which 80 % of them had it.
    pub p80_minutes: Option<i64>,
}

/// The requests of one week, Monday to Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// Requests that came in it, as far as the span goes.
    pub requests: u64,
    /// Their waits.
    #[serde(flatten)]
    pub answers: Answers,
}

/// One request's wait.
enum Wait {
    Minutes(i64),
    Unanswered,
}

impl Answers {
    /// Counts.
    pub fn of<'a>(asked: impl Iterator<Item = &'a Request>, calendar: &Calendar) -> Self {
        let mut minutes = Vec::new();
        let mut waiting = 0;
        for wait in asked.filter_map(|request| wait(request, calendar)) {
            match wait {
                Wait::Minutes(one) => minutes.push(one),
                Wait::Unanswered => waiting += 1,
            }
        }
        minutes.sort_unstable();
        Self {
            answered: whole(minutes.len()),
            waiting,
            median_minutes: quantile(&minutes, waiting, 50),
            p80_minutes: quantile(&minutes, waiting, 80),
        }
    }
}

fn wait(request: &Request, calendar: &Calendar) -> Option<Wait> {
    if request.merged || request.began().is_refusal() {
        return None;
    }
    match request.first_answer {
        Some(at) => Some(Wait::Minutes(
            calendar
                .business_between(request.asked, at)
                .as_mins()
                .max(0),
        )),
        None => request.status.is_open().then_some(Wait::Unanswered),
    }
}

/// The value that `percent` of all do not exceed; the unanswered come last.
fn quantile(sorted: &[i64], waiting: u64, percent: u64) -> Option<i64> {
    let cases = whole(sorted.len()) + waiting;
    if cases < FEWEST {
        return None;
    }
    let rank = (cases * percent).div_ceil(100).max(1);
    sorted.get(usize::try_from(rank - 1).ok()?).copied()
}

/// Week by week, every week that the span touches.
pub(super) fn weeks(asked: &[&Request], span: Span, calendar: &Calendar) -> Vec<Week> {
    let mut weeks: BTreeMap<Date, Vec<&Request>> = span
        .dates()
        .map(|date| (monday(date), Vec::new()))
        .collect();
    for request in asked {
        let monday = monday(calendar.local(request.asked).date());
        weeks.entry(monday).or_default().push(request);
    }
    weeks
        .into_iter()
        .map(|(monday, asked)| Week {
            monday,
            requests: whole(asked.len()),
            answers: Answers::of(asked.into_iter(), calendar),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_waits_makes_the_figures_longer_and_then_unknown() {
        let given = [10, 20, 30, 40, 50, 60, 70, 80];
        assert_eq!(quantile(&given, 0, 50), Some(40));
        assert_eq!(quantile(&given, 0, 80), Some(70));
        assert_eq!(quantile(&given, 2, 50), Some(50));
        assert_eq!(quantile(&given, 2, 80), Some(80));
        assert_eq!(quantile(&given, 3, 80), None);
        assert_eq!(quantile(&given, 9, 50), None);
    }

    #[test]
    fn ok_a_handful_is_needed() {
        assert_eq!(quantile(&[1, 2, 3, 4], 0, 50), None);
        assert_eq!(quantile(&[1, 2, 3, 4], 1, 50), Some(3));
        assert_eq!(quantile(&[], 0, 50), None);
    }
}
