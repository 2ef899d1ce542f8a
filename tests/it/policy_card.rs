//! What a broken card is told, word for word, with the line.

use guichet::message::Text;
use guichet::policy::Card;
use guichet::policy::card::{Finding, Problem};
use guichet::policy::{Letter, Outcome, judge};
use guichet::registry::{Registry, Tri};

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
needs = ["fact:sender.known=true"]
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
elsewhere = [{ fr = "Le vendeur.", en = "The shop." }]
[[clause.when]]
verdict = "reject"
all = ["own@strict"]
unless = ["fact:asset.strong=true"]
[[clause.when]]
verdict = "ask"
all = ["own"]
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

/// Everything that is wrong with the card with one text in the place of another.
fn told(from: &str, to: &str) -> Vec<String> {
    assert!(CARD.contains(from), "the test's own text is wrong: {from}");
    let card = CARD.replacen(from, to, 1);
    let checked = Card::check(&card);
    let findings = &checked.findings;
    let usable = findings.iter().all(Finding::is_remark);
    assert_eq!(checked.card.is_some(), usable, "{from} → {to}");
    let told = |finding: &Finding| {
        let mark = if finding.is_remark() { "remark: " } else { "" };
        format!("{mark}{finding}")
    };
    findings.iter().map(told).collect()
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
fn every_mistake_is_told_with_line_column_key_and_what_was_expected() {
    for (from, to, messages) in [
        (
            "schema = 1",
            "schema = 2",
            &["line 1, column 10, schema: expected schema 1, but found 2"][..],
        ),
        (
            r#"all = ["own@strict"]"#,
            r#"all = ["pown@strict"]"#,
            &[
                "line 52, column 8, clause E2, when 1, all: expected a signal of this card or `fact:NAME=VALUE`, but found `pown` (is `own` meant?)",
            ][..],
        ),
        (
            "asset.strong=true",
            "asset.stong=true",
            &[
                "line 53, column 11, clause E2, when 1, unless: expected one of the facts sender.known, sender.status, sender.trusted, sender.technician, visitor.listed, asset.named, asset.strong, asset.fresh, asset.scope, asset.support, owned.scope, owned.support, software.status, mail.forwarded, mail.reply, oncall.active, but found `asset.stong`",
            ][..],
        ),
        (
            "asset.strong=true",
            "asset.strong=yes",
            &[
                "line 53, column 11, clause E2, when 1, unless: expected true, false as value of the fact, but found `yes`",
            ][..],
        ),
        (
            "asset.strong=true",
            "asset.strong=true@strict",
            &[
                "line 53, column 11, clause E2, when 1, unless: expected `@strict` on a signal only, but found it on the fact `asset.strong=true`",
            ][..],
        ),
        (
            "own@strict",
            "own",
            &[
                "line 52, column 8, clause E2, when 1: expected `own@strict`, because a refusal rests on plain statements only",
            ][..],
        ),
        (
            r#"unless = ["fact:asset.strong=true"]"#,
            "",
            &[
                "line 51, column 11, clause E2, when 1, verdict: expected `unless`, because every refusal needs what speaks against it",
            ][..],
        ),
        (
            r#"all = ["own@strict"]"#,
            "",
            &[
                "line 51, column 11, clause E2, when 1, verdict: expected `all` or `any` with at least one condition",
            ][..],
        ),
        (
            r#"cap = "reject""#,
            r#"cap = "ask""#,
            &[
                "line 51, column 11, clause E2, when 1, verdict: expected at most `ask`, the cap of the clause, but found `reject`",
            ][..],
        ),
        (
            r#"verdict = "reject""#,
            r#"verdict = "accept""#,
            &[
                "line 51, column 11, clause E2, when 1, verdict: expected flag, notice, ask or reject, but found `accept`",
            ][..],
        ),
        (
            r#"question = { fr = "À vous ?", en = "Yours?" }"#,
            "",
            &[
                "line 55, column 11, clause E2, when 2, verdict: expected `question` in French and English, because a block of the clause asks",
            ][..],
        ),
        (
            r#"id = "E2""#,
            r#"id = "prive""#,
            &["line 42, column 6, clause, id: expected a clause such as E1, but found `prive`"][..],
        ),
        (
            r#"id = "network""#,
            r#"id = "reseau""#,
            &[
                "line 58, column 6, category, id: expected one of printing, network, workstation, software, other, but found `reseau`",
            ][..],
        ),
        (
            r#"category = "other""#,
            r#"category = "autre""#,
            &[
                "line 30, column 12, safety security, category: expected one of printing, network, workstation, software, other, but found `autre`",
            ][..],
        ),
        (
            "set = 3",
            "set = 5",
            &["line 64, column 7, level, set: expected a level from 1 to 4, but found 5"][..],
        ),
        (
            "people = [2, 10, 50]",
            "people = [2, 50, 10]",
            &[
                "line 11, column 10, engine, people: expected three numbers that grow, but found [2, 50, 10]",
            ][..],
        ),
        (
            r#"fault_signal = "fault""#,
            r#"fault_signal = "panne""#,
            &[
                "line 12, column 16, engine, fault_signal: expected a signal of this card or `fact:NAME=VALUE`, but found `panne`",
            ][..],
        ),
        (
            r#"id = "wish""#,
            r#"id = "fault""#,
            &[
                "line 13, column 18, engine, request_signal: expected a signal of this card or `fact:NAME=VALUE`, but found `wish`",
                "line 36, column 6, signal, id: expected every id once, but found `fault` twice",
            ][..],
        ),
        (
            r#"any = ["installer"]"#,
            "any = []",
            &["line 36, column 6, signal wish, any: expected at least one entry"][..],
        ),
        (
            r#"text_fr = "à titre privé""#,
            r#"text_fr = " ""#,
            &["line 44, column 11, clause E2, text_fr: expected at least one entry"][..],
        ),
        (
            r#""pc", "mac""#,
            r#""pc", "?!""#,
            &["line 25, column 17, set, device: expected at least one entry"][..],
        ),
        (
            "mon {device}",
            "mon {divice}",
            &[
                "line 40, column 8, signal own, any: expected a known set of words in `mon {divice}`, but found `{divice}`",
            ][..],
        ),
        (
            "en panne",
            "(en)? (panne)?",
            &[
                "line 34, column 8, signal fault, any: expected a pattern that needs at least one word, but `(en)? (panne)?` matches the empty text",
            ][..],
        ),
        (
            r#""wifi" = 2"#,
            r#""*3" = 2"#,
            &[
                "line 61, column 11, category network, terms: expected words on both sides of the gap in `*3`",
            ][..],
        ),
        (
            r#"c1 = ["P5""#,
            r#"c1 = ["P1""#,
            &[
                "line 66, column 1, matrix: expected a table that never makes the worse case wait longer, but found P4 at criticality 1, mutualisation 2 after P1 for a lesser case",
            ][..],
        ),
        (
            "[language]",
            "[keys]\ninventory = [\"(\"]\n[language]",
            &[
                "line 22, column 13, keys, inventory: expected a regular expression for inventory numbers, but found `(`",
            ][..],
        ),
        (
            "[[signal]]\nid = \"fault\"",
            "[[signal]]\nid = \"spare\"\nany = [\"rien\"]\n[[signal]]\nid = \"fault\"",
            &["remark: line 33, column 6, signal, id: no rule asks for the signal `spare`"][..],
        ),
        (
            r#"device = ["pc", "mac"]"#,
            "device = [\"pc\", \"mac\"]\nidle = [\"rien\"]",
            &["remark: line 26, column 1, set, idle: no pattern names the set `{idle}`"][..],
        ),
        (
            r#""pc", "mac""#,
            r#""pc", "mac", "PC""#,
            &["remark: line 25, column 24, set, device: `PC` stands in this list twice"][..],
        ),
        (
            r#"any = ["phishing"]"#,
            r#"any = ["phishing", "Phishing"]"#,
            &[
                "remark: line 28, column 20, safety security, any: `Phishing` stands in this list twice",
            ][..],
        ),
        (
            r#"all = ["own"]"#,
            r#"all = ["own", "own"]"#,
            &[
                "remark: line 56, column 15, clause E2, when 2, all: `own` stands in this list twice",
            ][..],
        ),
        (
            r#"elsewhere = [{ fr = "Le vendeur.", en = "The shop." }]"#,
            "",
            &[
                "line 51, column 11, clause E2, when 1, verdict: expected `elsewhere` with at least one place to turn to, because a block of the clause refuses",
            ][..],
        ),
        (
            r#"elsewhere = [{ fr = "Le vendeur.", en = "The shop." }]"#,
            r#"elsewhere = [{ fr = "Le vendeur." }]"#,
            &["line 49, column 14, `elsewhere`: missing field `en`"][..],
        ),
        (
            r#"question = { fr = "À vous ?", en = "Yours?" }"#,
            r#"question = { fr = "À vous ?", en = "" }"#,
            &["line 48, column 36, clause E2, question, en: expected at least one entry"][..],
        ),
        (
            "any = [\"phishing\"]\ncriticality = 4\ncategory = \"other\"\nneeds = [\"fact:sender.known=true\"]",
            "criticality = 4",
            &[
                "line 27, column 6, safety security: expected `any`, `hints`, `facts` or `needs` with at least one entry",
            ][..],
        ),
        (
            r#"needs = ["fact:sender.known=true"]"#,
            "",
            &[
                "remark: line 42, column 6, safety: no safety rule needs `fact:sender.known=true`, so that somebody whom no table knows may be refused",
            ][..],
        ),
        (
            r#"unless = ["fact:asset.strong=true"]"#,
            r#"unless = ["own"]"#,
            &[
                "line 51, column 11, clause E2, when 1: expected a rule that can hold, but `own@strict` is asked for while `unless own` excludes it",
            ][..],
        ),
        (
            r#"all = ["own@strict"]"#,
            r#"all = ["own@strict", "fact:asset.scope=out", "fact:asset.scope=in|exempt"]"#,
            &[
                "line 51, column 11, clause E2, when 1: expected a rule that can hold, but `fact:asset.scope=out` is asked for while `fact:asset.scope=in|exempt` excludes it",
            ][..],
        ),
        (
            r#"all = ["own@strict"]"#,
            "all = [\"own@strict\"]\nany = [\"fact:asset.strong=true\"]",
            &[
                "line 51, column 11, clause E2, when 1: expected a rule that can hold, but `fact:asset.strong=true` is asked for while `unless fact:asset.strong=true` excludes it",
            ][..],
        ),
        (
            "[[category]]",
            "[[clause.when]]\nverdict = \"flag\"\nall = [\"own\", \"fault\"]\n[[category]]",
            &[
                "remark: line 58, column 11, clause E2, when 3: this rule never decides anything: rule 2 holds whenever it does, and weighs as much",
            ][..],
        ),
        (
            "[[category]]",
            "[[clause.when]]\nverdict = \"ask\"\nall = [\"own\"]\n[[category]]",
            &[
                "remark: line 58, column 11, clause E2, when 3: this rule never decides anything: rule 2 holds whenever it does, and weighs as much",
            ][..],
        ),
        (
            "verdict = \"ask\"\nall = [\"own\"]",
            "verdict = \"flag\"\nall = [\"own\"]",
            &[
                "remark: line 48, column 12, clause E2, question: no rule of this clause asks, so that its question is never put",
            ][..],
        ),
        (
            "[[category]]",
            "[[clause]]\nid = \"e2\"\nname = { fr = \"a\", en = \"b\" }\ntext_fr = \"a\"\ngloss_en = \"b\"\ncap = \"flag\"\nmode = \"auto\"\n[[category]]",
            &["line 58, column 6, clause, id: expected every id once, but found `e2` twice"][..],
        ),
        (
            r#"any = ["urgent"]"#,
            "any = []",
            &["line 64, column 7, level, any: expected at least one entry"][..],
        ),
        (
            r#"c1 = ["P5""#,
            r#"c1 = ["P0""#,
            &[
                "line 66, column 1, matrix: expected P1 to P5 at criticality 1, mutualisation 1, but found P0, which only a technician gives",
            ][..],
        ),
        (
            "[matrix]",
            "[matrx]",
            &[
                "line 1, column 1, card: expected a section `[matrix]`, but found none",
                "line 66, column 2, card: expected one of the sections schema, meta, engine, polarity, language, matrix, keys, scope, set, safety, signal, clause, category, level, but found `matrx`",
            ][..],
        ),
    ] {
        assert_eq!(told(from, to), messages, "for {to}");
    }
}

#[test]
fn mistakes_of_form_are_told_the_same_way() {
    for (from, to, messages) in [
        (
            "grace_days = 90",
            "grace_days = 90\ngrace = 2",
            &[
                "line 9, column 1, `grace`: unknown field `grace`, expected one of `ask_off_at_criticality`, `table_max_age_days`, `grace_days`, `default_criticality`, `default_mutualisation`, `people`, `fault_signal`, `request_signal`",
            ][..],
        ),
        (
            r#"verdict = "reject""#,
            r#"verdict = "refuse""#,
            &[
                "line 51, column 11, `verdict`: unknown variant `refuse`, expected one of `accept`, `flag`, `notice`, `ask`, `reject`",
            ][..],
        ),
        (
            "grace_days = 90",
            r#"grace_days = "90""#,
            &[
                "line 8, column 14, `grace_days`: invalid type: string \"90\", expected a whole number",
            ][..],
        ),
        (
            "grace_days = 90\n",
            "",
            &["line 5, column 1, `[engine]`: missing field `grace_days`"][..],
        ),
        (
            "grace_days = 90",
            "grace_days = ",
            &[
                "line 8, column 14, `grace_days`: string values must be quoted, expected literal string",
            ][..],
        ),
        (
            r#"mode = "auto""#,
            r#"mode = "on""#,
            &[
                "line 47, column 8, `mode`: unknown variant `on`, expected one of `shadow`, `propose`, `auto`",
            ][..],
        ),
        (
            "[[clause.when]]",
            "[[clause.wen]]",
            &[
                "line 50, column 10, `[[clause.wen]]`: unknown field `wen`, expected one of `id`, `name`, `text_fr`, `gloss_en`, `elsewhere`, `question`, `admits`, `denies`, `accept_on`, `cap`, `mode`, `when`",
            ][..],
        ),
        (
            r#"any = ["mon {device}"]"#,
            r#"ani = ["mon {device}"]"#,
            &[
                "line 40, column 1, `ani`: unknown field `ani`, expected one of `id`, `why`, `says`, `any`, `except`",
            ][..],
        ),
        (
            "[[level]]",
            "[level]",
            &["line 62, column 1, `[level]`: expected a list of tables, each under `[[…]]`"][..],
        ),
        (
            r#"c4 = ["P2", "P2", "P1", "P1"]"#,
            r#"c4 = ["P2", "P2", "P1"]"#,
            &["line 67, column 6, `c4`: invalid length 3, expected an array of length 4"][..],
        ),
        (
            r#"device = ["pc", "mac"]"#,
            r#"device = "pc""#,
            &[
                "line 25, column 10, `device`: invalid type: string \"pc\", expected a list in `[…]`",
            ][..],
        ),
        (
            r#"service = "Test""#,
            r#"service = "Test"
service = "Twice""#,
            &["line 4, column 1, `service`: duplicate key"][..],
        ),
    ] {
        assert_eq!(told(from, to), messages, "for {to}");
    }
}

#[test]
fn mistakes_are_told_all_at_once_in_the_order_of_the_card() {
    let broken = CARD
        .replace("grace_days = 90", "grace_days = true")
        .replace("\"urgent\"", "\"(urgent\"")
        .replace("any = [\"mon {device}\"]", "ani = [\"mon {device}\"]")
        .replace("cap = \"reject\"", "cap = \"ask\"")
        .replace("en = \"Yours?\"", "en = \"\"");
    let told: Vec<String> = Card::check(&broken)
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    // `own` could not be read, so nobody is told that it is unknown.
    assert_eq!(
        told,
        [
            "line 8, column 14, `grace_days`: invalid type: boolean `true`, expected a whole number",
            "line 40, column 1, `ani`: unknown field `ani`, expected one of `id`, `why`, `says`, `any`, `except`",
            "line 48, column 36, clause E2, question, en: expected at least one entry",
            "line 51, column 11, clause E2, when 1, verdict: expected at most `ask`, the cap of the clause, but found `reject`",
            "line 65, column 8, level, any: expected every bracket of `(urgent` to be closed and every alternative to hold a word",
        ]
    );
    let error = Card::parse(&broken, "card.toml").unwrap_err();
    assert_eq!(
        error.to_string(),
        "card.toml, line 8, column 14, `grace_days`: invalid type: boolean `true`, expected a whole number (and 4 more: `guichet policy check` shows all)"
    );
}

#[test]
fn there_is_nothing_to_say_against_the_shipped_card() {
    let checked = Card::check(Card::shipped_text());
    let told: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, Vec::<String>::new());
    assert!(checked.card.is_some());
}

/// A rule of a generated card: its verdict and its conditions.
#[derive(Debug, Clone)]
struct Rule {
    verdict: &'static str,
    lists: [Vec<String>; 3],
}

impl Rule {
    fn text(&self) -> String {
        let [all, any, unless] = &self.lists;
        let verdict = self.verdict;
        format!(
            "[[clause.when]]\nverdict = \"{verdict}\"\nall = {all:?}\nany = {any:?}\nunless = {unless:?}\n"
        )
    }
}

/// The small card without its safety rule, and with these rules.
fn card_of(rules: &[Rule]) -> String {
    let start = CARD.find("[[clause.when]]").unwrap();
    let end = CARD.find("[[category]]").unwrap();
    let rules: String = rules.iter().map(Rule::text).collect();
    let card = format!("{}{rules}{}", &CARD[..start], &CARD[end..]);
    card.replace("any = [\"phishing\"]", "any = [\"nothing like it\"]")
        .replace("needs = [\"fact:sender.known=true\"]\n", "")
}

/// What the clause makes of every letter there can be, as far as facts and these words go.
fn outcomes(card: &str) -> Vec<Outcome> {
    let card = Card::parse(card, "generated.toml").unwrap_or_else(|error| panic!("{error}"));
    let registry = Registry::load(&[], card.registry_settings()).unwrap();
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let mut outcomes = Vec::new();
    for bits in 0..4 {
        for trusted_sender in [Tri::True, Tri::False, Tri::Unknown] {
            for words in ["bonjour", "mon pc", "pas mon pc", "si mon pc"] {
                let text = Text {
                    new: words.to_owned(),
                    ..Text::default()
                };
                let letter = Letter {
                    forwarded: bits & 1 > 0,
                    reply_to_ticket: bits & 2 > 0,
                    trusted_sender,
                    from: Some("claire@univ.example"),
                    ..Letter::new("", &text)
                };
                outcomes.push(judge(&card, &registry, &letter, now).outcome);
            }
        }
    }
    outcomes
}

fn rules() -> impl proptest::strategy::Strategy<Value = Vec<Rule>> {
    use proptest::collection::vec;
    use proptest::sample::select;
    use proptest::strategy::Strategy;
    let condition = || {
        select(vec![
            "fact:mail.forwarded=true",
            "fact:mail.reply=true",
            "fact:mail.reply=false",
            "fact:mail.reply=true|false",
            "fact:sender.trusted=true",
            "fact:sender.trusted=false",
            "fact:sender.known=true",
            "own",
            "own@strict",
        ])
        .prop_map(str::to_owned)
    };
    let verdict = select(vec!["flag", "ask", "reject"]);
    let lists = (
        vec(condition(), 0..3),
        vec(condition(), 0..3),
        vec(condition(), 0..2),
    );
    let rule = (verdict, lists).prop_map(|(verdict, (all, any, unless))| Rule {
        verdict,
        lists: [all, any, unless],
    });
    vec(rule, 2..4)
}

/// Cards of which many say something in vain; few random ones do.
#[test]
fn a_rule_that_is_said_to_be_idle_can_be_left_out() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = rules();
    let mut idle = 0;
    for _ in 0..800 {
        let rules = strategy.new_tree(&mut runner).unwrap().current();
        let text = card_of(&rules);
        for finding in Card::check(&text).findings {
            let Problem::Covered(_) = finding.problem else {
                continue;
            };
            idle += 1;
            let number = finding.key.rsplit("when ").next().unwrap();
            let mut fewer = rules.clone();
            fewer.remove(number.parse::<usize>().unwrap() - 1);
            assert_eq!(
                outcomes(&text),
                outcomes(&card_of(&fewer)),
                "{finding}: {text}"
            );
        }
    }
    assert!(idle > 20, "too few idle rules to prove anything: {idle}");
}
