//! On-call presence for an occasion: a congress, an experiment, a campaign of measurements.
//!
//! Nobody is on call as a rule; a person grants it in advance, for a time and a place. This room
//! knows what such a request is and holds, and asks nobody. It grants nothing either: who may do
//! that, and by which letter, is the business of `decide`.
//!
//! [`read`] recognises a request in a letter and reads it, free words or the lines of a form, in
//! French and English; what it cannot be sure of is a [`Lack`], to be asked about, and never
//! guessed. [`answered`] reads what the requester says later. [`state`] is the one machine of its
//! states, [`scope`] says which letters a granted window covers, [`due`] what its time brings about,
//! [`ics`] writes windows for other calendars.
//!
//! Times are on the service's wall clock ([`period`]).
//!
//! Not handled: tables and pictures; several periods with different hours in one request, which is
//! asked about; hours in other zones than the service's.

pub mod asked;
mod contact;
mod day;
pub mod due;
pub mod form;
mod free;
mod hour;
pub mod ics;
mod intent;
mod lexeme;
pub mod period;
mod recognise;
pub mod scope;
pub mod state;
#[cfg(test)]
mod tests;
mod vocabulary;
mod when;

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ticket::TicketNumber;

pub use asked::{Asked, Contact, Presence, Reply, answered, read};
pub use period::{Period, Slot};
pub use scope::Window;
pub use state::State;
pub use when::When;

/// What the site wants of such requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days of the calendar between a request and its beginning; less is flagged, never refused.
    pub notice: i64,
    /// Whether the agreement of a head of unit has to be named.
    pub agreement: bool,
    /// The telephone of whoever is on call, where an approval names none; may be empty.
    pub phone: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            notice: 15,
            agreement: false,
            phone: String::new(),
        }
    }
}

/// Why a period cannot be meant as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The day is another weekday than said.
    Weekday {
        /// The day.
        date: Date,
        /// What it was said to be.
        #[serde(with = "weekday_number")]
        said: Weekday,
    },
    /// The day of a weekend is in none.
    Weekend {
        /// The day.
        date: Date,
        /// What it is.
        #[serde(with = "weekday_number")]
        said: Weekday,
    },
    /// No calendar has it.
    NoSuchDay,
    /// It ends before it begins.
    Backwards,
    /// It is over.
    Over,
    /// Several periods are named, or days with gaps.
    Several,
    /// It is longer than [`period::MOST_DAYS`].
    TooLong,
}

/// A weekday as a number, Monday 1, where it is kept.
mod weekday_number {
    use jiff::civil::Weekday;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(day: &Weekday, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i8(day.to_monday_one_offset())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Weekday, D::Error> {
        let day = i8::deserialize(from)?;
        Weekday::from_monday_one_offset(day)
            .map_err(|_| D::Error::custom("expected a weekday from 1 to 7"))
    }
}

/// What a request does not say, or not so that it can be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Which occasion.
    Event,
    /// Where.
    Place,
    /// On which days.
    Days,
    /// From which hour to which.
    Hours,
    /// The days or hours cannot be meant.
    Odd(Doubt),
    /// What has to work.
    Systems,
    /// How many people are concerned.
    People,
    /// By telephone, remotely or on site.
    Presence,
    /// Who is in charge on the day.
    Contact,
    /// Their mobile number.
    Phone,
    /// Whom to turn to besides.
    Second,
    /// The head of unit's agreement.
    Agreement,
}

impl Lack {
    /// What it is about, in a word or two.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Place => "place",
            Self::Days => "days and hours",
            Self::Hours => "hours",
            Self::Odd(_) => "days and hours that can be meant",
            Self::Systems => "systems",
            Self::People => "number of people",
            Self::Presence => "what is expected",
            Self::Contact => "person in charge",
            Self::Phone => "mobile number",
            Self::Second => "second contact",
            Self::Agreement => "agreement",
        }
    }
}

/// Who is on call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The technician's handle; nothing for somebody who is not of the team.
    pub handle: Option<String>,
    /// The name people read.
    pub name: String,
    /// How to call.
    pub phone: String,
}

/// The mark of a granted window, `2027-003`: people write it in the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// The year it begins in.
    pub year: i16,
    /// From 1, within the year.
    pub serial: u32,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:03}", self.year, self.serial)
    }
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// From when to when; may be other than asked.
    pub period: Period,
    /// Who is on call.
    pub agent: Agent,
    /// Who granted it; a handle.
    pub approver: String,
    /// Whether the period is not the one asked for.
    pub changed: bool,
}

/// A letter that came while a window was open, and was covered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Intervention {
    /// Its ticket.
    pub ticket: TicketNumber,
    /// When it came.
    pub at: Timestamp,
    /// When somebody of the team first answered in that ticket.
    pub answered: Option<Timestamp>,
    /// When that ticket was last resolved.
    pub resolved: Option<Timestamp>,
}

/// A request with all that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    /// The ticket it stands beside.
    pub ticket: TicketNumber,
    /// Where it stands.
    pub state: State,
    /// What is asked for.
    pub asked: Asked,
    /// Its mark, once it was granted; it never gets another one.
    pub mark: Option<Mark>,
    /// What stands.
    pub grant: Option<Grant>,
    /// What waits for the word of the agent it names.
    pub proposal: Option<Grant>,
    /// When the request came.
    pub asked_at: Timestamp,
    /// Since when it waits for somebody who grants it.
    pub pending_since: Option<Timestamp>,
    /// When the approvers were last reminded.
    pub reminded_at: Option<Timestamp>,
    /// Whether everybody was told that half of the time is over.
    pub alerted: bool,
    /// What came while it was open; kept beside it.
    #[serde(skip)]
    pub interventions: Vec<Intervention>,
    /// The highest serial given in each year, for the next mark; kept beside it.
    #[serde(skip)]
    pub serials: BTreeMap<i16, u32>,
}

impl OnCall {
    /// A request that has just come.
    #[must_use]
    pub fn new(ticket: TicketNumber, asked: Asked, settings: &Settings, now: Timestamp) -> Self {
        let mut new = Self {
            ticket,
            state: State::Received,
            asked,
            mark: None,
            grant: None,
            proposal: None,
            asked_at: now,
            pending_since: None,
            reminded_at: None,
            alerted: false,
            interventions: Vec::new(),
            serials: BTreeMap::new(),
        };
        new.look(settings, now);
        new
    }

    /// Goes on to `incomplete` or `pending`, by what the request says now.
    pub fn look(&mut self, settings: &Settings, now: Timestamp) {
        let step = if self.asked.lacks(settings).is_empty() {
            state::Step::Complete
        } else {
            state::Step::Lack
        };
        if let Ok(to) = self.state.after(step, self.grant.is_some()) {
            self.enter(to, now);
        }
    }

    /// Enters a state; waiting begins anew with each change of what is asked.
    pub fn enter(&mut self, to: State, now: Timestamp) {
        self.state = to;
        if to.waits_for_approver() {
            self.pending_since = Some(now);
            self.reminded_at = None;
            self.alerted = false;
        }
        if to != State::Proposed {
            self.proposal = None;
        }
        if to == State::Denied {
            self.grant = None;
        }
    }

    /// The mark of what is granted now: the one it has, or the next of the year.
    #[must_use]
    pub fn next_mark(&self, period: &Period) -> Mark {
        self.mark.unwrap_or_else(|| {
            let year = period.days().0.year();
            let last = self.serials.get(&year).copied().unwrap_or(0);
            Mark {
                year,
                serial: last.saturating_add(1),
            }
        })
    }

    /// The period that is granted, else the one asked for.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        self.grant
            .as_ref()
            .map(|grant| grant.period)
            .or_else(|| self.asked.when.period())
    }
}

/// Whether a request comes later than the site wishes, and by how many days before the beginning.
#[must_use]
pub fn short_notice(asked_on: Date, first: Date, settings: &Settings) -> Option<i64> {
    let given = days_between(asked_on, first);
    (given < settings.notice).then_some(given.max(0))
}

/// Days of the calendar from one day to another; negative if the other comes first.
#[must_use]
pub fn days_between(one: Date, other: Date) -> i64 {
    let span: SignedDuration = other.duration_since(one);
    span.as_hours() / 24
}
