//! `guichet hours`, and a gateway that nobody told its hours.

use std::fs;

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
