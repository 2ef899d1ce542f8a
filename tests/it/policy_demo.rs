//! The example tables, and what a card's modes and caps do with a verdict.

use std::collections::BTreeMap;
use std::path::PathBuf;

use guichet::message::Text;
use guichet::policy::{Card, Language, Letter, Outcome, Verdict, evidence, judge};
use guichet::registry::{Registry, Source, Table};
use jiff::Timestamp;
use jiff::civil::Date;

const TABLES: [(Table, &str); 6] = [
    (Table::People, "people.csv"),
    (Table::Assets, "assets.csv"),
    (Table::Visitors, "visitors.csv"),
    (Table::Software, "software.csv"),
    (Table::Lifecycle, "lifecycle.csv"),
    (Table::SharedSystems, "shared_systems.csv"),
];

/// The example tables as exported on a day.
fn tables(exported_on: Date) -> Registry {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/tables");
    let files: Vec<(Table, &str, Vec<u8>)> = TABLES
        .iter()
        .map(|(table, file)| (*table, *file, std::fs::read(folder.join(file)).unwrap()))
        .collect();
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|(table, file, bytes)| Source {
            table: *table,
            file,
            bytes,
            exported_on: Some(exported_on),
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
        })
        .collect();
    Registry::load(&sources, Card::shipped().unwrap().registry_settings()).unwrap()
}

fn verdict(card: &Card, from: &str, subject: &str, body: &str, day: Date) -> Verdict {
    let text = Text {
        new: body.to_owned(),
        ..Text::default()
    };
    let letter = Letter {
        from: Some(from),
        ..Letter::new(subject, &text)
    };
    let now: Timestamp = format!("{day}T09:00:00Z").parse().unwrap();
    judge(card, &tables(day), &letter, now)
}

#[test]
fn the_example_tables_serve_every_case_of_the_demonstration_at_any_time() {
    let card = Card::shipped().unwrap();
    for day in [Date::constant(2026, 11, 23), Date::constant(2028, 6, 1)] {
        for (from, subject, body, outcome, clause) in [
            (
                "ines.benali@univ.example",
                "PC",
                "Mon poste 2024-00417 ne démarre plus",
                Outcome::Accept,
                None,
            ),
            (
                "remi.castel@univ.example",
                "Portable",
                "Le portable 2026-00233 ne s'allume plus",
                Outcome::Reject,
                Some("E1"),
            ),
            (
                "gerard.olmeta@univ.example",
                "Lent",
                "Mon poste 2013-00088 est très lent",
                Outcome::Reject,
                Some("E5"),
            ),
            (
                "jean.tosi@univ.example",
                "Microscope",
                "Le PC 2008-00012 sous XP plante",
                Outcome::Accept,
                None,
            ),
            (
                "remi.castel@univ.example",
                "Don",
                "Le PC 2025-00910 ne s'allume plus",
                Outcome::Accept,
                None,
            ),
            (
                "k.sato@visitor.example",
                "My laptop",
                "My laptop shows a blue screen",
                Outcome::Reject,
                Some("E3"),
            ),
            (
                "luc.perrin@univ.example",
                "PC perso",
                "Mon ordinateur personnel rame, c'est pour un usage familial",
                Outcome::Reject,
                Some("E2"),
            ),
            (
                "luc.perrin@univ.example",
                "Teams",
                "Teams plante sur mon PC personnel",
                Outcome::Ask,
                Some("E2"),
            ),
            (
                "stranger@elsewhere.example",
                "PC",
                "Le portable 2026-00233 ne s'allume plus",
                Outcome::Flag,
                Some("E1"),
            ),
            (
                "mei.tanaka@univ.example",
                "Copier",
                "The 3rd floor copier does not print",
                Outcome::Accept,
                None,
            ),
        ] {
            let verdict = verdict(card, from, subject, body, day);
            let got = verdict.clause.as_ref().map(|clause| clause.as_str());
            assert_eq!((verdict.outcome, got), (outcome, clause), "{body} on {day}");
        }
    }
}

#[test]
fn a_refusal_says_why_in_words_anybody_can_check() {
    let card = Card::shipped().unwrap();
    let day = Date::constant(2026, 11, 23);
    let hard = verdict(
        card,
        "remi.castel@univ.example",
        "Portable",
        "Le portable 2026-00233 ne s'allume plus",
        day,
    );
    assert!(!hard.reserve);
    assert_eq!(
        evidence::sentences(&hard.evidence, Language::Fr),
        ["inventaire 2026-00233 (ligne 3, table du 2026-11-23) : acheté par l'unité, hors marché",]
    );
    let old = verdict(
        card,
        "gerard.olmeta@univ.example",
        "PC",
        "My PC 2013-00088 is very slow",
        day,
    );
    assert_eq!(
        evidence::sentences(&old.evidence, Language::En),
        [
            "inventory 2013-00088 (line 4, table of 2026-11-23): windows 7, support ended on \
             2020-01-14 (calendar, line 3, table of 2026-11-23)",
        ]
    );
    let said = verdict(
        card,
        "luc.perrin@univ.example",
        "PC perso",
        "Mon ordinateur personnel rame, c'est pour un usage familial",
        day,
    );
    assert!(said.reserve);
    assert_eq!(
        evidence::sentences(&said.evidence, Language::Fr),
        [
            "vous écrivez : « PC perso »",
            "vous écrivez : « pour un usage familial »",
        ]
    );
    let guest = verdict(
        card,
        "k.sato@visitor.example",
        "My laptop",
        "My laptop shows a blue screen",
        day,
    );
    assert_eq!(guest.person_name.as_deref(), Some("Kenji Sato"));
    assert!(
        evidence::sentences(&guest.evidence, Language::En).contains(
            &"list of visitors (line 2, table of 2026-11-23): stay from 2026-09-01 to 2030-12-31"
                .to_owned()
        )
    );
}

#[test]
fn a_clause_in_shadow_only_records_and_one_that_proposes_waits() {
    let day = Date::constant(2026, 11, 23);
    let with_mode = |mode: &str| {
        let text = Card::shipped_text().replace("mode = \"auto\"", &format!("mode = \"{mode}\""));
        Card::parse(&text, "card.toml").unwrap()
    };
    let of = |card: &Card| {
        verdict(
            card,
            "remi.castel@univ.example",
            "Portable",
            "Le portable 2026-00233 ne s'allume plus",
            day,
        )
    };
    let shadow = of(&with_mode("shadow"));
    assert_eq!((shadow.outcome, shadow.clause), (Outcome::Accept, None));
    let recorded: Vec<(String, Outcome)> = shadow
        .trace
        .shadow
        .iter()
        .map(|(clause, outcome)| (clause.to_string(), *outcome))
        .collect();
    assert_eq!(recorded, [("E1".to_owned(), Outcome::Reject)]);
    let proposed = of(&with_mode("propose"));
    assert_eq!((proposed.outcome, proposed.proposed), (Outcome::Flag, true));
    assert_eq!(proposed.clause.unwrap().as_str(), "E1");
    assert!(!proposed.evidence.is_empty());
    let auto = of(Card::shipped().unwrap());
    assert_eq!((auto.outcome, auto.proposed), (Outcome::Reject, false));
}

#[test]
fn stopped_work_is_never_held_for_a_question() {
    let card = Card::shipped().unwrap();
    let day = Date::constant(2026, 11, 23);
    let calm = verdict(
        card,
        "luc.perrin@univ.example",
        "Teams",
        "Teams plante sur mon PC personnel",
        day,
    );
    assert_eq!(calm.outcome, Outcome::Ask);
    assert_eq!(calm.question, calm.clause);
    let stopped = verdict(
        card,
        "luc.perrin@univ.example",
        "Teams",
        "Teams plante sur mon PC personnel, la soutenance commence dans 1 heure",
        day,
    );
    assert_eq!((stopped.outcome, stopped.question), (Outcome::Flag, None));
    assert_eq!(stopped.criticality, 4);
}

#[test]
fn the_language_is_that_of_the_letter_then_that_of_the_person() {
    let card = Card::shipped().unwrap();
    let day = Date::constant(2026, 11, 23);
    let language = |from: &str, body: &str| verdict(card, from, "", body, day).language;
    assert_eq!(
        language(
            "mei.tanaka@univ.example",
            "Bonjour, je n'arrive pas à imprimer"
        ),
        Language::Fr
    );
    assert_eq!(
        language(
            "luc.perrin@univ.example",
            "Hello, I cannot print since this morning"
        ),
        Language::En
    );
    assert_eq!(
        language("mei.tanaka@univ.example", "Matlab crash"),
        Language::En
    );
    assert_eq!(
        language("stranger@elsewhere.example", "Matlab crash"),
        Language::Unsure
    );
}

#[test]
fn a_letter_of_a_megabyte_is_judged_in_time_and_never_refused() {
    let card = Card::shipped().unwrap();
    let day = Date::constant(2026, 11, 23);
    for sentence in [
        "mon ordinateur personnel rame, pour un usage familial. ",
        "pas mon pc perso si ",
        "2026-00233 2024-00417 2025-00012 ",
        "« \"",
        "mais ",
    ] {
        let body = sentence.repeat(1_000_000 / sentence.len());
        let start = std::time::Instant::now();
        let verdict = verdict(card, "luc.perrin@univ.example", "PC", &body, day);
        assert_ne!(verdict.outcome, Outcome::Reject, "{sentence}");
        // A build without optimisation on a busy machine; optimised it is far below a second.
        assert!(
            start.elapsed().as_secs() < 20,
            "{sentence}: {:?}",
            start.elapsed()
        );
        println!("{sentence}: {:?}", start.elapsed());
    }
}

#[test]
fn a_card_of_thousands_of_patterns_stays_quick() {
    use std::fmt::Write as _;
    let mut text = Card::shipped_text().to_owned();
    let mut more = String::from("\n[[signal]]\nid = \"many\"\nany = [\n");
    for number in 0..3000 {
        writeln!(more, "  \"(mon|ma) *2 zz{number}word (autre|encore)\",").unwrap();
    }
    more.push_str("]\n");
    let at = text.find("\n[[signal]]").unwrap();
    text.insert_str(at, &more);
    let card = Card::parse(&text, "large.toml").unwrap();
    let day = Date::constant(2026, 11, 23);
    let registry = tables(day);
    let letter = Text {
        new: "Bonjour, mon poste est lent et le réseau est coupé depuis hier. ".repeat(200),
        ..Text::default()
    };
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    let time = |card: &Card| {
        let letter = Letter::new("réseau", &letter);
        let _ = judge(card, &registry, &letter, now);
        let start = std::time::Instant::now();
        let _ = judge(card, &registry, &letter, now);
        start.elapsed()
    };
    let (small, large) = (time(Card::shipped().unwrap()), time(&card));
    println!("12 KB letter: shipped card {small:?}, with 3000 patterns more {large:?}");
    assert!(large < small * 4 + std::time::Duration::from_millis(50));
}
