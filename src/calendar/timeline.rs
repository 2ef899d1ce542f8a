//! The open time of a span, added up once, for whoever asks about thousands of instants in it.
//!
//! [`Calendar::business_between`] walks the days between two instants; over three months of
//! tickets that is a walk for each. A [`Timeline`] keeps the open intervals of a span with what
//! came before each, so that an answer is a binary search. Both agree (`calendar` in `tests/it`).
//!
//! Whole seconds: what it is asked about are instants out of the store, which has no others.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Calendar, closure};

/// The open intervals of a span of time.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    open: Vec<Stretch>,
    usual_day: Duration,
}

/// One open interval, in Unix seconds, and the open seconds before it.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: i64,
    to: i64,
    before: i64,
}

impl Calendar {
    /// The open time from one instant to another.
    #[must_use]
    pub fn timeline(&self, from: Timestamp, to: Timestamp) -> Timeline {
        let (first, last) = (from.as_second(), to.as_second());
        let mut open: Vec<Stretch> = Vec::new();
        let mut before = 0;
        let mut reached = first;
        for one in self.from(from) {
            let (from, to) = (
                one.from.as_second().max(reached),
                one.to.as_second().min(last),
            );
            if one.from.as_second() >= last {
                break;
            }
            if from < to {
                open.push(Stretch { from, to, before });
                before += to - from;
                reached = to;
            }
        }
        let whole = closure::days(self.local(from).date(), self.local(to).date()).skip(1);
        Timeline {
            open,
            usual_day: self.usual_day(whole),
        }
    }

    /// The mean of the hours of some days, without those that have none; zero if all have none.
    fn usual_day(&self, dates: impl Iterator<Item = Date>) -> Duration {
        let (mut seconds, mut days) = (0_u64, 0_u64);
        for hours in dates.map(|date| self.hours(date)) {
            let day: u64 = hours
                .iter()
                .map(|one| u64::from(one.to() - one.from()))
                .sum();
            seconds += day;
            days += u64::from(day > 0);
        }
        Duration::from_secs(seconds.checked_div(days).unwrap_or(0))
    }

    /// When it closes, if it is open and closes within a span of time.
    #[must_use]
    pub fn closing_within(&self, t: Timestamp, span: Duration) -> Option<Timestamp> {
        let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        let mut end = self.at(t)?.to;
        for open in self.from(end) {
            if open.from > end || end.duration_since(t) > span {
                break;
            }
            end = end.max(open.to);
        }
        (end.duration_since(t) <= span).then_some(end)
    }
}

impl Timeline {
    /// The open time between two instants of the span; what lies outside it does not count, and
    /// there is none if the second comes first.
    #[must_use]
    pub fn between(&self, a: Timestamp, b: Timestamp) -> Duration {
        let open = self.until(b.as_second()) - self.until(a.as_second());
        Duration::from_secs(u64::try_from(open).unwrap_or(0))
    }

    /// All open time of the span.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.between(Timestamp::MIN, Timestamp::MAX)
    }

    /// The hours of a usual business day: the mean over the span, zero if it has none.
    #[must_use]
    pub fn usual_day(&self) -> Duration {
        self.usual_day
    }

    /// The open seconds before an instant.
    fn until(&self, second: i64) -> i64 {
        let next = self.open.partition_point(|one| one.from < second);
        next.checked_sub(1)
            .and_then(|last| self.open.get(last))
            .map_or(0, |one| one.before + second.min(one.to) - one.from)
    }
}
