//! The verdict over labelled letters, and the laws that need no label.
//!
//! `tests/letters/policy.jsonl` holds letters written and labelled for this; a folder named by
//! `GUICHET_POLICY_EXAMPLES` may hold more of the same form (`examples.jsonl`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use guichet::message::Text;
use guichet::policy::{Card, Evidence, Letter, Outcome, Verdict, judge};
use guichet::registry::{Registry, Source, Table, Tri};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

/// One labelled letter.
#[derive(Debug, Clone)]
struct Example {
    id: String,
    from: String,
    subject: String,
    text: Text,
    facts: Value,
    expected: Value,
    now: Timestamp,
}

fn read(lines: &str) -> Vec<Example> {
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect(line);
            let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let now = value["facts"]["now"].as_str();
            Example {
                id: field("id"),
                from: field("from"),
                subject: field("subject"),
                text: zones(&field("body")),
                facts: value["facts"].clone(),
                expected: value["expected"].clone(),
                now: now.unwrap_or("2026-11-23T10:12:00+01:00").parse().unwrap(),
            }
        })
        .collect()
}

/// What the reader of letters does, for the plain bodies of these examples: quoted lines with the
/// line that introduces them, and a signature after a farewell, are cut off.
fn zones(body: &str) -> Text {
    let mut text = Text::default();
    let mut signed = false;
    for line in body.lines() {
        let bare = line.trim();
        if bare.starts_with('>') || bare.ends_with("a écrit :") || bare.ends_with("wrote:") {
            text.quoted.push_str(line);
            text.quoted.push('\n');
            continue;
        }
        let farewell = [
            "cordialement",
            "cordialement,",
            "best regards",
            "bien à vous",
            "--",
        ];
        signed |= farewell.contains(&bare.to_lowercase().as_str());
        let zone = if signed {
            &mut text.signature
        } else {
            &mut text.new
        };
        zone.push_str(line);
        zone.push('\n');
    }
    text
}

/// The tables of one letter, as rows: what its `facts` say, written as the tables would.
#[derive(Debug, Clone, Default)]
struct Tables {
    rows: BTreeMap<Table, Vec<BTreeMap<&'static str, String>>>,
    exported: Option<Date>,
}

impl Tables {
    fn add(&mut self, table: Table, cells: &[(&'static str, &str)]) {
        let row = cells.iter().map(|(c, v)| (*c, (*v).to_owned())).collect();
        self.rows.entry(table).or_default().push(row);
    }

    fn of(example: &Example) -> Self {
        let today = TimeZone::UTC.to_datetime(example.now).date();
        let mut tables = Self {
            exported: Some(today),
            ..Self::default()
        };
        let facts = &example.facts;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // Every table is there, and holds somebody and something else.
        tables.add(
            Table::People,
            &[
                ("email", "somebody@univ.example"),
                ("status", "permanent"),
                ("name", "Somebody Else"),
            ],
        );
        tables.add(
            Table::Visitors,
            &[
                ("email", "guest@visitor.example"),
                ("from", "2026-01-01"),
                ("until", "2027-12-31"),
            ],
        );
        tables.add(
            Table::Assets,
            &[
                ("tag", "1999-99999"),
                ("purchase", "it"),
                ("market", "matinfo"),
            ],
        );
        tables.add(
            Table::SharedSystems,
            &[("name", "nothing-like-it"), ("people", "3")],
        );
        tables.add(
            Table::Software,
            &[("name", "Nothinglikeit"), ("status", "forbidden")],
        );
        tables.lifecycle();
        if facts["sender"]["known"] == Value::Bool(true) {
            let status = text(&facts["sender"]["status"]);
            tables.add(
                Table::People,
                &[
                    ("email", &example.from),
                    ("status", &status),
                    ("name", "The Sender"),
                ],
            );
        }
        if facts["visitor"]["listed"] == Value::Bool(true) {
            let until = text(&facts["visitor"]["end"]);
            tables.add(
                Table::Visitors,
                &[
                    ("email", &example.from),
                    ("from", "2026-10-01"),
                    ("until", &until),
                ],
            );
        }
        let asset = &facts["asset"];
        if asset["match"] == "inventory" {
            tables.asset(asset);
        }
        if let Some(people) = facts["shared_system"]["mutualisation"].as_u64() {
            let people = [1, 2, 20, 100][usize::try_from(people).unwrap() - 1].to_string();
            tables.add(
                Table::SharedSystems,
                &[
                    ("name", &text(&facts["shared_system"]["id"])),
                    (
                        "aliases",
                        "copieur du 3e étage;copieur du couloir du 3e étage",
                    ),
                    ("people", &people),
                ],
            );
        }
        if let (Some(name), Some(status)) = (
            facts["software"]["name"].as_str(),
            facts["software"]["status"].as_str(),
        ) {
            tables.add(Table::Software, &[("name", name), ("status", status)]);
        }
        tables
    }

    fn asset(&mut self, asset: &Value) {
        let cell = |name: &str| asset[name].as_str().unwrap_or_default().to_owned();
        let seen = if asset["fresh"] == Value::Bool(true) {
            "2026-11-18"
        } else {
            "2026-08-01"
        };
        let (os, release, edition, extended) = match asset["os_support"].as_str() {
            Some("ended") => ("windows", "7 sp1", "Pro", "no"),
            Some("extended") => ("windows", "10 22H2", "Pro", "yes"),
            Some("ended_grace") => ("windows", "11 24H2", "Pro", "no"),
            Some("exempt") => ("windows", "xp sp3", "Pro", "no"),
            _ => ("windows", "11 25H2", "Pro", "no"),
        };
        let exemption = if asset["os_support"] == "exempt" {
            cell("tag")
        } else {
            String::new()
        };
        self.add(
            Table::Assets,
            &[
                ("tag", &cell("id")),
                ("purchase", &cell("purchase")),
                ("market", &cell("market")),
                ("os", os),
                ("os_release", release),
                ("os_edition", edition),
                ("extended_support", extended),
                ("exemption", &exemption),
                ("last_seen", seen),
            ],
        );
    }

    fn lifecycle(&mut self) {
        for (release, edition, end, extended) in [
            ("xp", "", "2014-04-08", "none"),
            ("7", "", "2020-01-14", "2023-01-10"),
            ("10 22H2", "", "2025-10-14", "2028-10-10"),
            ("11 24H2", "Home;Pro", "2026-10-13", "none"),
            ("11 25H2", "Home;Pro", "2027-10-12", "none"),
        ] {
            self.add(
                Table::Lifecycle,
                &[
                    ("product", "windows"),
                    ("release", release),
                    ("edition", edition),
                    ("end_of_support", end),
                    ("extended_until", extended),
                ],
            );
        }
    }

    fn registry(&self) -> Registry {
        let files: Vec<(Table, String)> = self
            .rows
            .iter()
            .map(|(table, rows)| {
                let columns = table.columns();
                let mut csv = columns.join(",");
                for row in rows {
                    csv.push('\n');
                    let cells: Vec<String> = columns
                        .iter()
                        .map(|c| format!("\"{}\"", row.get(c).map_or("", String::as_str)))
                        .collect();
                    csv.push_str(&cells.join(","));
                }
                (*table, csv)
            })
            .collect();
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|(table, csv)| Source {
                table: *table,
                file: table.as_str(),
                bytes: csv.as_bytes(),
                exported_on: self.exported,
                columns: BTreeMap::new(),
                values: BTreeMap::new(),
            })
            .collect();
        Registry::load(&sources, card().registry_settings()).unwrap()
    }
}

fn card() -> &'static Card {
    Card::shipped().unwrap()
}

fn letter<'a>(example: &'a Example, text: &'a Text) -> Letter<'a> {
    let flag = |path: &[&str]| {
        path.iter().fold(&example.facts, |value, key| &value[*key]) == &Value::Bool(true)
    };
    Letter {
        from: Some(&example.from),
        forwarded: flag(&["mail", "forwarded"]),
        reply_to_ticket: !example.facts["mail"]["reply_to_ticket"].is_null(),
        technician: example.facts["sender"]["role"] == "technicien",
        trusted_sender: if example.facts["sender"]["trusted"] == Value::Bool(false) {
            Tri::False
        } else {
            Tri::True
        },
        ..Letter::new(&example.subject, text)
    }
}

fn verdict(example: &Example, registry: &Registry) -> Verdict {
    judge(
        card(),
        registry,
        &letter(example, &example.text),
        example.now,
    )
}

/// What differs from the label: one line per field.
fn misses(example: &Example) -> Vec<String> {
    let verdict = verdict(example, &Tables::of(example).registry());
    let got = serde_json::to_value(&verdict).unwrap();
    // A letter that is only there to be not refused: "NR" stands for any softer outcome.
    if example.expected["outcome"] == "NR" {
        let wrong = refuses(&verdict).then(|| format!("{} outcome: refused", example.id));
        return wrong.into_iter().collect();
    }
    [
        "outcome",
        "clause",
        "category",
        "criticality",
        "mutualisation",
    ]
    .into_iter()
    .filter(|field| {
        let label = &example.expected[*field];
        let silent = label.is_null() && *field != "clause";
        let unjudged = example.expected["outcome"].is_null() && *field == "clause";
        !silent && !unjudged && *label != got[*field]
    })
    .map(|field| {
        format!(
            "{} {field}: {} should be {}",
            example.id, got[field], example.expected[field]
        )
    })
    .collect()
}

fn own_letters() -> Vec<Example> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/letters/policy.jsonl");
    read(&std::fs::read_to_string(file).unwrap())
}

fn given_letters() -> Option<Vec<Example>> {
    let folder = std::env::var_os("GUICHET_POLICY_EXAMPLES")?;
    let file = PathBuf::from(folder).join("examples.jsonl");
    Some(read(&std::fs::read_to_string(file).unwrap()))
}

fn count(misses: &[String], field: &str) -> usize {
    misses
        .iter()
        .filter(|miss| miss.contains(&format!(" {field}: ")))
        .count()
}

#[test]
fn given_examples_are_judged_as_labelled() {
    let Some(examples) = given_letters() else {
        println!("GUICHET_POLICY_EXAMPLES names no folder: the given examples are not judged");
        return;
    };
    let misses: Vec<String> = examples.iter().flat_map(misses).collect();
    println!("{}", misses.join("\n"));
    assert_eq!(count(&misses, "outcome") + count(&misses, "clause"), 0);
    assert!(count(&misses, "category") <= 3);
    assert!(count(&misses, "criticality") + count(&misses, "mutualisation") <= 4);
}

#[test]
fn own_letters_are_judged_as_labelled() {
    let misses: Vec<String> = own_letters().iter().flat_map(misses).collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// Own and given letters.
fn all_letters() -> Vec<Example> {
    let mut letters = own_letters();
    letters.extend(given_letters().unwrap_or_default());
    letters
}

fn refuses(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Reject || verdict.proposed
}

/// Asserts that a changed letter, or changed tables, make no refusal that was not there.
fn no_new_refusal(before: &Verdict, after: &Verdict, what: &str) {
    assert!(
        refuses(before) || !refuses(after),
        "{what}: a new refusal under {:?} on {:?}",
        after.clause,
        after.evidence
    );
}

/// The verdict without what only records the spelling of the letter.
fn essence(verdict: &Verdict) -> (Outcome, Option<String>, String, u8, u8) {
    (
        verdict.outcome,
        verdict.clause.as_ref().map(ToString::to_string),
        verdict.category.to_string(),
        verdict.criticality,
        verdict.mutualisation,
    )
}

#[test]
fn taking_away_a_table_a_line_or_a_cell_refuses_nothing_new() {
    for example in all_letters() {
        let tables = Tables::of(&example);
        let before = verdict(&example, &tables.registry());
        let check = |changed: &Tables, what: &str| {
            let after = verdict(&example, &changed.registry());
            no_new_refusal(&before, &after, &format!("{} without {what}", example.id));
        };
        check(
            &Tables {
                exported: None,
                ..tables.clone()
            },
            "the age of the tables",
        );
        check(
            &Tables {
                exported: Some(Date::constant(2026, 9, 1)),
                ..tables.clone()
            },
            "fresh tables",
        );
        check(&Tables::default(), "any table");
        for (table, rows) in &tables.rows {
            let mut changed = tables.clone();
            changed.rows.remove(table);
            check(&changed, table.as_str());
            // Only a machine has a life cycle: without one its lines are not read.
            if *table == Table::Lifecycle && example.facts["asset"]["match"] != "inventory" {
                continue;
            }
            for (line, row) in rows.iter().enumerate() {
                // The first line of each table is about nobody; the life cycle has no such line.
                if line == 0 && *table != Table::Lifecycle {
                    continue;
                }
                let mut changed = tables.clone();
                changed.rows.get_mut(table).unwrap().remove(line);
                check(&changed, &format!("line {line} of {}", table.as_str()));
                for column in row.keys() {
                    // The key of a line is the line; an empty exemption is a statement.
                    if ["email", "name", "product", "exemption"].contains(column) {
                        continue;
                    }
                    let mut changed = tables.clone();
                    changed.rows.get_mut(table).unwrap()[line].remove(column);
                    check(
                        &changed,
                        &format!("{column} in line {line} of {}", table.as_str()),
                    );
                }
            }
        }
    }
}

#[test]
fn quoted_text_and_signature_change_nothing() {
    for mut example in all_letters() {
        let registry = Tables::of(&example).registry();
        let before = verdict(&example, &registry);
        example
            .text
            .quoted
            .push_str("mon ordinateur personnel, usage familial, photos de vacances, 2012-00003");
        example
            .text
            .signature
            .push_str("Service du personnel - formation personnelle - chercheur invité - URGENT");
        let after = verdict(&example, &registry);
        assert_eq!(before, after, "{}", example.id);
    }
}

#[test]
fn a_safety_cue_or_another_hand_leaves_no_refusal() {
    for example in all_letters() {
        let registry = Tables::of(&example).registry();
        for cue in [
            "J'ai cliqué sur un lien frauduleux.",
            "My account was hacked.",
            "On m'a volé mon ordinateur portable.",
            "C'est un aménagement de poste (RQTH).",
            "C'est peut-être un virus.",
        ] {
            let mut text = example.text.clone();
            text.new.push_str("\n\n");
            text.new.push_str(cue);
            let after = judge(card(), &registry, &letter(&example, &text), example.now);
            assert!(!refuses(&after), "{} with « {cue} »", example.id);
        }
        let plain = letter(&example, &example.text);
        let forwarding = format!("TR: {}", example.subject);
        let passed_on = Text {
            forwarded: example.text.new.clone(),
            ..Text::default()
        };
        for (changed, what) in [
            (
                Letter {
                    forwarded: true,
                    ..plain
                },
                "forwarded",
            ),
            (
                Letter {
                    subject: &forwarding,
                    ..plain
                },
                "TR:",
            ),
            (
                Letter {
                    text: &passed_on,
                    ..plain
                },
                "only forwarded text",
            ),
            (
                Letter {
                    reply_to_ticket: true,
                    ..plain
                },
                "a reply",
            ),
            (
                Letter {
                    technician: true,
                    ..plain
                },
                "a technician's",
            ),
            (
                Letter {
                    oncall_active: true,
                    ..plain
                },
                "on call",
            ),
            (
                Letter {
                    trusted_sender: Tri::False,
                    ..plain
                },
                "not authentic",
            ),
            (
                Letter {
                    from: None,
                    ..plain
                },
                "by nobody",
            ),
            (
                Letter {
                    from: Some("stranger@elsewhere.example"),
                    ..plain
                },
                "by a stranger",
            ),
        ] {
            let after = judge(card(), &registry, &changed, example.now);
            assert!(!refuses(&after), "{} {what}", example.id);
        }
    }
}

#[test]
fn case_accents_and_line_breaks_change_nothing_that_matters() {
    use unicode_normalization::UnicodeNormalization;
    let plain = |text: &str| -> String {
        let marks = unicode_normalization::char::is_combining_mark;
        text.nfd().filter(|c| !marks(*c)).collect()
    };
    let wrap = |text: &str| -> String {
        let mut wrapped = String::new();
        for paragraph in text.split("\n\n") {
            let mut width = 0;
            for word in paragraph.split_whitespace() {
                width += word.chars().count() + 1;
                wrapped.push(if width > 40 { '\n' } else { ' ' });
                width = if width > 40 {
                    word.chars().count()
                } else {
                    width
                };
                wrapped.push_str(word);
            }
            wrapped.push_str("\n\n");
        }
        wrapped
    };
    for example in all_letters() {
        let registry = Tables::of(&example).registry();
        let before = verdict(&example, &registry);
        let mut changed = example.clone();
        changed.subject = example.subject.to_uppercase();
        changed.text.new = example.text.new.to_uppercase();
        let upper = verdict(&changed, &registry);
        assert_eq!(
            essence(&before),
            essence(&upper),
            "{} in capitals",
            example.id
        );
        changed.subject = plain(&example.subject);
        changed.text.new = plain(&example.text.new);
        let bare = verdict(&changed, &registry);
        assert_eq!(
            essence(&before),
            essence(&bare),
            "{} without accents",
            example.id
        );
        changed.subject.clone_from(&example.subject);
        changed.text.new = wrap(&example.text.new);
        let wrapped = verdict(&changed, &registry);
        no_new_refusal(&before, &wrapped, &format!("{} wrapped", example.id));
        changed.text.new = example.text.new.replace('\n', "\r\n");
        assert_eq!(
            essence(&before),
            essence(&verdict(&changed, &registry)),
            "{} with CRLF",
            example.id
        );
    }
}

/// The shipped card with its `[[name]]` tables in reverse order.
fn reversed(text: &str, name: &str) -> String {
    let marker = format!("\n[[{name}]]\n");
    let start = text.find(&marker).unwrap();
    let after = text.rfind(&marker).unwrap();
    let end = text[after + marker.len()..]
        .find("\n# ----")
        .map_or(text.len(), |at| after + marker.len() + at);
    let mut parts: Vec<&str> = text[start..end].split(marker.as_str()).skip(1).collect();
    parts.reverse();
    let middle: String = parts.iter().map(|part| format!("{marker}{part}")).collect();
    format!("{}{middle}{}", &text[..start], &text[end..])
}

#[test]
fn the_order_of_rules_never_matters() {
    let mut text = Card::shipped_text().to_owned();
    for name in ["clause", "signal", "safety", "level"] {
        text = reversed(&text, name);
    }
    assert_ne!(text, Card::shipped_text());
    let other = Card::parse(&text, "reversed.toml").unwrap();
    for example in all_letters() {
        let registry = Tables::of(&example).registry();
        let before = verdict(&example, &registry);
        let after = judge(
            &other,
            &registry,
            &letter(&example, &example.text),
            example.now,
        );
        assert_eq!(essence(&before), essence(&after), "{}", example.id);
    }
}

#[test]
fn every_cited_word_is_in_the_letter_and_every_cited_line_in_the_table() {
    let mut facts = 0;
    for example in all_letters() {
        let tables = Tables::of(&example);
        let verdict = verdict(&example, &tables.registry());
        if verdict.outcome == Outcome::Reject {
            assert!(!verdict.evidence.is_empty(), "{}", example.id);
        }
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = [words(&example.subject), words(&example.text.new)];
        for evidence in &verdict.evidence {
            match evidence {
                Evidence::Signal { quote, .. } => {
                    assert!(
                        said.iter().any(|text| text.contains(quote.as_str())),
                        "{}: {quote}",
                        example.id
                    );
                }
                Evidence::Fact {
                    table, line, cells, ..
                } => {
                    facts += 1;
                    let rows = &tables.rows[table];
                    let row = &rows[usize::try_from(*line).unwrap() - 2];
                    for (column, cell) in cells
                        .iter()
                        .filter(|(c, _)| table.columns().contains(&c.as_str()))
                    {
                        assert_eq!(&row[column.as_str()], cell, "{}", example.id);
                    }
                }
            }
        }
    }
    assert!(facts > 5, "too few facts cited to prove anything: {facts}");
}

#[test]
fn the_same_letter_leaves_the_same_trace() {
    for example in all_letters() {
        let tables = Tables::of(&example);
        let first = verdict(&example, &tables.registry());
        let second = verdict(&example, &tables.registry());
        assert_eq!(first.trace.hash(), second.trace.hash());
        let json = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), first);
    }
}

#[test]
fn denying_or_supposing_what_was_said_takes_the_refusal_away() {
    let mut refused = 0;
    for example in all_letters() {
        let registry = Tables::of(&example).registry();
        let before = verdict(&example, &registry);
        let quotes = before
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Signal { quote, .. } => Some(quote.clone()),
                Evidence::Fact { .. } => None,
            });
        if before.outcome != Outcome::Reject {
            continue;
        }
        for quote in quotes {
            refused += 1;
            for prefix in [
                "ce n'est pas ",
                "si c'était ",
                "not ",
                "if it was ",
                "sans ",
                "est-ce que ",
            ] {
                let with = format!("{prefix}{quote}");
                let mut changed = example.clone();
                changed.subject = example.subject.replace(&quote, &with);
                changed.text.new = example.text.new.replace(&quote, &with);
                let after = verdict(&changed, &registry);
                assert_ne!(after.outcome, Outcome::Reject, "{}: {with}", example.id);
            }
        }
    }
    assert!(
        refused >= 8,
        "too few refusals on words to prove anything: {refused}"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    /// Any text is judged, and what is quoted of it stands in it.
    #[test]
    fn any_text_can_be_judged(subject in "\\PC{0,60}", body in "(?s).{0,400}") {
        let text = Text { new: body.clone(), ..Text::default() };
        let registry = Tables::default().registry();
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let verdict = judge(card(), &registry, &Letter::new(&subject, &text), now);
        proptest::prop_assert!(verdict.outcome != Outcome::Reject);
    }

    /// Sentences of real letters in any mixture refuse nothing that no table line or no two plain
    /// statements are behind.
    #[test]
    fn mixtures_refuse_nothing_new_without_tables(picks in proptest::collection::vec(0usize..10_000, 1..8)) {
        let letters = own_letters();
        let sentences: Vec<&str> = letters
            .iter()
            .flat_map(|example| example.text.new.split_inclusive(['.', '?', '!', '\n']))
            .filter(|sentence| !sentence.trim().is_empty())
            .collect();
        let body: String = picks.iter().map(|pick| sentences[pick % sentences.len()]).collect();
        let text = Text { new: body, ..Text::default() };
        let mut tables = Tables {
            exported: Some(Date::constant(2026, 11, 20)),
            ..Tables::default()
        };
        tables.add(Table::People, &[("email", "a@univ.example"), ("status", "permanent")]);
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let full = Letter { from: Some("a@univ.example"), ..Letter::new("", &text) };
        let known = judge(card(), &tables.registry(), &full, now);
        if known.outcome == Outcome::Reject {
            proptest::prop_assert!(known.reserve);
            proptest::prop_assert!(known.evidence.len() >= 2);
        }
        let unknown = judge(card(), &Tables::default().registry(), &full, now);
        proptest::prop_assert!(unknown.outcome != Outcome::Reject);
    }
}
