//! What an answer changes: to the question of a clause, to the offer of a refusal, about a backup.
//!
//! In: a letter of somebody who takes part, and the ticket. Out: a decision, if the letter is such
//! an answer.
//!
//! | the ticket | the answer | what follows |
//! |---|---|---|
//! | waits for the answer to the card's question | admits | a refusal with these words as evidence, contested as any |
//! | | denies, or names a machine | in the queue by what the card then says; "noted" |
//! | | neither | as it is, to a technician |
//! | refused, with a remedy offered | takes it | accepted |
//! | a reset may come | yes or no | noted on the sheet; nothing else waits for it |
//!
//! The card judges once more with the letter that was asked about
//! ([`crate::policy::answer::rejudge`]), and only once: what comes later is read by a person. Only
//! the requester's own words count, and only while nobody has taken the ticket up. A refusal needs
//! more: an author found authentic where that is checked, no file beside the words (it might be the
//! photograph of a label), and that its reader is told. What is lacking makes it a flag. Our own
//! letter, quoted without marks, is no answer.

use super::reply::Added;
use super::{Answer, Candidate, Change, Decision, Edit, Facts, answer};
use crate::classify::sender_auth::SenderAuth;
use crate::message::Message;
use crate::notice::{About, Backup, Kind, Notice, Recipient, Right, Timing, Warning};
use crate::policy::answer::{Reading, read, rejudge};
use crate::policy::card::{Bilingual, Clause};
use crate::policy::{Language, Outcome, Verdict};
use crate::registry::name::fold;
use crate::ticket::Status;
use crate::ticket::priority::Category;
use crate::ticket::status::Step;

/// Decides about a letter that answers us; nothing if it is no such letter.
pub(super) fn decide(facts: &Facts<'_>, ticket: &Candidate) -> Option<Decision> {
    if !is_own_statement(facts, ticket) {
        return None;
    }
    offer_taken(facts, ticket).or_else(|| judged_again(facts, ticket))
}

/// What a letter says about the requester's backup, if a reset may come.
pub(super) fn backup(facts: &Facts<'_>, ticket: &Candidate) -> Option<Backup> {
    let clause = facts.card.clause(ticket.question.as_ref()?)?;
    if !asks_backup(clause) || !is_own_statement(facts, ticket) {
        return None;
    }
    match read(facts.card, &clause.id, words(facts.message, clause)) {
        Reading::Admits => Some(Backup::Yes),
        Reading::Denies => Some(Backup::No),
        Reading::AcceptsOffer | Reading::Unclear => None,
    }
}

/// Whether the question of a clause is the one about a backup: its notice is of a reset.
pub(super) fn asks_backup(clause: &Clause) -> bool {
    clause.cap == Outcome::Notice && clause.question.is_some()
}

/// Whether the requester speaks, in words of their own.
fn is_own_statement(facts: &Facts<'_>, ticket: &Candidate) -> bool {
    let message = facts.message;
    facts.author_keys().contains(&ticket.requester)
        && !message.forwarded
        && !message.text.second_hand
        && message.text.forwarded.trim().is_empty()
}

/// The words of the answer; none if our own letter stands among them, because its words would be
/// taken for theirs.
fn words<'a>(message: &'a Message, clause: &Clause) -> &'a str {
    let written = fold(&message.text.new);
    let is_there = |text: &Bilingual| {
        let both = [&text.fr, &text.en];
        both.iter().any(|text| written.contains(&fold(text)))
    };
    if clause
        .question
        .iter()
        .chain(&clause.elsewhere)
        .any(is_there)
    {
        ""
    } else {
        &message.text.new
    }
}

/// "MISE À NIVEAU" to a refusal that offers one.
fn offer_taken(facts: &Facts<'_>, ticket: &Candidate) -> Option<Decision> {
    let clause = facts.card.clause(ticket.clause.as_ref()?)?;
    let takes = ticket.status.is_refusal()
        && read(facts.card, &clause.id, words(facts.message, clause)) == Reading::AcceptsOffer;
    if !takes {
        return None;
    }
    let to = ticket.status.after(Step::Accept).ok()?;
    let reason = format!("takes the offer of clause {}", clause.id);
    let mut added = Added::of(facts, ticket, reason);
    added.move_to(to);
    added.edit(Edit::Ruling(Outcome::Accept, None));
    added.after.outcome = Outcome::Accept;
    added.warnings.push(Warning::TakesOffer);
    let notice = notice(facts, ticket, Kind::OfferAccepted, ticket.language);
    Some(answered(facts, added, notice))
}

/// Whether the ticket waits for the answer to the card's question, and nobody has taken it up.
pub(super) fn waits_for_card(ticket: &Candidate) -> bool {
    let is_taken_up = ticket.assignee.is_some() || !ticket.watchers.is_empty();
    let waits = ticket.status == Status::WaitingRequester && ticket.outcome == Outcome::Ask;
    waits && !ticket.judged_again && !is_taken_up
}

/// The answer to the question of the card, which judges once more.
fn judged_again(facts: &Facts<'_>, ticket: &Candidate) -> Option<Decision> {
    let clause = facts.card.clause(ticket.question.as_ref()?)?;
    let first = ticket.opening.verdict.as_deref()?;
    let letter = ticket.opening.kept.as_deref()?;
    if !waits_for_card(ticket) || first.question.as_ref() != Some(&clause.id) {
        return None;
    }
    let said = words(facts.message, clause);
    let (card, registry) = (facts.card, facts.registry);
    let verdict = rejudge(
        card,
        registry,
        &letter.letter(),
        &clause.id,
        said,
        facts.now,
    );
    concluded(facts, ticket, first, verdict)
}

/// What the second verdict comes to.
fn concluded(
    facts: &Facts<'_>,
    ticket: &Candidate,
    first: &Verdict,
    verdict: Verdict,
) -> Option<Decision> {
    let answered_by = verdict.trace.answer.as_ref();
    let reading = answered_by.map_or(Reading::Unclear, |answer| answer.reading);
    let refuses = verdict.outcome == Outcome::Reject && may_refuse(facts);
    let outcome = match verdict.outcome {
        Outcome::Reject if !refuses => Outcome::Flag,
        other => other,
    };
    let step = if refuses { Step::Refuse } else { Step::Reply };
    let to = ticket.status.after(step).ok()?;
    let warning = Warning::Answered { reading, outcome };
    let mut added = Added::of(facts, ticket, warning.to_string());
    added.changes.push(Change::JudgedAgain {
        ticket: ticket.number,
        verdict: Box::new(verdict.clone()),
    });
    added.move_to(to);
    added.edit(Edit::Ruling(outcome, verdict.clause.clone()));
    raise(&mut added, &verdict);
    added.warnings.push(warning);
    let kind = if refuses {
        Some(Kind::Rejection)
    } else if verdict.is_security() && !first.is_security() {
        Some(Kind::SecurityNotice)
    } else if reading == Reading::Unclear && !names_machine(&verdict) {
        // A person answers what the card cannot read.
        None
    } else {
        Some(Kind::Noted)
    };
    let language = match verdict.language {
        Language::Unsure => ticket.language,
        sure => sure,
    };
    added.after.outcome = outcome;
    if verdict.clause.is_some() {
        added.after.clause.clone_from(&verdict.clause);
    }
    let notice = kind.and_then(|kind| {
        let mut notice = notice(facts, ticket, kind, language)?;
        notice.about = About::Request {
            verdict: Box::new(verdict.clone()),
            ahead: 0,
            expected: None,
            closed: None,
            first: false,
            words: None,
        };
        Some(notice)
    });
    added.after.opening.verdict = Some(Box::new(verdict));
    Some(answered(facts, added, notice))
}

/// Whether letter and answer name one machine of the inventory for certain.
fn names_machine(verdict: &Verdict) -> bool {
    let fact = verdict.trace.facts.get("asset.strong");
    fact.and_then(|fact| fact.value.as_deref()) == Some("true")
}

/// Whether an answer may refuse: its author is proven where that is checked, nothing beside the
/// words could speak against them, and the refusal will be read.
fn may_refuse(facts: &Facts<'_>) -> bool {
    let proven =
        !facts.settings.work.border || matches!(facts.reading.auth, SenderAuth::Pass { .. });
    proven
        && facts.message.attachments.iter().all(|one| one.inline)
        && answer::judge(facts).answer == Answer::Sent
}

/// A place further ahead in the queue, if the answer makes it worse, and a kind if there was none.
fn raise(added: &mut Added, verdict: &Verdict) {
    let ticket = &added.after;
    let worse = verdict.priority < ticket.priority;
    let known = ticket.category == Category::Other && verdict.category != Category::Other;
    if worse {
        added.edit(Edit::Criticality(verdict.criticality, verdict.priority));
        added.after.criticality = verdict.criticality;
        added.after.priority = verdict.priority;
    }
    if known {
        added.edit(Edit::Category(verdict.category));
        added.after.category = verdict.category;
    }
}

/// The decision, with what the requester is told of it, if they may be told anything.
fn answered(facts: &Facts<'_>, added: Added, notice: Option<Notice>) -> Decision {
    let mut decision = added.decision(facts);
    let judgement = answer::judge(facts);
    if let Some(notice) = notice {
        if judgement.answer.is_written() {
            decision.notices.insert(0, notice);
        }
        decision.answer = judgement.answer;
    }
    decision
}

/// One short letter to the author.
fn notice(facts: &Facts<'_>, ticket: &Candidate, kind: Kind, language: Language) -> Option<Notice> {
    let author = facts.message.author()?;
    Some(Notice {
        kind,
        ticket: ticket.number,
        to: Recipient {
            name: author.name.clone(),
            email: author.email.clone(),
        },
        language,
        subject: Some(ticket.subject.clone()).filter(|subject| !subject.is_empty()),
        in_reply_to: facts.message.message_id.clone(),
        references: facts.message.references.clone(),
        right: Right::Add,
        timing: Timing::Now,
        about: About::Answer {
            words: None,
            reopen_days: facts.settings.work.reopen_days,
            first: None,
            closing: None,
        },
    })
}
