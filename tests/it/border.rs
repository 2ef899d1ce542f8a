//! The way between an SMTP server and a mailbox: what the border server of an institute does to a
//! letter before it lies in its folder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::auditor::SinkCopy;
use crate::dovecot::Dovecot;

/// How the border server is known.
pub const ID: &str = "mx.univ.example";

/// Takes out findings in its own name, and writes its own: the author is authentic.
pub fn sound(letter: Vec<u8>) -> Option<Vec<u8>> {
    stamped("dmarc=pass", &without_findings(&letter))
}

/// Takes out findings in its own name, and writes that the author is forged.
pub fn doubting(letter: Vec<u8>) -> Option<Vec<u8>> {
    stamped("dmarc=fail", &without_findings(&letter))
}

/// Leaves every field as it came, and writes no finding.
pub fn careless(letter: Vec<u8>) -> Option<Vec<u8>> {
    let mut whole = received();
    whole.extend_from_slice(&letter);
    Some(whole)
}

/// Takes out findings in its own name, and writes none.
pub fn silent(letter: Vec<u8>) -> Option<Vec<u8>> {
    careless(without_findings(&letter))
}

/// Loses every letter.
pub fn lossy(_: Vec<u8>) -> Option<Vec<u8>> {
    None
}

fn received() -> Vec<u8> {
    format!(
        "Received: from gate.univ.example by {ID} with ESMTP; Tue, 24 Nov 2026 09:00:00 +0100\r\n"
    )
    .into_bytes()
}

fn stamped(finding: &str, letter: &[u8]) -> Option<Vec<u8>> {
    let mut whole =
        format!("Authentication-Results: {ID};\r\n {finding} header.from=univ.example\r\n")
            .into_bytes();
    whole.extend(received());
    whole.extend_from_slice(letter);
    Some(whole)
}

fn without_findings(letter: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(letter.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut kept = String::new();
    let mut gone = false;
    for line in head.split("\r\n") {
        if !line.starts_with(' ') {
            gone = line.starts_with("Authentication-Results:");
        }
        if !gone {
            kept += line;
            kept += "\r\n";
        }
    }
    format!("{kept}\r\n{body}").into_bytes()
}

/// While `work` runs, carries every letter that the SMTP server took to INBOX, changed by `border`;
/// `when` is an INTERNALDATE to store it with.
pub fn carried<R>(
    dovecot: &Dovecot,
    taken: impl Fn() -> Vec<SinkCopy> + Sync,
    border: fn(Vec<u8>) -> Option<Vec<u8>>,
    when: Option<&str>,
    work: impl FnOnce() -> R,
) -> R {
    let done = AtomicBool::new(false);
    let before = taken().len();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = dovecot.client();
            let mut carried = before;
            while !done.load(Ordering::Relaxed) {
                for copy in taken().into_iter().skip(carried) {
                    carried += 1;
                    if let Some(letter) = border(copy.bytes) {
                        let when = when.map(|when| format!("\"{when}\" ")).unwrap_or_default();
                        let letter = String::from_utf8(letter).unwrap();
                        client.run(&format!(
                            "APPEND INBOX {when}{{{}+}}\r\n{letter}",
                            letter.len()
                        ));
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        // Also if `work` fails: else the carrier would run for ever.
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _over = Over(&done);
        work()
    })
}
