//! Orders given at the command line: the way of a technician's letter, without the proof.
//!
//! In: the orders with their words, and the ticket as it stands inside the transaction. Out: what
//! happens, as an [`Occurrence`], and what became of each line; or the lines, with what stands in
//! the way of one of them. Whoever sits at the command line may write the database, so that nobody
//! is asked for a token; everything else is the same code as for a letter: the orders are tried on
//! a copy of the ticket, history and notices are the same. Only what belongs to a letter is left
//! out: no transcript is mailed to somebody who reads the outcome on the screen, nothing counts
//! towards the budget of letters, and there is no `#undo`, which answers a transcript.
//!
//! An admin who is no technician is a name in the history alone: the ticket cannot be theirs, and
//! they follow none.
//!
//! Not handled: files that go with the words.

use jiff::Timestamp;

use super::{Desk, Work};
use crate::calendar::Calendar;
use crate::classify::sender_auth::Absence;
use crate::classify::{Class, Kind as LetterKind};
use crate::command::{Command, Mistake, Orders, Wanted};
use crate::decide::occurrence::{Cause, Occurrence, Scene};
use crate::decide::reading::{Presented, Query, Reading};
use crate::decide::{Change, Context, Edit, Facts, Settings};
use crate::message::parse::parse;
use crate::message::{Address, Message, Unreadable};
use crate::notice::{Fate, Kind};
use crate::policy::{Card, Letter, judge};
use crate::registry::Registry;
use crate::team::Technician;

/// Who orders what, and everything the answer rests on but the ticket.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Who orders it: a technician, or an admin of whom there is a name and no address.
    pub actor: &'a Technician,
    /// What.
    pub orders: &'a Orders,
    /// When.
    pub now: Timestamp,
    /// What the site wants.
    pub settings: &'a Settings,
    /// The service card.
    pub card: &'a Card,
    /// The look-up tables.
    pub registry: &'a Registry,
    /// When somebody is there.
    pub calendar: Option<&'a Calendar>,
}

/// Lines with what became of each.
pub type Fates = Vec<(String, Fate)>;

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OrderRefused {
    /// A line cannot be obeyed.
    #[error("an order cannot be obeyed, so that nothing is done")]
    Lines(Fates),
    /// An order is for whoever is a technician.
    #[error("expected a technician, because `{0}` gives the ticket to whoever orders it")]
    NobodysTicket(String),
    /// An order answers a letter of ours.
    #[error(
        "expected an order about the ticket, but found `{0}`, which answers a letter of the gateway"
    )]
    ForLetters(String),
    /// Its words cannot be carried.
    #[error("the words cannot be carried")]
    Words(#[from] Unreadable),
}

/// Decides about orders for the ticket of a scene; see the module page.
///
/// # Errors
/// [`OrderRefused`]; nothing is done then.
pub fn order(
    order: &Order<'_>,
    scene: &Scene,
    cause: Cause,
) -> Result<(Occurrence, Fates), OrderRefused> {
    for line in &order.orders.lines {
        match line.command {
            Command::Take if !is_technician(order) => {
                return Err(OrderRefused::NobodysTicket(line.text.clone()));
            }
            Command::Yes | Command::Undo | Command::Help | Command::Status => {
                return Err(OrderRefused::ForLetters(line.text.clone()));
            }
            _ => {}
        }
    }
    let message = written(order)?;
    let reading = reading(order, scene);
    let context = Context {
        candidates: vec![scene.ticket.clone()],
        named: scene.named.clone(),
        next_generation: scene.next_generation,
        ..Context::default()
    };
    let verdict = judge(
        order.card,
        order.registry,
        &Letter::new(&message.subject, &message.text),
        order.now,
    );
    let facts = Facts {
        now: order.now,
        received_at: order.now,
        rescan: false,
        message: &message,
        class: &Class {
            kind: LetterKind::Request,
            answerable: false,
            rule: None,
        },
        verdict: &verdict,
        reading: &reading,
        context: &context,
        settings: order.settings,
        card: order.card,
        registry: order.registry,
        calendar: order.calendar,
        // No order opens a ticket, and only a new one is told of it.
        estimate: None,
    };
    obeyed(order, scene, &facts, cause)
}

/// The letter that the actor did not have to write.
fn written(order: &Order<'_>) -> Result<Message, Unreadable> {
    let mut message = parse(b"From: order@localhost.invalid\r\n\r\n-\r\n")?;
    message.from.clear();
    message.from_fields = 0;
    let lines = order.orders.lines.iter().map(|line| line.text.as_str());
    let words = order.orders.words.as_str();
    let text: Vec<&str> = lines
        .chain([words])
        .filter(|text| !text.is_empty())
        .collect();
    message.text.new = text.join("\n");
    if is_technician(order) {
        message.from = vec![Address {
            name: order.actor.name.clone(),
            email: order.actor.address().to_owned(),
        }];
        message.from_fields = 1;
    }
    Ok(message)
}

fn reading(order: &Order<'_>, scene: &Scene) -> Reading {
    Reading {
        query: Query {
            technician: Some(order.actor.handle.clone()),
            named: scene.named.as_ref().map(|ticket| ticket.number),
            ..Query::default()
        },
        auth: Absence::NotConfigured.into(),
        presented: Presented::Nothing,
        own_addresses: std::collections::BTreeSet::new(),
        enclosed: std::collections::BTreeSet::new(),
        orders: Some(Ok(order.orders.clone())),
        on_call: None,
    }
}

fn obeyed(
    order: &Order<'_>,
    scene: &Scene,
    facts: &Facts<'_>,
    cause: Cause,
) -> Result<(Occurrence, Fates), OrderRefused> {
    let desk = Desk {
        facts,
        technician: order.actor,
        ticket: &scene.ticket,
    };
    let words = desk.words(order.orders, "", false);
    if order.orders.lines.is_empty() && words.is_none() {
        let nothing = ("…".to_owned(), Fate::Mistake(Wanted::Words));
        return Err(OrderRefused::Lines(vec![nothing]));
    }
    let mut work = Work::new(facts, order.actor, &scene.ticket);
    let fates = work.all(order.orders, words.as_ref());
    if fates.iter().any(|(_, fate)| !matches!(fate, Fate::Done(_))) {
        return Err(OrderRefused::Lines(fates));
    }
    let mut decision = desk.done(work, order.orders, words.as_ref(), fates.clone(), "");
    let follows = is_technician(order);
    decision.changes.retain(|change| match change {
        Change::Conduct { .. } | Change::Spend { .. } => false,
        Change::Edit {
            edit: Edit::Watch(_),
            ..
        } => follows,
        _ => true,
    });
    let for_letters = [Kind::Transcript, Kind::ConfirmCommand, Kind::Help];
    decision
        .notices
        .retain(|notice| !for_letters.contains(&notice.kind));
    let occurrence = Occurrence {
        cause,
        ticket: Some(scene.ticket.number),
        reason: format!("ordered at the command line by {}", order.actor.handle),
        changes: decision.changes,
        notices: decision.notices,
        bulletins: Vec::new(),
    };
    Ok((occurrence.with_tokens(scene), fates))
}

/// Whether the actor is on the team.
fn is_technician(order: &Order<'_>) -> bool {
    order.settings.team.by_handle(&order.actor.handle).is_some()
}

impl From<Vec<Mistake>> for OrderRefused {
    fn from(mistakes: Vec<Mistake>) -> Self {
        let fate = |mistake: Mistake| (mistake.line, Fate::Mistake(mistake.wanted));
        Self::Lines(mistakes.into_iter().map(fate).collect())
    }
}
