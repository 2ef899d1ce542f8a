//! Older mailboxes, taken in from files: history, and nobody is written to.

use std::fs;

use guichet::mailbox::mbox::{self, Letters};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::counter::Counter;
use crate::gateway_process;
use crate::snapshot::assert_snapshot;

fn letter(id: &str, date: &str, from: &str, subject: &str, more: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: support@univ.example\nSubject: {subject}\nMessage-ID: <{id}@old.example>\n\
         Date: {date}\n{more}\n{body}\n"
    )
}

/// A year-old mailbox: a request, its answer by a technician, a reply, one that the card would
/// refuse, the first one again, and one that cannot be read.
fn archive() -> String {
    let claire = "Claire Dumas <claire.dumas@univ.example>";
    let all = [
        letter(
            "a",
            "Mon, 25 Nov 2019 09:00:00 +0100",
            claire,
            "Imprimante",
            "",
            "Bonjour,\n>From now on it prints nothing.\n",
        ),
        letter(
            "b",
            "Mon, 25 Nov 2019 10:00:00 +0100",
            "Paul Martin <paul@univ.example>",
            "Re: Imprimante",
            "In-Reply-To: <a@old.example>\n",
            "#close\nC'est fait.\n",
        ),
        letter(
            "c",
            "Tue, 26 Nov 2019 09:00:00 +0100",
            claire,
            "Re: Imprimante",
            "In-Reply-To: <b@old.example>\nReferences: <a@old.example> <b@old.example>\n",
            "Merci, cela marche.\n",
        ),
        letter(
            "d",
            "Wed, 27 Nov 2019 09:00:00 +0100",
            "remi.castel@univ.example",
            "Portable",
            "",
            "L'ordinateur de la maison rame beaucoup, on s'en sert pour les photos de famille.\n",
        ),
        letter(
            "a",
            "Mon, 25 Nov 2019 09:00:00 +0100",
            claire,
            "Imprimante",
            "X-Copy: 1\n",
            "Bonjour,\n>From now on it prints nothing.\n",
        ),
        "nothing that is a header\n".to_owned(),
    ];
    let separator = "From someone@old.example Mon Nov 25 09:00:00 2019\n";
    all.map(|letter| format!("{separator}{letter}\n")).concat()
}

#[test]
fn an_archive_becomes_history_and_nobody_is_written_to() {
    let counter = Counter::empty();
    fs::write(counter.path("old.mbox"), archive()).unwrap();
    let mut text = String::new();
    for arguments in [
        &["import", "mbox", "old.mbox", "--dry-run"][..],
        &["import", "mbox", "old.mbox"],
        &["import", "mbox", "old.mbox"],
        &["import", "mbox", "old.mbox", "--dry-run", "--json"],
        &["ticket", "list"],
        &["ticket", "list", "--all", "--sort", "oldest"],
        &["ticket", "show", "1"],
        &["intake", "list"],
        &["outbox", "list"],
        &["import", "mbox", "guichet.toml"],
        &["import", "mbox", "nothing.mbox"],
        &["import", "mbox", "."],
    ] {
        let output = counter.run(arguments, b"");
        text.push_str(&format!(
            "$ guichet {}\n{}{}exit code {}\n\n",
            arguments.join(" "),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
            output.status.code().unwrap()
        ));
    }
    // These moments are the letters' own.
    let moments = regex::Regex::new(r"2019-11-(\d\d) (\d\d):(\d\d)").unwrap();
    let text = moments.replace_all(&text, "2019-11-$1 at $2.$3");
    assert_snapshot("import", &text);
    assert!(counter.texts("SELECT kind FROM outbox").is_empty());
    let dates = counter.texts("SELECT date(created_at, 'unixepoch') FROM ticket ORDER BY number");
    assert_eq!(dates, ["2019-11-25", "2019-11-27"]);
    // The service goes on after them as if nothing had been.
    counter.drop_letter(b"From: mei.tanaka@univ.example\r\nMessage-ID: <new@univ.example>\r\nSubject: Reseau\r\n\r\nLe reseau est en panne.\r\n");
    counter.good(&["once"]);
    let tickets = counter.texts("SELECT number || ' ' || status FROM ticket ORDER BY number");
    assert_eq!(tickets, ["1 closed", "2 closed", "3 new"]);
    assert!(
        !counter
            .texts("SELECT kind FROM outbox WHERE ticket = 3")
            .is_empty()
    );
}

#[test]
fn tickets_that_go_on_are_put_into_the_queue() {
    let counter = Counter::empty();
    fs::create_dir_all(counter.path("old/cur")).unwrap();
    fs::create_dir_all(counter.path("old/new")).unwrap();
    for (nth, one) in Letters::new(archive().as_bytes()).enumerate() {
        // Names that sort against the dates.
        let name = format!("old/cur/{}:2,S", 9 - nth);
        fs::write(counter.path(&name), one.unwrap().raw).unwrap();
    }
    let said = counter.good(&["import", "maildir", "old", "--open"]);
    assert!(said.starts_with("6 letters from 2019-11-25"), "{said}");
    let tickets = counter.texts(
        "SELECT number || ' ' || status || ' ' || outcome || ' ' || answer FROM ticket ORDER BY 1",
    );
    assert_eq!(
        tickets,
        ["1 new accept suppressed", "2 new flag suppressed"],
        "a refusal or a question that nobody was told is none"
    );
    let pages = counter.texts("SELECT kind FROM entry WHERE ticket = 1 ORDER BY id");
    assert_eq!(
        pages,
        ["request", "detail", "duplicate", "command", "follow_up"]
    );
    assert!(counter.texts("SELECT kind FROM outbox").is_empty());
    // They are tickets like any other from now on: the team hears that nobody has answered. Whoever
    // wrote then hears nothing.
    counter.good(&["once"]);
    assert!(
        counter
            .texts("SELECT recipient FROM outbox WHERE inside = 0")
            .is_empty()
    );
}

#[test]
fn a_running_service_decides_what_is_imported_beside_it() {
    let mut site = gateway_process::Site::new();
    site.watch_maildir("in");
    site.send_maildir();
    let mut gateway = site.start();
    gateway.wait_ready();
    fs::write(site.dir().join("old.mbox"), archive()).unwrap();
    let output = site.command(&["import", "mbox", "old.mbox", "--json"], b"");
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["letters"], 6, "{told}");
    // It has no technicians, so that Paul's letter is one of anybody.
    assert_eq!(told["became"]["ticket"], 3, "{told}");
    assert_eq!(told["became"]["held"], 1, "{told}");
    assert_eq!(site.ask("SELECT count(*) FROM outbox"), Some(0));
    assert!(gateway.terminate().success());
}

#[test]
fn an_import_that_was_broken_off_goes_on() {
    let counter = Counter::empty();
    fs::write(counter.path("old.mbox"), archive()).unwrap();
    counter.good(&["import", "mbox", "old.mbox"]);
    // As if the second half had never been reached, and one letter not decided.
    counter.meddle(
        "DELETE FROM trace WHERE letter > 3; DELETE FROM raw WHERE letter > 3;
         DELETE FROM attachment WHERE letter > 3;
         DELETE FROM entry WHERE letter > 3 OR ticket = 2;
         DELETE FROM participant WHERE ticket = 2; DELETE FROM ticket WHERE number = 2;
         DELETE FROM letter WHERE id > 3;
         UPDATE letter SET state = 'received' WHERE id = 3; DELETE FROM entry WHERE letter = 3;",
    );
    let said = counter.good(&["import", "mbox", "old.mbox"]);
    assert!(said.contains("3 known already"), "{said}");
    let letters = counter.texts("SELECT disposition FROM letter ORDER BY id");
    assert_eq!(
        letters,
        [
            "ticket",
            "command",
            "follow_up",
            "ticket",
            "duplicate",
            "held"
        ]
    );
    assert!(counter.texts("SELECT kind FROM outbox").is_empty());
}

proptest! {
    #[test]
    fn letters_come_out_of_an_mbox_as_they_went_in(
        letters in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(vec![
                    "", "From here to there", ">From", ">>From x", "> From", "From: a@b",
                    "From claire@univ.example Mon Nov 23 09:00:00 2026", "text", "\u{e9}t\u{e9} ",
                ]),
                0..8,
            ),
            1..6,
        ),
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let letters: Vec<String> = letters
            .iter()
            .map(|lines| {
                let body: String = lines.iter().map(|line| format!("{line}{end}")).collect();
                format!("Subject: x{end}{end}{body}.{end}")
            })
            .collect();
        let mut file = Vec::new();
        for letter in &letters {
            mbox::write(&mut file, "a@b", Timestamp::UNIX_EPOCH, letter.as_bytes()).unwrap();
        }
        let read: Vec<String> = Letters::new(file.as_slice())
            .map(|letter| String::from_utf8(letter.unwrap().raw).unwrap())
            .collect();
        prop_assert_eq!(read, letters);
    }

    #[test]
    fn no_bytes_break_the_reading_of_an_mbox(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let file = [b"From a Mon Nov 23 09:00:00 2026\n", &bytes[..]].concat();
        let size: u64 = Letters::new(file.as_slice()).map(|letter| letter.unwrap().size).sum();
        prop_assert!(size <= file.len() as u64);
    }
}
