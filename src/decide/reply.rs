//! What somebody who takes part in a ticket adds to it.
//!
//! The words go to the ticket and to those who work on it. An answer to a refusal contests it; an
//! answer to a question is judged ([`answered`]), or brings the ticket to a technician; an answer
//! to a resolved or closed ticket reopens it, and thanks for anything are only filed. Nothing here
//! is answered automatically but an answer to a question of ours, once.

use super::{
    Answer, Candidate, Change, Decision, Disposition, Edit, Facts, Role, answered, audience,
    on_call,
};
use crate::classify::Rule;
use crate::message::{Address, Contact};
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
    if let Some(decision) = on_call::replied(facts, ticket) {
        return decision;
    }
    // "Ça marche, merci" may be just what a technician asked; the card asks nothing of the kind.
    let needs_nothing = match ticket.status {
        Status::Resolved | Status::Closed => true,
        Status::WaitingRequester => answered::waits_for_card(ticket),
        _ => false,
    };
    if needs_nothing && is_courtesy(facts) {
        return filed(
            facts,
            ticket,
            format!("thanks for ticket {}", ticket.number),
        );
    }
    answered::decide(facts, ticket).unwrap_or_else(|| adds(facts, ticket))
}

/// The words go to the ticket, and a state that only waits for words goes on.
fn adds(facts: &Facts<'_>, ticket: &Candidate) -> Decision {
    let step = if ticket.status == Status::Closed {
        Step::Reopen
    } else {
        Step::Reply
    };
    let after = ticket.status.after(step);
    let reason = match after {
        Ok(Status::Contested) if ticket.status != Status::Contested => {
            format!("contests the refusal of ticket {}", ticket.number)
        }
        _ => format!("adds to ticket {}", ticket.number),
    };
    let mut added = Added::of(facts, ticket, reason);
    if let Ok(to) = after {
        added.move_to(to);
    }
    added.decision(facts)
}

/// A letter that is added to a ticket, and what it changes there.
pub(super) struct Added {
    /// The ticket as it is becoming.
    pub(super) after: Candidate,
    /// What changes.
    pub(super) changes: Vec<Change>,
    /// What those who work on it should know of the letter.
    pub(super) warnings: Vec<Warning>,
    reason: String,
}

impl Added {
    /// What every such letter brings: its words, people in copy, how to reach the requester, and
    /// what it says about a backup.
    pub(super) fn of(facts: &Facts<'_>, ticket: &Candidate, reason: String) -> Self {
        let mut added = Self {
            after: ticket.clone(),
            changes: vec![page(facts, ticket, EntryKind::FollowUp)],
            warnings: Vec::new(),
            reason,
        };
        added.changes.extend(newcomers(facts, ticket));
        added.changes.extend(on_call::intervention(
            ticket.number,
            on_call::cover_in(facts, ticket),
        ));
        if facts.author_keys().contains(&ticket.requester) {
            let contact = Contact::of(&facts.message.text).or(&ticket.contact);
            if contact != ticket.contact {
                added.edit(Edit::Contact(contact.clone()));
                added.after.contact = contact;
            }
        }
        let saved = answered::backup(facts, ticket).filter(|saved| ticket.backup != Some(*saved));
        if let Some(saved) = saved {
            added.edit(Edit::Backup(saved));
            added.after.backup = Some(saved);
        }
        added
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        self.changes.push(Change::Edit {
            ticket: self.after.number,
            edit,
            by: "guichet".to_owned(),
        });
    }

    pub(super) fn move_to(&mut self, to: Status) {
        if self.after.status != to {
            self.changes.push(Change::Move {
                ticket: self.after.number,
                from: self.after.status,
                to,
                by: "guichet".to_owned(),
                why: self.reason.clone(),
            });
            self.after.status = to;
        }
    }

    /// All of it, told to those who work on the ticket.
    pub(super) fn decision(self, facts: &Facts<'_>) -> Decision {
        let kind = if self.after.status == Status::Contested {
            Kind::TechnicianContest
        } else {
            Kind::TechnicianUpdate
        };
        let said = audience::said(facts);
        Decision {
            disposition: Disposition::FollowUp,
            rule: Some(facts.class.rule.unwrap_or(Rule::L19).to_string()),
            ticket: Some(self.after.number),
            notices: audience::said_in(facts, &self.after, kind, &said, None, &self.warnings),
            answer: Answer::Suppressed(format!("{}: {}", Rule::L19, Rule::L19.why())),
            reason: self.reason,
            changes: self.changes,
        }
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
        ..adds(facts, ticket)
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

pub(super) fn page(facts: &Facts<'_>, ticket: &Candidate, kind: EntryKind) -> Change {
    Change::Add(
        ticket.number,
        Entry {
            kind,
            author: facts.author_key(),
            text: audience::said(facts).text,
        },
    )
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
