//! The held-out letters: written and labelled by people who had never seen the card.
//!
//! `tests/policy/heldout/README.md` tells how they came about. No wrong refusal is allowed; the
//! other figures may only rise.

use guichet::policy::measure::{Report, Share};

use crate::policy_letters::{card, heldout};

/// What must be reached, in letters.
struct Floors {
    outcome: usize,
    category: usize,
    criticality: usize,
    mutualisation: usize,
}

fn hold(set: &'static str, letters: usize, must_not_refuse: usize, floors: &Floors) {
    let mut report = Report::default();
    let mut outcomes = Share::default();
    for case in heldout(set) {
        let verdict = case.verdict();
        report.add(&case.id, &case.label, &verdict, card().matrix());
        outcomes.of += 1;
        outcomes.count += usize::from(case.label.allows(verdict.outcome));
    }
    let report = report.finished();
    for letter in &report.differing {
        println!(
            "{set} {}: {:?} on {:?}",
            letter.id, letter.differences, letter.evidence
        );
    }
    let agreement = &report.agreement;
    println!("{set}: {report:#?}", report = report.agreement);
    println!("{set}: outcomes {}/{}", outcomes.count, outcomes.of);
    assert_eq!(report.letters, letters);
    assert_eq!(report.false_refusals.of, must_not_refuse);
    assert_eq!(
        report.false_refusals.count,
        0,
        "{:#?}",
        report.differing.first()
    );
    for (name, share, floor) in [
        ("outcome", outcomes, floors.outcome),
        ("category", agreement.category, floors.category),
        ("criticality", agreement.criticality, floors.criticality),
        (
            "mutualisation",
            agreement.mutualisation,
            floors.mutualisation,
        ),
    ] {
        assert!(
            share.count >= floor,
            "{set}: {name} {} < {floor}",
            share.count
        );
    }
}

#[test]
fn french_letters_of_strangers_to_the_card_are_judged_well() {
    hold(
        "french",
        170,
        148,
        &Floors {
            outcome: 166,
            category: 153,
            criticality: 153,
            mutualisation: 158,
        },
    );
}

#[test]
fn english_letters_of_strangers_to_the_card_are_judged_well() {
    hold(
        "english",
        160,
        139,
        &Floors {
            outcome: 154,
            category: 138,
            criticality: 144,
            mutualisation: 145,
        },
    );
}
