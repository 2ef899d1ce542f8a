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

#[path = "it/certificates.rs"]
mod certificates;
<<<<<<< HEAD
#[path = "it/delivery.rs"]
mod delivery;
#[path = "it/hostile_headers.rs"]
mod hostile_headers;
#[path = "it/smtp_script.rs"]
mod smtp_script;
=======
#[path = "it/dovecot.rs"]
mod dovecot;
#[path = "it/imap_script.rs"]
mod imap_script;
#[path = "it/mailbox.rs"]
mod mailbox;
#[path = "it/mailbox_faults.rs"]
mod mailbox_faults;
#[path = "it/maildir.rs"]
mod maildir;
>>>>>>> mailbox
