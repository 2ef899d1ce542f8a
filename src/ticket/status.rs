//! Where a ticket stands, and which steps lead on: one machine, no side doors.
//!
//! ```text
//! new ─▶ open ◀─▶ waiting_requester, waiting_third_party ─▶ resolved ─▶ closed
//!  └──▶ refused_provisional ─(in time)─▶ refused
//!       refused_provisional, refused ─(one reply)─▶ contested ─(accept)─▶ open
//!                                                       └──(confirm)─▶ refused
//! ```
//!
//! `refused_provisional` is a refusal that rests on words alone: a person looks through it.
//! One reply to any refusal makes it `contested`, which only a person ends. A step that leads
//! nowhere from here is an [`IllegalStep`], a sentence for whoever tried.
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

    /// Whether the service has said no.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::RefusedProvisional | Self::Refused)
    }

    /// The state after a step, or why there is no such step from here.
    ///
    /// # Errors
    /// [`IllegalStep`], which names the states the step starts from.
    pub fn after(self, step: Step) -> Result<Self, IllegalStep> {
        use Status::{
            Closed, Contested, New, Open, Refused, RefusedProvisional, Resolved, WaitingRequester,
            WaitingThirdParty,
        };
        let legal = match (step, self) {
            // A participant's words: every end has a way back to a person, except `closed`.
            (Step::Reply, Refused | RefusedProvisional) => Some(Contested),
            (Step::Reply, Resolved | WaitingRequester) => Some(Open),
            (Step::Reply, New | Open | WaitingThirdParty | Contested) => Some(self),
            // A technician's words leave a contest and a refusal to the order that ends them.
            (Step::Answer, New) => Some(Open),
            (Step::Answer, _) => Some(self),
            (Step::Take, New) => Some(Open),
            (Step::Take, Open | WaitingRequester | WaitingThirdParty | Contested) => Some(self),
            (Step::WaitRequester, New | Open | WaitingRequester | WaitingThirdParty) => {
                Some(WaitingRequester)
            }
            (Step::WaitThirdParty, New | Open | WaitingRequester | WaitingThirdParty) => {
                Some(WaitingThirdParty)
            }
            (Step::Resolve, New | Open | WaitingRequester | WaitingThirdParty) => Some(Resolved),
            (
                Step::Close,
                New | Open | WaitingRequester | WaitingThirdParty | Resolved | Refused,
            ) => Some(Closed),
            (Step::Reopen, Resolved | Closed) => Some(Open),
            (Step::Refuse, New | Open | WaitingRequester | WaitingThirdParty) => Some(Refused),
            (Step::Confirm, Contested | RefusedProvisional) => Some(Refused),
            (Step::Accept, Contested | RefusedProvisional | Refused) => Some(Open),
            // Time alone: it never answers, and never refuses what was not refused before.
            (Step::Resume, WaitingRequester | WaitingThirdParty) => Some(Open),
            (Step::Lapse, RefusedProvisional) => Some(Refused),
            _ => None,
        };
        legal.ok_or(IllegalStep { from: self, step })
    }
}

/// What happens to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A participant writes.
    Reply,
    /// A technician answers.
    Answer,
    /// A technician takes it, or it is given to one.
    Take,
    /// The requester is asked something.
    WaitRequester,
    /// Somebody outside has to act.
    WaitThirdParty,
    /// It is done.
    Resolve,
    /// It is over.
    Close,
    /// It was not done.
    Reopen,
    /// A person refuses it.
    Refuse,
    /// A person upholds a refusal.
    Confirm,
    /// A person takes back a refusal.
    Accept,
    /// What it waited for has not come, and waiting is over.
    Resume,
    /// Nobody changed a provisional refusal in its time.
    Lapse,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 13] = [
        Self::Reply,
        Self::Answer,
        Self::Take,
        Self::WaitRequester,
        Self::WaitThirdParty,
        Self::Resolve,
        Self::Close,
        Self::Reopen,
        Self::Refuse,
        Self::Confirm,
        Self::Accept,
        Self::Resume,
        Self::Lapse,
    ];

    /// What the step does to a ticket, as the end of a sentence.
    fn deed(self) -> &'static str {
        match self {
            Self::Reply => "be replied to",
            Self::Answer => "be answered",
            Self::Take => "be taken",
            Self::WaitRequester => "wait for its requester",
            Self::WaitThirdParty => "wait for somebody else",
            Self::Resolve => "be resolved",
            Self::Close => "be closed",
            Self::Reopen => "be reopened",
            Self::Refuse => "be refused",
            Self::Confirm => "have its refusal confirmed",
            Self::Accept => "have its refusal taken back",
            Self::Resume => "be taken up again",
            Self::Lapse => "have its refusal made final by time",
        }
    }
}

/// A step that leads nowhere from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket that is {from} cannot {}; it has to be {}", step.deed(), self.named_starts())]
pub struct IllegalStep {
    /// Where the ticket stands.
    pub from: Status,
    /// What was tried.
    pub step: Step,
}

impl IllegalStep {
    /// The states the step starts from.
    pub fn starts(&self) -> impl Iterator<Item = Status> {
        let step = self.step;
        Status::ALL
            .into_iter()
            .filter(move |status| status.after(step).is_ok())
    }

    fn named_starts(&self) -> String {
        self.starts()
            .map(Status::as_str)
            .collect::<Vec<_>>()
            .join(", ")
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
pub struct Passage {
    /// From where.
    pub from: Status,
    /// To where.
    pub to: Status,
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.from, self.to)
    }
}

impl Passage {
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
    /// A person read that answer and refused again.
    pub upheld: bool,
    /// A person took it back, contested or not, and did not refuse again.
    pub overturned: bool,
}

impl RefusalFate {
    /// Follows the steps, oldest first.
    pub fn of(steps: impl IntoIterator<Item = Passage>) -> Self {
        let mut fate = Self::default();
        let refused = |status| matches!(status, Status::Refused | Status::RefusedProvisional);
        for Passage { from, to } in steps {
            fate.contested |= to == Status::Contested;
            if refused(to) {
                fate.overturned = false;
                fate.upheld |= from == Status::Contested;
            } else if refused(from) || from == Status::Contested {
                // Contested is not decided yet, and closed says nothing about who was right.
                let taken_back = !matches!(to, Status::Contested | Status::Closed);
                fate.overturned |= taken_back;
                fate.upheld &= !taken_back;
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
        for refusal in [Status::Refused, Status::RefusedProvisional] {
            assert_eq!(refusal.after(Step::Reply), Ok(Status::Contested));
        }
        assert!(Status::Contested.is_open());
    }

    #[test]
    fn ok_only_a_person_ends_a_contest() {
        let ends: Vec<Step> = Step::ALL
            .into_iter()
            .filter(|step| {
                Status::Contested
                    .after(*step)
                    .is_ok_and(|to| to != Status::Contested)
            })
            .collect();
        assert_eq!(ends, [Step::Confirm, Step::Accept]);
    }

    #[test]
    fn ok_a_person_can_come_back_from_every_end() {
        let ways_back = [Step::Reply, Step::Reopen, Step::Accept];
        for end in Status::ALL.into_iter().filter(|status| !status.is_open()) {
            let back = ways_back
                .iter()
                .any(|step| end.after(*step).is_ok_and(Status::is_open));
            assert!(back, "{end}");
        }
    }

    #[test]
    fn ok_no_step_but_a_refusal_leads_to_one() {
        for (from, step) in Status::ALL
            .iter()
            .flat_map(|from| Step::ALL.iter().map(move |step| (from, step)))
        {
            let to = from.after(*step).unwrap_or(*from);
            if to.is_refusal() && !from.is_refusal() {
                assert!(
                    matches!(step, Step::Refuse | Step::Confirm),
                    "{from} {step:?}"
                );
            }
        }
    }

    #[test]
    fn err_an_illegal_step_is_a_sentence() {
        let error = Status::Closed.after(Step::Confirm).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a ticket that is closed cannot have its refusal confirmed; \
             it has to be refused_provisional, contested"
        );
    }

    #[test]
    fn ok_a_step_is_read_back_from_the_history() {
        let step = Passage {
            from: Status::RefusedProvisional,
            to: Status::Contested,
        };
        let page = format!("{step}: a reply to a refusal → see: there");
        assert_eq!(Passage::read(&page), Some(step));
        assert_eq!(Passage::read("an answer could not be delivered: 550"), None);
        assert_eq!(Passage::read("lost → found: yes"), None);
    }

    #[test]
    fn ok_a_refusal_is_overturned_by_the_last_word_of_a_person() {
        let fate = |steps: &[(Status, Status)]| {
            let steps = steps.iter().map(|(from, to)| Passage {
                from: *from,
                to: *to,
            });
            let fate = RefusalFate::of(steps);
            assert!(!(fate.upheld && fate.overturned));
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
    fn ok_a_refusal_is_upheld_by_a_person_who_read_the_contest() {
        use Status::{Contested, Open, Refused, RefusedProvisional};
        let upheld = |steps: &[(Status, Status)]| {
            let steps = steps.iter();
            let steps = steps.map(|&(from, to)| Passage { from, to });
            RefusalFate::of(steps).upheld
        };
        assert!(upheld(&[(Refused, Contested), (Contested, Refused)]));
        assert!(!upheld(&[(Refused, Contested)]));
        assert!(!upheld(&[(RefusedProvisional, Refused)]));
        let twice = [(Refused, Contested), (Contested, Refused), (Refused, Open)];
        assert!(!upheld(&twice));
    }

    #[test]
    fn err_an_unknown_word_is_named() {
        let error = "lost".parse::<Status>().unwrap_err();
        assert!(error.to_string().contains("`lost`"));
    }
}
