//! Requests for on-call presence, and letters that come while it is granted.
//!
//! A letter that asks for on-call presence opens a ticket with the request beside it; its author is
//! told what was understood and what is lacking, and those who may grant it get a letter each.
//! Nobody grants their own request. Where nobody is named who could, it is a ticket like any other,
//! which says so.
//!
//! A letter that an open window covers ([`cover()`]) is judged as such: never refused, nothing asked,
//! high in the queue, and told at once to whoever is on call.
//!
//! What the requester says later is in `reply`, what time brings in [`due`], what technicians order
//! in `work`.

mod cover;
pub mod due;
mod reply;

use jiff::civil::Date;

use super::{
    Candidate, Change, Decision, Disposition, Edit, Facts, NewTicket, Settings, answer, audience,
    request,
};
use crate::message::Contact;
use crate::notice::{
    About, Kind, Notice, Occasion, OnCallNews, Recipient, Right, Sheet, Timing, Warning,
};
use crate::oncall::{Grant, OnCall, State, short_notice};
use crate::policy::{Language, Outcome, Verdict};
use crate::registry::Registry;
use crate::team::Technician;
use crate::ticket::{Entry, EntryKind, Status, TicketNumber};

pub(super) use cover::{agent, cover_in, intervention, may_call};
pub use cover::{cover, raised};
pub(super) use reply::replied;

/// Those who may grant what somebody asks for: not the asker.
pub(super) fn approvers<'s>(
    settings: &'s Settings,
    registry: &Registry,
    requester: &str,
    today: Date,
) -> Vec<&'s Technician> {
    settings
        .team
        .iter()
        .filter(|one| one.approver && !is_own(one, registry, requester, today))
        .collect()
}

/// Whether a request is a technician's own, by any address of theirs.
pub(super) fn is_own(
    technician: &Technician,
    registry: &Registry,
    requester: &str,
    today: Date,
) -> bool {
    let writes = |address: &str| technician.addresses.iter().any(|own| own == address);
    let found = registry.person(requester, today);
    writes(requester)
        || found
            .found()
            .is_some_and(|(person, _)| person.emails.iter().any(|email| writes(email)))
}

/// A letter that asks for on-call presence, if somebody is named who could grant it.
pub(super) fn opened(facts: &Facts<'_>, remarks: &[Warning]) -> Option<Decision> {
    let asked = facts.reading.on_call.as_deref()?;
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let approvers = approvers(facts.settings, facts.registry, &facts.author_key(), today);
    if approvers.is_empty() {
        return None;
    }
    let number = TicketNumber(facts.context.next_ticket);
    let answer::Judgement { answer, rule, echo } = answer::judge(facts);
    let call = OnCall::new(number, asked.clone(), &facts.settings.on_call, facts.now);
    let ticket = ticket(facts, &call, answer.is_written());
    let mut changes = request::changes(facts, number, ticket.clone(), remarks);
    changes.extend(approvers.iter().map(|one| Change::Edit {
        ticket: number,
        edit: Edit::Watch(one.handle.clone()),
        by: "guichet".to_owned(),
    }));
    changes.extend(kept(facts.settings, &call, "guichet", None));
    let subject = ticket.subject.clone();
    let mut notices: Vec<Notice> = Vec::new();
    if answer.is_written() {
        notices.extend(first_answer(facts, &call, &ticket, echo));
    }
    let sheet = sheet(facts, &ticket, remarks);
    notices.extend(approvers.into_iter().map(|approver| {
        let news = news(facts.settings, &call, today, Some(sheet.clone()));
        inside(Kind::TechnicianOncall, number, &subject, approver, news)
    }));
    Some(Decision {
        disposition: Disposition::Ticket,
        reason: format!("asks for on-call presence, which is {}", call.state),
        rule: rule.map(|rule| rule.to_string()),
        ticket: Some(number),
        changes,
        notices,
        answer,
    })
}

/// The ticket beside the request: nothing of it is refused or asked by the card, a person decides.
fn ticket(facts: &Facts<'_>, call: &OnCall, told: bool) -> NewTicket {
    let author = facts.message.author();
    let verdict = facts.verdict;
    let waits = told && call.state == State::Incomplete;
    NewTicket {
        status: if waits {
            Status::WaitingRequester
        } else {
            Status::New
        },
        subject: facts.message.subject.clone(),
        requester: facts.author_key(),
        requester_name: author.map(|one| one.name.clone()).unwrap_or_default(),
        language: verdict.language,
        outcome: Outcome::Accept,
        verdict: Verdict {
            outcome: Outcome::Accept,
            reserve: false,
            proposed: false,
            clause: None,
            question: None,
            safety: None,
            // It is planned: what the day itself is like says nothing of today.
            criticality: 1,
            priority: facts.card.matrix().priority(1, verdict.mutualisation),
            evidence: Vec::new(),
            ..verdict.clone()
        },
        question: None,
        backup: None,
        contact: Contact::of(&facts.message.text),
        copies: request::copies(facts),
        // Approvers answer in their own time; comparable requests say nothing of it.
        expected: None,
    }
}

fn sheet(facts: &Facts<'_>, ticket: &NewTicket, remarks: &[Warning]) -> Sheet {
    Sheet {
        status: ticket.status,
        category: ticket.verdict.category,
        priority: ticket.verdict.priority,
        criticality: ticket.verdict.criticality,
        mutualisation: ticket.verdict.mutualisation,
        requester: Recipient {
            name: ticket.requester_name.clone(),
            email: ticket.requester.clone(),
        },
        contact: ticket.contact.clone(),
        assignee: None,
        backup: None,
        undelivered: None,
        outcome: ticket.outcome,
        clause: None,
        why: Vec::new(),
        proposed: false,
        said: vec![audience::said(facts)],
        attachments: audience::listed(facts),
        similar: Vec::new(),
        warnings: remarks.to_vec(),
    }
}

fn first_answer(
    facts: &Facts<'_>,
    call: &OnCall,
    ticket: &NewTicket,
    echo: bool,
) -> Option<Notice> {
    let author = facts.message.author()?;
    let today = facts.settings.zone.to_datetime(facts.now).date();
    Some(Notice {
        kind: understood(call),
        ticket: call.ticket,
        to: Recipient {
            name: author.name.clone(),
            email: author.email.clone(),
        },
        language: ticket.language,
        subject: (echo && !ticket.subject.is_empty()).then(|| ticket.subject.clone()),
        in_reply_to: facts.message.message_id.clone(),
        references: facts.message.references.clone(),
        right: Right::Add,
        timing: Timing::Now,
        about: About::OnCall(Box::new(OnCallNews {
            first: true,
            ..news(facts.settings, call, today, None)
        })),
    })
}

/// What the requester is told of what was understood.
fn understood(call: &OnCall) -> Kind {
    if call.state == State::Incomplete {
        Kind::OncallIncomplete
    } else {
        Kind::OncallReceived
    }
}

/// A request as it stands, for a notice.
pub(super) fn news(
    settings: &Settings,
    call: &OnCall,
    today: Date,
    sheet: Option<Sheet>,
) -> OnCallNews {
    let asked_on = settings.zone.to_datetime(call.asked_at).date();
    let wanted = settings.on_call.notice;
    let given = call
        .asked
        .when
        .days()
        .and_then(|(first, _)| short_notice(asked_on, first, &settings.on_call));
    OnCallNews {
        lacks: call.asked.lacks(&settings.on_call),
        short: given.map(|given| (given, wanted)),
        occasion: Occasion::News,
        reason: String::new(),
        ask_by: call.asked.when.days().and_then(|(first, _)| {
            let by = first.checked_sub(jiff::Span::new().days(wanted)).ok()?;
            (by > today).then_some(by)
        }),
        words: None,
        first: false,
        sheet,
        request: call.clone(),
    }
}

/// A notice about a request for one technician.
pub(super) fn inside(
    kind: Kind,
    number: TicketNumber,
    subject: &str,
    technician: &Technician,
    news: OnCallNews,
) -> Notice {
    Notice {
        references: audience::anchor(number, technician),
        ..audience::to_technician(
            kind,
            number,
            subject,
            technician,
            About::OnCall(Box::new(news)),
        )
    }
}

/// The notices about a request for the people of its ticket.
pub(super) fn outside(ticket: &Candidate, kind: Kind, days: u64, news: &OnCallNews) -> Vec<Notice> {
    let mut notices = audience::people(ticket, kind, None, days, None);
    for notice in &mut notices {
        notice.about = About::OnCall(Box::new(news.clone()));
    }
    notices
}

/// The changes that keep a request, with a page of history.
pub(super) fn kept(
    settings: &Settings,
    call: &OnCall,
    by: &str,
    before: Option<State>,
) -> Vec<Change> {
    let slots = call
        .grant
        .as_ref()
        .filter(|_| !matches!(call.state, State::Denied | State::Withdrawn))
        .map(|grant| grant.period.slots(&settings.zone))
        .unwrap_or_default();
    let text = match before {
        Some(before) if before != call.state => {
            format!(
                "on-call request: {before} → {}{}",
                call.state,
                granted(call)
            )
        }
        _ => format!("on-call request: {}{}", call.state, granted(call)),
    };
    vec![
        Change::OnCall {
            request: Box::new(call.clone()),
            slots,
        },
        Change::Add(
            call.ticket,
            Entry {
                kind: EntryKind::Detail,
                author: by.to_owned(),
                text,
            },
        ),
    ]
}

/// What stands, for the history.
fn granted(call: &OnCall) -> String {
    let stands = |grant: &Grant| {
        let mark = call
            .mark
            .map(|mark| format!(" {mark},"))
            .unwrap_or_default();
        format!(
            ";{mark} {}, {}",
            grant.period.said(Language::En).replace('\u{a0}', " "),
            grant.agent.name
        )
    };
    match (&call.grant, &call.proposal) {
        (_, Some(proposal)) => stands(proposal),
        (Some(grant), None) => stands(grant),
        (None, None) => String::new(),
    }
}
