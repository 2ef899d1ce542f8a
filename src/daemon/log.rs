//! The log: where it goes and what never goes there.
//!
//! Text or JSON lines on standard error, or the journal's own protocol under systemd. Libraries may
//! log what they are given, secrets too, so that levels below `warn` are only ever open for this
//! crate; the level can be changed while the process runs ([`crate::verbosity`]).

use std::io::IsTerminal;

use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, reload};

use crate::config::{Log, LogFormat};
use crate::verbosity;

/// Starts logging; a second call changes nothing.
pub fn start(log: Log) {
    let (filter, handle) = reload::Layer::new(EnvFilter::new(log.level.filter()));
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
    if started.is_ok() {
        let switch =
            move |level: verbosity::Level| handle.reload(EnvFilter::new(level.filter())).is_ok();
        verbosity::started(log.level, Box::new(switch));
    }
}
