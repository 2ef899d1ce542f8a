//! `guichet doctor` at a healthy service, and at broken ones: each names what is broken.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::Value;

use crate::border::{self, carried};
use crate::certificates::Authority;
use crate::dovecot::{Dovecot, Options};
use crate::foreign_smtp::ForeignSmtp;
use crate::gateway_process::Site;
use crate::imap_script;
use crate::name_server::{NameServer, Record};
use crate::post::{copies, imap_at};
use crate::smtp_script::{Act, Script, SmtpScript, Tls, Verb};

/// What a well-kept service has beside mailbox and way out.
const WHOLE: &str = r#"
[alert]
to = ["admin@univ.example"]
[digest]
daily = false
[[technician]]
handle = "paul"
name = "Paul Martin"
addresses = ["paul.martin@univ.example"]
approver = true
"#;

/// Findings by check and grade, and the exit code.
#[derive(Debug)]
struct Look {
    findings: Vec<Value>,
    code: i32,
}

impl Look {
    fn of(site: &Site, arguments: &[&str]) -> Self {
        let mut all = vec!["doctor", "--json"];
        all.extend_from_slice(arguments);
        let output = site.command(&all, b"");
        assert!(output.stderr.is_empty(), "{output:?}");
        let findings = String::from_utf8(output.stdout).unwrap();
        let findings = findings
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        Self {
            findings,
            code: output.status.code().unwrap(),
        }
    }

    fn offline(site: &Site) -> Self {
        Self::of(site, &["--offline"])
    }

    fn graded(&self, grade: &str) -> BTreeSet<&str> {
        self.findings
            .iter()
            .filter(|one| one["grade"] == grade)
            .map(|one| one["check"].as_str().unwrap())
            .collect()
    }

    /// With a network whose names are as they should be, and no letter sent.
    fn connected(site: &Site) -> Self {
        let zone = zone();
        Self::of(site, &["--no-round-trip", "--resolver", &zone.address()])
    }

    /// This and nothing else is wrong, and each wrong thing says why and what to do.
    #[track_caller]
    fn shows(&self, faults: &[&str], warnings: &[&str]) {
        let expected = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let found = |grade| self.graded(grade).into_iter().map(str::to_owned).collect();
        let (faults, warnings): (BTreeSet<String>, BTreeSet<String>) =
            (expected(faults), expected(warnings));
        assert_eq!(faults, found("fault"), "{:#?}", self.findings);
        assert_eq!(warnings, found("warning"), "{:#?}", self.findings);
        let code = match (faults.is_empty(), warnings.is_empty()) {
            (false, _) => 2,
            (true, false) => 1,
            (true, true) => 0,
        };
        assert_eq!(self.code, code);
        for one in &self.findings {
            let wrong = ["fault", "warning"].contains(&one["grade"].as_str().unwrap());
            assert_eq!(wrong, one["why"] != "" && one["remedy"] != "", "{one}");
        }
    }

    fn says(&self, check: &str) -> String {
        let found = self.findings.iter().find(|one| one["check"] == check);
        let found = found.unwrap_or_else(|| panic!("no {check}: {:#?}", self.findings));
        found["says"].as_str().unwrap().to_owned()
    }
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

fn amend(site: &Site, from: &str, to: &str) {
    let text = fs::read_to_string(site.config()).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(site.config(), text.replacen(from, to, 1)).unwrap();
}

/// The last word in every set-up: the border server is believed, secrets are closed.
fn believe(site: &Site) {
    amend(
        site,
        "[store]",
        &format!("authserv_id = \"{}\"\n[store]", border::ID),
    );
    for entry in fs::read_dir(site.dir()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("password-") {
            set_mode(&path, 0o600);
        }
    }
}

/// A service without network: a Maildir and a folder.
fn local() -> Site {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    site.configure(WHOLE);
    believe(&site);
    site
}

fn zone() -> NameServer {
    NameServer::start(&[
        ("univ.example", Record::Mx(10, "mx.univ.example".to_owned())),
        ("univ.example", Record::Txt("v=spf1 mx -all".to_owned())),
        ("univ.example", Record::Txt("something else".to_owned())),
        (
            "_dmarc.univ.example",
            Record::Txt("v=DMARC1; p=reject".to_owned()),
        ),
    ])
}

/// A service at a real IMAP server.
fn at(dovecot: &Dovecot, smtp: u16) -> Site {
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(dovecot));
    site.send_smtp(smtp);
    site.configure(WHOLE);
    believe(&site);
    site
}

#[test]
fn a_healthy_service_is_found_healthy_before_its_start_while_it_runs_and_after() {
    let (dovecot, smtp, zone) = (Dovecot::start(), ForeignSmtp::start(), zone());
    let site = at(&dovecot, smtp.port());
    let resolver = zone.address();
    let look = || {
        carried(
            &dovecot,
            || smtp.copies(),
            border::sound,
            None,
            || Look::of(&site, &["--resolver", &resolver]),
        )
    };
    let before = look();
    before.shows(&[], &["storage.daemon"]);
    assert!(before.graded("skipped").contains("round_trip.put_away"));
    assert!(before.graded("good").contains("round_trip.recognised"));
    assert!(!site.store().exists(), "a doctor makes no store");
    assert_eq!(dovecot.count("INBOX"), 1);

    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait_shelved(1);
    let running = look();
    running.shows(&[], &[]);
    for check in [
        "names.mx",
        "names.spf",
        "names.dmarc",
        "mailbox.login",
        "mailbox.certificate",
        "mailbox.capabilities",
        "mailbox.folders",
        "reading.worker",
        "storage.database",
        "rules.card",
        "way_out.login",
        "round_trip.judged",
        "arrival.clock",
        "arrival.forged",
        "arrival.authentication",
    ] {
        assert!(running.graded("good").contains(check), "{check}");
    }
    assert!(gateway.terminate().success());

    let after = look();
    after.shows(&[], &["storage.daemon"]);
    assert!(after.graded("good").contains("round_trip.judged"));
    assert_eq!(dovecot.count("INBOX"), 0);
    assert_eq!(dovecot.count("Guichet/Done"), 3);
    assert_eq!(site.ask("SELECT count(*) FROM outbox"), Some(0));
    assert_eq!(site.ask("SELECT count(*) FROM ticket"), Some(0));
    assert_eq!(
        site.texts("SELECT disposition FROM letter"),
        ["ignored", "ignored", "ignored"]
    );
    // Without a network nothing of the network is said.
    let offline = Look::offline(&site);
    offline.shows(&[], &["storage.daemon"]);
    assert!(offline.graded("skipped").contains("network"));
}

#[test]
fn what_the_files_and_the_configuration_lack_is_named() {
    type Damage = fn(&Site);
    let cases: [(&[&str], &[&str], Damage); 12] = [
        (&[], &[], |_| {}),
        (&["configuration.file"], &[], |site| {
            amend(site, "[alert]", "[alert]\ntoo = 1");
        }),
        (&[], &["configuration.authserv_id"], |site| {
            amend(site, "authserv_id = ", "#authserv_id = ");
        }),
        (&[], &["configuration.alert"], |site| {
            amend(site, "to = [\"admin@univ.example\"]", "");
        }),
        (&["files.configuration"], &[], |site| {
            set_mode(&site.config(), 0o666);
        }),
        (&["files.store"], &[], |site| set_mode(&site.store(), 0o755)),
        (&["files.keys"], &[], |site| {
            set_mode(&site.store().join("token-keys"), 0o644);
        }),
        (&[], &["rules.technicians"], |site| {
            amend(site, "approver = true", "");
        }),
        (&["rules.card"], &[], |site| {
            fs::write(site.dir().join("card.toml"), "[service]\n").unwrap();
            amend(site, "[alert]", "[policy]\ncard = \"card.toml\"\n[alert]");
        }),
        (&["rules.templates"], &[], |site| {
            let folder = site.dir().join("templates/fr");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("question.txt"), "no front matter").unwrap();
            amend(
                site,
                "[alert]",
                "[templates]\ndirectory = \"templates\"\n[alert]",
            );
        }),
        (&[], &["rules.tables"], |site| {
            amend(
                site,
                "[tables.people]",
                "[tables.people]\nexported_on = \"2020-01-01\"",
            );
        }),
        (&["storage.disk"], &[], |site| {
            amend(site, "[alert]", "[alert]\ndisk_free_mb = 100000000");
        }),
    ];
    for (faults, warnings, damage) in cases {
        let site = local();
        assert!(site.once().status.success());
        damage(&site);
        let look = Look::offline(&site);
        let nothing_runs = if faults == ["configuration.file"] {
            vec![]
        } else {
            vec!["storage.daemon"]
        };
        let warnings: Vec<&str> = warnings.iter().copied().chain(nothing_runs).collect();
        look.shows(faults, &warnings);
    }
}

#[test]
fn hours_seasons_and_old_keys_are_named() {
    let site = local();
    assert!(site.once().status.success());
    amend(&site, "expected_closures = []", "");
    let look = Look::offline(&site);
    let month = Timestamp::now().to_zoned_datetime(TimeZone::UTC).month();
    // Warned of from thirty days before 1 July and 15 December.
    let season = matches!(month, 6 | 12);
    if season {
        assert!(look.graded("warning").contains("rules.season"));
    }
    let text = fs::read_to_string(site.store().join("token-keys")).unwrap();
    let year = Timestamp::now().to_zoned_datetime(TimeZone::UTC).year();
    let old = text.replace(&format!("1 {year}-"), &format!("1 {}-", year - 2));
    assert_ne!(old, text);
    fs::write(site.store().join("token-keys"), old).unwrap();
    assert!(
        Look::offline(&site)
            .graded("warning")
            .contains("rules.keys")
    );
    // The section with its keys goes.
    let text = fs::read_to_string(site.config()).unwrap();
    let (before, rest) = text.split_once("[hours]").unwrap();
    let (_, after) = rest.split_once("[[mailbox]]").unwrap();
    fs::write(site.config(), format!("{before}[[mailbox]]{after}")).unwrap();
    assert!(Look::offline(&site).graded("fault").contains("rules.hours"));
}

#[test]
fn what_waits_in_the_store_and_a_damaged_store_are_named() {
    let site = local();
    assert!(site.once().status.success());
    let held = site.command(&["outbox", "hold"], b"");
    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    if !held.status.success() {
        // A hold of the gateway's own.
        database
            .execute(
                "INSERT INTO setting (name, value) VALUES ('outbox_hold', 'too much')",
                [],
            )
            .unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO failing (address, failures, last_at, suspended_at, reason)
             VALUES ('a@b.example', 3, 1, 1, 'x');
             INSERT INTO letter (mailbox, epoch, uid, received_at, journaled_at, size, raw_sha256,
               state, disposition, reason) VALUES ('m', 1, '1', 1, 1, 1, '', 'decided', 'held', 'x');",
        )
        .unwrap();
    Look::offline(&site).shows(
        &["storage.outbox_hold"],
        &[
            "storage.daemon",
            "storage.held_letters",
            "storage.suspended",
        ],
    );
    database
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    let root: i64 = database
        .query_row(
            "SELECT rootpage FROM sqlite_master WHERE name = 'letter'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(database);
    let file = site.store().join("guichet.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let from = page * usize::try_from(root - 1).unwrap();
    bytes[from..from + page].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let look = Look::offline(&site);
    assert!(
        look.graded("fault").contains("storage.database"),
        "{look:#?}"
    );
}

#[test]
fn secrets_that_others_can_read_or_nobody_can_are_named() {
    let dovecot = Dovecot::start();
    let site = at(&dovecot, 1);
    let secret = site.dir().join("password-support");
    set_mode(&secret, 0o644);
    assert!(
        Look::offline(&site)
            .graded("fault")
            .contains("files.secret")
    );
    fs::remove_file(&secret).unwrap();
    let look = Look::connected(&site);
    let faults = look.graded("fault");
    assert!(faults.contains("files.secret") && faults.contains("mailbox.secret"));
}

#[test]
fn names_that_lead_nowhere_are_named() {
    type Case<'a> = (&'a str, &'a [(&'a str, Record)], &'a [&'a str]);
    let records: [Case<'_>; 5] = [
        ("nothing", &[], &["names.mx", "names.spf", "names.dmarc"]),
        (
            "null MX",
            &[
                ("univ.example", Record::Mx(0, ".".to_owned())),
                ("univ.example", Record::Txt("v=spf1 -all".to_owned())),
                (
                    "_dmarc.univ.example",
                    Record::Txt("v=DMARC1; p=none".to_owned()),
                ),
            ],
            &["names.mx"],
        ),
        (
            "an address alone",
            &[
                ("univ.example", Record::A([192, 0, 2, 1])),
                ("univ.example", Record::Txt("v=spf1 a -all".to_owned())),
                (
                    "_dmarc.univ.example",
                    Record::Txt("v=DMARC1; p=none".to_owned()),
                ),
            ],
            &["names.mx"],
        ),
        (
            "two of each",
            &[
                ("univ.example", Record::Mx(1, "mx.univ.example".to_owned())),
                ("univ.example", Record::Txt("v=spf1 a -all".to_owned())),
                ("univ.example", Record::Txt("v=spf1 mx -all".to_owned())),
                (
                    "_dmarc.univ.example",
                    Record::Txt("v=DMARC1; p=none".to_owned()),
                ),
                (
                    "_dmarc.univ.example",
                    Record::Txt("v=DMARC1; p=reject".to_owned()),
                ),
            ],
            &["names.spf", "names.dmarc"],
        ),
        (
            "everybody",
            &[
                ("univ.example", Record::Mx(1, "mx.univ.example".to_owned())),
                ("univ.example", Record::Txt("v=spf1 +all".to_owned())),
                (
                    "_dmarc.univ.example",
                    Record::Txt("v=DMARC1; rua=x".to_owned()),
                ),
            ],
            &["names.spf", "names.dmarc"],
        ),
    ];
    let site = local();
    for (name, zone, wrong) in records {
        let server = NameServer::start(zone);
        let address = server.address();
        let look = Look::of(&site, &["--no-round-trip", "--resolver", &address]);
        let found: BTreeSet<&str> = look
            .graded("fault")
            .union(&look.graded("warning"))
            .copied()
            .filter(|check| check.starts_with("names."))
            .collect();
        assert_eq!(found, wrong.iter().copied().collect(), "{name}: {look:#?}");
    }
    // A resolver that does not answer says nothing of the domain.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let look = Look::of(&site, &["--no-round-trip", "--resolver", &address]);
    assert_eq!(
        look.graded("skipped")
            .into_iter()
            .filter(|check| check.starts_with("names."))
            .count(),
        3,
        "{look:#?}"
    );
}

#[test]
fn a_mailbox_that_cannot_be_opened_says_what_has_to_be_mended() {
    let mut dovecot = Dovecot::start();
    let tried = |site: &Site| Look::connected(site);
    let faults = |look: &Look| -> Vec<String> {
        let of_mailbox = |check: &&str| check.starts_with("mailbox.");
        let found = look.graded("fault").into_iter().filter(of_mailbox);
        found.map(str::to_owned).collect()
    };

    let wrong_authority = at(&dovecot, 1);
    fs::write(
        wrong_authority.dir().join("other.pem"),
        Authority::new().ca_pem,
    )
    .unwrap();
    let ca = format!("ca_file = \"{}\"", dovecot.ca_file().display());
    amend(&wrong_authority, &ca, "ca_file = \"other.pem\"");
    assert_eq!(faults(&tried(&wrong_authority)), ["mailbox.tls"]);

    let no_folder = at(&dovecot, 1);
    amend(
        &no_folder,
        "kind = \"imap\"",
        "kind = \"imap\"\nfolder = \"Nowhere\"",
    );
    assert_eq!(faults(&tried(&no_folder)), ["mailbox.folder"]);

    let wrong_password = at(&dovecot, 1);
    dovecot.set_password("another one");
    let look = tried(&wrong_password);
    assert_eq!(faults(&look), ["mailbox.login"]);
    assert!(!format!("{look:?}").contains("correct horse"));

    let nobody_there = at(&dovecot, 1);
    dovecot.stop();
    assert_eq!(faults(&tried(&nobody_there)), ["mailbox.connection"]);

    let another_name = Dovecot::start_with(Options {
        names: &["mail.elsewhere.example"],
        ..Options::default()
    });
    assert_eq!(faults(&tried(&at(&another_name, 1))), ["mailbox.tls"]);
}

#[test]
fn what_a_mail_server_cannot_do_is_named() {
    let poor = Dovecot::start_with(Options {
        without: &["MOVE", "UIDPLUS", "IDLE"],
        ..Options::default()
    });
    let look = Look::connected(&at(&poor, 1));
    let said: Vec<&str> = look
        .findings
        .iter()
        .filter(|one| one["check"] == "mailbox.capabilities")
        .map(|one| one["says"].as_str().unwrap())
        .collect();
    assert!(
        said.iter()
            .any(|one| one.contains("neither MOVE nor UIDPLUS")),
        "{said:?}"
    );
    assert!(said.iter().any(|one| one.contains("IDLE")), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_are_missing_and_a_full_mailbox_are_named() {
    let server = imap_script::Script::sound()
        .with("ACL")
        .with("QUOTA")
        .rule(
            "MYRIGHTS \"INBOX\"",
            imap_script::Answer::Say("* MYRIGHTS INBOX lrs\r\n%T OK done\r\n".to_owned()),
        )
        .rule(
            "MYRIGHTS",
            imap_script::Answer::Say("* MYRIGHTS x lrswipd\r\n%T OK done\r\n".to_owned()),
        )
        .rule(
            "GETQUOTAROOT",
            imap_script::Answer::Say(
                "* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" (STORAGE 950 1000 MESSAGE 2 9)\r\n%T OK done\r\n"
                    .to_owned(),
            ),
        )
        .start()
        .await;
    let mut site = Site::new();
    site.send_maildir();
    site.configure(&format!(
        "{WHOLE}[[mailbox]]\nname = \"support\"\nkind = \"imap\"\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\n\
         port = {}\nuser = \"u\"\npassword_file = \"password-support\"\n",
        server.port()
    ));
    fs::write(site.dir().join("password-support"), "p").unwrap();
    believe(&site);
    let look = Look::connected(&site);
    assert_eq!(
        look.says("mailbox.folders"),
        "the rights `te` on the folder `folder` of `support` are missing"
    );
    assert!(look.says("mailbox.quota").starts_with("95 %"));
    assert!(look.graded("fault").contains("mailbox.folders"));
    assert!(look.graded("warning").contains("mailbox.quota"));
}

/// A day from now, in the form certificates are made with.
fn day(days: i64) -> (i32, u8, u8) {
    let now = Timestamp::now().to_zoned_datetime(TimeZone::UTC);
    let day = now.checked_add(days.days()).unwrap();
    (
        i32::from(day.year()),
        u8::try_from(day.month()).unwrap(),
        u8::try_from(day.day()).unwrap(),
    )
}

#[test]
fn a_way_out_that_is_closed_says_what_has_to_be_mended() {
    let authority = Authority::new();
    let tls = |names: &[&str], until| {
        let (certificate, key) = authority.issue_until(names, until);
        Tls::Implicit(certificate, key)
    };
    let login = |script: Script| script.login("support", "hunter2");
    let cases: [(&str, &str, Script); 6] = [
        (
            "fault",
            "way_out.tls",
            Script {
                tls: tls(&["127.0.0.1"], day(-2)),
                ..Script::default()
            },
        ),
        (
            "fault",
            "way_out.tls",
            Script {
                tls: tls(&["elsewhere.example"], day(400)),
                ..Script::default()
            },
        ),
        (
            "warning",
            "way_out.certificate",
            login(Script {
                tls: tls(&["127.0.0.1"], day(9)),
                ..Script::default()
            }),
        ),
        (
            "fault",
            "way_out.login",
            Script {
                tls: tls(&["127.0.0.1"], day(400)),
                ..Script::default()
            }
            .login("support", "another"),
        ),
        (
            "warning",
            "way_out.size",
            login(Script {
                tls: tls(&["127.0.0.1"], day(400)),
                size: Some(1_000_000),
                ..Script::default()
            }),
        ),
        (
            "fault",
            "way_out.connection",
            login(Script {
                tls: tls(&["127.0.0.1"], day(400)),
                ..Script::default()
            })
            .on(Verb::Connect, Act::say_close("421 4.3.2 not today")),
        ),
    ];
    for (grade, check, script) in cases {
        let server = SmtpScript::start(script);
        let site = local();
        fs::write(site.dir().join("ca.pem"), &authority.ca_pem).unwrap();
        fs::write(site.dir().join("password-smtp"), "hunter2").unwrap();
        set_mode(&site.dir().join("password-smtp"), 0o600);
        amend(
            &site,
            "kind = \"maildir\"\npath = \"out\"",
            &format!(
                "kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nca_file = \"ca.pem\"\n\
                 user = \"support\"\npassword_file = \"password-smtp\"",
                server.port()
            ),
        );
        let look = Look::connected(&site);
        assert!(look.graded(grade).contains(check), "{check}: {look:#?}");
        assert!(!format!("{look:?}").contains("hunter2"));
    }
}

#[test]
fn a_letter_that_does_not_come_through_is_named() {
    let (dovecot, zone) = (Dovecot::start(), zone());
    let resolver = zone.address();
    let refusing = SmtpScript::start(
        Script::default().on(Verb::Mail, Act::say("550 5.7.1 no null sender here")),
    );
    let look = Look::of(&at(&dovecot, refusing.port()), &["--resolver", &resolver]);
    assert!(look.graded("fault").contains("round_trip.sent"));
    assert!(look.says("round_trip.sent").contains("no null sender here"));

    let smtp = SmtpScript::start(Script::default());
    let arrived = |border: fn(Vec<u8>) -> Option<Vec<u8>>, when: Option<&str>, wait: &str| {
        let site = at(&dovecot, smtp.port());
        carried(
            &dovecot,
            || copies(&smtp),
            border,
            when,
            || Look::of(&site, &["--resolver", &resolver, "--wait", wait]),
        )
    };
    let lost = arrived(border::lossy, None, "2s");
    assert!(lost.graded("fault").contains("round_trip.arrived"));

    let careless = arrived(border::careless, None, "60s");
    assert!(
        careless.graded("fault").contains("arrival.forged"),
        "{careless:#?}"
    );

    let doubting = arrived(border::doubting, None, "60s");
    assert!(doubting.graded("good").contains("arrival.forged"));
    assert!(doubting.graded("fault").contains("arrival.authentication"));

    let silent = arrived(border::silent, None, "60s");
    assert!(silent.graded("warning").contains("arrival.authentication"));

    let hour = Timestamp::now().checked_sub(1.hour()).unwrap();
    let hour = hour.strftime("%d-%b-%Y %H:%M:%S +0000").to_string();
    let late = arrived(border::sound, Some(&hour), "60s");
    assert!(late.graded("fault").contains("arrival.clock"), "{late:#?}");
}

#[test]
fn the_page_for_a_person_says_what_why_and_what_to_do() {
    let site = local();
    assert!(site.once().status.success());
    set_mode(&site.store(), 0o755);
    let output = site.command(&["doctor", "--offline", "--quiet"], b"");
    let page = String::from_utf8(output.stdout).unwrap();
    let store = site.store();
    assert_eq!(
        page,
        format!(
            "FAULT files.store              `{0}` has mode 0755\n      \
             why: it holds every letter that came, and the keys that orders are believed by\n      \
             do:  chmod 700 {0}\n\
             WARN  storage.daemon           no daemon runs\n      \
             why: nothing is taken in and nothing is sent\n      \
             do:  systemctl enable --now guichet\n\n\
             1 fault, 1 warning, {1} as it should be, 1 not looked at.\n",
            store.display(),
            page.rsplit(", ").nth(1).unwrap().split(' ').next().unwrap(),
        )
    );
}
