//! What the morning's letter to a technician says, and the week's to the head of service.

use jiff::civil::Date;

use crate::figures::Figures;
use crate::ticket::priority::Priority;
use crate::ticket::{Status, TicketNumber};

/// The morning's letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// The morning.
    pub date: Date,
    /// What waits for the technician's decision.
    pub decisions: Listing<(Line, Decision)>,
    /// The technician's own tickets besides, oldest first.
    pub own: Listing<Line>,
    /// What is nobody's and in the technician's categories, oldest first.
    pub unassigned: Listing<Line>,
    /// Letters that nobody has read.
    pub held: Listing<Held>,
}

impl Digest {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty()
            && self.own.is_empty()
            && self.unassigned.is_empty()
            && self.held.is_empty()
    }
}

/// The first of a list, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// The first.
    pub shown: Vec<T>,
    /// How many are left out.
    pub more: u64,
}

impl<T> Listing<T> {
    /// The first `most` of a list.
    #[must_use]
    pub fn of(mut all: Vec<T>, most: usize) -> Self {
        let more = u64::try_from(all.len().saturating_sub(most)).unwrap_or(u64::MAX);
        all.truncate(most);
        Self { shown: all, more }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// How many there are in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.more + u64::try_from(self.shown.len()).unwrap_or(u64::MAX)
    }
}

/// One ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub ticket: TicketNumber,
    /// Its place in the queue.
    pub priority: Priority,
    /// Where it stands.
    pub status: Status,
    /// Business days since it was asked, or since it waits for the decision.
    pub age: u64,
    /// Its subject.
    pub subject: String,
    /// Who asked.
    pub requester: String,
}

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// A refusal is contested.
    Contest,
    /// A refusal is prepared, and waits for a word.
    Proposal,
    /// A refusal went out on the letter's words alone.
    Provisional,
    /// A question was not answered.
    Question,
}

/// One letter that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its number in the journal.
    pub letter: i64,
    /// Business days since it came.
    pub age: u64,
    /// Who it says it is from; empty if it could not be read.
    pub sender: String,
    /// Its subject; empty if it could not be read.
    pub subject: String,
}

/// The week's letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// The week, Monday to Sunday.
    pub week: Figures,
    /// The four weeks before, if the service was at work throughout them.
    pub before: Option<Figures>,
    /// All five, for the chart sheet.
    pub five: Figures,
}

/// Weeks that make a usual.
pub const USUAL_WEEKS: u64 = 4;

impl Weekly {
    /// What a week of the four before had of something, rounded.
    #[must_use]
    pub fn usual(&self, of: impl Fn(&Figures) -> u64) -> Option<u64> {
        let before = self.before.as_ref()?;
        Some((of(before) + USUAL_WEEKS / 2) / USUAL_WEEKS)
    }
}
