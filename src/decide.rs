//! All facts about a letter in, one [`Decision`] out. Pure.
//!
//! The order of the questions: has this very letter been here before ([`Disposition::Duplicate`]);
//! is it the gateway's own, a bounce, or automatic ([`filed`]); does a technician work by it
//! ([`work`]); does it belong to a ticket whose people its author is one of ([`thread`],
//! [`reply`]); otherwise it is a request ([`request`]), and the verdict of `policy` says what
//! becomes of it. Every letter gets exactly one disposition with a reason.
//!
//! Two looks at a letter: [`reading`] holds what can be known without the store, among it what the
//! store must look up; [`decide`] runs inside the transaction with what it found ([`Context`]).
//!
//! Whether an automatic answer goes out is a decision of its own ([`answer`]), and its refusal has
//! a reason that is kept. A person who cannot be told of a refusal is not refused: the ticket then
//! goes to the queue with the clause as a flag. What the team is told is in [`audience`]; whose
//! orders are obeyed, in [`trust`].

pub mod answer;
mod answered;
pub mod audience;
pub mod budget;
mod change;
mod context;
pub mod due;
mod filed;
pub mod import;
pub mod lost;
pub mod occurrence;
pub mod on_call;
pub mod reading;
mod reply;
mod request;
pub mod returned;
pub mod review;
#[cfg(test)]
mod tests;
pub mod thread;
pub mod trust;
mod work;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::classify::{Class, Kind as LetterKind, Rule};
use crate::estimate::Snapshot;
use crate::message::{Message, Unreadable};
use crate::notice::{Kind, Notice, Warning};
use crate::oncall;
use crate::policy::{Card, Outcome, Verdict};
use crate::registry::Registry;
use crate::team::Team;
use crate::ticket::{Entry, EntryKind, Status, TicketNumber};

pub use answer::Answer;
pub use change::{Change, Edit, NewTicket};
pub use context::{Candidate, Conduct, Context, Grant, Opening, Recent, Role, WaitingUpdate};
pub use import::Imported;
pub use occurrence::{Cause, Occurrence, Scene};
use reading::Presented;
pub use reading::{Query, Reading};
pub use work::ordered::{Fates, Order, OrderRefused, order};

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It opened a ticket.
    Ticket,
    /// It was added to a ticket.
    FollowUp,
    /// A technician works by it: obeyed, or told why not.
    Command,
    /// It is the same letter as one that was decided before.
    Duplicate,
    /// A machine wrote it; filed.
    Automatic,
    /// A mail server reports on a delivery; filed.
    Bounce,
    /// It is the gateway's own letter come back; filed.
    Ignored,
    /// It cannot be read within the limits, or a spam filter marked it; kept for a person.
    Held,
    /// An admin looked at it while it was held, and ended it.
    Discarded,
}

impl Disposition {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ticket,
        Self::FollowUp,
        Self::Command,
        Self::Duplicate,
        Self::Automatic,
        Self::Bounce,
        Self::Ignored,
        Self::Held,
        Self::Discarded,
    ];

    /// The word in the database, in logs and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::FollowUp => "follow_up",
            Self::Command => "command",
            Self::Duplicate => "duplicate",
            Self::Automatic => "automatic",
            Self::Bounce => "bounce",
            Self::Ignored => "ignored",
            Self::Held => "held",
            Self::Discarded => "discarded",
        }
    }
}

/// What the site decides about letters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The word in `[Support #12]`.
    pub tag: String,
    /// Every address letters reach us by: nobody who takes part.
    pub own_addresses: BTreeSet<String>,
    /// Domains of the institute: their people are known, and may see their subject again.
    pub own_domains: BTreeSet<String>,
    /// See [`answer::Limits`].
    pub limits: answer::Limits,
    /// The technicians.
    pub team: Team,
    /// How they work by mail.
    pub work: trust::Settings,
    /// When what falls due.
    pub due: due::Settings,
    /// What the site wants of requests for on-call presence.
    pub on_call: oncall::Settings,
    /// Where days begin and end.
    pub zone: TimeZone,
}

/// Everything a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The moment of the decision.
    pub now: Timestamp,
    /// When the server got the letter.
    pub received_at: Timestamp,
    /// The letter was found again after a backup was put back.
    pub rescan: bool,
    /// The letter.
    pub message: &'a Message,
    /// What kind of letter it is.
    pub class: &'a Class,
    /// What the service card says of it.
    pub verdict: &'a Verdict,
    /// What was known before the store was asked.
    pub reading: &'a Reading,
    /// What the store knows.
    pub context: &'a Context,
    /// What the site wants.
    pub settings: &'a Settings,
    /// The service card.
    pub card: &'a Card,
    /// The look-up tables.
    pub registry: &'a Registry,
    /// When somebody is there; without it an answer does not speak of it.
    pub calendar: Option<&'a Calendar>,
    /// How soon persons answered; without it an answer does not speak of it.
    pub estimate: Option<&'a Snapshot>,
}

impl Facts<'_> {
    /// Why the letter is what it is, by the rule that matched.
    fn class_reason(&self) -> String {
        self.class.rule.map_or_else(
            || "no rule matched".to_owned(),
            |rule| format!("{rule}: {}", rule.why()),
        )
    }

    /// All addresses of the author, as they are compared: the one of the letter, and those the
    /// people table has of the same person.
    fn author_keys(&self) -> Vec<String> {
        let mut keys = vec![self.author_key()];
        let today = self.settings.zone.to_datetime(self.now).date();
        if let Some((person, _)) = self.registry.person(&self.author_key(), today).found() {
            keys.extend(person.emails.iter().cloned());
        }
        keys.retain(|key| !key.is_empty());
        keys
    }

    /// The author's address as it is compared; empty if the letter names nobody.
    fn author_key(&self) -> String {
        self.message
            .author()
            .map(crate::message::Address::key)
            .unwrap_or_default()
    }
}

/// What is to be done about one letter: all of it, or nothing.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What became of the letter.
    pub disposition: Disposition,
    /// Why, in one sentence.
    pub reason: String,
    /// The loop rule that matched, such as `L02`.
    pub rule: Option<String>,
    /// The ticket it opens or belongs to.
    pub ticket: Option<TicketNumber>,
    /// What changes in the tickets, in order.
    pub changes: Vec<Change>,
    /// What is said to whom.
    pub notices: Vec<Notice>,
    /// Whether the author is answered automatically.
    pub answer: Answer,
}

/// Decides about a letter that could be read.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Decision {
    let mut decision = considered(facts);
    // Each letter to a technician carries a token of its own.
    occurrence::number_tokens(&mut decision.notices, facts.context.next_generation);
    // Before anything else, so that what is written to them now goes out.
    if let Some(address) = returned::resumed(facts) {
        decision.changes.insert(0, Change::Resume(address));
    }
    decision
}

fn considered(facts: &Facts<'_>) -> Decision {
    if let Some((letter, ticket)) = facts.context.duplicate_of {
        return filed::duplicate(facts, letter, ticket);
    }
    match facts.class.kind {
        LetterKind::OwnLoop => return filed::filed(facts, Disposition::Ignored, None),
        LetterKind::Bounce | LetterKind::Complaint | LetterKind::Receipt => {
            return returned::decide(facts);
        }
        LetterKind::Automatic | LetterKind::OutOfOffice => {
            // A machine that answers a letter of ours has seen it, whatever address it writes from.
            let answered = facts.context.own.as_ref().and_then(|own| own.ticket);
            let ticket = thread::find(facts).ticket().or(answered);
            return filed::filed(facts, Disposition::Automatic, ticket);
        }
        LetterKind::Spam if !is_known(facts) => return hold(&Held::Spam),
        LetterKind::Spam | LetterKind::Request => {}
    }
    if let Some(decision) = work::decide(facts) {
        return decision;
    }
    match thread::find(facts) {
        thread::Thread::Joins(candidate) => reply::decide(facts, candidate),
        thread::Thread::Repeats(candidate) => reply::repeats(facts, candidate),
        thread::Thread::Doubted(candidate) => reply::doubted(facts, candidate),
        thread::Thread::Closed(old) => request::decide(facts, Some(Warning::Follows(old))),
        thread::Thread::Claims(claimed) => request::decide(facts, Some(Warning::Claims(claimed))),
        thread::Thread::None => request::decide(facts, None),
    }
}

/// Whether a letter that a filter marked belongs here all the same: it joins a ticket of its
/// author's, or carries a technician's own token.
fn is_known(facts: &Facts<'_>) -> bool {
    let works = match (&facts.reading.presented, &facts.reading.query.technician) {
        (Presented::Work { ticket, .. }, Some(handle)) => {
            facts.reading.presented.work(*ticket, handle).is_ok()
        }
        _ => false,
    };
    works || matches!(thread::find(facts), thread::Thread::Joins(_))
}

/// Decides about a letter that cannot be read within the limits, or that ended its reader three
/// times: it is held, whole, for a person.
#[must_use]
pub fn hold(why: &Held) -> Decision {
    Decision {
        disposition: Disposition::Held,
        reason: why.to_string(),
        rule: Some(why.rule().to_string()),
        ticket: None,
        changes: Vec::new(),
        notices: Vec::new(),
        answer: Answer::Suppressed("the letter is held for a person".to_owned()),
    }
}

/// Why a letter is held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// It passes a limit or has no shape.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// The server lists it, and did not hand it over when asked three times.
    #[error("the server lists the letter but did not hand it over; look at it there")]
    Withheld,
    /// Each start of reading it ended the reader.
    #[error("poison: {starts} starts of reading the letter failed, the last because {last}")]
    Poison {
        /// Starts made.
        starts: u32,
        /// What happened last.
        last: String,
    },
    /// A spam filter that is trusted marked it.
    #[error("a spam filter marked it; nobody was answered")]
    Spam,
}

impl Held {
    fn rule(&self) -> Rule {
        match self {
            Self::Spam => Rule::L15,
            Self::Unreadable(_) | Self::Withheld | Self::Poison { .. } => Rule::L21,
        }
    }
}

/// The page of history of a notice that cannot be written.
#[must_use]
pub fn unwritten(notice: &Notice, why: &str) -> Change {
    Change::Add(
        notice.ticket,
        Entry {
            kind: EntryKind::Delivery,
            author: "guichet".to_owned(),
            text: format!("a {} could not be written: {why}", notice.kind.name()),
        },
    )
}

/// The same decision without one notice, which cannot be written: its ticket says so, and a refusal
/// that cannot be told becomes a flag for a person.
#[must_use]
pub fn untold(mut decision: Decision, nth: usize, why: &str) -> Decision {
    if nth >= decision.notices.len() {
        return decision;
    }
    let notice = decision.notices.remove(nth);
    decision.changes.push(unwritten(&notice, why));
    if !notice.about.is_first() {
        return unrefused(decision, notice.kind);
    }
    decision.answer = Answer::Suppressed(format!("the answer could not be written: {why}"));
    for change in &mut decision.changes {
        if let Change::Open(ticket) = change {
            ticket.expected = None;
            if matches!(ticket.outcome, Outcome::Reject | Outcome::Ask) {
                ticket.outcome = Outcome::Flag;
                ticket.status = Status::New;
                ticket.question = None;
            }
        }
    }
    decision
}

/// The same decision, if what could not be written is a refusal by an answer: it is none.
fn unrefused(mut decision: Decision, untold: Kind) -> Decision {
    let by_answer = |change: &Change| matches!(change, Change::JudgedAgain { .. });
    if untold != Kind::Rejection || !decision.changes.iter().any(by_answer) {
        return decision;
    }
    decision.answer = Answer::Suppressed("the refusal could not be written".to_owned());
    for change in &mut decision.changes {
        match change {
            Change::Move { to, .. } if to.is_refusal() => *to = Status::Open,
            Change::Edit {
                edit: Edit::Ruling(outcome, _),
                ..
            } => *outcome = Outcome::Flag,
            _ => {}
        }
    }
    decision
}
