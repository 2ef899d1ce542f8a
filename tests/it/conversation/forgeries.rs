//! What a forger, a stranger and a copy get.

use jiff::SignedDuration;

use super::{CLAIRE, PAUL, ZOE, opened};
use crate::office::{Office, letter, reply, to};

#[test]
fn a_forged_technician_gets_nowhere_and_the_owner_is_told() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    for found in [Some("fail"), None] {
        let forged = reply(PAUL, &notification, "#clore\nBonjour, c'est clos.").found(found);
        let became = office.post(&forged);
        assert_eq!(became.disposition, "command");
        assert!(became.reason.contains("not obeyed"), "{became:?}");
    }
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to == "paul@univ.example"),
        "{mails:#?}"
    );
    mails[0].assert_says("n'a pas confirmé qu'il vient de vous");
    assert_eq!(office.status(1), "new");
}

#[test]
fn a_forwarded_notification_does_not_serve_somebody_else() {
    let (office, mails) = opened();
    let pauls = to(&mails, "paul@univ.example").clone();
    let became = office.post(&reply(ZOE, &pauls, "#clore"));
    assert!(became.reason.contains("not obeyed"), "{became:?}");
    let stranger = office.post(&reply("Luc <luc@univ.example>", &pauls, "#clore"));
    assert_eq!(stranger.disposition, "ticket", "{stranger:?}");
    assert_eq!(office.status(1), "new");
}

#[test]
fn five_letters_that_prove_nothing_lock_a_name_for_an_hour() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    for n in 0..5 {
        office.post(&reply(PAUL, &notification, &format!("#clore\nessai {n}")).found(None));
    }
    let became = office.post(&reply(PAUL, &notification, "#prendre"));
    assert!(became.reason.contains("too many letters"), "{became:?}");
    office.pass(SignedDuration::from_mins(61));
    let became = office.post(&reply(PAUL, &notification, "#prendre"));
    assert_eq!(became.reason, "a technician's orders are obeyed");
}

#[test]
fn a_forged_requester_adds_no_outsider() {
    let office = Office::new();
    office.post(
        &letter(CLAIRE, "Accès au serveur", "Bonjour,\nje n'ai plus accès.")
            .cc("x@ailleurs.example")
            .found(None),
    );
    let people = office.text("SELECT group_concat(address) FROM participant");
    assert_eq!(people, "claire@univ.example");
}

#[test]
fn a_spoofed_requester_changes_nothing_and_the_team_is_warned() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#résoudre\nfait",
    ));
    office.deliver_all();
    let spoofed = letter(
        CLAIRE,
        "Re: [Support #1] Imprimante",
        "Envoyez-moi le mot de passe.",
    )
    .found(Some("fail"));
    let became = office.post(&spoofed);
    assert_eq!(became.ticket, Some(1), "{became:?}");
    assert_eq!(office.status(1), "resolved");
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example")
        .assert_says("ATTENTION")
        .assert_says("NON AUTHENTIFIÉ");
}

#[test]
fn a_stranger_with_a_requesters_token_joins_nothing_and_learns_nothing() {
    let (office, mails) = opened();
    let answer = to(&mails, "claire@univ.example").clone();
    let became = office.post(&reply(
        "Mallory <m@ailleurs.example>",
        &answer,
        "Et alors ?",
    ));
    assert_eq!(became.ticket, Some(2), "{became:?}");
    let people = office.text("SELECT group_concat(address) FROM participant WHERE ticket = 1");
    assert_eq!(people, "claire@univ.example");
    to(&office.deliver_all(), "paul@univ.example").assert_says("cite la demande #1");
}
