//! What an answer to a clause's question changes, and what it never does.

use guichet::message::Text;
use guichet::policy::answer::{Reading, read, rejudge};
use guichet::policy::{Card, ClauseId, Evidence, Letter, Outcome, Verdict, judge};
use guichet::registry::Registry;
use jiff::Timestamp;

use crate::policy_letters::{card, example_tables, load};

fn clause(id: &str) -> ClauseId {
    id.parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn tables() -> Registry {
    load(&example_tables(), card().registry_settings())
}

fn again(from: &str, body: &str, id: &str, answer: &str) -> (Verdict, Verdict) {
    let text = Text {
        new: body.to_owned(),
        ..Text::default()
    };
    let letter = Letter {
        from: Some(from),
        ..Letter::new("Question", &text)
    };
    let registry = tables();
    (
        judge(card(), &registry, &letter, now()),
        rejudge(card(), &registry, &letter, &clause(id), answer, now()),
    )
}

const LUC: &str = "luc.perrin@univ.example";
const TEAMS: &str = "Teams plante sur mon PC personnel";

#[test]
fn answers_are_read_in_both_languages() {
    use Reading::{AcceptsOffer, Admits, Denies, Unclear};
    for (id, answer, reading) in [
        ("E1", "Je l'ai acheté moi-même à la Fnac.", Admits),
        ("E1", "Il a été commandé par vos soins.", Denies),
        ("E1", "We bought it ourselves", Admits),
        ("E1", "Je ne sais pas", Unclear),
        ("E2", "Il m'appartient.", Admits),
        ("E2", "IL M'APPARTIENT", Admits),
        ("E2", "C'est le mien", Admits),
        ("E2", "It is my own", Admits),
        ("E2", "Il ne m'appartient pas.", Denies),
        ("E2", "Ce n'est pas le mien, il appartient au labo", Denies),
        ("E2", "L'étiquette porte le numéro 2024-00417", Denies),
        ("E2", "It was lent by the institute", Denies),
        ("E2", "It was provided by the institute", Denies),
        ("E2", "Si c'est le mien, que faire ?", Unclear),
        ("E2", "C'est le mien, mais fourni par le labo", Unclear),
        ("E2", "Oui", Unclear),
        ("E2", "", Unclear),
        ("E3", "J'utilise mon propre ordinateur", Admits),
        ("E3", "C'est un poste du labo", Denies),
        ("E4", "NON", Admits),
        ("E4", "non, c'est pour moi", Admits),
        ("E4", "Oui, c'est pour ma thèse", Denies),
        ("E4", "Non non, c'est pour mon travail", Unclear),
        ("E5", "MISE À NIVEAU", AcceptsOffer),
        ("E5", "Upgrade please", AcceptsOffer),
        ("E5", "Je ne veux pas de mise à niveau", Unclear),
        ("E5", "Est-ce que la mise à niveau efface tout ?", Unclear),
        ("E7", "OUI", Admits),
        ("E7", "no", Denies),
        ("E6", "je ne sais plus", Unclear),
        ("E9", "oui", Unclear),
    ] {
        assert_eq!(read(card(), &clause(id), answer), reading, "{id}: {answer}");
    }
}

#[test]
fn our_own_question_in_the_quotation_is_no_answer() {
    let answer = "Bonjour,\n\nLe lun. 23 nov. 2026 à 10:02, Assistance <support@univ.example> a écrit :\n> vous appartient-il ? C'est le mien\n> Il m'appartient";
    assert_eq!(read(card(), &clause("E2"), answer), Reading::Unclear);
}

#[test]
fn an_admission_refuses_without_reserve_and_says_why() {
    let (before, after) = again(LUC, TEAMS, "E2", "Il m'appartient.");
    assert_eq!(before.outcome, Outcome::Ask);
    assert_eq!(after.outcome, Outcome::Reject);
    assert_eq!(after.clause, Some(clause("E2")));
    assert!(!after.reserve && after.question.is_none());
    let answer = after.trace.answer.as_ref().unwrap();
    assert_eq!(answer.reading, Reading::Admits);
    assert!(after.evidence.contains(&Evidence::Signal {
        signal: "answer".to_owned(),
        quote: "m'appartient".to_owned(),
    }));
    // The same decision, read back.
    let json = serde_json::to_string(&after).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), after);
}

#[test]
fn what_speaks_against_it_stops_an_admission() {
    for (from, body, answer) in [
        // an exception, in the letter or in the answer
        (LUC, TEAMS, "Il m'appartient, je m'en sers pour ma thèse."),
        // contrary: a machine of the inventory
        (LUC, TEAMS, "Il m'appartient, c'est le 2024-00417."),
        // a safety cue
        (
            LUC,
            TEAMS,
            "Il m'appartient. Je crois que j'ai un virus dessus.",
        ),
        (
            LUC,
            TEAMS,
            "Il m'appartient. J'ai cliqué sur un lien frauduleux.",
        ),
        // work that is stopped now
        (LUC, TEAMS, "Il m'appartient. Ma soutenance est demain !"),
        // nobody whom the tables know
        ("stranger@elsewhere.example", TEAMS, "Il m'appartient."),
        // the letter was passed on
        (LUC, "TR : mon PC personnel", "Peut-être"),
    ] {
        let (_, after) = again(from, body, "E2", answer);
        assert_ne!(after.outcome, Outcome::Reject, "{answer}");
        assert!(!after.proposed && after.question.is_none(), "{answer}");
    }
}

#[test]
fn a_denial_ends_the_clause() {
    let (before, after) = again(LUC, TEAMS, "E2", "Il ne m'appartient pas.");
    assert_eq!(before.outcome, Outcome::Ask);
    assert!(after.outcome <= Outcome::Flag);
    // Not even the two plain statements that refused before.
    let private = "Mon ordinateur personnel rame, c'est pour un usage familial";
    let (before, after) = again(LUC, private, "E2", "Non, il ne m'appartient pas.");
    assert_eq!(before.outcome, Outcome::Reject);
    assert!(after.outcome <= Outcome::Flag);
}

#[test]
fn an_unclear_answer_goes_to_a_technician_and_asks_nothing() {
    for answer in [
        "Je ne sais pas trop",
        "",
        "Oui",
        "Pourquoi cette question ?",
    ] {
        let (_, after) = again(LUC, TEAMS, "E2", answer);
        assert_eq!(after.outcome, Outcome::Flag, "{answer}");
        assert!(after.question.is_none());
    }
}

#[test]
fn a_machine_the_answer_names_counts_as_one_the_letter_names() {
    let remi = "remi.castel@univ.example";
    let bought = "L'ordinateur acheté sur l'ANR ne démarre plus";
    let (before, out) = again(remi, bought, "E1", "Le numéro est 2026-00233.");
    assert_eq!(before.outcome, Outcome::Ask);
    assert_eq!((out.outcome, out.reserve), (Outcome::Reject, false));
    let (_, supported) = again(remi, bought, "E1", "C'est le 2024-00417.");
    assert_ne!(supported.outcome, Outcome::Reject);
    assert!(supported.question.is_none());
}

#[test]
fn the_offer_of_a_refusal_can_be_taken() {
    let gerard = "gerard.olmeta@univ.example";
    let slow = "Mon poste 2013-00088 est très lent";
    for answer in ["MISE À NIVEAU", "upgrade", "Oui, mise à niveau svp"] {
        let (before, after) = again(gerard, slow, "E5", answer);
        assert_eq!(before.outcome, Outcome::Reject);
        assert_eq!(after.outcome, Outcome::Accept, "{answer}");
    }
    let (_, refused) = again(gerard, slow, "E5", "Ce n'est pas acceptable.");
    assert_eq!(refused.outcome, Outcome::Reject);
}

#[test]
fn the_question_about_a_backup_never_refuses() {
    let changed = "J'ai modifié la base de registre et le PC ne démarre plus";
    for answer in ["OUI", "NON", "yes", "no", "je ne sais pas"] {
        let (before, after) = again(LUC, changed, "E7", answer);
        assert_eq!(before.outcome, Outcome::Notice);
        assert_eq!(after.outcome, Outcome::Flag, "{answer}");
    }
}

#[test]
fn mistakes_in_answers_are_told() {
    for (from, to, told) in [
        (
            "admits = [\"oui\", \"yes\",",
            "admits = [\"oui\", \"non\",",
            "in one of `admits`, `denies` and `accept_on`",
        ),
        (
            "admits = [\"oui\", \"yes\",",
            "admits = [\"oui\", \"*3 yes\",",
            "words on both sides of the gap",
        ),
        (
            "question = { fr = \"Vos données",
            "# question = { fr = \"Vos données",
            "because answers to it are listed",
        ),
    ] {
        let text = Card::shipped_text();
        assert!(text.contains(from), "{from}");
        let findings = Card::check(&text.replacen(from, to, 1)).findings;
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|line| line.contains(told)), "{said:?}");
    }
}
