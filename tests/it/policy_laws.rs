//! The laws of the verdict over every letter of the repository, in institutes drawn at random.
//!
//! A run draws two institutes around each letter and tries some of the changes, all of them where
//! the letter is refused; `GUICHET_LONG=1` draws eight and tries a quarter. A failure names letter,
//! seed and change.

use std::collections::BTreeMap;

use guichet::message::Text;
use guichet::policy::{Card, Evidence, Letter, Outcome, Verdict, judge};
use guichet::registry::{Registry, Tri};
use unicode_normalization::UnicodeNormalization;

use crate::letters::{self, Post};
use crate::policy_world::{Dice, TODAY, World};

fn is_long() -> bool {
    std::env::var_os("GUICHET_LONG").is_some()
}

fn verdict(post: &Post, registry: &Registry) -> Verdict {
    of(&post.letter(), registry)
}

fn of(letter: &Letter<'_>, registry: &Registry) -> Verdict {
    let now = format!("{TODAY}T09:00:00Z").parse().unwrap();
    judge(Card::shipped().unwrap(), registry, letter, now)
}

fn refuses(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Reject || verdict.proposed
}

/// Everything but what only records the spelling of the letter.
fn essence(verdict: &Verdict) -> (Outcome, bool, Option<String>, String, u8, u8, &'static str) {
    (
        verdict.outcome,
        verdict.reserve,
        verdict.clause.as_ref().map(ToString::to_string),
        verdict.category.to_string(),
        verdict.criticality,
        verdict.mutualisation,
        verdict.language.as_str(),
    )
}

/// Each letter with each of its institutes.
fn each(mut law: impl FnMut(&Post, &World, &mut Dice, &str)) {
    let worlds = if is_long() { 8 } else { 2 };
    for (number, post) in letters::all().iter().enumerate() {
        for world in 0..worlds {
            let seed = number as u64 * 1_000 + world;
            let mut dice = Dice::new(seed);
            let world = World::around(post, &mut dice);
            law(
                post,
                &world,
                &mut dice,
                &format!("{} (seed {seed})", post.name),
            );
        }
    }
}

#[test]
fn knowing_less_refuses_nothing_new() {
    let (mut tried, mut refused) = (0, 0);
    each(|post, world, dice, name| {
        let before = verdict(post, &world.registry());
        refused += usize::from(refuses(&before));
        for (what, poorer) in world.poorer() {
            // Most ways change what this letter never asks for.
            let share = if is_long() { 4 } else { 48 };
            if !refuses(&before) && dice.below(share) > 0 {
                continue;
            }
            tried += 1;
            let after = verdict(post, &poorer.registry());
            assert!(
                refuses(&before) || !refuses(&after),
                "{name} {what}: a new refusal under {:?} on {:?}",
                after.clause,
                after.evidence
            );
        }
    });
    println!("{tried} changes tried, {refused} institutes with a refusal");
    assert!(
        refused >= 20,
        "too few refusals to prove anything: {refused}"
    );
}

#[test]
fn quoting_and_signing_change_nothing() {
    each(|post, world, _, name| {
        let registry = world.registry();
        let before = verdict(post, &registry);
        let mut changed = post.clone();
        changed.text.quoted.push_str(
            "mon ordinateur personnel, usage familial, photos de vacances, poste 2013-00003 du labo",
        );
        changed.text.signature.push_str(
            "Service du personnel - formation personnelle - chercheur invité - RQTH - URGENT",
        );
        assert_eq!(before, verdict(&changed, &registry), "{name}");
    });
}

#[test]
fn a_letter_passed_on_or_a_safety_cue_refuses_nothing() {
    each(|post, world, dice, name| {
        let registry = world.registry();
        let forwarding = format!("{}{}", dice.pick(&["TR: ", "Fwd: ", "FW : "]), post.subject);
        let passed_on = Text {
            new: "Pour vous.".to_owned(),
            forwarded: post.text.new.clone(),
            ..Text::default()
        };
        let mut cued = post.text.clone();
        cued.new.push_str(dice.pick(&[
            "\n\nJ'ai cliqué sur un lien frauduleux.",
            "\n\nMy laptop was stolen.",
            "\n\nC'est un aménagement de poste.",
        ]));
        let plain = post.letter();
        for (what, changed) in [
            (
                "forwarded",
                Letter {
                    forwarded: true,
                    ..plain
                },
            ),
            (
                "as TR:",
                Letter {
                    subject: &forwarding,
                    ..plain
                },
            ),
            (
                "passed on",
                Letter {
                    text: &passed_on,
                    ..plain
                },
            ),
            (
                "with a cue",
                Letter {
                    text: &cued,
                    ..plain
                },
            ),
            (
                "as a reply",
                Letter {
                    reply_to_ticket: true,
                    ..plain
                },
            ),
            (
                "by a technician",
                Letter {
                    technician: true,
                    ..plain
                },
            ),
            (
                "on call",
                Letter {
                    oncall_active: true,
                    ..plain
                },
            ),
            (
                "not authentic",
                Letter {
                    trusted_sender: Tri::False,
                    ..plain
                },
            ),
            (
                "by nobody",
                Letter {
                    from: None,
                    ..plain
                },
            ),
        ] {
            assert!(!refuses(&of(&changed, &registry)), "{name} {what}");
        }
    });
}

#[test]
fn case_accents_and_wrapping_change_no_outcome() {
    let bare = |text: &str| -> String {
        let mark = unicode_normalization::char::is_combining_mark;
        text.nfd().filter(|c| !mark(*c)).nfc().collect()
    };
    each(|post, world, _, name| {
        let registry = world.registry();
        let before = essence(&verdict(post, &registry));
        let with = |change: &dyn Fn(&str) -> String| {
            let mut changed = post.clone();
            changed.subject = change(&post.subject).replace('\n', " ");
            changed.text.new = change(&post.text.new);
            changed.text.forwarded = change(&post.text.forwarded);
            essence(&verdict(&changed, &registry))
        };
        assert_eq!(
            before,
            with(&|text| text.to_uppercase()),
            "{name} in capitals"
        );
        assert_eq!(before, with(&bare), "{name} without accents");
        assert_eq!(
            before,
            with(&|text| text.nfd().collect()),
            "{name} decomposed"
        );
        for width in [48, 72] {
            let wrapped = with(&|text| wrapped(text, width));
            assert_eq!(before, wrapped, "{name} wrapped at {width}");
        }
        assert_eq!(
            before,
            with(&|text| text.replace('\n', "\r\n")),
            "{name} with CRLF"
        );
    });
}

/// The text with each line wrapped, as mail programs do.
fn wrapped(text: &str, most: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut now = String::new();
        for word in line.split(' ') {
            if !now.trim().is_empty() && now.chars().count() + 1 + word.chars().count() > most {
                lines.push(std::mem::take(&mut now));
            } else if !now.is_empty() {
                now.push(' ');
            }
            now.push_str(word);
        }
        lines.push(now);
    }
    lines.join("\n")
}

#[test]
fn what_is_cited_stands_where_it_is_said_to_stand() {
    let mut facts = 0;
    each(|post, world, _, name| {
        let verdict = verdict(post, &world.registry());
        assert!(!refuses(&verdict) || !verdict.evidence.is_empty(), "{name}");
        let said = [&post.subject, &post.text.new, &post.text.forwarded]
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        for evidence in &verdict.evidence {
            match evidence {
                Evidence::Signal { quote, .. } => {
                    let here = said.iter().any(|text| text.contains(quote.as_str()));
                    assert!(here, "{name}: {quote}");
                }
                Evidence::Fact {
                    table, line, cells, ..
                } => {
                    facts += 1;
                    let row = &world.tables[table].1[usize::try_from(*line).unwrap() - 2];
                    let shown = cells.iter().filter_map(|(column, cell)| {
                        row.get(column.as_str()).map(|listed| (listed, cell))
                    });
                    for (listed, cell) in shown {
                        assert_eq!(listed, cell, "{name}");
                    }
                }
            }
        }
        for reading in verdict.trace.signals.values() {
            for mention in &reading.mentions {
                let (from, to) = mention.bytes;
                let cut = [&post.subject, &post.text.new, &post.text.forwarded]
                    .iter()
                    .filter_map(|text| text.get(from..to))
                    .chain(
                        guichet::policy::subject::read(&post.subject)
                            .bare
                            .get(from..to),
                    )
                    .any(|cut| cut.split_whitespace().eq(mention.quote.split_whitespace()));
                assert!(cut, "{name}: {} is not at {from}..{to}", mention.quote);
            }
        }
    });
    assert!(facts > 20, "too few lines cited to prove anything: {facts}");
}

#[test]
fn more_people_or_more_harm_never_lower_the_place_in_the_queue() {
    let matrix = Card::shipped().unwrap().matrix();
    for criticality in 1..=4 {
        for mutualisation in 1..=4 {
            let here = matrix.priority(criticality, mutualisation);
            let worse = matrix.priority((criticality + 1).min(4), mutualisation);
            let wider = matrix.priority(criticality, (mutualisation + 1).min(4));
            assert!(worse <= here && wider <= here);
        }
    }
    each(|post, world, _, name| {
        let registry = world.registry();
        let before = verdict(post, &registry);
        let mut changed = post.clone();
        changed
            .text
            .new
            .push_str("\n\nLa manip est arrêtée.\n\nPlus personne ne peut travailler.");
        let after = verdict(&changed, &registry);
        assert!(after.criticality >= before.criticality, "{name}");
        assert!(
            after.mutualisation >= before.mutualisation.min(4)
                || before.trace.mutualisation.because.ends_with(')'),
            "{name}"
        );
        assert!(
            after.outcome != Outcome::Ask,
            "{name}: stopped work waits for an answer"
        );
        assert!(
            !(after.outcome == Outcome::Reject && after.reserve),
            "{name}"
        );
    });
}

#[test]
fn the_same_letter_leaves_the_same_trace() {
    each(|post, world, dice, name| {
        if !is_long() && dice.below(2) == 0 {
            return;
        }
        let first = verdict(post, &world.registry());
        let second = verdict(post, &world.registry());
        assert_eq!(first.trace.hash(), second.trace.hash(), "{name}");
    });
}

#[test]
fn denying_supposing_or_quoting_what_was_said_takes_the_refusal_away() {
    let mut tried = BTreeMap::new();
    each(|post, world, _, name| {
        let registry = world.registry();
        let before = verdict(post, &registry);
        if !refuses(&before) || !before.reserve {
            return;
        }
        for evidence in &before.evidence {
            let Evidence::Signal { quote, signal } = evidence else {
                continue;
            };
            for (head, tail) in [
                ("ce n'est pas ", ""),
                ("si c'était ", ""),
                ("not ", ""),
                ("if it was ", ""),
                ("sans ", ""),
                ("est-ce que ", ""),
                ("« ", " »"),
                ("", " n'est pas en cause"),
            ] {
                let said = format!("{head}{quote}{tail}");
                let mut changed = post.clone();
                changed.subject = post.subject.replace(quote.as_str(), &said);
                changed.text.new = post.text.new.replace(quote.as_str(), &said);
                if changed.subject == post.subject && changed.text.new == post.text.new {
                    continue;
                }
                *tried.entry(signal.clone()).or_insert(0) += 1;
                assert!(!refuses(&verdict(&changed, &registry)), "{name}: {said}");
            }
        }
    });
    assert!(
        tried.len() >= 3,
        "too few kinds of statements to prove anything: {tried:?}"
    );
}
