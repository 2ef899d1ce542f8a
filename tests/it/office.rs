//! A service with its people: the real gateway with its store and readers, and a clock that the
//! test moves. Letters go in as bytes, what goes out is read as its receiver would.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guichet::clock::Clock;
use guichet::config::{self, Config};
use guichet::decide::due::Usual;
use guichet::gateway::Gateway;
use guichet::gateway::rules::CurrentRules;
use guichet::reader::{Reader, Settings};
use guichet::store::Store;
use guichet::store::journal::Arrival;
use guichet::store::outbox::{Fate, Settlement};
use guichet::timer::{Passed, Timer};
use jiff::{SignedDuration, Timestamp};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use tokio::sync::Notify;

/// A Monday morning.
const START: &str = "2026-11-23T08:00:00Z";

const CONFIGURATION: &str = r#"
[service]
name = "Assistance informatique"
address = "support@univ.example"
authserv_id = "mx.univ.example"
[store]
directory = "store"
[answers]
per_recipient_per_hour = 1000
per_hour = 100000
[[mailbox]]
name = "support"
kind = "maildir"
path = "mailbox"
[delivery]
kind = "maildir"
path = "sent"
[hours]
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]
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

/// A letter that went out.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub envelope_sender: Option<String>,
    pub kind: String,
    pub message_id: String,
    pub subject: String,
    pub body: String,
    pub raw: String,
}

impl Mail {
    /// Its header field, unfolded, or nothing.
    pub fn field(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(self.raw.as_bytes())?;
        message
            .header_raw(name)
            .map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The files in it: name and bytes.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let message = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        message
            .attachments()
            .map(|part| {
                let name = part.attachment_name().unwrap_or_default().to_owned();
                (name, part.contents().to_vec())
            })
            .collect()
    }

    #[track_caller]
    pub fn assert_says(&self, words: &str) -> &Self {
        // A French date is held together by spaces that do not break.
        let body = self.body.replace('\u{a0}', " ");
        let words = words.replace('\u{a0}', " ");
        assert!(body.contains(&words), "{words:?} not in\n{}", self.body);
        self
    }

    #[track_caller]
    pub fn assert_silent_about(&self, words: &str) -> &Self {
        assert!(!self.body.contains(words), "{words:?} in\n{}", self.body);
        self
    }
}

/// A letter that goes in.
#[derive(Debug, Clone)]
pub struct Letter {
    pub from: String,
    pub to: String,
    pub cc: String,
    pub subject: String,
    pub body: String,
    pub answers: Option<String>,
    /// Header lines besides.
    pub more: String,
    /// What the border server found: `pass`, `fail`, or nothing.
    pub authentic: Option<&'static str>,
    /// A file: name, type, bytes.
    pub file: Option<(&'static str, &'static str, Vec<u8>)>,
}

/// The example tables, exported some days before the first letter.
fn tables() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/tables");
    [
        "people",
        "assets",
        "visitors",
        "software",
        "lifecycle",
        "shared_systems",
    ]
    .map(|table| {
        format!("[tables.{table}]\nfile = \"{folder}/{table}.csv\"\nexported_on = \"2026-11-20\"\n")
    })
    .concat()
}

/// A letter of somebody at the institute, found authentic.
pub fn letter(from: &str, subject: &str, body: &str) -> Letter {
    Letter {
        from: from.to_owned(),
        to: "support@univ.example".to_owned(),
        cc: String::new(),
        subject: subject.to_owned(),
        body: body.to_owned(),
        answers: None,
        more: String::new(),
        authentic: Some("pass"),
        file: None,
    }
}

/// An answer to a letter of ours, as a mail program writes it: the old text quoted below.
pub fn reply(from: &str, to: &Mail, body: &str) -> Letter {
    let quoted: String = to.body.lines().map(|line| format!("> {line}\n")).collect();
    Letter {
        answers: Some(to.message_id.clone()),
        ..letter(
            from,
            &format!("Re: {}", to.subject),
            &format!(
                "{body}\n\nLe lun. 23 nov. 2026 à 09:00, Assistance <support@univ.example> a écrit :\n{quoted}"
            ),
        )
    }
}

impl Letter {
    pub fn cc(self, cc: &str) -> Self {
        Self {
            cc: cc.to_owned(),
            ..self
        }
    }

    pub fn found(self, authentic: Option<&'static str>) -> Self {
        Self { authentic, ..self }
    }

    /// With one more header line.
    pub fn with(self, line: &str) -> Self {
        Self {
            more: format!("{}{line}\r\n", self.more),
            ..self
        }
    }

    /// As it goes over the wire.
    pub fn bytes(&self, n: usize, date: &str) -> Vec<u8> {
        let domain = self.from.rsplit('@').next().unwrap().trim_end_matches('>');
        let mut head = String::new();
        if let Some(found) = self.authentic {
            head.push_str(&format!(
                "Authentication-Results: mx.univ.example; dmarc={found} header.from={domain}\r\n"
            ));
        }
        head.push_str(&format!(
            "Received: from client by mx.univ.example; {date}\r\nFrom: {}\r\nTo: {}\r\n",
            self.from, self.to
        ));
        if !self.cc.is_empty() {
            head.push_str(&format!("Cc: {}\r\n", self.cc));
        }
        if let Some(id) = &self.answers {
            head.push_str(&format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
        }
        head.push_str(&format!(
            "Subject: {}\r\nDate: {date}\r\nMessage-ID: <{n}@{domain}>\r\n{}MIME-Version: 1.0\r\n\
             ",
            self.subject, self.more
        ));
        let body = self.body.replace('\n', "\r\n");
        let text = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"
        );
        let Some((name, media_type, file)) = &self.file else {
            return format!("{head}{text}").into_bytes();
        };
        format!(
            "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{text}\r\n--b\r\n\
             Content-Type: {media_type}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
            data_encoding::BASE64.encode(file)
        )
        .into_bytes()
    }
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Became {
    pub disposition: String,
    pub reason: String,
    pub ticket: Option<i64>,
}

/// The service.
pub struct Office {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    timer: Mutex<Timer>,
    gateway: Gateway,
    now: Arc<AtomicI64>,
    letters: AtomicUsize,
}

impl Office {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more configuration.
    pub fn with(more: &str) -> Self {
        Self::configured(&format!("{CONFIGURATION}{more}"), None)
    }

    /// With the example tables, in which some people and machines are known.
    pub fn with_tables() -> Self {
        Self::with(&tables())
    }

    /// With the example tables and another service card.
    pub fn with_card(card: &str) -> Self {
        let policy = "[policy]\ncard = \"card.toml\"\n";
        Self::configured(&format!("{CONFIGURATION}{policy}{}", tables()), Some(card))
    }

    /// With the example tables and more keys for automatic answers, one a line.
    pub fn with_answers(keys: &str) -> Self {
        let keys = format!("[answers]\n{keys}");
        let text = CONFIGURATION.replace("[answers]\n", &keys);
        Self::configured(&format!("{text}{}", tables()), None)
    }

    /// With more configuration, and the hours of an office: on weekdays from 08:30 to 12:00 and
    /// from 13:30 to 17:00, without closures.
    pub fn in_office_hours(more: &str) -> Self {
        let office = CONFIGURATION
            .replace(r#""00:00-24:00""#, r#""08:30-12:00", "13:30-17:00""#)
            .replace(
                r#"saturday = ["08:30-12:00", "13:30-17:00"]"#,
                "saturday = []",
            )
            .replace(r#"sunday = ["08:30-12:00", "13:30-17:00"]"#, "sunday = []")
            .replace("[hours]\n", "[hours]\nexpected_closures = []\n");
        Self::configured(&format!("{office}{more}"), None)
    }

    fn configured(text: &str, card: Option<&str>) -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        if let Some(card) = card {
            std::fs::write(folder.path().join("card.toml"), card).unwrap();
        }
        let file = folder.path().join("guichet.toml");
        // A story is about its tickets; one that is about mornings says so.
        let digest = match text.contains("[digest]") {
            true => "",
            false => "[digest]\ndaily = false\n",
        };
        std::fs::write(&file, format!("{text}{digest}")).unwrap();
        let config = Config::read(&file).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let start: Timestamp = START.parse().unwrap();
        let now = Arc::new(AtomicI64::new(start.as_second()));
        let shown = Arc::clone(&now);
        let gateway = runtime.block_on(async {
            let store = Store::open(&config.store, start).unwrap();
            let settings = Settings {
                program: env!("CARGO_BIN_EXE_guichet").into(),
                args: vec!["read-worker".into()],
                workers: 1,
                memory: 512 * 1024 * 1024,
                deadline: Duration::from_secs(10),
            };
            let mut gateway = Gateway::new(
                store,
                Arc::new(Reader::new(settings)),
                CurrentRules::new(config::rules(&config).unwrap()),
                Arc::new(Notify::new()),
            );
            gateway.clock =
                Clock::of(move || Timestamp::from_second(shown.load(Ordering::Relaxed)).unwrap());
            gateway
        });
        Self {
            folder,
            runtime,
            timer: Mutex::new(timer(&gateway)),
            gateway,
            now,
            letters: AtomicUsize::new(0),
        }
    }

    /// The configuration, for the command line beside the running service.
    pub fn config(&self) -> std::path::PathBuf {
        self.folder.path().join("guichet.toml")
    }

    /// One text for each row out of the database.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let file = self.folder.path().join("store/guichet.sqlite");
        let database = rusqlite::Connection::open(file).unwrap();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub fn now(&self) -> Timestamp {
        self.gateway.clock.now()
    }

    /// The installation's folder.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Stops the service and leaves its folder.
    pub fn into_folder(self) -> tempfile::TempDir {
        let Self {
            folder,
            runtime,
            gateway,
            ..
        } = self;
        drop(gateway);
        drop(runtime);
        folder
    }

    /// Removes what is old, as the daemon does at night.
    pub fn purge(&self, retention: guichet::privacy::Retention) {
        let order = guichet::purge::Order {
            retention,
            zone: &jiff::tz::TimeZone::UTC,
            now: self.now(),
            quiet_is_right: false,
        };
        let mut hand = guichet::store::purge::Hand::Daemon(self.gateway.store.clone());
        self.runtime
            .block_on(guichet::purge::run(
                &mut hand,
                &self.gateway.reader,
                &order,
                |_, _| true,
            ))
            .unwrap();
    }

    /// How many letters went in.
    pub fn letters_so_far(&self) -> usize {
        self.letters.load(Ordering::Relaxed)
    }

    /// Runs the program beside the gateway.
    pub fn guichet(&self, arguments: &[&str]) -> std::process::Output {
        std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("--config")
            .arg(self.folder.path().join("guichet.toml"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Goes to so many days before the system's own time.
    pub fn days_ago(&self, days: i64) {
        let then = Timestamp::now().as_second() - days * 86_400;
        self.now.store(then, Ordering::Relaxed);
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        self.now.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// Takes a letter in and says what became of it.
    pub fn post(&self, letter: &Letter) -> Became {
        self.post_dated(letter, self.now())
    }

    /// Takes a letter in that was written at some moment.
    pub fn post_dated(&self, letter: &Letter, written: Timestamp) -> Became {
        let n = self.letters.fetch_add(1, Ordering::Relaxed) + 1;
        let date = written.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        self.post_raw(letter.bytes(n, &date))
    }

    /// Takes bytes in.
    pub fn post_raw(&self, raw: Vec<u8>) -> Became {
        let n = self.letters.fetch_add(1, Ordering::Relaxed) + 1;
        let now = self.now();
        self.runtime.block_on(async {
            let store = &self.gateway.store;
            let arrival = Arrival {
                uid: n.to_string(),
                received_at: now,
                size: raw.len() as u64,
                raw,
                rescan: false,
            };
            let ids = store
                .journal("support", 0, now, vec![arrival])
                .await
                .unwrap();
            let before = guichet::store::journal::LetterId(ids[0].0 - 1);
            let letters = store.unfinished(before, 1).await.unwrap();
            let settled = self.gateway.process(letters).await.unwrap();
            let decision = &settled[0].decision;
            Became {
                disposition: decision.disposition.as_str().to_owned(),
                reason: decision.reason.clone(),
                ticket: decision.ticket.map(|ticket| ticket.0),
            }
        })
    }

    /// Delivers what is due and returns it.
    pub fn deliver(&self) -> Vec<Mail> {
        let store = &self.gateway.store;
        let mut delivered = Vec::new();
        self.runtime.block_on(async {
            let rules = self.gateway.rules.get();
            let random = || self.letters.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            guichet::gateway::lost::tell(store, &rules, self.now(), random)
                .await
                .unwrap();
            loop {
                let rows = store.claim(self.now(), 50).await.unwrap();
                if rows.is_empty() {
                    break;
                }
                for row in rows {
                    store.mark_dot(row.id).await.unwrap();
                    let settlement = Settlement {
                        fate: Fate::Sent,
                        code: Some(250),
                        answer: "taken".to_owned(),
                        unknown_end: false,
                        server_fault: false,
                        blames_address: false,
                    };
                    store
                        .settle_delivery(row.id, self.now(), settlement, 3)
                        .await
                        .unwrap();
                    delivered.push(mail(&row));
                }
            }
        });
        delivered
    }

    /// The mail server refuses for good what is due now.
    pub fn refuse(&self) -> usize {
        let store = &self.gateway.store;
        self.runtime.block_on(async {
            let rows = store.claim(self.now(), 50).await.unwrap();
            for row in &rows {
                let settlement = Settlement {
                    fate: Fate::Failed,
                    code: Some(550),
                    answer: "550 5.1.1 no such user".to_owned(),
                    unknown_end: false,
                    server_fault: false,
                    blames_address: true,
                };
                store
                    .settle_delivery(row.id, self.now(), settlement, 9)
                    .await
                    .unwrap();
            }
            rows.len()
        })
    }

    /// Reckons how soon persons answer, as the daemon does now and then.
    pub fn reckon(&self) {
        self.runtime.block_on(self.gateway.reckon()).unwrap();
    }

    /// Has everything done that has fallen due by now.
    pub fn fall_due(&self) -> Passed {
        let mut timer = self.timer.lock().unwrap();
        self.runtime.block_on(timer.pass()).unwrap()
    }

    /// The same of a gateway that watches this mailbox too.
    pub fn fall_due_watching(&self, mailbox: &str, looked_through: bool) -> Passed {
        if looked_through {
            self.gateway.looks.note(mailbox);
        }
        let (_, usual) = tokio::sync::watch::channel(Arc::default());
        let mut timer = Timer::new(&self.gateway, vec![mailbox.to_owned()], usual);
        self.runtime.block_on(timer.pass()).unwrap()
    }

    /// The same where it is known how long a first answer takes as a rule.
    pub fn fall_due_knowing(&self, usual: Usual) -> Passed {
        let (_, usual) = tokio::sync::watch::channel(Arc::new(usual));
        let mut timer = Timer::new(&self.gateway, Vec::new(), usual);
        self.runtime.block_on(timer.pass()).unwrap()
    }

    /// Lets time pass as in an office where the gateway runs: every quarter of an hour it does what
    /// has fallen due and sends what it may. Says what went out, and when.
    pub fn live(&self, time: SignedDuration) -> Vec<(Timestamp, Mail)> {
        let quarter = SignedDuration::from_mins(15);
        let end = self.now() + time;
        let mut sent = Vec::new();
        while self.now() < end {
            self.pass(quarter.min(end.duration_since(self.now())));
            self.fall_due();
            let now = self.now();
            sent.extend(self.deliver().into_iter().map(|mail| (now, mail)));
        }
        sent
    }

    /// The timer of a process that was started anew.
    pub fn restart_timer(&self) {
        *self.timer.lock().unwrap() = timer(&self.gateway);
    }

    /// Puts other rules in force, as a reload of this configuration does.
    pub fn reload(&self, change: impl FnOnce(&str) -> String) {
        let file = self.folder.path().join("guichet.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(&text)).unwrap();
        let config = Config::read(&file).unwrap();
        let rules = config::rules(&config).unwrap();
        self.gateway.rules.replace(rules);
    }

    /// The command line beside the running gateway.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("--config")
            .arg(self.folder.path().join("guichet.toml"))
            .args(arguments)
            .env("TZ", "UTC")
            .env("COLUMNS", "200")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Changes rows by hand.
    pub fn execute(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap();
    }

    /// The database, beside the gateway.
    pub fn database(&self) -> rusqlite::Connection {
        let file = self.folder.path().join("store/guichet.sqlite");
        let database = rusqlite::Connection::open(file).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
    }

    /// Lets updates fall due, and delivers.
    pub fn deliver_all(&self) -> Vec<Mail> {
        self.pass(SignedDuration::from_mins(5));
        self.deliver()
    }

    /// Does what has fallen due in requests for on-call presence; says why each did.
    pub fn on_call_falls_due(&self) -> Vec<String> {
        let rules = self.gateway.rules.get();
        let due = guichet::gateway::on_call::fall_due(&self.gateway.store, &rules, self.now());
        let occurred = self.runtime.block_on(due).unwrap();
        occurred.into_iter().map(|one| one.reason).collect()
    }

    /// The configuration's file.
    pub fn configuration(&self) -> std::path::PathBuf {
        self.folder.path().join("guichet.toml")
    }

    /// Moves the clock to an instant.
    pub fn at(&self, instant: &str) {
        let instant: Timestamp = instant.parse().unwrap();
        self.now.store(instant.as_second(), Ordering::Relaxed);
    }

    pub fn status(&self, ticket: i64) -> String {
        self.text(&format!(
            "SELECT status FROM ticket WHERE number = {ticket}"
        ))
    }

    /// One text out of the database.
    pub fn text(&self, sql: &str) -> String {
        let file = self.folder.path().join("store/guichet.sqlite");
        let database = rusqlite::Connection::open(file).unwrap();
        database
            .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| match value {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            })
            .unwrap_or_default()
    }
}

/// The timer of a gateway without mailboxes.
fn timer(gateway: &Gateway) -> Timer {
    let (_, usual) = tokio::sync::watch::channel(Arc::default());
    Timer::new(gateway, Vec::new(), usual)
}

/// The one letter to an address.
#[track_caller]
pub fn to<'a>(mails: &'a [Mail], address: &str) -> &'a Mail {
    let found: Vec<&Mail> = mails.iter().filter(|mail| mail.to == address).collect();
    let kinds: Vec<_> = mails.iter().map(|mail| (&mail.to, &mail.kind)).collect();
    assert_eq!(found.len(), 1, "one letter to {address} among {kinds:?}");
    found[0]
}

fn mail(row: &guichet::store::outbox::Claimed) -> Mail {
    let message = MessageParser::default().parse(&row.bytes).unwrap();
    let id = match message.header("Message-ID") {
        Some(HeaderValue::Text(id)) => id.to_string(),
        other => panic!("{other:?}"),
    };
    Mail {
        to: row.recipient.clone(),
        envelope_sender: row.sender.clone(),
        kind: row.kind.clone(),
        message_id: id,
        subject: message.subject().unwrap_or_default().to_owned(),
        body: message
            .body_text(0)
            .unwrap_or_default()
            .replace("\r\n", "\n"),
        raw: String::from_utf8_lossy(&row.bytes).into_owned(),
    }
}
