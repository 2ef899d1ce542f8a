//! Hostile bytes are read in worker processes, so that no letter can stop the house.
//!
//! In: the raw bytes of a letter. Out: what [`crate::message::parse`] makes of them, or how the
//! worker failed ([`ReadFailure`]).
//!
//! The workers run the same binary under a hidden subcommand ([`serve`]): with little address
//! space, without files and network where the kernel allows it, one letter at a time. They are
//! started when first needed, stay warm, and never number more than [`Settings::workers`]. A
//! worker that dies, hangs or talks nonsense is killed and replaced by the next letter; the
//! others go on. A letter that a warm worker died under gets one more try in a fresh one, because
//! the worker may have died before. One that has read a large letter is retired, so that its memory comes back.
//!
//! States of a worker: started → idle ⇄ reading → gone. Only an idle one gets a letter; dropping
//! the future of [`Reader::read`] kills the worker that was reading.
//!
//! A worker ends by itself when its input ends, thus also when the daemon is killed.
//!
//! Not handled: limits on processor time beyond the deadline; kernels without Landlock get the
//! resource limits only.

mod confine;
mod frame;
mod process;
mod worker;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::process::{Broken, Process};
use crate::message::{Attachment, Message, Unreadable, limits};

pub use self::worker::serve;

/// Address space of a worker unless told otherwise, in bytes. A letter of 25 MB needs some six
/// times its size.
pub const MEMORY: u64 = 512 * 1024 * 1024;

/// A worker that has read a letter of more bytes is retired.
const LARGE: usize = 2 * 1024 * 1024;

/// How workers are run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program to run: this one.
    pub program: PathBuf,
    /// Its arguments: the hidden subcommand.
    pub args: Vec<OsString>,
    /// At most so many workers, at least one.
    pub workers: usize,
    /// Address space of a worker in bytes; see [`MEMORY`].
    pub memory: u64,
    /// Wall-clock time for one letter, the start of a worker included; see [`limits::SECONDS`].
    pub deadline: Duration,
}

/// How reading failed. The letter is kept; the worker is gone.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The worker ended in the middle of the letter.
    #[error("the worker died of the letter{}", death(*signal, *exit))]
    Died {
        /// The signal that ended it, such as 6 for an overflown stack.
        signal: Option<i32>,
        /// Its exit code, 101 for a panic.
        exit: Option<i32>,
    },
    /// The worker needed more address space than it may have.
    #[error("the letter takes more than {limit} bytes of memory to read")]
    OutOfMemory {
        /// Bytes it may have.
        limit: u64,
    },
    /// The worker took too long.
    #[error("the letter takes more than {limit:?} to read")]
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// What the worker said is no answer.
    #[error("the worker gave no proper answer")]
    BadAnswer,
    /// No worker could be started.
    #[error("no worker can be started")]
    CannotStart(#[source] io::Error),
    /// [`Reader::close`] was called.
    #[error("the reader is closed")]
    Closed,
}

/// What is known of a death, for the end of a sentence that people read.
fn death(signal: Option<i32>, exit: Option<i32>) -> String {
    match (signal, exit) {
        (Some(signal), _) => format!(" (signal {signal})"),
        (None, Some(exit)) => format!(" (exit code {exit})"),
        (None, None) => String::new(),
    }
}

/// The pool of workers.
#[derive(Debug)]
pub struct Reader {
    settings: Settings,
    /// One permit a letter that is being read.
    permits: Semaphore,
    /// Workers that wait for a letter.
    idle: Mutex<Vec<Process>>,
}

impl Reader {
    /// A pool without workers yet; they start with the first letters.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            permits: Semaphore::new(settings.workers.max(1)),
            idle: Mutex::new(Vec::new()),
            settings,
        }
    }

    /// Reads one letter; waits for a free worker without limit, and for the answer until the
    /// deadline.
    ///
    /// # Errors
    /// Outer: the worker failed, see [`ReadFailure`]. Inner: the letter is [`Unreadable`].
    pub async fn read(&self, raw: &[u8]) -> Result<Result<Message, Unreadable>, ReadFailure> {
        let size = raw.len() as u64;
        if size > limits::LETTER {
            return Ok(Err(Unreadable::TooLarge {
                size,
                limit: limits::LETTER,
            }));
        }
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| ReadFailure::Closed)?;
        let deadline = Instant::now() + self.settings.deadline;
        if let Some(warm) = self.take_idle() {
            match self.ask(warm, raw, deadline).await {
                // It may have died while it waited, or of what older letters left behind.
                Err(ReadFailure::Died { .. } | ReadFailure::OutOfMemory { .. }) => {}
                other => return other,
            }
        }
        let fresh = Process::start(&self.settings, None).map_err(ReadFailure::CannotStart)?;
        self.ask(fresh, raw, deadline).await
    }

    /// Cuts one attachment out of a letter, in a worker of its own: its description and its decoded
    /// bytes. `index` counts from 0 as in [`Message::attachments`]; `None` if there is none of that
    /// number.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub async fn cut(
        &self,
        raw: &[u8],
        index: usize,
    ) -> Result<Result<Option<(Attachment, Vec<u8>)>, Unreadable>, ReadFailure> {
        let (found, bytes) = self.bytes(raw, &index.to_string()).await?;
        let found: Result<Option<Attachment>, Unreadable> =
            serde_json::from_slice(&found).map_err(|_| ReadFailure::BadAnswer)?;
        Ok(found.map(|found| found.map(|attachment| (attachment, bytes))))
    }

    /// Takes all attachments out of a letter, in a worker of its own; `None` if it cannot be done
    /// without taking the text too.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub async fn strip(
        &self,
        raw: &[u8],
    ) -> Result<Result<Option<Vec<u8>>, Unreadable>, ReadFailure> {
        let (found, bytes) = self.bytes(raw, worker::STRIP).await?;
        let found: Result<bool, Unreadable> =
            serde_json::from_slice(&found).map_err(|_| ReadFailure::BadAnswer)?;
        Ok(found.map(|found| found.then_some(bytes)))
    }

    /// What a worker of its own finds for `task`, and the bytes that go with it.
    async fn bytes(&self, raw: &[u8], task: &str) -> Result<(Vec<u8>, Vec<u8>), ReadFailure> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| ReadFailure::Closed)?;
        let deadline = Instant::now() + self.settings.deadline;
        let mut worker =
            Process::start(&self.settings, Some(task)).map_err(ReadFailure::CannotStart)?;
        match timeout_at(deadline, worker.ask_for_bytes(raw)).await {
            Ok(Ok(answer)) => {
                worker.retire().await;
                Ok(answer)
            }
            Ok(Err(broken)) => Err(self.post_mortem(worker, broken).await),
            Err(_) => {
                worker.kill().await;
                Err(ReadFailure::TimedOut {
                    limit: self.settings.deadline,
                })
            }
        }
    }

    /// Has one worker read one letter, and keeps or ends the worker.
    async fn ask(
        &self,
        mut worker: Process,
        raw: &[u8],
        deadline: Instant,
    ) -> Result<Result<Message, Unreadable>, ReadFailure> {
        let answer = match timeout_at(deadline, worker.ask(raw)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(broken)) => return Err(self.post_mortem(worker, broken).await),
            Err(_) => {
                worker.kill().await;
                return Err(ReadFailure::TimedOut {
                    limit: self.settings.deadline,
                });
            }
        };
        let Ok(result) = serde_json::from_slice(&answer) else {
            worker.kill().await;
            return Err(ReadFailure::BadAnswer);
        };
        if raw.len() <= LARGE {
            self.put_idle(worker);
        } else {
            worker.retire().await;
        }
        Ok(result)
    }

    /// Ends all idle workers and refuses further letters. Letters being read are read to the end.
    pub async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in idle {
            worker.retire().await;
        }
    }

    /// A worker that waits and lives.
    fn take_idle(&self) -> Option<Process> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut worker) = idle.pop() {
            if worker.is_alive() {
                return Some(worker);
            }
        }
        None
    }

    fn put_idle(&self, worker: Process) {
        if !self.permits.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(worker);
        }
    }

    /// Finds out what a worker died of.
    async fn post_mortem(&self, worker: Process, broken: Broken) -> ReadFailure {
        if matches!(broken, Broken::TooLong) {
            worker.kill().await;
            return ReadFailure::BadAnswer;
        }
        let Some(death) = worker.death().await else {
            return ReadFailure::BadAnswer;
        };
        if death.out_of_memory {
            ReadFailure::OutOfMemory {
                limit: self.settings.memory,
            }
        } else {
            ReadFailure::Died {
                signal: death.signal,
                exit: death.exit,
            }
        }
    }
}
