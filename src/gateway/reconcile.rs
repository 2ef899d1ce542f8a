//! After a backup was put back: letters that were decided since it was made lie on the shelf
//! `Done` or `Held`, and the store knows nothing of them.
//!
//! What arrived within the last fourteen days is taken in again from the shelf. What the store
//! knows turns out to be a duplicate; the rest become tickets, and nobody is answered, because
//! whoever wrote them was answered before.
//!
//! Not handled: letters on a shelf that another program emptied, and a backup older than that.

use jiff::{SignedDuration, Timestamp};

use super::sweep::SweepError;
use super::{BATCH, Gateway};
use crate::mailbox::{Mailbox, Shelf, Uid, portions};
use crate::message::limits;
use crate::store::journal::Arrival;

/// How far back the shelf is looked through.
const REACH: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Bytes fetched at once.
const PORTION: u64 = 8 * 1024 * 1024;

impl Gateway {
    /// Takes in again what lies on the shelves of `mailbox` after the restore noticed at `at`; says
    /// how many letters that were.
    ///
    /// # Errors
    /// When the mailbox or the store fails.
    pub async fn reconcile(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        at: Timestamp,
    ) -> Result<usize, SweepError> {
        let mut count = 0;
        for shelf in [Shelf::Done, Shelf::Held] {
            count += self.reconcile_shelf(name, mailbox, shelf, at).await?;
        }
        Ok(count)
    }

    async fn reconcile_shelf(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        shelf: Shelf,
        at: Timestamp,
    ) -> Result<usize, SweepError> {
        let since = at.checked_sub(REACH).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut shelved = mailbox.shelved(shelf, Some(since)).await?;
        shelved.retain(|letter| letter.size <= limits::LETTER);
        // The shelf has other UIDs than the folder the letters came from. The key is the same
        // however often this is begun anew, so that nothing is journalled twice.
        let key = format!("{name} ({shelf:?} after the restore of {at})");
        let mut count = 0;
        for portion in portions(&shelved, BATCH, PORTION) {
            let uids: Vec<Uid> = portion.iter().map(|letter| letter.uid.clone()).collect();
            let fetched = mailbox.fetch_shelved(shelf, &uids).await?;
            count += fetched.len();
            let arrivals: Vec<Arrival> = fetched
                .into_iter()
                .map(|letter| Arrival {
                    uid: letter.uid.to_string(),
                    received_at: letter.received_at,
                    size: letter.raw.len() as u64,
                    raw: letter.raw,
                    rescan: true,
                })
                .collect();
            let (letters, _) = self.journal(&key, 0, arrivals).await?;
            self.process(letters).await?;
        }
        Ok(count)
    }
}
