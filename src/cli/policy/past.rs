//! The letters that came, read again: from the store, opened for reading only.

use std::path::Path;

use super::Window;
use crate::cli::since::Since;
use crate::cli::{Failure, read_config};
use crate::config::Config;
use crate::daemon;
use crate::message::Message;
use crate::reader::Reader;
use crate::store::View;
use crate::store::decisions::Decided;

/// The store, and what its letters are read with.
pub(super) struct Past {
    pub(super) config: Config,
    pub(super) view: View,
    reader: Reader,
    since: i64,
}

impl Past {
    /// Opens the store of the configuration.
    pub(super) fn open(file: &Path, window: &Window) -> Result<Self, Failure> {
        let config = read_config(file)?;
        Ok(Self {
            view: View::open(&config.store)?,
            reader: Reader::new(daemon::readers(&config)),
            since: window.since.as_ref().map_or(0, Since::instant),
            config,
        })
    }

    /// Every decision of the window, oldest first.
    pub(super) fn decisions(
        &self,
        each: impl FnMut(Decided) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.view.decisions(self.since, each)
    }

    /// A letter, read again by a worker; nothing if it cannot be read, or is no longer kept.
    pub(super) async fn message(&self, letter: i64) -> Option<Message> {
        let raw = self.view.raw(letter).ok()?;
        self.reader.read(&raw).await.ok()?.ok()
    }

    /// Ends the workers.
    pub(super) async fn close(&self) {
        self.reader.close().await;
    }
}
