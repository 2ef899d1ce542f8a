//! Several people, several tickets: copies, the same problem twice, thanks, coming back.

use jiff::SignedDuration;

use super::{CLAIRE, PAUL, opened};
use crate::office::{Office, letter, reply, to};

#[test]
fn thanks_reopen_nothing_and_anything_else_does() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#résoudre\nfait",
    ));
    let mails = office.deliver_all();
    let resolved = to(&mails, "claire@univ.example").clone();
    office.post(&reply(
        CLAIRE,
        &resolved,
        "Merci beaucoup, ça marche !\nClaire",
    ));
    assert_eq!(office.status(1), "resolved");
    office.post(&reply(
        CLAIRE,
        &resolved,
        "Merci, mais ça ne marche toujours pas.",
    ));
    assert_eq!(office.status(1), "open");
}

#[test]
fn a_closed_ticket_opens_again_for_two_weeks_and_then_a_new_one_is_linked() {
    for (days, ticket) in [(13, 1), (15, 2)] {
        let (office, mails) = opened();
        office.post(&reply(PAUL, to(&mails, "paul@univ.example"), "#clore"));
        let mails = office.deliver_all();
        let closed = to(&mails, "claire@univ.example").clone();
        office.pass(SignedDuration::from_hours(24 * days));
        let became = office.post(&reply(CLAIRE, &closed, "Le problème est revenu."));
        assert_eq!(became.ticket, Some(ticket), "after {days} days");
    }
}

#[test]
fn people_in_copy_take_part() {
    let office = Office::new();
    office.post(
        &letter(
            CLAIRE,
            "Vidéoprojecteur salle 12",
            "Bonjour,\nil ne s'allume plus.",
        )
        .cc("Luc <luc@univ.example>, support@univ.example, x@ailleurs.example"),
    );
    let mails = office.deliver();
    assert!(
        mails.iter().all(|mail| mail.to != "luc@univ.example"),
        "no automatic letter"
    );
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "Je viens le voir.",
    ));
    let mails = office.deliver_all();
    for address in [
        "claire@univ.example",
        "luc@univ.example",
        "x@ailleurs.example",
    ] {
        to(&mails, address).assert_says("Je viens le voir.");
    }
    let luc = to(&mails, "luc@univ.example").clone();
    let became = office.post(&reply(
        "Luc <luc@univ.example>",
        &luc,
        "Merci, je serai là.",
    ));
    assert_eq!(became.ticket, Some(1));
}

#[test]
fn two_people_with_one_problem_are_shown_and_merged() {
    let (office, _) = opened();
    office.post(&letter(
        "Rémi Vidal <remi@univ.example>",
        "imprimante 3e étage",
        "Bonjour, l'imprimante du couloir du 3e n'imprime plus rien.",
    ));
    let mails = office.deliver_all();
    let paul = to(&mails, "paul@univ.example").clone();
    paul.assert_says("Peut-être la même chose : 1, Imprimante du 3e (Claire Dumas)");
    office.post(&reply(PAUL, &paul, "#fusionner 1"));
    let mails = office.deliver_all();
    to(&mails, "remi@univ.example").assert_says("même problème que la demande 1");
    assert_eq!(office.status(2), "closed");
    // What Rémi writes about his ticket reaches the one that goes on.
    let added = to(&mails, "remi@univ.example").clone();
    let became = office.post(&reply(
        "Rémi Vidal <remi@univ.example>",
        &added,
        "Toujours en panne.",
    ));
    assert_eq!(became.ticket, Some(1), "{became:?}");
}

#[test]
fn the_same_request_again_within_minutes_joins_the_first() {
    let (office, _) = opened();
    office.pass(SignedDuration::from_mins(10));
    let again = letter(CLAIRE, "Imprimante du 3e", "J'oubliais : c'est la Ricoh.");
    assert_eq!(office.post(&again).ticket, Some(1));
    office.pass(SignedDuration::from_mins(10));
    let later = letter(CLAIRE, "Imprimante du 3e", "Et une autre panne.");
    assert_eq!(
        office.post(&later).ticket,
        Some(2),
        "a quarter of an hour later"
    );
}

#[test]
fn of_two_tickets_in_one_letter_the_tokens_counts() {
    let (office, mails) = opened();
    let answer = to(&mails, "claire@univ.example").clone();
    office.post(&letter(
        CLAIRE,
        "Écran noir au bureau",
        "Bonjour,\nmon écran reste noir.",
    ));
    let mut both = reply(CLAIRE, &answer, "Toujours en panne.");
    both.subject = "Re: [Support #2] Écran noir".to_owned();
    assert_eq!(office.post(&both).ticket, Some(1));
}
