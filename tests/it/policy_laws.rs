//! The laws that need no label, over every letter of the repository (see [`crate::policy_letters`]).
//!
//! Whatever is taken away, aged, quoted, signed, forwarded or written another way, no letter is
//! refused that was not refused before. `GUICHET_LONG=1` changes every line of every table for
//! every letter; by default each letter gets the lines it stands on and a share of the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet::message::Text;
use guichet::policy::labelled::refuses;
use guichet::policy::normalise::Zone;
use guichet::policy::{Card, Outcome, Verdict, judge};
use guichet::registry::Registry;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::policy_letters::{Case, Sheet, all, card, load};

fn is_long() -> bool {
    std::env::var_os("GUICHET_LONG").is_some()
}

fn no_new_refusal(case: &Case, before: &Verdict, after: &Verdict, what: &str) {
    assert!(
        refuses(before) || !refuses(after),
        "{} {} {what}: a new refusal under {:?} on {:?}",
        case.set,
        case.id,
        after.clause,
        after.evidence
    );
}

/// The verdict without what only records the spelling.
fn essence(verdict: &Verdict) -> (Outcome, Option<String>, String, u8, u8) {
    (
        verdict.outcome,
        verdict.clause.as_ref().map(ToString::to_string),
        verdict.category.to_string(),
        verdict.criticality,
        verdict.mutualisation,
    )
}

fn with_text(case: &Case, change: impl Fn(&str) -> String) -> Case {
    let mut changed = case.clone();
    changed.text.new = change(&case.text.new);
    changed.text.forwarded = change(&case.text.forwarded);
    changed
}

/// The tables of each set, with something taken away: a name for it, and what is left.
fn changed_tables(sheets: &[Sheet]) -> Vec<(String, Vec<Sheet>)> {
    let mut all = vec![("any table".to_owned(), Vec::new())];
    for (at, sheet) in sheets.iter().enumerate() {
        let name = sheet.table.as_str();
        let without = |what: &str, changed: Option<Sheet>| {
            let mut rest = sheets.to_vec();
            match changed {
                Some(changed) => rest[at] = changed,
                None => drop(rest.remove(at)),
            }
            (format!("{what} {name}"), rest)
        };
        let aged = |exported_on| Sheet {
            exported_on,
            ..sheet.clone()
        };
        let kept = |which: usize| Sheet {
            lines: sheet.lines.iter().skip(which).step_by(2).cloned().collect(),
            ..sheet.clone()
        };
        all.push(without("without", None));
        all.push(without(
            "with an old",
            Some(aged(Some(Date::constant(2026, 9, 1)))),
        ));
        all.push(without("with an undated", Some(aged(None))));
        all.push(without("with the odd lines of", Some(kept(0))));
        all.push(without("with the even lines of", Some(kept(1))));
        all.push(without(
            "with no line of",
            Some(Sheet {
                lines: Vec::new(),
                ..sheet.clone()
            }),
        ));
    }
    all
}

#[test]
fn a_table_taken_away_aged_or_halved_refuses_nothing_new() {
    // Letters with the same tables share the changed ones.
    let mut loaded: BTreeMap<usize, Vec<(String, Registry)>> = BTreeMap::new();
    for (number, case) in all().iter().enumerate() {
        let shared = Arc::strong_count(&case.sheets) > 1;
        let before = case.verdict();
        let check = |what: &str, registry: &Registry| {
            no_new_refusal(case, &before, &case.verdict_by(registry), what);
        };
        let settings = card().registry_settings();
        if shared {
            let key = Arc::as_ptr(&case.sheets) as usize;
            let variants = loaded.entry(key).or_insert_with(|| {
                let load = |(what, sheets): (String, Vec<Sheet>)| (what, load(&sheets, settings));
                changed_tables(&case.sheets).into_iter().map(load).collect()
            });
            variants
                .iter()
                .for_each(|(what, registry)| check(what, registry));
            continue;
        }
        for (at, (what, sheets)) in changed_tables(&case.sheets).iter().enumerate() {
            if is_long() || at % 12 == number % 12 {
                check(what, &load(sheets, settings));
            }
        }
    }
}

/// Our columns whose cell is the line, and the one whose emptiness is a statement.
const NOT_FACTS: [&str; 6] = ["email", "name", "product", "exemption", "tag", "aliases"];

#[test]
fn a_line_or_a_cell_taken_away_refuses_nothing_new() {
    let mut changes = 0;
    for case in all() {
        let before = case.verdict();
        // The lines the decision stands on; all of them if there is time.
        let stands_on = |sheet: &Sheet, line: usize| {
            before.trace.facts.values().any(|fact| {
                let place = fact.place.filter(|place| place.table == sheet.table);
                place.is_some_and(|place| place.line == line as u64 + 2)
            })
        };
        for (at, sheet) in case.sheets.iter().enumerate() {
            for line in 0..sheet.lines.len() {
                if !is_long() && !stands_on(sheet, line) {
                    continue;
                }
                let check = |changed: Sheet, what: &str| {
                    let mut sheets = case.sheets.to_vec();
                    sheets[at] = changed;
                    let registry = load(&sheets, card().registry_settings());
                    no_new_refusal(case, &before, &case.verdict_by(&registry), what);
                };
                let mut shorter = sheet.clone();
                shorter.lines.remove(line);
                check(
                    shorter,
                    &format!("without line {} of {}", line + 2, sheet.table.as_str()),
                );
                changes += 1;
                if before.outcome < Outcome::Ask && !is_long() {
                    continue;
                }
                for column in 0..sheet.header.len() {
                    let name = sheet.column(column);
                    if !NOT_FACTS.contains(&name) && !sheet.lines[line][column].is_empty() {
                        check(sheet.without_cell(line, column), name);
                        changes += 1;
                    }
                }
            }
        }
    }
    assert!(
        changes > 300,
        "too few changes to prove anything: {changes}"
    );
}

/// Breaks long lines at a width, as mail programs do.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let length = word.trim_end().chars().count();
            // What would look like a list or a quotation stays where it is, as in mail programs.
            let item = word.starts_with(['-', '*', '>', '–', '—', '•', '·', '/'])
                || word.starts_with(|c: char| c.is_ascii_digit());
            if column > 0 && column + length > width && !item {
                let kept = out.trim_end_matches(' ').len();
                out.truncate(kept);
                out.push('\n');
                column = 0;
            }
            out.push_str(word);
            column += word.chars().count();
        }
    }
    out
}

#[test]
fn case_accents_and_wrapping_change_no_outcome() {
    let plain = |text: &str| {
        text.nfd()
            .filter(|c| !is_combining_mark(*c))
            .collect::<String>()
    };
    for case in all() {
        let before = case.verdict();
        // Lines of a machine are known by their form.
        let machine = before.trace.zones.contains_key(&Zone::Machine);
        let subject = |change: fn(&str) -> String, mut changed: Case| {
            changed.subject = change(&case.subject);
            changed
        };
        let upper = subject(
            |text| text.to_uppercase(),
            with_text(case, |text| text.to_uppercase()),
        );
        let lower = subject(
            |text| text.to_lowercase(),
            with_text(case, |text| text.to_lowercase()),
        );
        for (what, changed) in [
            ("in capitals", upper),
            ("in small letters", lower),
            ("without accents", with_text(case, plain)),
            (
                "with accents apart",
                with_text(case, |text| text.nfd().collect()),
            ),
            (
                "with CRLF",
                with_text(case, |text| text.replace('\n', "\r\n")),
            ),
            ("wrapped at 40", with_text(case, |text| wrapped(text, 40))),
            ("wrapped at 72", with_text(case, |text| wrapped(text, 72))),
        ] {
            let after = changed.verdict();
            if !machine {
                no_new_refusal(case, &before, &after, what);
                let both = (essence(&before), essence(&after));
                assert_eq!(both.0, both.1, "{} {} {what}", case.set, case.id);
            }
        }
    }
}

#[test]
fn what_is_quoted_or_signed_changes_nothing() {
    for case in all() {
        let before = case.verdict();
        let mut changed = case.clone();
        changed
            .text
            .quoted
            .push_str("mon ordinateur personnel, usage familial, 2012-00003");
        changed
            .text
            .signature
            .push_str("Service du personnel - chercheur invité - URGENT");
        assert_eq!(before, changed.verdict(), "{} {}", case.set, case.id);
        // Also under a letter that is nothing but a quotation or a signature itself.
        for tail in [
            "\n\nLe lun. 16 nov. 2026 à 10:02, Luc Perrin <luc.perrin@univ.example> a écrit :\n> Mon ordinateur personnel ne démarre plus, c'est pour un usage familial.\n> 2012-00003",
            "\n\nOn Mon, 16 Nov 2026 at 10:02, Luc Perrin <luc.perrin@univ.example> wrote:\n> my own laptop is slow, it is for family use, not work related",
            "\n\n-- \nService du personnel, formation personnelle, 2012-00003",
        ] {
            let mut changed = case.clone();
            changed.text = Text {
                forwarded: case.text.forwarded.clone(),
                ..Text::of_plain(&format!("{}{tail}", case.text.new), false)
            };
            no_new_refusal(case, &before, &changed.verdict(), "with a tail");
        }
    }
}

/// The shipped card with its `[[name]]` tables in reverse order.
fn reversed(text: &str, name: &str) -> String {
    let marker = format!("\n[[{name}]]\n");
    let start = text.find(&marker).unwrap();
    let after = text.rfind(&marker).unwrap();
    let tail = &text[after + marker.len()..];
    let length = tail.find("\n# ----").or(tail.find("\n[matrix]"));
    let end = length.map_or(text.len(), |at| after + marker.len() + at);
    let mut parts: Vec<&str> = text[start..end].split(marker.as_str()).skip(1).collect();
    parts.reverse();
    let middle: String = parts.iter().map(|part| format!("{marker}{part}")).collect();
    format!("{}{middle}{}", &text[..start], &text[end..])
}

#[test]
fn the_order_of_rules_changes_no_outcome() {
    let mut text = Card::shipped_text().to_owned();
    for name in ["clause", "signal", "safety", "level"] {
        text = reversed(&text, name);
    }
    let other = Card::parse(&text, "reversed.toml").unwrap();
    for case in all() {
        let after = judge(&other, &case.registry, &case.letter(), case.now);
        let before = case.verdict();
        assert_eq!(
            essence(&before),
            essence(&after),
            "{} {}",
            case.set,
            case.id
        );
    }
}
