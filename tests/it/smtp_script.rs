//! An SMTP server that does as it is told: the counterpart in every delivery test.
//!
//! ```ignore
//! let server = SmtpScript::start(Script::default()
//!     .on(Verb::Mail, Act::say("451 4.3.0 later"))        // always
//!     .once(Verb::Dot, Act::Take(Box::new(Act::Close)))   // the first time only
//!     .on_recipient("bad@example.org", Act::say("550 5.1.1 unknown")));
//! // … server.port(), then server.accepted(), server.commands(), server.connections()
//! ```
//!
//! It runs on a thread of its own with its own runtime, so that any test, blocking or not, and
//! any bench can use it through `#[path]`; dropping it ends it with all its connections. It
//! listens on 127.0.0.1 on a free port. [`Script::sink`] is a plain fast sink.
//!
//! A letter is recorded when it was accepted (2xx to the final dot, or [`Act::Take`]): envelope,
//! Message-ID, the raw wire bytes with doubled dots and the end, and the bytes without.

#![allow(dead_code, reason = "each user needs another part of it")]

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

#[path = "smtp_script/talk.rs"]
mod talk;

/// The places of the dialogue a script can speak about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The greeting.
    Connect,
    Ehlo,
    Helo,
    StartTls,
    /// The outcome of AUTH; without a rule, [`Script::login`] decides.
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The first bytes of the letter have come. Only acts that end or delay make sense.
    Body,
    /// The final dot has come.
    Dot,
    Rset,
    Quit,
}

/// What the server does at such a place.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes, whatever they are.
    Say(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Resets the connection. A script that holds one resets wherever it closes.
    Reset,
    /// Does nothing for ever.
    Hang,
    /// Does it later.
    Wait(Duration, Box<Act>),
    /// Sends these bytes and closes.
    SayClose(Vec<u8>),
    /// At the final dot: records the letter, then acts.
    Take(Box<Act>),
}

impl Act {
    /// A reply line; CRLF is added.
    pub fn say(line: &str) -> Self {
        Self::Say(format!("{line}\r\n").into_bytes())
    }

    /// A reply line, then the end.
    pub fn say_close(line: &str) -> Self {
        Self::SayClose(format!("{line}\r\n").into_bytes())
    }

    fn resets(&self) -> bool {
        match self {
            Self::Reset => true,
            Self::Wait(_, act) | Self::Take(act) => act.resets(),
            _ => false,
        }
    }
}

/// How the server uses TLS. Certificate and key are PEM.
#[derive(Debug, Clone, Default)]
pub enum Tls {
    #[default]
    None,
    Implicit(String, String),
    /// Offers STARTTLS until TLS is on.
    Start(String, String),
}

/// What the server offers and does; see the module page.
#[derive(Debug, Clone)]
pub struct Script {
    /// Filled by [`Script::on`].
    pub rules: HashMap<Verb, Act>,
    /// Filled by [`Script::once`].
    pub once: HashMap<Verb, VecDeque<Act>>,
    /// Filled by [`Script::on_recipient`].
    pub recipients: HashMap<String, Act>,
    pub pipelining: bool,
    pub eight_bit: bool,
    pub size: Option<u64>,
    pub tls: Tls,
    /// Filled by [`Script::login`].
    pub login: Option<(String, String)>,
    /// Closes a connection that stays idle for so long.
    pub idle: Option<Duration>,
    /// Keeps the letters; a sink only counts them and keeps nothing.
    pub keep: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            rules: HashMap::new(),
            once: HashMap::new(),
            recipients: HashMap::new(),
            pipelining: true,
            eight_bit: true,
            size: None,
            tls: Tls::None,
            login: None,
            idle: None,
            keep: true,
        }
    }
}

impl Script {
    /// A fast sink: accepts all, counts, keeps nothing.
    pub fn sink() -> Self {
        let keep = false;
        Self {
            keep,
            ..Self::default()
        }
    }

    /// What happens at `verb` every time.
    pub fn on(mut self, verb: Verb, act: Act) -> Self {
        self.rules.insert(verb, act);
        self
    }

    /// What happens at `verb` the next time; several calls queue up.
    pub fn once(mut self, verb: Verb, act: Act) -> Self {
        self.once.entry(verb).or_default().push_back(act);
        self
    }

    /// What happens at RCPT for this address.
    pub fn on_recipient(mut self, address: &str, act: Act) -> Self {
        self.recipients.insert(address.to_owned(), act);
        self
    }

    /// Offers AUTH PLAIN, LOGIN and XOAUTH2 for this user and secret, and insists on it.
    pub fn login(mut self, user: &str, secret: &str) -> Self {
        self.login = Some((user.to_owned(), secret.to_owned()));
        self
    }

    fn resets(&self) -> bool {
        let once = self.once.values().flatten();
        self.rules
            .values()
            .chain(once)
            .chain(self.recipients.values())
            .any(Act::resets)
    }
}

/// A letter the server took responsibility for.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Between the brackets of MAIL FROM; empty for the null sender.
    pub sender: String,
    pub recipients: Vec<String>,
    /// The value of the first Message-ID field, with brackets.
    pub message_id: Option<String>,
    /// Everything after the reply to DATA, up to and with `CRLF . CRLF`.
    pub wire: Vec<u8>,
    /// The letter: dots undone, end taken off.
    pub bytes: Vec<u8>,
    pub at: Instant,
}

#[derive(Debug, Default)]
struct State {
    accepted: Mutex<Vec<Accepted>>,
    commands: Mutex<Vec<String>>,
    once: Mutex<HashMap<Verb, VecDeque<Act>>>,
    /// What has come of the letter that is being sent.
    partial: Mutex<Vec<u8>>,
    count: AtomicUsize,
    connections: AtomicUsize,
    /// Commands that came before the reply to the one before, without PIPELINING offered.
    hasty: AtomicUsize,
}

/// The running server; see the module page.
#[derive(Debug)]
pub struct SmtpScript {
    port: u16,
    state: Arc<State>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SmtpScript {
    /// Starts the server; it listens when this returns.
    pub fn start(mut script: Script) -> Self {
        let state = Arc::new(State {
            once: Mutex::new(std::mem::take(&mut script.once)),
            ..State::default()
        });
        let resets = script.resets()
            || state
                .once
                .lock()
                .unwrap()
                .values()
                .flatten()
                .any(Act::resets);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = talk::accept(listener, Arc::new(script), shared, resets) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        let (stop, thread) = (Some(stop), Some(thread));
        Self {
            port,
            state,
            stop,
            thread,
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The letters accepted so far, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.state.accepted.lock().unwrap().clone()
    }

    /// How many letters were accepted.
    pub fn count(&self) -> usize {
        self.state.count.load(Ordering::SeqCst)
    }

    /// Every command line so far, over all connections; AUTH answers included.
    pub fn commands(&self) -> Vec<String> {
        self.state.commands.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Commands sent ahead of a reply although PIPELINING was not offered.
    pub fn hasty(&self) -> usize {
        self.state.hasty.load(Ordering::SeqCst)
    }

    /// The raw bytes that have come of the letter that is being sent.
    pub fn partial(&self) -> Vec<u8> {
        self.state.partial.lock().unwrap().clone()
    }

    /// Adds a rule for the next time while the server runs.
    pub fn next(&self, verb: Verb, act: Act) {
        self.state
            .once
            .lock()
            .unwrap()
            .entry(verb)
            .or_default()
            .push_back(act);
    }
}

impl Drop for SmtpScript {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// The value of the first field `name`, which has to stand in one line.
pub fn field(letter: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(letter);
    let head = text.split("\r\n\r\n").next()?.to_owned();
    head.split("\r\n").find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}
