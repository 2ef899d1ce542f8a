//! An address in the one form that may stand in a header field or in an SMTP command.
//!
//! In: `local@domain` as a person or a table wrote it. Out: the same mailbox in ASCII, the domain
//! in its IDNA form (RFC 5890), or a sentence that says why not.
//!
//! Taken: a dot-atom local part (RFC 5322 §3.2.3; stray dots as some carriers hand them out are
//! let through), or a quoted one without blanks, brackets, quotes and backslashes inside; a host
//! name or an address literal. So no accepted address can end a command, open a second mailbox
//! or hide a comment.
//!
//! Not handled: local parts beyond ASCII (SMTPUTF8, RFC 6531). Such an address is refused in
//! words; a person has to answer it.

use std::fmt;

/// A checked address in ASCII; see the module page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireAddress(String);

/// Why an address cannot stand on the wire. The text names no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`, or nothing on one side of it.
    #[error("the address lacks the part before or after the @")]
    Incomplete,
    /// More than 64 octets before the @, 255 after it (RFC 5321 §4.5.3.1) or 254 in all.
    #[error("the address is longer than mail servers must accept")]
    TooLong,
    /// The part before the @ is not ASCII.
    #[error("the address has letters beyond ASCII before the @, which needs SMTPUTF8")]
    LocalBeyondAscii,
    /// A character that would end the command or field, or change its meaning.
    #[error("the address holds a character that may not stand before the @")]
    Local,
    /// No host name and no address literal.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

impl WireAddress {
    /// Checks `address`; see the module page for what is taken.
    ///
    /// # Errors
    /// [`AddressError`] for everything that may not stand in an SMTP command.
    pub fn new(address: &str) -> Result<Self, AddressError> {
        let (local, domain) = address.rsplit_once('@').ok_or(AddressError::Incomplete)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Incomplete);
        }
        if local.len() > 64 {
            return Err(AddressError::TooLong);
        }
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        let whole = format!("{local}@{domain}");
        if domain.len() > 255 || whole.len() > 254 {
            return Err(AddressError::TooLong);
        }
        Ok(Self(whole))
    }

    /// The address, all printable ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WireAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    if !local.is_ascii() {
        return Err(AddressError::LocalBeyondAscii);
    }
    let fits = match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        Some(quoted) => {
            !quoted.is_empty()
                && quoted
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"\"\\<>".contains(&b))
        }
        None => local.bytes().all(|b| b == b'.' || is_atext(b)),
    };
    if fits {
        Ok(())
    } else {
        Err(AddressError::Local)
    }
}

/// `atext` of RFC 5322 §3.2.3.
pub(crate) fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    let literal = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']'));
    if let Some(inside) = literal {
        let fits = inside
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b));
        return if fits && !inside.is_empty() {
            Ok(domain.to_owned())
        } else {
            Err(AddressError::Domain)
        };
    }
    let ascii = if domain.is_ascii() {
        domain.to_owned()
    } else {
        idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?
    };
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if ascii.split('.').all(label_fits) {
        Ok(ascii)
    } else {
        Err(AddressError::Domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_addresses_people_have() {
        let table = [
            ("a@b", "a@b"),
            ("Marie.Curie+lab@example.org", "Marie.Curie+lab@example.org"),
            ("a..b.@docomo.example", "a..b.@docomo.example"),
            ("o'neil@example.org", "o'neil@example.org"),
            ("\"odd,local\"@example.org", "\"odd,local\"@example.org"),
            ("a@[192.0.2.1]", "a@[192.0.2.1]"),
            ("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
            ("a@université.example", "a@xn--universit-j4a.example"),
            ("a@under_score.example", "a@under_score.example"),
        ];
        for (given, wire) in table {
            assert_eq!(WireAddress::new(given).unwrap().as_str(), wire);
        }
    }

    #[test]
    fn err_addresses_that_would_change_a_command() {
        use AddressError::{Domain, Incomplete, Local, LocalBeyondAscii, TooLong};
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_domain = format!("a@{}", "abc.".repeat(70) + "org");
        let table = [
            ("", Incomplete),
            ("nobody", Incomplete),
            ("@example.org", Incomplete),
            ("a@", Incomplete),
            ("a b@example.org", Local),
            ("a>\r\nRCPT TO:<b@example.org", Local),
            ("a\0@example.org", Local),
            ("a,b@example.org", Local),
            ("a@b@example.org", Local),
            ("<a@example.org", Local),
            ("a(c)@example.org", Local),
            ("\"a b\"@example.org", Local),
            ("\"a\\\"@example.org", Local),
            ("\"@example.org", Local),
            ("rené@example.org", LocalBeyondAscii),
            ("a@example.org>", Domain),
            ("a@example.org\r\n", Domain),
            ("a@example .org", Domain),
            ("a@.example", Domain),
            ("a@example..org", Domain),
            ("a@[192.0.2.1", Domain),
            ("a@[]", Domain),
            ("a@exa\u{202e}mple.org", Domain),
            (long_local.as_str(), TooLong),
            (long_domain.as_str(), TooLong),
        ];
        for (given, why) in table {
            assert_eq!(WireAddress::new(given), Err(why), "{given:?}");
        }
    }
}
