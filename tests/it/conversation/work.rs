//! Notifications, and replies that are the answer of the service.

use jiff::SignedDuration;

use super::{CLAIRE, PAUL, ZOE, opened};
use crate::office::{Office, letter, reply, to};

#[test]
fn a_new_ticket_is_told_to_each_technician_alone() {
    let (_office, mails) = opened();
    assert_eq!(mails.len(), 3, "{mails:#?}");
    let paul = to(&mails, "paul@univ.example");
    assert_eq!(paul.subject, "[Support #1] P3 Imprimante du 3e");
    paul.assert_says("Nouvelle demande 1.")
        .assert_says("Demandeur : Claire Dumas <claire@univ.example>")
        .assert_says("l'imprimante du couloir du 3e n'imprime plus")
        .assert_says("#aide");
    assert_eq!(paul.envelope_sender, None);
    assert_eq!(
        paul.field("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    to(&mails, "zoe@univ.example").assert_says("New ticket 1.");
    // One recipient each, and no other person's address in any header.
    for mail in &mails {
        assert_eq!(mail.field("Cc"), None);
        assert!(mail.field("To").unwrap().contains(&mail.to), "{mail:?}");
    }
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| &mail.message_id).collect();
    assert_eq!(ids.len(), 3, "a token of their own each");
}

#[test]
fn a_technicians_reply_is_the_answer_of_the_service() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example");
    let became = office.post(&reply(
        PAUL,
        notification,
        "Bonjour,\nle toner est changé, essayez à nouveau.\n-- \nPaul Martin\nBureau 12",
    ));
    assert_eq!(became.disposition, "command", "{became:?}");
    let mails = office.deliver_all();
    let answer = to(&mails, "claire@univ.example");
    assert_eq!(answer.subject, "[Support #1] Imprimante du 3e");
    answer
        .assert_says("le toner est changé, essayez à nouveau.")
        .assert_says("Paul Martin\nBureau 12")
        .assert_silent_about("Nouvelle demande")
        .assert_silent_about("#aide");
    assert_eq!(answer.field("Auto-Submitted"), None, "a person wrote it");
    assert_eq!(
        answer.envelope_sender.as_deref(),
        Some("support@univ.example")
    );
    assert!(
        answer
            .raw
            .contains("From: Assistance informatique <support@univ.example>")
    );
    assert!(!answer.raw.contains("paul@univ.example"), "{}", answer.raw);
    assert_eq!(
        answer.field("In-Reply-To").as_deref(),
        Some("<1@univ.example>")
    );
    assert_eq!(office.status(1), "open");
    // The colleague hears of it, the writer does not.
    to(&mails, "zoe@univ.example").assert_says("le toner est changé");
    assert_eq!(mails.len(), 2, "{mails:#?}");
}

#[test]
fn the_requester_answers_and_the_one_who_worked_on_it_hears_of_it() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "Quel modèle est-ce ?",
    ));
    let mails = office.deliver_all();
    let answer = to(&mails, "claire@univ.example").clone();
    let became = office.post(&reply(CLAIRE, &answer, "C'est une Ricoh."));
    assert_eq!(became.disposition, "follow_up");
    assert_eq!(became.ticket, Some(1));
    assert!(office.deliver().is_empty(), "updates wait for more");
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example")
        .assert_says("Du nouveau dans la demande 1.")
        .assert_says("C'est une Ricoh.");
}

#[test]
fn a_burst_of_letters_is_one_update() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "Quel modèle est-ce ?",
    ));
    let mails = office.deliver_all();
    let answer = to(&mails, "claire@univ.example").clone();
    for words in [
        "C'est une Ricoh.",
        "Modèle MP 2555.",
        "Le voyant est rouge.",
    ] {
        office.post(&reply(CLAIRE, &answer, words));
        office.pass(SignedDuration::from_secs(30));
    }
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example")
        .assert_says("C'est une Ricoh.")
        .assert_says("Modèle MP 2555.")
        .assert_says("Le voyant est rouge.");
}

#[test]
fn a_note_stays_inside() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#note toner commandé, livraison jeudi",
    ));
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
    to(&mails, "zoe@univ.example").assert_says("toner commandé, livraison jeudi");
}

#[test]
fn an_empty_answer_sends_nothing_and_says_so() {
    let (office, mails) = opened();
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), ""));
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example").assert_says("un texte est attendu");
}

#[test]
fn nothing_of_a_notification_reaches_the_requester_however_it_is_quoted() {
    let (office, mails) = opened();
    let notification = to(&mails, "paul@univ.example").clone();
    // No marks, no attribution, and the first line wrapped: what a telephone makes of it.
    let below = notification
        .body
        .replace("ligne / Reply above", "ligne /\nReply above");
    let mut letter = reply(PAUL, &notification, "");
    letter.body = format!("C'est réparé.\n\n-- \nPaul Martin\n\n{below}");
    office.post(&letter);
    to(&office.deliver_all(), "claire@univ.example")
        .assert_says("C'est réparé.")
        .assert_says("Paul Martin")
        .assert_silent_about("Nouvelle demande")
        .assert_silent_about("#aide");
}

#[test]
fn files_go_with_the_words_and_with_the_notification() {
    let office = Office::new();
    let mut letter = letter(CLAIRE, "Message d'erreur", "Bonjour,\nvoici la capture.");
    letter.file = Some(("capture.png", "image/png", b"a picture".to_vec()));
    office.post(&letter);
    let mails = office.deliver();
    let notification = to(&mails, "paul@univ.example").clone();
    assert_eq!(
        notification.files(),
        [("capture.png".to_owned(), b"a picture".to_vec())]
    );
    let mut answer = reply(PAUL, &notification, "Bonjour,\nvoici la procédure.");
    answer.file = Some(("procédure.pdf", "application/pdf", b"a page".to_vec()));
    office.post(&answer);
    let mails = office.deliver_all();
    let answer = to(&mails, "claire@univ.example");
    assert_eq!(
        answer.files(),
        [("procédure.pdf".to_owned(), b"a page".to_vec())]
    );
    answer.assert_says("voici la procédure.");
}

#[test]
fn an_address_that_cannot_be_written_to_silences_nobody_else() {
    let office = Office::new();
    let became = office.post(&letter(
        "Zo\u{e9} <zo\u{e9}@univ.example>",
        "Souris en panne",
        "Bonjour,\nma souris ne marche plus.",
    ));
    assert_eq!(became.disposition, "ticket", "{became:?}");
    let mails = office.deliver();
    to(&mails, "paul@univ.example").assert_says("ma souris ne marche plus");
}

#[test]
fn help_is_the_manual() {
    let (office, mails) = opened();
    office.post(&reply(ZOE, to(&mails, "zoe@univ.example"), "#help"));
    let mails = office.deliver_all();
    to(&mails, "zoe@univ.example")
        .assert_says("#merge 123")
        .assert_says("#undo");
}

#[test]
fn letters_that_are_told_together_keep_their_files() {
    let (office, mails) = opened();
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), "Une photo ?"));
    let answer = to(&office.deliver_all(), "claire@univ.example").clone();
    for (name, size) in [
        ("avant.jpg", 10),
        ("film.mp4", 5_000_000),
        ("apr\u{e8}s.jpg", 500_000),
    ] {
        let mut photo = reply(CLAIRE, &answer, &format!("Voici {name}"));
        photo.file = Some((name, "image/jpeg", vec![b'x'; size]));
        office.post(&photo);
        office.pass(SignedDuration::from_secs(20));
    }
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let update = to(&mails, "paul@univ.example");
    for name in ["avant.jpg", "film.mp4", "apr\u{e8}s.jpg"] {
        update.assert_says(&format!("Voici {name}"));
    }
    // The newest first, as far as the limit goes; what does not fit is named.
    let names: Vec<String> = update.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["avant.jpg", "apr\u{e8}s.jpg"]);
    update.assert_says("film.mp4 (5,0 Mo), trop volumineuse pour être transmise");
    assert_eq!(
        office.text("SELECT count(*) FROM waiting_file"),
        "0",
        "nothing is kept twice"
    );
}

#[test]
fn a_technician_hears_that_their_answer_did_not_arrive() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#prendre\nC'est réparé.",
    ));
    let mails = office.deliver_all();
    let answer = to(&mails, "claire@univ.example").clone();
    let report = bounce(&answer);
    assert_eq!(office.post_raw(report.clone()).disposition, "bounce");
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let told = to(&mails, "paul@univ.example").clone();
    assert_eq!(told.kind, "technician_undelivered");
    told.assert_says("n'est pas arrivée à claire@univ.example")
        .assert_says("550 5.1.1")
        .assert_says("#copie ADRESSE");
    // Once, and not about letters that a machine wrote.
    let again = String::from_utf8(report).unwrap().replace("n1@", "n2@");
    assert_eq!(office.post_raw(again.into_bytes()).disposition, "bounce");
    assert!(office.deliver_all().is_empty());
    // The answer to it reaches the requester where they are.
    office.post(&reply(
        PAUL,
        &told,
        "#copie claire.perso@univ.example\nC'est réparé.",
    ));
    to(&office.deliver_all(), "claire.perso@univ.example").assert_says("C'est réparé.");
}

#[test]
fn a_technician_hears_that_the_server_refused_their_answer_at_once() {
    let (office, mails) = opened();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "C'est réparé.",
    ));
    assert_eq!(office.refuse(), 1);
    let mails = office.deliver();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example")
        .assert_says("n'est pas arrivée à claire@univ.example")
        .assert_says("550 5.1.1 no such user");
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "the colleague's update: {mails:#?}");
    to(&mails, "zoe@univ.example").assert_says("C'est réparé.");
}

#[test]
fn a_bounced_acknowledgement_is_told_to_nobody() {
    let (office, mails) = opened();
    let report = bounce(to(&mails, "claire@univ.example"));
    assert_eq!(office.post_raw(report).disposition, "bounce");
    assert!(office.deliver_all().is_empty());
}

/// What a mail server reports of a letter of ours that it could not deliver (RFC 3464).
fn bounce(lost: &crate::office::Mail) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.univ.example\r\nTo: support@univ.example\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <n1@mx.univ.example>\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n\
         --r\r\nContent-Type: text/plain\r\n\r\nnot delivered\r\n\
         --r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.univ.example\r\n\r\n\
         Final-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
         --r\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--r--\r\n",
        lost.to, lost.raw
    )
    .into_bytes()
}

#[test]
fn how_to_reach_the_requester_is_on_the_sheet() {
    let office = Office::new();
    let words =
        "Bonjour,\nmon écran reste noir.\n-- \nClaire Dumas\nTél. 04 91 00 12 34\nBureau 214";
    office.post(&letter(CLAIRE, "Écran noir", words));
    let mails = office.deliver();
    let paul = to(&mails, "paul@univ.example").clone();
    paul.assert_says("Téléphone : 04 91 00 12 34, bureau : 214");
    office.post(&reply(PAUL, &paul, "#prendre\nJe passe."));
    let answer = to(&office.deliver_all(), "claire@univ.example").clone();
    office.post(&reply(
        CLAIRE,
        &answer,
        "Je suis aujourd'hui dans le bureau 310.",
    ));
    to(&office.deliver_all(), "paul@univ.example")
        .assert_says("Téléphone : 04 91 00 12 34, bureau : 310");
}

#[test]
fn a_letter_in_both_languages_is_signed_once() {
    let office = Office::new();
    office.post(&letter(CLAIRE, "Wifi", "Wifi."));
    let acknowledged = to(&office.deliver(), "claire@univ.example").clone();
    acknowledged
        .assert_says("(English version below)")
        .assert_says("Message préparé automatiquement")
        .assert_says("Prepared automatically");
    assert_eq!(
        acknowledged.body.matches("\n-- \n").count(),
        1,
        "{}",
        acknowledged.body
    );
    assert_eq!(acknowledged.body.matches("support@univ.example").count(), 1);
}
