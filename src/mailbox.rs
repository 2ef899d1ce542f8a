//! The watched mailbox: what is in it, its letters, news, and putting letters away.
//!
//! In: [`Settings`]. Out: [`Listed`] and [`Fetched`] letters, byte for byte as they lie there.
//! Two kinds: an IMAP folder ([`imap`], RFC 3501 and RFC 9051 servers) and a Maildir
//! ([`maildir`]). Both follow the same rules:
//!
//! * The work list is *everything in the folder*, never what is "unseen": flags belong to people
//!   and their mail programs. A letter leaves the list only by [`Mailbox::acknowledge`].
//! * Nothing is changed by reading (`BODY.PEEK[]`), nothing is ever deleted that was not first
//!   put on a [`Shelf`], and no other client's letters are touched.
//! * An error ends the connection: the caller drops the [`Mailbox`], pauses as
//!   [`reconnect::pause`] says, and opens a new one. What an answer lacked is an error, never
//!   an empty list: "no letters" and "the server would not say" are different values.
//!
//! Not handled: POP3; quota; several watched folders on one connection (open one each).

pub mod error;
pub mod imap;
pub mod maildir;
pub mod mbox;
pub mod reconnect;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

pub use error::MailboxError;

/// Where the watched mailbox is and how it is reached.
#[derive(Debug, Clone)]
pub enum Settings {
    /// A folder on an IMAP server.
    Imap(imap::Settings),
    /// A Maildir on this machine.
    Maildir(maildir::Settings),
}

/// A connected mailbox: one watched folder.
#[derive(Debug)]
pub enum Mailbox {
    /// A folder on an IMAP server.
    Imap(Box<imap::Imap>),
    /// A Maildir on this machine.
    Maildir(maildir::Maildir),
}

/// Connects, logs in, makes the shelves where they are missing, and opens the watched folder.
///
/// # Errors
/// See [`MailboxError`]; [`MailboxError::is_refusal`] tells a refused login from the rest.
pub async fn open(settings: &Settings) -> Result<Mailbox, MailboxError> {
    Ok(match settings {
        Settings::Imap(settings) => {
            Mailbox::Imap(Box::new(imap::Imap::open(settings.clone()).await?))
        }
        Settings::Maildir(settings) => {
            Mailbox::Maildir(maildir::Maildir::open(settings.clone()).await?)
        }
    })
}

impl Mailbox {
    /// The folder's UIDVALIDITY (RFC 3501 §2.3.1.1): a [`Uid`] names one letter for ever only
    /// together with it. 0 for a Maildir, and for a server that does not tell.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        match self {
            Self::Imap(imap) => imap.epoch(),
            Self::Maildir(_) => 0,
        }
    }

    /// All letters in the watched folder, in the order they arrived, at most [`LISTED`].
    ///
    /// # Errors
    /// A list is whole or an error.
    pub async fn list(&mut self) -> Result<Vec<Listed>, MailboxError> {
        match self {
            Self::Imap(imap) => imap.list().await,
            Self::Maildir(maildir) => maildir.list().await,
        }
    }

    /// The letters themselves. Ones that have vanished from the folder are simply absent.
    ///
    /// All of them are in memory together: ask in portions, see [`portions`].
    ///
    /// # Errors
    /// [`MailboxError::TooLarge`] if a letter has more than [`crate::message::limits::LETTER`]
    /// bytes (read its beginning by [`Mailbox::fetch_head`]); else the connection failed, and
    /// no letter of this call was read.
    pub async fn fetch(&mut self, uids: &[Uid]) -> Result<Vec<Fetched>, MailboxError> {
        match self {
            Self::Imap(imap) => imap.fetch(uids).await,
            Self::Maildir(maildir) => maildir.fetch(uids).await,
        }
    }

    /// The first `bytes` bytes of one letter, or `None` if it has vanished: for a letter that is
    /// too large to be read whole.
    ///
    /// # Errors
    /// As [`Mailbox::fetch`].
    pub async fn fetch_head(
        &mut self,
        uid: &Uid,
        bytes: u32,
    ) -> Result<Option<Fetched>, MailboxError> {
        match self {
            Self::Imap(imap) => imap.fetch_head(uid, bytes).await,
            Self::Maildir(maildir) => maildir.fetch_head(uid, bytes).await,
        }
    }

    /// Puts letters on a shelf. Ones that have vanished count as put away.
    ///
    /// Call it only after the commit that holds the letters and what was decided about them.
    /// Asking twice is harmless.
    ///
    /// # Errors
    /// The connection failed; each letter is in the folder or on the shelf, never in neither
    /// (in both only where the server can do no better than COPY; the next call cleans up).
    pub async fn acknowledge(
        &mut self,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        match self {
            Self::Imap(imap) => imap.acknowledge(uids, to).await,
            Self::Maildir(maildir) => maildir.acknowledge(uids, to).await,
        }
    }

    /// Waits until something arrives, or `at_most` has passed.
    ///
    /// Cancel-safe: the future may be dropped; the next call puts the session in order again or
    /// fails with [`MailboxError::Interrupted`], and no news is lost.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn wait(&mut self, at_most: Duration) -> Result<News, MailboxError> {
        match self {
            Self::Imap(imap) => imap.wait(at_most).await,
            Self::Maildir(maildir) => maildir.wait(at_most).await,
        }
    }

    /// What lies on a shelf, as far as it arrived at the mailbox at or after `since`: for
    /// comparing the store with the shelves. The uids are those of the shelf, good for
    /// [`Mailbox::fetch_shelved`] only.
    ///
    /// # Errors
    /// As [`Mailbox::list`]; [`MailboxError::FolderMissing`] if there is no such folder.
    pub async fn shelved(
        &mut self,
        shelf: Shelf,
        since: Option<Timestamp>,
    ) -> Result<Vec<Listed>, MailboxError> {
        match self {
            Self::Imap(imap) => imap.shelved(shelf, since).await,
            Self::Maildir(maildir) => maildir.shelved(shelf, since).await,
        }
    }

    /// Letters from a shelf, as [`Mailbox::fetch`].
    ///
    /// # Errors
    /// As [`Mailbox::fetch`].
    pub async fn fetch_shelved(
        &mut self,
        shelf: Shelf,
        uids: &[Uid],
    ) -> Result<Vec<Fetched>, MailboxError> {
        match self {
            Self::Imap(imap) => imap.fetch_shelved(shelf, uids).await,
            Self::Maildir(maildir) => maildir.fetch_shelved(shelf, uids).await,
        }
    }

    /// Moves letters from one shelf to another; the uids are those of the first.
    ///
    /// # Errors
    /// The connection failed; each letter is on one shelf or, where the server can do no better
    /// than COPY, on both.
    pub async fn reshelve(
        &mut self,
        from: Shelf,
        uids: &[Uid],
        to: Shelf,
    ) -> Result<Acknowledged, MailboxError> {
        match self {
            Self::Imap(imap) => imap.reshelve(from, uids, to).await,
            Self::Maildir(maildir) => maildir.reshelve(from, uids, to).await,
        }
    }

    /// What the server offers, and what may be done in the folders.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn survey(&mut self) -> Result<Survey, MailboxError> {
        match self {
            Self::Imap(imap) => imap.survey().await,
            Self::Maildir(_) => Ok(Survey::local()),
        }
    }

    /// Says goodbye, within two seconds.
    pub async fn close(self) {
        if let Self::Imap(imap) = self {
            imap.close().await;
        }
    }
}

/// Letters in one list. A folder that holds more is listed up to here, oldest first; the rest
/// follows when these are put away. Half a million entries take about 30 MB.
pub const LISTED: usize = 500_000;

/// One letter's name within its folder and epoch.
///
/// As text: an IMAP UID in decimal, or `m` and the Maildir unique name, with bytes other than
/// visible ASCII as `%XX`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(Name);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Number(u32),
    File(Box<str>),
}

impl Uid {
    /// An IMAP UID; 0 is none (RFC 3501 §2.3.1.1).
    #[must_use]
    pub fn number(number: u32) -> Option<Self> {
        (number != 0).then_some(Self(Name::Number(number)))
    }

    fn as_number(&self) -> Option<u32> {
        match self.0 {
            Name::Number(number) => Some(number),
            Name::File(_) => None,
        }
    }

    fn file(escaped: String) -> Self {
        Self(Name::File(escaped.into_boxed_str()))
    }

    fn as_file(&self) -> Option<&str> {
        match &self.0 {
            Name::Number(_) => None,
            Name::File(name) => Some(name),
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Number(number) => write!(f, "{number}"),
            Name::File(name) => write!(f, "m{name}"),
        }
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that names no letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a UID or a Maildir name, but found {0:?}")]
pub struct NotAUid(String);

impl FromStr for Uid {
    type Err = NotAUid;

    fn from_str(text: &str) -> Result<Self, NotAUid> {
        let refuse = || NotAUid(text.chars().take(80).collect());
        if let Some(name) = text.strip_prefix('m') {
            let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
            return if fits {
                Ok(Self::file(name.to_owned()))
            } else {
                Err(refuse())
            };
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        text.parse().ok().and_then(Self::number).ok_or_else(refuse)
    }
}

/// A letter in a folder, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the folder.
    pub uid: Uid,
    /// Bytes, as the server says; some servers are off by a little.
    pub size: u64,
    /// When it arrived: INTERNALDATE, or the file's modification time.
    pub received_at: Timestamp,
}

/// A letter, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its name in the folder.
    pub uid: Uid,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Its bytes.
    pub raw: Vec<u8>,
}

impl fmt::Debug for Fetched {
    /// Never prints the letter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("uid", &self.uid)
            .field("received_at", &self.received_at)
            .field("bytes", &self.raw.len())
            .finish()
    }
}

/// Where a letter goes when it is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// It has its ticket, or its reason not to have one.
    Done,
    /// A person must look at it.
    Held,
}

/// What became of letters to be put away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// They are no longer in the watched folder.
    Moved,
    /// They stay where they are for good: the server can do neither MOVE (RFC 6851) nor UIDPLUS
    /// (RFC 4315), or the folder is read-only. The store remembers them.
    Stays,
    /// The server can, but would not now (quota, rights, folder deleted). They stay; the session
    /// is sound; ask again later and tell the admin.
    Declined,
}

/// What [`Mailbox::wait`] saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Something arrived, or may have: list again.
    Arrived,
    /// The time passed without.
    Quiet,
}

/// What a mailbox's server offers, and what may be done in its folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// It says when something arrives (IDLE, RFC 2177).
    pub idle: bool,
    /// It moves letters in one step (MOVE, RFC 6851).
    pub moves: bool,
    /// It removes single letters (UIDPLUS, RFC 4315).
    pub uidplus: bool,
    /// It gives letters names that last (UIDVALIDITY, RFC 3501 §2.3.1.1).
    pub lasting_names: bool,
    /// The watched folder may only be read.
    pub read_only: bool,
    /// Settings of the folders that are not there and could not be made.
    pub missing: Vec<&'static str>,
    /// Rights that are missing where the server tells them (ACL, RFC 4314): the folder's setting,
    /// and the letters of the rights.
    pub lacking: Vec<(&'static str, String)>,
    /// Used and most, in kilobytes, where the server tells (QUOTA, RFC 9208).
    pub quota: Option<(u64, u64)>,
    /// The server's certificates as DER, its own first; none without TLS.
    pub certificates: Vec<Vec<u8>>,
}

impl Survey {
    /// Of a Maildir: its folders are files of ours.
    fn local() -> Self {
        Self {
            idle: true,
            moves: true,
            uidplus: true,
            lasting_names: true,
            read_only: false,
            missing: Vec::new(),
            lacking: Vec::new(),
            quota: None,
            certificates: Vec::new(),
        }
    }
}

/// Cuts a list into portions for [`Mailbox::fetch`]: at most `letters` letters and, unless one
/// letter alone has more, at most `bytes` bytes each.
#[must_use]
pub fn portions(listed: &[Listed], letters: usize, bytes: u64) -> Vec<&[Listed]> {
    let mut portions = Vec::new();
    let mut rest = listed;
    while !rest.is_empty() {
        let mut total = 0_u64;
        let fitting = rest
            .iter()
            .take(letters.max(1))
            .take_while(|letter| {
                total = total.saturating_add(letter.size);
                total <= bytes
            })
            .count();
        let (portion, after) = rest.split_at(fitting.max(1));
        portions.push(portion);
        rest = after;
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_survives_the_way_through_text() {
        for text in ["1", "4294967295", "m1732.M5P7.host", "ma%2Fb"] {
            let uid: Uid = text.parse().expect(text);
            assert_eq!(uid.to_string(), text);
        }
    }

    #[test]
    fn err_text_that_names_no_letter() {
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "4294967296",
            "x",
            "m",
            "ma/b",
            "ma b",
            "1 ",
            "mé",
        ] {
            assert!(text.parse::<Uid>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn portions_hold_every_letter_once_and_keep_the_limits() {
        let listed: Vec<Listed> = [10, 20, 500, 1, 1, 1, 99, 2]
            .iter()
            .enumerate()
            .map(|(at, &size)| Listed {
                uid: Uid(Name::Number(at as u32 + 1)),
                size,
                received_at: Timestamp::UNIX_EPOCH,
            })
            .collect();
        let sizes: Vec<Vec<u64>> = portions(&listed, 3, 100)
            .iter()
            .map(|portion| portion.iter().map(|letter| letter.size).collect())
            .collect();
        assert_eq!(
            sizes,
            vec![vec![10, 20], vec![500], vec![1, 1, 1], vec![99], vec![2]]
        );
        assert!(portions(&[], 3, 100).is_empty());
    }
}
