//! A letter that opens a ticket: what becomes of it, and what its author is told.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Answer, Change, Decision, Disposition, Edit, Facts, NewTicket, Role, answer, audience, on_call,
};
use crate::classify::sender_auth::SenderAuth;
use crate::estimate::{Asked, Expectation};
use crate::message::{Address, Contact};
use crate::notice::{About, Backup, Covered, Kind, Notice, Recipient, Right, Timing, Warning};
use crate::policy::{Outcome, Verdict};
use crate::ticket::priority::Priority;
use crate::ticket::{Entry, EntryKind, Status, TicketNumber};

/// People who take part from the start at most: more is a mailing, not a conversation.
const COPIES: usize = 20;

pub(super) fn decide(facts: &Facts<'_>, remark: Option<Warning>) -> Decision {
    let reused = facts.context.message_id_reused.then_some(Warning::IdReused);
    let mut remarks: Vec<Warning> = remark.into_iter().chain(reused).collect();
    if let Some(decision) = on_call::opened(facts, &remarks) {
        return decision;
    }
    if facts.reading.on_call.is_some() {
        remarks.push(Warning::NoApprover);
    }
    let number = TicketNumber(facts.context.next_ticket);
    let answer::Judgement { answer, rule, echo } = answer::judge(facts);
    let verdict = facts.verdict;
    // Nobody is refused without being told, and no answer comes to a question that was not asked:
    // either is a flag for a person.
    let told = answer.is_written();
    let outcome = match verdict.outcome {
        Outcome::Reject | Outcome::Ask if !told => Outcome::Flag,
        other => other,
    };
    let author = facts.message.author();
    let kind = told.then(|| first_kind(facts));
    let expected = kind.and_then(|kind| expected(facts, kind));
    let ticket = NewTicket {
        // A refusal that waits for an admin is not told yet, so that a person sees it too.
        status: first_status(
            outcome,
            verdict.reserve || matches!(answer, Answer::Held(_)),
        ),
        subject: facts.message.subject.clone(),
        requester: facts.author_key(),
        requester_name: author.map(|one| one.name.clone()).unwrap_or_default(),
        language: verdict.language,
        outcome,
        verdict: verdict.clone(),
        question: verdict.question.clone().filter(|_| told),
        // Unknown blocks the reset, also where nobody could be asked.
        backup: (verdict.outcome == Outcome::Notice).then_some(Backup::Unknown),
        contact: Contact::of(&facts.message.text),
        copies: copies(facts),
        expected: expected.clone(),
    };
    let mut notices: Vec<Notice> = kind
        .and_then(|kind| first_notice(facts, number, kind, expected, echo))
        .into_iter()
        .collect();
    notices.extend(audience::opened(facts, number, &ticket, &remarks));
    Decision {
        disposition: Disposition::Ticket,
        reason: why(verdict, outcome),
        rule: rule.map(|rule| rule.to_string()),
        ticket: Some(number),
        changes: {
            let mut changes = changes(facts, number, ticket, &remarks);
            let window = on_call::cover(facts).map(|(window, _)| window);
            changes.extend(on_call::intervention(number, window));
            changes
        },
        notices,
        answer,
    }
}

pub(super) fn changes(
    facts: &Facts<'_>,
    number: TicketNumber,
    ticket: NewTicket,
    remarks: &[Warning],
) -> Vec<Change> {
    let joins: Vec<Change> = ticket
        .copies
        .iter()
        .map(|address| Change::Edit {
            ticket: number,
            edit: Edit::Join(address.clone(), Role::Copy),
            by: ticket.requester.clone(),
        })
        .collect();
    let page = |kind, author, text| Change::Add(number, Entry { kind, author, text });
    let mut changes = vec![page(
        EntryKind::Request,
        facts.author_key(),
        facts.message.text.new.clone(),
    )];
    changes.insert(0, Change::Open(Box::new(ticket)));
    changes.extend(joins);
    changes.extend(
        remarks
            .iter()
            .map(|warning| page(EntryKind::Claim, "guichet".to_owned(), warning.to_string())),
    );
    changes
}

/// People in To and Cc who take part from the start. Those outside the institute only if their
/// author is who the letter says: whoever forges a sender could else read along.
pub(super) fn copies(facts: &Facts<'_>) -> Vec<String> {
    let author = facts.author_key();
    let settings = facts.settings;
    let authentic = matches!(facts.reading.auth, SenderAuth::Pass { .. });
    let mut seen = BTreeSet::new();
    facts
        .message
        .to
        .iter()
        .chain(&facts.message.cc)
        .filter(|one| authentic || settings.own_domains.contains(&one.domain().to_lowercase()))
        .map(Address::key)
        .filter(|address| *address != author && !address.is_empty())
        // An address that no letter of ours can carry would keep nobody informed.
        .filter(|address| address.is_ascii())
        .filter(|address| !facts.reading.own_addresses.contains(address))
        .filter(|address| settings.team.by_address(address).is_none())
        .filter(|address| seen.insert(address.clone()))
        .take(COPIES)
        .collect()
}

fn first_status(outcome: Outcome, reserve: bool) -> Status {
    match outcome {
        Outcome::Reject if reserve => Status::RefusedProvisional,
        Outcome::Reject => Status::Refused,
        Outcome::Ask => Status::WaitingRequester,
        Outcome::Accept | Outcome::Flag | Outcome::Notice => Status::New,
    }
}

fn why(verdict: &Verdict, outcome: Outcome) -> String {
    let clause = verdict.clause.as_ref().map(ToString::to_string);
    match (outcome, clause) {
        (Outcome::Reject, Some(clause)) => format!("outside the service by clause {clause}"),
        (Outcome::Ask, Some(clause)) => {
            format!("in the queue, with one question about clause {clause}")
        }
        (Outcome::Notice, Some(clause)) => {
            format!("in the queue, with the notice of clause {clause}")
        }
        (Outcome::Flag, Some(clause)) => format!("in the queue, flagged for clause {clause}"),
        _ => "a new request".to_owned(),
    }
}

/// What the author is told first.
fn first_kind(facts: &Facts<'_>) -> Kind {
    let verdict = facts.verdict;
    let open = facts
        .calendar
        .is_none_or(|calendar| calendar.is_open(facts.now));
    match verdict.outcome {
        Outcome::Reject => Kind::Rejection,
        _ if verdict.is_security() => Kind::SecurityNotice,
        _ if on_call::cover(facts).is_some() => Kind::AcknowledgementOnCall,
        Outcome::Ask => Kind::Question,
        Outcome::Notice => Kind::ResetNotice,
        Outcome::Accept | Outcome::Flag if open => Kind::Acknowledgement,
        Outcome::Accept | Outcome::Flag => Kind::AcknowledgementOutOfHours,
    }
}

/// How soon a person is expected to answer. A refusal says nothing of it, and whom an on-call window
/// covers may call; a report on security is
/// told what to do now, so that its figure is reckoned and not told.
fn expected(facts: &Facts<'_>, kind: Kind) -> Option<Expectation> {
    let (snapshot, calendar) = (facts.estimate?, facts.calendar?);
    let verdict = facts.verdict;
    let asked = Asked {
        priority: verdict.priority,
        category: verdict.category,
        ahead: up_to(&facts.context.unanswered, verdict.priority),
    };
    match kind {
        Kind::Rejection | Kind::AcknowledgementOnCall => None,
        Kind::SecurityNotice => Some(snapshot.expect(asked, calendar, facts.now).withheld()),
        _ => Some(snapshot.expect(asked, calendar, facts.now)),
    }
}

/// Tickets of the same or a higher priority.
fn up_to(counts: &BTreeMap<Priority, u64>, priority: Priority) -> u64 {
    counts.range(..=priority).map(|(_, count)| count).sum()
}

fn first_notice(
    facts: &Facts<'_>,
    ticket: TicketNumber,
    kind: Kind,
    expected: Option<Expectation>,
    echo: bool,
) -> Option<Notice> {
    let author = facts.message.author()?;
    let verdict = facts.verdict;
    let closed = facts
        .calendar
        .and_then(|calendar| calendar.closed(facts.now));
    let covered = on_call::cover(facts);
    let about = match covered.filter(|_| kind == Kind::AcknowledgementOnCall) {
        Some((window, by)) => About::Covered(Box::new(Covered {
            verdict: verdict.clone(),
            mark: window.mark,
            name: window.agent.name.clone(),
            phone: on_call::may_call(facts, by).then(|| window.agent.phone.clone()),
            until: window.slot.until,
        })),
        None => About::Request {
            verdict: Box::new(verdict.clone()),
            ahead: up_to(&facts.context.open, verdict.priority),
            expected,
            closed,
            first: true,
            words: None,
        },
    };
    Some(Notice {
        kind,
        ticket,
        to: Recipient {
            name: author.name.clone(),
            email: author.email.clone(),
        },
        language: verdict.language,
        subject: (echo && !facts.message.subject.is_empty()).then(|| facts.message.subject.clone()),
        in_reply_to: facts.message.message_id.clone(),
        references: facts.message.references.clone(),
        right: Right::Add,
        timing: Timing::Now,
        about,
    })
}
