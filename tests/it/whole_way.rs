//! The whole way, from a real IMAP server through the real program to a mail server.

use std::fs;
use std::time::{Duration, Instant};

use mail_parser::{Message, MessageParser};

use crate::auditor::Injected;
use crate::dovecot::{Dovecot, Options};
use crate::gateway_process::{ADDRESS, Gateway, Site};
use crate::post::{
    CLAIRE, REMI, again, assert_clean, automatic, copies, imap_at, imap_shelves, letter,
    maildir_shelves, refused, request, unreadable,
};
use crate::smtp_script::{Accepted, Act, Script, SmtpScript, Verb};

/// A server, a gateway that watches it, and where its answers go.
struct House {
    server: Dovecot,
    sink: SmtpScript,
    site: Site,
    ledger: Vec<Injected>,
}

impl House {
    fn new() -> Self {
        Self::with(Options::default(), Script::default())
    }

    fn with(options: Options, script: Script) -> Self {
        let server = Dovecot::start_with(options);
        let sink = SmtpScript::start(script);
        let mut site = Site::new();
        site.watch_imap("support", &imap_at(&server));
        site.send_smtp(sink.port());
        Self {
            server,
            sink,
            site,
            ledger: Vec::new(),
        }
    }

    /// Puts letters into INBOX and the ledger.
    fn post(&mut self, letters: &[(Vec<u8>, &'static str)]) {
        let raw: Vec<Vec<u8>> = letters.iter().map(|(raw, _)| raw.clone()).collect();
        self.server.append("INBOX", &raw);
        self.note(letters);
    }

    fn note(&mut self, letters: &[(Vec<u8>, &'static str)]) {
        let injected = letters
            .iter()
            .map(|(raw, becomes)| Injected::new("support", raw, becomes));
        self.ledger.extend(injected);
    }

    fn start(&self) -> Gateway {
        let gateway = self.site.start();
        gateway.wait_ready();
        gateway
    }

    /// Waits until all letters of the ledger are through and answered.
    fn settle(&self) {
        let listings = self.ledger.iter().map(|letter| letter.listings).sum();
        self.site.wait_shelved(listings);
    }

    fn assert_clean(&self) {
        let shelves = [imap_shelves("support", &self.server)];
        assert_clean(&self.site, &self.ledger, &shelves, &copies(&self.sink));
    }

    fn status(&self, ticket: i64) -> String {
        self.site
            .texts(&format!(
                "SELECT status FROM ticket WHERE number = {ticket}"
            ))
            .join("")
    }
}

fn parsed(letter: &Accepted) -> Message<'_> {
    MessageParser::default().parse(&letter.bytes).unwrap()
}

fn to<'a>(letters: &'a [Accepted], recipient: &str) -> Vec<&'a Accepted> {
    letters
        .iter()
        .filter(|letter| letter.recipients == [recipient])
        .collect()
}

#[test]
fn a_request_is_acknowledged_and_a_refusal_says_clause_and_evidence() {
    let mut house = House::new();
    house.post(&[
        (request(1), "ticket"),
        (refused(1), "ticket"),
        (automatic(1), "automatic"),
        (again(&request(1)), "duplicate"),
        (unreadable(1), "held"),
    ]);
    let mut gateway = house.start();
    house.settle();
    assert!(gateway.terminate().success());
    house.assert_clean();

    let taken = house.sink.accepted();
    assert_eq!(taken.len(), 2);
    let acknowledgement = parsed(to(&taken, CLAIRE)[0]);
    assert_eq!(acknowledgement.subject(), Some("[Support #1] Panne 1"));
    assert_eq!(
        acknowledgement.in_reply_to().as_text(),
        Some("new1@univ.example")
    );
    let refusal = parsed(to(&taken, REMI)[0]);
    assert_eq!(refusal.subject(), Some("[Support #2] Portable 1"));
    let text = refusal.body_text(0).unwrap();
    assert!(text.contains("(clause E1)"), "{text}");
    assert!(text.contains("2026-00233"), "{text}");
    assert!(!text.contains("{{"), "{text}");
    assert_eq!(house.status(2), "refused");
}

#[test]
fn a_reply_to_a_refusal_contests_it_and_is_not_answered() {
    let mut house = House::new();
    house.post(&[(refused(1), "ticket")]);
    let _gateway = house.start();
    house.settle();
    let refusal = house.sink.accepted()[0].message_id.clone().unwrap();
    let reply = letter(
        "reply1",
        REMI,
        "Re: Portable 1",
        &format!("In-Reply-To: {refusal}\r\nReferences: {refusal}\r\n"),
        "Si, c'est un appareil du service.",
    );
    // Somebody who takes no part cannot contest it.
    let stranger = letter(
        "reply2",
        CLAIRE,
        "Re: [Support #1] Portable 1",
        &format!("In-Reply-To: {refusal}\r\n"),
        "Bonjour, l'imprimante du 2e est en panne.",
    );
    house.post(&[(reply, "follow_up"), (stranger, "ticket")]);
    house.settle();
    house.assert_clean();
    assert_eq!(house.status(1), "contested");
    let taken = house.sink.accepted();
    assert_eq!(to(&taken, REMI).len(), 1);
    assert_eq!(to(&taken, CLAIRE).len(), 1);
}

#[test]
fn one_daemon_watches_several_mailboxes_and_takes_piped_letters() {
    let (first, second) = (Dovecot::start(), Dovecot::start());
    let sink = SmtpScript::start(Script::default());
    let mut site = Site::new();
    site.watch_imap("first", &imap_at(&first));
    site.watch_imap("second", &imap_at(&second));
    let desk = site.watch_maildir("desk");
    site.send_smtp(sink.port());
    // Before the first start: the letter waits in the store's own folder.
    assert_eq!(
        site.command(&["inject"], &request(4)).status.code(),
        Some(0)
    );
    let mut gateway = site.start();
    gateway.wait_ready();
    first.append("INBOX", &[request(1)]);
    second.append("INBOX", &[request(2), again(&request(1))]);
    guichet::mailbox::maildir::deliver(&desk, &request(3)).unwrap();
    assert_eq!(
        site.command(&["inject"], &request(5)).status.code(),
        Some(0)
    );
    site.wait_shelved(6);
    assert!(gateway.terminate().success());
    let mut ledger = vec![
        Injected::new("first", &request(1), "ticket"),
        Injected::new("second", &request(2), "ticket"),
        Injected::new("second", &again(&request(1)), "duplicate"),
        Injected::new("desk", &request(3), "ticket"),
        Injected::new("inject", &request(4), "ticket"),
        Injected::new("inject", &request(5), "ticket"),
    ];
    // Whichever of the two deliveries was seen first is the letter.
    for letter in &mut ledger[..3] {
        if letter.raw != request(2) {
            letter.becomes = None;
        }
    }
    let shelves = [
        imap_shelves("first", &first),
        imap_shelves("second", &second),
        maildir_shelves("desk", &desk),
        maildir_shelves("inject", &site.store().join("inject")),
    ];
    assert_clean(&site, &ledger, &shelves, &copies(&sink));
    assert_eq!(sink.count(), 5);
    assert_eq!(site.ask("SELECT count(*) FROM ticket"), Some(5));
}

#[test]
fn a_piped_letter_stays_with_the_mail_server_if_it_cannot_be_kept() {
    let mut site = Site::new();
    site.send_maildir();
    assert_eq!(
        site.command(&["inject"], &request(1)).status.code(),
        Some(75),
        "no mailbox is configured"
    );
    site.watch_maildir("desk");
    assert_eq!(site.command(&["inject"], b"").status.code(), Some(75));
    assert_eq!(
        site.command(&["inject"], &request(1)).status.code(),
        Some(0)
    );
}

#[test]
fn a_letter_that_arrives_is_acknowledged_at_once() {
    let mut house = House::new();
    let gateway = house.start();
    gateway.wait_logged("mailbox open mailbox=\"support\"");
    // Until the server is known to be idling with the gateway.
    house.post(&[(request(1), "ticket")]);
    house.settle();
    house.site.wait("IDLE", || {
        house
            .server
            .heard()
            .iter()
            .any(|line| line.ends_with("IDLE"))
    });
    std::thread::sleep(Duration::from_millis(300));
    let since = Instant::now();
    house.post(&[(request(2), "ticket")]);
    while house.sink.count() < 2 {
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "{}",
            house.site.log()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("from arrival to acknowledgement: {:?}", since.elapsed());
    house.settle();
    house.assert_clean();
}

#[test]
fn letters_that_cannot_be_moved_stay_and_are_not_taken_in_again() {
    let mut house = House::with(
        Options {
            without: &["MOVE", "UIDPLUS"],
            ..Options::default()
        },
        Script::default(),
    );
    house.post(&[
        (request(1), "ticket"),
        (refused(1), "ticket"),
        (unreadable(1), "held"),
    ]);
    for _ in 0..3 {
        let mut gateway = house.start();
        house.settle();
        // A later letter shows that the folder was looked through again.
        let n = house.ledger.len();
        house.post(&[(request(n), "ticket")]);
        house.settle();
        assert!(gateway.terminate().success());
    }
    assert_eq!(house.server.count("INBOX"), 6);
    house.assert_clean();
    assert!(
        !house
            .server
            .heard()
            .iter()
            .any(|line| line.contains("EXPUNGE") || line.contains("Deleted")),
        "letters are not to be deleted"
    );
}

#[test]
fn a_new_uidvalidity_brings_no_new_ticket_and_no_second_answer() {
    let mut house = House::with(
        Options {
            without: &["MOVE", "UIDPLUS"],
            ..Options::default()
        },
        Script::default(),
    );
    house.post(&[
        (request(1), "ticket"),
        (refused(1), "ticket"),
        (automatic(1), "automatic"),
        (unreadable(1), "held"),
    ]);
    let mut gateway = house.start();
    house.settle();
    // The folder stays as it is, but all of its letters have other names now.
    house.server.set_uidvalidity(77_777);
    house.server.restart();
    for letter in &mut house.ledger {
        letter.listings = 2;
    }
    house.settle();
    house.post(&[(request(2), "ticket")]);
    house.settle();
    assert!(gateway.terminate().success());
    house.assert_clean();
    assert_eq!(house.sink.count(), 3);
    assert_eq!(house.site.ask("SELECT count(*) FROM ticket"), Some(3));
}

#[test]
fn a_mail_server_that_restarts_is_watched_again() {
    let mut house = House::new();
    let mut gateway = house.start();
    house.post(&[(request(1), "ticket")]);
    house.settle();
    for n in 2..4 {
        house.server.restart();
        house.post(&[(request(n), "ticket")]);
        house.settle();
    }
    assert!(gateway.runs());
    house.assert_clean();
}

#[test]
fn a_mail_server_that_takes_nothing_gets_everything_once_it_takes_something() {
    let script = Script::default().once(Verb::Connect, Act::say_close("421 4.3.2 later"));
    let mut house = House::with(Options::default(), script);
    house.post(&[(request(1), "ticket"), (request(2), "ticket")]);
    let mut gateway = house.start();
    let since = Instant::now();
    house.settle();
    // The letter that met the trouble would have to wait a minute by itself.
    assert!(since.elapsed() < Duration::from_secs(30));
    let retried = house
        .site
        .ask("SELECT count(*) FROM outbox WHERE attempts = 2");
    assert_eq!(retried, Some(1));
    // Taken, but cut off before the server could say so: nobody knows, so it is not hurried.
    house.sink.next(Verb::Dot, Act::Take(Box::new(Act::Close)));
    house.post(&[(request(3), "ticket")]);
    house.site.wait("an answer of unknown fate", || {
        house
            .site
            .ask("SELECT count(*) FROM outbox WHERE state = 'pending' AND phase = 'dot'")
            == Some(1)
    });
    assert!(gateway.terminate().success());
    assert_eq!(house.sink.count(), 3);
    house.assert_clean();
}

#[test]
fn a_letter_that_kills_its_reader_is_held_while_others_flow() {
    let mut house = House::new();
    let mut poison =
        format!("From: <{CLAIRE}>\r\nContent-Type: message/rfc822\r\n\r\n").into_bytes();
    poison.extend(b"Con tent-Type: message/rfc822\r\n\r\n".repeat(200_000));
    let mut large = letter("large", CLAIRE, "Photos", "", "");
    large.extend(
        b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n".repeat(420_000),
    );
    house.post(&[
        (poison.clone(), "held"),
        (request(1), "ticket"),
        (large.clone(), "held"),
        (request(2), "ticket"),
    ]);
    let mut gateway = house.start();
    house.settle();
    house.post(&[(request(3), "ticket")]);
    house.settle();
    assert!(gateway.runs());
    assert!(gateway.terminate().success());
    house.assert_clean();
    let reasons = house.site.texts(
        "SELECT attempts || ' ' || reason FROM letter WHERE disposition = 'held' ORDER BY id",
    );
    assert_eq!(reasons.len(), 2);
    assert_eq!(
        reasons[0],
        "3 poison: 3 starts of reading the letter failed, the last because the worker died of the \
         letter (signal 6)"
    );
    assert!(reasons[1].contains("26880"), "{reasons:?}");
    let held = house.server.messages("Guichet/Held");
    assert_eq!(held.len(), 2);
    assert!(held.contains(&poison) && held.contains(&large));
}

#[test]
fn a_stop_takes_less_than_ten_seconds_also_while_the_mail_server_hangs() {
    let script = Script::default().once(Verb::Dot, Act::Take(Box::new(Act::Hang)));
    let mut house = House::with(Options::default(), script);
    house.post(&[(request(1), "ticket")]);
    let mut gateway = house.start();
    house.site.wait("the dot", || house.sink.count() == 1);
    let since = Instant::now();
    gateway.signal("TERM");
    let ended = gateway.ended(Duration::from_secs(15));
    assert_eq!(ended.code(), Some(0), "{}", house.site.log());
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    let row = house.site.texts("SELECT state || ' ' || phase FROM outbox");
    assert_eq!(row, ["sending dot"]);
    // The next process repeats what nobody can know, once.
    let mut gateway = house.start();
    house.settle();
    assert!(gateway.terminate().success());
    house.assert_clean();
    assert_eq!(house.sink.count(), 2);
}

#[test]
fn a_stop_amid_letters_loses_none() {
    let mut house = House::new();
    let letters: Vec<_> = (0..200).map(|n| (request(n), "ticket")).collect();
    house.post(&letters);
    for pause in [50, 150, 300] {
        let mut gateway = house.start();
        std::thread::sleep(Duration::from_millis(pause));
        let since = Instant::now();
        gateway.signal("TERM");
        assert_eq!(gateway.ended(Duration::from_secs(15)).code(), Some(0));
        assert!(since.elapsed() < Duration::from_secs(10));
        let under_way = house
            .site
            .ask("SELECT count(*) FROM outbox WHERE state = 'sending'");
        assert_eq!(under_way, Some(0), "an orderly stop leaves nothing claimed");
    }
    let _gateway = house.start();
    house.settle();
    house.assert_clean();
    assert_eq!(house.sink.count(), 200, "an orderly stop repeats nothing");
}

#[test]
fn a_broken_card_leaves_the_old_one_in_force_and_a_good_one_replaces_it() {
    let mut house = House::new();
    let shipped = fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/service/assistance.toml"),
    )
    .unwrap();
    let card = house.site.dir().join("card.toml");
    fs::write(&card, &shipped).unwrap();
    house.site.configure("[policy]\ncard = \"card.toml\"\n");
    let gateway = house.start();
    house.post(&[(refused(1), "ticket")]);
    house.settle();

    fs::write(
        &card,
        shipped.replacen("cap  = \"reject\"", "cap  = \"rejekt\"", 1),
    )
    .unwrap();
    gateway.signal("HUP");
    gateway.wait_logged("the old card, tables, templates and hours stay in force");
    house.post(&[(refused(2), "ticket")]);
    house.settle();

    fs::write(
        &card,
        shipped.replacen("mode = \"auto\"", "mode = \"shadow\"", 1),
    )
    .unwrap();
    gateway.signal("HUP");
    gateway.wait_logged("were read anew");
    house.post(&[(refused(3), "ticket")]);
    house.settle();
    house.assert_clean();
    let outcomes = house
        .site
        .texts("SELECT outcome FROM ticket ORDER BY number");
    assert_eq!(
        outcomes,
        ["reject", "reject", "accept"],
        "{:?}",
        house.site.summary()
    );
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let mut house = House::new();
    let mut gateway = house.start();
    let mut second = house.site.start();
    assert_eq!(second.ended(Duration::from_secs(10)).code(), Some(75));
    assert_eq!(house.site.once().status.code(), Some(75));
    house.post(&[(request(1), "ticket")]);
    house.settle();
    assert!(gateway.runs());
    house.assert_clean();
}

#[test]
fn a_mistake_in_the_configuration_is_named_and_starts_nothing() {
    let mut site = Site::new();
    site.watch_maildir("desk");
    site.send_maildir();
    site.configure("[answers]\nper_hour = \"many\"\n");
    for command in ["run", "once"] {
        let output = site.command(&[command], b"");
        assert_eq!(output.status.code(), Some(78), "{command}: {output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains("per_hour"), "{complaint}");
        assert!(complaint.contains("guichet.toml"), "{complaint}");
    }
    assert!(!site.store().exists());
    site.configure("[policy]\ncard = \"nowhere.toml\"\n");
    assert_eq!(site.once().status.code(), Some(78));
}

#[test]
fn a_heap_of_old_letters_holds_the_outbox_until_it_is_released() {
    let mut house = House::new();
    let mut client = house.server.client();
    let mut old = Vec::new();
    for n in 0..55 {
        let raw = request(1000 + n);
        client.run(&format!(
            "APPEND INBOX \"01-Oct-2026 09:00:00 +0000\" {{{}+}}\r\n{}",
            raw.len(),
            String::from_utf8(raw.clone()).unwrap()
        ));
        old.push((raw, "ticket"));
    }
    house.note(&old);
    house.post(&[(request(1), "ticket"), (refused(1), "ticket")]);
    let mut gateway = house.start();
    house.settle();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(house.sink.count(), 0, "nothing goes out of a held outbox");
    house.assert_clean();
    let waiting = house
        .site
        .ask("SELECT count(*) FROM outbox WHERE state = 'pending'");
    assert_eq!(waiting, Some(2));
    // A restart does not release it.
    assert!(gateway.terminate().success());
    let mut gateway = house.start();
    house.post(&[(request(2), "ticket")]);
    house.settle();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(house.sink.count(), 0, "nothing goes out of a held outbox");

    let released = house.site.command(&["outbox", "release"], b"");
    assert_eq!(released.status.code(), Some(0), "{released:?}");
    house.site.wait("three answers", || house.sink.count() == 3);
    house.settle();
    assert!(gateway.terminate().success());
    house.assert_clean();
    let reasons = house
        .site
        .texts("SELECT DISTINCT answer_reason FROM ticket WHERE answer <> 'sent'");
    assert_eq!(reasons, ["L20: the letter came more than 24 h ago"]);
    assert!(
        house
            .sink
            .accepted()
            .iter()
            .all(|taken| taken.recipients != [ADDRESS])
    );
}
