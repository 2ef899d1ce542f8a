//! Which letters are under way in this process, and which were read to the end.
//!
//! The first so that none is begun twice: the journal also lists as undecided what a background
//! start is still working on. The second so that only reading counts against a letter: one that
//! was read, but could not be settled because the disk was full, is no poison.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::journal::LetterId;

/// The letters under way, and those read to the end.
#[derive(Debug, Clone, Default)]
pub struct Flights(Arc<Mutex<Letters>>);

#[derive(Debug, Default)]
struct Letters {
    under_way: BTreeSet<LetterId>,
    read: BTreeSet<LetterId>,
}

/// One letter under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    flights: Flights,
    letter: LetterId,
}

impl Flights {
    fn letters(&self) -> MutexGuard<'_, Letters> {
        // Two sets of numbers are whole whatever panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with a letter; `None` if it is under way.
    pub(super) fn begin(&self, letter: LetterId) -> Option<Flight> {
        self.letters().under_way.insert(letter).then(|| Flight {
            flights: self.clone(),
            letter,
        })
    }

    /// How many letters are under way.
    pub(super) fn count(&self) -> usize {
        self.letters().under_way.len()
    }

    /// Whether the letter was read to the end and not settled since.
    pub(super) fn was_read(&self, letter: LetterId) -> bool {
        self.letters().read.contains(&letter)
    }

    /// The letter has its decision.
    pub(super) fn settled(&self, letter: LetterId) {
        self.letters().read.remove(&letter);
    }
}

impl Flight {
    /// The letter was read to the end.
    pub(super) fn read(&self) {
        self.flights.letters().read.insert(self.letter);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.letters().under_way.remove(&self.letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_letter_is_under_way_once() {
        let flights = Flights::default();
        let first = flights.begin(LetterId(1));
        assert!(first.is_some());
        assert!(flights.begin(LetterId(1)).is_none());
        drop(first);
        assert_eq!(flights.count(), 0);
        assert!(flights.begin(LetterId(1)).is_some());
    }

    #[test]
    fn ok_what_was_read_is_remembered_until_it_is_settled() {
        let flights = Flights::default();
        let flight = flights.begin(LetterId(1)).unwrap();
        flight.read();
        drop(flight);
        assert!(flights.was_read(LetterId(1)));
        flights.settled(LetterId(1));
        assert!(!flights.was_read(LetterId(1)));
    }
}
