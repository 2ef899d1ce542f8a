//! Which ticket a letter belongs to.
//!
//! A letter joins a ticket only if its author takes part in it: a number, a subject or a
//! Message-ID can be guessed or forwarded, so that each of them alone proves nothing. Somebody
//! else who refers to a ticket gets a new one that notes the claim.
//!
//! References come first, in the order of [`Message::ancestors`], then the tag in the subject.

use std::sync::LazyLock;

use regex::Regex;

use super::{Candidate, Facts};
use crate::classify::{Class, Kind as LetterKind, returned};
use crate::message::{Message, MessageId};
use crate::ticket::{Status, TicketNumber};

/// What the store has to look up before a decision.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Message-IDs the letter refers to, best first.
    pub ancestors: Vec<MessageId>,
    /// The number in the subject's tag.
    pub tagged: Option<TicketNumber>,
    /// Message-IDs of letters of ours that a machine's letter may be about, best first.
    pub reported: Vec<MessageId>,
}

/// What a letter refers to.
#[must_use]
pub fn query(message: &Message, class: &Class, tag: &str) -> Query {
    Query {
        ancestors: message.ancestors().cloned().collect(),
        tagged: tagged(&message.subject, tag),
        reported: match class.kind {
            LetterKind::Request | LetterKind::Spam | LetterKind::OwnLoop => Vec::new(),
            _ => returned::about(message),
        },
    }
}

/// How a letter relates to the tickets it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thread {
    /// Its author takes part in this ticket.
    Joins(Candidate),
    /// Its author took part in this one, which is closed.
    Closed(TicketNumber),
    /// It names this one, whose people its author is not one of.
    Claims(TicketNumber),
    /// It refers to nothing known.
    None,
}

impl Thread {
    pub(super) fn ticket(&self) -> Option<TicketNumber> {
        match self {
            Self::Joins(candidate) => Some(candidate.number),
            Self::Closed(_) | Self::Claims(_) | Self::None => None,
        }
    }
}

pub(super) fn find(facts: &Facts<'_>) -> Thread {
    let author = facts.message.author().map(crate::message::Address::key);
    let takes_part = |candidate: &&Candidate| {
        author
            .as_ref()
            .is_some_and(|address| candidate.participants.contains(address))
    };
    let candidates = &facts.context.candidates;
    if let Some(found) = candidates.iter().find(takes_part) {
        return if found.status == Status::Closed {
            Thread::Closed(found.number)
        } else {
            Thread::Joins(found.clone())
        };
    }
    candidates
        .first()
        .map_or(Thread::None, |first| Thread::Claims(first.number))
}

/// The number in `[TAG #12]`, the last one if there are several: people reply to replies.
fn tagged(subject: &str, tag: &str) -> Option<TicketNumber> {
    static BRACKET: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\[([^\[\]#]{1,64}) #([0-9]{1,12})\]").ok());
    BRACKET
        .as_ref()?
        .captures_iter(subject)
        .filter(|found| found.get(1).is_some_and(|word| word.as_str() == tag))
        .filter_map(|found| found.get(2)?.as_str().parse().ok())
        .map(TicketNumber)
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_tag_names_a_ticket() {
        let cases = [
            ("Re: [Support #12] imprimante", Some(12)),
            ("Re: [Support #12] TR: [Support #15] x", Some(15)),
            ("[Autre #12] imprimante", None),
            ("Support #12", None),
            ("[Support #]", None),
            ("[Support #99999999999999]", None),
        ];
        for (subject, expected) in cases {
            assert_eq!(
                tagged(subject, "Support").map(|number| number.0),
                expected,
                "{subject}"
            );
        }
    }
}
