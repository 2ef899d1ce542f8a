//! What holds for any header: others' words count for nothing, more of ours only takes away.

use proptest::prelude::*;

use super::{BY_STRANGER, SIGNED, TAKEN_IN, judged, ours, settings};

/// Words such fields are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "dmarc",
        "dkim",
        "spf",
        "auth",
        "=",
        "=",
        "pass",
        "fail",
        "temperror",
        "none",
        ";",
        ";",
        " ",
        " ",
        "\"",
        "(",
        ")",
        "\\",
        "/1",
        ".",
        "header.from=",
        "header.d=",
        "smtp.mailfrom=",
        "univ.example",
        "evil.example",
        "claire@univ.example",
        "reason=",
        "1",
        "é",
        "mx.univ.example",
        "dmarc=pass header.from=univ.example",
        "spf=pass smtp.mailfrom=univ.example",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

/// A header: fields of our id and of other ids, hops, signatures.
fn header() -> impl Strategy<Value = Vec<String>> {
    let field = prop_oneof![
        3 => soup().prop_map(|soup| ours(&soup)),
        1 => Just(ours("dmarc=pass header.from=univ.example")),
        1 => Just(ours("dkim=pass header.d=univ.example")),
        1 => Just(ours("dmarc=fail header.from=univ.example")),
        1 => Just(TAKEN_IN.to_owned()),
        1 => Just(BY_STRANGER.to_owned()),
        1 => Just(SIGNED.to_owned()),
        1 => soup().prop_map(|soup| format!("Received: {soup}\n")),
        1 => soup().prop_map(|soup| format!("DKIM-Signature: {soup}\n")),
    ];
    prop::collection::vec(field, 0..6)
}

/// The better the higher.
fn rank(word: &str) -> u8 {
    match word.split(' ').next().unwrap() {
        "pass" => 3,
        "none" => 2,
        "temp_error" => 1,
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_field_of_another_id_anywhere_changes_nothing(
        fields in header(), at in 0_usize..7, id in "[a-z]{1,9}\\.example", soup in soup(),
    ) {
        let before = judged(&fields.concat(), &settings());
        let mut more = fields.clone();
        more.insert(at.min(fields.len()), format!("Authentication-Results: {id}; {soup}\n"));
        prop_assert_eq!(judged(&more.concat(), &settings()), before);
    }

    #[test]
    fn a_second_own_field_below_never_makes_it_better(
        top in soup(), fields in header(), at in 0_usize..7, second in soup(),
    ) {
        let mut fields = fields;
        fields.insert(0, ours(&top));
        let before = judged(&fields.concat(), &settings());
        fields.insert((1 + at).min(fields.len()), ours(&second));
        let after = judged(&fields.concat(), &settings());
        prop_assert!(rank(&after) <= rank(&before), "{} then {}", before, after);
        prop_assert!(after == before || after == "fail dmarc", "{} then {}", before, after);
    }

    #[test]
    fn a_foreign_hop_on_top_leaves_nothing_to_believe(fields in header()) {
        let header = format!("{BY_STRANGER}{}", fields.concat());
        prop_assert_eq!(judged(&header, &settings()), "none no_field");
    }

    #[test]
    fn a_pass_needs_a_word_of_pass_in_the_topmost_own_field(fields in header()) {
        if judged(&fields.concat(), &settings()).starts_with("pass") {
            let top = fields.iter().find(|f| f.starts_with("Authentication-Results:")).unwrap();
            prop_assert!(top.contains("pass"), "{}", top);
        }
    }

    #[test]
    fn no_field_is_too_strange(name in prop::sample::select(vec!["Received", "DKIM-Signature", "Authentication-Results"]), value in "[^\r\n]{0,300}") {
        judged(&format!("{name}: {value}\n{name}: mx.univ.example; {value}\n"), &settings());
    }
}
