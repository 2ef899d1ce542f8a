//! A backup is checked, and put back.
//!
//! The order matters, because a power cut may come between any two steps: at each moment the
//! directory holds a whole store, the old or the new. The old one's log is carried over first (a
//! log that stayed would be played into the new file); it is copied aside by a second name; the
//! numbers' file is put ahead; and the new one takes its name in one step.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    ASIDE, BackupError, Manifest, bad, checked, database, digest, failed, manifest_of, sync_folder,
};
use crate::store::{connect, lock, make_directory, numbers, purge};

/// A backup that was read from end to end.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What its manifest says, where there is one.
    pub manifest: Option<Manifest>,
    /// The schema's version.
    pub schema: i64,
    /// What it holds.
    pub counts: super::Counts,
}

/// What a restore did.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The backup.
    pub backup: Checked,
    /// Where the former database is, if there was one.
    pub aside: Option<PathBuf>,
}

/// Checks a backup without touching anything.
///
/// # Errors
/// [`BackupError`], which says what is wrong with it.
pub fn check(file: &Path) -> Result<Checked, BackupError> {
    let manifest = manifest(file)?;
    if let Some(manifest) = &manifest {
        let (sha256, bytes) = digest(file)?;
        if sha256 != manifest.sha256 {
            return Err(bad(
                file,
                format!(
                    "expected {} bytes with the SHA-256 {} of its manifest, but found {bytes} with {sha256}",
                    manifest.bytes, manifest.sha256
                ),
            ));
        }
    }
    let (schema, counts) = checked(file)?;
    if let Some(said) = manifest.as_ref().map(|manifest| manifest.counts)
        && said != counts
    {
        return Err(bad(
            file,
            format!("expected {said:?} as its manifest says, but found {counts:?}"),
        ));
    }
    Ok(Checked {
        manifest,
        schema,
        counts,
    })
}

fn manifest(file: &Path) -> Result<Option<Manifest>, BackupError> {
    let place = manifest_of(file);
    match fs::read_to_string(&place) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| bad(&place, format!("it is no manifest: {error}"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&place)(error)),
    }
}

/// Puts a backup back into the store in `directory`.
///
/// # Errors
/// [`BackupError`]; a store that is in use is [`crate::store::StoreError::Locked`]. The store is
/// then as it was.
pub fn restore(file: &Path, directory: &Path, now: Timestamp) -> Result<Restored, BackupError> {
    let backup = check(file)?;
    make_directory(directory)?;
    let _lock = lock(directory)?;
    let new = directory.join("guichet.sqlite.restoring");
    fs::copy(file, &new).map_err(failed(&new))?;
    private(&new).map_err(failed(&new))?;
    if digest(&new)?.0 != digest(file)?.0 {
        return Err(bad(&new, "the copy has other bytes"));
    }
    let aside = put_aside(directory, now)?;
    let connection = connect(&new)?;
    numbers::arm(directory, &connection)?;
    purge::truncate_log(&connection)?;
    connection
        .close()
        .map_err(|(_, error)| BackupError::from(error))?;
    for end in ["-wal", "-shm"] {
        remove(&super::beside(&new, end))?;
    }
    fs::File::open(&new)
        .and_then(|copy| copy.sync_all())
        .map_err(failed(&new))?;
    let place = database(directory);
    fs::rename(&new, &place)
        .and_then(|()| sync_folder(&place))
        .map_err(failed(&place))?;
    Ok(Restored { backup, aside })
}

fn private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let open = fs::File::open(file)?;
    open.set_permissions(fs::Permissions::from_mode(0o600))?;
    // root restores for the service: the file belongs to whoever the directory belongs to.
    let (own, folder) = (
        open.metadata()?.uid(),
        file.parent().map(fs::metadata).transpose()?,
    );
    if let Some(folder) = folder.filter(|folder| own == 0 && folder.uid() != 0) {
        fchown(&open, Some(folder.uid()), Some(folder.gid()))?;
    }
    open.sync_all()
}

/// Keeps the database that is there under a second name, whole, and without a log beside it.
fn put_aside(directory: &Path, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
    let place = database(directory);
    if !place.exists() {
        return Ok(None);
    }
    let folder = directory.join(ASIDE);
    make_directory(&folder)?;
    let name = super::rotation::named(now);
    let aside = folder.join(&name);
    let readable = connect(&place).and_then(|connection| {
        purge::truncate_log(&connection)?;
        // A plain file: the log goes with the mode.
        connection.pragma_update(None, "journal_mode", "delete")?;
        Ok(())
    });
    if readable.is_err() {
        // A damaged file is kept as it is, with what lies beside it.
        for end in ["-wal", "-shm"] {
            let from = super::beside(&place, end);
            if from.exists() {
                let to = super::beside(&aside, end);
                fs::rename(&from, &to).map_err(failed(&to))?;
            }
        }
    }
    for end in ["-wal", "-shm"] {
        remove(&super::beside(&place, end))?;
    }
    remove(&aside)?;
    fs::hard_link(&place, &aside)
        .and_then(|()| sync_folder(&aside))
        .map_err(failed(&aside))?;
    Ok(Some(aside))
}

fn remove(file: &Path) -> Result<(), BackupError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(file)(error)),
        _ => Ok(()),
    }
}
