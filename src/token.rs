//! Tokens: proof that a reply answers a letter of ours, and whom that letter was written to.
//!
//! In: [`Claims`] and the [`KeyRing`]; out: a [`Token`], and from the text of one [`Verified`]
//! claims or a [`Refusal`]. Nothing is a claim before its code was checked.
//!
//! A token is 130 bits of HMAC-SHA-256 (RFC 2104) behind what it says; [`code`] has the layout. It
//! fits an address detail (`support+…@`, RFC 5233) and a Message-ID, and survives any change of
//! case.
//!
//! A token is a key in the hand of whoever holds the letter: it leaks by reply-all, forwarding and
//! `References`. So it is bound to one person, and what it opens asks for that person's
//! authenticated address as well. What cannot be known from the token lives in the store, one row
//! a token that orders may rest on: its generation, its expiry (after a restored backup a
//! generation may be given out again, and the expiry tells the two apart), how often it was used,
//! whether it was taken back. `decide::trust` judges by them. Everybody can read what a token
//! says; only whether it is genuine needs the keys.

mod candidate;
mod code;
mod key;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::message::MessageId;
use crate::ticket::TicketNumber;

pub use candidate::{Candidate, Place, candidates};
pub use key::{KEY_BYTES, KeyError, KeyRing, KeyState, KeySummary, KeyTextError};

/// Octets of a local part (RFC 5321 §4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// What a token is good for. One never serves for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A requester's reply finds its ticket.
    Thread,
    /// A technician's reply finds its ticket and may carry commands.
    Command,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Thread, Self::Command];

    fn letter(self) -> char {
        match self {
            Self::Thread => 't',
            Self::Command => 'c',
        }
    }

    /// How long such a token should live: half a year for a conversation, a month for
    /// orders.
    #[must_use]
    pub const fn life(self) -> SignedDuration {
        match self {
            Self::Thread => SignedDuration::from_hours(180 * 24),
            Self::Command => SignedDuration::from_hours(30 * 24),
        }
    }
}

/// Whom a token was given to: 25 bits of the SHA-256 of a handle or an address.
///
/// Short, for it stands in an address; that no two technicians share one is checked where the team
/// is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonNumber(pub i64);

impl PersonNumber {
    /// The number of a technician's handle, or of an address in lower case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let number = digest
            .iter()
            .take(4)
            .fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
        Self(number & 0x01ff_ffff)
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// What it is good for.
    pub purpose: Purpose,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The person it was given to.
    pub person: PersonNumber,
    /// Which one of all tokens of its purpose, from 1; 0 where nothing is counted.
    pub generation: u32,
    /// From when on it is worthless; kept in whole minutes, rounded down, not before 1970.
    pub expires: Timestamp,
}

/// A token for a letter of ours. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Its text, all in `a-z`, `2-7` and dots.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that replies come back to: `support@…` becomes `support+TOKEN@…`.
    ///
    /// # Errors
    /// [`PlaceError`], if `mailbox` is no address, has a detail already, or leaves no room: the
    /// token then goes into the Message-ID alone.
    pub fn address(&self, mailbox: &str) -> Result<String, PlaceError> {
        let (local, domain) = mailbox
            .rsplit_once('@')
            .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
            .ok_or(PlaceError::NoAddress)?;
        if local.contains('+') {
            return Err(PlaceError::Detail);
        }
        let octets = local.len() + 1 + self.0.len();
        if octets > LOCAL_PART {
            return Err(PlaceError::TooLong { octets });
        }
        Ok(format!("{local}+{}@{domain}", self.0))
    }

    /// A Message-ID that carries the token: `handle.TOKEN@host`. The handle makes it unique.
    ///
    /// # Errors
    /// [`PlaceError`], if that is no Message-ID (RFC 5322 §3.6.4).
    pub fn message_id(&self, handle: &str, host: &str) -> Result<MessageId, PlaceError> {
        let is_atom = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !handle.split('.').all(is_atom) || !host.split('.').all(is_atom) {
            return Err(PlaceError::NoMessageId);
        }
        MessageId::new(&format!("{handle}.{}@{host}", self.0)).ok_or(PlaceError::NoMessageId)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why a token cannot stand where it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Nothing before or after the `@`.
    #[error("the mailbox lacks the part before or after the @")]
    NoAddress,
    /// The mailbox is itself a detail address.
    #[error("the mailbox has a detail (`+…`) already, expected a plain address")]
    Detail,
    /// The local part would be too long for mail servers.
    #[error("the address would have {octets} octets before the @, more than 64")]
    TooLong {
        /// What it would have.
        octets: usize,
    },
    /// Handle or host hold other characters than letters, digits, `-`, `_` between dots.
    #[error("handle and host of a Message-ID are letters, digits, - and _ between dots")]
    NoMessageId,
}

/// Why a text is no token to act on. Says nothing of the token but what is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It has not the shape of a token.
    #[error("it does not have the form of a token")]
    Malformed,
    /// Another installation, or this one before it changed its address, issued it.
    #[error("another installation issued it")]
    WrongInstance,
    /// No such key was ever made here.
    #[error("it names key {key}, which is not known")]
    UnknownKey {
        /// The key's id.
        key: u32,
    },
    /// The key was revoked, or its time after rotation is over.
    #[error("it names key {key}, which is no longer accepted")]
    EndedKey {
        /// The key's id.
        key: u32,
    },
    /// The code does not belong to the claims.
    #[error("its code is not ours: it was forged or damaged")]
    Forged,
    /// It is genuine, but for something else.
    #[error("it was issued for another purpose")]
    WrongPurpose {
        /// What for.
        found: Purpose,
    },
    /// Its time is over.
    #[error("it has expired")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It is genuine, but for another ticket.
    #[error("it was issued for another ticket")]
    WrongTicket,
    /// It is genuine, but was given to somebody else.
    #[error("it was issued to another person")]
    WrongPerson,
}

/// Issues and verifies the tokens of one installation.
#[derive(Debug, Clone)]
pub struct Authority {
    keys: KeyRing,
    instance: String,
}

impl Authority {
    /// `instance` is unique to this installation and does not change; see the module page.
    #[must_use]
    pub fn new(keys: KeyRing, instance: &str) -> Self {
        Self {
            keys,
            instance: instance.to_owned(),
        }
    }

    /// A token that says these claims, under the newest key.
    #[must_use]
    pub fn issue(&self, claims: &Claims) -> Token {
        let (id, secret) = self.keys.signing();
        let fields = code::Fields::of(claims, id);
        Token(code::written(&fields, &self.instance, secret))
    }

    /// The claims of a genuine token that serves one of these purposes and is still in force.
    ///
    /// # Errors
    /// [`Refusal`]; the first of shape, instance, key, code, purpose, expiry that does not hold.
    pub fn verify(
        &self,
        text: &str,
        purposes: &[Purpose],
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let parts = code::read(text)?;
        if parts.instance != code::instance_tag(&self.instance) {
            return Err(Refusal::WrongInstance);
        }
        let secret = self.keys.accepted(parts.fields.key, now)?;
        code::check(&parts, &self.instance, secret)?;
        let claims = parts.fields.claims().ok_or(Refusal::Malformed)?;
        if !purposes.contains(&claims.purpose) {
            return Err(Refusal::WrongPurpose {
                found: claims.purpose,
            });
        }
        if now >= claims.expires {
            return Err(Refusal::Expired { at: claims.expires });
        }
        Ok(Verified(claims))
    }
}

/// Claims whose code was checked. Only [`Authority::verify`] makes these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified(Claims);

impl Verified {
    /// What the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Whether it was given to this person for this ticket.
    ///
    /// # Errors
    /// [`Refusal::WrongTicket`] or [`Refusal::WrongPerson`].
    pub fn is_for(&self, ticket: TicketNumber, person: PersonNumber) -> Result<(), Refusal> {
        if self.0.ticket != ticket {
            Err(Refusal::WrongTicket)
        } else if self.0.person != person {
            Err(Refusal::WrongPerson)
        } else {
            Ok(())
        }
    }
}

/// The form in which a token keeps an instant.
fn minutes(instant: Timestamp) -> u64 {
    u64::try_from(instant.as_second() / 60).unwrap_or(0)
}

#[cfg(test)]
mod tests;
