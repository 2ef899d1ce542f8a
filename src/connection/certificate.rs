//! How long a server's certificates are good for.
//!
//! In: the certificates a server presented, in the order it did, as DER (RFC 5280); they were verified
//! by TLS already. Out: when the first of them ends.

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// When the certificate ends that ends first; nothing if none can be read.
#[must_use]
pub fn first_end<'a>(chain: impl IntoIterator<Item = &'a [u8]>) -> Option<Timestamp> {
    chain.into_iter().filter_map(end).min()
}

fn end(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let seconds = validity.not_after.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}
