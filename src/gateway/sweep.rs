//! One look through a mailbox: everything in it is taken in, decided, and put on its shelf.
//!
//! The work list is what the server lists, never a flag that another program may set. What the
//! journal knows already is not fetched again. A letter leaves the watched folder only after the
//! commit that holds its bytes and its disposition.
//!
//! Letters that are too large are taken in by their head alone and held. When more than
//! [`Limits::heap`](crate::decide::answer::Limits) unknown letters are too old to be answered, the outbox is held before any
//! of them is decided: such a heap is a first start, a new UIDVALIDITY or a restored backup.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{BATCH, Gateway};
use crate::crash;
use crate::decide::Disposition;
use crate::decide::answer::is_old;
use crate::mailbox::{Acknowledged, Listed, Mailbox, MailboxError, Shelf, Uid, portions};
use crate::message::limits;
use crate::store::StoreError;
use crate::store::journal::{Arrival, Known, LetterId, Shelved, Unfinished};
use crate::store::settle::Settled;

/// Bytes fetched at once, so that a box of large letters does not fill the memory.
const PORTION: u64 = 8 * 1024 * 1024;
/// Bytes kept of a letter that is too large to be taken in whole.
const HEAD: u32 = 256 * 1024;

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
    pub async fn sweep(&self, name: &str, mailbox: &mut Mailbox) -> Result<Swept, SweepError> {
        if let Some(at) = self.store.to_reconcile(name).await? {
            let letters = self.reconcile(name, mailbox, at).await?;
            self.store.reconciled(name, at).await?;
            tracing::warn!(
                mailbox = name,
                letters,
                "the shelves were compared with the store after a backup was put back"
            );
        }
        let swept = self.take_in(name, mailbox).await?;
        // Last: trouble with what lies on a shelf must not keep new letters waiting.
        self.put_right(name, mailbox).await?;
        Ok(swept)
    }

    /// Takes in one letter of the watched folder, and nothing else that lies there.
    ///
    /// # Errors
    /// When the mailbox or the store fails.
    pub async fn take_one(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        uid: &Uid,
    ) -> Result<(), SweepError> {
        let listed = mailbox.list().await?;
        let Some(letter) = listed.into_iter().find(|letter| letter.uid == *uid) else {
            return Ok(());
        };
        let known = self.known(name, mailbox.epoch(), std::slice::from_ref(&letter));
        if known.await?.is_empty() {
            let arrivals = self.fetch(name, mailbox, &[letter]).await?;
            let mut swept = Swept::default();
            self.take(name, mailbox, arrivals, &[], &mut swept).await?;
        }
        Ok(())
    }

    /// Takes in what is new in the watched folder, and puts away what is decided.
    async fn take_in(&self, name: &str, mailbox: &mut Mailbox) -> Result<Swept, SweepError> {
        let listed = mailbox.list().await?;
        self.telemetry.looked(name, self.clock.now());
        crash::point("C1");
        let known = self.known(name, mailbox.epoch(), &listed).await?;
        let mut shelves = Shelves::default();
        let mut fresh = Vec::new();
        let mut waiting = 0;
        for letter in &listed {
            match known.get(&key(mailbox.epoch(), letter)) {
                None => fresh.push(letter.clone()),
                Some(Known::Decided { id, held }) => {
                    shelves.add(letter.uid.clone(), *id, *held);
                }
                Some(Known::Received) => waiting += 1,
                Some(Known::Finished) => {}
            }
        }
        self.acknowledge(mailbox, shelves).await?;
        if waiting > 0 && self.flights.count() == 0 {
            self.resume().await?;
        }
        self.guard(name, &fresh).await?;
        let (fresh, troubled) = self.withheld.apart(name, fresh);
        let mut swept = Swept {
            listed: listed.len(),
            waiting,
            ..Swept::default()
        };
        for (letter, times) in troubled {
            self.take_troubled(name, mailbox, &letter, times, &mut swept)
                .await?;
        }
        let mut portions = portions(&fresh, BATCH, PORTION).into_iter();
        let mut arrivals = match portions.next() {
            Some(first) => self.fetch(name, mailbox, first).await?,
            None => return Ok(swept),
        };
        loop {
            let next = portions.next().filter(|_| !self.is_stopping());
            let last = next.is_none();
            let next = next.unwrap_or_default();
            arrivals = self.take(name, mailbox, arrivals, next, &mut swept).await?;
            if last {
                return Ok(swept);
            }
        }
    }

    /// Tries a letter alone whose fetch failed before: whole, then its beginning, and at last
    /// keeps it held without bytes.
    async fn take_troubled(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        letter: &Listed,
        times: u32,
        swept: &mut Swept,
    ) -> Result<(), SweepError> {
        let alone = std::slice::from_ref(letter);
        let arrivals = match times {
            1 => self.fetch(name, mailbox, alone).await?,
            2 => {
                let head = mailbox.fetch_head(&letter.uid, HEAD).await;
                self.noted(name, head)?
                    .map(|head| beginning(mailbox.epoch(), letter, head.raw))
                    .into_iter()
                    .collect()
            }
            _ => vec![beginning(mailbox.epoch(), letter, Vec::new())],
        };
        self.take(name, mailbox, arrivals, &[], swept).await?;
        self.withheld.forget(name, &letter.uid);
        Ok(())
    }

    /// Remembers which letter a failed fetch failed on.
    fn noted<T>(&self, name: &str, fetched: Result<T, MailboxError>) -> Result<T, MailboxError> {
        if let Err(error) = &fetched
            && let Some(uid) = error.letter()
        {
            self.withheld.again(name, uid);
        }
        fetched
    }

    async fn fetch(
        &self,
        name: &str,
        mailbox: &mut Mailbox,
        portion: &[Listed],
    ) -> Result<Vec<Arrival>, MailboxError> {
        let fetched = fetch(mailbox, portion).await;
        self.noted(name, fetched)
    }

    async fn known(
        &self,
        name: &str,
        epoch: u64,
        listed: &[Listed],
    ) -> Result<HashMap<String, Known>, StoreError> {
        let mut known = HashMap::new();
        for chunk in listed.chunks(2_000) {
            let uids = chunk.iter().map(|letter| key(epoch, letter)).collect();
            known.extend(self.store.known(name, epoch, uids).await?);
        }
        Ok(known)
    }

    async fn guard(&self, name: &str, fresh: &[Listed]) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let limits = self.rules.get().decide.limits.clone();
        let old = fresh
            .iter()
            .filter(|letter| is_old(letter.received_at, now, limits.max_age))
            .count();
        if old <= limits.heap {
            return Ok(());
        }
        tracing::warn!(
            mailbox = name,
            letters = old,
            "a heap of old letters: the outbox is held until `guichet outbox release`"
        );
        let why = format!(
            "{old} letters in mailbox `{name}` were new and older than {} h",
            limits.max_age.as_hours()
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
        let (decided, fetched) =
            futures_util::future::join(decided, self.fetch(name, mailbox, next)).await;
        let (taken, settled, uid_of) = decided?;
        // A long list is read for as long as it takes.
        self.telemetry.looked(name, self.clock.now());
        swept.taken += taken;
        swept.left += taken - settled.len();
        // A connection that failed shelves nothing either: the next session does, from the journal.
        let fetched = fetched?;
        self.acknowledge(mailbox, shelves_of(&settled, &uid_of))
            .await?;
        Ok(fetched)
    }

    /// Makes the letters' bytes durable; says which UID each has.
    pub(super) async fn journal(
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
                review: None,
                imported: None,
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
                    Acknowledged::Moved if shelf == Shelf::Held => Shelved::Held,
                    Acknowledged::Moved => Shelved::Done,
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
        if let Some(uid) = uid_of.get(&letter.id).and_then(|key| uid_in(key)) {
            let held = letter.decision.disposition == Disposition::Held;
            shelves.add(uid, letter.id, held);
        }
    }
    shelves
}

/// The letter's name in the journal. Where a folder has no UIDVALIDITY (a Maildir, or a server
/// that gives none) a name may come again for another letter, so that its arrival and its size
/// belong to the name.
fn key(epoch: u64, letter: &Listed) -> String {
    if epoch == 0 {
        let arrival = letter.received_at.as_millisecond();
        format!("{} {arrival} {}", letter.uid, letter.size)
    } else {
        letter.uid.to_string()
    }
}

/// The UID in a [`key`].
fn uid_in(key: &str) -> Option<Uid> {
    key.split(' ').next()?.parse().ok()
}

/// What is taken in of a letter that is not taken in whole. An empty beginning says that the
/// server never gave it.
fn beginning(epoch: u64, letter: &Listed, raw: Vec<u8>) -> Arrival {
    let whole = !raw.is_empty() && raw.len() < HEAD as usize;
    Arrival {
        uid: key(epoch, letter),
        received_at: letter.received_at,
        size: if whole {
            raw.len() as u64
        } else if raw.is_empty() {
            letter.size.max(1)
        } else {
            letter.size.max(limits::LETTER + 1)
        },
        raw,
        rescan: false,
    }
}

async fn fetch(mailbox: &mut Mailbox, portion: &[Listed]) -> Result<Vec<Arrival>, MailboxError> {
    if portion.is_empty() {
        return Ok(Vec::new());
    }
    let epoch = mailbox.epoch();
    let keys: HashMap<&Uid, String> = portion
        .iter()
        .map(|letter| (&letter.uid, key(epoch, letter)))
        .collect();
    let (large, whole): (Vec<_>, Vec<_>) = portion
        .iter()
        .partition(|letter| letter.size > limits::LETTER);
    let uids: Vec<Uid> = whole.iter().map(|letter| letter.uid.clone()).collect();
    let mut arrivals: Vec<Arrival> = mailbox
        .fetch(&uids)
        .await?
        .into_iter()
        .filter_map(|letter| {
            Some(Arrival {
                uid: keys.get(&letter.uid)?.clone(),
                received_at: letter.received_at,
                size: letter.raw.len() as u64,
                raw: letter.raw,
                rescan: false,
            })
        })
        .collect();
    for letter in large {
        if let Some(head) = mailbox.fetch_head(&letter.uid, HEAD).await? {
            arrivals.push(beginning(epoch, letter, head.raw));
        }
    }
    Ok(arrivals)
}
