//! The snapshot of first answers that decisions read, reckoned now and then beside them.
//!
//! It is read from a connection of its own, so that no letter waits for it, and swapped in as a
//! whole. Between two reckonings a decision costs a look into a map.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Notify, watch};

use super::Gateway;
use crate::cause::chain;
use crate::decide::due::Usual;
use crate::estimate::Snapshot;
use crate::store::{StoreError, View};

/// The snapshot in force, shared by all loops; none before the first is reckoned.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    snapshot: Arc<RwLock<Option<Arc<Snapshot>>>>,
    usual: watch::Sender<Arc<Usual>>,
    stale: Arc<Notify>,
}

impl Expectations {
    /// The snapshot in force.
    #[must_use]
    pub fn get(&self) -> Option<Arc<Snapshot>> {
        // A writer only swaps a pointer: a poisoned lock holds a whole snapshot all the same.
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How long a first answer usually takes, for whoever says that one is late.
    #[must_use]
    pub fn usual(&self) -> watch::Receiver<Arc<Usual>> {
        self.usual.subscribe()
    }

    /// What it rests on has changed, such as the opening hours: it is reckoned anew soon.
    pub fn outdate(&self) {
        self.stale.notify_one();
    }

    /// Waits until somebody says so.
    pub async fn outdated(&self) {
        self.stale.notified().await;
    }

    fn replace(&self, snapshot: Snapshot) {
        let usual = Usual::of(&snapshot);
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
        self.usual.send_replace(Arc::new(usual));
    }
}

impl Gateway {
    /// Reckons the snapshot anew, if there are opening hours; else there is none.
    ///
    /// # Errors
    /// When the store cannot be read. The old snapshot stays in force.
    pub async fn reckon(&self) -> Result<(), StoreError> {
        let (rules, now) = (self.rules.get(), self.clock.now());
        let directory = self.store.directory().to_owned();
        let reckoned = tokio::task::spawn_blocking(move || {
            let Some(calendar) = &rules.calendar else {
                return Ok(None);
            };
            let past = View::open(&directory)?.past(now)?;
            Ok(Some(Snapshot::of(&past, calendar, now)))
        });
        // A task that was stopped with the process has nothing to say.
        if let Ok(reckoned) = reckoned.await {
            let snapshot: Result<Option<Snapshot>, StoreError> = reckoned;
            snapshot?
                .into_iter()
                .for_each(|snapshot| self.expectations.replace(snapshot));
        }
        Ok(())
    }

    /// The same, where a failure must not keep anything else from going on.
    pub async fn try_to_reckon(&self) {
        if let Err(error) = self.reckon().await {
            tracing::error!(error = %chain(&error), "how long first answers take could not be reckoned; the figures of before stay in force");
        }
    }
}
