//! Files and folders: who owns them, and who else may read what is secret.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::Finding;
use crate::cause::chain;
use crate::config::Config;
use crate::connection::SecretSource;
use crate::key_file::KeyFileError;
use crate::{delivery, mailbox};

/// Who may do what with the files the configuration names.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(configuration(&config.file));
    found.extend(store(&config.store));
    found.extend(keys(config));
    for (name, secret) in secrets(config) {
        found.push(secret_file(&name, secret));
    }
    found
}

/// Whether this process is the store's user, so that what it makes there is the daemon's too.
pub(super) fn is_owner(store: &Path) -> bool {
    fs::metadata(store).is_ok_and(|about| about.uid() == rustix::process::geteuid().as_raw())
}

fn mode(about: &Metadata) -> u32 {
    about.permissions().mode() & 0o7777
}

fn configuration(file: &Path) -> Option<Finding> {
    const CHECK: &str = "files.configuration";
    let about = fs::metadata(file).ok()?;
    Some(if mode(&about) & 0o022 == 0 {
        Finding::good(CHECK, format!("mode {:04o}", mode(&about)))
    } else {
        Finding::fault(
            CHECK,
            format!("`{}` has mode {:04o}", file.display(), mode(&about)),
            "whoever can write it can name a program that guichet starts, and read all mail",
            format!("chmod go-w {}", file.display()),
        )
    })
}

fn store(folder: &Path) -> Vec<Finding> {
    const CHECK: &str = "files.store";
    let shown = folder.display();
    let about = match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![Finding::skipped(
                CHECK,
                format!("`{shown}` is not there yet: the first start makes it"),
            )];
        }
        Err(error) => {
            return vec![Finding::fault(
                CHECK,
                format!("`{shown}` cannot be looked at: {error}"),
                "tickets and letters are kept there",
                "run this as the store's user: sudo -u guichet guichet doctor",
            )];
        }
        Ok(about) => about,
    };
    let mut found = Vec::new();
    if mode(&about) & 0o077 == 0 {
        found.push(Finding::good(CHECK, format!("mode {:04o}", mode(&about))));
    } else {
        found.push(Finding::fault(
            CHECK,
            format!("`{shown}` has mode {:04o}", mode(&about)),
            "it holds every letter that came, and the keys that orders are believed by",
            format!("chmod 700 {shown}"),
        ));
    }
    if !is_owner(folder) {
        found.push(Finding::warning(
            "files.user",
            format!("you run as user {}, and the store belongs to user {}", rustix::process::geteuid().as_raw(), about.uid()),
            "what only its owner can do was not tried: the control socket, and a round trip without a daemon",
            "run this as the store's user: sudo -u guichet guichet doctor",
        ));
    }
    found
}

fn keys(config: &Config) -> Option<Finding> {
    const CHECK: &str = "files.keys";
    match config.token_keys.load() {
        Ok(_) => Some(Finding::good(CHECK, "the token keys are good")),
        Err(KeyFileError::Missing { .. }) => Some(Finding::skipped(
            CHECK,
            "there are no token keys yet: the first start makes them",
        )),
        Err(error @ KeyFileError::Exposed { .. }) => Some(Finding::fault(
            CHECK,
            chain(&error),
            "whoever has the keys can write orders in every technician's name",
            format!(
                "chmod 600 {}, then `guichet keys rotate` and `guichet keys revoke`",
                config.token_keys.path().display()
            ),
        )),
        Err(error) => Some(Finding::fault(
            CHECK,
            chain(&error),
            "without its keys guichet does not start",
            "put back the file of a backup, or move it away: then replies to letters of before prove nothing",
        )),
    }
}

/// Every place a secret is read from, with whose it is.
fn secrets(config: &Config) -> Vec<(String, &SecretSource)> {
    let mut found = Vec::new();
    for (name, settings) in &config.mailboxes {
        if let mailbox::Settings::Imap(settings) = settings {
            found.push((format!("mailbox `{name}`"), &settings.secret));
        }
    }
    if let delivery::Settings::Smtp(settings) = &config.delivery
        && let Some(login) = &settings.login
    {
        found.push(("the way out".to_owned(), &login.secret));
    }
    found
}

fn secret_file(name: &str, secret: &SecretSource) -> Finding {
    const CHECK: &str = "files.secret";
    let path = match secret {
        SecretSource::File(path) => path,
        SecretSource::Command(_) => {
            return Finding::good(CHECK, format!("the secret of {name} comes from a program"));
        }
        SecretSource::Env(variable) => {
            return Finding::warning(
                CHECK,
                format!("the secret of {name} is in the environment variable `{variable}`"),
                "the environment of a process is inherited by every program it starts",
                "use `password_credential`, or `password_file` with mode 0600",
            );
        }
    };
    match fs::metadata(path) {
        // systemd lets its user read credentials by a list that shows as the group's bits.
        Ok(about) if mode(&about) & 0o007 == 0 => Finding::good(
            CHECK,
            format!("the secret of {name} has mode {:04o}", mode(&about)),
        ),
        Ok(about) => Finding::fault(
            CHECK,
            format!(
                "the secret of {name}, `{}`, has mode {:04o}",
                path.display(),
                mode(&about)
            ),
            "every user of this machine can read the password",
            format!("chmod 600 {}, and change the password", path.display()),
        ),
        Err(error) => Finding::fault(
            CHECK,
            format!(
                "the secret of {name}, `{}`, cannot be read: {error}",
                path.display()
            ),
            "without it nobody logs in",
            "make the file; a credential is there only while the service runs, and only for its user",
        ),
    }
}
