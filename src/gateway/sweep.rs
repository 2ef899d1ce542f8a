//! One look through a mailbox: everything in it is taken in, decided, and put on its shelf.
//!
//! The work list is what the server lists, never a flag that another program may set. What the
//! journal knows already is not fetched again. A letter leaves the watched folder only after the
//! commit that holds its bytes and its disposition.
//!
//! Letters that are too large are taken in by their head alone and held. When more than
//! [`Guard::letters`] unknown letters are older than [`Guard::age`], the outbox is held before any
//! of them is decided: such a heap is a first start, a new UIDVALIDITY or a restored backup.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{BATCH, Gateway};
use crate::crash;
use crate::decide::Disposition;
use crate::decide::answer::is_old;
use crate::mailbox::{Acknowledged, Listed, Mailbox, MailboxError, Shelf, Uid};
use crate::message::limits;
use crate::store::StoreError;
use crate::store::journal::{Arrival, Known, LetterId, Shelved, Unfinished};
use crate::store::settle::Settled;

/// Bytes fetched at once, so that a box of large letters does not fill the memory.
const PORTION: u64 = 8 * 1024 * 1024;
/// Bytes kept of a letter that is too large to be taken in whole.
const HEAD: u32 = 256 * 1024;

/// When a heap of old letters is no longer a busy morning.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Unknown letters older than `age` that are still no heap.
    pub letters: usize,
    /// The age from which a letter is not answered automatically.
    pub age: SignedDuration,
}

/// What one look found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Letters in the watched folder.
    pub listed: usize,
    /// Letters taken in now.
    pub taken: usize,
    /// Letters taken in now that are not decided yet: the next look shelves them.
    pub left: usize,
    /// Letters taken in earlier that are not decided yet.
    pub waiting: usize,
}

/// Why a look ended early. What was done before stays done.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The mailbox failed: reconnect.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The store failed: wait, nothing is lost.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Looks through `mailbox`, known to the journal as `name`.
    ///
    /// # Errors
    /// When the mailbox or the store fails.
    pub async fn sweep(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        guard: Guard,
    ) -> Result<Swept, SweepError> {
        let listed = mailbox.list().await?;
        crash::point("C1");
        let known = self.known(name, mailbox.epoch(), &listed).await?;
        let mut shelves = Shelves::default();
        let mut fresh = Vec::new();
        let mut waiting = 0;
        for letter in &listed {
            match known.get(&letter.uid.to_string()) {
                None => fresh.push(letter.clone()),
                Some(Known::Decided { id, held }) => {
                    shelves.add(letter.uid.clone(), *id, *held);
                }
                Some(Known::Received) => waiting += 1,
                Some(Known::Finished) => {}
            }
        }
        self.acknowledge(mailbox, shelves).await?;
        if waiting > 0 {
            self.resume().await?;
        }
        self.guard(name, &fresh, guard).await?;
        let mut swept = Swept {
            listed: listed.len(),
            waiting,
            ..Swept::default()
        };
        let mut portions = crate::mailbox::portions(&fresh, BATCH, PORTION).into_iter();
        let mut arrivals = match portions.next() {
            Some(first) => fetch(mailbox, first).await?,
            None => return Ok(swept),
        };
        loop {
            let next = portions.next();
            let last = next.is_none();
            arrivals = self
                .take(
                    name,
                    mailbox,
                    arrivals,
                    next.unwrap_or_default(),
                    &mut swept,
                )
                .await?;
            if last {
                return Ok(swept);
            }
        }
    }

    async fn known(
        &self,
        name: &str,
        epoch: u64,
        listed: &[Listed],
    ) -> Result<HashMap<String, Known>, StoreError> {
        let mut known = HashMap::new();
        for chunk in listed.chunks(2_000) {
            let uids = chunk.iter().map(|letter| letter.uid.to_string()).collect();
            known.extend(self.store.known(name, epoch, uids).await?);
        }
        Ok(known)
    }

    async fn guard(&self, name: &str, fresh: &[Listed], guard: Guard) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let old = fresh
            .iter()
            .filter(|letter| is_old(letter.received_at, now, guard.age))
            .count();
        if old <= guard.letters {
            return Ok(());
        }
        tracing::warn!(
            mailbox = name,
            letters = old,
            "a heap of old letters: the outbox is held until `guichet outbox release`"
        );
        let why = format!(
            "{old} letters in mailbox `{name}` were new and older than {} h",
            guard.age.as_hours()
        );
        self.store.hold_outbox(&why).await
    }

    /// Journals, decides and shelves one portion; brings the next one meanwhile, since server and
    /// gateway would only wait for one another.
    async fn take(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        arrivals: Vec<Arrival>,
        next: &[Listed],
        swept: &mut Swept,
    ) -> Result<Vec<Arrival>, SweepError> {
        crash::point("C2");
        let epoch = mailbox.epoch();
        let decided = async {
            let (letters, uid_of) = self.journal(name, epoch, arrivals).await?;
            let taken = letters.len();
            let settled = self.process(letters).await?;
            Ok::<_, StoreError>((taken, settled, uid_of))
        };
        let (decided, fetched) = futures_util::future::join(decided, fetch(mailbox, next)).await;
        let (taken, settled, uid_of) = decided?;
        swept.taken += taken;
        swept.left += taken - settled.len();
        // A connection that failed shelves nothing either: the next session does, from the journal.
        let fetched = fetched?;
        self.acknowledge(mailbox, shelves_of(&settled, &uid_of))
            .await?;
        Ok(fetched)
    }

    /// Makes the letters' bytes durable; says which UID each has.
    async fn journal(
        &self,
        name: &str,
        epoch: u64,
        arrivals: Vec<Arrival>,
    ) -> Result<(Vec<Unfinished>, HashMap<LetterId, String>), StoreError> {
        let uids: Vec<String> = arrivals.iter().map(|letter| letter.uid.clone()).collect();
        let mut letters: Vec<Unfinished> = arrivals
            .iter()
            .map(|letter| Unfinished {
                id: LetterId(0),
                mailbox: name.to_owned(),
                received_at: letter.received_at,
                size: letter.size,
                attempts: 0,
                raw: letter.raw.clone(),
                rescan: letter.rescan,
            })
            .collect();
        let ids = self
            .store
            .journal(name, epoch, Timestamp::now(), arrivals)
            .await?;
        crash::point("C3");
        let mut uid_of = HashMap::new();
        for ((letter, id), uid) in letters.iter_mut().zip(&ids).zip(uids) {
            letter.id = *id;
            uid_of.insert(*id, uid);
        }
        Ok((letters, uid_of))
    }

    async fn acknowledge(&self, mailbox: &mut Mailbox, shelves: Shelves) -> Result<(), SweepError> {
        for (shelf, letters) in [(Shelf::Done, shelves.done), (Shelf::Held, shelves.held)] {
            for chunk in letters.chunks(500) {
                let uids: Vec<Uid> = chunk.iter().map(|(uid, _)| uid.clone()).collect();
                let how = match mailbox.acknowledge(&uids, shelf).await? {
                    Acknowledged::Moved => Shelved::Moved,
                    Acknowledged::Stays => Shelved::Stays,
                    Acknowledged::Declined => {
                        tracing::warn!(
                            letters = chunk.len(),
                            "the server would not move decided letters; check its quota and the rights on the folders"
                        );
                        continue;
                    }
                };
                crash::point("C7");
                self.store
                    .acknowledged(chunk.iter().map(|(_, id)| *id).collect(), how)
                    .await?;
                crash::point("C8");
            }
        }
        Ok(())
    }
}

/// Decided letters by the shelf they go to.
#[derive(Debug, Default)]
struct Shelves {
    done: Vec<(Uid, LetterId)>,
    held: Vec<(Uid, LetterId)>,
}

impl Shelves {
    fn add(&mut self, uid: Uid, id: LetterId, held: bool) {
        if held { &mut self.held } else { &mut self.done }.push((uid, id));
    }
}

fn shelves_of(settled: &[Settled], uid_of: &HashMap<LetterId, String>) -> Shelves {
    let mut shelves = Shelves::default();
    for letter in settled {
        if let Some(uid) = uid_of.get(&letter.id).and_then(|uid| uid.parse().ok()) {
            let held = letter.decision.disposition == Disposition::Held;
            shelves.add(uid, letter.id, held);
        }
    }
    shelves
}

async fn fetch(mailbox: &mut Mailbox, portion: &[Listed]) -> Result<Vec<Arrival>, MailboxError> {
    if portion.is_empty() {
        return Ok(Vec::new());
    }
    let (large, whole): (Vec<_>, Vec<_>) = portion
        .iter()
        .partition(|letter| letter.size > limits::LETTER);
    let uids: Vec<Uid> = whole.iter().map(|letter| letter.uid.clone()).collect();
    let mut arrivals: Vec<Arrival> = mailbox
        .fetch(&uids)
        .await?
        .into_iter()
        .map(|letter| Arrival {
            uid: letter.uid.to_string(),
            received_at: letter.received_at,
            size: letter.raw.len() as u64,
            raw: letter.raw,
            rescan: false,
        })
        .collect();
    for letter in large {
        if let Some(head) = mailbox.fetch_head(&letter.uid, HEAD).await? {
            arrivals.push(Arrival {
                uid: letter.uid.to_string(),
                received_at: letter.received_at,
                size: letter.size,
                raw: head.raw,
                rescan: false,
            });
        }
    }
    Ok(arrivals)
}
