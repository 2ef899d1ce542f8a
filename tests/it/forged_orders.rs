//! Forged, stolen, replayed and misplaced orders: one table, each row tried against each class of
//! trust through the real gateway, and beside them the letters that are obeyed.
//!
//! A row changes a good letter as it goes over the wire. Its four signs say what becomes of it as
//! words of a requester (class 0), an order that stays inside the team (1), one that the requester
//! sees (2), and the confirmation of one that decides who reads the ticket (3): `y` obeyed, `n` not,
//! `.` does not apply.
//!
//! What is not here: a finding under our own name directly below our border server's own line. The
//! border takes such fields out of what comes in (RFC 8601 §5), and guichet rests on that.

use jiff::SignedDuration;

use crate::office::{Became, Mail, Office, letter, reply, to};

const PAUL: &str = "Paul Martin <paul@univ.example>";
const PASS: &str =
    "Authentication-Results: mx.univ.example; dmarc=pass header.from=univ.example\r\n";

/// A good letter, and what a forger may have got hold of.
struct Scene {
    /// As it goes over the wire.
    raw: String,
    /// The author's field.
    from: String,
    /// The letter of ours that it answers.
    answered: Mail,
    /// What a colleague got about the ticket.
    colleague: Mail,
    /// What the requester got about it.
    requester: Mail,
    /// What the author got about another ticket.
    elsewhere: Mail,
    /// The words that are to be obeyed.
    words: String,
}

impl Scene {
    fn with(&self, from: &str, to: &str) -> String {
        assert!(self.raw.contains(from), "{from:?} not in\n{}", self.raw);
        self.raw.replace(from, to)
    }

    /// With another finding of the border server.
    fn found(&self, results: &str) -> String {
        self.with(PASS, results)
    }

    /// From somebody else, whose own domain vouches for them.
    fn by(&self, from: &str, domain: &str) -> String {
        self.with(&format!("From: {}", self.from), &format!("From: {from}"))
            .replace("header.from=univ.example", &format!("header.from={domain}"))
    }

    /// Answering another Message-ID.
    fn answering(&self, id: &str) -> String {
        self.with(&self.answered.message_id, id)
    }

    /// With another body of another type.
    fn body(&self, kind: &str, body: &str) -> String {
        let (head, _) = self.raw.split_once("\r\n\r\n").unwrap();
        let head = head.replace("text/plain", kind);
        format!("{head}\r\n\r\n{}", body.replace('\n', "\r\n"))
    }

    /// With more at the end of its header.
    fn head(&self, more: &str) -> String {
        self.with("MIME-Version", &format!("{more}\r\nMIME-Version"))
    }

    /// The token in a Message-ID of ours.
    fn token(id: &str) -> String {
        let left = id.split('@').next().unwrap();
        let words: Vec<&str> = left.split('.').collect();
        words[words.len() - 6..].join(".")
    }

    /// Without any reference, to an address.
    fn to_address(&self, address: &str) -> String {
        let kept: Vec<&str> = self
            .raw
            .split("\r\n")
            .filter(|line| !line.starts_with("In-Reply-To:") && !line.starts_with("References:"))
            .collect();
        kept.join("\r\n")
            .replace("To: support@univ.example", &format!("To: {address}"))
    }
}

type Change = fn(&Scene) -> String;

/// What becomes of it in each class, its name, what is done to the letter.
const ROWS: &[(&str, &str, Change)] = &[
    // ------------------------------------------------------------------ what is obeyed
    ("yyyy", "as it is", |s| s.raw.clone()),
    ("yyyy", "token in capitals", |s| {
        s.answering(&s.answered.message_id.to_uppercase())
    }),
    ("yyyy", "author in capitals", |s| {
        s.with("univ.example>\r\nTo:", "UNIV.EXAMPLE>\r\nTo:")
    }),
    ("yyyy", "to the reply address alone", |s| {
        s.to_address(&format!(
            "support+{}@univ.example",
            Scene::token(&s.answered.message_id)
        ))
    }),
    // ------------------------------------------------------------------ whose token
    ("nnnn", "a colleague, proven, with this token", |s| {
        s.by("Zoé <zoe@univ.example>", "univ.example")
    }),
    (
        "ynnn",
        "the author, proven, with a colleague's token",
        |s| s.answering(&s.colleague.message_id),
    ),
    ("nnnn", "the token of another ticket", |s| {
        s.answering(&s.elsewhere.message_id)
    }),
    ("ynnn", "the requester's token", |s| {
        s.answering(&s.requester.message_id)
    }),
    ("ynnn", "the requester's token made one for orders", |s| {
        let token = Scene::token(&s.requester.message_id);
        let id = &s.requester.message_id;
        s.answering(&id.replace(&token, &format!("c{}", &token[1..])))
    }),
    ("ynnn", "a token without its last character", |s| {
        let token = Scene::token(&s.answered.message_id);
        s.answering(
            &s.answered
                .message_id
                .replace(&token, &token[..token.len() - 1]),
        )
    }),
    ("ynnn", "a token with one character more", |s| {
        let token = Scene::token(&s.answered.message_id);
        s.answering(&s.answered.message_id.replace(&token, &format!("{token}a")))
    }),
    ("ynnn", "a token of another installation", |s| {
        s.answering(&foreign(&s.answered))
    }),
    ("ynnn", "the ticket's number alone", |s| {
        s.to_address("support@univ.example")
    }),
    ("ynnn", "an id of ours without a token", |s| {
        s.answering("guichet.1.0011223344556677@univ.example")
    }),
    ("ynnn", "the token in the subject", |s| {
        let token = Scene::token(&s.answered.message_id);
        s.to_address("support@univ.example")
            .replace("Subject: ", &format!("Subject: {token} "))
    }),
    ("ynnn", "the token in the text", |s| {
        let token = Scene::token(&s.answered.message_id);
        let raw = s.to_address("support@univ.example");
        format!("{raw}\r\n{token}\r\n")
    }),
    ("ynnn", "the token under another host", |s| {
        s.answering(
            &s.answered
                .message_id
                .replace("univ.example", "evil.example"),
        )
    }),
    // ------------------------------------------------------------------ is it the author
    ("nnnn", "dmarc=fail", |s| {
        s.found("Authentication-Results: mx.univ.example; dmarc=fail header.from=univ.example\r\n")
    }),
    ("ynnn", "dmarc=none", |s| {
        s.found("Authentication-Results: mx.univ.example; dmarc=none header.from=univ.example\r\n")
    }),
    ("ynnn", "dmarc=temperror", |s| {
        s.found(
            "Authentication-Results: mx.univ.example; dmarc=temperror header.from=univ.example\r\n",
        )
    }),
    ("ynnn", "dmarc=permerror", |s| {
        s.found(
            "Authentication-Results: mx.univ.example; dmarc=permerror header.from=univ.example\r\n",
        )
    }),
    ("ynnn", "nothing found", |s| s.found("")),
    ("ynnn", "found by another server", |s| {
        s.found("Authentication-Results: mx.evil.example; dmarc=pass header.from=univ.example\r\n")
    }),
    ("ynnn", "found by a server that is called nearly so", |s| {
        s.found("Authentication-Results: mx.univ.example.evil.example; dmarc=pass header.from=univ.example\r\n")
    }),
    ("nnnn", "a forged finding below ours", |s| {
        s.found(&format!(
            "Authentication-Results: mx.univ.example; dmarc=fail header.from=univ.example\r\n{PASS}"
        ))
    }),
    (
        "ynnn",
        "a forged finding below a foreign server's line",
        |s| {
            let foreign =
                "Received: from pc by out.evil.example; Mon, 23 Nov 2026 07:59:00 +0000\r\n";
            s.found("")
                .replace("From:", &format!("{foreign}{PASS}From:"))
        },
    ),
    ("ynnn", "the finding in a comment", |s| {
        s.found("Authentication-Results: mx.univ.example (dmarc=pass header.from=univ.example); none\r\n")
    }),
    ("ynnn", "the finding in a quoted string", |s| {
        s.found("Authentication-Results: mx.univ.example; none reason=\"; dmarc=pass header.from=univ.example\"\r\n")
    }),
    ("ynnn", "spf of another domain", |s| {
        s.found("Authentication-Results: mx.univ.example; spf=pass smtp.mailfrom=evil.example\r\n")
    }),
    ("ynnn", "the signature of another domain", |s| {
        s.found("Authentication-Results: mx.univ.example; dkim=pass header.d=evil.example\r\n")
    }),
    ("nnnn", "dmarc=pass for another author", |s| {
        s.found("Authentication-Results: mx.univ.example; dmarc=pass header.from=evil.example\r\n")
    }),
    ("nnnn", "two findings that differ", |s| {
        s.found("Authentication-Results: mx.univ.example; dmarc=pass header.from=univ.example; dmarc=fail header.from=univ.example\r\n")
    }),
    // ------------------------------------------------------------------ who is the author
    ("nnnn", "a stranger whom the notification leaked to", |s| {
        s.by("Mallory <m@evil.example>", "evil.example")
    }),
    (
        "nnnn",
        "a stranger who writes to the leaked reply address",
        |s| {
            let token = Scene::token(&s.answered.message_id);
            let raw = s.to_address(&format!("support+{token}@univ.example"));
            raw.replace(&s.from, "Mallory <m@evil.example>")
                .replace("header.from=univ.example", "header.from=evil.example")
        },
    ),
    ("nnnn", "a domain that looks alike", |s| {
        let from = s.from.replace("univ.example", "univ-example.example");
        s.by(&from, "univ-example.example")
    }),
    ("nnnn", "a domain below the forger's", |s| {
        let from = s.from.replace("univ.example", "univ.example.evil.example");
        s.by(&from, "univ.example.evil.example")
    }),
    ("nnnn", "letters that look alike", |s| {
        s.by(&s.from.replace('a', "\u{430}"), "univ.example")
    }),
    ("nnnn", "the address as a display name", |s| {
        let name = s.from.replace(['<', '>'], "");
        s.by(&format!("\"{name}\" <m@evil.example>"), "evil.example")
    }),
    ("nnnn", "two From fields", |s| {
        s.with("\r\nTo:", "\r\nFrom: Mallory <m@evil.example>\r\nTo:")
    }),
    ("nnnn", "two authors in one field", |s| {
        s.with(
            "univ.example>\r\nTo:",
            "univ.example>, m@evil.example\r\nTo:",
        )
    }),
    ("nnnn", "the address in Sender alone", |s| {
        let raw = s.by("Mallory <m@evil.example>", "evil.example");
        raw.replace(
            "MIME-Version",
            &format!("Sender: {}\r\nMIME-Version", s.from),
        )
    }),
    ("nnnn", "the address in Reply-To alone", |s| {
        let raw = s.by("Mallory <m@evil.example>", "evil.example");
        raw.replace(
            "MIME-Version",
            &format!("Reply-To: {}\r\nMIME-Version", s.from),
        )
    }),
    ("nnnn", "the address in Resent-From alone", |s| {
        let raw = s.by("Mallory <m@evil.example>", "evil.example");
        raw.replace(
            "MIME-Version",
            &format!("Resent-From: {}\r\nMIME-Version", s.from),
        )
    }),
    ("nnnn", "nobody as its author", |s| {
        s.with(&format!("From: {}", s.from), "From: undisclosed-senders:;")
    }),
    // ------------------------------------------------------------------ where the order stands
    ("ynnn", "passed on", |s| {
        s.with("Subject: Re:", "Subject: TR:")
    }),
    (".nnn", "in a forwarded letter", |s| {
        let words = format!(
            "Pour info.\n\n---------- Forwarded message ---------\nDe : Luc <luc@univ.example>\n\
             Date: lun. 23 nov. 2026\nObjet : x\n\n{}",
            s.words
        );
        s.body("text/plain", &words)
    }),
    (".nnn", "quoted", |s| {
        let quoted: Vec<String> = s.words.lines().map(|line| format!("> {line}")).collect();
        s.body("text/plain", &format!("Bonjour.\n\n{}", quoted.join("\n")))
    }),
    (".nnn", "below the signature", |s| {
        s.body("text/plain", &format!("Bonjour.\n-- \nPaul\n{}", s.words))
    }),
    (".nnn", "below other words", |s| {
        s.body("text/plain", &format!("Bonjour,\n{}", s.words))
    }),
    ("ynnn", "in HTML alone", |s| {
        s.body("text/html", &s.words.replace('\n', "<br>"))
    }),
    (".nnn", "in the HTML beside another text", |s| {
        let body = format!(
            "--b\nContent-Type: text/plain\n\nBonjour.\n--b\nContent-Type: text/html\n\n{}\n--b--",
            s.words
        );
        s.body("multipart/alternative; boundary=b", &body)
            .replace("; charset=utf-8", "")
            .replace("Content-Transfer-Encoding: 8bit\r\n", "")
    }),
    (".nnn", "in an attachment", |s| {
        let body = format!(
            "--b\nContent-Type: text/plain\n\nBonjour.\n--b\nContent-Type: text/plain; name=a.txt\n\
             Content-Disposition: attachment; filename=a.txt\n\n{}\n--b--",
            s.words
        );
        s.body("multipart/mixed; boundary=b", &body)
            .replace("; charset=utf-8", "")
    }),
    (".nnn", "in the subject", |s| {
        let first = s.words.lines().next().unwrap();
        s.body("text/plain", "Bonjour.")
            .replace("Subject: Re:", &format!("Subject: {first}"))
    }),
    (".nnn", "in header fields of other systems", |s| {
        let raw = s.body("text/plain", "Bonjour.");
        raw.replace(
            "MIME-Version",
            "X-OTRS-State: closed\r\nRT-Control: #close\r\nX-Zammad-Ticket-State: closed\r\nMIME-Version",
        )
    }),
    ("nnnn", "in an automatic reply", |s| {
        s.head("Auto-Submitted: auto-replied")
    }),
];

/// A letter of another installation about a ticket of the same number.
fn foreign(ours: &Mail) -> String {
    let office = Office::new();
    office.post(&letter(
        "Luc <luc@univ.example>",
        "Souris",
        "Bonjour,\nma souris est morte.",
    ));
    let theirs = office.deliver();
    let theirs = theirs
        .iter()
        .find(|mail| mail.to == "paul@univ.example")
        .unwrap();
    let (ours, theirs) = (&ours.message_id, &theirs.message_id);
    ours.replace(&Scene::token(ours), &Scene::token(theirs))
}

/// A desk on which one class of letters is tried.
struct Trial {
    office: Office,
    class: usize,
    elsewhere: Mail,
    count: std::cell::Cell<i64>,
}

impl Trial {
    fn new(class: usize) -> Self {
        let office = Office::new();
        office.post(&letter(
            "Claire <claire0@univ.example>",
            "Autre chose",
            "Bonjour,\nmon clavier est cassé.",
        ));
        let mails = office.deliver();
        let author = ["claire0@univ.example", "paul@univ.example"][class.min(1)];
        Self {
            elsewhere: to(&mails, author).clone(),
            office,
            class,
            count: std::cell::Cell::new(1),
        }
    }

    /// A new ticket, and a good letter about it.
    fn scene(&self) -> Scene {
        let office = &self.office;
        // What failed before is forgotten, and the lock with it.
        office.pass(SignedDuration::from_hours(2));
        office.deliver_all();
        // Letters of strangers opened tickets of their own.
        let newest = office.text("SELECT max(number) FROM ticket");
        let n = newest.parse::<i64>().unwrap() + 1;
        self.count.set(n);
        let claire = if self.class == 0 {
            "Claire <claire0@univ.example>".to_owned()
        } else {
            format!("Claire <claire{n}@univ.example>")
        };
        // One in copy, so that class 0 has a colleague too.
        let became = office.post(&letter(
            &claire,
            &format!("Panne de l'écran {n}"),
            "Bonjour,\nmon écran reste noir.",
        ));
        assert_eq!(became.ticket, Some(n), "{became:?}");
        office.text("UPDATE ticket SET priority = 'P4' RETURNING 1");
        let mails = office.deliver();
        let of = |address: &str| to(&mails, address).clone();
        let address = claire.rsplit('<').next().unwrap().trim_end_matches('>');
        let (requester, paul, zoe) = (of(address), of("paul@univ.example"), of("zoe@univ.example"));
        let (from, mut answered, words) = match self.class {
            0 => (
                claire.clone(),
                requester.clone(),
                format!("Toujours en panne, essai {n}."),
            ),
            1 => (
                PAUL.to_owned(),
                paul,
                "#priorité P1\n#note essai".to_owned(),
            ),
            2 => (
                PAUL.to_owned(),
                paul,
                format!("#résoudre\nC'est fait, essai {n}."),
            ),
            _ => (PAUL.to_owned(), paul, "#oui".to_owned()),
        };
        if self.class == 3 {
            office.post(&reply(PAUL, &answered, "#demandeur m@evil.example"));
            answered = to(&office.deliver(), "paul@univ.example").clone();
            assert_eq!(answered.kind, "confirm_command");
        }
        let good = reply(&from, &answered, &words);
        let date = office
            .now()
            .strftime("%a, %d %b %Y %H:%M:%S +0000")
            .to_string();
        let raw =
            String::from_utf8(good.bytes(usize::try_from(10_000 + n).unwrap(), &date)).unwrap();
        Scene {
            raw,
            from,
            answered,
            colleague: zoe,
            requester,
            elsewhere: self.elsewhere.clone(),
            words,
        }
    }

    /// How often the letter was obeyed.
    fn obeyed(&self) -> bool {
        let n = self.count.get();
        let holds = match self.class {
            0 => format!(
                "SELECT count(*) FROM entry WHERE ticket = {n} AND kind = 'follow_up'
                   AND text LIKE '%essai {n}.%'"
            ),
            1 => format!("SELECT count(*) FROM ticket WHERE number = {n} AND priority = 'P1'"),
            2 => format!("SELECT count(*) FROM ticket WHERE number = {n} AND status = 'resolved'"),
            _ => format!(
                "SELECT count(*) FROM participant WHERE ticket = {n} AND address = 'm@evil.example'"
            ),
        };
        self.office.text(&holds) != "0"
    }

    /// Takes a letter in; says what became of it and whether it was obeyed. Nothing that was not
    /// obeyed reaches anybody but the team.
    fn attempt(&self, raw: String) -> (Became, bool) {
        let became = self.office.post_raw(raw.into_bytes());
        let obeyed = self.obeyed();
        let mails = self.office.deliver_all();
        if !obeyed {
            let told = |mail: &&Mail| mail.body.contains(&format!("essai {}", self.count.get()));
            let leaked: Vec<&Mail> = mails
                .iter()
                .filter(|mail| {
                    !["paul@univ.example", "zoe@univ.example"].contains(&mail.to.as_str())
                })
                .filter(|mail| mail.subject.contains(&format!("#{}]", self.count.get())))
                .filter(told)
                .collect();
            let answers = leaked.iter().any(|mail| mail.kind == "resolved");
            assert!(!answers, "{leaked:#?}");
        }
        (became, obeyed)
    }
}

fn tried(class: usize) {
    let trial = Trial::new(class);
    let (mut wrong, mut refused, mut obeyed) = (Vec::new(), 0, 0);
    for (expected, name, change) in ROWS {
        let sign = expected.as_bytes()[class];
        if sign == b'.' {
            continue;
        }
        let scene = trial.scene();
        let (became, was) = trial.attempt(change(&scene));
        if was == (sign == b'y') {
            *(if was { &mut obeyed } else { &mut refused }) += 1;
        } else {
            wrong.push(format!("{name}: obeyed {was}, {became:?}"));
        }
    }
    println!("class {class}: {obeyed} obeyed, {refused} refused");
    assert!(wrong.is_empty(), "class {class}: {wrong:#?}");
    assert!(
        obeyed >= 4 && (class == 0 || refused >= 40),
        "{obeyed}, {refused}"
    );
}

#[test]
fn words_of_a_requester_are_theirs_or_join_nothing() {
    tried(0);
}

#[test]
fn no_forged_order_changes_what_the_team_sees() {
    tried(1);
}

#[test]
fn no_forged_order_reaches_the_requester() {
    tried(2);
}

#[test]
fn no_forged_confirmation_decides_who_reads() {
    tried(3);
}

#[test]
fn a_changed_bit_anywhere_in_the_token_orders_nothing() {
    let trial = Trial::new(2);
    let mut scene = trial.scene();
    let token = Scene::token(&scene.answered.message_id);
    for at in 0..token.len() {
        for bit in 0..7 {
            let mut changed = token.clone().into_bytes();
            changed[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(changed) else {
                continue;
            };
            // Case is no part of a token; what ends a Message-ID gives another letter.
            let printable = changed
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"<>@".contains(&b));
            if changed.eq_ignore_ascii_case(&token) || !printable {
                continue;
            }
            if bit == 0 && at % 8 == 0 {
                scene = trial.scene();
            }
            let token = Scene::token(&scene.answered.message_id);
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(forged) = String::from_utf8(bytes) else {
                continue;
            };
            if forged.eq_ignore_ascii_case(&token)
                || !forged
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"<>@".contains(&b))
            {
                continue;
            }
            let raw = scene
                .answering(&scene.answered.message_id.replace(&token, &forged))
                .replace("Message-ID: <", &format!("Message-ID: <{at}-{bit}-"));
            let (became, obeyed) = trial.attempt(raw);
            assert!(!obeyed, "character {at}, bit {bit}: {became:?}");
        }
    }
    let scene = trial.scene();
    assert!(trial.attempt(scene.raw.clone()).1, "unchanged it is obeyed");
}

#[test]
fn a_letter_that_was_obeyed_is_not_obeyed_again() {
    for class in 1..=3 {
        let trial = Trial::new(class);
        let scene = trial.scene();
        assert!(trial.attempt(scene.raw.clone()).1);
        let n = trial.count.get();
        trial.office.text(&format!(
            "UPDATE ticket SET status = 'new', priority = 'P4' WHERE number = {n} RETURNING 1"
        ));
        trial.office.text(&format!(
            "DELETE FROM participant WHERE ticket = {n} AND address = 'm@evil.example' RETURNING 1"
        ));
        let (became, obeyed) = trial.attempt(scene.raw.clone());
        assert_eq!(became.disposition, "duplicate", "class {class}");
        assert!(!obeyed, "class {class}: the same bytes again");
        // Under another Message-ID and with other words: what the requester sees needs a fresh token.
        let again = scene.raw.replace("Message-ID: <", "Message-ID: <again-");
        let (became, obeyed) = trial.attempt(format!("{again}\r\nautre chose\r\n"));
        assert_eq!(obeyed, class == 1, "class {class}: {became:?}");
    }
}

#[test]
fn what_was_revoked_has_ended_or_comes_late_orders_nothing() {
    for class in 1..=3 {
        let trial = Trial::new(class);
        let scene = trial.scene();
        trial
            .office
            .text("UPDATE reply_token SET revoked = 1 RETURNING 1");
        let (became, obeyed) = trial.attempt(scene.raw.clone());
        assert!(!obeyed, "class {class}, revoked: {became:?}");

        let scene = trial.scene();
        trial.office.pass(SignedDuration::from_hours(31 * 24));
        let (became, obeyed) = trial.attempt(scene.raw.clone());
        assert!(!obeyed, "class {class}, a month later: {became:?}");

        if class == 2 {
            let scene = trial.scene();
            trial.office.pass(SignedDuration::from_hours(72));
            let (became, obeyed) = trial.attempt(scene.raw.clone());
            assert!(!obeyed, "class {class}, dated three days ago: {became:?}");
        }
    }
}
