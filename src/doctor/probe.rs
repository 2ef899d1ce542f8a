//! Letters of ours to ourselves or to an admin, that try the way.
//!
//! They are marked as all our letters are: a Message-ID of ours, the loop field, `Auto-Submitted`, and
//! the null sender in the envelope. A gateway takes them for its own and does nothing about them.

use jiff::Timestamp;

use crate::classify::loops::ID_PREFIX;
use crate::compose::HeaderText;
use crate::compose::mime::{self, AutoSubmitted, ComposeError, Draft, Party};
use crate::compose::notice_letter::Identity;
use crate::message::MessageId;

/// What a forged finding is recognised by, beside the random part.
const MARK: &str = "guichet-probe-";

/// A letter that goes to the service itself and is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// What stands in the forged finding, if there is one.
    pub mark: String,
    /// The letter.
    pub bytes: Vec<u8>,
}

/// Why there is no letter.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be composed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The system gives no randomness.
    #[error("the system gave no random bytes: {0}")]
    Randomness(getrandom::Error),
}

fn handle() -> Result<String, ProbeError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(ProbeError::Randomness)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// A letter to see whether letters leave.
///
/// # Errors
/// When it cannot be composed.
pub fn hello(identity: &Identity, to: &str, now: Timestamp) -> Result<Vec<u8>, ProbeError> {
    let body = "Bonjour,\n\nCeci est un essai d'envoi de guichet. Il n'y a rien à faire, et il est inutile d'y répondre.\n\n\
        This letter tries whether guichet can send. There is nothing to do, and no need to answer.\n";
    let (_, bytes) = written(identity, to, &handle()?, body, now)?;
    Ok(bytes)
}

/// A letter to the service itself. With an `authserv_id` it claims, falsely, that this server found its
/// sender authentic: a border server has to take that claim out (RFC 8601 §5).
///
/// # Errors
/// When it cannot be composed.
pub fn to_itself(
    identity: &Identity,
    authserv_id: Option<&str>,
    now: Timestamp,
) -> Result<Probe, ProbeError> {
    let handle = handle()?;
    let body = "guichet doctor: a letter of guichet to itself. It may be deleted.\n";
    let (message_id, letter) = written(identity, &identity.address, &handle, body, now)?;
    let mark = format!("{MARK}{handle}");
    let mut bytes = Vec::new();
    // A name that could end the field is none that a server signs with.
    let fits = |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && b != b';');
    if let Some(id) = authserv_id.map(str::trim).filter(fits) {
        let claim = format!(
            "Authentication-Results: {id};\r\n dmarc=pass ({mark}) header.from={};\r\n auth=pass smtp.auth={}\r\n",
            identity.host(),
            identity.address
        );
        bytes.extend_from_slice(claim.as_bytes());
    }
    bytes.extend_from_slice(&letter);
    Ok(Probe {
        message_id,
        mark,
        bytes,
    })
}

fn written(
    identity: &Identity,
    to: &str,
    handle: &str,
    body: &str,
    now: Timestamp,
) -> Result<(String, Vec<u8>), ProbeError> {
    let id = format!("{ID_PREFIX}doctor.{handle}@{}", identity.host());
    let message_id = MessageId::new(&id).ok_or(ComposeError::MessageId)?;
    let bytes = mime::build(&Draft {
        from: Party {
            name: &HeaderText::new(&identity.service),
            address: &identity.address,
        },
        reply_to: None,
        to: Party {
            name: &HeaderText::default(),
            address: to,
        },
        subject: &HeaderText::new("guichet: essai / test"),
        body,
        files: &[],
        message_id: &message_id,
        date: now,
        in_reply_to: None,
        references: &[],
        auto_submitted: AutoSubmitted::Generated,
        loop_id: &identity.instance,
        language: None,
    })?;
    Ok((id, bytes))
}
