//! Hostile words composed into letters: judged by a foreign reader, and by foreign servers that
//! received them over the wire.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use guichet::compose::header_text::HeaderText;
use guichet::compose::mime::{AutoSubmitted, ComposeError, Draft, Party, REFERENCES_BYTES, build};
use guichet::delivery::smtp::{Deadlines, Security, Settings as SmtpSettings};
use guichet::delivery::{Outcome, Outgoing, Settings, Transport};
use guichet::message::MessageId;
use jiff::Timestamp;
use mail_parser::MessageParser;
use proptest::prelude::*;

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

// ---- over the wire, to foreign servers ------------------------------------------------------

/// A foreign server in a process of its own; it ends with this value, or with the test.
struct Foreign {
    child: Child,
    port: u16,
    letters: tempfile::TempDir,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// Writes each letter as it came (dots undone) to `N.eml` and the envelope to `N.env`.
const AIOSMTPD: &str = r#"
import asyncio, os, sys, threading
from aiosmtpd.smtp import SMTP
folder = sys.argv[1]
class Keep:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        with open(f"{folder}/{Keep.count:04}.env", "w") as f:
            f.write(f"{envelope.mail_from} {' '.join(envelope.rcpt_tos)}")
        with open(f"{folder}/{Keep.count:04}.eml", "wb") as f:
            f.write(envelope.original_content)
        return "250 kept"
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    await asyncio.Event().wait()
asyncio.run(main())
"#;

fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn aiosmtpd() -> Foreign {
    let letters = folder();
    let python = "/usr/bin/python3";
    assert!(
        Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .status()
            .is_ok_and(|s| s.success()),
        "this test needs the Debian package python3-aiosmtpd"
    );
    let mut child = Command::new(python)
        .args(["-c", AIOSMTPD])
        .arg(letters.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut port)
        .unwrap();
    let port = port.trim().parse().unwrap();
    Foreign {
        child,
        port,
        letters,
    }
}

fn smtp_sink() -> Foreign {
    use std::os::unix::fs::MetadataExt;
    let program = Path::new("/usr/sbin/smtp-sink");
    assert!(
        program.exists(),
        "this test needs the Debian package postfix, for smtp-sink"
    );
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let as_nobody: &[&str] = if is_root { &["-u", "nobody"] } else { &[] };
    for _ in 0..10 {
        let letters = folder();
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        // The shell ends the sink when its input ends, also when the test was killed.
        let mut child = Command::new("sh")
            .args(["-c", "\"$@\" & read _; kill $!", "sh"])
            .arg(program)
            .args(as_nobody)
            .arg("-d")
            .arg(letters.path().join("letter."))
            .args([&format!("127.0.0.1:{port}"), "10"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Foreign {
                    child,
                    port,
                    letters,
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(child.stdin.take());
        child.wait().unwrap();
    }
    panic!("smtp-sink did not start");
}

/// The files with this ending, in order of their names.
fn kept(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    files.sort();
    files
}

async fn send_all(port: u16, letters: &[(Words, Composed)]) {
    let settings = SmtpSettings {
        host: String::from("127.0.0.1"),
        port,
        security: Security::PlainLoopback,
        ca_file: None,
        login: None,
        helo: String::from("gateway.example.org"),
        deadlines: Deadlines {
            dot: Duration::from_secs(30),
            ..Deadlines::default()
        },
    };
    let mut transport = Transport::new(Settings::Smtp(settings)).unwrap();
    for (words, composed) in letters {
        let letter = Outgoing {
            sender: None,
            recipient: "marie@example.org",
            bytes: &composed.bytes,
        };
        let outcome = transport
            .deliver(&letter, async || Ok::<_, std::convert::Infallible>(()))
            .await;
        assert!(
            matches!(outcome, Ok(Outcome::Delivered(_))),
            "{words:?} {outcome:?}"
        );
    }
    transport.quit().await;
}

fn composed_hostile() -> Vec<(Words, Composed)> {
    let compose = |words: Words| (words.clone(), compose(&words));
    hostile().into_iter().map(compose).collect()
}

#[tokio::test]
async fn aiosmtpd_receives_hostile_letters_byte_for_byte() {
    let server = aiosmtpd();
    let letters = composed_hostile();
    send_all(server.port, &letters).await;
    let files = kept(server.letters.path(), ".eml");
    assert_eq!(
        files.len(),
        letters.len(),
        "a letter ended early, or another one was made"
    );
    for (file, (words, composed)) in files.iter().zip(&letters) {
        let bytes = std::fs::read(file).unwrap();
        assert!(bytes == composed.bytes, "{words:?}");
        judge(words, composed, &bytes);
        let envelope = std::fs::read_to_string(file.with_extension("env")).unwrap();
        assert_eq!(envelope, "<> marie@example.org");
    }
}

#[tokio::test]
async fn smtp_sink_receives_hostile_letters_and_no_others() {
    let server = smtp_sink();
    let letters = composed_hostile();
    send_all(server.port, &letters).await;
    // One file a transaction: a letter that ended early would have made two of one.
    let files = kept(server.letters.path(), "");
    assert_eq!(files.len(), letters.len());
    // The sink writes the envelope above the letter and LF line ends, and names files at random.
    let mut got: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    for (words, composed) in &letters {
        let text = String::from_utf8(composed.bytes.clone())
            .unwrap()
            .replace("\r\n", "\n");
        let found = got.iter().position(|dump| {
            let dump = String::from_utf8_lossy(dump);
            dump.split_once("\nDate: ")
                .is_some_and(|(_, rest)| format!("Date: {rest}").trim_end() == text.trim_end())
        });
        let Some(found) = found else {
            panic!("not received as sent: {words:?}")
        };
        let dump = String::from_utf8(got.swap_remove(found)).unwrap();
        assert_eq!(dump.matches("X-Rcpt-Args:").count(), 1);
        assert!(dump.contains("X-Mail-Args: <>"), "{dump}");
    }
}
