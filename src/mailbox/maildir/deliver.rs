//! Putting a letter into a Maildir, durably: `tmp`, sync, rename into `new`, sync.
//!
//! Readers never see half a letter, and when [`deliver`] returns the letter survives a power
//! cut. File names follow the Maildir page: seconds, then what makes it unique on this host
//! (microseconds, process, count, chance), then the host.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::files::{Folder, sync};
use crate::mailbox::{MailboxError, Uid};

/// Letters this process has delivered.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Delivers `letter` into the Maildir at `path`, which is made if missing. Blocks until the
/// letter is on disk. Returns the letter's name.
///
/// # Errors
/// [`MailboxError::Maildir`]; the letter is then not in `new`, or (if only the last sync failed)
/// may be.
pub fn deliver(path: &Path, letter: &[u8]) -> Result<Uid, MailboxError> {
    write(path, letter).map_err(|source| MailboxError::Maildir {
        what: "delivered to",
        source,
    })
}

fn write(path: &Path, letter: &[u8]) -> io::Result<Uid> {
    Folder::at(path.to_owned()).make()?;
    let name = unique_name()?;
    let tmp = path.join("tmp").join(&name);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&tmp)?;
        file.write_all(letter)?;
        file.sync_all()?;
        fs::rename(&tmp, path.join("new").join(&name))
    })();
    if let Err(error) = written {
        let _ = fs::remove_file(&tmp);
        return Err(error);
    }
    sync(&path.join("new"))?;
    Ok(Uid::file(name))
}

fn unique_name() -> io::Result<String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(io::Error::other)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!(
        "{}.M{}P{}Q{}R{:016x}.{}",
        now.as_secs(),
        now.subsec_micros(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed),
        u64::from_be_bytes(random),
        host()
    ))
}

/// The host's name as far as it fits into a file name and a [`Uid`].
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .take(64)
        .collect();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}
