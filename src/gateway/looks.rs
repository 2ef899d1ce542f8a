//! When each mailbox was last looked through to its end.
//!
//! Nobody is reminded of an answer that lies unread: what falls due waits until every mailbox has been
//! looked through since the start, and lately. Measured on a clock that does not jump.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The last whole look at each mailbox; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Looks(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Looks {
    fn looks(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        // A map of instants is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mailbox was looked through.
    pub fn note(&self, mailbox: &str) {
        self.looks().insert(mailbox.to_owned(), Instant::now());
    }

    /// The first of these mailboxes that was not looked through within `time`.
    #[must_use]
    pub fn behind<'a>(&self, mailboxes: &'a [String], time: Duration) -> Option<&'a str> {
        let looks = self.looks();
        mailboxes
            .iter()
            .find(|name| looks.get(*name).is_none_or(|at| at.elapsed() > time))
            .map(String::as_str)
    }
}
