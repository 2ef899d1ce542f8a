//! What is old goes, and only that: real letters through the gateway, a year ago, and the real
//! `guichet purge` beside it.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use jiff::SignedDuration;
use serde_json::Value;

use crate::office::{Letter, Office, letter, reply, to};

const CLAIRE: &str = "claire.canari@univ.example";
const BODY: &str = "Bonjour, le copieur zygomorphe ne marche plus.";
const PERIODS: &str =
    "\n[retention]\nattachments_months = 3\ntexts_months = 12\nrecords_years = 5\n";
/// Words of the old letters: nothing of them may be left.
const CANARIES: [&str; 5] = [
    "claire.canari",
    "Claire Canari",
    "zygomorphe",
    "SUJETCANARI",
    "plan-canari.pdf",
];

fn with_file(body: &str) -> Letter {
    Letter {
        file: Some((
            "plan-canari.pdf",
            "application/pdf",
            b"a file that nobody needs for long".repeat(20),
        )),
        ..letter(
            &format!("Claire Canari <{CLAIRE}>"),
            "SUJETCANARI copieur",
            body,
        )
    }
}

/// A ticket of Claire's that was resolved, and a letter of a machine.
fn old_ticket(office: &Office) -> i64 {
    let number = office.post(&with_file(BODY)).ticket.unwrap();
    let mails = office.deliver_all();
    office.post(&reply(
        "paul@univ.example",
        to(&mails, "paul@univ.example"),
        "#prendre\n#résoudre\nLe copieur zygomorphe est réparé, Claire Canari.",
    ));
    office.deliver_all();
    office
        .post(&letter(CLAIRE, "Absence", "Je suis absente.").with("Auto-Submitted: auto-replied"));
    assert_eq!(office.status(number), "resolved");
    number
}

/// A service with periods whose first ticket ended so many days ago, and a fresh one.
fn office(days: i64) -> (Office, i64) {
    let office = Office::with(PERIODS);
    office.days_ago(days);
    let number = old_ticket(&office);
    office.days_ago(0);
    office.post(&letter(
        "anne@univ.example",
        "Réseau",
        "Le réseau est lent aujourd'hui.",
    ));
    office.deliver_all();
    (office, number)
}

fn purge(office: &Office, arguments: &[&str]) -> String {
    let mut all = vec!["purge"];
    all.extend_from_slice(arguments);
    let output = office.guichet(&all);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn tallies(lines: &str) -> BTreeMap<String, Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| (line["rule"].as_str().unwrap().to_owned(), line))
        .collect()
}

fn assert_clean(office: &Office) {
    let output = office.guichet(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The bytes of the database and its log, without what is compressed.
fn in_the_files(office: &Office, words: &str) -> bool {
    ["guichet.sqlite", "guichet.sqlite-wal"].iter().any(|name| {
        let bytes = fs::read(office.folder().join("store").join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .to_lowercase()
            .contains(&words.to_lowercase())
    })
}

/// Every text and every letter of the database that holds these words.
fn in_the_rows(office: &Office, words: &str) -> Vec<String> {
    let database = office.database();
    let mut found = Vec::new();
    let mut columns = database
        .prepare(
            "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let columns: Vec<(String, String)> = columns
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (table, column) in columns {
        let hits: i64 = database
            .query_row(
                &format!("SELECT count(*) FROM {table} WHERE instr(lower(CAST({column} AS TEXT)), lower(?1)) > 0"),
                [words],
                |row| row.get(0),
            )
            .unwrap();
        if hits > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    let mut raw = database
        .prepare("SELECT letter, length, bytes FROM raw")
        .unwrap();
    let letters = raw
        .query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
            ))
        })
        .unwrap();
    for letter in letters {
        let (id, length, bytes) = letter.unwrap();
        let bytes = zstd::bulk::decompress(&bytes, usize::try_from(length).unwrap()).unwrap();
        if String::from_utf8_lossy(&bytes).contains(words) {
            found.push(format!("raw {id}"));
        }
    }
    found
}

#[test]
fn nothing_goes_without_periods_and_the_usual_ones_are_shown() {
    let office = Office::new();
    office.days_ago(400);
    old_ticket(&office);
    let refused = office.guichet(&["purge"]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected the table `retention`"));
    let said = purge(&office, &["--dry-run"]);
    assert!(said.contains("There is no [retention]"), "{said}");
    assert!(!in_the_rows(&office, "zygomorphe").is_empty());
}

#[test]
fn attachments_go_after_three_months_and_the_words_stay() {
    let (office, number) = office(100);
    let before = tallies(&purge(&office, &["--dry-run", "--json"]));
    assert_eq!(before["attachments"]["letters"], 1);
    assert_eq!(before["texts"]["letters"], 0);
    // The letter with the file, and what passed the file on.
    let file = data_encoding::BASE64.encode(b"a file that nobody needs for long");
    let sample = &file[..40];
    assert!(
        in_the_rows(&office, sample).len() >= 2,
        "{:?}",
        in_the_rows(&office, sample)
    );
    let done = tallies(&purge(&office, &["--json"]));
    assert_eq!(done["attachments"]["letters"], 1);
    assert_eq!(done["attachments"]["rows"], before["attachments"]["rows"]);
    assert_eq!(in_the_rows(&office, sample), Vec::<String>::new());
    assert_eq!(done["texts"]["letters"], 0);
    assert!(
        office
            .text(&format!(
                "SELECT text FROM entry WHERE ticket = {number} LIMIT 1"
            ))
            .contains("zygomorphe")
    );
    // The rest of the letter can still be read.
    let raw = office.guichet(&["intake", "raw", "1"]);
    assert!(String::from_utf8_lossy(&raw.stdout).contains("plan-canari.pdf"));
    assert_clean(&office);
    assert!(
        tallies(&purge(&office, &["--json"]))
            .values()
            .all(|tally| tally["letters"] == 0)
    );
}

#[test]
fn words_and_names_go_after_a_year_and_the_numbers_stay() {
    let (office, number) = office(400);
    let fresh = office.text("SELECT count(*) FROM entry WHERE text LIKE '%lent%'");
    assert_eq!(fresh, "1");
    for canary in CANARIES {
        assert!(
            !in_the_rows(&office, canary).is_empty(),
            "{canary} is not in the rows"
        );
    }
    let facts = |office: &Office| {
        office.text(&format!(
            "SELECT status || category || criticality || mutualisation || priority || outcome
               || created_at || updated_at || (SELECT group_concat(kind || at) FROM entry WHERE ticket = number)
             FROM ticket WHERE number = {number}"
        ))
    };
    let before = facts(&office);
    purge(&office, &[]);
    for canary in CANARIES {
        assert_eq!(
            in_the_rows(&office, canary),
            Vec::<String>::new(),
            "{canary}"
        );
        assert!(
            !in_the_files(&office, canary),
            "{canary} is left in the file"
        );
    }
    assert_eq!(facts(&office), before);
    assert_eq!(
        office.text("SELECT count(*) FROM entry WHERE text LIKE '%lent%'"),
        "1"
    );
    assert_clean(&office);

    // The log names nobody, and says what was done.
    let log = purge(&office, &["--log", "--json"]);
    assert!(!log.contains('@'), "{log}");
    let log = tallies(&log);
    assert_eq!(log["texts"]["tickets"], 1);
    assert_eq!(
        log["texts"]["first"],
        number.min(log["texts"]["first"].as_i64().unwrap())
    );
}

#[test]
fn the_daemon_does_the_same_with_its_own_hand() {
    let (office, _) = office(400);
    office.purge(guichet::privacy::Retention::default());
    for canary in CANARIES {
        assert_eq!(
            in_the_rows(&office, canary),
            Vec::<String>::new(),
            "{canary}"
        );
        assert!(
            !in_the_files(&office, canary),
            "{canary} is left in the file"
        );
    }
    assert_clean(&office);
}

#[test]
fn what_was_purged_is_still_known_and_answered_anew() {
    let (office, number) = office(400);
    // The very letter, as a server shows it again after its folder was made anew.
    let raw = office.guichet(&["intake", "raw", "1"]).stdout;
    let own: String = office.text("SELECT message_id FROM outbox WHERE dedupe_key = 'ack:1'");
    purge(&office, &[]);
    assert_eq!(office.post_raw(raw).disposition, "duplicate");
    // A reply to what was said then opens a new ticket.
    let again = office.post(&Letter {
        answers: Some(own),
        ..letter(
            CLAIRE,
            &format!("Re: [Support #{number}] copieur"),
            "Il est de nouveau en panne.",
        )
    });
    assert_eq!(again.disposition, "ticket");
    assert_ne!(again.ticket, Some(number));
    office.deliver_all();
    assert_clean(&office);
}

#[test]
fn the_numbers_go_after_five_years_and_none_is_given_twice() {
    let (office, number) = office(5 * 366 + 60);
    // What still lies in a watched folder stays known for ever; these were put away.
    office
        .database()
        .execute_batch("UPDATE letter SET acknowledged = 'moved', shelf = 'done'")
        .unwrap();
    let before = office.text("SELECT count(*) FROM letter");
    purge(&office, &[]);
    assert_eq!(
        office.text(&format!(
            "SELECT count(*) FROM ticket WHERE number = {number}"
        )),
        "0"
    );
    assert_ne!(office.text("SELECT count(*) FROM letter"), before);
    let next = office.post(&letter(
        "anne@univ.example",
        "Écran",
        "Mon écran reste noir, que faire ?",
    ));
    assert!(next.ticket.unwrap() > number + 1);
    office.deliver_all();
    assert_clean(&office);
    // No folder is taken for an older state because of the rows that went.
    assert_eq!(
        office.text("SELECT count(*) FROM setting WHERE name = 'restored_at'"),
        "0"
    );
}

#[test]
fn a_ticket_that_never_ended_does_not_age_and_is_counted() {
    let office = Office::with(PERIODS);
    office.days_ago(400);
    office.post(&with_file(BODY));
    office.deliver_all();
    office.days_ago(1);
    office.post(&letter(
        "anne@univ.example",
        "Réseau",
        "Le réseau est lent aujourd'hui.",
    ));
    let said = purge(&office, &["--dry-run"]);
    assert!(
        said.contains("1 ticket is older than that and never ended"),
        "{said}"
    );
    purge(&office, &[]);
    assert!(!in_the_rows(&office, "zygomorphe").is_empty());
}

#[test]
fn a_clock_that_jumped_removes_nothing() {
    let office = Office::with(PERIODS);
    office.days_ago(400);
    old_ticket(&office);
    let output = office.guichet(&["purge"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was taken in for"));
    assert!(!in_the_rows(&office, "zygomorphe").is_empty());
    purge(&office, &["--quiet-is-right"]);
    assert_eq!(in_the_rows(&office, "zygomorphe"), Vec::<String>::new());
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next_one() {
    let office = Office::with(PERIODS);
    office.days_ago(400);
    for _ in 0..30 {
        office.pass(SignedDuration::from_mins(20));
        let number = office.letters_so_far();
        office.post(&letter(
            &format!("p{number}.canari@univ.example"),
            &format!("SUJETCANARI {number}"),
            "Bonjour, un écran zygomorphe.",
        ));
    }
    office.deliver_all();
    office
        .database()
        .execute_batch("UPDATE ticket SET status = 'closed'; INSERT INTO entry (ticket, at, kind, author, letter, text) SELECT number, updated_at, 'status', 'guichet', letter, 'new → closed: test' FROM ticket")
        .unwrap();
    office.days_ago(0);
    office.post(&letter(
        "anne@univ.example",
        "Réseau",
        "Le réseau est lent aujourd'hui.",
    ));
    let mut cut = 0;
    for pause in [3, 6, 9, 12, 15] {
        let mut run = Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("-c")
            .arg(office.folder().join("guichet.toml"))
            .arg("purge")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        run.kill().unwrap();
        run.wait().unwrap();
        assert_clean(&office);
        let left: i64 = office
            .text("SELECT count(*) FROM ticket WHERE kept = 'all'")
            .parse()
            .unwrap();
        cut += i64::from(left > 1 && left < 31);
        // A letter comes in between: it is not touched.
        office.post(&letter(
            "anne@univ.example",
            "Réseau",
            "Et le réseau est lent.",
        ));
    }
    println!("{cut} runs were cut in their middle");
    purge(&office, &[]);
    assert_eq!(in_the_rows(&office, "zygomorphe"), Vec::<String>::new());
    assert!(!in_the_files(&office, "SUJETCANARI"));
    assert_clean(&office);
}

#[test]
fn letters_flow_while_old_ones_go() {
    let office = Office::with(PERIODS);
    office.days_ago(400);
    for n in 0..40 {
        office.post(&letter(
            &format!("p{n}@univ.example"),
            &format!("SUJETCANARI {n}"),
            "Bonjour, un écran zygomorphe.",
        ));
    }
    office.deliver_all();
    office.database().execute_batch("UPDATE ticket SET status = 'closed'; INSERT INTO entry (ticket, at, kind, author, letter, text) SELECT number, updated_at, 'status', 'guichet', letter, 'new → closed: test' FROM ticket").unwrap();
    office.days_ago(0);
    office.post(&letter(
        "anne@univ.example",
        "Réseau",
        "Le réseau est lent aujourd'hui.",
    ));
    let mut run = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("-c")
        .arg(office.folder().join("guichet.toml"))
        .arg("purge")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut slowest = std::time::Duration::ZERO;
    let mut during = 0;
    loop {
        let began = std::time::Instant::now();
        let became = office.post(&letter(
            &format!("q{during}@univ.example"),
            &format!("Panne {during}"),
            "Bonjour, mon poste ne démarre plus.",
        ));
        assert_eq!(became.disposition, "ticket");
        slowest = slowest.max(began.elapsed());
        during += 1;
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
    }
    println!("{during} letters came during the run; the slowest took {slowest:?}");
    assert!(slowest < std::time::Duration::from_secs(5));
    office.deliver_all();
    assert_eq!(in_the_rows(&office, "zygomorphe"), Vec::<String>::new());
    assert_clean(&office);
}

#[test]
fn compacting_gives_space_back_and_waits_for_no_daemon() {
    let (office, _) = office(400);
    purge(&office, &[]);
    let busy = office.guichet(&["purge", "--compact"]);
    assert_eq!(busy.status.code(), Some(75), "{busy:?}");
    let folder = office.into_folder();
    let output = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .arg("-c")
        .arg(folder.path().join("guichet.toml"))
        .args(["purge", "--compact"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
