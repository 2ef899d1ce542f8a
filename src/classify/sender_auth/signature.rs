//! What a DKIM signature covers (RFC 6376 §3.5): a pass is worth what was signed.
//!
//! In: the letter's `DKIM-Signature` fields. Out: whether those of the author's organisation cover
//! the whole body and the `From` field. `l=` lets anybody append text to a signed letter; a
//! signature without `From` in `h=` binds no author. Which of several signatures passed cannot be
//! told for certain, and anybody can add one that looks good: one bad one spoils all.
//!
//! Nothing is verified here: that was the border server's work.

use super::organisation::same_organisation;
use crate::message::Message;

/// What the signatures of the author's organisation are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// There is none.
    Unsigned,
    /// All cover body and author.
    Whole,
    /// One leaves something out, or says it twice.
    Partial,
}

/// Looks at the signatures whose `d=` belongs to the author's organisation.
pub(super) fn coverage(message: &Message, author: &str) -> Coverage {
    let mut found = Coverage::Unsigned;
    for value in message.field_values("DKIM-Signature") {
        let tags: Vec<(String, String)> = value.split(';').filter_map(tag).collect();
        let own = tags
            .iter()
            .any(|(name, domain)| name == "d" && same_organisation(domain, author));
        if !own {
            continue;
        }
        if !covers_all(&tags) {
            return Coverage::Partial;
        }
        found = Coverage::Whole;
    }
    found
}

fn covers_all(tags: &[(String, String)]) -> bool {
    let values = |wanted: &str| {
        tags.iter()
            .filter(move |(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
    };
    let from = match values("h").as_slice() {
        [signed] => signed
            .split(':')
            .any(|name| name.eq_ignore_ascii_case("from")),
        _ => false,
    };
    // Tag names are case-sensitive; a reader that is not must not be told another story.
    from && values("l").is_empty() && values("L").is_empty() && values("d").len() == 1
}

/// `name=value` without the white space that may stand anywhere in it (RFC 6376 §3.2).
fn tag(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    Some((bare(name), bare(value)))
}
