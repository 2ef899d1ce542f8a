//! Every test that needs more than one room, in one binary: it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test that cannot go on must stop loudly"
)]

mod architecture;
mod certificates;
mod cli;
mod delivery;
mod deploy;
mod dovecot;
mod hostile_headers;
mod imap_script;
mod mailbox;
mod mailbox_faults;
mod maildir;
mod message;
mod outbox;
mod policy;
mod policy_card;
mod policy_demo;
mod reader;
mod registry;
mod restore;
mod site;
mod smtp_script;
