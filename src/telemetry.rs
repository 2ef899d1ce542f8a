//! What the loops count and time while they run, and how their sessions stand.
//!
//! In: calls from the loops, one where something was decided, delivered or failed. Out: counters and
//! histograms for whoever scrapes them ([`Telemetry::register`]), and the state of mailboxes and of
//! the mail server for the alarms. All of it is in memory and begins at nothing with the process:
//! what has to outlive it is in the store.
//!
//! Cheap to clone; clones are the same. Labels have few values each: dispositions, clauses and
//! outcomes, never an address or a number of a letter.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::alarm::Mailbox;

/// Upper bounds in seconds: a letter is read and decided in milliseconds, ten seconds end a reader.
const BOUNDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLetter {
    disposition: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVerdict {
    outcome: String,
    clause: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDelivery {
    outcome: String,
}

/// The counters of one process; see the module page.
#[derive(Debug, Clone)]
pub struct Telemetry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    letters: Family<OfLetter, Counter>,
    verdicts: Family<OfVerdict, Counter>,
    deliveries: Family<OfDelivery, Counter>,
    readers_lost: Counter,
    reading: Histogram,
    deciding: Histogram,
    mailboxes: Mutex<BTreeMap<String, Mailbox>>,
    server_trouble_since: Mutex<Option<Timestamp>>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self(Arc::new(Inner {
            letters: Family::default(),
            verdicts: Family::default(),
            deliveries: Family::default(),
            readers_lost: Counter::default(),
            reading: Histogram::new(BOUNDS),
            deciding: Histogram::new(BOUNDS),
            mailboxes: Mutex::default(),
            server_trouble_since: Mutex::default(),
        }))
    }
}

impl Telemetry {
    /// A letter was decided, so long after it was read.
    pub fn decided(&self, disposition: &str, took: Duration) {
        let of = OfLetter {
            disposition: disposition.to_owned(),
        };
        self.0.letters.get_or_create(&of).inc();
        self.0.deciding.observe(took.as_secs_f64());
    }

    /// A new ticket got this verdict; `clause` is empty if none speaks against it.
    pub fn judged(&self, outcome: &str, clause: &str) {
        let of = OfVerdict {
            outcome: outcome.to_owned(),
            clause: clause.to_owned(),
        };
        self.0.verdicts.get_or_create(&of).inc();
    }

    /// A worker read a letter, well or badly, in this time.
    pub fn read(&self, took: Duration) {
        self.0.reading.observe(took.as_secs_f64());
    }

    /// A letter cost its worker.
    pub fn reader_lost(&self) {
        self.0.readers_lost.inc();
    }

    /// An attempt to hand a letter over ended so.
    pub fn delivered(&self, outcome: &str) {
        let of = OfDelivery {
            outcome: outcome.to_owned(),
        };
        self.0.deliveries.get_or_create(&of).inc();
    }

    /// Whether the mail server of the way out is in trouble; the first such word is remembered.
    pub fn server(&self, in_trouble: bool, now: Timestamp) {
        let mut since = locked(&self.0.server_trouble_since);
        *since = in_trouble.then(|| since.unwrap_or(now));
    }

    /// Since when the mail server of the way out is in trouble.
    #[must_use]
    pub fn server_trouble_since(&self) -> Option<Timestamp> {
        *locked(&self.0.server_trouble_since)
    }

    /// A mailbox is watched from now on, and not open yet.
    pub fn watch(&self, mailbox: &str) {
        self.of(mailbox, |_| ());
    }

    /// A session with a mailbox began.
    pub fn opened(&self, mailbox: &str, now: Timestamp) {
        self.of(mailbox, |state| {
            state.open_since = Some(now);
            state.failures = 0;
            state.refused = false;
        });
    }

    /// A mailbox was read through.
    pub fn looked(&self, mailbox: &str, now: Timestamp) {
        self.of(mailbox, |state| state.read_at = Some(now));
    }

    /// A mailbox was last read in an earlier process; one that is watched no more is left alone.
    pub fn was_read(&self, mailbox: &str, at: Timestamp) {
        if let Some(state) = locked(&self.0.mailboxes).get_mut(mailbox) {
            state.read_at.get_or_insert(at);
        }
    }

    /// A session ended, or could not begin.
    pub fn lost(&self, mailbox: &str, refused: bool) {
        self.of(mailbox, |state| {
            state.open_since = None;
            state.failures = state.failures.saturating_add(1);
            state.refused = refused;
        });
    }

    /// The watched mailboxes.
    #[must_use]
    pub fn mailboxes(&self) -> Vec<Mailbox> {
        locked(&self.0.mailboxes).values().cloned().collect()
    }

    fn of(&self, mailbox: &str, change: impl FnOnce(&mut Mailbox)) {
        let mut mailboxes = locked(&self.0.mailboxes);
        let state = mailboxes
            .entry(mailbox.to_owned())
            .or_insert_with(|| Mailbox {
                name: mailbox.to_owned(),
                open_since: None,
                read_at: None,
                failures: 0,
                refused: false,
            });
        change(state);
    }

    /// Puts all counters and histograms into `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let inner = &self.0;
        registry.register(
            "letters",
            "Letters decided by this process, by what became of them",
            inner.letters.clone(),
        );
        registry.register(
            "verdicts",
            "New tickets by the verdict of the service card and the clause it rests on",
            inner.verdicts.clone(),
        );
        registry.register(
            "deliveries",
            "Attempts to hand a letter to the mail server, by how they ended",
            inner.deliveries.clone(),
        );
        registry.register(
            "readers_lost",
            "Worker processes that a letter ended",
            inner.readers_lost.clone(),
        );
        // Without a line UNIT, which some readers do not expect of a histogram.
        registry.register(
            "letter_reading_seconds",
            "Time a worker takes to read a letter",
            inner.reading.clone(),
        );
        registry.register(
            "letter_deciding_seconds",
            "Time from the reading of a letter to the commit of its decision",
            inner.deciding.clone(),
        );
    }
}

/// A panic between two assignments leaves values that are whole all the same.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_trouble_counts_from_its_first_word() {
        let telemetry = Telemetry::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        telemetry.server(true, at(5));
        telemetry.server(true, at(9));
        assert_eq!(telemetry.server_trouble_since(), Some(at(5)));
        telemetry.server(false, at(10));
        assert_eq!(telemetry.server_trouble_since(), None);
    }

    #[test]
    fn ok_a_mailbox_keeps_when_it_was_read_through_lost_sessions() {
        let telemetry = Telemetry::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        telemetry.watch("support");
        telemetry.was_read("gone", at(1));
        telemetry.opened("support", at(1));
        telemetry.looked("support", at(2));
        telemetry.lost("support", true);
        telemetry.lost("support", false);
        let mailboxes = telemetry.mailboxes();
        let [mailbox] = mailboxes.as_slice() else {
            panic!("{mailboxes:?}");
        };
        assert_eq!((mailbox.open_since, mailbox.read_at), (None, Some(at(2))));
        assert_eq!((mailbox.failures, mailbox.refused), (2, false));
    }
}
