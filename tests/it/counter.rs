//! An installation as an admin meets it at the command line: a store with a handful of letters, two
//! technicians, and the real program in a steady environment.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use guichet::mailbox::maildir;
use serde_json::Value;
use tempfile::TempDir;

use crate::site::ALWAYS_OPEN;

const CONFIGURATION: &str = r#"
[service]
name = "Assistance informatique"
address = "support@univ.example"
[store]
directory = "store"
[[mailbox]]
name = "support"
kind = "maildir"
path = "mailbox"
[delivery]
kind = "maildir"
path = "sent"
[work]
update_pause = "0s"
[tables.people]
file = "people.csv"
[tables.assets]
file = "assets.csv"
[digest]
daily = false
[[technician]]
handle = "paul"
name = "Paul Martin"
addresses = ["paul@univ.example"]
[[technician]]
handle = "zoe"
name = "Zoé Léger"
addresses = ["zoe@univ.example"]
language = "en"
"#;

/// A request with a file, one that is refused, an automatic reply, one in English, one that cannot
/// be read.
const LETTERS: [&str; 5] = [
    "From: Claire Dumas <claire.dumas@univ.example>\r\nTo: support@univ.example\r\n\
     Subject: Le copieur du 3e =?utf-8?q?=C3=A9tage?=\r\nMessage-ID: <one@univ.example>\r\n\
     Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n\
     Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
     Content-Type: text/plain; charset=utf-8\r\n\r\n\
     Bonjour,\r\n\r\nLe copieur du 3e n'imprime plus depuis ce matin.\r\n--b\r\n\
     Content-Type: text/plain; name=journal.txt\r\n\
     Content-Disposition: attachment; filename=journal.txt\r\n\r\nerreur 49\r\n--b--\r\n",
    "From: =?utf-8?q?R=C3=A9mi?= Castel <remi.castel@univ.example>\r\n\
     To: support@univ.example\r\nSubject: Portable en panne\r\n\
     Message-ID: <two@univ.example>\r\nDate: Mon, 23 Nov 2026 09:01:00 +0100\r\n\r\n\
     Bonjour,\r\n\r\nLe portable 2026-00233 ne s'allume plus.\r\n",
    "From: Luc Perrin <luc.perrin@univ.example>\r\nTo: support@univ.example\r\n\
     Return-Path: <>\r\nAuto-Submitted: auto-replied\r\nSubject: Absence\r\n\
     Message-ID: <three@univ.example>\r\n\r\nJe suis absent.\r\n",
    "From: Mei Tanaka <mei.tanaka@univ.example>\r\nTo: support@univ.example\r\n\
     Subject: No network in room 214 \x1b[31mred\r\nMessage-ID: <four@univ.example>\r\n\
     Date: Mon, 23 Nov 2026 09:02:00 +0100\r\n\r\n\
     Hello,\r\n\r\nThere is no wired network in my office. I cannot work.\r\n",
    "\u{0}\u{1}\u{2}",
];

/// The installation.
pub struct Counter {
    folder: TempDir,
}

impl Counter {
    /// Without a letter yet.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/tables");
        for table in ["people.csv", "assets.csv"] {
            fs::copy(tables.join(table), folder.path().join(table)).unwrap();
        }
        let text = format!("{CONFIGURATION}{ALWAYS_OPEN}");
        fs::write(folder.path().join("guichet.toml"), text).unwrap();
        Self { folder }
    }

    /// With the letters above, in their order, and everything sent.
    pub fn open() -> Self {
        let counter = Self::empty();
        for letter in LETTERS {
            counter.drop_letter(letter.as_bytes());
            counter.good(&["once"]);
        }
        counter
    }

    /// Drops a letter into the mailbox.
    pub fn drop_letter(&self, raw: &[u8]) {
        maildir::deliver(&self.path("mailbox"), raw).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, in an environment that tells nothing.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command
            .arg("--config")
            .arg(self.path("guichet.toml"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .env("COLUMNS", "120")
            .env("LOGNAME", "claire");
        command
    }

    /// Runs it to its end with this on its standard input.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// What a command that has to succeed prints.
    #[track_caller]
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, b"");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and words of a command that has to fail.
    #[track_caller]
    pub fn bad(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments, b"");
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "{arguments:?}: {output:?}");
        (code, String::from_utf8(output.stderr).unwrap())
    }

    /// The objects that a command prints, one a line.
    #[track_caller]
    pub fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.good(arguments);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What it prints on a terminal of so many columns.
    pub fn on_terminal(&self, columns: u16, variables: &str, arguments: &str) -> String {
        let line = format!(
            "COLUMNS={columns} TZ=UTC TERM=xterm LOGNAME=claire {variables} {} --config {} {arguments}",
            env!("CARGO_BIN_EXE_guichet"),
            self.path("guichet.toml").display()
        );
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .replace("\r\n", "\n")
    }

    /// One text out of the database for each row.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let database = rusqlite::Connection::open(self.path("store/guichet.sqlite")).unwrap();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Changes rows behind the program's back.
    pub fn meddle(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.path("store/guichet.sqlite")).unwrap();
        // Rows go in whatever order the test names them.
        database.execute_batch("PRAGMA foreign_keys = off").unwrap();
        database.execute_batch(sql).unwrap();
    }
}
