//! The loops that watch: one a mailbox, and the one that feeds systemd's watchdog.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::sync::watch as channel;

use super::log::chain;
use crate::crash;
use crate::gateway::Gateway;
use crate::gateway::sweep::{Guard, SweepError};
use crate::mailbox::{self, Mailbox, reconnect};
use crate::store::Store;

/// How long to wait for news before the next look, whatever the server says of news.
const LOOK: Duration = Duration::from_secs(300);
/// The next look when letters wait for a second start or a shelf.
const SOON: Duration = Duration::from_millis(500);
/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Watches one mailbox until `stop` says so.
pub(super) async fn mailbox(
    gateway: &Gateway,
    name: &str,
    settings: &mailbox::Settings,
    guard: Guard,
    mut stop: channel::Receiver<bool>,
) {
    let (mut failures, mut refusals) = (0_u32, 0_u32);
    let mut reconciled = !gateway.store.was_restored();
    while !*stop.borrow() {
        let pause = match mailbox::open(settings).await {
            Ok(opened) => {
                crash::point("C0");
                tracing::info!(mailbox = name, "mailbox open");
                let since = Instant::now();
                let pause = match reconcile(gateway, name, opened, &mut reconciled).await {
                    Ok(mailbox) => session(gateway, name, mailbox, guard, &mut stop).await,
                    Err(pause) => pause,
                };
                if since.elapsed() > Duration::from_secs(60) {
                    failures = 0;
                }
                refusals = 0;
                pause
            }
            Err(error) => {
                refusals = if error.is_refusal() { refusals + 1 } else { 0 };
                tracing::warn!(mailbox = name, error = %chain(&error), "the mailbox cannot be opened");
                None
            }
        };
        if *stop.borrow() {
            return;
        }
        failures = failures.saturating_add(1);
        let pause = pause.unwrap_or_else(|| reconnect::pause(failures, refusals, random()));
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks through the shelf once if a backup was put back.
async fn reconcile(
    gateway: &Gateway,
    name: &str,
    mut mailbox: Mailbox,
    done: &mut bool,
) -> Result<Mailbox, Option<Duration>> {
    if *done {
        return Ok(mailbox);
    }
    match gateway.reconcile(name, &mut mailbox).await {
        Ok(letters) => {
            *done = true;
            tracing::warn!(
                mailbox = name,
                letters,
                "the shelf was compared with the store after a backup was put back"
            );
            Ok(mailbox)
        }
        Err(SweepError::Mailbox(error)) => {
            tracing::warn!(mailbox = name, error = %chain(&error), "the shelf could not be looked through");
            Err(None)
        }
        Err(SweepError::Store(error)) => {
            tracing::error!(mailbox = name, error = %chain(&error), "the shelf could not be compared with the store");
            Err(Some(STORE_PAUSE))
        }
    }
}

/// Works with one connection until it fails; says how long to wait if it was not the mailbox.
async fn session(
    gateway: &Gateway,
    name: &str,
    mut mailbox: Mailbox,
    guard: Guard,
    stop: &mut channel::Receiver<bool>,
) -> Option<Duration> {
    loop {
        let soon = match gateway.sweep(name, &mut mailbox, guard).await {
            Ok(swept) => swept.left + swept.waiting > 0,
            Err(SweepError::Mailbox(error)) => {
                tracing::warn!(mailbox = name, error = %chain(&error), "the mailbox failed");
                return None;
            }
            Err(SweepError::Store(error)) => {
                tracing::error!(mailbox = name, error = %chain(&error), "the store failed; letters wait on their server");
                mailbox.close().await;
                return Some(STORE_PAUSE);
            }
        };
        tokio::select! {
            _ = stop.changed() => {
                mailbox.close().await;
                return None;
            }
            news = mailbox.wait(if soon { SOON } else { LOOK }) => {
                if let Err(error) = news {
                    tracing::warn!(mailbox = name, error = %chain(&error), "the mailbox failed");
                    return None;
                }
            }
        }
        if *stop.borrow() {
            mailbox.close().await;
            return None;
        }
    }
}

/// Feeds the watchdog at half its time, as long as the store commits.
pub(super) async fn dog(store: Store, mut stop: channel::Receiver<bool>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    while !*stop.borrow() {
        match store.queue().await {
            Ok(_) => super::tell(&[NotifyState::Watchdog]),
            Err(error) => {
                tracing::error!(error = %chain(&error), "the store does not answer; the watchdog is not fed");
            }
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(limit / 2) => {}
        }
    }
}

/// For jitter; its quality does not matter.
fn random() -> u64 {
    getrandom::u64().unwrap_or(0)
}
