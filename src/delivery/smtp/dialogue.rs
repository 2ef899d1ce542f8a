//! The dialogue itself: who says what, in which order, and what comes next.
//!
//! In: a connected server and an [`Envelope`]. Out: a [`Session`] at a known place of the
//! dialogue, or the [`Trouble`] that ended it. Each method is one step; none decides an outcome.

use std::sync::Arc;

use rustls::ClientConfig;

use super::super::Outgoing;
use super::super::outcome::{Event, Step, Trouble};
use super::body::{self, END};
use super::login::Login;
use super::reply::{Found, Reply};
use super::transcript::{Ear, Line};
use super::wire::{Stream, Wire};
use super::{Deadlines, Security, Settings, connect};
use crate::compose::wire_address::WireAddress;
use crate::crash;

/// Bytes of the letter in one write, each with a deadline of its own.
const CHUNK: usize = 64 * 1024;

/// A letter whose addresses and bytes were found fit for the wire.
pub(super) struct Envelope<'a> {
    sender: Option<WireAddress>,
    recipient: WireAddress,
    bytes: &'a [u8],
    eight_bit: bool,
}

impl<'a> Envelope<'a> {
    /// Checks addresses and bytes.
    ///
    /// # Errors
    /// [`Event::Unfit`] with a sentence that names no address.
    pub(super) fn check(letter: &Outgoing<'a>) -> Result<Self, Trouble> {
        Self::fit(letter).map_err(|why| unfit(&why))
    }

    fn fit(letter: &Outgoing<'a>) -> Result<Self, String> {
        let address = |role: &str, text: &str| {
            WireAddress::new(text).map_err(|error| format!("{role}: {error}"))
        };
        let sender = letter
            .sender
            .map(|text| address("sender", text))
            .transpose()?;
        let recipient = address("recipient", letter.recipient)?;
        let body::Checked { eight_bit } = body::check(letter.bytes)?;
        Ok(Self {
            sender,
            recipient,
            bytes: letter.bytes,
            eight_bit,
        })
    }
}

/// What the server offers (RFC 5321 §4.1.1.1).
#[derive(Debug, Default)]
pub(super) struct Offer {
    start_tls: bool,
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    /// `Some(0)` means no fixed limit (RFC 1870 §3).
    pub(super) size: Option<u64>,
    mechanisms: Vec<String>,
}

impl Offer {
    /// Reads the lines after the first of an EHLO reply. Unknown words are left alone.
    fn read(lines: &[String]) -> Self {
        let mut offer = Self::default();
        for line in lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("STARTTLS") => offer.start_tls = true,
                Some("PIPELINING") => offer.pipelining = true,
                Some("8BITMIME") => offer.eight_bit = true,
                Some("SIZE") => offer.size = words.next().map_or(Some(0), |n| n.parse().ok()),
                Some("AUTH") => offer.mechanisms.extend(words.map(String::from)),
                // Old Exchange and Courier write it like this as well.
                Some(word) if word.starts_with("AUTH=") => {
                    let first = word.trim_start_matches("AUTH=");
                    offer.mechanisms.push(first.to_owned());
                    offer.mechanisms.extend(words.map(String::from));
                }
                _ => {}
            }
        }
        offer
    }
}

/// A server that has greeted, is protected as configured, and knows who we are.
#[derive(Debug)]
pub(super) struct Session {
    wire: Wire<Box<dyn Stream>>,
    pub(super) offer: Offer,
    deadlines: Deadlines,
    /// The server's certificates as DER, its own first; none without TLS.
    pub(super) certificates: Vec<Vec<u8>>,
}

impl Session {
    /// Connects, protects, greets and logs in.
    pub(super) async fn connect(
        settings: &Settings,
        tls: Option<&Arc<ClientConfig>>,
        ear: Option<Ear>,
    ) -> Result<Self, Trouble> {
        let deadlines = settings.deadlines;
        let stream = connect::tcp(settings).await.map_err(at(Step::Connect))?;
        if let (Some(ear), Ok(peer)) = (&ear, stream.peer_addr()) {
            ear.hear(Line::Event(format!("connected to {peer}")));
        }
        let mut certificates = Vec::new();
        let boxed: Box<dyn Stream> = match (settings.security, tls) {
            (Security::PlainLoopback, _) => Box::new(stream),
            (Security::ImplicitTls | Security::StartTls, None) => {
                return Err(unusable(Step::Tls, "TLS was not set up"));
            }
            (security, Some(config)) => {
                let stream = if security == Security::StartTls {
                    start_tls(stream, settings, ear.clone()).await?
                } else {
                    stream
                };
                let stream = connect::tls(stream, &settings.host, config, deadlines.connect).await;
                let stream = stream.map_err(at(Step::Tls))?;
                let (version, presented) = connect::protection(&stream);
                if let Some(ear) = &ear {
                    ear.hear(Line::Event(format!("{version}, the certificate is good")));
                }
                certificates = presented;
                Box::new(stream)
            }
        };
        let mut wire = Wire::new(boxed, ear);
        if settings.security != Security::StartTls {
            greeting(&mut wire, &deadlines).await?;
        }
        let offer = hello(&mut wire, settings).await?;
        let mut session = Self {
            wire,
            offer,
            deadlines,
            certificates,
        };
        if let Some(login) = &settings.login {
            session.log_in(login).await?;
        }
        tracing::debug!(
            security = ?settings.security,
            pipelining = session.offer.pipelining,
            size = session.offer.size,
            "the mail server is ready"
        );
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Trouble> {
        let name = login.mechanism.name();
        if !self.offer.mechanisms.iter().any(|offered| offered == name) {
            let why = format!("the server does not offer to log in with {name}");
            return Err(unusable(Step::Login, &why));
        }
        let deadline = self.deadlines.login;
        let secret = login.secret.read(deadline).await;
        let secret = secret.map_err(|error| unusable(Step::Login, &error.to_string()))?;
        let (first, answers) = login.lines(&secret);
        self.wire.secret(true);
        let logged_in = self.present(first, answers).await;
        self.wire.secret(false);
        logged_in
    }

    /// Says the lines of a login, each when the server asks for it.
    async fn present(&mut self, first: String, answers: Vec<String>) -> Result<(), Trouble> {
        let deadline = self.deadlines.login;
        let mut answers = answers.into_iter();
        let mut line = first;
        loop {
            line.push_str("\r\n");
            let asked = ask(&mut self.wire, &line, deadline).await;
            let Found { reply, .. } = asked.map_err(at(Step::Login))?;
            line = match (reply.code, answers.next()) {
                (235, _) => return Ok(()),
                (334, Some(answer)) => answer,
                _ => return Err(refused(Step::Login, reply)),
            };
        }
    }

    /// Why this server cannot take this letter at all, in words.
    fn cannot_carry(&self, envelope: &Envelope<'_>) -> Option<String> {
        let bytes = envelope.bytes.len();
        match self.offer.size {
            Some(limit) if limit > 0 && u64::try_from(bytes).is_ok_and(|bytes| bytes > limit) => {
                Some(format!(
                    "the letter has {bytes} bytes, the server takes {limit}"
                ))
            }
            _ if envelope.eight_bit && !self.offer.eight_bit => Some(String::from(
                "the letter holds 8-bit bytes, which the server does not take",
            )),
            _ => None,
        }
    }

    /// MAIL, RCPT and DATA, in one write if the server can (RFC 2920 §3.1). On success the server
    /// waits for the letter.
    pub(super) async fn begin(&mut self, envelope: &Envelope<'_>) -> Result<(), Trouble> {
        if let Some(why) = self.cannot_carry(envelope) {
            return Err(unfit(&why));
        }
        let commands = [
            (Step::Mail, self.mail(envelope), self.deadlines.mail),
            (
                Step::Recipient,
                format!("RCPT TO:<{}>\r\n", envelope.recipient),
                self.deadlines.recipient,
            ),
            (Step::Data, String::from("DATA\r\n"), self.deadlines.data),
        ];
        if self.offer.pipelining {
            let [(_, mail, deadline), (_, rcpt, _), (_, data, _)] = &commands;
            let all = [mail.as_str(), rcpt, data].concat();
            self.wire
                .send(all.as_bytes(), *deadline)
                .await
                .map_err(at(Step::Mail))?;
        }
        let mut refusal = None;
        for (step, command, deadline) in commands {
            if !self.offer.pipelining {
                self.wire
                    .send(command.as_bytes(), deadline)
                    .await
                    .map_err(at(step))?;
            }
            let Found { reply, .. } = self.wire.reply(deadline).await.map_err(at(step))?;
            let good = match step {
                Step::Data => reply.code == 354,
                _ => reply.class() == 2,
            };
            match (good, &refusal) {
                (true, None) => {}
                // Pipelined: the server wants a letter although its recipient was refused.
                (true, Some(_)) if step == Step::Data => self.empty_letter().await?,
                (_, Some(_)) => {}
                (false, None) => {
                    let closing = reply.code == 421;
                    refusal = Some(refused(step, reply));
                    if closing || !self.offer.pipelining {
                        break;
                    }
                }
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    fn mail(&self, envelope: &Envelope<'_>) -> String {
        let sender = envelope.sender.as_ref().map_or("", WireAddress::as_str);
        let mut line = format!("MAIL FROM:<{sender}>");
        if self.offer.size.is_some() {
            line.push_str(&format!(" SIZE={}", envelope.bytes.len()));
        }
        if envelope.eight_bit {
            line.push_str(" BODY=8BITMIME");
        }
        line.push_str("\r\n");
        line
    }

    /// The lone dot RFC 2920 §3.1 asks for when DATA was accepted without a recipient.
    async fn empty_letter(&mut self) -> Result<(), Trouble> {
        let deadline = self.deadlines.data;
        let asked = ask(&mut self.wire, ".\r\n", deadline).await;
        asked.map(drop).map_err(at(Step::Data))
    }

    /// Writes the letter without its end.
    pub(super) async fn body(&mut self, envelope: &Envelope<'_>) -> Result<(), Trouble> {
        self.wire.heard(|| Line::Letter(envelope.bytes.len()));
        for chunk in body::stuffed(envelope.bytes).chunks(CHUNK) {
            let sent = self.wire.write(chunk, self.deadlines.body).await;
            sent.map_err(at(Step::Body))?;
        }
        self.expects_more().await
    }

    /// Before the dot: a server that has closed, or has answered a letter it does not have whole,
    /// certainly did not accept it. Asked on both sides of `before_dot`, it keeps the unknown
    /// outcomes to those that are.
    pub(super) async fn expects_more(&mut self) -> Result<(), Trouble> {
        if self.wire.is_silent() {
            return Ok(());
        }
        let found = self.wire.reply(self.deadlines.quit).await;
        let Found { reply, .. } = found.map_err(at(Step::Body))?;
        Err(refused(Step::Body, reply))
    }

    /// Writes the end and waits for the answer that passes responsibility. Trouble with either
    /// is trouble after the dot: part of the end may have arrived.
    pub(super) async fn dot(&mut self) -> Result<Reply, Trouble> {
        self.wire.heard(|| Line::Sent(".".to_owned()));
        let sent = self.wire.write(END, self.deadlines.body).await;
        sent.map_err(at(Step::Dot))?;
        crash::point("C12");
        let answer = self.wire.reply(self.deadlines.dot).await;
        answer.map(|found| found.reply).map_err(at(Step::Dot))
    }

    /// Ends a transaction that was refused, so that the next one starts clean.
    pub(super) async fn reset(&mut self) -> Result<(), Trouble> {
        let asked = ask(&mut self.wire, "RSET\r\n", self.deadlines.mail).await;
        let Found { reply, .. } = asked.map_err(at(Step::Mail))?;
        if reply.class() == 2 {
            Ok(())
        } else {
            Err(refused(Step::Mail, reply))
        }
    }

    /// Whether the server has said nothing unasked and not closed, as far as one look can tell.
    pub(super) fn is_silent(&mut self) -> bool {
        self.wire.is_silent()
    }

    /// QUIT and close; errors do not matter any more.
    pub(super) async fn quit(mut self) {
        let deadline = self.deadlines.quit;
        let _goodbye = ask(&mut self.wire, "QUIT\r\n", deadline).await;
        self.wire.shutdown(deadline).await;
    }
}

/// Greeting, EHLO and STARTTLS in the clear. Nothing said before TLS is believed after it.
async fn start_tls(
    stream: tokio::net::TcpStream,
    settings: &Settings,
    ear: Option<Ear>,
) -> Result<tokio::net::TcpStream, Trouble> {
    let mut wire = Wire::new(stream, ear);
    greeting(&mut wire, &settings.deadlines).await?;
    if !hello(&mut wire, settings).await?.start_tls {
        let why = "the server does not offer STARTTLS, and nothing is sent without TLS";
        return Err(unusable(Step::Tls, why));
    }
    let asked = ask(&mut wire, "STARTTLS\r\n", settings.deadlines.hello).await;
    let Found { reply, .. } = asked.map_err(at(Step::Tls))?;
    if reply.code != 220 {
        return Err(refused(Step::Tls, reply));
    }
    wire.into_stream()
        .ok_or_else(|| unusable(Step::Tls, "the server sent bytes between STARTTLS and TLS"))
}

async fn greeting<S: Stream>(wire: &mut Wire<S>, deadlines: &Deadlines) -> Result<(), Trouble> {
    let found = wire.reply(deadlines.greeting).await;
    let Found { reply, .. } = found.map_err(at(Step::Greeting))?;
    if reply.class() == 2 {
        Ok(())
    } else {
        Err(refused(Step::Greeting, reply))
    }
}

/// EHLO, or HELO with a server that does not know it; that one offers nothing.
async fn hello<S: Stream>(wire: &mut Wire<S>, settings: &Settings) -> Result<Offer, Trouble> {
    let deadline = settings.deadlines.hello;
    let line = format!("EHLO {}\r\n", settings.helo);
    let Found { reply, lines, .. } = ask(wire, &line, deadline).await.map_err(at(Step::Hello))?;
    match reply.code {
        200..300 => return Ok(Offer::read(&lines)),
        500 | 502 | 504 => {}
        _ => return Err(refused(Step::Hello, reply)),
    }
    let line = format!("HELO {}\r\n", settings.helo);
    let Found { reply, .. } = ask(wire, &line, deadline).await.map_err(at(Step::Hello))?;
    if reply.class() == 2 {
        Ok(Offer::default())
    } else {
        Err(refused(Step::Hello, reply))
    }
}

async fn ask<S: Stream>(
    wire: &mut Wire<S>,
    line: &str,
    deadline: std::time::Duration,
) -> Result<Found, Event> {
    wire.send(line.as_bytes(), deadline).await?;
    wire.reply(deadline).await
}

fn at(step: Step) -> impl FnOnce(Event) -> Trouble {
    move |event| Trouble { step, event }
}

fn refused(step: Step, reply: Reply) -> Trouble {
    let event = Event::Reply(reply);
    Trouble { step, event }
}

fn unfit(why: &str) -> Trouble {
    let event = Event::Unfit(why.to_owned());
    Trouble {
        step: Step::Mail,
        event,
    }
}

fn unusable(step: Step, why: &str) -> Trouble {
    let event = Event::Unusable(why.to_owned());
    Trouble { step, event }
}
