//! When an alarm is told, told again, and told to be over.
//!
//! An alarm is told when it begins, again after a day if it lasts, and once when it has ended. A
//! cause that was told of within the last six hours is not told again: one that comes and goes is
//! told once and noted in silence. Within a day no more is told than the budget allows; each
//! beginning keeps one place free for its own end, so that nobody waits in vain to hear of it. What
//! the budget kept back is told as soon as there is room, if it still lasts.
//!
//! In: the alarms of the moment, again and again. Out: [`Change`]s, which the store keeps, so that a
//! restart repeats nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Alarm, Cause};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// At most one beginning of a cause within this time.
    pub pause: SignedDuration,
    /// What lasts is told again after this time.
    pub again: SignedDuration,
    /// At most so much within a day, of all causes together.
    pub per_day: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            pause: SignedDuration::from_hours(6),
            again: SignedDuration::from_hours(24),
            per_day: 10,
        }
    }
}

/// What is said of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// It has begun.
    Began,
    /// It lasts.
    Lasts,
    /// It is over.
    Ended,
}

impl Word {
    /// Every word.
    pub const ALL: [Self; 3] = [Self::Began, Self::Lasts, Self::Ended];

    /// As kept in the store and given to templates.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Lasts => "lasts",
            Self::Ended => "ended",
        }
    }

    /// The word of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == name)
    }
}

/// An alarm as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// As it was last seen; `since` is when it was first seen.
    pub alarm: Alarm,
    /// Whether anybody was told that it began.
    pub told: bool,
}

/// One step of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The alarm, with `since` when it began.
    pub alarm: Alarm,
    /// What happened; nothing if only what the budget kept back is told now.
    pub happened: Option<Word>,
    /// What is to be told now.
    pub tell: Option<Word>,
}

/// What is open, and what was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Alarms that last.
    pub open: BTreeMap<Cause, Open>,
    /// What was told, oldest first; older than a day only the last of each cause.
    pub told: Vec<(Cause, Word, Timestamp)>,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Ledger {
    /// Compares the alarms of the moment with what is known, and says what changes.
    pub fn weigh(&mut self, now: Timestamp, alarms: &[Alarm], budget: Budget) -> Vec<Change> {
        let mut changes = Vec::new();
        self.forget(now, budget);
        let present: BTreeSet<&Cause> = alarms.iter().map(|alarm| &alarm.cause).collect();
        let over: Vec<Cause> = self
            .open
            .keys()
            .filter(|cause| !present.contains(cause))
            .cloned()
            .collect();
        for cause in over {
            changes.extend(self.end(&cause, now));
        }
        for alarm in alarms {
            changes.extend(self.hold(alarm, now, budget));
        }
        changes
    }

    fn end(&mut self, cause: &Cause, now: Timestamp) -> Option<Change> {
        let open = self.open.remove(cause)?;
        // Its place was kept free when its beginning was told.
        let tell = open.told.then_some(Word::Ended);
        self.note(cause, tell, now);
        Some(Change {
            alarm: open.alarm,
            happened: Some(Word::Ended),
            tell,
        })
    }

    fn hold(&mut self, alarm: &Alarm, now: Timestamp, budget: Budget) -> Option<Change> {
        let cause = &alarm.cause;
        let known = self.open.get(cause).cloned();
        let told = known.as_ref().is_some_and(|open| open.told);
        let tell = match (told, self.last(cause)) {
            (true, Some(last)) if now.duration_since(last) < budget.again => None,
            (true, _) => Some(Word::Lasts),
            (false, Some(last)) if now.duration_since(last) < budget.pause => None,
            (false, _) => Some(Word::Began),
        };
        let tell = tell.filter(|word| self.has_room(*word, now, budget));
        let mut alarm = alarm.clone();
        if let Some(open) = &known {
            alarm.since = open.alarm.since;
        }
        self.open.insert(
            cause.clone(),
            Open {
                alarm: alarm.clone(),
                told: told || tell.is_some(),
            },
        );
        self.note(cause, tell, now);
        let happened = known.is_none().then_some(Word::Began);
        (happened.is_some() || tell.is_some()).then_some(Change {
            alarm,
            happened,
            tell,
        })
    }

    fn note(&mut self, cause: &Cause, tell: Option<Word>, now: Timestamp) {
        if let Some(word) = tell {
            self.told.push((cause.clone(), word, now));
        }
    }

    /// When this cause was last told to have begun, or to last.
    fn last(&self, cause: &Cause) -> Option<Timestamp> {
        self.told
            .iter()
            .rev()
            .find(|(other, word, _)| other == cause && *word != Word::Ended)
            .map(|(_, _, at)| *at)
    }

    fn has_room(&self, word: Word, now: Timestamp, budget: Budget) -> bool {
        let used = self
            .told
            .iter()
            .filter(|(_, _, at)| now.duration_since(*at) < DAY)
            .count();
        // Each that was told of will be told to be over.
        let kept = self.open.values().filter(|open| open.told).count();
        let own = if word == Word::Began { 2 } else { 1 };
        used + kept + own <= budget.per_day
    }

    /// What is older than a day and counts for nothing any more.
    fn forget(&mut self, now: Timestamp, budget: Budget) {
        let keep = DAY.max(budget.pause).max(budget.again);
        self.told
            .retain(|(_, _, at)| now.duration_since(*at) <= keep);
    }
}
