//! What became of a technician's letter, line by line.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Obstacle, Sheet};
use crate::command::Wanted;
use crate::oncall::Period;
use crate::policy::ClauseId;
use crate::team::NotOne;
use crate::ticket::priority::{Category, Priority};
use crate::ticket::status::IllegalStep;
use crate::ticket::{Status, TicketNumber};

/// What became of a technician's letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// Whether anything was done.
    pub obeyed: bool,
    /// Why nothing was, if the letter as a whole is the reason.
    pub refused: Option<Doubt>,
    /// Each line with what became of it.
    pub lines: Vec<(String, Fate)>,
    /// Whether the words were sent to the requester, kept as a note, or neither.
    pub words: WordsFate,
    /// Where the ticket stands now.
    pub sheet: Option<Sheet>,
    /// Until when the changes can be taken back.
    pub undo_until: Option<Timestamp>,
}

/// What became of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was done.
    Done(Deed),
    /// It could be done, and was not, because of another line or of the letter as a whole.
    NotTried,
    /// It cannot be understood.
    Mistake(Wanted),
    /// The ticket's state does not allow it.
    Illegal(IllegalStep),
    /// It names no technician, or several.
    NotOne(NotOne),
    /// It names no ticket there is.
    NoTicket(TicketNumber),
    /// It names a clause the card does not have, or one that asks nothing.
    NoClause(ClauseId),
    /// The letter answered reports nothing that could be taken back, or not any more.
    NothingToUndo,
    /// Nothing waits for a confirmation, or not any more.
    NothingToConfirm,
    /// The ticket is about no on-call window.
    NotOnCall,
    /// It is about one, and this stands in the way.
    OnCall(Obstacle),
}

/// What an order did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The ticket is the writer's.
    Taken,
    /// It is a colleague's; the name.
    Assigned(String),
    /// Its priority.
    Priority(Priority),
    /// Its category.
    Category(Category),
    /// It waits, until a day if one was named.
    Waits(Option<Date>),
    /// Its state.
    Now(Status),
    /// The words are a note.
    Noted,
    /// It went up in another one.
    Merged(TicketNumber),
    /// It was refused by a clause.
    Refused(ClauseId),
    /// A question was sent.
    Asked,
    /// It is somebody else's request.
    Requester(String),
    /// Somebody takes part.
    Joined(String),
    /// The changes were taken back.
    Undone,
    /// On-call presence was granted: the period, who is on call.
    Granted(Period, String),
    /// It is granted if this colleague agrees.
    Proposed(String),
    /// It is not granted.
    Denied,
    /// A colleague who was proposed does not agree.
    Declined,
    /// What waited was done.
    Confirmed,
    /// The state is below.
    Shown,
    /// The manual is on its way.
    HelpSent,
}

/// What became of the words of a technician's letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsFate {
    /// There were none.
    None,
    /// The requester has them.
    Sent,
    /// The team has them.
    Noted,
    /// They wait for a confirmation.
    Waiting,
}

/// What a letter in a technician's name lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No token, or none of ours.
    #[error("it does not answer a notification written to this technician")]
    NoToken,
    /// The token is for somebody else or another ticket.
    #[error("the notification it answers was written to somebody else, or about another ticket")]
    OtherToken,
    /// Too old, or of a key that is gone.
    #[error("the notification it answers is too old")]
    Expired,
    /// Taken back.
    #[error("the notification it answers was revoked")]
    Revoked,
    /// The border server found nothing, or something against it.
    #[error("the mail server did not find its sender authentic")]
    NotAuthentic,
    /// It passes on what somebody else wrote.
    #[error("it is a forwarded letter")]
    Forwarded,
    /// Orders where only a browser sees them.
    #[error("it has no plain text, and orders in HTML are not obeyed")]
    HtmlOnly,
    /// The name is locked.
    #[error("too many letters in this name proved nothing within the hour")]
    Locked,
    /// The budget is spent.
    #[error("this technician's letters for the hour are spent")]
    Busy,
    /// The token was used.
    #[error("the notification it answers was answered before")]
    Spent,
    /// The date is far from the arrival.
    #[error("its date is days away from its arrival")]
    Late,
}

impl Doubt {
    /// Whether a genuine token was in the wrong hands, as far as can be told: such letters count
    /// towards the lock.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::OtherToken | Self::Revoked | Self::NotAuthentic)
    }
}
