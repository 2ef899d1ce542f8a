//! What time brings to a request for on-call presence: an occurrence, or nothing.
//!
//! In: the ticket as it stands inside the transaction, the instant, the calendar. Out: what
//! [`crate::oncall::due`] says is due, as changes and letters. One thing at a time; the caller asks
//! again until nothing is.

use jiff::Timestamp;

use super::{approvers, inside, kept, news, outside};
use crate::calendar::Calendar;
use crate::decide::{Cause, Change, Occurrence, Scene, Settings, audience};
use crate::notice::{Kind, Notice, Occasion, OnCallNews};
use crate::oncall::OnCall;
use crate::oncall::due::{Due, due};
use crate::registry::Registry;
use crate::team::Technician;
use crate::ticket::Status;
use crate::ticket::status::Step;

/// What a thing that falls due rests on.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    /// What the site wants.
    pub settings: &'a Settings,
    /// The look-up tables: whose request it is.
    pub registry: &'a Registry,
    /// When somebody is there.
    pub calendar: Option<&'a Calendar>,
}

/// What is due in a ticket's request now.
#[must_use]
pub fn occurs(scene: &Scene, house: &House<'_>, now: Timestamp) -> Option<Occurrence> {
    let call = scene.ticket.on_call.as_deref()?;
    let settings = house.settings;
    let what = due(call, now, &settings.zone, house.calendar)?;
    let mut after = call.clone();
    after.done(what, now);
    let mut changes = kept(settings, &after, "guichet", Some(call.state));
    let (reason, notices) = match what {
        Due::Begin => ("the on-call window begins", Vec::new()),
        Due::End => {
            changes.extend(resolved(scene));
            (
                "the on-call window is over",
                summaries(scene, house, &after, now),
            )
        }
        Due::Alert => (
            "half of the time before an on-call request's beginning went by without a decision",
            asking(scene, house, &after, Occasion::Alert, now),
        ),
        Due::Remind => (
            "an on-call request waits for a decision",
            asking(scene, house, &after, Occasion::Reminder, now),
        ),
    };
    let occurrence = Occurrence {
        cause: Cause::due(
            Some(scene.ticket.number),
            &format!("oncall_{}", what.as_str()),
            mark(call, what, now),
        ),
        ticket: Some(scene.ticket.number),
        reason: reason.to_owned(),
        changes,
        notices,
        bulletins: Vec::new(),
    };
    Some(occurrence.with_tokens(scene))
}

/// What tells this time from the next.
fn mark(call: &OnCall, what: Due, now: Timestamp) -> String {
    match (what, &call.grant) {
        (Due::End, Some(grant)) => grant.period.ends().1.to_string(),
        _ => now.as_second().to_string(),
    }
}

fn resolved(scene: &Scene) -> Option<Change> {
    let from = scene.ticket.status;
    let to = from.after(Step::Resolve).ok()?;
    (to != from && to == Status::Resolved).then(|| Change::Move {
        ticket: scene.ticket.number,
        from,
        to,
        by: "guichet".to_owned(),
        why: "the on-call window is over".to_owned(),
    })
}

/// A summary for those who asked, and one for whoever was on call.
fn summaries(scene: &Scene, house: &House<'_>, call: &OnCall, now: Timestamp) -> Vec<Notice> {
    let settings = house.settings;
    let today = settings.zone.to_datetime(now).date();
    let days = settings.work.reopen_days;
    let told = news(settings, call, today, None);
    let mut notices = outside(&scene.ticket, Kind::OncallSummary, days, &told);
    notices.retain(|notice| notice.to.email == scene.ticket.requester);
    let agent = call
        .grant
        .as_ref()
        .and_then(|grant| settings.team.by_handle(grant.agent.handle.as_deref()?));
    notices.extend(agent.map(|agent| {
        let told = with_sheet(scene, house, call, agent, Occasion::News, now);
        let number = scene.ticket.number;
        inside(
            Kind::TechnicianOncallSummary,
            number,
            &scene.ticket.subject,
            agent,
            told,
        )
    }));
    notices
}

/// A letter to each who may grant it; in an alert to everybody.
fn asking(
    scene: &Scene,
    house: &House<'_>,
    call: &OnCall,
    occasion: Occasion,
    now: Timestamp,
) -> Vec<Notice> {
    let today = house.settings.zone.to_datetime(now).date();
    let team: Vec<&Technician> = if occasion == Occasion::Alert {
        house.settings.team.iter().collect()
    } else {
        approvers(
            house.settings,
            house.registry,
            &scene.ticket.requester,
            today,
        )
    };
    let number = scene.ticket.number;
    team.into_iter()
        .filter(|one| !one.addresses.contains(&scene.ticket.requester))
        .map(|one| {
            let told = with_sheet(scene, house, call, one, occasion, now);
            inside(
                Kind::TechnicianOncall,
                number,
                &scene.ticket.subject,
                one,
                told,
            )
        })
        .collect()
}

fn with_sheet(
    scene: &Scene,
    house: &House<'_>,
    call: &OnCall,
    one: &Technician,
    occasion: Occasion,
    now: Timestamp,
) -> OnCallNews {
    let today = house.settings.zone.to_datetime(now).date();
    let sheet = audience::sheet_of(&house.settings.team, &scene.ticket, one.language);
    OnCallNews {
        occasion,
        ..news(house.settings, call, today, Some(sheet))
    }
}
