//! One letter a rule, and the letters that must stay requests.

use super::*;
use crate::message::parse::parse;

fn settings() -> Settings {
    Settings {
        own_addresses: vec![
            "support@institut.fr".to_owned(),
            "aide@institut.fr".to_owned(),
        ],
        message_id_domain: Some("guichet.institut.fr".to_owned()),
        instance: "a1b2".to_owned(),
        authserv_id: Some("mx.institut.fr".to_owned()),
        ..Settings::default()
    }
}

fn letter(header: &str) -> Message {
    let defaults = [
        ("From:", "From: Marie <marie@institut.fr>\n"),
        ("To:", "To: support@institut.fr\n"),
        ("Subject:", "Subject: Imprimante\n"),
        ("Content-Type:", "Content-Type: text/plain\n"),
    ];
    let mut raw = header.to_owned();
    for (name, line) in defaults {
        if !header.lines().any(|given| given.starts_with(name)) {
            raw.push_str(line);
        }
    }
    raw.push_str("\nBonjour, l'imprimante ne marche plus.\n");
    parse(raw.as_bytes()).unwrap()
}

fn class(header: &str) -> Class {
    classify(&letter(header), &settings())
}

fn assert_class(header: &str, kind: Kind, rule: Option<Rule>) {
    let expected = Class {
        kind,
        answerable: rule.is_none(),
        rule,
    };
    assert_eq!(class(header), expected, "{header}");
}

#[test]
fn people_stay_requests_and_are_answered() {
    for header in [
        "",
        "Auto-Submitted: no\n",
        "Auto-Submitted: No (really)\n",
        "Return-Path: <marie@mail.institut.fr>\n",
        "Precedence: normal\n",
        "X-Auto-Response-Suppress: None\n",
        "X-Autoreply: no\n",
        "To: support+c1.12.ab@institut.fr\n",
        "To: x@y.fr\nCc: AIDE@Institut.FR\n",
        "Subject: Absence de reseau en B12\n",
        "Subject: Re: Out of paper\n",
        "From: Norep Lyons <norep.lyons@institut.fr>\n",
        "From: newsome@institut.fr\n",
        // An alias of ours that forwards to another.
        "Delivered-To: support@institut.fr\nDelivered-To: aide@institut.fr\n",
    ] {
        assert_class(header, Kind::Request, None);
    }
}

#[test]
fn rules_that_only_forbid_the_answer() {
    for (header, rule) in [
        ("List-Id: <equipe.institut.fr>\n", Rule::L04),
        ("List-Unsubscribe: <mailto:x@y>\n", Rule::L04),
        ("Precedence: LIST\n", Rule::L04),
        ("Precedence: bulk\n", Rule::L05),
        ("X-Precedence: junk\n", Rule::L05),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply\n", Rule::L06),
        (
            "X-Auto-Response-Suppress: All\nSubject: Message d'absence Outlook ne fonctionne pas\n",
            Rule::L06,
        ),
        (
            "Precedence: bulk\nSubject: Absence : message automatique en panne\n",
            Rule::L05,
        ),
        ("X-Loop: list@autre.fr\n", Rule::L08),
        ("X-Guichet-Loop: other\n", Rule::L08),
        ("From: postmaster@institut.fr\n", Rule::L09),
        ("Return-Path: <equipe-bounces@institut.fr>\n", Rule::L09),
        ("Sender: owner-equipe@institut.fr\n", Rule::L09),
        ("To: equipe@institut.fr\n", Rule::L11),
        ("To: undisclosed-recipients:;\n", Rule::L11),
        ("Subject: Out of office\n", Rule::L13),
        ("Return-Path: <marie@ailleurs.org>\n", Rule::L16),
        ("From: a@b.fr\nFrom: c@d.fr\n", Rule::L21),
        ("From: a@b.fr, c@d.fr\n", Rule::L21),
    ] {
        assert_class(header, Kind::Request, Some(rule));
    }
}

#[test]
fn machines() {
    for (header, rule) in [
        ("Return-Path: <>\n", Rule::L01),
        ("Auto-Submitted: auto-generated\n", Rule::L02),
        ("auto-submitted: Auto-Notified; owner-email=x\n", Rule::L02),
        (
            "Auto-Submitted: no\nAuto-Submitted: auto-replied\n",
            Rule::L02,
        ),
        ("Precedence: auto_reply\n", Rule::L05),
        ("X-Autorespond: yes\n", Rule::L07),
        ("Delivered-To: Autoresponder\n", Rule::L07),
        ("X-Loop: yes\n", Rule::L08),
        ("From: No-Reply <no-reply@shop.fr>\n", Rule::L09),
        ("From: ne_pas_repondre@institut.fr\n", Rule::L09),
        ("From: root@srv.institut.fr\n", Rule::L09),
    ] {
        assert_class(header, Kind::Automatic, Some(rule));
    }
}

#[test]
fn a_suppressed_answer_makes_no_machine_of_a_person() {
    for subject in [
        "Imprimante",
        "Re: Automatic reply: imprimante",
        "RE: Absence du bureau",
    ] {
        let header = format!("X-Auto-Response-Suppress: All\nSubject: {subject}\n");
        assert_class(&header, Kind::Request, Some(Rule::L06));
    }
}

#[test]
fn a_person_who_passes_a_report_on_writes_a_request() {
    let body = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
        Bonjour, que veut dire ce retour ?\n--b\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.fr\nAction: failed\n\
        Status: 5.1.1\n\n--b--\n";
    let class = |subject: &str| {
        let raw = format!(
            "From: Marie <marie@institut.fr>\nTo: support@institut.fr\nSubject: {subject}\n{body}"
        );
        classify(&parse(raw.as_bytes()).unwrap(), &settings())
    };
    for subject in [
        "TR: Undelivered Mail Returned to Sender",
        "Re: Non remis : x",
        "Votre message",
    ] {
        assert_eq!(class(subject).kind, Kind::Request, "{subject}");
    }
}

#[test]
fn a_message_id_of_our_domain_is_anybodys() {
    assert_class(
        "Message-ID: <4711@guichet.institut.fr>\n",
        Kind::Request,
        None,
    );
}

#[test]
fn absent_people() {
    for (header, rule) in [
        (
            "Auto-Submitted: auto-replied (vacation)\nSubject: Re: x\nIn-Reply-To: <a@b>\n",
            Rule::L02,
        ),
        (
            "Auto-Submitted: auto-generated\nSubject: Automatic reply: x\n",
            Rule::L02,
        ),
        (
            "X-Auto-Response-Suppress: All\nSubject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0=3A?= x\nIn-Reply-To: <a@b>\n",
            Rule::L06,
        ),
        ("Return-Path: <>\nSubject: Absent du bureau\n", Rule::L01),
        (
            "Return-Path: <>\nX-Auto-Response-Suppress: All\nSubject: Absent du bureau\n",
            Rule::L01,
        ),
        (
            "Precedence: bulk\nIn-Reply-To: <a@b>\nSubject: Message d\u{2019}absence\n",
            Rule::L05,
        ),
    ] {
        assert_class(header, Kind::OutOfOffice, Some(rule));
    }
}

#[test]
fn reports_of_mail_servers() {
    for (header, rule) in [
        (
            "Return-Path: <>\nContent-Type: multipart/report; report-type=\"delivery-status\"; boundary=b\n",
            Rule::L01,
        ),
        (
            "Content-Type: multipart/report; boundary=b; Report-Type=delivery-status\n",
            Rule::L03,
        ),
        ("X-Failed-Recipients: a@b.fr\n", Rule::L03),
        (
            "From: MAILER-DAEMON@institut.fr\nSubject: Undelivered Mail Returned to Sender\n",
            Rule::L09,
        ),
        ("Return-Path: <>\nSubject: failure notice\n", Rule::L01),
        (
            "Auto-Submitted: auto-replied\nContent-Type: message/delivery-status\n",
            Rule::L02,
        ),
    ] {
        assert_class(header, Kind::Bounce, Some(rule));
    }
}

#[test]
fn our_own_letters() {
    let hops = "Received: from a by b\n".repeat(51);
    for (header, rule) in [
        ("X-Guichet-Loop: A1B2\n", Rule::L08),
        ("X-Loop: support@institut.fr\n", Rule::L08),
        ("From: support+c1.x@institut.fr\n", Rule::L10),
        (
            "Message-ID: <guichet.1.00ff@guichet.institut.fr>\n",
            Rule::L12,
        ),
        (
            "Delivered-To: support@institut.fr\nDelivered-To: Support@institut.fr\n",
            Rule::L12,
        ),
        (hops.as_str(), Rule::L12),
    ] {
        assert_class(header, Kind::OwnLoop, Some(rule));
    }
    assert_class(
        "Auto-Submitted: auto-replied\nX-Guichet-Loop: a1b2\n",
        Kind::OwnLoop,
        Some(Rule::L02),
    );
}

#[test]
fn an_envelope_of_another_organisation_needs_the_authors_word() {
    let envelope = "Return-Path: <x@sender.net>\n";
    let field = |result: &str| format!("Authentication-Results: mx.institut.fr; {result}\n");
    let vouched = field("dmarc=pass header.from=institut.fr");
    let disowned = field("dmarc=fail header.from=institut.fr");
    assert_class(&(envelope.to_owned() + &vouched), Kind::Request, None);
    assert_class(
        &(envelope.to_owned() + &disowned),
        Kind::Request,
        Some(Rule::L16),
    );
    assert_class(envelope, Kind::Request, Some(Rule::L16));
}

#[test]
fn every_rule_has_its_place_and_a_reason() {
    assert!(RULES.is_sorted_by_key(|(rule, _)| *rule));
    for (rule, _) in RULES {
        assert!(!rule.why().is_empty() && rule.to_string().starts_with('L'));
    }
}

#[test]
fn reports_of_readers_have_kinds_of_their_own() {
    for (report, kind) in [
        ("disposition-notification", Kind::Receipt),
        ("feedback-report", Kind::Complaint),
        ("delivery-status", Kind::Bounce),
    ] {
        let header = format!("Content-Type: multipart/report; report-type={report}; boundary=b\n");
        assert_class(&header, kind, Some(Rule::L03));
    }
}

#[test]
fn a_report_that_a_person_passes_on_is_a_request_without_an_answer() {
    let raw = |header: &str, report: &str| {
        format!(
            "{header}To: support@institut.fr\nSubject: Que veut dire ceci ?\nMIME-Version: 1.0\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBonjour, je ne comprends pas.\n\
             --b\nContent-Type: message/{report}\n\nReporting-MTA: dns; mx.fr\n\nAction: failed\n\
             Status: 5.1.1\n\n--b--\n"
        )
    };
    let found = |raw: String| classify(&parse(raw.as_bytes()).unwrap(), &settings());
    for report in [
        "delivery-status",
        "disposition-notification",
        "feedback-report",
    ] {
        let class = found(raw("From: Marie <marie@institut.fr>\n", report));
        assert_eq!(
            (class.kind, class.rule, class.answerable),
            (Kind::Request, Some(Rule::L03), false),
            "{report}"
        );
    }
    for machine in [
        "From: postmaster@mx.fr\n",
        "From: MAILER-DAEMON@mx.fr\n",
        "Return-Path: <>\nFrom: x@mx.fr\n",
        "From: x@mx.fr\nAuto-Submitted: auto-replied\n",
    ] {
        let class = found(raw(machine, "delivery-status"));
        assert_eq!(class.kind, Kind::Bounce, "{machine}");
    }
}

#[test]
fn failures_are_known_with_and_without_accents() {
    for subject in [
        "Message non distribue",
        "Message non distribué",
        "Delivery status: Echec de remise du message",
        "ÉCHEC de la remise : Panne",
        "Non remis : Panne",
        "Undelivered Mail Returned to Sender",
    ] {
        let header = format!("From: mailer-daemon@mx.fr\nSubject: {subject}\n");
        assert_class(&header, Kind::Bounce, Some(Rule::L09));
    }
}
