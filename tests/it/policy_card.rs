//! What a broken card is told, word for word, with the line.

use guichet::policy::Card;

/// A small card in order; `%…%` marks where the tests break it.
const CARD: &str = r#"schema = 1
[meta]
service = "Test"
version = "1"
[engine]
ask_off_at_criticality = 4
table_max_age_days = 30
grace_days = 90
default_criticality = { incident = 2, request = 1 }
default_mutualisation = 1
people = [2, 10, 50]
fault_signal = "fault"
request_signal = "wish"
[polarity]
negation = ["pas"]
pseudo = []
hypothesis = ["si"]
after = []
bridge = []
turns = ["mais"]
[language]
fr = ["le"]
en = ["the"]
[set]
device = ["pc", "mac"]
[[safety]]
id = "security"
any = ["phishing"]
criticality = 4
category = "other"
[[signal]]
id = "fault"
any = ["en panne"]
[[signal]]
id = "wish"
any = ["installer"]
[[signal]]
id = "own"
any = ["mon {device}"]
[[clause]]
id = "E2"
name = { fr = "Privé", en = "Private" }
text_fr = "à titre privé"
gloss_en = "private"
cap = "reject"
mode = "auto"
question = { fr = "À vous ?", en = "Yours?" }
[[clause.when]]
verdict = "reject"
all = ["own@strict"]
unless = ["fact:asset.strong=true"]
[[category]]
id = "network"
kind = "incident"
min = 1
terms = { "wifi" = 2 }
[[level]]
axis = "criticality"
set = 3
any = ["urgent"]
[matrix]
c4 = ["P2", "P2", "P1", "P1"]
c3 = ["P3", "P2", "P2", "P1"]
c2 = ["P4", "P3", "P3", "P2"]
c1 = ["P5", "P4", "P4", "P3"]
"#;

/// What the card says with one text in the place of another.
fn told(from: &str, to: &str) -> String {
    assert!(CARD.contains(from), "the test's own text is wrong: {from}");
    let card = CARD.replacen(from, to, 1);
    Card::parse(&card, "card.toml").unwrap_err().to_string()
}

#[test]
fn the_small_card_is_in_order() {
    let card = Card::parse(CARD, "card.toml").unwrap();
    assert_eq!((card.service(), card.version()), ("Test", "1"));
    assert_eq!(card.hash().len(), 64);
    let clause = card.clause(&"E2".parse().unwrap()).unwrap();
    assert_eq!(clause.text_fr, "à titre privé");
    assert!(card.clause(&"E3".parse().unwrap()).is_none());
}

#[test]
fn every_mistake_is_told_with_file_line_and_key() {
    for (from, to, message) in [
        (
            "schema = 1",
            "schema = 2",
            "card.toml, line 1, schema: expected schema 1, but found 2",
        ),
        (
            r#"all = ["own@strict"]"#,
            r#"all = ["pown@strict"]"#,
            "card.toml, line 50, clause E2, when 1, all: expected a signal of this card or \
             `fact:NAME=VALUE`, but found `pown`",
        ),
        (
            "asset.strong=true",
            "asset.stong=true",
            "card.toml, line 51, clause E2, when 1, unless: expected one of the facts \
             sender.known, sender.status, sender.trusted, sender.technician, visitor.listed, \
             asset.named, asset.strong, asset.fresh, asset.scope, asset.support, owned.scope, \
             owned.support, software.status, mail.forwarded, mail.reply, oncall.active, but \
             found `asset.stong`",
        ),
        (
            "asset.strong=true",
            "asset.strong=yes",
            "card.toml, line 51, clause E2, when 1, unless: expected true, false as value of \
             the fact, but found `yes`",
        ),
        (
            "asset.strong=true",
            "asset.strong=true@strict",
            "card.toml, line 51, clause E2, when 1, unless: expected `@strict` on a signal \
             only, but found it on the fact `asset.strong=true`",
        ),
        (
            "own@strict",
            "own",
            "card.toml, line 50, clause E2, when 1: expected `own@strict`, because a refusal \
             rests on plain statements only",
        ),
        (
            r#"unless = ["fact:asset.strong=true"]"#,
            "",
            "card.toml, line 49, clause E2, when 1, verdict: expected `unless`, because every \
             refusal needs what speaks against it",
        ),
        (
            r#"all = ["own@strict"]"#,
            "",
            "card.toml, line 49, clause E2, when 1, verdict: expected `all` or `any` with at \
             least one condition",
        ),
        (
            r#"cap = "reject""#,
            r#"cap = "ask""#,
            "card.toml, line 49, clause E2, when 1, verdict: expected at most `ask`, the cap \
             of the clause, but found `reject`",
        ),
        (
            r#"verdict = "reject""#,
            r#"verdict = "accept""#,
            "card.toml, line 49, clause E2, when 1, verdict: expected flag, notice, ask or \
             reject, but found `accept`",
        ),
        (
            "question = { fr = \"À vous ?\", en = \"Yours?\" }\n[[clause.when]]\nverdict = \"reject\"",
            "[[clause.when]]\nverdict = \"ask\"",
            "card.toml, line 48, clause E2, when 1, verdict: expected `question` in French and \
             English, because a block of the clause asks",
        ),
        (
            r#"id = "E2""#,
            r#"id = "prive""#,
            "card.toml, line 41, clause, id: expected a clause such as E1, but found `prive`",
        ),
        (
            r#"id = "network""#,
            r#"id = "reseau""#,
            "card.toml, line 53, category, id: expected one of printing, network, workstation, \
             software, other, but found `reseau`",
        ),
        (
            r#"category = "other""#,
            r#"category = "autre""#,
            "card.toml, line 30, safety security, category: expected one of printing, network, \
             workstation, software, other, but found `autre`",
        ),
        (
            "set = 3",
            "set = 5",
            "card.toml, line 59, level, set: expected a level from 1 to 4, but found 5",
        ),
        (
            "people = [2, 10, 50]",
            "people = [2, 50, 10]",
            "card.toml, line 11, engine, people: expected three numbers that grow, but found \
             [2, 50, 10]",
        ),
        (
            r#"fault_signal = "fault""#,
            r#"fault_signal = "panne""#,
            "card.toml, line 12, engine, fault_signal: expected a signal of this card or \
             `fact:NAME=VALUE`, but found `panne`",
        ),
        (
            r#"id = "wish""#,
            r#"id = "fault""#,
            "card.toml, line 35, signal, id: expected every id once, but found `fault` twice",
        ),
        (
            r#"any = ["installer"]"#,
            "any = []",
            "card.toml, line 35, signal wish, any: expected at least one entry",
        ),
        (
            r#"text_fr = "à titre privé""#,
            r#"text_fr = " ""#,
            "card.toml, line 43, clause E2, text_fr: expected at least one entry",
        ),
        (
            r#""pc", "mac""#,
            r#""pc", "?!""#,
            "card.toml, line 25, set, device: expected at least one entry",
        ),
        (
            "mon {device}",
            "mon {divice}",
            "card.toml, line 39, signal own, any: expected a known set of words in `mon \
             {divice}`, but found `{divice}`",
        ),
        (
            "en panne",
            "(en)? (panne)?",
            "card.toml, line 33, signal fault, any: expected a pattern that needs at least one \
             word, but `(en)? (panne)?` matches the empty text",
        ),
        (
            r#""wifi" = 2"#,
            r#""*3" = 2"#,
            "card.toml, line 56, category network, terms: expected words on both sides of the \
             gap in `*3`",
        ),
        (
            r#"c1 = ["P5""#,
            r#"c1 = ["P1""#,
            "card.toml, line 61, matrix: expected a table that never makes the worse case wait \
             longer, but found P4 at criticality 1, mutualisation 2 after P1 for a lesser case",
        ),
        (
            "[language]",
            "[keys]\ninventory = [\"(\"]\n[language]",
            "card.toml, line 22, keys, inventory: expected a regular expression for inventory \
             numbers, but found `(`",
        ),
    ] {
        assert_eq!(told(from, to), message, "for {to}");
    }
}

#[test]
fn mistakes_of_form_name_the_key_and_what_is_known() {
    let unknown = told("grace_days = 90", "grace_days = 90\ngrace = 2");
    assert!(
        unknown.starts_with("card.toml, line 9, `grace`: unknown field `grace`, expected one of"),
        "{unknown}"
    );
    let verdict = told(r#"verdict = "reject""#, r#"verdict = "refuse""#);
    assert!(
        verdict.starts_with(
            "card.toml, line 49, `verdict`: unknown variant `refuse`, expected one of"
        ),
        "{verdict}"
    );
    let number = told("grace_days = 90", r#"grace_days = "90""#);
    assert!(
        number.starts_with("card.toml, line 8, `grace_days`: invalid type"),
        "{number}"
    );
    let missing = told("grace_days = 90\n", "");
    assert!(missing.contains("missing field `grace_days`"), "{missing}");
    let broken = told("grace_days = 90", "grace_days = ");
    assert!(
        broken.starts_with("card.toml, line 8, `grace_days`: "),
        "{broken}"
    );
    let mode = told(r#"mode = "auto""#, r#"mode = "on""#);
    assert!(mode.contains("unknown variant `on`"), "{mode}");
}
