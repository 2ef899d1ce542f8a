//! A ticket: what the service owes an answer to.

pub mod priority;
