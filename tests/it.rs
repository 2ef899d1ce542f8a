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

#[path = "it/message.rs"]
mod message;
#[path = "it/reader.rs"]
mod reader;
