//! Whether the author of a request gets an automatic answer, and if not, by which rule.
//!
//! RFC 3834 §2 is the law: never answer what may be automatic, answer the author only, and answer
//! little. On top of the loop rules of `classify`, in this order:
//!
//! - L20: a letter older than `max_age` is answered by a person or not at all: after an outage, a
//!   restored backup or a first start nobody gets an acknowledgement of last month's letter;
//! - L22: the site's list of senders who never want one: monitoring, colleagues of the desk;
//! - L14: whoever is not who they say is not answered. An author whose domain vouches is; people of
//!   the institute are unless something speaks against them; anybody else only where the site says
//!   so, and then without their own subject, so that nobody can send their words through us;
//! - L17: a known person gets a few answers an hour and a day, a stranger one a day, and the same subject two
//!   a day: beyond it, silence. Two machines that answer one another end here, whatever they write;
//! - L18: beyond the budgets of [`budget`] the answer is written, but held for an admin, because
//!   such a flood is more often a fault than a busy morning.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Facts;
use super::budget::{self, Passage, Traffic};
use crate::classify::Rule;
use crate::classify::sender_auth::SenderAuth;

/// Budgets and ages; all are the site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Letters older than this are not answered automatically.
    pub max_age: SignedDuration,
    /// Automatic answers to one known person an hour.
    pub per_recipient: u64,
    /// Automatic answers to one known person a day.
    pub per_recipient_day: u64,
    /// Automatic answers to one stranger a day.
    pub per_stranger: u64,
    /// Automatic answers to one person under one subject a day.
    pub per_subject: u64,
    /// Letters of every kind to one address an hour.
    pub per_address: u64,
    /// Letters of every kind about one ticket, to people outside the team, a day.
    pub per_ticket: u64,
    /// Letters of every kind to one domain outside the institute an hour.
    pub per_domain: u64,
    /// Letters of every kind to everybody outside the team an hour.
    pub per_hour: u64,
    /// Letters to the team an hour.
    pub per_hour_team: u64,
    /// Permanent failures in a row that suspend an address.
    pub failures: u32,
    /// Whether strangers for whom nothing vouches are answered.
    pub unverified: bool,
    /// Addresses in lower case, or domains as `@domain`, that are never answered automatically.
    pub never: BTreeSet<String>,
    /// Unknown letters older than `max_age` in one folder that are still no heap. More of them
    /// hold the outbox: a first start, a new UIDVALIDITY or a restored backup looks like that.
    pub heap: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            per_recipient: 5,
            per_recipient_day: 20,
            per_stranger: 1,
            per_subject: 2,
            per_address: 60,
            per_ticket: 40,
            per_domain: 30,
            per_hour: 300,
            per_hour_team: 1_500,
            failures: 3,
            unverified: true,
            never: BTreeSet::new(),
            heap: 50,
        }
    }
}

/// Letters written of late, as far as they bear on the answer to one author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// To the author of the letter, within the hour.
    pub to_author: u64,
    /// To the author, within the day.
    pub to_author_today: u64,
    /// To the author because of letters with this subject, within the day.
    pub under_subject: u64,
    /// To the author's domain, within the hour; 0 for a domain of ours.
    pub to_domain: u64,
    /// To everybody, within the hour.
    pub to_all: u64,
    /// See [`Traffic::usual`].
    pub usual: Option<u64>,
}

/// Whether there is an automatic answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes out.
    Sent,
    /// It is written but waits for an admin, because …
    Held(String),
    /// There is none, because …
    Suppressed(String),
}

impl Answer {
    /// Whether an answer is written at all.
    #[must_use]
    pub fn is_written(&self) -> bool {
        matches!(self, Self::Sent | Self::Held(_))
    }

    /// The word in the database.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Held(_) => "held",
            Self::Suppressed(_) => "suppressed",
        }
    }

    /// Why it is not simply sent; empty if it is.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Sent => "",
            Self::Held(why) | Self::Suppressed(why) => why,
        }
    }
}

/// What is decided about the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether there is one.
    pub answer: Answer,
    /// The rule that withholds it.
    pub rule: Option<Rule>,
    /// Whether the author may see their own subject in it.
    pub echo: bool,
}

/// Decides about the answer to a new request.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> Judgement {
    let echo = is_known(facts) || facts.reading.auth.is_pass();
    let (answer, rule) = match withheld(facts) {
        Some((rule, why)) => (Answer::Suppressed(format!("{rule}: {why}")), Some(rule)),
        None => match budget::passage(&facts.settings.limits, traffic(facts.context.sent)) {
            Passage::Free => (Answer::Sent, None),
            Passage::Held(rule, why) => (Answer::Held(why), Some(rule)),
            Passage::Breaker(why) => (Answer::Held(why), Some(Rule::L18)),
        },
    };
    Judgement { answer, rule, echo }
}

/// Why there is no answer at all.
fn withheld(facts: &Facts<'_>) -> Option<(Rule, String)> {
    if let (false, Some(rule)) = (facts.class.answerable, facts.class.rule) {
        return Some((rule, rule.why().to_owned()));
    }
    let Some(author) = facts.message.author() else {
        return Some((Rule::L21, Rule::L21.why().to_owned()));
    };
    let limits = &facts.settings.limits;
    if facts.rescan {
        let why = "the letter was found again after a backup was put back";
        return Some((Rule::L20, why.to_owned()));
    }
    if is_old(facts.received_at, facts.now, limits.max_age) {
        let hours = limits.max_age.as_hours();
        return Some((
            Rule::L20,
            format!("the letter came more than {hours} h ago"),
        ));
    }
    let (address, domain) = (author.key(), format!("@{}", author.domain().to_lowercase()));
    if limits.never.contains(&address) || limits.never.contains(&domain) {
        let why = "its sender is on the list of those never answered automatically";
        return Some((Rule::L22, why.to_owned()));
    }
    let known = is_known(facts);
    if let Some(why) = unproven(&facts.reading.auth, known, limits.unverified) {
        return Some((Rule::L14, why));
    }
    enough(
        limits,
        facts.context.sent,
        known || facts.reading.auth.is_pass(),
    )
    .map(|why| (Rule::L17, why))
}

/// Whether the tables or the domain know the author as one of the institute.
fn is_known(facts: &Facts<'_>) -> bool {
    let own = &facts.settings.own_domains;
    let domain = facts
        .message
        .author()
        .map(|one| one.domain().to_lowercase());
    facts.verdict.person_name.is_some() || domain.is_some_and(|domain| own.contains(&domain))
}

/// L14.
fn unproven(auth: &SenderAuth, known: bool, unverified: bool) -> Option<String> {
    let answered = match auth {
        SenderAuth::Pass { .. } => true,
        SenderAuth::Fail { .. } => false,
        SenderAuth::None { .. } | SenderAuth::TempError => known || unverified,
    };
    (!answered).then(|| format!("{auth}, so that its author is not answered"))
}

/// L17 for answers: who had enough of them. Whose domain vouches for them is no stranger.
fn enough(limits: &Limits, sent: Sent, known: bool) -> Option<String> {
    if known && sent.to_author >= limits.per_recipient {
        return Some(format!(
            "the author got {} automatic letters within an hour",
            sent.to_author
        ));
    }
    if known && sent.to_author_today >= limits.per_recipient_day {
        return Some(format!(
            "the author got {} automatic letters within a day",
            sent.to_author_today
        ));
    }
    if !known && sent.to_author_today >= limits.per_stranger {
        return Some(format!(
            "the author, whom nothing vouches for, got {} automatic letters within a day",
            sent.to_author_today
        ));
    }
    (sent.under_subject >= limits.per_subject).then(|| {
        format!(
            "{} letters with this subject were answered within a day",
            sent.under_subject
        )
    })
}

/// What of it bears on every kind of letter: a new ticket has had none.
fn traffic(sent: Sent) -> Traffic {
    Traffic {
        to_recipient: sent.to_author,
        about_ticket: 0,
        to_domain: sent.to_domain,
        to_all: sent.to_all,
        usual: sent.usual,
    }
}

/// Whether a letter is too old for an automatic answer. A date in the future is not old.
#[must_use]
pub fn is_old(received_at: Timestamp, now: Timestamp, max_age: SignedDuration) -> bool {
    now.duration_since(received_at) > max_age
}

/// What two subjects of one matter have in common: their words in lower case, without the tags of
/// ticket systems and without `Re:`.
#[must_use]
pub fn matter(subject: &str) -> String {
    let mut rest = subject;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        rest = match after.split_once(']') {
            Some((tag, behind)) if tag.contains('#') => behind,
            _ => after,
        };
    }
    kept.push_str(rest);
    let lower = kept.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let first = words
        .iter()
        .position(|word| !["re", "ré", "rép", "aw", "fwd", "fw", "tr", "wg"].contains(word));
    words
        .get(first.unwrap_or(0)..)
        .unwrap_or_default()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::matter;

    #[test]
    fn one_matter_has_one_name() {
        for subject in [
            "Imprimante en panne",
            "RE: imprimante en panne",
            "Re: [Support #12] Re : Imprimante en panne !",
            "[Ticket #9] IMPRIMANTE EN PANNE",
        ] {
            assert_eq!(matter(subject), "imprimante en panne", "{subject}");
        }
        assert_eq!(matter("[urgent] réseau"), "urgent réseau");
        assert_eq!(matter("Re:"), "re");
        assert_eq!(matter(""), "");
    }
}
