//! What a technician orders by mail: the first lines of a reply that begin with `#`.
//!
//! In: the new text of a letter and today's date. Out: [`Orders`], or every line that cannot be
//! understood ([`Mistake`]), each with what was expected. A letter is taken whole or not at all:
//! one mistake, two orders that contradict one another, or an order without the words it needs,
//! and nothing of it is obeyed.
//!
//! The grammar: the first non-blank lines that begin with `#` are orders, one a line, in French
//! or English, in any case, accents optional. What follows is the answer to the requester, or an
//! internal note if `#note` stands among the orders. A line with `#` further down is text.
//!
//! Who may order what is not decided here: an order says what trust it needs ([`Command::needs`]),
//! `decide` compares.

mod parse;
mod when;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::policy::ClauseId;
use crate::ticket::TicketNumber;
use crate::ticket::priority::{Category, Priority};

pub use parse::{Mistake, Wanted, parse, parse_lines};

/// Orders one letter may hold: more is a mistake, not work.
pub const LINES: usize = 20;

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The ticket is mine.
    Take,
    /// The ticket is somebody else's: a name or address of the team.
    Assign(String),
    /// Its place in the queue.
    Priority(Priority),
    /// Its kind.
    Category(Category),
    /// Wait for the requester, until a day if one is named.
    Wait(Option<Date>),
    /// Wait for a supplier or another service.
    WaitThirdParty(Option<Date>),
    /// Done, as far as we know.
    Resolve,
    /// Done, and over.
    Close,
    /// Not done after all.
    Reopen,
    /// The text is for the team alone.
    Note,
    /// This ticket is the same as another, which goes on.
    Merge(TicketNumber),
    /// Outside the service, by this clause.
    Reject(ClauseId),
    /// Inside the service after all: ends a refusal, a contest or a proposal.
    Accept,
    /// The refusal holds: ends a contest, sends a proposed one.
    Confirm,
    /// Ask the requester the question of a clause, or the one in the text.
    Ask(Option<ClauseId>),
    /// The on-call window is granted, with changes.
    Approve(Vec<Setting>),
    /// The on-call window is not granted, because.
    Deny(String),
    /// The ticket is this person's.
    Requester(String),
    /// This person takes part from now on.
    Copy(String),
    /// Send what an earlier letter of mine wanted, which was held for this confirmation.
    Yes,
    /// Take back what the letter I answer reports.
    Undo,
    /// Tell me where the ticket stands.
    Status,
    /// Send me the manual.
    Help,
}

/// What an approval changes: `name=…`, `phone=…`, `from=…`, `until=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Which detail.
    pub key: SettingKey,
    /// What it is set to, as written.
    pub value: String,
}

/// The details of an on-call window that its approval may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKey {
    /// Who is on call.
    Name,
    /// How to call.
    Phone,
    /// When it begins.
    From,
    /// When it ends.
    Until,
}

/// The trust an order needs, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// A technician who answers a notification of their own: what stays inside the team.
    Inside,
    /// And that notification was not used before: what the requester sees or the ticket becomes.
    Outside,
    /// And a confirmation on top: what decides who reads the ticket.
    Confirmed,
}

impl Command {
    /// The trust it needs.
    #[must_use]
    pub fn needs(&self) -> Needs {
        match self {
            Self::Take
            | Self::Priority(_)
            | Self::Category(_)
            | Self::Wait(_)
            | Self::WaitThirdParty(_)
            | Self::Note
            | Self::Status
            | Self::Help
            // The one who confirms or undoes answers a letter that was made for just that.
            | Self::Yes
            | Self::Undo => Needs::Inside,
            Self::Assign(_)
            | Self::Resolve
            | Self::Close
            | Self::Reopen
            | Self::Merge(_)
            | Self::Reject(_)
            | Self::Accept
            | Self::Confirm
            | Self::Ask(_)
            | Self::Approve(_)
            | Self::Deny(_) => Needs::Outside,
            Self::Requester(_) | Self::Copy(_) => Needs::Confirmed,
        }
    }

    /// What two orders of one letter may not both decide.
    fn subject(&self) -> Subject {
        match self {
            Self::Take | Self::Assign(_) => Subject::Assignee,
            Self::Priority(_) => Subject::Priority,
            Self::Category(_) => Subject::Category,
            Self::Wait(_)
            | Self::WaitThirdParty(_)
            | Self::Resolve
            | Self::Close
            | Self::Reopen
            | Self::Merge(_)
            | Self::Reject(_)
            | Self::Accept
            | Self::Confirm
            | Self::Ask(_) => Subject::State,
            Self::Approve(_) | Self::Deny(_) => Subject::OnCall,
            Self::Requester(_) => Subject::Requester,
            Self::Note => Subject::Note,
            Self::Copy(_) => Subject::Copy,
            Self::Yes => Subject::Yes,
            Self::Undo => Subject::Undo,
            Self::Status => Subject::Status,
            Self::Help => Subject::Help,
        }
    }
}

/// What an order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Assignee,
    Priority,
    Category,
    State,
    OnCall,
    Requester,
    Note,
    Copy,
    Yes,
    Undo,
    Status,
    Help,
}

/// One line and the order in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As written.
    pub text: String,
    /// What it orders.
    pub command: Command,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Everything a letter orders, and the words that go with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// In the order they were written.
    pub lines: Vec<Line>,
    /// The rest of the new text, without the orders; empty if there is none.
    pub words: String,
}

impl Orders {
    /// Whether the words are for the team alone.
    #[must_use]
    pub fn is_note(&self) -> bool {
        self.commands().any(|command| *command == Command::Note)
    }

    /// Whether the words go to the requester.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        !self.words.is_empty() && !self.is_note()
    }

    /// The orders.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.lines.iter().map(|line| &line.command)
    }

    /// The ticket that goes on in this one's place, if one is ordered to.
    #[must_use]
    pub fn merged(&self) -> Option<TicketNumber> {
        self.commands().find_map(|command| match command {
            Command::Merge(ticket) => Some(*ticket),
            _ => None,
        })
    }

    /// The trust the whole letter needs: words to the requester count as much as an order.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let words = if self.is_answer() {
            Needs::Outside
        } else {
            Needs::Inside
        };
        self.commands()
            .map(Command::needs)
            .max()
            .map_or(words, |needs| needs.max(words))
    }
}
