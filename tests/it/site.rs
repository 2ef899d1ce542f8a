//! A site in a folder of its own: configuration, Maildir mailbox, store; and the real program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guichet::mailbox::maildir;
use guichet::store::View;

/// The configuration every site begins with; the way out is added.
const CONFIGURATION: &str = r#"
[service]
name = "Assistance"
address = "support@univ.example"
[store]
directory = "store"
[answers]
per_recipient_per_hour = 1000
per_recipient_per_day = 1000
all_per_address_per_hour = 1000
per_hour = 100000
[[mailbox]]
name = "support"
kind = "maildir"
path = "mailbox"
"#;

/// Opening hours without end, so that no test depends on the hour it runs at.
pub const ALWAYS_OPEN: &str = include_str!("always_open.toml");

/// Answers are put into the folder `sent`.
pub const TO_FOLDER: &str = "[delivery]\nkind = \"maildir\"\npath = \"sent\"\n";

pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// A site that is always open, whose configuration ends with `delivery`.
    pub fn new(delivery: &str) -> Self {
        Self::without_hours(&format!("{delivery}{ALWAYS_OPEN}"))
    }

    /// A site whose configuration ends with `rest`.
    pub fn without_hours(rest: &str) -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let text = format!("{CONFIGURATION}{rest}");
        fs::write(folder.path().join("guichet.toml"), text).unwrap();
        Self { folder }
    }

    /// Answers go to the server on this port of 127.0.0.1, over one connection.
    pub fn to_server(port: u16) -> Self {
        Self::new(&format!(
            "[delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\nport = {port}\nconnections = 1\n"
        ))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Drops a request of person `n` into the mailbox.
    pub fn letter(&self, n: usize) {
        let letter = format!(
            "From: Claire <claire{n}@univ.example>\r\nTo: support@univ.example\r\nSubject: panne {n}\r\nMessage-ID: <{n}@univ.example>\r\n\r\nLe copieur {n} ne marche plus.\r\n"
        );
        maildir::deliver(&self.path("mailbox"), letter.as_bytes()).unwrap();
    }

    /// Runs the program with these arguments.
    pub fn guichet(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("--config")
            .arg(self.path("guichet.toml"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Works through what is there.
    pub fn once(&self) {
        let output = self.guichet(&["once"]);
        assert!(output.status.success(), "{output:?}");
    }

    /// Letters in the folder `sent`.
    pub fn sent(&self) -> usize {
        fs::read_dir(self.path("sent/new")).unwrap().count()
    }

    pub fn view(&self) -> View {
        View::open(&self.path("store")).unwrap()
    }

    /// The database itself, for what the program does not show.
    pub fn database(&self) -> rusqlite::Connection {
        open(&self.path("store/guichet.sqlite"))
    }
}

fn open(file: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(file).unwrap()
}
