//! On-call presence from the first letter to the summary: what each person reads, what a window does
//! to the letters of its hours, and that nobody is granted anything by a forged word.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;

use crate::office::{Letter, Mail, Office, letter, reply, to};

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const INES: &str = "Ines Roux <ines@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";

/// Ines and Marc may grant; Paul and Zoé may not.
const APPROVERS: &str = r#"
[[technician]]
handle = "ines"
name = "Inès Roux"
addresses = ["ines@univ.example"]
approver = true
[[technician]]
handle = "marc"
name = "Marc Blanc"
addresses = ["marc@univ.example"]
language = "en"
approver = true
"#;

const WHOLE: &str = "Bonjour,\n\nNous organisons le congrès ASTRO 2026 du jeudi 3 au samedi 5 décembre dans \
l'amphithéâtre Ampère. Nous aurions besoin d'une astreinte de 8h à 20h, par téléphone et à distance, pour le \
wifi et la visioconférence (120 participants).\nResponsable sur place : Jean Dupont, 06 12 34 56 78. En son \
absence, Mme Marie Curie au 06 98 76 54 32.\n\nMerci,\nClaire";

fn office() -> Office {
    Office::with(APPROVERS)
}

/// A request that Claire made, and the letters about it.
fn asked() -> (Office, Vec<Mail>) {
    let office = office();
    let became = office.post(&letter(CLAIRE, "Demande d'astreinte", WHOLE));
    assert_eq!(became.disposition, "ticket", "{became:?}");
    let mails = office.deliver();
    (office, mails)
}

/// The same, granted to Ines as asked.
fn granted() -> (Office, Mail) {
    let (office, mails) = asked();
    let notice = to(&mails, "ines@univ.example");
    let became = office.post(&reply(INES, notice, "#accord tel=06 00 11 22 33"));
    assert_eq!(became.reason, "a technician's orders are obeyed");
    let mails = office.deliver_all();
    let approved = to(&mails, "claire@univ.example").clone();
    assert_eq!(approved.kind, "oncall_approved");
    (office, approved)
}

fn state(office: &Office) -> String {
    office.text("SELECT state FROM on_call WHERE ticket = 1")
}

/// What an open window would raise, under a subject of its own.
fn trouble(from: &str) -> Letter {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    letter(
        from,
        &format!("Panne numéro {}", NEXT.fetch_add(1, Ordering::Relaxed)),
        "Bonjour, le wifi de l'amphithéâtre Ampère ne marche plus, nous sommes bloqués.",
    )
}

#[test]
fn a_request_is_echoed_with_weekdays_and_brought_to_each_approver() {
    let (office, mails) = asked();
    assert_eq!(mails.len(), 3, "{mails:#?}");
    to(&mails, "claire@univ.example")
        .assert_says("Ce n'est pas encore un accord")
        .assert_says("du jeudi 3\u{a0}décembre 2026 au samedi 5\u{a0}décembre 2026, chaque jour de 8\u{a0}h à 20\u{a0}h")
        .assert_says("congrès ASTRO 2026")
        .assert_says("amphithéâtre Ampère")
        .assert_says("Jean Dupont, 06 12 34 56 78")
        .assert_says("arrive 10 jours avant le début, et le service demande 15 jours");
    to(&mails, "ines@univ.example")
        .assert_says("Demande d'astreinte 1 : à décider.")
        .assert_says("! Préavis de 10 jours, pour 15 demandés.")
        .assert_says("#accord tel=")
        .assert_says("Nous organisons le congrès");
    let english = to(&mails, "marc@univ.example");
    english.assert_says("On-call request 1: to be decided.");
    assert_eq!(english.kind, "technician_oncall");
    assert_eq!(state(&office), "pending");
    assert_eq!(office.status(1), "new");
}

#[test]
fn what_is_lacking_is_asked_in_one_letter_and_the_answer_completes_it() {
    let office = office();
    office.post(&letter(
        CLAIRE,
        "astreinte",
        "Bonjour, nous aurions besoin d'une astreinte pour le congrès ASTRO, vendredi 3 décembre.",
    ));
    let mails = office.deliver();
    let question = to(&mails, "claire@univ.example").clone();
    assert_eq!(question.kind, "oncall_incomplete");
    question
        .assert_says("vous écrivez « vendredi », et cette date est le jeudi 3\u{a0}décembre 2026")
        .assert_says("- le lieu\n")
        .assert_says("Responsable le jour même (nom, mobile) :")
        .assert_says("Ce n'est pas encore un accord");
    assert_eq!(
        (state(&office).as_str(), office.status(1).as_str()),
        ("incomplete", "waiting_requester")
    );
    to(&mails, "ines@univ.example")
        .assert_says("Il manque :")
        .assert_says("- le lieu");
    // Words that bring nothing forward are for the approvers, and not answered.
    office.post(&reply(CLAIRE, &question, "Merci, je me renseigne."));
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
    office.post(&reply(
        CLAIRE,
        &question,
        "Bonjour,\nLieu : amphi Ampère\nDébut (jour et heure) : jeudi 3 décembre à 8h\nFin (jour et heure) : samedi 5 décembre à 20h\n\
         Systèmes nécessaires : wifi\nNombre de personnes : 120\nAttendu (téléphone, à distance, sur place) : téléphone\n\
         Responsable le jour même (nom, mobile) : Jean Dupont, 06 12 34 56 78\nSecond contact (nom, téléphone) : aucun",
    ));
    let mails = office.deliver_all();
    let received = to(&mails, "claire@univ.example");
    assert_eq!(received.kind, "oncall_received");
    received.assert_says("du jeudi 3\u{a0}décembre 2026 à 8\u{a0}h au samedi 5\u{a0}décembre 2026 à 20\u{a0}h, sans interruption");
    to(&mails, "ines@univ.example").assert_says("à décider");
    assert_eq!(state(&office), "pending");
}

#[test]
fn an_english_request_is_denied_with_a_reason_and_other_ways() {
    let office = office();
    office.post(&letter(
        "Jane Doe <jane@univ.example>",
        "On-call request",
        "Hello,\n\nwe are organising the Quantum Matter workshop on 17-18 December 2026 in the main auditorium. \
         We would like to request on-call support from 8am to 7pm, on site, for the network. We expect 80 people. \
         You can reach me at +33 6 12 34 56 78. There is no second contact.\n\nJane",
    ));
    let mails = office.deliver();
    to(&mails, "jane@univ.example")
        .assert_says("It is not granted yet.")
        .assert_says("from Thursday 17 December 2026 to Friday 18 December 2026, each day from 08:00 to 19:00");
    let marc = to(&mails, "marc@univ.example").clone();
    marc.assert_silent_about("days of notice");
    office.post(&reply(
        "Marc Blanc <marc@univ.example>",
        &marc,
        "#deny nobody is available that week",
    ));
    let mails = office.deliver_all();
    let denied = to(&mails, "jane@univ.example");
    assert_eq!(denied.kind, "oncall_denied");
    denied
        .assert_says("cannot be granted. Nobody will be on call.")
        .assert_says("Reason: nobody is available that week")
        .assert_says("lend spare equipment")
        .assert_says("has to come before Wednesday 2 December 2026");
    to(&mails, "marc@univ.example").assert_says("the requester is told");
    assert_eq!(
        (state(&office).as_str(), office.status(1).as_str()),
        ("denied", "resolved")
    );
    // Other dates are a new question.
    let denied = denied.clone();
    office.post(&reply(
        "Jane Doe <jane@univ.example>",
        &denied,
        "We moved the workshop to 14-15 January 2027.",
    ));
    let mails = office.deliver_all();
    to(&mails, "jane@univ.example").assert_says("Thursday 14 January 2027");
    assert_eq!(
        (state(&office).as_str(), office.status(1).as_str()),
        ("pending", "open")
    );
}

#[test]
fn an_approval_says_who_when_how_and_gives_the_window_a_mark() {
    let (office, approved) = granted();
    approved
        .assert_says("Votre demande d'astreinte 1 est accordée.")
        .assert_says("Personne d'astreinte : Inès Roux")
        .assert_says("Téléphone : 06 00 11 22 33")
        .assert_says("[ASTREINTE 2026-001]")
        .assert_says("ne couvre ni d'autres heures");
    assert_eq!(state(&office), "approved");
    assert_eq!(office.text("SELECT assignee FROM ticket"), "ines");
    assert_eq!(office.text("SELECT count(*) FROM on_call_slot"), "3");
    // The next window of the year has the next number.
    office.post(&letter(
        "Luc Petit <luc@univ.example>",
        "Demande d'astreinte",
        &WHOLE.replace("ASTRO", "OPTIQUE"),
    ));
    let mails = office.deliver();
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#accord tel=0600112233",
    ));
    to(&office.deliver_all(), "luc@univ.example").assert_says("[ASTREINTE 2026-002]");
}

#[test]
fn nobody_grants_their_own_request() {
    let office = office();
    office.post(&letter(INES, "Demande d'astreinte", WHOLE));
    let mails = office.deliver();
    assert_eq!(to(&mails, "ines@univ.example").kind, "oncall_received");
    let own = to(&mails, "ines@univ.example").clone();
    let marcs = to(&mails, "marc@univ.example").clone();
    for answered in [&own, &marcs] {
        office.post(&reply(INES, answered, "#accord tel=0600112233"));
        assert_eq!(state(&office), "pending");
    }
    // The only approver is nobody's approver for their own request: a ticket like any other.
    let alone = Office::with(
        "[[technician]]\nhandle = \"ines\"\nname = \"Inès Roux\"\naddresses = [\"ines@univ.example\"]\napprover = true\n",
    );
    alone.post(&letter(INES, "Demande d'astreinte", WHOLE));
    let mails = alone.deliver();
    assert_eq!(to(&mails, "ines@univ.example").kind, "acknowledgement");
    to(&mails, "paul@univ.example").assert_says("personne n'est désigné pour l'accorder");
}

#[test]
fn a_colleague_who_is_named_agrees_first() {
    let (office, mails) = asked();
    let notice = to(&mails, "ines@univ.example").clone();
    office.post(&reply(INES, &notice, "#accord nom=Paul tel=06 77 88 99 00"));
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
    let question = to(&mails, "paul@univ.example").clone();
    assert_eq!(question.kind, "technician_oncall_agent");
    question.assert_says("Vous êtes proposé pour l'astreinte 1");
    to(&mails, "ines@univ.example").assert_says("proposé à Paul Martin");
    assert_eq!(state(&office), "proposed");
    office.post(&reply(PAUL, &question, "#refus je suis en congé"));
    let mails = office.deliver_all();
    assert_eq!(state(&office), "pending");
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
    let again = mails
        .iter()
        .find(|mail| mail.kind == "technician_oncall" && mail.to == "ines@univ.example")
        .unwrap()
        .clone();
    again.assert_says("je suis en congé");
    office.post(&reply(INES, &again, "#accord nom=zoe tel=06 77 88 99 00"));
    let mails = office.deliver_all();
    let question = mails
        .iter()
        .find(|mail| mail.kind == "technician_oncall_agent")
        .unwrap()
        .clone();
    office.post(&reply(
        "Zoe Leger <zoe@univ.example>",
        &question,
        "#approve",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("Zoé Léger")
        .assert_says("06 77 88 99 00");
    assert_eq!(state(&office), "approved");
}

#[test]
fn forged_and_borrowed_approvals_grant_nothing() {
    let (office, mails) = asked();
    let ines = to(&mails, "ines@univ.example").clone();
    let order = "#accord tel=06 66 66 66 66";
    let attempts = [
        reply(INES, &ines, order).found(Some("fail")),
        reply(INES, &ines, order).found(None),
        // Somebody else with the letter of an approver.
        reply(PAUL, &ines, order),
        reply(CLAIRE, &ines, order),
        reply("Mallory <mallory@evil.example>", &ines, order),
        reply(INES, &ines, order).with("Auto-Submitted: auto-replied"),
        // No notification is answered: only the number is known.
        letter(INES, "[Support #1] Demande d'astreinte", order),
        Letter {
            subject: "TR: [Support #1] Astreinte".to_owned(),
            body: format!(
                "Pour information\n\n-------- Message transféré --------\nDe : Inès <ines@univ.example>\nObjet : x\n\n{order}"
            ),
            ..reply(INES, &ines, "")
        },
    ];
    for attempt in attempts {
        let became = office.post(&attempt);
        assert_eq!(state(&office), "pending", "{became:?}\n{attempt:?}");
    }
    let mails = office.deliver_all();
    assert!(
        mails.iter().all(|mail| mail.kind != "oncall_approved"),
        "{mails:#?}"
    );
}

#[test]
fn a_technician_who_may_not_grant_is_told_so() {
    let (office, mails) = asked();
    // Paul gets a letter about it of his own.
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#affecter paul\nPaul, peux-tu regarder ?",
    ));
    let mails = office.deliver_all();
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#accord tel=0600112233",
    ));
    to(&office.deliver_all(), "paul@univ.example")
        .assert_says("vous n'êtes pas désigné pour accorder des astreintes");
    assert_eq!(state(&office), "pending");
}

#[test]
fn a_code_serves_once() {
    let (office, mails) = asked();
    let notice = to(&mails, "ines@univ.example").clone();
    office.post(&reply(INES, &notice, "#refus pas cette semaine-là"));
    assert_eq!(state(&office), "denied");
    office.deliver_all();
    office.post(&reply(
        INES,
        &notice,
        "#accord tel=0600112233\nFinalement oui.",
    ));
    let mails = office.deliver_all();
    to(&mails, "ines@univ.example").assert_says("déjà utilisée");
    assert_eq!(
        state(&office),
        "denied",
        "the second use waits for a confirmation"
    );
    assert!(
        mails.iter().all(|mail| mail.to != "claire@univ.example"),
        "{mails:#?}"
    );
}

#[test]
fn orders_that_cannot_be_meant_are_told_and_change_nothing() {
    let (office, mails) = asked();
    let mut notice = to(&mails, "ines@univ.example").clone();
    for (order, told) in [
        (
            "#accord",
            "le téléphone de la personne d'astreinte est attendu",
        ),
        (
            "#accord tel=0600112233 debut=bientôt",
            "un jour ou une heure est attendu",
        ),
        (
            "#accord tel=0600112233 debut=lundi 4/12",
            "cette date est le vendredi",
        ),
        (
            "#accord tel=0600112233 fin=1/12",
            "la fin est avant le début",
        ),
        ("#accord nom=Personne", "personne ne porte ce nom"),
        ("#refus", "le motif est attendu"),
    ] {
        office.post(&reply(INES, &notice, order));
        let mails = office.deliver_all();
        notice = to(&mails, "ines@univ.example").clone();
        notice.assert_says("Rien n'a été fait").assert_says(told);
        assert_eq!(state(&office), "pending", "{order}");
    }
    // A ticket about something else has nothing to grant.
    office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "L'imprimante du couloir est en panne.",
    ));
    let mails = office.deliver();
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#accord tel=0600112233",
    ));
    to(&office.deliver_all(), "ines@univ.example").assert_says("ne porte pas sur une astreinte");
}

#[test]
fn an_approver_grants_other_times() {
    let (office, mails) = asked();
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#accord tel=06 00 11 22 33 debut=vendredi 4/12 9h fin=18h\nBonjour,\nle jeudi n'est pas possible.",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("est accordée, avec d'autres horaires")
        .assert_says("du vendredi 4\u{a0}décembre 2026 au samedi 5\u{a0}décembre 2026, chaque jour de 9\u{a0}h à 18\u{a0}h")
        .assert_says("le jeudi n'est pas possible.");
    assert_eq!(state(&office), "approved_changed");
    assert_eq!(office.text("SELECT count(*) FROM on_call_slot"), "2");
}

#[test]
fn a_letter_in_the_window_is_raised_and_goes_at_once_to_whoever_is_on_call() {
    let (office, _) = granted();
    // Before and after, the ordinary way; at night between two days too.
    for outside in [
        "2026-12-03T06:59:00Z",
        "2026-12-03T19:00:00Z",
        "2026-12-05T19:00:00Z",
    ] {
        office.at(outside);
        office.post(&trouble("Luc Petit <luc@univ.example>"));
        let mails = office.deliver();
        assert_eq!(
            to(&mails, "luc@univ.example").kind,
            "acknowledgement",
            "{outside}"
        );
        assert_ne!(to(&mails, "ines@univ.example").kind, "technician_oncall");
    }
    office.at("2026-12-04T10:00:00Z");
    let became = office.post(&trouble("Luc Petit <luc@univ.example>"));
    let mails = office.deliver();
    let told = to(&mails, "luc@univ.example");
    assert_eq!(told.kind, "acknowledgement_on_call");
    told.assert_says("Inès Roux")
        .assert_says("appelez sans attendre : 06 00 11 22 33")
        .assert_says("Priorité : P1")
        .assert_says("jusqu'au vendredi 4\u{a0}décembre 2026 à 20\u{a0}h");
    to(&mails, "ines@univ.example").assert_says("Astreinte 2026-001 en cours");
    let ticket = became.ticket.unwrap();
    assert_eq!(
        office.text(&format!(
            "SELECT priority FROM ticket WHERE number = {ticket}"
        )),
        "P1"
    );
    // What is added goes at once to the one on call, and after a pause to the others.
    let told = told.clone();
    office.post(&reply(
        "Luc Petit <luc@univ.example>",
        &told,
        "La borne est éteinte.",
    ));
    let mails = office.deliver();
    to(&mails, "ines@univ.example").assert_says("La borne est éteinte.");
    assert_eq!(mails.len(), 1, "{mails:#?}");
}

#[test]
fn in_the_window_nothing_is_refused_or_asked() {
    let (office, _) = granted();
    let private = "Bonjour, mon ordinateur personnel, à usage privé, ne démarre plus. C'est pour mes enfants, pas pour le travail.";
    office.at("2026-12-04T19:30:00Z");
    office.post(&letter(CLAIRE, "Mon PC perso", private));
    let outside = to(&office.deliver(), "claire@univ.example").kind.clone();
    assert_ne!(outside, "acknowledgement_on_call");
    office.at("2026-12-04T10:00:00Z");
    office.post(&letter(CLAIRE, "Mon PC perso encore", private));
    let mails = office.deliver();
    assert_eq!(
        to(&mails, "claire@univ.example").kind,
        "acknowledgement_on_call"
    );
    assert_eq!(
        office.text("SELECT priority FROM ticket ORDER BY number DESC LIMIT 1"),
        "P2"
    );
}

#[test]
fn the_congress_alone_and_other_units_are_not_covered() {
    let (office, _) = granted();
    office.at("2026-12-04T10:00:00Z");
    for (from, subject, body) in [
        (
            "Luc <luc@univ.example>",
            "congrès",
            "Je suis au congrès ASTRO et mon imprimante est en panne.",
        ),
        (
            "Eve <eve@else.example>",
            "wifi",
            "Le wifi de l'amphithéâtre Ampère ne marche plus.",
        ),
        (
            "Luc <luc@univ.example>",
            "[ASTREINTE 2026-009] panne",
            "L'imprimante est en panne.",
        ),
    ] {
        office.post(&letter(from, subject, body));
        let mails = office.deliver();
        assert!(
            mails
                .iter()
                .all(|mail| mail.kind != "acknowledgement_on_call"),
            "{subject}: {mails:#?}"
        );
    }
    // The mark alone does, for somebody from outside too; the number stays with those we know.
    office.post(&letter(
        "Eve <eve@else.example>",
        "[ASTREINTE 2026-001] panne",
        "Plus de son.",
    ));
    let mails = office.deliver();
    to(&mails, "eve@else.example")
        .assert_says("Inès Roux")
        .assert_silent_about("06 00 11 22 33");
    to(&mails, "ines@univ.example").assert_says("Astreinte 2026-001 en cours");
    // Whoever is disowned by their domain is nobody's guest.
    office.post(
        &letter(
            "Eve <eve@else.example>",
            "[ASTREINTE 2026-001] encore",
            "Plus d'image.",
        )
        .found(Some("fail")),
    );
    let mails = office.deliver();
    assert!(
        mails
            .iter()
            .all(|mail| mail.kind != "acknowledgement_on_call"),
        "{mails:#?}"
    );
}

/// A request for one night, granted to Ines.
fn night(when: &str) -> Office {
    let office = office();
    office.post(&letter(
        CLAIRE,
        "Demande d'astreinte",
        &format!(
            "Nous aurions besoin d'une astreinte pour l'expérience de fond.\nLieu : salle 105\nDates : {when}\n\
             Systèmes : serveur d'acquisition\nPersonnes : 4\nAttendu : par téléphone\n\
             Responsable : Jean Dupont, 06 12 34 56 78\nSecond contact : aucun"
        ),
    ));
    let mails = office.deliver();
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#accord tel=06 00 11 22 33",
    ));
    let mails = office.deliver_all();
    assert_eq!(
        to(&mails, "claire@univ.example").kind,
        "oncall_approved",
        "{when}"
    );
    office
}

#[test]
fn a_window_crosses_midnight_and_the_nights_the_clocks_change() {
    for (when, inside, outside) in [
        (
            "le 9 décembre de 22h à 6h",
            vec![
                "2026-12-09T21:00:00Z",
                "2026-12-09T23:30:00Z",
                "2026-12-10T04:59:00Z",
            ],
            vec!["2026-12-09T20:59:00Z", "2026-12-10T05:00:00Z"],
        ),
        (
            "le 27 mars 2027 de 22h à 6h",
            vec!["2027-03-27T21:00:00Z", "2027-03-28T03:59:00Z"],
            vec!["2027-03-27T20:59:00Z", "2027-03-28T04:00:00Z"],
        ),
        (
            "le 30 octobre 2027 de 22h à 6h",
            vec!["2027-10-30T20:00:00Z", "2027-10-31T04:59:00Z"],
            vec!["2027-10-30T19:59:00Z", "2027-10-31T05:00:00Z"],
        ),
    ] {
        let office = night(when);
        for (n, (at, kind)) in inside
            .iter()
            .map(|at| (at, true))
            .chain(outside.iter().map(|at| (at, false)))
            .enumerate()
        {
            office.at(at);
            office.post(&letter(
                "Luc <luc@univ.example>",
                &format!("Arrêt numéro {n}"),
                "Le serveur d'acquisition est arrêté.",
            ));
            let mails = office.deliver();
            let told = to(&mails, "luc@univ.example");
            assert_eq!(told.kind == "acknowledgement_on_call", kind, "{when} {at}");
        }
    }
}

#[test]
fn of_two_windows_at_once_each_letter_finds_its_own() {
    let (office, _) = granted();
    let other = WHOLE
        .replace("ASTRO", "OPTIQUE")
        .replace("amphithéâtre Ampère", "salle Fresnel")
        .replace("wifi et la visioconférence", "serveur de calcul");
    office.post(&letter(
        "Luc Petit <luc@univ.example>",
        "Demande d'astreinte",
        &other,
    ));
    let mails = office.deliver();
    office.post(&reply(
        "Marc Blanc <marc@univ.example>",
        to(&mails, "marc@univ.example"),
        "#approve phone=0699999999",
    ));
    office.deliver_all();
    office.at("2026-12-04T10:00:00Z");
    for (from, subject, body, mark) in [
        (CLAIRE, "Panne une", "Plus rien ne marche.", "2026-001"),
        (
            "Luc Petit <luc@univ.example>",
            "Panne deux",
            "Plus rien ne marche.",
            "2026-002",
        ),
        (
            "Nina <nina@univ.example>",
            "Panne trois",
            "Le serveur de calcul est arrêté.",
            "2026-002",
        ),
        (
            "Nina <nina@univ.example>",
            "Panne quatre",
            "Plus de visioconférence.",
            "2026-001",
        ),
        (
            "Nina <nina@univ.example>",
            "[ASTREINTE 2026-001] cinq",
            "Le serveur de calcul est arrêté.",
            "2026-001",
        ),
    ] {
        office.post(&letter(from, subject, body));
        let mails = office.deliver();
        let address = from.rsplit('<').next().unwrap().trim_end_matches('>');
        to(&mails, address).assert_says(&format!("Astreinte : {mark}"));
    }
}

#[test]
fn a_window_that_is_withdrawn_raises_nothing() {
    let (office, approved) = granted();
    // A letter that proves nothing takes nothing back.
    office.post(
        &letter(
            CLAIRE,
            "Re: [Support #1] Demande d'astreinte",
            "Nous annulons la demande d'astreinte.",
        )
        .found(None),
    );
    assert_eq!(state(&office), "approved");
    office.deliver_all();
    office.post(&reply(
        CLAIRE,
        &approved,
        "Bonjour,\nle congrès est annulé, nous retirons la demande.\nMerci",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example").assert_says("est retirée. Personne ne sera d'astreinte.");
    to(&mails, "ines@univ.example").assert_says("retirée par le demandeur");
    assert_eq!(
        (state(&office).as_str(), office.status(1).as_str()),
        ("withdrawn", "closed")
    );
    office.at("2026-12-04T10:00:00Z");
    office.post(&trouble("Luc Petit <luc@univ.example>"));
    let mails = office.deliver();
    assert_eq!(to(&mails, "luc@univ.example").kind, "acknowledgement");
    assert!(office.on_call_falls_due().is_empty());
}

#[test]
fn other_times_than_granted_are_a_new_question_and_the_old_ones_stand_meanwhile() {
    let (office, approved) = granted();
    office.post(&reply(
        CLAIRE,
        &approved,
        "Le congrès est avancé : du 2 au 4 décembre.",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("Votre modification est transmise")
        .assert_says("reste valable : du jeudi 3\u{a0}décembre")
        .assert_says("du mercredi 2\u{a0}décembre 2026 au vendredi 4\u{a0}décembre 2026");
    assert_eq!(state(&office), "changing");
    let question = to(&mails, "marc@univ.example").clone();
    office.post(&reply(
        "Marc Blanc <marc@univ.example>",
        &question,
        "#deny not on Wednesday",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("reste valable : du jeudi 3\u{a0}décembre")
        .assert_says("Motif : not on Wednesday");
    assert_eq!(state(&office), "approved");
    office.at("2026-12-04T10:00:00Z");
    office.post(&trouble("Luc Petit <luc@univ.example>"));
    assert_eq!(
        to(&office.deliver(), "luc@univ.example").kind,
        "acknowledgement_on_call"
    );
}

#[test]
fn without_an_approver_it_is_a_ticket_that_says_so() {
    let office = Office::new();
    office.post(&letter(CLAIRE, "Demande d'astreinte", WHOLE));
    let mails = office.deliver();
    assert_eq!(to(&mails, "claire@univ.example").kind, "acknowledgement");
    to(&mails, "paul@univ.example").assert_says("personne n'est désigné pour l'accorder");
    assert_eq!(office.text("SELECT count(*) FROM on_call"), "0");
}

#[test]
fn approvers_are_reminded_and_everybody_is_told_at_half_time() {
    let (office, _) = asked();
    let mut seen = Vec::new();
    for _ in 0..24 * 12 {
        office.pass(SignedDuration::from_hours(1));
        office.on_call_falls_due();
        for mail in office.deliver() {
            seen.push(format!(
                "{} {}",
                office.now().strftime("%d %H"),
                mail.to.split('@').next().unwrap()
            ));
            assert_eq!(mail.kind, "technician_oncall");
        }
    }
    assert_eq!(
        seen,
        [
            "25 08 ines",
            "25 08 marc",
            "27 08 ines",
            "27 08 marc",
            "28 08 paul",
            "28 08 zoe",
            "28 08 ines",
            "28 08 marc",
            "30 08 ines",
            "30 08 marc",
            "02 08 ines",
            "02 08 marc",
        ]
    );
}

#[test]
fn a_window_begins_ends_and_is_summed_up_once() {
    let (office, _) = granted();
    office.at("2026-12-03T07:00:00Z");
    assert_eq!(office.on_call_falls_due(), ["the on-call window begins"]);
    assert_eq!(state(&office), "active");
    office.at("2026-12-04T10:00:00Z");
    office.post(&trouble("Luc Petit <luc@univ.example>"));
    let mails = office.deliver();
    office.pass(SignedDuration::from_mins(20));
    office.post(&reply(
        INES,
        to(&mails, "ines@univ.example"),
        "#résoudre\nLa borne est relancée.",
    ));
    office.deliver_all();
    office.at("2026-12-05T19:00:00Z");
    assert_eq!(office.on_call_falls_due(), ["the on-call window is over"]);
    assert_eq!(
        (state(&office).as_str(), office.status(1).as_str()),
        ("ended", "resolved")
    );
    let mails = office.deliver();
    let summary = to(&mails, "claire@univ.example");
    assert_eq!(summary.kind, "oncall_summary");
    summary
        .assert_says("Messages reçus pendant l'astreinte : 1.")
        .assert_says("Demande 2 : reçue le 04/12/2026 11:00, réponse le 04/12/2026 11:20, résolue le 04/12/2026 11:20");
    to(&mails, "ines@univ.example").assert_says("récupération de votre temps");
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(office.on_call_falls_due().is_empty());
}

#[test]
fn the_command_line_lists_shows_and_exports_what_was_granted() {
    let (office, _) = granted();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
            .arg("--config")
            .arg(office.configuration())
            .arg("oncall")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let list = run(&["list"]);
    for word in [
        "#1",
        "2026-001",
        "approved",
        "2026-12-03 to 2026-12-05, 08:00",
        "Inès Roux",
        "congrès ASTRO 2026",
    ] {
        assert!(list.contains(word), "{word}: {list}");
    }
    let line: serde_json::Value = serde_json::from_str(run(&["list", "--json"]).trim()).unwrap();
    assert_eq!(line["state"], "approved");
    assert_eq!(line["mark"]["serial"], 1);
    let shown = run(&["show", "1"]);
    assert!(shown.contains("granted     2026-001 by ines"), "{shown}");
    let ics = run(&["ics"]);
    assert_eq!(ics.matches("BEGIN:VEVENT").count(), 3, "{ics}");
    assert!(ics.contains("DTSTART:20261203T070000Z"), "{ics}");
}

#[test]
fn check_tells_a_request_for_on_call_presence() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    for (name, body, kind) in [
        ("asks.eml", WHOLE, "oncall"),
        (
            "speaks.eml",
            "Bonjour, qui est d'astreinte ce week-end ?",
            "request",
        ),
    ] {
        let file = folder.path().join(name);
        let raw = letter(CLAIRE, "congrès", body).bytes(1, "Mon, 23 Nov 2026 08:00:00 +0000");
        std::fs::write(&file, raw).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
            .args(["check", "--now", "2026-11-23T08:00:00Z", "--json"])
            .arg(&file)
            .output()
            .unwrap();
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["kind"], kind, "{line}");
    }
}
