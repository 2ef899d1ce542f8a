//! The verdict over labelled letters, and the laws that need no label.
//!
//! `tests/corpus/policy.jsonl` holds letters written and labelled for this; a folder named by
//! `GUICHET_POLICY_EXAMPLES` may hold more of the same form (`examples.jsonl`).

use std::path::PathBuf;

use guichet::message::Text;
use guichet::policy::labelled::{self, Circumstances, Content, Labelled, Tables, refuses};
use guichet::policy::measure::Report;
use guichet::policy::{Card, Evidence, Letter, Outcome, Verdict, judge};
use guichet::registry::{Registry, Table, Tri};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A labelled letter whose parts the laws below change.
#[derive(Debug, Clone)]
struct Example {
    labelled: Labelled,
    id: String,
    from: String,
    subject: String,
    text: Text,
    now: Timestamp,
}

fn read(lines: &str) -> Vec<Example> {
    let letters = labelled::read(lines).unwrap_or_else(|error| panic!("{error}"));
    let example = |labelled: Labelled| {
        let Content::Plain {
            from,
            subject,
            text,
        } = labelled.content.clone()
        else {
            panic!("{} is in a file of its own", labelled.id);
        };
        Example {
            id: labelled.id.clone(),
            from,
            subject,
            text: *text,
            now: labelled
                .now
                .unwrap_or_else(|| "2026-11-23T10:12:00+01:00".parse().unwrap()),
            labelled,
        }
    };
    letters.into_iter().map(example).collect()
}

impl Example {
    fn facts(&self) -> &Circumstances {
        self.labelled.facts.as_ref().unwrap()
    }

    /// What the tables would say.
    fn tables(&self) -> Tables {
        let today = TimeZone::UTC.to_datetime(self.now).date();
        Tables::of(self.facts(), &self.from, &self.subject, today)
    }
}

fn loaded(tables: &Tables) -> Registry {
    tables.registry(card().registry_settings()).unwrap()
}

fn card() -> &'static Card {
    Card::shipped().unwrap()
}

fn letter<'a>(example: &'a Example, text: &'a Text) -> Letter<'a> {
    example.facts().around(Letter {
        from: Some(&example.from),
        trusted_sender: Tri::True,
        ..Letter::new(&example.subject, text)
    })
}

fn verdict(example: &Example, registry: &Registry) -> Verdict {
    judge(
        card(),
        registry,
        &letter(example, &example.text),
        example.now,
    )
}

/// How these letters are judged.
fn measured(examples: &[Example]) -> Report {
    let mut report = Report::default();
    for example in examples {
        let verdict = verdict(example, &loaded(&example.tables()));
        let label = &example.labelled.label;
        report.add(&example.id, label, &verdict, card().matrix());
    }
    report.finished()
}

fn own_letters() -> Vec<Example> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/policy.jsonl");
    read(&std::fs::read_to_string(file).unwrap())
}

fn given_letters() -> Option<Vec<Example>> {
    let folder = std::env::var_os("GUICHET_POLICY_EXAMPLES")?;
    let file = PathBuf::from(folder).join("examples.jsonl");
    Some(read(&std::fs::read_to_string(file).unwrap()))
}

fn count(report: &Report, field: &str) -> usize {
    let differences = report.differing.iter().flat_map(|l| &l.differences);
    differences.filter(|one| one.field == field).count()
}

#[test]
fn given_examples_are_judged_as_labelled() {
    let Some(examples) = given_letters() else {
        println!("GUICHET_POLICY_EXAMPLES names no folder: the given examples are not judged");
        return;
    };
    let report = measured(&examples);
    println!("{:#?}", report.differing);
    assert_eq!(report.false_refusals.count, 0);
    assert_eq!(count(&report, "outcome") + count(&report, "clause"), 0);
    assert!(count(&report, "category") <= 3);
    assert!(count(&report, "criticality") + count(&report, "mutualisation") <= 4);
}

#[test]
fn own_letters_are_judged_as_labelled() {
    let report = measured(&own_letters());
    assert!(report.differing.is_empty(), "{:#?}", report.differing);
    assert!(report.letters > 200 && report.false_refusals.of > 100);
}

/// Own and given letters.
fn all_letters() -> Vec<Example> {
    let mut letters = own_letters();
    letters.extend(given_letters().unwrap_or_default());
    letters
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
fn quoted_text_and_signature_change_nothing() {
    for mut example in all_letters() {
        let registry = loaded(&example.tables());
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
        let registry = loaded(&example.tables());
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
        let registry = loaded(&example.tables());
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
        let registry = loaded(&example.tables());
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
        let tables = example.tables();
        let verdict = verdict(&example, &loaded(&tables));
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
        let tables = example.tables();
        let first = verdict(&example, &loaded(&tables));
        let second = verdict(&example, &loaded(&tables));
        assert_eq!(first.trace.hash(), second.trace.hash());
        let json = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), first);
    }
}

#[test]
fn denying_or_supposing_what_was_said_takes_the_refusal_away() {
    let mut refused = 0;
    for example in all_letters() {
        let registry = loaded(&example.tables());
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
        let registry = loaded(&Tables::default());
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
        let known = judge(card(), &loaded(&tables), &full, now);
        if known.outcome == Outcome::Reject {
            proptest::prop_assert!(known.reserve);
            proptest::prop_assert!(known.evidence.len() >= 2);
        }
        let unknown = judge(card(), &loaded(&Tables::default()), &full, now);
        proptest::prop_assert!(unknown.outcome != Outcome::Reject);
    }
}
