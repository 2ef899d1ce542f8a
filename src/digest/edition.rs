//! Which digests are due: one each working morning, one each week.
//!
//! A morning begins when the service opens, but not before six, for a service that never closes;
//! it ends at noon, or an hour after an opening that is later. A day without hours has none: no
//! digest on a weekend, a holiday, in a closure. What a gateway was down for all morning is not
//! sent in the afternoon; the next morning says it all.
//!
//! The week's figures go out on the first working morning of the next week on which the gateway
//! runs: usually on Monday, on Tuesday after Easter, on Wednesday if the machine was down until
//! then. A week without a working morning tells nobody anything.
//!
//! That each goes out once, whatever is restarted, is kept by the store under [`Edition::mark`].

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ToSpan as _};

use crate::calendar::Calendar;
use crate::figures::Span;

/// No morning begins before.
const SIX: Time = Time::constant(6, 0, 0, 0);
/// When a morning is over.
const NOON: Time = Time::constant(12, 0, 0, 0);
/// How long a late opening leaves.
const AT_LEAST: SignedDuration = SignedDuration::from_hours(1);

/// One issue of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// The morning of a day.
    Morning(Date),
    /// The figures of a week.
    Week(Span),
}

impl std::fmt::Display for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Morning(date) => write!(f, "the digest of {date}"),
            Self::Week(span) => write!(f, "the figures of the week of {}", span.first),
        }
    }
}

impl Edition {
    /// What tells this issue from every other.
    #[must_use]
    pub fn mark(self) -> String {
        match self {
            Self::Morning(date) => date.to_string(),
            Self::Week(span) => span.first.to_string(),
        }
    }

    /// The word for the kind of issue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Morning(_) => "digest",
            Self::Week(_) => "digest_weekly",
        }
    }
}

/// What is due at an instant, but for what was `sent` before.
#[must_use]
pub fn due(calendar: &Calendar, now: Timestamp, sent: &[Edition]) -> Vec<Edition> {
    let today = calendar.local(now).date();
    let Some((begins, ends)) = window(calendar, today) else {
        return Vec::new();
    };
    if now < begins || now >= ends {
        return Vec::new();
    }
    let last_week = Span::week(today.saturating_sub(7.days()));
    [Edition::Morning(today), Edition::Week(last_week)]
        .into_iter()
        .filter(|edition| !sent.contains(edition))
        .collect()
}

/// From when to when the morning of a day is; none if the service is closed on it.
fn window(calendar: &Calendar, date: Date) -> Option<(Timestamp, Timestamp)> {
    let instant = |time: Time| calendar.zone().to_timestamp(date.to_datetime(time)).ok();
    let six = instant(SIX)?;
    // Its first hours may lie before six altogether.
    let begins = calendar.next_opening(six)?;
    if calendar.local(begins).date() != date {
        return None;
    }
    let late = begins.checked_add(AT_LEAST).ok()?;
    Some((begins, late.max(instant(NOON)?)))
}
