//! Letters that are listed but cannot be fetched, so that one of them does not stop its mailbox.
//!
//! A fetch that fails ends the connection, and where the error names a letter, that letter is set
//! apart: the others are fetched without it, and it is tried alone, then only its beginning, and
//! in the end kept as a held letter without bytes, for a person to look at on the server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mailbox::{Listed, Uid};

/// How often each letter could not be fetched, by mailbox.
#[derive(Debug, Clone, Default)]
pub struct Withheld(Arc<Mutex<BTreeMap<(String, Uid), u32>>>);

impl Withheld {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Uid), u32>> {
        // A map of counts is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more fetch of the letter failed.
    pub(super) fn again(&self, mailbox: &str, uid: &Uid) {
        *self
            .counts()
            .entry((mailbox.to_owned(), uid.clone()))
            .or_default() += 1;
    }

    /// How often a fetch of the letter failed.
    pub(super) fn times(&self, mailbox: &str, uid: &Uid) -> u32 {
        let key = (mailbox.to_owned(), uid.clone());
        self.counts().get(&key).copied().unwrap_or_default()
    }

    /// The letter came, or is held: nothing is left to remember.
    pub(super) fn forget(&self, mailbox: &str, uid: &Uid) {
        self.counts().remove(&(mailbox.to_owned(), uid.clone()));
    }

    /// Sets apart what could not be fetched before, with how often.
    pub(super) fn apart(
        &self,
        mailbox: &str,
        letters: Vec<Listed>,
    ) -> (Vec<Listed>, Vec<(Listed, u32)>) {
        let counts = self.counts();
        let mut sound = Vec::with_capacity(letters.len());
        let mut troubled = Vec::new();
        for letter in letters {
            match counts.get(&(mailbox.to_owned(), letter.uid.clone())) {
                None => sound.push(letter),
                Some(times) => troubled.push((letter, *times)),
            }
        }
        (sound, troubled)
    }
}
