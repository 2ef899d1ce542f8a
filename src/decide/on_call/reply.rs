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
use crate::decide::reply::Added;
use crate::decide::{Answer, Candidate, Decision, Disposition, Facts, audience};
use crate::notice::{Kind, Notice, OnCallNews};
use crate::oncall::state::Step;
use crate::oncall::{Asked, OnCall, Reply, State, answered};
use crate::team::Technician;
use crate::ticket::Status;
use crate::ticket::status::Step as TicketStep;
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
    let reason = "takes the request for on-call presence back".to_owned();
    let mut added = Added::of(facts, ticket, reason.clone());
    let by = facts.author_key();
    let kept = kept(facts.settings, &now, &by, Some(call.state));
    added.changes.extend(kept);
    step(&mut added, TicketStep::Close);
    Some(told(facts, added, &now, Kind::OncallWithdrawn, reason))
}

fn changed(facts: &Facts<'_>, ticket: &Candidate, call: &OnCall, asked: Asked) -> Decision {
    let mut now = call.clone();
    let detail = call.grant.is_some() && !asked.needs_another_grant(&call.asked);
    now.asked = asked;
    if !detail {
        now.look(&facts.settings.on_call, facts.now);
    }
    let reason = format!(
        "changes the request for on-call presence, which is {}",
        now.state
    );
    let mut added = Added::of(facts, ticket, reason.clone());
    let by = facts.author_key();
    let kept = kept(facts.settings, &now, &by, Some(call.state));
    added.changes.extend(kept);
    step(
        &mut added,
        if now.state == State::Incomplete {
            TicketStep::WaitRequester
        } else {
            TicketStep::Reply
        },
    );
    let kind = if detail {
        Kind::OncallApproved
    } else {
        understood(&now)
    };
    told(facts, added, &now, kind, reason)
}

fn step(added: &mut Added, step: TicketStep) {
    // Resolved and closed tickets come back first.
    let now = added.after.status;
    let back = match now {
        Status::Closed => now.after(TicketStep::Reopen),
        Status::Resolved => now.after(TicketStep::Reply),
        _ => Ok(now),
    };
    if let Ok(to) = back.and_then(|status| status.after(step)).or(back) {
        added.move_to(to);
    }
}

/// Tells requester, approvers and whoever is on call.
fn told(facts: &Facts<'_>, added: Added, call: &OnCall, kind: Kind, reason: String) -> Decision {
    let ticket = &added.after;
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let days = facts.settings.work.reopen_days;
    let mut notices = outside(ticket, kind, days, &news(facts.settings, call, today, None));
    notices.retain(|notice| notice.to.email == ticket.requester);
    let team = concerned(facts, ticket, call);
    notices.extend(team.into_iter().map(|one| to_one(facts, ticket, call, one)));
    Decision {
        disposition: Disposition::FollowUp,
        reason,
        rule: Some(facts.class.rule.unwrap_or(Rule::L19).to_string()),
        ticket: Some(ticket.number),
        changes: added.changes,
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
