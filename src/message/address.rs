//! Addresses: what a header claims, down to what can be an address at all.
//!
//! In: one `From`, `To` … value as the MIME library read it. Out: [`Address`] values, each with a
//! plausible `local@domain`.
//!
//! The library validates nothing: it makes `@c.d` of `"a b"@c.d` and takes `a@b@c.d` as it stands.
//! An address that two mail systems could read differently is no address here: nobody may be
//! answered, or recognised, by it. Names are for display only and hold one line.
//!
//! Not handled: quoted local parts (RFC 5321 §4.1.2) and domain literals; no mail system in use
//! gives its people either.

use super::{Address, text};

/// Bytes of a display name; longer ones are cut with an ellipsis.
const NAME: usize = 500;

/// The plausible addresses of one field, groups opened (RFC 5322 §3.4).
pub(super) fn addresses(value: &mail_parser::Address<'_>) -> Vec<Address> {
    value
        .iter()
        .filter_map(|found| {
            let email = email(found.address.as_deref()?)?;
            let name = text::one_line(found.name.as_deref().unwrap_or_default(), NAME);
            Some(Address { name, email })
        })
        .collect()
}

/// How many addresses a field holds, plausible or not.
pub(super) fn count(value: &mail_parser::Address<'_>) -> usize {
    value.iter().filter(|found| found.address.is_some()).count()
}

/// `local@domain` with the domain in lower case, if it is one that any mail system would take.
///
/// Lengths are those of RFC 5321 §4.5.3.1, white space around it goes, a trailing dot of the
/// domain too. A source route (`@relay:local@domain`, RFC 5321 appendix C) gives its last address.
pub(crate) fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let text = match text.strip_prefix('@') {
        Some(route) => route.split_once(':').map(|(_, address)| address.trim())?,
        None => text,
    };
    let (local, domain) = text.split_once('@')?;
    let domain = domain.trim_end_matches('.').to_lowercase();
    let fits = (1..=64).contains(&local.len()) && (1..=253).contains(&domain.len());
    (fits && local.chars().all(in_local) && domain.split('.').all(is_label))
        .then(|| format!("{local}@{domain}"))
}

/// Whether a field holds an address with a quoted local part (RFC 5321 §4.1.2). It is legal, and
/// read differently by every system: nobody is recognised or answered by it.
pub(super) fn has_quoted_local(value: &str) -> bool {
    value.split_once("\"@").is_some_and(|(local, rest)| {
        let domain = rest.split(['>', ' ', ',', ';']).next().unwrap_or_default();
        local.contains('"') && domain.contains('.') && domain.split('.').all(is_label)
    })
}

fn in_local(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
    } else {
        c.is_alphanumeric()
    }
}

fn is_label(label: &str) -> bool {
    let inside = |c: char| c == '-' || c == '_' || c.is_alphanumeric();
    (1..=63).contains(&label.chars().count()) && label.chars().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_plausible_addresses() {
        for (given, expected) in [
            ("Marie.Curie@Institut.FR", "Marie.Curie@institut.fr"),
            (" a@b ", "a@b"),
            ("a..b@docomo.ne.jp.", "a..b@docomo.ne.jp"),
            ("support+c1.12@x.fr", "support+c1.12@x.fr"),
            ("@relay,@other:c@d.fr", "c@d.fr"),
            ("élodie@institut.fr", "élodie@institut.fr"),
        ] {
            assert_eq!(email(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn a_quoted_local_part_is_known_and_names_nobody() {
        assert!(has_quoted_local("\"<script>\"@institut.fr"));
        assert!(has_quoted_local("X <\"a b\"@institut.fr>"));
        assert!(!has_quoted_local("\"a@b.fr"));
        assert!(!has_quoted_local("\"a\" <@b.fr>"));
    }

    #[test]
    fn err_what_two_systems_read_differently() {
        for given in [
            "",
            "@",
            "a@",
            "@c.d",
            "a@b@c.d",
            "\"a b\"@c.d",
            "a b@c.d",
            "a@b c",
            "a@b..c",
            "a@.b",
            "a@[1.2.3.4]",
            "a\r\nBcc: x@y",
            "<a@b>",
            "a(x)@b",
            "a@b\u{202e}",
        ] {
            assert_eq!(email(given), None, "{given:?}");
        }
    }
}
