//! Letters that are held for a person: released or discarded, the real program, and the letter on
//! the server follows.

use std::fs;

use guichet::mailbox::maildir;

use crate::dovecot::Dovecot;
use crate::gateway_process;
use crate::post::{copies, imap_at, imap_shelves, request};
use crate::site::{Site, TO_FOLDER};
use crate::smtp_script::{Script, SmtpScript};

const TRUST: &str = "[spam]\ntrusted = [\"X-Spam-Flag\"]\n";

fn spam(n: usize) -> Vec<u8> {
    [b"X-Spam-Flag: YES\r\n", &request(n)[..]].concat()
}

fn site() -> Site {
    let site = Site::new(&format!("{TO_FOLDER}{TRUST}"));
    for n in 0..2 {
        maildir::deliver(&site.path("mailbox"), &spam(n)).unwrap();
    }
    site.once();
    assert_eq!(site.view().letters(Some("held"), 9).unwrap().len(), 2);
    assert_eq!(files(&site, "held"), 2);
    site
}

fn files(site: &Site, shelf: &str) -> usize {
    let folder = match shelf {
        "held" => "mailbox/.Guichet.Held/cur",
        _ => "mailbox/.Guichet.Done/cur",
    };
    fs::read_dir(site.path(folder)).unwrap().count()
}

fn said(site: &Site, arguments: &[&str]) -> String {
    let output = site.guichet(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn spam_is_held_without_an_answer_and_listed_with_its_rule() {
    let site = site();
    assert!(!site.path("sent/new").exists() || site.sent() == 0);
    let listed = said(&site, &["intake", "list", "--held", "--json"]);
    assert_eq!(listed.matches("\"rule\":\"L15\"").count(), 2, "{listed}");
    let why = said(&site, &["why", "new0@univ.example"]);
    assert!(why.contains("L15"), "{why}");
}

#[test]
fn a_released_letter_becomes_what_it_would_have_been_and_moves() {
    let site = site();
    said(&site, &["intake", "release", "1"]);
    site.once();
    let tickets = site.view().tickets(true, 9).unwrap();
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].answer, "sent");
    assert_eq!(site.sent(), 1);
    assert_eq!((files(&site, "held"), files(&site, "done")), (1, 1));
    let (act, before): (String, String) = site
        .database()
        .query_row(
            "SELECT act, disposition || ' ' || rule FROM review",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((act.as_str(), before.as_str()), ("release", "held L15"));
    assert!(said(&site, &["why", "1"]).contains("an admin said: release"));
    // Once is enough.
    let again = site.guichet(&["intake", "release", "1"]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
}

#[test]
fn a_discarded_letter_ends_with_its_reason_and_moves() {
    let site = site();
    said(&site, &["intake", "discard", "2", "--why", "une publicité"]);
    site.once();
    let line = &site.view().letters(Some("discarded"), 9).unwrap()[0];
    assert_eq!(
        (line.id, line.reason.as_str()),
        (2, "discarded by an admin: une publicité")
    );
    assert_eq!(line.subject, "Panne 1", "what is known of it stays");
    assert!(site.view().tickets(true, 9).unwrap().is_empty());
    assert_eq!((files(&site, "held"), files(&site, "done")), (1, 1));
}

#[test]
fn poison_is_read_once_more() {
    let site = site();
    // Three starts that ended their reader, and a letter that behaves since.
    site.database()
        .execute_batch(
            "UPDATE letter SET attempts = 3, rule = 'L21', reason = 'poison: x' WHERE id = 1",
        )
        .unwrap();
    said(&site, &["intake", "release", "1"]);
    site.once();
    assert_eq!(site.view().tickets(true, 9).unwrap().len(), 1);
    // One that cannot be read would only be held again.
    maildir::deliver(&site.path("mailbox"), &crate::post::unreadable(1)).unwrap();
    site.once();
    let refused = site.guichet(&["intake", "release", "3"]);
    assert_eq!(refused.status.code(), Some(65), "{refused:?}");
    site.once();
    let held = site.view().letters(Some("held"), 9).unwrap();
    assert_eq!(held[0].id, 3);
    assert_eq!(files(&site, "held"), 2);
}

#[test]
fn only_held_letters_are_reviewed() {
    let site = Site::new(TO_FOLDER);
    site.letter(1);
    site.once();
    for act in ["release", "discard"] {
        let output = site.guichet(&["intake", act, "1"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
    let output = site.guichet(&["intake", "release", "99"]);
    assert_eq!(output.status.code(), Some(66), "{output:?}");
}

#[test]
fn a_running_gateway_decides_at_once_and_moves_the_letter_on_its_server() {
    let server = Dovecot::start();
    let sink = SmtpScript::start(Script::default());
    let mut site = gateway_process::Site::new();
    site.watch_imap("support", &imap_at(&server));
    site.send_smtp(sink.port());
    site.configure(TRUST);
    let letters: Vec<Vec<u8>> = (0..3).map(spam).collect();
    server.append("INBOX", &letters);
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait_shelved(3);
    assert_eq!(server.count("Guichet/Held"), 3);
    assert!(
        site.command(&["intake", "release", "1"], b"")
            .status
            .success()
    );
    assert!(
        site.command(&["intake", "discard", "3"], b"")
            .status
            .success()
    );
    site.wait("both letters to move", || server.count("Guichet/Done") == 2);
    site.wait("the answer", || sink.count() == 1);
    site.wait("the journal to say so", || {
        site.ask("SELECT count(*) FROM letter WHERE shelf = 'held'") == Some(1)
    });
    assert!(gateway.terminate().success());
    let ledger: Vec<_> = letters
        .iter()
        .zip(["ticket", "held", "discarded"])
        .map(|(raw, becomes)| crate::auditor::Injected::new("support", raw, becomes))
        .collect();
    let shelves = [imap_shelves("support", &server)];
    crate::post::assert_clean(&site, &ledger, &shelves, &copies(&sink));
}

#[test]
fn a_marked_letter_that_joins_its_authors_ticket_is_not_held() {
    let site = Site::new(&format!("{TO_FOLDER}{TRUST}"));
    maildir::deliver(&site.path("mailbox"), &request(0)).unwrap();
    site.once();
    let view = site.view();
    let ticket = &view.tickets(true, 9).unwrap()[0];
    let more = "X-Spam-Flag: YES\r\nIn-Reply-To: <new0@univ.example>\r\n";
    let requester = &view.ticket(ticket.number).unwrap().line.requester;
    let reply = crate::post::letter(
        "back@univ.example",
        requester,
        "Re: Panne",
        more,
        "Toujours en panne.",
    );
    maildir::deliver(&site.path("mailbox"), &reply).unwrap();
    site.once();
    let letters = site.view().letters(None, 9).unwrap();
    assert_eq!(letters[0].disposition, "follow_up", "{letters:?}");
    assert_eq!(site.sent(), 1, "the answer stays forbidden");
}

#[test]
fn a_letter_that_was_never_had_whole_is_not_released_and_can_be_discarded() {
    let site = site();
    for (sql, words) in [
        (
            "UPDATE letter SET size = 99000000 WHERE id = 1",
            "only its beginning",
        ),
        (
            "UPDATE letter SET size = 400 WHERE id = 1;
             UPDATE raw SET length = 0, bytes = x'' WHERE letter = 1",
            "did not hand it over",
        ),
    ] {
        site.database().execute_batch(sql).unwrap();
        let refused = site.guichet(&["intake", "release", "1"]);
        assert_eq!(refused.status.code(), Some(65), "{refused:?}");
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(
            told.contains(words) && told.contains("intake discard 1"),
            "{told}"
        );
    }
    said(&site, &["intake", "discard", "1"]);
}

#[test]
fn the_second_copy_of_a_discarded_letter_is_no_duplicate_of_it() {
    let site = Site::new(&format!("{TO_FOLDER}{TRUST}"));
    maildir::deliver(&site.path("mailbox"), &spam(7)).unwrap();
    site.once();
    said(&site, &["intake", "discard", "1"]);
    site.once();
    maildir::deliver(&site.path("mailbox"), &request(7)).unwrap();
    site.once();
    let letters = site.view().letters(None, 9).unwrap();
    assert_eq!(letters[0].disposition, "ticket", "{letters:?}");
}
