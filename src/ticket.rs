//! A ticket: its number, where it stands, and what has been said in it.
//!
//! Every letter that asks for something has one, refused ones too: a refusal is a state of a
//! ticket, never a dropped letter. The priority and its two axes are in [`priority`], the states
//! and the steps between them in [`status`], the pages of its history in [`entry`].

pub mod entry;
pub mod priority;
pub mod status;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use entry::{Entry, EntryKind};
pub use status::{Passage, RefusalFate, Status};

/// The number people quote, counted from 1, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketNumber(pub i64);

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
