//! A backup of the store is put back: nothing is lost, no number is given twice, nobody is
//! answered twice. The real binary over Maildirs.

use std::fs;
use std::path::Path;

use crate::site::{Site, TO_FOLDER};

fn copy_database(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(to).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "ticket-numbers" {
            fs::remove_file(path).unwrap();
        }
    }
    for name in ["guichet.sqlite", "guichet.sqlite-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_restored_backup_loses_no_letter_and_repeats_no_number_or_answer() {
    let site = Site::new(TO_FOLDER);
    for n in 0..5 {
        site.letter(n);
    }
    site.once();
    copy_database(&site.path("store"), &site.path("backup"));
    for n in 5..9 {
        site.letter(n);
    }
    site.once();
    assert_eq!(site.sent(), 9);
    let numbers: Vec<i64> = site
        .view()
        .tickets(true, 100)
        .unwrap()
        .iter()
        .map(|ticket| ticket.number)
        .collect();
    assert_eq!(numbers.iter().max(), Some(&9));

    copy_database(&site.path("backup"), &site.path("store"));
    site.letter(9);
    site.once();

    let tickets = site.view().tickets(true, 100).unwrap();
    let mut subjects: Vec<&str> = tickets
        .iter()
        .map(|ticket| ticket.subject.as_str())
        .collect();
    subjects.sort_unstable();
    let expected: Vec<String> = (0..10).map(|n| format!("panne {n}")).collect();
    assert_eq!(subjects, expected, "every letter has one ticket");
    let fresh: Vec<i64> = tickets
        .iter()
        .filter(|ticket| ticket.subject.as_str() >= "panne 5")
        .map(|ticket| ticket.number)
        .collect();
    assert!(
        fresh.iter().all(|number| *number > 9),
        "a number was given twice: {fresh:?}"
    );
    assert_eq!(site.sent(), 10, "only the letter that is new is answered");

    // The next start finds nothing unusual any more.
    site.letter(10);
    site.once();
    assert_eq!(site.view().tickets(true, 100).unwrap().len(), 11);
    assert_eq!(site.sent(), 11);
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let site = Site::new(TO_FOLDER);
    site.letter(1);
    site.once();
    let store = guichet::store::Store::open(&site.path("store"), jiff::Timestamp::now()).unwrap();
    let output = site.guichet(&["once"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("another guichet process is using"), "{said}");
    drop(store);
    site.once();
}
