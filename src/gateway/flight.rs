//! Which letters are under way in this process, so that none is begun twice: the journal also
//! lists as undecided what a background start is still working on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::journal::LetterId;

/// The letters under way.
#[derive(Debug, Clone, Default)]
pub struct Flights(Arc<Mutex<BTreeSet<LetterId>>>);

/// One letter under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    flights: Flights,
    letter: LetterId,
}

impl Flights {
    /// Begins with a letter; `None` if it is under way.
    pub(super) fn begin(&self, letter: LetterId) -> Option<Flight> {
        // A set of numbers is whole whatever panicked beside it.
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.insert(letter).then(|| Flight {
            flights: self.clone(),
            letter,
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut letters = self
            .flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        letters.remove(&self.letter);
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
        assert!(flights.begin(LetterId(1)).is_some());
    }
}
