//! Where tokens come back: in the address a reply was sent to, and in the ids it refers to.
//!
//! In: a letter, which addresses are ours, and the hosts of our Message-IDs. Out: every text that
//! has the shape of a token, addresses first, then ids from the newest to the oldest, each once.
//! Nothing here is proven; [`super::Authority::verify`] does that.
//!
//! Addresses are those of To and Cc, and where delivery noted the recipient of the envelope
//! (`Delivered-To`, `X-Original-To`, `Envelope-To`), which a blind copy or a list has alone. In a
//! Message-ID the token is the last six of the dotted words before the `@`.
//!
//! Not handled: tokens in the body or subject (people forward and publish those).

use super::code;
use crate::message::Message;

/// Fields in which a server notes whom it delivered to.
const DELIVERED: [&str; 3] = ["Delivered-To", "X-Original-To", "Envelope-To"];

/// A text with the shape of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// For [`super::Authority::verify`].
    pub text: String,
    /// Where it was found.
    pub place: Place,
}

impl std::fmt::Debug for Candidate {
    /// Shows the place alone: the text may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidate({:?})", self.place)
    }
}

/// Where a token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In an address the letter was sent to.
    Recipient,
    /// In a Message-ID the letter refers to.
    Reference,
}

/// The candidates of one letter; see the module page.
///
/// `is_own` says whether an address, with or without a detail, is one of ours; `hosts` are the
/// domains after the `@` of the Message-IDs we write.
#[must_use]
pub fn candidates(
    message: &Message,
    is_own: impl Fn(&str) -> bool,
    hosts: &[&str],
) -> Vec<Candidate> {
    let written = message.to.iter().chain(&message.cc);
    let written = written.map(|address| address.email.as_str());
    let delivered = DELIVERED
        .into_iter()
        .flat_map(|name| message.field_values(name))
        .map(|value| value.trim().trim_matches(['<', '>']));
    let details = written
        .chain(delivered)
        .filter(|email| is_own(email))
        .filter_map(detail);
    let handles = message
        .ancestors()
        .filter_map(|id| id.as_str().rsplit_once('@'))
        .filter(|(_, host)| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
        .map(|(left, _)| last_words(left));
    let mut found: Vec<Candidate> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let placed = details
        .map(|text| (text, Place::Recipient))
        .chain(handles.map(|text| (text, Place::Reference)));
    for (text, place) in placed {
        let text = text.to_ascii_lowercase();
        if code::read(&text).is_ok() && seen.insert(text.clone()) {
            found.push(Candidate { text, place });
        }
    }
    found
}

/// What stands between the first `+` and the `@` (RFC 5233 §4).
fn detail(email: &str) -> Option<&str> {
    let (local, _) = email.rsplit_once('@')?;
    local.split_once('+').map(|(_, detail)| detail)
}

/// The last six dotted words, or all if there are fewer.
fn last_words(left: &str) -> &str {
    let mut dots = left.rmatch_indices('.').skip(5);
    let start = dots.next().map_or(0, |(at, _)| at + 1);
    left.get(start..).unwrap_or_default()
}
