//! What must hold of any input whatever: each property is a function over bytes that panics where
//! it does not hold. The tests run them over the corpus and over generated input; the fuzz targets
//! of `fuzz/` run the same functions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use guichet::classify::{Class, Kind, classify};
use guichet::compose::header_text::HeaderText;
use guichet::compose::mime::{AutoSubmitted, Draft, Party, build};
use guichet::compose::notice_letter;
use guichet::config::{self, Config};
use guichet::decide::{self, Context, Decision, Disposition, Facts, Held};
use guichet::delivery::smtp::reply as smtp_reply;
use guichet::gateway::rules::Rules;
use guichet::mailbox::imap::{reply as imap_reply, wire::Frame};
use guichet::message::parse::parse;
use guichet::message::{Message, MessageId, Unreadable, limits};
use guichet::policy;
use guichet::registry::sheet::Source;
use guichet::registry::{Registry, Settings, Table};
use jiff::Timestamp;
use jiff::civil::date;

/// A house without tables, in which every letter here is judged. Strangers are answered, so that
/// the other rules show.
pub const CONFIGURATION: &str = r#"
[service]
name = "Assistance"
address = "support@institut.example"
aliases = ["aide@institut.example"]
own_domains = ["institut.example"]
authserv_id = "mx.institut.example"
[store]
directory = "store"
[answers]
answer_unverified = true
[[mailbox]]
name = "none"
kind = "maildir"
path = "in"
[delivery]
kind = "maildir"
path = "out"
"#;

/// The rules of that house, read once.
pub fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let config = Config::from_text(CONFIGURATION, Path::new("guichet.toml")).unwrap();
        config::rules(&config).unwrap()
    })
}

/// The moment of all decisions here: Tuesday, 13 May 2025, 10:33 in Paris.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_747_125_180).unwrap()
}

/// All that is found out about a first letter.
pub struct Finding {
    pub message: Result<Message, Unreadable>,
    pub class: Option<Class>,
    pub decision: Decision,
}

/// Reads, classifies, judges and decides, as the gateway does.
pub fn find_out(rules: &Rules, raw: &[u8]) -> Finding {
    let message = match parse(raw) {
        Ok(message) => message,
        Err(unreadable) => {
            return Finding {
                decision: decide::hold(&Held::Unreadable(unreadable.clone())),
                message: Err(unreadable),
                class: None,
            };
        }
    };
    let class = classify(&message, &rules.classify);
    let letter = rules.policy_letter(&message);
    let verdict = policy::judge(&rules.card, &rules.registry, &letter, now());
    let context = Context {
        next_ticket: 1,
        ..Context::default()
    };
    let decision = decide::decide(&Facts {
        now: now(),
        received_at: now(),
        rescan: false,
        message: &message,
        class: &class,
        verdict: &verdict,
        context: &context,
        settings: &rules.decide,
        reading: &rules.reading(&message, &class, now()),
        card: &rules.card,
        registry: &rules.registry,
        calendar: rules.calendar.as_ref(),
        estimate: None,
    });
    Finding {
        message: Ok(message),
        class: Some(class),
        decision,
    }
}

/// Any bytes get one disposition with a reason, within the limits; what is answered is answered
/// by one clean letter to the one author.
pub fn any_bytes_get_a_disposition(rules: &Rules, raw: &[u8]) -> Finding {
    let found = find_out(rules, raw);
    let decision = &found.decision;
    assert!(!decision.reason.is_empty());
    let message = match &found.message {
        Ok(message) => message,
        Err(why) => {
            assert_eq!(decision.disposition, Disposition::Held, "{why}");
            assert!(decision.notices.is_empty());
            return found;
        }
    };
    message_is_clean(message);
    let class = found.class.unwrap();
    let expected = match class.kind {
        Kind::Request => Disposition::Ticket,
        Kind::Automatic | Kind::OutOfOffice => Disposition::Automatic,
        Kind::Bounce => Disposition::Bounce,
        Kind::Receipt | Kind::Complaint => Disposition::Automatic,
        Kind::Spam => Disposition::Held,
        Kind::OwnLoop => Disposition::Ignored,
    };
    assert_eq!(decision.disposition, expected);
    assert!(decision.notices.len() <= 1);
    for notice in &decision.notices {
        assert!(class.answerable && class.kind == Kind::Request);
        assert_eq!(Some(&notice.to.email), message.author().map(|a| &a.email));
        // An address that no letter can carry is found here, and then nobody is told.
        if let Ok(letter) = notice_letter::write(notice, rules.desk(), now(), [7; 8], 0, &[]) {
            letter_is_strict(&letter.bytes);
        }
    }
    found
}

/// No control characters, nothing in two lines that must be in one, nothing past a limit, and
/// something new if there is anything at all.
pub fn message_is_clean(message: &Message) {
    let text = &message.text;
    let zones = [&text.new, &text.quoted, &text.signature, &text.forwarded];
    for zone in zones {
        assert!(!zone.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }
    let room = 2 * limits::TEXT;
    assert!(zones.iter().map(|zone| zone.len()).sum::<usize>() <= room);
    assert!(message.attachments.len() <= limits::ATTACHMENTS);
    assert!(message.references.len() <= limits::REFERENCES);
    assert!(message.fields.len() <= limits::HEADER_FIELDS);
    let people = [&message.from, &message.reply_to, &message.to, &message.cc];
    let people = people.into_iter().flatten().chain(&message.sender);
    let mut lines: Vec<&str> = vec![&message.subject];
    for person in people {
        lines.extend([person.name.as_str(), person.email.as_str()]);
        assert_eq!(person.email.matches('@').count(), 1);
    }
    for attachment in &message.attachments {
        lines.extend([attachment.name.as_str(), attachment.media_type.as_str()]);
        assert!(!attachment.name.contains(['/', '\\']));
    }
    lines.extend(message.fields.iter().map(|field| field.value.as_str()));
    for line in lines {
        let turned = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        assert!(
            !line.contains(|c: char| c.is_control() || turned(c)),
            "{line:?}"
        );
    }
    let any = zones[1..].iter().any(|zone| !zone.trim().is_empty());
    assert!(!any || !text.new.trim().is_empty(), "something must be new");
}

/// CR and LF only together, ASCII only, no line over 998 bytes (RFC 5322 §2.1.1).
fn letter_is_strict(bytes: &[u8]) {
    let ends = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    let of = |wanted: u8| bytes.iter().filter(|byte| **byte == wanted).count();
    assert_eq!((of(b'\r'), of(b'\n')), (ends, ends), "a bare CR or LF");
    assert!(bytes.iter().all(|b| matches!(b, 9 | 10 | 13 | 32..=126)));
    assert!(bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
}

/// Every line of a body that is not blank is in exactly one zone.
pub fn zones_partition(body: &str) {
    let raw = format!("From: a@b.fr\nContent-Type: text/plain; charset=utf-8\n\n{body}\n");
    let text = parse(raw.as_bytes()).unwrap().text;
    let mut zoned: Vec<&str> = [&text.new, &text.quoted, &text.signature, &text.forwarded]
        .into_iter()
        .flat_map(|zone| full_lines(zone))
        .collect();
    let mut whole = full_lines(body);
    zoned.sort_unstable();
    whole.sort_unstable();
    assert_eq!(zoned, whole);
}

fn full_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// A body for [`zones_partition`] from any bytes: marks of mail programs and free words, in any
/// order. Of the text itself only what the reader leaves as it is.
pub fn body_from(bytes: &[u8]) -> String {
    let mut lines = Vec::new();
    for line in String::from_utf8_lossy(bytes).lines() {
        let number = line.bytes().map(usize::from).sum::<usize>() % (2 * MARKS.len());
        lines.push(match MARKS.get(number) {
            Some(mark) => (*mark).to_owned(),
            None => line.chars().filter(|c| !c.is_control()).collect(),
        });
    }
    let body = lines.join("\n");
    body.replace(['\u{FEFF}', '\u{2028}', '\u{2029}'], " ")
}

/// Lines that begin or end a zone.
pub const MARKS: [&str; 19] = [
    "> citation",
    "-- ",
    "--",
    "",
    "Cordialement,",
    "Le 12/05/2025 à 10:33, Marie <m@b.fr> a écrit :",
    "On Monday, Marie <m@b.fr>",
    "wrote:",
    "De : Marie",
    "Envoyé : lundi",
    "Objet : x",
    "---------- Forwarded message ---------",
    "-----Message d'origine-----",
    "Début du message transféré :",
    "PS : aussi",
    "Envoyé de mon iPhone",
    "________________",
    "Ce message est confidentiel",
    ">> plus",
];

/// Whatever a stranger writes, a composed letter has the fields it was given, each once, in lines
/// that end in CRLF.
pub fn composed_headers_stay_in_their_lines(words: &[u8]) {
    let text = String::from_utf8_lossy(words);
    let mut pieces = text.splitn(4, '|');
    let mut next = || pieces.next().unwrap_or_default();
    let (name, subject) = (HeaderText::new(next()), HeaderText::new(next()));
    let (id, body) = (MessageId::new(next()), next());
    let references: Vec<MessageId> = id.iter().cloned().collect();
    let service = HeaderText::new("Assistance");
    let built = build(&Draft {
        from: Party {
            name: &service,
            address: "support@institut.example",
        },
        reply_to: None,
        to: Party {
            name: &name,
            address: "marie@institut.example",
        },
        subject: &subject,
        body,
        files: &[],
        message_id: &MessageId::new("o.1@institut.example").unwrap(),
        date: now(),
        in_reply_to: id.as_ref(),
        references: &references,
        auto_submitted: AutoSubmitted::Replied,
        loop_id: "desk",
        language: None,
    })
    .unwrap();
    letter_is_strict(&built);
    let head = String::from_utf8(built).unwrap();
    let (head, _) = head.split_once("\r\n\r\n").unwrap();
    let own = |line: &&str| !line.starts_with([' ', '\t']);
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(own)
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    let known: BTreeSet<&str> = FIELDS.into_iter().collect();
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    let distinct: BTreeSet<&&str> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
}

/// What a composed letter may have in its header.
const FIELDS: [&str; 16] = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "X-Guichet-Loop",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Reply-To",
];

/// HTML becomes text without a script, a style or a control character, and not much longer.
pub fn html_becomes_text(html: &[u8]) {
    let mut raw = b"From: a@b.fr\nContent-Type: text/html; charset=utf-8\n\n".to_vec();
    raw.extend_from_slice(html);
    if let Ok(message) = parse(&raw) {
        message_is_clean(&message);
        let text = &message.text;
        let length = text.new.len() + text.quoted.len() + text.signature.len();
        assert!(
            length <= 64 * (html.len() + 16),
            "{length} from {}",
            html.len()
        );
    }
}

/// An IMAP response is read or refused, and refused without quoting it. The first byte says where
/// the line ends and its literal begins.
pub fn imap_response_is_read_or_refused(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let line = usize::from(*first).min(rest.len());
    let (line, rest) = rest.split_at(line);
    let literal = rest.len().min(64);
    let (literal, tail) = rest.split_at(literal);
    let frame = |with: bool| {
        Frame(vec![
            (line.to_vec(), with.then(|| literal.to_vec())),
            (tail.to_vec(), None),
        ])
    };
    for with in [true, false] {
        match imap_reply::read(frame(with)) {
            Ok(imap_reply::Reply::Data(values)) => {
                if let Some(items) = imap_reply::fetch_items(values) {
                    for (name, value) in items {
                        let _ = (name.bytes(), value.time(), value.number::<u32>());
                    }
                }
            }
            Ok(imap_reply::Reply::Status(_, code) | imap_reply::Reply::Tagged(_, _, code)) => {
                let name = code.name();
                let fit = |c: char| c.is_ascii_alphanumeric() || c == '-';
                assert!(name.len() <= 40 && name.chars().all(fit), "{name}");
                let _ = code.number("UIDVALIDITY");
            }
            Ok(imap_reply::Reply::Continue) => {}
            Err(why) => assert!(!why.is_empty()),
        }
    }
    let _ = imap_reply::leading_uid(line);
}

/// An SMTP reply is read, awaited or refused; what is read takes no more than was sent, and the
/// same however the bytes come.
pub fn smtp_reply_is_read_or_refused(bytes: &[u8]) {
    let whole = smtp_reply::read(bytes);
    if let Ok(Some(found)) = &whole {
        assert!(found.used <= bytes.len() && found.used > 0);
        assert!((200..600).contains(&found.reply.code));
        assert!(!found.reply.text.contains(char::is_control));
        assert!(found.reply.text.len() <= 1_000 && found.lines.len() <= smtp_reply::LINES);
        let front = bytes.get(..found.used).unwrap();
        let again = smtp_reply::read(front).unwrap().unwrap();
        assert_eq!((again.reply, again.used), (found.reply.clone(), found.used));
        let early = smtp_reply::read(&bytes[..found.used - 1]);
        assert!(matches!(early, Ok(None)), "read before its end");
    }
}

/// A table is loaded, or its first mistake is told with the file's name; what is loaded answers.
/// The first byte chooses the table.
pub fn table_is_loaded_or_its_mistake_told(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let tables = [
        Table::People,
        Table::Assets,
        Table::Visitors,
        Table::Software,
        Table::Lifecycle,
        Table::SharedSystems,
    ];
    let table = tables[usize::from(*first) % tables.len()];
    let mut text = Vec::new();
    if first & 0x80 != 0 {
        // With the right header line, so that the cells are reached.
        text = table.columns().join(",").into_bytes();
        text.push(b'\n');
    }
    text.extend_from_slice(rest);
    let today = date(2025, 5, 13);
    let source = Source {
        table,
        file: "table.csv",
        bytes: &text,
        exported_on: Some(today),
        columns: BTreeMap::new(),
        values: BTreeMap::new(),
    };
    // Without patterns of inventory numbers: to compile them takes longer than all the rest.
    let settings = Settings {
        inventory: Vec::new(),
        ..Settings::default()
    };
    match Registry::load(&[source], &settings) {
        Ok(registry) => {
            let _ = registry.person("marie@institut.example", today);
            let _ = registry.asset_by_key("PC-12", today);
            let _ = registry.visitor("marie@institut.example", today);
            let _ = registry.software(&["mail", "client"], today);
            let _ = registry.shared_system(&["mail", "client"], today);
        }
        Err(mistake) => {
            let told = mistake.to_string();
            assert!(told.contains("table.csv"), "{told}");
        }
    }
}
