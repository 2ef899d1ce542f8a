//! What is known from outside the letter, looked up in the transaction of its decision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{answer, returned};
use crate::message::{Contact, MessageId};
use crate::notice::{Backup, Extra, Listed, Said};
use crate::oncall::{OnCall, Window};
use crate::policy::{ClauseId, KeptLetter, Language, Outcome, Verdict};
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Status, TicketNumber};

/// What the store knows that bears on one letter.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// An earlier letter with the same content, and its ticket if it has one.
    pub duplicate_of: Option<(i64, Option<TicketNumber>)>,
    /// An earlier letter has the same Message-ID but other content.
    pub message_id_reused: bool,
    /// Tickets the letter refers to, best reference first; a ticket that went up in another one is
    /// followed by that one.
    pub candidates: Vec<Candidate>,
    /// The author's open ticket of the last minutes under the same subject.
    pub repeated: Option<Candidate>,
    /// The ticket an order of the letter names.
    pub named: Option<Candidate>,
    /// The number the next ticket gets.
    pub next_ticket: i64,
    /// The number the next reply token gets.
    pub next_generation: u64,
    /// What the store remembers of the token the letter carries.
    pub grant: Option<Grant>,
    /// What the technician of that name did of late.
    pub conduct: Conduct,
    /// Open tickets of late, newest first.
    pub recent: Arc<Vec<Recent>>,
    /// Open tickets by priority.
    pub open: BTreeMap<Priority, u64>,
    /// Those of them that no person has answered, opened within the time that `estimate` looks back
    /// on: a ticket that was forgotten for longer is no queue.
    pub unanswered: BTreeMap<Priority, u64>,
    /// Letters written of late.
    pub sent: answer::Sent,
    /// The letter of ours that a report or an automatic reply is about.
    pub own: Option<returned::Own>,
    /// Letters to the author came back of late; they may be held until the author writes.
    pub author_failing: bool,
    /// On-call windows that are open.
    pub windows: Vec<Window>,
}

/// A ticket that a letter refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub number: TicketNumber,
    /// Where it stands.
    pub status: Status,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Its subject.
    pub subject: String,
    /// Who asked: the address in lower case, empty if nobody is named.
    pub requester: String,
    /// Their name.
    pub requester_name: String,
    /// The language of the request.
    pub language: Language,
    /// Everybody who takes part, the requester among them, in lower case.
    pub participants: BTreeMap<String, Role>,
    /// Whose it is; a technician's handle.
    pub assignee: Option<String>,
    /// Technicians who worked on it; handles.
    pub watchers: BTreeSet<String>,
    /// Its kind.
    pub category: Category,
    /// Its place in the queue.
    pub priority: Priority,
    /// How bad, 1 to 4.
    pub criticality: u8,
    /// How many are hit, 1 to 4.
    pub mutualisation: u8,
    /// What was decided.
    pub outcome: Outcome,
    /// By which clause.
    pub clause: Option<ClauseId>,
    /// The clause whose question was sent last.
    pub question: Option<ClauseId>,
    /// Whether an answer was judged already.
    pub judged_again: bool,
    /// Whether the requester's data are saved, if a reset may come.
    pub backup: Option<Backup>,
    /// How to reach the requester.
    pub contact: Contact,
    /// Tickets that went up in it, as far as the letter came by them.
    pub formerly: Vec<TicketNumber>,
    /// The ticket that goes on in its place.
    pub merged_into: Option<TicketNumber>,
    /// The letter that opened it.
    pub opening: Opening,
    /// The requester's newest letter in it: what an answer answers.
    pub last_letter: Option<MessageId>,
    /// Updates that wait for a technician: handle and row of the outbox.
    pub waiting_updates: BTreeMap<String, WaitingUpdate>,
    /// The request for on-call presence that it is, if it is one.
    pub on_call: Option<Box<OnCall>>,
    /// The ticket of the on-call window that covered a letter of it last.
    pub covered_by: Option<TicketNumber>,
}

impl Candidate {
    /// A ticket of somebody's, of which nothing else is known.
    #[must_use]
    pub fn of(
        number: TicketNumber,
        status: Status,
        requester: &str,
        updated_at: Timestamp,
    ) -> Self {
        let people = [(requester.to_owned(), Role::Requester)];
        Self {
            number,
            status,
            updated_at,
            subject: String::new(),
            requester: requester.to_owned(),
            requester_name: String::new(),
            language: Language::Unsure,
            participants: people
                .into_iter()
                .filter(|(one, _)| !one.is_empty())
                .collect(),
            assignee: None,
            watchers: BTreeSet::new(),
            category: Category::Other,
            priority: Priority::P3,
            criticality: 1,
            mutualisation: 1,
            outcome: Outcome::Accept,
            clause: None,
            question: None,
            judged_again: false,
            backup: None,
            contact: Contact::default(),
            formerly: Vec::new(),
            merged_into: None,
            opening: Opening::default(),
            last_letter: None,
            waiting_updates: BTreeMap::new(),
            on_call: None,
            covered_by: None,
        }
    }

    /// Whether somebody takes part in it.
    #[must_use]
    pub fn includes(&self, address: &str) -> bool {
        !address.is_empty() && self.participants.contains_key(address)
    }
}

/// An update that a technician has not been sent yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WaitingUpdate {
    /// The row that waits.
    pub row: i64,
    /// Whether it tells of a contest.
    pub contest: bool,
    /// What it says: author, instant and text of each letter.
    pub said: Vec<Said>,
    /// What was attached to those letters, oldest first, with the files that are kept for it.
    pub attachments: Vec<Listed>,
}

/// The letter that opened a ticket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Opening {
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// The words written in it.
    pub text: String,
    /// What the card said of it, where that still matters: a refusal, a question, a proposal. With
    /// an answer that was judged, what it said then.
    pub verdict: Option<Box<Verdict>>,
    /// What the card looked at, if it asked something.
    pub kept: Option<Box<KeptLetter>>,
}

/// How somebody takes part in a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is their request.
    Requester,
    /// They get what is public, and may reply.
    Copy,
}

impl Role {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Copy => "copy",
        }
    }
}

/// What the store remembers of a reply token.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Its number.
    pub generation: u64,
    /// The ticket it is for.
    pub ticket: TicketNumber,
    /// The technician it was written to; a handle.
    pub technician: String,
    /// When it ends, to the minute, as in the token.
    pub expires: Timestamp,
    /// Letters that did what the requester sees with it.
    pub uses: u64,
    /// Taken back by an admin.
    pub revoked: bool,
    /// What the letter it stood in allows besides.
    pub extra: Option<Extra>,
}

/// What a technician did by mail within the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Letters that were obeyed.
    pub obeyed: u64,
    /// Letters in this name that proved nothing.
    pub failed: u64,
}

/// An open ticket of late.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    /// Its number.
    pub number: TicketNumber,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Who asked.
    pub requester: String,
    /// Their name.
    pub requester_name: String,
    /// Its subject.
    pub subject: String,
    /// Its kind.
    pub category: Category,
    /// The words of the letter that opened it, their beginning.
    pub text: String,
}
