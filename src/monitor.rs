//! Seeing into the running gateway: metrics, health, the state for the command line, and alarms.
//!
//! One look at every part of the house ([`Monitor::vitals`]) is the source of all of it, so that
//! `/readyz`, `guichet status`, the metrics and the letters to admins never differ: [`report`] is that
//! look for a person or a machine, [`exposition`] the same as OpenMetrics text, [`watchman`] tells the
//! admins.
//!
//! Two doors, both HTTP/1.1 ([`http`]): the *control socket* in the store's directory, for its owner
//! alone, by which the command line learns how the daemon is and changes the log's level
//! ([`control`]); and, if configured, a socket for monitoring systems, on loopback or a Unix socket,
//! by which nothing can be changed.
//!
//! A socket and not a table in the store: the state is about this process and has to end with it, a
//! daemon that hangs is told from one that works, and nothing has to be written to a disk that may
//! be full.

pub mod control;
pub mod exposition;
mod http;
pub mod report;
pub mod watchman;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::alarm::ledger::Budget;
use crate::alarm::{self, Disk, Limits, Vitals};
use crate::cause::chain;
use crate::clock::Clock;
use crate::gateway::rules::CurrentRules;
use crate::policy::Language;
use crate::store::Store;
use crate::store::vitals::sizes;
use crate::telemetry::Telemetry;

/// How long the store may take to answer before it counts as failing.
const ANSWER: Duration = Duration::from_secs(10);

/// Where monitoring systems look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A loopback address.
    Tcp(SocketAddr),
    /// A Unix socket, open to the daemon's user and group.
    Unix(PathBuf),
}

/// How the house is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where metrics and health are told, if anywhere.
    pub listen: Option<Listen>,
    /// The control socket.
    pub control: PathBuf,
    /// From where on something is an alarm.
    pub limits: Limits,
    /// How much is told.
    pub budget: Budget,
    /// Whom alarms are told by mail.
    pub to: Vec<String>,
    /// In which language, if they are no technicians.
    pub language: Language,
    /// A program that is told when mail cannot leave; no shell is involved.
    pub command: Vec<String>,
}

/// The name of the control socket in the store's directory.
const CONTROL: &str = "control.sock";

/// The control socket of a store.
#[must_use]
pub fn control_socket(store: &Path) -> PathBuf {
    store.join(CONTROL)
}

/// Looks at every part of the running gateway; cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// What is remembered.
    pub store: Store,
    /// What is counted.
    pub telemetry: Telemetry,
    /// By which rules letters are written.
    pub rules: CurrentRules,
    /// What time it is.
    pub clock: Clock,
    /// How the house is watched.
    pub settings: Arc<Settings>,
    started_at: Timestamp,
    store_failing_since: Arc<Mutex<Option<Timestamp>>>,
}

impl Monitor {
    /// A monitor of a process that starts now.
    #[must_use]
    pub fn new(
        store: Store,
        telemetry: Telemetry,
        rules: CurrentRules,
        clock: Clock,
        settings: Settings,
    ) -> Self {
        let started_at = clock.now();
        Self {
            store,
            telemetry,
            rules,
            clock,
            settings: Arc::new(settings),
            started_at,
            store_failing_since: Arc::default(),
        }
    }

    /// A look at every part.
    pub async fn vitals(&self) -> Vitals {
        let now = self.clock.now();
        let asked = tokio::time::timeout(ANSWER, self.store.queues(now)).await;
        let queues = match asked {
            Ok(Ok(queues)) => Some(queues),
            Ok(Err(error)) => {
                tracing::error!(error = %chain(&error), "the store does not say how it is");
                None
            }
            Err(_) => {
                tracing::error!(seconds = ANSWER.as_secs(), "the store does not answer");
                None
            }
        };
        let mut failing = self
            .store_failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *failing = queues.is_none().then(|| failing.unwrap_or(now));
        Vitals {
            now,
            started_at: self.started_at,
            mailboxes: self.telemetry.mailboxes(),
            queues,
            store_failing_since: *failing,
            server_trouble_since: self.telemetry.server_trouble_since(),
            disk: disk(self.store.directory()),
        }
    }

    /// The alarms of a look.
    #[must_use]
    pub fn alarms(&self, vitals: &Vitals) -> Vec<alarm::Alarm> {
        let mut limits = self.settings.limits.clone();
        limits.lock_after = self.rules.get().decide.work.failures;
        alarm::alarms(vitals, &limits)
    }
}

/// How much room there is where the store lives; nothing if the system does not say.
#[must_use]
pub fn disk(store: &Path) -> Option<Disk> {
    let system = rustix::fs::statvfs(store).ok()?;
    let (database, wal) = sizes(store);
    Some(Disk {
        free: system.f_bavail.saturating_mul(system.f_frsize),
        total: system.f_blocks.saturating_mul(system.f_frsize),
        database,
        wal,
    })
}
