//! Digests: when each is due, what stands in it, and the letters as they were looked at.

use guichet::calendar::closure::{Closure, Label, Opening};
use guichet::calendar::holidays::Kept;
use guichet::calendar::hours::{Period, Ranges, Season, Week};
use guichet::calendar::{Calendar, Settings};
use guichet::chart::enclosure::enclosed;
use guichet::compose::bulletin;
use guichet::config::{self, Config};
use guichet::digest::edition::due;
use guichet::digest::{self, Agenda, Edition, Ground, HeldLetter, Item};
use guichet::figures::Span;
use guichet::gateway::rules::Rules;
use guichet::notice::{Bulletin, House};
use guichet::policy::{Language, Outcome};
use guichet::ticket::priority::{Category, Priority};
use guichet::ticket::{Status, TicketNumber};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::golden;
use crate::quarter;

fn at(text: &str) -> Timestamp {
    let local: jiff::civil::DateTime = text.parse().unwrap();
    quarter::calendar().zone().to_timestamp(local).unwrap()
}

fn mornings(calendar: &Calendar, text: &str) -> bool {
    let due = due(calendar, at(text), &[]);
    due.iter().any(|one| matches!(one, Edition::Morning(_)))
}

#[test]
fn a_morning_begins_at_the_opening_and_ends_at_noon() {
    let calendar = quarter::calendar();
    for (text, expected) in [
        ("2026-11-24T08:29:59", false),
        ("2026-11-24T08:30:00", true),
        ("2026-11-24T11:59:59", true),
        ("2026-11-24T12:00:00", false),
        ("2026-11-24T14:00:00", false),
        // Saturday, Armistice, and the bridge day behind it.
        ("2026-11-21T10:00:00", false),
        ("2026-11-11T10:00:00", false),
        ("2026-11-13T10:00:00", false),
        // The morning the clocks went back, and the Monday after.
        ("2026-10-25T10:00:00", false),
        ("2026-10-26T08:30:00", true),
    ] {
        assert_eq!(mornings(&calendar, text), expected, "{text}");
    }
}

/// Open afternoons only in August, all day and night in July, and on one Saturday.
fn odd() -> Calendar {
    let days = |range: &'static str| {
        let day = || Ranges::parse([range]).unwrap();
        let none = Ranges::default;
        Week::new([day(), day(), day(), day(), day(), none(), none()])
    };
    let season = |from: &str, to: &str, range| Season {
        period: Period::parse(from, to).unwrap(),
        week: days(range),
    };
    let from = date(2026, 9, 7);
    let label = Label {
        fr: "travaux".to_owned(),
        en: "works".to_owned(),
    };
    Calendar::new(Settings {
        zone: TimeZone::get("Europe/Paris").unwrap(),
        week: days("08:30-17:00"),
        seasons: vec![
            season("07-01", "07-31", "00:00-24:00"),
            season("08-01", "08-31", "13:30-16:00"),
        ],
        holidays: Kept::default(),
        closures: vec![Closure::days(from, date(2026, 9, 11), label).unwrap()],
        openings: vec![Opening {
            first: date(2026, 9, 19),
            last: date(2026, 9, 19),
            hours: Ranges::parse(["09:00-12:00"]).unwrap(),
        }],
        expected: Vec::new(),
    })
    .unwrap()
}

#[test]
fn a_season_moves_the_morning() {
    let calendar = odd();
    for (text, expected) in [
        // A service that never closes has its morning from six on.
        ("2026-07-01T00:30:00", false),
        ("2026-07-01T06:00:00", true),
        // One that opens after noon has an hour.
        ("2026-08-03T11:00:00", false),
        ("2026-08-03T13:30:00", true),
        ("2026-08-03T14:30:00", false),
        // An exceptional opening is a morning, a closure is none.
        ("2026-09-19T09:00:00", true),
        ("2026-09-08T09:00:00", false),
    ] {
        assert_eq!(mornings(&calendar, text), expected, "{text}");
    }
}

#[test]
fn the_week_is_told_on_its_first_working_morning_or_the_next() {
    let calendar = odd();
    let week = |text: &str, sent: &[Edition]| {
        let found = due(&calendar, at(text), sent);
        found.into_iter().find_map(|one| match one {
            Edition::Week(span) => Some(span.first),
            Edition::Morning(_) => None,
        })
    };
    let monday = date(2026, 3, 30);
    // Easter Monday is a holiday: Tuesday tells of the week before.
    assert_eq!(week("2026-04-06T09:00:00", &[]), None);
    assert_eq!(week("2026-04-07T09:00:00", &[]), Some(monday));
    let sent = Edition::Week(Span::week(monday));
    assert_eq!(week("2026-04-07T10:00:00", &[sent]), None);
    assert_eq!(week("2026-04-08T09:00:00", &[sent]), None);
    // Down on Tuesday: Wednesday does. On the next Monday it is another week's turn.
    assert_eq!(week("2026-04-08T09:00:00", &[]), Some(monday));
    assert_eq!(week("2026-04-13T09:00:00", &[sent]), Some(date(2026, 4, 6)));
    // A week without a working morning tells nothing.
    assert_eq!(week("2026-09-09T09:00:00", &[]), None);
}

#[test]
fn each_edition_is_due_once_in_a_year_of_passes() {
    let calendar = odd();
    let mut sent = Vec::new();
    let mut now = at("2026-01-01T00:00:00");
    let end = at("2027-01-01T00:00:00");
    while now < end {
        let found = due(&calendar, now, &sent);
        for one in &found {
            assert!(calendar.is_open(now), "{one:?} at {now}");
        }
        sent.extend(found);
        now += SignedDuration::from_mins(17);
    }
    let working = guichet::calendar::closure::days(date(2026, 1, 1), date(2026, 12, 31))
        .filter(|date| calendar.is_business_day(*date))
        .count();
    let mornings = sent.iter().filter(|one| matches!(one, Edition::Morning(_)));
    assert_eq!(mornings.count(), working);
    let mut marks: Vec<_> = sent.iter().map(|one| (one.word(), one.mark())).collect();
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), sent.len());
}

const CONFIGURATION: &str = r#"
[service]
name = "Assistance informatique, Institut Exemple"
address = "support@univ.example"
[store]
directory = "store"
[[mailbox]]
name = "support"
kind = "maildir"
path = "mailbox"
[delivery]
kind = "maildir"
path = "sent"
[hours]
monday = ["08:30-12:00", "13:30-17:00"]
tuesday = ["08:30-12:00", "13:30-17:00"]
wednesday = ["08:30-12:00", "13:30-17:00"]
thursday = ["08:30-12:00", "13:30-17:00"]
friday = ["08:30-12:00", "13:30-17:00"]
[digest]
weekly_to = ["direction@univ.example"]
[[technician]]
handle = "paul"
name = "Paul Martin"
addresses = ["paul@univ.example"]
categories = ["network", "workstation"]
[[technician]]
handle = "zoe"
name = "Zoé Léger"
addresses = ["zoe@univ.example"]
language = "en"
"#;

fn rules() -> Rules {
    let file = std::path::Path::new("/tmp/guichet.toml");
    config::rules(&Config::from_text(CONFIGURATION, file).unwrap()).unwrap()
}

fn ground<'a>(rules: &'a Rules, calendar: &'a Calendar, now: Timestamp) -> Ground<'a> {
    Ground {
        site: &rules.decide,
        settings: &rules.digest,
        calendar,
        now,
    }
}

fn item(number: i64, asked: &str, status: Status, assignee: &str, subject: &str) -> Item {
    Item {
        ticket: TicketNumber(number),
        status,
        asked: at(asked),
        stands_since: at(asked),
        priority: Priority::P3,
        category: Category::Network,
        subject: subject.to_owned(),
        requester: "Claire Dumas".to_owned(),
        assignee: assignee.to_owned(),
        outcome: Outcome::Accept,
        proposed: false,
    }
}

/// What waits on Tuesday, 24 November.
fn agenda() -> Agenda {
    use Status::{Contested, New, Open, RefusedProvisional, WaitingRequester, WaitingThirdParty};
    let ask = Outcome::Ask;
    Agenda {
        items: vec![
            item(
                98,
                "2026-11-10T09:00:00",
                WaitingThirdParty,
                "paul",
                "Borne Wi-Fi du 3e, salle de réunion",
            ),
            item(
                120,
                "2026-11-16T09:00:00",
                Open,
                "paul",
                "VPN depuis Québec",
            ),
            Item {
                outcome: ask,
                ..item(
                    121,
                    "2026-11-16T10:00:00",
                    WaitingRequester,
                    "",
                    "Quel poste ?",
                )
            },
            Item {
                outcome: ask,
                ..item(131, "2026-11-20T10:00:00", WaitingRequester, "", "Trop tôt")
            },
            Item {
                priority: Priority::P1,
                ..item(
                    140,
                    "2026-11-23T08:40:00",
                    New,
                    "",
                    "Plus de réseau au sous-sol",
                )
            },
            item(
                141,
                "2026-11-23T09:00:00",
                RefusedProvisional,
                "",
                "Ordinateur de mon fils",
            ),
            Item {
                stands_since: at("2026-11-23T16:00:00"),
                ..item(
                    142,
                    "2026-11-20T09:00:00",
                    Contested,
                    "",
                    "Portable acheté sur projet : le devis est joint, le service l'avait validé en mars",
                )
            },
            Item {
                proposed: true,
                outcome: Outcome::Flag,
                ..item(
                    143,
                    "2026-11-23T11:00:00",
                    New,
                    "",
                    "Logiciel de comptabilité",
                )
            },
            Item {
                category: Category::Printing,
                ..item(144, "2026-11-23T11:00:00", New, "", "Imprimante du couloir")
            },
            item(145, "2026-11-24T08:00:00", New, "zoe", ""),
            item(
                146,
                "2026-11-24T08:10:00",
                Open,
                "gone",
                "D'un technicien parti",
            ),
        ],
        held: vec![
            HeldLetter {
                letter: 455,
                at: at("2026-11-23T17:30:00"),
                sender: "x@spam.example".to_owned(),
                subject: "You won\u{202e}".to_owned(),
            },
            HeldLetter {
                letter: 460,
                at: at("2026-11-24T07:00:00"),
                sender: String::new(),
                subject: String::new(),
            },
        ],
    }
}

fn written(letter: &Bulletin, rules: &Rules) -> String {
    let text = bulletin::text(letter, rules.desk(), Timestamp::UNIX_EPOCH).unwrap();
    format!("Subject: {}\n\n{}", text.subject, text.body)
}

#[test]
fn the_mornings_letter_is_as_it_was_looked_at() {
    let (rules, calendar) = (rules(), quarter::calendar());
    let ground = ground(&rules, &calendar, at("2026-11-24T08:30:00"));
    let occurrence = digest::mornings(&agenda(), ground);
    assert_eq!(occurrence.cause.as_str(), "due::digest:2026-11-24");
    let [paul, zoe] = occurrence.bulletins.as_slice() else {
        panic!("{occurrence:?}");
    };
    golden::assert_is("digest-fr.txt", written(paul, &rules).as_bytes());
    golden::assert_is("digest-en.txt", written(zoe, &rules).as_bytes());
}

#[test]
fn a_ticket_stands_in_one_list_and_only_for_those_it_concerns() {
    let (rules, calendar) = (rules(), quarter::calendar());
    let ground = ground(&rules, &calendar, at("2026-11-24T08:30:00"));
    let lists = |handle: &str| {
        let technician = rules.decide.team.by_handle(handle).unwrap();
        let digest = digest::morning(&agenda(), technician, ground);
        let numbers = |lines: &[guichet::notice::Line]| -> Vec<i64> {
            lines.iter().map(|line| line.ticket.0).collect()
        };
        let decisions: Vec<_> = digest
            .decisions
            .shown
            .iter()
            .map(|(l, _)| l.clone())
            .collect();
        (
            numbers(&decisions),
            numbers(&digest.own.shown),
            numbers(&digest.unassigned.shown),
        )
    };
    // Contests, prepared refusals, refusals to check, questions; the printer is not Paul's.
    let decisions = vec![142, 143, 141, 121];
    assert_eq!(
        lists("paul"),
        (decisions.clone(), vec![98, 120], vec![131, 140, 146])
    );
    assert_eq!(
        lists("zoe"),
        (decisions, vec![145], vec![131, 140, 144, 146])
    );
}

#[test]
fn nothing_to_say_is_no_letter_unless_it_is_wanted() {
    let (mut rules, calendar) = (rules(), quarter::calendar());
    let now = at("2026-11-24T08:30:00");
    let nothing = Agenda::default();
    let letters =
        |rules: &Rules| digest::mornings(&nothing, ground(rules, &calendar, now)).bulletins;
    assert!(letters(&rules).is_empty());
    rules.digest.empty = true;
    let told = letters(&rules);
    assert_eq!(told.len(), 2);
    assert!(written(&told[0], &rules).contains("Rien n'attend ce matin."));
}

#[test]
fn a_list_of_hundreds_is_cut_and_counted() {
    let (rules, calendar) = (rules(), quarter::calendar());
    let ground = ground(&rules, &calendar, at("2026-11-24T08:30:00"));
    let many = (1..=300).map(|n| item(n, "2025-11-24T09:00:00", Status::Open, "paul", "Panne"));
    let agenda = Agenda {
        items: many.collect(),
        held: Vec::new(),
    };
    let letters = digest::mornings(&agenda, ground).bulletins;
    let text = written(&letters[0], &rules);
    assert!(text.contains("- et 285 de plus"), "{text}");
    assert!(text.contains("300 demandes à vous"), "{text}");
    assert!(text.len() < 4_000, "{}", text.len());
}

#[test]
fn the_weeks_letter_is_as_it_was_looked_at_and_has_the_sheet() {
    let (mut rules, calendar) = (rules(), quarter::calendar());
    let ledger = quarter::ledger(date(2026, 9, 1));
    let span = Span::week(date(2026, 11, 23));
    for (language, name) in [(Language::Fr, "fr"), (Language::En, "en")] {
        rules.digest.weekly_language = language;
        let ground = ground(&rules, &calendar, at("2026-11-30T08:30:00"));
        let occurrence = digest::weeklies(&ledger, span, ground);
        assert_eq!(occurrence.cause.as_str(), "due::digest_weekly:2026-11-23");
        let [letter] = occurrence.bulletins.as_slice() else {
            panic!("{occurrence:?}");
        };
        let text = written(letter, &rules);
        golden::assert_is(&format!("digest-weekly-{name}.txt"), text.as_bytes());
        let files = enclosed(letter, rules.desk());
        assert_eq!(files.len(), 1);
        golden::assert_is(&format!("digest-weekly-{name}.pdf"), &files[0].bytes);
    }
}

#[test]
fn the_first_week_of_a_service_is_compared_with_nothing() {
    let (rules, calendar) = (rules(), quarter::calendar());
    let ledger = quarter::ledger(date(2026, 11, 16));
    let ground = ground(&rules, &calendar, at("2026-11-30T08:30:00"));
    let letters = digest::weeklies(&ledger, Span::week(date(2026, 11, 23)), ground).bulletins;
    let House::Weekly(weekly) = &letters[0].about else {
        panic!("{letters:?}");
    };
    assert!(weekly.before.is_none());
    let text = written(&letters[0], &rules);
    assert!(!text.contains("habitude"), "{text}");
}

#[test]
fn no_line_of_a_digest_needs_columns_or_is_long() {
    for name in [
        "digest-fr.txt",
        "digest-en.txt",
        "digest-weekly-fr.txt",
        "digest-weekly-en.txt",
    ] {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let text = std::fs::read_to_string(file.join(name)).unwrap();
        let (_, body) = text.split_once("\n\n").unwrap();
        for line in body.lines() {
            let words = line.trim_start_matches(['-', ' ']);
            assert!(
                !words.contains("  ") && !words.contains('\t'),
                "{name}: {line:?}"
            );
            // Sentences flow; what stands in a list fits.
            let listed = line.starts_with("- ") || line.starts_with("  ");
            assert!(!listed || line.chars().count() <= 84, "{name}: {line:?}");
        }
    }
}
