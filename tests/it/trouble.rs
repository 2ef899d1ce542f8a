//! Trouble that is no letter's fault: none is lost, held or taken for another because of it.
//! The real program over Maildirs.

use std::fs;
use std::os::unix::fs::symlink;

use crate::site::{Site, TO_FOLDER};

#[test]
fn a_letter_that_cannot_be_settled_is_no_poison_and_stops_no_other() {
    let site = Site::new(TO_FOLDER);
    site.once();
    // A row that is in the way makes the settling of one letter fail, as a damaged page would.
    site.database()
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON ticket WHEN new.subject = 'panne 1'
             BEGIN SELECT raise(ABORT, 'broken for the test'); END;",
        )
        .unwrap();
    for n in 0..4 {
        site.letter(n);
    }
    site.once();
    let subjects = |site: &Site| -> Vec<String> {
        let mut subjects: Vec<String> = site
            .view()
            .tickets(true, 10)
            .unwrap()
            .into_iter()
            .map(|ticket| ticket.subject)
            .collect();
        subjects.sort();
        subjects
    };
    assert_eq!(subjects(&site), ["panne 0", "panne 2", "panne 3"]);
    assert!(site.view().letters(Some("held"), 10).unwrap().is_empty());
    site.database()
        .execute_batch("DROP TRIGGER broken")
        .unwrap();
    site.once();
    assert_eq!(
        subjects(&site),
        ["panne 0", "panne 1", "panne 2", "panne 3"]
    );
    assert_eq!(site.sent(), 4);
}

#[test]
fn a_name_that_comes_again_in_a_maildir_is_another_letter() {
    let site = Site::new(TO_FOLDER);
    site.once();
    let file = site.path("mailbox/new/mail.eml");
    for n in 1..=2 {
        fs::write(
            &file,
            format!("From: a{n}@univ.example\r\nTo: support@univ.example\r\nSubject: n {n}\r\n\r\nPanne numéro {}\r\n", "x".repeat(n)),
        )
        .unwrap();
        site.once();
        assert_eq!(site.view().tickets(true, 10).unwrap().len(), n);
    }
}

#[test]
fn what_is_no_letter_file_does_not_stop_the_mailbox() {
    let site = Site::new(TO_FOLDER);
    site.once();
    symlink("/etc/passwd", site.path("mailbox/new/1.link.host")).unwrap();
    fs::create_dir(site.path("mailbox/new/2.folder.host")).unwrap();
    site.letter(1);
    site.once();
    assert_eq!(site.view().tickets(true, 10).unwrap().len(), 1);
}

#[test]
fn wrong_usage_of_inject_never_sends_a_letter_back() {
    let site = Site::new(TO_FOLDER);
    let output = site.guichet(&["inject", "--no-such-word"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
}
