//! What the running gateway says of itself: metrics, health, `status`, the level of its log, alarms.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use openmetrics_parser::openmetrics::parse_openmetrics;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

use crate::dovecot::Dovecot;
use crate::gateway_process::Site;
use crate::post::{imap_at, refused, request};
use crate::smtp_script::{Act, Script, SmtpScript, Verb};

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One question over HTTP; status, head and body.
fn asked(
    mut stream: impl std::io::Read + std::io::Write,
    line: &str,
    body: &str,
) -> (u16, String, String) {
    let length = body.len();
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

fn get(port: u16, path: &str) -> (u16, String, String) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    asked(stream, &format!("GET {path}"), "")
}

/// A service that is quick to notice: budgets, metrics on a port, and more sections.
fn attentive(port: u16, alert: &str) -> String {
    format!(
        "[answers]\nper_recipient_per_hour = 1000\nper_recipient_per_day = 1000\n\
         all_per_address_per_hour = 1000\nper_hour = 100000\n\
         [metrics]\nlisten = \"127.0.0.1:{port}\"\n[alert]\n{alert}\n"
    )
}

#[test]
fn readiness_is_lost_with_the_mail_server_and_comes_back_with_it() {
    let mut dovecot = Dovecot::start();
    let port = free_port();
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&dovecot));
    site.send_maildir();
    let told = site.dir().join("told");
    site.configure(&attentive(
        port,
        &format!(
            "mailbox_silent = \"2s\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> '{}'\"]",
            told.display()
        ),
    ));
    let mut gateway = site.start();
    gateway.wait_ready();
    let ready = || get(port, "/readyz");
    site.wait("readiness", || ready().0 == 200);
    assert_eq!(get(port, "/healthz").0, 200);

    dovecot.stop();
    site.wait("the loss of readiness", || ready().0 == 503);
    let health: Value = serde_json::from_str(&ready().2).unwrap();
    assert_eq!(health["ok"], false);
    assert_eq!(health["reasons"][0]["cause"], "mailbox_silent");
    assert_eq!(health["reasons"][0]["of"], "support");
    assert_eq!(get(port, "/healthz").0, 200, "the process itself is well");
    let status = site.command(&["status"], b"");
    assert_eq!(status.status.code(), Some(2));
    let page = String::from_utf8(status.stdout).unwrap();
    assert!(
        page.contains("CRITICAL   mailbox `support` was not read for"),
        "{page}"
    );

    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(&told).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    site.wait("the command that tells", || lines().len() == 1);
    assert_eq!(lines()[0]["word"], "began");
    assert_eq!(lines()[0]["cause"], "mailbox_silent");

    dovecot.restart();
    site.wait("readiness again", || ready().0 == 200);
    site.wait("the end of the alarm", || lines().len() == 2);
    assert_eq!(lines()[1]["word"], "ended");
    gateway.wait_logged("an alarm is over");
    assert!(gateway.terminate().success());
    assert_eq!(
        site.texts("SELECT word || ' ' || way FROM alarm_told ORDER BY at, word"),
        ["began command", "ended command"]
    );
}

#[test]
fn a_restart_neither_ends_an_alarm_nor_tells_it_again() {
    let dovecot = Dovecot::start();
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&dovecot));
    site.send_maildir();
    let told = site.dir().join("told");
    let command = format!(
        "mailbox_silent = \"1s\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> '{}'\"]",
        told.display()
    );
    site.configure(&attentive(free_port(), &command));
    drop(dovecot);
    for _ in 0..2 {
        let mut gateway = site.start();
        gateway.wait_ready();
        site.wait("an open alarm", || {
            site.ask("SELECT count(*) FROM alarm WHERE ended_at = 0") == Some(1)
        });
        std::thread::sleep(Duration::from_millis(1_500));
        assert!(gateway.terminate().success());
    }
    let text = fs::read_to_string(&told).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(site.ask("SELECT count(*) FROM alarm"), Some(1));
}

/// A gateway that has done everything once; its metrics.
fn exposition() -> String {
    let dovecot = Dovecot::start();
    let smtp = SmtpScript::start(Script::default().once(Verb::Rcpt, Act::say("451 4.3.0 later")));
    let port = free_port();
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&dovecot));
    site.send_smtp(smtp.port());
    // Disk space that no machine has: one alarm to be seen.
    site.configure(&attentive(port, "disk_free_mb = 100000000"));
    let mut gateway = site.start();
    gateway.wait_ready();
    dovecot.append("INBOX", &[request(1), request(2), refused(3)]);
    site.wait("three letters", || {
        site.ask("SELECT count(*) FROM letter WHERE state = 'decided'") == Some(3)
            && site.ask("SELECT count(*) FROM attempt WHERE ended_at > 0") >= Some(3)
    });
    site.wait("a session", || {
        get(port, "/metrics")
            .2
            .contains("guichet_mailbox_session_seconds{mailbox=\"support\"}")
    });
    let (status, head, body) = get(port, "/metrics");
    assert_eq!(status, 200);
    assert!(head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(gateway.terminate().success());
    body
}

/// Names of metrics as a query sees them: with `_total`, `_bucket` and so on.
fn sample_names(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap().to_owned())
        .collect()
}

/// Names in a query of Prometheus.
fn queried(expression: &str) -> BTreeSet<String> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("guichet_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_metrics_are_open_metrics_and_say_what_happened() {
    let text = exposition();
    let parsed = parse_openmetrics(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    assert!(parsed.families.len() > 25, "{:?}", parsed.families.keys());
    for family in parsed.families.values() {
        assert!(
            family.family_name.starts_with("guichet_"),
            "{}",
            family.family_name
        );
        assert!(!family.help.is_empty(), "{}", family.family_name);
        let unit = family.family_name.rsplit('_').next().unwrap();
        let histogram = text.contains(&format!("# TYPE {} histogram", family.family_name));
        let named = ["seconds", "bytes"].contains(&unit) && !histogram;
        assert_eq!(named, family.unit == unit, "{}", family.family_name);
    }
    for line in [
        "guichet_letters_total{disposition=\"ticket\"} 3",
        "guichet_verdicts_total{outcome=\"reject\",clause=\"E1\"} 1",
        "guichet_deliveries_total{outcome=\"deferred\"} 1",
        "guichet_mailbox_open{mailbox=\"support\"} 1",
        "guichet_mailbox_failures{mailbox=\"support\"} 0",
        "guichet_outbox_hold 0",
        "guichet_store_up 1",
        "guichet_ready 0",
        "guichet_alarm{cause=\"disk_low\",of=\"\",level=\"warning\"} 1",
        "guichet_letter_reading_seconds_count 3",
        "guichet_letter_deciding_seconds_count 3",
        "# EOF",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    // Nobody's address is in it, and nothing of a letter.
    assert!(!text.contains('@') && !text.contains("Panne"));

    let names = sample_names(&text);
    let rules = fs::read_to_string(deployed("prometheus/guichet.rules.yml")).unwrap();
    let asked = rule_queries(&rules);
    let board = fs::read_to_string(deployed("grafana/guichet.json")).unwrap();
    let board: Value = serde_json::from_str(&board).unwrap();
    let drawn = panel_queries(&board);
    assert!(
        asked.len() >= 10 && drawn.len() >= 15,
        "{asked:?} {drawn:?}"
    );
    for query in asked.iter().chain(&drawn) {
        let named = queried(query);
        assert!(!named.is_empty(), "{query}");
        for name in named {
            assert!(names.contains(&name), "no metric {name}: {query}\n{text}");
        }
    }
}

fn deployed(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

/// The expressions of an alert-rules file; each rule has what an alert needs.
fn rule_queries(text: &str) -> Vec<String> {
    let documents = Yaml::load_from_str(text).unwrap();
    let groups = documents[0].as_mapping_get("groups").unwrap();
    let mut queries = Vec::new();
    let mut names = BTreeSet::new();
    for group in groups.as_sequence().unwrap() {
        for rule in group
            .as_mapping_get("rules")
            .unwrap()
            .as_sequence()
            .unwrap()
        {
            let text = |key: &str| rule.as_mapping_get(key).and_then(Yaml::as_str).unwrap();
            assert!(names.insert(text("alert").to_owned()), "{}", text("alert"));
            let severity = rule.as_mapping_get("labels").unwrap();
            let severity = severity.as_mapping_get("severity").and_then(Yaml::as_str);
            assert!(["warning", "critical"].contains(&severity.unwrap()));
            let annotations = rule.as_mapping_get("annotations").unwrap();
            for key in ["summary", "description"] {
                assert!(
                    annotations
                        .as_mapping_get(key)
                        .and_then(Yaml::as_str)
                        .is_some()
                );
            }
            queries.push(text("expr").to_owned());
        }
    }
    queries
}

/// The expressions of a dashboard; no two panels share a place.
fn panel_queries(board: &Value) -> Vec<String> {
    let mut places = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut queries = Vec::new();
    for panel in board["panels"].as_array().unwrap() {
        let place = &panel["gridPos"];
        let number = |key: &str| place[key].as_u64().unwrap();
        for x in number("x")..number("x") + number("w") {
            for y in number("y")..number("y") + number("h") {
                assert!(x < 24 && places.insert((x, y)), "{}", panel["title"]);
            }
        }
        assert!(ids.insert(panel["id"].as_u64().unwrap()));
        assert!(
            panel["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty())
        );
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    queries
}

#[test]
fn the_door_for_monitoring_changes_nothing_and_the_other_is_the_owners() {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    let socket = site.dir().join("metrics.sock");
    // Left by a process that was killed.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    site.configure(&format!(
        "[metrics]\nlisten = \"unix:{}\"\n",
        socket.display()
    ));
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait("the socket", || UnixStream::connect(&socket).is_ok());
    let over = |path: &Path, line: &str, body: &str| {
        asked(UnixStream::connect(path).unwrap(), line, body).0
    };
    assert_eq!(over(&socket, "GET /metrics", ""), 200);
    let order = r#"{"level":"debug","seconds":null}"#;
    for (line, body, status) in [
        ("POST /log", order, 404),
        ("GET /status", "", 404),
        ("POST /metrics", "", 405),
        ("GET /", "", 404),
        ("DELETE /healthz", "", 405),
    ] {
        assert_eq!(over(&socket, line, body), status, "{line}");
    }
    let control = site.store().join("control.sock");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(&control)), (0o660, 0o600));
    assert_eq!(over(&control, "GET /status", ""), 200);
    for body in ["", "{}", r#"{"level":"loud"}"#, r#"{"level":"info","x":1}"#] {
        assert_eq!(over(&control, "POST /log", body), 400, "{body}");
    }
    assert!(gateway.terminate().success());
    assert!(
        !socket.exists() && !control.exists(),
        "sockets are taken away"
    );
}

#[test]
fn a_file_in_the_place_of_a_socket_stays() {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    let file = site.dir().join("precious");
    fs::write(&file, "data").unwrap();
    site.configure(&format!(
        "[metrics]\nlisten = \"unix:{}\"\n",
        file.display()
    ));
    let mut gateway = site.start();
    gateway.wait_ready();
    gateway.wait_logged("nobody can look into the gateway here");
    assert!(gateway.terminate().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), "data");
}

#[test]
fn slow_and_silent_clients_keep_nobody_waiting_for_long() {
    let port = free_port();
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    site.configure(&attentive(port, ""));
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait("the port", || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let idle: Vec<TcpStream> = (0..16)
        .map(|n| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            if n % 2 == 0 {
                stream.write_all(b"GET /metrics HTTP/1.1\r\nX: ").unwrap();
            }
            stream
        })
        .collect();
    let began = Instant::now();
    assert_eq!(get(port, "/healthz").0, 200);
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "{:?}",
        began.elapsed()
    );
    drop(idle);
    assert!(gateway.terminate().success());
}

#[test]
fn status_says_what_runs_what_waits_and_how_bad_it_is() {
    let mut site = Site::new();
    let folder = site.watch_maildir("support");
    site.send_maildir();
    let status = |arguments: &[&str]| {
        let mut all = vec!["status"];
        all.extend_from_slice(arguments);
        let output = site.command(&all, b"");
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let (code, page) = status(&[]);
    assert_eq!(code, 2);
    assert!(
        page.contains("not running") && page.contains("nothing to see"),
        "{page}"
    );

    let mut gateway = site.start();
    gateway.wait_ready();
    guichet::mailbox::maildir::deliver(&folder, &request(1)).unwrap();
    site.wait_quiet(1);
    let (code, page) = status(&[]);
    assert_eq!(code, 0, "{page}");
    for words in [
        ": all is well",
        "daemon     running for",
        "mailbox    support: read ",
        "letters    0 undecided, 0 held for a person, the newest came ",
        "outbox     0 waiting, 0 being sent, 0 held",
        "tickets    1 new",
        "logging `info`",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let (_, json) = status(&["--json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["level"], "ok");
    assert_eq!(report["ready"], true);
    assert_eq!(report["process"]["id"], u64::from(gateway.id()));
    assert_eq!(report["queues"]["tickets"]["new"], 1);

    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    database
        .execute(
            "INSERT INTO setting (name, value) VALUES ('outbox_hold', 'too much')",
            [],
        )
        .unwrap();
    let (code, page) = status(&[]);
    assert_eq!(code, 2);
    assert!(
        page.contains("CRITICAL   nothing is sent") && page.contains("too much"),
        "{page}"
    );
    database
        .execute_batch(
            "DELETE FROM setting WHERE name = 'outbox_hold';
             UPDATE letter SET disposition = 'held', reason = 'poison: x';",
        )
        .unwrap();
    let (code, page) = status(&[]);
    assert_eq!(code, 1);
    assert!(
        page.contains("WARNING    1 letters ended their reader"),
        "{page}"
    );

    // Stopped in the middle of everything: not dead, and no answer.
    assert!(gateway.terminate().success());
    let (code, page) = status(&[]);
    assert_eq!(code, 2);
    assert!(
        page.contains("not running") && page.contains("tickets    1 new"),
        "{page}"
    );
}

#[test]
fn the_log_is_turned_up_for_a_while_and_shows_no_secret() {
    let dovecot = Dovecot::start();
    let smtp = SmtpScript::start(Script::default());
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&dovecot));
    site.send_smtp(smtp.port());
    site.configure(&attentive(free_port(), "mailbox_silent = \"1s\""));
    let log = |arguments: &[&str]| {
        let mut all = vec!["log"];
        all.extend_from_slice(arguments);
        site.command(&all, b"")
    };
    let nobody = log(&["debug"]);
    assert_eq!(nobody.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no running guichet answers"));

    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait("the control socket", || log(&[]).status.success());
    assert_eq!(
        String::from_utf8(log(&[]).stdout).unwrap(),
        "guichet logs `info`.\n"
    );
    let turned = log(&["debug", "--for", "3s"]);
    assert!(turned.status.success(), "{turned:?}");
    assert!(String::from_utf8_lossy(&turned.stdout).starts_with("guichet logs `debug` until "));
    dovecot.append("INBOX", &[request(1)]);
    gateway.wait_logged("the mail server is ready");
    assert!(gateway.log().contains("DEBUG"), "{}", gateway.log());
    gateway.wait_logged("the configured log level is back");
    assert_eq!(
        String::from_utf8(log(&[]).stdout).unwrap(),
        "guichet logs `info`.\n"
    );
    let text = gateway.log();
    for secret in [dovecot.password(), "claire.dumas", "Panne 1"] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
    assert!(log(&["warn"]).status.success());
    assert_eq!(
        String::from_utf8(log(&[]).stdout).unwrap(),
        "guichet logs `warn`.\n"
    );
    let usage = log(&["loud"]);
    assert_eq!(usage.status.code(), Some(64));
    assert!(
        String::from_utf8_lossy(&usage.stderr).contains("expected one of error, warn, info, debug")
    );
    assert_eq!(log(&["info", "--for", "0s"]).status.code(), Some(64));
    assert!(gateway.terminate().success());
}

#[test]
fn a_test_letter_shows_each_step_and_no_secret() {
    let cases = [
        (Act::say("250 2.0.0 taken"), 0, "Taken: 250 2.0.0 taken"),
        (
            Act::say("451 4.3.0 later"),
            75,
            "Not now: the server answered 451",
        ),
        (
            Act::say("550 5.7.1 spam"),
            69,
            "Refused: the server answered 550",
        ),
        (Act::Close, 75, "Nobody knows whether it was taken"),
    ];
    for (act, code, said) in cases {
        let server = SmtpScript::start(
            Script::default()
                .login("support", "hunter2")
                .on(Verb::Dot, act),
        );
        let mut site = Site::new();
        site.watch_maildir("support");
        site.configure(&format!(
            "[delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\nport = {}\n\
             user = \"support\"\npassword_file = \"secret\"\n",
            server.port()
        ));
        fs::write(site.dir().join("secret"), "hunter2").unwrap();
        let output = site.command(&["send-test", "admin@univ.example"], b"");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        for line in [
            "* connected to 127.0.0.1:",
            "< 220 ",
            "> EHLO ",
            "> AUTH PLAIN …",
            "< 235 ",
            "> MAIL FROM:<>",
            "> RCPT TO:<admin@univ.example>",
            "> (the letter, ",
            "> .",
            said,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(
            !text.contains("hunter2") && !text.contains("AHN1cHBvcnQ"),
            "{text}"
        );
        assert!(!site.store().exists(), "no store is made");
    }
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    let output = site.command(&["send-test", "nobody"], b"");
    assert_eq!(output.status.code(), Some(64));
}

/// Letters to an address, oldest first: subject and body.
fn letters_to(server: &SmtpScript, address: &str) -> Vec<(String, String)> {
    let own = server
        .accepted()
        .into_iter()
        .filter(|taken| taken.recipients == [address]);
    own.map(|taken| {
        assert_eq!(taken.sender, "", "a machine's letter has the null sender");
        let message = guichet::message::parse::parse(&taken.bytes).unwrap();
        assert_eq!(
            message.field_values("Auto-Submitted").next(),
            Some("auto-generated")
        );
        (message.subject.clone(), message.text.shown().to_owned())
    })
    .collect()
}

#[test]
fn admins_are_told_by_mail_that_mail_is_held_and_that_it_flows_again() {
    let smtp = SmtpScript::start(Script::default());
    let mut site = Site::new();
    let folder = site.watch_maildir("support");
    site.send_smtp(smtp.port());
    site.configure(&attentive(
        free_port(),
        "mailbox_silent = \"3s\"\nto = [\"admin@univ.example\", \"paul@univ.example\"]\n\
         [digest]\ndaily = false\n[[technician]]\nhandle = \"paul\"\nname = \"Paul\"\naddresses = [\"paul@univ.example\"]\n\
         language = \"en\"\ncategories = [\"other\"]",
    ));
    let mut gateway = site.start();
    gateway.wait_ready();
    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    database
        .execute(
            "INSERT INTO setting (name, value) VALUES ('outbox_hold', '51 old letters')",
            [],
        )
        .unwrap();
    guichet::mailbox::maildir::deliver(&folder, &request(1)).unwrap();
    let told = |address| letters_to(&smtp, address);
    site.wait("the alert", || told("admin@univ.example").len() == 1);
    site.wait("the alert", || told("paul@univ.example").len() == 1);
    let (subject, body) = told("admin@univ.example").remove(0);
    assert_eq!(subject, "[Support] Alerte : tous les envois sont retenus");
    assert!(body.contains("Motif : 51 old letters"), "{body}");
    assert!(body.contains("guichet outbox release"), "{body}");
    let (subject, _) = told("paul@univ.example").remove(0);
    assert_eq!(
        subject,
        "[Support] Alert: everything that is to be sent is held"
    );
    let claire = crate::post::CLAIRE;
    assert_eq!(told(claire).len(), 0, "all others wait");

    assert!(site.command(&["outbox", "release"], b"").status.success());
    site.wait("the answer", || {
        smtp.accepted()
            .iter()
            .any(|taken| taken.recipients == [claire])
    });
    site.wait("the end", || told("admin@univ.example").len() == 2);
    let (subject, body) = told("admin@univ.example").remove(1);
    assert_eq!(subject, "[Support] Rétabli : tous les envois sont retenus");
    assert!(body.contains("Vous n'avez rien à faire."), "{body}");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(told("admin@univ.example").len(), 2, "told once");
    assert!(gateway.terminate().success());
    let text = gateway.log();
    assert!(text.contains("alarm: nothing is sent"), "{text}");
    assert!(!text.contains("admin@univ.example"), "{text}");
}

#[test]
fn nobody_but_this_machine_is_served_and_alerts_never_go_to_the_service_itself() {
    let mut site = Site::new();
    site.watch_maildir("support");
    site.send_maildir();
    let cases = [
        (
            "[metrics]\nlisten = \"0.0.0.0:9797\"\n",
            "which other machines reach",
        ),
        (
            "[metrics]\nlisten = \"[2001:db8::1]:9797\"\n",
            "which other machines reach",
        ),
        (
            "[metrics]\nlisten = \"9797\"\n",
            "expected a loopback address with a port",
        ),
        (
            "[metrics]\nlisten = \"unix:\"\n",
            "expected a loopback address with a port",
        ),
        (
            "[alert]\nto = [\"support+x@univ.example\"]\n",
            "expected addresses of people",
        ),
        ("[alert]\nto = [\"admin\"]\n", "expected mail addresses"),
        (
            "[alert]\ncommand = []\n",
            "expected a program and its arguments",
        ),
        ("[alert]\nper_day = 1\n", "from 2 to 1000"),
    ];
    for (section, expected) in cases {
        site.configure(section);
        let output = site.command(&["config", "check"], b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{section}");
        assert!(said.contains(expected), "{said}");
    }
}
