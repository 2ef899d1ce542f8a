//! The running gateway: one task a mailbox, the outbox's senders, the timer, signals, systemd.
//!
//! SIGTERM and SIGINT stop within ten seconds: no new letter is begun, a letter under way is
//! finished, a delivery that waits for its server's last word is left with `phase=dot`. SIGHUP
//! reads card, tables, templates and hours anew; a broken file keeps the old ones and says so.
//!
//! A mailbox that fails is opened again after 1 s, then longer, up to five minutes; a refused
//! login is repeated at most every five minutes after the third time. While it is away the other
//! mailboxes and the outbox go on.
//!
//! The watchdog of systemd is fed from a task of its own as long as the store answers: a process
//! that cannot commit is one that should be started anew.

pub mod log;
mod nightly;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch as channel};
use tokio::task::JoinSet;

use crate::cause::chain;
use crate::config::{self, Config, ConfigError, INJECTED, LoadError};
use crate::crash;
use crate::delivery::{DeliveryError, Transport};
use crate::gateway::Gateway;
use crate::gateway::rules::{CurrentRules, Rules};
use crate::gateway::sweep::SweepError;
use crate::key_file::KeyFileError;
use crate::mailbox::{self, MailboxError};
use crate::monitor::Monitor;
use crate::monitor::control::Doors;
use crate::outbox::Outbox;
use crate::reader::{self, Reader};
use crate::store::{Store, StoreError};
use crate::timer::Timer;
use crate::token::Authority;

/// How long a stop may take before what is left is left to the next start.
const STOP: Duration = Duration::from_secs(7);
/// How long the workers get to end after that.
const CLOSE: Duration = Duration::from_secs(1);

/// Why the gateway cannot start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The configuration has a mistake.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Card, tables or templates have a mistake.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Nobody told when somebody is there.
    #[error(
        "{}: `hours`: expected a table with the hours at which somebody is there, but found nothing",
        file.display()
    )]
    NoHours {
        /// The configuration.
        file: PathBuf,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The transport's settings cannot work.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The token keys cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// A mailbox's settings cannot work.
    #[error("mailbox `{name}`")]
    Mailbox {
        /// Its name.
        name: String,
        /// What is wrong.
        source: MailboxError,
    },
    /// A task that should run for ever ended; the log says why.
    #[error("a part of the gateway ended by itself; the log says why")]
    TaskEnded,
    /// The system refused something the process needs.
    #[error("the process cannot be set up")]
    System(#[from] std::io::Error),
}

/// A gateway that is set up but does nothing yet.
#[derive(Debug)]
pub struct Daemon {
    config: Config,
    gateway: Gateway,
    outbox: Outbox,
    monitor: Monitor,
}

impl Daemon {
    /// Opens the store, reads the rules, readies the readers. Connects to nothing.
    ///
    /// # Errors
    /// When any of that fails; the error names file, line and key where there is one.
    pub async fn new(config: Config) -> Result<Self, DaemonError> {
        let mut rules = rules(&config)?;
        let store = Store::open(&config.store, Timestamp::now())?;
        rules.authority = authority(&config)?;
        let (safe, ambiguous) = store
            .recover_outbox(Timestamp::now(), config.ambiguous_pause)
            .await?;
        if safe + ambiguous > 0 {
            tracing::warn!(
                safe,
                ambiguous,
                "deliveries were under way when the last process ended"
            );
        }
        // A mistake in the settings of the way out is found now, not when the first answer is due.
        drop(Transport::new(config.delivery.clone())?);
        let news = Arc::new(Notify::new());
        let gateway = Gateway::new(
            store.clone(),
            Arc::new(Reader::new(readers(&config))),
            CurrentRules::new(rules),
            Arc::clone(&news),
        );
        let outbox = Outbox {
            store,
            settings: config.delivery.clone(),
            senders: config.connections,
            ambiguous_pause: config.ambiguous_pause,
            failures: config.decide.limits.failures,
            rules: gateway.rules.clone(),
            telemetry: gateway.telemetry.clone(),
            news,
            trouble: Arc::new(AtomicU32::new(0)),
        };
        let monitor = Monitor::new(
            gateway.store.clone(),
            gateway.telemetry.clone(),
            gateway.rules.clone(),
            gateway.clock.clone(),
            config.monitor.clone(),
        );
        Ok(Self {
            config,
            gateway,
            outbox,
            monitor,
        })
    }

    /// Runs until a signal says stop.
    ///
    /// # Errors
    /// When the process cannot be set up, or the store failed for good.
    pub async fn run(self) -> Result<(), DaemonError> {
        let (stop, stopped) = channel::channel(false);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut tasks = JoinSet::new();
        self.gateway.try_to_reckon().await;
        tokio::select! {
            resumed = self.gateway.resume() => resumed_said(resumed),
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        }
        let outbox = self.outbox.clone();
        let senders_stop = stopped.clone();
        tasks.spawn(async move {
            if let Err(error) = outbox.run(senders_stop).await {
                tracing::error!(error = %chain(&error), "the outbox cannot send");
            }
        });
        let look = self.pace();
        for (name, settings) in self.mailboxes() {
            self.gateway.telemetry.watch(&name);
            let gateway = self.gateway.clone();
            let stopped = stopped.clone();
            tasks.spawn(async move {
                watch::mailbox(&gateway, &name, &settings, look, stopped).await;
            });
        }
        self.observe(self.monitor.open().await, &mut tasks, &stopped);
        tasks.spawn(watch::reviews(self.gateway.clone(), stopped.clone()));
        tasks.spawn(watch::expectations(self.gateway.clone(), stopped.clone()));
        tasks.spawn(self.timer().run(stopped.clone()));
        tasks.spawn(nightly::retention(
            self.gateway.clone(),
            self.config.retention,
            stopped.clone(),
        ));
        tasks.spawn(watch::dog(self.gateway.store.clone(), stopped));
        tell(&[NotifyState::Ready]);
        tracing::info!(mailboxes = self.config.mailboxes.len(), "guichet is ready");
        let ended = loop {
            tokio::select! {
                _ = terminate.recv() => break Ok(()),
                _ = interrupt.recv() => break Ok(()),
                _ = hangup.recv() => self.reload(),
                // Each task runs until it is told to stop: one that ends by itself has failed.
                _ = tasks.join_next() => break Err(DaemonError::TaskEnded),
            }
        };
        tell(&[NotifyState::Stopping]);
        tracing::info!("stopping");
        self.gateway.stop();
        // Receivers may be gone already; that is what was wanted.
        let _ = stop.send(true);
        let finished = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP, finished).await.is_err() {
            tracing::warn!("work under way was left to the next start");
            tasks.abort_all();
        }
        // Workers that do not end in time end with this process: they hear nothing more.
        let _ = tokio::time::timeout(CLOSE, self.gateway.reader.close()).await;
        crash::point("C15");
        ended
    }

    /// Works through what is there now, sends what is due, and returns.
    ///
    /// # Errors
    /// When a mailbox cannot be opened or read, or the store fails.
    pub async fn once(&self) -> Result<(), DaemonError> {
        self.gateway.try_to_reckon().await;
        self.gateway.resume().await?;
        // Answers go out while letters still come in; what is left then is sent before the return.
        let (stop, stopped) = channel::channel(false);
        let outbox = self.outbox.clone();
        let sending = tokio::spawn(async move { outbox.run(stopped).await });
        let mut failed = None;
        for (name, settings) in self.mailboxes() {
            if let Err(source) = self.visit(&name, &settings).await {
                tracing::error!(mailbox = name, error = %chain(&source), "a mailbox could not be worked through");
                failed.get_or_insert(source);
            }
        }
        // After the letters: one of them may be the answer that a reminder would ask for.
        let passed = self.timer().pass().await;
        // The senders are gone already if their settings cannot work; the drain says so too.
        let _ = stop.send(true);
        if let Err(error) = sending.await {
            tracing::error!(%error, "the senders ended");
        }
        self.outbox.drain().await?;
        self.gateway.reader.close().await;
        passed?;
        failed.map_or(Ok(()), Err)
    }

    /// What does what falls due.
    fn timer(&self) -> Timer {
        let names = self.mailboxes().into_iter().map(|(name, _)| name).collect();
        Timer::new(&self.gateway, names, self.gateway.expectations.usual())
    }

    async fn visit(&self, name: &str, settings: &mailbox::Settings) -> Result<(), DaemonError> {
        let failed = |source| DaemonError::Mailbox {
            name: name.to_owned(),
            source,
        };
        let mut mailbox = mailbox::open(settings).await.map_err(failed)?;
        crash::point("C0");
        let store_failed = |error| match error {
            SweepError::Mailbox(source) => failed(source),
            SweepError::Store(source) => DaemonError::Store(source),
        };
        // A letter that ends its reader is started again in the background, so that a second look
        // finds it decided; what is still left then waits for the next call.
        for _ in 0..100 {
            let swept = self
                .gateway
                .sweep(name, &mut mailbox)
                .await
                .map_err(store_failed)?;
            self.gateway.looks.note(name);
            if swept.left == 0 && swept.waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        mailbox.close().await;
        Ok(())
    }

    /// The configured mailboxes, and the folder that `guichet inject` drops letters into.
    fn mailboxes(&self) -> Vec<(String, mailbox::Settings)> {
        let mut mailboxes = self.config.mailboxes.clone();
        mailboxes.push((
            INJECTED.to_owned(),
            config::inject_mailbox(&self.config.store),
        ));
        mailboxes
    }

    fn reload(&self) {
        tell(&[NotifyState::Reloading]);
        match Config::read(&self.config.file)
            .map_err(DaemonError::from)
            .and_then(|fresh| {
                let mut rules = rules(&fresh)?;
                rules.authority = authority(&fresh)?;
                Ok(rules)
            }) {
            Ok(rules) => {
                self.gateway.rules.replace(rules);
                self.gateway.expectations.outdate();
                tracing::info!("card, tables, templates and hours were read anew");
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "the old card, tables, templates and hours stay in force");
            }
        }
        tell(&[NotifyState::Ready]);
    }

    /// A mailbox is looked at three times within the time after which it counts as silent.
    fn pace(&self) -> Duration {
        let silent = self.config.monitor.limits.mailbox_silent;
        Duration::try_from(silent / 3).unwrap_or(Duration::MAX)
    }

    /// Begins to tell how the gateway is.
    fn observe(&self, doors: Doors, tasks: &mut JoinSet<()>, stopped: &channel::Receiver<bool>) {
        tasks.spawn(doors.serve(stopped.clone()));
        let (monitor, stop) = (self.monitor.clone(), stopped.clone());
        let outbox = Arc::clone(&self.gateway.outbox);
        let says = |line: &str| tell(&[NotifyState::Status(line)]);
        tasks.spawn(async move { monitor.watch(outbox, says, stop).await });
    }
}

/// The keys that replies are recognised by; the first start makes them.
///
/// # Errors
/// When they can neither be read nor made.
pub fn authority(config: &Config) -> Result<Authority, DaemonError> {
    let keys = config.token_keys.load_or_create(Timestamp::now())?;
    Ok(Authority::new(keys, &config.identity.instance))
}

/// Reads the rules, and says which closures are still to be entered.
///
/// # Errors
/// When anything of it has a mistake, or nobody told the opening hours.
pub fn rules(config: &Config) -> Result<Rules, DaemonError> {
    let rules = config::rules(config)?;
    let Some(calendar) = &rules.calendar else {
        return Err(DaemonError::NoHours {
            file: config.file.clone(),
        });
    };
    for season in calendar.missing_season(Timestamp::now()) {
        tracing::warn!(
            season = season.id(),
            "no closure is entered for the coming season; see `guichet hours`"
        );
    }
    Ok(rules)
}

fn resumed_said(resumed: Result<usize, StoreError>) {
    match resumed {
        Ok(0) => {}
        Ok(letters) => tracing::info!(letters, "letters of the last process were decided"),
        // They stay journalled; the mailboxes' loops come back to them.
        Err(error) => {
            tracing::error!(error = %chain(&error), "letters of the last process wait");
        }
    }
}

/// How letters are read: by workers of this very program.
#[must_use]
pub fn readers(config: &Config) -> reader::Settings {
    reader::Settings {
        // Not the path of the file: an upgrade puts another program there while this one runs.
        program: PathBuf::from("/proc/self/exe"),
        args: vec!["read-worker".into()],
        workers: config.reader.workers,
        memory: config.reader.memory,
        deadline: Duration::from_secs(crate::message::limits::SECONDS),
    }
}

/// Tells systemd, if there is one.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
