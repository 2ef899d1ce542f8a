//! A letter to the team or to an admin that is about no ticket: the house itself needs somebody.
//!
//! It carries no reply token: there is nothing an answer to it could do.

use jiff::civil::Date;

use super::{Digest, Kind, Recipient, Weekly};
use crate::alarm::Alarm;
use crate::alarm::ledger::Word;
use crate::calendar::BreakSeason;
use crate::policy::Language;

/// One thing to say to one technician or admin about the house.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulletin {
    /// What is said.
    pub kind: Kind,
    /// The only recipient.
    pub to: Recipient,
    /// The language.
    pub language: Language,
    /// The data of its kind.
    pub about: House,
}

/// What a bulletin is about.
#[derive(Debug, Clone, PartialEq)]
pub enum House {
    /// No closure is entered for a season.
    Season {
        /// Which.
        season: BreakSeason,
        /// Its first day.
        from: Date,
        /// Its last day.
        until: Date,
    },
    /// What waits for a technician this morning.
    Digest(Box<Digest>),
    /// The figures of a week; the chart sheet goes with it.
    Weekly(Box<Weekly>),
    /// Something does not work, or works again.
    Alarm {
        /// What, and since when.
        alarm: Alarm,
        /// Whether it began, lasts or is over.
        word: Word,
    },
}
