//! The real program as a process, for tests and benches of the whole way.
//!
//! ```ignore
//! let mut site = Site::new();                       // a directory, and a guichet.toml in it
//! site.watch_imap("support", &imap);                // where a server listens
//! site.send_smtp(sink.port());
//! let mut gateway = site.start();                   // `guichet run`
//! site.wait_quiet(3);                               // three letters decided, nothing due
//! assert!(gateway.terminate().success());
//! ```
//!
//! [`Site::once`] runs `guichet once`, [`Site::command`] any other subcommand. The database is
//! looked at beside the daemon, read only, the way the command line does.
//!
//! A process that was started is killed when its value goes, and by the kernel when the thread
//! that started it ends: a test that is killed leaves none. So a [`Gateway`] is kept in the thread
//! that started it.

#![allow(dead_code, reason = "each user needs another part of it")]

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::site::ALWAYS_OPEN;

/// The address that all letters go to.
pub const ADDRESS: &str = "support@univ.example";

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where an IMAP server listens, with implicit TLS on 127.0.0.1.
pub struct ImapAt {
    pub port: u16,
    pub ca_file: PathBuf,
    pub user: String,
    pub password: String,
}

/// One installation: a directory with configuration, store and secrets.
pub struct Site {
    dir: TempDir,
    service: String,
    mailboxes: String,
    delivery: String,
    rest: String,
    tables: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// An installation without mailboxes that knows the example tables, with budgets wide enough
    /// for many letters of one person.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("gui")
            .tempdir_in("/tmp")
            .unwrap();
        Self {
            dir,
            service: String::new(),
            mailboxes: String::new(),
            delivery: String::new(),
            rest: "[answers]\nper_recipient_per_hour = 100000\nper_recipient_per_day = 100000\n\
                   all_per_address_per_hour = 100000\nper_hour = 1000000\n"
                .to_owned(),
            tables: true,
        }
    }

    /// The installation's directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The store's directory.
    pub fn store(&self) -> PathBuf {
        self.dir().join("store")
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.dir().join("guichet.toml")
    }

    /// Adds an IMAP mailbox.
    pub fn watch_imap(&mut self, name: &str, at: &ImapAt) -> &mut Self {
        self.watch_imap_with(name, at, "")
    }

    /// Adds an IMAP mailbox with more keys, one a line.
    pub fn watch_imap_with(&mut self, name: &str, at: &ImapAt, more: &str) -> &mut Self {
        let secret = format!("password-{name}");
        fs::write(self.dir().join(&secret), &at.password).unwrap();
        self.mailboxes += &format!(
            "[[mailbox]]\nname = \"{name}\"\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {}\n\
             ca_file = \"{}\"\nuser = \"{}\"\npassword_file = \"{secret}\"\n{more}\n",
            at.port,
            at.ca_file.display(),
            at.user,
        );
        self.write()
    }

    /// Adds a Maildir, a folder of the installation's directory, and says where it is.
    pub fn watch_maildir(&mut self, name: &str) -> PathBuf {
        self.mailboxes +=
            &format!("[[mailbox]]\nname = \"{name}\"\nkind = \"maildir\"\npath = \"{name}\"\n");
        self.write();
        self.dir().join(name)
    }

    /// Answers go to an SMTP server on 127.0.0.1; an attempt of unknown outcome is repeated after
    /// a second.
    pub fn send_smtp(&mut self, port: u16) -> &mut Self {
        self.delivery = format!(
            "[delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             security = \"plain\"\nambiguous_pause = \"1s\"\n"
        );
        self.write()
    }

    /// Answers go to the folder `out`.
    pub fn send_maildir(&mut self) -> &mut Self {
        "[delivery]\nkind = \"maildir\"\npath = \"out\"\nambiguous_pause = \"1s\"\n"
            .clone_into(&mut self.delivery);
        self.write()
    }

    /// Replaces the sections after the transport; the first are the budgets.
    pub fn configure(&mut self, sections: &str) -> &mut Self {
        sections.clone_into(&mut self.rest);
        self.write()
    }

    /// More keys of the section `[service]`, one a line.
    pub fn serve(&mut self, keys: &str) -> &mut Self {
        keys.clone_into(&mut self.service);
        self.write()
    }

    /// Nobody and nothing is in the tables, so that the card has nothing to rest on.
    pub fn without_tables(&mut self) -> &mut Self {
        self.tables = false;
        self.write()
    }

    fn write(&mut self) -> &mut Self {
        let mut text = format!(
            "[service]\nname = \"Support\"\naddress = \"{ADDRESS}\"\n{}[store]\ndirectory = \"store\"\n\
             [log]\nformat = \"text\"\n{ALWAYS_OPEN}{}{}{}",
            self.service, self.mailboxes, self.delivery, self.rest
        );
        if self.tables {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/tables");
            for table in [
                "people",
                "assets",
                "visitors",
                "software",
                "lifecycle",
                "shared_systems",
            ] {
                text += &format!(
                    "[tables.{table}]\nfile = \"{}\"\n",
                    folder.join(table).with_extension("csv").display()
                );
            }
        }
        fs::write(self.config(), text).unwrap();
        self
    }

    /// Starts `guichet run`.
    pub fn start(&self) -> Gateway {
        self.start_with(&[])
    }

    /// Starts `guichet run` with more in its environment.
    pub fn start_with(&self, environment: &[(&str, &str)]) -> Gateway {
        let before = self.log().len();
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .unwrap();
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_guichet"), "-c"])
            .arg(self.config())
            .arg("run")
            .current_dir(self.dir())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Gateway {
            process,
            log: self.log_file(),
            logged_before: before,
        }
    }

    /// Runs `guichet once`.
    pub fn once(&self) -> Output {
        self.command(&["once"], b"")
    }

    /// Works through what is there with this environment, and returns.
    pub fn once_with(&self, environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("-c")
            .arg(self.config())
            .arg("once")
            .current_dir(self.dir())
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }

    /// Runs a subcommand to its end with this on its standard input.
    pub fn command(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut process = Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("-c")
            .arg(self.config())
            .args(arguments)
            .current_dir(self.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses before it reads closes the pipe.
        let _ = process.stdin.take().unwrap().write_all(input);
        process.wait_with_output().unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.dir().join("log")
    }

    /// Everything that all processes of the installation have logged.
    pub fn log(&self) -> String {
        fs::read(self.log_file())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The database, read only; none before the first start.
    pub fn database(&self) -> Option<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = self.store().join("guichet.sqlite");
        let database = Connection::open_with_flags(file, flags).ok()?;
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        Some(database)
    }

    /// One number out of the database; none while it or its tables do not exist.
    pub fn ask(&self, sql: &str) -> Option<i64> {
        self.database()?
            .query_row(sql, [], |row| row.get::<_, Option<i64>>(0))
            .ok()
            .flatten()
    }

    /// One text out of the database for each row.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let database = self.database().unwrap();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Whether `letters` rows are decided, none waits, and nothing waits in the outbox (or all of
    /// it is held).
    pub fn is_quiet(&self, letters: usize) -> bool {
        self.ask("SELECT count(*) FROM letter WHERE state = 'decided'")
            .is_some_and(|decided| decided >= i64::try_from(letters).unwrap())
            && self.ask(
                "SELECT (SELECT count(*) FROM letter WHERE state <> 'decided')
                      + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')
                         AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'outbox_hold'))",
            ) == Some(0)
    }

    /// Waits until all is done that will be done: `letters` rows decided, nothing due, and the
    /// letters put where they belong.
    pub fn wait_quiet(&self, letters: usize) {
        self.wait(&format!("{letters} letters and quiet"), || {
            self.is_quiet(letters)
        });
    }

    /// Waits until `letters` rows are decided, whatever waits in the outbox.
    pub fn wait_decided(&self, letters: i64) {
        self.wait(&format!("{letters} decided letters"), || {
            self.ask("SELECT count(*) FROM letter WHERE state = 'decided'") == Some(letters)
        });
    }

    /// Waits until nothing that was decided in this process waits for its shelf either.
    pub fn wait_shelved(&self, letters: usize) {
        self.wait_quiet(letters);
        self.wait("letters on their shelves", || {
            self.ask("SELECT count(*) FROM letter WHERE acknowledged = 'no'") == Some(0)
        });
    }

    /// Waits for anything, a minute at most.
    pub fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds() {
            assert!(
                Instant::now() < until,
                "waited in vain for {what}\n{}\n{}",
                self.summary(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What is in the database, for the message of a test that fails.
    pub fn summary(&self) -> String {
        if self.database().is_none() {
            return "no database".to_owned();
        }
        let mut lines = self.texts(
            "SELECT 'letter ' || id || ' ' || mailbox || '/' || epoch || '/' || uid || ' ' || state
               || ' ' || disposition || ' ' || acknowledged || ' starts ' || attempts || ': ' || reason
             FROM letter ORDER BY id LIMIT 60",
        );
        lines.extend(self.texts(
            "SELECT 'outbox ' || id || ' ' || dedupe_key || ' ' || state || ' ' || phase || ' '
               || attempts || ' due ' || due_at || ': ' || answer
             FROM outbox WHERE state <> 'sent' ORDER BY id LIMIT 60",
        ));
        lines.join("\n")
    }
}

/// A running `guichet run`.
pub struct Gateway {
    process: Child,
    log: PathBuf,
    logged_before: usize,
}

impl Gateway {
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has logged so far, without the processes before it.
    pub fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let own = log.get(self.logged_before..).unwrap_or_default();
        String::from_utf8_lossy(own).into_owned()
    }

    /// Waits until it has logged this.
    pub fn wait_logged(&self, words: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.log().contains(words) {
            assert!(
                Instant::now() < until,
                "not logged: {words}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it watches: from here on it stops in an orderly way.
    pub fn wait_ready(&self) {
        self.wait_logged("guichet is ready");
    }

    /// Kills it (SIGKILL) and waits for its end.
    pub fn kill(&mut self) -> ExitStatus {
        // It may have ended by itself.
        let _ = self.process.kill();
        self.process.wait().unwrap()
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "kill -s {name}");
    }

    /// Asks it to stop (SIGTERM) and waits for its end, `patience` at most.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended(Duration::from_secs(10))
    }

    /// Waits for its end.
    pub fn ended(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < until,
                "still running after {patience:?}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The signal that ended it; none if it runs or exited.
    pub fn died_of(&mut self) -> Option<i32> {
        self.process.try_wait().unwrap()?.signal()
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
    }
}
