//! The mailbox against servers that refuse, break off, fall silent, or talk nonsense.

use std::error::Error as _;
use std::time::{Duration, Instant};

use guichet::connection::SecretSource;
use guichet::mailbox::imap::{Auth, Roots, Security, Settings};
use guichet::mailbox::{self, Acknowledged, Mailbox, MailboxError, News, Shelf, Uid};

use crate::imap_script::{Answer, ImapScript, LETTERS, Script, fetch_answer};

/// A word in every hostile answer that must not show up in an error.
const CANARY: &str = "marie.curie@example.org";

fn settings(server: &ImapScript) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        security: Security::PlainLoopback,
        roots: Roots::Native,
        user: "u".to_owned(),
        auth: Auth::Login,
        secret: SecretSource::Command(vec!["echo".to_owned(), "p".to_owned()]),
        folder: "INBOX".to_owned(),
        done: "Guichet/Done".to_owned(),
        held: "Guichet/Held".to_owned(),
        idle: true,
        poll: Duration::from_millis(50),
        step: Duration::from_millis(400),
    }
}

pub async fn open(server: &ImapScript) -> Result<Mailbox, MailboxError> {
    mailbox::open(&mailbox::Settings::Imap(settings(server))).await
}

fn uid(number: u32) -> Uid {
    Uid::number(number).unwrap()
}

/// Everything the gateway does with a mailbox, until something fails.
async fn journey(server: &ImapScript) -> Result<Acknowledged, MailboxError> {
    let mut mailbox = open(server).await?;
    let listed = mailbox.list().await?;
    assert_eq!(listed.len(), 2, "a list is whole or an error");
    let fetched = mailbox.fetch(&[uid(10), uid(11)]).await?;
    let raw: Vec<_> = fetched.iter().map(|letter| letter.raw.as_slice()).collect();
    assert_eq!(raw, LETTERS.map(|(_, text)| text.as_bytes()));
    let done = mailbox.acknowledge(&[uid(10)], Shelf::Done).await?;
    mailbox.wait(Duration::from_millis(60)).await?;
    mailbox
        .shelved(Shelf::Held, Some(jiff::Timestamp::UNIX_EPOCH))
        .await?;
    mailbox.list().await?;
    mailbox.close().await;
    Ok(done)
}

/// The commands of a [`journey`]; `UID FETCH` is split by what is asked for.
const COMMANDS: [&str; 14] = [
    "CAPABILITY",
    "LOGIN",
    "ID",
    "NAMESPACE",
    "LIST",
    "SELECT",
    "NOOP",
    "UID FETCH 1:*",
    "UID FETCH 10:11 (UID INTERNALDATE BODY",
    "UID MOVE",
    "IDLE",
    "DONE",
    "EXAMINE",
    "UID SEARCH",
];

fn assert_discreet(error: &MailboxError) {
    let source = error.source().map(ToString::to_string);
    let shown = format!("{error} {source:?} {error:?}");
    assert!(!shown.contains(CANARY), "{shown}");
}

#[tokio::test]
async fn a_sound_server_is_travelled_from_end_to_end() {
    let server = Script::sound().start().await;
    assert_eq!(journey(&server).await.unwrap(), Acknowledged::Moved);
    for command in COMMANDS {
        assert!(server.count(command) > 0, "{command} is never sent");
    }
    assert_eq!(server.count("LOGOUT"), 1);
}

#[tokio::test]
async fn a_tagged_no_is_never_taken_for_success() {
    for command in COMMANDS {
        let answer = Answer::Say(format!("%T NO [NOPERM] {CANARY} may not\r\n"));
        let server = Script::sound().rule(command, answer).start().await;
        let ended = journey(&server).await;
        match (command, ended) {
            ("LOGIN", Err(error)) => assert!(error.is_refusal(), "{error:?}"),
            // What is nice to have is done without.
            ("ID" | "NAMESPACE" | "IDLE", Ok(Acknowledged::Moved)) => {}
            // The letter stays, and the session is sound.
            ("UID MOVE", Ok(Acknowledged::Declined)) => {}
            (
                "CAPABILITY"
                | "DONE"
                | "LIST"
                | "SELECT"
                | "NOOP"
                | "EXAMINE"
                | "UID SEARCH"
                | "UID FETCH 1:*"
                | "UID FETCH 10:11 (UID INTERNALDATE BODY",
                Err(error),
            ) => {
                assert!(
                    matches!(&error, MailboxError::Declined { status: "NO", code, .. } if code == "NOPERM"),
                    "{command}: {error:?}"
                );
                assert_discreet(&error);
            }
            (_, ended) => panic!("{command}: {ended:?}"),
        }
    }
}

#[tokio::test]
async fn a_tagged_bad_is_never_taken_for_success() {
    for command in COMMANDS {
        let answer = Answer::Say(format!("%T BAD {CANARY}?\r\n"));
        let server = Script::sound().rule(command, answer).start().await;
        let ended = journey(&server).await;
        match (command, ended) {
            ("ID" | "NAMESPACE" | "IDLE", Ok(Acknowledged::Moved)) => {}
            ("ID" | "NAMESPACE" | "IDLE", ended) => panic!("{command}: {ended:?}"),
            (_, Err(error)) => {
                assert!(
                    matches!(&error, MailboxError::Declined { status: "BAD", .. }),
                    "{command}: {error:?}"
                );
                assert!(!error.is_refusal());
                assert_discreet(&error);
            }
            (_, Ok(done)) => panic!("{command}: {done:?}"),
        }
    }
}

#[tokio::test]
async fn the_end_of_the_connection_is_an_error_at_every_command() {
    let part = "* 2 EXISTS\r\n* SEARCH 10\r\n";
    let first = fetch_answer(1, LETTERS[0], "BODY");
    let in_literal = "* 2 FETCH (UID 11 BODY[] {100}\r\nhalf a let".to_owned();
    let endings = [
        String::new(),
        part.to_owned(),
        first.clone() + "* BYE going down\r\n",
        first,
        in_literal,
    ];
    for command in COMMANDS {
        for ending in &endings {
            let answer = Answer::SayAndClose(ending.clone());
            let server = Script::sound().rule(command, answer).start().await;
            let ended = journey(&server).await;
            assert!(
                matches!(ended, Err(MailboxError::Closed { .. })),
                "{command} {ending:?}: {ended:?}"
            );
        }
    }
}

#[tokio::test]
async fn silence_is_an_error_at_every_command_within_the_deadline() {
    let trials = COMMANDS.map(|command| async move {
        let answer = Answer::SayAndHang("* 2 FETCH (UID 11 BODY[] {100}\r\nhalf".to_owned());
        let server = Script::sound().rule(command, answer).start().await;
        let begun = Instant::now();
        let ended = journey(&server).await;
        assert!(
            matches!(ended, Err(MailboxError::Silent { .. })),
            "{command}: {ended:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(3), "{command}");
    });
    for trial in trials.map(tokio::spawn) {
        trial.await.unwrap();
    }
}

#[tokio::test]
async fn err_a_server_that_never_greets() {
    let server = Script::sound().greeting("").start().await;
    let error = open(&server).await.unwrap_err();
    assert!(matches!(error, MailboxError::Silent { .. }), "{error:?}");
}

#[tokio::test]
async fn err_a_byte_now_and_then_is_no_sign_of_life() {
    let drip = Answer::Drip("%T OK very well\r\n".repeat(9), Duration::from_millis(60));
    let server = Script::sound().rule("NOOP", drip).start().await;
    let mut mailbox = open(&server).await.unwrap();
    let begun = Instant::now();
    let error = mailbox.list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Silent { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn err_still_here_again_and_again_is_no_answer() {
    let drip = Answer::Drip("* OK Still here\r\n".repeat(60), Duration::from_millis(10));
    let server = Script::sound().rule("NOOP", drip).start().await;
    let mut mailbox = open(&server).await.unwrap();
    let begun = Instant::now();
    let error = mailbox.list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Silent { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn err_a_flood_of_news_has_an_end() {
    let answer = Answer::SayAndHang("* 3 EXISTS\r\n".repeat(2_100_000));
    let server = Script::sound().rule("NOOP", answer).start().await;
    let error = open(&server).await.unwrap().list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn err_a_connection_cut_at_any_byte_gives_no_letter() {
    let whole = fetch_answer(1, LETTERS[0], "BODY") + "%T OK done\r\n";
    for at in 0..whole.len() {
        let answer = Answer::SayAndClose(whole[..at].to_owned());
        let server = Script::sound().rule("UID FETCH 10 ", answer).start().await;
        let mut mailbox = open(&server).await.unwrap();
        let ended = mailbox.fetch(&[uid(10)]).await;
        assert!(
            matches!(ended, Err(MailboxError::Closed { .. })),
            "cut at {at}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn err_nonsense_at_every_command() {
    let deep = format!(
        "* 1 FETCH (BODYSTRUCTURE {})\r\n%T OK\r\n",
        "(".repeat(60_000)
    );
    let nonsense = [
        format!("{CANARY}\r\n"),
        format!("* 1 FETCH (UID 10 X \"{CANARY}\r\n%T OK\r\n"),
        format!("X99 OK {CANARY}\r\n"),
        "* )\r\n%T OK\r\n".to_owned(),
        "\r\n%T OK\r\n".to_owned(),
        deep,
    ];
    for command in COMMANDS {
        for line in &nonsense {
            let answer = Answer::Say(line.clone());
            let server = Script::sound().rule(command, answer).start().await;
            let error = journey(&server).await.unwrap_err();
            assert!(
                matches!(error, MailboxError::Protocol { .. }),
                "{command} {line:.40?}: {error:?}"
            );
            assert_discreet(&error);
        }
    }
}

#[tokio::test]
async fn err_a_line_without_an_end() {
    let answer = Answer::SayAndHang("x".repeat(3 << 20));
    let server = Script::sound().rule("NOOP", answer).start().await;
    let error = open(&server).await.unwrap().list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn foreign_news_and_unknown_answers_do_no_harm() {
    let extras = "* 3 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (UID 77 FLAGS (\\Seen))\n\
                  * XNEW {4}\r\na)\"( (NIL)\r\n* OK [XCODE 5] {99}\r\n* NO careful\r\n\
                  * 1 FETCH (UID 10 FLAGS (\\Deleted) MODSEQ (5))\r\n* 5 RECENT\r\n";
    let mut answer = extras.to_owned();
    for (at, letter) in LETTERS.iter().enumerate() {
        answer += &fetch_answer(at + 1, *letter, "BODY");
        answer += extras;
    }
    answer += "%T OK\r\n";
    let server = Script::sound()
        .rule("UID FETCH", Answer::Say(answer))
        .start()
        .await;
    assert_eq!(journey(&server).await.unwrap(), Acknowledged::Moved);
}

#[tokio::test]
async fn err_a_list_that_is_shorter_than_announced() {
    let answer = fetch_answer(1, LETTERS[0], "") + "%T OK\r\n";
    let server = Script::sound()
        .rule("UID FETCH 1:*", Answer::Say(answer))
        .start()
        .await;
    let error = open(&server).await.unwrap().list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Protocol { .. }), "{error:?}");
    // The same answer is whole if the server says that one letter has gone meanwhile.
    let answer = fetch_answer(1, LETTERS[0], "") + "* 2 EXPUNGE\r\n%T OK\r\n";
    let server = Script::sound()
        .rule("UID FETCH 1:*", Answer::Say(answer))
        .start()
        .await;
    let listed = open(&server).await.unwrap().list().await.unwrap();
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn err_a_letter_that_is_there_and_not_given() {
    let answer = fetch_answer(1, LETTERS[0], "BODY") + "%T OK\r\n";
    let server = Script::sound()
        .rule(
            "UID FETCH 10:11 (UID INTERNALDATE BODY",
            Answer::Say(answer),
        )
        .start()
        .await;
    let mut mailbox = open(&server).await.unwrap();
    let error = mailbox.fetch(&[uid(10), uid(11)]).await.unwrap_err();
    let MailboxError::Withheld { uid: named } = error else {
        panic!("{error:?}");
    };
    assert_eq!(named, uid(11));
}

#[tokio::test]
async fn letters_expunged_by_others_in_mid_fetch_are_absent() {
    for ending in ["OK", "NO [EXPUNGEISSUED]"] {
        let answer = fetch_answer(1, LETTERS[0], "BODY")
            + &format!("* 2 FETCH (UID 11 BODY[] NIL)\r\n%T {ending} some are gone\r\n");
        let server = Script::sound()
            .rule(
                "UID FETCH 10:11 (UID INTERNALDATE BODY",
                Answer::Say(answer),
            )
            .rule("UID FETCH 11 (UID)", Answer::Say("%T OK\r\n".to_owned()))
            .start()
            .await;
        let mut mailbox = open(&server).await.unwrap();
        let fetched = mailbox.fetch(&[uid(10), uid(11)]).await.unwrap();
        assert_eq!(fetched.len(), 1);
        assert_eq!(fetched[0].uid, uid(10));
    }
}

#[tokio::test]
async fn err_a_literal_of_four_gigabytes_is_refused_before_a_byte_of_it() {
    for size in ["4294967295", "18446744073709551616", "26214401"] {
        let answer = format!("* 1 FETCH (UID 10 BODY[] {{{size}}}\r\n");
        let server = Script::sound()
            .rule("UID FETCH 10 ", Answer::SayAndHang(answer))
            .start()
            .await;
        let mut mailbox = open(&server).await.unwrap();
        let begun = Instant::now();
        let error = mailbox.fetch(&[uid(10)]).await.unwrap_err();
        // Not Silent: nothing of it was waited for.
        let MailboxError::TooLarge { uid: named, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(named, Some(uid(10)));
        assert!(begun.elapsed() < Duration::from_millis(300));
        let after = mailbox.list().await;
        assert!(matches!(after, Err(MailboxError::Interrupted)), "{after:?}");
    }
}

#[tokio::test]
async fn err_a_login_that_fails_for_passing_reasons_is_no_refusal() {
    for (code, refusal) in [
        ("[UNAVAILABLE] ", false),
        ("[INUSE] ", false),
        ("[LIMIT] ", false),
        ("[AUTHENTICATIONFAILED] ", true),
        ("[EXPIRED] ", true),
        ("", true),
    ] {
        let answer = Answer::Say(format!("%T NO {code}{CANARY}\r\n"));
        let server = Script::sound().rule("LOGIN", answer).start().await;
        let error = open(&server).await.unwrap_err();
        assert_eq!(error.is_refusal(), refusal, "{code}: {error:?}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn err_no_password_in_clear_where_starttls_is_wanted() {
    let injected = "%T OK begin\r\n* OK [CAPABILITY AUTH=PLAIN] injected\r\n";
    let scripts = [
        Script::sound().without("STARTTLS"),
        Script::sound().rule("STARTTLS", Answer::Say("%T NO not now\r\n".to_owned())),
        Script::sound().rule("STARTTLS", Answer::Say("%T BAD what\r\n".to_owned())),
        Script::sound().greeting("* PREAUTH hello u\r\n"),
        Script::sound().rule("STARTTLS", Answer::Say(injected.to_owned())),
        Script::sound().rule("STARTTLS", Answer::Say("%T OK begin\r\n*".to_owned())),
    ];
    for script in scripts {
        let server = script.clone().start().await;
        let settings = Settings {
            security: Security::StartTls,
            ..settings(&server)
        };
        let error = mailbox::open(&mailbox::Settings::Imap(settings))
            .await
            .unwrap_err();
        assert!(
            matches!(error, MailboxError::Insecure(_)),
            "{script:?}: {error:?}"
        );
        let heard = server.heard();
        let allowed = ["CAPABILITY", "STARTTLS"];
        assert!(
            heard.iter().all(|line| allowed.contains(&line.as_str())),
            "{heard:?}"
        );
    }
}

#[tokio::test]
async fn err_what_the_settings_want_is_not_offered() {
    let server = Script::sound().without("AUTH=PLAIN").start().await;
    for auth in [Auth::Plain, Auth::XOAuth2] {
        let settings = Settings {
            auth,
            ..settings(&server)
        };
        let error = mailbox::open(&mailbox::Settings::Imap(settings))
            .await
            .unwrap_err();
        assert!(matches!(error, MailboxError::Unsupported(_)), "{error:?}");
    }
    let answer = Answer::Say("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n%T OK\r\n".to_owned());
    let server = Script::sound().rule("CAPABILITY", answer).start().await;
    let error = open(&server).await.unwrap_err();
    assert!(matches!(error, MailboxError::Unsupported(_)), "{error:?}");
    assert_eq!(server.count("LOGIN"), 0);
}

#[tokio::test]
async fn err_line_breaks_in_settings_never_reach_the_server() {
    let server = Script::sound().start().await;
    let evil = "x\r\nG9 DELETE INBOX".to_owned();
    let plain = settings(&server);
    for settings in [
        Settings {
            user: evil.clone(),
            ..plain.clone()
        },
        Settings {
            folder: evil.clone(),
            ..plain.clone()
        },
        Settings {
            done: evil.clone(),
            ..plain.clone()
        },
        Settings {
            secret: SecretSource::Command(vec!["echo".to_owned(), evil.clone()]),
            ..plain
        },
    ] {
        mailbox::open(&mailbox::Settings::Imap(settings))
            .await
            .unwrap_err();
    }
    assert_eq!(server.count("DELETE"), 0);
}

#[tokio::test]
async fn a_server_that_tells_no_uidvalidity_has_epoch_zero() {
    let answer = Answer::Say("* 2 EXISTS\r\n%T OK [READ-WRITE]\r\n".to_owned());
    let server = Script::sound().rule("SELECT", answer).start().await;
    assert_eq!(open(&server).await.unwrap().epoch(), 0);
}

#[tokio::test]
async fn a_read_only_folder_is_read_and_nothing_is_moved() {
    let answer = Answer::Say(
        "* 2 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n%T OK [READ-ONLY] look, do not touch\r\n".to_owned(),
    );
    let server = Script::sound().rule("SELECT", answer).start().await;
    assert_eq!(journey(&server).await.unwrap(), Acknowledged::Stays);
    assert_eq!(server.count("UID MOVE"), 0);
}

#[tokio::test]
async fn a_full_shelf_leaves_the_letter_and_the_session() {
    let answer = Answer::Say("%T NO [OVERQUOTA] full\r\n".to_owned());
    let server = Script::sound()
        .rule_times("UID MOVE", answer, 1)
        .start()
        .await;
    let mut mailbox = open(&server).await.unwrap();
    let first = mailbox.acknowledge(&[uid(10)], Shelf::Done).await;
    assert_eq!(first.unwrap(), Acknowledged::Declined);
    assert_eq!(mailbox.list().await.unwrap().len(), 2);
    let second = mailbox.acknowledge(&[uid(10)], Shelf::Done).await;
    assert_eq!(second.unwrap(), Acknowledged::Moved);
}

#[tokio::test]
async fn a_refused_removal_is_tried_again_without_a_second_copy() {
    let no = || Answer::Say("%T NO [INUSE] later\r\n".to_owned());
    // The shelf holds neither letter: what the fallback looks up there is not found.
    let server = Script::sound()
        .without("MOVE")
        .rule(
            "UID SEARCH",
            Answer::Say("* SEARCH\r\n%T OK\r\n".to_owned()),
        )
        .rule_times("UID STORE", no(), 1)
        .rule_times("UID EXPUNGE", no(), 1)
        .start()
        .await;
    let mut mailbox = open(&server).await.unwrap();
    for expected in [
        Acknowledged::Declined,
        Acknowledged::Declined,
        Acknowledged::Moved,
    ] {
        let done = mailbox.acknowledge(&[uid(10)], Shelf::Done).await;
        assert_eq!(done.unwrap(), expected);
    }
    assert_eq!(server.count("UID COPY 10 "), 1);
    assert_eq!(server.count("UID EXPUNGE 10"), 2);
    let heard = server.heard();
    let last = |verb: &str| heard.iter().rposition(|line| line.starts_with(verb));
    assert!(last("UID COPY") < last("UID STORE 10 +FLAGS.SILENT (\\Deleted)"));
    assert!(last("UID STORE") < last("UID EXPUNGE"));
    assert_eq!(server.count("EXPUNGE") + server.count("CLOSE"), 0);
}

#[tokio::test]
async fn idle_counts_still_here_as_no_news_and_an_end_as_an_end() {
    let chat = Answer::Say("+ idling\r\n* OK Still here\r\n* OK Still here\r\n".to_owned());
    let server = Script::sound().rule("IDLE", chat).start().await;
    let mut mailbox = open(&server).await.unwrap();
    mailbox.list().await.unwrap();
    let begun = Instant::now();
    let news = mailbox.wait(Duration::from_millis(200)).await.unwrap();
    assert_eq!(news, News::Quiet);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    for (said, closes) in [
        ("+ idling\r\n", true),
        ("+ idling\r\n* BYE idle for too long\r\n", false),
        ("+ idling\r\n%T OK over\r\n", false),
    ] {
        let answer = if closes {
            Answer::SayAndClose(said.to_owned())
        } else {
            Answer::SayAndHang(said.to_owned())
        };
        let server = Script::sound().rule("IDLE", answer).start().await;
        let mut mailbox = open(&server).await.unwrap();
        mailbox.list().await.unwrap();
        let ended = mailbox.wait(Duration::from_secs(5)).await;
        assert!(
            matches!(
                ended,
                Err(MailboxError::Closed { .. } | MailboxError::Protocol { .. })
            ),
            "{said}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn news_that_ride_on_another_answer_are_kept_until_asked_for() {
    let server = Script::sound()
        .rule(
            "UID MOVE",
            Answer::Say("* 5 EXISTS\r\n%T OK\r\n".to_owned()),
        )
        .start()
        .await;
    let mut mailbox = open(&server).await.unwrap();
    mailbox.list().await.unwrap();
    mailbox.acknowledge(&[uid(10)], Shelf::Done).await.unwrap();
    let begun = Instant::now();
    let news = mailbox.wait(Duration::from_secs(5)).await.unwrap();
    assert_eq!(news, News::Arrived);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn err_a_session_dropped_in_mid_command_is_not_used_again() {
    let server = Script::sound()
        .rule("UID MOVE", Answer::SayAndHang(String::new()))
        .start()
        .await;
    let mut mailbox = open(&server).await.unwrap();
    let move_ = [uid(10)];
    let moving = mailbox.acknowledge(&move_, Shelf::Done);
    let dropped = tokio::time::timeout(Duration::from_millis(50), moving).await;
    assert!(dropped.is_err());
    let after = mailbox.list().await;
    assert!(matches!(after, Err(MailboxError::Interrupted)), "{after:?}");
}
