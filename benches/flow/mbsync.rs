//! The yardstick: `mbsync` copies the same mailbox into a Maildir.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::dovecot::Dovecot;

/// Pulls INBOX over TLS; the time from start to exit.
pub fn pull(server: &Dovecot, fsync: bool, letters: usize) -> Duration {
    let dir = server.dir().join("mbsync");
    fs::create_dir_all(dir.join("mail")).unwrap();
    let file = dir.join("mbsyncrc");
    fs::write(
        &file,
        format!(
            "FSync {fsync}\n\
             IMAPAccount far\nHost localhost\nPort {port}\nUser {user}\nPass \"{password}\"\n\
             SSLType IMAPS\nCertificateFile {ca}\nAuthMechs LOGIN\n\n\
             IMAPStore far\nAccount far\n\n\
             MaildirStore near\nPath {mail}/\nInbox {mail}/INBOX\n\n\
             Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\n\
             SyncState *\n",
            fsync = if fsync { "yes" } else { "no" },
            port = server.imaps_port(),
            user = server.user(),
            password = server.password(),
            ca = server.ca_file().display(),
            mail = dir.join("mail").display(),
        ),
    )
    .unwrap();
    let start = Instant::now();
    let done = Command::new("mbsync")
        .arg("-c")
        .arg(&file)
        .arg("all")
        .output()
        .unwrap();
    let took = start.elapsed();
    assert!(
        done.status.success(),
        "mbsync: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let inbox = dir.join("mail/INBOX");
    let count: usize = ["new", "cur"]
        .iter()
        .map(|sub| fs::read_dir(inbox.join(sub)).unwrap().count())
        .sum();
    assert_eq!(count, letters, "letters that mbsync brought");
    took
}
