//! The file that holds the token keys, and the randomness that makes them.
//!
//! Either `token-keys` in the store's directory, which the program makes and changes itself, or a
//! systemd credential (read-only: its source is changed with `guichet keys --file FILE`). The
//! content is [`KeyRing`]'s text form.
//!
//! The file belongs to one user alone (mode 0600): one that others may read is refused, not mended,
//! for it may have been read. A change takes a lock on the directory, writes a new file beside the
//! old one, syncs and renames: a power cut leaves the old keys or the new ones. Made by root, the
//! file goes to the owner of the directory, so that `sudo guichet keys rotate` locks nobody out.
//!
//! Not handled: network file systems without locks; wiping old blocks of the disk.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::token::{KEY_BYTES, KeyError, KeyRing, KeyTextError};

/// The file's name in the store's directory.
pub const NAME: &str = "token-keys";

/// Bytes that are read: thousands of keys.
const LARGEST: u64 = 1024 * 1024;

/// Where the keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFile {
    /// A file of ours.
    Own(PathBuf),
    /// A systemd credential, read-only.
    Credential(PathBuf),
}

/// Why there are no keys, or why they stay as they are. Quotes nothing of the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is not there.
    #[error("there is no key file `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("the key file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("the key file `{}` cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "the key file `{}` has mode {mode:04o}, expected 0600: others may have read it; close \
         it with chmod 600, then rotate the keys and revoke the old one",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not a file, or too large for one of keys.
    #[error("`{}` is not a key file: expected a regular file of at most 1 MiB", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
    },
    /// What it holds is no list of keys.
    #[error("the key file `{}` is damaged", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Where.
        source: KeyTextError,
    },
    /// It is a credential.
    #[error(
        "the keys are a systemd credential, which cannot be changed here: change the file that \
         the unit loads it from, with `guichet keys --file FILE`"
    )]
    ReadOnly,
    /// The change is not possible.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No randomness.
    #[error("the system gave no random bytes: {0}")]
    Randomness(getrandom::Error),
}

impl KeyFile {
    /// The file in the store's directory.
    #[must_use]
    pub fn in_store(store: &Path) -> Self {
        Self::Own(store.join(NAME))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(path) | Self::Credential(path) => path,
        }
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// [`KeyFileError`], if the file is missing, exposed, damaged or cannot be read.
    pub fn load(&self) -> Result<KeyRing, KeyFileError> {
        let path = || self.path().to_owned();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing { path: path() },
            _ => KeyFileError::Read {
                path: path(),
                source,
            },
        };
        // Looked at before it is opened: a pipe in the file's place would hang the start.
        let about = fs::metadata(self.path()).map_err(failed)?;
        if !about.is_file() || about.len() > LARGEST {
            return Err(KeyFileError::Shape { path: path() });
        }
        let file = File::open(self.path()).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        // systemd lets its user read credentials by a list that shows as the group's bits.
        let others = match self {
            Self::Own(_) => 0o077,
            Self::Credential(_) => 0o007,
        };
        let mode = about.mode() & 0o7777;
        if mode & others != 0 {
            return Err(KeyFileError::Exposed { path: path(), mode });
        }
        let mut text = String::new();
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(failed)?;
        KeyRing::from_text(&text).map_err(|source| KeyFileError::Text {
            path: path(),
            source,
        })
    }

    /// Reads the keys; makes the first one where the file is ours and missing.
    ///
    /// # Errors
    /// As [`KeyFile::load`] and [`KeyFile::change`].
    pub fn load_or_create(&self, now: Timestamp) -> Result<KeyRing, KeyFileError> {
        match self.load() {
            Err(KeyFileError::Missing { .. }) if matches!(self, Self::Own(_)) => {
                // Another process may have made them in the meantime.
                self.change(|keys, secret| keys.map_or_else(|| KeyRing::first(secret, now), Ok))
            }
            other => other,
        }
    }

    /// Puts other keys in the place of those there are, if any; gives 32 fresh random bytes.
    ///
    /// One change at a time, also among processes.
    ///
    /// # Errors
    /// [`KeyFileError`]; the file is then as it was.
    pub fn change(
        &self,
        change: impl FnOnce(Option<KeyRing>, [u8; KEY_BYTES]) -> Result<KeyRing, KeyError>,
    ) -> Result<KeyRing, KeyFileError> {
        let Self::Own(path) = self else {
            return Err(KeyFileError::ReadOnly);
        };
        let failed = |source| KeyFileError::Write {
            path: path.clone(),
            source,
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = folder.to_owned();
        let lock = File::open(&folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let old = match self.load() {
            Ok(keys) => Some(keys),
            Err(KeyFileError::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut secret = [0; KEY_BYTES];
        getrandom::fill(&mut secret).map_err(KeyFileError::Randomness)?;
        let keys = change(old, secret)?;
        write(path, &lock, keys.expose_text().as_bytes()).map_err(failed)?;
        Ok(keys)
    }
}

/// Puts `text` in the place of the file, whole or not at all.
fn write(path: &Path, folder: &File, text: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    // The lock is ours: what lies there is left from an interrupted change.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = (|| {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        // The process's own mask may have taken more away.
        file.set_permissions(Permissions::from_mode(0o600))?;
        let (own, wanted) = (file.metadata()?.uid(), folder.metadata()?);
        if own == 0 && wanted.uid() != 0 {
            fchown(&file, Some(wanted.uid()), Some(wanted.gid()))?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
        return written;
    }
    folder.sync_all()
}
