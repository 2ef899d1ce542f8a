//! The store compared with the folders on the mail server (rule I3): each letter lies in exactly the
//! folder that its disposition says.
//!
//! In: an open mailbox and the store. Out: the breaches, both ways: letters that the store says were
//! moved and that are not on their shelf, letters in a folder that the store knows nothing of or has
//! elsewhere, and a changed UIDVALIDITY. Nothing is changed, on neither side.
//!
//! A move gives a letter a new UID that nobody tells us. So a letter on a shelf is known by its
//! arrival (INTERNALDATE survives a move, RFC 3501 §6.4.7) and size first; only what is left
//! over on either side is fetched, in portions, and known by its bytes.
//!
//! Not handled: letters too large to be fetched, which count as known by arrival and size alone;
//! what an admin or a rule of the mail server removed on purpose looks like a loss, unless its time
//! in the store is over too.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::mailbox::{Listed, Mailbox, MailboxError, Shelf, Uid, portions};
use crate::message::limits;
use crate::store::audit::{Breach, Listener, Progress};
use crate::store::journal::Known;
use crate::store::shelved::Placed;
use crate::store::{StoreError, View};

/// Letters and bytes fetched at once.
const PORTION: (usize, u64) = (32, 8 * 1024 * 1024);

/// Why the comparison ended early.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The mailbox failed.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The mailbox's name in the configuration.
    pub name: &'a str,
    /// What came before this instant (Unix seconds) has to be in its place.
    pub late: i64,
}

/// Compares one mailbox with the store.
///
/// # Errors
/// [`CompareError`]; what was told before holds.
pub async fn compare(
    mailbox: &mut Mailbox,
    view: &View,
    terms: Terms<'_>,
    listener: &mut dyn Listener,
) -> Result<(), CompareError> {
    epoch(mailbox.epoch(), view, terms, listener)?;
    watched(mailbox, view, terms, listener).await?;
    for shelf in [Shelf::Done, Shelf::Held] {
        listener.progress(Progress {
            what: "folders",
            done: u64::from(shelf == Shelf::Held) + 1,
            all: 3,
        });
        on_shelf(mailbox, view, terms, shelf, listener).await?;
    }
    Ok(())
}

fn epoch(
    now: u64,
    view: &View,
    terms: Terms<'_>,
    listener: &mut dyn Listener,
) -> Result<(), StoreError> {
    if let Some(before) = view
        .newest_epoch(terms.name)?
        .filter(|before| *before != now)
    {
        listener.breach(Breach {
            rule: "I3",
            about: format!("mailbox `{}`", terms.name),
            found: format!("the server's UIDVALIDITY is {now}, and was {before}"),
            expected: "the folder that the letters came from",
            todo: "nothing if the folder was made anew: letters that come again are duplicates",
        });
    }
    Ok(())
}

async fn watched(
    mailbox: &mut Mailbox,
    view: &View,
    terms: Terms<'_>,
    listener: &mut dyn Listener,
) -> Result<(), CompareError> {
    let listed = mailbox.list().await?;
    for letter in listed {
        let uid = letter.uid.to_string();
        let known = view.known(terms.name, mailbox.epoch(), &uid)?;
        let late = letter.received_at.as_second() <= terms.late;
        let (about, found) = match known {
            None if late => (
                format!("letter at {uid} of `{}`", terms.name),
                "it was not taken in".to_owned(),
            ),
            Some(Known::Decided { id, .. }) if late => (
                format!("letter {id}"),
                format!(
                    "it is decided and still lies in the watched folder of `{}`",
                    terms.name
                ),
            ),
            // Taken in and not decided is a matter of the store (I1).
            _ => continue,
        };
        listener.breach(Breach {
            rule: "I3",
            about,
            found,
            expected: "every letter taken in and put away within the hour",
            todo: "look whether `guichet run` works and may move letters in this mailbox",
        });
    }
    Ok(())
}

/// What is left of a shelf when what is known by arrival and size is taken away on both sides.
/// Letters that have both in common, and are not as many here as there, are all left.
fn left_over(listed: Vec<Listed>, placed: Vec<Placed>) -> (Vec<Listed>, Vec<Placed>) {
    let mut alike: BTreeMap<(i64, u64), (Vec<Listed>, Vec<Placed>)> = BTreeMap::new();
    for letter in listed {
        let key = (letter.received_at.as_second(), letter.size);
        alike.entry(key).or_default().0.push(letter);
    }
    for letter in placed {
        let key = (letter.received_at, letter.size);
        alike.entry(key).or_default().1.push(letter);
    }
    let (mut strangers, mut missing) = (Vec::new(), Vec::new());
    for (here, there) in alike.into_values() {
        if here.len() != there.len() {
            strangers.extend(here);
            missing.extend(there);
        }
    }
    (strangers, missing)
}

async fn on_shelf(
    mailbox: &mut Mailbox,
    view: &View,
    terms: Terms<'_>,
    shelf: Shelf,
    listener: &mut dyn Listener,
) -> Result<(), CompareError> {
    let held = shelf == Shelf::Held;
    let listed = mailbox.shelved(shelf, None).await?;
    let (mut strangers, missing) = left_over(listed, view.placed(terms.name, held)?);
    let mut missing: BTreeMap<i64, Placed> = missing.into_iter().map(|one| (one.id, one)).collect();
    strangers.retain(|letter| letter.size <= limits::LETTER);
    let mut wanted = BTreeSet::new();
    for portion in portions(&strangers, PORTION.0, PORTION.1) {
        let uids: Vec<Uid> = portion.iter().map(|letter| letter.uid.clone()).collect();
        for letter in mailbox.fetch_shelved(shelf, &uids).await? {
            let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&letter.raw));
            let known = view.with_bytes(&sha256)?;
            let here = known.iter().find(|one| {
                one.held == held
                    && (missing.contains_key(&one.id) || !one.placed && !wanted.contains(&one.id))
            });
            if let Some(one) = here {
                missing.remove(&one.id);
                wanted.insert(one.id);
            } else {
                let id = known.first().map(|one| one.id);
                stray(terms, shelf, &letter.uid, id, listener);
            }
        }
    }
    for letter in missing.into_values().filter(|letter| !letter.old) {
        listener.breach(Breach {
            rule: "I3",
            about: format!("letter {}", letter.id),
            found: format!(
                "it was moved to {} of `{}`, and does not lie there",
                folder(shelf),
                terms.name
            ),
            expected: "each letter on the shelf of its disposition",
            todo: "look for it in the mailbox's other folders; its bytes are in the store (`guichet intake raw`)",
        });
    }
    Ok(())
}

fn stray(
    terms: Terms<'_>,
    shelf: Shelf,
    uid: &Uid,
    known: Option<i64>,
    listener: &mut dyn Listener,
) {
    let place = folder(shelf);
    let (about, found) = match known {
        Some(id) => (
            format!("letter {id}"),
            format!(
                "it lies in {place} of `{}`, where it does not belong",
                terms.name
            ),
        ),
        None => (
            format!("letter at {uid} in {place} of `{}`", terms.name),
            "the store knows nothing of it".to_owned(),
        ),
    };
    listener.breach(Breach {
        rule: "I3",
        about,
        found,
        expected: "each letter on the shelf of its disposition",
        todo: "somebody moved it there: move it back to the watched folder, and guichet decides",
    });
}

fn folder(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Done => "the folder of those that are done",
        Shelf::Held => "the folder of the held ones",
    }
}
