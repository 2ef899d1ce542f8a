//! Machines that answer us, and gateways that answer one another: how soon there is silence.
//!
//! Virtual time, the real decision, store and letters. A machine gets one answer at most, or, if it
//! hides what it is as well as a person writes, as many as the budgets allow a person.

use jiff::{SignedDuration, Timestamp};

use crate::virtual_gateway::{Post, VirtualGateway, begin, letter};

/// How a machine answers: header lines, subject, and whether it names the letter it answers.
struct Responder {
    name: &'static str,
    from: &'static str,
    subject: &'static str,
    header: &'static str,
    threads: bool,
}

const OWN: &str = "marie@univ.example";
const OUTSIDE: &str = "jean@elsewhere.example";

const fn responder(
    name: &'static str,
    from: &'static str,
    subject: &'static str,
    header: &'static str,
    threads: bool,
) -> Responder {
    Responder {
        name,
        from,
        subject,
        header,
        threads,
    }
}

/// Those that say what they are.
const HONEST: [Responder; 14] = [
    responder(
        "RFC 3834",
        OUTSIDE,
        "Re: {s}",
        "Auto-Submitted: auto-replied\n",
        true,
    ),
    responder(
        "sieve vacation",
        OWN,
        "Auto: {s}",
        "Auto-Submitted: auto-replied (vacation)\n",
        true,
    ),
    responder(
        "Exchange",
        OWN,
        "Automatic reply: {s}",
        "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
        true,
    ),
    responder(
        "Outlook in French",
        OWN,
        "Réponse automatique : {s}",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply\nReturn-Path: <>\n",
        true,
    ),
    responder(
        "Gmail",
        OUTSIDE,
        "Absent Re: {s}",
        "Precedence: bulk\nX-Autoreply: yes\n",
        true,
    ),
    responder(
        "Zimbra",
        OWN,
        "Out of Office: {s}",
        "Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk\n",
        true,
    ),
    responder(
        "RT",
        OUTSIDE,
        "[rt #{n}] AutoReply: {s}",
        "Precedence: bulk\nAuto-Submitted: auto-replied\nX-RT-Loop-Prevention: rt\n",
        true,
    ),
    responder(
        "OTRS",
        OUTSIDE,
        "[Ticket#{n}] {s}",
        "X-Loop: yes\nPrecedence: bulk\n",
        false,
    ),
    responder(
        "osTicket",
        OUTSIDE,
        "Re: {s} [#{n}]",
        "X-Auto-Response-Suppress: DR, RN, OOF, AutoReply\n",
        false,
    ),
    responder(
        "procmail",
        OUTSIDE,
        "Re: {s}",
        "X-Loop: jean@elsewhere.example\n",
        true,
    ),
    responder(
        "qmail autoresponder",
        OUTSIDE,
        "Re: {s}",
        "Delivered-To: Autoresponder\n",
        true,
    ),
    responder(
        "a newsletter",
        OUTSIDE,
        "Merci ! {n}",
        "List-Unsubscribe: <mailto:x@elsewhere.example>\n",
        false,
    ),
    responder(
        "a robot's address",
        "no-reply@elsewhere.example",
        "Ticket {n}",
        "",
        false,
    ),
    responder(
        "a bounce of an old server",
        "MAILER-DAEMON@elsewhere.example",
        "failure notice",
        "Return-Path: <>\n",
        false,
    ),
];

/// Those that hide it, from the clumsy to the malicious, and the most they get in three days.
const HIDING: [(Responder, usize); 8] = [
    (
        responder("no header, threaded", OUTSIDE, "Re: {s}", "", true),
        1,
    ),
    (
        responder("no header, the same subject", OUTSIDE, "Absence", "", false),
        3,
    ),
    (
        responder(
            "no header, always another subject",
            OUTSIDE,
            "Dossier {n}",
            "",
            false,
        ),
        3,
    ),
    (
        responder("no header, our subject", OUTSIDE, "RE: {s}", "", false),
        3,
    ),
    (
        responder(
            "Auto-Submitted: no",
            OUTSIDE,
            "Re: {s}",
            "Auto-Submitted: no\n",
            false,
        ),
        3,
    ),
    (
        responder("ours, the same subject", OWN, "Reçu", "", false),
        7,
    ),
    (responder("ours, threaded", OWN, "Re: {s}", "", true), 1),
    (
        responder(
            "ours, always another subject",
            OWN,
            "Dossier {n}",
            "",
            false,
        ),
        60,
    ),
];

impl Responder {
    fn answer(&self, post: &Post, n: usize) -> Vec<u8> {
        let subject = self.subject.replace("{n}", &n.to_string());
        let subject = subject.replace("{s}", &post.field("Subject"));
        let mut header = self.header.to_owned();
        if self.threads {
            let id = post.field("Message-ID");
            header.push_str(&format!("In-Reply-To: {id}\nReferences: {id}\n"));
        }
        let body = format!("Votre message a bien été reçu, numéro {n}.");
        letter(
            self.from,
            &subject,
            &format!("auto{n}@x.example"),
            &header,
            &body,
        )
    }
}

/// How many letters the machine gets in three days, if it answers each within a minute, and writes
/// by itself every ten minutes besides.
async fn letters_to(responder: &Responder) -> usize {
    let mut gateway = VirtualGateway::new("support@univ.example", "");
    let mut now = begin();
    let first = letter(
        responder.from,
        "Imprimante",
        "first@x.example",
        "",
        "Elle est en panne.",
    );
    gateway.receive(&first, now).await;
    let mut sent = Vec::new();
    let mut count = 0;
    let mut last: Option<Post> = None;
    for n in 0..3 * 24 * 6 {
        sent.extend(gateway.send(now).await);
        now += SignedDuration::from_mins(10);
        if let Some(post) = sent.pop() {
            count += 1;
            last = Some(post);
        }
        assert!(
            sent.is_empty(),
            "{}: several letters at once",
            responder.name
        );
        let Some(post) = &last else { break };
        assert_eq!(post.recipient, responder.from);
        gateway.receive(&responder.answer(post, n), now).await;
    }
    count
}

#[tokio::test]
async fn a_machine_that_says_so_gets_no_second_letter() {
    for responder in &HONEST {
        let letters = letters_to(responder).await;
        assert!(letters <= 1, "{}: {letters} letters", responder.name);
    }
}

#[tokio::test]
async fn a_machine_that_hides_it_gets_no_more_than_the_budget() {
    for (responder, most) in &HIDING {
        let letters = letters_to(responder).await;
        assert!(
            (1..=*most).contains(&letters),
            "{}: {letters} letters, at most {most}",
            responder.name
        );
    }
}

/// Passes letters between two gateways for a day; says how many each sent.
async fn between(strip: bool) -> (usize, usize) {
    let mut here = VirtualGateway::new("support@univ.example", "");
    let mut there = VirtualGateway::new("helpdesk@elsewhere.example", "");
    let mut now: Timestamp = begin();
    // A person's letter whose author is the other gateway: a forged sender, or a forwarding.
    let first = letter(
        "helpdesk@elsewhere.example",
        "Panne",
        "p1@x.example",
        "",
        "Plus de réseau.",
    );
    here.receive(&first, now).await;
    let (mut from_here, mut from_there) = (0, 0);
    for _ in 0..24 * 60 {
        now += SignedDuration::from_mins(1);
        for post in here.send(now).await {
            from_here += 1;
            there.receive(&seen_there(&post, strip), now).await;
        }
        for post in there.send(now).await {
            from_there += 1;
            here.receive(&seen_there(&post, strip), now).await;
        }
    }
    (from_here, from_there)
}

/// What a forwarding that loses all but the most necessary fields leaves of a letter.
fn seen_there(post: &Post, strip: bool) -> Vec<u8> {
    if !strip {
        return post.raw.clone();
    }
    let text = String::from_utf8_lossy(&post.raw).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut kept = String::new();
    let mut keep = false;
    for line in head.lines() {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap().to_lowercase();
            keep = [
                "from",
                "to",
                "subject",
                "message-id",
                "content-type",
                "mime-version",
                "content-transfer-encoding",
            ]
            .contains(&name.as_str());
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    format!("{kept}\n{body}").into_bytes()
}

#[tokio::test]
async fn two_gateways_fall_silent_after_one_letter() {
    assert_eq!(between(false).await, (1, 0));
}

#[tokio::test]
async fn two_gateways_fall_silent_even_if_every_sign_of_a_machine_is_lost() {
    let (here, there) = between(true).await;
    assert!(here <= 1 && there <= 1, "{here} and {there} letters");
}

#[tokio::test]
async fn the_breaker_stops_everything_and_an_admin_starts_it_again() {
    let more = "[answers]\nper_hour = 10\n";
    let mut gateway = VirtualGateway::new("support@univ.example", more);
    let now = begin();
    for n in 0..15 {
        let from = format!("p{n}@univ.example");
        let raw = letter(
            &from,
            "Panne",
            &format!("{n}@univ.example"),
            "",
            &format!("Panne {n}."),
        );
        gateway.receive(&raw, now).await;
    }
    assert_eq!(
        gateway.send(now).await.len(),
        0,
        "all is held, also what was written before"
    );
    let hold = gateway.view().queue().unwrap().hold.unwrap();
    assert!(hold.starts_with("L18: 10 letters"), "{hold}");
    let held = gateway.view().outbox(Some("held"), 50).unwrap();
    assert_eq!(held.len(), 5);
    assert!(held[0].answer.starts_with("L18: "), "{held:?}");
    assert_eq!(gateway.desk().release_outbox(now).unwrap(), 5);
    assert_eq!(gateway.send(now).await.len(), 15);
    // The hour begins anew: the next letter does not trip it again.
    let raw = letter("q@univ.example", "Panne", "q@univ.example", "", "Panne q.");
    gateway
        .receive(&raw, now + SignedDuration::from_secs(1))
        .await;
    assert_eq!(
        gateway.send(now + SignedDuration::from_secs(2)).await.len(),
        1
    );
}

#[tokio::test]
async fn on_a_bad_morning_the_team_goes_on_hearing() {
    let technician = |handle: &str| {
        format!(
            "[[technician]]\nhandle = \"{handle}\"\nname = \"{handle}\"\naddresses = [\"{handle}@univ.example\"]\n"
        )
    };
    let team = ["paul", "zoe", "luc"].map(technician).concat();
    let mut gateway = VirtualGateway::new("support@univ.example", &team);
    let now = begin();
    // The budgets as they are shipped: 200 requests in an hour are below them, and are told to
    // three technicians each.
    for n in 0..200 {
        let from = format!("p{n}@univ.example");
        let id = format!("{n}@univ.example");
        let body = format!("Le poste numéro {n} ne démarre plus.");
        let raw = letter(&from, &format!("Poste {n}"), &id, "", &body);
        gateway.receive(&raw, now).await;
    }
    assert_eq!(gateway.view().queue().unwrap().hold, None);
    assert_eq!(gateway.send(now).await.len(), 200 * 4);
    assert!(gateway.view().outbox(Some("held"), 9).unwrap().is_empty());
}

#[tokio::test]
async fn the_team_has_a_breaker_too() {
    let team = "[answers]\nper_hour_team = 5\n[[technician]]\nhandle = \"paul\"\nname = \"Paul\"\n\
        addresses = [\"paul@univ.example\"]\n";
    let mut gateway = VirtualGateway::new("support@univ.example", team);
    for n in 0..6 {
        let from = format!("p{n}@univ.example");
        let id = format!("{n}@univ.example");
        let raw = letter(
            &from,
            &format!("Poste {n}"),
            &id,
            "",
            &format!("Panne {n}."),
        );
        gateway.receive(&raw, begin()).await;
    }
    let hold = gateway.view().queue().unwrap().hold.unwrap();
    assert!(hold.starts_with("L18: 5 letters to the team"), "{hold}");
}

#[tokio::test]
async fn our_own_letter_is_known_by_its_id_alone() {
    let mut gateway = VirtualGateway::new("support@univ.example", "");
    let raw = letter(
        OWN,
        "Panne",
        "1@univ.example",
        "",
        "Le copieur est en panne.",
    );
    gateway.receive(&raw, begin()).await;
    let post = gateway.send(begin()).await.remove(0);
    let id = post.field("Message-ID");
    // A forwarder that writes its own From, and leaves nothing but the id.
    let id = id.trim_matches(['<', '>']);
    let back = letter("relay@list.example", "Panne", id, "", "Bonjour.");
    let decision = gateway.receive(&back, begin()).await;
    assert_eq!(decision.disposition.as_str(), "ignored");
    assert_eq!(decision.rule.as_deref(), Some("L12"));
    assert!(gateway.send(begin()).await.is_empty());
}

#[tokio::test]
async fn a_flood_to_one_foreign_domain_is_held_and_the_others_go_out() {
    let more = "[answers]\nall_per_domain_per_hour = 3\n";
    let mut gateway = VirtualGateway::new("support@univ.example", more);
    let now = begin();
    for n in 0..6 {
        for domain in ["victim.example", "univ.example"] {
            let id = format!("{n}@{domain}");
            let raw = letter(
                &format!("p{n}@{domain}"),
                "Panne",
                &id,
                "",
                &format!("Panne {n}."),
            );
            gateway.receive(&raw, now).await;
        }
    }
    let sent = gateway.send(now).await;
    let to_victim = sent
        .iter()
        .filter(|post| post.recipient.ends_with("victim.example"));
    assert_eq!((to_victim.count(), sent.len()), (3, 9));
    assert_eq!(gateway.view().queue().unwrap().hold, None);
    assert_eq!(gateway.view().outbox(Some("held"), 50).unwrap().len(), 3);
}

#[tokio::test]
async fn with_a_border_server_only_who_is_proven_or_known_is_answered() {
    let more = "";
    let service = "support@univ.example\"\nauthserv_id = \"mx.univ.example";
    let mut gateway = VirtualGateway::new(service, more);
    let now = begin();
    let verdict = |word: &str, domain: &str| {
        format!("Authentication-Results: mx.univ.example; dmarc={word} header.from={domain}\n")
    };
    let cases = [
        (
            "a@elsewhere.example",
            verdict("pass", "elsewhere.example"),
            "sent",
            "",
        ),
        (
            "b@elsewhere.example",
            verdict("fail", "elsewhere.example"),
            "suppressed",
            "L14",
        ),
        ("c@elsewhere.example", String::new(), "suppressed", "L14"),
        ("d@univ.example", String::new(), "sent", ""),
        (
            "e@univ.example",
            verdict("fail", "univ.example"),
            "suppressed",
            "L14",
        ),
    ];
    for (from, header, answer, rule) in cases {
        let raw = letter(
            from,
            "Panne",
            &format!("x{from}"),
            &header,
            &format!("De {from}."),
        );
        let decision = gateway.receive(&raw, now).await;
        assert_eq!(decision.answer.as_str(), answer, "{from}");
        assert_eq!(decision.rule.unwrap_or_default(), rule, "{from}");
    }
    let sent = gateway.send(now).await;
    assert_eq!(sent.len(), 2);
    assert!(
        sent.iter()
            .all(|post| post.field("Subject").contains("Panne"))
    );
}

#[tokio::test]
async fn only_first_answers_count_against_the_next_one() {
    let more = "[answers]\nper_recipient_per_hour = 1\nper_recipient_per_day = 1\n";
    let mut gateway = VirtualGateway::new("support@univ.example", more);
    let now = begin();
    let mut answers = Vec::new();
    for n in 0..3 {
        let id = format!("n{n}@univ.example");
        let raw = letter(OWN, &format!("Panne {n}"), &id, "", &format!("Panne {n}."));
        let decision = gateway.receive(&raw, now).await;
        answers.push(decision.answer.as_str());
        if n == 0 {
            // What a technician writes to the person is no automatic answer.
            gateway
                .database()
                .execute("UPDATE outbox SET dedupe_key = 'reply:' || id", [])
                .unwrap();
        }
    }
    assert_eq!(answers, ["sent", "sent", "suppressed"]);
}
