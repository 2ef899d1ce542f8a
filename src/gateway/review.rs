//! Held letters that an admin released or discarded: decided again, and put where they belong.
//!
//! The command line notes the admin's word in the store; the running gateway looks for it every few
//! seconds. The letter on the server then lies with the held ones under a name that only the shelf
//! knows, so that it is looked for there: by arrival and size, and known by the hash of its bytes. A
//! letter that was never taken in whole, or that the server does not hand over, is known by arrival
//! and size alone, if only one fits.
//!
//! All this comes after the letters of the watched folder: a shelf that cannot be opened, or a
//! letter on it that cannot be had, must not keep new letters waiting.
//!
//! Not handled: a letter that somebody moved or deleted by hand; that is said once, and then left.

use sha2::{Digest, Sha256};

use super::sweep::SweepError;
use super::{BATCH, Gateway};
use crate::mailbox::{Acknowledged, Listed, Mailbox, MailboxError, Shelf, Uid};
use crate::message::limits;
use crate::store::StoreError;
use crate::store::review::Astray;

/// Times that a letter on the shelf is asked for in vain.
const TRIES: u32 = 3;
/// Some servers are off by the line ends they count.
const OFF: u64 = 16 * 1024;

impl Gateway {
    /// Decides about letters that were reviewed and are not under way; says how many.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn reviewed(&self) -> Result<usize, StoreError> {
        let letters = self.store.reviewed(BATCH as u32).await?;
        Ok(self.process(letters).await?.len())
    }

    /// Moves letters of `mailbox` that lie with the held ones and are not held any more.
    ///
    /// # Errors
    /// When the mailbox or the store fails.
    pub(super) async fn put_right(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
    ) -> Result<(), SweepError> {
        let astray = self.store.astray(name).await?;
        let Some(oldest) = astray.iter().map(|letter| letter.received_at).min() else {
            return Ok(());
        };
        let mut shelved = match mailbox.shelved(Shelf::Held, Some(oldest)).await {
            Ok(shelved) => shelved,
            Err(error) if error.spares_session() => {
                tracing::warn!(mailbox = name, %error, "the shelf of the held letters cannot be looked through; letters that are held no more stay there");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for letter in astray {
            let uid = self.find(name, mailbox, &shelved, &letter).await?;
            let Some(uid) = uid else {
                tracing::warn!(letter = %letter.id, "a letter that is held no more was not found with the held ones");
                self.store.put_right(letter.id, false).await?;
                continue;
            };
            shelved.retain(|listed| listed.uid != uid);
            match mailbox.reshelve(Shelf::Held, &[uid], Shelf::Done).await {
                Ok(Acknowledged::Moved) => self.store.put_right(letter.id, true).await?,
                // It lies where people look for held letters; the store knows better.
                Ok(Acknowledged::Stays) => self.store.put_right(letter.id, false).await?,
                Ok(Acknowledged::Declined) => {
                    tracing::warn!(letter = %letter.id, "the server would not move a letter that is held no more");
                }
                Err(error) if error.spares_session() => {
                    tracing::warn!(letter = %letter.id, %error, "a letter that is held no more cannot be moved");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The letter on the shelf. One that cannot be had is fetched alone, so that it costs nobody
    /// else; one on which sessions ended is not asked for any more.
    async fn find(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        shelved: &[Listed],
        letter: &Astray,
    ) -> Result<Option<Uid>, SweepError> {
        let near: Vec<Listed> = shelved
            .iter()
            .filter(|listed| listed.size.abs_diff(letter.size) <= OFF)
            .cloned()
            .collect();
        let never_had = letter.raw_sha256 == digest(b"");
        let (mut unread, whole): (Vec<_>, Vec<_>) = near
            .into_iter()
            .partition(|listed| never_had || listed.size > limits::LETTER);
        for listed in whole {
            if self.unfetched.times(name, &listed.uid) >= TRIES {
                unread.push(listed);
                continue;
            }
            match self.fetch_one(name, mailbox, &listed).await? {
                Some(hash) if hash == letter.raw_sha256 => return Ok(Some(listed.uid)),
                Some(_) => {}
                None => unread.push(listed),
            }
        }
        let second = letter.received_at.as_second();
        let mut alike = unread
            .into_iter()
            .filter(|listed| listed.received_at.as_second() == second);
        Ok(match (alike.next(), alike.next()) {
            (Some(only), None) => Some(only.uid),
            _ => None,
        })
    }

    /// The hash of a letter on the shelf; nothing if the server does not hand it over.
    async fn fetch_one(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        listed: &Listed,
    ) -> Result<Option<String>, MailboxError> {
        // Noted first: some servers end the session over a letter that is broken.
        self.unfetched.again(name, &listed.uid);
        let alone = std::slice::from_ref(&listed.uid);
        match mailbox.fetch_shelved(Shelf::Held, alone).await {
            Ok(fetched) => {
                self.unfetched.forget(name, &listed.uid);
                Ok(fetched.first().map(|fetched| digest(&fetched.raw)))
            }
            Err(error) if error.spares_session() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}
