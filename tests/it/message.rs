//! The reader on letters made for one question each, on generated ones, and on those of others.
//! The letters of many programs are in `corpus`.

use std::path::{Path, PathBuf};

use guichet::message::parse::parse;
use proptest::prelude::*;
use serde_json::Value;

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

/// Where the new text differs from what `email_reply_trimmer` expects, and why it stays so.
const TRIMMED_OTHERWISE: [(&str, &str); 3] = [
    (
        "embedded_email_7.txt",
        "lines that begin with `C>` are a prompt to us, as people of a help desk see them, not a quotation marked with initials",
    ),
    (
        "forwarded_message.txt",
        "a letter forwarded without a word is shown whole, with who wrote it",
    ),
    (
        "spam_1.txt",
        "nothing but quotations: a person must see something",
    ),
];

/// Letters collected by others, if `GUICHET_CORPUS` names their folder.
#[test]
fn collected_bodies_are_trimmed_as_expected() {
    let Some(corpus) = std::env::var_os("GUICHET_CORPUS").map(PathBuf::from) else {
        return;
    };
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
    println!(
        "email_reply_trimmer: {} of {} equal",
        emails.len() - different.len(),
        emails.len()
    );
    let explained: Vec<&str> = TRIMMED_OTHERWISE.iter().map(|(name, _)| *name).collect();
    assert!(emails.is_empty() || different == explained, "{different:?}");
}

/// The leaves of a tree of the MIME library's own tests, nested letters not followed.
fn leaves(tree: &Value) -> Vec<&Value> {
    tree["parts"]
        .as_array()
        .map(|parts| {
            let leaf = |part: &&Value| part["body"].get("Multipart").is_none();
            parts.iter().filter(leaf).collect()
        })
        .unwrap_or_default()
}

#[test]
fn no_part_of_a_collected_letter_is_lost() {
    let Some(corpus) = std::env::var_os("GUICHET_CORPUS").map(PathBuf::from) else {
        return;
    };
    for group in files(&corpus.join("mail-parser")) {
        let (mut read, mut held, mut subjects) = (0, 0, 0);
        for path in files(&group) {
            if path.extension().is_none_or(|end| end != "eml") {
                continue;
            }
            let raw = std::fs::read(&path).unwrap();
            let tree = std::fs::read(path.with_extension("json")).unwrap_or_default();
            let tree: Value = serde_json::from_slice(&tree).unwrap_or_default();
            for raw in [raw.clone(), with_crlf(&raw)] {
                // Many show one damage and name nobody.
                let signed = [b"From: a@b.fr\n".as_slice(), &raw].concat();
                let Ok(message) = parse(&raw).or_else(|_| parse(&signed)) else {
                    held += 1;
                    continue;
                };
                message_is_clean(&message);
                read += 1;
                let text = &message.text;
                let whole = [&text.new, &text.quoted, &text.signature, &text.forwarded];
                let whole = folded(&whole.map(String::as_str).join(" "));
                let texts = leaves(&tree)
                    .len()
                    .saturating_sub(message.attachments.len());
                // Every leaf with words is in the text or a file; alternatives are counted once.
                assert!(
                    texts == 0 || !whole.is_empty() || leaves_are_blank(&tree),
                    "{}: {} leaves, {} files, no text",
                    path.display(),
                    leaves(&tree).len(),
                    message.attachments.len()
                );
            }
            let alike = subject_is_alike(&tree, &raw);
            subjects += usize::from(alike);
            assert!(alike, "another subject: {}", path.display());
        }
        if read + held == 0 {
            continue;
        }
        println!(
            "{}: {read} read, {held} held, subject as the library reads it in {subjects}",
            group.file_name().unwrap().display()
        );
        assert!(read > 5 * held, "{held} of {} held", read + held);
    }
}

fn leaves_are_blank(tree: &Value) -> bool {
    leaves(tree).iter().all(|part| {
        let body = &part["body"];
        let text = body["Text"].as_str().or(body["Html"].as_str());
        text.is_none_or(|text| text.trim().is_empty() || text.trim_start().starts_with('<'))
    })
}

fn subject_is_alike(tree: &Value, raw: &[u8]) -> bool {
    let headers = tree["parts"][0]["headers"].as_array();
    let subject = headers
        .and_then(|all| all.iter().find(|header| header["name"] == "subject"))
        .and_then(|header| header["value"]["Text"].as_str());
    let signed = [b"From: a@b.fr\n".as_slice(), raw].concat();
    let Ok(message) = parse(raw).or_else(|_| parse(&signed)) else {
        return false;
    };
    subject.is_none_or(|subject| folded(subject) == folded(&message.subject))
}
