//! The log: where it goes and what never goes there.
//!
//! Text or JSON lines on standard error, or the journal's own protocol under systemd. The IMAP
//! library writes passwords at its finest level, so that levels below `info` are only ever open
//! for this crate.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging; a second call changes nothing.
pub fn start(log: Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    let filter = EnvFilter::new(format!("warn,guichet={level}"));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = match log.format {
        LogFormat::Journald => true,
        LogFormat::Auto => std::env::var_os("JOURNAL_STREAM").is_some(),
        LogFormat::Text | LogFormat::Json => false,
    };
    let started = if let Some(layer) = journal.then(tracing_journald::layer).and_then(Result::ok) {
        registry.with(layer).try_init()
    } else if log.format == LogFormat::Json {
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr);
        registry.with(layer).try_init()
    } else {
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .with_writer(std::io::stderr);
        registry.with(layer).try_init()
    };
    // Already started: the first choice stays.
    drop(started);
}
