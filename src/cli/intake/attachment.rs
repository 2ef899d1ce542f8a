//! `guichet intake attachment`: what came with a letter.
//!
//! An attachment is cut out of the raw letter by a reader's worker, and written where the admin
//! says: the name that the sender claims is shown, never used.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use crate::cli::screen::Screen;
use crate::cli::{Failure, json, print, runtime};
use crate::config::Config;
use crate::daemon;
use crate::reader::Reader;
use crate::store::View;

pub(super) fn list(view: &View, letter: i64, as_json: bool) -> Result<(), Failure> {
    // A letter that is not there is told from one without attachments.
    let attachments = view.letter(letter)?.attachments;
    if as_json {
        for attachment in &attachments {
            print(&json(attachment)?)?;
        }
        return Ok(());
    }
    let screen = Screen::stdout();
    if attachments.is_empty() {
        return screen.nothing("No attachments.");
    }
    let rows = attachments
        .iter()
        .map(|attachment| {
            vec![
                attachment.number.to_string(),
                screen.cell(&attachment.name, 60),
                screen.cell(&attachment.media_type, 60),
                attachment.size.to_string(),
                match (attachment.repeated, attachment.inline) {
                    (true, _) => "in a signature",
                    (false, true) => "in the text",
                    (false, false) => "attached",
                }
                .to_owned(),
                attachment.sha256.clone(),
            ]
        })
        .collect();
    let head = ["number", "name", "type claimed", "bytes", "where", "sha256"];
    print(&screen.list(&head, &["sha256", "type claimed"], rows))
}

pub(super) fn write(
    config: &Config,
    raw: &[u8],
    number: usize,
    output: Option<&Path>,
) -> Result<(), Failure> {
    if output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::new(
            64,
            "expected --output FILE, because an attachment is not for a terminal",
        ));
    }
    let reader = Reader::new(daemon::readers(config));
    let found = match number.checked_sub(1) {
        Some(index) => runtime()?.block_on(reader.cut(raw, index)),
        None => Ok(Ok(None)),
    };
    let (_, bytes) = found
        .map_err(|failure| Failure::new(70, failure))?
        .map_err(|unreadable| Failure::new(65, unreadable))?
        .ok_or_else(|| Failure::new(66, format!("the letter has no attachment {number}")))?;
    let Some(path) = output else {
        std::io::stdout().lock().write_all(&bytes)?;
        return Ok(());
    };
    File::create_new(path)
        .and_then(|mut file| file.write_all(&bytes))
        .map_err(|error| {
            Failure::new(
                73,
                format!("`{}` cannot be written: {error}", path.display()),
            )
        })
}
