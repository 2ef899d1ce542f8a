//! The laws of the verdict over every letter of the repository, in institutes drawn at random
//! (see [`crate::policy_world`]); with the letters' own tables they are in [`crate::policy_laws`].
//!
//! A run draws two institutes around each letter and tries some of the changes, all of them where
//! the letter is refused; `GUICHET_LONG=1` draws eight and tries a quarter. A failure names letter,
//! seed and change.

use std::collections::BTreeMap;

use guichet::message::Text;
use guichet::policy::labelled::refuses;
use guichet::policy::{Card, Evidence, Letter, Outcome, Verdict, judge};
use guichet::registry::{Registry, Tri};

use crate::policy_letters::{self, Case};
use crate::policy_world::{Dice, TODAY, World};

fn is_long() -> bool {
    std::env::var_os("GUICHET_LONG").is_some()
}

fn verdict(case: &Case, registry: &Registry) -> Verdict {
    of(&case.letter(), registry)
}

fn of(letter: &Letter<'_>, registry: &Registry) -> Verdict {
    let now = format!("{TODAY}T09:00:00Z").parse().unwrap();
    judge(Card::shipped().unwrap(), registry, letter, now)
}

/// Each letter with each of its institutes.
fn each(mut law: impl FnMut(&Case, &World, &mut Dice, &str)) {
    let worlds = if is_long() { 8 } else { 2 };
    for (number, case) in policy_letters::all().iter().enumerate() {
        for world in 0..worlds {
            let seed = number as u64 * 1_000 + world;
            let mut dice = Dice::new(seed);
            let world = World::around(case, &mut dice);
            law(
                case,
                &world,
                &mut dice,
                &format!("{} (seed {seed})", case.id),
            );
        }
    }
}

#[test]
fn knowing_less_refuses_nothing_new() {
    let (mut tried, mut refused) = (0, 0);
    each(|case, world, dice, name| {
        let before = verdict(case, &world.registry());
        refused += usize::from(refuses(&before));
        for (what, poorer) in world.poorer() {
            // Most ways change what this letter never asks for.
            let share = if is_long() { 4 } else { 48 };
            if !refuses(&before) && dice.below(share) > 0 {
                continue;
            }
            tried += 1;
            let after = verdict(case, &poorer.registry());
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
fn a_letter_passed_on_or_a_safety_cue_refuses_nothing() {
    each(|case, world, dice, name| {
        let registry = world.registry();
        let forwarding = format!("{}{}", dice.pick(&["TR: ", "Fwd: ", "FW : "]), case.subject);
        let passed_on = Text {
            new: "Pour vous.".to_owned(),
            forwarded: case.text.new.clone(),
            ..Text::default()
        };
        let mut cued = case.text.clone();
        cued.new.push_str(dice.pick(&[
            "\n\nJ'ai cliqué sur un lien frauduleux.",
            "\n\nI think I have been phished.",
            "\n\nMy laptop was stolen.",
            "\n\nOn m'a volé mon sac.",
            "\n\nC'est peut-être un virus.",
            "\n\nC'est un aménagement de poste.",
        ]));
        let plain = case.letter();
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
fn what_is_cited_stands_where_it_is_said_to_stand() {
    let mut facts = 0;
    each(|case, world, _, name| {
        let registry = world.registry();
        let again = verdict(case, &registry);
        let verdict = verdict(case, &registry);
        assert_eq!(verdict.trace.hash(), again.trace.hash(), "{name}");
        assert!(!refuses(&verdict) || !verdict.evidence.is_empty(), "{name}");
        let said = [&case.subject, &case.text.new, &case.text.forwarded]
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
                let cut = [&case.subject, &case.text.new, &case.text.forwarded]
                    .iter()
                    .filter_map(|text| text.get(from..to))
                    .chain(
                        guichet::policy::subject::read(&case.subject)
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
    each(|case, world, _, name| {
        let registry = world.registry();
        let before = verdict(case, &registry);
        let mut changed = case.clone();
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
fn denying_supposing_or_quoting_what_was_said_takes_the_refusal_away() {
    let mut tried = BTreeMap::new();
    each(|case, world, _, name| {
        let registry = world.registry();
        let before = verdict(case, &registry);
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
                let mut changed = case.clone();
                changed.subject = case.subject.replace(quote.as_str(), &said);
                changed.text.new = case.text.new.replace(quote.as_str(), &said);
                if changed.subject == case.subject && changed.text.new == case.text.new {
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
