//! Refusal, loss, reset, silence and garbage at each verb: never a loss, and never a false success.

use std::time::{Duration, Instant};

use guichet::delivery::Outgoing;
use guichet::delivery::smtp::{Deadlines, Security, Settings as SmtpSettings};

use super::protection::ca_file;
use super::{
    LATER, SERVER, Sorted, UNKNOWN, hand_over, letter_to, once, reason, settings, sorted, to_a,
    transport,
};
use crate::certificates::Authority;
use crate::smtp_script::{Act, Script, SmtpScript, Verb};

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
async fn loss_and_reset_at_each_verb_are_never_ambiguous_before_the_dot() {
    let verbs = [
        (Verb::Connect, SERVER),
        (Verb::Ehlo, SERVER),
        (Verb::Mail, SERVER),
        (Verb::Rcpt, LATER),
        (Verb::Data, LATER),
        (Verb::Dot, UNKNOWN),
    ];
    for (verb, expected) in verbs {
        for act in [Act::Close, Act::Reset] {
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

/// Sets one deadline.
type Shorten = fn(&mut Deadlines, Duration);

#[tokio::test]
async fn silence_at_each_verb_is_bounded_by_the_deadline_of_that_verb() {
    let table: [(Verb, Shorten, Sorted); 6] = [
        (Verb::Connect, |all, short| all.greeting = short, SERVER),
        (Verb::Ehlo, |all, short| all.hello = short, SERVER),
        (Verb::Mail, |all, short| all.mail = short, SERVER),
        (Verb::Rcpt, |all, short| all.recipient = short, LATER),
        (Verb::Data, |all, short| all.data = short, LATER),
        (Verb::Dot, |all, short| all.dot = short, UNKNOWN),
    ];
    for (verb, shorten, expected) in table {
        for act in [Act::Hang, Act::Take(Box::new(Act::Hang))] {
            let taken = verb == Verb::Dot && matches!(act, Act::Take(_));
            let server = SmtpScript::start(Script::default().once(verb, act));
            let mut settings = settings(server.port());
            shorten(&mut settings.deadlines, Duration::from_millis(200));
            let began = Instant::now();
            let outcome = to_a(&mut transport(settings)).await;
            assert_eq!(sorted(&outcome), expected, "{verb:?} {outcome:?}");
            assert!(reason(&outcome).text.contains("silent for 0.2 s"));
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "another deadline"
            );
            assert_eq!(server.count(), usize::from(taken));
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_is_given_up_within_the_deadline() {
    let server = SmtpScript::start(Script::default().once(Verb::Body, Act::Hang));
    let mut settings = settings(server.port());
    settings.deadlines.body = Duration::from_millis(500);
    let bytes = b"0123456789\r\n".repeat(1_500_000);
    let letter = Outgoing {
        bytes: &bytes,
        ..letter_to("a@example.org")
    };
    let began = Instant::now();
    let outcome = hand_over(&mut transport(settings), letter).await;
    assert_eq!(sorted(&outcome), LATER, "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_slow_answer_to_the_dot_is_waited_for() {
    let long = Duration::from_millis(600);
    let slow = Act::Wait(long, Box::new(Act::say("250 2.0.0 at last")));
    let server = SmtpScript::start(Script::default().on(Verb::Dot, slow));
    let mut transport = transport(settings(server.port()));
    let began = Instant::now();
    assert_eq!(sorted(&to_a(&mut transport).await), Sorted::Delivered);
    assert!(began.elapsed() >= long);
    assert_eq!((server.count(), server.connections()), (1, 1));
}

#[tokio::test]
async fn a_delivery_that_is_dropped_in_the_middle_leaves_no_false_success_behind() {
    for verb in [Verb::Mail, Verb::Data, Verb::Dot] {
        let late = Act::Wait(
            Duration::from_millis(300),
            Box::new(Act::say("250 2.0.0 late")),
        );
        let server = SmtpScript::start(Script::default().once(verb, late));
        let mut transport = transport(settings(server.port()));
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
async fn a_refused_connection_concerns_the_whole_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut nobody = transport(settings(port));
    assert_eq!(sorted(&to_a(&mut nobody).await), SERVER);
    let host = String::from("no-such-host.invalid");
    let security = Security::ImplicitTls;
    let file = ca_file(&Authority::new());
    let ca_file = Some(file.to_path_buf());
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
async fn a_server_that_sends_a_byte_now_and_then_gains_no_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        loop {
            let sent = tokio::io::AsyncWriteExt::write_all(&mut stream, b"220-x\r\n").await;
            if sent.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut settings = settings(port);
    settings.deadlines.greeting = Duration::from_millis(400);
    let began = Instant::now();
    let outcome = to_a(&mut transport(settings)).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(reason(&outcome).text.contains("silent"), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_connection_that_answers_late_is_never_used_again() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::Dot] {
        let late = Act::Wait(
            Duration::from_millis(1_600),
            Box::new(Act::say("250 2.0.0 late")),
        );
        let server = SmtpScript::start(Script::default().once(verb, late));
        let mut settings = settings(server.port());
        settings.deadlines.mail = Duration::from_secs(1);
        settings.deadlines.recipient = Duration::from_secs(1);
        settings.deadlines.data = Duration::from_secs(1);
        settings.deadlines.dot = Duration::from_secs(1);
        let mut transport = transport(settings);
        let outcome = to_a(&mut transport).await;
        assert!(
            matches!(sorted(&outcome), Sorted::Deferred { .. }),
            "{verb:?} {outcome:?}"
        );
        assert_eq!(transport.idle_since(), None, "{verb:?}");
        for recipient in ["b@example.org", "c@example.org"] {
            let outcome = hand_over(&mut transport, letter_to(recipient)).await;
            assert_eq!(sorted(&outcome), Sorted::Delivered, "{verb:?} {outcome:?}");
            assert_eq!(server.accepted().pop().unwrap().recipients, [recipient]);
        }
        assert_eq!(server.connections(), 2);
    }
}
