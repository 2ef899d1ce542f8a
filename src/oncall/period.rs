//! From when to when somebody is to be on call.
//!
//! A [`Period`] is on the wall clock, as people speak of it: one stretch, or the same hours on each
//! of several days. [`Period::slots`] are its instants: a length is a difference of instants, so
//! that the night on which the clocks change is as long as it is. An hour that the clock leaves out
//! or shows twice is taken so that the period is never shorter than meant.
//!
//! [`read`] finds a period in a text; [`french`](Period::french) and [`english`](Period::english)
//! say it back with weekdays, in words that read back as the same period (a property test).

pub mod change;
pub(super) mod read;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Doubt;
use super::hour::Hour;
use crate::calendar::closure::days;
use crate::calendar::{english, french};
use crate::policy::Language;

/// Days a period may have: what is longer is a post, not an occasion.
pub const MOST_DAYS: i32 = 62;

/// A period on the wall clock; its end does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// One stretch without a break.
    Through {
        /// Its beginning.
        from: DateTime,
        /// Its end.
        to: DateTime,
    },
    /// The same hours on each day; past midnight if they end no later than they begin.
    Daily {
        /// The first day.
        first: Date,
        /// The last day that has a beginning.
        last: Date,
        /// When each begins.
        from: Time,
        /// When each ends.
        to: Time,
    },
}

/// One stretch of instants; its end does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

impl Slot {
    /// Whether an instant is in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Period {
    /// From one moment to another.
    ///
    /// # Errors
    /// [`Doubt::Backwards`] or [`Doubt::TooLong`].
    pub(super) fn through(from: DateTime, to: DateTime) -> Result<Self, Doubt> {
        if to <= from {
            return Err(Doubt::Backwards);
        }
        checked(Self::Through { from, to })
    }

    /// The same hours on each day from the first to the last.
    ///
    /// # Errors
    /// [`Doubt::Backwards`] or [`Doubt::TooLong`].
    pub(super) fn daily(first: Date, last: Date, from: Hour, to: Hour) -> Result<Self, Doubt> {
        let (from, until) = (from.begins(), to.begins());
        if last < first {
            return Err(Doubt::Backwards);
        }
        if first < last {
            let to = until;
            return checked(Self::Daily {
                first,
                last,
                from,
                to,
            });
        }
        let end = if until <= from {
            tomorrow(first)?
        } else {
            first
        };
        Self::through(first.to_datetime(from), end.to_datetime(until))
    }

    /// The first and the last day on which it begins or goes on.
    #[must_use]
    pub fn days(&self) -> (Date, Date) {
        match *self {
            Self::Daily { first, last, .. } => (first, last),
            Self::Through { from, to } => {
                let ends_at_midnight = to.time() == Time::midnight();
                let last = if ends_at_midnight {
                    to.date().yesterday().unwrap_or(to.date())
                } else {
                    to.date()
                };
                (from.date(), last.max(from.date()))
            }
        }
    }

    /// When it begins and ends, on the wall clock.
    #[must_use]
    pub fn ends(&self) -> (DateTime, DateTime) {
        match *self {
            Self::Through { from, to } => (from, to),
            Self::Daily {
                first,
                last,
                from,
                to,
            } => {
                let end = if to <= from {
                    last.tomorrow().unwrap_or(last)
                } else {
                    last
                };
                (first.to_datetime(from), end.to_datetime(to))
            }
        }
    }

    /// The hours of each day, if it has such.
    #[must_use]
    pub fn hours(&self) -> Option<(Time, Time)> {
        match *self {
            Self::Daily { from, to, .. } => Some((from, to)),
            Self::Through { from, to } => {
                let day = from.date();
                let next = day.tomorrow().ok();
                let within =
                    to.date() == day || next == Some(to.date()) && to.time() <= from.time();
                within.then(|| (from.time(), to.time()))
            }
        }
    }

    /// Its instants, in order.
    #[must_use]
    pub fn slots(&self, zone: &TimeZone) -> Vec<Slot> {
        let slot = |from: DateTime, to: DateTime| {
            let from = zone.to_ambiguous_timestamp(from).earlier().ok()?;
            let until = zone.to_ambiguous_timestamp(to).later().ok()?;
            (from < until).then_some(Slot { from, until })
        };
        match *self {
            Self::Through { from, to } => slot(from, to).into_iter().collect(),
            Self::Daily {
                first,
                last,
                from,
                to,
            } => days(first, last)
                .filter_map(|day| {
                    let end = if to <= from {
                        day.tomorrow().ok()?
                    } else {
                        day
                    };
                    slot(day.to_datetime(from), end.to_datetime(to))
                })
                .collect(),
        }
    }

    /// With weekdays, in a language; [`Language::Unsure`] is French.
    #[must_use]
    pub fn said(&self, language: Language) -> String {
        match language {
            Language::En => self.english(),
            Language::Fr | Language::Unsure => self.french(),
        }
    }

    /// `du jeudi 3 décembre 2026 à 8 h au samedi 5 décembre 2026 à 20 h, sans interruption`.
    #[must_use]
    pub fn french(&self) -> String {
        let hours = |from, to| format!("de {} à {}", french::time(from), french::time(to));
        match *self {
            Self::Daily {
                first,
                last,
                from,
                to,
            } => format!(
                "du {} au {}, chaque {} {}{}",
                french::date(first),
                french::date(last),
                if to <= from { "nuit" } else { "jour" },
                hours(from, to),
                if to <= from {
                    " (le matin suivant)"
                } else {
                    ""
                },
            ),
            Self::Through { from, to } if from.date() == to.date() => {
                format!(
                    "le {} {}",
                    french::date(from.date()),
                    hours(from.time(), to.time())
                )
            }
            Self::Through { from, to } => format!(
                "du {} au {}, sans interruption",
                french::moment(from),
                french::moment(to)
            ),
        }
    }

    /// `from Thursday 3 December 2026 at 08:00 to Saturday 5 December 2026 at 20:00, without a break`.
    #[must_use]
    pub fn english(&self) -> String {
        let hours = |from, to| format!("from {} to {}", english::time(from), english::time(to));
        match *self {
            Self::Daily {
                first,
                last,
                from,
                to,
            } => format!(
                "from {} to {}, each {} {}{}",
                english::date(first),
                english::date(last),
                if to <= from { "night" } else { "day" },
                hours(from, to),
                if to <= from {
                    " (the morning after)"
                } else {
                    ""
                },
            ),
            Self::Through { from, to } if from.date() == to.date() => format!(
                "on {} {}",
                english::date(from.date()),
                hours(from.time(), to.time())
            ),
            Self::Through { from, to } => format!(
                "from {} to {}, without a break",
                english::moment(from),
                english::moment(to)
            ),
        }
    }
}

fn tomorrow(date: Date) -> Result<Date, Doubt> {
    date.tomorrow().map_err(|_| Doubt::NoSuchDay)
}

fn checked(period: Period) -> Result<Period, Doubt> {
    let (from, to) = period.ends();
    let latest = from
        .checked_add(MOST_DAYS.days())
        .map_err(|_| Doubt::NoSuchDay)?;
    if to > latest {
        return Err(Doubt::TooLong);
    }
    Ok(period)
}

#[cfg(test)]
mod tests;
