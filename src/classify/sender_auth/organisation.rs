//! Which domains belong together: the alignment of RFC 7489 §3.1.
//!
//! Relaxed: both have the same organisational domain, the label below the public suffix (RFC 7489
//! §3.2). Strict: both are the same. Domains are compared as lower-case A-labels (RFC 5890), so
//! that `Université.example` and `xn--universit-j4a.example` are one.
//!
//! The public suffix list is compiled in: no file, no network, as old as the program. Its private
//! part counts too, so that two customers of one hoster are two organisations. A suffix the list
//! does not know yet would make strangers one organisation; strict alignment does not ask it.
//!
//! Not handled: the tree walk through DNS that newer DMARC has in place of the list.

/// How close a domain has to be to the author's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alignment {
    /// The same organisation.
    #[default]
    Relaxed,
    /// The same domain.
    Strict,
}

impl Alignment {
    /// Whether `domain` may vouch for an author at `author`. Nothing vouches for nothing.
    pub(super) fn holds(self, domain: &str, author: &str) -> bool {
        match self {
            Self::Relaxed => same_organisation(domain, author),
            Self::Strict => {
                let (one, other) = (ascii(domain), ascii(author));
                one.is_some() && one == other
            }
        }
    }
}

/// Whether two domains have the same organisational domain; see the module page.
#[must_use]
pub fn same_organisation(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (ascii(one), ascii(other)) else {
        return false;
    };
    organisation(&one) == organisation(&other)
}

/// The domain below the public suffix; a suffix by itself stands for itself.
fn organisation(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}

/// Lower-case A-labels without the root's dot, if it is a domain name at all.
pub(super) fn ascii(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_end_matches('.');
    let ascii = idna::domain_to_ascii(domain).ok()?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    (ascii.len() <= 253 && ascii.split('.').all(is_label)).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_are_told_apart() {
        for (one, other) in [
            ("mail.cnrs.fr", "CNRS.fr."),
            ("a.ox.ac.uk", "b.ox.ac.uk"),
            ("mx.univ.example", "univ.example"),
            ("université.fr", "mail.xn--universit-j4a.fr"),
            ("UNIVERSITÉ.fr", "université.FR"),
        ] {
            assert!(same_organisation(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("ox.ac.uk", "cam.ac.uk"),
            ("a.gouv.fr", "b.gouv.fr"),
            ("one.github.io", "two.github.io"),
            ("institut.fr", "institut.fr.evil.org"),
            ("notinstitut.fr", "institut.fr"),
            ("fr", "institut.fr"),
            ("", ""),
            ("a..fr", "a..fr"),
            ("институт.fr", "institut.fr"),
        ] {
            assert!(!same_organisation(one, other), "{one} {other}");
        }
    }

    #[test]
    fn strict_is_the_same_domain() {
        let strict = Alignment::Strict;
        assert!(strict.holds("Université.fr", "xn--universit-j4a.fr"));
        assert!(!strict.holds("mail.cnrs.fr", "cnrs.fr"));
        assert!(!strict.holds("", ""));
    }
}
