//! Where a request for on-call presence stands: one machine, no side doors.
//!
//! ```text
//! received ─▶ incomplete ◀─▶ pending ─▶ approved | approved_changed ─▶ active ─▶ ended
//!                  │  └─(names a colleague)─▶ proposed ─(the colleague's word)─┘
//!                  │                             │ changing: granted, and other times are asked for
//!                  └──▶ denied ─(asked anew)─▶ pending          withdrawn, from anywhere
//! ```
//!
//! What was granted stands while a change of it is being decided (`changing`, `proposed`); a change
//! that is denied leaves it as it was.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It came, and was not looked at.
    Received,
    /// It lacks something, which was asked.
    Incomplete,
    /// It waits for somebody who grants it.
    Pending,
    /// It is granted if the colleague who is named agrees.
    Proposed,
    /// It is granted as asked.
    Approved,
    /// It is granted, at other times than asked.
    ApprovedChanged,
    /// It is granted, and its requester asks for other times.
    Changing,
    /// It is going on.
    Active,
    /// It is over.
    Ended,
    /// It is not granted.
    Denied,
    /// Its requester took it back.
    Withdrawn,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It was read, and lacks something.
    Lack,
    /// It was read, and lacks nothing.
    Complete,
    /// It is granted if a colleague agrees.
    Propose,
    /// It is granted as asked.
    Approve,
    /// It is granted with changes.
    ApproveChanged,
    /// The colleague who was named does not agree.
    Decline,
    /// It, or the change of it, is not granted.
    Deny,
    /// Its requester takes it back.
    Withdraw,
    /// It begins.
    Begin,
    /// It ends.
    End,
}

impl State {
    /// All states, in the order of a request's life.
    pub const ALL: [Self; 11] = [
        Self::Received,
        Self::Incomplete,
        Self::Pending,
        Self::Proposed,
        Self::Approved,
        Self::ApprovedChanged,
        Self::Changing,
        Self::Active,
        Self::Ended,
        Self::Denied,
        Self::Withdrawn,
    ];

    /// The word in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Incomplete => "incomplete",
            Self::Pending => "pending",
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::ApprovedChanged => "approved_changed",
            Self::Changing => "changing",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Withdrawn)
    }

    /// Whether somebody has to grant something.
    #[must_use]
    pub fn waits_for_approver(self) -> bool {
        matches!(self, Self::Pending | Self::Changing)
    }

    /// The state after a step; `stands`: whether something is granted now.
    ///
    /// # Errors
    /// [`IllegalStep`] if there is no such step from here.
    pub fn after(self, step: Step, stands: bool) -> Result<Self, IllegalStep> {
        use State::{
            Active, Approved, ApprovedChanged, Changing, Denied, Ended, Incomplete, Pending,
            Proposed, Received, Withdrawn,
        };
        let undecided = matches!(self, Received | Incomplete | Pending | Proposed | Denied);
        let granted = matches!(self, Approved | ApprovedChanged | Changing | Active);
        let open = !self.is_over();
        let legal = match step {
            // Somebody who changes what was granted has it until the change is.
            Step::Lack | Step::Complete if granted || stands && undecided => Some(Changing),
            Step::Lack if undecided => Some(Incomplete),
            Step::Complete if undecided => Some(Pending),
            Step::Propose if open && self != Received && self != Denied => Some(Proposed),
            Step::Approve if open && self != Received && self != Denied => Some(Approved),
            Step::ApproveChanged if open && self != Received && self != Denied => {
                Some(ApprovedChanged)
            }
            Step::Decline if self == Proposed && stands => Some(Changing),
            Step::Decline if self == Proposed => Some(Pending),
            Step::Deny if stands && matches!(self, Changing | Proposed) => Some(Approved),
            Step::Deny if open && self != Received && self != Denied => Some(Denied),
            Step::Withdraw if open => Some(Withdrawn),
            Step::Begin if matches!(self, Approved | ApprovedChanged) => Some(Active),
            Step::End if granted || stands && self == Proposed => Some(Ended),
            _ => None,
        };
        legal.ok_or(IllegalStep { from: self })
    }
}

/// A step that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an on-call request that is {from} does not allow this")]
pub struct IllegalStep {
    /// Where the request stands.
    pub from: State,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A word that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the state of an on-call request, such as `pending` or `active`, but found `{0}`")]
pub struct UnknownState(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 10] = [
        Step::Lack,
        Step::Complete,
        Step::Propose,
        Step::Approve,
        Step::ApproveChanged,
        Step::Decline,
        Step::Deny,
        Step::Withdraw,
        Step::Begin,
        Step::End,
    ];

    fn walk(steps: &[Step]) -> State {
        let mut stands = false;
        steps.iter().fold(State::Received, |state, step| {
            let to = state.after(*step, stands).unwrap();
            stands |= matches!(to, State::Approved | State::ApprovedChanged);
            to
        })
    }

    #[test]
    fn ok_the_ways_of_a_request() {
        use Step::{Approve, ApproveChanged, Begin, Complete, Decline, Deny, End, Lack, Propose};
        for (steps, expected) in [
            (&[Lack, Complete, Approve, Begin, End][..], State::Ended),
            (&[Complete, ApproveChanged, Begin], State::Active),
            (&[Complete, Propose, Decline], State::Pending),
            (&[Complete, Propose, Approve], State::Approved),
            (&[Complete, Approve, Complete, Deny], State::Approved),
            (
                &[Complete, Approve, Complete, Propose, Decline],
                State::Changing,
            ),
            (&[Complete, Deny, Complete], State::Pending),
            (&[Complete, Approve, Deny], State::Denied),
            (&[Lack, Step::Withdraw], State::Withdrawn),
        ] {
            assert_eq!(walk(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn ok_nothing_comes_after_the_end() {
        for state in [State::Ended, State::Withdrawn] {
            for (step, stands) in STEPS.iter().flat_map(|step| [(step, true), (step, false)]) {
                assert!(state.after(*step, stands).is_err(), "{state} {step:?}");
            }
        }
    }

    #[test]
    fn ok_only_a_person_grants_and_only_time_begins() {
        for (from, step) in State::ALL
            .iter()
            .flat_map(|from| STEPS.map(|step| (*from, step)))
        {
            for stands in [false, true] {
                let Ok(to) = from.after(step, stands) else {
                    continue;
                };
                let granting = matches!(step, Step::Approve | Step::ApproveChanged);
                // A change that is denied leaves what a person granted before.
                let left = stands && step == Step::Deny;
                if matches!(to, State::Approved | State::ApprovedChanged) {
                    assert!(granting || left, "{from} {step:?}");
                }
                assert_eq!(to == State::Active, step == Step::Begin, "{from} {step:?}");
            }
        }
    }

    #[test]
    fn ok_every_state_is_read_back_from_its_word() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        let error = "lost".parse::<State>().unwrap_err();
        assert!(error.to_string().contains("`lost`"));
    }
}
