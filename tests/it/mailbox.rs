//! The mailbox against a real Dovecot.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use guichet::connection::SecretSource;
use guichet::mailbox::imap::{Auth, Roots, Security, Settings};
use guichet::mailbox::{
    self, Acknowledged, Listed, Mailbox, MailboxError, News, Shelf, Uid, portions,
};

use crate::certificates::Certificates;
use crate::dovecot::{Dovecot, Options};

/// Settings for implicit TLS with a password file beside the server.
fn settings(server: &Dovecot) -> Settings {
    let file = server.dir().join("secret");
    std::fs::write(&file, format!("{}\n", server.password())).unwrap();
    Settings {
        host: "localhost".to_owned(),
        port: server.imaps_port(),
        security: Security::ImplicitTls,
        roots: Roots::File(server.ca_file()),
        user: server.user().to_owned(),
        auth: Auth::Login,
        secret: SecretSource::File(file),
        folder: "INBOX".to_owned(),
        done: "Guichet/Done".to_owned(),
        held: "Guichet/Held".to_owned(),
        idle: true,
        poll: Duration::from_millis(100),
        step: Duration::from_secs(10),
    }
}

async fn open(settings: &Settings) -> Result<Mailbox, MailboxError> {
    mailbox::open(&mailbox::Settings::Imap(settings.clone())).await
}

async fn refused(settings: &Settings) -> MailboxError {
    match open(settings).await {
        Ok(_) => panic!("the mailbox was opened"),
        Err(error) => error,
    }
}

fn letter(number: usize) -> Vec<u8> {
    format!(
        "From: a{number}@example.org\r\nSubject: letter {number}\r\n\
         Message-ID: <{number}@example.org>\r\n\r\nBody of {number}, byte for byte: \
         caf\u{e9} {{12}}\r\n)\r\nG1 OK\r\n"
    )
    .into_bytes()
}

fn letters(count: usize) -> Vec<Vec<u8>> {
    (1..=count).map(letter).collect()
}

fn uids(listed: &[Listed]) -> Vec<Uid> {
    listed.iter().map(|letter| letter.uid.clone()).collect()
}

async fn raw(mailbox: &mut Mailbox, uids: &[Uid]) -> Vec<Vec<u8>> {
    let fetched = mailbox.fetch(uids).await.unwrap();
    fetched.into_iter().map(|letter| letter.raw).collect()
}

#[tokio::test]
async fn letters_come_as_they_are_and_stay_unseen() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(3));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = mailbox.list().await.unwrap();
    assert_eq!(listed.len(), 3);
    assert!(mailbox.epoch() > 0);
    for (listed, letter) in listed.iter().zip(letters(3)) {
        assert_eq!(listed.size, letter.len() as u64);
        let age = jiff::Timestamp::now().duration_since(listed.received_at);
        assert!(age.as_secs().abs() < 60, "{age}");
    }
    assert_eq!(raw(&mut mailbox, &uids(&listed)).await, letters(3));
    let mut other = server.client();
    other.run("EXAMINE INBOX");
    let flags = other.lines("FETCH 1:* (FLAGS)");
    assert!(!flags.iter().any(|line| line.contains("Seen")), "{flags:?}");
    mailbox.close().await;
}

#[tokio::test]
async fn letters_marked_as_seen_by_people_are_listed_all_the_same() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(2));
    let mut other = server.client();
    other.run("SELECT INBOX");
    other.run("STORE 1:* +FLAGS (\\Seen)");
    let mut mailbox = open(&settings(&server)).await.unwrap();
    assert_eq!(mailbox.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_way_in_works() {
    let server = Dovecot::start_with(Options {
        password: "pa\"ss\\w\u{f6}rd \u{20ac}",
        ..Options::default()
    });
    server.append("INBOX", &letters(1));
    let token = server.dir().join("token");
    std::fs::write(&token, server.token(600)).unwrap();
    for security in [
        Security::ImplicitTls,
        Security::StartTls,
        Security::PlainLoopback,
    ] {
        for auth in [Auth::Login, Auth::Plain, Auth::XOAuth2] {
            let mut settings = settings(&server);
            settings.security = security;
            settings.auth = auth;
            if security != Security::ImplicitTls {
                settings.port = server.imap_port();
            }
            if auth == Auth::XOAuth2 {
                settings.secret = SecretSource::File(token.clone());
            }
            let mut mailbox = open(&settings)
                .await
                .unwrap_or_else(|error| panic!("{security:?} {auth:?}: {error:?}"));
            assert_eq!(mailbox.list().await.unwrap().len(), 1);
            mailbox.close().await;
        }
    }
}

#[tokio::test]
async fn a_login_without_initial_response_works_too() {
    let server = Dovecot::start_with(Options {
        without: &["SASL-IR"],
        ..Options::default()
    });
    let mut settings = settings(&server);
    settings.auth = Auth::Plain;
    open(&settings).await.unwrap().close().await;
    std::fs::write(server.dir().join("secret"), server.token(600)).unwrap();
    settings.auth = Auth::XOAuth2;
    open(&settings).await.unwrap().close().await;
}

#[tokio::test]
async fn err_a_wrong_password_is_a_refusal_and_a_new_one_is_read_at_once() {
    let mut server = Dovecot::start();
    let settings = settings(&server);
    server.set_password("changed");
    let error = refused(&settings).await;
    assert!(error.is_refusal(), "{error:?}");
    for auth in [Auth::Plain, Auth::Login] {
        let error = refused(&Settings {
            auth,
            ..settings.clone()
        })
        .await;
        assert!(error.is_refusal(), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("correct horse"), "{shown}");
    }
    std::fs::write(server.dir().join("secret"), "changed\n").unwrap();
    open(&settings).await.unwrap();
}

#[tokio::test]
async fn err_an_expired_token_is_a_refusal_and_a_fresh_one_is_read_at_once() {
    let server = Dovecot::start();
    let mut settings = settings(&server);
    let file = server.dir().join("token");
    settings.auth = Auth::XOAuth2;
    settings.secret = SecretSource::Command(vec!["cat".into(), file.display().to_string()]);
    std::fs::write(&file, server.token(-600)).unwrap();
    let error = refused(&settings).await;
    assert!(error.is_refusal(), "{error:?}");
    std::fs::write(&file, server.token(600)).unwrap();
    open(&settings).await.unwrap();
}

#[tokio::test]
async fn err_a_certificate_of_an_unknown_authority() {
    let server = Dovecot::start();
    let elsewhere = tempfile::tempdir_in("/tmp").unwrap();
    let stranger = Certificates::make(elsewhere.path(), &["localhost"]);
    for security in [Security::ImplicitTls, Security::StartTls] {
        let mut settings = settings(&server);
        settings.security = security;
        if security == Security::StartTls {
            settings.port = server.imap_port();
        }
        settings.roots = Roots::File(stranger.ca.clone());
        let error = refused(&settings).await;
        assert!(matches!(error, MailboxError::Tls(_)), "{error:?}");
        settings.roots = Roots::File(PathBuf::from("/nonexistent.pem"));
        let error = refused(&settings).await;
        assert!(matches!(error, MailboxError::Tls(_)), "{error:?}");
    }
    assert!(!server.heard().iter().any(|line| line.contains("SELECT")));
}

#[tokio::test]
async fn err_a_certificate_for_another_host() {
    let server = Dovecot::start_with(Options {
        names: &["mail.example.org"],
        ..Options::default()
    });
    let error = refused(&settings(&server)).await;
    assert!(matches!(error, MailboxError::Tls(_)), "{error:?}");
}

#[tokio::test]
async fn err_clear_text_to_another_machine_before_a_byte_is_sent() {
    let server = Dovecot::start();
    let mut settings = settings(&server);
    settings.security = Security::PlainLoopback;
    // A documentation address (RFC 5737): were it tried, the test would time out.
    settings.host = "192.0.2.1".to_owned();
    settings.port = 143;
    let begun = Instant::now();
    let error = refused(&settings).await;
    assert!(matches!(error, MailboxError::Insecure(_)), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn err_nobody_listens() {
    let server = Dovecot::start();
    let mut settings = settings(&server);
    // Bound, so that nobody else takes it, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    settings.host = "127.0.0.1".to_owned();
    settings.port = socket.local_addr().unwrap().port();
    let error = refused(&settings).await;
    assert!(matches!(error, MailboxError::Unreachable(_)), "{error:?}");
    assert!(!error.is_refusal());
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_wakes_within_a_second() {
    let server = Dovecot::start();
    let mut mailbox = open(&settings(&server)).await.unwrap();
    mailbox.list().await.unwrap();
    let arrival = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| server.append("INBOX", &letters(1)));
        Instant::now()
    };
    let waiting = async {
        let news = mailbox.wait(Duration::from_secs(20)).await.unwrap();
        (news, Instant::now())
    };
    let (arrived, (news, woken)) = tokio::join!(arrival, waiting);
    assert_eq!(news, News::Arrived);
    let late = woken.saturating_duration_since(arrived);
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert_eq!(mailbox.list().await.unwrap().len(), 1);
    let begun = Instant::now();
    let news = mailbox.wait(Duration::from_millis(300)).await.unwrap();
    assert_eq!(news, News::Quiet);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn polling_sees_what_idle_would() {
    let server = Dovecot::start_with(Options {
        without: &["IDLE"],
        ..Options::default()
    });
    let mut mailbox = open(&settings(&server)).await.unwrap();
    mailbox.list().await.unwrap();
    assert_eq!(
        mailbox.wait(Duration::from_millis(250)).await.unwrap(),
        News::Quiet
    );
    server.append("INBOX", &letters(1));
    assert_eq!(
        mailbox.wait(Duration::from_secs(10)).await.unwrap(),
        News::Arrived
    );
    assert!(!server.heard().iter().any(|line| line.contains("IDLE")));
}

#[tokio::test]
async fn a_dropped_wait_leaves_a_sound_session_and_loses_no_news() {
    let server = Dovecot::start();
    let mut mailbox = open(&settings(&server)).await.unwrap();
    mailbox.list().await.unwrap();
    for round in 1..=3 {
        let waiting = mailbox.wait(Duration::from_secs(20));
        let dropped = tokio::time::timeout(Duration::from_millis(300), waiting).await;
        assert!(dropped.is_err(), "news without letters");
        server.append("INBOX", &letters(1));
        assert_eq!(
            mailbox.wait(Duration::from_secs(20)).await.unwrap(),
            News::Arrived
        );
        assert_eq!(mailbox.list().await.unwrap().len(), round);
    }
}

/// A letter that another mail program has marked for deletion and not yet expunged.
fn mark_as_deleted(server: &Dovecot, sequence: &str) {
    let mut other = server.client();
    other.run("SELECT INBOX");
    other.run(&format!("STORE {sequence} +FLAGS (\\Deleted)"));
}

fn sorted(mut letters: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    letters.sort();
    letters
}

#[tokio::test]
async fn move_puts_letters_on_their_shelf_and_leaves_the_others() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(4));
    mark_as_deleted(&server, "4");
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let done = mailbox.acknowledge(&listed[..2], Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    let held = mailbox.acknowledge(&listed[2..3], Shelf::Held).await;
    assert_eq!(held.unwrap(), Acknowledged::Moved);
    assert_eq!(server.messages("Guichet/Done"), letters(2));
    assert_eq!(server.messages("Guichet/Held"), vec![letter(3)]);
    assert_eq!(server.messages("INBOX"), vec![letter(4)]);
    assert_eq!(uids(&mailbox.list().await.unwrap()), listed[3..]);
    // Once more: the letters are gone, and that is what was asked for.
    let again = mailbox.acknowledge(&listed[..3], Shelf::Done).await;
    assert_eq!(again.unwrap(), Acknowledged::Moved);
    assert_eq!(server.count("Guichet/Done"), 2);
}

#[tokio::test]
async fn without_move_letters_are_copied_and_only_they_are_expunged() {
    let server = Dovecot::start_with(Options {
        without: &["MOVE"],
        ..Options::default()
    });
    server.append("INBOX", &letters(4));
    mark_as_deleted(&server, "4");
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let done = mailbox.acknowledge(&listed[..3], Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    assert_eq!(server.messages("Guichet/Done"), letters(3));
    assert_eq!(server.messages("INBOX"), vec![letter(4)]);
    mailbox.close().await;
    let heard = server.heard();
    let said = |what: &str| heard.iter().any(|line| line.contains(what));
    assert!(said("UID COPY 1:3") && said("UID EXPUNGE 1:3"), "{heard:?}");
    assert!(!said("MOVE") && !said("CLOSE"), "{heard:?}");
    let bare = heard
        .iter()
        .any(|line| line.contains("EXPUNGE") && !line.contains("UID EXPUNGE"));
    assert!(!bare, "{heard:?}");
}

#[tokio::test]
async fn a_copy_left_by_an_earlier_session_is_not_made_twice() {
    let server = Dovecot::start_with(Options {
        without: &["MOVE"],
        ..Options::default()
    });
    server.append("INBOX", &letters(3));
    open(&settings(&server)).await.unwrap().close().await;
    // An earlier session ended after COPY of two letters.
    let mut other = server.client();
    other.run("SELECT INBOX");
    other.run("COPY 1:2 Guichet/Done");
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let done = mailbox.acknowledge(&listed, Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    assert_eq!(sorted(server.messages("Guichet/Done")), letters(3));
    assert_eq!(server.count("INBOX"), 0);
}

#[tokio::test]
async fn with_neither_move_nor_uidplus_letters_stay() {
    let server = Dovecot::start_with(Options {
        without: &["MOVE", "UIDPLUS"],
        ..Options::default()
    });
    server.append("INBOX", &letters(2));
    mark_as_deleted(&server, "2");
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let done = mailbox.acknowledge(&listed, Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Stays);
    mailbox.close().await;
    assert_eq!(server.messages("INBOX"), letters(2));
    assert_eq!(server.count("Guichet/Done"), 0);
    let heard = server.heard();
    let forbidden = ["EXPUNGE", "CLOSE", "MOVE", "COPY", "G5 STORE"];
    let said = |what: &&str| heard.iter().any(|line| line.contains(*what));
    assert!(!forbidden.iter().any(said), "{heard:?}");
}

#[tokio::test]
async fn a_shelf_that_people_delete_is_made_again() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(1));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    server.client().run("DELETE Guichet/Done");
    let done = mailbox.acknowledge(&listed, Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    assert_eq!(server.messages("Guichet/Done"), letters(1));
    let subscribed = server.client().lines("LSUB \"\" \"*\"");
    assert!(
        subscribed.iter().any(|line| line.contains("Guichet/Done")),
        "{subscribed:?}"
    );
}

#[tokio::test]
async fn another_uidvalidity_is_another_epoch() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(1));
    let mailbox = open(&settings(&server)).await.unwrap();
    let before = mailbox.epoch();
    mailbox.close().await;
    server.set_uidvalidity(99);
    let mailbox = open(&settings(&server)).await.unwrap();
    assert_ne!(before, 99);
    assert_eq!(mailbox.epoch(), 99);
}

#[tokio::test]
async fn err_the_epoch_changes_while_a_shelf_is_looked_at() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(1));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    mailbox.shelved(Shelf::Done, None).await.unwrap();
    server.set_uidvalidity(4_000_000_000);
    let error = mailbox.list().await.unwrap_err();
    assert!(matches!(error, MailboxError::EpochChanged), "{error:?}");
}

#[tokio::test]
async fn err_a_restart_of_the_server_ends_idle_at_once() {
    let mut server = Dovecot::start();
    let settings = settings(&server);
    let mut mailbox = open(&settings).await.unwrap();
    mailbox.list().await.unwrap();
    let waiting = tokio::spawn(async move {
        let ended = mailbox.wait(Duration::from_secs(30)).await;
        (ended, mailbox)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.restart();
    let begun = Instant::now();
    let (ended, mut mailbox) = waiting.await.unwrap();
    assert!(
        matches!(ended, Err(MailboxError::Closed { .. })),
        "{ended:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(2));
    let after = mailbox.list().await;
    assert!(matches!(after, Err(MailboxError::Interrupted)), "{after:?}");
    server.append("INBOX", &letters(1));
    let mut mailbox = open(&settings).await.unwrap();
    assert_eq!(mailbox.list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn err_a_restart_in_mid_fetch_gives_no_part_of_the_letters() {
    let mut server = Dovecot::start();
    let big: Vec<Vec<u8>> = (0..60)
        .map(|_| {
            let mut letter = letter(1);
            letter.extend(b"0123456789abcdef0123456789abcdef\r\n".repeat(60_000));
            letter
        })
        .collect();
    server.append("INBOX", &big);
    let settings = settings(&server);
    let mut mailbox = open(&settings).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let fetching = tokio::spawn(async move { mailbox.fetch(&listed).await });
    tokio::time::sleep(Duration::from_millis(60)).await;
    server.stop();
    let ended = fetching.await.unwrap();
    assert!(
        matches!(ended, Err(MailboxError::Closed { .. })),
        "{:?}",
        ended.map(|letters| letters.len())
    );
    server.restart();
    let mut mailbox = open(&settings).await.unwrap();
    assert_eq!(mailbox.list().await.unwrap().len(), 60);
}

#[tokio::test]
async fn a_letter_moved_away_by_others_is_simply_absent() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(3));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    let mut other = server.client();
    other.run("SELECT INBOX");
    other.run("MOVE 2 Guichet/Held");
    assert_eq!(raw(&mut mailbox, &listed).await, vec![letter(1), letter(3)]);
    let gone = mailbox.fetch(&listed[1..2]).await.unwrap();
    assert!(gone.is_empty());
    assert!(mailbox.fetch_head(&listed[1], 10).await.unwrap().is_none());
    let done = mailbox.acknowledge(&listed, Shelf::Done).await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    assert_eq!(server.count("Guichet/Done"), 2);
    assert_eq!(server.count("Guichet/Held"), 1);
}

#[tokio::test]
async fn two_thousand_letters_in_one_go() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(2_000));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let listed = mailbox.list().await.unwrap();
    assert_eq!(listed.len(), 2_000);
    let mut fetched = Vec::new();
    for portion in portions(&listed, 200, 1_000_000) {
        fetched.extend(raw(&mut mailbox, &uids(portion)).await);
    }
    assert_eq!(fetched, letters(2_000));
    // Every other letter: sets that are no ranges, longer than one command.
    let (odd, even): (Vec<_>, Vec<_>) = listed.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    for half in [odd, even] {
        let half: Vec<Uid> = half.into_iter().map(|(_, one)| one.uid.clone()).collect();
        let done = mailbox.acknowledge(&half, Shelf::Done).await;
        assert_eq!(done.unwrap(), Acknowledged::Moved);
    }
    assert_eq!(mailbox.list().await.unwrap(), vec![]);
    assert_eq!(server.count("INBOX"), 0);
    assert_eq!(
        sorted(server.messages("Guichet/Done")),
        sorted(letters(2_000))
    );
}

#[tokio::test]
async fn folder_names_follow_the_servers_namespace_and_alphabet() {
    let server = Dovecot::start_with(Options {
        separator: '.',
        prefix: "INBOX.",
        ..Options::default()
    });
    server.client().run("CREATE \"INBOX.Bo&AO4-te &- aide\"");
    server.append("INBOX.Bo&AO4-te &- aide", &letters(2));
    let mut settings = settings(&server);
    settings.folder = "Bo\u{ee}te & aide".to_owned();
    settings.done = "Guichet/R\u{e9}gl\u{e9}".to_owned();
    settings.held = "Guichet/\u{e0} \"voir\" 100%".to_owned();
    let mut mailbox = open(&settings).await.unwrap();
    let listed = uids(&mailbox.list().await.unwrap());
    assert_eq!(listed.len(), 2);
    mailbox
        .acknowledge(&listed[..1], Shelf::Done)
        .await
        .unwrap();
    mailbox
        .acknowledge(&listed[1..], Shelf::Held)
        .await
        .unwrap();
    assert_eq!(server.messages("INBOX.Guichet.R&AOk-gl&AOk-"), letters(1));
    assert_eq!(
        server.messages("INBOX.Guichet.&AOA- \\\"voir\\\" 100%"),
        vec![letter(2)]
    );
    // The second session finds the folders as they are.
    mailbox.close().await;
    let mut mailbox = open(&settings).await.unwrap();
    assert_eq!(mailbox.shelved(Shelf::Held, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn err_a_watched_folder_that_does_not_exist_is_not_made() {
    let server = Dovecot::start();
    let mut settings = settings(&server);
    settings.folder = "Nowhere".to_owned();
    let error = refused(&settings).await;
    assert!(
        matches!(error, MailboxError::FolderMissing("folder")),
        "{error:?}"
    );
    let folders = server.client().lines("LIST \"\" \"*\"");
    assert!(!folders.iter().any(|line| line.contains("Nowhere")));
}

#[tokio::test]
async fn a_shelf_is_listed_and_fetched_from_a_day_on() {
    let server = Dovecot::start();
    server.append("INBOX", &letters(2));
    let mut mailbox = open(&settings(&server)).await.unwrap();
    let mut other = server.client();
    let old = letter(7);
    other.run(&format!(
        "APPEND Guichet/Done \"02-Jan-2020 03:04:05 +0100\" {{{}+}}\r\n{}",
        old.len(),
        String::from_utf8(old.clone()).unwrap()
    ));
    let listed = uids(&mailbox.list().await.unwrap());
    mailbox.acknowledge(&listed, Shelf::Done).await.unwrap();
    let all = mailbox.shelved(Shelf::Done, None).await.unwrap();
    assert_eq!(all.len(), 3);
    let january: jiff::Timestamp = "2020-01-02T02:04:05Z".parse().unwrap();
    assert_eq!(all[0].received_at, january);
    for (since, count) in [
        (january, 3),
        (january + jiff::SignedDuration::from_secs(1), 2),
        (jiff::Timestamp::UNIX_EPOCH, 3),
        (
            jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1),
            0,
        ),
    ] {
        let found = mailbox.shelved(Shelf::Done, Some(since)).await.unwrap();
        assert_eq!(found.len(), count, "{since}");
    }
    let read = mailbox
        .fetch_shelved(Shelf::Done, &uids(&all))
        .await
        .unwrap();
    assert_eq!(read[0].raw, old);
    // Back home: the watched folder is empty and still watched.
    assert_eq!(mailbox.list().await.unwrap(), vec![]);
    server.append("INBOX", &letters(1));
    let news = mailbox.wait(Duration::from_secs(10)).await.unwrap();
    assert_eq!(news, News::Arrived);
}

#[tokio::test]
async fn an_oversized_letter_is_listed_refused_whole_and_read_in_part() {
    let server = Dovecot::start();
    let mut big = letter(1);
    big.resize(26 * 1024 * 1024, b'x');
    server.append("INBOX", &[big.clone(), letter(2)]);
    let settings = settings(&server);
    let mut mailbox = open(&settings).await.unwrap();
    let listed = mailbox.list().await.unwrap();
    assert_eq!(listed[0].size, big.len() as u64);
    let head = mailbox.fetch_head(&listed[0].uid, 1_000).await.unwrap();
    assert_eq!(head.unwrap().raw, big[..1_000]);
    let whole = mailbox.fetch(&uids(&listed)).await.unwrap_err();
    let MailboxError::TooLarge { uid, bytes } = whole else {
        panic!("{whole:?}");
    };
    assert_eq!(
        (uid.as_ref(), bytes),
        (Some(&listed[0].uid), big.len() as u64)
    );
    let mut mailbox = open(&settings).await.unwrap();
    assert_eq!(
        raw(&mut mailbox, &[listed[1].uid.clone()]).await,
        vec![letter(2)]
    );
    let held = mailbox
        .acknowledge(&[listed[0].uid.clone()], Shelf::Held)
        .await;
    assert_eq!(held.unwrap(), Acknowledged::Moved);
    assert_eq!(server.count("Guichet/Held"), 1);
}

#[tokio::test]
async fn settings_never_show_a_secret() {
    let server = Dovecot::start();
    let shown = format!("{:?}", mailbox::Settings::Imap(settings(&server)));
    assert!(!shown.contains(server.password()), "{shown}");
    let mailbox = open(&settings(&server)).await.unwrap();
    let shown = format!("{mailbox:?}");
    assert!(!shown.contains(server.password()));
}
