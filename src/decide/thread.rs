//! Which ticket a letter belongs to.
//!
//! In this order: the reply token, if it was written to the author; a reference to a letter of the
//! ticket, if the author takes part in it; the tag in the subject, likewise. A
//! number, a subject or a Message-ID can be guessed or forwarded, so that each of them alone
//! proves nothing: somebody else who refers to a ticket gets a new one that notes the claim.
//!
//! A participant whose own domain disowns the letter is doubted: the words are kept where the
//! team sees them, and nothing else happens. Without any reference, a second letter of the same
//! person under the same subject within minutes is the same request.

use std::sync::LazyLock;

use jiff::SignedDuration;
use regex::Regex;

use super::reading::Presented;
use super::{Candidate, Facts};
use crate::classify::sender_auth::SenderAuth;
use crate::policy::subject;
use crate::registry::name::fold;
use crate::ticket::{Status, TicketNumber};
use crate::token::PersonNumber;

/// How long a second letter under the same subject is the same request.
pub const SAME: SignedDuration = SignedDuration::from_mins(15);
/// Letters a subject needs to say anything: "panne" alone is everybody's.
const TELLING: usize = 8;

/// How a letter relates to the tickets it refers to.
#[derive(Debug, Clone)]
pub(super) enum Thread<'a> {
    /// Its author takes part in this ticket.
    Joins(&'a Candidate),
    /// It says again, under the same subject, what opened this ticket minutes ago.
    Repeats(&'a Candidate),
    /// It comes under a participant's name, whose domain disowns it.
    Doubted(&'a Candidate),
    /// Its author took part in this one, which is closed for good.
    Closed(TicketNumber),
    /// It names this one, whose people its author is not one of.
    Claims(TicketNumber),
    /// It refers to nothing known.
    None,
}

impl Thread<'_> {
    pub(super) fn ticket(&self) -> Option<TicketNumber> {
        match self {
            Self::Joins(candidate) => Some(candidate.number),
            _ => None,
        }
    }
}

pub(super) fn find<'a>(facts: &Facts<'a>) -> Thread<'a> {
    let candidates = &facts.context.candidates;
    let author = facts.author_keys();
    let takes_part = |one: &&Candidate| author.iter().any(|key| one.includes(key));
    let held = match facts.reading.presented {
        Presented::Add { ticket, person } => author
            .iter()
            .any(|key| PersonNumber::of(key) == person)
            .then(|| candidates.iter().find(|one| one.number == ticket))
            .flatten()
            .filter(takes_part),
        _ => None,
    };
    let found = held.or_else(|| candidates.iter().find(takes_part));
    let Some(found) = found else {
        return match (candidates.first(), &facts.context.repeated) {
            (Some(first), _) => Thread::Claims(first.number),
            (None, Some(repeated)) if facts.reading.auth.is_fail() => Thread::Doubted(repeated),
            (None, Some(repeated)) => Thread::Repeats(repeated),
            (None, None) => Thread::None,
        };
    };
    if matches!(facts.reading.auth, SenderAuth::Fail { .. }) {
        return Thread::Doubted(found);
    }
    let days = i64::try_from(facts.settings.work.reopen_days).unwrap_or(i64::MAX);
    let since = facts.now.duration_since(found.updated_at).as_hours() / 24;
    if found.status == Status::Closed && since >= days {
        return Thread::Closed(found.number);
    }
    Thread::Joins(found)
}

/// Whether two subjects of one person, written within [`SAME`], are about one thing: equal but for
/// tags and prefixes, and long enough to say anything.
#[must_use]
pub fn is_same_request(one: &str, other: &str) -> bool {
    let bare = |text: &str| fold(subject::read(text).bare);
    let one = bare(one);
    one.len() >= TELLING && one == bare(other)
}

/// The number in `[TAG #12]`, the last one if there are several: people reply to replies.
pub(super) fn tagged(subject: &str, tag: &str) -> Option<TicketNumber> {
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
