//! guichet: an e-mail driven ticket gateway.
//!
//! A module imports only modules listed above it.

pub mod crash;

pub mod message;

pub mod classify;

pub mod reader;
