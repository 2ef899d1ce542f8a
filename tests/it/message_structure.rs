//! The best text of every structure, and no part of it lost.

use guichet::message::TextSource;
use guichet::message::parse::parse;

/// What is read of a body: text, source, and the files' types and sizes.
fn read(head: &str, body: &str) -> (String, TextSource, Vec<String>) {
    let raw = format!("From: a@b.fr\nSubject: x\nMIME-Version: 1.0\n{head}\n\n{body}");
    let message = parse(raw.as_bytes()).unwrap();
    let files = message.attachments.iter();
    (
        message.text.new,
        message.text.source,
        files
            .map(|file| format!("{} {}", file.media_type, file.name))
            .collect(),
    )
}

/// The same for a multipart of these parts, each a header field or several and a body.
fn parts(kind: &str, parts: &[&str]) -> (String, TextSource, Vec<String>) {
    let boundary = kind.replace('/', "-");
    let boundary = boundary.split(';').next().unwrap();
    let mut body = String::new();
    for part in parts {
        body.push_str(&format!("--{boundary}\n{part}\n"));
    }
    let head = format!("Content-Type: {kind}; boundary=\"{boundary}\"");
    read(&head, &format!("{body}--{boundary}--\n"))
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\n\nLe texte.";
const HTML: &str = "Content-Type: text/html; charset=utf-8\n\n<p>Le <b>riche</b>.</p>";
const BLANK: &str = "Content-Type: text/plain\n\n \n";
const IMAGE: &str = "Content-Type: image/png; name=i.png\nContent-ID: <i>\n\nx";
const PDF: &str =
    "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nx";

fn expect(
    found: (String, TextSource, Vec<String>),
    text: &str,
    source: TextSource,
    files: &[&str],
) {
    let files = files.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(found, (text.to_owned(), source, files));
}

#[test]
fn of_alternatives_the_plain_one_unless_it_says_nothing() {
    use TextSource::{Html, Plain};
    expect(
        parts("multipart/alternative", &[PLAIN, HTML]),
        "Le texte.",
        Plain,
        &[],
    );
    expect(
        parts("multipart/alternative", &[BLANK, HTML]),
        "Le riche.",
        Html,
        &[],
    );
    // Apple Mail puts the files of a letter into its rich alternative.
    let mixed =
        format!("Content-Type: multipart/mixed; boundary=in\n\n--in\n{HTML}\n--in\n{PDF}\n--in--");
    expect(
        parts("multipart/alternative", &[PLAIN, &mixed]),
        "Le texte.",
        Plain,
        &["application/pdf a.pdf"],
    );
    // A blank alternative beside a list's footer does not hide the rich one.
    let alternative = format!(
        "Content-Type: multipart/alternative; boundary=in\n\n--in\n{BLANK}\n--in\n{HTML}\n--in--"
    );
    let footer = "Content-Type: text/plain\n\nEnvoyé par la liste.";
    expect(
        parts("multipart/mixed", &[&alternative, footer]),
        "Le riche.\nEnvoyé par la liste.",
        Html,
        &[],
    );
}

#[test]
fn texts_around_pictures_are_one_text() {
    let more = "Content-Type: text/plain; charset=utf-8\n\nEt la suite.";
    expect(
        parts("multipart/mixed", &[PLAIN, IMAGE, more, PDF]),
        "Le texte.\nEt la suite.",
        TextSource::Plain,
        &["image/png i.png", "application/pdf a.pdf"],
    );
}

#[test]
fn the_root_of_related_parts_is_the_text_wherever_it_stands() {
    let root = "Content-Type: text/html\nContent-ID: <root>\n\n<p>Le riche.</p>";
    expect(
        parts("multipart/related; start=\"<root>\"", &[IMAGE, root]),
        "Le riche.",
        TextSource::Html,
        &["image/png i.png"],
    );
}

#[test]
fn a_letter_that_says_nothing_shows_what_it_encloses() {
    let letter =
        "Content-Type: message/rfc822\n\nFrom: Marie <m@b.fr>\nSubject: Panne\n\nMon PC fume.";
    let (text, source, files) = parts("multipart/mixed", &[BLANK, letter]);
    assert!(
        text.contains("From: Marie <m@b.fr>") && text.ends_with("Mon PC fume."),
        "{text}"
    );
    assert_eq!((source, files.len()), (TextSource::Enclosed, 1));

    let invitation = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Point\nDTSTART:20250512T083000Z\nEND:VEVENT\nEND:VCALENDAR\n";
    let (text, source, files) = read("Content-Type: text/calendar; charset=utf-8", invitation);
    assert_eq!(
        text,
        "Invitation\nPoint\nDébut / Start : 2025-05-12 08:30 UTC"
    );
    assert_eq!((source, files.len()), (TextSource::Enclosed, 1));

    expect(
        parts("multipart/mixed", &[PDF]),
        "",
        TextSource::None,
        &["application/pdf a.pdf"],
    );
    let marked = "Content-Type: text/plain\nContent-Disposition: attachment\n\nLe texte.";
    expect(
        parts("multipart/mixed", &[marked, PDF]),
        "Le texte.",
        TextSource::Plain,
        &["application/pdf a.pdf"],
    );
}

#[test]
fn transfer_encodings_that_nobody_knows_are_read() {
    for (encoding, body) in [
        ("Base64;", "TGUgdGV4dGUu"),
        ("quoted-printable (x)", "Le =74exte."),
        ("utf-8", "Le texte."),
        ("x-uuencode", "begin 644 a.txt\n)3&4@=&5X=&4N\n`\nend\n"),
    ] {
        let head = format!("Content-Type: text/plain\nContent-Transfer-Encoding: {encoding}");
        assert_eq!(read(&head, body).0, "Le texte.", "{encoding}");
    }
}

#[test]
fn charsets_that_lie_or_are_missing_are_read() {
    let html = b"From: a@b.fr\nContent-Type: text/html\n\n<meta charset=iso-8859-2><p>\xB1</p>";
    assert_eq!(parse(html).unwrap().text.new, "ą");
    for (charset, body, expected) in [
        ("us-ascii", "réseau".as_bytes(), "réseau"),
        ("iso-8859-1", "réseau".as_bytes(), "réseau"),
        ("utf-8", b"r\xE9seau", "réseau"),
        ("gb18030", b"\xB2\xE2\xCA\xD4", "测试"),
        ("koi8-r", b"\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"),
        ("windows-1250", b"\xB9", "ą"),
        ("iso-2022-jp", b"\x1B$B%F%9%H\x1B(B", "テスト"),
    ] {
        let head = format!("From: a@b.fr\nContent-Type: text/plain; charset={charset}\n\n");
        let raw = [head.as_bytes(), body].concat();
        assert_eq!(parse(&raw).unwrap().text.new, expected, "{charset}");
    }
}
