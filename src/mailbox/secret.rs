//! Where a password or token comes from. Never what it is: the text lives only during a login.
//!
//! Read anew at every login, so that a renewed token or a changed password is used without a
//! restart. One line end at the close of a file or an output does not belong to the secret.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::MailboxError;

/// Time a secret command may take; a token helper makes one HTTPS request.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// Bytes of a secret; access tokens of large providers stay under 4 KB.
const LONGEST: u64 = 64 * 1024;

/// Where a secret is read from.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// A file, such as a systemd credential.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A program with its arguments; what it prints is the secret. No shell is involved.
    Command(Vec<String>),
}

impl fmt::Debug for Secret {
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

impl Secret {
    /// Reads the secret: 1 to 64 KiB of text without NUL, CR or LF inside.
    ///
    /// # Errors
    /// [`MailboxError::Secret`] says what is wrong, and nothing of what was read.
    pub async fn read(&self) -> Result<String, MailboxError> {
        let bytes = match self {
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || from_file(&path))
                    .await
                    .unwrap_or_else(|ended| Err(io::Error::other(ended)))
                    .map_err(|e| MailboxError::Secret("its file", Some(e)))?
            }
            Self::Env(name) => std::env::var_os(name)
                .ok_or(MailboxError::Secret(
                    "its environment variable is not set",
                    None,
                ))?
                .into_encoded_bytes(),
            Self::Command(line) => timeout(COMMAND_LIMIT, printed(line))
                .await
                .map_err(|_| MailboxError::Secret("its command took more than 20 s", None))??,
        };
        cleaned(bytes)
    }
}

fn from_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    io::Read::take(file, LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads to the end, and no further than one byte past [`LONGEST`].
async fn capped(from: impl tokio::io::AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

async fn printed(line: &[String]) -> Result<Vec<u8>, MailboxError> {
    let failed = |e| MailboxError::Secret("its command", Some(e));
    let (program, arguments) = line
        .split_first()
        .ok_or(MailboxError::Secret("its command is empty", None))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let Some(output) = child.stdout.take() else {
        return Err(MailboxError::Secret("its command has no output", None));
    };
    let bytes = capped(output).await.map_err(failed)?;
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        Ok(bytes)
    } else {
        Err(MailboxError::Secret("its command failed", None))
    }
}

fn cleaned(bytes: Vec<u8>) -> Result<String, MailboxError> {
    if bytes.len() as u64 > LONGEST {
        return Err(MailboxError::Secret("it has more than 64 KiB", None));
    }
    let mut text =
        String::from_utf8(bytes).map_err(|_| MailboxError::Secret("it is not UTF-8", None))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(MailboxError::Secret("it is empty", None));
    }
    if text.contains(['\r', '\n', '\0']) {
        return Err(MailboxError::Secret("it has several lines", None));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_cut_and_several_lines_are_refused() {
        let read = |text: &str| cleaned(text.as_bytes().to_vec()).ok();
        assert_eq!(read("s3 cret\n").as_deref(), Some("s3 cret"));
        assert_eq!(read("s3 cret\r\n").as_deref(), Some("s3 cret"));
        assert_eq!(read(" é ").as_deref(), Some(" é "));
        assert_eq!(read("a\n\n"), None);
        assert_eq!(read("a\nb"), None);
        assert_eq!(read("a\0"), None);
        assert_eq!(read("\n"), None);
        assert_eq!(read(""), None);
        assert!(cleaned(vec![0xFF]).is_err());
        assert!(cleaned(vec![b'a'; 65 * 1024]).is_err());
    }

    #[test]
    fn debug_leaves_out_a_commands_arguments() {
        let secret = Secret::Command(vec!["pass".into(), "hunter2".into()]);
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_command_is_read_and_its_failure_is_not_a_secret() {
        let sh = |script: &str| Secret::Command(vec!["/bin/sh".into(), "-c".into(), script.into()]);
        assert_eq!(sh("echo token").read().await.expect("read"), "token");
        assert!(sh("echo token; exit 1").read().await.is_err());
        assert!(Secret::Command(vec![]).read().await.is_err());
        assert!(sh("yes").read().await.is_err(), "endless output");
    }
}
