//! What somebody who takes part in a ticket adds to it.
//!
//! The words go to the ticket and to those who work on it. An answer to a refusal contests it; an
//! answer to a question brings the ticket to a technician; an answer to a resolved or closed ticket
//! reopens it, unless it only says thank you. Nothing here is ever answered automatically.
//!
//! Not done here: the card does not judge once more with the answer to its question
//! ([`crate::policy::answer`] can), a technician does.

use super::{Answer, Candidate, Change, Decision, Disposition, Edit, Facts, Role, audience};
use crate::classify::Rule;
use crate::message::Address;
use crate::notice::{Kind, Warning};
use crate::registry::name::fold;
use crate::ticket::status::Step;
use crate::ticket::{Entry, EntryKind, Status};

/// Words of a letter that only thanks, folded.
const COURTESY: &str = "merci thanks thank you many much so very beaucoup infiniment encore mille \
    grand bien a bonne journee soiree week end tous toutes toute l equipe vous votre pour le la \
    les de d du aide help reponse rapide rapidite reactivite intervention c est it s parfait \
    perfect great super genial top nickel impeccable ok okay resolu regle solved fixed ca marche \
    works fonctionne now fine again maintenant tout all good et and cordialement bonjour hello hi \
    dear cher chere cheers best regards kind bien amicalement salutations recu received the your \
    quick bonsoir";
/// Words a letter that only thanks has at most.
const COURTESY_WORDS: usize = 25;

/// A letter of somebody who takes part.
pub(super) fn decide(facts: &Facts<'_>, ticket: &Candidate) -> Decision {
    let ended = matches!(ticket.status, Status::Resolved | Status::Closed);
    if ended && is_courtesy(facts) {
        return filed(
            facts,
            ticket,
            format!("thanks for ticket {}", ticket.number),
        );
    }
    let step = if ticket.status == Status::Closed {
        Step::Reopen
    } else {
        Step::Reply
    };
    let mut after = ticket.clone();
    let mut changes = vec![page(facts, ticket, EntryKind::FollowUp)];
    let reason = match ticket.status.after(step) {
        Ok(Status::Contested) if ticket.status != Status::Contested => {
            format!("contests the refusal of ticket {}", ticket.number)
        }
        _ => format!("adds to ticket {}", ticket.number),
    };
    if let Ok(to) = ticket.status.after(step) {
        moved(&mut changes, &mut after, to, &reason);
    }
    changes.extend(newcomers(facts, ticket));
    let kind = if after.status == Status::Contested {
        Kind::TechnicianContest
    } else {
        Kind::TechnicianUpdate
    };
    Decision {
        disposition: Disposition::FollowUp,
        reason,
        rule: Some(facts.class.rule.unwrap_or(Rule::L19).to_string()),
        ticket: Some(ticket.number),
        changes,
        notices: audience::said_in(facts, &after, kind, &audience::said(facts), None, &[]),
        answer: Answer::Suppressed(format!("{}: {}", Rule::L19, Rule::L19.why())),
    }
}

/// The same person again, under the same subject, minutes later.
pub(super) fn repeats(facts: &Facts<'_>, ticket: &Candidate) -> Decision {
    let reason = format!(
        "the same sender and subject as ticket {}, minutes later",
        ticket.number
    );
    Decision {
        reason,
        ..decide(facts, ticket)
    }
}

/// A letter under a participant's name whose domain disowns it: kept where the team sees it, and
/// nothing else happens.
pub(super) fn doubted(facts: &Facts<'_>, ticket: &Candidate) -> Decision {
    let warning = Warning::Disowned;
    let mut said = audience::said(facts);
    said.unverified = true;
    Decision {
        disposition: Disposition::FollowUp,
        reason: format!("kept beside ticket {}: {warning}", ticket.number),
        rule: Some("L14".to_owned()),
        ticket: Some(ticket.number),
        changes: vec![page(facts, ticket, EntryKind::Unverified)],
        notices: audience::said_in(
            facts,
            ticket,
            Kind::TechnicianUpdate,
            &said,
            None,
            &[warning],
        ),
        answer: Answer::Suppressed("its sender is not authentic".to_owned()),
    }
}

fn filed(facts: &Facts<'_>, ticket: &Candidate, reason: String) -> Decision {
    Decision {
        disposition: Disposition::FollowUp,
        reason,
        rule: None,
        ticket: Some(ticket.number),
        changes: vec![page(facts, ticket, EntryKind::FollowUp)],
        notices: Vec::new(),
        answer: Answer::Suppressed("it only says thank you".to_owned()),
    }
}

fn page(facts: &Facts<'_>, ticket: &Candidate, kind: EntryKind) -> Change {
    Change::Add(
        ticket.number,
        Entry {
            kind,
            author: facts.author_key(),
            text: audience::said(facts).text,
        },
    )
}

fn moved(changes: &mut Vec<Change>, ticket: &mut Candidate, to: Status, why: &str) {
    if ticket.status != to {
        changes.push(Change::Move {
            ticket: ticket.number,
            from: ticket.status,
            to,
            by: "guichet".to_owned(),
            why: why.to_owned(),
        });
        ticket.status = to;
    }
}

/// People whom a participant added in To or Cc.
fn newcomers(facts: &Facts<'_>, ticket: &Candidate) -> Vec<Change> {
    super::request::copies(facts)
        .into_iter()
        .filter(|address| !ticket.includes(address))
        .map(|address| Change::Edit {
            ticket: ticket.number,
            edit: Edit::Join(address, Role::Copy),
            by: facts.author_key(),
        })
        .collect()
}

/// Whether the letter says nothing but thank you.
fn is_courtesy(facts: &Facts<'_>) -> bool {
    let message = facts.message;
    let folded = fold(&message.text.new);
    let words: Vec<&str> = folded.split(' ').collect();
    let known: Vec<&str> = COURTESY.split_whitespace().collect();
    let thanks = ["merci", "thanks", "thank", "parfait", "perfect", "super"];
    message.attachments.iter().all(|one| one.inline)
        && !message.text.new.contains('?')
        && words.len() <= COURTESY_WORDS
        && words.iter().any(|word| thanks.contains(word))
        && words
            .iter()
            .all(|word| known.contains(word) || is_name(word, message.author()))
}

/// Whether a word is part of the author's own name.
fn is_name(word: &str, author: Option<&Address>) -> bool {
    author.is_some_and(|author| {
        fold(&author.name).split(' ').any(|part| part == word)
            || fold(&author.email).split(' ').any(|part| part == word)
    })
}
