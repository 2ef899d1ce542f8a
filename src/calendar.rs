//! Business time: when the service is open, when it opens next, how long that is.
//!
//! In: [`Settings`] (a timetable, seasons, holidays, closures, openings, a time zone) and instants.
//! Out: instants and lengths. What a day's hours are is settled in this order: the season's
//! timetable or the usual one; nothing on a holiday; closures are cut out; exceptional openings
//! are added, whatever was said before.
//!
//! Hours are of the wall clock, lengths are differences of instants: on the night the clocks
//! change, 01:00 to 04:00 is two hours or four. An hour that the clock leaves out begins and ends
//! where the clock jumps; one that it shows twice begins and ends the first time.
//!
//! All functions walk the same list of open intervals, a day at a time, so that they agree:
//! `business_between` is additive and the inverse of `add_business`, and nothing counts inside
//! closed time (`calendar` in `tests/it`). A sum over a year is 365 steps.
//!
//! [`french`] and [`english`] write dates and reasons for readers; [`ics`] reads closures from
//! iCalendar files (RFC 5545).
//!
//! Not handled: several timetables for several teams; fractions of a second in settings.

pub mod closure;
pub mod english;
pub mod french;
pub mod holidays;
pub mod hours;
pub mod ics;
mod recurrence;
pub mod season;
pub mod timeline;

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

use closure::{Closure, Dated, Label, Opening, TooManyDays, second_of};
use holidays::{Holiday, Kept};
use hours::{DAY, Range, Ranges, Season, Week};
pub use season::BreakSeason;
pub use timeline::Timeline;

/// How far ahead an opening is looked for: twenty years of days.
const HORIZON: i64 = 20 * 366;

/// What a calendar is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service is.
    pub zone: TimeZone,
    /// The usual hours.
    pub week: Week,
    /// Other hours in parts of the year; no two share a day.
    pub seasons: Vec<Season>,
    /// Which public holidays are kept.
    pub holidays: Kept,
    /// Times without service.
    pub closures: Vec<Closure>,
    /// Hours that hold whatever else is said of their days.
    pub openings: Vec<Opening>,
    /// The closures that the site has every year, and may forget to enter.
    pub expected: Vec<BreakSeason>,
}

/// When the service is open.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    week: Week,
    seasons: Vec<Season>,
    holidays: Kept,
    dated: Dated,
    expected: Vec<BreakSeason>,
}

/// Why it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Saturday or Sunday.
    Weekend,
    /// A weekday without hours in the timetable.
    DayOff(Weekday),
    /// A day with hours, but not at this time.
    OutsideHours,
    /// A public holiday.
    Holiday(Holiday),
    /// A closure of the service.
    Closure(Label),
}

/// A time during which nobody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The next opening on the wall clock; nothing if none is known for twenty years.
    pub until: Option<DateTime>,
    /// Why, in the order of time, each reason once: what a reader asks who is told `until`.
    pub reasons: Vec<Reason>,
}

/// An interval of instants; `to` does not count.
#[derive(Debug, Clone, Copy)]
struct Open {
    from: Timestamp,
    to: Timestamp,
}

impl Calendar {
    /// Puts a calendar together.
    ///
    /// # Errors
    /// When closures and openings cover more than [`closure::MOST_DAYS`] days.
    pub fn new(settings: Settings) -> Result<Self, TooManyDays> {
        Ok(Self {
            dated: Dated::new(settings.closures, &settings.openings)?,
            zone: settings.zone,
            week: settings.week,
            seasons: settings.seasons,
            holidays: settings.holidays,
            expected: settings.expected,
        })
    }

    /// Where the service is.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the wall clock shows there.
    #[must_use]
    pub fn local(&self, t: Timestamp) -> DateTime {
        self.zone.to_datetime(t)
    }

    /// All closures, by their beginning.
    #[must_use]
    pub fn closures(&self) -> &[Closure] {
        self.dated.closures()
    }

    /// The public holiday kept on a day.
    #[must_use]
    pub fn holiday(&self, date: Date) -> Option<Holiday> {
        self.holidays.on(date)
    }

    /// The hours of a day, on the wall clock.
    #[must_use]
    pub fn hours(&self, date: Date) -> Ranges {
        let mut hours = if self.holidays.on(date).is_some() {
            Ranges::default()
        } else {
            self.timetable(date)
        };
        for (gap, _) in self.dated.closed(date) {
            hours = hours.without(gap);
        }
        match self.dated.opened(date) {
            Some(opened) => hours.with(opened),
            None => hours,
        }
    }

    /// The exceptional openings of a day.
    pub fn openings(&self, date: Date) -> impl Iterator<Item = Range> {
        self.dated.opened(date).into_iter().flat_map(Ranges::iter)
    }

    /// What the timetable says of a day, before holidays, closures and openings.
    fn timetable(&self, date: Date) -> Ranges {
        let season = self
            .seasons
            .iter()
            .find(|season| season.period.holds(date))
            .map_or(&self.week, |season| &season.week);
        season.on(date.weekday()).cloned().unwrap_or_default()
    }

    /// Whether somebody is there.
    #[must_use]
    pub fn is_open(&self, t: Timestamp) -> bool {
        self.at(t).is_some()
    }

    /// When it closes, if it is open now.
    #[must_use]
    pub fn next_closing(&self, t: Timestamp) -> Option<Timestamp> {
        self.closing_within(t, Duration::MAX)
    }

    /// The first instant from `t` on at which it is open: `t` itself if it is open now. Nothing if
    /// it stays closed for twenty years.
    #[must_use]
    pub fn next_opening(&self, t: Timestamp) -> Option<Timestamp> {
        self.from(t).next().map(|open| open.from.max(t))
    }

    /// The first instant from `t` on by which this much business time has passed: `t` itself for
    /// no time, the end of the day rather than the next morning. Nothing if that is more than
    /// twenty years away.
    #[must_use]
    pub fn add_business(&self, t: Timestamp, time: Duration) -> Option<Timestamp> {
        let mut left = SignedDuration::try_from(time).ok()?;
        if left.is_zero() {
            return Some(t);
        }
        for open in self.from(t) {
            let from = open.from.max(t);
            let length = open.to.duration_since(from);
            if length >= left {
                return from.checked_add(left).ok();
            }
            left -= length;
        }
        None
    }

    /// The business time from `a` to `b`; negative if `b` is before `a`.
    #[must_use]
    pub fn business_between(&self, a: Timestamp, b: Timestamp) -> SignedDuration {
        if b < a {
            return -self.business_between(b, a);
        }
        let last = self.local(b).date();
        self.days_from(a)
            .take_while(|date| date.yesterday().is_ok_and(|before| before <= last))
            .flat_map(|date| self.intervals(date))
            .filter(|open| open.to > a && open.from < b)
            .map(|open| open.to.min(b).duration_since(open.from.max(a)))
            .fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// Whether anybody is there at all on a day.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        !self.hours(date).is_empty()
    }

    /// The same time of day, this many business days on, or the next opening after that. What
    /// comes outside hours counts from the next opening: two business days from Friday evening is
    /// Wednesday morning. Nothing if that is more than twenty years away.
    #[must_use]
    pub fn add_business_days(&self, t: Timestamp, days: u32) -> Option<Timestamp> {
        let start = self.next_opening(t)?;
        let Some(more) = usize::try_from(days).ok()?.checked_sub(1) else {
            return Some(start);
        };
        let local = self.local(start);
        let date = closure::days(local.date().tomorrow().ok()?, Date::MAX)
            .take(usize::try_from(HORIZON).ok()?)
            .filter(|date| self.is_business_day(*date))
            .nth(more)?;
        self.next_opening(self.instant(date, second_of(local.time()))?)
    }

    /// Why it is closed at an instant; nothing if it is open.
    #[must_use]
    pub fn reason_closed(&self, t: Timestamp) -> Option<Reason> {
        if self.is_open(t) {
            return None;
        }
        let local = self.local(t);
        let second = second_of(local.time());
        let now = Range::new(second, second + 1)?;
        Some(self.reason(local.date(), now))
    }

    /// Until when it is closed and why, for somebody who writes at an instant; nothing if it is
    /// open. A closure tells more than the weekend beside it, and the hour alone tells something
    /// only if there is no other reason.
    #[must_use]
    pub fn closed(&self, t: Timestamp) -> Option<Closed> {
        if self.is_open(t) {
            return None;
        }
        let Some(opening) = self.next_opening(t) else {
            return Some(Closed {
                until: None,
                reasons: self.reason_closed(t).into_iter().collect(),
            });
        };
        let (from, until) = (self.local(t), self.local(opening));
        let mut reasons = Vec::new();
        for date in closure::days(from.date(), until.date()) {
            let begins = if date == from.date() {
                second_of(from.time())
            } else {
                0
            };
            let ends = if date == until.date() {
                second_of(until.time())
            } else {
                DAY
            };
            if let Some(part) = Range::new(begins, ends) {
                let reason = self.reason(date, part);
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        Some(Closed {
            until: Some(until),
            reasons: telling(reasons),
        })
    }

    /// Why a part of a day is closed. A closure counts for what it takes away from the hours, or
    /// for a day that has none.
    fn reason(&self, date: Date, part: Range) -> Reason {
        let usual = self.timetable(date);
        let taken = |gap: Range| {
            gap.overlap(part).is_some_and(|gap| {
                usual.is_empty() || usual.iter().any(|range| range.overlap(gap).is_some())
            })
        };
        if let Some((_, closure)) = self.dated.closed(date).find(|(gap, _)| taken(*gap)) {
            return Reason::Closure(closure.label.clone());
        }
        // On a day that has no hours anyway a holiday changes nothing.
        if let Some(holiday) = self.holidays.on(date).filter(|_| !usual.is_empty()) {
            return Reason::Holiday(holiday);
        }
        match date.weekday() {
            _ if !usual.is_empty() || self.dated.opened(date).is_some() => Reason::OutsideHours,
            Weekday::Saturday | Weekday::Sunday => Reason::Weekend,
            weekday => Reason::DayOff(weekday),
        }
    }

    /// Why a day, or a part of it that has hours, is closed; nothing for an ordinary open day.
    #[must_use]
    pub fn day_reason(&self, date: Date) -> Option<Reason> {
        match self.reason(date, Range::ALL_DAY) {
            Reason::OutsideHours => None,
            reason if self.dated.opened(date).is_some() => match reason {
                Reason::Weekend | Reason::DayOff(_) => None,
                other => Some(other),
            },
            reason => Some(reason),
        }
    }

    /// The closures that are expected soon and not entered; see [`season::missing`].
    #[must_use]
    pub fn missing_season(&self, now: Timestamp) -> Vec<BreakSeason> {
        season::missing(&self.expected, self.local(now).date(), self.closures())
    }

    /// The open interval that holds an instant.
    fn at(&self, t: Timestamp) -> Option<Open> {
        // Its own day and those beside it: where clocks go back at midnight, an instant belongs
        // to an interval of tomorrow's date.
        self.days_from(t)
            .take(3)
            .flat_map(|date| self.intervals(date))
            .find(|open| open.from <= t && t < open.to)
    }

    /// The open intervals that end after an instant, in order, for twenty years.
    fn from(&self, t: Timestamp) -> impl Iterator<Item = Open> {
        self.days_from(t)
            .take(usize::try_from(HORIZON).unwrap_or(usize::MAX))
            .flat_map(|date| self.intervals(date))
            .filter(move |open| open.to > t)
    }

    /// The days from the eve of an instant on.
    fn days_from(&self, t: Timestamp) -> impl Iterator<Item = Date> {
        let eve = self.local(t).date().saturating_sub(Span::new().days(1));
        closure::days(eve, Date::MAX)
    }

    /// The instants of a day's hours.
    fn intervals(&self, date: Date) -> Vec<Open> {
        self.hours(date)
            .iter()
            .filter_map(|range| {
                let from = self.instant(date, range.from())?;
                let to = self.instant(date, range.to())?;
                (from < to).then_some(Open { from, to })
            })
            .collect()
    }

    /// The instant at which the wall clock shows a second of a day, for the first time. A second
    /// that it leaves out is the instant of the jump, so that the order of seconds is never
    /// turned. Nothing at the ends of the calendar.
    fn instant(&self, date: Date, second: u32) -> Option<Timestamp> {
        let local = if second >= DAY {
            date.tomorrow().ok()?.to_datetime(Time::midnight())
        } else {
            let after = Span::new().seconds(i64::from(second));
            date.to_datetime(Time::midnight()).checked_add(after).ok()?
        };
        let found = self.zone.to_ambiguous_timestamp(local);
        let AmbiguousOffset::Gap { .. } = found.offset() else {
            return found.earlier().ok();
        };
        let after = found
            .later()
            .ok()?
            .checked_add(Span::new().seconds(1))
            .ok()?;
        let jump = self.zone.preceding(after).next()?;
        Some(jump.timestamp())
    }
}

/// Leaves out what tells a reader nothing beside the other reasons.
fn telling(mut reasons: Vec<Reason>) -> Vec<Reason> {
    if reasons.len() > 1 {
        reasons.retain(|reason| *reason != Reason::OutsideHours);
    }
    if reasons
        .iter()
        .any(|reason| matches!(reason, Reason::Closure(_)))
    {
        reasons.retain(|reason| !matches!(reason, Reason::Weekend | Reason::DayOff(_)));
    }
    reasons
}

/// Words in a row: `a`, `a et b`, `a, b et c`.
fn enumerated(words: impl Iterator<Item = String>, and: &str) -> String {
    let mut words: Vec<String> = words.collect();
    let Some(last) = words.pop() else {
        return String::new();
    };
    if words.is_empty() {
        return last;
    }
    format!("{} {and} {last}", words.join(", "))
}
