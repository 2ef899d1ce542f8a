//! What can go wrong between the gateway and its mailbox.
//!
//! Every variant ends the connection, but for those of [`MailboxError::spares_session`] where the
//! caller can do without what was asked. Texts name commands, response codes (RFC 5530) and uids,
//! never a folder, an address, a server's free text or anything out of a letter: those may hold
//! personal data, and this text goes to the log.

use std::io;

use crate::connection::SecretError;

use super::Uid;

/// Why the mailbox could not do what was asked; see the module page.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// No connection: name, network, port.
    #[error("the mail server cannot be reached")]
    Unreachable(#[source] io::Error),
    /// TLS failed: certificate, host name, version, or roots that cannot be read.
    #[error("no trusted TLS connection to the mail server")]
    Tls(#[source] io::Error),
    /// Going on would show the password, or let somebody speak before encryption began.
    #[error("the connection is not safe: {0}")]
    Insecure(&'static str),
    /// The password or token could not be read.
    #[error("the mailbox's password or token cannot be had")]
    Secret(#[from] SecretError),
    /// The server does not take this user with this secret.
    #[error("the mail server refused the login (code {code})")]
    Refused {
        /// RFC 5530 response code, or `none`.
        code: String,
    },
    /// The server lacks what the settings ask for.
    #[error("the mail server does not offer {0}")]
    Unsupported(&'static str),
    /// A tagged NO or BAD.
    #[error("the mail server answered {status} to {command} (code {code})")]
    Declined {
        /// The command's name.
        command: &'static str,
        /// `NO` or `BAD`.
        status: &'static str,
        /// Response code, or `none`.
        code: String,
    },
    /// Something that is not IMAP, or passes a limit.
    #[error("the mail server's answer to {command} cannot be understood: {what}")]
    Protocol {
        /// The command under way.
        command: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No answer within the deadline.
    #[error("the mail server was silent for {seconds} s during {command}")]
    Silent {
        /// The command under way.
        command: &'static str,
        /// The deadline.
        seconds: u64,
    },
    /// The connection ended: end of file, reset, or BYE.
    #[error("the mail server closed the connection during {command}")]
    Closed {
        /// The command under way.
        command: &'static str,
        /// What the network said, if anything.
        #[source]
        source: Option<io::Error>,
    },
    /// A call before this one was dropped or failed: the session is of no more use.
    #[error("the session was given up in the middle of a command")]
    Interrupted,
    /// The folder does not exist.
    #[error("there is no such folder on the mail server: {0}")]
    FolderMissing(&'static str),
    /// A name or a setting that cannot be sent.
    #[error("the setting {0} cannot be used: {1}")]
    Setting(&'static str, &'static str),
    /// UIDVALIDITY changed while the session was open.
    #[error("the folder was replaced while it was open (UIDVALIDITY changed)")]
    EpochChanged,
    /// A letter larger than what is read; nothing of it was.
    #[error("letter {} has {bytes} bytes, more than is read", .uid.as_ref().map_or_else(|| "(unnamed)".to_owned(), Uid::to_string))]
    TooLarge {
        /// Which one, if the server said so first.
        uid: Option<Uid>,
        /// Its bytes as announced.
        bytes: u64,
    },
    /// A letter that is there, and that the server does not give.
    #[error("the mail server has letter {uid} and does not give it")]
    Withheld {
        /// Which one.
        uid: Uid,
    },
    /// A Maildir letter that cannot be read or moved.
    #[error("letter {uid} cannot be {what}")]
    Letter {
        /// Which one.
        uid: Uid,
        /// What was tried, such as `read`.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A Maildir folder that cannot be used.
    #[error("the Maildir cannot be {what}")]
    Maildir {
        /// What was tried, such as `listed`.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl MailboxError {
    /// The letter that could not be had, if it is one letter's matter.
    #[must_use]
    pub fn letter(&self) -> Option<&Uid> {
        match self {
            Self::TooLarge { uid, .. } => uid.as_ref(),
            Self::Withheld { uid } | Self::Letter { uid, .. } => Some(uid),
            _ => None,
        }
    }

    /// Whether the connection is as good as before: the server answered, and will not or cannot do
    /// this one thing.
    #[must_use]
    pub fn spares_session(&self) -> bool {
        matches!(
            self,
            Self::FolderMissing(_)
                | Self::Declined { .. }
                | Self::Withheld { .. }
                | Self::Letter { .. }
                | Self::Maildir { .. }
        )
    }

    /// Whether the login was refused, so that trying often may lock the account; see
    /// [`super::reconnect::pause`].
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
