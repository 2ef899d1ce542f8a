//! How the gateway is, for a person or a monitoring system: one value, shown as JSON or as a page.
//!
//! Made by the daemon from a look at itself, or from the store alone when no daemon runs; the second
//! knows nothing of mailboxes, and says that nothing runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Monitor;
use crate::alarm::{self, Alarm, Disk, Level, Limits, Mailbox, Queues, Vitals};
use crate::verbosity;

/// How the gateway is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The program's version.
    pub version: String,
    /// When this was seen.
    pub at: Timestamp,
    /// The worst of what is wrong.
    pub level: Level,
    /// Whether letters come in and go out.
    pub ready: bool,
    /// The daemon; nothing if none runs.
    pub process: Option<Process>,
    /// What is wrong, worst first.
    pub alarms: Vec<Raised>,
    /// The watched mailboxes, as far as a daemon runs.
    pub mailboxes: Vec<Mailbox>,
    /// Queues, letters, tickets; nothing if the store does not answer.
    pub queues: Option<Queues>,
    /// Since when the mail server of the way out is in trouble.
    pub server_trouble_since: Option<Timestamp>,
    /// The disk the store is on.
    pub disk: Option<Disk>,
}

/// A running daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Since when.
    pub started_at: Timestamp,
    /// How much it logs.
    pub log: Option<verbosity::Setting>,
}

/// An alarm in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The name of what is wrong.
    pub cause: String,
    /// Which mailbox or technician; empty for what there is only one of.
    pub of: String,
    /// How bad it is.
    pub level: Level,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub remedy: String,
}

impl Raised {
    /// An alarm in words, at this instant.
    #[must_use]
    pub fn new(alarm: &Alarm, now: Timestamp) -> Self {
        Self {
            cause: alarm.cause.name().to_owned(),
            of: alarm.cause.of().to_owned(),
            level: alarm.cause.level(),
            since: alarm.since,
            says: alarm.says(now),
            remedy: alarm.cause.remedy().to_owned(),
        }
    }
}

impl Monitor {
    /// How the gateway is now.
    pub async fn report(&self) -> Report {
        let vitals = self.vitals().await;
        let alarms = self.alarms(&vitals);
        let process = Process {
            id: std::process::id(),
            started_at: vitals.started_at,
            log: verbosity::current(),
        };
        Report::of(vitals, &alarms, Some(process))
    }
}

impl Report {
    /// A look in words.
    #[must_use]
    pub fn of(vitals: Vitals, alarms: &[Alarm], process: Option<Process>) -> Self {
        let worst = alarms.iter().map(|alarm| alarm.cause.level()).max();
        let ready = alarms.iter().all(|alarm| alarm.cause.leaves_ready());
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: vitals.now,
            level: if process.is_some() {
                worst.unwrap_or(Level::Ok)
            } else {
                Level::Critical
            },
            ready: ready && process.is_some(),
            process,
            alarms: alarms
                .iter()
                .map(|alarm| Raised::new(alarm, vitals.now))
                .collect(),
            mailboxes: vitals.mailboxes,
            queues: vitals.queues,
            server_trouble_since: vitals.server_trouble_since,
            disk: vitals.disk,
        }
    }

    /// What the store and the disk say while no daemon runs.
    #[must_use]
    pub fn without_daemon(
        now: Timestamp,
        queues: Option<Queues>,
        disk: Option<Disk>,
        limits: &Limits,
    ) -> Self {
        let vitals = Vitals {
            now,
            started_at: now,
            mailboxes: Vec::new(),
            queues,
            store_failing_since: None,
            server_trouble_since: None,
            disk,
        };
        let alarms = alarm::alarms(&vitals, limits);
        Self::of(vitals, &alarms, None)
    }
}
