//! Tokens in the wild: what guessing finds, and how they come back in letters of real programs.

use guichet::classify::Settings;
use guichet::message::parse::parse;
use guichet::ticket::TicketNumber;
use guichet::token::{
    Authority, Claims, KEY_BYTES, KeyRing, PersonNumber, Place, Purpose, Refusal, Token, candidates,
};
use jiff::{SignedDuration, Timestamp};

const ALL: [Purpose; 2] = [Purpose::Thread, Purpose::Command];
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// SplitMix64: chance that can be repeated.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(DIGITS[self.below(32) as usize]))
            .collect()
    }
}

fn secret(chance: &mut Chance) -> [u8; KEY_BYTES] {
    std::array::from_fn(|_| chance.next() as u8)
}

fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn authority() -> Authority {
    let mut chance = Chance(1);
    let first = KeyRing::first(secret(&mut chance), now()).unwrap();
    let keep = SignedDuration::from_hours(24);
    Authority::new(
        first.rotate(secret(&mut chance), now(), keep).unwrap(),
        "i1",
    )
}

fn token(ticket: i64) -> Token {
    authority().issue(&Claims {
        purpose: Purpose::Thread,
        ticket: TicketNumber(ticket),
        person: PersonNumber(5),
        generation: 1,
        expires: now() + Purpose::Thread.life(),
    })
}

#[test]
fn no_guessed_token_is_accepted() {
    let tries = if std::env::var_os("GUICHET_LONG").is_some() {
        10_000_000
    } else {
        100_000
    };
    let seed = now().as_second() as u64 ^ u64::from(std::process::id());
    println!("seed {seed}");
    let mut chance = Chance(seed);
    let authority = authority();
    // A guesser has seen a token of ours and changes its code, its claims, its key, or all.
    let seen = token(12);
    let words: Vec<&str> = seen.as_str().split('.').collect();
    let heads = ["t", "c", "u"].map(|letter| format!("{letter}{}", &words[0][1..3]));
    let mut forged = 0;
    for n in 0..tries {
        let head = &heads[chance.below(3) as usize];
        let key = ["b", "c"][chance.below(2) as usize];
        let number = |chance: &mut Chance, most: u64| {
            let length = 1 + chance.below(most) as usize;
            chance.digits(length)
        };
        let code = chance.digits(26);
        let text = match n % 3 {
            0 => format!("{}.{code}", words[..5].join(".")),
            1 => format!(
                "{head}{key}.{}.{}.{}.{}.{code}",
                number(&mut chance, 3),
                number(&mut chance, 2),
                number(&mut chance, 1),
                words[4],
            ),
            _ => format!(
                "{head}{}.{}.{}.{}.{}.{}",
                number(&mut chance, 2),
                number(&mut chance, 13),
                number(&mut chance, 13),
                number(&mut chance, 7),
                number(&mut chance, 10),
                [code.as_str(), words[5]][chance.below(2) as usize],
            ),
        };
        if text.eq_ignore_ascii_case(seen.as_str()) {
            continue;
        }
        match authority.verify(&text, &ALL, now()) {
            Ok(_) => panic!("seed {seed}: guess {n} is accepted"),
            Err(refusal) => forged += u64::from(refusal == Refusal::Forged),
        }
    }
    // Most guesses are well-formed: it was the code that refused them.
    assert!(forged > tries / 2, "{forged} of {tries}");
}

/// The tokens of a letter, each with its place, after the letter was read as the daemon reads it.
fn found(header: &str) -> Vec<(i64, Place)> {
    let settings = Settings {
        own_addresses: vec!["support@univ.example".to_owned()],
        ..Settings::default()
    };
    let header = header.replace('\n', "\r\n");
    let raw = format!("From: Claire <claire@univ.example>\r\n{header}\r\nMerci\r\n");
    let message = parse(raw.as_bytes()).unwrap();
    candidates(&message, |email| settings.is_own(email), &["univ.example"])
        .iter()
        .map(|candidate| {
            let verified = authority().verify(&candidate.text, &ALL, now()).unwrap();
            (verified.claims().ticket.0, candidate.place)
        })
        .collect()
}

#[test]
fn a_token_comes_back_in_the_address_of_a_reply() {
    let text = token(12).as_str().to_owned();
    let address = token(12).address("support@univ.example").unwrap();
    let upper = address.to_uppercase();
    for header in [
        format!("To: {address}\n"),
        format!("To: <{address}>\n"),
        format!("To: {upper}\n"),
        format!("To: =?utf-8?q?Assistance_=C3=A9t=C3=A9?=\n <Support+{text}@Univ.Example>\n"),
        format!("To: \"Assistance, informatique\" <{address}>, paul@univ.example\n"),
        format!("To: claire@univ.example\nCc: Support\n\t<{address}>\n"),
        format!("To: undisclosed-recipients:;\nDelivered-To: {address}\n"),
        format!("To: liste@univ.example\nX-Original-To: {upper}\n"),
        format!("To: liste@univ.example\nEnvelope-To: <{address}>\n"),
        format!("To: {address}, {upper}\nDelivered-To: {address}\n"),
    ] {
        assert_eq!(found(&header), [(12, Place::Recipient)], "{header}");
    }
    for header in [
        format!("To: support+{text}@evil.example\n"),
        format!("To: claire+{text}@univ.example\n"),
        format!("To: {text}@univ.example\n"),
        format!("To: \"{address}\" <support@univ.example>\n"),
        format!("To: support+x{text}@univ.example\n"),
        format!("To: support@univ.example\nReply-To: {address}\n"),
        format!("To: support@univ.example\nSubject: {address}\n"),
        "To: support+@univ.example, support+a.b.c.d.e.f@univ.example\n".to_owned(),
    ] {
        assert_eq!(found(&header), [], "{header}");
    }
}

#[test]
fn a_token_comes_back_in_the_references_of_real_programs() {
    let id = |ticket: i64| {
        let id = token(ticket).message_id("guichet.12.00a1b2c3d4e5f607", "univ.example");
        id.unwrap().as_str().to_owned()
    };
    let (one, two) = (id(1), id(2));
    let far = "CAF+x1Yz_0123456789abcdefghijklmnop@mail.gmail.example";
    let bare = format!("{}@univ.example", token(3).as_str());
    for (header, tickets) in [
        // Thunderbird: one line each.
        (
            format!("In-Reply-To: <{one}>\nReferences: <{one}>\n"),
            vec![1],
        ),
        // Outlook: folded with a tab, the newest last.
        (
            format!("In-Reply-To: <{two}>\nReferences: <{one}>\n\t<{far}>\n\t<{two}>\n"),
            vec![2, 1],
        ),
        // Gmail: folded with a blank.
        (
            format!("References: <{far}> <{one}>\n <{two}>\n"),
            vec![2, 1],
        ),
        // Exchange: the id begins on the next line, CRLF and a blank.
        (
            format!("In-Reply-To:\n <{one}>\nReferences:\n <{far}>,\n <{two}>\n"),
            vec![1, 2],
        ),
        // Notes and old gateways: all capitals.
        (format!("In-Reply-To: <{}>\n", one.to_uppercase()), vec![1]),
        // A gateway that broke the line inside the id.
        (
            format!("References: <{}\n {}>\n", &one[..40], &one[40..]),
            vec![1],
        ),
        // Without brackets, and with words around, as RFC 822 had it.
        (format!("In-Reply-To: {one}\n"), vec![1]),
        (
            format!("In-Reply-To: Your message of Monday <{one}> (was: <{far}>)\n"),
            vec![1],
        ),
        // A token without a handle before it.
        (format!("References: <{bare}>\n"), vec![3]),
        (
            format!("References: <{}>\n", one.replace("univ.", "evil.")),
            vec![],
        ),
        (format!("References: <x{}>\n", bare), vec![]),
        (format!("Message-ID: <{one}>\n"), vec![]),
        (format!("References: <{one}.x@univ.example>\n"), vec![]),
    ] {
        let found: Vec<i64> = found(&format!("To: support@univ.example\n{header}"))
            .into_iter()
            .map(|(ticket, place)| {
                assert_eq!(place, Place::Reference);
                ticket
            })
            .collect();
        assert_eq!(found, tickets, "{header}");
    }
    // The address comes first: it is what was answered to.
    let address = token(4).address("support@univ.example").unwrap();
    let both = found(&format!("To: {address}\nIn-Reply-To: <{one}>\n"));
    assert_eq!(both, [(4, Place::Recipient), (1, Place::Reference)]);
}
