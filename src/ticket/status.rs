//! Where a ticket stands, and which steps lead on.
//!
//! `refused_provisional` is a refusal that rests on words alone: a person looks through it.
//! One reply to any refusal makes it `contested`, which only a person ends.
//!
//! Not handled here: who may take a step; that is trust, and belongs to `decide`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has looked at it yet.
    New,
    /// A technician has it, or a reply has brought it back.
    Open,
    /// The requester has been asked something.
    WaitingRequester,
    /// A supplier or another service has to act.
    WaitingThirdParty,
    /// Done, as far as the service knows.
    Resolved,
    /// Done, and the time to come back on it is over.
    Closed,
    /// Refused on what the letter says alone; a person reads it within days.
    RefusedProvisional,
    /// Refused on what a table or the requester's own answer says.
    Refused,
    /// The requester answered a refusal: a person decides, the rules do not run again.
    Contested,
}

impl Status {
    /// All states, in the order of a ticket's life.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Open,
        Self::WaitingRequester,
        Self::WaitingThirdParty,
        Self::Resolved,
        Self::Closed,
        Self::RefusedProvisional,
        Self::Refused,
        Self::Contested,
    ];

    /// The word used in the database, in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::WaitingRequester => "waiting_requester",
            Self::WaitingThirdParty => "waiting_third_party",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::RefusedProvisional => "refused_provisional",
            Self::Refused => "refused",
            Self::Contested => "contested",
        }
    }

    /// Whether somebody of the service still has to do something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::New
                | Self::Open
                | Self::WaitingRequester
                | Self::WaitingThirdParty
                | Self::Contested
        )
    }

    /// The state after a participant's reply. Every end has a way back to a person, except
    /// `closed`, whose reply opens a new ticket.
    #[must_use]
    pub fn after_reply(self) -> Self {
        match self {
            Self::RefusedProvisional | Self::Refused => Self::Contested,
            Self::Resolved | Self::WaitingRequester => Self::Open,
            other => other,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// One step of a ticket, as its history writes it down: `refused → contested`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// From where.
    pub from: Status,
    /// To where.
    pub to: Status,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.from, self.to)
    }
}

impl Step {
    /// The step a page of the history tells, if it tells one: the reason stands behind a colon.
    #[must_use]
    pub fn read(page: &str) -> Option<Self> {
        let step = page.split(':').next()?;
        let (from, to) = step.split_once('→')?;
        Some(Self {
            from: from.trim().parse().ok()?,
            to: to.trim().parse().ok()?,
        })
    }
}

/// What became of a refusal, by the steps of its ticket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefusalFate {
    /// The requester answered it.
    pub contested: bool,
    /// A person took it back, contested or not, and did not refuse again.
    pub overturned: bool,
}

impl RefusalFate {
    /// Follows the steps, oldest first.
    pub fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut fate = Self::default();
        let refused = |status| matches!(status, Status::Refused | Status::RefusedProvisional);
        for Step { from, to } in steps {
            fate.contested |= to == Status::Contested;
            if refused(to) {
                fate.overturned = false;
            } else if refused(from) || from == Status::Contested {
                // Contested is not decided yet, and closed says nothing about who was right.
                fate.overturned |= !matches!(to, Status::Contested | Status::Closed);
            }
        }
        fate
    }
}

/// A word that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the state of a ticket, such as `new` or `resolved`, but found `{0}`")]
pub struct UnknownStatus(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_state_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>(), Ok(status));
        }
    }

    #[test]
    fn ok_one_reply_brings_a_refusal_to_a_person() {
        assert_eq!(Status::Refused.after_reply(), Status::Contested);
        assert_eq!(Status::RefusedProvisional.after_reply(), Status::Contested);
        assert!(Status::Contested.is_open());
    }

    #[test]
    fn ok_a_step_is_read_back_from_the_history() {
        let step = Step {
            from: Status::RefusedProvisional,
            to: Status::Contested,
        };
        let page = format!("{step}: a reply to a refusal → see: there");
        assert_eq!(Step::read(&page), Some(step));
        assert_eq!(Step::read("an answer could not be delivered: 550"), None);
        assert_eq!(Step::read("lost → found: yes"), None);
    }

    #[test]
    fn ok_a_refusal_is_overturned_by_the_last_word_of_a_person() {
        let fate = |steps: &[(Status, Status)]| {
            let steps = steps.iter().map(|(from, to)| Step {
                from: *from,
                to: *to,
            });
            let fate = RefusalFate::of(steps);
            (fate.contested, fate.overturned)
        };
        use Status::{Closed, Contested, Open, Refused, RefusedProvisional, Resolved};
        assert_eq!(fate(&[]), (false, false));
        assert_eq!(fate(&[(Refused, Contested)]), (true, false));
        assert_eq!(
            fate(&[(Refused, Contested), (Contested, Open)]),
            (true, true)
        );
        assert_eq!(
            fate(&[(Refused, Contested), (Contested, Resolved)]),
            (true, true)
        );
        assert_eq!(fate(&[(RefusedProvisional, Open)]), (false, true));
        assert_eq!(
            fate(&[(Refused, Contested), (Contested, Refused)]),
            (true, false)
        );
        assert_eq!(
            fate(&[(Refused, Contested), (Contested, Closed)]),
            (true, false)
        );
        assert_eq!(
            fate(&[(RefusedProvisional, Open), (Open, Refused)]),
            (false, false)
        );
        assert_eq!(fate(&[(Resolved, Open)]), (false, false));
    }

    #[test]
    fn err_an_unknown_word_is_named() {
        let error = "lost".parse::<Status>().unwrap_err();
        assert!(error.to_string().contains("`lost`"));
    }
}
