//! Putting letters away.
//!
//! | the server offers | what is done |
//! |---|---|
//! | MOVE (RFC 6851) | `UID MOVE`: one step, nothing in between |
//! | UIDPLUS (RFC 4315) | `UID COPY`, `UID STORE +FLAGS (\Deleted)`, `UID EXPUNGE` of exactly these |
//! | neither, or read-only | nothing: the store remembers |
//!
//! COPY and EXPUNGE are two steps. If an earlier session ended between them, the letter lies in
//! both folders; copying it again would double it. So letters older than this session are first
//! looked up on the shelf by Message-ID, size and arrival (COPY keeps it, RFC 3501 §6.4.7), and
//! only removed here if found. Letters without Message-ID are copied again: better twice than
//! never.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::folder::{self, Folder};
use super::letters::numbers;
use super::sequence::sets;
use super::session::{Command, NAMES};
use super::{Imap, Open};
use crate::mailbox::{Acknowledged, MailboxError, Shelf, Uid};

/// What a letter and its copy have in common: size, arrival, Message-ID field.
type Likeness = (u64, Timestamp, Vec<u8>);

impl Imap {
    /// See [`crate::mailbox::Mailbox::acknowledge`].
    pub async fn acknowledge(
        &mut self,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        let uids = numbers(uids)?;
        if uids.is_empty() {
            return Ok(Acknowledged::Moved);
        }
        self.home().await?;
        let (_, shelf) = self.shelf(to);
        if self.read_only {
            return Ok(Acknowledged::Stays);
        }
        let moved = if self.session.offers("MOVE") {
            self.put_on("UID MOVE", &uids, &shelf).await?
        } else if self.session.offers("UIDPLUS") {
            self.copy_and_remove(&uids, to, &shelf).await?
        } else {
            return Ok(Acknowledged::Stays);
        };
        Ok(if moved {
            Acknowledged::Moved
        } else {
            Acknowledged::Declined
        })
    }

    /// See [`crate::mailbox::Mailbox::reshelve`].
    pub async fn reshelve(
        &mut self,
        from: Shelf,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        let uids = numbers(uids)?;
        let (setting, here) = self.shelf(from);
        let (_, there) = self.shelf(to);
        let selected = self.select("SELECT", setting, &here).await?;
        let moves = self.session.offers("MOVE");
        if selected.read_only || !(moves || self.session.offers("UIDPLUS")) {
            self.home().await?;
            return Ok(Acknowledged::Stays);
        }
        let verb = if moves { "UID MOVE" } else { "UID COPY" };
        let mut moved = self.put_on(verb, &uids, &there).await?;
        if moved && !moves {
            moved = self.remove(&uids).await?;
        }
        self.home().await?;
        Ok(if moved {
            Acknowledged::Moved
        } else {
            Acknowledged::Declined
        })
    }

    async fn copy_and_remove(
        &mut self,
        uids: &BTreeSet<u32>,
        to: Shelf,
        shelf: &Folder,
    ) -> Result<bool, MailboxError> {
        let old: BTreeSet<u32> = uids
            .iter()
            .copied()
            .filter(|&uid| u64::from(uid) < self.uid_next || self.uid_next == 0)
            .filter(|uid| !self.copied.contains(uid))
            .collect();
        if !old.is_empty() {
            let found = self.already_on(&old, to).await?;
            self.copied.extend(found);
        }
        let fresh: BTreeSet<u32> = uids.difference(&self.copied).copied().collect();
        if !self.put_on("UID COPY", &fresh, shelf).await? {
            return Ok(false);
        }
        self.copied.extend(&fresh);
        if !self.remove(uids).await? {
            return Ok(false);
        }
        self.copied.retain(|uid| !uids.contains(uid));
        Ok(true)
    }

    /// Removes exactly these letters from the open folder (RFC 4315); false for NO.
    async fn remove(&mut self, uids: &BTreeSet<u32>) -> Result<bool, MailboxError> {
        for set in sets(uids) {
            let store = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
            let expunge = format!("UID EXPUNGE {set}");
            if !self.willing("UID STORE", store).await?
                || !self.willing("UID EXPUNGE", expunge).await?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// MOVE or COPY; the shelf is made again if somebody has deleted it.
    async fn put_on(
        &mut self,
        verb: &'static str,
        uids: &BTreeSet<u32>,
        shelf: &Folder,
    ) -> Result<bool, MailboxError> {
        for set in sets(uids) {
            let line = format!("{verb} {set} {}", shelf.as_str());
            match self.session.order(Command::line(verb, line.clone())).await {
                Ok(_) => {}
                Err(MailboxError::Declined { code, .. })
                    if code == "TRYCREATE" || code == "NONEXISTENT" =>
                {
                    if !folder::ensure(&mut self.session, shelf).await?
                        || !self.willing(verb, line).await?
                    {
                        return Ok(false);
                    }
                }
                Err(error) => return declined(error),
            }
        }
        Ok(true)
    }

    /// Sends a command; false for NO.
    async fn willing(&mut self, name: &'static str, line: String) -> Result<bool, MailboxError> {
        match self.session.order(Command::line(name, line)).await {
            Ok(_) => Ok(true),
            Err(error) => declined(error),
        }
    }

    /// Which of these letters of the watched folder lie on the shelf already.
    async fn already_on(
        &mut self,
        uids: &BTreeSet<u32>,
        to: Shelf,
    ) -> Result<BTreeSet<u32>, MailboxError> {
        let here = self.likenesses(uids).await?;
        let Some(oldest) = here.values().map(|(_, time, _)| *time).min() else {
            return Ok(BTreeSet::new());
        };
        match self.visit(to).await {
            Ok(()) => {}
            Err(MailboxError::FolderMissing(_) | MailboxError::Declined { .. }) => {
                self.open = Open::Nothing;
                self.home().await?;
                return Ok(BTreeSet::new());
            }
            Err(error) => return Err(error),
        }
        let there = self.search_since(oldest).await?;
        let there: BTreeSet<Likeness> = self.likenesses(&there).await?.into_values().collect();
        self.home().await?;
        Ok(here
            .into_iter()
            .filter(|(_, likeness)| there.contains(likeness))
            .map(|(uid, _)| uid)
            .collect())
    }

    async fn likenesses(
        &mut self,
        uids: &BTreeSet<u32>,
    ) -> Result<BTreeMap<u32, Likeness>, MailboxError> {
        let mut found = BTreeMap::new();
        let items = "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";
        for set in sets(uids) {
            self.tell(&set, items, NAMES, |uid, told| {
                if let (Some(size), Some(time), Some(field)) = (told.size, told.time, told.section)
                    && field.contains(&b'<')
                {
                    found.insert(uid, (size, time, field.trim_ascii().to_vec()));
                }
            })
            .await?;
        }
        Ok(found)
    }
}

/// NO is the server's decision, and told as one; everything else ends the session.
fn declined(error: MailboxError) -> Result<bool, MailboxError> {
    match error {
        MailboxError::Declined {
            command,
            status: "NO",
            code,
        } => {
            tracing::warn!(command, code, "the mail server would not put letters away");
            Ok(false)
        }
        error => Err(error),
    }
}
