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

use data_encoding::BASE64;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
                    () = accept(listener, Arc::new(script), shared, resets) => {}
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

async fn accept(listener: TcpListener, script: Arc<Script>, state: Arc<State>, resets: bool) {
    let acceptor = match &script.tls {
        Tls::None => None,
        Tls::Implicit(certificate, key) | Tls::Start(certificate, key) => {
            Some(acceptor(certificate, key))
        }
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        stream.set_nodelay(true).unwrap();
        if resets {
            stream.set_zero_linger().unwrap();
        }
        state.connections.fetch_add(1, Ordering::SeqCst);
        let (script, state, acceptor) = (Arc::clone(&script), Arc::clone(&state), acceptor.clone());
        tokio::spawn(async move {
            let _ended = connection(stream, script, state, acceptor).await;
        });
    }
}

fn acceptor(certificate: &str, key: &str) -> tokio_rustls::TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config).into()
}

async fn connection(
    stream: TcpStream,
    script: Arc<Script>,
    state: Arc<State>,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
) -> Option<()> {
    let tls = match (&script.tls, acceptor) {
        (Tls::Implicit(..), Some(acceptor)) => {
            let stream = acceptor.accept(stream).await.ok()?;
            let mut talk = Talk::new(stream, script, state, false);
            talk.greet().await?;
            talk.run().await;
            return None;
        }
        (_, acceptor) => acceptor,
    };
    let offers = tls.is_some();
    let mut talk = Talk::new(stream, Arc::clone(&script), Arc::clone(&state), offers);
    talk.greet().await?;
    talk.run().await?;
    // Only STARTTLS comes back here; what was read too far is thrown away, as it must be.
    let stream = tls?.accept(talk.stream).await.ok()?;
    Talk::new(stream, script, state, false).run().await
}

/// One side of one dialogue. `None` from any step means the connection is over.
struct Talk<S> {
    stream: S,
    unread: Vec<u8>,
    script: Arc<Script>,
    state: Arc<State>,
    offers_tls: bool,
    logged_in: bool,
    sender: Option<String>,
    recipients: Vec<String>,
}

/// The reply was positive, or not.
type Good = bool;

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: S, script: Arc<Script>, state: Arc<State>, offers_tls: bool) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            logged_in: script.login.is_none(),
            script,
            state,
            offers_tls,
            sender: None,
            recipients: Vec::new(),
        }
    }

    async fn greet(&mut self) -> Option<()> {
        self.act(Verb::Connect, "220 script.example ESMTP")
            .await
            .map(|_| ())
    }

    /// Answers commands; `Some` when TLS is to begin.
    async fn run(&mut self) -> Option<()> {
        loop {
            let line = self.line().await?;
            if self.script.keep {
                self.state.commands.lock().unwrap().push(line.clone());
            }
            let hasty = !self.unread.is_empty() && !self.script.pipelining;
            self.state
                .hasty
                .fetch_add(usize::from(hasty), Ordering::SeqCst);
            let upper = line.to_ascii_uppercase();
            match upper.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    let offer = self.offer();
                    self.act(Verb::Ehlo, &offer).await?;
                }
                "HELO" => {
                    self.act(Verb::Helo, "250 script.example").await?;
                }
                "STARTTLS" if self.offers_tls => {
                    if self.act(Verb::StartTls, "220 2.0.0 go").await? {
                        return Some(());
                    }
                }
                "AUTH" => self.auth(&line).await?,
                "MAIL" => self.mail(&line).await?,
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.forget();
                    self.act(Verb::Rset, "250 2.0.0 ok").await?;
                }
                "QUIT" => {
                    self.act(Verb::Quit, "221 2.0.0 bye").await?;
                    return None;
                }
                _ => self.say("500 5.5.2 what").await?,
            }
        }
    }

    fn offer(&self) -> String {
        let script = &self.script;
        let mut words = vec![
            String::from("script.example"),
            String::from("ENHANCEDSTATUSCODES"),
        ];
        let mut offer = |yes: bool, word: &str| words.extend(yes.then(|| word.to_owned()));
        offer(script.pipelining, "PIPELINING");
        offer(script.eight_bit, "8BITMIME");
        offer(self.offers_tls, "STARTTLS");
        offer(script.login.is_some(), "AUTH PLAIN LOGIN XOAUTH2");
        words.extend(script.size.map(|size| format!("SIZE {size}")));
        let last = words.len() - 1;
        let lines = words.iter().enumerate();
        let lines = lines.map(|(n, w)| format!("250{}{w}", if n == last { ' ' } else { '-' }));
        lines.collect::<Vec<_>>().join("\r\n")
    }

    async fn auth(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ').skip(1).map(str::to_owned);
        let mechanism = words.next().unwrap_or_default();
        let first = words.next();
        let decode = |text: &str| {
            String::from_utf8(BASE64.decode(text.as_bytes()).unwrap_or_default())
                .unwrap_or_default()
        };
        let given = match (mechanism.as_str(), first) {
            ("PLAIN", Some(words)) => {
                let words = decode(&words);
                let mut words = words.split('\0').skip(1).map(str::to_owned);
                Some((words.next()?, words.next()?))
            }
            ("LOGIN", None) => {
                self.say("334 VXNlcm5hbWU6").await?;
                let user = self.answer().await?;
                self.say("334 UGFzc3dvcmQ6").await?;
                let secret = self.answer().await?;
                Some((decode(&user), decode(&secret)))
            }
            ("XOAUTH2", Some(words)) => {
                let words = decode(&words);
                let user = words
                    .strip_prefix("user=")?
                    .split('\x01')
                    .next()?
                    .to_owned();
                let secret = words.split("auth=Bearer ").nth(1)?.trim_end_matches('\x01');
                Some((user, secret.to_owned()))
            }
            _ => None,
        };
        let right = given.is_some() && given == self.script.login;
        if !right && mechanism == "XOAUTH2" {
            self.say("334 eyJzdGF0dXMiOiI0MDEifQ==").await?;
            self.answer().await?;
        }
        let reply = if right {
            "235 2.7.0 welcome"
        } else {
            "535 5.7.8 who are you"
        };
        self.logged_in = self.act(Verb::Auth, reply).await?;
        Some(())
    }

    async fn answer(&mut self) -> Option<String> {
        let line = self.line().await?;
        self.state.commands.lock().unwrap().push(line.clone());
        Some(line)
    }

    async fn mail(&mut self, line: &str) -> Option<()> {
        // RFC 5321 §4.1.4: a second MAIL within a transaction is out of sequence.
        let reply = match (&self.sender, self.logged_in) {
            (Some(_), _) => return self.say("503 5.5.1 nested MAIL").await,
            (None, true) => "250 2.1.0 ok",
            (None, false) => "530 5.7.0 log in first",
        };
        if self.act(Verb::Mail, reply).await? {
            self.sender = Some(bracketed(line));
        }
        Some(())
    }

    async fn rcpt(&mut self, line: &str) -> Option<()> {
        let address = bracketed(line);
        let good = if self.sender.is_none() {
            self.say("503 5.5.1 MAIL first").await?;
            false
        } else if let Some(act) = self.script.recipients.get(&address).cloned() {
            self.perform(act).await?
        } else {
            self.act(Verb::Rcpt, "250 2.1.5 ok").await?
        };
        if good {
            self.recipients.push(address);
        }
        Some(())
    }

    async fn data(&mut self) -> Option<()> {
        if self.recipients.is_empty() {
            const NOBODY: &str = "554 5.5.1 no valid recipients";
            if self.act(Verb::Data, NOBODY).await? {
                self.letter().await?;
                self.say(NOBODY).await?;
            }
            return Some(());
        }
        if !self.act(Verb::Data, "354 go").await? {
            return Some(());
        }
        let wire = self.letter().await?;
        let act = self.chosen(Verb::Dot, "250 2.0.0 taken");
        let act = match act {
            Act::Take(then) => {
                self.record(wire);
                *then
            }
            Act::Wait(long, then) => {
                tokio::time::sleep(long).await;
                self.record_if_good(&then, wire);
                *then
            }
            act => {
                self.record_if_good(&act, wire);
                act
            }
        };
        self.forget();
        self.perform(act).await.map(|_| ())
    }

    fn record_if_good(&self, act: &Act, wire: Vec<u8>) {
        if matches!(act, Act::Say(bytes) | Act::SayClose(bytes) if bytes.starts_with(b"2")) {
            self.record(wire);
        }
    }

    /// Reads up to and with `CRLF . CRLF`; at the very beginning `. CRLF` is enough.
    async fn letter(&mut self) -> Option<Vec<u8>> {
        const END: &[u8] = b"\r\n.\r\n";
        let mut wire: Vec<u8> = Vec::new();
        let mut began = false;
        self.state.partial.lock().unwrap().clear();
        loop {
            let from = wire.len().saturating_sub(END.len() - 1);
            wire.append(&mut self.unread);
            if self.script.keep {
                self.state.partial.lock().unwrap().clone_from(&wire);
            }
            if !wire.is_empty() && !std::mem::replace(&mut began, true) {
                let act = self.chosen(Verb::Body, "");
                self.perform(act).await?;
            }
            let found = wire[from..]
                .windows(END.len())
                .position(|window| window == END);
            let end = match found {
                Some(at) => Some(from + at + END.len()),
                None => wire.starts_with(b".\r\n").then_some(3),
            };
            if let Some(end) = end {
                self.unread = wire.split_off(end);
                return Some(wire);
            }
            self.more().await?;
        }
    }

    fn record(&self, wire: Vec<u8>) {
        self.state.count.fetch_add(1, Ordering::SeqCst);
        if !self.script.keep {
            return;
        }
        let bytes = undotted(&wire);
        let accepted = Accepted {
            sender: self.sender.clone().unwrap_or_default(),
            recipients: self.recipients.clone(),
            message_id: field(&bytes, "message-id"),
            wire,
            bytes,
            at: Instant::now(),
        };
        self.state.accepted.lock().unwrap().push(accepted);
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    /// The act the script has for this place, or the reply.
    fn chosen(&self, verb: Verb, reply: &str) -> Act {
        let next = self
            .state
            .once
            .lock()
            .unwrap()
            .get_mut(&verb)
            .and_then(VecDeque::pop_front);
        next.or_else(|| self.script.rules.get(&verb).cloned())
            .unwrap_or_else(|| {
                let end = if reply.is_empty() { "" } else { "\r\n" };
                Act::Say(format!("{reply}{end}").into_bytes())
            })
    }

    async fn act(&mut self, verb: Verb, reply: &str) -> Option<Good> {
        let act = self.chosen(verb, reply);
        self.perform(act).await
    }

    async fn perform(&mut self, mut act: Act) -> Option<Good> {
        loop {
            match act {
                Act::Say(bytes) => {
                    self.stream.write_all(&bytes).await.ok()?;
                    self.stream.flush().await.ok()?;
                    return Some(matches!(bytes.first(), Some(b'2' | b'3')));
                }
                Act::SayClose(bytes) => {
                    self.stream.write_all(&bytes).await.ok()?;
                    let _ended = self.stream.shutdown().await;
                    return None;
                }
                Act::Close | Act::Reset => return None,
                Act::Hang => std::future::pending().await,
                Act::Wait(long, then) => {
                    tokio::time::sleep(long).await;
                    act = *then;
                }
                Act::Take(then) => act = *then,
            }
        }
    }

    async fn say(&mut self, line: &str) -> Option<()> {
        self.perform(Act::say(line)).await.map(|_| ())
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                return Some(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.unread);
        let count = match self.script.idle {
            Some(idle) => tokio::time::timeout(idle, read).await.ok()?,
            None => read.await,
        };
        (count.ok()? > 0).then_some(())
    }
}

/// What stands between the first `<` and the next `>`.
fn bracketed(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(inside, _)| inside.to_owned())
}

/// The letter as its writer meant it: one dot off each line that begins with one, end off.
fn undotted(wire: &[u8]) -> Vec<u8> {
    let letter = wire.strip_suffix(b".\r\n").unwrap_or(wire);
    let mut bytes = Vec::with_capacity(letter.len());
    for line in letter.split_inclusive(|&b| b == b'\n') {
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    bytes
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
