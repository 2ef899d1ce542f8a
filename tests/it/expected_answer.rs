//! The expected first answer: whether it holds in a service desk under load, what people read, what
//! the store keeps of it, and what it costs.

use guichet::calendar::Calendar;
use guichet::store::Store;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

use crate::calendar::office;
use crate::office::{Mail, Office, letter, reply, to};
use crate::queueing::{Desk, Result, play};

fn desk(seed: u64) -> Desk {
    Desk {
        seed,
        requests_a_day: 16.0,
        technicians: 3,
        work: 0.75,
        put_off: 0.12,
        counts_waiting: true,
        checks_itself: true,
    }
}

/// Monday, 8 June 2026, 08:00 in Paris.
fn begin() -> Timestamp {
    "2026-06-08T06:00:00Z".parse().unwrap()
}

fn played(desk: &Desk, days: i64) -> Result {
    let calendar = Calendar::new(office()).unwrap();
    let found = play(desk, &calendar, begin(), days);
    println!("{:.1} % of {found:?}", 100.0 * found.share());
    found
}

#[test]
fn of_the_figures_told_in_a_busy_year_eight_of_ten_are_kept() {
    let found = played(&desk(0), 365);
    assert!(found.requests > 4_000 && found.judged > 2_500, "{found:?}");
    assert!((0.75..=0.90).contains(&found.share()), "{found:?}");
    for (priority, (judged, kept)) in &found.by_priority {
        // Of those that are starved only few are ever told a figure.
        if *judged >= 300 {
            let share = *kept as f64 / *judged as f64;
            assert!((0.75..=0.90).contains(&share), "{priority}: {share}");
        }
    }
}

#[test]
fn where_most_is_answered_soon_figures_are_kept_as_well() {
    let light = Desk {
        technicians: 4,
        put_off: 0.05,
        ..desk(1)
    };
    let found = played(&light, 270);
    assert!(found.judged > 2_500, "{found:?}");
    assert!((0.75..=0.90).contains(&found.share()), "{found:?}");
}

#[test]
fn without_the_requests_that_wait_they_would_not_be() {
    let counted = Desk {
        checks_itself: false,
        ..desk(0)
    };
    let naive = Desk {
        counts_waiting: false,
        ..counted.clone()
    };
    let (counted, naive) = (played(&counted, 270), played(&naive, 270));
    assert!((0.75..=0.90).contains(&counted.share()), "{counted:?}");
    assert!(naive.share() < 0.75, "{naive:?}");
    assert!(naive.told > counted.told, "and it is told with confidence");
}

/// The letters that tell of new requests.
fn announced(mut mails: Vec<Mail>) -> Vec<Mail> {
    mails.retain(|mail| mail.kind == "technician_new");
    mails
}

/// An office in which `count` people wrote and were answered after so many hours.
fn after(office: &Office, count: i64, hours: impl Fn(i64) -> i64) {
    for n in 0..count {
        let claire = format!("claire{n}@univ.example");
        let asked = office.post(&letter(
            &claire,
            &format!("panne {n}"),
            "Le copieur ne marche plus.",
        ));
        assert_eq!(asked.disposition, "ticket");
        let mails = announced(office.deliver_all());
        let told = to(&mails, "paul@univ.example");
        office.pass(SignedDuration::from_mins(60 * hours(n) - 5));
        let answer = office.post(&reply(
            "paul@univ.example",
            told,
            "Bonjour, le toner est vide.",
        ));
        assert_eq!(answer.disposition, "command");
        office.deliver_all();
        office.pass(SignedDuration::from_mins(55));
    }
    office.reckon();
}

#[test]
fn a_new_request_is_told_when_persons_answer_and_in_which_language() {
    let office = Office::new();
    office.reckon();
    office.post(&letter(
        "remi@univ.example",
        "panne",
        "Le copieur ne marche plus.",
    ));
    let mails = office.deliver_all();
    to(&mails, "remi@univ.example")
        .assert_says("nous n'avons pas assez d'historique pour une estimation");
    after(&office, 24, |n| n % 5 + 1);
    office.post(&letter(
        "lea@univ.example",
        "imprimante",
        "Le copieur du couloir ne marche plus.",
    ));
    let mails = office.deliver_all();
    let told = to(&mails, "lea@univ.example");
    println!("{}", told.body);
    told.assert_says(
        "la moitié des demandes comparables la reçoivent en 3 h ouvrées, 8 sur 10 avant le ",
    )
    .assert_says("C'est une estimation, pas un engagement.")
    .assert_says("Le délai dépend de la charge du service et de la complexité de la demande");
    let kept = "SELECT told || ' ' || half || ' ' || (due > snapshot) FROM expectation ORDER BY ticket DESC";
    assert_eq!(office.text(kept), "1 {\"half_hours\":6} 1");
    // The trace says what it rests on.
    let trace = office.text("SELECT body FROM trace ORDER BY letter DESC");
    let trace: Value = serde_json::from_str(&trace).unwrap();
    assert_eq!(trace["expected"]["told"]["cases"], 25);
    // In English, where that is spoken; nobody is ahead.
    office.execute("UPDATE ticket SET first_answer_at = created_at WHERE first_answer_at IS NULL");
    let english = "Hello,\nthe printer in the corridor does not work any more. Could you please have a look at it?";
    office.post(&letter("jane@univ.example", "printer broken", english));
    let mails = office.deliver_all();
    let told = to(&mails, "jane@univ.example");
    println!("{}", told.body);
    told.assert_says("half of comparable requests get it within 3 business hours, 8 of 10 before ")
        .assert_says("This is an estimate, not a promise.");
}

#[test]
fn who_writes_at_night_is_told_of_an_instant_in_opening_hours() {
    let office = Office::in_office_hours("");
    // By hand: twenty-four requests of last month, answered after one to four hours of a morning.
    for n in 0..24 {
        office.post(&letter(
            &format!("c{n}@univ.example"),
            &format!("panne {n}"),
            "Le copieur ne marche plus.",
        ));
    }
    office.deliver_all();
    office.execute(
        "UPDATE ticket SET awaits_since = 1792479600, created_at = 1792479600,
           first_answer_at = 1792479600 + 1800 * (1 + number % 6), status = 'open'",
    );
    office.pass(SignedDuration::from_hours(11));
    office.reckon();
    office.post(&letter(
        "lea@univ.example",
        "imprimante",
        "Le copieur du couloir ne marche plus.",
    ));
    let mails = office.deliver();
    let told = to(&mails, "lea@univ.example");
    println!("{}", told.body);
    assert_eq!(told.kind, "acknowledgement_out_of_hours");
    told.assert_says("Le service est fermé jusqu'au mardi 24 novembre 2026 à 8 h 30")
        .assert_says("8 sur 10 avant le mardi 24 novembre à 11 h");
}

#[test]
fn a_person_answers_by_words_by_a_resolution_by_a_question_and_not_by_a_note() {
    let office = Office::new();
    let first = |ticket: i64| {
        office.text(&format!(
            "SELECT coalesce(first_answer_at, 0) FROM ticket WHERE number = {ticket}"
        ))
    };
    let orders = [
        ("#note\nÀ voir avec Zoé.", false),
        ("#prendre", false),
        ("#attendre 3j", false),
        ("Bonjour, c'est fait.", true),
        ("#résoudre", true),
        ("#demander\nQuel est le numéro d'inventaire ?", true),
        ("#demander E1", true),
        ("#clore", true),
        ("#refuser E2", true),
    ];
    for (n, (order, answers)) in orders.into_iter().enumerate() {
        let claire = format!("claire{n}@univ.example");
        let asked = office.post(&letter(
            &claire,
            &format!("panne {n}"),
            "Le copieur ne marche plus.",
        ));
        let mails = announced(office.deliver_all());
        assert_eq!(
            first(asked.ticket.unwrap()),
            "0",
            "an acknowledgement is none"
        );
        let told = to(&mails, "paul@univ.example");
        let became = office.post(&reply("paul@univ.example", told, order));
        assert_eq!(became.disposition, "command");
        assert!(!became.reason.contains("cannot"), "{order}: {became:?}");
        let answered = first(asked.ticket.unwrap());
        assert_eq!(answered != "0", answers, "{order}");
        if answers {
            assert_eq!(answered, office.now().as_second().to_string());
            // A second answer is no first one.
            let before = answered;
            office.deliver_all();
            office.pass(SignedDuration::from_hours(1));
            office.post(&reply("paul@univ.example", told, "#prendre"));
            assert_eq!(first(asked.ticket.unwrap()), before);
        }
    }
}

#[test]
fn the_first_version_of_a_store_gets_its_first_answers_from_history() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let file = folder.path().join("guichet.sqlite");
    let old = Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../../src/store/schema/0001_initial.sql"))
        .unwrap();
    old.execute_batch(OLD).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    drop(Store::open(folder.path(), begin()).unwrap());
    let new = Connection::open(&file).unwrap();
    let mut rows = new
        .prepare(
            "SELECT number, first_answer_at, awaits_since, opened_priority, opened_category
             FROM ticket ORDER BY number",
        )
        .unwrap();
    let found: Vec<Facts> = rows
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .unwrap()
        .collect::<std::result::Result<_, _>>()
        .unwrap();
    let row = |number, answer, awaits, priority: &str, category: &str| {
        (
            number,
            answer,
            awaits,
            priority.to_owned(),
            category.to_owned(),
        )
    };
    let expected = [
        // Answered in words at 300, before the letter of 310.
        row(1, Some(300), Some(100), "P4", "network"),
        // Resolved without words.
        row(2, Some(400), Some(100), "P2", "other"),
        // Only acknowledged.
        row(3, None, Some(100), "P3", "other"),
        // Refused by the card, later by a person.
        row(4, Some(500), None, "P3", "other"),
        // Never answered automatically.
        row(5, None, None, "P3", "other"),
    ];
    assert_eq!(found, expected);
}

/// Of a ticket: number, first answer, since when it waits, priority and category as judged.
type Facts = (i64, Option<i64>, Option<i64>, String, String);

/// Five tickets of the first version.
const OLD: &str = r#"
INSERT INTO letter (id, mailbox, epoch, uid, received_at, journaled_at, size, raw_sha256)
  VALUES (1, 'in', 1, '1', 0, 0, 1, ''), (2, 'in', 1, '2', 0, 0, 1, '');
INSERT INTO trace VALUES (1, '{"verdict":{"priority":"P4","category":"network"}}'), (2, '{}');
INSERT INTO ticket (number, letter, created_at, updated_at, status, subject, requester,
    requester_name, language, outcome, category, criticality, mutualisation, priority, answer)
  VALUES (1, 1, 100, 300, 'open', '', '', '', 'fr', 'accept', 'other', 1, 1, 'P1', 'sent'),
         (2, 2, 100, 400, 'resolved', '', '', '', 'fr', 'accept', 'other', 1, 1, 'P2', 'sent'),
         (3, 2, 100, 100, 'new', '', '', '', 'fr', 'accept', 'other', 1, 1, 'P3', 'held'),
         (4, 2, 100, 500, 'refused', '', '', '', 'fr', 'reject', 'other', 1, 1, 'P3', 'sent'),
         (5, 2, 100, 100, 'new', '', '', '', 'fr', 'accept', 'other', 1, 1, 'P3', 'suppressed');
INSERT INTO entry (ticket, at, kind, author, text)
  VALUES (1, 100, 'request', 'a', ''), (1, 300, 'answer', 'paul', ''), (1, 350, 'answer', 'paul', ''),
         (3, 120, 'note', 'paul', '');
INSERT INTO outbox (dedupe_key, ticket, kind, sender, recipient, domain, inside, message_id, bytes,
    created_at, state, due_at)
  VALUES ('ack:1', 1, 'acknowledgement', '', 'a', '', 0, '1', x'', 100, 'sent', 0),
         ('r', 1, 'reply', '', 'a', '', 0, '2', x'', 310, 'sent', 0),
         ('s', 2, 'resolved', '', 'a', '', 0, '3', x'', 400, 'sent', 0),
         ('ack:3', 3, 'question', '', 'a', '', 0, '4', x'', 100, 'sent', 0),
         ('n', 3, 'technician_new', '', 'p', '', 1, '5', x'', 100, 'sent', 0),
         ('ack:4', 4, 'rejection', '', 'a', '', 0, '6', x'', 100, 'sent', 0),
         ('j', 4, 'rejection', '', 'a', '', 0, '7', x'', 500, 'sent', 0);
"#;

#[test]
fn the_command_shows_what_answers_tell() {
    let office = Office::new();
    let shown = office.command(&["estimate", "--now", "2026-11-23T08:00:00Z"]);
    assert!(shown.contains("No request yet."), "{shown}");
    after(&office, 24, |n| n % 5 + 1);
    let now = office.now().to_string();
    let shown = office.command(&["estimate", "--now", &now]);
    println!("{shown}");
    for words in [
        "P4",
        "printing",
        "24 first answers",
        "All: no figure that was told can be judged yet.",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    let json: Value =
        serde_json::from_str(&office.command(&["estimate", "--json", "--now", &now])).unwrap();
    assert_eq!(json["groups"][0]["cases"], 24);
    assert_eq!(json["groups"][0]["answered"], 24);
    assert_eq!(json["groups"][0]["half_seconds"], 3 * 3_600);
    assert_eq!(json["answers"], 24);
    assert_eq!(json["kept"][0]["judged"], 0);
}

#[test]
fn what_it_asks_of_the_store_stands_in_an_index() {
    let office = Office::new();
    let plan = |sql: &str| {
        let database = office.database();
        let mut rows = database
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let lines = rows.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines
            .map(std::result::Result::unwrap)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let queue = plan(
        "SELECT priority, count(*), count(*) FILTER (WHERE first_answer_at IS NULL
           AND created_at >= 1) FROM ticket
         WHERE status IN ('new', 'open', 'waiting_requester', 'waiting_third_party', 'contested')
         GROUP BY priority",
    );
    assert!(queue.contains("COVERING INDEX ticket_status"), "{queue}");
    let past = plan("SELECT opened_priority FROM ticket WHERE awaits_since >= 1");
    assert!(past.contains("INDEX ticket_awaits"), "{past}");
    let pace =
        plan("SELECT count(*) FROM ticket WHERE first_answer_at > 1 AND first_answer_at <= 2");
    assert!(
        pace.contains("COVERING INDEX ticket_first_answer"),
        "{pace}"
    );
    let figures = plan(
        "SELECT told FROM expectation JOIN ticket ON number = expectation.ticket
         WHERE due > 1 AND due <= 2",
    );
    assert!(figures.contains("INDEX expectation_due"), "{figures}");
}
