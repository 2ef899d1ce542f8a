//! What can be known of a letter before the store is asked.
//!
//! In: the letter, its class, the site's settings and the token it carries. Out: a [`Reading`],
//! among it the [`Query`]: what the store has to look up. Pure and cheap, so that it is done once
//! and outside the transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Settings;
use super::thread;
use crate::classify::sender_auth::SenderAuth;
use crate::classify::{self, Class, Kind, returned};
use crate::command::{self, Mistake, Orders};
use crate::message::{Address, Message, MessageId};
use crate::notice::Doubt;
use crate::oncall::{self, Asked};
use crate::policy::{Letter, subject};
use crate::registry::Tri;
use crate::registry::name::fold;
use crate::team::Team;
use crate::ticket::TicketNumber;
use crate::token::{self, Authority, PersonNumber, Purpose, Refusal};

/// What the store has to look up before a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Message-IDs the letter refers to, best first.
    pub ancestors: Vec<MessageId>,
    /// Message-IDs of letters of ours that a machine's letter may be about, best first.
    pub reported: Vec<MessageId>,
    /// The ticket of the reply token.
    pub token_ticket: Option<TicketNumber>,
    /// The number of the reply token.
    pub generation: Option<u64>,
    /// The author's address in lower case.
    pub author: String,
    /// The subject.
    pub subject: String,
    /// The number in the subject's tag.
    pub tagged: Option<TicketNumber>,
    /// The technician in whose name it comes; a handle.
    pub technician: Option<String>,
    /// The ticket that an order names.
    pub named: Option<TicketNumber>,
    /// Whether similar tickets are wanted: where there is a team to tell of them.
    pub similar: bool,
}

/// The reply token a letter carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Presented {
    /// None of ours.
    #[default]
    Nothing,
    /// One that lets somebody add to a ticket.
    Add {
        /// The ticket.
        ticket: TicketNumber,
        /// Whom it was written to.
        person: PersonNumber,
    },
    /// One that lets a technician work on a ticket.
    Work {
        /// The ticket.
        ticket: TicketNumber,
        /// Whom it was written to.
        technician: PersonNumber,
        /// Its number.
        generation: u64,
        /// When it ends.
        expires: Timestamp,
    },
    /// One of ours that has ended, for whatever it was.
    Expired,
}

/// The token a letter carries: the first genuine one, of whom orders may rest on before others.
#[must_use]
pub fn presented(
    message: &Message,
    authority: &Authority,
    ours: &classify::Settings,
    host: &str,
    now: Timestamp,
) -> Presented {
    let found = token::candidates(message, |email| ours.is_own(email), &[host]);
    let verified = |purpose: Purpose| {
        found
            .iter()
            .find_map(|one| authority.verify(&one.text, &[purpose], now).ok())
    };
    if let Some(verified) = verified(Purpose::Command) {
        let claims = verified.claims();
        return Presented::Work {
            ticket: claims.ticket,
            technician: claims.person,
            generation: claims.generation.into(),
            expires: claims.expires,
        };
    }
    if let Some(verified) = verified(Purpose::Thread) {
        return Presented::Add {
            ticket: verified.claims().ticket,
            person: verified.claims().person,
        };
    }
    let ended = |text: &str| {
        let both = [Purpose::Command, Purpose::Thread];
        matches!(
            authority.verify(text, &both, now),
            Err(Refusal::Expired { .. } | Refusal::EndedKey { .. })
        )
    };
    if found.iter().any(|one| ended(&one.text)) {
        Presented::Expired
    } else {
        Presented::Nothing
    }
}

impl Presented {
    /// The ticket it is, or was, for.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketNumber> {
        match self {
            Self::Nothing | Self::Expired => None,
            Self::Add { ticket, .. } | Self::Work { ticket, .. } => Some(*ticket),
        }
    }

    /// Its number and end, if it lets this technician work on this ticket.
    ///
    /// # Errors
    /// The [`Doubt`] about it.
    pub fn work(&self, wanted: TicketNumber, handle: &str) -> Result<(u64, Timestamp), Doubt> {
        match self {
            Self::Work {
                ticket,
                technician,
                generation,
                expires,
            } if *ticket == wanted && *technician == PersonNumber::of(handle) => {
                Ok((*generation, *expires))
            }
            Self::Work { .. } => Err(Doubt::OtherToken),
            Self::Expired => Err(Doubt::Expired),
            Self::Nothing | Self::Add { .. } => Err(Doubt::NoToken),
        }
    }
}

/// A letter, read as far as it goes without the store.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What to look up.
    pub query: Query,
    /// Whether the author is who the letter says.
    pub auth: SenderAuth,
    /// The reply token it carries.
    pub presented: Presented,
    /// The addresses in To and Cc that are ours.
    pub own_addresses: BTreeSet<String>,
    /// The attachments that can be passed on: places in [`Message::attachments`].
    pub enclosed: BTreeSet<usize>,
    /// What it orders, if it comes in a technician's name.
    pub orders: Option<Result<Orders, Vec<Mistake>>>,
    /// What on-call presence it asks for, if it asks for that and answers nothing.
    pub on_call: Option<Box<Asked>>,
}

impl Reading {
    /// Whether it holds lines that look like orders, good or not.
    #[must_use]
    pub fn has_orders(&self) -> bool {
        match &self.orders {
            None => false,
            Some(Ok(orders)) => !orders.lines.is_empty(),
            Some(Err(_)) => true,
        }
    }
}

/// Whether a line holds a part of our own first line: mail programs wrap it.
fn is_our_line(line: &str) -> bool {
    let folded = fold(line);
    [
        "au dessus de cette ligne",
        "reply above this",
        "repondez au dessus",
    ]
    .iter()
    .any(|part| folded.contains(part))
}

/// What stands above our own first line, where a mail program left that in the text.
pub(super) fn above(text: &str) -> &str {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if is_our_line(line) {
            return text.get(..start).unwrap_or(text);
        }
        start += line.len();
    }
    text
}

/// The on-call presence a letter asks for. What answers another letter, or passes one on, asks for
/// nothing of the kind: it belongs to a conversation.
fn on_call(message: &Message, class: &Class, today: Date) -> Option<Box<Asked>> {
    let subject = subject::read(&message.subject);
    let own = class.kind == Kind::Request
        && message.ancestors().next().is_none()
        && !subject.reply
        && !subject.forwarded
        && !message.forwarded
        && !message.text.second_hand
        && message.text.forwarded.trim().is_empty();
    let author = message.author().map_or("", |author| author.name.as_str());
    own.then(|| oncall::read(subject.bare, &message.text.new, author, today))
        .flatten()
        .map(Box::new)
}

/// What the service card is asked about a letter.
#[must_use]
pub fn policy_letter<'a>(message: &'a Message, auth: &SenderAuth, team: &Team) -> Letter<'a> {
    let author = message.author().map(|author| author.email.as_str());
    let trusted = match auth {
        SenderAuth::Pass { .. } => Tri::True,
        SenderAuth::Fail { .. } => Tri::False,
        SenderAuth::None { .. } | SenderAuth::TempError => Tri::Unknown,
    };
    Letter {
        from: author,
        attachments: &message.attachments,
        forwarded: message.forwarded,
        trusted_sender: trusted,
        technician: author.is_some_and(|one| team.by_address(one).is_some()),
        ..Letter::new(&message.subject, &message.text)
    }
}

/// Reads a letter; see the module page.
#[must_use]
pub fn reading(
    message: &Message,
    class: &Class,
    auth: SenderAuth,
    presented: Presented,
    settings: &Settings,
    ours: &classify::Settings,
    now: Timestamp,
) -> Reading {
    let technician = message
        .author()
        .and_then(|author| settings.team.by_address(&author.email))
        .map(|technician| technician.handle.clone());
    let today = settings.zone.to_datetime(now).date();
    let orders = technician.as_ref().map(|_| {
        // Nobody wrote anything: an empty answer above what it quotes.
        let written = if message.text.second_hand {
            ""
        } else {
            &message.text.new
        };
        command::parse(above(written), today)
    });
    let named = orders.iter().flatten().find_map(Orders::merged);
    Reading {
        query: Query {
            ancestors: message.ancestors().cloned().collect(),
            reported: match class.kind {
                Kind::Request | Kind::Spam | Kind::OwnLoop => Vec::new(),
                _ => returned::about(message),
            },
            token_ticket: presented.ticket(),
            generation: match presented {
                Presented::Work { generation, .. } => Some(generation),
                _ => None,
            },
            author: message.author().map(Address::key).unwrap_or_default(),
            subject: message.subject.clone(),
            tagged: thread::tagged(&message.subject, &settings.tag),
            technician,
            named,
            similar: !settings.team.is_empty(),
        },
        auth,
        presented,
        own_addresses: message
            .to
            .iter()
            .chain(&message.cc)
            .filter(|one| ours.is_own(&one.email))
            .map(Address::key)
            .collect(),
        enclosed: BTreeSet::new(),
        orders,
        on_call: on_call(message, class, today),
    }
}
