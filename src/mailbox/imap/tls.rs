//! TLS to the mail server, in the terms of this room; see [`crate::connection::tls`].

use std::io;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Roots;
use crate::connection::tls;
use crate::mailbox::MailboxError;

/// Encrypts `tcp` as a client of `host`.
///
/// # Errors
/// [`MailboxError::Tls`]: roots, certificate, name or handshake.
pub async fn encrypt(
    tcp: TcpStream,
    host: &str,
    roots: &Roots,
) -> Result<TlsStream<TcpStream>, MailboxError> {
    let roots = roots.clone();
    // The system's authorities are some hundred files: not on a thread that serves others.
    let config = tokio::task::spawn_blocking(move || match &roots {
        Roots::Native => tls::client(None),
        Roots::File(path) => tls::client(Some(path)),
    })
    .await
    .map_err(|e| MailboxError::Tls(io::Error::other(e)))?
    .map_err(|e| MailboxError::Tls(io::Error::other(e)))?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| MailboxError::Setting("host", "it is no host name"))?;
    TlsConnector::from(config)
        .connect(name, tcp)
        .await
        .map_err(MailboxError::Tls)
}
