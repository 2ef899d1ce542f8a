//! `guichet hours`, and a gateway that nobody told its hours.

use std::fs;

use guichet::mailbox::maildir;
use serde_json::Value;

use crate::site::{Site, TO_FOLDER};

const HOURS: &str = r#"
[hours]
monday = ["08:30-12:00", "13:30-17:00"]
tuesday = ["08:30-12:00", "13:30-17:00"]
wednesday = ["08:30-12:00", "13:30-17:00"]
thursday = ["08:30-12:00", "13:30-17:00"]
friday = ["08:30-12:00", "13:30-16:30"]
ics = ["closures.ics"]

[[hours.closures]]
from = "2026-12-24 12:00"
to = 2026-12-24
label = "après-midi du réveillon"
label_en = "Christmas Eve, afternoon"

[[hours.openings]]
from = 2026-12-26
hours = ["10:00-12:00"]
"#;

const CLOSURES: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n\
    DTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20270102\r\n\
    SUMMARY:Fermeture de fin d'ann\u{e9}e\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// The site of the other tests with other hours.
fn site(hours: &str) -> Site {
    let site = Site::without_hours(&format!("{TO_FOLDER}{hours}"));
    fs::write(site.path("closures.ics"), CLOSURES).unwrap();
    site
}

fn said(site: &Site, arguments: &[&str]) -> String {
    let output = site.guichet(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_week_is_drawn_in_80_columns_of_plain_text() {
    let site = site(HOURS);
    let drawn = said(&site, &["hours", "--now", "2026-12-24T10:10:00Z"]);
    let expected = "\
Week 52, Mon 21 Dec to Sun 27 Dec 2026, Europe/Paris: 26 h 30 min open

              8   9   10  11  12  13  14  15  16  17
  Mon 21 Dec  ..##############......##############  08:30-12:00 13:30-17:00
  Tue 22 Dec  ..##############......##############  08:30-12:00 13:30-17:00
  Wed 23 Dec  ..##############......##############  08:30-12:00 13:30-17:00
> Thu 24 Dec  ..##########|###....................  08:30-12:00
                                                    Christmas Eve, afternoon
  Fri 25 Dec  ....................................  public holiday
                                                    (Christmas Day)
  Sat 26 Dec  ........########....................  10:00-12:00
  Sun 27 Dec  ....................................  weekend

              # open   . closed   | now

It is Thursday 24 December 2026 at 11:10.
Open now. Closes Thursday 24 December 2026 at 12:00, in 50 min.

In the next six months:
  Thu 24 Dec 2026, 12:00 - 24:00    Christmas Eve, afternoon
  Fri 25 Dec 2026                   Christmas Day
  Sat 26 Dec 2026, 10:00 - 12:00    exceptional opening
  Mon 28 Dec 2026 - Fri 1 Jan 2027  Fermeture de fin d'année
  Fri 1 Jan 2027                    New Year's Day
  Mon 29 Mar 2027                   Easter Monday
  Sat 1 May 2027                    Labour Day
  Thu 6 May 2027                    Ascension Day
  Sat 8 May 2027                    Victory Day 1945
  Mon 17 May 2027                   Whit Monday
";
    assert_eq!(drawn, expected);
    assert!(drawn.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_closed_moment_says_why_until_when_and_what_is_missing() {
    let site = site(&HOURS.replace("ics = [\"closures.ics\"]\n", ""));
    let drawn = said(
        &site,
        &[
            "hours",
            "--now",
            "2026-11-27T18:00:00Z",
            "--week",
            "2027-01-01",
        ],
    );
    for words in [
        "Week 53, Mon 28 Dec to Sun 3 Jan 2027",
        "It is Friday 27 November 2026 at 19:00.",
        "Closed now: weekend.",
        "Opens Monday 30 November 2026 at 08:30, in 2 days 13 h.",
        "Warning: no year-end closure is entered for Tue 15 Dec to Tue 5 Jan 2027.",
    ] {
        assert!(drawn.contains(words), "{words}\n{drawn}");
    }
    assert!(!drawn.contains('>'), "today is not in that week: {drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn machines_get_the_same_as_one_object() {
    let site = site(HOURS);
    let text = said(&site, &["hours", "--json", "--now", "2026-12-25T10:10:30Z"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["time_zone"], "Europe/Paris");
    assert_eq!(report["open"], false);
    assert_eq!(report["opens"], "2026-12-26T10:00:00");
    assert_eq!(
        report["reasons"],
        serde_json::json!(["public holiday (Christmas Day)"])
    );
    assert_eq!(
        report["week"][3]["hours"],
        serde_json::json!(["08:30-12:00"])
    );
    assert_eq!(report["coming"][0]["kind"], "holiday");
    assert_eq!(report["missing"], serde_json::json!([]));
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_week_of_nights_and_many_ranges_still_fits() {
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let ranges =
        "[\"00:00-02:00\", \"06:00-08:00\", \"10:00-12:00\", \"14:00-16:00\", \"20:00-24:00\"]";
    let table: String = days
        .iter()
        .map(|day| format!("{day} = {ranges}\n"))
        .collect();
    let label = "entretien ".repeat(30);
    let site = site(&format!(
        "[hours]\n{table}[[hours.closures]]\nfrom = 2026-11-25\nlabel = \"{label}\"\n"
    ));
    let drawn = said(&site, &["hours", "--now", "2026-11-24T04:00:00Z"]);
    assert!(drawn.contains("0  3  6  9  12 15 18 21 24"), "{drawn}");
    assert!(drawn.contains("20:00-24:00"), "{drawn}");
    assert!(
        drawn.lines().all(|line| line.chars().count() <= 80),
        "{drawn}"
    );
}

#[test]
fn without_hours_the_gateway_does_not_start_and_shows_a_table() {
    let site = site("");
    for command in [
        ["run"].as_slice(),
        &["once"],
        &["hours"],
        &["config", "check"],
    ] {
        let output = site.guichet(command);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{command:?}: {told}");
        let (first, table) = told.split_once("\n\n").unwrap();
        assert!(
            first.contains(
                "guichet.toml: `hours`: expected a table with the hours at which somebody is there"
            ),
            "{told}"
        );
        // What is shown works as it stands.
        let whole = Site::without_hours(&format!("{TO_FOLDER}{table}"));
        assert!(said(&whole, &["config", "check"]).contains("is good"));
    }
    // What has nothing to do with time works.
    assert!(!site.path("store").exists());
    fs::write(site.path("one.eml"), "From: a@univ.example\n\nPanne\n").unwrap();
    let letter = site.path("one.eml");
    let checked = said(&site, &["check", letter.to_str().unwrap()]);
    assert!(checked.contains("outcome   accept"), "{checked}");
}

/// The texts of the answers, with ordinary blanks and without line breaks.
fn answers(site: &Site) -> Vec<String> {
    let folder = fs::read_dir(site.path("sent/new")).unwrap();
    let text = |raw: Vec<u8>| {
        let letter = mail_parser::MessageParser::default().parse(&raw).unwrap();
        let body = letter.body_text(0).unwrap().into_owned();
        println!("{body}");
        body.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    folder
        .map(|entry| text(fs::read(entry.unwrap().path()).unwrap()))
        .collect()
}

#[test]
fn who_writes_during_a_closure_is_told_until_when_why_and_whom_to_call() {
    let hours = "[hours]\nmonday = [\"08:30-12:00\"]\n[[hours.closures]]\nfrom = 2020-01-01\n\
        to = 2039-12-31\nlabel = \"fermeture d'essai\"\nlabel_en = \"trial closure\"\n";
    let site = site(hours);
    let file = site.path("guichet.toml");
    let config = fs::read_to_string(&file).unwrap();
    let emergency = "[service]\nemergency = \"RSSI / CISO, 04 00 00 00 00\"";
    fs::write(&file, config.replacen("[service]", emergency, 1)).unwrap();
    for (n, words) in [
        (
            1,
            "Le copieur de la salle ne marche plus et je ne peux pas imprimer.",
        ),
        (
            2,
            "The copier in our room does not work and we cannot print with it.",
        ),
    ] {
        let letter = format!(
            "From: Claire <claire@univ.example>\r\nTo: support@univ.example\r\n\
             Subject: copieur\r\nMessage-ID: <{n}@univ.example>\r\n\r\n{words}\r\n"
        );
        maildir::deliver(&site.path("mailbox"), letter.as_bytes()).unwrap();
    }
    site.once();
    let answers = answers(&site);
    assert_eq!(answers.len(), 2);
    for sentences in [
        [
            "Le service est fermé jusqu'au lundi 2 janvier 2040 à 8 h 30 : fermeture d'essai.",
            "Personne ne lira votre message avant la réouverture.",
            "Il n'y a pas d'astreinte pendant la fermeture, sauf si elle a été accordée à l'avance.",
            "n'attendez pas la réouverture. À contacter : RSSI / CISO, 04 00 00 00 00.",
        ],
        [
            "The service is closed until Monday 2 January 2040 at 08:30: trial closure.",
            "Nobody will read your message before we reopen.",
            "Nobody is on call while the service is closed, unless this was agreed in advance.",
            "do not wait until we reopen. Contact: RSSI / CISO, 04 00 00 00 00.",
        ],
    ] {
        let told = |answer: &&String| sentences.iter().all(|sentence| answer.contains(sentence));
        assert_eq!(answers.iter().filter(told).count(), 1, "{answers:#?}");
    }
    let notices = said(&site, &["outbox", "list", "--json"]);
    assert!(
        notices.contains("acknowledgement_out_of_hours"),
        "{notices}"
    );
}

#[test]
fn a_mistake_in_a_calendar_file_is_told_with_its_line() {
    let site = site(HOURS);
    fs::write(
        site.path("closures.ics"),
        CLOSURES.replace("SUMMARY", "RRULE:FREQ=HOURLY\r\nSUMMARY"),
    )
    .unwrap();
    let output = site.guichet(&["config", "check"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(
        said.contains("closures.ics`: line 5: expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, but found RRULE:FREQ=HOURLY"),
        "{said}"
    );
}
