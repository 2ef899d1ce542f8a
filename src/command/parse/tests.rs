//! The grammar, line by line.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::Needs;
use super::*;

fn orders(text: &str) -> Result<Orders, Vec<Mistake>> {
    parse(text, date(2026, 11, 23))
}

fn commands(text: &str) -> Vec<Command> {
    orders(text).unwrap().commands().cloned().collect()
}

fn wanted(text: &str) -> Vec<Wanted> {
    let mistakes = orders(text).unwrap_err();
    mistakes.into_iter().map(|mistake| mistake.wanted).collect()
}

#[test]
fn ok_each_order_in_both_languages() {
    let clause = |id: &str| id.parse().unwrap();
    let cases = [
        ("#take", "#prendre", Command::Take),
        (
            "#assign paul",
            "#affecter paul",
            Command::Assign("paul".into()),
        ),
        (
            "#priority P2",
            "#priorité 2",
            Command::Priority(Priority::P2),
        ),
        (
            "#category network",
            "#catégorie réseau",
            Command::Category(Category::Network),
        ),
        ("#wait", "#attendre", Command::Wait(None)),
        (
            "#wait 3d",
            "#attendre 3j",
            Command::Wait(Some(date(2026, 11, 26))),
        ),
        (
            "#supplier 2w",
            "#fournisseur 2 semaines",
            Command::WaitThirdParty(Some(date(2026, 12, 7))),
        ),
        ("#resolve", "#résoudre", Command::Resolve),
        ("#close", "#clore", Command::Close),
        ("#reopen", "#rouvrir", Command::Reopen),
        (
            "#merge 123",
            "#fusionner #123",
            Command::Merge(TicketNumber(123)),
        ),
        ("#reject E2", "#refuser e2", Command::Reject(clause("E2"))),
        ("#accept", "#accepter", Command::Accept),
        ("#confirm", "#confirmer", Command::Confirm),
        ("#ask E1", "#demander E1", Command::Ask(Some(clause("E1")))),
        ("#approve", "#accord", Command::Approve(Vec::new())),
        (
            "#deny no one is free",
            "#refus no one is free",
            Command::Deny("no one is free".into()),
        ),
        (
            "#requester marie@institut.example",
            "#demandeur Marie <mailto:Marie@Institut.example>",
            Command::Requester("marie@institut.example".into()),
        ),
        (
            "#cc a@b.example",
            "#copie a@b.example",
            Command::Copy("a@b.example".into()),
        ),
        ("#yes", "#oui", Command::Yes),
        ("#undo", "#annuler", Command::Undo),
        ("#status", "#état", Command::Status),
        ("#help", "#aide", Command::Help),
    ];
    for (english, french, command) in cases {
        assert_eq!(
            commands(english),
            std::slice::from_ref(&command),
            "{english}"
        );
        assert_eq!(commands(french), [command], "{french}");
    }
}

#[test]
fn ok_case_accents_and_punctuation_do_not_matter() {
    for text in [
        "#PRIORITE p2",
        "#Priorité P2",
        "  #priorite:  P2 ",
        "#priorite\u{301} P2",
    ] {
        assert_eq!(commands(text), [Command::Priority(Priority::P2)], "{text}");
    }
}

#[test]
fn ok_orders_stand_above_the_words() {
    let found = orders("\n\n#take\n\n#priority P2\nBonjour,\n#resolve\n\nc'est réparé.\n").unwrap();
    assert_eq!(found.lines.len(), 2);
    assert_eq!(found.words, "Bonjour,\n#resolve\n\nc'est réparé.");
    assert!(found.is_answer());
    assert_eq!(found.needs(), Needs::Outside);
}

#[test]
fn ok_a_note_takes_the_words_beside_and_below() {
    let found = orders("#note le client a rappelé\nà 14 h").unwrap();
    assert!(found.is_note() && !found.is_answer());
    assert_eq!(found.words, "le client a rappelé\nà 14 h");
    assert_eq!(found.needs(), Needs::Inside);
}

#[test]
fn ok_plain_words_are_an_answer() {
    let found = orders("Bonjour,\n\nc'est fait.").unwrap();
    assert!(found.is_answer() && found.lines.is_empty());
    assert_eq!(found.needs(), Needs::Outside);
    assert_eq!(orders(""), Ok(Orders::default()));
}

#[test]
fn ok_an_approval_names_its_changes() {
    let found = commands("#accord nom=Paul Martin tél=06 11 22 33 44 du=2027-01-15T08:00");
    let Some(Command::Approve(settings)) = found.first() else {
        panic!("{found:?}")
    };
    let shown: Vec<_> = settings.iter().map(|s| (s.key, s.value.as_str())).collect();
    assert_eq!(
        shown,
        [
            (SettingKey::Name, "Paul Martin"),
            (SettingKey::Phone, "06 11 22 33 44"),
            (SettingKey::From, "2027-01-15T08:00"),
        ]
    );
}

#[test]
fn err_every_mistake_is_named() {
    let cases: [(&str, &[Wanted]); 22] = [
        ("#tkae", &[Wanted::Order]),
        ("# take", &[Wanted::Order]),
        ("#\u{ff43}lose", &[Wanted::Order]),
        ("#\u{441}lose", &[Wanted::Order]),
        ("#", &[Wanted::Order]),
        ("#take now", &[Wanted::Nothing]),
        ("#assign", &[Wanted::Technician]),
        ("#priority urgent", &[Wanted::Priority]),
        ("#priority P9", &[Wanted::Priority]),
        ("#category maths", &[Wanted::Category]),
        ("#wait yesterday", &[Wanted::Day]),
        ("#wait 2026-11-20", &[Wanted::Day]),
        ("#merge douze", &[Wanted::Ticket]),
        ("#merge -3", &[Wanted::Ticket]),
        ("#reject", &[Wanted::Clause]),
        ("#ask why", &[Wanted::Clause]),
        ("#ask", &[Wanted::Words]),
        ("#note", &[Wanted::Words]),
        ("#deny", &[Wanted::Reason]),
        ("#requester Marie", &[Wanted::Address]),
        ("#approve Paul", &[Wanted::Setting]),
        (
            "#tkae\n#priority\n#close",
            &[Wanted::Order, Wanted::Priority],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wanted(text), expected, "{text}");
    }
}

#[test]
fn err_two_orders_about_one_thing() {
    for text in [
        "#take\n#assign paul",
        "#resolve\n#close",
        "#resolve\n#wait 3d",
        "#reject E1\n#accept",
        "#merge 3\n#merge 4",
        "#priority 1\n#priority 1",
    ] {
        assert_eq!(wanted(text), [Wanted::Once], "{text}");
    }
    assert_eq!(commands("#cc a@b.example\n#cc c@d.example").len(), 2);
}

#[test]
fn err_a_flood_of_orders_is_refused_whole() {
    let flood = "#status\n".repeat(100_000);
    assert_eq!(wanted(&flood), [Wanted::Fewer]);
}

#[test]
fn err_a_mistake_names_its_line_and_not_a_novel() {
    let mistakes = orders(&format!("#{}", "x".repeat(10_000))).unwrap_err();
    let only = mistakes.first().unwrap();
    assert_eq!(only.line.chars().count(), 80);
    assert!(only.to_string().ends_with("#help lists them all"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_no_word_is_lost(text in "[#a-zé \\n0-9@.=]{0,200}") {
        if let Ok(found) = orders(&text) {
            // What is not an order line is in the words.
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let kept: usize = found.lines.len() + found.words.lines().filter(|l| !l.trim().is_empty()).count();
            let beside = found.lines.iter().filter(|line| line.command == Command::Note && line.text.trim() != "#note").count();
            prop_assert_eq!(lines.count() + beside, kept);
        }
    }
}

#[test]
fn ok_lines_given_apart_are_orders_and_words_are_never() {
    let today = date(2026, 11, 23);
    let given = |lines: &[&str], words: &str| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        parse_lines(&lines, words, today)
    };
    let orders = given(
        &["#close", "#priority P2"],
        "#take\nis what you may write\n",
    )
    .unwrap();
    assert_eq!(orders.lines.len(), 2);
    assert_eq!(orders.words, "#take\nis what you may write");
    assert_eq!(given(&[], "bonjour").unwrap().words, "bonjour");
    assert_eq!(given(&["#close"], " \n").unwrap().words, "");
    // What stands beside a note belongs to its words.
    assert_eq!(given(&["#note vu"], "hier").unwrap().words, "vu\nhier");
    assert_eq!(given(&["#note vu"], "").unwrap().words, "vu");
    for (lines, words, wanted) in [
        (&["close"][..], "", Wanted::Order),
        (&["#close\nthe rest"], "", Wanted::Order),
        (&[""], "", Wanted::Order),
        (&["#note"], "", Wanted::Words),
        (&["#take", "#assign zoe"], "", Wanted::Once),
    ] {
        let mistakes = given(lines, words).unwrap_err();
        assert_eq!(mistakes[0].wanted, wanted, "{lines:?}");
    }
}
