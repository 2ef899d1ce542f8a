//! The closed list of everything the gateway ever says by mail, with its data.
//!
//! A notice is a value: who is told what, about which ticket, in which language, and what the
//! recipient may do by answering ([`Right`]). What it reads like is the business of `compose` and
//! the files under `templates/`.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Closed;
use crate::command::{Orders, Wanted};
use crate::message::MessageId;
use crate::policy::{ClauseId, Language, Outcome, Verdict};
use crate::team::NotOne;
use crate::ticket::priority::{Category, Priority};
use crate::ticket::status::IllegalStep;
use crate::ticket::{Status, TicketNumber};

/// The first line of every letter to a technician. What stands below it in an answer is not the
/// technician's, whatever their mail program made of it, and never goes to a requester.
pub const REPLY_ABOVE: &str = "--- Répondez au-dessus de cette ligne / Reply above this line ---";

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request is in the queue.
    Acknowledgement,
    /// The same while nobody is there: until when, why, and what to do in an emergency.
    AcknowledgementOutOfHours,
    /// The request is outside the service: clause, evidence, how to contest, where else to turn.
    Rejection,
    /// The request is in the queue, and one answer would help.
    Question,
    /// The request is in the queue; the repair may end in a reset, so: are your data saved?
    ResetNotice,
    /// Thank you for reporting; what to do and not to do until somebody calls.
    SecurityNotice,
    /// A technician's words.
    Reply,
    /// The ticket is resolved.
    Resolved,
    /// The ticket is closed.
    Closed,
    /// The ticket is worked on again.
    Reopened,
    /// A refusal was taken back: the request is in the queue.
    Accepted,
    /// A person read the answer to a refusal, and upholds it.
    Upheld,
    /// The recipient takes part in a ticket from now on.
    Added,
    /// To a technician: a new ticket.
    TechnicianNew,
    /// To a technician: what was said since.
    TechnicianUpdate,
    /// To a technician: a refusal is contested.
    TechnicianContest,
    /// To a technician: what became of each order.
    Transcript,
    /// To a technician: a letter that waits for a confirmation.
    ConfirmCommand,
    /// To a technician: the manual.
    Help,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 19] = [
        Self::Acknowledgement,
        Self::AcknowledgementOutOfHours,
        Self::Rejection,
        Self::Question,
        Self::ResetNotice,
        Self::SecurityNotice,
        Self::Reply,
        Self::Resolved,
        Self::Closed,
        Self::Reopened,
        Self::Accepted,
        Self::Upheld,
        Self::Added,
        Self::TechnicianNew,
        Self::TechnicianUpdate,
        Self::TechnicianContest,
        Self::Transcript,
        Self::ConfirmCommand,
        Self::Help,
    ];

    /// The name of its template, and the word in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::AcknowledgementOutOfHours => "acknowledgement_out_of_hours",
            Self::Rejection => "rejection",
            Self::Question => "question",
            Self::ResetNotice => "reset_notice",
            Self::SecurityNotice => "security_notice",
            Self::Reply => "reply",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Accepted => "accepted",
            Self::Upheld => "upheld",
            Self::Added => "added",
            Self::TechnicianNew => "technician_new",
            Self::TechnicianUpdate => "technician_update",
            Self::TechnicianContest => "technician_contest",
            Self::Transcript => "transcript",
            Self::ConfirmCommand => "confirm_command",
            Self::Help => "help",
        }
    }

    /// Whether it is for the team; such a notice never has a requester as its recipient.
    #[must_use]
    pub fn is_inside(self) -> bool {
        matches!(
            self,
            Self::TechnicianNew
                | Self::TechnicianUpdate
                | Self::TechnicianContest
                | Self::Transcript
                | Self::ConfirmCommand
                | Self::Help
        )
    }
}

/// One thing to say to one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What is said.
    pub kind: Kind,
    /// The ticket it is about.
    pub ticket: TicketNumber,
    /// The only recipient.
    pub to: Recipient,
    /// The language; [`Language::Unsure`] means both, French first.
    pub language: Language,
    /// The requester's own subject, if it may be echoed to this recipient.
    pub subject: Option<String>,
    /// The letter that is answered.
    pub in_reply_to: Option<MessageId>,
    /// Its thread, oldest first, without `in_reply_to`.
    pub references: Vec<MessageId>,
    /// What the recipient may do by answering.
    pub right: Right,
    /// When it may go out; at once if nothing is said.
    pub timing: Timing,
    /// The data of its kind.
    pub about: About,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name to write beside the address, may be empty.
    pub name: String,
    /// The address.
    pub email: String,
}

/// What an answer to a notice may do. The letter carries a token that proves the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Add to the ticket, as anybody in it may.
    Add,
    /// Work on the ticket, as this technician.
    Work {
        /// The technician's handle.
        technician: String,
        /// The number of the token; each letter has one of its own.
        generation: u64,
        /// What this one letter allows besides.
        extra: Option<Extra>,
    },
}

/// What an answer to one certain letter may bring about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// `#undo` takes these back.
    Undo {
        /// Until then.
        until: Timestamp,
        /// What was changed, oldest first.
        steps: Vec<UndoStep>,
    },
    /// `#yes` obeys what waited.
    Pending {
        /// Until then.
        until: Timestamp,
        /// What waited.
        orders: Orders,
        /// The signature below its words.
        signature: String,
    },
}

/// One change that can be taken back, as long as nothing came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStep {
    /// The state.
    Status {
        /// Before.
        from: Status,
        /// Since.
        to: Status,
    },
    /// Whose it is.
    Assignee {
        /// Before; a handle.
        from: Option<String>,
        /// Since.
        to: Option<String>,
    },
}

/// When a notice may go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Timing {
    /// At once.
    #[default]
    Now,
    /// After a pause in which more may come; it then takes the place of the row that waits, and
    /// goes out when that one would have.
    Merged {
        /// How long the first one waits.
        pause: SignedDuration,
        /// The row it takes the place of.
        replaces: Option<i64>,
    },
}

/// The data of a notice.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// The first answer to a request, or a refusal sent later.
    Request {
        /// What was found: category, priority, clause, evidence.
        verdict: Box<Verdict>,
        /// Open tickets of the same or a higher priority when the notice was written.
        ahead: u64,
        /// Until when the service is closed, and why; nothing if somebody is there.
        closed: Option<Closed>,
        /// Whether it is the first answer to a new ticket, of which there is one.
        first: bool,
        /// A technician's words on top.
        words: Option<Words>,
    },
    /// A person's words, or what a person did.
    Answer {
        /// What is said, if anything.
        words: Option<Words>,
        /// Days during which a reply reopens the ticket.
        reopen_days: u64,
        /// The first ticket, if this one went up in it.
        first: Option<TicketNumber>,
    },
    /// A ticket, for those who work on it.
    Work(Box<Sheet>),
    /// What became of a technician's letter.
    Transcript(Box<Transcript>),
    /// The manual.
    Help,
}

/// What a person wrote, to be passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The name of who wrote.
    pub author: String,
    /// The text, without orders and quotes.
    pub text: String,
    /// The signature, empty if there is none.
    pub signature: String,
    /// What goes with it: positions in the list of the letter's attachments.
    pub attachments: Vec<usize>,
}

/// A ticket as a technician sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Where it stands.
    pub status: Status,
    /// Its kind.
    pub category: Category,
    /// Its place in the queue.
    pub priority: Priority,
    /// How bad, 1 to 4.
    pub criticality: u8,
    /// How many are hit, 1 to 4.
    pub mutualisation: u8,
    /// Who asked: name and address.
    pub requester: Recipient,
    /// Whose it is; a name.
    pub assignee: Option<String>,
    /// What was decided.
    pub outcome: Outcome,
    /// By which clause.
    pub clause: Option<ClauseId>,
    /// Why: at most five lines.
    pub why: Vec<String>,
    /// Whether a refusal is prepared and waits for a word.
    pub proposed: bool,
    /// What was said, oldest first.
    pub said: Vec<Said>,
    /// What came with it.
    pub attachments: Vec<Listed>,
    /// Tickets that may be about the same.
    pub similar: Vec<Similar>,
    /// What a technician should know first.
    pub warnings: Vec<Warning>,
}

/// What a technician should know of a letter before reading it. `Display` is for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// It names a ticket that is not its author's.
    #[error("refers to ticket {0}, in which its author does not take part")]
    Claims(TicketNumber),
    /// It comes back on a ticket that was closed for good.
    #[error("follows the closed ticket {0}")]
    Follows(TicketNumber),
    /// Its Message-ID was another letter's.
    #[error("its Message-ID was used before by another letter")]
    IdReused,
    /// The sender's own domain disowns it.
    #[error("the mail server found its sender not authentic")]
    Disowned,
}

/// One letter in a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Whether the sender could not be proven, and may be somebody else.
    pub unverified: bool,
}

/// An attachment in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Its position in the letter if it is passed on, nothing if it is too large.
    pub passed_on: Option<usize>,
}

/// A ticket that may be about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// Its number.
    pub number: TicketNumber,
    /// Its subject.
    pub subject: String,
    /// Who asked.
    pub requester: String,
}

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
