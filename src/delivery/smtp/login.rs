//! Who logs in, where the secret comes from, and what AUTH says (RFC 4954).
//!
//! In: a [`Login`], which names the place of the secret but never holds it. Out: the lines of
//! the AUTH dialogue. The secret is read at each login, so that a changed password or a fresh
//! OAuth token needs no restart, and is forgotten after it.
//!
//! Standards: PLAIN (RFC 4616), LOGIN (an expired draft that Exchange still wants), XOAUTH2 (the
//! token form Google and Microsoft document).
//!
//! Not handled: SCRAM. The dialogue runs within TLS or on this machine only.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use data_encoding::BASE64;

use super::super::DeliveryError;

/// Bytes a secret may have; OAuth tokens reach 4 KB.
const SECRET_BYTES: usize = 16 * 1024;

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name the server knows.
    pub user: String,
    /// Where the password or token is read.
    pub secret: SecretSource,
    /// How it is presented.
    pub mechanism: Mechanism,
}

/// Where a secret is read, each time it is needed. `Debug` leaves out a command's arguments.
#[derive(Clone)]
pub enum SecretSource {
    /// A file, such as a systemd credential; the line end at its end does not count.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A program and its arguments, which prints the secret: for OAuth tokens.
    Command(Vec<String>),
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Env(name) => write!(f, "Env({name})"),
            Self::Command(words) => {
                write!(f, "Command({} …)", words.first().map_or("", String::as_str))
            }
        }
    }
}

/// How the secret is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// User and password in one line.
    Plain,
    /// User and password in two lines.
    Login,
    /// A bearer token.
    XOAuth2,
}

impl Mechanism {
    /// The name in the server's AUTH list.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }
}

/// A secret in memory. `Debug` does not show it.
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no secret. No text shows a part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret's file cannot be read: {0}")]
    File(ErrorKind),
    /// The variable is not set, or is no text.
    #[error("the secret's environment variable is not set")]
    Env,
    /// The program cannot be started, failed, or took too long.
    #[error("the secret's command failed: {0}")]
    Command(String),
    /// Empty, longer than 16 KB, not UTF-8, or with control characters inside.
    #[error("the secret is empty, too long or not one line of text")]
    Shape,
}

impl SecretSource {
    /// Reads the secret; a command gets `deadline`.
    ///
    /// # Errors
    /// [`SecretError`] if there is none, or it is not one line of text.
    pub async fn read(&self, deadline: Duration) -> Result<Secret, SecretError> {
        let bytes = match self {
            Self::File(path) => read_file(path.clone(), deadline).await?,
            Self::Env(name) => std::env::var(name)
                .map_err(|_| SecretError::Env)?
                .into_bytes(),
            Self::Command(words) => run(words, deadline).await?,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretError::Shape)?;
        let text = text.trim_end_matches(['\r', '\n']);
        let fits = (1..=SECRET_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits {
            Ok(Secret(text.to_owned()))
        } else {
            Err(SecretError::Shape)
        }
    }
}

/// Reads on a thread that may wait: what looks like a file can be a pipe or a dead network mount.
async fn read_file(path: PathBuf, deadline: Duration) -> Result<Vec<u8>, SecretError> {
    let reading = tokio::task::spawn_blocking(move || std::fs::read(path));
    let late = |_| SecretError::File(ErrorKind::TimedOut);
    let read = tokio::time::timeout(deadline, reading)
        .await
        .map_err(late)?;
    let read = read.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)));
    read.map_err(|error| SecretError::File(error.kind()))
}

async fn run(words: &[String], deadline: Duration) -> Result<Vec<u8>, SecretError> {
    let failed = |why: String| SecretError::Command(why);
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| failed(String::from("it is empty")))?;
    let running = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(deadline, running)
        .await
        .map_err(|_| failed(format!("no end within {} s", deadline.as_secs_f32())))?
        .map_err(|error| failed(error.kind().to_string()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(output.status.to_string()))
    }
}

impl Login {
    /// Whether user and source can be used at all.
    pub(super) fn check(&self) -> Result<(), DeliveryError> {
        if self.user.is_empty() || self.user.chars().any(char::is_control) {
            return Err(DeliveryError::User);
        }
        if matches!(&self.secret, SecretSource::Command(words) if words.is_empty()) {
            return Err(DeliveryError::SecretCommand);
        }
        Ok(())
    }

    /// The first line, `AUTH …`, and what answers each challenge (334) after it, in order.
    ///
    /// The second challenge of XOAUTH2 is the server's error text; the empty answer to it lets
    /// the server say 535.
    pub(super) fn lines(&self, secret: &Secret) -> (String, Vec<String>) {
        let (user, Secret(secret)) = (&self.user, secret);
        let auth = format!("AUTH {}", self.mechanism.name());
        match self.mechanism {
            Mechanism::Plain => {
                let words = BASE64.encode(format!("\0{user}\0{secret}").as_bytes());
                (format!("{auth} {words}"), Vec::new())
            }
            Mechanism::Login => {
                let answers = [user, secret].map(|text| BASE64.encode(text.as_bytes()));
                (auth, answers.into())
            }
            Mechanism::XOAuth2 => {
                let words = format!("user={user}\x01auth=Bearer {secret}\x01\x01");
                let words = BASE64.encode(words.as_bytes());
                (format!("{auth} {words}"), vec![String::new()])
            }
        }
    }
}
