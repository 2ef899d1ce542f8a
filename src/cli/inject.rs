//! `guichet inject`: one letter on standard input, durable in the store's own Maildir when this
//! exits 0, and still the MTA's when it exits 75 (EX_TEMPFAIL).
//!
//! It needs no lock and no running daemon: the folder is watched like any mailbox. Everything
//! that goes wrong is temporary for the MTA, also a mistake in the configuration, because a mail
//! server that is told "never" writes to the sender.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use super::{Failure, read_config};
use crate::cause::chain;
use crate::config::inject_folder;
use crate::mailbox::maildir;
use crate::message::limits;

/// EX_TEMPFAIL of sysexits.h.
pub(super) const TEMPFAIL: u8 = 75;

/// Bytes taken from standard input: more than a letter may have, so that one that is too large
/// still arrives and is held, and little enough to stay in memory.
const INPUT: u64 = 4 * limits::LETTER;

pub(super) fn inject(file: &Path) -> Result<ExitCode, Failure> {
    let temporary = |failure: Failure| Failure {
        code: TEMPFAIL,
        ..failure
    };
    let config = read_config(file).map_err(temporary)?;
    let mut letter = Vec::new();
    std::io::stdin()
        .take(INPUT + 1)
        .read_to_end(&mut letter)
        .map_err(|error| Failure::new(TEMPFAIL, error))?;
    if letter.is_empty() {
        return Err(Failure::new(
            TEMPFAIL,
            "expected a letter on standard input, but found nothing",
        ));
    }
    if letter.len() as u64 > INPUT {
        return Err(Failure::new(
            TEMPFAIL,
            format!("the letter has more than {INPUT} bytes"),
        ));
    }
    let folder = inject_folder(&config.store);
    maildir::deliver(&folder, &letter).map_err(|error| {
        let (folder, why) = (folder.display(), chain(&error));
        Failure::new(
            TEMPFAIL,
            format!("no letter can be put into `{folder}`: {why}"),
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
