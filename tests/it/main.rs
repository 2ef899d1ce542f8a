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
mod audit;
mod auditor;
mod auditor_corruptions;
mod backup;
mod border;
mod bounces;
mod calendar;
mod calendar_files;
mod certificates;
mod chart_sheet;
mod cli;
mod conversation;
mod corpus;
mod counter;
mod delivery;
mod deploy;
mod desk_looking;
mod desk_orders;
mod desk_outbox;
mod digest;
mod digest_sending;
mod doctor;
mod dovecot;
mod expected_answer;
mod falling_due;
mod figures;
mod foreign_smtp;
mod forged_orders;
mod gateway_process;
mod gateway_readers;
mod golden;
mod hostile_headers;
mod hours;
mod imap_script;
mod import;
mod keys;
mod kill_run;
mod letter_review;
mod loops;
mod mailbox;
mod mailbox_faults;
mod maildir;
mod message;
mod message_attachments;
mod message_structure;
mod name_server;
mod observation;
mod occurrence;
mod office;
mod on_call;
mod outbox;
mod package;
mod person;
mod policy;
mod policy_answer;
mod policy_card;
mod policy_demo;
mod policy_doubts;
mod policy_heldout;
mod policy_institutes;
mod policy_laws;
mod policy_letters;
mod policy_tools;
mod policy_world;
mod post;
mod properties;
mod quarter;
mod queueing;
mod reader;
mod registry;
#[cfg(feature = "crash-points")]
mod restart;
mod restore;
mod retention;
mod sender_auth;
mod site;
mod smtp_script;
mod snapshot;
mod stats_command;
mod threading;
mod token;
mod trouble;
mod upgrade;
mod virtual_gateway;
mod whole_way;
