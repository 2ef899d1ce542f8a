//! Bounces, complaints and read receipts: what becomes of the letter of ours they are about.
//!
//! In: the report as `classify::returned` reads it, and the row of the outbox the store found by the
//! Message-IDs it names. Out: a decision that files the report with the ticket of that row.
//!
//! | it says | what follows |
//! |---|---|
//! | never (5.x.x) | the row has bounced; if that is the address's fault, three such in a row suspend it |
//! | given up after trying (4.x.x, failed) | the row has bounced; the address is not blamed |
//! | delayed | noted in the ticket |
//! | arrived | noted in the ticket; failures before it are forgotten |
//! | displayed | noted in the ticket |
//! | the reader complains | noted, and one failure of the address |
//!
//! A report about no letter of ours is backscatter: filed, without any effect. One that names our
//! letter only in its thread fields or its text is filed with the ticket, and nothing follows: those
//! who had an answer in copy, or forwarded, know them too. An address is blamed only by a report
//! about that very address, and one of the team never. Failures end with the next letter of a person
//! from that address, and a suspension with them, or by an admin; what would have gone out meanwhile
//! is kept and held. A report that names no letter but came to a reply address of ours is noted in
//! that address's ticket.

use super::{Answer, Change as Any, Decision, Disposition, Facts, LetterKind};
use crate::classify::returned::{self, Fate};
use crate::message::MessageId;
use crate::ticket::{Entry, EntryKind, TicketNumber};

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Its number.
    pub row: i64,
    /// The ticket it is about.
    pub ticket: Option<TicketNumber>,
    /// The notice's name.
    pub kind: String,
    /// Whom it went to.
    pub recipient: String,
    /// The Message-ID by which it was found.
    pub message_id: MessageId,
}

/// What a report changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The row did not arrive. `blamed` counts it against its address.
    Bounced {
        /// The row's number.
        row: i64,
        /// Whether the address is to blame.
        blamed: bool,
        /// Why, in one line.
        why: String,
    },
    /// The row arrived: the address is good.
    Arrived {
        /// The row's number.
        row: i64,
    },
    /// Whoever got the row complains about it.
    Unwanted {
        /// The row's number.
        row: i64,
        /// Why, in one line.
        why: String,
    },
}

/// The author's address, if failures are to be forgotten, and letters to it to go out again if they
/// were held: a person wrote, and nothing says
/// that it was somebody else.
pub(super) fn resumed(facts: &Facts<'_>) -> Option<String> {
    let person = facts.class.kind == LetterKind::Request
        && !facts.reading.auth.is_fail()
        && facts.context.duplicate_of.is_none();
    (facts.context.author_failing && person).then(|| facts.author_key())
}

pub(super) fn decide(facts: &Facts<'_>) -> Decision {
    let disposition = match facts.class.kind {
        LetterKind::Bounce => Disposition::Bounce,
        _ => Disposition::Automatic,
    };
    let Some(own) = &facts.context.own else {
        if let Some(ticket) = facts.reading.presented.ticket() {
            return by_token(facts, disposition, ticket);
        }
        let reason = format!(
            "backscatter: it reports on no letter of ours ({})",
            facts.class_reason()
        );
        return filed(facts, disposition, None, Vec::new(), reason);
    };
    let (said, change) = match facts.class.kind {
        LetterKind::Bounce => bounce(facts, own),
        LetterKind::Complaint => {
            let why = format!("its reader complains: {}", returned::remark(facts.message));
            let counts = is_proven(facts, own) && !is_of_team(facts, own);
            let change = counts.then(|| Change::Unwanted {
                row: own.row,
                why: why.clone(),
            });
            (why, change)
        }
        _ => {
            let remark = returned::remark(facts.message);
            (format!("its reader's program says: {remark}"), None)
        }
    };
    let mut changes: Vec<Any> = Vec::new();
    // What did not arrive gets its page from the store, which knows what became of a refusal.
    let paged = matches!(change, Some(Change::Bounced { .. }));
    if let (Some(ticket), false) = (own.ticket, paged) {
        let text = format!("{} (row {}): {said}", own.kind.replace('_', " "), own.row);
        let entry = Entry {
            kind: EntryKind::Delivery,
            author: facts.author_key(),
            text,
        };
        changes.push(Any::Add(ticket, entry));
    }
    changes.extend(change.map(Any::Returned));
    let reason = format!("about row {} of the outbox: {said}", own.row);
    filed(facts, disposition, own.ticket, changes, reason)
}

/// A report that names no letter, but came to the reply address of one (some servers give nothing
/// back): its ticket is known, the row is not, so that it is noted and marks nothing.
fn by_token(facts: &Facts<'_>, disposition: Disposition, ticket: TicketNumber) -> Decision {
    let said = match facts.class.kind {
        LetterKind::Bounce => returned::read(facts.message).line,
        _ => returned::remark(facts.message),
    };
    let entry = Entry {
        kind: EntryKind::Delivery,
        author: facts.author_key(),
        text: format!("a report on a letter that it does not name: {said}"),
    };
    let changes = vec![Any::Add(ticket, entry)];
    let reason = format!("about a letter of ticket {ticket} that it does not name: {said}");
    filed(facts, disposition, Some(ticket), changes, reason)
}

fn bounce(facts: &Facts<'_>, own: &Own) -> (String, Option<Change>) {
    let found = returned::read(facts.message);
    let line = found.line;
    let names = &found.recipients;
    let theirs = names.is_empty() || names.contains(&own.recipient.to_lowercase());
    let blamed = found.blames_address && theirs && !is_of_team(facts, own);
    if !is_proven(facts, own) {
        let fate = match found.fate {
            Fate::Arrived => "arrived",
            Fate::Delayed => "delayed",
            Fate::Expired => "given up",
            Fate::Refused => "refused",
        };
        let said =
            format!("{fate}, it is said without the letter, so that nothing follows: {line}");
        return (said, None);
    }
    let bounced = |blamed, words: &str| {
        let why = format!("{words}: {line}");
        let change = Change::Bounced {
            row: own.row,
            blamed,
            why: why.clone(),
        };
        (why, Some(change))
    };
    match found.fate {
        Fate::Arrived => {
            let change = theirs.then_some(Change::Arrived { row: own.row });
            (format!("it arrived: {line}"), change)
        }
        Fate::Delayed => (format!("delayed, the servers go on trying: {line}"), None),
        Fate::Expired => bounced(false, "given up after many attempts"),
        Fate::Refused => bounced(blamed, "permanent failure"),
    }
}

/// Whether the report shows that its writer, or the server before it, had the letter.
fn is_proven(facts: &Facts<'_>, own: &Own) -> bool {
    returned::proven(facts.message).contains(&own.message_id)
}

/// Whether the letter went to a technician, who has to know whatever a server says.
fn is_of_team(facts: &Facts<'_>, own: &Own) -> bool {
    facts.settings.team.by_address(&own.recipient).is_some()
}

fn filed(
    facts: &Facts<'_>,
    disposition: Disposition,
    ticket: Option<TicketNumber>,
    changes: Vec<Any>,
    reason: String,
) -> Decision {
    Decision {
        disposition,
        reason,
        rule: facts.class.rule.map(|rule| rule.to_string()),
        ticket,
        changes,
        notices: Vec::new(),
        answer: Answer::Suppressed(facts.class_reason()),
    }
}
