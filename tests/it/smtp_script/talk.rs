//! The dialogue of the scripted server, connection by connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use data_encoding::BASE64;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Accepted, Act, Script, State, Tls, Verb, field};

pub(super) async fn accept(
    listener: TcpListener,
    script: Arc<Script>,
    state: Arc<State>,
    resets: bool,
) {
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
            if self.script.keep {
                let mut partial = self.state.partial.lock().unwrap();
                partial.extend_from_slice(&self.unread);
            }
            wire.append(&mut self.unread);
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
                self.state.partial.lock().unwrap().truncate(end);
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
