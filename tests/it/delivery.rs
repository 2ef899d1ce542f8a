//! Delivery of letters to a server that does its part; `faults`, `protection` and `maildir` have
//! the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use guichet::delivery::smtp::{Deadlines, Security, Settings as SmtpSettings};
use guichet::delivery::{Outcome, Outgoing, Reason, Settings, Transport};

use crate::smtp_script::{Act, Script, SmtpScript, Verb};

#[path = "delivery/faults.rs"]
mod faults;
#[path = "delivery/maildir.rs"]
mod maildir;
#[path = "delivery/protection.rs"]
mod protection;

pub const LETTER: &[u8] = b"From: support@example.org\r\nMessage-ID: <1@example.org>\r\n\
Subject: dots\r\n\r\n.\r\n..two\r\nplain.\r\n.end\r\n";

/// Plain, to this machine, with the real deadlines: a busy machine makes no test fail.
pub fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: String::from("127.0.0.1"),
        port,
        security: Security::PlainLoopback,
        ca_file: None,
        login: None,
        helo: String::from("gateway.example.org"),
        deadlines: Deadlines::default(),
    }
}

pub fn transport(settings: SmtpSettings) -> Transport {
    Transport::new(Settings::Smtp(settings)).unwrap()
}

pub fn letter_to(recipient: &str) -> Outgoing<'_> {
    let sender = Some("support@example.org");
    Outgoing {
        sender,
        recipient,
        bytes: LETTER,
    }
}

pub async fn hand_over(transport: &mut Transport, letter: Outgoing<'_>) -> Outcome {
    let outcome = transport
        .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
        .await;
    outcome.unwrap()
}

pub async fn to_a(transport: &mut Transport) -> Outcome {
    hand_over(transport, letter_to("a@example.org")).await
}

pub async fn once(script: Script) -> (SmtpScript, Outcome) {
    let server = SmtpScript::start(script);
    let mut transport = transport(settings(server.port()));
    let outcome = to_a(&mut transport).await;
    (server, outcome)
}

/// The outcome without its words.
#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Sorted {
    Delivered,
    Deferred { after_dot: bool, whole_server: bool },
    Failed,
}

pub const LATER: Sorted = Sorted::Deferred {
    after_dot: false,
    whole_server: false,
};
pub const SERVER: Sorted = Sorted::Deferred {
    after_dot: false,
    whole_server: true,
};
pub const UNKNOWN: Sorted = Sorted::Deferred {
    after_dot: true,
    whole_server: false,
};

pub fn sorted(outcome: &Outcome) -> Sorted {
    match *outcome {
        Outcome::Delivered(_) => Sorted::Delivered,
        Outcome::Deferred {
            after_dot,
            whole_server,
            ..
        } => Sorted::Deferred {
            after_dot,
            whole_server,
        },
        Outcome::Failed { .. } => Sorted::Failed,
    }
}

pub fn reason(outcome: &Outcome) -> &Reason {
    match outcome {
        Outcome::Deferred { reason, .. } | Outcome::Failed { reason } => reason,
        Outcome::Delivered(_) => panic!("the letter was delivered"),
    }
}

#[tokio::test]
async fn a_letter_arrives_whole_with_and_without_pipelining() {
    for pipelining in [true, false] {
        let server = SmtpScript::start(Script {
            pipelining,
            ..Script::default()
        });
        let mut transport = transport(settings(server.port()));
        let outcome = to_a(&mut transport).await;
        let Outcome::Delivered(reply) = &outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (reply.code, reply.enhanced.as_deref()),
            (250, Some("2.0.0"))
        );
        let letter = Outgoing {
            sender: None,
            ..letter_to("b@example.org")
        };
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Delivered
        );

        let accepted = server.accepted();
        assert_eq!(accepted.len(), 2);
        assert_eq!(accepted[0].bytes, LETTER);
        assert_eq!(accepted[0].sender, "support@example.org");
        assert_eq!(accepted[0].recipients, ["a@example.org"]);
        assert_eq!(accepted[0].message_id.as_deref(), Some("<1@example.org>"));
        assert!(accepted[0].wire.ends_with(b"\r\n..end\r\n.\r\n"));
        assert!(server.commands().contains(&String::from("MAIL FROM:<>")));
        assert_eq!(accepted[1].sender, "");
        assert_eq!(server.hasty(), 0);
        assert_eq!(server.connections(), 1);
        transport.quit().await;
        assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
    }
}

#[tokio::test]
async fn a_refused_recipient_costs_neither_the_next_letter_nor_the_connection() {
    for pipelining in [true, false] {
        let script = Script {
            pipelining,
            ..Script::default()
        }
        .on_recipient("gone@example.org", Act::say("550 5.1.1 unknown"))
        .on_recipient("full@example.org", Act::say("452 4.2.2 full"));
        let server = SmtpScript::start(script);
        let mut transport = transport(settings(server.port()));
        for (recipient, expected) in [
            ("gone@example.org", Sorted::Failed),
            ("a@example.org", Sorted::Delivered),
            ("full@example.org", LATER),
            ("gone@example.org", Sorted::Failed),
            ("b@example.org", Sorted::Delivered),
        ] {
            let outcome = hand_over(&mut transport, letter_to(recipient)).await;
            assert_eq!(sorted(&outcome), expected, "{recipient}");
        }
        assert_eq!(server.connections(), 1);
        assert_eq!(server.count(), 2);
        assert_eq!(server.hasty(), 0);
    }
}

#[tokio::test]
async fn data_accepted_without_a_recipient_sends_nobody_a_letter() {
    let script = Script::default()
        .once(Verb::Rcpt, Act::say("550 5.1.1 unknown"))
        .once(Verb::Data, Act::say("354 go"));
    let server = SmtpScript::start(script);
    let mut transport = transport(settings(server.port()));
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Failed);
    assert_eq!(server.partial(), b".\r\n");
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    assert_eq!((server.count(), server.connections()), (1, 1));
}

#[tokio::test]
async fn before_dot_runs_when_the_server_has_all_but_the_end() {
    let server = SmtpScript::start(Script::default());
    let mut transport = transport(settings(server.port()));
    let body = LETTER.strip_suffix(b"\r\n").unwrap().len() + 3; // three doubled dots
    let seen = async || {
        let until = Instant::now() + Duration::from_secs(10);
        while server.partial().len() < body && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.count(), 0);
        Ok::<_, std::convert::Infallible>(server.partial())
    };
    let mut partial = Vec::new();
    let outcome = transport
        .deliver(&letter_to("a@example.org"), async || {
            seen().await.map(|got| partial = got)
        })
        .await;
    assert_eq!(sorted(&outcome.unwrap()), Sorted::Delivered);
    assert_eq!(partial.len(), body);
    assert!(partial.ends_with(b"\r\n..end"));
}

#[tokio::test]
async fn an_error_before_the_dot_sends_no_dot() {
    let server = SmtpScript::start(Script::default());
    let mut transport = transport(settings(server.port()));
    let refuse = async || Err("the note could not be written");
    let outcome = transport.deliver(&letter_to("a@example.org"), refuse).await;
    assert_eq!(outcome, Err("the note could not be written"));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.count(), 0);
    assert!(!server.partial().ends_with(b".\r\n"));
    assert_eq!(transport.idle_since(), None);
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    assert_eq!((server.count(), server.connections()), (1, 2));
}

#[tokio::test]
async fn before_dot_is_not_called_for_a_letter_that_was_refused() {
    for (verb, reply) in [
        (Verb::Connect, "554 no"),
        (Verb::Rcpt, "550 no"),
        (Verb::Data, "451 no"),
    ] {
        let server = SmtpScript::start(Script::default().on(verb, Act::say(reply)));
        let mut transport = transport(settings(server.port()));
        let calls = AtomicUsize::new(0);
        let count = async || {
            calls.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::convert::Infallible>(())
        };
        let _outcome = transport.deliver(&letter_to("a@example.org"), count).await;
        assert_eq!(calls.load(Ordering::SeqCst), 0, "{verb:?}");
    }
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced_without_a_word() {
    let idle = Some(Duration::from_millis(500));
    let server = SmtpScript::start(Script {
        idle,
        ..Script::default()
    });
    let mut transport = transport(settings(server.port()));
    for _ in 0..3 {
        assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
        tokio::time::sleep(Duration::from_millis(1_000)).await;
    }
    assert_eq!((server.count(), server.connections()), (3, 3));
}

#[tokio::test]
async fn a_kept_connection_that_breaks_at_mail_is_replaced_once() {
    for act in [
        Act::Close,
        Act::Reset,
        Act::say_close("421 4.4.2 idle too long"),
        Act::say("452 4.5.3 too many letters on this connection"),
    ] {
        for pipelining in [true, false] {
            let server = SmtpScript::start(Script {
                pipelining,
                ..Script::default()
            });
            let mut transport = transport(settings(server.port()));
            assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
            server.next(Verb::Mail, act.clone());
            let outcome = to_a(&mut transport).await;
            assert_eq!(sorted(&outcome), Sorted::Delivered, "{act:?} {outcome:?}");
            assert_eq!((server.count(), server.connections()), (2, 2));
            // Twice in a row is trouble.
            server.next(Verb::Mail, act.clone());
            server.next(Verb::Mail, act.clone());
            assert_eq!(sorted(&to_a(&mut transport).await), SERVER);
        }
    }
}

#[tokio::test]
async fn a_server_that_closes_after_its_250_has_the_letter() {
    let taken = Act::say_close("250 2.0.0 taken");
    let server = SmtpScript::start(Script::default().once(Verb::Dot, taken));
    let mut transport = transport(settings(server.port()));
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    assert_eq!((server.count(), server.connections()), (2, 2));
    // Goodbye to a server that has gone is no trouble either.
    server.next(Verb::Quit, Act::Close);
    transport.quit().await;
    assert_eq!(transport.idle_since(), None);
}

#[tokio::test]
async fn an_idle_connection_is_closed_on_request() {
    let server = SmtpScript::start(Script::default());
    let mut transport = transport(settings(server.port()));
    assert_eq!(transport.idle_since(), None);
    to_a(&mut transport).await;
    assert!(transport.idle_since().is_some());
    transport.close_if_idle(Duration::from_secs(60)).await;
    assert!(transport.idle_since().is_some());
    transport.close_if_idle(Duration::ZERO).await;
    assert_eq!(transport.idle_since(), None);
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_server_without_esmtp_is_spoken_to_with_helo() {
    let (server, outcome) =
        once(Script::default().on(Verb::Ehlo, Act::say("502 5.5.1 what"))).await;
    assert_eq!(sorted(&outcome), Sorted::Delivered);
    assert_eq!(server.commands()[1], "HELO gateway.example.org");
    assert_eq!(server.commands()[2], "MAIL FROM:<support@example.org>");
}

#[tokio::test]
async fn a_letter_the_server_cannot_take_is_not_begun() {
    let script = Script {
        size: Some(50),
        eight_bit: false,
        ..Script::default()
    };
    let server = SmtpScript::start(script);
    let mut transport = transport(settings(server.port()));
    let outcome = to_a(&mut transport).await;
    assert_eq!(sorted(&outcome), Sorted::Failed);
    assert!(reason(&outcome).text.contains("takes 50"));
    let bytes = "Subject: é\r\n\r\n".as_bytes();
    let outcome = hand_over(
        &mut transport,
        Outgoing {
            bytes,
            ..letter_to("a@example.org")
        },
    )
    .await;
    assert_eq!(sorted(&outcome), Sorted::Failed);
    let bytes = b"Subject: e\r\n\r\n";
    let outcome = hand_over(
        &mut transport,
        Outgoing {
            bytes,
            ..letter_to("a@example.org")
        },
    )
    .await;
    assert_eq!(sorted(&outcome), Sorted::Delivered);
    assert_eq!(server.connections(), 1);
    let mails = server
        .commands()
        .into_iter()
        .filter(|line| line.starts_with("MAIL"));
    assert_eq!(
        mails.collect::<Vec<_>>(),
        ["MAIL FROM:<support@example.org> SIZE=14"]
    );
}

#[tokio::test]
async fn eight_bit_letters_are_announced() {
    let server = SmtpScript::start(Script {
        size: Some(0),
        ..Script::default()
    });
    let mut transport = transport(settings(server.port()));
    let bytes = "Subject: é\r\n\r\n".as_bytes();
    let letter = Outgoing {
        bytes,
        ..letter_to("a@example.org")
    };
    assert_eq!(
        sorted(&hand_over(&mut transport, letter).await),
        Sorted::Delivered
    );
    let mail = "MAIL FROM:<support@example.org> SIZE=15 BODY=8BITMIME";
    assert!(server.commands().contains(&String::from(mail)));
}

#[tokio::test]
async fn bytes_and_addresses_that_could_end_a_command_never_reach_the_server() {
    let server = SmtpScript::start(Script::default());
    let mut transport = transport(settings(server.port()));
    let long = [b"x".repeat(999), b"\r\n".to_vec()].concat();
    let bodies: [&[u8]; 8] = [
        b"",
        b"a\nb\r\n",
        b"a\r\n\n.\nMAIL FROM:<x@example.org>\r\n",
        b"a\r.\rb\r\n",
        b"a\r\n.\n",
        b"a\0b\r\n",
        b"a\r",
        &long,
    ];
    for bytes in bodies {
        let letter = Outgoing {
            bytes,
            ..letter_to("a@example.org")
        };
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Failed
        );
    }
    for address in [
        "",
        "nobody",
        "a@b>\r\nRCPT TO:<c@example.org",
        "a b@example.org",
        "<a@example.org>",
        "a@example.org\n",
        "a@example.org> SIZE=1",
        "rené@example.org",
        "a\0@example.org",
    ] {
        let outcome = hand_over(&mut transport, letter_to(address)).await;
        assert_eq!(sorted(&outcome), Sorted::Failed, "{address:?}");
        let letter = Outgoing {
            sender: Some(address),
            ..letter_to("a@example.org")
        };
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Failed
        );
        assert!(
            !reason(&outcome).text.contains("example"),
            "an address in a reason"
        );
    }
    assert_eq!(server.connections(), 0);
    let letter = letter_to("a@université.example");
    assert_eq!(
        sorted(&hand_over(&mut transport, letter).await),
        Sorted::Delivered
    );
    assert_eq!(
        server.accepted()[0].recipients,
        ["a@xn--universit-j4a.example"]
    );
}

#[tokio::test]
async fn five_megabytes_arrive_as_they_are() {
    let server = SmtpScript::start(Script::default());
    let mut transport = transport(settings(server.port()));
    let mut bytes = b"Subject: large\r\n\r\n".to_vec();
    for n in 0..70_000 {
        bytes.extend_from_slice(
            format!("{}{n:070}\r\n", if n % 3 == 0 { "." } else { "" }).as_bytes(),
        );
    }
    let letter = Outgoing {
        bytes: &bytes,
        ..letter_to("a@example.org")
    };
    assert_eq!(
        sorted(&hand_over(&mut transport, letter).await),
        Sorted::Delivered
    );
    assert!(server.accepted()[0].bytes == bytes);
}

#[tokio::test]
async fn delivery_can_run_in_a_task() {
    let server = Arc::new(SmtpScript::start(Script::sink()));
    let mut transport = transport(settings(server.port()));
    let task = tokio::spawn(async move {
        let note = String::from("held across the call");
        let noted = async || {
            tokio::task::yield_now().await;
            if note.is_empty() { Err(()) } else { Ok(()) }
        };
        transport.deliver(&letter_to("a@example.org"), noted).await
    });
    assert_eq!(sorted(&task.await.unwrap().unwrap()), Sorted::Delivered);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn no_letter_waits_for_a_delayed_acknowledgement() {
    let server = SmtpScript::start(Script::sink());
    let mut transport = transport(settings(server.port()));
    let began = Instant::now();
    for _ in 0..200 {
        assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    }
    // With Nagle's algorithm each final dot waits 40 ms: 8 s in all. Without, some 0.05 s.
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(server.count(), 200);
}
