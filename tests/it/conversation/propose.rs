//! A card that only proposes: each refusal waits for a person's word.

use guichet::policy::Card;

use super::PAUL;
use crate::office::{Mail, Office, letter, reply, to};

const LUC: &str = "Luc Perrin <luc.perrin@univ.example>";

fn office() -> Office {
    Office::with_card(&Card::shipped_text().replace("mode = \"auto\"", "mode = \"propose\""))
}

/// A letter that the card would refuse, and what went out about it.
fn proposed() -> (Office, Vec<Mail>) {
    let office = office();
    let body = "Bonjour,\nmon ordinateur personnel rame, c'est pour un usage familial. Pouvez-vous le réparer ?";
    office.post(&letter(LUC, "Lenteur", body));
    let mails = office.deliver();
    (office, mails)
}

#[test]
fn a_prepared_refusal_is_sent_by_a_technicians_word_and_upheld_after_a_contest() {
    let (office, mails) = proposed();
    let first = to(&mails, "luc.perrin@univ.example");
    assert_eq!(first.kind, "acknowledgement");
    first.assert_silent_about("clause");
    let paul = to(&mails, "paul@univ.example").clone();
    paul.assert_says("Un refus est préparé (clause E2)")
        .assert_says("#confirmer");
    to(&mails, "zoe@univ.example").assert_says("A refusal is prepared (clause E2)");
    assert_eq!(office.status(1), "new");
    office.post(&reply(PAUL, &paul, "#confirmer"));
    assert_eq!(office.status(1), "refused");
    let mails = office.deliver_all();
    let refusal = to(&mails, "luc.perrin@univ.example").clone();
    refusal
        .assert_says("clause E2")
        .assert_says("usage familial")
        .assert_says("Si vous n'êtes pas d'accord");
    to(&mails, "paul@univ.example").assert_says("C'est fait.");
    office.post(&reply(
        LUC,
        &refusal,
        "Je conteste : je m'en sers aussi pour le labo.",
    ));
    assert_eq!(office.status(1), "contested");
    let contest = to(&office.deliver_all(), "paul@univ.example").clone();
    assert_eq!(contest.kind, "technician_contest");
    office.post(&reply(PAUL, &contest, "#confirmer\nL'appareil est privé."));
    let upheld = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    assert_eq!(upheld.kind, "upheld");
    upheld.assert_says("L'appareil est privé.");
    assert_eq!(office.status(1), "refused");
}

#[test]
fn a_prepared_refusal_is_dropped_and_nobody_outside_ever_hears_of_it() {
    let (office, mails) = proposed();
    let paul = to(&mails, "paul@univ.example").clone();
    office.post(&reply(PAUL, &paul, "#accepter\n#prendre"));
    assert_eq!(office.status(1), "open");
    assert_eq!(office.text("SELECT outcome FROM ticket"), "accept");
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.kind != "rejection"),
        "{mails:#?}"
    );
    let transcript = to(&mails, "paul@univ.example").clone();
    transcript.assert_silent_about("Un refus est préparé");
    office.post(&reply(PAUL, &transcript, "#clore\nVu de vive voix."));
    to(&office.deliver_all(), "luc.perrin@univ.example").assert_says("Vu de vive voix.");
    assert_eq!(office.status(1), "closed");
}

#[test]
fn an_answer_prepares_a_refusal_where_the_card_only_proposes() {
    let office = office();
    office.post(&letter(
        LUC,
        "Teams",
        "Bonjour,\nTeams plante sur mon PC personnel.",
    ));
    let question = to(&office.deliver(), "luc.perrin@univ.example").clone();
    assert_eq!(question.kind, "question");
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    let told = to(&mails, "luc.perrin@univ.example");
    assert_eq!(told.kind, "noted");
    let update = to(&mails, "paul@univ.example").clone();
    update.assert_says("Un refus est préparé (clause E2)");
    office.post(&reply(PAUL, &update, "#confirmer"));
    let refusal = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    refusal.assert_says("vous avez répondu : « m'appartient »");
    assert_eq!(office.status(1), "refused");
}
