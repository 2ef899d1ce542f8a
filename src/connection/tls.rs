//! TLS to mail servers: rustls with ring, TLS 1.2 and 1.3, certificate and name always verified.
//!
//! There is no setting to switch that off; a private authority is a PEM file, and then it is the
//! only one that counts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Why TLS cannot be set up; a matter for the configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file with the certificate authorities cannot be read.
    #[error("the file of certificate authorities `{}` cannot be read", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: rustls::pki_types::pem::Error,
    },
    /// No certificate authority to judge a server by.
    #[error("no certificate authority was found to judge the mail server by")]
    NoAuthorities,
    /// The TLS library refused a certificate or its settings.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// A client that trusts the authorities in `ca_file`, or the system's.
///
/// # Errors
/// When there is no authority that can be read.
pub fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let unreadable = |source| TlsError::CaFile {
            path: path.to_owned(),
            source,
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
            roots.add(certificate.map_err(unreadable)?)?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
