//! Listing and fetching.
//!
//! A list is checked against the number of letters the server itself has announced: a listing
//! cut short is an error, not a shorter list. A letter asked for and not brought is asked after
//! again: gone is gone, but still there and not given is an error that names it.
//!
//! Answers nobody asked for (flag changes of other clients) come along and are passed over; what
//! counts is the UID in the answer, never its place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Imap;
use super::reply::{Value, fetch_items};
use super::sequence::sets;
use super::session::{Command, NAMES, Seen};
use crate::mailbox::{Fetched, LISTED, Listed, MailboxError, Shelf, Uid};
use crate::message::limits;

/// One letter as a FETCH response tells of it.
#[derive(Debug, Default)]
pub struct Told {
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// INTERNALDATE.
    pub time: Option<Timestamp>,
    /// The body or header section asked for, byte for byte.
    pub section: Option<Vec<u8>>,
}

impl Told {
    /// A server that does not tell when a letter came makes it an old one: the gateway then
    /// sends nothing automatic about it.
    fn received_at(&self) -> Timestamp {
        self.time.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Imap {
    /// See [`crate::mailbox::Mailbox::list`].
    pub async fn list(&mut self) -> Result<Vec<Listed>, MailboxError> {
        self.home().await?;
        self.list_open().await
    }

    /// See [`crate::mailbox::Mailbox::fetch`].
    pub async fn fetch(&mut self, uids: &[Uid]) -> Result<Vec<Fetched>, MailboxError> {
        self.home().await?;
        self.fetch_open(uids).await
    }

    /// See [`crate::mailbox::Mailbox::fetch_head`].
    pub async fn fetch_head(
        &mut self,
        uid: &Uid,
        bytes: u32,
    ) -> Result<Option<Fetched>, MailboxError> {
        self.home().await?;
        let numbers = numbers(std::slice::from_ref(uid))?;
        let section = format!("BODY.PEEK[]<0.{}>", bytes.max(1));
        let mut letters = self.bodies(&numbers, &section, u64::from(bytes)).await?;
        Ok(letters.pop())
    }

    /// See [`crate::mailbox::Mailbox::shelved`].
    pub async fn shelved(
        &mut self,
        shelf: Shelf,
        since: Option<Timestamp>,
    ) -> Result<Vec<Listed>, MailboxError> {
        self.visit(shelf).await?;
        match since {
            None => self.list_open().await,
            Some(since) => {
                let found = self.search_since(since).await?;
                let mut listed = self.list_sets(&sets(&found)).await?;
                listed.retain(|letter| letter.received_at >= since);
                Ok(listed)
            }
        }
    }

    /// See [`crate::mailbox::Mailbox::fetch_shelved`].
    pub async fn fetch_shelved(
        &mut self,
        shelf: Shelf,
        uids: &[Uid],
    ) -> Result<Vec<Fetched>, MailboxError> {
        self.visit(shelf).await?;
        self.fetch_open(uids).await
    }

    /// All letters of the open folder.
    async fn list_open(&mut self) -> Result<Vec<Listed>, MailboxError> {
        // A server may keep what is new to itself until it is asked for something else.
        self.noop().await?;
        self.session.take_news();
        let (before, gone_before) = self.session.size();
        let listed = self.list_sets(&["1:*".to_owned()]).await?;
        let (_, gone_after) = self.session.size();
        let gone = gone_after.saturating_sub(gone_before);
        if (listed.len() as u64) + gone < u64::from(before).min(LISTED as u64) {
            return Err(MailboxError::Protocol {
                command: "UID FETCH",
                what: "fewer letters than announced",
            });
        }
        Ok(listed)
    }

    async fn list_sets(&mut self, sets: &[String]) -> Result<Vec<Listed>, MailboxError> {
        let mut letters = BTreeMap::new();
        for set in sets {
            let items = "(UID RFC822.SIZE INTERNALDATE)";
            self.tell(set, items, NAMES, |number, told| {
                let (Some(uid), Some(size)) = (Uid::number(number), told.size) else {
                    return;
                };
                if letters.len() < LISTED {
                    let received_at = told.received_at();
                    letters.insert(
                        number,
                        Listed {
                            uid,
                            size,
                            received_at,
                        },
                    );
                }
            })
            .await?;
        }
        Ok(letters.into_values().collect())
    }

    async fn fetch_open(&mut self, uids: &[Uid]) -> Result<Vec<Fetched>, MailboxError> {
        let numbers = numbers(uids)?;
        // Lets the server tell first which letters others have taken away since the list: some
        // would still give them.
        self.noop().await?;
        self.bodies(&numbers, "BODY.PEEK[]", limits::LETTER).await
    }

    /// The named section of each letter of the open folder, in ascending order.
    async fn bodies(
        &mut self,
        wanted: &BTreeSet<u32>,
        section: &str,
        most: u64,
    ) -> Result<Vec<Fetched>, MailboxError> {
        let mut letters: BTreeMap<u32, Fetched> = BTreeMap::new();
        let items = format!("(UID INTERNALDATE {section})");
        for set in sets(wanted) {
            self.tell(&set, &items, most, |number, mut told| {
                let Some(uid) = Uid::number(number).filter(|_| wanted.contains(&number)) else {
                    return;
                };
                let received_at = told.received_at();
                // `BODY[] NIL` is a letter that another client has deleted meanwhile.
                if let Some(raw) = told.section.take() {
                    letters.entry(number).or_insert(Fetched {
                        uid,
                        received_at,
                        raw,
                    });
                }
            })
            .await?;
        }
        let missing: BTreeSet<u32> = wanted
            .iter()
            .copied()
            .filter(|number| !letters.contains_key(number))
            .collect();
        self.gone(&missing).await?;
        Ok(letters.into_values().collect())
    }

    /// Makes sure that letters which were not brought are not there.
    async fn gone(&mut self, missing: &BTreeSet<u32>) -> Result<(), MailboxError> {
        if missing.is_empty() {
            return Ok(());
        }
        // Lets the server tell of expunged letters first.
        self.noop().await?;
        let mut there = None;
        for set in sets(missing) {
            self.tell(&set, "(UID)", NAMES, |number, _| {
                if missing.contains(&number) {
                    there = there.or(Some(number));
                }
            })
            .await?;
        }
        match there.and_then(Uid::number) {
            Some(uid) => Err(MailboxError::Withheld { uid }),
            None => Ok(()),
        }
    }

    /// `UID FETCH`: gives `on` every letter the answer names by UID.
    pub(super) async fn tell(
        &mut self,
        set: &str,
        items: &str,
        literals: u64,
        mut on: impl FnMut(u32, Told) + Send,
    ) -> Result<(), MailboxError> {
        let command = Command {
            name: "UID FETCH",
            parts: vec![format!("UID FETCH {set} {items}").into_bytes()],
            literals,
        };
        let asked = self
            .session
            .run(command, |seen| {
                if let Seen::Data(data) = seen
                    && let Some(items) = fetch_items(data)
                    && let (Some(uid), told) = told(items)
                {
                    on(uid, told);
                }
                Ok(())
            })
            .await;
        match asked {
            Ok(_) => Ok(()),
            // RFC 5530: some were expunged by others; the rest has been brought.
            Err(MailboxError::Declined { code, .. }) if code == "EXPUNGEISSUED" => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// UIDs in the open folder that came on the day before `since` or later: SEARCH knows days
    /// only, and in the server's own time zone.
    pub(super) async fn search_since(
        &mut self,
        since: Timestamp,
    ) -> Result<BTreeSet<u32>, MailboxError> {
        let day = since
            .checked_sub(SignedDuration::from_hours(36))
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .max(Timestamp::UNIX_EPOCH);
        let line = format!("UID SEARCH SINCE {}", day.strftime("%-d-%b-%Y"));
        let mut found = BTreeSet::new();
        self.session
            .run(Command::line("UID SEARCH", line), |seen| {
                if let Seen::Data(data) = seen
                    && data.first().is_some_and(|first| first.is("SEARCH"))
                {
                    found.extend(data.iter().skip(1).filter_map(Value::number::<u32>));
                }
                Ok(())
            })
            .await?;
        Ok(found)
    }
}

/// What the items of a FETCH response say.
fn told(items: Vec<(Value, Value)>) -> (Option<u32>, Told) {
    let (mut uid, mut told) = (None, Told::default());
    for (name, value) in items {
        if name.is("UID") {
            uid = value.number();
        } else if name.is("RFC822.SIZE") {
            told.size = value.number();
        } else if name.is("INTERNALDATE") {
            told.time = value.time();
        } else if let (Value::Atom(name), Value::Text(bytes)) = (&name, value)
            && name
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"BODY["))
        {
            told.section = Some(bytes);
        }
    }
    (uid, told)
}

/// The UIDs as numbers.
pub(super) fn numbers(uids: &[Uid]) -> Result<BTreeSet<u32>, MailboxError> {
    uids.iter()
        .map(|uid| {
            uid.as_number()
                .ok_or(MailboxError::Setting("uid", "it is not of this mailbox"))
        })
        .collect()
}
