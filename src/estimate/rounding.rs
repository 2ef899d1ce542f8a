//! Figures as people read them: never more exact than they are, never less than they are.
//!
//! A length is rounded up to half an hour below four hours, to half a business day beyond. An
//! instant is rounded up to the half hour on the wall clock; one that is farther than four hours
//! of business to the end of its half day: noon, or the evening, where the service closes then.
//! Where it does not close within half a day, to the full hour.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::calendar::closure::second_of;

const HALF_HOUR: Duration = Duration::from_mins(30);
const HOUR: Duration = Duration::from_hours(1);
/// Up to here half hours are told, beyond it half days.
const FINE: Duration = Duration::from_hours(4);

/// A length of business time, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Half hours, one at least.
    HalfHours(u64),
    /// Half business days, one at least.
    HalfDays(u64),
}

impl Length {
    /// A length, where a business day has `day`, which is not zero.
    #[must_use]
    pub fn rounded(time: Duration, day: Duration) -> Self {
        if time <= FINE {
            Self::HalfHours(times(time, HALF_HOUR))
        } else {
            Self::HalfDays(times(time, day / 2))
        }
    }

    /// How long that is.
    #[must_use]
    pub fn time(self, day: Duration) -> Duration {
        let (unit, count) = match self {
            Self::HalfHours(count) => (HALF_HOUR, count),
            Self::HalfDays(count) => (day / 2, count),
        };
        unit.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

/// How often a unit goes into a time, rounded up, once at least.
fn times(time: Duration, unit: Duration) -> u64 {
    let count = time.as_secs().div_ceil(unit.as_secs().max(1));
    count.max(1)
}

/// The instant by which this much business time has passed, rounded up. Nothing if nobody knows of
/// so many hours to come.
#[must_use]
pub fn instant(
    calendar: &Calendar,
    now: Timestamp,
    time: Duration,
    day: Duration,
) -> Option<Timestamp> {
    let at = calendar.add_business(now, time)?;
    if time <= FINE {
        return wall(calendar, at, HALF_HOUR);
    }
    if !calendar.is_open(at) {
        return Some(at);
    }
    match calendar.closing_within(at, day / 2) {
        Some(closing) => Some(closing),
        None => wall(calendar, at, HOUR),
    }
}

/// The next instant at which the wall clock shows a multiple of a unit, the instant itself if it
/// does.
fn wall(calendar: &Calendar, at: Timestamp, unit: Duration) -> Option<Timestamp> {
    let whole = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let at = Timestamp::from_second(whole).ok()?;
    let second = u64::from(second_of(calendar.local(at).time()));
    let more = second.next_multiple_of(unit.as_secs()) - second;
    at.checked_add(SignedDuration::try_from(Duration::from_secs(more)).ok()?)
        .ok()
}
