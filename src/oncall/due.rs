//! What time brings about: a window begins and ends, approvers are reminded, everybody is told when
//! half of the time is over.
//!
//! Pure: given a request, the instant and the calendar, one thing at most is due, the most important
//! first. Each thing that was done changes the request so that it is not due again: a service that
//! was down for weeks sends one reminder and not ten. Windows begin and end on the clock; reminders
//! are for business hours.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::state::Step;
use super::{OnCall, State};
use crate::calendar::Calendar;

/// Business days between two reminders.
pub const REMINDER: u32 = 2;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The window begins.
    Begin,
    /// It is over: a summary to those whom it was for.
    End,
    /// Half of the time before its beginning went by without a decision: tell everybody.
    Alert,
    /// Remind those who may grant it.
    Remind,
}

impl Due {
    /// The word in logs and histories.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::End => "end",
            Self::Alert => "alert",
            Self::Remind => "remind",
        }
    }
}

/// What is due now, if anything.
#[must_use]
pub fn due(
    request: &OnCall,
    now: Timestamp,
    zone: &TimeZone,
    calendar: Option<&Calendar>,
) -> Option<Due> {
    next(request, now, zone, calendar)
        .filter(|(at, _)| *at <= now)
        .map(|(_, due)| due)
}

/// What comes next, and when, if nothing else happens before.
#[must_use]
pub fn next(
    request: &OnCall,
    now: Timestamp,
    zone: &TimeZone,
    calendar: Option<&Calendar>,
) -> Option<(Timestamp, Due)> {
    if let Some(grant) = &request.grant {
        let slots = grant.period.slots(zone);
        let (first, last) = (slots.first()?, slots.last()?);
        let running = !matches!(
            request.state,
            State::Denied | State::Withdrawn | State::Ended
        );
        let begins = matches!(request.state, State::Approved | State::ApprovedChanged);
        if running && last.until <= now {
            return Some((last.until, Due::End));
        }
        if begins {
            return Some((first.from, Due::Begin));
        }
        if running && !request.state.waits_for_approver() {
            return Some((last.until, Due::End));
        }
    }
    if !request.state.waits_for_approver() {
        return None;
    }
    undecided(request, zone, calendar, now)
}

fn undecided(
    request: &OnCall,
    zone: &TimeZone,
    calendar: Option<&Calendar>,
    now: Timestamp,
) -> Option<(Timestamp, Due)> {
    let since = request.pending_since?;
    let period = request.asked.when.period()?;
    let from = period.slots(zone).first()?.from;
    // Nobody can grant what has begun without being asked again.
    if from <= now {
        return None;
    }
    let open = |at: Timestamp| match calendar {
        Some(calendar) => calendar.next_opening(at),
        None => Some(at),
    };
    let half = (!request.alerted)
        .then(|| half_way(since, from))
        .flatten()
        .and_then(open)
        // With nobody there in between, the alert comes when somebody is, or not at all.
        .filter(|at| *at < from);
    let last = request.reminded_at.unwrap_or(since);
    let reminder = match calendar {
        Some(calendar) => calendar.add_business_days(last, REMINDER),
        None => last
            .checked_add(SignedDuration::from_hours(24 * i64::from(REMINDER)))
            .ok(),
    }
    .and_then(|at| open(at.max(last)))
    .filter(|at| *at < from);
    match (half, reminder) {
        // One letter says both.
        (Some(half), Some(reminder)) if half <= reminder || half <= now => Some((half, Due::Alert)),
        (_, Some(reminder)) => Some((reminder, Due::Remind)),
        (Some(half), None) => Some((half, Due::Alert)),
        (None, None) => None,
    }
}

fn half_way(since: Timestamp, from: Timestamp) -> Option<Timestamp> {
    let half = from.duration_since(since).checked_div(2)?;
    since.checked_add(half).ok()
}

impl OnCall {
    /// What remains to be done after something was.
    pub fn done(&mut self, due: Due, now: Timestamp) {
        match due {
            Due::Begin => self.moved(Step::Begin, now),
            Due::End => self.moved(Step::End, now),
            Due::Alert => {
                self.alerted = true;
                self.reminded_at = Some(now);
            }
            Due::Remind => self.reminded_at = Some(now),
        }
    }

    fn moved(&mut self, step: Step, now: Timestamp) {
        if let Ok(to) = self.state.after(step, self.grant.is_some()) {
            self.enter(to, now);
        }
    }
}
