//! Which server took a letter in: the `by` of a `Received` field (RFC 5321 §4.4).
//!
//! Everything below the first field that a foreign server wrote came with the letter. Hosts are
//! named by the site, or are those of its organisations. A hop that names no host (none, an
//! address, `localhost`, a bare name) proves nothing and ends nothing: local programs such as
//! filters and delivery agents write these.

use super::organisation::{ascii, same_organisation};
use super::scanner::words;
use crate::classify::Settings;

/// Whether this `Received` value names a host that is not ours.
pub(super) fn is_foreign(received: &str, settings: &Settings, authserv_id: &str) -> bool {
    let Some(host) = taken_by(received) else {
        return false;
    };
    if settings.border_hosts.is_empty() {
        let own = settings
            .own_addresses
            .iter()
            .filter_map(|address| address.rsplit_once('@'))
            .map(|(_, domain)| domain);
        return !std::iter::once(authserv_id)
            .chain(own)
            .any(|domain| same_organisation(domain, &host));
    }
    let is_named = |domain: &String| ascii(domain).is_some_and(|domain| domain == host);
    !(settings.border_hosts.iter().any(is_named) || ascii(authserv_id).as_ref() == Some(&host))
}

/// The host after `by`, if it is a host name with a domain.
fn taken_by(received: &str) -> Option<String> {
    let words = words(received);
    let mut words = words.iter();
    words.find(|word| word.eq_ignore_ascii_case("by"))?;
    let host = ascii(words.next()?.trim_end_matches(';'))?;
    let is_address = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    (host.contains('.') && !is_address && host != "localhost.localdomain").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_that_took_it_is_found() {
        for (received, host) in [
            (
                "from a.b (c [192.0.2.1]) by MX.institut.fr (Postfix) with ESMTPS id 4; Mon, 1 Jan 2024",
                Some("mx.institut.fr"),
            ),
            ("by mx.google.com with SMTP id x", Some("mx.google.com")),
            ("by 2002:a05:6a10::1 with SMTP id x", None),
            ("by 10.1.2.3 with SMTP id x", None),
            ("from a by [10.1.2.3] with SMTP", None),
            ("from a.b (HELO by evil.org) by x.fr; now", Some("x.fr")),
            ("from a (helo (by evil.org)) by x.fr", Some("x.fr")),
            ("from localhost by localhost (amavisd-new)", None),
            ("from a by zimbra (Postfix)", None),
            ("(qmail 4 invoked by uid 89); 1 Jan 2024", None),
            ("from a (open by evil.org", None),
            ("from a.b by x.fr; Mon", Some("x.fr")),
            ("", None),
        ] {
            assert_eq!(taken_by(received).as_deref(), host, "{received}");
        }
    }
}
