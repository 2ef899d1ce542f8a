//! The closed list of what can be wrong: each with its name, how bad it is, and what to do about it.

use super::Level;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The store does not answer: nothing is taken in or sent.
    StoreFailing,
    /// This mailbox was not read.
    MailboxSilent(String),
    /// Letters are taken in and not decided.
    LettersWaiting,
    /// Nothing is sent until an admin has looked.
    OutboxHeld,
    /// What is to be sent does not leave.
    OutboxStuck,
    /// There is little room left.
    DiskLow,
    /// Letters that ended their reader at each start wait for a person.
    PoisonLetters,
    /// Letters of ours failed for good.
    LettersFailed,
    /// Nothing in this technician's name is obeyed for an hour.
    TechnicianLocked(String),
}

impl Cause {
    /// One of each, to try texts with.
    #[must_use]
    pub fn samples() -> [Self; 9] {
        [
            Self::StoreFailing,
            Self::MailboxSilent("support".to_owned()),
            Self::LettersWaiting,
            Self::OutboxHeld,
            Self::OutboxStuck,
            Self::DiskLow,
            Self::PoisonLetters,
            Self::LettersFailed,
            Self::TechnicianLocked("paul".to_owned()),
        ]
    }

    /// Its name, as it stands in metrics, JSON and templates.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::StoreFailing => "store_failing",
            Self::MailboxSilent(_) => "mailbox_silent",
            Self::LettersWaiting => "letters_waiting",
            Self::OutboxHeld => "outbox_held",
            Self::OutboxStuck => "outbox_stuck",
            Self::DiskLow => "disk_low",
            Self::PoisonLetters => "poison_letters",
            Self::LettersFailed => "letters_failed",
            Self::TechnicianLocked(_) => "technician_locked",
        }
    }

    /// Which mailbox or technician; empty for what there is only one of.
    #[must_use]
    pub fn of(&self) -> &str {
        match self {
            Self::MailboxSilent(name) | Self::TechnicianLocked(name) => name,
            _ => "",
        }
    }

    /// Name and whose, as kept in the store: `mailbox_silent:support`.
    #[must_use]
    pub fn id(&self) -> String {
        match self.of() {
            "" => self.name().to_owned(),
            of => format!("{}:{of}", self.name()),
        }
    }

    /// The cause of this id, if it is one.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        let (name, of) = id.split_once(':').unwrap_or((id, ""));
        Some(match name {
            "store_failing" => Self::StoreFailing,
            "mailbox_silent" => Self::MailboxSilent(of.to_owned()),
            "letters_waiting" => Self::LettersWaiting,
            "outbox_held" => Self::OutboxHeld,
            "outbox_stuck" => Self::OutboxStuck,
            "disk_low" => Self::DiskLow,
            "poison_letters" => Self::PoisonLetters,
            "letters_failed" => Self::LettersFailed,
            "technician_locked" => Self::TechnicianLocked(of.to_owned()),
            _ => return None,
        })
    }

    /// Whether a letter about it could not leave: it is told another way if there is one.
    #[must_use]
    pub fn stops_mail(&self) -> bool {
        matches!(self, Self::StoreFailing | Self::OutboxStuck)
    }

    /// Whether the service does its work all the same.
    #[must_use]
    pub fn leaves_ready(&self) -> bool {
        matches!(
            self,
            Self::PoisonLetters | Self::LettersFailed | Self::TechnicianLocked(_)
        )
    }

    /// How bad it is.
    #[must_use]
    pub fn level(&self) -> Level {
        if self.leaves_ready() || *self == Self::DiskLow {
            Level::Warning
        } else {
            Level::Critical
        }
    }

    /// What to do, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::StoreFailing => {
                "see the log for what the database says, and whether the disk is full or read-only"
            }
            Self::MailboxSilent(_) => {
                "see the log for what the mail server says; `guichet doctor` tries the connection step by step"
            }
            Self::LettersWaiting => {
                "see the log: no reader can be started, or the store takes nothing"
            }
            Self::OutboxHeld => {
                "look at `guichet outbox list`, and let it go with `guichet outbox release`"
            }
            Self::OutboxStuck => {
                "see `guichet outbox list` for what the mail server says; `guichet send-test` shows each step"
            }
            Self::DiskLow => "make room where the store is: without any, no letter is taken in",
            Self::PoisonLetters => {
                "look at `guichet intake list --held`, and discard each or read it on the mail server"
            }
            Self::LettersFailed => "see `guichet outbox list` for whom they were and what was said",
            Self::TechnicianLocked(_) => {
                "ask the technician whether these letters are theirs; a notification of theirs may have leaked"
            }
        }
    }
}
