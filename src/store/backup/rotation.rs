//! Backups in one folder: their names, and how many are kept.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{BackupError, failed, manifest_of};

/// Removes the oldest backups that [`named`] named in `folder`, until `keep` are left, and says
/// which.
///
/// # Errors
/// When the folder cannot be read, or a backup not be removed.
pub fn thin_out(folder: &Path, keep: usize) -> Result<Vec<PathBuf>, BackupError> {
    let mut backups: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let ours = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(is_named);
        if ours {
            backups.push(path);
        }
    }
    // The instant is in the name, so that their order is that of time.
    backups.sort();
    backups.truncate(backups.len().saturating_sub(keep));
    for file in &backups {
        fs::remove_file(file).map_err(failed(file))?;
        let manifest = manifest_of(file);
        match fs::remove_file(&manifest) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&manifest)(error));
            }
            _ => {}
        }
    }
    Ok(backups)
}

/// The name of a backup made now: `guichet-20261124T035425Z.sqlite`.
#[must_use]
pub fn named(now: Timestamp) -> String {
    format!("guichet-{}.sqlite", now.strftime("%Y%m%dT%H%M%SZ"))
}

/// Whether a name is one that [`named`] gives.
fn is_named(name: &str) -> bool {
    name.strip_prefix("guichet-")
        .and_then(|rest| rest.strip_suffix("Z.sqlite"))
        .and_then(|instant| instant.split_once('T'))
        .is_some_and(|(day, time)| {
            let digits = |text: &str, length| {
                text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            digits(day, 8) && digits(time, 6)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_only_our_own_names_are_thinned_out() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let at = |text: &str| named(text.parse::<Timestamp>().unwrap());
        let (old, new) = (at("2026-11-24T03:54:25Z"), at("2026-12-01T00:00:00Z"));
        assert_eq!(old, "guichet-20261124T035425Z.sqlite");
        for name in [
            &old,
            &new,
            "guichet-latest.sqlite",
            "guichet-2026T1Z.sqlite",
        ] {
            fs::write(folder.path().join(name), b"x").unwrap();
        }
        fs::write(manifest_of(&folder.path().join(&old)), b"{}").unwrap();
        assert!(thin_out(folder.path(), 2).unwrap().is_empty());
        assert_eq!(
            thin_out(folder.path(), 1).unwrap(),
            [folder.path().join(&old)]
        );
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "guichet-20261201T000000Z.sqlite",
                "guichet-2026T1Z.sqlite",
                "guichet-latest.sqlite"
            ]
        );
    }
}
