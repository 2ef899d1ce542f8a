//! A letter of an older mailbox, taken in from a file: history, and nothing that anybody is told.
//!
//! In: the decision about it as about any letter, made at its own date. Out: the same without a
//! letter to anybody. Its ticket is closed from the start, or left in the queue where the service
//! wants to go on with it; a refusal that nobody was told is none, nor is a question that nobody was
//! asked, and no technician's order of then is obeyed now. What a report says of a letter that another system sent changes nothing here.

use serde::{Deserialize, Serialize};

use super::{Answer, Change, Decision, Disposition};
use crate::policy::Outcome;
use crate::ticket::{Entry, EntryKind, Status};

/// What becomes of the tickets of imported letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// They are over: history alone.
    Closed,
    /// They go to the queue.
    Open,
}

impl Imported {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }

    /// What a word in the database means; nothing for a letter that came by mail.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "closed" => Some(Self::Closed),
            "open" => Some(Self::Open),
            _ => None,
        }
    }

    fn status(self) -> Status {
        match self {
            Self::Closed => Status::Closed,
            Self::Open => Status::New,
        }
    }
}

/// The decision about an imported letter.
#[must_use]
pub fn quiet(mut decision: Decision, how: Imported) -> Decision {
    let closed = how == Imported::Closed;
    decision.notices.clear();
    decision.changes.retain(|change| match change {
        Change::Returned(_)
        | Change::Resume(_)
        | Change::Conduct { .. }
        | Change::Spend { .. }
        | Change::JudgedAgain { .. }
        // How soon somebody answered then says nothing of how soon somebody will.
        | Change::Answered(_)
        // A window of then is over.
        | Change::OnCall { .. }
        | Change::Intervention { .. } => false,
        // What is over is not opened again by a letter of then.
        Change::Move { .. } => !closed,
        Change::Open(_) | Change::Add(..) | Change::Edit { .. } => true,
    });
    for change in &mut decision.changes {
        if let Change::Open(ticket) = change {
            ticket.status = how.status();
            if matches!(ticket.outcome, Outcome::Reject | Outcome::Ask) {
                ticket.outcome = Outcome::Flag;
            }
        }
    }
    if let (Disposition::Ticket, Some(ticket)) = (decision.disposition, decision.ticket) {
        let page = Entry {
            kind: EntryKind::Detail,
            author: "guichet".to_owned(),
            text: "imported from an older mailbox; nobody was written to".to_owned(),
        };
        decision.changes.push(Change::Add(ticket, page));
    }
    decision.reason = match decision.disposition {
        Disposition::Command => "imported: a technician's letter, kept and not obeyed".to_owned(),
        _ => format!("imported: {}", decision.reason),
    };
    decision.answer = Answer::Suppressed("the letter was imported".to_owned());
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::TicketNumber;

    fn decision(disposition: Disposition, changes: Vec<Change>) -> Decision {
        Decision {
            disposition,
            reason: "adds to ticket #3".to_owned(),
            rule: None,
            ticket: Some(TicketNumber(3)),
            changes,
            notices: Vec::new(),
            answer: Answer::Sent,
        }
    }

    fn reopening() -> Change {
        Change::Move {
            ticket: TicketNumber(3),
            from: Status::Closed,
            to: Status::Open,
            by: "claire@univ.example".to_owned(),
            why: "a reply".to_owned(),
        }
    }

    #[test]
    fn ok_what_is_over_stays_over_and_says_where_it_comes_from() {
        let quiet_of = |how| quiet(decision(Disposition::FollowUp, vec![reopening()]), how);
        assert!(quiet_of(Imported::Closed).changes.is_empty());
        let open = quiet_of(Imported::Open);
        assert_eq!(open.changes.len(), 1, "{open:?}");
        assert_eq!(open.reason, "imported: adds to ticket #3");
        assert_eq!(open.answer.as_str(), "suppressed");
    }

    #[test]
    fn ok_no_address_is_blamed_or_resumed_for_what_another_system_sent() {
        let changes = vec![
            Change::Resume("claire@univ.example".to_owned()),
            Change::Spend { generation: 7 },
            Change::Conduct {
                technician: "paul".to_owned(),
                obeyed: true,
                ordered: true,
                why: String::new(),
            },
        ];
        let told = quiet(decision(Disposition::Command, changes), Imported::Open);
        assert!(told.changes.is_empty(), "{told:?}");
        assert!(told.reason.contains("not obeyed"), "{told:?}");
    }

    #[test]
    fn ok_the_words_of_the_database_mean_what_they_say() {
        for how in [Imported::Closed, Imported::Open] {
            assert_eq!(Imported::of(how.as_str()), Some(how));
        }
        assert_eq!(Imported::of(""), None);
    }
}
