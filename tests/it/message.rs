//! The reader on letters made for one question each, on generated ones, and on those of others.
//! The letters of many programs are in `corpus`.

use std::path::{Path, PathBuf};

use guichet::message::parse::parse;
use proptest::prelude::*;

use crate::corpus::with_crlf;
use crate::properties::{self, message_is_clean};

#[test]
fn one_letter_delivered_twice_has_one_key_and_a_changed_one_another() {
    let key = |raw: &str| parse(raw.as_bytes()).unwrap().content_key;
    let letter = "From: a@b.fr\nMessage-ID: <1@b.fr>\nSubject: x\n\nbonjour\n";
    let delivered =
        format!("Return-Path: <a@b.fr>\nReceived: from x\nDelivered-To: s@b.fr\n{letter}");
    assert_eq!(key(letter), key(&delivered));
    assert_eq!(key(letter), key(&letter.replace('\n', "\r\n")));
    for (from, to) in [
        ("bonjour", "bonsoir"),
        ("a@b.fr", "c@b.fr"),
        ("<1@", "<2@"),
        (": x", ": y"),
    ] {
        assert_ne!(key(letter), key(&letter.replacen(from, to, 1)), "{to}");
    }
}

fn body_line() -> impl Strategy<Value = String> {
    let marks = proptest::sample::select(&properties::MARKS[..]);
    prop_oneof![1 => "[a-zé >]{0,30}", 10 => marks.prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(message) = parse(&raw) {
            message_is_clean(&message);
        }
    }

    #[test]
    fn any_header_and_body_are_read_or_refused(
        name in "(From|To|Subject|Content-Type|Date|References|Return-Path)",
        value in "(\\PC|[\\x00-\\x1f<>@:;,\"()\\\\=?]){0,60}",
        kind in "(text/plain|text/html|multipart/mixed; boundary=b|message/rfc822)",
        body in "([<>&;=\"'/a-z !\\n-]|<p>|<a href=|&#|--b\\n|</){0,200}",
    ) {
        let raw = format!("From: a@b.fr\n{name}: {value}\nContent-Type: {kind}\n\n{body}");
        if let Ok(message) = parse(raw.as_bytes()) {
            message_is_clean(&message);
        }
    }

    #[test]
    fn every_line_of_a_body_is_in_exactly_one_zone(lines in proptest::collection::vec(body_line(), 0..25)) {
        properties::zones_partition(&lines.join("\n"));
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.sort();
    files
}

/// Letters collected by others, if `GUICHET_CORPUS` names their folder.
#[test]
fn collected_letters_are_read_too() {
    let Some(corpus) = std::env::var_os("GUICHET_CORPUS").map(PathBuf::from) else {
        return;
    };
    let mut read = 0;
    for group in files(&corpus.join("mail-parser")) {
        for path in files(&group) {
            if path.extension().is_some_and(|end| end == "eml") {
                let raw = std::fs::read(&path).unwrap();
                for raw in [raw.clone(), with_crlf(&raw)] {
                    if let Ok(message) = parse(&raw) {
                        message_is_clean(&message);
                    }
                    read += 1;
                }
            }
        }
    }
    let trimmer = corpus.join("email_reply_trimmer");
    let emails = files(&trimmer.join("emails"));
    let mut different = Vec::new();
    for path in &emails {
        let name = path.file_name().unwrap();
        let body = std::fs::read_to_string(path).unwrap();
        let expected = std::fs::read_to_string(trimmer.join("trimmed").join(name)).unwrap();
        let raw = format!("From: a@b.fr\nContent-Type: text/plain; charset=utf-8\n\n{body}");
        let text = parse(raw.as_bytes()).unwrap().text;
        if folded(text.shown()) != folded(&expected) {
            different.push(name.to_string_lossy().into_owned());
        }
    }
    let same = emails.len() - different.len();
    println!(
        "{read} letters read; new text as expected in {same} of {}",
        emails.len()
    );
    println!("different: {}", different.join(" "));
    assert!(
        emails.is_empty() || same >= 50,
        "only {same} of {}",
        emails.len()
    );
}
