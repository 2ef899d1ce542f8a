//! Letters that tests write, and what became of them: folders, the mail server's copies, audit.
#![allow(dead_code, reason = "not every build has every user of it")]

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::auditor::{Audit, Breach, Injected, Shelves, SinkCopy};
use crate::dovecot::Dovecot;
use crate::gateway_process::{ADDRESS, ImapAt, Site};
use crate::smtp_script::SmtpScript;

/// A person of the example tables.
pub const CLAIRE: &str = "claire.dumas@univ.example";
/// A person whose machine was not bought by the service.
pub const REMI: &str = "remi.castel@univ.example";

/// A letter to the service; `more` are whole header lines.
pub fn letter(id: &str, from: &str, subject: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "From: <{from}>\r\nTo: {ADDRESS}\r\nMessage-ID: <{id}@univ.example>\r\n\
         Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nSubject: {subject}\r\n{more}\r\n{body}\r\n"
    )
    .into_bytes()
}

/// A request that is accepted.
pub fn request(n: usize) -> Vec<u8> {
    let body = format!("Bonjour, mon poste 2024-00801 ne demarre plus, essai {n}.");
    letter(&format!("new{n}"), CLAIRE, &format!("Panne {n}"), "", &body)
}

/// A request that the card refuses by clause E1: the machine was bought by another unit.
pub fn refused(n: usize) -> Vec<u8> {
    let body = format!("Bonjour, le portable 2026-00233 ne s'allume plus, essai {n}.");
    letter(&format!("no{n}"), REMI, &format!("Portable {n}"), "", &body)
}

/// A letter that a machine wrote.
pub fn automatic(n: usize) -> Vec<u8> {
    let more = "Auto-Submitted: auto-replied\r\n";
    letter(&format!("auto{n}"), CLAIRE, "Absence", more, "Absente.")
}

/// A letter that is nested deeper than any limit.
pub fn unreadable(n: usize) -> Vec<u8> {
    let mut raw = format!("From: <{CLAIRE}>\r\nMessage-ID: <deep{n}@univ.example>\r\n");
    raw += &"Content-Type: message/rfc822\r\n\r\n".repeat(100);
    raw.into_bytes()
}

/// The same letter, come another way.
pub fn again(raw: &[u8]) -> Vec<u8> {
    let mut twice = b"Received: from mx2.univ.example by mail.univ.example; \
        Mon, 23 Nov 2026 09:00:05 +0100\r\n"
        .to_vec();
    twice.extend_from_slice(raw);
    twice
}

/// Where a test's server listens.
pub fn imap_at(server: &Dovecot) -> ImapAt {
    ImapAt {
        port: server.imaps_port(),
        ca_file: server.ca_file(),
        user: server.user().to_owned(),
        password: server.password().to_owned(),
    }
}

/// The folders on the server.
pub fn imap_shelves(mailbox: &str, server: &Dovecot) -> Shelves {
    Shelves {
        mailbox: mailbox.to_owned(),
        watched: server.messages("INBOX"),
        done: server.messages("Guichet/Done"),
        held: server.messages("Guichet/Held"),
    }
}

/// The folders of a Maildir.
pub fn maildir_shelves(mailbox: &str, path: &Path) -> Shelves {
    let letters = |folder: &Path| {
        let mut letters = Vec::new();
        for part in ["new", "cur"] {
            for entry in std::fs::read_dir(folder.join(part)).unwrap() {
                letters.push(std::fs::read(entry.unwrap().path()).unwrap());
            }
        }
        letters
    };
    Shelves {
        mailbox: mailbox.to_owned(),
        watched: letters(path),
        done: letters(&path.join(".Guichet.Done")),
        held: letters(&path.join(".Guichet.Held")),
    }
}

/// What the scripted mail server took.
pub fn copies(server: &SmtpScript) -> Vec<SinkCopy> {
    let copies = server.accepted().into_iter().map(|taken| SinkCopy {
        sender: taken.sender,
        recipients: taken.recipients,
        bytes: taken.bytes,
    });
    copies.collect()
}

/// What was dropped into a Maildir: the envelope stands in the first two lines.
pub fn dropped(folder: &Path) -> Vec<SinkCopy> {
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder.join("new")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.splitn(3, "\r\n");
        let sender = lines.next().unwrap().strip_prefix("Return-Path: <");
        let recipient = lines.next().unwrap().strip_prefix("Delivered-To: ");
        copies.push(SinkCopy {
            sender: sender.unwrap().trim_end_matches('>').to_owned(),
            recipients: vec![recipient.unwrap().to_owned()],
            bytes: lines.next().unwrap().as_bytes().to_vec(),
        });
    }
    copies
}

/// What is wrong with an installation that is quiet.
pub fn audit(
    site: &Site,
    ledger: &[Injected],
    shelves: &[Shelves],
    sink: &[SinkCopy],
) -> Vec<Breach> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let database = site.database().unwrap();
    Audit {
        database: &database,
        store: &site.store(),
        ledger,
        shelves,
        sink,
        now: i64::try_from(now.as_secs()).unwrap(),
    }
    .breaches()
}

/// Nothing is wrong with it.
pub fn assert_clean(site: &Site, ledger: &[Injected], shelves: &[Shelves], sink: &[SinkCopy]) {
    let breaches = audit(site, ledger, shelves, sink);
    let first: Vec<_> = breaches.iter().take(20).collect();
    assert!(
        breaches.is_empty(),
        "{} breaches: {first:#?}\n{}\n{}",
        breaches.len(),
        site.summary(),
        site.log()
    );
}
