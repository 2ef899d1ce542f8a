//! The numbered steps of a letter's way, where a test may kill the process.
//!
//! Without the feature `crash-points` (never part of a release) [`point`] is empty and vanishes.
//! With it, `GUICHET_CRASH_AT=C6` aborts the process at the first passage of step `C6`,
//! `C6:3` at the third. `tests/it/restart.rs` walks through all of them.

/// The steps, in the order a letter passes them.
pub const STEPS: [&str; 16] = [
    "C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14",
    "C15",
];

/// The steps of what happens without a letter: before the look, between the decision and its rows,
/// after the commit.
pub const OCCURRENCE_STEPS: [&str; 3] = ["T0", "T1", "T2"];

/// Marks a step as passed.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub fn point(_step: &'static str) {}

/// Marks a step as passed, and ends the process here if the test said so.
#[cfg(feature = "crash-points")]
pub fn point(step: &'static str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let Ok(wanted) = std::env::var("GUICHET_CRASH_AT") else {
        return;
    };
    let (name, nth) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if name == step && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == nth.parse().unwrap_or(1) {
        std::process::abort();
    }
}
