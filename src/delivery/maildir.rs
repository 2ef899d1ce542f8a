//! Delivery into a Maildir: for demonstrations, for tests, and for sites whose mail server picks
//! letters up from a folder.
//!
//! In: a letter. Out: one file in `new/`, whole and durable, or nothing. The file is written and
//! flushed under `tmp/`, `before_dot` is awaited, the file is renamed into `new/`, and the folder
//! flushed. `Return-Path` and `Delivered-To` are put on top, as the last server on the way does
//! (RFC 5321 §4.4). Line ends stay CRLF.
//!
//! File names follow the Maildir convention: seconds, then what is unique to this process, then
//! the host name's place. Not handled: cleaning `tmp/` of files a crash left there; by the
//! convention any reader removes those that are older than 36 hours.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::outcome::{Event, Outcome, Step, sort};
use super::smtp::reply::Reply;
use super::{DeliveryError, Outgoing};
use crate::compose::wire_address::WireAddress;
use crate::crash;

/// Where the folder is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Maildir; it and its `tmp`, `new` and `cur` are made when missing.
    pub folder: PathBuf,
}

/// A Maildir that letters are dropped into.
#[derive(Debug)]
pub struct Drop {
    folder: Arc<Path>,
}

impl Drop {
    /// Makes the folders.
    ///
    /// # Errors
    /// [`DeliveryError::Folder`] if one cannot be made.
    pub fn new(settings: Settings) -> Result<Self, DeliveryError> {
        for part in ["tmp", "new", "cur"] {
            let path = settings.folder.join(part);
            if let Err(source) = fs::create_dir_all(&path) {
                return Err(DeliveryError::Folder { path, source });
            }
        }
        let folder = settings.folder.into();
        Ok(Self { folder })
    }

    /// Drops `letter` into the folder; see [`super::Transport::deliver`].
    ///
    /// # Errors
    /// Only what `before_dot` returned.
    pub async fn deliver<F, E>(
        &mut self,
        letter: &Outgoing<'_>,
        before_dot: F,
    ) -> Result<Outcome, E>
    where
        F: AsyncFnOnce() -> Result<(), E>,
    {
        let top = match delivery_fields(letter) {
            Ok(top) => top,
            Err(why) => return Ok(sort(Step::Recipient, Event::Unfit(why))),
        };
        crash::point("C10");
        let name = unique_name();
        let (from, to) = (
            self.folder.join("tmp").join(&name),
            self.folder.join("new").join(&name),
        );
        let (path, bytes) = (from.clone(), [top.as_bytes(), letter.bytes].concat());
        if let Err(error) = off_thread(move || write_durably(&path, &bytes)).await {
            // The letter is not in `new`; what is left of it in `tmp` means nothing.
            let _gone = fs::remove_file(&from);
            return Ok(trouble(Step::Connect, "writing the letter", &error));
        }
        if let Err(error) = before_dot().await {
            let _gone = fs::remove_file(&from);
            return Err(error);
        }
        if let Err(error) = fs::rename(&from, &to) {
            let _gone = fs::remove_file(&from);
            return Ok(trouble(Step::Connect, "moving the letter into new", &error));
        }
        crash::point("C12");
        let folder = Arc::clone(&self.folder);
        let flushed = off_thread(move || File::open(folder.join("new"))?.sync_all()).await;
        if let Err(error) = flushed {
            return Ok(trouble(Step::Dot, "flushing the folder", &error));
        }
        crash::point("C13");
        let enhanced = Some(String::from("2.0.0"));
        let text = format!("2.0.0 dropped as {name}");
        let reply = Reply {
            code: 250,
            enhanced,
            text,
        };
        Ok(sort(Step::Dot, Event::Reply(reply)))
    }
}

/// `Return-Path` and `Delivered-To`, or why the letter cannot be dropped.
fn delivery_fields(letter: &Outgoing<'_>) -> Result<String, String> {
    let address =
        |role: &str, text: &str| WireAddress::new(text).map_err(|error| format!("{role}: {error}"));
    let sender = letter
        .sender
        .map(|text| address("sender", text))
        .transpose()?;
    let sender = sender.as_ref().map_or("", WireAddress::as_str);
    let recipient = address("recipient", letter.recipient)?;
    super::smtp::check_bytes(letter.bytes)?;
    Ok(format!(
        "Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
    ))
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Runs what may wait for the disk on a thread that may wait.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error)),
    }
}

/// A disk in trouble is a server that cannot be reached, until the rename is done.
fn trouble(step: Step, what: &str, error: &io::Error) -> Outcome {
    sort(step, Event::Unusable(format!("{what}: {error}")))
}

fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (seconds, micros) = (now.as_secs(), now.subsec_micros());
    let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{seconds}.M{micros}P{pid}Q{count}.guichet")
}
