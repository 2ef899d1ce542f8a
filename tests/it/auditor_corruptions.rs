//! The auditor is audited: a good end state is damaged in one place, and each damage is found.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::auditor::{Audit, Injected, Shelves, SinkCopy};
use crate::gateway_process::Site;
use crate::post::{
    again, assert_clean, automatic, copies, maildir_shelves, refused, request, unreadable,
};
use crate::smtp_script::{Script, SmtpScript};

/// A good end state, as values that can be damaged.
pub struct State {
    pub site: Site,
    ledger: Vec<Injected>,
    shelves: Vec<Shelves>,
    sink: Vec<SinkCopy>,
}

/// Five kinds of letters through the real program.
pub fn good() -> State {
    let sink = SmtpScript::start(Script::default());
    let mut site = Site::new();
    let path = site.watch_maildir("desk");
    site.send_smtp(sink.port());
    let ledger: Vec<Injected> = [
        (request(1), "ticket"),
        (again(&request(1)), "duplicate"),
        (request(2), "ticket"),
        (refused(1), "ticket"),
        (automatic(1), "automatic"),
        (unreadable(1), "held"),
    ]
    .into_iter()
    .map(|(raw, becomes)| Injected::new("desk", &raw, becomes))
    .collect();
    for letter in &ledger {
        guichet::mailbox::maildir::deliver(&path, &letter.raw).unwrap();
    }
    let output = site.once();
    assert!(output.status.success(), "{output:?}");
    let shelves = vec![maildir_shelves("desk", &path)];
    let sink = copies(&sink);
    assert_clean(&site, &ledger, &shelves, &sink);
    State {
        site,
        ledger,
        shelves,
        sink,
    }
}

pub type Damage = Box<dyn Fn(&Connection, &PathBuf, &mut State)>;

fn sql(text: &'static str) -> Damage {
    Box::new(move |database, _, _| {
        database
            .execute_batch(&format!("PRAGMA foreign_keys = off; {text}"))
            .unwrap();
    })
}

fn outside(damage: impl Fn(&mut State) + 'static) -> Damage {
    Box::new(move |_, _, state| damage(state))
}

/// What is wrong, the rule that finds it, and how it is done.
pub fn damages() -> Vec<(&'static str, &'static str, Damage)> {
    vec![
        (
            "a letter's row is gone",
            "I1",
            sql(
                "DELETE FROM trace WHERE letter = 5; DELETE FROM raw WHERE letter = 5; DELETE FROM letter WHERE id = 5",
            ),
        ),
        (
            "a letter has a second row",
            "I1",
            sql(
                "CREATE TEMP TABLE copy AS SELECT * FROM letter WHERE id = 5; UPDATE copy SET id = 99, uid = 'again'; INSERT INTO letter SELECT * FROM copy; INSERT INTO raw SELECT 99, length, bytes FROM raw WHERE letter = 5",
            ),
        ),
        (
            "a letter is not decided",
            "I1",
            sql("UPDATE letter SET state = 'received', journaled_at = 1 WHERE id = 4"),
        ),
        (
            "a letter became something else",
            "I1",
            sql("UPDATE letter SET disposition = 'ignored' WHERE id = 5"),
        ),
        (
            "a reason is missing",
            "I2",
            sql("UPDATE letter SET reason = ' ' WHERE id = 2"),
        ),
        (
            "a letter lies in the wrong folder",
            "I3",
            outside(|state| {
                let raw = state.shelves[0].held.pop().unwrap();
                state.shelves[0].done.push(raw);
            }),
        ),
        (
            "a letter still lies in the watched folder",
            "I3",
            outside(|state| {
                let raw = state.shelves[0].done.pop().unwrap();
                state.shelves[0].watched.push(raw);
            }),
        ),
        (
            "a letter lies in two folders",
            "I3",
            outside(|state| {
                let raw = state.shelves[0].done[0].clone();
                state.shelves[0].held.push(raw);
            }),
        ),
        (
            "a letter is gone from the server",
            "I3",
            outside(|state| {
                state.shelves[0].done.pop();
            }),
        ),
        (
            "a byte of the kept letter is another",
            "I4",
            Box::new(|database, _, _| {
                let (length, bytes): (usize, Vec<u8>) = database
                    .query_row(
                        "SELECT length, bytes FROM raw WHERE letter = 3",
                        [],
                        |row| Ok((row.get::<_, i64>(0)?.try_into().unwrap(), row.get(1)?)),
                    )
                    .unwrap();
                let mut raw = zstd::bulk::decompress(&bytes, length).unwrap();
                raw[length / 2] ^= 1;
                let bytes = zstd::bulk::compress(&raw, 1).unwrap();
                database
                    .execute("UPDATE raw SET bytes = ?1 WHERE letter = 3", [bytes])
                    .unwrap();
            }),
        ),
        (
            "the bytes of a letter are gone",
            "I4",
            sql("DELETE FROM raw WHERE letter = 3"),
        ),
        (
            "a second ticket for one letter",
            "I5",
            sql(
                "CREATE TEMP TABLE copy AS SELECT * FROM ticket WHERE number = 1; UPDATE copy SET number = 99, answer = 'suppressed', answer_reason = 'no'; INSERT INTO ticket SELECT * FROM copy",
            ),
        ),
        (
            "a ticket is gone",
            "I5",
            sql(
                "DELETE FROM entry WHERE ticket = 2; DELETE FROM participant WHERE ticket = 2; UPDATE outbox SET ticket = 1 WHERE ticket = 2; DELETE FROM ticket WHERE number = 2",
            ),
        ),
        (
            "a ticket's history has no beginning",
            "I5",
            sql("DELETE FROM entry WHERE ticket = 2 AND kind = 'request'"),
        ),
        (
            "a withheld answer has no reason",
            "I6",
            sql("UPDATE ticket SET answer = 'suppressed' WHERE number = 2"),
        ),
        (
            "a withheld answer went out all the same",
            "I7",
            sql("UPDATE ticket SET answer = 'suppressed', answer_reason = 'L17' WHERE number = 2"),
        ),
        (
            "a ticket has a second acknowledgement",
            "I7",
            sql(
                "CREATE TEMP TABLE copy AS SELECT * FROM outbox WHERE id = 1; UPDATE copy SET id = 99, dedupe_key = 'ack2:1', message_id = 'other@univ.example', state = 'held', hold = 'budget', answer = 'x', attempts = 0; INSERT INTO outbox SELECT * FROM copy",
            ),
        ),
        (
            "an acknowledgement is for somebody else",
            "I7",
            sql("UPDATE outbox SET recipient = 'x@y.example' WHERE id = 2"),
        ),
        (
            "the mail server has one copy more",
            "I8",
            outside(|state| {
                let copy = state.sink[0].clone();
                state.sink.push(copy);
            }),
        ),
        (
            "the mail server lacks a copy",
            "I8",
            outside(|state| {
                state.sink.pop();
            }),
        ),
        (
            "the mail server has an unknown letter",
            "I8",
            sql("UPDATE outbox SET message_id = 'another@univ.example' WHERE id = 1"),
        ),
        (
            "a copy has other bytes",
            "I8",
            outside(|state| {
                let last = state.sink[0].bytes.len() - 10;
                state.sink[0].bytes[last] ^= 1;
            }),
        ),
        (
            "an attempt is forgotten",
            "I8",
            sql("DELETE FROM attempt WHERE outbox = 1"),
        ),
        (
            "a machine's letter was answered",
            "I9",
            sql("UPDATE outbox SET letter = 5 WHERE id = 1"),
        ),
        (
            "a duplicate was answered",
            "I9",
            sql("UPDATE outbox SET letter = 2 WHERE id = 1"),
        ),
        (
            "a row has no cause",
            "I9",
            sql("UPDATE outbox SET letter = NULL WHERE id = 1"),
        ),
        (
            "a row has the cause of another ticket",
            "I9",
            sql(
                "INSERT INTO occurrence VALUES (1, 'due:2:x:1', 2, 1, 'x'); UPDATE outbox SET letter = NULL, occurrence = 1 WHERE ticket = 1",
            ),
        ),
        (
            "a row has two causes",
            "I9",
            sql(
                "INSERT INTO occurrence VALUES (1, 'due:1:x:1', 1, 1, 'x'); UPDATE outbox SET occurrence = 1 WHERE ticket = 1",
            ),
        ),
        (
            "a page has no cause",
            "I9",
            sql("UPDATE entry SET letter = NULL WHERE kind = 'request' AND ticket = 1"),
        ),
        (
            "something happened for no reason",
            "I9",
            sql(
                "INSERT INTO occurrence VALUES (1, 'due:1:x:1', 1, 1, ' '); UPDATE entry SET occurrence = 1, letter = NULL WHERE ticket = 1",
            ),
        ),
        (
            "something happened and left nothing behind",
            "I9",
            sql("INSERT INTO occurrence VALUES (1, 'due:1:x:1', 1, 1, 'x')"),
        ),
        (
            "a row refers to an occurrence that never was",
            "I16",
            sql("UPDATE outbox SET letter = NULL, occurrence = 77 WHERE id = 1"),
        ),
        (
            "a copy went to one more address",
            "I10",
            outside(|state| state.sink[0].recipients.push("x@y.example".to_owned())),
        ),
        (
            "an answer can be bounced",
            "I11",
            outside(|state| "support@univ.example".clone_into(&mut state.sink[0].sender)),
        ),
        (
            "a row is held without a reason",
            "I17",
            sql("UPDATE outbox SET state = 'held' WHERE id = 1"),
        ),
        (
            "a row waits for an address that is not suspended",
            "I17",
            sql("UPDATE outbox SET state = 'held', hold = 'suspended', answer = 'x' WHERE id = 1"),
        ),
        (
            "a row is due for a suspended address",
            "I17",
            sql(
                "UPDATE outbox SET state = 'pending' WHERE id = 1; INSERT INTO failing SELECT recipient, 3, 1, 1, 'x' FROM outbox WHERE id = 1",
            ),
        ),
        (
            "a letter was ended by nobody",
            "I17",
            sql("UPDATE letter SET disposition = 'discarded' WHERE id = 5"),
        ),
        (
            "a letter is held no more and lies with the held ones",
            "I17",
            sql("UPDATE letter SET disposition = 'automatic', decided_at = 1 WHERE shelf = 'held'"),
        ),
        (
            "a row is under way for ever",
            "I13",
            sql(
                "UPDATE outbox SET state = 'sending' WHERE id = 1; UPDATE attempt SET began_at = 1 WHERE outbox = 1",
            ),
        ),
        (
            "a row is due and nobody sends it",
            "I13",
            sql("UPDATE outbox SET state = 'pending', due_at = 1 WHERE id = 1"),
        ),
        (
            "an attempt has no end",
            "I13",
            sql("UPDATE attempt SET outcome = '', began_at = 1 WHERE outbox = 1"),
        ),
        (
            "a row refers to nothing",
            "I16",
            sql("UPDATE raw SET letter = 77 WHERE letter = 3"),
        ),
        (
            "a stranger lies in the store",
            "I16",
            Box::new(|_, store, _| fs::write(store.join("core"), b"x").unwrap()),
        ),
        (
            "a page of the database is damaged",
            "I16",
            Box::new(|database, store, _| {
                database
                    .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
                    .unwrap();
                use std::os::unix::fs::FileExt as _;
                let file = fs::File::options()
                    .write(true)
                    .open(store.join("guichet.sqlite"))
                    .unwrap();
                let size = file.metadata().unwrap().len();
                for page in (1..size / 4096).step_by(3) {
                    file.write_all_at(&[0xA5; 700], page * 4096).unwrap();
                }
            }),
        ),
    ]
}

/// What only those know who saw the letters come and go.
const UNSEEN_FROM_INSIDE: [&str; 12] = [
    "a letter's row is gone",
    "a letter has a second row",
    "a letter became something else",
    "a letter lies in the wrong folder",
    "a letter still lies in the watched folder",
    "a letter lies in two folders",
    "a letter is gone from the server",
    "the mail server has one copy more",
    "the mail server lacks a copy",
    "the mail server has an unknown letter",
    "a copy has other bytes",
    "a copy went to one more address",
];

/// Whether the database alone shows a damage.
pub fn shows_inside(what: &str, rule: &str) -> bool {
    rule != "I11" && !UNSEEN_FROM_INSIDE.contains(&what)
}

#[test]
fn every_damage_to_a_good_end_state_is_found() {
    let mut state = good();
    let original = state.site.store();
    let damages = damages();
    assert!(damages.len() >= 20);
    for (number, (what, rule, damage)) in damages.iter().enumerate() {
        let store = state.site.dir().join(format!("copy{number}"));
        fs::create_dir(&store).unwrap();
        for entry in fs::read_dir(&original).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, store.join(path.file_name().unwrap())).unwrap();
            }
        }
        let (shelves, sink) = (state.shelves.clone(), state.sink.clone());
        let database = Connection::open(store.join("guichet.sqlite")).unwrap();
        damage(&database, &store, &mut state);
        drop(database);
        let database = Connection::open(store.join("guichet.sqlite")).unwrap();
        let breaches = Audit {
            database: &database,
            store: &store,
            ledger: &state.ledger,
            shelves: &state.shelves,
            sink: &state.sink,
            now: i64::MAX,
        }
        .breaches();
        assert!(
            breaches.iter().any(|breach| breach.rule == *rule),
            "{what}: expected {rule}, found {breaches:?}"
        );
        (state.shelves, state.sink) = (shelves, sink);
    }
}
