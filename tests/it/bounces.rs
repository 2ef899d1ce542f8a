//! Letters of ours that come back: each server's way of saying so, and what follows from it.
//! Virtual time, the real reading, decision and store.

use jiff::SignedDuration;

use crate::virtual_gateway::{Post, VirtualGateway, begin, letter};

const ADDRESS: &str = "jean@univ.example";

/// A gateway that has answered `count` requests of one person.
async fn answered(count: usize) -> (VirtualGateway, Vec<Post>) {
    let mut gateway = VirtualGateway::new("support@univ.example", "");
    let mut posts = Vec::new();
    for n in 0..count {
        let id = format!("req{n}@univ.example");
        let raw = letter(
            ADDRESS,
            &format!("Panne {n}"),
            &id,
            "",
            &format!("Panne numéro {n}."),
        );
        gateway.receive(&raw, begin()).await;
        posts.extend(gateway.send(begin()).await);
    }
    assert_eq!(posts.len(), count);
    (gateway, posts)
}

fn head(subject: &str, more: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\n\
         To: support@univ.example\nSubject: {subject}\n{more}"
    )
}

/// A report as RFC 3464 has it, over the letter's header.
fn report(post: &Post, action: &str, status: &str, diagnostic: &str) -> Vec<u8> {
    let id = post.field("Message-ID");
    let head = head(
        "Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    );
    format!(
        "{head}\n--b\nContent-Type: text/plain\n\nThis is the mail system.\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {ADDRESS}\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; {diagnostic}\n\n--b\nContent-Type: text/rfc822-headers\n\n\
         Subject: x\nMessage-ID: {id}\n\n--b--\n"
    )
    .into_bytes()
}

/// The forms of servers that do not write one, each with the words that must be kept.
fn odd_ones(id: &str) -> Vec<(&'static str, String, &'static str)> {
    let copy =
        format!("Return-Path: <>\nFrom: support@univ.example\nMessage-ID: {id}\n\nBonjour\n");
    let given_back = format!(
        "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: {id}\n\n--b--\n"
    );
    vec![
        (
            "qmail",
            head("failure notice", "")
                + &format!(
                    "\nHi. This is the qmail-send program at mx.example.\n\
                   I'm afraid I wasn't able to deliver your message.\n\n<{ADDRESS}>:\n\
                   Sorry, no mailbox here by that name. (#5.1.1)\n\n\
                   --- Below this line is a copy of the message.\n\n{copy}"
                ),
            "no mailbox here by that name",
        ),
        (
            "Exim",
            head(
                "Mail delivery failed: returning message to sender",
                &format!("X-Failed-Recipients: {ADDRESS}\n"),
            ) + &format!(
                "\nThis message was created automatically by mail delivery software.\n\n  \
                   {ADDRESS}\n    Unrouteable address\n\n\
                   ------ This is a copy of the message, including all the headers. ------\n\n{copy}"
            ),
            "Unrouteable address",
        ),
        (
            "Exchange",
            head(
                "Non remis : Panne",
                &format!(
                    "In-Reply-To: {id}\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
                ),
            ) + "\n--b\nContent-Type: text/plain; charset=utf-8\n\nÉchec de la remise.\n\n--b\n\
                   Content-Type: message/delivery-status\n\nReporting-MTA: dns;ex.example\n\n\
                   Final-recipient: RFC822;jean@univ.example\nAction: failed\nStatus: 5.1.10\n\n"
                + &given_back,
            "5.1.10",
        ),
        (
            "Gmail",
            head(
                "Delivery Status Notification (Failure)",
                &format!(
                    "X-Failed-Recipients: {ADDRESS}\nReferences: {id}\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
                ),
            ) + "\n--b\nContent-Type: text/plain\n\n** Adresse introuvable **\n\n--b\n\
                   Content-Type: message/delivery-status\n\nReporting-MTA: dns; gmail.example\n\n\
                   Final-Recipient: rfc822; jean@univ.example\nAction: failed\nStatus: 5.1.1\n\
                   Diagnostic-Code: smtp; 550-5.1.1 The email account does not exist.\n\n"
                + &given_back,
            "does not exist",
        ),
        (
            "Orange",
            head("Delivery status: Echec de remise du message", "")
                + &format!(
                    "\nVotre message n'a pas pu être remis.\n\
                   550 5.1.1 Adresse d au moins un destinataire invalide. OFR204_416\n\n\
                   Message-ID: {id}\n"
                ),
            "OFR204_416",
        ),
        (
            "Free",
            head("Undelivered Mail Returned to Sender", "")
                + &format!(
                    "\n<{ADDRESS}>: host mx.free.example said: 552 5.2.2 mailbox full\n\n\
                   > Message-ID: {id}\n"
                ),
            "mailbox full",
        ),
        (
            "SFR",
            head("Message non distribue", "")
                + &format!("\nLe destinataire {ADDRESS} est inconnu.\n\nMessage-ID: {id}\n"),
            "est inconnu",
        ),
    ]
}

fn state(gateway: &VirtualGateway, row: i64) -> String {
    let rows = gateway.view().outbox(None, 100).unwrap();
    rows.into_iter().find(|one| one.id == row).unwrap().state
}

fn last_page(gateway: &VirtualGateway, ticket: i64) -> String {
    let pages = gateway.view().ticket(ticket).unwrap();
    let last = pages.history.last().unwrap();
    assert_eq!(last.kind, "delivery", "{last:?}");
    last.text.clone()
}

#[tokio::test]
async fn a_report_marks_its_row_and_tells_the_ticket_why() {
    let (mut gateway, posts) = answered(1).await;
    let raw = report(&posts[0], "failed", "5.1.1", "550 5.1.1 <x>: user unknown");
    let decision = gateway.receive(&raw, begin()).await;
    assert_eq!(decision.disposition.as_str(), "bounce");
    assert_eq!(decision.ticket.map(|ticket| ticket.0), Some(1));
    assert_eq!(state(&gateway, 1), "bounced");
    let said = last_page(&gateway, 1);
    assert!(
        said.contains("permanent failure: 550 5.1.1 <x>: user unknown"),
        "{said}"
    );
    // A second report on the same row is not another failure.
    gateway
        .receive(&[&b"X-Copy: 2\n"[..], &raw].concat(), begin())
        .await;
    assert_eq!(gateway.view().failing(9).unwrap()[0].failures, 1);
}

#[tokio::test]
async fn each_odd_report_finds_its_letter_and_its_reason() {
    let count = odd_ones("").len();
    for at in 0..count {
        let (mut gateway, posts) = answered(1).await;
        let (name, raw, words) = odd_ones(&posts[0].field("Message-ID")).remove(at);
        let decision = gateway.receive(raw.as_bytes(), begin()).await;
        assert_eq!(
            decision.disposition.as_str(),
            "bounce",
            "{name}: {}",
            decision.reason
        );
        // What encloses the letter proves something; a text that names it is only kept.
        let proven = ["Exchange", "Gmail"].contains(&name);
        let expected = if proven { "bounced" } else { "sent" };
        assert_eq!(state(&gateway, 1), expected, "{name}: {}", decision.reason);
        assert_eq!(
            gateway.view().failing(9).unwrap().is_empty(),
            !proven,
            "{name}"
        );
        let said = last_page(&gateway, 1);
        assert!(
            said.contains(words) && !said.contains('\n'),
            "{name}: {said}"
        );
    }
}

#[tokio::test]
async fn a_delay_and_an_arrival_are_only_noted() {
    let (mut gateway, posts) = answered(1).await;
    let delayed = report(&posts[0], "delayed", "4.4.1", "connection timed out");
    gateway.receive(&delayed, begin()).await;
    assert_eq!(state(&gateway, 1), "sent");
    assert!(
        last_page(&gateway, 1).contains("delayed"),
        "{}",
        last_page(&gateway, 1)
    );
    let warning = head("Warning: message 1uEOxA delayed 24 hours", "")
        + &format!(
            "\nThe message has not yet been delivered.\nMessage-ID: {}\n",
            posts[0].field("Message-ID")
        );
    gateway.receive(warning.as_bytes(), begin()).await;
    assert_eq!(state(&gateway, 1), "sent");
    let arrived = report(&posts[0], "relayed", "2.0.0", "250 ok");
    gateway.receive(&arrived, begin()).await;
    assert!(last_page(&gateway, 1).contains("it arrived"));
    assert!(gateway.view().failing(9).unwrap().is_empty());
}

#[tokio::test]
async fn what_was_given_up_does_not_blame_the_address() {
    let (mut gateway, posts) = answered(1).await;
    let raw = report(&posts[0], "failed", "4.4.7", "delivery time expired");
    gateway.receive(&raw, begin()).await;
    assert_eq!(state(&gateway, 1), "bounced");
    assert!(gateway.view().failing(9).unwrap().is_empty());
}

#[tokio::test]
async fn a_report_on_no_letter_of_ours_is_backscatter() {
    let (mut gateway, posts) = answered(1).await;
    let forged = Post {
        raw: letter("x@y.example", "x", "guichet.1.0000@univ.example", "", "x"),
        ..posts[0].clone()
    };
    let decision = gateway
        .receive(&report(&forged, "failed", "5.1.1", "no"), begin())
        .await;
    assert_eq!(decision.disposition.as_str(), "bounce");
    assert_eq!(decision.ticket, None);
    assert!(
        decision.reason.starts_with("backscatter"),
        "{}",
        decision.reason
    );
    assert_eq!(state(&gateway, 1), "sent");
}

#[tokio::test]
async fn a_report_to_a_reply_address_finds_its_ticket_without_any_id() {
    let service = "address_detail = true\n";
    let mut gateway = VirtualGateway::with_service("support@univ.example", service, "");
    let raw = letter(
        ADDRESS,
        "Panne",
        "req@univ.example",
        "",
        "Le poste est en panne.",
    );
    gateway.receive(&raw, begin()).await;
    let post = gateway.send(begin()).await.remove(0);
    let raw = format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@free.example\nTo: {}\nSubject: failure notice\n\
         Message-ID: <q@free.example>\n\n<{ADDRESS}>:\n550 5.2.1 mailbox disabled\n",
        post.field("Reply-To")
    );
    let decision = gateway.receive(raw.as_bytes(), begin()).await;
    assert_eq!(decision.disposition.as_str(), "bounce");
    assert_eq!(decision.ticket.map(|ticket| ticket.0), Some(1));
    assert!(last_page(&gateway, 1).contains("5.2.1"));
    assert_eq!(
        state(&gateway, 1),
        "sent",
        "which letter it was is not known"
    );
    // The address without its token proves nothing.
    let bare = raw.replace(&post.field("Reply-To"), "support@univ.example");
    let decision = gateway
        .receive(bare.replace("q@free", "r@free").as_bytes(), begin())
        .await;
    assert_eq!(decision.ticket, None);
}

#[tokio::test]
async fn three_failures_suspend_an_address_and_its_next_letter_lifts_that() {
    let (mut gateway, posts) = answered(4).await;
    // A fourth letter waits when the third report comes.
    let waiting = letter(
        ADDRESS,
        "Panne 9",
        "req9@univ.example",
        "",
        "Panne numéro 9.",
    );
    gateway.receive(&waiting, begin()).await;
    for post in &posts[..3] {
        let raw = report(post, "failed", "5.1.1", "550 5.1.1 user unknown");
        gateway.receive(&raw, begin()).await;
    }
    let failing = gateway.view().failing(9).unwrap();
    assert_eq!((failing[0].failures, failing[0].held), (3, 1));
    assert!(failing[0].suspended_at > 0);
    assert!(gateway.send(begin()).await.is_empty());
    let held = gateway.view().outbox(Some("held"), 9).unwrap();
    assert!(held[0].answer.contains("suspended"), "{held:?}");
    // `release` is about budgets: what would come back again stays.
    assert_eq!(gateway.desk().release_outbox(begin()).unwrap(), 0);
    // A machine's letter does not lift it.
    let absence = letter(
        ADDRESS,
        "Absence",
        "a@univ.example",
        "Auto-Submitted: auto-replied\n",
        "x",
    );
    gateway.receive(&absence, begin()).await;
    assert!(gateway.send(begin()).await.is_empty());
    // A person's does, and nothing was lost.
    let later = begin() + SignedDuration::from_hours(2);
    let raw = letter(
        ADDRESS,
        "Je suis là",
        "back@univ.example",
        "",
        "Ma boîte est réparée.",
    );
    gateway.receive(&raw, later).await;
    assert!(gateway.view().failing(9).unwrap().is_empty());
    assert_eq!(gateway.send(later).await.len(), 2);
}

#[tokio::test]
async fn an_admin_lifts_a_suspension() {
    let (mut gateway, posts) = answered(3).await;
    for post in &posts {
        gateway
            .receive(&report(post, "failed", "5.2.1", "disabled"), begin())
            .await;
    }
    assert_eq!(
        gateway.desk().resume("JEAN@univ.example", begin()).unwrap(),
        0
    );
    assert!(
        gateway.desk().resume(ADDRESS, begin()).is_err(),
        "it is not suspended any more"
    );
}

#[tokio::test]
async fn refusals_at_the_door_count_like_reports() {
    let mut gateway = VirtualGateway::new("support@univ.example", "");
    for n in 0..3 {
        let raw = letter(
            ADDRESS,
            &format!("Panne {n}"),
            &format!("r{n}@univ.example"),
            "",
            &format!("Panne {n}."),
        );
        gateway.receive(&raw, begin()).await;
    }
    assert_eq!(gateway.refuse(begin()).await, 3);
    assert!(gateway.view().failing(9).unwrap()[0].suspended_at > 0);
}

#[tokio::test]
async fn failures_a_month_apart_are_not_in_a_row() {
    let (mut gateway, posts) = answered(3).await;
    let mut now = begin();
    for post in &posts {
        gateway
            .receive(&report(post, "failed", "5.1.1", "unknown"), now)
            .await;
        now += SignedDuration::from_hours(31 * 24);
    }
    assert_eq!(gateway.view().failing(9).unwrap()[0].suspended_at, 0);
}

#[tokio::test]
async fn a_refusal_that_bounces_is_none() {
    let (mut gateway, posts) = answered(1).await;
    gateway
        .database()
        .execute_batch(
            "UPDATE ticket SET status = 'refused', outcome = 'reject';
             UPDATE outbox SET kind = 'rejection';",
        )
        .unwrap();
    gateway
        .receive(&report(&posts[0], "failed", "5.1.1", "unknown"), begin())
        .await;
    let ticket = gateway.view().ticket(1).unwrap();
    assert_eq!(
        (ticket.line.status.as_str(), ticket.line.outcome.as_str()),
        ("new", "flag")
    );
}

#[tokio::test]
async fn receipts_are_noted_and_a_complaint_is_one_failure() {
    let (mut gateway, posts) = answered(1).await;
    let id = posts[0].field("Message-ID");
    let receipt = format!(
        "From: {ADDRESS}\nTo: support@univ.example\nSubject: Lu : Panne\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n\
         --b\n\nLu.\n--b\nContent-Type: message/disposition-notification\n\n\
         Original-Message-ID: {id}\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    );
    let decision = gateway.receive(receipt.as_bytes(), begin()).await;
    assert_eq!(decision.disposition.as_str(), "automatic");
    assert!(last_page(&gateway, 1).contains("displayed"));
    let complaint = format!(
        "From: fbl@provider.example\nTo: support@univ.example\nSubject: complaint\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nx\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\
         User-Agent: x\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: {id}\n\nx\n--b--\n"
    );
    gateway.receive(complaint.as_bytes(), begin()).await;
    assert!(last_page(&gateway, 1).contains("complains: abuse"));
    // One failure, however often it is said.
    let again = format!("X-Copy: 2\n{complaint}");
    gateway.receive(again.as_bytes(), begin()).await;
    let failing = gateway.view().failing(9).unwrap();
    assert_eq!((failing[0].failures, failing[0].suspended_at), (1, 0));
}

#[tokio::test]
async fn an_absence_is_filed_with_its_ticket_and_opens_nothing_again() {
    let (mut gateway, posts) = answered(1).await;
    gateway
        .database()
        .execute("UPDATE ticket SET status = 'resolved'", [])
        .unwrap();
    let id = posts[0].field("Message-ID");
    // From another address of the same person: it answers our letter all the same.
    let more = format!("Auto-Submitted: auto-replied (vacation)\nIn-Reply-To: {id}\n");
    let raw = letter(
        "jean.alias@univ.example",
        "Absence",
        "ooo@univ.example",
        &more,
        "De retour lundi.",
    );
    let decision = gateway.receive(&raw, begin()).await;
    assert_eq!(decision.disposition.as_str(), "automatic");
    let ticket = gateway.view().ticket(1).unwrap();
    assert_eq!(ticket.line.status, "resolved");
    assert_eq!(ticket.history.last().unwrap().kind, "automatic");
    assert!(gateway.send(begin()).await.is_empty());
}

#[tokio::test]
async fn a_report_that_only_names_the_letter_changes_nothing() {
    let (mut gateway, posts) = answered(1).await;
    let id = posts[0].field("Message-ID");
    let named = head(
        "Undelivered Mail Returned to Sender",
        &format!(
            "In-Reply-To: {id}\nReferences: {id}\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
        ),
    ) + &format!(
        "\n--b\nContent-Type: text/plain\n\n550 5.1.1 unknown. Message-ID: {id}\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {ADDRESS}\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    );
    let decision = gateway.receive(named.as_bytes(), begin()).await;
    assert_eq!(
        decision.ticket.map(|ticket| ticket.0),
        Some(1),
        "it is filed"
    );
    assert!(last_page(&gateway, 1).contains("nothing follows"));
    assert_eq!(state(&gateway, 1), "sent");
    assert!(gateway.view().failing(9).unwrap().is_empty());
}

#[tokio::test]
async fn only_the_addresss_own_fault_blames_it() {
    for (status, diagnostic, recipient) in [
        ("5.7.1", "550 5.7.1 message rejected as spam", ADDRESS),
        ("5.4.1", "550 5.4.1 access denied", ADDRESS),
        ("5.0.0", "554 refused", ADDRESS),
        (
            "5.1.1",
            "550 5.1.1 user unknown",
            "somebody.else@univ.example",
        ),
    ] {
        let (mut gateway, posts) = answered(1).await;
        let raw = String::from_utf8(report(&posts[0], "failed", status, diagnostic)).unwrap();
        let raw = raw.replace(
            &format!("rfc822; {ADDRESS}"),
            &format!("rfc822; {recipient}"),
        );
        gateway.receive(raw.as_bytes(), begin()).await;
        assert_eq!(state(&gateway, 1), "bounced", "{status}");
        assert!(
            gateway.view().failing(9).unwrap().is_empty(),
            "{status} {recipient}"
        );
    }
}

#[tokio::test]
async fn failures_are_in_a_row_only_until_something_arrives_or_the_person_writes() {
    let (mut gateway, posts) = answered(2).await;
    let failed = report(&posts[0], "failed", "5.1.1", "550 5.1.1 user unknown");
    gateway.receive(&failed, begin()).await;
    assert_eq!(gateway.view().failing(9).unwrap().len(), 1);
    let arrived = report(&posts[1], "delivered", "2.0.0", "250 ok");
    gateway.receive(&arrived, begin()).await;
    assert!(gateway.view().failing(9).unwrap().is_empty());
    let failed = report(&posts[1], "failed", "5.1.1", "550 5.1.1 user unknown");
    gateway.receive(&failed, begin()).await;
    assert_eq!(gateway.view().failing(9).unwrap().len(), 1);
    let raw = letter(ADDRESS, "Je suis là", "back@univ.example", "", "Me voici.");
    gateway.receive(&raw, begin()).await;
    assert!(gateway.view().failing(9).unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_that_waits_for_a_suspended_address_is_none() {
    let (mut gateway, posts) = answered(3).await;
    let raw = letter(
        ADDRESS,
        "Panne 9",
        "req9@univ.example",
        "",
        "Panne numéro 9.",
    );
    gateway.receive(&raw, begin()).await;
    gateway
        .database()
        .execute_batch(
            "UPDATE ticket SET status = 'refused', outcome = 'reject' WHERE number = 4;
             UPDATE outbox SET kind = 'rejection' WHERE ticket = 4;",
        )
        .unwrap();
    for post in &posts {
        let raw = report(post, "failed", "5.1.1", "550 5.1.1 user unknown");
        gateway.receive(&raw, begin()).await;
    }
    let ticket = gateway.view().ticket(4).unwrap();
    assert_eq!(
        (ticket.line.status.as_str(), ticket.line.outcome.as_str()),
        ("new", "flag")
    );
    // A refusal of a ticket that is in the queue must never go out.
    gateway.desk().resume(ADDRESS, begin()).unwrap();
    assert!(gateway.send(begin()).await.is_empty());
}

#[tokio::test]
async fn an_address_of_the_team_is_never_blamed() {
    let technician = format!(
        "[[technician]]\nhandle = \"jean\"\nname = \"Jean\"\naddresses = [\"{ADDRESS}\"]\n"
    );
    let mut gateway = VirtualGateway::new("support@univ.example", &technician);
    let raw = letter(ADDRESS, "Panne 1", "t@univ.example", "", "Panne numéro 1.");
    gateway.receive(&raw, begin()).await;
    let posts = gateway.send(begin()).await;
    assert!(!posts.is_empty());
    for post in &posts {
        let raw = report(post, "failed", "5.1.1", "550 5.1.1 user unknown");
        gateway.receive(&raw, begin()).await;
    }
    assert_eq!(state(&gateway, 1), "bounced");
    assert!(gateway.view().failing(9).unwrap().is_empty());
}
