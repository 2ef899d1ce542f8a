//! Hostile words composed into letters and judged by a foreign reader; `foreign` sends them over
//! the wire to foreign servers.

use guichet::compose::header_text::HeaderText;
use guichet::compose::mime::{AutoSubmitted, ComposeError, Draft, Party, REFERENCES_BYTES, build};
use guichet::message::MessageId;
use jiff::Timestamp;
use mail_parser::MessageParser;
use proptest::prelude::*;

#[path = "hostile_headers/foreign.rs"]
mod foreign;

/// What the strangers in a letter bring along.
#[derive(Debug, Clone, Default)]
struct Words {
    from_name: String,
    to_name: String,
    subject: String,
    body: String,
    in_reply_to: String,
    references: Vec<String>,
}

struct Composed {
    bytes: Vec<u8>,
    subject: HeaderText,
    from_name: HeaderText,
    to_name: HeaderText,
}

const OWN_ID: &str = "o.17.k3j2h1@support.example.org";

fn compose(words: &Words) -> Composed {
    let (from_name, to_name) = (
        HeaderText::new(&words.from_name),
        HeaderText::new(&words.to_name),
    );
    let subject = HeaderText::new(&words.subject);
    let references: Vec<MessageId> = words
        .references
        .iter()
        .filter_map(|id| MessageId::new(id))
        .collect();
    let in_reply_to = MessageId::new(&words.in_reply_to);
    let draft = Draft {
        from: Party {
            name: &from_name,
            address: "support@example.org",
        },
        reply_to: Some("support+t1.42@example.org"),
        to: Party {
            name: &to_name,
            address: "marie@example.org",
        },
        subject: &subject,
        body: &words.body,
        files: &[],
        message_id: &MessageId::new(OWN_ID).unwrap(),
        date: Timestamp::from_second(1_790_000_000).unwrap(),
        in_reply_to: in_reply_to.as_ref(),
        references: &references,
        auto_submitted: AutoSubmitted::Replied,
        loop_id: "desk-1.example",
        language: Some("fr, en"),
    };
    let bytes = build(&draft).unwrap();
    Composed {
        bytes,
        subject,
        from_name,
        to_name,
    }
}

/// The body a reader should see: line ends alike, controls gone, no line ends at the end.
fn readable(body: &str) -> String {
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let body: String = body
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    body.trim_end_matches('\n').to_owned()
}

/// The names of the header fields as they stand in the bytes.
fn field_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let lines = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    lines
        .map(|line| line.split_once(':').unwrap().0.to_owned())
        .collect()
}

/// The words of In-Reply-To and References.
fn thread_ids(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    let threads = ["In-Reply-To: ", "References: "];
    let values = head
        .split("\r\n")
        .filter_map(|line| threads.iter().find_map(|name| line.strip_prefix(name)));
    values
        .flat_map(str::split_ascii_whitespace)
        .map(str::to_owned)
        .collect()
}

fn strict(bytes: &[u8]) {
    let ends = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    assert_eq!(
        bytes.iter().filter(|&&b| b == b'\r').count(),
        ends,
        "a bare CR"
    );
    assert_eq!(
        bytes.iter().filter(|&&b| b == b'\n').count(),
        ends,
        "a bare LF"
    );
    assert!(
        bytes
            .iter()
            .all(|&b| matches!(b, b'\r' | b'\n' | b'\t' | b' '..=b'~')),
        "not text"
    );
    assert!(bytes.ends_with(b"\r\n"));
    for line in bytes.split(|&b| b == b'\n') {
        assert!(line.len() <= 998, "a line of {}", line.len());
    }
}

/// Everything that must hold of a composed letter, whatever its words.
fn judge(words: &Words, composed: &Composed, bytes: &[u8]) {
    strict(bytes);
    for words in [&composed.subject, &composed.from_name, &composed.to_name] {
        let marks = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!words.as_str().contains(marks), "{words:?}");
    }
    let names = field_names(bytes);
    let mut expected = vec!["Date", "From", "Reply-To", "To", "Subject", "Message-ID"];
    for optional in ["In-Reply-To", "References"] {
        expected.extend(
            names
                .iter()
                .any(|name| name == optional)
                .then_some(optional),
        );
    }
    expected.extend(["Auto-Submitted", "X-Auto-Response-Suppress", "Precedence"]);
    expected.extend(["X-Guichet-Loop", "Content-Language", "MIME-Version"]);
    expected.extend(["Content-Type", "Content-Transfer-Encoding"]);
    assert_eq!(names, expected);

    for id in thread_ids(bytes) {
        let inside = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
        let inside = inside.unwrap_or_else(|| panic!("not an id: {id}"));
        assert!(
            !inside.contains(['<', '>']) && !inside.contains("=?"),
            "{id}"
        );
    }

    let read = MessageParser::default().parse(bytes).unwrap();
    assert_eq!(
        read.subject().unwrap_or_default(),
        composed.subject.as_str()
    );
    let one = |list: Option<&mail_parser::Address<'_>>| {
        let list = list.unwrap();
        assert_eq!(list.iter().count(), 1, "several mailboxes");
        let first = list.first().unwrap();
        (
            first.name().unwrap_or_default().to_owned(),
            first.address().unwrap().to_owned(),
        )
    };
    let (name, address) = one(read.from());
    assert_eq!(
        (name.as_str(), address.as_str()),
        (composed.from_name.as_str(), "support@example.org")
    );
    let (name, address) = one(read.to());
    assert_eq!(
        (name.as_str(), address.as_str()),
        (composed.to_name.as_str(), "marie@example.org")
    );
    assert_eq!(one(read.reply_to()).1, "support+t1.42@example.org");
    assert_eq!(read.message_id(), Some(OWN_ID));
    assert_eq!(read.date().unwrap().to_timestamp(), 1_790_000_000);
    assert_eq!(read.attachment_count(), 0);
    let text = read.body_text(0).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(text.trim_end_matches('\n'), readable(&words.body));
    for raw in ["Bcc", "Cc"] {
        assert!(read.header_raw(raw).is_none());
    }
}

fn hostile() -> Vec<Words> {
    let long = "x".repeat(1_200);
    let words = [
        "a\r\nBcc: victim@example.net",
        "a\r\n\r\n<html>a second letter",
        "a\nX-Evil: 1\n\nbody",
        "a\0b\0\r\0\n",
        "\u{202e}fdp.exe\u{202c} RLO",
        "=?utf-8?B?QmNjOiB2aWN0aW1AZXhhbXBsZS5uZXQ=?=",
        "=?utf-8?Q?=0D=0ABcc:_victim@example.net?=",
        "\"Boss\" <boss@example.net>, x",
        "quote\" backslash\\ (comment) <a@b> ;:,",
        "Été à la plage, ça va? Ñandú — « guillemets »",
        "😀 👩‍💻 family 👨‍👩‍👧‍👦 日本語 עברית العربية",
        "\u{85}\u{2028}\u{2029}\u{0b}\u{0c}",
        " \t leading and trailing \t ",
        "é",
        "",
        &long,
    ];
    let bodies = [
        "hello\n.\nMAIL FROM:<evil@example.net>\nRCPT TO:<victim@example.net>\nDATA\n\nx\n.\n",
        "hello\r\n.\r\nQUIT\r\n",
        "\r.\r",
        "\n.\r\n",
        "\r\n.\n",
        ".",
        "..\n...\n.x",
        "--\n--boundary\n--boundary--\nContent-Type: text/html\n\n<b>",
        "From the beginning\nFrom the second line",
        "trailing blanks   \nand tabs\t\t\n",
        "nul\0 esc\u{1b}[31m bell\u{7}",
        "=3D=0A =?utf-8?B?eA==?=",
        "Été\u{a0}à la plage\u{2028}suite",
        "\u{202e}olleh\u{202c}",
        "",
        "日本語の本文です。長い文章を書きます。".repeat(40).leak(),
        &long,
    ];
    let mut all: Vec<Words> = words
        .iter()
        .map(|word| Words {
            from_name: (*word).to_owned(),
            to_name: (*word).to_owned(),
            subject: (*word).to_owned(),
            body: String::from("text"),
            in_reply_to: format!("<{word}@example.net>"),
            references: vec![
                format!("<{word}>"),
                (*word).to_owned(),
                format!("{word}@example.net"),
            ],
        })
        .collect();
    all.extend(bodies.iter().map(|body| Words {
        subject: String::from("body"),
        body: (*body).to_owned(),
        ..Words::default()
    }));
    all
}

#[test]
fn hostile_words_stay_where_they_belong() {
    for words in hostile() {
        let composed = compose(&words);
        judge(&words, &composed, &composed.bytes);
    }
}

fn any_words() -> impl Strategy<Value = String> {
    let spice = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\0",
        ".",
        "\r\n.\r\n",
        "\n.\n",
        " ",
        "  ",
        "\t",
        "=?",
        "?=",
        "\"",
        "\\",
        "<",
        ">",
        "@",
        ",",
        ":",
        ";",
        "(",
        "=?utf-8?B?eA==?=",
        "\r\nBcc: x@example.net\r\n",
        "é",
        "😀",
        "\u{200d}",
        "\u{202e}",
        "\u{feff}",
        "=",
        "--",
        "From ",
        "a",
        "word ",
        "\u{85}",
        "longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong",
    ]);
    let piece = prop_oneof![
        3 => spice.prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        2 => "[ -~]{0,12}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_words_come_back_as_they_went(
        from_name in any_words(),
        to_name in any_words(),
        subject in any_words(),
        body in any_words(),
        in_reply_to in any_words(),
        references in prop::collection::vec(any_words(), 0..6),
    ) {
        let words = Words { from_name, to_name, subject, body, in_reply_to, references };
        let composed = compose(&words);
        judge(&words, &composed, &composed.bytes);
    }
}

#[test]
fn line_ends_at_the_end_of_a_body_do_not_pile_up() {
    let bytes = |body: &str| {
        let body = body.to_owned();
        compose(&Words {
            body,
            ..Words::default()
        })
        .bytes
    };
    for body in ["a\n", "a\r\n\r\n", "a\n\n\n", "a\r"] {
        assert_eq!(bytes(body), bytes("a"), "{body:?}");
    }
    assert!(bytes("a").ends_with(b"\r\n\r\na\r\n"));
}

#[test]
fn an_old_thread_keeps_its_first_and_its_newest_letters() {
    let references: Vec<String> = (0..400)
        .map(|n| format!("<{n}.letter@example.net>"))
        .collect();
    let in_reply_to = references[399].clone();
    let words = Words {
        references,
        in_reply_to,
        ..Words::default()
    };
    let composed = compose(&words);
    let text = String::from_utf8(composed.bytes.clone()).unwrap();
    let field = text.split_once("\r\nReferences:").unwrap().1;
    let field = field.split_once("\r\nAuto-Submitted").unwrap().0;
    assert!(field.len() <= REFERENCES_BYTES && field.len() > REFERENCES_BYTES * 9 / 10);
    let read = MessageParser::default().parse(&composed.bytes).unwrap();
    let ids = read.references().as_text_list().unwrap();
    assert_eq!(ids[0], "0.letter@example.net");
    assert_eq!(ids[ids.len() - 1], "399.letter@example.net");
    assert_eq!(
        ids[1],
        format!("{}.letter@example.net", 400 - (ids.len() - 1))
    );
    assert_eq!(read.in_reply_to().as_text(), Some("399.letter@example.net"));
}

#[test]
fn automatic_fields_are_for_automatic_letters() {
    let nothing = HeaderText::default();
    let draft = |auto_submitted| Draft {
        from: Party {
            name: &nothing,
            address: "support@example.org",
        },
        reply_to: None,
        to: Party {
            name: &nothing,
            address: "marie@université.example",
        },
        subject: &nothing,
        body: "",
        files: &[],
        message_id: Box::leak(Box::new(MessageId::new(OWN_ID).unwrap())),
        date: Timestamp::from_second(0).unwrap(),
        in_reply_to: None,
        references: &[],
        auto_submitted,
        loop_id: "d",
        language: None,
    };
    let always = [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "X-Guichet-Loop",
        "MIME-Version",
    ];
    let by_hand = build(&draft(AutoSubmitted::No)).unwrap();
    let mut expected = always.to_vec();
    expected.extend(["Content-Type", "Content-Transfer-Encoding"]);
    assert_eq!(field_names(&by_hand), expected);
    for (kind, word) in [
        (AutoSubmitted::Replied, "replied"),
        (AutoSubmitted::Generated, "generated"),
    ] {
        let text = String::from_utf8(build(&draft(kind)).unwrap()).unwrap();
        assert!(text.contains(&format!("\r\nAuto-Submitted: auto-{word}\r\n")));
        assert!(text.contains("\r\nX-Auto-Response-Suppress: All\r\nPrecedence: bulk\r\n"));
        assert!(text.contains("\r\nTo: marie@xn--universit-j4a.example\r\n"));
        assert!(text.starts_with("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    }
}

#[test]
fn what_cannot_stand_in_a_header_is_refused() {
    let nothing = HeaderText::default();
    let id = MessageId::new(OWN_ID).unwrap();
    let good = Draft {
        from: Party {
            name: &nothing,
            address: "support@example.org",
        },
        reply_to: None,
        to: Party {
            name: &nothing,
            address: "marie@example.org",
        },
        subject: &nothing,
        body: "",
        files: &[],
        message_id: &id,
        date: Timestamp::from_second(0).unwrap(),
        in_reply_to: None,
        references: &[],
        auto_submitted: AutoSubmitted::No,
        loop_id: "d",
        language: None,
    };
    assert!(build(&good).is_ok());
    let to = |address| Draft {
        to: Party {
            name: &nothing,
            address,
        },
        ..good.clone()
    };
    for address in [
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "",
        "é@example.org",
    ] {
        let error = build(&to(address)).unwrap_err();
        assert!(
            matches!(error, ComposeError::Address { field: "To", .. }),
            "{address:?}"
        );
    }
    for (own, fits) in [
        ("nobody", false),
        ("é@example.org", false),
        ("a@b@c", false),
        ("a@b", true),
    ] {
        let id = MessageId::new(own).unwrap();
        let result = build(&Draft {
            message_id: &id,
            ..good.clone()
        });
        assert_eq!(result.is_ok(), fits, "{own}");
    }
    for (seconds, fits) in [(-1, false), (253_402_207_200, true)] {
        let date = Timestamp::from_second(seconds).unwrap();
        assert_eq!(
            build(&Draft {
                date,
                ..good.clone()
            })
            .is_ok(),
            fits,
            "{seconds}"
        );
    }
    for loop_id in ["", "a b", "a\r\nb", "é"] {
        assert!(matches!(
            build(&Draft {
                loop_id,
                ..good.clone()
            }),
            Err(ComposeError::LoopId)
        ));
    }
    for language in ["", "fr;", "fr,", "f\r\nr", "français"] {
        let draft = Draft {
            language: Some(language),
            ..good.clone()
        };
        assert!(
            matches!(build(&draft), Err(ComposeError::Language)),
            "{language:?}"
        );
    }
}
