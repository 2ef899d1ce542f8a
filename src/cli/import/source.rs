//! Where imported letters come from: an mbox file, or the files of a folder.
//!
//! Each letter gets the hash of its bytes for a name, and a date: that of the topmost `Received`
//! field, else of `Date`, else of the mbox's separator or the file, never one to come.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use sha2::{Digest as _, Sha256};

use crate::cli::Failure;
use crate::mailbox::mbox::Letters;
use crate::message::limits;
use crate::store::journal::Arrival;

/// Bytes of a letter in which its date is looked for.
const HEAD: usize = 256 * 1024;

/// A file or folder of letters.
pub(super) enum Source {
    /// An mbox with its size.
    Mbox(Box<Letters<BufReader<File>>>, u64),
    /// Files, the oldest letter last, and how many there were.
    Files(Vec<PathBuf>, u64),
}

impl Source {
    /// The letters of an mbox.
    pub(super) fn mbox(file: &Path) -> Result<Self, Failure> {
        let failed = |error| unreadable(file, &error);
        let opened = File::open(file).map_err(failed)?;
        let about = opened.metadata().map_err(failed)?;
        if !about.is_file() {
            let problem = format!(
                "expected an mbox file, but `{}` is none; `guichet import maildir` reads folders",
                file.display()
            );
            return Err(Failure::new(66, problem));
        }
        let letters = Letters::new(BufReader::with_capacity(256 * 1024, opened));
        Ok(Self::Mbox(Box::new(letters), about.len()))
    }

    /// The letters of a folder: of `new` and `cur` in a Maildir, else of the folder itself.
    pub(super) fn maildir(folder: &Path) -> Result<Self, Failure> {
        let parts: Vec<PathBuf> = ["new", "cur"]
            .iter()
            .map(|part| folder.join(part))
            .filter(|part| part.is_dir())
            .collect();
        let folders = if parts.is_empty() {
            vec![folder.to_owned()]
        } else {
            parts
        };
        let mut files = Vec::new();
        for folder in folders {
            for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
                let entry = entry?;
                let hidden = entry.file_name().as_bytes().starts_with(b".");
                // A link may lead anywhere.
                if !hidden && entry.file_type()?.is_file() {
                    let path = entry.path();
                    let mut head = Vec::new();
                    File::open(&path)
                        .and_then(|file| file.take(HEAD as u64).read_to_end(&mut head))
                        .map_err(|error| unreadable(&path, &error))?;
                    files.push((written_at(&head).or_else(|| changed(&path)), path));
                }
            }
        }
        files.sort();
        let files: Vec<PathBuf> = files.into_iter().rev().map(|(_, path)| path).collect();
        let total = files.len() as u64;
        Ok(Self::Files(files, total))
    }

    /// How much there is: bytes of an mbox, else files.
    pub(super) fn total(&self) -> u64 {
        match self {
            Self::Mbox(_, total) | Self::Files(_, total) => *total,
        }
    }

    /// How much of it was read.
    pub(super) fn position(&self) -> u64 {
        match self {
            Self::Mbox(letters, _) => letters.bytes_read(),
            Self::Files(files, total) => total.saturating_sub(files.len() as u64),
        }
    }

    /// The next letter.
    pub(super) fn next(&mut self) -> Result<Option<Arrival>, Failure> {
        match self {
            Self::Mbox(letters, _) => {
                let Some(letter) = letters.next().transpose()? else {
                    return Ok(None);
                };
                let at = letter.delivered_at;
                Ok(Some(arrival(letter.raw, letter.size, at)))
            }
            Self::Files(files, _) => {
                let Some(path) = files.pop() else {
                    return Ok(None);
                };
                let failed = |error| unreadable(&path, &error);
                let file = File::open(&path).map_err(failed)?;
                let size = file.metadata().map_err(failed)?.len();
                let mut raw = Vec::new();
                file.take(limits::LETTER + 1)
                    .read_to_end(&mut raw)
                    .map_err(failed)?;
                Ok(Some(arrival(raw, size, changed(&path))))
            }
        }
    }
}

fn arrival(raw: Vec<u8>, size: u64, otherwise: Option<Timestamp>) -> Arrival {
    let now = Timestamp::now();
    let head = raw.get(..HEAD).unwrap_or(&raw);
    let at = written_at(head).or(otherwise).unwrap_or(now);
    Arrival {
        uid: HEXLOWER.encode(&Sha256::digest(&raw)),
        received_at: at.min(now),
        size,
        raw,
        rescan: false,
    }
}

/// The date of the topmost `Received` field (RFC 5321 §4.4), else of `Date`.
fn written_at(head: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(head);
    let mut fields: Vec<String> = Vec::new();
    for line in text.lines() {
        match fields.last_mut() {
            _ if line.is_empty() => break,
            Some(field) if line.starts_with([' ', '\t']) => field.push_str(line),
            _ => fields.push(line.to_owned()),
        }
    }
    let value = |name: &str| {
        fields.iter().find_map(|field| {
            let (found, value) = field.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let received = value("Received").and_then(|value| value.rsplit_once(';'));
    let date = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A comment, such as the zone's name, says nothing.
        let plain = text.split('(').next().unwrap_or_default().trim();
        DateTimeParser::new().parse_timestamp(plain).ok()
    };
    received
        .and_then(|(_, text)| date(text))
        .or_else(|| value("Date").and_then(date))
        .filter(|at| *at > Timestamp::UNIX_EPOCH)
}

fn changed(path: &Path) -> Option<Timestamp> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(66, format!("`{}` cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_date_is_that_of_the_arrival_else_of_the_letter() {
        let at = |head: &str| written_at(head.as_bytes());
        let nine: Timestamp = "2019-11-25T08:00:00Z".parse().unwrap();
        let received = "Received: from a\r\n by b; Mon, 25 Nov 2019 09:00:00 +0100 (CET)\r\n";
        let older = "Received: from c; Sun, 24 Nov 2019 09:00:00 +0100\r\n";
        assert_eq!(at(&format!("{received}{older}\r\n")), Some(nine));
        let date = "Subject: a\nDATE: Mon, 25 Nov 2019 08:00:00 +0000\n\nDate: no\n";
        assert_eq!(at(date), Some(nine));
        assert_eq!(at("Received: nothing\nDate: soon\n\n"), None);
        assert_eq!(
            at("Subject: a\n\nDate: Mon, 25 Nov 2019 08:00:00 +0000\n"),
            None
        );
    }

    #[test]
    fn ok_a_letter_to_come_is_one_of_now() {
        let raw = b"Date: Fri, 25 Nov 2150 08:00:00 +0000\n\nx".to_vec();
        let letter = arrival(raw, 3, None);
        assert!(letter.received_at <= Timestamp::now());
        assert_eq!(letter.uid.len(), 64);
    }
}
