//! The closures that come every year on other dates, and that somebody has to enter in time.
//!
//! In: today and the closures there are. Out: the seasons for which nothing is entered although
//! they are near: from 30 days before 1 July for the summer, from 30 days before 15 December for
//! the turn of the year, until the season is over. Bridge days are no such closure: only one of
//! two days or more counts.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::closure::Closure;

/// How long before a season its closure should be entered, in days.
const NOTICE: i64 = 30;

/// A time of the year in which many institutes close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakSeason {
    /// 1 July to 31 August.
    Summer,
    /// 15 December to 5 January.
    Christmas,
}

impl BreakSeason {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Summer, Self::Christmas];

    /// The word in the configuration and in logs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Summer => "summer",
            Self::Christmas => "christmas",
        }
    }

    /// The season that begins in a year: its first and last day.
    #[must_use]
    pub fn days(self, year: i16) -> Option<(Date, Date)> {
        let (first, last) = match self {
            Self::Summer => (Date::new(year, 7, 1), Date::new(year, 8, 31)),
            Self::Christmas => (
                Date::new(year, 12, 15),
                Date::new(year.saturating_add(1), 1, 5),
            ),
        };
        Some((first.ok()?, last.ok()?))
    }
}

/// Those of the expected seasons that are near and have no closure.
#[must_use]
pub fn missing(expected: &[BreakSeason], today: Date, closures: &[Closure]) -> Vec<BreakSeason> {
    let notice: Span = NOTICE.days();
    let lacks = |season: &BreakSeason| {
        // In January the season of last year is not over.
        [today.year().saturating_sub(1), today.year()]
            .into_iter()
            .filter_map(|year| season.days(year))
            .any(|(first, last)| {
                let near = first.saturating_sub(notice) <= today && today <= last;
                near && !closures.iter().any(|closure| fills(closure, first, last))
            })
    };
    expected.iter().copied().filter(lacks).collect()
}

/// Whether a closure is one for a season, and no bridge day.
fn fills(closure: &Closure, first: Date, last: Date) -> bool {
    let (begins, ends) = (closure.from.date(), closure.last());
    begins < ends && begins <= last && ends >= first
}
