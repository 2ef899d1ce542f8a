//! What kind of letter is it, and may it be answered by a machine?
//!
//! In: a [`Message`] and who we are ([`Settings`]). Out: a [`Class`].
//!
//! Strategy: an ordered table of rules ([`Rule`]), each a predicate without effects. A rule that
//! holds either gives the letter a kind of its own (automatic, out of office, bounce, our own
//! loop) or only forbids an automatic answer. Any rule that holds forbids the answer; the first
//! one is kept as the reason. Of several kinds the most specific counts: own loop, bounce,
//! complaint, receipt, out of office, automatic, spam.
//!
//! A letter through a mailing list stays a request: only the answer is withheld (RFC 3834 §2).
//! Header values are compared without case, comments and parameters.
//!
//! Standards: RFC 3834, RFC 5230 §4.5–4.6, RFC 3464, RFC 6522, RFC 8098, RFC 5965, RFC 2369,
//! MS-OXCMAIL (X-Auto-Response-Suppress).
//!
//! Not handled here: rules that need a memory of former answers, the age of the letter or the list
//! of our people (see [`Rule`]), and absence notices in other languages than French, English, German,
//! Spanish, Italian, Portuguese and Dutch.

pub mod automatic;
pub mod bounce;
pub mod loops;
pub mod mailing_list;
pub mod returned;
mod rule;
pub mod sender_auth;
pub mod spam;

use serde::{Deserialize, Serialize};

use crate::message::Message;
pub use rule::Rule;

/// Who we are, as far as the rules need it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Every address letters reach us by, or leave us from. `support+anything@` is ours too.
    pub own_addresses: Vec<String>,
    /// The value of our loop field ([`loops::FIELD`]); unique to this installation.
    pub instance: String,
    /// The domain after the `@` of the Message-IDs we write.
    pub message_id_domain: Option<String>,
    /// Whose `Authentication-Results` are believed; see [`sender_auth`].
    pub authserv_id: Option<String>,
    /// Hosts that write `Received` between the border and us. None: every host of the
    /// organisations of `authserv_id` and of our addresses.
    pub border_hosts: Vec<String>,
    /// How close a domain must be to the author's to vouch for it.
    pub alignment: sender_auth::Alignment,
    /// Which spam filters are believed; see [`spam`].
    pub spam: spam::Settings,
    /// Our server writes `Return-Path` on every letter, so that its absence means something.
    pub return_path_always: bool,
}

impl Settings {
    /// The same without any trust in spam filters: for a letter that a person has looked at.
    #[must_use]
    pub fn without_spam(&self) -> Self {
        Self {
            spam: spam::Settings::default(),
            ..self.clone()
        }
    }

    /// Whether an address is one of ours, with or without a detail (`support+c1.12@`, RFC 5233).
    #[must_use]
    pub fn is_own(&self, email: &str) -> bool {
        let base = |email: &str| {
            let email = email.to_lowercase();
            match email.rsplit_once('@') {
                Some((local, domain)) => {
                    let local = local.split('+').next().unwrap_or_default();
                    format!("{local}@{domain}")
                }
                None => email,
            }
        };
        let wanted = base(email);
        self.own_addresses
            .iter()
            .any(|own| base(own) == wanted || own.eq_ignore_ascii_case(email))
    }
}

/// What kind of letter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person writes, as far as can be told.
    Request,
    /// A spam filter that we trust took it for spam: a person has to look.
    Spam,
    /// A machine writes.
    Automatic,
    /// An absent person's mail program answers.
    OutOfOffice,
    /// A reader's mail program says what became of a letter (RFC 8098).
    Receipt,
    /// A reader complains about a letter through their provider (RFC 5965).
    Complaint,
    /// A mail server reports on a letter.
    Bounce,
    /// A letter of our own came back to us.
    OwnLoop,
}

/// The verdict on one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// What kind of letter it is.
    pub kind: Kind,
    /// Whether these rules allow one automatic answer; other rules may still forbid it.
    pub answerable: bool,
    /// The first rule that holds, if any.
    pub rule: Option<Rule>,
}

/// A predicate: `None` if the rule does not hold, `Some(None)` if it only forbids the answer.
type Check = fn(&Message, &Settings) -> Option<Option<Kind>>;

/// The rules, in the order in which the first one that holds is reported.
const RULES: [(Rule, Check); 16] = [
    (Rule::L01, bounce::null_path),
    (Rule::L02, automatic::auto_submitted),
    (Rule::L03, bounce::report),
    (Rule::L04, mailing_list::list_fields),
    (Rule::L05, automatic::precedence),
    (Rule::L06, automatic::suppressed),
    (Rule::L07, automatic::private_fields),
    (Rule::L08, loops::loop_field),
    (Rule::L09, automatic::robot_sender),
    (Rule::L10, loops::own_sender),
    (Rule::L11, mailing_list::not_addressed),
    (Rule::L12, loops::too_many_hops),
    (Rule::L13, automatic::absence_subject),
    (Rule::L15, spam::flagged),
    (Rule::L16, sender_auth::foreign_envelope),
    (Rule::L21, automatic::no_author),
];

/// Judges one letter; see the module page.
#[must_use]
pub fn classify(message: &Message, settings: &Settings) -> Class {
    let held: Vec<(Rule, Option<Kind>)> = matching(message, settings).collect();
    Class {
        kind: held
            .iter()
            .filter_map(|(_, kind)| *kind)
            .max()
            .unwrap_or(Kind::Request),
        answerable: held.is_empty(),
        rule: held.first().map(|(rule, _)| *rule),
    }
}

/// Every rule that holds, in order: for an explanation of the verdict.
pub fn matching(
    message: &Message,
    settings: &Settings,
) -> impl Iterator<Item = (Rule, Option<Kind>)> {
    RULES
        .iter()
        .filter_map(|(rule, check)| Some((*rule, check(message, settings)?)))
}

/// A header value without comments and parameters, in lower case (RFC 5322 §3.2.2).
fn token(value: &str) -> String {
    let mut depth = 0_u32;
    let bare: String = value
        .chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    bare.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase()
}

#[cfg(test)]
mod tests;
