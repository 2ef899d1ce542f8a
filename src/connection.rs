//! What a connection to a mail server rests on, whichever way mail goes over it: how it is
//! protected, who vouches for the server ([`tls`]) and until when ([`certificate`]), where secrets are
//! read ([`secret`]).

pub mod certificate;
pub mod secret;
pub mod tls;

pub use secret::{Secret, SecretError, SecretSource};

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3); the choice where there is one.
    ImplicitTls,
    /// TLS after STARTTLS, or nothing at all.
    StartTls,
    /// None, to a loopback address only.
    PlainLoopback,
}
