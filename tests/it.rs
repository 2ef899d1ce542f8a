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

#[path = "it/policy.rs"]
mod policy;
#[path = "it/policy_card.rs"]
mod policy_card;
#[path = "it/policy_demo.rs"]
mod policy_demo;
#[path = "it/registry.rs"]
mod registry;
