//! What a token says and to whom; what is refused. The long runs are in `tests/it`.
#![expect(clippy::string_slice, reason = "tokens are ASCII")]

use super::*;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-12-01T10:00:30Z")
}

/// Bytes that stand for random ones.
pub(super) fn secret(seed: u8) -> [u8; KEY_BYTES] {
    let mut bytes = [seed; KEY_BYTES];
    bytes[31] = seed.wrapping_add(1);
    bytes
}

fn authority() -> Authority {
    Authority::new(KeyRing::first(secret(7), now()).unwrap(), "a1b2")
}

pub(super) fn claims() -> Claims {
    Claims {
        purpose: Purpose::Command,
        ticket: TicketNumber(1234),
        person: PersonNumber(17),
        generation: 3,
        expires: at("2026-12-31T10:00:00Z"),
    }
}

fn verify(text: &str) -> Result<Verified, Refusal> {
    authority().verify(text, &Purpose::ALL, now())
}

#[test]
fn a_token_says_what_it_was_issued_for() {
    for purpose in Purpose::ALL {
        for (ticket, person, generation) in [
            (1, 1, 1),
            (1234, 17, 3),
            (0, 0, 0),
            (i64::MAX, i64::MIN, u32::MAX),
        ] {
            let claims = Claims {
                purpose,
                ticket: TicketNumber(ticket),
                person: PersonNumber(person),
                generation,
                expires: at("9999-12-30T22:00:00Z"),
            };
            let token = authority().issue(&claims);
            let verified = verify(token.as_str()).unwrap();
            assert_eq!(verified.claims(), &claims);
            assert!(token.as_str().len() <= code::LONGEST);
        }
    }
}

#[test]
fn the_code_is_hmac_sha_256_over_the_documented_bytes() {
    use hmac::{KeyInit as _, Mac as _};
    use sha2::Digest as _;
    let token = authority().issue(&claims());
    let mut bytes = b"guichet token 1\0c".to_vec();
    bytes.extend(4_u64.to_be_bytes());
    bytes.extend(b"a1b2");
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(1234_u64.to_be_bytes());
    bytes.extend(17_u64.to_be_bytes());
    bytes.extend(3_u32.to_be_bytes());
    let minutes = u64::try_from(claims().expires.as_second() / 60).unwrap();
    bytes.extend(minutes.to_be_bytes());
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&secret(7)).unwrap();
    mac.update(&bytes);
    let base32 = |bytes: &[u8]| data_encoding::BASE32_NOPAD.encode(bytes).to_lowercase();
    let code = base32(&mac.finalize().into_bytes());
    let tag = base32(&sha2::Sha256::digest(b"guichet instance 1\0a1b2"));
    let expected = format!("c{}b.bgs.r.d.", &tag[..2]);
    assert!(token.as_str().starts_with(&expected), "{}", token.as_str());
    assert_eq!(token.as_str().rsplit('.').next(), Some(&code[..26]));
}

#[test]
fn case_does_not_matter_and_nothing_else_may_differ() {
    let token = authority().issue(&claims());
    let text = token.as_str();
    assert!(verify(&text.to_uppercase()).is_ok());
    let mixed: String = text
        .chars()
        .enumerate()
        .map(|(at, c)| {
            if at % 2 == 0 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    assert!(verify(&mixed).is_ok());
    // Every character by every other, left out, doubled.
    for at in 0..text.len() {
        for c in (0..=127_u8).map(char::from).chain(['é', 'ſ', 'K']) {
            let changed = format!("{}{c}{}", &text[..at], &text[at + 1..]);
            if !changed.eq_ignore_ascii_case(text) {
                assert!(verify(&changed).is_err(), "{at} {c:?}");
            }
            let longer = format!("{}{c}{}", &text[..at], &text[at..]);
            assert!(verify(&longer).is_err(), "{at} {c:?} put in");
        }
        let shorter = format!("{}{}", &text[..at], &text[at + 1..]);
        assert!(verify(&shorter).is_err(), "{at} left out");
        // Every single bit.
        for bit in 0..8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8_lossy(&bytes);
            let same = changed.eq_ignore_ascii_case(text);
            assert_eq!(verify(&changed).is_ok(), same, "{at} bit {bit}");
        }
    }
    for text in [
        "",
        ".",
        "c",
        "......",
        &"a".repeat(100_000),
        &"a.".repeat(6),
    ] {
        assert_eq!(verify(text), Err(Refusal::Malformed), "{text:.20}");
    }
    assert_eq!(verify(&format!("{text} ")), Err(Refusal::Malformed));
    assert_eq!(verify(&format!("{text}.a")), Err(Refusal::Malformed));
}

#[test]
fn a_number_has_one_spelling() {
    let text = authority().issue(&claims()).as_str().to_owned();
    let padded_key = format!("{}a{}", &text[..3], &text[3..]);
    assert_eq!(verify(&padded_key), Err(Refusal::Malformed));
    let words: Vec<&str> = text.split('.').collect();
    for at in 1..5 {
        let mut changed: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        changed[at].insert(0, 'a');
        assert_eq!(verify(&changed.join(".")), Err(Refusal::Malformed), "{at}");
        changed[at] = "7".repeat(14);
        assert_eq!(verify(&changed.join(".")), Err(Refusal::Malformed), "{at}");
    }
}

#[test]
fn no_claim_can_be_swapped() {
    let mine = claims();
    let other = Claims {
        purpose: Purpose::Thread,
        ticket: TicketNumber(1235),
        person: PersonNumber(18),
        generation: 4,
        expires: mine.expires + SignedDuration::from_mins(1),
    };
    let texts = [mine, other].map(|claims| authority().issue(&claims).as_str().to_owned());
    let [mine, other] = [&texts[0], &texts[1]].map(|t| t.split('.').collect::<Vec<_>>());
    for at in 0..mine.len() {
        let mut mixed = mine.clone();
        assert_ne!(mixed[at], other[at]);
        mixed[at] = other[at];
        assert_eq!(verify(&mixed.join(".")), Err(Refusal::Forged), "{at}");
    }
    // Two neighbouring numbers, exchanged.
    let mut mixed = mine.clone();
    mixed.swap(1, 2);
    assert_eq!(verify(&mixed.join(".")), Err(Refusal::Forged));
}

#[test]
fn each_refusal_has_its_reason() {
    let token = authority().issue(&claims());
    let text = token.as_str();
    let end = claims().expires;
    let verify = |purposes: &[Purpose], now| authority().verify(text, purposes, now).map(|_| ());
    assert_eq!(verify(&[Purpose::Command], now()), Ok(()));
    assert_eq!(verify(&[Purpose::Thread, Purpose::Command], now()), Ok(()));
    let found = Purpose::Command;
    let wrong = Err(Refusal::WrongPurpose { found });
    assert_eq!(verify(&[Purpose::Thread], now()), wrong);
    assert_eq!(verify(&[], now()), wrong);
    let second = SignedDuration::from_secs(1);
    assert_eq!(verify(&[Purpose::Command], end - second), Ok(()));
    let expired = Err(Refusal::Expired { at: end });
    assert_eq!(verify(&[Purpose::Command], end), expired);
    assert_eq!(verify(&[Purpose::Command], Timestamp::MAX), expired);
    let elsewhere = Authority::new(KeyRing::first(secret(7), now()).unwrap(), "a1b3");
    let found = elsewhere.verify(text, &Purpose::ALL, now());
    assert_eq!(found, Err(Refusal::WrongInstance));
    let other_keys = Authority::new(KeyRing::first(secret(8), now()).unwrap(), "a1b2");
    assert_eq!(
        other_keys.verify(text, &Purpose::ALL, now()),
        Err(Refusal::Forged)
    );
    let verified = authority().verify(text, &Purpose::ALL, now()).unwrap();
    let (ticket, person) = (claims().ticket, claims().person);
    assert_eq!(verified.is_for(ticket, person), Ok(()));
    assert_eq!(
        verified.is_for(TicketNumber(1), person),
        Err(Refusal::WrongTicket)
    );
    assert_eq!(
        verified.is_for(ticket, PersonNumber(1)),
        Err(Refusal::WrongPerson)
    );
}

#[test]
fn another_instance_with_the_same_mark_is_forged() {
    // 1,024 marks: some other name has ours. The code tells them apart all the same.
    let tag = code::instance_tag("a1b2");
    let twin = (0..)
        .map(|n| format!("x{n}"))
        .find(|name| code::instance_tag(name) == tag)
        .unwrap();
    let twin = Authority::new(KeyRing::first(secret(7), now()).unwrap(), &twin);
    let token = twin.issue(&claims());
    assert_eq!(verify(token.as_str()), Err(Refusal::Forged));
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let ring = KeyRing::first(secret(7), now()).unwrap();
    let authority = Authority::new(ring.clone(), "i");
    let token = authority.issue(&claims());
    let candidate = Candidate {
        text: token.as_str().to_owned(),
        place: Place::Recipient,
    };
    let shown = format!("{ring:?} {authority:?} {token:?} {candidate:?}");
    assert!(
        !shown.contains("07070") && !shown.contains("7, 7"),
        "{shown}"
    );
    assert!(!shown.contains(token.as_str()), "{shown}");
}

#[test]
fn a_token_stands_in_an_address_and_in_a_message_id() {
    let long = Claims {
        ticket: TicketNumber((1 << 20) - 1),
        person: PersonNumber((1 << 20) - 1),
        generation: 1_023,
        ..claims()
    };
    let token = authority().issue(&long);
    assert_eq!(token.as_str().len(), 50);
    let address = token.address("assistance-i@univ.example").unwrap();
    let expected = format!("assistance-i+{}@univ.example", token.as_str());
    assert_eq!(address, expected);
    for (mailbox, why) in [
        (
            "assistance-inf@univ.example",
            PlaceError::TooLong { octets: 65 },
        ),
        ("support+x@univ.example", PlaceError::Detail),
        ("support", PlaceError::NoAddress),
        ("@univ.example", PlaceError::NoAddress),
        ("support@", PlaceError::NoAddress),
    ] {
        assert_eq!(token.address(mailbox), Err(why), "{mailbox}");
    }
    let id = token.message_id("guichet.12.0a1b", "univ.example").unwrap();
    let expected = format!("guichet.12.0a1b.{}@univ.example", token.as_str());
    assert_eq!(id.as_str(), expected);
    for (handle, host) in [
        ("", "univ.example"),
        ("a.", "univ.example"),
        ("a b", "univ.example"),
        ("a>", "univ.example"),
        ("a", ""),
        ("a", "univ@example"),
        ("a\r\n", "univ.example"),
    ] {
        let refused = token.message_id(handle, host);
        assert_eq!(refused, Err(PlaceError::NoMessageId), "{handle:?} {host:?}");
    }
}
