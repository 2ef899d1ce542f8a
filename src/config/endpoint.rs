//! Mailboxes and the way out: servers, folders, secrets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use super::section::{ConfigError, Found, Section};
use super::{DAY, INJECTED, MINUTE};
use crate::compose::notice_letter::Identity;
use crate::connection::{SecretSource, Security};
use crate::delivery::{self, smtp};
use crate::key_file::KeyFile;
use crate::mailbox::{self, imap, maildir};
use crate::retry::AMBIGUOUS_MINUTES;

const SECOND: Duration = Duration::from_secs(1);

/// Where systemd puts the credentials of our unit.
const UNIT_CREDENTIALS: &str = "/run/credentials/guichet.service";

const PROTECTIONS: [(&str, Security); 3] = [
    ("tls", Security::ImplicitTls),
    ("starttls", Security::StartTls),
    ("plain", Security::PlainLoopback),
];

/// Where a secret is read: exactly one of four keys.
fn secret(section: &mut Section<'_>) -> Result<Option<SecretSource>, ConfigError> {
    let base = section.base();
    let mut found = Vec::new();
    if let Some(file) = section.text("password_file")? {
        found.push((file.clone(), SecretSource::File(base.join(&file.value))));
    }
    if let Some(name) = section.text("password_env")? {
        found.push((name.clone(), SecretSource::Env(name.value)));
    }
    if let Some(name) = section.text("password_credential")? {
        let path = credential(&name)?;
        found.push((name, SecretSource::File(path)));
    }
    if let Some(command) = section.texts("password_command")? {
        if command.value.is_empty() {
            return Err(command.expected("a program and its arguments", "an empty list"));
        }
        let mut words = command.value;
        if let Some(program) = words.first_mut()
            && program.contains('/')
        {
            *program = base.join(&*program).display().to_string();
        }
        return match found.first() {
            None => Ok(Some(SecretSource::Command(words))),
            Some((first, _)) => Err(several(first)),
        };
    }
    match found.as_slice() {
        [] => Ok(None),
        [(_, secret)] => Ok(Some(secret.clone())),
        [(first, _), ..] => Err(several(first)),
    }
}

/// Where systemd puts the credential of this name.
fn credential(name: &Found<String>) -> Result<PathBuf, ConfigError> {
    if name.value.contains('/') {
        return Err(name.expected(
            "the name of a credential (`LoadCredential=NAME:FILE` in the unit)",
            &format!("\"{}\"", name.value),
        ));
    }
    // Commands outside the unit read this file too and log in nowhere: no directory of
    // credentials is no mistake for them.
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY")
        .map_or_else(|| PathBuf::from(UNIT_CREDENTIALS), PathBuf::from);
    Ok(directory.join(&name.value))
}

/// Where the token keys are: a credential, or else a file in the store's directory.
pub(super) fn token_keys(
    section: Option<Section<'_>>,
    store: &Path,
) -> Result<KeyFile, ConfigError> {
    let Some(mut section) = section else {
        return Ok(KeyFile::in_store(store));
    };
    let name = section.text("keys_credential")?;
    section.finish()?;
    match name {
        None => Ok(KeyFile::in_store(store)),
        Some(name) => Ok(KeyFile::Credential(credential(&name)?)),
    }
}

fn several(first: &Found<String>) -> ConfigError {
    first.expected(
        "one of password_file, password_env, password_credential, password_command",
        "several of them",
    )
}

/// A server: its name, how the connection is protected, and its port, the usual one of TLS,
/// STARTTLS and neither if none is given.
fn server(
    section: &mut Section<'_>,
    [tls, start_tls, plain]: [u16; 3],
) -> Result<(String, Security, u16), ConfigError> {
    let host = section.need_text("host")?;
    let security = section
        .choice("security", &PROTECTIONS)?
        .unwrap_or(Security::ImplicitTls);
    local_only(security, &host)?;
    let usual = match security {
        Security::ImplicitTls => tls,
        Security::StartTls => start_tls,
        Security::PlainLoopback => plain,
    };
    Ok((host.value, security, port(section, usual)?))
}

/// The settings of an IMAP mailbox.
pub(super) fn imap_settings(mut section: Section<'_>) -> Result<mailbox::Settings, ConfigError> {
    let base = section.base();
    let (host, security, port) = server(&mut section, [993, 143, 143])?;
    let roots = section
        .text("ca_file")?
        .map_or(imap::Roots::Native, |file| {
            imap::Roots::File(base.join(file.value))
        });
    let user = section.need_text("user")?.value;
    let auth = section
        .choice(
            "login",
            &[
                ("plain", imap::Auth::Plain),
                ("login", imap::Auth::Login),
                ("xoauth2", imap::Auth::XOAuth2),
            ],
        )?
        .unwrap_or(imap::Auth::Plain);
    let secret = secret(&mut section)?.ok_or_else(|| {
        section.missing(
            "password_file",
            "one of password_file, password_env, password_credential, password_command",
        )
    })?;
    let settings = imap::Settings {
        host,
        port,
        security,
        roots,
        user,
        auth,
        secret,
        folder: text_or(&mut section, "folder", "INBOX")?,
        done: text_or(&mut section, "done", "Guichet/Done")?,
        held: text_or(&mut section, "held", "Guichet/Held")?,
        idle: section.boolean("idle")?.unwrap_or(true),
        poll: section.duration("poll", SECOND..=DAY)?.unwrap_or(MINUTE),
        step: section
            .duration("timeout", SECOND..=10 * MINUTE)?
            .unwrap_or(MINUTE),
    };
    section.finish()?;
    Ok(mailbox::Settings::Imap(settings))
}

/// The settings of a Maildir.
pub(super) fn maildir_settings(mut section: Section<'_>) -> Result<mailbox::Settings, ConfigError> {
    let path = section.base().join(section.need_text("path")?.value);
    let settings = maildir::Settings {
        path,
        done: text_or(&mut section, "done", "Guichet/Done")?,
        held: text_or(&mut section, "held", "Guichet/Held")?,
    };
    section.finish()?;
    Ok(mailbox::Settings::Maildir(settings))
}

/// The folder in a store's directory that `guichet inject` drops letters into.
#[must_use]
pub fn inject_folder(store: &Path) -> PathBuf {
    store.join(INJECTED)
}

/// That folder, as a mailbox.
#[must_use]
pub fn inject_mailbox(store: &Path) -> mailbox::Settings {
    mailbox::Settings::Maildir(maildir::Settings {
        path: inject_folder(store),
        done: "Guichet/Done".to_owned(),
        held: "Guichet/Held".to_owned(),
    })
}

/// Settings of the way out, connections, and the pause after an attempt of unknown outcome.
pub(super) type Transport = (delivery::Settings, usize, SignedDuration);

pub(super) fn transport(
    mut section: Section<'_>,
    identity: &Identity,
) -> Result<Transport, ConfigError> {
    let kinds = [("smtp", true), ("maildir", false)];
    let smtp = section
        .choice("kind", &kinds)?
        .ok_or_else(|| section.missing("kind", "one of \"smtp\", \"maildir\""))?;
    let pause = section
        .duration("ambiguous_pause", SECOND..=DAY)?
        .and_then(|pause| SignedDuration::try_from(pause).ok())
        .unwrap_or(SignedDuration::from_mins(AMBIGUOUS_MINUTES));
    if !smtp {
        let folder = section.base().join(section.need_text("path")?.value);
        section.finish()?;
        let settings = delivery::maildir::Settings { folder };
        return Ok((delivery::Settings::Maildir(settings), 1, pause));
    }
    let connections = section
        .number("connections", 1..=32)?
        .and_then(|found| usize::try_from(found.value).ok())
        .unwrap_or(4);
    let settings = smtp_settings(section, identity)?;
    Ok((delivery::Settings::Smtp(settings), connections, pause))
}

fn smtp_settings(
    mut section: Section<'_>,
    identity: &Identity,
) -> Result<smtp::Settings, ConfigError> {
    let base = section.base();
    let (host, security, port) = server(&mut section, [465, 587, 25])?;
    let mut deadlines = smtp::Deadlines::default();
    if let Some(limit) = section.duration("final_dot_timeout", SECOND..=60 * MINUTE)? {
        deadlines.dot = limit;
    }
    let domain = identity.address.rsplit_once('@').map(|(_, domain)| domain);
    let settings = smtp::Settings {
        port,
        ca_file: section.text("ca_file")?.map(|file| base.join(file.value)),
        login: smtp_login(&mut section)?,
        helo: text_or(&mut section, "helo", domain.unwrap_or("localhost"))?,
        host,
        security,
        deadlines,
    };
    section.finish()?;
    Ok(settings)
}

fn smtp_login(section: &mut Section<'_>) -> Result<Option<smtp::Login>, ConfigError> {
    let user = section.text("user")?;
    let mechanism = section.choice(
        "login",
        &[
            ("plain", smtp::Mechanism::Plain),
            ("login", smtp::Mechanism::Login),
            ("xoauth2", smtp::Mechanism::XOAuth2),
        ],
    )?;
    match (user, secret(section)?) {
        (None, None) => Ok(None),
        (Some(user), Some(secret)) => Ok(Some(smtp::Login {
            user: user.value,
            secret,
            mechanism: mechanism.unwrap_or(smtp::Mechanism::Plain),
        })),
        (None, Some(_)) => Err(section.missing("user", "the name to log in with")),
        (Some(_), None) => Err(section.missing(
            "password_file",
            "one of password_file, password_env, password_credential, password_command",
        )),
    }
}

fn local_only(security: Security, host: &super::Found<String>) -> Result<(), ConfigError> {
    let local = ["127.0.0.1", "::1", "localhost"].contains(&host.value.as_str());
    if security == Security::PlainLoopback && !local {
        return Err(host.expected(
            "127.0.0.1, ::1 or localhost, because `security` is \"plain\"",
            &format!("\"{}\"", host.value),
        ));
    }
    Ok(())
}

fn port(section: &mut Section<'_>, usual: u16) -> Result<u16, ConfigError> {
    let found = section.number("port", 1..=65_535)?;
    Ok(found
        .and_then(|found| u16::try_from(found.value).ok())
        .unwrap_or(usual))
}

fn text_or(
    section: &mut Section<'_>,
    key: &'static str,
    default: &str,
) -> Result<String, ConfigError> {
    Ok(section
        .text(key)?
        .map_or_else(|| default.to_owned(), |found| found.value))
}
