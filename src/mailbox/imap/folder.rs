//! Folder names: from the settings' `Guichet/Done` to what this server calls it.
//!
//! Settings write `/` between levels on every server. The server's own separator and the prefix
//! of the user's folders come from NAMESPACE (RFC 2342), or the separator alone from
//! `LIST "" ""` (RFC 3501 §6.3.8): with `.` and `INBOX.` the name becomes `INBOX.Guichet.Done`.
//! A name that already begins with the prefix, and anything under INBOX, keeps its place. A server
//! without levels gets `Guichet-Done`. Non-ASCII goes as modified UTF-7 (RFC 3501 §5.1.3).
//!
//! Not handled: shared and other users' namespaces (write their full name, prefix included, in
//! the server's own spelling).

use data_encoding::{BASE64_NOPAD, Encoding};

use super::login::quoted;
use super::reply::Value;
use super::session::{Command, Seen, Session};
use crate::mailbox::MailboxError;

/// The user's own namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespace {
    prefix: String,
    separator: Option<char>,
}

/// A folder as the server calls it, in modified UTF-7, quoted.
#[derive(Clone, PartialEq, Eq)]
pub struct Folder {
    quoted: String,
    bare: String,
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.quoted)
    }
}

impl Folder {
    /// As it stands in a command.
    pub fn as_str(&self) -> &str {
        &self.quoted
    }

    fn is(&self, name: &[u8]) -> bool {
        name == self.bare.as_bytes()
            || (self.bare == "INBOX" && name.eq_ignore_ascii_case(b"INBOX"))
    }
}

impl Namespace {
    /// Asks the server.
    pub async fn ask(session: &mut Session) -> Result<Self, MailboxError> {
        let mut found = Self::default();
        if session.offers("NAMESPACE") {
            let command = Command::line("NAMESPACE", "NAMESPACE".to_owned());
            let asked = session
                .run(command, |seen| {
                    if let Seen::Data(data) = seen
                        && let [verb, Value::List(personal), ..] = data.as_slice()
                        && verb.is("NAMESPACE")
                        && let Some(Value::List(first)) = personal.first()
                        && let [prefix, separator, ..] = first.as_slice()
                    {
                        found = Self {
                            prefix: text(prefix),
                            separator: text(separator).chars().next(),
                        };
                    }
                    Ok(())
                })
                .await;
            match asked {
                Ok(_) if found.separator.is_some() => return Ok(found),
                Ok(_) | Err(MailboxError::Declined { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let command = Command::line("LIST", "LIST \"\" \"\"".to_owned());
        session
            .run(command, |seen| {
                if let Seen::Data(data) = seen
                    && let [verb, _, separator, _, ..] = data.as_slice()
                    && verb.is("LIST")
                {
                    found.separator = text(separator).chars().next();
                }
                Ok(())
            })
            .await?;
        Ok(found)
    }

    /// What this server calls the folder that the settings call `name`.
    ///
    /// # Errors
    /// [`MailboxError::Setting`] for an empty level or a control character; `setting` names it.
    pub fn folder(&self, setting: &'static str, name: &str) -> Result<Folder, MailboxError> {
        if name.is_empty() || name.len() > 500 {
            return Err(MailboxError::Setting(setting, "it is empty or too long"));
        }
        if name.chars().any(char::is_control) {
            return Err(MailboxError::Setting(setting, "it has control characters"));
        }
        if name.split('/').any(str::is_empty) {
            return Err(MailboxError::Setting(setting, "it has an empty level"));
        }
        let separator = self.separator.map_or("-".to_owned(), String::from);
        let levels: Vec<&str> = name.split('/').collect();
        let under_inbox = levels
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case("INBOX"));
        let joined = levels.join(&separator);
        let prefix = modified_utf7_decoded(&self.prefix);
        let full = if under_inbox {
            joined.replacen(levels.first().unwrap_or(&"INBOX"), "INBOX", 1)
        } else if !prefix.is_empty() && joined.starts_with(&prefix) {
            joined
        } else {
            format!("{prefix}{joined}")
        };
        let bare = modified_utf7(&full);
        Ok(Folder {
            quoted: quoted(&bare),
            bare,
        })
    }
}

/// Whether a folder exists and can be opened.
pub async fn exists(session: &mut Session, folder: &Folder) -> Result<bool, MailboxError> {
    let mut found = false;
    let command = Command::line("LIST", format!("LIST \"\" {}", folder.as_str()));
    session
        .run(command, |seen| {
            // `%` and `*` in a name match others too, so the name is compared.
            if let Seen::Data(data) = seen
                && let [verb, Value::List(attributes), _, name, ..] = data.as_slice()
                && verb.is("LIST")
                && name.bytes().is_some_and(|name| folder.is(name))
            {
                found |= !attributes
                    .iter()
                    .any(|one| one.is("\\Noselect") || one.is("\\NonExistent"));
            }
            Ok(())
        })
        .await?;
    Ok(found)
}

/// Creates a folder if it is missing, and subscribes to it, so that people see it. False if the
/// server would not create it.
pub async fn ensure(session: &mut Session, folder: &Folder) -> Result<bool, MailboxError> {
    if exists(session, folder).await? {
        return Ok(true);
    }
    let create = Command::line("CREATE", format!("CREATE {}", folder.as_str()));
    match session.order(create).await {
        Ok(_) => {}
        // Somebody else was quicker.
        Err(MailboxError::Declined { code, .. }) if code == "ALREADYEXISTS" => return Ok(true),
        Err(MailboxError::Declined { code, .. }) => {
            tracing::warn!(code, "the mail server would not create a folder");
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    let subscribe = Command::line("SUBSCRIBE", format!("SUBSCRIBE {}", folder.as_str()));
    match session.order(subscribe).await {
        Ok(_) => {}
        Err(MailboxError::Declined { code, .. }) => {
            tracing::info!(code, "the mail server would not subscribe to a folder");
        }
        Err(error) => return Err(error),
    }
    Ok(true)
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.bytes().unwrap_or_default()).into_owned()
}

/// Base64 with `,` for `/` and without padding.
fn modified_base64() -> Option<Encoding> {
    let mut specification = BASE64_NOPAD.specification();
    specification.symbols = specification.symbols.replace('/', ",");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

/// Modified UTF-7 (RFC 3501 §5.1.3): printable ASCII is itself, `&` is `&-`, everything else is
/// UTF-16BE in modified base64 between `&` and `-`.
pub fn modified_utf7(name: &str) -> String {
    let Some(base64) = modified_base64() else {
        return String::new();
    };
    let mut encoded = String::new();
    let mut wide: Vec<u8> = Vec::new();
    let close = |wide: &mut Vec<u8>, encoded: &mut String| {
        if !wide.is_empty() {
            encoded.push('&');
            encoded.push_str(&base64.encode(wide));
            encoded.push('-');
            wide.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            close(&mut wide, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                wide.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    close(&mut wide, &mut encoded);
    encoded
}

/// The inverse of [`modified_utf7`], for names a server tells; what is not modified UTF-7 stays
/// as it is.
fn modified_utf7_decoded(encoded: &str) -> String {
    let Some(base64) = modified_base64() else {
        return encoded.to_owned();
    };
    let mut name = String::new();
    let mut rest = encoded;
    while let Some((plain, after)) = rest.split_once('&') {
        let Some((inside, after)) = after.split_once('-') else {
            return encoded.to_owned();
        };
        name.push_str(plain);
        if inside.is_empty() {
            name.push('&');
        } else {
            let Ok(bytes) = base64.decode(inside.as_bytes()) else {
                return encoded.to_owned();
            };
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
                .collect();
            name.push_str(&String::from_utf16_lossy(&units));
        }
        rest = after;
    }
    name.push_str(rest);
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_encoded_as_rfc_3501_shows() {
        for (name, encoded) in [
            ("INBOX", "INBOX"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Traités", "Trait&AOk-s"),
            ("R&D", "R&-D"),
            ("é&è", "&AOk-&-&AOg-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(modified_utf7(name), encoded);
            assert_eq!(modified_utf7_decoded(encoded), name);
        }
    }

    #[test]
    fn names_follow_the_servers_namespace() {
        let space = |prefix: &str, separator| Namespace {
            prefix: prefix.to_owned(),
            separator,
        };
        let cases = [
            (space("", Some('/')), "Guichet/Done", "Guichet/Done"),
            (
                space("INBOX.", Some('.')),
                "Guichet/Done",
                "INBOX.Guichet.Done",
            ),
            (space("INBOX.", Some('.')), "INBOX", "INBOX"),
            (space("INBOX.", Some('.')), "inbox/Aide", "INBOX.Aide"),
            (space("INBOX.", Some('.')), "INBOX.Aide", "INBOX.Aide"),
            (space("Mail/", Some('/')), "Mail/Done", "Mail/Done"),
            (space("", None), "Guichet/Done", "Guichet-Done"),
            (
                space("", Some('.')),
                "Réglé/à \"voir\"",
                "R&AOk-gl&AOk-.&AOA- \"voir\"",
            ),
        ];
        for (space, name, bare) in cases {
            let folder = space.folder("done", name).expect("a good name");
            assert_eq!(folder.bare, bare);
            assert_eq!(folder.as_str(), quoted(bare));
        }
    }

    #[test]
    fn err_names_that_would_end_the_command() {
        let space = Namespace::default();
        for name in ["", "/", "a//b", "a/", "a\r\nA1 LOGOUT", "a\0", "a\u{85}"] {
            assert!(space.folder("done", name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_sent_in_visible_ascii_and_comes_back(name in "\\PC{0,20}") {
            let encoded = modified_utf7(&name);
            prop_assert!(encoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(modified_utf7_decoded(&encoded), name);
        }
    }
}
