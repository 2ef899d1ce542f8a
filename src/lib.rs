//! guichet: an e-mail driven ticket gateway.
//!
//! A module imports only modules listed above it.

pub mod crash;

pub mod message;

pub mod ticket;

pub mod classify;

pub mod registry;

pub mod policy;

pub mod notice;

pub mod decide;

pub mod compose;

pub mod retry;

pub mod store;

pub mod mailbox;

pub mod reader;

pub mod delivery;

pub mod gateway;

pub mod outbox;

pub mod config;

pub mod daemon;

pub mod cli;
