//! Whose orders are obeyed.
//!
//! An order is never obeyed for its `From:` alone. A letter proves its writer by three things
//! together: it answers a letter that we wrote to that technician (the reply token, bound to
//! ticket and person), it comes from one of their registered addresses, and our own border server
//! found that address authentic. Where no border server is configured the first two have to do.
//!
//! What that allows ([`Needs`]): the first letter with a token may do everything but what needs a
//! confirmation; a second letter with the same token stays inside the team. Forwarded letters,
//! several authors, orders in HTML alone and old letters that come late order nothing.
//!
//! Five letters within an hour that carry a technician's genuine token and fail all the same (not
//! authentic, taken back) lock that name for an hour: somebody tries a notification that leaked.
//! Letters without a token lock nobody, for anybody can send those.

use jiff::{SignedDuration, Timestamp};

use super::{Candidate, Facts, answer};
use crate::classify::sender_auth::SenderAuth;
use crate::command::Needs;
use crate::message::TextSource;
use crate::notice::Doubt;
use crate::team::Technician;
use crate::ticket::TicketNumber;

/// How technicians work by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A border server whose findings count is configured.
    pub border: bool,
    /// Letters with orders of one technician that are obeyed within an hour without a confirmation.
    pub letters_an_hour: u64,
    /// Letters within an hour that prove nothing, after which a name is locked.
    pub failures: u64,
    /// How far a letter's date may be from its arrival, for what the requester sees.
    pub date_within: SignedDuration,
    /// How long changes can be taken back, and held orders confirmed.
    pub undo: SignedDuration,
    /// How long a held letter can be confirmed.
    pub confirm: SignedDuration,
    /// How long updates to a technician are collected.
    pub pause: SignedDuration,
    /// Days during which a reply to a closed ticket reopens it.
    pub reopen_days: u64,
    /// Bytes of attachments that are passed on with one letter.
    pub attachments: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            border: false,
            letters_an_hour: 20,
            failures: 5,
            date_within: SignedDuration::from_hours(48),
            undo: SignedDuration::from_mins(15),
            confirm: SignedDuration::from_hours(24),
            pause: SignedDuration::from_mins(2),
            reopen_days: 14,
            attachments: 5 * 1024 * 1024,
        }
    }
}

/// How far a letter is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is the technician's.
    Trusted {
        /// What it may do at most.
        up_to: Needs,
        /// Why not more, if there is more.
        short: Option<Doubt>,
        /// What it was believed on, for the history.
        evidence: String,
    },
    /// It proves nothing.
    Untrusted(Doubt),
}

/// How far a letter in a technician's name is trusted with a ticket.
#[must_use]
pub fn standing(facts: &Facts<'_>, technician: &Technician, ticket: &Candidate) -> Standing {
    match proven(facts, technician, ticket) {
        Err(doubt) => Standing::Untrusted(doubt),
        Ok(evidence) => {
            let short = short(facts);
            Standing::Trusted {
                up_to: if short.is_some() {
                    Needs::Inside
                } else {
                    Needs::Outside
                },
                short,
                evidence,
            }
        }
    }
}

fn proven(facts: &Facts<'_>, technician: &Technician, ticket: &Candidate) -> Result<String, Doubt> {
    let settings = &facts.settings.work;
    let message = facts.message;
    let (token_ticket, generation, expires) = presented(facts, technician, ticket)?;
    let grant = facts.context.grant.as_ref().ok_or(Doubt::NoToken)?;
    // After a restored backup a number may be given twice; its end tells which one this is.
    let bound = grant.generation == generation
        && grant.expires.as_second() / 60 == expires.as_second() / 60
        && grant.ticket == token_ticket
        && grant.technician == technician.handle;
    if !bound {
        return Err(Doubt::OtherToken);
    }
    if grant.revoked {
        return Err(Doubt::Revoked);
    }
    let authentic = match &facts.reading.auth {
        SenderAuth::Pass { by } => format!("{:?} of {}", by.method, by.identity),
        _ if !settings.border => "no border server is configured".to_owned(),
        _ => return Err(Doubt::NotAuthentic),
    };
    if message.forwarded || !message.text.forwarded.trim().is_empty() {
        return Err(Doubt::Forwarded);
    }
    if message.text.source != TextSource::Plain && facts.reading.has_orders() {
        return Err(Doubt::HtmlOnly);
    }
    // Letters with a genuine token that failed: somebody tries a notification that leaked.
    if facts.context.conduct.failed >= settings.failures {
        return Err(Doubt::Locked);
    }
    Ok(format!("token {generation}, {authentic}"))
}

/// The token for this ticket, or for one that went up in it.
fn presented(
    facts: &Facts<'_>,
    technician: &Technician,
    ticket: &Candidate,
) -> Result<(TicketNumber, u64, Timestamp), Doubt> {
    let mut doubt = Doubt::NoToken;
    for number in std::iter::once(ticket.number).chain(ticket.formerly.iter().copied()) {
        match facts.reading.presented.work(number, &technician.handle) {
            Ok((generation, expires)) => return Ok((number, generation, expires)),
            Err(found) => doubt = found,
        }
    }
    Err(doubt)
}

/// What keeps a proven letter from doing what the requester sees.
fn short(facts: &Facts<'_>) -> Option<Doubt> {
    let grant = facts.context.grant.as_ref()?;
    if grant.uses > 0 {
        return Some(Doubt::Spent);
    }
    let settings = &facts.settings.work;
    if facts.reading.has_orders() && facts.context.conduct.obeyed >= settings.letters_an_hour {
        return Some(Doubt::Busy);
    }
    if answer::is_old(facts.received_at, facts.now, facts.settings.limits.max_age) {
        return Some(Doubt::Late);
    }
    let within = facts.settings.work.date_within.as_secs();
    let on_time = facts
        .message
        .date
        .is_some_and(|date| (date - facts.received_at.as_second()).abs() <= within);
    (!on_time).then_some(Doubt::Late)
}
