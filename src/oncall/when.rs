//! When somebody is to be on call, as far as it is known, and what more words make of it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::period::read::{self as times, Said};
use super::{Doubt, Period, hour};

/// When somebody is to be on call, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Nothing is.
    #[default]
    Unknown,
    /// The days, not the hours.
    Days(Date, Date),
    /// All of it.
    Period(Period),
    /// What is said cannot be meant.
    Odd(Doubt),
}

impl When {
    /// The period, if it is known.
    #[must_use]
    pub fn period(self) -> Option<Period> {
        match self {
            Self::Period(period) => Some(period),
            _ => None,
        }
    }

    /// The first and the last day, if they are known.
    #[must_use]
    pub fn days(self) -> Option<(Date, Date)> {
        match self {
            Self::Days(first, last) => Some((first, last)),
            Self::Period(period) => Some(period.days()),
            Self::Unknown | Self::Odd(_) => None,
        }
    }

    /// With what is said now.
    pub(super) fn with(self, said: Said) -> Self {
        let joined = match (said, self) {
            (Said::Nothing, _) => return self,
            (Said::Whole(period), _) => return Self::Period(period),
            (Said::Odd(doubt), _) => return Self::Odd(doubt),
            (Said::Days(first, last), Self::Period(period)) => {
                let (from, to) = period.hours().unwrap_or_else(|| {
                    let (from, to) = period.ends();
                    (from.time(), to.time())
                });
                if period.hours().is_some() {
                    times::daily(first, last, hour::Hour::At(from), hour::Hour::At(to))
                } else {
                    match Period::through(first.to_datetime(from), last.to_datetime(to)) {
                        Ok(period) => Said::Whole(period),
                        Err(doubt) => Said::Odd(doubt),
                    }
                }
            }
            (Said::Days(first, last), _) => return Self::Days(first, last),
            (Said::Hours(from, to), when) => match when.days() {
                Some((first, last)) => times::daily(first, last, from, to),
                None => return self,
            },
        };
        match joined {
            Said::Whole(period) => Self::Period(period),
            Said::Odd(doubt) => Self::Odd(doubt),
            _ => self,
        }
    }
}
