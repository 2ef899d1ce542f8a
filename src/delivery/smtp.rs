//! Delivery to one SMTP server: the connection that is kept, and the letters that go over it.
//!
//! In: [`Settings`]; then letter after letter. Out: an [`Outcome`] each.
//!
//! The dialogue is our own (`dialogue`, over `wire`), not the MIME library's, for five things
//! that one does not give: the moment between the body and the final dot, where the caller makes
//! its durable note; one deadline for each verb; bounded reply lines; an outcome for the one
//! recipient; and the check that nothing was slipped in before TLS began (CVE-2011-0411).
//!
//! States: no connection → (connect, TLS, EHLO, login) → ready → MAIL, RCPT, DATA → body →
//! `before_dot` → final dot → ready. After any trouble the connection is dropped; a letter that
//! was refused in proper form leaves it usable through RSET. A connection that turns out to be
//! closed when the next letter begins is replaced once, without counting as trouble.
//!
//! Standards: RFC 5321; PIPELINING (2920), SIZE (1870), 8BITMIME (6152), STARTTLS (3207), AUTH
//! (4954) with PLAIN, LOGIN and XOAUTH2, enhanced codes (2034).
//!
//! Not handled: SMTPUTF8, CHUNKING, DSN; a reply that comes while the body is still being written
//! is read when all of it is written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outcome::{Event, Outcome, Step, Trouble, sort};
use super::{DeliveryError, Outgoing, Reason};
use crate::crash;

mod body;
mod connect;
mod dialogue;
pub mod login;
pub mod reply;
pub mod transcript;
mod wire;

use crate::connection::tls;
pub use crate::connection::{SecretSource, Security};
use dialogue::{Envelope, Session};
pub use login::{Login, Mechanism};
use transcript::Ear;

/// The server and how to talk to it. `Debug` shows no secret, for it holds none: secrets are
/// read when they are needed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Host name or IP address; the certificate is checked against it.
    pub host: String,
    /// TCP port: 465 for implicit TLS, 587 for STARTTLS.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// A PEM file of certificate authorities; without one the system's are used.
    pub ca_file: Option<PathBuf>,
    /// Who logs in, if anybody.
    pub login: Option<Login>,
    /// The name given with EHLO: a host name, or an address literal.
    pub helo: String,
    /// How long each step may take.
    pub deadlines: Deadlines,
}

/// How long each step may take; the defaults are those of RFC 5321 §4.5.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Looking up the name, each TCP connection, and the TLS handshake.
    pub connect: Duration,
    /// The server's first words.
    pub greeting: Duration,
    /// EHLO and STARTTLS.
    pub hello: Duration,
    /// Each step of AUTH, and the command that prints the secret.
    pub login: Duration,
    /// MAIL and RSET.
    pub mail: Duration,
    /// RCPT.
    pub recipient: Duration,
    /// DATA until the server says go.
    pub data: Duration,
    /// Each write of 64 KiB of the letter.
    pub body: Duration,
    /// The answer to the final dot. Too short a time makes duplicates.
    pub dot: Duration,
    /// QUIT; nobody waits for it long.
    pub quit: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let minutes_5 = Duration::from_secs(300);
        Self {
            connect: Duration::from_secs(30),
            greeting: minutes_5,
            hello: minutes_5,
            login: minutes_5,
            mail: minutes_5,
            recipient: minutes_5,
            data: Duration::from_secs(120),
            body: Duration::from_secs(180),
            dot: Duration::from_secs(600),
            quit: Duration::from_secs(5),
        }
    }
}

/// The connection to one server; see the module page.
#[derive(Debug)]
pub struct Smtp {
    settings: Settings,
    tls: Option<Arc<rustls::ClientConfig>>,
    ready: Option<Ready>,
    ear: Option<Ear>,
}

/// What a server offers to whoever is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The largest letter it takes, in bytes (RFC 1870); nothing if it names no limit.
    pub size: Option<u64>,
    /// Whether it takes several commands at once (RFC 2920).
    pub pipelining: bool,
    /// Whether it takes bytes above 127 (RFC 6152).
    pub eight_bit: bool,
    /// Its certificates as DER, its own first; none without TLS.
    pub certificates: Vec<Vec<u8>>,
}

/// A connection between two letters.
#[derive(Debug)]
struct Ready {
    session: Session,
    since: Instant,
}

impl Smtp {
    /// Checks the settings, reads the certificate authorities; connects to nothing yet.
    ///
    /// # Errors
    /// [`DeliveryError`] if the settings cannot work or would be unsafe.
    pub fn new(settings: Settings) -> Result<Self, DeliveryError> {
        check(&settings)?;
        let tls = match settings.security {
            Security::PlainLoopback => None,
            Security::ImplicitTls | Security::StartTls => {
                Some(tls::client(settings.ca_file.as_deref())?)
            }
        };
        Ok(Self {
            settings,
            tls,
            ready: None,
            ear: None,
        })
    }

    /// Hands `letter` over; see [`super::Transport::deliver`].
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
        let begun = match Envelope::check(letter) {
            Ok(envelope) => self
                .open(&envelope)
                .await
                .map(|session| (session, envelope)),
            Err(trouble) => Err(trouble),
        };
        let (mut session, envelope) = match begun {
            Ok(begun) => begun,
            Err(trouble) => return Ok(trouble.sorted()),
        };
        crash::point("C10");
        if let Err(trouble) = session.body(&envelope).await {
            return Ok(trouble.sorted());
        }
        before_dot().await?;
        let answer = match session.expects_more().await {
            Ok(()) => session.dot().await,
            Err(trouble) => Err(trouble),
        };
        Ok(match answer {
            Err(trouble) => trouble.sorted(),
            Ok(reply) => {
                if reply.class() == 2 {
                    crash::point("C13");
                }
                // Any final answer ends the transaction (RFC 5321 §4.1.1.4), 421 the connection.
                if reply.class() != 3 && reply.code != 421 {
                    self.keep(session);
                }
                sort(Step::Dot, Event::Reply(reply))
            }
        })
    }

    /// A session in which the server waits for the body of this letter.
    ///
    /// A kept connection that is gone (RFC 5321 §3.8: a server may close with 421 at any time),
    /// or that takes no further letter (many servers count letters per connection), is replaced
    /// once: nothing was said of the letter but its sender.
    async fn open(&mut self, envelope: &Envelope<'_>) -> Result<Session, Trouble> {
        if let Some(mut kept) = self.ready.take()
            && kept.session.is_silent()
        {
            let begun = self.begin(kept.session, envelope).await;
            if !begun.as_ref().is_err_and(is_of_the_connection) {
                return begun;
            }
            tracing::debug!("the mail server takes no more on the kept connection");
        }
        let session = self.connect().await?;
        self.begin(session, envelope).await
    }

    async fn connect(&self) -> Result<Session, Trouble> {
        Session::connect(&self.settings, self.tls.as_ref(), self.ear.clone()).await
    }

    /// From the next connection on, `ear` hears what is said.
    pub fn listen(&mut self, ear: Ear) {
        self.ear = Some(ear);
    }

    /// Connects, logs in, and says goodbye: no letter is sent.
    ///
    /// # Errors
    /// Why it did not come to that, in words that may quote the server.
    pub async fn survey(&self) -> Result<Offered, Reason> {
        match self.connect().await {
            Ok(mut session) => {
                let offered = Offered {
                    size: session.offer.size.filter(|size| *size > 0),
                    pipelining: session.offer.pipelining,
                    eight_bit: session.offer.eight_bit,
                    certificates: std::mem::take(&mut session.certificates),
                };
                session.quit().await;
                Ok(offered)
            }
            Err(trouble) => Err(trouble.reason()),
        }
    }

    /// MAIL, RCPT and DATA. A refusal in proper form keeps the connection for the next letter.
    async fn begin(
        &mut self,
        mut session: Session,
        envelope: &Envelope<'_>,
    ) -> Result<Session, Trouble> {
        let Err(trouble) = session.begin(envelope).await else {
            return Ok(session);
        };
        let usable = match &trouble.event {
            Event::Unfit(_) => true,
            Event::Reply(reply) if reply.code != 421 && trouble.step > Step::Mail => {
                session.reset().await.is_ok()
            }
            _ => false,
        };
        if usable {
            self.keep(session);
        }
        Err(trouble)
    }

    fn keep(&mut self, session: Session) {
        let since = Instant::now();
        self.ready = Some(Ready { session, since });
    }

    /// QUIT, if there is a connection; errors do not matter any more.
    pub async fn quit(&mut self) {
        if let Some(ready) = self.ready.take() {
            ready.session.quit().await;
        }
    }

    /// Since when the connection waits for a letter.
    #[must_use]
    pub fn idle_since(&self) -> Option<Instant> {
        self.ready.as_ref().map(|ready| ready.since)
    }
}

/// Whether this may be the kept connection's trouble rather than the server's.
fn is_of_the_connection(trouble: &Trouble) -> bool {
    trouble.step == Step::Mail && matches!(trouble.event, Event::Lost(_) | Event::Reply(_))
}

fn check(settings: &Settings) -> Result<(), DeliveryError> {
    let name = |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-:[]".contains(&b);
        (1..=255).contains(&text.len()) && text.bytes().all(plain)
    };
    if !name(&settings.host) {
        return Err(DeliveryError::Host);
    }
    if !name(&settings.helo) {
        return Err(DeliveryError::Helo);
    }
    if settings.security == Security::PlainLoopback && !connect::is_this_machine(&settings.host) {
        return Err(DeliveryError::PlainOffLoopback);
    }
    settings.login.as_ref().map_or(Ok(()), Login::check)
}

/// Whether a letter's bytes may leave the gateway at all, by whatever way.
pub(super) fn check_bytes(bytes: &[u8]) -> Result<(), String> {
    body::check(bytes).map(|_| ())
}
