//! Orders above the words: obeyed whole or not at all, taken back, confirmed.

use jiff::SignedDuration;

use super::{PAUL, opened};
use crate::office::{reply, to};

#[test]
fn orders_above_the_words_are_obeyed_and_told_line_by_line() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example");
    office.post(&reply(
        PAUL,
        notification,
        "#prendre\n#priorité P2\n#résoudre\nBonjour,\nc'est réparé.",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("est résolue")
        .assert_says("c'est réparé.")
        .assert_silent_about("#prendre");
    to(&mails, "paul@univ.example")
        .assert_says("C'est fait.")
        .assert_says("la demande est à vous")
        .assert_says("priorité P2")
        .assert_says("la demande est résolue")
        .assert_says("Votre texte est remis à l'envoi, pour le demandeur.")
        .assert_says("#annuler");
    assert_eq!(office.status(1), "resolved");
    assert_eq!(office.text("SELECT assignee FROM ticket"), "paul");
    assert_eq!(office.text("SELECT priority FROM ticket"), "P2");
}

#[test]
fn one_line_that_cannot_be_obeyed_stops_the_whole_letter() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example");
    office.post(&reply(
        PAUL,
        notification,
        "#prendre\n#prioritee P2\nBonjour,\nfait.",
    ));
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let transcript = to(&mails, "paul@univ.example");
    transcript
        .assert_says("Rien n'a été fait")
        .assert_says("commande inconnue");
    assert_eq!(office.status(1), "new");
    assert_eq!(office.text("SELECT assignee FROM ticket"), "");
    // The transcript is answered as the notification is.
    office.post(&reply(
        PAUL,
        transcript,
        "#prendre\n#priorité P2\nBonjour,\nfait.",
    ));
    to(&office.deliver_all(), "claire@univ.example").assert_says("fait.");
}

#[test]
fn undo_takes_back_state_and_assignment_within_a_quarter_of_an_hour() {
    for (minutes, status, assignee) in [(14, "new", ""), (16, "resolved", "paul")] {
        let (office, mails) = opened();
        office.post(&reply(
            PAUL,
            to(&mails, "paul@univ.example"),
            "#prendre\n#résoudre",
        ));
        let mails = office.deliver();
        let transcript = to(&mails, "paul@univ.example").clone();
        office.pass(SignedDuration::from_mins(minutes));
        office.post(&reply(PAUL, &transcript, "#annuler"));
        assert_eq!(office.status(1), status, "after {minutes} minutes");
        assert_eq!(office.text("SELECT assignee FROM ticket"), assignee);
    }
}

#[test]
fn a_second_answer_to_one_notification_waits_for_a_confirmation() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    office.post(&reply(PAUL, &notification, "Je passe à 14 h."));
    office.deliver_all();
    office.post(&reply(PAUL, &notification, "Plutôt à 15 h."));
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let question = to(&mails, "paul@univ.example").clone();
    question.assert_says("#oui").assert_says("déjà utilisée");
    office.post(&reply(PAUL, &question, "#oui"));
    to(&office.deliver_all(), "claire@univ.example").assert_says("Plutôt à 15 h.");
    // Once.
    office.post(&reply(PAUL, &question, "#oui"));
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
}

#[test]
fn an_absence_note_orders_nothing_and_reopens_nothing() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    let absent = reply(PAUL, &notification, "#clore\nJe suis absent jusqu'au 30.")
        .with("Auto-Submitted: auto-replied");
    assert_eq!(office.post(&absent).disposition, "automatic");
    assert_eq!(office.status(1), "new");
    assert!(office.deliver_all().is_empty());
}

#[test]
fn a_bare_yes_confirms_and_never_reaches_the_requester() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    office.post(&reply(PAUL, &notification, "Je passe à 14 h."));
    office.deliver_all();
    office.post(&reply(PAUL, &notification, "Plutôt à 15 h."));
    let question = to(&office.deliver_all(), "paul@univ.example").clone();
    office.post(&reply(PAUL, &question, "Oui"));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("Plutôt à 15 h.")
        .assert_silent_about("Oui");
}

#[test]
fn orders_count_in_the_first_lines_of_the_plain_text_alone() {
    for body in [
        "Bonjour,\n#clore",
        "Bonjour.\n\n> #clore",
        "Bonjour.\n-- \n#clore",
        "Bonjour.\n\n---------- Forwarded message ---------\nDe : Luc\nObjet : x\n\n#clore",
    ] {
        let (office, mails) = opened();
        office.post(&reply(PAUL, to(&mails, "paul@univ.example"), body));
        assert_ne!(office.status(1), "closed", "{body}");
    }
}

#[test]
fn a_letter_sent_again_is_not_obeyed_again() {
    let (office, mails) = opened();
    let order = reply(PAUL, to(&mails, "paul@univ.example"), "#résoudre\nfait");
    let written = office.now();
    let raw = order.bytes(
        77,
        &written.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
    );
    assert_eq!(office.post_raw(raw.clone()).disposition, "command");
    office.deliver_all();
    assert_eq!(office.post_raw(raw).disposition, "duplicate");
    assert!(office.deliver_all().is_empty());
}

#[test]
fn an_old_letter_of_a_technician_waits_for_a_confirmation() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    let written = office.now();
    office.pass(SignedDuration::from_hours(24 * 4));
    let letter = reply(PAUL, &notification, "Bonjour, c'est fait.");
    let became = office.post_dated(&letter, written);
    assert!(
        became.reason.contains("waits for a confirmation"),
        "{became:?}"
    );
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
}
