//! The text of a token, and the code that makes it genuine.
//!
//! ```text
//! c   ys   b . 3q     . r      . c          . 4hm6k  . b7kx…26 characters
//! │   │    │   │        │        │            │        └ HMAC-SHA-256 (RFC 2104), first 130 bits
//! │   │    │   ticket   person   generation   expiry, minutes since 1970
//! │   │    └ key id
//! │   └ first 10 bits of the instance's digest, to tell another installation's from a forged one
//! └ purpose: `t` thread, `c` command, `u` undo
//! ```
//!
//! Numbers are base32 (RFC 4648 §6) digits. Reading checks shape alone: a text that would not be
//! written in just this way again (leading zeros) is malformed, so that no two texts are the same
//! token, but for case. The code covers a format name, purpose, instance, key id and all claims in
//! fixed widths, so that no two sets of claims are the same bytes.
//!
//! With tickets and persons below 2^20 and 1,024 generations a token has at most 52 characters,
//! which leaves 11 for the mailbox (RFC 5321 §4.5.3.1.1: 64 octets in all).

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::key::Secret;
use super::{Claims, PersonNumber, Purpose, Refusal, minutes};
use crate::ticket::TicketNumber;

/// Characters of the code: 26 × 5 bits.
pub(super) const CODE: usize = 26;
/// Characters of the instance's mark.
const TAG: usize = 2;
/// The longest token: head 1 + 2 + 7, four numbers of 13, 13, 7 and 13 digits, code, five dots.
pub(super) const LONGEST: usize = 10 + 13 + 13 + 7 + 13 + CODE + 5;

/// The format's name: another format gets another one, so that no code serves for both.
const FORMAT: &[u8] = b"guichet token 1";
const INSTANCE: &[u8] = b"guichet instance 1";

const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What a code covers, beside the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fields {
    purpose: Purpose,
    pub(super) key: u32,
    ticket: u64,
    person: u64,
    generation: u32,
    minutes: u64,
}

impl Fields {
    pub(super) fn of(claims: &Claims, key: u32) -> Self {
        Self {
            purpose: claims.purpose,
            key,
            ticket: claims.ticket.0.cast_unsigned(),
            person: claims.person.0.cast_unsigned(),
            generation: claims.generation,
            minutes: minutes(claims.expires),
        }
    }

    /// `None` if the expiry lies beyond all dates.
    pub(super) fn claims(&self) -> Option<Claims> {
        let seconds = i64::try_from(self.minutes).ok()?.checked_mul(60)?;
        Some(Claims {
            purpose: self.purpose,
            ticket: TicketNumber(self.ticket.cast_signed()),
            person: PersonNumber(self.person.cast_signed()),
            generation: self.generation,
            expires: Timestamp::from_second(seconds).ok()?,
        })
    }
}

/// A text taken apart; nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) fields: Fields,
    pub(super) instance: String,
    code: String,
}

/// The token that says `fields`.
pub(super) fn written(fields: &Fields, instance: &str, secret: &Secret) -> String {
    spelled(
        fields,
        &instance_tag(instance),
        &code(fields, instance, secret),
    )
}

fn spelled(fields: &Fields, tag: &str, code: &str) -> String {
    format!(
        "{}{tag}{}.{}.{}.{}.{}.{code}",
        fields.purpose.letter(),
        digits(fields.key.into()),
        digits(fields.ticket),
        digits(fields.person),
        digits(fields.generation.into()),
        digits(fields.minutes),
    )
}

/// Takes a text apart.
pub(super) fn read(text: &str) -> Result<Parts, Refusal> {
    parts(text).ok_or(Refusal::Malformed)
}

fn parts(text: &str) -> Option<Parts> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let mut parts = text.split('.');
    let mut head = parts.next()?.chars();
    let letter = head.next()?;
    let instance: String = head.by_ref().take(TAG).collect();
    let fields = Fields {
        purpose: Purpose::ALL.into_iter().find(|p| p.letter() == letter)?,
        key: u32::try_from(number(head.as_str())?).ok()?,
        ticket: number(parts.next()?)?,
        person: number(parts.next()?)?,
        generation: u32::try_from(number(parts.next()?)?).ok()?,
        minutes: number(parts.next()?)?,
    };
    let code = parts.next()?.to_owned();
    let is_digits = |text: &str| text.bytes().all(|b| DIGITS.contains(&b));
    let fits = parts.next().is_none()
        && code.len() == CODE
        && is_digits(&code)
        && is_digits(&instance)
        && spelled(&fields, &instance, &code) == text;
    fits.then_some(Parts {
        fields,
        instance,
        code,
    })
}

/// Whether the code belongs to the fields, in a time that does not depend on how much of it does.
pub(super) fn check(parts: &Parts, instance: &str, secret: &Secret) -> Result<(), Refusal> {
    let right = code(&parts.fields, instance, secret);
    if bool::from(right.as_bytes().ct_eq(parts.code.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::Forged)
    }
}

/// The first 130 bits of the HMAC, as digits.
fn code(fields: &Fields, instance: &str, secret: &Secret) -> String {
    // The full block of key and padding is hashed: `new` takes just the 64 bytes of a block.
    let mut mac = Hmac::<Sha256>::new(&secret.block().into());
    mac.update(FORMAT);
    mac.update(&[0, u8::try_from(fields.purpose.letter()).unwrap_or_default()]);
    // The only part of free length stands with its length before it.
    mac.update(&(instance.len() as u64).to_be_bytes());
    mac.update(instance.as_bytes());
    mac.update(&fields.key.to_be_bytes());
    mac.update(&fields.ticket.to_be_bytes());
    mac.update(&fields.person.to_be_bytes());
    mac.update(&fields.generation.to_be_bytes());
    mac.update(&fields.minutes.to_be_bytes());
    leading_digits(&mac.finalize().into_bytes(), CODE)
}

/// The mark of an instance; public, and no proof.
pub(super) fn instance_tag(instance: &str) -> String {
    let digest = Sha256::new()
        .chain_update(INSTANCE)
        .chain_update([0])
        .chain_update(instance)
        .finalize();
    leading_digits(&digest, TAG)
}

fn leading_digits(bytes: &[u8], count: usize) -> String {
    let mut digits = BASE32_NOPAD.encode(bytes);
    digits.truncate(count);
    digits.make_ascii_lowercase();
    digits
}

/// A number in base32 digits without leading zeros; zero is one digit.
fn digits(number: u64) -> String {
    let mut rest = number;
    let mut digits = Vec::new();
    loop {
        let digit = usize::try_from(rest % 32).unwrap_or_default();
        digits.extend(DIGITS.get(digit).map(|b| char::from(*b)));
        rest /= 32;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.bytes().try_fold(0_u64, |number, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        number
            .checked_mul(32)?
            .checked_add(u64::try_from(digit).ok()?)
    })
}
