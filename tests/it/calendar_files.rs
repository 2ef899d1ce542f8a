//! Closures out of iCalendar files, as programs write them, and what is refused by line.

use guichet::calendar::closure::Closure;
use guichet::calendar::ics;
use jiff::tz::TimeZone;

/// An event with these lines, in a calendar with what exports carry besides.
fn file(event: &str) -> String {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//FR\n\
         BEGIN:VTIMEZONE\nTZID:Europe/Paris\nBEGIN:STANDARD\nDTSTART:19701025T030000\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n\
         END:STANDARD\nEND:VTIMEZONE\n\
         BEGIN:VEVENT\nUID:1@x\nDTSTAMP:20261101T000000Z\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    text.replace('\n', "\r\n")
}

/// The line of the first property that a test gives.
const FIRST: usize = 16;

fn read(text: &str) -> Result<Vec<Closure>, String> {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    ics::closures(text.as_bytes(), &zone).map_err(|error| error.to_string())
}

/// `from - to label` of each closure of an event.
fn closures(event: &str) -> Vec<String> {
    let found = read(&file(event)).unwrap_or_else(|error| panic!("{event}: {error}"));
    let shown = |closure: &Closure| {
        let (from, to) = (closure.from, closure.to);
        let local = "%Y-%m-%d %H:%M";
        format!("{} - {}", from.strftime(local), to.strftime(local))
    };
    found.iter().map(shown).collect()
}

fn refused(event: &str) -> String {
    read(&file(event)).unwrap_err()
}

#[test]
fn ok_whole_days_end_before_dtend() {
    assert_eq!(
        closures("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270104\nSUMMARY:Noël"),
        ["2026-12-24 00:00 - 2027-01-04 00:00"]
    );
    // Without an end it is that day.
    assert_eq!(
        closures("DTSTART;VALUE=DATE:20270507\nSUMMARY:Pont"),
        ["2027-05-07 00:00 - 2027-05-08 00:00"]
    );
    assert_eq!(
        closures("DTSTART;VALUE=DATE:20270507\nDURATION:P1W"),
        ["2027-05-07 00:00 - 2027-05-14 00:00"]
    );
}

#[test]
fn ok_times_come_to_the_services_clock() {
    for (start, end) in [
        ("DTSTART:20261224T120000", "DTEND:20261224T170000"),
        ("DTSTART:20261224T110000Z", "DTEND:20261224T160000Z"),
        (
            "DTSTART;TZID=Europe/London:20261224T110000",
            "DTEND;TZID=Europe/London:20261224T160000",
        ),
        (
            "DTSTART;TZID=\"Romance Standard Time\":20261224T120000",
            "DURATION:PT5H",
        ),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20261224T120000",
            "DURATION:PT4H60M",
        ),
        // Begins here, ends there.
        (
            "DTSTART;TZID=Europe/Paris:20261224T120000",
            "DTEND;TZID=Europe/London:20261224T160000",
        ),
    ] {
        assert_eq!(
            closures(&format!("{start}\n{end}")),
            ["2026-12-24 12:00 - 2026-12-24 17:00"],
            "{start}"
        );
    }
}

#[test]
fn ok_folded_lines_and_escapes_are_the_label() {
    let text = file(
        "DTSTART;VALUE=DATE:20261224\nSUMMARY;LANGUAGE=fr:Fermeture\\, puis\n  pont\\nde\n \tl'ann\u{e9}e",
    );
    let found = read(&text).unwrap();
    assert_eq!(found[0].label.fr, "Fermeture, puis pont de l'année");
    // Bare line feeds, a byte order mark, other cases.
    let other = format!(
        "\u{feff}{}",
        text.replace("\r\n", "\n").replace("BEGIN:", "Begin:")
    );
    assert_eq!(read(&other).unwrap(), found);
    let unnamed = read(&file("DTSTART;VALUE=DATE:20261224")).unwrap();
    assert_eq!(unnamed[0].label.fr, "fermeture du service");
    assert_eq!(unnamed[0].label.en, "closure of the service");
    let long = format!("DTSTART;VALUE=DATE:20261224\nSUMMARY:{}", "é".repeat(5_000));
    assert_eq!(read(&file(&long)).unwrap()[0].label.fr.chars().count(), 100);
}

#[test]
fn ok_what_is_no_closure_is_passed_over() {
    let cancelled = "DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED";
    assert!(closures(cancelled).is_empty());
    assert!(closures("DTSTART:20261224T120000Z").is_empty());
    // An alarm within the event has a duration of its own.
    let alarm =
        "DTSTART;VALUE=DATE:20261224\nBEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:nonsense\nEND:VALARM";
    assert_eq!(closures(alarm).len(), 1);
    let todo = file("DTSTART;VALUE=DATE:20261224").replace("VEVENT", "VTODO");
    assert!(read(&todo).unwrap().is_empty());
}

#[test]
fn ok_repetitions_that_closures_are_made_of() {
    let day = |text: &str| format!("{text} 00:00 - ");
    for (event, begins) in [
        (
            "DTSTART;VALUE=DATE:20260214\nRRULE:FREQ=YEARLY;COUNT=3",
            vec!["2026-02-14", "2027-02-14", "2028-02-14"],
        ),
        (
            "DTSTART;VALUE=DATE:20260214\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14;UNTIL=20270214",
            vec!["2026-02-14", "2027-02-14"],
        ),
        // A day that is not in every year.
        (
            "DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;COUNT=2",
            vec!["2024-02-29", "2028-02-29"],
        ),
        (
            "DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=MONTHLY;UNTIL=20260601T000000Z",
            vec!["2026-01-31", "2026-03-31", "2026-05-31"],
        ),
        (
            "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,MO;COUNT=4",
            vec!["2026-11-02", "2026-11-04", "2026-11-16", "2026-11-18"],
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261225",
            vec!["2026-12-24", "2026-12-26"],
        ),
    ] {
        let found = closures(event);
        assert_eq!(found.len(), begins.len(), "{event}: {found:?}");
        for (found, begin) in found.iter().zip(begins) {
            assert!(found.starts_with(&day(begin)), "{event}: {found}");
        }
    }
    // Without an end, up to the end of 2099.
    assert_eq!(
        closures("DTSTART;VALUE=DATE:20260214\nRRULE:FREQ=YEARLY").len(),
        74
    );
    // A repetition keeps the hour of its own zone when the clocks change.
    assert_eq!(
        closures(
            "DTSTART;TZID=Europe/Paris:20261023T140000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;TZID=Europe/Paris:20261023T140000"
        ),
        ["2026-10-30 14:00 - 2026-10-30 16:00"]
    );
    assert_eq!(
        closures("DTSTART:20261023T120000Z\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2"),
        [
            "2026-10-23 14:00 - 2026-10-23 16:00",
            "2026-10-30 13:00 - 2026-10-30 15:00"
        ]
    );
}

#[test]
fn err_a_rule_that_is_not_known_is_refused_by_its_line() {
    for (rule, told) in [
        (
            "FREQ=HOURLY",
            "expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY",
        ),
        ("COUNT=3", "expected FREQ=DAILY"),
        ("FREQ=MONTHLY;BYDAY=2TU", "without numbers"),
        ("FREQ=YEARLY;BYDAY=MO", "in a weekly rule only"),
        ("FREQ=YEARLY;BYMONTH=3", "repeat the event's own date"),
        ("FREQ=YEARLY;BYMONTHDAY=24", "repeat the event's own date"),
        ("FREQ=MONTHLY;BYMONTH=12", "repeat the event's own date"),
        ("FREQ=YEARLY;BYSETPOS=1", "expected only FREQ, INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "expected a whole number from 1"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "not both"),
        ("FREQ=DAILY;UNTIL=soon", "as UNTIL"),
        ("FREQ=DAILY", "expected at most 5500 repetitions"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "WKST=MO"),
        ("nonsense", "joined by semicolons"),
    ] {
        let said = refused(&format!("DTSTART;VALUE=DATE:20261224\nRRULE:{rule}"));
        assert!(said.starts_with(&format!("line {}: ", FIRST + 1)), "{said}");
        assert!(said.contains(told), "{rule}: {said}");
        let shown = format!("but found RRULE:{rule}");
        assert!(said.ends_with(&shown), "{said}");
    }
}

#[test]
fn err_every_mistake_is_told_with_its_line() {
    let at = |line: usize, told: &str| format!("line {line}: expected {told}");
    for (event, told) in [
        (
            "DTSTART:20261324",
            at(
                FIRST,
                "a date such as 20261224 or a time such as 20261224T120000Z, but found DTSTART:20261324",
            ),
        ),
        (
            "SUMMARY:x",
            at(
                FIRST - 3,
                "DTSTART in every event, but found an event without it",
            ),
        ),
        (
            "DTSTART:20261224T120000\nDTEND;VALUE=DATE:20261225",
            at(
                FIRST - 3,
                "DTSTART and DTEND both with a time or both without, but found one of each",
            ),
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261220",
            at(
                FIRST - 3,
                "an event that ends after it begins, but found the end 2026-12-20T00:00:00 and the beginning 2026-12-24T00:00:00",
            ),
        ),
        (
            "DTSTART;TZID=Marseille:20261224T120000",
            at(
                FIRST,
                "a time zone by its IANA name, such as Europe/Paris, but found TZID=Marseille",
            ),
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nDURATION:-P1D",
            at(
                FIRST + 1,
                "a length of time such as \"P2D\" or \"PT4H30M\", but found DURATION:-P1D",
            ),
        ),
        (
            "DTSTART;VALUE=DATE:16000101",
            at(
                FIRST - 3,
                "an event from 1970 to 2099, but found the year 1600",
            ),
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nRDATE;VALUE=DATE:20261226",
            at(
                FIRST + 1,
                "events of their own in the place of added dates, but found RDATE:20261226",
            ),
        ),
        (
            "DTSTART;VALUE=DATE:20261224\nRECURRENCE-ID;VALUE=DATE:20261226",
            at(FIRST + 1, "an event of its own"),
        ),
        (
            "DTSTART 20261224",
            at(
                FIRST,
                "a line of an iCalendar file, such as \"SUMMARY:text\", but found something else",
            ),
        ),
        ("END:VTODO", at(FIRST, "END:VEVENT, but found END:VTODO")),
        (
            "BEGIN:VEVENT",
            at(
                FIRST,
                "END:VEVENT before the next event, but found BEGIN:VEVENT",
            ),
        ),
    ] {
        let said = refused(event);
        assert!(said.starts_with(&told), "{said}\n{told}");
    }
    for (text, told) in [
        (
            "DTSTART:20261224\n",
            "line 1: expected a calendar that begins with BEGIN:VCALENDAR",
        ),
        ("<html>: x", "line 1: expected a line of an iCalendar file"),
        (
            "BEGIN:VEVENT\n",
            "line 1: expected a calendar that begins with BEGIN:VCALENDAR",
        ),
        (
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT\n",
            "line 3: expected BEGIN before END",
        ),
        (
            "BEGIN:VCALENDAR\nX:1\n",
            "line 2: expected END:VCALENDAR, but found the end of the file",
        ),
    ] {
        let said = read(text).unwrap_err();
        assert!(said.starts_with(told), "{said}");
    }
    let zone = TimeZone::UTC;
    let bytes = ics::closures(b"BEGIN:VCALENDAR\nX:\xe9\n", &zone).unwrap_err();
    assert!(bytes.to_string().contains("text in UTF-8"), "{bytes}");
}

#[test]
fn err_a_file_without_measure_is_refused_soon() {
    let zone = TimeZone::UTC;
    let large = vec![b'x'; ics::MOST_BYTES + 1];
    assert!(
        ics::closures(&large, &zone)
            .unwrap_err()
            .to_string()
            .contains("4 MiB")
    );
    let deep = "BEGIN:VCALENDAR\n".repeat(100_000);
    assert!(read(&deep).unwrap_err().contains("at most ten deep"));
    let one = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20000103\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n";
    let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", one.repeat(20_000));
    assert!(read(&many).unwrap_err().contains("20000 closures"));
    // What is left out is work too.
    let none = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20000103\nRRULE:FREQ=WEEKLY;COUNT=2\n\
        EXDATE;VALUE=DATE:20000103,20000110\nEND:VEVENT\n";
    let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", none.repeat(10_001));
    assert!(read(&many).unwrap_err().contains("20000 closures"));
    let dates = "20261224,".repeat(400_000);
    let event = format!(
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:{dates}20261224"
    );
    assert!(refused(&event).contains("at most 1000 dates"));
}
