//! `guichet stats` and `guichet digest` as an admin meets them, on a store that holds a quarter of a
//! service's life.

use std::process::Output;

use guichet::figures::{Figures, Span};
use guichet::store::View;
use jiff::SignedDuration;
use jiff::civil::date;
use serde_json::Value;

use crate::golden;
use crate::office::{Office, letter, reply, to};
use crate::quarter;
use crate::site::{Site, TO_FOLDER};

const HOURS_AND_TEAM: &str = r#"
[hours]
monday = ["08:30-12:00", "13:30-17:00"]
tuesday = ["08:30-12:00", "13:30-17:00"]
wednesday = ["08:30-12:00", "13:30-17:00"]
thursday = ["08:30-12:00", "13:30-17:00"]
friday = ["08:30-12:00", "13:30-17:00"]
[[hours.closures]]
from = 2026-11-13
label = "pont"
[digest]
weekly_to = ["direction@univ.example"]
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

fn site() -> Site {
    let site = Site::without_hours(&format!("{TO_FOLDER}{HOURS_AND_TEAM}"));
    site.once();
    let ledger = quarter::ledger(date(2026, 9, 1));
    quarter::store(&ledger, &site.database());
    site
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stats(site: &Site, more: &[&str]) -> Output {
    let mut arguments = vec!["stats", "--now", quarter::NOW_UTC];
    arguments.extend(more);
    site.guichet(&arguments)
}

#[test]
fn the_store_gives_back_the_ledger_it_was_given() {
    let site = site();
    let given = quarter::ledger(date(2026, 9, 1));
    let view = View::open(&site.path("store")).unwrap();
    for (first, last) in [
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 9, 1), date(2026, 12, 1)),
    ] {
        let span = Span::new(first, last).unwrap();
        let calendar = quarter::calendar();
        // From as far back as anything is compared with.
        let since = span.before().begins(&calendar);
        let usual = Span::ending(span.first, 29).begins(&calendar);
        let kept = view.ledger(since.min(usual)).unwrap();
        let figures = |ledger| Figures::of(ledger, span, &calendar, quarter::now());
        assert_eq!(figures(&kept), figures(&given), "{first}");
    }
}

#[test]
fn stats_of_a_month_are_as_they_were_looked_at() {
    let site = site();
    let month = ["--since", "2026-11-01", "--until", "2026-11-30"];
    golden::assert_is("stats-month.txt", said(&stats(&site, &month)).as_bytes());
}

#[test]
fn stats_as_json_are_the_same_figures() {
    let site = site();
    let text = said(&stats(&site, &["--since", "7d", "--json"]));
    let figures: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(figures["span"]["first"], "2026-11-25");
    assert_eq!(figures["span"]["last"], "2026-12-01");
    assert_eq!(figures["days"].as_array().unwrap().len(), 7);
    assert_eq!(figures["open"]["held"], 2);
    let days = figures["days"].as_array().unwrap().iter();
    let sum: u64 = days.map(|day| day["requests"].as_u64().unwrap()).sum();
    assert_eq!(figures["requests"], sum);
}

#[test]
fn the_sheet_of_the_command_is_the_sheet() {
    let site = site();
    let (pdf, svg) = (site.path("sheet.pdf"), site.path("sheet.svg"));
    let output = stats(
        &site,
        &[
            "--since",
            "2026-11-01",
            "--until",
            "2026-11-30",
            "--pdf",
            pdf.to_str().unwrap(),
            "--svg",
            svg.to_str().unwrap(),
        ],
    );
    assert_eq!(said(&output), "");
    let read = lopdf::Document::load(&pdf).unwrap();
    assert_eq!(read.get_pages().len(), 1);
    let words = read.extract_text(&[1]).unwrap();
    assert!(words.contains("369 demandes en novembre 2026"), "{words}");
    let svg = std::fs::read_to_string(svg).unwrap();
    assert!(svg.contains("xml:lang=\"fr\""));
}

#[test]
fn a_fresh_store_has_figures_too() {
    let site = Site::without_hours(&format!("{TO_FOLDER}{HOURS_AND_TEAM}"));
    site.once();
    let text = said(&stats(&site, &[]));
    assert!(text.starts_with("No requests in 30 days\n"), "{text}");
    assert!(text.contains("nothing waits"), "{text}");
}

#[test]
fn what_is_wrongly_asked_for_is_told() {
    let site = site();
    let failed = |output: Output, code: i32, words: &str| {
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(words), "{told}");
    };
    let reversed = ["--since", "2026-11-30", "--until", "2026-11-01"];
    failed(stats(&site, &reversed), 64, "expected a first day");
    failed(stats(&site, &["--since", "yesterday"]), 64, "90d");
    failed(
        stats(&site, &["--pdf", "/nowhere/x.pdf"]),
        74,
        "/nowhere/x.pdf",
    );
    failed(
        site.guichet(&["digest", "--for", "nobody"]),
        66,
        "paul, zoe",
    );
    failed(site.guichet(&["digest"]), 64, "--for");
}

#[test]
fn a_digest_is_shown_and_not_sent() {
    let site = site();
    let rows = || -> i64 {
        site.database()
            .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
            .unwrap()
    };
    // By the hour of the day the running gateway has sent some itself.
    let before = rows();
    let text = said(&site.guichet(&["digest", "--for", "Zoé", "--date", "2026-12-01"]));
    assert!(
        text.starts_with("To: zoe@univ.example\nSubject: [Support] "),
        "{text}"
    );
    assert!(text.contains("Tuesday 1 December 2026"), "{text}");
    assert!(text.contains("YOUR TICKETS, OLDEST FIRST"), "{text}");
    let text = said(&site.guichet(&["digest", "--weekly", "--date", "2026-11-30"]));
    assert!(text.contains("To: direction@univ.example"), "{text}");
    assert!(text.contains("la semaine du 23\u{a0}novembre"), "{text}");
    assert!(
        text.contains("Attached: indicateurs-2026-S48.pdf, "),
        "{text}"
    );
    assert_eq!(rows(), before);
}

#[test]
fn only_a_person_gives_a_first_answer() {
    let office = Office::in_office_hours("");
    let ask = |person: &str, words: &str| {
        let from = format!("{person} <{person}@univ.example>");
        office.post(&letter(&from, &format!("Panne de {person}"), words));
        office.deliver()
    };
    let broken = "Bonjour,\nl'imprimante du couloir n'imprime plus.";
    // In words; by an end without words; by a refusal of a person's own.
    for (person, answer) in [
        ("claire", "Bonjour,\nle toner est changé."),
        ("luc", "#résoudre"),
        ("mei", "#refuser E2\nC'est un appareil privé."),
    ] {
        let mails = ask(person, broken);
        let told = to(&mails, "paul@univ.example").clone();
        office.pass(SignedDuration::from_hours(1));
        office.post(&reply("Paul Martin <paul@univ.example>", &told, answer));
        office.deliver_all();
    }
    // An acknowledgement is none, nor is the requester's own word, nor a note.
    let mails = ask("remi", broken);
    let (told, acknowledged) = (
        to(&mails, "paul@univ.example").clone(),
        to(&mails, "remi@univ.example").clone(),
    );
    office.post(&reply(
        "remi <remi@univ.example>",
        &acknowledged,
        "C'est urgent.",
    ));
    office.post(&reply(
        "Paul Martin <paul@univ.example>",
        &told,
        "#note\nencore lui",
    ));
    // What the rules refuse has its answer from them.
    ask("zelie", broken);
    office.execute(
        "UPDATE ticket SET status = 'refused', outcome = 'reject', clause = 'E2' WHERE number = 5",
    );
    let text = office.command(&["stats", "--json", "--now", &office.now().to_string()]);
    let figures: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(figures["requests"], 5, "{figures}");
    assert_eq!(figures["answers"]["answered"], 3, "{figures}");
    assert_eq!(figures["answers"]["waiting"], 1, "{figures}");
    assert_eq!(figures["refusals"]["E2"]["refused"], 2, "{figures}");
}
