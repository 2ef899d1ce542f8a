//! The real program with a configuration and a store of its own.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::dovecot::Dovecot;

/// What the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub tickets: usize,
    pub replies: usize,
    /// Replies that the server has accepted.
    pub sent: usize,
}

/// A configured gateway.
pub struct Gateway {
    dir: TempDir,
}

impl Gateway {
    /// Between this server and a sink on `smtp`; `connections` 0 is the shipped number.
    pub fn new(server: &Dovecot, smtp: u16, connections: usize) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("gflow")
            .tempdir_in("/tmp")
            .unwrap();
        fs::write(dir.path().join("password"), server.password()).unwrap();
        let connections = match connections {
            0 => String::new(),
            number => format!("connections = {number}\n"),
        };
        let tables: String = [
            "people",
            "assets",
            "visitors",
            "software",
            "lifecycle",
            "shared_systems",
        ]
        .iter()
        .map(|table| {
            let root = env!("CARGO_MANIFEST_DIR");
            format!("[tables.{table}]\nfile = \"{root}/deploy/tables/{table}.csv\"\n")
        })
        .collect();
        fs::write(
            dir.path().join("guichet.toml"),
            format!(
                "[service]\nname = \"Assistance\"\naddress = \"support@univ.example\"\n\
                 [store]\ndirectory = \"store\"\n\
                 [[mailbox]]\nname = \"support\"\nkind = \"imap\"\nhost = \"localhost\"\n\
                 port = {imap}\nca_file = \"{ca}\"\nuser = \"{user}\"\npassword_file = \"password\"\n\
                 [delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {smtp}\n\
                 security = \"plain\"\n{connections}\
                 [answers]\nper_recipient_per_hour = 100000\nper_recipient_per_day = 100000\n\
                 all_per_address_per_hour = 100000\nper_hour = 10000000\n{tables}{hours}",
                hours = include_str!("../../tests/it/always_open.toml"),
                imap = server.imaps_port(),
                ca = server.ca_file().display(),
                user = server.user(),
            ),
        )
        .unwrap();
        Self { dir }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command
            .arg("--config")
            .arg(self.dir.path().join("guichet.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log());
        command
    }

    fn log(&self) -> File {
        let path = self.dir.path().join("log");
        File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap()
    }

    /// Runs a subcommand that must succeed; the time from start to exit.
    pub fn call(&self, arguments: &[&str]) -> Duration {
        let start = Instant::now();
        let status = self.command(arguments).status().unwrap();
        let took = start.elapsed();
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap();
        let last = log.lines().last().unwrap_or_default();
        assert!(
            status.success(),
            "guichet {arguments:?}: {status}, last line: {last}"
        );
        took
    }

    /// Starts `guichet run`.
    pub fn run(&self) -> Running {
        Running(self.command(&["run"]).spawn().unwrap())
    }

    /// A look into the store, once the program has made it.
    pub fn view(&self) -> Connection {
        let file = self.dir.path().join("store/guichet.sqlite");
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    pub fn counts(&self) -> Counts {
        let view = self.view();
        let count = |question: &str| number(&view, question);
        Counts {
            tickets: count("SELECT count(*) FROM ticket"),
            replies: count("SELECT count(DISTINCT ticket) FROM outbox WHERE length(bytes) > 0"),
            sent: count("SELECT count(*) FROM outbox WHERE state = 'sent'"),
        }
    }
}

/// The number of the newest reply.
pub fn last_reply(view: &Connection) -> usize {
    number(view, "SELECT coalesce(max(id), 0) FROM outbox")
}

fn number(view: &Connection, question: &str) -> usize {
    let found: i64 = view.query_row(question, [], |row| row.get(0)).unwrap();
    usize::try_from(found).unwrap()
}

/// A running daemon; killed if the measurement fails.
pub struct Running(Child);

impl Running {
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// SIGTERM, and a clean end.
    pub fn stop(&mut self) {
        let told = Command::new("kill")
            .arg(self.id().to_string())
            .status()
            .unwrap();
        assert!(told.success());
        // The last commit comes after the server's last word.
        assert!(self.0.wait().unwrap().success(), "guichet run ended badly");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
