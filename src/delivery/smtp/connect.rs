//! From nothing to a protected connection: name look-up, TCP, TLS, and who may be spoken to
//! without TLS.
//!
//! In: host, port and the certificate authorities. Out: a TCP connection without delay
//! (TCP_NODELAY: the body and the dot are two writes, and Nagle's algorithm would hold the second
//! for 40 ms), then a TLS connection whose certificate fits the host name.
//!
//! Not handled: client certificates, DANE, certificate pinning other than by `ca_file`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::outcome::Event;
use super::{Security, Settings};

/// Addresses of one name that are tried.
const ADDRESSES: usize = 4;

/// Whether `host` is a loopback address, or the name every system has for it.
pub(super) fn is_this_machine(host: &str) -> bool {
    let ip: Result<IpAddr, _> = bare(host).parse();
    ip.map_or(host == "localhost", |ip| ip.is_loopback())
}

/// An IPv6 address may be configured in brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host)
}

/// A TCP connection to the first address of the host that answers.
pub(super) async fn tcp(settings: &Settings) -> Result<TcpStream, Event> {
    let deadline = settings.deadlines.connect;
    let mut last = Event::Lost(String::from("the name has no address"));
    for address in look_up(settings).await?.into_iter().take(ADDRESSES) {
        if settings.security == Security::PlainLoopback && !address.ip().is_loopback() {
            let why = "mail without TLS may not leave this machine";
            return Err(Event::Unusable(String::from(why)));
        }
        match timeout(deadline, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).map_err(lost)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = lost(error),
            Err(_) => last = Event::Silent(deadline),
        }
    }
    Err(last)
}

async fn look_up(settings: &Settings) -> Result<Vec<SocketAddr>, Event> {
    let deadline = settings.deadlines.connect;
    let name = (bare(&settings.host), settings.port);
    match timeout(deadline, tokio::net::lookup_host(name)).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => Err(Event::Lost(format!("name look-up: {error}"))),
        Err(_) => Err(Event::Silent(deadline)),
    }
}

/// TLS over `stream`, the certificate checked against `host`.
pub(super) async fn tls(
    stream: TcpStream,
    host: &str,
    config: &Arc<ClientConfig>,
    deadline: Duration,
) -> Result<TlsStream<TcpStream>, Event> {
    let name = ServerName::try_from(bare(host).to_owned())
        .map_err(|_| Event::Unusable(String::from("the host name cannot be in a certificate")))?;
    let connector = TlsConnector::from(Arc::clone(config));
    match timeout(deadline, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => {
            let why = format!("TLS with the server failed: {error}");
            Err(Event::Unusable(why))
        }
        Err(_) => Err(Event::Silent(deadline)),
    }
}

/// How a connection is protected, in words, and the certificates of the server, its own first.
pub(super) fn protection(stream: &TlsStream<TcpStream>) -> (&'static str, Vec<Vec<u8>>) {
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let presented = session.peer_certificates().unwrap_or_default();
    let presented = presented.iter().map(|one| one.as_ref().to_vec()).collect();
    (version, presented)
}

fn lost(error: std::io::Error) -> Event {
    Event::Lost(error.to_string())
}
