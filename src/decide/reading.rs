//! What can be known of a letter before the store is asked.
//!
//! In: the letter, its class, the site's settings and the token it carries. Out: a [`Reading`],
//! among it the [`Query`]: what the store has to look up. Pure and cheap, so that it is done once
//! and outside the transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Settings;
use super::thread;
use crate::classify;
use crate::classify::sender_auth::SenderAuth;
use crate::command::{self, Command, Mistake, Orders};
use crate::message::{Address, Message, MessageId};
use crate::notice::Doubt;
use crate::ticket::TicketNumber;

/// What the store has to look up before a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Message-IDs the letter refers to, best first.
    pub ancestors: Vec<MessageId>,
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
}

/// The reply token a letter carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Presented {
    /// None of ours.
    #[default]
    Nothing,
    /// One that lets its holder add to a ticket.
    Add {
        /// The ticket.
        ticket: TicketNumber,
    },
    /// One that lets a technician work on a ticket.
    Work {
        /// The ticket.
        ticket: TicketNumber,
        /// The technician's handle.
        technician: String,
        /// Its number.
        generation: u64,
    },
    /// One that is no longer good.
    Expired {
        /// The ticket it was for.
        ticket: TicketNumber,
    },
}

impl Presented {
    /// The ticket it is, or was, for.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketNumber> {
        match self {
            Self::Nothing => None,
            Self::Add { ticket } | Self::Work { ticket, .. } | Self::Expired { ticket } => {
                Some(*ticket)
            }
        }
    }

    /// Its number, if it lets this technician work on this ticket.
    ///
    /// # Errors
    /// The [`Doubt`] about it.
    pub fn work(&self, wanted: TicketNumber, handle: &str) -> Result<u64, Doubt> {
        match self {
            Self::Work {
                ticket,
                technician,
                generation,
            } if *ticket == wanted && technician == handle => Ok(*generation),
            Self::Work { .. } => Err(Doubt::OtherToken),
            Self::Expired { .. } => Err(Doubt::Expired),
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
    /// What it orders, if it comes in a technician's name.
    pub orders: Option<Result<Orders, Vec<Mistake>>>,
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

/// Reads a letter; see the module page.
#[must_use]
pub fn reading(
    message: &Message,
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
    let orders = technician
        .as_ref()
        .map(|_| command::parse(&message.text.new, today));
    let named = orders
        .iter()
        .flatten()
        .flat_map(Orders::commands)
        .find_map(|command| match command {
            Command::Merge(ticket) => Some(*ticket),
            _ => None,
        });
    Reading {
        query: Query {
            ancestors: message.ancestors().cloned().collect(),
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
        orders,
    }
}
