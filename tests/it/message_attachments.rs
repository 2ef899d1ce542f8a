//! Attachments: listed without the pictures of signatures, cut out of the raw letter on demand.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use guichet::message::parse::{cut, parse};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::site::ALWAYS_OPEN;

/// A letter of Claire's with the logo of her signature and a file.
fn letter(number: u32, subject: &str, file: &[u8]) -> String {
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    format!(
        "From: Claire Dumas <claire.dumas@univ.example>\r\nTo: support@univ.example\r\n\
         Return-Path: <claire.dumas@univ.example>\r\nSubject: {subject}\r\n\
         Message-ID: <{number}@univ.example>\r\nDate: Mon, 23 Nov 2026 09:0{number}:00 +0100\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n\
         <p>Bonjour, le {subject} ne marche plus.</p><img src=\"cid:logo\">\r\n--r\r\n\
         Content-Type: image/png; name=\"logo.png\"\r\nContent-ID: <logo>\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--r--\r\n--m\r\n\
         Content-Type: application/pdf\r\n\
         Content-Disposition: attachment; filename*=utf-8''..%2Fm%C3%A9mo.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--m--\r\n",
        base64(b"\x89PNG the logo of the laboratory"),
        base64(file),
    )
}

struct Site(TempDir);

impl Site {
    fn with(letters: &[String]) -> Self {
        let site = Self(TempDir::new_in("/tmp").unwrap());
        for folder in ["in/new", "in/cur", "in/tmp"] {
            fs::create_dir_all(site.path(folder)).unwrap();
        }
        let text = "[service]\nname = \"Assistance\"\naddress = \"support@univ.example\"\n\
                    [store]\ndirectory = \"store\"\n[[mailbox]]\nname = \"in\"\nkind = \"maildir\"\n\
                    path = \"in\"\n[delivery]\nkind = \"maildir\"\npath = \"out\"\n";
        fs::write(site.path("g.toml"), format!("{ALWAYS_OPEN}{text}")).unwrap();
        for (at, letter) in letters.iter().enumerate() {
            fs::write(site.path(&format!("in/new/{at}.eml")), letter).unwrap();
        }
        let output = site.run(&["once"]);
        assert!(output.status.success(), "{output:?}");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_guichet"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("GUICHET_CONFIG", self.path("g.toml"))
            .output()
            .unwrap()
    }

    fn shown(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The number of the letter with this subject, and of its ticket.
    fn numbers(&self, subject: &str) -> (String, String) {
        self.shown(&["intake", "list", "--json"])
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|letter| letter["subject"] == subject)
            .map(|letter| (letter["id"].to_string(), letter["ticket"].to_string()))
            .unwrap()
    }
}

#[test]
fn the_picture_of_a_signature_is_left_out_once_it_came_twice() {
    let one = Site::with(&[letter(1, "copieur", b"one")]);
    let shown = one.shown(&["ticket", "show", "1"]);
    assert!(shown.contains("logo.png"), "{shown}");

    let two = Site::with(&[letter(1, "copieur", b"one"), letter(2, "scanner", b"two")]);
    for subject in ["copieur", "scanner"] {
        let (letter, ticket) = two.numbers(subject);
        let shown = two.shown(&["ticket", "show", &ticket]);
        assert!(!shown.contains("logo.png"), "{shown}");
        assert!(shown.contains("mémo.pdf"), "{shown}");
        assert!(
            shown.contains("1 picture of signatures left out"),
            "{shown}"
        );
        // Nothing is lost: the letter's own list has it.
        let all = two.shown(&["intake", "attachment", &letter]);
        assert!(
            all.contains("logo.png") && all.contains("in a signature"),
            "{all}"
        );
    }
}

#[test]
fn an_attachment_comes_out_byte_for_byte_and_only_where_it_is_told_to() {
    let site = Site::with(&[letter(1, "copieur", b"%PDF the very bytes")]);
    let (letter, _) = site.numbers("copieur");
    let bytes = site.run(&["intake", "attachment", &letter, "2"]);
    assert_eq!(bytes.stdout, b"%PDF the very bytes", "{bytes:?}");
    let file = site.path("kept.pdf");
    let argument = file.to_str().unwrap();
    site.shown(&["intake", "attachment", &letter, "2", "--output", argument]);
    assert_eq!(fs::read(&file).unwrap(), b"%PDF the very bytes");
    // Never over something that is there, and never under the name that the sender claims.
    let again = site.run(&["intake", "attachment", &letter, "1", "--output", argument]);
    assert_eq!(again.status.code(), Some(73), "{again:?}");
    assert_eq!(fs::read(&file).unwrap(), b"%PDF the very bytes");
    assert!(!site.path("mémo.pdf").exists());
    for (number, code) in [("0", 66), ("3", 66)] {
        let none = site.run(&["intake", "attachment", &letter, number]);
        assert_eq!(none.status.code(), Some(code), "{none:?}");
    }
    let none = site.run(&["intake", "attachment", "99"]);
    assert_eq!(none.status.code(), Some(66), "{none:?}");
}

#[test]
fn what_is_listed_is_what_is_cut() {
    let mut files = 0;
    for letter in crate::corpus::letters() {
        let raw = &letter.raw;
        let Ok(message) = parse(raw) else {
            continue;
        };
        for (index, listed) in message.attachments.iter().enumerate() {
            let (described, bytes) = cut(raw, index).unwrap().unwrap();
            assert_eq!(&described, listed, "{}", letter.name());
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
            assert_eq!(
                (hash, bytes.len() as u64),
                (listed.sha256.clone(), listed.size)
            );
            files += 1;
        }
        assert_eq!(cut(raw, message.attachments.len()), Ok(None));
    }
    assert!(files >= 60, "{files} files");
}
