//! Where a password or token comes from. Never what it is: the text lives only during a login.
//!
//! Read anew at every login, so that a renewed token or a changed password is used without a
//! restart. One line end at the close of a file or an output does not belong to the secret.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Bytes of a secret; access tokens of large providers stay under 4 KB.
const LONGEST: u64 = 64 * 1024;

/// Where a secret is read, each time it is needed.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file, such as a systemd credential.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A program with its arguments; what it prints is the secret. No shell is involved.
    Command(Vec<String>),
}

impl fmt::Debug for SecretSource {
    /// Names the source; a command's arguments are left out, people put secrets there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Env(name) => write!(f, "Env({name})"),
            Self::Command(line) => {
                write!(f, "Command({} …)", line.first().map_or("", String::as_str))
            }
        }
    }
}

/// A secret in memory. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text: for a login, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no secret. No text shows a part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret's file cannot be read")]
    File(#[source] io::Error),
    /// The variable is not set.
    #[error("the secret's environment variable is not set")]
    Env,
    /// The program cannot be started, failed, or took too long.
    #[error("the secret's command failed: {0}")]
    Command(String),
    /// What was read is no secret.
    #[error("the secret is empty, has more than 64 KiB, or is not one line of UTF-8")]
    Shape,
}

impl SecretSource {
    /// Reads the secret, within `deadline`: 1 byte to 64 KiB of text without controls.
    ///
    /// # Errors
    /// [`SecretError`] says what is wrong, and nothing of what was read.
    pub async fn read(&self, deadline: Duration) -> Result<Secret, SecretError> {
        let bytes = match self {
            Self::File(path) => from_file(path.clone(), deadline).await?,
            Self::Env(name) => std::env::var_os(name)
                .ok_or(SecretError::Env)?
                .into_encoded_bytes(),
            Self::Command(line) => timeout(deadline, printed(line))
                .await
                .map_err(|_| late(deadline))??,
        };
        cleaned(bytes)
    }
}

fn late(deadline: Duration) -> SecretError {
    SecretError::Command(format!("no end within {} s", deadline.as_secs_f32()))
}

/// Reads on a thread that may wait: what looks like a file can be a pipe or a dead network mount.
async fn from_file(path: PathBuf, deadline: Duration) -> Result<Vec<u8>, SecretError> {
    let reading = tokio::task::spawn_blocking(move || first_bytes(&path));
    match timeout(deadline, reading).await {
        Ok(read) => read
            .unwrap_or_else(|ended| Err(io::Error::other(ended)))
            .map_err(SecretError::File),
        Err(_) => Err(SecretError::File(ErrorKind::TimedOut.into())),
    }
}

fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    io::Read::take(file, LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

async fn printed(line: &[String]) -> Result<Vec<u8>, SecretError> {
    let failed = |error: io::Error| SecretError::Command(error.kind().to_string());
    let (program, arguments) = line
        .split_first()
        .ok_or_else(|| SecretError::Command("it is empty".to_owned()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let Some(output) = child.stdout.take() else {
        return Err(SecretError::Command("it has no output".to_owned()));
    };
    let mut bytes = Vec::new();
    output
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(failed)?;
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        Ok(bytes)
    } else {
        Err(SecretError::Command(status.to_string()))
    }
}

fn cleaned(bytes: Vec<u8>) -> Result<Secret, SecretError> {
    if bytes.len() as u64 > LONGEST {
        return Err(SecretError::Shape);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| SecretError::Shape)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(SecretError::Shape);
    }
    Ok(Secret(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn one_line_end_is_cut_and_several_lines_are_refused() {
        let read = |text: &str| cleaned(text.as_bytes().to_vec()).ok().map(|s| s.0);
        assert_eq!(read("s3 cret\n").as_deref(), Some("s3 cret"));
        assert_eq!(read("s3 cret\r\n").as_deref(), Some("s3 cret"));
        assert_eq!(read(" é ").as_deref(), Some(" é "));
        for refused in ["a\n\n", "a\nb", "a\0", "\n", ""] {
            assert_eq!(read(refused), None, "{refused:?}");
        }
        assert!(cleaned(vec![0xFF]).is_err());
        assert!(cleaned(vec![b'a'; 65 * 1024]).is_err());
    }

    #[test]
    fn debug_shows_no_secret() {
        let source = SecretSource::Command(vec!["pass".into(), "hunter2".into()]);
        assert!(!format!("{source:?}").contains("hunter2"));
        let secret = cleaned(b"hunter2".to_vec()).unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_command_is_read_and_its_failure_is_not_a_secret() {
        let sh = |script: &str| {
            SecretSource::Command(vec!["/bin/sh".into(), "-c".into(), script.into()])
        };
        let token = sh("echo token").read(SOON).await.unwrap();
        assert_eq!(token.expose(), "token");
        assert!(sh("echo token; exit 1").read(SOON).await.is_err());
        assert!(SecretSource::Command(vec![]).read(SOON).await.is_err());
        assert!(sh("yes").read(SOON).await.is_err(), "endless output");
        let short = Duration::from_millis(50);
        assert!(sh("sleep 9").read(short).await.is_err(), "no end");
    }
}
