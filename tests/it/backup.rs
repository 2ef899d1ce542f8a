//! Backups of a store in use, and their way back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gateway_process::Site as Process;
use crate::post::request;
use crate::site::{Site, TO_FOLDER};
use crate::smtp_script::{Script, SmtpScript};

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_whole_private_and_says_what_it_is() {
    let site = Site::new(TO_FOLDER);
    for n in 0..3 {
        site.letter(n);
    }
    site.once();
    let file = site.path("b.sqlite");
    let output = site.guichet(&["backup", file.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{output:?}");
    let manifest: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(manifest["tickets"], 3);
    assert_eq!(manifest["letters"], 3);
    assert!(manifest["not_included"].to_string().contains("token-keys"));
    for made in [&file, &site.path("b.sqlite.manifest.json")] {
        assert_eq!(
            fs::metadata(made).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    // One plain file: no log beside it, no half copy.
    let beside: Vec<String> = names(site.path("").as_path())
        .into_iter()
        .filter(|name| name.starts_with("b.sqlite"))
        .collect();
    assert_eq!(beside, ["b.sqlite", "b.sqlite.manifest.json"]);
    let sum = std::process::Command::new("sha256sum")
        .arg(&file)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(manifest["sha256"].as_str().unwrap()));
    // It is checked without being touched, and never written over.
    let checked = site.guichet(&["restore", "--check", file.to_str().unwrap()]);
    assert!(
        checked.status.success() && said(&checked).contains("It can be put back"),
        "{checked:?}"
    );
    let twice = site.guichet(&["backup", file.to_str().unwrap()]);
    assert_eq!(twice.status.code(), Some(73), "{twice:?}");
}

#[test]
fn the_token_keys_come_along_only_if_asked_for() {
    let site = Site::new(TO_FOLDER);
    site.letter(1);
    site.once();
    let file = site.path("b.sqlite");
    let output = site.guichet(&["backup", file.to_str().unwrap(), "--with-keys"]);
    assert!(output.status.success(), "{output:?}");
    let keys = site.path("b.sqlite.token-keys");
    assert_eq!(
        fs::read(&keys).unwrap(),
        fs::read(site.path("store/token-keys")).unwrap()
    );
    assert_eq!(
        fs::metadata(&keys).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!said(&output).contains("Not in it: the token keys"));
}

#[test]
fn a_folder_keeps_the_newest_backups_and_what_is_not_one() {
    let site = Site::new(TO_FOLDER);
    site.letter(1);
    site.once();
    let folder = site.path("backups");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), b"x").unwrap();
    fs::write(folder.join("guichet-20200101T000000Z.sqlite"), b"x").unwrap();
    for _ in 0..3 {
        let output = site.guichet(&["backup", "--to", folder.to_str().unwrap(), "--keep", "2"]);
        assert!(output.status.success(), "{output:?}");
        std::thread::sleep(Duration::from_millis(1_100));
    }
    let left = names(&folder);
    assert_eq!(
        left.iter().filter(|name| name.ends_with(".sqlite")).count(),
        2,
        "{left:?}"
    );
    assert_eq!(
        left.iter()
            .filter(|name| name.ends_with(".manifest.json"))
            .count(),
        2,
        "{left:?}"
    );
    assert!(left.contains(&"notes.txt".to_owned()));
    assert!(!left.iter().any(|name| name.contains("2020")));
}

#[test]
fn a_backup_beside_a_busy_daemon_ends_and_holds_up_nobody() {
    let sink = SmtpScript::start(Script::default());
    let mut site = Process::new();
    let desk = site.watch_maildir("desk");
    site.send_smtp(sink.port());
    for n in 0..40 {
        guichet::mailbox::maildir::deliver(&desk, &request(n)).unwrap();
    }
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait_quiet(40);
    // A store of some size, so that the copy takes many steps.
    {
        let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
            .execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                 INSERT INTO entry (ticket, at, kind, author, letter, text)
                 SELECT 1, 0, 'note', 'guichet', 1, hex(randomblob(800)) FROM n",
            )
            .unwrap();
    }
    let target = site.dir().join("b.sqlite");
    let began = Instant::now();
    let config = site.config();
    let running = std::thread::spawn({
        let target = target.clone();
        move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
                .arg("-c")
                .arg(config)
                .arg("backup")
                .arg(target)
                .output()
                .unwrap()
        }
    });
    let mut sent = 40;
    while !running.is_finished() {
        guichet::mailbox::maildir::deliver(&desk, &request(sent)).unwrap();
        sent += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = running.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    let took = began.elapsed();
    println!(
        "a backup of {} bytes took {took:?} while {} letters came",
        fs::metadata(&target).unwrap().len(),
        sent - 40
    );
    assert!(took < Duration::from_secs(60));
    site.wait_quiet(sent);
    assert!(gateway.terminate().success());
    let checked = site.command(&["restore", "--check", target.to_str().unwrap()], b"");
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn a_backup_comes_back_without_a_lost_letter_a_second_answer_or_a_number_twice() {
    let site = Site::new(TO_FOLDER);
    for n in 0..4 {
        site.letter(n);
    }
    site.once();
    let file = site.path("b.sqlite");
    assert!(
        site.guichet(&["backup", file.to_str().unwrap()])
            .status
            .success()
    );
    for n in 4..7 {
        site.letter(n);
    }
    site.once();
    assert_eq!(site.sent(), 7);

    let output = site.guichet(&["restore", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("is kept as"), "{output:?}");
    assert_eq!(site.view().tickets(true, 100).unwrap().len(), 4);
    site.letter(7);
    site.once();
    let tickets = site.view().tickets(true, 100).unwrap();
    assert_eq!(tickets.len(), 8);
    let fresh = tickets.iter().filter(|ticket| ticket.number > 7).count();
    assert_eq!(fresh, 4, "later numbers are not given again");
    assert_eq!(site.sent(), 8, "only the new letter is answered");
    let audit = site.guichet(&["audit", "--server"]);
    assert_eq!(audit.status.code(), Some(0), "{audit:?}");
    // What was there before is whole.
    let aside = names(&site.path("store/before-restore"));
    assert_eq!(aside.len(), 1);
    let kept = site.path("store/before-restore").join(&aside[0]);
    assert!(
        site.guichet(&["restore", "--check", kept.to_str().unwrap()])
            .status
            .success()
    );
}

#[test]
fn a_backup_in_a_new_directory_is_noticed_too() {
    let site = Site::new(TO_FOLDER);
    for n in 0..3 {
        site.letter(n);
    }
    site.once();
    let file = site.path("b.sqlite");
    assert!(
        site.guichet(&["backup", file.to_str().unwrap()])
            .status
            .success()
    );
    site.letter(3);
    site.once();
    fs::remove_dir_all(site.path("store")).unwrap();
    assert!(
        site.guichet(&["restore", file.to_str().unwrap()])
            .status
            .success()
    );
    site.letter(4);
    site.once();
    let numbers: Vec<i64> = site
        .view()
        .tickets(true, 100)
        .unwrap()
        .iter()
        .map(|ticket| ticket.number)
        .collect();
    assert_eq!(numbers.len(), 5);
    assert_eq!(
        numbers.iter().filter(|number| **number > 4).count(),
        2,
        "{numbers:?}"
    );
    assert_eq!(
        site.sent(),
        5,
        "the letter that was answered before is not answered again"
    );
}

#[test]
fn nothing_is_restored_under_a_running_daemon_or_from_what_is_no_backup() {
    let site = Site::new(TO_FOLDER);
    site.letter(1);
    site.once();
    let file = site.path("b.sqlite");
    assert!(
        site.guichet(&["backup", file.to_str().unwrap()])
            .status
            .success()
    );
    let store = guichet::store::Store::open(&site.path("store"), jiff::Timestamp::now()).unwrap();
    let busy = site.guichet(&["restore", file.to_str().unwrap()]);
    assert_eq!(busy.status.code(), Some(75), "{busy:?}");
    drop(store);

    let before = fs::read(site.path("store/guichet.sqlite")).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = [
        (
            "a flipped bit",
            bytes.clone(),
            Some(site.path("b.sqlite.manifest.json")),
        ),
        ("half a file", bytes[..middle].to_vec(), None),
        ("no database", b"hello".to_vec(), None),
        ("an empty file", Vec::new(), None),
    ];
    for (what, bytes, manifest) in damaged {
        let bad = site.path("bad.sqlite");
        fs::write(&bad, &bytes).unwrap();
        let place = site.path("bad.sqlite.manifest.json");
        let _ = fs::remove_file(&place);
        if let Some(manifest) = manifest {
            fs::copy(manifest, &place).unwrap();
        }
        for arguments in [&["restore", "--check"][..], &["restore"]] {
            let mut all = arguments.to_vec();
            all.push(bad.to_str().unwrap());
            let output = site.guichet(&all);
            assert!(
                matches!(output.status.code(), Some(65 | 70)),
                "{what}: {output:?}"
            );
        }
    }
    assert_eq!(fs::read(site.path("store/guichet.sqlite")).unwrap(), before);
    site.letter(2);
    site.once();
    assert_eq!(site.sent(), 2);
}
