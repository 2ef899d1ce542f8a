//! The daemon's side of one worker process.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{Settings, frame, worker};

/// How long a process may take to end after its pipes are closed or it was killed.
const END: Duration = Duration::from_secs(2);
/// Bytes of last words that are looked at.
const LAST_WORDS: u64 = 4096;

/// A worker process and its pipes. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    words: ChildStderr,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// A pipe ended or failed.
    Pipe,
    /// The answer announces more than it may have.
    TooLong,
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Pipe
    }
}

/// How a worker ended.
pub(super) struct Death {
    pub(super) signal: Option<i32>,
    pub(super) exit: Option<i32>,
    /// Its last words were about memory.
    pub(super) out_of_memory: bool,
}

impl Process {
    /// Starts a worker, without the daemon's environment and in a process group of its own, so
    /// that an interrupt from the keyboard leaves it to finish its letter.
    ///
    /// `task`: what it is to do with its letter, instead of reading; see [`worker::TASK_VARIABLE`].
    pub(super) fn start(settings: &Settings, task: Option<&str>) -> io::Result<Self> {
        let mut child = Command::new(&settings.program)
            .args(&settings.args)
            .env_clear()
            .envs(task.map(|task| (worker::TASK_VARIABLE, task)))
            .env(worker::MEMORY_VARIABLE, settings.memory.to_string())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(words)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self {
            child,
            input,
            output,
            words,
        })
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Hands over a letter and waits for the answer. After an error the worker is of no more use.
    pub(super) async fn ask(&mut self, raw: &[u8]) -> Result<Vec<u8>, Broken> {
        self.hand_over(raw).await?;
        self.answer(frame::ANSWER).await
    }

    /// Hands over a letter to a worker with a task, and waits for what it found and the bytes.
    pub(super) async fn ask_for_bytes(&mut self, raw: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Broken> {
        self.hand_over(raw).await?;
        let found = self.answer(frame::ANSWER).await?;
        let bytes = self.answer(frame::LETTER).await?;
        Ok((found, bytes))
    }

    async fn hand_over(&mut self, raw: &[u8]) -> Result<(), Broken> {
        let length = frame::length(raw, frame::LETTER)?;
        self.input.write_all(&length).await?;
        self.input.write_all(raw).await?;
        Ok(self.input.flush().await?)
    }

    async fn answer(&mut self, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut length = [0; 4];
        self.output.read_exact(&mut length).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > limit {
            return Err(Broken::TooLong);
        }
        let mut answer = vec![0; length];
        self.output.read_exact(&mut answer).await?;
        Ok(answer)
    }

    /// Kills the worker and waits until it is gone.
    pub(super) async fn kill(mut self) {
        // It may be gone already; then there is nothing to kill.
        let _ = self.child.start_kill();
        let _ = timeout(END, self.child.wait()).await;
    }

    /// Lets the worker end by itself; kills it if it does not.
    pub(super) async fn retire(self) {
        let Self {
            mut child, input, ..
        } = self;
        drop(input);
        if timeout(END, child.wait()).await.is_err() {
            let _ = child.start_kill();
            let _ = timeout(END, child.wait()).await;
        }
    }

    /// What the worker died of; `None` if it closed its pipes but lived on, and had to be killed.
    pub(super) async fn death(self) -> Option<Death> {
        let Self {
            mut child,
            input,
            output,
            words,
        } = self;
        drop((input, output));
        let mut last_words = Vec::new();
        let mut words = words.take(LAST_WORDS);
        let ended = timeout(END, async {
            // What it can no longer say stays unsaid.
            let _ = words.read_to_end(&mut last_words).await;
            child.wait().await
        })
        .await;
        let Ok(Ok(status)) = ended else {
            let _ = child.start_kill();
            let _ = timeout(END, child.wait()).await;
            return None;
        };
        let sentence = b"memory allocation of";
        Some(Death {
            signal: status.signal(),
            exit: status.code(),
            out_of_memory: last_words
                .windows(sentence.len())
                .any(|found| found == sentence),
        })
    }
}
