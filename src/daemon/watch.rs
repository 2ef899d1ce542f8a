//! The loops that watch: one a mailbox, and the one that feeds systemd's watchdog.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::sync::watch as channel;

use crate::cause::chain;
use crate::crash;
use crate::gateway::Gateway;
use crate::gateway::sweep::SweepError;
use crate::mailbox::{self, Mailbox, reconnect};
use crate::store::{Store, StoreError};

/// How long to wait for news before the next look, whatever the server says of news.
const LOOK: Duration = Duration::from_secs(300);
/// The next look when letters wait for a second start or a shelf.
const SOON: Duration = Duration::from_millis(500);
/// How often to look for letters that an admin reviewed.
const REVIEWS: Duration = Duration::from_secs(2);
/// How often to reckon how soon persons answer: what a decision reads of it is at most this old.
const RECKON: Duration = Duration::from_secs(600);
/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Watches one mailbox until `stop` says so; looks at it every `look`, or [`LOOK`] if that is less,
/// whatever its server says of news.
pub(super) async fn mailbox(
    gateway: &Gateway,
    name: &str,
    settings: &mailbox::Settings,
    look: Duration,
    mut stop: channel::Receiver<bool>,
) {
    let (mut failures, mut refusals) = (0_u32, 0_u32);
    while !*stop.borrow() {
        let pause = match mailbox::open(settings).await {
            Ok(opened) => {
                crash::point("C0");
                gateway.telemetry.opened(name, gateway.clock.now());
                tracing::info!(mailbox = name, "mailbox open");
                let since = Instant::now();
                let pause = match session(gateway, name, opened, look.min(LOOK), &mut stop).await {
                    Ended::Mailbox => None,
                    Ended::Store => Some(STORE_PAUSE),
                    Ended::NoStore => return,
                };
                if since.elapsed() > Duration::from_secs(60) {
                    failures = 0;
                }
                refusals = 0;
                gateway.telemetry.lost(name, false);
                pause
            }
            Err(error) => {
                refusals += u32::from(error.is_refusal());
                gateway.telemetry.lost(name, error.is_refusal());
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

/// How the work with one connection ended.
enum Ended {
    /// The mailbox failed, or it is time to stop.
    Mailbox,
    /// The store failed, and may recover.
    Store,
    /// The store is gone for good: the process has to end.
    NoStore,
}

/// Works with one connection until it fails or it is time to stop.
async fn session(
    gateway: &Gateway,
    name: &str,
    mut mailbox: Mailbox,
    look: Duration,
    stop: &mut channel::Receiver<bool>,
) -> Ended {
    loop {
        let soon = match gateway.sweep(name, &mut mailbox).await {
            Ok(swept) => {
                gateway.looks.note(name);
                swept.left + swept.waiting > 0
            }
            Err(SweepError::Mailbox(error)) => {
                tracing::warn!(mailbox = name, error = %chain(&error), "the mailbox failed");
                return Ended::Mailbox;
            }
            Err(SweepError::Store(StoreError::Closed)) => {
                tracing::error!(mailbox = name, "the store is gone");
                return Ended::NoStore;
            }
            Err(SweepError::Store(error)) => {
                tracing::error!(mailbox = name, error = %chain(&error), "the store failed; letters wait on their server");
                mailbox.close().await;
                return Ended::Store;
            }
        };
        tokio::select! {
            _ = stop.changed() => {
                mailbox.close().await;
                return Ended::Mailbox;
            }
            () = gateway.shelves.notified() => {}
            news = mailbox.wait(if soon { SOON } else { look }) => {
                if let Err(error) = news {
                    tracing::warn!(mailbox = name, error = %chain(&error), "the mailbox failed");
                    return Ended::Mailbox;
                }
            }
        }
        if *stop.borrow() {
            mailbox.close().await;
            return Ended::Mailbox;
        }
    }
}

/// Looks for what the command line wrote: letters to decide (released, discarded, imported), which
/// it has decided, and rows of the outbox, of which it tells the senders; rings when a mailbox has to
/// put a letter elsewhere. A mailbox that is away keeps its letters astray, so that
/// the ringing is not for ever.
pub(super) async fn reviews(gateway: Gateway, mut stop: channel::Receiver<bool>) {
    let (mut astray, mut rung) = (0, Instant::now());
    let mut written = None;
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(REVIEWS) => {}
        }
        if let Ok(now) = gateway.store.written_by_others().await
            && written.replace(now) != Some(now)
        {
            gateway.outbox.notify_one();
        }
        let found = match gateway.store.reviews().await {
            Ok(found) if found.waiting > 0 => match gateway.reviewed().await {
                Ok(_) => gateway.store.reviews().await,
                Err(error) => Err(error),
            },
            found => found,
        };
        match found {
            Ok(found) => {
                let again = rung.elapsed() > LOOK;
                if found.astray > 0 && (found.astray != astray || again) {
                    gateway.shelves.notify_waiters();
                    rung = Instant::now();
                }
                astray = found.astray;
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "reviewed letters wait");
            }
        }
    }
}

/// Reckons how soon persons answer, every ten minutes and after a reload.
pub(super) async fn expectations(gateway: Gateway, mut stop: channel::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => return,
            () = gateway.expectations.outdated() => {}
            () = tokio::time::sleep(RECKON) => {}
        }
        gateway.try_to_reckon().await;
    }
}

/// Feeds the watchdog at half its time, as long as the store commits.
pub(super) async fn dog(store: Store, mut stop: channel::Receiver<bool>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        // Nobody watches; the task ends when all do.
        while !*stop.borrow() && stop.changed().await.is_ok() {}
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
