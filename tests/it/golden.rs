//! Golden files: what a test made is compared with what a person looked at and kept.
//!
//! `RENEW_GOLDEN=1 tests/run …` writes them anew; look at every change before it is committed.

use std::path::{Path, PathBuf};

/// Compares with the file of this name under `tests/golden`, or writes it.
#[track_caller]
pub fn assert_is(name: &str, made: &[u8]) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("RENEW_GOLDEN").is_some() {
        std::fs::write(&file, made).unwrap();
        return;
    }
    let kept = std::fs::read(&file).unwrap_or_default();
    if kept == made {
        return;
    }
    let new = std::env::temp_dir().join(format!("golden-{name}"));
    std::fs::write(&new, made).unwrap();
    let (kept, made) = (
        String::from_utf8_lossy(&kept),
        String::from_utf8_lossy(made),
    );
    let differs = kept
        .lines()
        .zip(made.lines())
        .enumerate()
        .find(|(_, (kept, made))| kept != made);
    panic!(
        "{name} is not as it was kept; the new one is {}.\nFirst difference, line from 0: {differs:?}",
        new.display()
    );
}
