//! Handing one letter to a server, and sorting what came of it.
//!
//! In: an [`Outgoing`] letter (finished bytes, one sender, one recipient). Out: an [`Outcome`]:
//! delivered, deferred or failed, decided in one function (`outcome::sort`) from the step of the
//! dialogue and what happened there. The rooms behind it are [`smtp`] and [`maildir`].
//!
//! Just before the step that passes responsibility (the final dot, the rename into the folder)
//! the caller's `before_dot` is awaited, so that it can note durably that from now on the letter
//! may have been accepted whatever happens. No outcome is ever lost in between: what ends after
//! that step without an answer is `Deferred { after_dot: true }` (RFC 1047).
//!
//! One [`Transport`] serves one letter at a time. A `deliver` that is dropped in the middle drops
//! its connection; nothing half-spoken is ever used again.
//!
//! Not handled: routing by MX, several recipients in one transaction, DSN requests. The next hop
//! is one configured server.

use std::time::{Duration, Instant};

use crate::connection::tls::TlsError;

pub mod maildir;
pub mod outcome;
pub mod smtp;

pub use outcome::{Outcome, Reason};
pub use smtp::reply::Reply;
pub use smtp::transcript::{Ear, Line};

/// One letter for one recipient.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The envelope sender; `None` is the null sender `<>`.
    pub sender: Option<&'a str>,
    /// The envelope recipient.
    pub recipient: &'a str,
    /// The letter: strict CRLF, no NUL, no line over 998 octets.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes.len();
        write!(f, "Outgoing {{ {bytes} bytes, addresses not shown }}")
    }
}

/// Where letters go, as configured. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one such value in a process"
)]
pub enum Settings {
    /// To a mail server.
    Smtp(smtp::Settings),
    /// Into a folder on disk.
    Maildir(maildir::Settings),
}

/// The way out for letters.
#[derive(Debug)]
pub enum Transport {
    /// To a mail server.
    Smtp(Box<smtp::Smtp>),
    /// Into a folder on disk.
    Maildir(maildir::Drop),
}

/// Why a transport cannot be set up; a matter for the configuration.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No host, or one with blanks or controls.
    #[error("the mail server's host name is empty or holds blanks or controls")]
    Host,
    /// Unencrypted mail may not leave the machine.
    #[error("mail without TLS is only allowed to this machine (127.0.0.1, ::1 or localhost)")]
    PlainOffLoopback,
    /// The name this gateway greets with is not a host name or address literal.
    #[error("the name for EHLO is not a host name")]
    Helo,
    /// The login name or an environment variable's name cannot be used.
    #[error("the login name is empty or holds control characters")]
    User,
    /// The command that prints the secret is empty.
    #[error("the command for the secret is empty")]
    SecretCommand,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A folder of the Maildir cannot be made.
    #[error("the Maildir folder {path} cannot be made")]
    Folder {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Transport {
    /// Checks the settings and prepares; connects to nothing yet.
    ///
    /// # Errors
    /// [`DeliveryError`] if the settings cannot work or would be unsafe.
    pub fn new(settings: Settings) -> Result<Self, DeliveryError> {
        Ok(match settings {
            Settings::Smtp(settings) => Self::Smtp(Box::new(smtp::Smtp::new(settings)?)),
            Settings::Maildir(settings) => Self::Maildir(maildir::Drop::new(settings)?),
        })
    }

    /// Hands `letter` over, and keeps the connection for the next one if all went well.
    ///
    /// `before_dot` is awaited once the server has the whole letter but not its end; on an error
    /// of it the end is never sent and the error comes back. It is not called for a letter that
    /// was refused or deferred earlier.
    ///
    /// # Errors
    /// Only what `before_dot` returned; everything else is an [`Outcome`].
    pub async fn deliver<F, E>(
        &mut self,
        letter: &Outgoing<'_>,
        before_dot: F,
    ) -> Result<Outcome, E>
    where
        F: AsyncFnOnce() -> Result<(), E>,
    {
        match self {
            Self::Smtp(smtp) => smtp.deliver(letter, before_dot).await,
            Self::Maildir(drop) => drop.deliver(letter, before_dot).await,
        }
    }

    /// From the next connection on, `ear` hears what is said to a mail server.
    pub fn listen(&mut self, ear: Ear) {
        match self {
            Self::Smtp(smtp) => smtp.listen(ear),
            Self::Maildir(_) => {}
        }
    }

    /// Says goodbye and closes; errors do not matter any more. The next letter connects anew.
    pub async fn quit(&mut self) {
        match self {
            Self::Smtp(smtp) => smtp.quit().await,
            Self::Maildir(_) => {}
        }
    }

    /// Since when an open connection waits for the next letter; `None` without one.
    #[must_use]
    pub fn idle_since(&self) -> Option<Instant> {
        match self {
            Self::Smtp(smtp) => smtp.idle_since(),
            Self::Maildir(_) => None,
        }
    }

    /// [`quit`](Self::quit)s a connection that has waited for `longest` or more. Called now and
    /// then, it keeps the gateway from holding a server's connection for nothing.
    pub async fn close_if_idle(&mut self, longest: Duration) {
        if self
            .idle_since()
            .is_some_and(|since| since.elapsed() >= longest)
        {
            self.quit().await;
        }
    }
}
