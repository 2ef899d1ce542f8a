//! Delivery against a server that misbehaves in every way the catalogue names.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use guichet::delivery::smtp::{
    Deadlines, Login, Mechanism, SecretSource, Security, Settings as SmtpSettings,
};
use guichet::delivery::{DeliveryError, Outcome, Outgoing, Reason, Settings, Transport, maildir};

use crate::certificates::Authority;
use crate::smtp_script::{Act, Script, SmtpScript, Tls, Verb};

const LETTER: &[u8] = b"From: support@example.org\r\nMessage-ID: <1@example.org>\r\n\
Subject: dots\r\n\r\n.\r\n..two\r\nplain.\r\n.end\r\n";

fn settings(port: u16) -> SmtpSettings {
    let short = Duration::from_millis(400);
    SmtpSettings {
        host: String::from("127.0.0.1"),
        port,
        security: Security::PlainLoopback,
        ca_file: None,
        login: None,
        helo: String::from("gateway.example.org"),
        deadlines: Deadlines {
            connect: Duration::from_secs(5),
            greeting: short,
            hello: short,
            login: short,
            mail: short,
            recipient: short,
            data: short,
            body: short,
            dot: short,
            quit: short,
        },
    }
}

fn patient(port: u16) -> SmtpSettings {
    let deadlines = Deadlines::default();
    SmtpSettings {
        deadlines,
        ..settings(port)
    }
}

fn transport(settings: SmtpSettings) -> Transport {
    Transport::new(Settings::Smtp(settings)).unwrap()
}

fn letter_to(recipient: &str) -> Outgoing<'_> {
    let sender = Some("support@example.org");
    Outgoing {
        sender,
        recipient,
        bytes: LETTER,
    }
}

async fn hand_over(transport: &mut Transport, letter: Outgoing<'_>) -> Outcome {
    let outcome = transport
        .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
        .await;
    outcome.unwrap()
}

async fn to_a(transport: &mut Transport) -> Outcome {
    hand_over(transport, letter_to("a@example.org")).await
}

async fn once(script: Script) -> (SmtpScript, Outcome) {
    let server = SmtpScript::start(script);
    let mut transport = transport(settings(server.port()));
    let outcome = to_a(&mut transport).await;
    (server, outcome)
}

/// The outcome without its words.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Sorted {
    Delivered,
    Deferred { after_dot: bool, whole_server: bool },
    Failed,
}

const LATER: Sorted = Sorted::Deferred {
    after_dot: false,
    whole_server: false,
};
const SERVER: Sorted = Sorted::Deferred {
    after_dot: false,
    whole_server: true,
};
const UNKNOWN: Sorted = Sorted::Deferred {
    after_dot: true,
    whole_server: false,
};

fn sorted(outcome: &Outcome) -> Sorted {
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

fn reason(outcome: &Outcome) -> &Reason {
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
async fn refusals_at_each_verb_are_sorted() {
    let early = [Verb::Connect, Verb::Ehlo, Verb::Mail];
    let late = [Verb::Rcpt, Verb::Data, Verb::Dot];
    let mut table = Vec::new();
    for verb in early {
        for code in [421, 450, 451, 550, 554] {
            table.push((verb, code, SERVER));
        }
    }
    for verb in late {
        for (code, expected) in [
            (421, SERVER),
            (450, LATER),
            (451, LATER),
            (550, Sorted::Failed),
            (
                552,
                if verb == Verb::Rcpt {
                    LATER
                } else {
                    Sorted::Failed
                },
            ),
            (554, Sorted::Failed),
            (530, SERVER),
        ] {
            table.push((verb, code, expected));
        }
    }
    table.push((Verb::Mail, 552, Sorted::Failed));
    table.push((Verb::Dot, 354, UNKNOWN));
    for pipelining in [true, false] {
        for (verb, code, expected) in &table {
            let act = Act::say(&format!("{code} {}.1.1 words", code / 100));
            let script = Script {
                pipelining,
                ..Script::default()
            }
            .once(*verb, act);
            let (server, outcome) = once(script).await;
            assert_eq!(sorted(&outcome), *expected, "{verb:?} {code} {outcome:?}");
            assert_eq!(
                reason(&outcome).code,
                (*code != 354).then_some(*code).or(Some(354))
            );
            assert!(reason(&outcome).text.contains("words"));
            assert_eq!(server.count(), 0, "{verb:?} {code}");
        }
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
async fn loss_reset_and_silence_at_each_verb_are_never_ambiguous_before_the_dot() {
    let verbs = [
        (Verb::Connect, SERVER),
        (Verb::Ehlo, SERVER),
        (Verb::Mail, SERVER),
        (Verb::Rcpt, LATER),
        (Verb::Data, LATER),
        (Verb::Dot, UNKNOWN),
    ];
    for (verb, expected) in verbs {
        for act in [Act::Close, Act::Reset, Act::Hang] {
            for taken in [false, true] {
                if taken && verb != Verb::Dot {
                    continue;
                }
                let act = if taken {
                    Act::Take(Box::new(act.clone()))
                } else {
                    act.clone()
                };
                let script = Script {
                    pipelining: false,
                    ..Script::default()
                };
                let (server, outcome) = once(script.once(verb, act.clone())).await;
                assert_eq!(sorted(&outcome), expected, "{verb:?} {act:?} {outcome:?}");
                assert_eq!(reason(&outcome).code, None);
                assert_eq!(server.count(), usize::from(taken));
            }
        }
        let (_server, outcome) = once(Script::default().once(verb, Act::Close)).await;
        assert_eq!(sorted(&outcome), expected, "{verb:?} pipelined {outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_goes_while_the_letter_is_written_did_not_take_it() {
    for (act, expected) in [
        (Act::Close, LATER),
        (Act::Reset, LATER),
        (Act::say_close("421 4.3.2 closing"), SERVER),
        (Act::say_close("552 5.3.4 too large"), Sorted::Failed),
    ] {
        let server = SmtpScript::start(Script::default().once(Verb::Body, act.clone()));
        let mut transport = transport(settings(server.port()));
        let pause = async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok::<_, std::convert::Infallible>(())
        };
        let outcome = transport
            .deliver(&letter_to("a@example.org"), pause)
            .await
            .unwrap();
        assert_eq!(sorted(&outcome), expected, "{act:?} {outcome:?}");
        assert_eq!(server.count(), 0);
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_is_given_up_within_the_deadline() {
    let server = SmtpScript::start(Script::default().once(Verb::Body, Act::Hang));
    let mut transport = transport(settings(server.port()));
    let bytes = b"0123456789\r\n".repeat(4_000_000);
    let letter = Outgoing {
        bytes: &bytes,
        ..letter_to("a@example.org")
    };
    let began = Instant::now();
    let outcome = hand_over(&mut transport, letter).await;
    assert_eq!(sorted(&outcome), LATER, "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_slow_answer_to_the_dot_is_waited_for() {
    let slow = Act::Wait(
        Duration::from_millis(900),
        Box::new(Act::say("250 2.0.0 at last")),
    );
    let server = SmtpScript::start(Script::default().once(Verb::Dot, slow.clone()));
    let mut settings = settings(server.port());
    settings.deadlines.dot = Duration::from_secs(30);
    let mut ready = transport(settings);
    assert_eq!(sorted(&to_a(&mut ready).await), Sorted::Delivered);
    assert_eq!(server.count(), 1);
    // And with less patience than the server needs, nobody can know.
    let (_server, outcome) = once(Script::default().once(Verb::Dot, slow)).await;
    assert_eq!(sorted(&outcome), UNKNOWN);
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
async fn a_delivery_that_is_dropped_in_the_middle_leaves_no_false_success_behind() {
    for verb in [Verb::Mail, Verb::Data, Verb::Dot] {
        let late = Act::Wait(
            Duration::from_millis(300),
            Box::new(Act::say("250 2.0.0 late")),
        );
        let server = SmtpScript::start(Script::default().once(verb, late));
        let mut transport = transport(patient(server.port()));
        let patience = Duration::from_millis(100);
        let dropped = tokio::time::timeout(patience, to_a(&mut transport)).await;
        assert!(dropped.is_err());
        let outcome = hand_over(&mut transport, letter_to("b@example.org")).await;
        assert_eq!(sorted(&outcome), Sorted::Delivered);
        assert_eq!(server.connections(), 2);
        let last = server.accepted().pop().unwrap();
        assert_eq!(last.recipients, ["b@example.org"]);
    }
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced_without_a_word() {
    let idle = Some(Duration::from_millis(60));
    let server = SmtpScript::start(Script {
        idle,
        ..Script::default()
    });
    let mut transport = transport(settings(server.port()));
    for _ in 0..3 {
        assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!((server.count(), server.connections()), (3, 3));
}

#[tokio::test]
async fn a_kept_connection_that_breaks_at_mail_is_replaced_once() {
    for act in [
        Act::Close,
        Act::Reset,
        Act::say_close("421 4.4.2 idle too long"),
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
async fn a_refused_connection_concerns_the_whole_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut nobody = transport(settings(port));
    assert_eq!(sorted(&to_a(&mut nobody).await), SERVER);
    let host = String::from("no-such-host.invalid");
    let security = Security::ImplicitTls;
    let ca_file = Some(ca_file(&Authority::new()));
    let mut nowhere = transport(SmtpSettings {
        host,
        security,
        ca_file,
        ..settings(port)
    });
    assert_eq!(sorted(&to_a(&mut nowhere).await), SERVER);
}

#[tokio::test]
async fn garbage_for_a_reply_is_an_error_and_no_panic() {
    let garbage: [Vec<u8>; 9] = [
        b"\r\n".to_vec(),
        b"   \r\n".to_vec(),
        b"hello\r\n".to_vec(),
        b"\x00\xff\xfe\r\n".to_vec(),
        b"999 no such code\r\n".to_vec(),
        b"250-one\r\n550 two\r\n".to_vec(),
        [b"250 ".as_slice(), &[b'x'; 3_000], b"\r\n"].concat(),
        b"250-more\r\n".repeat(10_000),
        vec![b'2'; 1 << 20],
    ];
    for bytes in garbage {
        for (verb, expected) in [
            (Verb::Connect, SERVER),
            (Verb::Ehlo, SERVER),
            (Verb::Rcpt, LATER),
            (Verb::Dot, UNKNOWN),
        ] {
            let (_server, outcome) =
                once(Script::default().once(verb, Act::Say(bytes.clone()))).await;
            assert_eq!(sorted(&outcome), expected, "{verb:?} {outcome:?}");
            assert!(reason(&outcome).text.len() <= 500);
        }
    }
}

#[tokio::test]
async fn odd_but_valid_replies_are_understood() {
    let ehlo = b"250-mx\r\n250-\r\n250-   \r\n250-PIPELINING \xff\xfe\r\n250-size\r\n250 AUTH\r\n";
    let script = Script::default()
        .on(
            Verb::Connect,
            Act::Say(b"220-wel\r\n220-come\r\n220\r\n".to_vec()),
        )
        .on(Verb::Ehlo, Act::Say(ehlo.to_vec()))
        .on(Verb::Mail, Act::Say(b"250 \xe9t\xe9\n".to_vec()))
        .on(Verb::Rcpt, Act::say("251 will forward"));
    let (server, outcome) = once(script).await;
    assert_eq!(sorted(&outcome), Sorted::Delivered, "{outcome:?}");
    assert_eq!(server.count(), 1);
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
    let mut transport = transport(patient(server.port()));
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
    let mut transport = transport(patient(server.port()));
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
    let mut transport = transport(patient(server.port()));
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

// ---- TLS ----------------------------------------------------------------------------------

fn ca_file(authority: &Authority) -> PathBuf {
    let file = tempfile::Builder::new()
        .suffix(".pem")
        .tempfile_in("/tmp")
        .unwrap();
    std::fs::write(file.path(), &authority.ca_pem).unwrap();
    file.into_temp_path().keep().unwrap()
}

/// A server with a certificate for `name`, and a transport that trusts its authority and looks
/// for "localhost".
fn protected(security: Security, name: &str, script: Script) -> (SmtpScript, SmtpSettings) {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&[name]);
    let tls = match security {
        Security::ImplicitTls => Tls::Implicit(certificate, key),
        _ => Tls::Start(certificate, key),
    };
    let server = SmtpScript::start(Script { tls, ..script });
    let settings = SmtpSettings {
        host: String::from("localhost"),
        security,
        ca_file: Some(ca_file(&authority)),
        ..settings(server.port())
    };
    (server, settings)
}

fn nothing_was_said(server: &SmtpScript) {
    let told = server.commands();
    let told = told
        .iter()
        .any(|line| line.starts_with("MAIL") || line.starts_with("AUTH"));
    assert!(!told, "a command was sent without TLS");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn letters_arrive_over_tls_of_both_kinds() {
    for security in [Security::ImplicitTls, Security::StartTls] {
        let (server, settings) = protected(security, "localhost", Script::default());
        let mut transport = transport(settings);
        for _ in 0..2 {
            let outcome = to_a(&mut transport).await;
            assert_eq!(
                sorted(&outcome),
                Sorted::Delivered,
                "{security:?} {outcome:?}"
            );
        }
        assert_eq!((server.count(), server.connections()), (2, 1));
        let hellos = server
            .commands()
            .iter()
            .filter(|line| line.starts_with("EHLO"))
            .count();
        assert_eq!(hellos, if security == Security::StartTls { 2 } else { 1 });
        transport.quit().await;
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = SmtpScript::start(Script::default().login("u", "p"));
    let ca_file = Some(ca_file(&Authority::new()));
    let security = Security::StartTls;
    let login = Some(login(Mechanism::Plain, "p"));
    let stripped = SmtpSettings {
        ca_file,
        security,
        login,
        ..settings(server.port())
    };
    let mut transport = transport(stripped);
    let outcome = to_a(&mut transport).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(reason(&outcome).text.contains("STARTTLS"));
    nothing_was_said(&server);
}

#[tokio::test]
async fn starttls_refused_or_with_words_slipped_in_sends_nothing() {
    for words in [
        b"454 4.7.0 not now\r\n".as_slice(),
        b"554 no\r\n",
        b"220 go\r\n250 injected\r\n",
        b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n",
        b"220 go\r\n2",
    ] {
        let script = Script::default().once(Verb::StartTls, Act::Say(words.to_vec()));
        let (server, settings) = protected(Security::StartTls, "localhost", script);
        let mut transport = transport(settings);
        let outcome = to_a(&mut transport).await;
        assert_eq!(
            sorted(&outcome),
            SERVER,
            "{:?}",
            String::from_utf8_lossy(words)
        );
        nothing_was_said(&server);
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_or_authority_is_refused() {
    for security in [Security::ImplicitTls, Security::StartTls] {
        let (server, settings) = protected(security, "mx.other.example", Script::default());
        let mut wrong_name = transport(settings);
        let outcome = to_a(&mut wrong_name).await;
        assert_eq!(sorted(&outcome), SERVER);
        assert!(reason(&outcome).text.contains("certificate"), "{outcome:?}");
        nothing_was_said(&server);

        let (server, settings) = protected(security, "localhost", Script::default());
        let foreign = Some(ca_file(&Authority::new()));
        let mut wrong_authority = transport(SmtpSettings {
            ca_file: foreign,
            ..settings
        });
        assert_eq!(sorted(&to_a(&mut wrong_authority).await), SERVER);
        nothing_was_said(&server);
    }
}

#[tokio::test]
async fn a_plain_server_where_tls_is_expected_is_given_up() {
    let server = SmtpScript::start(Script::default());
    let ca_file = Some(ca_file(&Authority::new()));
    let security = Security::ImplicitTls;
    let mut transport = transport(SmtpSettings {
        ca_file,
        security,
        ..settings(server.port())
    });
    assert_eq!(sorted(&to_a(&mut transport).await), SERVER);
    nothing_was_said(&server);
}

// ---- login --------------------------------------------------------------------------------

fn login(mechanism: Mechanism, secret: &str) -> Login {
    let print = ["printf", "%s\\n", secret].map(String::from);
    Login {
        user: String::from("u"),
        secret: SecretSource::Command(print.into()),
        mechanism,
    }
}

const MECHANISMS: [Mechanism; 3] = [Mechanism::Plain, Mechanism::Login, Mechanism::XOAuth2];

#[tokio::test]
async fn each_mechanism_logs_in() {
    for mechanism in MECHANISMS {
        let secret = "gänsefüßchen \"' canary";
        let script = Script::default().login("u", secret);
        let (server, settings) = protected(Security::StartTls, "localhost", script);
        let login = Some(login(mechanism, secret));
        let mut transport = transport(SmtpSettings { login, ..settings });
        let outcome = to_a(&mut transport).await;
        assert_eq!(
            sorted(&outcome),
            Sorted::Delivered,
            "{mechanism:?} {outcome:?}"
        );
        assert_eq!(server.count(), 1);
        let shown = format!("{transport:?}{outcome:?}");
        assert!(!shown.contains("gänse"), "a secret is shown: {shown}");
    }
}

#[tokio::test]
async fn a_refused_login_defers_all_mail_and_shows_no_secret() {
    for mechanism in MECHANISMS {
        let server = SmtpScript::start(Script::default().login("u", "right"));
        let wrong = Some(login(mechanism, "wrong-canary"));
        let settings = SmtpSettings {
            login: wrong,
            ..settings(server.port())
        };
        let mut transport = transport(settings);
        let outcome = to_a(&mut transport).await;
        assert_eq!(sorted(&outcome), SERVER, "{mechanism:?}");
        assert_eq!(reason(&outcome).code, Some(535), "{mechanism:?}");
        assert_eq!(reason(&outcome).enhanced.as_deref(), Some("5.7.8"));
        assert!(!format!("{outcome:?}{transport:?}").contains("canary"));
        assert_eq!(server.count(), 0);
    }
}

#[tokio::test]
async fn a_login_the_server_does_not_offer_or_want_is_deferred() {
    let server = SmtpScript::start(Script::default());
    let login = Some(login(Mechanism::Plain, "canary"));
    let mut unoffered = transport(SmtpSettings {
        login,
        ..settings(server.port())
    });
    let outcome = to_a(&mut unoffered).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(reason(&outcome).text.contains("PLAIN"));
    assert!(
        !server
            .commands()
            .iter()
            .any(|line| line.starts_with("AUTH"))
    );

    let server = SmtpScript::start(Script::default().login("u", "p"));
    let mut missing = transport(settings(server.port()));
    let outcome = to_a(&mut missing).await;
    assert_eq!(
        (sorted(&outcome), reason(&outcome).code),
        (SERVER, Some(530))
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_defers_all_mail() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let file = dir.path().join("secret");
    let words = |words: &[&str]| SecretSource::Command(words.iter().map(|w| (*w).into()).collect());
    let sources = [
        SecretSource::File(file.clone()),
        SecretSource::Env(String::from("GUICHET_TEST_NO_SUCH_VARIABLE")),
        words(&["/no/such/program"]),
        words(&["false"]),
        words(&["sleep", "60"]),
        words(&["printf", "two\\nlines"]),
        words(&["true"]),
    ];
    let server = SmtpScript::start(Script::default().login("u", "p"));
    let with = |secret| {
        let login = Some(Login {
            secret,
            ..login(Mechanism::Plain, "")
        });
        transport(SmtpSettings {
            login,
            ..settings(server.port())
        })
    };
    for secret in sources {
        let outcome = to_a(&mut with(secret.clone())).await;
        assert_eq!(sorted(&outcome), SERVER, "{secret:?}");
        assert!(reason(&outcome).text.contains("secret"), "{outcome:?}");
    }
    std::fs::write(&file, "p\n").unwrap();
    let outcome = to_a(&mut with(SecretSource::File(file))).await;
    assert_eq!(sorted(&outcome), Sorted::Delivered, "{outcome:?}");
}

// ---- settings -----------------------------------------------------------------------------

#[test]
fn unsafe_settings_are_refused() {
    let with = |change: &dyn Fn(&mut SmtpSettings)| {
        let mut settings = settings(25);
        change(&mut settings);
        Transport::new(Settings::Smtp(settings)).unwrap_err()
    };
    for host in [
        "mx.example.org",
        "192.0.2.1",
        "128.0.0.1",
        "localhost.example.org",
    ] {
        let error = with(&|s| s.host = host.to_owned());
        assert!(matches!(error, DeliveryError::PlainOffLoopback), "{host}");
    }
    for host in ["", "a b", "127.0.0.1\r\n", "mx\0"] {
        let error = with(&|s| s.host = host.to_owned());
        assert!(matches!(error, DeliveryError::Host), "{host:?}");
    }
    for helo in ["", "a b", "x\r\nMAIL FROM:<>"] {
        let error = with(&|s| s.helo = helo.to_owned());
        assert!(matches!(error, DeliveryError::Helo), "{helo:?}");
    }
    for user in ["", "a\0b", "a\r\nb"] {
        let error = with(&|s| {
            s.login = Some(Login {
                user: user.to_owned(),
                ..login(Mechanism::Plain, "p")
            });
        });
        assert!(matches!(error, DeliveryError::User), "{user:?}");
    }
    let error = with(&|s| {
        s.security = Security::ImplicitTls;
        s.ca_file = Some(PathBuf::from("/no/such/file.pem"));
    });
    assert!(matches!(error, DeliveryError::CaFile { .. }));
    let empty = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    let error = with(&|s| {
        s.security = Security::StartTls;
        s.ca_file = Some(empty.path().to_owned());
    });
    assert!(matches!(error, DeliveryError::NoAuthorities));
}

// ---- Maildir ------------------------------------------------------------------------------

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_letter_is_in_the_maildir_only_after_before_dot() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let folder = dir.path().join("box");
    let settings = Settings::Maildir(maildir::Settings {
        folder: folder.clone(),
    });
    let mut transport = Transport::new(settings).unwrap();
    let mut before = (0, 0);
    let outcome = transport
        .deliver(&letter_to("a@example.org"), async || {
            before = (
                files(&folder.join("tmp")).len(),
                files(&folder.join("new")).len(),
            );
            Ok::<_, std::convert::Infallible>(())
        })
        .await;
    assert_eq!(sorted(&outcome.unwrap()), Sorted::Delivered);
    assert_eq!(before, (1, 0));
    assert!(files(&folder.join("tmp")).is_empty());
    let new = files(&folder.join("new"));
    let bytes = std::fs::read(&new[0]).unwrap();
    let top = b"Return-Path: <support@example.org>\r\nDelivered-To: a@example.org\r\n";
    assert_eq!(bytes, [top.as_slice(), LETTER].concat());

    let outcome = transport
        .deliver(&letter_to("a@example.org"), async || Err("no"))
        .await;
    assert_eq!(outcome, Err("no"));
    assert!(files(&folder.join("tmp")).is_empty());
    assert_eq!(files(&folder.join("new")).len(), 1);

    for letter in [
        Outgoing {
            bytes: b"a\nb",
            ..letter_to("a@example.org")
        },
        letter_to("a\r\nX: y@example.org"),
    ] {
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Failed
        );
    }
    let letter = Outgoing {
        sender: None,
        ..letter_to("a@example.org")
    };
    for _ in 0..20 {
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Delivered
        );
    }
    assert_eq!(files(&folder.join("new")).len(), 21);

    std::fs::remove_dir_all(folder.join("new")).unwrap();
    let outcome = hand_over(&mut transport, letter).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(files(&folder.join("tmp")).is_empty());
}

#[test]
fn a_maildir_that_cannot_be_made_is_a_matter_of_configuration() {
    let file = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    let folder = file.path().to_owned();
    let error = Transport::new(Settings::Maildir(maildir::Settings { folder })).unwrap_err();
    assert!(matches!(error, DeliveryError::Folder { .. }));
}
