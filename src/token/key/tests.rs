//! Keys come, are accepted for a while, and end.

use super::*;
use crate::token::tests::{claims, now, secret};
use crate::token::{Authority, Purpose, Token};

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn the_old_key_is_accepted_for_its_time_and_then_not() {
    let keep = DAY * 10;
    let first = KeyRing::first(secret(1), now()).unwrap();
    let second = first.rotate(secret(2), now(), keep).unwrap();
    let old = Authority::new(first.clone(), "i").issue(&claims());
    let new = Authority::new(second.clone(), "i").issue(&claims());
    assert_ne!(old, new);
    let verify = |ring: &KeyRing, token: &Token, now| {
        Authority::new(ring.clone(), "i")
            .verify(token.as_str(), &Purpose::ALL, now)
            .map(|verified| *verified.claims())
    };
    let ended = Err(Refusal::EndedKey { key: 1 });
    let before_end = now() + keep - SignedDuration::from_secs(1);
    assert_eq!(verify(&second, &old, now()), Ok(claims()));
    assert_eq!(verify(&second, &old, before_end), Ok(claims()));
    assert_eq!(verify(&second, &old, now() + keep), ended);
    assert_eq!(verify(&second, &new, now() + keep), Ok(claims()));
    assert_eq!(
        verify(&first, &new, now()),
        Err(Refusal::UnknownKey { key: 2 })
    );
    // Revoked before its time.
    let revoked = second.revoke(1, now()).unwrap();
    assert_eq!(verify(&revoked, &old, now()), ended);
    // The clock that goes back brings nothing back.
    assert_eq!(verify(&revoked, &old, now() - DAY), ended);
    assert_eq!(verify(&revoked, &new, now()), Ok(claims()));
    // Kept for no time at all.
    let at_once = first
        .rotate(secret(2), now(), SignedDuration::ZERO)
        .unwrap();
    assert_eq!(verify(&at_once, &old, now() - DAY), ended);
    // After a second rotation only the newest two count.
    let third = second.rotate(secret(3), now() + keep, keep).unwrap();
    assert_eq!(verify(&third, &old, now() + keep), ended);
    assert_eq!(verify(&third, &new, now() + keep), Ok(claims()));
    assert!(
        !third.expose_text().contains(&"01".repeat(31)),
        "the old secret is gone"
    );
}

#[test]
fn keys_change_only_where_that_makes_sense() {
    let first = KeyRing::first(secret(1), now()).unwrap();
    let second = first.rotate(secret(2), now(), DAY).unwrap();
    let zeros = [0; KEY_BYTES];
    let not_random = Some(KeyError::NotRandom);
    assert_eq!(KeyRing::first(zeros, now()).err(), not_random);
    assert_eq!(first.rotate(zeros, now(), DAY).err(), not_random);
    assert_eq!(first.rotate([9; KEY_BYTES], now(), DAY).err(), not_random);
    assert_eq!(first.rotate(secret(1), now(), DAY).err(), not_random);
    let until = now() + DAY;
    let still = Some(KeyError::StillAccepted { id: 1, until });
    assert_eq!(second.rotate(secret(3), now(), DAY).err(), still);
    assert!(second.rotate(secret(3), until, DAY).is_ok());
    assert_eq!(
        second.revoke(2, now()).err(),
        Some(KeyError::Signs { id: 2 })
    );
    assert_eq!(
        second.revoke(3, now()).err(),
        Some(KeyError::Unknown { id: 3 })
    );
    let revoked = second.revoke(1, now()).unwrap();
    assert_eq!(
        revoked.revoke(1, now()).err(),
        Some(KeyError::Ended { id: 1 })
    );
    let third = revoked.rotate(secret(3), now(), DAY).unwrap();
    let states: Vec<_> = third
        .summary(now())
        .map(|key| (key.id, key.state))
        .collect();
    assert_eq!(
        states,
        [
            (1, KeyState::Ended(now())),
            (2, KeyState::AcceptedUntil(until)),
            (3, KeyState::Signs),
        ]
    );
}

#[test]
fn keys_come_back_from_their_text() {
    let first = KeyRing::first(secret(1), now()).unwrap();
    let second = first.rotate(secret(2), now(), DAY).unwrap();
    let third = second.rotate(secret(3), now() + DAY, DAY).unwrap();
    for ring in [&first, &second, &third] {
        assert_eq!(KeyRing::from_text(&ring.expose_text()).as_ref(), Ok(ring));
        let spaced = ring.expose_text().replace('\n', " \r\n\n# x\n");
        assert_eq!(KeyRing::from_text(&spaced).as_ref(), Ok(ring));
    }
    let text = third.expose_text();
    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| {
        let mut lines = lines.clone();
        lines.remove(at);
        lines.join("\n")
    };
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(3, 4);
        lines.join("\n")
    };
    let line = |line| Some(KeyTextError::Line { line });
    for (text, expected) in [
        (String::new(), Some(KeyTextError::Head)),
        ("guichet-token-keys 2".to_owned(), Some(KeyTextError::Head)),
        ("guichet-token-keys 1".to_owned(), Some(KeyTextError::Roles)),
        (without(1), Some(KeyTextError::Head)),
        (without(0), None),
        (without(2), None),
        (without(4), Some(KeyTextError::Roles)),
        (swapped, line(5)),
        (text.replace("signs", "sign"), line(5)),
        (text.replace("until", "signs"), line(4)),
        (text.replace("ended", "until"), line(3)),
        (text.replace("3 2026", "2 2026"), line(5)),
        (text.replace("3 2026", "03x 2026"), line(5)),
        (text.replace("3 2026-12-02", "3 2026-13-02"), line(5)),
        (text.replace("0304", "03"), line(5)),
        (text.replace("0304", "03zz"), line(5)),
        (text.clone() + "x", line(6)),
        (text.replace(&"03".repeat(31), &"04".repeat(31)), line(5)),
        (
            format!(
                "{text}4 2026-12-01T10:00:30Z signs - {}05\n",
                "04".repeat(31)
            ),
            Some(KeyTextError::Roles),
        ),
        (
            text.replace("ended", "until")
                .replacen(" -", &format!(" {}05", "04".repeat(31)), 1),
            Some(KeyTextError::Roles),
        ),
    ] {
        assert_eq!(KeyRing::from_text(&text).err(), expected, "{text}");
    }
}
