//! Held letters that an admin released or discarded: decided again, and put where they belong.
//!
//! The command line notes the admin's word in the store; the running gateway looks for it every few
//! seconds. The letter on the server then lies with the held ones under a name that only the shelf
//! knows, so that it is looked for there: by arrival and size, and known by the hash of its bytes. A
//! letter that was never taken in whole is known by arrival and size alone, if only one fits.
//!
//! Not handled: a letter that somebody moved or deleted by hand; that is said once, and then left.

use sha2::{Digest, Sha256};

use super::sweep::SweepError;
use super::{BATCH, Gateway};
use crate::mailbox::{Acknowledged, Listed, Mailbox, Shelf, Uid, portions};
use crate::message::limits;
use crate::store::StoreError;
use crate::store::review::Astray;

/// Bytes fetched at once.
const PORTION: u64 = 8 * 1024 * 1024;
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
        let mut shelved = mailbox.shelved(Shelf::Held, Some(oldest)).await?;
        for letter in astray {
            let uid = find(mailbox, &shelved, &letter).await?;
            let Some(uid) = uid else {
                tracing::warn!(letter = %letter.id, "a letter that is held no more was not found with the held ones");
                self.store.put_right(letter.id, false).await?;
                continue;
            };
            shelved.retain(|listed| listed.uid != uid);
            match mailbox.reshelve(Shelf::Held, &[uid], Shelf::Done).await? {
                Acknowledged::Moved => self.store.put_right(letter.id, true).await?,
                // It lies where people look for held letters; the store knows better.
                Acknowledged::Stays => self.store.put_right(letter.id, false).await?,
                Acknowledged::Declined => {
                    tracing::warn!(letter = %letter.id, "the server would not move a letter that is held no more");
                }
            }
        }
        Ok(())
    }
}

async fn find(
    mailbox: &mut Mailbox,
    shelved: &[Listed],
    letter: &Astray,
) -> Result<Option<Uid>, SweepError> {
    let near: Vec<Listed> = shelved
        .iter()
        .filter(|listed| listed.size.abs_diff(letter.size) <= OFF)
        .cloned()
        .collect();
    let (large, whole): (Vec<_>, Vec<_>) = near
        .into_iter()
        .partition(|listed| listed.size > limits::LETTER);
    for portion in portions(&whole, BATCH, PORTION) {
        let uids: Vec<Uid> = portion.iter().map(|listed| listed.uid.clone()).collect();
        let fetched = mailbox.fetch_shelved(Shelf::Held, &uids).await?;
        let same = fetched.into_iter().find(|fetched| {
            data_encoding::HEXLOWER.encode(&Sha256::digest(&fetched.raw)) == letter.raw_sha256
        });
        if let Some(found) = same {
            return Ok(Some(found.uid));
        }
    }
    let second = letter.received_at.as_second();
    let mut alike = large
        .into_iter()
        .filter(|listed| listed.received_at.as_second() == second);
    Ok(match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only.uid),
        _ => None,
    })
}
