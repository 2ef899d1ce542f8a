//! Conversations from the first letter on: what each person reads, and what becomes of the ticket.

use jiff::SignedDuration;

use crate::office::{Mail, Office, letter, reply, to};

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";
const ZOE: &str = "Zoe Leger <zoe@univ.example>";

/// A ticket that Claire opened, and the letters that went out about it.
fn opened() -> (Office, Vec<Mail>) {
    let office = Office::new();
    let became = office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nl'imprimante du couloir du 3e n'imprime plus depuis ce matin.\nMerci",
    ));
    assert_eq!(became.ticket, Some(1), "{became:?}");
    let mails = office.deliver();
    (office, mails)
}

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
