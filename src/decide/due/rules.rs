//! When the next thing falls due in a ticket: one function a state.

use jiff::Timestamp;
use jiff::civil::Time;

use super::{Due, Falling, FirstAnswer, Ground, Look, Standing, Step, Told};
use crate::policy::Outcome;
use crate::ticket::Status;
use crate::ticket::priority::Priority;

/// The highest priority that waiting alone leads to.
const CAP: Priority = Priority::P2;

/// What falls due next in a ticket. The instant may be past; it is never one at which nobody is
/// there.
#[must_use]
pub fn look(standing: &Standing, ground: &Ground<'_>) -> Look {
    let rules = Rules { standing, ground };
    if standing.merged {
        return Look::Nothing;
    }
    match standing.status {
        Status::New | Status::Open => rules.unanswered(),
        Status::WaitingRequester if standing.wait_until.is_some() => rules.comes_back(),
        Status::WaitingRequester if standing.waits_for_the_card() => rules.question(),
        Status::WaitingRequester => rules.silence(),
        Status::WaitingThirdParty => rules.comes_back(),
        Status::Resolved => rules.closing(),
        Status::RefusedProvisional => rules.refusal(),
        Status::Contested | Status::Closed | Status::Refused => Look::Nothing,
    }
}

impl Standing {
    /// Since when nobody has said anything, as the ticket waits now.
    pub(super) fn silent_since(&self) -> Timestamp {
        self.since.max(self.said_at)
    }

    /// Whether the service card asked, and no person has touched the ticket since.
    fn waits_for_the_card(&self) -> bool {
        self.outcome == Outcome::Ask && self.since == self.created_at
    }

    /// The step of this word and mark, if it was taken.
    pub(super) fn step(&self, what: Due, mark: &str) -> Option<&Step> {
        self.steps
            .iter()
            .rev()
            .find(|step| step.what == what.word() && step.mark == mark)
    }
}

/// A wait is told from the next one by the second it began.
fn mark(since: Timestamp) -> String {
    since.as_second().to_string()
}

struct Rules<'a> {
    standing: &'a Standing,
    ground: &'a Ground<'a>,
}

impl Rules<'_> {
    /// This many business days after an instant. Nothing falls due that is twenty years away.
    fn after(&self, since: Timestamp, days: u32) -> Option<Timestamp> {
        self.ground.calendar.add_business_days(since, days)
    }

    fn falls(&self, at: Option<Timestamp>, what: Due, mark: &str) -> Look {
        // The end of an interval is the instant at which nobody is there any more.
        match at.and_then(|at| self.ground.calendar.next_opening(at)) {
            Some(at) => Look::Falls(Falling {
                at,
                what,
                mark: mark.to_owned(),
            }),
            None => Look::Nothing,
        }
    }

    /// A letter has not left yet: the next step counts from when it does.
    fn later(&self) -> Look {
        match self.after(self.ground.now, 1) {
            Some(at) => Look::Again(at),
            None => Look::Nothing,
        }
    }

    /// Whether a machine may write to the requester at all.
    fn may_remind(&self) -> bool {
        let (standing, settings) = (self.standing, self.ground.settings);
        let address = standing.requester.as_str();
        let domain = address
            .rsplit_once('@')
            .map_or_else(String::new, |(_, domain)| format!("@{domain}"));
        let never = &self.ground.limits().never;
        !address.is_empty()
            && standing.answer != FirstAnswer::Suppressed
            && !standing.suspended
            && !settings.own_addresses.contains(address)
            && !never.contains(address)
            && !never.contains(&domain)
    }

    /// A person asked the requester something.
    fn silence(&self) -> Look {
        let (standing, due) = (self.standing, self.ground.due());
        let since = standing.silent_since();
        let mark = mark(since);
        let [first, second] = due.reminders;
        if standing.step(Due::Unreachable, &mark).is_some() {
            return Look::Nothing;
        }
        let last = standing
            .step(Due::SecondReminder, &mark)
            .or_else(|| standing.step(Due::Reminder, &mark));
        let (from, days, next) = match last {
            None => (since, first, Due::Reminder),
            Some(step) if step.told == Told::Waiting => return self.later(),
            Some(step) if step.told == Told::Lost => {
                return self.falls(Some(step.at), Due::Unreachable, &mark);
            }
            Some(step) if step.what == Due::Reminder.word() => {
                let more = second.saturating_sub(first).max(1);
                (step.at, more, Due::SecondReminder)
            }
            Some(step) => (step.at, due.no_answer, Due::NoAnswer),
        };
        let next = if self.may_remind() {
            next
        } else {
            Due::Unreachable
        };
        self.falls(self.after(from, days), next, &mark)
    }

    /// The card asked the requester something. Whether the reminder arrives decides nothing: a
    /// person looks in any case.
    fn question(&self) -> Look {
        let (standing, [remind, decide]) = (self.standing, self.ground.due().question);
        let since = standing.silent_since();
        let mark = mark(since);
        match standing.step(Due::Question, &mark) {
            Some(step) => {
                let more = decide.saturating_sub(remind).max(1);
                self.falls(self.after(step.at, more), Due::Undecided, &mark)
            }
            None if self.may_remind() => {
                self.falls(self.after(since, remind), Due::Question, &mark)
            }
            None => self.falls(self.after(since, decide), Due::Undecided, &mark),
        }
    }

    /// The ticket waits for a day, or for somebody who promised none.
    fn comes_back(&self) -> Look {
        let (standing, calendar) = (self.standing, self.ground.calendar);
        let at = match standing.wait_until {
            Some(day) => calendar
                .zone()
                .to_timestamp(day.to_datetime(Time::midnight()))
                .ok()
                .map(|midnight| midnight.max(standing.since)),
            None if self.ground.due().third_party == 0 => None,
            None => self.after(standing.silent_since(), self.ground.due().third_party),
        };
        self.falls(at, Due::Return, &mark(standing.since))
    }

    fn closing(&self) -> Look {
        let since = self.standing.since;
        let at = self.after(since, self.ground.due().close_after);
        self.falls(at, Due::Closing, &mark(since))
    }

    /// A refusal that nobody was told of yet does not become final.
    fn refusal(&self) -> Look {
        let standing = self.standing;
        if standing.answer != FirstAnswer::Sent {
            return Look::Nothing;
        }
        let mark = mark(standing.since);
        match standing.step(Due::RefusalEnds, &mark) {
            Some(step) => self.falls(self.after(step.at, 1), Due::RefusalFinal, &mark),
            None => {
                let eve = self.ground.due().provisional.saturating_sub(1);
                self.falls(self.after(standing.since, eve), Due::RefusalEnds, &mark)
            }
        }
    }

    /// No person has answered: whichever of the two comes first.
    fn unanswered(&self) -> Look {
        if self.standing.answered {
            return Look::Nothing;
        }
        match (self.first_answer(), self.ageing()) {
            (Look::Falls(one), Look::Falls(other)) if other.at < one.at => Look::Falls(other),
            (Look::Falls(one), _) => Look::Falls(one),
            (_, other) => other,
        }
    }

    fn first_answer(&self) -> Look {
        let (standing, ground) = (self.standing, self.ground);
        let mark = mark(standing.created_at);
        // Whoever was told of the ticket just now is not told in the same breath that it is late.
        let returned = [Due::Return.word(), Due::Undecided.word()];
        let since = standing
            .steps
            .iter()
            .rev()
            .find(|step| returned.contains(&step.what.as_str()))
            .map_or(standing.created_at, |step| step.at);
        if standing.step(Due::Unanswered, &mark).is_some() {
            return Look::Nothing;
        }
        let usual = ground.usual.0.get(&(standing.priority, standing.category));
        let at = match usual {
            Some(time) => ground.calendar.add_business(since, *time),
            None => self.after(since, ground.due().first_answer),
        };
        self.falls(at, Due::Unanswered, &mark)
    }

    /// One priority up for each span, once for each priority: a technician who puts it back down
    /// has the last word.
    fn ageing(&self) -> Look {
        let (standing, days) = (self.standing, self.ground.due().ageing);
        let above = Priority::ALL
            .into_iter()
            .rev()
            .find(|priority| *priority < standing.priority);
        let Some(above) = above.filter(|above| *above >= CAP && days > 0) else {
            return Look::Nothing;
        };
        let due = Due::Ageing(above);
        if standing.step(due, above.as_str()).is_some() {
            return Look::Nothing;
        }
        let last = standing
            .steps
            .iter()
            .rev()
            .find(|step| step.what == due.word());
        let from = last.map_or(standing.created_at, |step| step.at);
        self.falls(self.after(from, days), due, above.as_str())
    }
}
