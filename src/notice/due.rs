//! What fell due, as its readers are told: the requester who was asked, the technician who decides.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::policy::ClauseId;

/// Something that the requester was asked and has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Since when nobody said anything.
    pub since: Timestamp,
    /// What a technician wrote last, empty if nobody did.
    pub asked: String,
    /// The question of the service card, if that is what waits.
    pub question: Option<ClauseId>,
    /// The reminders before this letter.
    pub reminded: Vec<Timestamp>,
    /// What comes of silence.
    pub then: Consequence,
}

/// What comes of silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// One more reminder, not before that day.
    Reminder(Date),
    /// The ticket is resolved, not before that day.
    Resolved(Date),
    /// A technician decides, not before that day; nothing is refused.
    Technician(Date),
    /// The ticket is resolved, and closed on that day.
    Closed(Date),
}

/// Why a technician is written to about a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueReason {
    /// What it waited for should be there: the day has come, or it waited long enough.
    Returned(Option<Date>),
    /// The question was not answered; asked at that time.
    Undecided(Timestamp),
    /// Nobody has answered the requester since.
    Unanswered(Timestamp),
    /// A provisional refusal becomes final on that day.
    RefusalEnds(Date),
    /// The requester should be reminded and cannot be; silent since.
    Unreachable(Timestamp),
}
