//! One IMAP session, judged strictly: the only place that sends a command.
//!
//! [`Session::run`] sends one command and reads until its tagged answer. Tagged OK is the only
//! success. NO, BAD, end of file, BYE, silence, garbage, a foreign tag and a limit passed are
//! errors, each its own. Only NO and BAD leave the session usable; after anything else, and
//! after a dropped future, every further call fails with [`MailboxError::Interrupted`].
//!
//! A response must be there within the step deadline, and a command ends within two steps plus
//! what its answers earn it: a server that only ever says "still here" is silent.
//!
//! News rides on any answer (RFC 3501 §7): EXISTS is noted on the way and kept until
//! [`Session::take_news`].

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::reply::{self, Code, Reply, Status, Value};
use super::wire::{Broken, SLOWEST, Stream, Wire};
use crate::mailbox::MailboxError;

/// Bytes of literals where only names are expected.
pub const NAMES: u64 = 64 * 1024;

/// Responses to one command: twice what the largest list brings.
const RESPONSES: u64 = 2_000_000;

/// Time each response adds to what its command may take: enough for a server that opens a file
/// for each letter, too little to be kept for ever by a line now and then.
const EACH: Duration = Duration::from_millis(100);

/// What is sent: a command, and what follows each time the server says `+`.
pub struct Command {
    /// The command's name, for errors. Nothing else of it is ever shown.
    pub name: &'static str,
    /// The first is sent behind a tag, the next ones at each continuation request.
    pub parts: Vec<Vec<u8>>,
    /// Bytes of literals one response may bring.
    pub literals: u64,
}

impl Command {
    /// A command of one line that expects no large answers. `line` is without CRLF.
    pub fn line(name: &'static str, line: String) -> Self {
        Self {
            name,
            parts: vec![line.into_bytes()],
            literals: NAMES,
        }
    }
}

/// What a command brings before its tagged answer.
pub enum Seen {
    /// Data.
    Data(Vec<Value>),
    /// The code of an untagged OK.
    Code(Code),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// IDLE under this tag is acknowledged by the server and not ended.
    Idling(String),
    Broken,
}

/// A session; see the module page.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
    state: State,
    tags: u32,
    step: Duration,
    offered: BTreeSet<String>,
    exists: u32,
    expunged: u64,
    news: bool,
}

impl Session {
    /// Over a connection whose greeting, if any, is not yet read.
    pub fn new(stream: Stream, step: Duration) -> Self {
        Self {
            wire: Wire::new(stream),
            state: State::Ready,
            tags: 0,
            step,
            offered: BTreeSet::new(),
            exists: 0,
            expunged: 0,
            news: false,
        }
    }

    /// Reads the greeting (RFC 3501 §7.1).
    pub async fn greeting(&mut self) -> Result<(), MailboxError> {
        self.state = State::Broken;
        match self.reply("the greeting").await? {
            Reply::Status(Status::Ok, code) => {
                self.learn(&code);
                self.state = State::Ready;
                Ok(())
            }
            Reply::Status(Status::Preauth, _) => Err(MailboxError::Insecure(
                "the server greets with PREAUTH, as if it knew us",
            )),
            Reply::Status(Status::Bye, _) => Err(closed("the greeting")),
            _ => Err(garbage("the greeting", "no greeting")),
        }
    }

    /// Whether the server has offered this, as of the last CAPABILITY.
    pub fn offers(&self, capability: &str) -> bool {
        self.offered.contains(capability)
    }

    /// The server's certificates as DER, its own first; none without TLS.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        self.wire.certificates()
    }

    /// Asks what the server offers. What it offered before is forgotten.
    pub async fn ask_capabilities(&mut self) -> Result<(), MailboxError> {
        let mut offered = BTreeSet::new();
        self.run(
            Command::line("CAPABILITY", "CAPABILITY".to_owned()),
            |seen| {
                if let Seen::Data(data) = seen
                    && data.first().is_some_and(|first| first.is("CAPABILITY"))
                {
                    offered.extend(data.iter().skip(1).filter_map(Value::bytes).map(upper));
                }
                Ok(())
            },
        )
        .await?;
        self.offered = offered;
        Ok(())
    }

    /// Forgets what was offered, or takes it from the code of a login (RFC 3501 §7.1).
    /// Returns whether it is known now.
    pub fn renew_capabilities(&mut self, code: &Code) -> bool {
        self.offered.clear();
        self.learn(code);
        !self.offered.is_empty()
    }

    fn learn(&mut self, code: &Code) {
        let mut words = code.words();
        if words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("CAPABILITY"))
        {
            self.offered = words.map(str::to_ascii_uppercase).collect();
        }
    }

    /// The connection under the session, or `None` if the server has said more than was asked.
    pub fn into_stream(self) -> Option<Stream> {
        (self.state == State::Ready)
            .then(|| self.wire.into_stream())
            .flatten()
    }

    /// Sends `command`, gives `on` all it brings, and returns the code of its tagged OK.
    ///
    /// # Errors
    /// See the module page. What `on` returns ends the session too.
    pub async fn run(
        &mut self,
        command: Command,
        mut on: impl FnMut(Seen) -> Result<(), MailboxError> + Send,
    ) -> Result<Code, MailboxError> {
        self.end_idle().await?;
        let name = command.name;
        let tag = self.next_tag()?;
        let mut parts = command.parts.into_iter();
        let mut first = format!("{tag} ").into_bytes();
        first.extend(parts.next().unwrap_or_default());
        self.send(name, first).await?;
        let mut patience = Instant::now() + 2 * self.step;
        for _ in 0..RESPONSES {
            let (reply, bytes) = self.measured(name, command.literals).await?;
            patience += EACH + Duration::from_secs(bytes / SLOWEST);
            if Instant::now() > patience {
                return Err(error(name, self.step, Broken::Silent));
            }
            match reply {
                Reply::Tagged(of, status, code) if of == tag.as_bytes() => {
                    return self.judge(name, status, code);
                }
                Reply::Continue => {
                    let next = parts.next();
                    let next = next.ok_or_else(|| garbage(name, "an unasked `+`"))?;
                    self.send(name, next).await?;
                }
                Reply::Status(Status::Bye, _) => return Err(closed(name)),
                Reply::Status(Status::Ok, code) => on(Seen::Code(code))?,
                Reply::Status(..) => {}
                Reply::Data(data) => {
                    self.note(&data);
                    on(Seen::Data(data))?;
                }
                Reply::Tagged(..) => return Err(garbage(name, "a foreign tag")),
            }
        }
        Err(garbage(name, "more responses than anybody asked for"))
    }

    /// As [`Session::run`] where nothing that comes along matters.
    pub async fn order(&mut self, command: Command) -> Result<Code, MailboxError> {
        self.run(command, |_| Ok(())).await
    }

    fn judge(
        &mut self,
        command: &'static str,
        status: Status,
        code: Code,
    ) -> Result<Code, MailboxError> {
        let status = match status {
            Status::Ok => {
                self.state = State::Ready;
                return Ok(code);
            }
            Status::No => "NO",
            Status::Bad => "BAD",
            Status::Bye | Status::Preauth => {
                return Err(garbage(command, "a tagged BYE or PREAUTH"));
            }
        };
        self.state = State::Ready;
        Err(MailboxError::Declined {
            command,
            status,
            code: code.name(),
        })
    }

    /// Notes what a response says about the size of the folder.
    fn note(&mut self, data: &[Value]) {
        let [count, kind] = data else { return };
        let Some(count) = count.number::<u32>() else {
            return;
        };
        if kind.is("EXISTS") {
            self.news |= count > self.exists;
            self.exists = count;
        } else if kind.is("EXPUNGE") {
            self.exists = self.exists.saturating_sub(1);
            self.expunged += 1;
        }
    }

    /// Whether more letters were announced since the last call.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// How many letters the folder has, as announced, and how many were ever announced as gone.
    pub fn size(&self) -> (u32, u64) {
        (self.exists, self.expunged)
    }

    /// Forgets the size of the folder: another one is about to be opened.
    pub fn forget_size(&mut self) {
        self.exists = 0;
    }

    /// Begins IDLE (RFC 2177) and returns once the server has agreed.
    pub async fn begin_idle(&mut self) -> Result<(), MailboxError> {
        self.end_idle().await?;
        let tag = self.next_tag()?;
        self.send("IDLE", format!("{tag} IDLE").into_bytes())
            .await?;
        for _ in 0..RESPONSES {
            match self.reply("IDLE").await? {
                Reply::Continue => {
                    self.state = State::Idling(tag);
                    return Ok(());
                }
                Reply::Tagged(of, status, code) if of == tag.as_bytes() => {
                    self.judge("IDLE", status, code)?;
                    return Err(garbage("IDLE", "an end before the beginning"));
                }
                Reply::Tagged(..) => return Err(garbage("IDLE", "a foreign tag")),
                Reply::Status(Status::Bye, _) => return Err(closed("IDLE")),
                Reply::Status(..) => {}
                Reply::Data(data) => self.note(&data),
            }
        }
        Err(garbage("IDLE", "more responses than anybody asked for"))
    }

    /// During IDLE: waits for news for at most `at_most`; true if there is some. Cancel-safe.
    pub async fn idle(&mut self, at_most: Duration) -> Result<bool, MailboxError> {
        let until = Instant::now() + at_most;
        while !self.news {
            let left = until.saturating_duration_since(Instant::now());
            match self.wire.frame(left, NAMES).await {
                Err(Broken::Silent) => break,
                Err(broken) => {
                    self.state = State::Broken;
                    return Err(error("IDLE", left, broken));
                }
                Ok(frame) => match reply::read(frame) {
                    Ok(Reply::Data(data)) => self.note(&data),
                    Ok(Reply::Status(Status::Bye, _)) => {
                        self.state = State::Broken;
                        return Err(closed("IDLE"));
                    }
                    // `* OK Still here`: a sign of life, no news.
                    Ok(Reply::Status(..)) => {}
                    Ok(Reply::Tagged(..) | Reply::Continue) | Err(_) => {
                        self.state = State::Broken;
                        return Err(garbage("IDLE", "an end nobody asked for"));
                    }
                },
            }
        }
        Ok(self.news)
    }

    /// Ends IDLE if it is on; the session must be ready otherwise.
    pub async fn end_idle(&mut self) -> Result<(), MailboxError> {
        let tag = match &self.state {
            State::Ready => return Ok(()),
            State::Broken => return Err(MailboxError::Interrupted),
            State::Idling(tag) => tag.clone(),
        };
        self.send("DONE", b"DONE".to_vec()).await?;
        for _ in 0..RESPONSES {
            match self.reply("DONE").await? {
                Reply::Tagged(of, status, code) if of == tag.as_bytes() => {
                    return self.judge("IDLE", status, code).map(|_| ());
                }
                Reply::Data(data) => self.note(&data),
                Reply::Status(Status::Bye, _) => return Err(closed("DONE")),
                Reply::Status(..) => {}
                Reply::Continue | Reply::Tagged(..) => {
                    return Err(garbage("DONE", "no end of IDLE"));
                }
            }
        }
        Err(garbage("DONE", "more responses than anybody asked for"))
    }

    /// LOGOUT and the end of the connection, within two seconds, come what may.
    pub async fn log_out(&mut self) {
        let goodbye = async {
            let _ = self.end_idle().await;
            if self.state == State::Ready {
                let _ = self
                    .order(Command::line("LOGOUT", "LOGOUT".to_owned()))
                    .await;
            }
            let _ = self.wire.shutdown().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), goodbye).await;
    }

    fn next_tag(&mut self) -> Result<String, MailboxError> {
        self.tags = self.tags.checked_add(1).ok_or(MailboxError::Interrupted)?;
        Ok(format!("G{}", self.tags))
    }

    /// Sends a line. Until the answer is read the session counts as broken.
    async fn send(&mut self, name: &'static str, mut line: Vec<u8>) -> Result<(), MailboxError> {
        self.state = State::Broken;
        line.extend_from_slice(b"\r\n");
        self.wire
            .write(&line, self.step)
            .await
            .map_err(|broken| error(name, self.step, broken))
    }

    async fn reply(&mut self, name: &'static str) -> Result<Reply, MailboxError> {
        self.measured(name, NAMES).await.map(|(reply, _)| reply)
    }

    /// The next response and the size of its literals.
    async fn measured(
        &mut self,
        name: &'static str,
        literals: u64,
    ) -> Result<(Reply, u64), MailboxError> {
        let frame = self.wire.frame(self.step, literals).await;
        let frame = frame.map_err(|broken| error(name, self.step, broken))?;
        let bytes = frame.literals();
        let reply = reply::read(frame).map_err(|what| garbage(name, what))?;
        Ok((reply, bytes))
    }
}

fn upper(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_uppercase()
}

fn closed(command: &'static str) -> MailboxError {
    MailboxError::Closed {
        command,
        source: None,
    }
}

fn garbage(command: &'static str, what: &'static str) -> MailboxError {
    MailboxError::Protocol { command, what }
}

fn error(command: &'static str, step: Duration, broken: Broken) -> MailboxError {
    match broken {
        Broken::Silent => MailboxError::Silent {
            command,
            seconds: step.as_secs(),
        },
        Broken::Closed(source) => MailboxError::Closed { command, source },
        Broken::TooLong => garbage(command, "a response without an end"),
        Broken::Literal(line, bytes) => MailboxError::TooLarge {
            uid: reply::leading_uid(&line).and_then(crate::mailbox::Uid::number),
            bytes,
        },
    }
}
