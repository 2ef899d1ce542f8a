//! What an admin has to know of: which alarms the state of the house raises, and when they are told.
//!
//! In: [`Vitals`], a look at every part of the house at one instant, and [`Limits`]. Out: the
//! [`Alarm`]s that hold now, worst first. Readiness, the command line, the log and the letters to
//! admins all rest on this one list, so that none of them says what another denies.
//!
//! When an alarm is told is the business of [`ledger`]: at once, again after a day, once more when
//! it is over; never more than a budget.
//!
//! Pure: the instant is an argument. What is told holds no address and nothing out of a letter, but
//! the names of mailboxes and the handles of technicians, which are the configuration's.
//!
//! Not handled: trends. A queue that grows raises an alarm when its oldest letter has waited too
//! long, whatever its length.

mod cause;
pub mod ledger;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use cause::Cause;

/// From where on something is an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A mailbox that was not read for so long.
    pub mailbox_silent: SignedDuration,
    /// A mail server in trouble, a letter undecided, a row of the outbox overdue for so long.
    pub stuck: SignedDuration,
    /// Bytes that have to be free where the store is.
    pub disk_free: u64,
    /// Letters of ours that failed for good within a day.
    pub failed_letters: u64,
    /// Letters that prove nothing, within an hour, that lock a technician's name.
    pub lock_after: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mailbox_silent: SignedDuration::from_mins(15),
            stuck: SignedDuration::from_mins(30),
            disk_free: 1024 * 1024 * 1024,
            failed_letters: 5,
            lock_after: 5,
        }
    }
}

/// A watched mailbox, as its loop last knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Its name in the configuration.
    pub name: String,
    /// Since when its session is open; nothing while there is none.
    pub open_since: Option<Timestamp>,
    /// When it was last read through.
    pub read_at: Option<Timestamp>,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// Whether the last one failed because the login was refused.
    pub refused: bool,
}

/// What the store knows of queues and letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queues {
    /// Why nothing is sent, if so.
    pub hold: Option<String>,
    /// Rows of the outbox that are not finished, by state: pending, sending, held.
    pub outbox: BTreeMap<String, u64>,
    /// When the oldest row that waits was written.
    pub oldest_waiting: Option<Timestamp>,
    /// Since when the row that is due the longest is due.
    pub overdue_since: Option<Timestamp>,
    /// Rows that failed for good within the last day.
    pub failed_today: u64,
    /// Addresses nothing is sent to.
    pub suspended: u64,
    /// Letters taken in and not decided.
    pub undecided: u64,
    /// When the oldest of them was taken in.
    pub oldest_undecided: Option<Timestamp>,
    /// Letters held for a person.
    pub held_letters: u64,
    /// Those of them that ended their reader at each start.
    pub poison: u64,
    /// Tickets by state.
    pub tickets: BTreeMap<String, u64>,
    /// Technicians by handle, and how many letters in their name proved nothing within an hour.
    pub doubted: BTreeMap<String, u64>,
    /// When the newest letter was taken in.
    pub newest_letter: Option<Timestamp>,
}

/// The file system the store lives on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Free for the daemon's user.
    pub free: u64,
    /// In all.
    pub total: u64,
    /// Of the database.
    pub database: u64,
    /// Of its write-ahead log.
    pub wal: u64,
}

/// A look at every part of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// When.
    pub now: Timestamp,
    /// Since when the process runs.
    pub started_at: Timestamp,
    /// The watched mailboxes.
    pub mailboxes: Vec<Mailbox>,
    /// What the store says; nothing if it does not answer.
    pub queues: Option<Queues>,
    /// Since when the store does not answer.
    pub store_failing_since: Option<Timestamp>,
    /// Since when the mail server of the way out is in trouble.
    pub server_trouble_since: Option<Timestamp>,
    /// The disk; nothing if it could not be asked.
    pub disk: Option<Disk>,
}

/// How bad something is; also the exit code of a monitoring plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is wrong.
    Ok,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Critical,
}

impl Level {
    /// As a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// 0, 1 or 2: what monitoring systems of the Nagios family expect.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
        }
    }
}

/// Something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
    /// How much of it: letters, or bytes that are free; 0 where there is nothing to count.
    pub number: u64,
    /// What the gateway noted when it began, for a hold; else empty.
    pub detail: String,
}

impl Alarm {
    /// What is wrong, in one sentence of English without a full stop.
    #[must_use]
    pub fn says(&self, now: Timestamp) -> String {
        let time = spelled(now.duration_since(self.since));
        let number = self.number;
        match &self.cause {
            Cause::StoreFailing => format!("the store does not answer since {time}"),
            Cause::MailboxSilent(name) => format!("mailbox `{name}` was not read for {time}"),
            Cause::LettersWaiting => {
                format!("{number} letters wait for a decision, the oldest since {time}")
            }
            Cause::OutboxHeld => format!("nothing is sent since {time}: {}", self.detail),
            Cause::OutboxStuck => format!("letters do not leave since {time}; {number} wait"),
            Cause::DiskLow => format!("{} MB are free where the store is", number / 1_000_000),
            Cause::PoisonLetters => {
                format!("{number} letters ended their reader and are held for a person")
            }
            Cause::LettersFailed => format!("{number} letters of ours failed within a day"),
            Cause::TechnicianLocked(handle) => format!(
                "{number} letters in the name of technician `{handle}` proved nothing within an hour: no letter in that name is obeyed"
            ),
        }
    }
}

/// A length of time in its largest whole unit.
#[must_use]
pub fn spelled(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Everything that is wrong, worst first.
#[must_use]
pub fn alarms(vitals: &Vitals, limits: &Limits) -> Vec<Alarm> {
    let mut found = Vec::new();
    let mut raise = |cause: Cause, since: Timestamp, number: u64, detail: &str| {
        found.push(Alarm {
            cause,
            since,
            number,
            detail: detail.to_owned(),
        });
    };
    let now = vitals.now;
    let past = |since: Timestamp, limit: SignedDuration| now.duration_since(since) >= limit;
    if let Some(since) = vitals.store_failing_since {
        raise(Cause::StoreFailing, since, 0, "");
    }
    for mailbox in &vitals.mailboxes {
        let since = mailbox.read_at.unwrap_or(vitals.started_at);
        if past(since, limits.mailbox_silent) {
            raise(Cause::MailboxSilent(mailbox.name.clone()), since, 0, "");
        }
    }
    if let Some(disk) = vitals.disk.filter(|disk| disk.free < limits.disk_free) {
        raise(Cause::DiskLow, now, disk.free, "");
    }
    if let Some(queues) = &vitals.queues {
        of_queues(queues, vitals, limits, &mut raise);
    }
    found.sort_by(|a, b| {
        (b.cause.level(), &a.cause)
            .partial_cmp(&(a.cause.level(), &b.cause))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    found
}

fn of_queues(
    queues: &Queues,
    vitals: &Vitals,
    limits: &Limits,
    raise: &mut impl FnMut(Cause, Timestamp, u64, &str),
) {
    let now = vitals.now;
    let stuck = |since: &Timestamp| now.duration_since(*since) >= limits.stuck;
    let waiting = queues.outbox.values().sum();
    if let Some(since) = queues.oldest_undecided.filter(stuck) {
        raise(Cause::LettersWaiting, since, queues.undecided, "");
    }
    match &queues.hold {
        // Rows that are due wait for the release then, and say nothing of the mail server.
        Some(why) => raise(Cause::OutboxHeld, now, waiting, why),
        None => {
            let trouble = vitals.server_trouble_since.filter(|_| waiting > 0);
            let trouble = trouble.filter(stuck);
            if let Some(since) = trouble.or(queues.overdue_since.filter(stuck)) {
                raise(Cause::OutboxStuck, since, waiting, "");
            }
        }
    }
    if queues.poison > 0 {
        raise(Cause::PoisonLetters, now, queues.poison, "");
    }
    if queues.failed_today >= limits.failed_letters {
        raise(Cause::LettersFailed, now, queues.failed_today, "");
    }
    for (handle, letters) in &queues.doubted {
        if *letters >= limits.lock_after {
            raise(Cause::TechnicianLocked(handle.clone()), now, *letters, "");
        }
    }
}

#[cfg(test)]
mod tests;
