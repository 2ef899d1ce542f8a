//! `guichet audit`, the real program: a good store is good, each damage is told in one line with
//! its rule, and the folders on a server are compared with the store.

use std::fs;
use std::path::Path;
use std::process::Output;

use rusqlite::Connection;
use serde_json::Value;

use crate::auditor_corruptions::{damages, good, shows_inside};
use crate::dovecot::Dovecot;
use crate::gateway_process::Site;
use crate::office::{Office, letter, reply, to};
use crate::post::{imap_at, request};
use crate::smtp_script::{Script, SmtpScript};

fn rules(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| {
            let breach: Value = serde_json::from_str(line).unwrap();
            for field in ["about", "found", "expected", "todo"] {
                assert!(!breach[field].as_str().unwrap().is_empty(), "{line}");
            }
            assert!(!line.contains('@'), "an address in {line}");
            breach["rule"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn copy_store(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn a_good_store_is_good_and_every_damage_inside_it_is_told() {
    let mut state = good();
    let clean = state.site.command(&["audit"], b"");
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");
    assert_eq!(
        String::from_utf8_lossy(&clean.stdout),
        "Nothing is wrong.\n"
    );

    let (store, kept) = (state.site.store(), state.site.dir().join("kept"));
    copy_store(&store, &kept);
    let mut seeded = 0;
    for (what, rule, damage) in damages() {
        if !shows_inside(what, rule) {
            continue;
        }
        fs::remove_dir_all(&store).unwrap();
        copy_store(&kept, &store);
        let database = Connection::open(store.join("guichet.sqlite")).unwrap();
        damage(&database, &store, &mut state);
        drop(database);
        let output = state.site.command(&["audit", "--json"], b"");
        let code = output.status.code();
        // A file that is damaged all over may not be readable at all.
        let found = code == Some(1) && rules(&output).iter().any(|found| found == rule);
        assert!(
            found || (code == Some(2) && rule == "I16"),
            "{what}: expected {rule}: {output:?}"
        );
        seeded += 1;
    }
    assert!(seeded >= 20, "{seeded}");
}

/// A store in which a technician worked, a refusal was contested and a letter was held.
fn worked() -> Office {
    let office = Office::new();
    office.days_ago(1);
    let claire = "claire@univ.example";
    let number = office
        .post(&letter(
            claire,
            "Imprimante",
            "Bonjour, le copieur ne marche plus.",
        ))
        .ticket
        .unwrap();
    let mails = office.deliver_all();
    office.post(&reply(
        "paul@univ.example",
        to(&mails, "paul@univ.example"),
        "#prendre\n#attendre 3d\nQuel copieur ?",
    ));
    let mails = office.deliver_all();
    office.post(&reply(claire, to(&mails, claire), "Celui du 3e."));
    let mails = office.deliver_all();
    office.post(&reply(
        "paul@univ.example",
        to(&mails, "paul@univ.example"),
        "#résoudre\nRéparé.",
    ));
    office.deliver_all();
    office.post(&letter(
        "remi@univ.example",
        "Écran",
        "Mon écran reste noir depuis ce matin.",
    ));
    office.deliver_all();
    assert_eq!(office.status(number), "resolved");
    office
}

#[test]
fn what_work_leaves_behind_is_good_and_its_damages_are_told() {
    let office = worked();
    let clean = office.guichet(&["audit"]);
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");
    let damages = [
        ("I2", "DELETE FROM trace WHERE letter = 1"),
        ("I4", "UPDATE letter SET kept = 'nothing' WHERE id = 1"),
        ("I4", "UPDATE ticket SET kept = 'nothing' WHERE number = 1"),
        ("I5", "UPDATE letter SET ticket = 77 WHERE disposition = 'command'"),
        ("I5", "UPDATE letter SET content_key = 'x'"),
        ("I1", "UPDATE letter SET disposition = 'lost' WHERE id = 2"),
        ("I12", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70)
          INSERT INTO outbox (dedupe_key, ticket, letter, kind, sender, recipient, domain, inside, message_id, bytes, created_at, state, due_at)
          SELECT 'x' || i, NULL, NULL, 'reply', '', 'x@y.example', 'y.example', 0, 'x' || i, x'', unixepoch() - 100, 'cancelled', 0 FROM n"),
        ("I14", "UPDATE ticket SET status = 'contested' WHERE number = 1"),
        ("I14", "UPDATE entry SET text = 'closed → contested: x' WHERE id = (SELECT min(id) FROM entry WHERE kind = 'status')"),
        ("I14", "UPDATE entry SET text = 'nowhere' WHERE kind = 'status'"),
        ("I14", "UPDATE ticket SET status = 'lost' WHERE number = 1"),
        ("I15", "DELETE FROM conduct"),
        ("I15", "UPDATE conduct SET obeyed = 0"),
        ("I16", "DROP INDEX letter_raw"),
        ("I16", "CREATE TABLE stranger (a)"),
        ("I16", "PRAGMA foreign_keys = off; UPDATE entry SET ticket = 99 WHERE id = 1"),
        ("I6", "UPDATE ticket SET answer = 'held' WHERE number = 1"),
        ("I7", "DELETE FROM attempt WHERE outbox = 1; PRAGMA foreign_keys = off; DELETE FROM outbox WHERE dedupe_key = 'ack:1'"),
        ("I8", "UPDATE outbox SET attempts = 5 WHERE id = 1"),
        ("I9", "UPDATE letter SET disposition = 'duplicate' WHERE disposition = 'follow_up'; UPDATE outbox SET letter = (SELECT id FROM letter WHERE disposition = 'duplicate') WHERE dedupe_key = 'ack:1'"),
        ("I13", "UPDATE outbox SET state = 'pending', due_at = 1 WHERE id = 2"),
        ("I17", "UPDATE outbox SET state = 'held' WHERE id = 1"),
    ];
    let store = office.folder().join("store");
    for (rule, sql) in damages {
        let copy = tempfile::tempdir_in("/tmp").unwrap();
        copy_store(&store, &copy.path().join("store"));
        fs::copy(
            office.folder().join("guichet.toml"),
            copy.path().join("guichet.toml"),
        )
        .unwrap();
        let database = Connection::open(copy.path().join("store/guichet.sqlite")).unwrap();
        database.execute_batch(sql).unwrap();
        drop(database);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("-c")
            .arg(copy.path().join("guichet.toml"))
            .args(["audit", "--json"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{sql}: {output:?}");
        let found = rules(&output);
        assert!(found.iter().any(|found| found == rule), "{sql}: {found:?}");
    }
}

#[test]
fn what_cannot_be_looked_at_is_neither_good_nor_bad() {
    let site = Site::new();
    let output = site.command(&["audit"], b"");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn the_folders_on_a_server_are_compared_both_ways() {
    let server = Dovecot::start();
    let sink = SmtpScript::start(Script::default());
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&server));
    site.send_smtp(sink.port());
    server.append(
        "INBOX",
        &[
            request(1),
            request(2),
            request(3),
            crate::post::unreadable(1),
        ],
    );
    assert!(site.once().status.success());
    let clean = site.command(&["audit", "--server"], b"");
    assert_eq!(clean.status.code(), Some(0), "{clean:?}");

    // One is gone, one is a stranger, one lies with the held ones.
    let done = server.messages("Guichet/Done");
    assert_eq!(done.len(), 3);
    server.append("Guichet/Done", &[request(9)]);
    let mut client = server.client();
    client.run("SELECT Guichet/Done");
    client.run("UID MOVE 2 Guichet/Held");
    client.run("UID STORE 1 +FLAGS.SILENT (\\Deleted)");
    client.run("EXPUNGE");
    let output = site.command(&["audit", "--server"], b"");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for expected in [
        "I3 letter 1: it was moved to the folder of those that are done of `support`, and does not lie there",
        "the store knows nothing of it",
        "I3 letter 2: it lies in the folder of the held ones of `support`, where it does not belong",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }

    // A server that cannot be asked leaves the question open.
    drop(server);
    let output = site.command(&["audit", "--server"], b"");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
