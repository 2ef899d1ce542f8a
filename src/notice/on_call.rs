//! The data of notices about on-call presence.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Sheet, Words};
use crate::oncall::{Doubt, Lack, Mark, OnCall, State};
use crate::policy::Verdict;

/// Why a notice about a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Something was asked, granted, denied or taken back.
    News,
    /// Nothing was, for some days.
    Reminder,
    /// Half of the time before its beginning went by.
    Alert,
}

/// A request for on-call presence, for whoever asked and for whoever grants.
#[derive(Debug, Clone, PartialEq)]
pub struct OnCallNews {
    /// The request as it stands.
    pub request: OnCall,
    /// What it lacks.
    pub lacks: Vec<Lack>,
    /// Days between the request and its beginning, and those the service wishes, if they are too few.
    pub short: Option<(i64, i64)>,
    /// Why it is written.
    pub occasion: Occasion,
    /// Why it is not granted.
    pub reason: String,
    /// By which day to ask the next time.
    pub ask_by: Option<Date>,
    /// A technician's words on top.
    pub words: Option<Words>,
    /// Whether it is the first answer to a new ticket.
    pub first: bool,
    /// The ticket, for the team.
    pub sheet: Option<Sheet>,
}

/// A letter that an open window covers, for its author.
#[derive(Debug, Clone, PartialEq)]
pub struct Covered {
    /// What was found: category, priority.
    pub verdict: Verdict,
    /// The mark of the window.
    pub mark: Mark,
    /// Who is on call.
    pub name: String,
    /// How to call; nothing for somebody whom the institute does not know.
    pub phone: Option<String>,
    /// Until when.
    pub until: Timestamp,
}

/// Why an order about a request cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The technician may not grant.
    NotApprover,
    /// It is the technician's own request.
    OwnRequest,
    /// The request's state does not allow it.
    State(State),
    /// From when to when is not known.
    NoPeriod,
    /// A value is neither a day nor an hour.
    Unreadable,
    /// The times cannot be meant.
    Doubtful(Doubt),
    /// How to call is not known.
    NoPhone,
}
