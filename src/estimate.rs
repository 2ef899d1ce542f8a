//! How soon a person answers, from how soon persons answered: the expected first answer.
//!
//! In: the requests of the last [`WINDOW_DAYS`] days with their first answers by a person, in
//! business time ([`Past`]). Out: a [`Snapshot`], and from it for one new request an
//! [`Expectation`]: the length that half of comparable requests wait, and the instant before which
//! eight of ten have their answer.
//!
//! - Comparable is what was judged the same when it was opened: priority and category if there are
//!   [`LEAST_CASES`] of them, else the priority, else all requests; fewer say nothing.
//! - Requests without an answer count for as long as they have waited ([`survival`]); those that
//!   ended without one, until then. A share is read off only while [`LEAST_AT_RISK`] requests
//!   still waited; if too few are answered for it, nothing is said, and no wider group is asked
//!   instead: that would flatter.
//! - The queue: requests ahead by the first answers an open hour of four weeks. If that is longer
//!   than the half says, the whole figure is as much later.
//! - What is said is rounded up ([`rounding`]) and judged afterwards ([`coverage`]); figures of a
//!   priority that are not kept are reckoned, and not told.
//!
//! A snapshot is a table like the others: an instant's value that decisions read. An answer given
//! outside hours to a question asked outside hours took no business time.
//!
//! Not handled: who is on holiday tomorrow. What is ahead is told by the queue alone.

pub mod coverage;
pub mod rounding;
pub mod survival;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Timeline};
use crate::ticket::priority::{Category, Priority};
use coverage::{Coverage, Promise};
use rounding::Length;
use survival::{Survival, Wait};

/// Days that are looked back on.
pub const WINDOW_DAYS: i64 = 90;
/// Days over which first answers are counted for the queue.
pub const PACE_DAYS: i64 = 28;
/// Requests of a group, answered or not, below which it says nothing.
pub const LEAST_CASES: usize = 20;
/// Requests that still waited where a share is read off: at the eighth answer of ten it is five of
/// twenty.
pub const LEAST_AT_RISK: usize = 5;

/// The two shares that are told.
const HALF: f64 = 0.5;
const MOST: f64 = 0.8;

/// A request, and what became of the wait of its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// As it was judged when it was opened.
    pub priority: Priority,
    /// As it was judged when it was opened.
    pub category: Category,
    /// Since when its author waits for a person.
    pub opened: Timestamp,
    /// How the wait ended, if it did.
    pub end: End,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It lasts.
    Waiting,
    /// A person answered.
    Answered(Timestamp),
    /// The request ended without an answer.
    Dropped(Timestamp),
}

/// What the store knows of the past.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Requests opened within [`WINDOW_DAYS`].
    pub observations: Vec<Observation>,
    /// First answers within [`PACE_DAYS`], to whatever request.
    pub answers: u64,
    /// When the first request of all came: before it nobody could answer.
    pub begun: Option<Timestamp>,
    /// Figures that were reckoned within [`WINDOW_DAYS`].
    pub promises: Vec<Promise>,
}

/// The instant from which a past is looked back on.
#[must_use]
pub fn since(now: Timestamp, days: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * days))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Requests that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Of one priority and category.
    Same(Priority, Category),
    /// Of one priority.
    Priority(Priority),
    /// All of them.
    All,
}

impl Group {
    /// The groups of a request, the closest first.
    fn of(priority: Priority, category: Category) -> [Self; 3] {
        [
            Self::Same(priority, category),
            Self::Priority(priority),
            Self::All,
        ]
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(priority, category) => write!(f, "{priority} {category}"),
            Self::Priority(priority) => write!(f, "{priority}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// What a group says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its requests.
    pub cases: usize,
    /// Of these: a person has answered.
    pub answered: usize,
    /// The business time within which half have an answer, if that is known.
    pub half: Option<Duration>,
    /// The same of eight of ten.
    pub most: Option<Duration>,
}

impl Reading {
    fn of(waits: Vec<Wait>) -> Self {
        let cases = waits.len();
        let answered = waits.iter().filter(|wait| wait.answered).count();
        let survival = Survival::of(waits);
        let read = |share| {
            survival
                .step(share)
                .filter(|step| step.at_risk >= LEAST_AT_RISK)
                .map(|step| step.time)
        };
        Self {
            cases,
            answered,
            half: read(HALF),
            most: read(MOST),
        }
    }
}

/// What the past says at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    at: Timestamp,
    groups: BTreeMap<Group, Reading>,
    /// The open time of a usual business day; zero if there was none.
    day: Duration,
    /// First answers, and the open time in which they were given.
    pace: (u64, Duration),
    promises: Vec<Promise>,
    /// How the latest figures of each priority, and of all, were kept.
    latest: BTreeMap<Option<Priority>, Coverage>,
}

/// A new request.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Its place in the queue.
    pub priority: Priority,
    /// Its kind.
    pub category: Category,
    /// Requests of the same or a higher priority that no person has answered.
    pub ahead: u64,
}

/// What may be said to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// This.
    Told(Figure),
    /// Nothing: this is what would be said, but of late too few such figures were kept, or it is
    /// a letter that has other things to say.
    Withheld(Figure),
    /// Nothing: there are too few requests to compare with.
    TooFew,
    /// Nothing: too many of them have no answer yet.
    Open,
}

impl Expectation {
    /// The figure, told or not.
    #[must_use]
    pub fn figure(&self) -> Option<&Figure> {
        match self {
            Self::Told(figure) | Self::Withheld(figure) => Some(figure),
            Self::TooFew | Self::Open => None,
        }
    }

    /// The same, not to be told.
    #[must_use]
    pub fn withheld(self) -> Self {
        match self {
            Self::Told(figure) => Self::Withheld(figure),
            other => other,
        }
    }
}

/// How long one request will probably wait, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// The instant of the snapshot it comes from.
    pub snapshot: Timestamp,
    /// The requests it was compared with.
    pub group: Group,
    /// How many they are.
    pub cases: usize,
    /// Seconds of business time for those ahead; nothing if nobody is.
    pub queue: Option<u64>,
    /// Half of comparable requests have an answer within this.
    pub half: Length,
    /// Eight of ten have one before this instant.
    pub due: Timestamp,
}

impl Snapshot {
    /// What the past says now. Linear but for sorting.
    #[must_use]
    pub fn of(past: &Past, calendar: &Calendar, now: Timestamp) -> Self {
        let timeline = calendar.timeline(since(now, WINDOW_DAYS), now);
        let mut groups: BTreeMap<Group, Vec<Wait>> = BTreeMap::new();
        for observation in &past.observations {
            let wait = observation.wait(&timeline, now);
            for group in Group::of(observation.priority, observation.category) {
                groups.entry(group).or_default().push(wait);
            }
        }
        let mut promises: BTreeMap<Option<Priority>, Vec<Promise>> = BTreeMap::new();
        for promise in &past.promises {
            for key in [None, Some(promise.priority)] {
                promises.entry(key).or_default().push(*promise);
            }
        }
        let begun = past.begun.unwrap_or(now).max(since(now, PACE_DAYS));
        Self {
            at: now,
            groups: groups
                .into_iter()
                .map(|(group, waits)| (group, Reading::of(waits)))
                .collect(),
            day: timeline.usual_day(),
            pace: (past.answers, timeline.between(begun, now)),
            promises: past.promises.clone(),
            latest: promises
                .into_iter()
                .map(|(key, promises)| (key, Coverage::of_latest(promises, now)))
                .collect(),
        }
    }

    /// Its instant.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Every group with what it says, however few its requests are.
    pub fn groups(&self) -> impl Iterator<Item = (Group, &Reading)> {
        self.groups.iter().map(|(group, reading)| (*group, reading))
    }

    /// The open time of a usual business day; zero if the past had none.
    #[must_use]
    pub fn day(&self) -> Duration {
        self.day
    }

    /// First answers by persons, and the open time in which they were given.
    #[must_use]
    pub fn pace(&self) -> (u64, Duration) {
        self.pace
    }

    /// How the figures that were told were kept: of one priority, or of all.
    #[must_use]
    pub fn told(&self, priority: Option<Priority>) -> Coverage {
        let told = self.promises.iter().filter(|promise| {
            promise.told && priority.is_none_or(|priority| priority == promise.priority)
        });
        Coverage::of(told.copied(), self.at)
    }

    /// Whether the figures of a priority are not told, since too few were kept.
    #[must_use]
    pub fn withholds(&self, priority: Priority) -> bool {
        let latest = |key| self.latest.get(&key).copied().unwrap_or_default();
        let own = latest(Some(priority));
        if own.is_enough() { own } else { latest(None) }.fails()
    }

    /// The group a request is compared with, if any is large enough.
    fn comparable(&self, priority: Priority, category: Category) -> Option<(Group, &Reading)> {
        Group::of(priority, category)
            .into_iter()
            .filter_map(|group| Some((group, self.groups.get(&group)?)))
            .find(|(_, reading)| reading.cases >= LEAST_CASES)
    }

    /// The business time within which eight of ten such requests have an answer, as far as it is
    /// known: beyond it, one waits for longer than is usual.
    #[must_use]
    pub fn usual(&self, priority: Priority, category: Category) -> Option<Duration> {
        self.comparable(priority, category)
            .and_then(|(_, reading)| reading.most)
    }

    /// What may be said to whoever asks now.
    #[must_use]
    pub fn expect(&self, asked: Asked, calendar: &Calendar, now: Timestamp) -> Expectation {
        let Some((group, reading)) = self.comparable(asked.priority, asked.category) else {
            return Expectation::TooFew;
        };
        let (Some(half), Some(most), Some(queue)) =
            (reading.half, reading.most, self.queue(asked.ahead))
        else {
            return Expectation::Open;
        };
        if self.day.is_zero() {
            return Expectation::Open;
        }
        let later = queue.saturating_sub(half);
        let rounded = Length::rounded(half.saturating_add(later), self.day);
        // Eight of ten are never promised sooner than half of them.
        let most = most.saturating_add(later).max(rounded.time(self.day));
        let Some(due) = rounding::instant(calendar, now, most, self.day) else {
            return Expectation::Open;
        };
        let figure = Figure {
            snapshot: self.at,
            group,
            cases: reading.cases,
            queue: (asked.ahead > 0).then_some(queue.as_secs()),
            half: rounded,
            due,
        };
        if self.withholds(asked.priority) {
            Expectation::Withheld(figure)
        } else {
            Expectation::Told(figure)
        }
    }

    /// How long it takes until those ahead are answered; nothing if nobody is answered at all.
    fn queue(&self, ahead: u64) -> Option<Duration> {
        let (answers, open) = self.pace;
        if ahead == 0 {
            return Some(Duration::ZERO);
        }
        let seconds = u128::from(ahead).checked_mul(u128::from(open.as_secs()))?;
        let seconds = seconds.checked_div(u128::from(answers))?;
        u64::try_from(seconds).ok().map(Duration::from_secs)
    }
}

impl Observation {
    /// How long its author waited.
    fn wait(&self, timeline: &Timeline, now: Timestamp) -> Wait {
        let (until, answered) = match self.end {
            End::Answered(at) => (at, true),
            End::Dropped(at) => (at, false),
            End::Waiting => (now, false),
        };
        Wait {
            time: timeline.between(self.opened, until),
            answered,
        }
    }
}

#[cfg(test)]
mod tests;
