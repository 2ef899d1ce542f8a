//! The auditor: what must be true of a store, whatever happened before.
//!
//! In: the database, looked at and never changed, beside a running daemon or alone. Out: every
//! breach, one at a time, with ids only. A letter's bytes are held one letter at a time, so that a
//! store of any size takes little memory.
//!
//! | rule | what holds |
//! |---|---|
//! | I1 | every letter has one disposition, in time |
//! | I2 | with a reason and its trace |
//! | I4 | the bytes are those that came, until the end of their time; then nothing of them is left |
//! | I5 | one ticket for each request, opened by it |
//! | I6, I7 | one decision about each ticket's first answer, and the answer it speaks of |
//! | I8 | each row of the outbox ended as its attempts say |
//! | I9 | no machine's letter causes one to somebody outside, and everything has one cause |
//! | I12 | the budgets hold in every hour of the last week |
//! | I13 | nothing is under way for longer than it takes, nothing due is forgotten |
//! | I14 | a ticket's steps follow one another by the machine of `ticket` |
//! | I15 | who changed a ticket by mail was found to be a technician |
//! | I16 | the file is whole, its schema is ours, and nothing strange lies beside it |
//! | I17 | what is held says why, and whoever ended a letter said so |
//!
//! Not seen from here: the folders on the mail server (`guichet audit --server`), and what a mail
//! server took.

mod bytes;
mod file;
mod rows;
mod steps;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::{StoreError, View};
use crate::decide::answer::Limits;

/// A rule that is broken, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The rule, such as `I4`.
    pub rule: &'static str,
    /// What it is about, by number: `letter 12`.
    pub about: String,
    /// What is wrong.
    pub found: String,
    /// What was expected.
    pub expected: &'static str,
    /// What an admin does about it.
    pub todo: &'static str,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            about,
            found,
            expected,
            todo,
        } = self;
        write!(f, "{rule} {about}: {found}; expected {expected}; {todo}")
    }
}

/// With what is audited.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The moment, Unix seconds.
    pub now: i64,
    /// Seconds that work under way may take before it is a breach.
    pub grace: i64,
    /// The budgets in force.
    pub limits: Limits,
    /// Where the token keys are, if they lie beside the database.
    pub beside: BTreeSet<String>,
}

/// What is being looked at, for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What.
    pub what: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub all: u64,
}

/// Who hears of breaches and progress.
pub trait Listener {
    /// A breach was found.
    fn breach(&mut self, breach: Breach);
    /// The work goes on.
    fn progress(&mut self, progress: Progress);
}

impl View {
    /// Looks at everything.
    ///
    /// # Errors
    /// When the database cannot be read: then nothing is known.
    pub fn audit(&self, terms: &Terms, listener: &mut dyn Listener) -> Result<(), StoreError> {
        file::whole(&self.connection, listener)?;
        file::schema(&self.connection, listener)?;
        file::beside(&self.connection, terms, listener)?;
        rows::look(&self.connection, terms, listener)?;
        steps::look(&self.connection, listener)?;
        bytes::look(&self.connection, listener)
    }
}
