//! A Maildir on this machine (D. J. Bernstein's, with Maildir++ folders).
//!
//! The watched letters are the files of `new/` and `cur/`; a letter is put away by a rename into
//! `cur/` of `.Guichet.Done` or `.Guichet.Held`, and the directories are synced. A letter's
//! [`Uid`] is its unique name, without the flags behind `:`, so that a mail program which marks
//! it as read does not make it another letter.
//!
//! Only regular files count: links are never followed, and a file that changes into one between
//! look and open is an error. Names with odd bytes are letters like others ([`Uid`] escapes them).
//!
//! News is found by looking every [`POLL`]. inotify would need a foreign crate and sees nothing
//! on network file systems, where Maildirs like to live; looking at two directory times costs
//! microseconds.
//!
//! Not handled: `maildirsize` quotas; folders below the watched one.

mod deliver;
mod files;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

pub use deliver::deliver;

use self::files::Folder;
use super::{Acknowledged, Fetched, Listed, MailboxError, News, Shelf, Uid};
use crate::message::limits;

/// How often `new/` and `cur/` are looked at.
pub const POLL: Duration = Duration::from_millis(200);

/// Directory times are only as fine as the kernel's clock tick, and coarser on some file systems:
/// a directory changed this recently is read anew.
const COARSE: Duration = Duration::from_secs(2);

/// Which Maildir is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory that holds `tmp`, `new` and `cur`.
    pub path: PathBuf,
    /// Where letters go that are dealt with, `/` between levels; default `Guichet/Done`.
    pub done: String,
    /// Where letters go that a person must see; default `Guichet/Held`.
    pub held: String,
}

/// A watched Maildir.
#[derive(Debug)]
pub struct Maildir {
    watched: Folder,
    done: Folder,
    held: Folder,
    known: BTreeSet<Uid>,
    seen: Option<[SystemTime; 2]>,
}

impl Maildir {
    /// Opens the Maildir; it and its shelves are made where missing.
    ///
    /// # Errors
    /// [`MailboxError::Maildir`] if a directory can neither be used nor made.
    pub async fn open(settings: Settings) -> Result<Self, MailboxError> {
        let done = Folder::shelf(&settings.path, "done", &settings.done)?;
        let held = Folder::shelf(&settings.path, "held", &settings.held)?;
        let watched = Folder::at(settings.path);
        blocking("opened", move || {
            watched.make()?;
            done.make()?;
            held.make()?;
            Ok(Self {
                watched,
                done,
                held,
                known: BTreeSet::new(),
                seen: None,
            })
        })
        .await
    }

    /// See [`super::Mailbox::list`].
    pub async fn list(&mut self) -> Result<Vec<Listed>, MailboxError> {
        // Before the listing: what comes during it counts as news.
        let folder = self.watched.clone();
        let seen = blocking("listed", move || folder.times()).await?;
        let listed = self.listing(&self.watched).await?;
        self.known = listed.iter().map(|letter| letter.uid.clone()).collect();
        self.seen = Some(seen);
        Ok(listed)
    }

    async fn listing(&self, folder: &Folder) -> Result<Vec<Listed>, MailboxError> {
        let folder = folder.clone();
        blocking("listed", move || folder.list()).await
    }

    /// See [`super::Mailbox::fetch`].
    pub async fn fetch(&mut self, uids: &[Uid]) -> Result<Vec<Fetched>, MailboxError> {
        read(self.watched.clone(), uids.to_vec(), None).await
    }

    /// See [`super::Mailbox::fetch_head`].
    pub async fn fetch_head(
        &mut self,
        uid: &Uid,
        bytes: u32,
    ) -> Result<Option<Fetched>, MailboxError> {
        let uids = vec![uid.clone()];
        Ok(read(self.watched.clone(), uids, Some(bytes)).await?.pop())
    }

    /// See [`super::Mailbox::acknowledge`].
    pub async fn acknowledge(
        &mut self,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        let (watched, shelf, uids) = (self.watched.clone(), self.shelf(to).clone(), uids.to_vec());
        spawn("put away", move || watched.move_to(&shelf, &uids)).await?;
        Ok(Acknowledged::Moved)
    }

    /// See [`super::Mailbox::wait`].
    pub async fn wait(&mut self, at_most: Duration) -> Result<News, MailboxError> {
        let until = Instant::now() + at_most;
        loop {
            if self.news().await? {
                return Ok(News::Arrived);
            }
            let now = Instant::now();
            if now >= until {
                return Ok(News::Quiet);
            }
            tokio::time::sleep_until(until.min(now + POLL)).await;
        }
    }

    /// Whether a letter is there that the last list did not have.
    async fn news(&mut self) -> Result<bool, MailboxError> {
        let folder = self.watched.clone();
        let seen = blocking("listed", move || folder.times()).await?;
        let settled = SystemTime::now().checked_sub(COARSE);
        let quiet = self.seen == Some(seen) && seen.iter().all(|time| Some(*time) < settled);
        if quiet {
            return Ok(false);
        }
        let folder = self.watched.clone();
        let names = blocking("listed", move || folder.names()).await?;
        let news = names.iter().any(|uid| !self.known.contains(uid));
        if !news {
            self.seen = Some(seen);
        }
        Ok(news)
    }

    /// See [`super::Mailbox::shelved`].
    pub async fn shelved(
        &mut self,
        shelf: Shelf,
        since: Option<Timestamp>,
    ) -> Result<Vec<Listed>, MailboxError> {
        let mut listed = self.listing(self.shelf(shelf)).await?;
        listed.retain(|letter| since.is_none_or(|since| letter.received_at >= since));
        Ok(listed)
    }

    /// See [`super::Mailbox::fetch_shelved`].
    pub async fn fetch_shelved(
        &mut self,
        shelf: Shelf,
        uids: &[Uid],
    ) -> Result<Vec<Fetched>, MailboxError> {
        read(self.shelf(shelf).clone(), uids.to_vec(), None).await
    }

    /// See [`super::Mailbox::reshelve`].
    pub async fn reshelve(
        &mut self,
        from: Shelf,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        let (from, to) = (self.shelf(from).clone(), self.shelf(to).clone());
        let uids = uids.to_vec();
        spawn("put away", move || from.move_to(&to, &uids)).await?;
        Ok(Acknowledged::Moved)
    }

    fn shelf(&self, shelf: Shelf) -> &Folder {
        match shelf {
            Shelf::Done => &self.done,
            Shelf::Held => &self.held,
        }
    }
}

/// Reads letters, whole (`head` is none) or their first bytes.
async fn read(
    folder: Folder,
    uids: Vec<Uid>,
    head: Option<u32>,
) -> Result<Vec<Fetched>, MailboxError> {
    let most = head.map_or(limits::LETTER, u64::from);
    spawn("read", move || folder.read(&uids, most, head.is_some())).await
}

async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, MailboxError> {
    spawn(what, move || {
        work().map_err(|source| MailboxError::Maildir { what, source })
    })
    .await
}

/// Runs file work on a thread of its own: a slow disk must not stop the other tasks.
async fn spawn<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, MailboxError> + Send + 'static,
) -> Result<T, MailboxError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|ended| MailboxError::Maildir {
            what,
            source: std::io::Error::other(ended),
        })?
}
