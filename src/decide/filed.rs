//! Letters that nobody answers: delivered twice, written by a machine, about a delivery, our own.

use super::{Answer, Change, Decision, Disposition, Facts};
use crate::ticket::{Entry, EntryKind, TicketNumber};

pub(super) fn duplicate(facts: &Facts<'_>, letter: i64, ticket: Option<TicketNumber>) -> Decision {
    let reason = format!("the same letter as letter {letter}, delivered again");
    let page = |number| {
        Change::Add(
            number,
            Entry {
                kind: EntryKind::Duplicate,
                author: facts.author_key(),
                text: reason.clone(),
            },
        )
    };
    Decision {
        disposition: Disposition::Duplicate,
        rule: None,
        ticket,
        changes: ticket.map(page).into_iter().collect(),
        notices: Vec::new(),
        answer: Answer::Suppressed("the letter was answered, or not, when it first came".into()),
        reason,
    }
}

pub(super) fn filed(
    facts: &Facts<'_>,
    disposition: Disposition,
    ticket: Option<TicketNumber>,
) -> Decision {
    let page = |number| {
        Change::Add(
            number,
            Entry {
                kind: EntryKind::Automatic,
                author: facts.author_key(),
                text: facts.message.text.new.clone(),
            },
        )
    };
    let reason = facts.class_reason();
    Decision {
        disposition,
        rule: facts.class.rule.map(|rule| rule.to_string()),
        ticket,
        changes: ticket.map(page).into_iter().collect(),
        notices: Vec::new(),
        answer: Answer::Suppressed(reason.clone()),
        reason,
    }
}
