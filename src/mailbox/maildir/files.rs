//! The files of one Maildir folder.
//!
//! Everything here blocks. Files are looked at without following links; what is opened is
//! compared with what was looked at (device and inode), so a link put in between is an error.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::mailbox::{Fetched, LISTED, Listed, MailboxError, Uid};

/// One folder: a directory with `tmp`, `new` and `cur`.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The Maildir++ folder of this name beneath `path`: `Guichet/Done` is `.Guichet.Done`.
    pub fn shelf(path: &Path, setting: &'static str, name: &str) -> Result<Self, MailboxError> {
        if name.split(['/', '.']).any(str::is_empty) || name.len() > 200 {
            return Err(MailboxError::Setting(
                setting,
                "it has an empty level or is too long",
            ));
        }
        if name.chars().any(char::is_control) {
            return Err(MailboxError::Setting(setting, "it has control characters"));
        }
        Ok(Self::at(path.join(format!(".{}", name.replace('/', ".")))))
    }

    /// Makes the directories that are missing, readable by the owner only.
    pub fn make(&self) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        for part in ["tmp", "new", "cur"] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(self.path.join(part))?;
        }
        Ok(())
    }

    /// When `new` and `cur` were last changed.
    pub fn times(&self) -> io::Result<[SystemTime; 2]> {
        let changed = |part: &str| fs::metadata(self.path.join(part))?.modified();
        Ok([changed("new")?, changed("cur")?])
    }

    /// Every letter's file, by uid. A letter that is being moved from `new` to `cur` by another
    /// program is found because `new` is read first.
    fn files(&self) -> io::Result<BTreeMap<Uid, PathBuf>> {
        let mut files = BTreeMap::new();
        for part in ["new", "cur"] {
            for entry in fs::read_dir(self.path.join(part))? {
                let entry = entry?;
                let name = entry.file_name();
                if name.as_bytes().starts_with(b".") || !entry.file_type()?.is_file() {
                    continue;
                }
                files.insert(uid(&name), entry.path());
            }
        }
        Ok(files)
    }

    /// Every letter's uid.
    pub fn names(&self) -> io::Result<Vec<Uid>> {
        Ok(self.files()?.into_keys().collect())
    }

    /// Every letter, oldest first.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for (uid, path) in self.files()? {
            let found = match fs::symlink_metadata(&path) {
                // Another program was quicker.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            listed.push(Listed {
                uid,
                size: found.len(),
                received_at: arrival(&found),
            });
        }
        listed.sort_by(|one, other| {
            (one.received_at, &one.uid).cmp(&(other.received_at, &other.uid))
        });
        listed.truncate(LISTED);
        Ok(listed)
    }

    /// Where these letters lie; ones that are gone are absent.
    fn find(&self, uids: &[Uid]) -> io::Result<Vec<(Uid, PathBuf)>> {
        let mut found = Vec::new();
        let mut moved = Vec::new();
        for uid in uids {
            let path = self.path.join("new").join(unescaped(uid));
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_file() => found.push((uid.clone(), path)),
                _ => moved.push(uid),
            }
        }
        if !moved.is_empty() {
            let mut files = self.files()?;
            found.extend(moved.into_iter().filter_map(|uid| files.remove_entry(uid)));
        }
        Ok(found)
    }

    /// Reads letters. One with more than `most` bytes is cut there if `cut`, else an error.
    pub fn read(&self, uids: &[Uid], most: u64, cut: bool) -> Result<Vec<Fetched>, MailboxError> {
        let found = self.find(uids).map_err(|source| MailboxError::Maildir {
            what: "listed",
            source,
        })?;
        let mut letters = Vec::new();
        for (uid, path) in found {
            let (raw, received_at) = match read_file(&path, most) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    let what = "read";
                    return Err(MailboxError::Letter { uid, what, source });
                }
            };
            let bytes = raw.len() as u64;
            let mut raw = raw;
            if bytes > most {
                if !cut {
                    let uid = Some(uid);
                    return Err(MailboxError::TooLarge { uid, bytes });
                }
                raw.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            }
            letters.push(Fetched {
                uid,
                received_at,
                raw,
            });
        }
        Ok(letters)
    }

    /// Moves letters into `cur` of another folder, and syncs the directories once at the end.
    pub fn move_to(&self, shelf: &Self, uids: &[Uid]) -> Result<(), MailboxError> {
        let failed = |source| MailboxError::Maildir {
            what: "put in order",
            source,
        };
        shelf.make().map_err(failed)?;
        for (uid, path) in self.find(uids).map_err(failed)? {
            match shelf.take(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(MailboxError::Letter {
                        uid,
                        what: "put away",
                        source: error,
                    });
                }
                _ => {}
            }
        }
        // The shelf first: a power cut in between leaves a letter twice, not nowhere.
        for part in [
            shelf.path.join("cur"),
            self.path.join("new"),
            self.path.join("cur"),
        ] {
            sync(&part).map_err(failed)?;
        }
        Ok(())
    }

    /// Renames a file into this folder's `cur`. A letter of the same name that lies there stays:
    /// the new one gets a number.
    fn take(&self, file: &Path) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default().as_bytes();
        let (unique, flags) = match name.iter().position(|&byte| byte == b':') {
            Some(at) => name.split_at_checked(at).unwrap_or((name, b":2,")),
            None => (name, &b":2,"[..]),
        };
        for number in 0..1_000_u32 {
            let mut taken = unique.to_vec();
            if number > 0 {
                taken.extend(format!("_{number}").bytes());
            }
            taken.extend_from_slice(flags);
            let path = self.path.join("cur").join(OsString::from_vec(taken));
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return fs::rename(file, path);
                }
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Makes the entries of a directory survive a power cut.
pub fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// At most `most` bytes and one more.
fn read_file(path: &Path, most: u64) -> io::Result<(Vec<u8>, Timestamp)> {
    let looked_at = fs::symlink_metadata(path)?;
    if !looked_at.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) != (looked_at.dev(), looked_at.ino()) {
        return Err(io::Error::other("it was replaced while it was opened"));
    }
    let mut raw = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut raw)?;
    Ok((raw, arrival(&opened)))
}

/// A file's modification time; one outside the calendar makes an old letter, which is answered by
/// nothing automatic.
fn arrival(metadata: &fs::Metadata) -> Timestamp {
    metadata
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A file's unique name as a uid.
fn uid(name: &OsStr) -> Uid {
    let unique = name.as_bytes().split(|&byte| byte == b':').next();
    let mut escaped = String::new();
    for &byte in unique.unwrap_or_default() {
        if byte.is_ascii_graphic() && byte != b'%' {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    Uid::file(escaped)
}

/// The unique name a uid stands for. An IMAP uid stands for a name no file has.
fn unescaped(uid: &Uid) -> OsString {
    let mut bytes = uid.as_file().unwrap_or(".").bytes();
    let mut name = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            name.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        if let (Some(high), Some(low)) = (digit(), digit()) {
            name.extend(u8::try_from(high * 16 + low));
        }
    }
    // A uid read back from text could spell `..%2F` or a hidden file: such a name is no letter's.
    if name.contains(&b'/') || name.starts_with(b".") {
        name.clear();
        name.push(b'.');
    }
    OsString::from_vec(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_come_back_as_they_were() {
        for name in [
            &b"1732.M1P2.host"[..],
            b"a%b c",
            b"\xff\x01\n",
            b"%",
            b"100%25",
        ] {
            let uid = uid(OsStr::from_bytes(name));
            assert_eq!(unescaped(&uid).as_bytes(), name);
            assert_eq!(uid.to_string().parse(), Ok(uid));
        }
        assert_eq!(uid(OsStr::new("a:2,S")), uid(OsStr::new("a")));
    }

    #[test]
    fn err_a_uid_that_leads_out_of_the_folder() {
        for text in [
            "m..%2F..%2Fetc%2Fpasswd",
            "m%2Fetc%2Fpasswd",
            "m.hidden",
            "m..",
        ] {
            let uid: Uid = text.parse().expect("visible ASCII");
            assert_eq!(unescaped(&uid), ".");
        }
    }

    #[test]
    fn err_shelves_that_lead_elsewhere() {
        for name in ["", "/", "..", "a//b", "../x", "a/", "a\n"] {
            assert!(
                Folder::shelf(Path::new("/x"), "done", name).is_err(),
                "{name:?}"
            );
        }
        let shelf = Folder::shelf(Path::new("/x"), "done", "Guichet/Done").expect("a shelf");
        assert_eq!(shelf.path, Path::new("/x/.Guichet.Done"));
    }
}
