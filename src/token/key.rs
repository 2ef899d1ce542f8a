//! The keys tokens are made with: one signs, at most one older one is still accepted.
//!
//! A rotation puts a new key in force and keeps accepting the old one for a while, so that
//! replies under way still find their ticket. A key that has ended stays in the list without its
//! secret: ids are never given twice, and a refusal can say that a key has ended rather than
//! that nobody knows it.
//!
//! Everything is pure: secrets and instants are arguments. [`text`] has the form for a file.

mod text;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Refusal;
pub use text::KeyTextError;

/// Bytes of a secret: the output length of SHA-256, as RFC 2104 §3 advises.
pub const KEY_BYTES: usize = 32;

/// A key's secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret([u8; KEY_BYTES]);

impl Secret {
    /// The key as HMAC-SHA-256 takes it: padded with zeros to a block (RFC 2104 §2).
    pub(super) fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(self.0) {
            *to = from;
        }
        block
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The keys of one installation; see the module page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    /// Keys before the one that signs, oldest first.
    older: Vec<OlderKey>,
    id: u32,
    created: Timestamp,
    secret: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OlderKey {
    id: u32,
    created: Timestamp,
    /// Until when it was, or is, accepted.
    until: Timestamp,
    /// Gone once the key has ended.
    secret: Option<Secret>,
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "at", rename_all = "snake_case")]
pub enum KeyState {
    /// New tokens are made with it.
    Signs,
    /// Its tokens are accepted until this instant.
    AcceptedUntil(Timestamp),
    /// Its tokens are refused since this instant.
    Ended(Timestamp),
}

/// A key without its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeySummary {
    /// From 1, never given twice.
    pub id: u32,
    /// When it was made.
    pub created: Timestamp,
    /// Where it stands.
    #[serde(flatten)]
    pub state: KeyState,
}

/// Why the keys stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes cannot be random.
    #[error("the bytes for a new key are not random: all are equal, or a key has them already")]
    NotRandom,
    /// Two keys are accepted already.
    #[error("key {id} is still accepted until {until}: revoke it first, or wait")]
    StillAccepted {
        /// The older key.
        id: u32,
        /// When it ends by itself.
        until: Timestamp,
    },
    /// There is no such key.
    #[error("there is no key {id}")]
    Unknown {
        /// The id that was given.
        id: u32,
    },
    /// It is the one that signs.
    #[error("key {id} makes the new tokens: rotate first, then revoke it")]
    Signs {
        /// The key.
        id: u32,
    },
    /// It has ended before.
    #[error("key {id} has ended already")]
    Ended {
        /// The key.
        id: u32,
    },
    /// All ids are used up.
    #[error("there are no key ids left")]
    NoIdLeft,
}

impl KeyRing {
    /// The first key of an installation.
    ///
    /// # Errors
    /// [`KeyError::NotRandom`].
    pub fn first(secret: [u8; KEY_BYTES], now: Timestamp) -> Result<Self, KeyError> {
        Ok(Self {
            older: Vec::new(),
            id: 1,
            created: now,
            secret: random(secret)?,
        })
    }

    /// A new key signs; the old one is accepted for `keep`.
    ///
    /// `keep` below the longest life of a token in circulation cuts that life short.
    ///
    /// # Errors
    /// [`KeyError::StillAccepted`], [`KeyError::NotRandom`], [`KeyError::NoIdLeft`].
    pub fn rotate(
        &self,
        secret: [u8; KEY_BYTES],
        now: Timestamp,
        keep: SignedDuration,
    ) -> Result<Self, KeyError> {
        let secret = random(secret)?;
        if let Some(key) = self.older.iter().find(|key| key.is_accepted(now)) {
            return Err(KeyError::StillAccepted {
                id: key.id,
                until: key.until,
            });
        }
        let known = |key: &OlderKey| key.secret.as_ref() == Some(&secret);
        if secret == self.secret || self.older.iter().any(known) {
            return Err(KeyError::NotRandom);
        }
        let mut older: Vec<OlderKey> = self
            .older
            .iter()
            .map(|key| OlderKey {
                secret: None,
                ..key.clone()
            })
            .collect();
        let until = now.saturating_add(keep).unwrap_or(Timestamp::MAX).max(now);
        older.push(OlderKey {
            id: self.id,
            created: self.created,
            until,
            secret: (until > now).then(|| self.secret.clone()),
        });
        Ok(Self {
            older,
            id: self.id.checked_add(1).ok_or(KeyError::NoIdLeft)?,
            created: now,
            secret,
        })
    }

    /// Ends an older key at once: its tokens are refused from now on.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Signs`], [`KeyError::Ended`].
    pub fn revoke(&self, id: u32, now: Timestamp) -> Result<Self, KeyError> {
        if id == self.id {
            return Err(KeyError::Signs { id });
        }
        let mut ring = self.clone();
        let key = ring
            .older
            .iter_mut()
            .find(|key| key.id == id)
            .ok_or(KeyError::Unknown { id })?;
        if !key.is_accepted(now) {
            return Err(KeyError::Ended { id });
        }
        key.until = now;
        key.secret = None;
        Ok(ring)
    }

    /// Every key, oldest first, without secrets.
    pub fn summary(&self, now: Timestamp) -> impl Iterator<Item = KeySummary> {
        let older = self.older.iter().map(move |key| KeySummary {
            id: key.id,
            created: key.created,
            state: if key.is_accepted(now) {
                KeyState::AcceptedUntil(key.until)
            } else {
                KeyState::Ended(key.until)
            },
        });
        older.chain(std::iter::once(KeySummary {
            id: self.id,
            created: self.created,
            state: KeyState::Signs,
        }))
    }

    pub(super) fn signing(&self) -> (u32, &Secret) {
        (self.id, &self.secret)
    }

    pub(super) fn accepted(&self, id: u32, now: Timestamp) -> Result<&Secret, Refusal> {
        if id == self.id {
            return Ok(&self.secret);
        }
        let key = self
            .older
            .iter()
            .find(|key| key.id == id)
            .ok_or(Refusal::UnknownKey { key: id })?;
        key.secret
            .as_ref()
            .filter(|_| key.is_accepted(now))
            .ok_or(Refusal::EndedKey { key: id })
    }
}

impl OlderKey {
    fn is_accepted(&self, now: Timestamp) -> bool {
        self.secret.is_some() && now < self.until
    }
}

/// Takes bytes for random ones, unless a forgotten or failed source of randomness shows.
fn random(bytes: [u8; KEY_BYTES]) -> Result<Secret, KeyError> {
    let [first, rest @ ..] = bytes;
    if rest.iter().all(|byte| *byte == first) {
        return Err(KeyError::NotRandom);
    }
    Ok(Secret(bytes))
}

#[cfg(test)]
mod tests;
