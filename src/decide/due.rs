//! What falls due in a ticket: when, and why. Pure.
//!
//! In: how a ticket stands and since when ([`Standing`]), what fell due in it before ([`Step`]), the
//! calendar, the settings, the instant. Out: a [`Look`], the one thing that falls due next; and, when
//! it has, the [`super::Occurrence`] that it is ([`happening`]).
//!
//! | state | business days | what falls due |
//! |---|---|---|
//! | waiting for the requester, asked by a person | 3, 7 of silence | two reminders |
//! | the same, 7 after the second one | | resolved, with a letter; one reply restarts |
//! | waiting for the requester, asked by the card | 2, 5 | one reminder; then a technician decides |
//! | waiting until a day, or for somebody else | the day, or 10 | open again, its technician is told |
//! | resolved | 5 | closed |
//! | refused on words alone | 4, 5 | a technician is told; the refusal is final |
//! | no answer of a person yet | the usual time, or 2 | the technicians of its category are told |
//! | the same | each 5 | one priority up, to P2 at most |
//!
//! Three laws. Everything falls due while somebody is there. Everything falls due once: what fell due
//! is a step with the mark of its wait (the instant the wait began), and a new wait has a new mark.
//! And a second step counts from the first one, as it *left* the house: a daemon that was down for
//! weeks, or whose letters were held, does not say everything at once when it comes back.
//!
//! Silence never refuses, and nobody is reminded who may not be written to by a machine, or whose
//! reminder came back: a technician is told instead.
//!
//! Not handled: waits counted in hours.

mod happening;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::answer::Limits;
use crate::calendar::Calendar;
use crate::estimate::Snapshot;
use crate::policy::Outcome;
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Status, TicketNumber};

pub use happening::{Stage, happening, season};
pub use rules::look;

/// How long is long; all lengths are business days, and all are the site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Silence after which a requester who was asked is reminded, first and second.
    pub reminders: [u32; 2],
    /// Silence after the second reminder that resolves the ticket.
    pub no_answer: u32,
    /// From resolved to closed.
    pub close_after: u32,
    /// Whether the closing is told by a letter of its own.
    pub tell_closing: bool,
    /// Silence after which the question of the card is repeated, and goes to a technician.
    pub question: [u32; 2],
    /// How long a provisional refusal can be looked at before it is final.
    pub provisional: u32,
    /// How long a ticket waits for somebody else where no day was named; 0: for ever.
    pub third_party: u32,
    /// Without a person's answer, the priority rises each time this has passed; 0: never.
    pub ageing: u32,
    /// Without a person's answer, the technicians are told, as long as the usual time is unknown.
    pub first_answer: u32,
    /// Tickets with letters that fall due within an hour; what is more is held for an admin.
    pub heap: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reminders: [3, 7],
            no_answer: 7,
            close_after: 5,
            tell_closing: false,
            question: [2, 5],
            provisional: 5,
            third_party: 10,
            ageing: 5,
            first_answer: 2,
            heap: 50,
        }
    }
}

/// The usual time to a person's first answer, in open hours, where it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usual(pub BTreeMap<(Priority, Category), Duration>);

impl Usual {
    /// The time within which eight of ten have an answer, of each priority and category.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut known = BTreeMap::new();
        for priority in Priority::ALL {
            for category in Category::ALL {
                if let Some(time) = snapshot.usual(priority, category) {
                    known.insert((priority, category), time);
                }
            }
        }
        Self(known)
    }
}

/// A ticket as far as time bears on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its number.
    pub ticket: TicketNumber,
    /// Where it stands.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When somebody said something last: its people or, to them, a technician.
    pub said_at: Timestamp,
    /// Whether a person has answered its people.
    pub answered: bool,
    /// What was decided.
    pub outcome: Outcome,
    /// Its place in the queue.
    pub priority: Priority,
    /// Its kind.
    pub category: Category,
    /// The day it waits for.
    pub wait_until: Option<Date>,
    /// The requester's address in lower case, empty if nobody is named.
    pub requester: String,
    /// Whether nothing is sent to the requester because letters came back.
    pub suspended: bool,
    /// What became of the first automatic answer: `sent`, `suppressed` or `held`.
    pub answer: FirstAnswer,
    /// Whether it goes on as another ticket.
    pub merged: bool,
    /// What fell due in it before, oldest first.
    pub steps: Vec<Step>,
}

/// What became of a ticket's first automatic answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAnswer {
    /// It went to the outbox.
    Sent,
    /// There is none: a machine wrote, or somebody who is not who they say.
    Suppressed,
    /// It waits for an admin.
    Held,
}

/// Something that fell due before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What; see [`Due::word`].
    pub what: String,
    /// Which wait it belongs to.
    pub mark: String,
    /// When it fell due or, if a letter went to the requester, when that left.
    pub at: Timestamp,
    /// What became of that letter.
    pub told: Told,
}

/// What became of a letter that fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// There was none to the requester.
    Nobody,
    /// It has not left yet.
    Waiting,
    /// A mail server took it.
    Sent,
    /// It failed, came back, or was cancelled.
    Lost,
}

impl Step {
    /// Reads a step out of its cause; nothing if something else caused it.
    #[must_use]
    pub fn read(cause: &str, at: Timestamp, told: Told) -> Option<Self> {
        let (_, rest) = cause.strip_prefix("due:")?.split_once(':')?;
        let (what, mark) = rest.split_once(':')?;
        Some(Self {
            what: what.to_owned(),
            mark: mark.to_owned(),
            at,
            told,
        })
    }
}

/// What can fall due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// The requester is reminded.
    Reminder,
    /// And once more.
    SecondReminder,
    /// Nobody answered: the ticket is resolved.
    NoAnswer,
    /// The requester cannot be reminded: a technician is told.
    Unreachable,
    /// The question of the card is repeated.
    Question,
    /// It was not answered: a technician decides.
    Undecided,
    /// The ticket waited long enough: it is open again.
    Return,
    /// Nobody has answered the requester: technicians are told.
    Unanswered,
    /// The ticket rises to this priority.
    Ageing(Priority),
    /// A provisional refusal is about to be final: technicians are told.
    RefusalEnds,
    /// It is final.
    RefusalFinal,
    /// A resolved ticket is closed.
    Closing,
}

impl Due {
    /// The word in causes, and in the listing for an admin.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::SecondReminder => "second_reminder",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::Question => "question",
            Self::Undecided => "undecided",
            Self::Return => "return",
            Self::Unanswered => "unanswered",
            Self::Ageing(_) => "ageing",
            Self::RefusalEnds => "refusal_ends",
            Self::RefusalFinal => "refusal_final",
            Self::Closing => "closing",
        }
    }

    /// Whether letters go out because of it.
    #[must_use]
    pub fn writes(self, tell_closing: bool) -> bool {
        match self {
            Self::Ageing(_) | Self::RefusalFinal => false,
            Self::Closing => tell_closing,
            _ => true,
        }
    }
}

/// For an admin, in the listing of what is to come.
impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reminder => f.write_str("the requester is reminded"),
            Self::SecondReminder => f.write_str("the requester is reminded a second time"),
            Self::NoAnswer => f.write_str("no answer came: the ticket is resolved"),
            Self::Unreachable => {
                f.write_str("the requester cannot be reminded: technicians are told")
            }
            Self::Question => f.write_str("the question is repeated to the requester"),
            Self::Undecided => f.write_str("no answer to the question: a technician decides"),
            Self::Return => f.write_str("it waited long enough: it is open again"),
            Self::Unanswered => {
                f.write_str("no person has answered: the technicians of its category are told")
            }
            Self::Ageing(priority) => write!(f, "no person has answered: it rises to {priority}"),
            Self::RefusalEnds => {
                f.write_str("technicians are told that the refusal is about to be final")
            }
            Self::RefusalFinal => f.write_str("the provisional refusal is final"),
            Self::Closing => f.write_str("the resolved ticket is closed"),
        }
    }
}

/// One thing that falls due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Falling {
    /// When; somebody is there then.
    pub at: Timestamp,
    /// What.
    pub what: Due,
    /// Which wait it belongs to: with the ticket and the word it makes the cause.
    pub mark: String,
}

/// What a look at a ticket finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing falls due until the ticket changes.
    Nothing,
    /// Nobody can say yet; look again then.
    Again(Timestamp),
    /// This falls due next.
    Falls(Falling),
}

/// What the rules rest on besides the ticket.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The instant of the look.
    pub now: Timestamp,
    /// When somebody is there.
    pub calendar: &'a Calendar,
    /// The site's.
    pub settings: &'a super::Settings,
    /// How long a first answer takes as a rule.
    pub usual: &'a Usual,
}

impl Ground<'_> {
    fn due(&self) -> &Settings {
        &self.settings.due
    }

    fn limits(&self) -> &Limits {
        &self.settings.limits
    }
}
