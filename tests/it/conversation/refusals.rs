//! Refusals, from the first letter to the last word of a person.

use super::{CLAIRE, PAUL, opened};
use crate::office::{Office, letter, reply, to};

#[test]
fn evidence_goes_to_the_requester_alone() {
    let office = Office::new();
    office.post(
        &letter(
            CLAIRE,
            "Logiciel de gestion",
            "Bonjour,\nil affiche une page blanche.",
        )
        .cc("luc@univ.example"),
    );
    let mails = office.deliver();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#refuser E2\nC'est un poste privé.",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("clause E2")
        .assert_says("C'est un poste privé.");
    assert!(
        mails.iter().all(|mail| mail.to != "luc@univ.example"),
        "{mails:#?}"
    );
    assert_eq!(office.status(1), "refused");
}

#[test]
fn a_contested_refusal_is_ended_by_a_person_and_told() {
    for (order, status, kind) in [
        ("#accepter", "open", "accepted"),
        ("#confirmer", "refused", "upheld"),
    ] {
        let (office, mails) = opened();
        office.post(&reply(
            PAUL,
            to(&mails, "paul@univ.example"),
            "#refuser E2\nposte privé",
        ));
        let mails = office.deliver_all();
        let refusal = to(&mails, "claire@univ.example").clone();
        office.post(&reply(
            CLAIRE,
            &refusal,
            "Non, c'est le poste du labo, étiquette 2024-00417.",
        ));
        assert_eq!(office.status(1), "contested");
        let mails = office.deliver_all();
        let contest = to(&mails, "paul@univ.example").clone();
        assert_eq!(contest.kind, "technician_contest");
        contest
            .assert_says("est contesté")
            .assert_says("étiquette 2024-00417");
        office.post(&reply(
            PAUL,
            &contest,
            &format!("{order}\nAprès vérification."),
        ));
        assert_eq!(office.status(1), status, "{order}");
        let mails = office.deliver_all();
        let told = to(&mails, "claire@univ.example");
        assert_eq!(told.kind, kind);
        told.assert_says("Après vérification.");
    }
}
