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
mod auditor;
mod auditor_corruptions;
mod certificates;
mod cli;
mod delivery;
mod deploy;
mod dovecot;
mod foreign_smtp;
mod gateway_process;
mod gateway_readers;
mod hostile_headers;
mod imap_script;
mod kill_run;
mod letters;
mod mailbox;
mod mailbox_faults;
mod maildir;
mod message;
mod outbox;
mod policy;
mod policy_card;
mod policy_demo;
mod policy_doubts;
mod policy_laws;
mod policy_world;
mod post;
mod reader;
mod registry;
#[cfg(feature = "crash-points")]
mod restart;
mod restore;
mod site;
mod smtp_script;
mod trouble;
mod whole_way;
