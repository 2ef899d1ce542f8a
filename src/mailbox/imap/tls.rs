//! TLS to the mail server: rustls with ring, TLS 1.2 and 1.3, certificate and name always
//! verified. There is no setting to switch that off; a private authority is a PEM file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Roots;
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
    let store = tokio::task::spawn_blocking(move || trusted(&roots))
        .await
        .map_err(|e| MailboxError::Tls(io::Error::other(e)))?
        .map_err(MailboxError::Tls)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| MailboxError::Tls(io::Error::other(e)))?
        .with_root_certificates(store)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| MailboxError::Setting("host", "it is no host name"))?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .map_err(MailboxError::Tls)
}

/// The authorities to trust; at least one, or an error.
fn trusted(roots: &Roots) -> io::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Native => {
            let native = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(native.certs);
        }
        Roots::File(path) => {
            for certificate in certificates(path)? {
                store.add(certificate).map_err(io::Error::other)?;
            }
        }
    }
    if store.is_empty() {
        return Err(io::Error::other("no certificate authority to trust"));
    }
    Ok(store)
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(path)
        .map_err(io::Error::other)?
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)
}
