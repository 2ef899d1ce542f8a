//! What a decision changes in the tickets. The store turns each into rows and a page of history.

use jiff::civil::Date;

use super::answer::Answer;
use super::context::Role;
use crate::estimate::Expectation;
use crate::message::Contact;
use crate::notice::Backup;
use crate::oncall::{OnCall, Slot};
use crate::policy::{ClauseId, Language, Outcome, Verdict};
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Entry, Status, TicketNumber};

/// One change to the tickets.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new ticket, with the number of [`super::Context::next_ticket`].
    Open(Box<NewTicket>),
    /// One more page.
    Add(TicketNumber, Entry),
    /// Another state.
    Move {
        /// Of which ticket.
        ticket: TicketNumber,
        /// From where.
        from: Status,
        /// To where.
        to: Status,
        /// Whose doing: an address, or `guichet`.
        by: String,
        /// Why, in one sentence.
        why: String,
    },
    /// A person told its people something; of these the first is kept.
    Answered(TicketNumber),
    /// Another detail.
    Edit {
        /// Of which ticket.
        ticket: TicketNumber,
        /// Which, and to what.
        edit: Edit,
        /// Whose doing.
        by: String,
    },
    /// The card judged the ticket's first letter once more, with the answer to its question.
    JudgedAgain {
        /// Of which ticket.
        ticket: TicketNumber,
        /// What came out.
        verdict: Box<Verdict>,
    },
    /// A letter of ours did not arrive, or its reader complains.
    Returned(super::returned::Change),
    /// Whoever is suspended wrote: letters to this address go out again.
    Resume(String),
    /// A request for on-call presence stands like this from now on.
    OnCall {
        /// The request.
        request: Box<OnCall>,
        /// The stretches of what is granted.
        slots: Vec<Slot>,
    },
    /// The letter came while a window was open, and is covered by it.
    Intervention {
        /// The ticket of the window.
        window: TicketNumber,
        /// The ticket of the letter.
        ticket: TicketNumber,
    },
    /// A token did its work: the next letter with it may do less.
    Spend {
        /// The token's number.
        generation: u64,
    },
    /// A letter came in a technician's name; counted towards budget and lock.
    Conduct {
        /// Whose name; a handle.
        technician: String,
        /// Whether it was obeyed; else it proved nothing.
        obeyed: bool,
        /// Whether there was an order in it; words alone spend none of the budget of orders.
        ordered: bool,
        /// On what it was believed, or what was missing.
        why: String,
    },
}

/// A detail of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Whose it is; a handle.
    Assignee(Option<String>),
    /// Its place in the queue.
    Priority(Priority),
    /// Its kind.
    Category(Category),
    /// How many are hit, and the place in the queue that follows from it.
    Mutualisation(u8, Priority),
    /// How bad it is, and the place in the queue that follows from it.
    Criticality(u8, Priority),
    /// Until when it waits.
    WaitUntil(Option<Date>),
    /// The clause whose question was sent.
    Question(ClauseId),
    /// Whether the requester's data are saved, as they write.
    Backup(Backup),
    /// How to reach the requester.
    Contact(Contact),
    /// Whose request it is.
    Requester(String),
    /// Somebody takes part.
    Join(String, Role),
    /// A technician is told what happens in it from now on; a handle.
    Watch(String),
    /// Another ticket goes on in its place.
    MergedInto(TicketNumber),
    /// What a person ruled about the service's duty.
    Ruling(Outcome, Option<ClauseId>),
}

/// A ticket about to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// Its state from the start.
    pub status: Status,
    /// The subject, one line.
    pub subject: String,
    /// The author's address in lower case, empty if the letter names nobody.
    pub requester: String,
    /// The author's name.
    pub requester_name: String,
    /// The language of the request.
    pub language: Language,
    /// What was decided, after a refusal that cannot be told became a flag.
    pub outcome: Outcome,
    /// The verdict as the card gave it.
    pub verdict: Verdict,
    /// The clause whose question is sent with the first answer.
    pub question: Option<ClauseId>,
    /// Whether the author's data are saved, if a reset may come.
    pub backup: Option<Backup>,
    /// How to reach the author.
    pub contact: Contact,
    /// Who takes part besides the author: addresses in lower case.
    pub copies: Vec<String>,
    /// How soon a person is expected to answer, if that was reckoned.
    pub expected: Option<Expectation>,
}

impl NewTicket {
    /// Whether its author waits for a person: not who was refused by the card, and not whom nobody
    /// answers automatically, since most of those letters want no answer.
    #[must_use]
    pub fn awaits(&self, answer: &Answer) -> bool {
        answer.is_written() && self.outcome != Outcome::Reject
    }
}
