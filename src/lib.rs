//! guichet: an e-mail driven ticket gateway.
//!
//! A module imports only modules listed above it.

pub mod crash;

pub mod compose;
pub mod message;
pub mod retry;

pub mod delivery;
