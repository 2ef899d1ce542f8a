//! What falls due, as the people read it: stories of silence, waiting and time, through the real
//! gateway with a clock that the test moves.

use std::path::Path;

use guichet::config::Config;
use guichet::decide::due::Usual;
use guichet::ticket::priority::{Category, Priority};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use guichet::mailbox::maildir::deliver;

use crate::gateway_process::Site;
use crate::office::{Mail, Office, letter, reply, to};
use crate::post::{dropped, request};

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";

/// Time, in days of the calendar.
fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// The wall clock of the office.
fn local(at: Timestamp) -> DateTime {
    TimeZone::get("Europe/Paris").unwrap().to_datetime(at)
}

/// Notices and when they went out, in the order they did.
fn kinds(sent: &[(Timestamp, Mail)]) -> Vec<(String, String, String)> {
    sent.iter()
        .map(|(at, mail)| {
            (
                local(*at).strftime("%m-%d %H:%M").to_string(),
                mail.kind.clone(),
                mail.to.split('@').next().unwrap().to_owned(),
            )
        })
        .collect()
}

#[track_caller]
fn assert_sent(sent: &[(Timestamp, Mail)], wanted: &[(&str, &str, &str)]) {
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(at, kind, to)| ((*at).to_owned(), (*kind).to_owned(), (*to).to_owned()))
        .collect();
    assert_eq!(kinds(sent), wanted);
}

/// The pages that time wrote into a ticket's history.
fn history(office: &Office, ticket: i64) -> Vec<String> {
    let pages = office.text(&format!(
        "SELECT coalesce(group_concat(kind || ': ' || text, '|'), '') FROM
           (SELECT kind, text FROM entry WHERE ticket = {ticket} AND occurrence IS NOT NULL ORDER BY id)"
    ));
    pages
        .split('|')
        .filter(|page| !page.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Monday morning, an ordinary request, told to two technicians.
fn opened_with(more: &str) -> (Office, Vec<Mail>) {
    let office = Office::in_office_hours(more);
    let became = office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nl'imprimante du couloir du 3e n'imprime plus depuis ce matin.\nMerci",
    ));
    assert_eq!(became.ticket, Some(1), "{became:?}");
    let mails = office.deliver();
    (office, mails)
}

/// The same, and Paul has asked something at 09:05 and waits for the answer.
fn asked_with(more: &str) -> (Office, Mail) {
    let (office, mails) = opened_with(more);
    let paul = to(&mails, "paul@univ.example");
    let orders = "#attendre\n\nBonjour,\nquel message l'imprimante affiche-t-elle ?";
    office.post(&reply(PAUL, paul, orders));
    let mails = office.deliver_all();
    assert_eq!(office.status(1), "waiting_requester");
    (office, to(&mails, "claire@univ.example").clone())
}

#[test]
fn silence_is_reminded_twice_then_resolved_then_closed() {
    let (office, _) = asked_with("");
    let sent = office.live(days(40));
    assert_sent(
        &sent,
        &[
            ("11-26 09:05", "reminder", "claire"),
            ("12-02 09:05", "reminder", "claire"),
            ("12-11 09:05", "no_answer", "claire"),
        ],
    );
    let first = &sent[0].1;
    assert_eq!(first.subject, "[Support #1] Rappel : Imprimante du 3e");
    first
        .assert_says("Votre demande (numéro 1) attend une réponse de votre part.")
        .assert_says("Nous vous avons écrit le lundi 23 novembre 2026 :")
        .assert_says("> quel message l'imprimante affiche-t-elle ?")
        .assert_says("un dernier rappel à partir du mercredi 2 décembre 2026")
        .assert_silent_about("n'imprime plus");
    assert_eq!(
        first.field("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    assert_eq!(first.envelope_sender, None);
    sent[1]
        .1
        .assert_says("C'est le dernier rappel.")
        .assert_says("résolue à partir du vendredi 11 décembre 2026");
    sent[2]
        .1
        .assert_says("Sans réponse de votre part, nous considérons votre demande (numéro 1)")
        .assert_says("Rappels envoyés : jeudi 26 novembre 2026 ; mercredi 2 décembre 2026.")
        .assert_says("une ligne suffit")
        .assert_says("La demande sera close le vendredi 18 décembre 2026.");
    assert_eq!(
        history(&office, 1),
        [
            "due: reminder after 3 business days without an answer",
            "due: second reminder after 7 business days without an answer",
            "status: waiting_requester → resolved: no answer within 14 business days",
            "status: resolved → closed: 5 business days after it was resolved",
        ]
    );
    assert_eq!(office.status(1), "closed");
}

#[test]
fn one_reply_ends_the_wait_and_a_new_question_begins_a_new_one() {
    let (office, question) = asked_with("");
    let sent = office.live(days(4));
    assert_sent(&sent, &[("11-26 09:05", "reminder", "claire")]);
    office.post(&reply(CLAIRE, &sent[0].1, "Il affiche « toner vide »."));
    assert_eq!(office.status(1), "open");
    let mails = office.deliver_all();
    // Paul asks something else on that Friday; the first reminder of the new wait is the first.
    let update = to(&mails, "paul@univ.example");
    office.post(&reply(PAUL, update, "#attendre\n\nDepuis quand ?"));
    let sent = office.live(days(7));
    let reminded: Vec<_> = sent
        .iter()
        .filter(|(_, mail)| mail.kind == "reminder")
        .collect();
    assert_eq!(reminded.len(), 1, "{:?}", kinds(&sent));
    assert_eq!(local(reminded[0].0).to_string(), "2026-12-02T09:10:00");
    reminded[0].1.assert_says("> Depuis quand ?");
    drop(question);
}

#[test]
fn a_reply_to_the_last_letter_opens_the_ticket_again() {
    let (office, _) = asked_with("");
    let sent = office.live(days(19));
    let (_, last) = sent.last().unwrap();
    assert_eq!((&*last.kind, &*office.status(1)), ("no_answer", "resolved"));
    office.post(&reply(
        CLAIRE,
        last,
        "Pardon, j'étais absente : toner vide.",
    ));
    assert_eq!(office.status(1), "open");
    // What was due is over: nothing more is said, nothing is closed.
    let sent = office.live(days(30));
    assert!(
        sent.iter()
            .all(|(_, mail)| mail.to != "claire@univ.example")
    );
    assert_eq!(office.status(1), "open");
}

#[test]
fn three_weeks_without_a_process_do_not_say_everything_at_once() {
    let (office, _) = asked_with("");
    office.pass(days(21));
    office.restart_timer();
    let sent = office.live(days(24));
    assert_sent(
        &sent,
        &[
            ("12-14 09:20", "reminder", "claire"),
            ("12-18 09:20", "reminder", "claire"),
            ("12-30 09:20", "no_answer", "claire"),
        ],
    );
}

#[test]
fn nothing_is_said_outside_hours_however_often_time_is_asked() {
    let (office, mails) = opened_with("[due]\nthird_party_after = \"1d\"\n");
    let orders = "#fournisseur vendredi";
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), orders));
    let sent = office.live(days(30));
    assert!(!sent.is_empty());
    for (at, mail) in &sent {
        let at = local(*at);
        let hours = (8..17).contains(&at.hour());
        let transcript = mail.kind == "transcript";
        assert!(transcript || hours, "{} at {at}", mail.kind);
        assert!(transcript || at.weekday().to_monday_zero_offset() < 5);
    }
}

/// A question of the card: nobody knows whose machine it is.
fn asked_by_the_card() -> Office {
    let office = Office::in_office_hours("");
    office.post(&letter(
        CLAIRE,
        "Portable",
        "Bonjour, mon PC portable personnel ne se connecte plus au wifi de l'institut.",
    ));
    assert_eq!(office.status(1), "waiting_requester");
    office.deliver();
    office
}

#[test]
fn a_question_that_nobody_answers_goes_to_a_technician_and_refuses_nothing() {
    let office = asked_by_the_card();
    let sent = office.live(days(8));
    assert_sent(
        &sent,
        &[
            ("11-25 09:00", "reminder", "claire"),
            ("11-30 09:00", "technician_due", "paul"),
            ("11-30 09:00", "technician_due", "zoe"),
        ],
    );
    sent[0]
        .1
        .assert_says("Rien n'est refusé.")
        .assert_says("un technicien décidera à partir du lundi 30 novembre 2026");
    sent[1]
        .1
        .assert_says("À vous de décider : le demandeur n'a pas répondu à la question")
        .assert_says("État : en cours")
        .assert_says("wifi de l'institut");
    sent[2].1.assert_says("Please decide:");
    assert_eq!(office.status(1), "open");
}

#[test]
fn a_provisional_refusal_becomes_final_after_a_technician_was_told() {
    let (office, _) = opened_with("");
    office.execute(
        "UPDATE ticket SET status = 'refused_provisional', outcome = 'reject', clause = 'E2',
           updated_at = created_at;
         UPDATE ticket SET stands_since = created_at",
    );
    let sent = office.live(days(12));
    assert_sent(
        &sent,
        &[
            ("11-27 09:00", "technician_due", "paul"),
            ("11-27 09:00", "technician_due", "zoe"),
        ],
    );
    sent[0]
        .1
        .assert_says("Il devient définitif le lundi 30 novembre 2026")
        .assert_says("#accepter");
    assert_eq!(office.status(1), "refused");
    assert_eq!(
        history(&office, 1),
        [
            "due: the refusal is final on 2026-11-30; technicians were told",
            "status: refused_provisional → refused: nobody changed the provisional refusal within \
             5 business days",
        ]
    );
}

#[test]
fn a_technician_who_takes_the_request_in_time_ends_that() {
    let (office, _) = opened_with("");
    office.execute(
        "UPDATE ticket SET status = 'refused_provisional', outcome = 'reject', clause = 'E2',
           updated_at = created_at;
         UPDATE ticket SET stands_since = created_at",
    );
    let sent = office.live(days(5));
    let told = &sent[0].1;
    assert_eq!(
        (&*told.kind, &*told.to),
        ("technician_due", "paul@univ.example")
    );
    office.post(&reply(PAUL, told, "#accepter"));
    assert_eq!(office.status(1), "open");
    office.live(days(20));
    assert_ne!(office.status(1), "refused");
}

#[test]
fn a_ticket_that_waits_for_a_day_comes_back_to_its_technician_alone() {
    let (office, mails) = opened_with("");
    let orders = "#prendre\n#fournisseur 28/11/2026";
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), orders));
    assert_eq!(office.status(1), "waiting_third_party");
    office.deliver_all();
    // The 28th is a Saturday.
    let sent = office.live(days(7));
    assert_sent(&sent, &[("11-30 08:35", "technician_due", "paul")]);
    sent[0]
        .1
        .assert_says("elle attendait jusqu'au samedi 28 novembre 2026")
        .assert_says("Demandeur : Claire Dumas")
        .assert_says("n'imprime plus");
    assert_eq!(office.status(1), "open");
    assert_eq!(office.text("SELECT wait_until FROM ticket"), "");
    // What it says can be answered like any notification.
    let became = office.post(&reply(PAUL, &sent[0].1, "#résoudre"));
    assert_eq!(became.disposition, "command", "{became:?}");
    assert_eq!(office.status(1), "resolved");
}

#[test]
fn a_ticket_that_nobody_answers_is_told_once_and_rises_without_a_word() {
    let (office, _) = opened_with("");
    office.execute("UPDATE ticket SET priority = 'P5'");
    let sent = office.live(days(40));
    assert_sent(
        &sent,
        &[
            ("11-25 09:00", "technician_due", "paul"),
            ("11-25 09:00", "technician_due", "zoe"),
        ],
    );
    sent[0]
        .1
        .assert_says("Personne n'a encore répondu à cette demande du lundi 23 novembre 2026");
    assert_eq!(office.text("SELECT priority FROM ticket"), "P2");
    assert_eq!(
        history(&office, 1),
        [
            "due: 2 business days without a person's answer; the technicians for printing were told",
            "detail: priority: P4",
            "due: 5 business days without a person's answer: from P5 to P4",
            "detail: priority: P3",
            "due: 10 business days without a person's answer: from P4 to P3",
            "detail: priority: P2",
            "due: 15 business days without a person's answer: from P3 to P2",
        ]
    );
}

#[test]
fn where_the_usual_time_is_known_it_counts() {
    let (office, _) = opened_with("");
    office.pass(SignedDuration::from_mins(95));
    assert_eq!(office.fall_due().happened, []);
    let hour = std::time::Duration::from_secs(3_600);
    let all = Category::ALL
        .into_iter()
        .flat_map(|category| Priority::ALL.map(|priority| ((priority, category), hour)));
    let passed = office.fall_due_knowing(Usual(all.collect()));
    let told: Vec<_> = passed.happened.iter().map(|one| one.queued).collect();
    assert_eq!(told, [2], "{passed:?}");
}

#[test]
fn the_resolved_letter_names_the_day_of_the_closing_which_is_then_silent() {
    let (office, mails) = opened_with("");
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#résoudre\n\nLe toner est changé.",
    ));
    let mails = office.deliver_all();
    to(&mails, "claire@univ.example")
        .assert_says("est résolue")
        .assert_says("elle sera close le lundi 30 novembre 2026");
    let sent = office.live(days(6));
    assert_eq!(office.status(1), "resolved");
    assert!(sent.is_empty(), "{:?}", kinds(&sent));
    let sent = office.live(days(2));
    assert_eq!(office.status(1), "closed");
    assert!(sent.is_empty(), "{:?}", kinds(&sent));
    // A thank-you in between would have changed nothing of it; the rest of the year neither.
    assert!(office.live(days(20)).is_empty());
}

#[test]
fn where_the_site_says_so_the_closing_is_told() {
    let (office, mails) = opened_with("[due]\ntell_closing = true\nclose_after = \"1d\"\n");
    office.post(&reply(
        PAUL,
        to(&mails, "paul@univ.example"),
        "#résoudre\n\nLe toner est changé.",
    ));
    office.deliver_all();
    let sent = office.live(days(3));
    assert_sent(&sent, &[("11-24 09:05", "closed", "claire")]);
}

#[test]
fn who_was_not_answered_by_a_machine_is_not_reminded_by_one() {
    let office = Office::in_office_hours("");
    office.post(&letter(CLAIRE, "Imprimante", "Elle n'imprime plus.").found(Some("fail")));
    assert_eq!(office.text("SELECT answer FROM ticket"), "suppressed");
    let mails = office.deliver();
    let orders = "#attendre\n\nQuelle imprimante ?";
    office.post(&reply(PAUL, to(&mails, "paul@univ.example"), orders));
    office.deliver_all();
    let sent = office.live(days(40));
    assert_sent(&sent, &[("11-26 09:05", "technician_due", "paul")]);
    sent[0]
        .1
        .assert_says("aucun rappel automatique ne peut lui être envoyé");
    assert_eq!(office.status(1), "waiting_requester");
}

#[test]
fn an_absence_note_in_answer_to_a_reminder_ends_no_wait_and_is_not_answered() {
    let (office, _) = asked_with("");
    let sent = office.live(days(4));
    let note = reply(CLAIRE, &sent[0].1, "Je suis absente jusqu'au 14 décembre.")
        .with("Auto-Submitted: auto-replied");
    assert_eq!(office.post(&note).disposition, "automatic");
    assert_eq!(office.status(1), "waiting_requester");
    let sent = office.live(days(6));
    assert_sent(&sent, &[("12-02 09:05", "reminder", "claire")]);
}

#[test]
fn a_ticket_that_went_up_in_another_one_reminds_nobody() {
    let (office, _) = asked_with("");
    let other = letter(
        "Bob <bob@univ.example>",
        "Imprimante",
        "Elle n'imprime plus.",
    );
    assert_eq!(office.post(&other).ticket, Some(2));
    let mails = office.deliver();
    let paul = to(&mails, "paul@univ.example");
    office.post(&reply(PAUL, paul, "#fusionner 1"));
    let second = "SELECT status || ' ' || merged_into FROM ticket WHERE number = 2";
    assert_eq!(office.text(second), "closed 1");
    office.deliver_all();
    let sent = office.live(days(10));
    let reminded: Vec<_> = sent.iter().map(|(_, mail)| &*mail.to).collect();
    assert_eq!(reminded, ["claire@univ.example"; 2], "{:?}", kinds(&sent));
}

#[test]
fn a_suspended_address_is_not_reminded() {
    let (office, _) = asked_with("");
    office.execute(
        "INSERT INTO failing VALUES ('claire@univ.example', 3, 1795424700, 1795424700, '550')",
    );
    let sent = office.live(days(10));
    assert_sent(&sent, &[("11-26 09:05", "technician_due", "paul")]);
    assert_eq!(
        office.text("SELECT count(*) FROM outbox WHERE state = 'held'"),
        "0"
    );
}

#[test]
fn a_reminder_that_comes_back_is_not_followed_by_another() {
    let (office, _) = asked_with("");
    office.live(days(4));
    office.execute("UPDATE outbox SET state = 'bounced' WHERE kind = 'reminder'");
    // The bounce itself is a page in the ticket, which has it looked at again.
    office.execute("UPDATE ticket SET look_at = 0");
    let sent = office.live(days(20));
    assert_sent(&sent, &[("11-27 09:20", "technician_due", "paul")]);
}

#[test]
fn while_the_outbox_is_held_nothing_falls_due_and_afterwards_step_by_step() {
    let (office, _) = asked_with("");
    office.command(&["outbox", "hold"]);
    assert!(office.live(days(25)).is_empty());
    assert_eq!(history(&office, 1), [""; 0]);
    let waits = office.fall_due().waits.unwrap_or_default();
    assert!(
        waits.contains("held") || waits.contains("nobody"),
        "{waits}"
    );
    office.command(&["outbox", "release"]);
    let sent = office.live(days(7));
    assert_sent(
        &sent,
        &[
            ("12-18 09:20", "reminder", "claire"),
            ("12-24 09:20", "reminder", "claire"),
        ],
    );
}

#[test]
fn before_every_mailbox_was_read_nobody_is_reminded() {
    let (office, _) = asked_with("");
    office.pass(days(4));
    let passed = office.fall_due_watching("support", false);
    let waits = passed.waits.unwrap();
    assert_eq!(waits, "the mailbox `support` was not looked through yet");
    assert_eq!(history(&office, 1), [""; 0]);
    assert_eq!(office.fall_due_watching("support", true).happened.len(), 1);
}

/// An installation whose only ticket has waited for its requester for a month.
fn forgotten() -> (Site, std::path::PathBuf) {
    let mut site = Site::new();
    let desk = site.watch_maildir("support");
    site.send_maildir();
    deliver(&desk, &request(1)).unwrap();
    assert!(site.once().status.success());
    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    database
        .execute_batch(
            "UPDATE ticket SET created_at = created_at - 2592000, updated_at = updated_at - 2592000,
               status = 'waiting_requester';
             UPDATE entry SET at = at - 2592000",
        )
        .unwrap();
    (site, desk)
}

const REMINDERS: &str = "SELECT count(*) FROM outbox WHERE kind = 'reminder' AND state = 'sent'";

#[test]
fn the_daemon_reads_its_mailbox_and_then_says_what_is_due() {
    let (site, _desk) = forgotten();
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait("a reminder", || site.ask(REMINDERS) == Some(1));
    assert!(gateway.terminate().success());
}

#[test]
fn an_answer_that_came_while_the_process_was_away_counts_before_time_does() {
    let (site, desk) = forgotten();
    let acknowledgement = &dropped(&site.dir().join("out"))[0].bytes;
    let text = String::from_utf8_lossy(acknowledgement);
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "))
        .unwrap();
    let more = format!("In-Reply-To: {id}\r\n");
    let raw = crate::post::letter(
        "late",
        crate::post::CLAIRE,
        "Re: Panne 1",
        &more,
        "Toner vide.",
    );
    deliver(&desk, &raw).unwrap();
    assert!(site.once().status.success());
    let status = "SELECT count(*) FROM ticket WHERE status = 'open'";
    assert_eq!(site.ask(status), Some(1), "{}", site.log());
    assert_eq!(site.ask(REMINDERS), Some(0));
}

#[test]
fn a_heap_of_reminders_is_held_for_an_admin() {
    let office = Office::in_office_hours("[due]\nat_once = 5\n");
    for n in 0..8 {
        let from = format!("Anne <anne{n}@univ.example>");
        office.post(&letter(&from, &format!("Panne {n}"), "Mon écran est noir."));
    }
    office.deliver();
    office.execute("UPDATE ticket SET status = 'waiting_requester', updated_at = created_at");
    let sent = office.live(days(4));
    assert!(sent.is_empty(), "{:?}", kinds(&sent));
    let held = "SELECT count(*) FROM outbox WHERE state = 'held' AND hold = 'budget'
                  AND answer = 'too many letters fell due at once'";
    assert_eq!(office.text(held), "8");
    // None of them goes on before its reminder has left.
    assert!(office.live(days(10)).is_empty());
    office.command(&["outbox", "release"]);
    let sent = office.live(days(1));
    assert_eq!(sent.len(), 8);
    assert_eq!(office.text("SELECT count(*) FROM occurrence"), "8");
}

#[test]
fn a_clock_that_jumps_back_and_forth_repeats_nothing() {
    let (office, _) = asked_with("");
    office.live(days(4));
    // Each of these days is one of the office.
    for jump in [-30, 61, -60, 29] {
        office.pass(days(jump));
        office.restart_timer();
        for _ in 0..3 {
            office.fall_due();
        }
    }
    let twice =
        "SELECT count(*) FROM (SELECT kind FROM outbox WHERE kind IN ('reminder', 'no_answer')
                   GROUP BY ticket, occurrence HAVING count(*) > 1)";
    assert_eq!(office.text(twice), "0");
    let reminders = office.text("SELECT count(*) FROM outbox WHERE kind = 'reminder'");
    assert_eq!(
        reminders, "2",
        "one before, one when it seemed to be a month later"
    );
    assert_eq!(office.status(1), "waiting_requester");
}

#[test]
fn a_season_without_its_closure_is_told_once_to_those_who_may_grant() {
    let office = Office::in_office_hours("");
    office.reload(|text| {
        let text = text.replace("expected_closures = []", "");
        text.replace("handle = \"zoe\"", "handle = \"zoe\"\napprover = true")
    });
    let sent = office.live(days(30));
    let told: Vec<_> = sent
        .iter()
        .filter(|(_, mail)| mail.kind == "closures_missing")
        .collect();
    assert_eq!(told.len(), 1, "{:?}", kinds(&sent));
    let mail = &told[0].1;
    assert_eq!(mail.to, "zoe@univ.example");
    assert_eq!(mail.subject, "[Support] To be entered: year-end closure");
    mail.assert_says("between Tuesday 15 December 2026 and Tuesday 5 January 2027");
    // A letter of the house answers nothing and grants nothing.
    assert_eq!(mail.field("Reply-To"), None);
    assert_eq!(
        mail.field("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
}

#[test]
fn a_reload_counts_from_the_next_pass() {
    let (office, _) = asked_with("");
    office.live(days(1));
    office.reload(|text| {
        format!("{text}[due]\nremind_after = \"1d\"\nremind_again_after = \"2d\"\n")
    });
    let sent = office.live(days(1));
    assert_sent(&sent, &[("11-24 09:20", "reminder", "claire")]);
}

#[test]
fn an_admin_sees_what_is_to_come_and_what_came() {
    let (office, _) = asked_with("");
    let now = office.now().to_string();
    let coming = office.command(&["due", "--now", &now]);
    assert!(coming.contains("2026-11-26 08:00"), "{coming}");
    assert!(coming.contains("the requester is reminded"), "{coming}");
    let line = office.command(&["due", "--json", "--now", &now]);
    let line: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!(line["what"], "reminder");
    assert_eq!(line["status"], "waiting_requester");
    office.live(days(4));
    let coming = office.command(&["due", "--now", &office.now().to_string()]);
    assert!(coming.contains("a second time"), "{coming}");
    let why = office.command(&["why", "1"]);
    let told = "reminder after 3 business days without an answer";
    assert!(why.contains("since then, without a letter"), "{why}");
    assert!(why.contains(told), "{why}");
    let ticket = office.command(&["ticket", "show", "1"]);
    assert!(ticket.contains(told), "{ticket}");
    office.command(&["outbox", "hold"]);
    let coming = office.command(&["due"]);
    assert!(coming.starts_with("WAITS: the outbox is held"), "{coming}");
}

#[test]
fn a_mistake_in_the_lengths_is_named() {
    let refused = |due: &str| {
        let hours = "[hours]\nmonday = [\"08:00-12:00\"]\n";
        let text = format!(
            "[service]\nname = \"x\"\naddress = \"support@univ.example\"\n[store]\ndirectory = \".\"\n\
             [[mailbox]]\nname = \"m\"\nkind = \"maildir\"\npath = \"m\"\n\
             [delivery]\nkind = \"maildir\"\npath = \"o\"\n{hours}[due]\n{due}"
        );
        let error = Config::from_text(&text, Path::new("g.toml")).unwrap_err();
        error.to_string()
    };
    let error = refused("close_after = \"36h\"\n");
    assert!(
        error.ends_with("`due.close_after`: expected a number of business days from \"1d\" to \"250d\", but found \"36h\""),
        "{error}"
    );
    let error = refused("remind_after = \"7d\"\n");
    assert!(
        error.ends_with("`due.remind_after`: expected fewer business days than `remind_again_after`, which has \"7d\", but found \"7d\""),
        "{error}"
    );
    let error = refused("question_decide_after = \"2d\"\n");
    assert!(
        error.ends_with("`due.question_decide_after`: expected more business days than `question_remind_after`, which has \"2d\", but found \"2d\""),
        "{error}"
    );
}

#[test]
fn one_ticket_whose_row_is_damaged_holds_up_no_other() {
    let (office, _) = asked_with("");
    let other = letter("Bob <bob@univ.example>", "Écran", "Mon écran est noir.");
    assert_eq!(office.post(&other).ticket, Some(2));
    office.deliver();
    office.execute("UPDATE ticket SET wait_until = 'some day' WHERE number = 2");
    let sent = office.live(days(4));
    assert_sent(&sent, &[("11-26 09:05", "reminder", "claire")]);
    office.execute("UPDATE ticket SET wait_until = '' WHERE number = 2");
    let sent = office.live(SignedDuration::from_hours(2));
    assert_eq!(sent.len(), 2, "{:?}", kinds(&sent));
}

/// Twenty thousand open tickets cost a pass what there is to do in it, not what there is.
#[test]
fn a_pass_looks_at_what_is_due_and_not_at_all_there_is() {
    let (office, _) = opened_with("");
    office.execute(
        "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
         INSERT INTO ticket (number, letter, created_at, updated_at, status, subject, requester,
           requester_name, language, outcome, category, criticality, mutualisation, priority, answer)
         SELECT n, 1, created_at, updated_at, 'open', subject, requester, requester_name,
           language, outcome, category, criticality, mutualisation, 'P2', answer
         FROM ticket JOIN n WHERE number = 1",
    );
    // The rules are new to the timer: it looks at each ticket once, a slice a commit.
    let began = std::time::Instant::now();
    assert_eq!(office.fall_due().looked, 20_000);
    // A release build needs a tenth of what this one does.
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    // From now on a pass is one look into an index.
    let began = std::time::Instant::now();
    assert_eq!(office.fall_due().looked, 0);
    assert!(began.elapsed().as_millis() < 200, "{:?}", began.elapsed());
    let plan = "EXPLAIN QUERY PLAN SELECT number FROM ticket WHERE look_at <= 1 ORDER BY look_at LIMIT 250";
    let database = office.database();
    let plan: String = database.query_row(plan, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("ticket_look"), "{plan}");
    // Whoever writes into one of them has that one looked at.
    office.execute(
        "INSERT INTO entry (ticket, at, kind, author, text) VALUES (777, 1, 'note', 'x', 'x')",
    );
    assert_eq!(office.fall_due().looked, 1);
}
