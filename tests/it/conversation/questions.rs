//! Questions of the card, and what their answers bring about: the request judged once more.

use super::PAUL;
use crate::office::{Mail, Office, letter, reply, to};

const LUC: &str = "Luc Perrin <luc.perrin@univ.example>";
const REMI: &str = "Rémi Castel <remi.castel@univ.example>";
const MEI: &str = "Mei Tanaka <mei.tanaka@univ.example>";

/// A request about which the card asks, and the question.
fn asked(from: &str, body: &str) -> (Office, Mail) {
    let office = Office::with_tables();
    office.post(&letter(from, "Panne", body).cc("nadia.haddad@univ.example"));
    let mails = office.deliver();
    let address = from.rsplit('<').next().unwrap().trim_end_matches('>');
    let question = to(&mails, address).clone();
    assert_eq!(question.kind, "question", "{question:?}");
    assert_eq!(office.status(1), "waiting_requester");
    (office, question)
}

const OWN: &str = "Bonjour,\nTeams plante sur mon PC personnel.";
const GRANT: &str = "Bonjour,\nl'ordinateur acheté sur l'ANR ne démarre plus.";

#[test]
fn an_admission_is_refused_with_its_own_words_and_one_reply_brings_it_to_a_person() {
    let (office, question) = asked(LUC, OWN);
    let became = office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(became.disposition, "follow_up", "{became:?}");
    assert_eq!(office.status(1), "refused");
    let mails = office.deliver_all();
    let refusal = to(&mails, "luc.perrin@univ.example").clone();
    assert_eq!(refusal.kind, "rejection");
    refusal
        .assert_says("clause E2")
        .assert_says("vous avez répondu : « m'appartient »")
        .assert_says("Si vous n'êtes pas d'accord, répondez à ce message.")
        .assert_silent_about("repose seulement sur les mots");
    assert_eq!(
        refusal.field("Auto-Submitted").as_deref(),
        Some("auto-replied")
    );
    to(&mails, "paul@univ.example")
        .assert_says("le refus est envoyé")
        .assert_says("Il m'appartient.")
        .assert_says("État : refusée");
    assert!(
        mails
            .iter()
            .all(|mail| mail.to != "nadia.haddad@univ.example"),
        "evidence is for the requester alone"
    );
    let why = office.command(&["why", "1"]);
    assert!(why.contains("judged once more"), "{why}");
    assert!(why.contains("answered      admits: m'appartient"), "{why}");
    let stats = office.command(&["policy", "stats", "--json"]);
    assert!(stats.contains("\"refused\":1"), "{stats}");
    // The second life of the refusal.
    office.post(&reply(
        LUC,
        &refusal,
        "Je me suis trompé : c'est le poste 2021-00640 du labo.",
    ));
    assert_eq!(office.status(1), "contested");
    let contest = to(&office.deliver_all(), "paul@univ.example").clone();
    contest
        .assert_says("est contesté")
        .assert_says("2021-00640");
    office.post(&reply(
        PAUL,
        &contest,
        "#accepter\nBonjour, nous regardons.",
    ));
    assert_eq!(office.status(1), "open");
    let accepted = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    assert_eq!(accepted.kind, "accepted");
    let stats = office.command(&["policy", "stats", "--json"]);
    assert!(
        stats.contains("\"contested\":1,\"overturned\":1"),
        "{stats}"
    );
}

#[test]
fn a_denial_keeps_the_request_in_the_queue_and_is_noted() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Non, il est fourni par le labo."));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    let noted = to(&mails, "luc.perrin@univ.example").clone();
    assert_eq!(noted.kind, "noted");
    noted
        .assert_says("Merci, votre réponse est notée.")
        .assert_says("reste dans la file d'attente");
    let update = to(&mails, "paul@univ.example").clone();
    update.assert_says("fourni par le labo");
    office.post(&reply(
        PAUL,
        &update,
        "#prendre\n#résoudre\nTeams est réinstallé.",
    ));
    let resolved = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    resolved.assert_says("est résolue");
    office.post(&reply(LUC, &resolved, "Merci beaucoup !"));
    assert_eq!(office.status(1), "resolved");
}

#[test]
fn an_english_admission_is_refused_in_english() {
    let (office, question) = asked(
        MEI,
        "Hello,\nTeams crashes on my personal laptop. Please help.",
    );
    question.assert_says("or is it your own?");
    office.post(&reply(MEI, &question, "It is my own."));
    let refusal = to(&office.deliver_all(), "mei.tanaka@univ.example").clone();
    refusal
        .assert_says("you answered: “It is my own”")
        .assert_says("reply");
    assert_eq!(office.status(1), "refused");
}

#[test]
fn an_inventory_number_decides_in_both_directions() {
    let (office, question) = asked(REMI, GRANT);
    question.assert_says("numéro d'inventaire");
    office.post(&reply(REMI, &question, "Le numéro est 2026-00233."));
    let refusal = to(&office.deliver_all(), "remi.castel@univ.example").clone();
    refusal
        .assert_says("clause E1")
        .assert_says("inventaire 2026-00233")
        .assert_says("acheté par l'unité, hors marché");
    assert_eq!(office.status(1), "refused");

    let (office, question) = asked(REMI, GRANT);
    office.post(&reply(REMI, &question, "C'est le 2024-00417."));
    let noted = to(&office.deliver_all(), "remi.castel@univ.example").clone();
    assert_eq!(noted.kind, "noted");
    assert_eq!(office.status(1), "open");
}

#[test]
fn an_unclear_answer_goes_to_a_technician_and_only_the_first_is_judged() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Je ne sais pas trop, pourquoi ?"));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    assert!(
        mails
            .iter()
            .all(|mail| mail.to != "luc.perrin@univ.example"),
        "a person answers: {mails:#?}"
    );
    to(&mails, "paul@univ.example").assert_says("ne tranche pas");
    // What comes later is words for that person.
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    assert!(
        mails
            .iter()
            .all(|mail| mail.to != "luc.perrin@univ.example")
    );
}

#[test]
fn a_sign_of_danger_in_the_answer_outranks_it() {
    let (office, question) = asked(LUC, OWN);
    let words = "Il m'appartient. J'ai cliqué sur un lien frauduleux et donné mon mot de passe.";
    office.post(&reply(LUC, &question, words));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    let notice = to(&mails, "luc.perrin@univ.example");
    assert_eq!(notice.kind, "security_notice");
    to(&mails, "paul@univ.example").assert_says("s'y oppose");
    assert_eq!(office.text("SELECT criticality FROM ticket"), "4");
}

#[test]
fn only_the_requesters_own_proven_words_refuse() {
    let nadia = "Nadia <nadia.haddad@univ.example>";
    let words = "Il m'appartient.";
    for (name, change) in [
        ("somebody in copy", 0),
        ("not proven", 1),
        ("a file beside the words", 2),
        ("our question unmarked", 3),
    ] {
        let (office, question) = asked(LUC, OWN);
        let mut answer = reply(LUC, &question, words);
        match change {
            0 => answer.from = nadia.to_owned(),
            1 => answer.authentic = None,
            2 => answer.file = Some(("étiquette.jpg", "image/jpeg", b"a picture".to_vec())),
            _ => answer.body = format!("{words}\n\n{}", question.body),
        }
        let became = office.post(&answer);
        assert_eq!(became.ticket, Some(1), "{name}: {became:?}");
        assert_eq!(office.status(1), "open", "{name}");
        let mails = office.deliver_all();
        let refused = mails.iter().any(|mail| mail.kind == "rejection");
        assert!(!refused, "{name}");
        to(&mails, "paul@univ.example").assert_says(words);
    }
}

#[test]
fn a_forged_answer_is_kept_aside_and_the_question_stays() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Il m'appartient.").found(Some("fail")));
    assert_eq!(office.status(1), "waiting_requester");
    to(&office.deliver_all(), "paul@univ.example").assert_says("NON AUTHENTIFIÉ");
    office.post(&reply(LUC, &question, "Non, il est fourni par le labo."));
    assert_eq!(office.status(1), "open");
}

#[test]
fn a_person_who_took_the_ticket_reads_the_answer() {
    let (office, question) = asked(LUC, OWN);
    let n = office.text("SELECT message_id FROM outbox WHERE recipient = 'paul@univ.example'");
    let mut order = reply(PAUL, &question, "#prendre");
    order.answers = Some(n);
    office.post(&order);
    office.deliver_all();
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    to(&mails, "paul@univ.example").assert_says("Il m'appartient.");
}

#[test]
fn thanks_leave_the_question_open() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Merci beaucoup !"));
    assert_eq!(office.status(1), "waiting_requester");
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(office.status(1), "refused");
}

#[test]
fn thanks_may_be_what_a_technician_asked_for() {
    let office = Office::with_tables();
    office.post(&letter(
        LUC,
        "Lenteur",
        "Bonjour,\nmon poste est très lent.",
    ));
    let mails = office.deliver();
    let words = "#attendre\nEst-ce que ça marche maintenant ?";
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), words));
    let question = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    assert_eq!(office.status(1), "waiting_requester");
    office.post(&reply(LUC, &question, "Ça marche maintenant, merci !"));
    assert_eq!(office.status(1), "open");
    to(&office.deliver_all(), "paul@univ.example").assert_says("Ça marche maintenant");
}

#[test]
fn what_was_never_asked_waits_for_nobody() {
    let office = Office::with_tables();
    let became = office.post(&letter(LUC, "Panne", OWN).with("Precedence: bulk"));
    assert_eq!(became.ticket, Some(1), "{became:?}");
    let mails = office.deliver();
    assert!(
        mails
            .iter()
            .all(|mail| mail.to != "luc.perrin@univ.example")
    );
    assert_eq!(office.status(1), "new");
}

#[test]
fn a_backup_blocks_the_reset_and_not_the_ticket() {
    for (answer, line, word) in [
        ("OUI", "Sauvegarde : OUI", "yes"),
        ("Non, pas encore.", "Sauvegarde : NON", "no"),
    ] {
        let office = Office::with_tables();
        let body = "Bonjour,\nj'ai modifié la base de registre et le PC ne démarre plus.";
        office.post(&letter(LUC, "Mon PC", body));
        let mails = office.deliver();
        let notice = to(&mails, "luc.perrin@univ.example").clone();
        assert_eq!(notice.kind, "reset_notice");
        to(&mails, "paul@univ.example").assert_says("Sauvegarde : inconnue");
        assert_eq!(office.status(1), "new");
        office.post(&reply(LUC, &notice, answer));
        assert_eq!(office.status(1), "new", "the ticket never waited");
        let mails = office.deliver_all();
        assert_eq!(
            mails
                .iter()
                .filter(|mail| mail.to.starts_with("luc"))
                .count(),
            0
        );
        let update = to(&mails, "paul@univ.example").clone();
        update.assert_says(line);
        assert_eq!(office.text("SELECT backup FROM ticket"), word);
        office.post(&reply(PAUL, &update, "#résoudre\nLe poste est réparé."));
        to(&office.deliver_all(), "luc.perrin@univ.example").assert_says("est réparé");
    }
}

#[test]
fn a_technician_asks_about_the_backup_and_the_answer_is_on_the_sheet() {
    let office = Office::with_tables();
    office.post(&letter(
        LUC,
        "Lenteur",
        "Bonjour,\nmon poste est très lent.",
    ));
    let mails = office.deliver();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#demander E7",
    ));
    let question = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    question.assert_says("Vos données sont-elles sauvegardées ?");
    assert_eq!(office.status(1), "waiting_requester");
    office.post(&reply(LUC, &question, "Oui"));
    assert_eq!(office.status(1), "open");
    to(&office.deliver_all(), "paul@univ.example").assert_says("Sauvegarde : OUI");
}

#[test]
fn the_remedy_a_refusal_offers_is_an_accepted_request() {
    let gerard = "Gérard Olmeta <gerard.olmeta@univ.example>";
    for (answer, accepted) in [
        ("MISE À NIVEAU", true),
        ("Upgrade, please.", true),
        ("Je ne veux pas de mise à niveau, dépannez-le.", false),
    ] {
        let office = Office::with_tables();
        office.post(&letter(
            gerard,
            "Lenteur",
            "Bonjour,\nmon poste 2013-00088 est très lent.",
        ));
        let refusal = to(&office.deliver(), "gerard.olmeta@univ.example").clone();
        refusal.assert_says("répondez « MISE À NIVEAU »");
        assert_eq!(office.status(1), "refused");
        let category = office.text("SELECT category FROM ticket");
        office.post(&reply(gerard, &refusal, answer));
        let mails = office.deliver_all();
        if accepted {
            assert_eq!(office.status(1), "open", "{answer}");
            assert_eq!(office.text("SELECT outcome FROM ticket"), "accept");
            assert_eq!(office.text("SELECT category FROM ticket"), category);
            let told = to(&mails, "gerard.olmeta@univ.example");
            assert_eq!(told.kind, "offer_accepted");
            to(&mails, "paul@univ.example")
                .assert_says("accepte la solution proposée")
                .assert_says(answer);
            let stats = office.command(&["policy", "stats", "--json"]);
            assert!(
                stats.contains("\"contested\":0,\"overturned\":0"),
                "{stats}"
            );
        } else {
            assert_eq!(office.status(1), "contested", "{answer}");
            assert_eq!(to(&mails, "paul@univ.example").kind, "technician_contest");
        }
    }
}

#[test]
fn a_technician_takes_back_a_refusal_by_answer_without_any_contest() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Il m'appartient."));
    let update = to(&office.deliver_all(), "paul@univ.example").clone();
    update.assert_says("#accepter l'annule");
    office.post(&reply(
        PAUL,
        &update,
        "#accepter\n#prendre\nNous faisons une exception.",
    ));
    assert_eq!(office.status(1), "open");
    let told = to(&office.deliver_all(), "luc.perrin@univ.example").clone();
    assert_eq!(told.kind, "accepted");
    told.assert_says("Nous faisons une exception.");
    let examples = office.command(&["policy", "examples"]);
    assert!(examples.contains("must_not_refuse"), "{examples}");
}

#[test]
fn a_refusal_by_answer_that_does_not_arrive_is_none() {
    let (office, question) = asked(LUC, OWN);
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(office.status(1), "refused");
    assert_eq!(office.refuse(), 1);
    assert_eq!(office.status(1), "new");
    assert_eq!(office.text("SELECT outcome FROM ticket"), "flag");
}

#[test]
fn an_answer_after_the_budget_of_automatic_letters_is_left_to_a_person() {
    let office = Office::with_answers("per_recipient_per_day = 1\n");
    office.post(&letter(LUC, "Panne de Teams", OWN));
    let question = to(&office.deliver(), "luc.perrin@univ.example").clone();
    office.post(&reply(LUC, &question, "Il m'appartient."));
    assert_eq!(
        office.status(1),
        "open",
        "who cannot be told is not refused"
    );
    let mails = office.deliver_all();
    assert!(mails.iter().all(|mail| mail.kind != "rejection"));
    to(&mails, "paul@univ.example").assert_says("à vous de décider");
}
