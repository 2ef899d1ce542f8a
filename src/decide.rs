//! All facts about a letter in, one [`Decision`] out. Pure.
//!
//! The order of the questions: has this very letter been here before ([`Disposition::Duplicate`]);
//! is it the gateway's own, a bounce, or automatic; does it belong to a ticket whose people its
//! author is one of ([`thread`]); otherwise it is a request, and the verdict of `policy` says
//! what becomes of it. Every letter gets exactly one disposition with a reason.
//!
//! Whether an automatic answer goes out is a decision of its own ([`answer`]), and its refusal has
//! a reason that is kept. A person who cannot be told of a refusal is not refused: the ticket then
//! goes to the queue with the clause as a flag.
//!
//! Not handled yet by this room: technicians' commands, on-call requests and courtesy replies,
//! which are read as what a participant adds to a ticket.

pub mod answer;
pub mod budget;
pub mod returned;
pub mod review;
#[cfg(test)]
mod tests;
pub mod thread;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::classify::sender_auth::SenderAuth;
use crate::classify::{Class, Kind as LetterKind, Rule};
use crate::message::{Message, Unreadable};
use crate::notice::{Kind, Notice, Recipient};
use crate::policy::{Language, Outcome, Verdict};
use crate::ticket::priority::Priority;
use crate::ticket::{Entry, EntryKind, Status, TicketNumber};

pub use answer::Answer;

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It opened a ticket.
    Ticket,
    /// It was added to a ticket.
    FollowUp,
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
    /// The word in the database, in logs and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::FollowUp => "follow_up",
            Self::Duplicate => "duplicate",
            Self::Automatic => "automatic",
            Self::Bounce => "bounce",
            Self::Ignored => "ignored",
            Self::Held => "held",
            Self::Discarded => "discarded",
        }
    }
}

/// What the site decides about answers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The word in `[Support #12]`.
    pub tag: String,
    /// Domains of the institute: their people are known, and may see their subject again.
    pub own_domains: BTreeSet<String>,
    /// See [`answer::Limits`].
    pub limits: answer::Limits,
}

/// What is known from outside the letter.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// An earlier letter with the same content, and its ticket if it has one.
    pub duplicate_of: Option<(i64, Option<TicketNumber>)>,
    /// An earlier letter has the same Message-ID but other content.
    pub message_id_reused: bool,
    /// Tickets the letter refers to, best reference first.
    pub candidates: Vec<Candidate>,
    /// The number the next ticket gets.
    pub next_ticket: i64,
    /// Open tickets by priority.
    pub open: BTreeMap<Priority, u64>,
    /// Letters written of late.
    pub sent: answer::Sent,
    /// The letter of ours that a report or an automatic reply is about.
    pub own: Option<returned::Own>,
    /// Nothing is sent to the author until they write, because nothing arrived any more.
    pub author_suspended: bool,
}

/// A ticket that a letter refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub number: TicketNumber,
    /// Where it stands.
    pub status: Status,
    /// The addresses of everybody who takes part, in lower case.
    pub participants: BTreeSet<String>,
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
    /// Whether its author is who it says.
    pub auth: &'a SenderAuth,
    /// What the service card says of it.
    pub verdict: &'a Verdict,
    /// What the store knows.
    pub context: &'a Context,
    /// What the site wants.
    pub settings: &'a Settings,
}

impl Facts<'_> {
    /// Why the letter is what it is, by the rule that matched.
    fn class_reason(&self) -> String {
        self.class.rule.map_or_else(
            || "no rule matched".to_owned(),
            |rule| format!("{rule}: {}", rule.why()),
        )
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

/// One change to the tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new ticket, with the number of [`Context::next_ticket`].
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
    },
    /// A letter of ours did not arrive, or its reader complains.
    Returned(returned::Change),
    /// Whoever is suspended wrote: letters to this address go out again.
    Resume(String),
}

/// A ticket about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Decides about a letter that could be read.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Decision {
    let mut decision = considered(facts);
    // Before anything else, so that what is written to them now goes out.
    if let Some(address) = returned::resumed(facts) {
        decision.changes.insert(0, Change::Resume(address));
    }
    decision
}

fn considered(facts: &Facts<'_>) -> Decision {
    if let Some((letter, ticket)) = facts.context.duplicate_of {
        return duplicate(facts, letter, ticket);
    }
    let threaded = thread::find(facts);
    match facts.class.kind {
        LetterKind::OwnLoop => filed(facts, Disposition::Ignored, None),
        LetterKind::Bounce | LetterKind::Complaint | LetterKind::Receipt => returned::decide(facts),
        LetterKind::Automatic | LetterKind::OutOfOffice => {
            // A machine that answers a letter of ours has seen it, whatever address it writes from.
            let answered = facts.context.own.as_ref().and_then(|own| own.ticket);
            let ticket = threaded.ticket().or(answered);
            filed(facts, Disposition::Automatic, ticket)
        }
        LetterKind::Spam => hold(&Held::Spam),
        LetterKind::Request => match threaded {
            thread::Thread::Joins(candidate) => follow_up(facts, &candidate),
            thread::Thread::Closed(old) => {
                request(facts, Some(format!("follows the closed ticket {old}")))
            }
            thread::Thread::Claims(claimed) => request(
                facts,
                Some(format!(
                    "refers to ticket {claimed}, in which its author does not take part"
                )),
            ),
            thread::Thread::None => request(facts, None),
        },
    }
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

fn duplicate(facts: &Facts<'_>, letter: i64, ticket: Option<TicketNumber>) -> Decision {
    let reason = format!("the same letter as letter {letter}, delivered again");
    let changes = ticket
        .map(|number| {
            Change::Add(
                number,
                Entry {
                    kind: EntryKind::Duplicate,
                    author: author_key(facts.message),
                    text: reason.clone(),
                },
            )
        })
        .into_iter()
        .collect();
    Decision {
        disposition: Disposition::Duplicate,
        reason,
        rule: None,
        ticket,
        changes,
        notices: Vec::new(),
        answer: Answer::Suppressed("the letter was answered, or not, when it first came".into()),
    }
}

fn filed(facts: &Facts<'_>, disposition: Disposition, ticket: Option<TicketNumber>) -> Decision {
    let changes = ticket
        .map(|number| {
            Change::Add(
                number,
                Entry {
                    kind: EntryKind::Automatic,
                    author: author_key(facts.message),
                    text: facts.message.text.new.clone(),
                },
            )
        })
        .into_iter()
        .collect();
    let reason = facts.class_reason();
    Decision {
        disposition,
        rule: facts.class.rule.map(|rule| rule.to_string()),
        ticket,
        changes,
        notices: Vec::new(),
        answer: Answer::Suppressed(reason.clone()),
        reason,
    }
}

fn follow_up(facts: &Facts<'_>, candidate: &Candidate) -> Decision {
    let number = candidate.number;
    let mut changes = vec![Change::Add(
        number,
        Entry {
            kind: EntryKind::FollowUp,
            author: author_key(facts.message),
            text: facts.message.text.new.clone(),
        },
    )];
    let to = candidate.status.after_reply();
    if to != candidate.status {
        changes.push(Change::Move {
            ticket: number,
            from: candidate.status,
            to,
        });
    }
    Decision {
        disposition: Disposition::FollowUp,
        reason: match to {
            Status::Contested => format!("contests the refusal of ticket {number}"),
            _ => format!("adds to ticket {number}"),
        },
        rule: Some(facts.class.rule.unwrap_or(Rule::L19).to_string()),
        ticket: Some(number),
        changes,
        notices: Vec::new(),
        answer: Answer::Suppressed(format!("{}: {}", Rule::L19, Rule::L19.why())),
    }
}

fn request(facts: &Facts<'_>, remark: Option<String>) -> Decision {
    let number = TicketNumber(facts.context.next_ticket);
    let answer::Judgement { answer, rule, echo } = answer::judge(facts);
    let verdict = facts.verdict;
    // Nobody is refused without being told: an untold refusal is a flag for a person.
    let told = answer.is_written();
    let outcome = match verdict.outcome {
        Outcome::Reject if !told => Outcome::Flag,
        other => other,
    };
    let ticket = NewTicket {
        // A refusal that waits for an admin is not told yet, so that a person sees it too.
        status: first_status(
            outcome,
            verdict.reserve || matches!(answer, Answer::Held(_)),
        ),
        subject: facts.message.subject.clone(),
        requester: author_key(facts.message),
        requester_name: facts
            .message
            .author()
            .map(|author| author.name.clone())
            .unwrap_or_default(),
        language: verdict.language,
        outcome,
        verdict: verdict.clone(),
    };
    let mut changes = vec![
        Change::Open(Box::new(ticket)),
        Change::Add(
            number,
            Entry {
                kind: EntryKind::Request,
                author: author_key(facts.message),
                text: facts.message.text.new.clone(),
            },
        ),
    ];
    let reused = facts
        .context
        .message_id_reused
        .then(|| "its Message-ID was used before by another letter".to_owned());
    for text in [remark, reused].into_iter().flatten() {
        changes.push(Change::Add(
            number,
            Entry {
                kind: EntryKind::Claim,
                author: "guichet".to_owned(),
                text,
            },
        ));
    }
    Decision {
        disposition: Disposition::Ticket,
        reason: why(verdict, outcome),
        rule: rule.map(|rule| rule.to_string()),
        ticket: Some(number),
        changes,
        notices: if told {
            first_notice(facts, number, echo).into_iter().collect()
        } else {
            Vec::new()
        },
        answer,
    }
}

fn first_status(outcome: Outcome, reserve: bool) -> Status {
    match outcome {
        Outcome::Reject if reserve => Status::RefusedProvisional,
        Outcome::Reject => Status::Refused,
        Outcome::Ask => Status::WaitingRequester,
        Outcome::Accept | Outcome::Flag | Outcome::Notice => Status::New,
    }
}

fn why(verdict: &Verdict, outcome: Outcome) -> String {
    let clause = verdict.clause.as_ref().map(ToString::to_string);
    match (outcome, clause) {
        (Outcome::Reject, Some(clause)) => format!("outside the service by clause {clause}"),
        (Outcome::Ask, Some(clause)) => {
            format!("in the queue, with one question about clause {clause}")
        }
        (Outcome::Notice, Some(clause)) => {
            format!("in the queue, with the notice of clause {clause}")
        }
        (Outcome::Flag, Some(clause)) => format!("in the queue, flagged for clause {clause}"),
        _ => "a new request".to_owned(),
    }
}

fn first_notice(facts: &Facts<'_>, ticket: TicketNumber, echo: bool) -> Option<Notice> {
    let author = facts.message.author()?;
    let verdict = facts.verdict;
    let kind = match verdict.outcome {
        Outcome::Reject => Kind::Rejection,
        _ if is_security(verdict) => Kind::SecurityNotice,
        Outcome::Ask => Kind::Question,
        Outcome::Notice => Kind::ResetNotice,
        Outcome::Accept | Outcome::Flag => Kind::Acknowledgement,
    };
    Some(Notice {
        kind,
        ticket,
        to: Recipient {
            name: author.name.clone(),
            email: author.email.clone(),
        },
        language: verdict.language,
        subject: (echo && !facts.message.subject.is_empty()).then(|| facts.message.subject.clone()),
        in_reply_to: facts.message.message_id.clone(),
        references: facts.message.references.clone(),
        verdict: verdict.clone(),
        ahead: facts
            .context
            .open
            .iter()
            .filter(|(priority, _)| **priority <= verdict.priority)
            .map(|(_, count)| count)
            .sum(),
    })
}

/// Whether the letter reports an incident of security: the card's two rules for it.
fn is_security(verdict: &Verdict) -> bool {
    matches!(verdict.safety.as_deref(), Some("security" | "theft"))
}

/// The same decision for an author who, as it turns out, cannot be written to: the answer is
/// withheld, and a refusal becomes a flag for a person.
#[must_use]
pub fn untold(mut decision: Decision, why: String) -> Decision {
    decision.notices.clear();
    decision.answer = Answer::Suppressed(why);
    for change in &mut decision.changes {
        if let Change::Open(ticket) = change
            && ticket.outcome == Outcome::Reject
        {
            ticket.outcome = Outcome::Flag;
            ticket.status = Status::New;
        }
    }
    decision
}

fn author_key(message: &Message) -> String {
    message
        .author()
        .map(crate::message::Address::key)
        .unwrap_or_default()
}
