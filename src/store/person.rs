//! One person in the store: where they take part (for an access request), and how they are taken
//! out of it (for an erasure).
//!
//! An erasure goes in small transactions, each whole in itself, so that a kill in between leaves
//! work that the same order done again finishes:
//!
//! 1. their tickets are emptied, as at the end of their time, and closed if they are open;
//! 2. in tickets of others their place, their letters and their words go, and with them the raw
//!    letters and what was sent there: these may quote them in any encoding;
//! 3. every text column of every table ([`super::personal`]), every raw letter and every row of
//!    the outbox is searched for their addresses and full names;
//! 4. the log of what was removed gets a line that names nobody.
//!
//! Numbers, states, categories and instants stay. Not handled: words that identify them without
//! naming them, and names inside encoded bodies of letters of tickets they never took part in.

mod erasure;
mod involvement;
mod search;

use std::collections::BTreeSet;

use crate::privacy::redact::Needles;

pub use erasure::{ForgetError, Forgotten};
pub use involvement::{Involvement, LetterOf, PagesOf, Part, RowOf};

/// Who somebody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Their addresses, in lower case.
    pub addresses: BTreeSet<String>,
    /// Their names as letters and tables have them.
    pub names: BTreeSet<String>,
}

impl Identity {
    /// What is looked for.
    #[must_use]
    pub fn needles(&self) -> Needles {
        Needles::new(
            self.addresses.iter().map(String::as_str),
            self.names.iter().map(String::as_str),
        )
    }

    /// A list of placeholders for SQL, and the values that go there.
    fn listed(&self) -> (String, Vec<&str>) {
        let values: Vec<&str> = self.addresses.iter().map(String::as_str).collect();
        let marks = vec!["?"; values.len()].join(", ");
        (marks, values)
    }
}
