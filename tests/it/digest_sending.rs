//! Digests on their way: the timer sends each once, and nothing that comes back starts anything.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::office::{Mail, Office, letter, reply, to};

const CLAIRE: &str = "Claire Dumas <claire@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";
const WEEKLY: &str = "[digest]\nweekly_to = [\"direction@univ.example\"]\n";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn local(at: Timestamp) -> DateTime {
    TimeZone::get("Europe/Paris").unwrap().to_datetime(at)
}

/// An office on Monday morning with one request, whose letters went out.
fn office(more: &str) -> Office {
    let office = Office::in_office_hours(more);
    office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nplus de toner.",
    ));
    office.deliver();
    office
}

/// Digests: when, which, to whom.
fn digests(sent: &[(Timestamp, Mail)]) -> Vec<(String, String, String)> {
    sent.iter()
        .filter(|(_, mail)| mail.kind.starts_with("digest"))
        .map(|(at, mail)| {
            let at = local(*at).strftime("%a %H:%M").to_string();
            (at, mail.kind.clone(), mail.to.clone())
        })
        .collect()
}

fn one_digest(office: &Office) -> Mail {
    let sent = office.live(hours(1));
    let mails: Vec<Mail> = sent.into_iter().map(|(_, mail)| mail).collect();
    let digests: Vec<Mail> = mails
        .into_iter()
        .filter(|one| one.kind == "digest")
        .collect();
    to(&digests, "paul@univ.example").clone()
}

#[test]
fn each_technician_gets_one_letter_each_working_morning_and_the_head_one_a_week() {
    let office = office(WEEKLY);
    // From Monday, nine o'clock, to Wednesday a week later.
    let found = digests(&office.live(hours(9 * 24)));
    let mornings = [
        "Mon 09:15",
        "Tue 08:30",
        "Wed 08:30",
        "Thu 08:30",
        "Fri 08:30",
    ];
    let again = ["Mon 08:30", "Tue 08:30", "Wed 08:30"];
    let mut wanted = Vec::new();
    for at in mornings.into_iter().chain(again) {
        for name in ["paul", "zoe"] {
            wanted.push((
                at.to_owned(),
                "digest".to_owned(),
                format!("{name}@univ.example"),
            ));
        }
        if at.starts_with("Mon") {
            let head = "direction@univ.example".to_owned();
            wanted.push((at.to_owned(), "digest_weekly".to_owned(), head));
        }
    }
    let sorted = |mut found: Vec<(String, String, String)>| {
        found.sort();
        found
    };
    assert_eq!(sorted(found), sorted(wanted));
}

#[test]
fn a_process_that_is_started_anew_repeats_no_digest() {
    let office = office(WEEKLY);
    assert_eq!(digests(&office.live(hours(1))).len(), 3);
    for _ in 0..5 {
        office.restart_timer();
        assert_eq!(digests(&office.live(SignedDuration::from_mins(15))), []);
    }
}

#[test]
fn a_morning_on_which_nothing_waited_stays_without_a_letter() {
    let office = Office::in_office_hours("[digest]\n");
    assert_eq!(digests(&office.live(hours(1))), []);
    // It was looked at and left no trace; what comes now is told by its own letters.
    assert_eq!(office.text("SELECT count(*) FROM occurrence"), "0");
    office.post(&letter(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nplus de toner.",
    ));
    assert_eq!(digests(&office.live(hours(1))), []);
    assert_eq!(digests(&office.live(hours(24))).len(), 2);
}

#[test]
fn a_gateway_that_was_down_all_morning_waits_for_the_next() {
    let office = office("[digest]\n");
    office.pass(hours(4));
    let found = digests(&office.live(hours(24)));
    let times: Vec<&str> = found.iter().map(|(at, _, _)| at.as_str()).collect();
    assert_eq!(times, ["Tue 08:30", "Tue 08:30"]);
}

#[test]
fn while_the_outbox_is_held_no_digest_is_written() {
    let office = office("[digest]\n");
    office.command(&["outbox", "hold", "--why", "looking into it"]);
    assert_eq!(digests(&office.live(hours(1))), []);
    assert_eq!(
        office.text("SELECT count(*) FROM outbox WHERE kind = 'digest'"),
        "0"
    );
    office.command(&["outbox", "release"]);
    assert_eq!(digests(&office.live(hours(1))).len(), 2);
}

#[test]
fn what_the_site_does_not_want_is_not_sent() {
    let office = office("[digest]\ndaily = false\n");
    assert_eq!(digests(&office.live(hours(48))), []);
}

#[test]
fn the_weeks_letter_carries_the_sheet() {
    let office = office(WEEKLY);
    let sent = office.live(hours(1));
    let mails: Vec<Mail> = sent.into_iter().map(|(_, mail)| mail).collect();
    let weekly = to(&mails, "direction@univ.example");
    let files = weekly.files();
    let [(name, bytes)] = files.as_slice() else {
        panic!("{files:?}");
    };
    assert_eq!(name, "indicateurs-2026-S47.pdf");
    assert_eq!(
        lopdf::Document::load_mem(bytes).unwrap().get_pages().len(),
        1
    );
    assert!(weekly.raw.contains("application/pdf"));
    weekly.assert_says("Aucune demande la semaine du 16 novembre");
}

#[test]
fn a_digest_is_a_machines_letter_that_proves_nothing() {
    let office = office("[digest]\n");
    let digest = one_digest(&office);
    assert_eq!(digest.envelope_sender, None);
    assert_eq!(digest.field("Auto-Submitted").unwrap(), "auto-generated");
    assert_eq!(digest.field("Reply-To"), None);
    digest.assert_says("SANS RESPONSABLE, DANS VOS DOMAINES");
    digest.assert_says("- #1 (");
    // An order in answer to it is nobody's order, and ticket 1 is left alone.
    office.post(&reply(PAUL, &digest, "#prendre\n\nJe m'en occupe."));
    assert_eq!(
        office.text("SELECT assignee FROM ticket WHERE number = 1"),
        ""
    );
    assert_eq!(office.status(1), "new");
}

#[test]
fn words_in_answer_to_a_digest_are_an_ordinary_letter() {
    let office = office("[digest]\n");
    let digest = one_digest(&office);
    let became = office.post(&reply(PAUL, &digest, "Mon propre poste ne démarre plus."));
    assert_eq!(became.disposition, "ticket", "{became:?}");
    assert_ne!(became.ticket, Some(1));
}

#[test]
fn an_absence_note_to_a_digest_is_filed_and_answered_by_nobody() {
    let office = office("[digest]\n");
    let digest = one_digest(&office);
    let note = reply(PAUL, &digest, "Je suis absent jusqu'au 7 décembre.")
        .with("Auto-Submitted: auto-replied");
    let became = office.post(&note);
    assert_eq!(became.disposition, "automatic", "{became:?}");
    assert_eq!(became.ticket, None);
    assert_eq!(office.deliver().len(), 0);
}

#[test]
fn a_digest_that_comes_back_is_noted_at_its_row() {
    let office = office("[digest]\n");
    let digest = one_digest(&office);
    let report = format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.univ.example>\r\n\
         To: support@univ.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Message-ID: <dsn1@mx.univ.example>\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.univ.example\r\n\r\n\
         Final-Recipient: rfc822; paul@univ.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b\r\n\
         Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{}>\r\n\r\n--b--\r\n",
        digest.message_id
    );
    let became = office.post_raw(report.into_bytes());
    assert_eq!(became.disposition, "bounce", "{became:?}");
    let state =
        "SELECT state FROM outbox WHERE kind = 'digest' AND recipient = 'paul@univ.example'";
    assert_eq!(office.text(state), "bounced");
}
