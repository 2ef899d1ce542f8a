//! The store: room on its disk, the database's pages, its log, what waits in it, and whether a daemon
//! works on it.

use std::path::Path;

use jiff::Timestamp;

use super::Finding;
use crate::alarm::{Cause, Queues};
use crate::cause::chain;
use crate::config::Config;
use crate::monitor::disk;
use crate::store::{StoreError, View, is_running};

/// Bytes of write-ahead log from which on something keeps it from being written back.
const WAL: u64 = 256 * 1024 * 1024;

/// What the store is like.
pub(super) fn check(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(room(config));
    found.push(daemon(&config.store));
    match View::open(&config.store) {
        Err(StoreError::NoStore { .. }) => found.push(Finding::skipped(
            "storage.database",
            "there is no database yet: the first start makes it",
        )),
        Err(error) => found.push(unusable(&error)),
        Ok(view) => {
            found.push(pages(&view));
            match view.queues(now) {
                Ok(queues) => found.extend(waiting(&queues)),
                Err(error) => found.push(unusable(&error)),
            }
        }
    }
    found
}

fn unusable(error: &StoreError) -> Finding {
    let remedy = match error {
        StoreError::TooNew { .. } => {
            "run the newer program, or restore the backup made before the upgrade"
        }
        StoreError::TooOld { .. } => {
            "start the new program once: it brings the database up to date"
        }
        _ => "keep the file as it is, and see whether disk and rights are as they were",
    };
    Finding::fault(
        "storage.database",
        chain(error),
        "tickets, letters and everything that is to be sent are in it",
        remedy,
    )
}

fn room(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "storage.disk";
    let mut folder = config.store.as_path();
    while !folder.exists() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => break,
        }
    }
    let Some(disk) = disk(folder) else {
        return vec![Finding::skipped(
            CHECK,
            "the system does not say how much room there is",
        )];
    };
    let limit = config.monitor.limits.disk_free;
    let free = disk.free / 1_000_000;
    let mut found = vec![if disk.free >= limit {
        Finding::good(CHECK, format!("{free} MB are free"))
    } else {
        Finding::fault(
            CHECK,
            format!(
                "{free} MB are free where the store is, of at least {}",
                limit / 1_000_000
            ),
            "without room no letter is taken in; they wait on the mail server",
            "make room, or put the store on a larger disk; the limit is `[alert] disk_free_mb`",
        )
    }];
    if disk.wal > WAL {
        found.push(Finding::warning(
            "storage.wal",
            format!("the write-ahead log has {} MB", disk.wal / 1_000_000),
            "something reads the database for very long and keeps the log from being written back",
            "look for other programs that have the database open",
        ));
    }
    found
}

fn daemon(store: &Path) -> Finding {
    const CHECK: &str = "storage.daemon";
    if is_running(store) {
        Finding::good(CHECK, "a daemon works on the store")
    } else {
        Finding::warning(
            CHECK,
            "no daemon runs",
            "nothing is taken in and nothing is sent",
            "systemctl enable --now guichet",
        )
    }
}

fn pages(view: &View) -> Finding {
    const CHECK: &str = "storage.database";
    match view.quick_check() {
        Ok(found) if found == "ok" => Finding::good(CHECK, "every page of the database is good"),
        Ok(found) => unusable(&StoreError::Damaged { found }),
        Err(error) => unusable(&error),
    }
}

fn waiting(queues: &Queues) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(why) = &queues.hold {
        found.push(Finding::fault(
            "storage.outbox_hold",
            format!("nothing is sent: {why}"),
            "answers wait until an admin has looked",
            Cause::OutboxHeld.remedy(),
        ));
    }
    if queues.held_letters > 0 {
        found.push(Finding::warning(
            "storage.held_letters",
            format!("{} letters are held for a person", queues.held_letters),
            "nobody was answered, and nobody else looks at them",
            "look at `guichet intake list --held`, and release or discard each",
        ));
    }
    if queues.suspended > 0 {
        found.push(Finding::warning(
            "storage.suspended",
            format!("nothing is sent to {} addresses", queues.suspended),
            "three letters to each came back; what is written for them is held",
            "look at `guichet outbox suspended`, and tell the people another way",
        ));
    }
    if queues.failed_today > 0 {
        found.push(Finding::warning(
            "storage.failed",
            format!(
                "{} letters failed for good within a day",
                queues.failed_today
            ),
            "whoever they were for has not been answered",
            Cause::LettersFailed.remedy(),
        ));
    }
    if found.is_empty() {
        found.push(Finding::good(
            "storage.queues",
            "nothing waits for an admin",
        ));
    }
    found
}
