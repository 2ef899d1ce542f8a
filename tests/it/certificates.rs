//! A certificate authority of the test's own, and server certificates signed by it.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// An authority; clients trust it through `ca_pem`.
pub struct Authority {
    pub ca_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "guichet test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { ca_pem, issuer }
    }

    /// A server certificate for host names or IP addresses, and its key, both PEM.
    pub fn issue(&self, names: &[&str]) -> (String, String) {
        self.issue_until(names, (4_000, 1, 1))
    }

    /// The same, valid until a day: year, month, day.
    pub fn issue_until(&self, names: &[&str], until: (i32, u8, u8)) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        params
            .distinguished_name
            .push(DnType::CommonName, "guichet test server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Files of one authority and one server.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority: what a client trusts.
    pub ca: PathBuf,
    /// The server's certificate.
    pub server: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

impl Certificates {
    /// A new authority that vouches for a server of these names: `ca.pem`, `server.pem` and
    /// `server.key` in `dir`.
    pub fn make(dir: &Path, names: &[&str]) -> Self {
        let authority = Authority::new();
        let (server, key) = authority.issue(names);
        let made = Self {
            ca: dir.join("ca.pem"),
            server: dir.join("server.pem"),
            key: dir.join("server.key"),
        };
        fs::write(&made.ca, &authority.ca_pem).unwrap();
        fs::write(&made.server, server).unwrap();
        fs::write(&made.key, key).unwrap();
        made
    }
}
