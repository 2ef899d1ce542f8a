//! What the requester of on-call presence says later.
//!
//! An answer completes the request, changes it, or takes it back; what nothing can be read of is a
//! follow-up like any other, for those who may grant it. An answer is answered only if it brought
//! the request forward, so that no machine that says the same again is written to twice.
//!
//! What is granted already, only a letter that proves its author changes or takes back: one that
//! carries the token we wrote to them, or that the border server found authentic. Other times for
//! what is granted are a new question to those who grant; until they answer, what was granted stands.

use super::{inside, is_own, kept, news, outside, understood};
use crate::classify::Rule;
use crate::decide::reading::Presented;
use crate::decide::{
    Answer, Candidate, Change, Decision, Disposition, Facts, audience, reply as ordinary,
};
use crate::notice::{Kind, Notice, OnCallNews};
use crate::oncall::state::Step;
use crate::oncall::{Asked, OnCall, Reply, State, answered};
use crate::team::Technician;
use crate::ticket::status::Step as TicketStep;
use crate::ticket::{EntryKind, Status};
use crate::token::PersonNumber;

/// Decides about an answer of the requester; nothing if it is a follow-up like any other.
pub(in crate::decide) fn replied(facts: &Facts<'_>, ticket: &Candidate) -> Option<Decision> {
    let call = ticket.on_call.as_deref()?;
    let author = facts.author_keys();
    if call.state.is_over() || !author.contains(&ticket.requester) {
        return None;
    }
    let stands = call.grant.is_some();
    if stands && !is_proven(facts, &author) {
        return None;
    }
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let name = facts.message.author().map_or("", |one| one.name.as_str());
    let text = &facts.message.text;
    let said = (text.new.as_str(), text.quoted.as_str());
    match answered(&call.asked, &facts.settings.on_call, said, name, today) {
        Reply::Nothing => None,
        Reply::Withdrawn => withdrawn(facts, ticket, call),
        Reply::Changed(asked) => Some(changed(facts, ticket, call, *asked)),
    }
}

fn is_proven(facts: &Facts<'_>, author: &[String]) -> bool {
    let token = match facts.reading.presented {
        Presented::Add { person, .. } => author.iter().any(|key| PersonNumber::of(key) == person),
        _ => false,
    };
    token || facts.reading.auth.is_pass()
}

fn withdrawn(facts: &Facts<'_>, ticket: &Candidate, call: &OnCall) -> Option<Decision> {
    let to = call
        .state
        .after(Step::Withdraw, call.grant.is_some())
        .ok()?;
    let mut now = call.clone();
    now.enter(to, facts.now);
    let mut after = ticket.clone();
    let mut changes = vec![ordinary::page(facts, ticket, EntryKind::FollowUp)];
    changes.extend(kept(
        facts.settings,
        &now,
        &facts.author_key(),
        Some(call.state),
    ));
    step(
        &mut changes,
        &mut after,
        TicketStep::Close,
        "the request is taken back",
    );
    Some(told(
        facts,
        &after,
        &now,
        Kind::OncallWithdrawn,
        changes,
        "takes the request back",
    ))
}

fn changed(facts: &Facts<'_>, ticket: &Candidate, call: &OnCall, asked: Asked) -> Decision {
    let mut now = call.clone();
    let stands = call.grant.is_some();
    let detail = stands && !asked.needs_another_grant(&call.asked);
    now.asked = asked;
    let mut after = ticket.clone();
    let mut changes = vec![ordinary::page(facts, ticket, EntryKind::FollowUp)];
    if !detail {
        now.look(&facts.settings.on_call, facts.now);
    }
    changes.extend(kept(
        facts.settings,
        &now,
        &facts.author_key(),
        Some(call.state),
    ));
    let (ticket_step, why) = if now.state == State::Incomplete {
        (TicketStep::WaitRequester, "something is still lacking")
    } else {
        (TicketStep::Reply, "the requester answered")
    };
    step(&mut changes, &mut after, ticket_step, why);
    let kind = if detail {
        Kind::OncallApproved
    } else {
        understood(&now)
    };
    let reason = format!("changes the request, which is {}", now.state);
    told(facts, &after, &now, kind, changes, &reason)
}

fn step(changes: &mut Vec<Change>, ticket: &mut Candidate, step: TicketStep, why: &str) {
    // Resolved and closed tickets come back first.
    let back = match ticket.status {
        Status::Closed => ticket.status.after(TicketStep::Reopen),
        Status::Resolved => ticket.status.after(TicketStep::Reply),
        _ => Ok(ticket.status),
    };
    let to = back.and_then(|status| status.after(step)).or(back);
    if let Ok(to) = to {
        ordinary::moved(changes, ticket, to, why);
    }
}

/// Tells requester, approvers and whoever is on call.
fn told(
    facts: &Facts<'_>,
    ticket: &Candidate,
    call: &OnCall,
    kind: Kind,
    changes: Vec<Change>,
    reason: &str,
) -> Decision {
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let days = facts.settings.work.reopen_days;
    let mut notices = outside(ticket, kind, days, &news(facts.settings, call, today, None));
    notices.retain(|notice| notice.to.email == ticket.requester);
    let team = concerned(facts, ticket, call);
    notices.extend(team.into_iter().map(|one| to_one(facts, ticket, call, one)));
    Decision {
        disposition: Disposition::FollowUp,
        reason: format!("on-call request {}: {reason}", ticket.number),
        rule: Some(facts.class.rule.unwrap_or(Rule::L19).to_string()),
        ticket: Some(ticket.number),
        changes,
        notices,
        answer: Answer::Sent,
    }
}

fn to_one(facts: &Facts<'_>, ticket: &Candidate, call: &OnCall, one: &Technician) -> Notice {
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let mut sheet = audience::sheet(facts, ticket, one.language);
    sheet.said = vec![audience::said(facts)];
    sheet.attachments = audience::listed(facts);
    let news: OnCallNews = news(facts.settings, call, today, Some(sheet));
    inside(
        Kind::TechnicianOncall,
        ticket.number,
        &ticket.subject,
        one,
        news,
    )
}

/// Those who may grant it, and whoever is or was to be on call.
fn concerned<'s>(facts: &Facts<'s>, ticket: &Candidate, call: &OnCall) -> Vec<&'s Technician> {
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let agents: Vec<&str> = call
        .grant
        .iter()
        .chain(&call.proposal)
        .filter_map(|grant| grant.agent.handle.as_deref())
        .collect();
    facts
        .settings
        .team
        .iter()
        .filter(|one| one.approver || agents.contains(&one.handle.as_str()))
        .filter(|one| !is_own(one, facts.registry, &ticket.requester, today))
        .collect()
}
