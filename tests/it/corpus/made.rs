//! Letters too large or too plain to keep in a file, each made by its name.

use data_encoding::BASE64;

const HEAD: &str = "From: Jeanne Martin <jeanne.martin@institut.example>\n\
     To: support@institut.example\nSubject: Essai\n\
     Date: Mon, 12 May 2025 10:33:00 +0200\nMessage-ID: <fait@institut.example>\n";

/// A letter with these further fields and this body.
pub fn letter(fields: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{fields}\n{body}\n").into_bytes()
}

fn from(author: &str) -> Vec<u8> {
    format!("From: {author}\nTo: support@institut.example\nSubject: Essai\n\nBonjour\n")
        .into_bytes()
}

pub fn empty() -> Vec<u8> {
    Vec::new()
}

pub fn only_line_ends() -> Vec<u8> {
    b"\r\n\r\n".to_vec()
}

pub fn body_only() -> Vec<u8> {
    b"Bonjour,\n\nle copieur est en panne.\n".to_vec()
}

pub fn line_ends_of_old_macs() -> Vec<u8> {
    let text = letter("", "Bonjour\nle copieur est en panne.");
    text.iter()
        .map(|&b| if b == b'\n' { b'\r' } else { b })
        .collect()
}

pub fn utf16() -> Vec<u8> {
    let text = String::from_utf8(letter("", "Écran noir")).unwrap();
    let units = "\u{FEFF}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

pub fn header_line_of_200_kb() -> Vec<u8> {
    letter(&format!("X-Long: {}\n", "a".repeat(200 * 1024)), "Bonjour")
}

pub fn header_line_of_1_mb() -> Vec<u8> {
    letter(&format!("X-Long: {}\n", "a".repeat(1024 * 1024)), "Bonjour")
}

pub fn subject_of_20_mb() -> Vec<u8> {
    letter(
        &format!("X: {}\n", "=?utf-8?q?a?= ".repeat(1_500_000)),
        "Bonjour",
    )
}

pub fn fields_300_000() -> Vec<u8> {
    letter(&"X-A: b\n".repeat(300_000), "Bonjour")
}

pub fn recipients_10_000() -> Vec<u8> {
    letter(
        &format!("Cc: {}a@b.example\n", "c@d.example,\n ".repeat(10_000)),
        "Bonjour",
    )
}

pub fn recipients_100_000() -> Vec<u8> {
    letter(
        &format!("Cc: {}a@b.example\n", "c@d.example,\n ".repeat(100_000)),
        "Bonjour",
    )
}

pub fn comments_100_000_deep() -> Vec<u8> {
    from(&format!("{}a@b.example", "(".repeat(100_000)))
}

pub fn comments_1_000_000_deep() -> Vec<u8> {
    from(&format!("{}a@b.example", "(".repeat(1_000_000)))
}

pub fn route_address() -> Vec<u8> {
    from("<@a.example,@b.example:c@d.example>")
}

pub fn angles_without_end() -> Vec<u8> {
    from("<<<<jeanne.martin@institut.example")
}

pub fn references_5_000() -> Vec<u8> {
    letter(
        &format!(
            "References: {}<z@y.example>\n",
            "<x@y.example>\n ".repeat(5_000)
        ),
        "Bonjour",
    )
}

pub fn references_1_000_000() -> Vec<u8> {
    letter(
        &format!(
            "References: {}<z@y.example>\n",
            "<x@y.example>\n ".repeat(1_000_000)
        ),
        "Bonjour",
    )
}

pub fn message_id_of_100_kb() -> Vec<u8> {
    let id = "x".repeat(100 * 1024);
    format!(
        "From: a@b.example\nTo: support@institut.example\nMessage-ID: <{id}@b.example>\n\nBonjour\n"
    )
    .into_bytes()
}

pub fn received_200_times() -> Vec<u8> {
    let hop = "Received: from a.example by b.example; Mon, 12 May 2025 10:33:00 +0200\n";
    letter(&hop.repeat(200), "Bonjour")
}

pub fn letters_in_letters_25_000() -> Vec<u8> {
    letter("", "")
        .into_iter()
        .chain(b"Content-Type: message/rfc822\n\n".repeat(25_000))
        .collect()
}

pub fn letters_in_letters_from_the_top() -> Vec<u8> {
    let mut raw = HEAD.as_bytes().to_vec();
    raw.extend(b"Content-Type: message/rfc822\n\n".repeat(25_000));
    raw
}

pub fn multiparts_100_000_deep() -> Vec<u8> {
    let mut raw = String::from(HEAD);
    for n in 0..100_000 {
        raw.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=\"b{n}x\"\n\n--b{n}x\n"
        ));
    }
    raw.into_bytes()
}

pub fn empty_parts_200_000() -> Vec<u8> {
    letter(
        "Content-Type: multipart/mixed; boundary=b\n",
        &"--b\n\n".repeat(200_000),
    )
}

pub fn name_in_1_000_pieces() -> Vec<u8> {
    named(1_000)
}

pub fn name_in_100_000_pieces() -> Vec<u8> {
    named(100_000)
}

fn named(pieces: usize) -> Vec<u8> {
    let name: String = (0..pieces)
        .map(|n| format!(";\n filename*{n}=abc"))
        .collect();
    letter(
        "Content-Type: multipart/mixed; boundary=b\n",
        &format!("--b\n\nVoir.\n--b\nContent-Disposition: attachment{name}\n\nx\n--b--"),
    )
}

pub fn flowed_bomb() -> Vec<u8> {
    letter(
        "Content-Type: text/plain; format=flowed; delsp=yes\n",
        &"> a \n>> b \n \n".repeat(60_000),
    )
}

pub fn invitations_40() -> Vec<u8> {
    let part =
        "--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n";
    let body = format!("--b\n\nPoint mensuel.\n{}--b--", part.repeat(40));
    letter("Content-Type: multipart/mixed; boundary=b\n", &body)
}

pub fn attachments_1_000() -> Vec<u8> {
    let part = "--b\nContent-Type: image/png; name=a.png\n\nx\n";
    letter(
        "Content-Type: multipart/mixed; boundary=b\n",
        &part.repeat(1_000),
    )
}

pub fn attachment_of_0_bytes() -> Vec<u8> {
    let body = "--b\n\nVide.\n--b\nContent-Disposition: attachment; filename=vide.txt\n\n--b--";
    letter("Content-Type: multipart/mixed; boundary=b\n", body)
}

pub fn attachment_of_30_mb() -> Vec<u8> {
    let data = BASE64.encode(&vec![0; 21 * 1024 * 1024]);
    let body = format!(
        "--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n{data}\n--b--"
    );
    letter("Content-Type: multipart/mixed; boundary=b\n", &body)
}

pub fn divs_390_kb() -> Vec<u8> {
    letter("Content-Type: text/html\n", &"<div>".repeat(80_000))
}

pub fn links_6_000() -> Vec<u8> {
    let link = "<a href=\"https://x.example/\">a</a> ";
    letter("Content-Type: text/html\n", &link.repeat(6_000))
}

pub fn quotes_10_mb() -> Vec<u8> {
    let mut body = String::from("Oui.\n\n");
    for depth in 0..4_400 {
        body.push_str(&">".repeat(depth));
        body.push_str(" a\n");
    }
    letter("", &body)
}

pub fn name_with_bidi_and_quotes() -> Vec<u8> {
    let name = "a%E2%80%AE%22%3B%0D%0Afdp.exe";
    let long = "n".repeat(1_000);
    let part = |name: &str| format!("--b\nContent-Disposition: attachment; {name}\n\nx\n");
    let body = format!(
        "--b\n\nVoir.\n{}{}{}--b--",
        part(&format!("filename*=utf-8''{name}")),
        part(&format!("filename=\"{long}\"")),
        part("filename*=utf-8''%FF%FE%C3"),
    );
    letter("Content-Type: multipart/mixed; boundary=b\n", &body)
}

pub fn local_part_with_a_blank() -> Vec<u8> {
    from("\"a b\"@institut.example")
}

pub fn automatic_with_a_comment() -> Vec<u8> {
    letter(
        "Auto-Submitted: Auto-Replied (vacation; since=monday)\n",
        "Absente.",
    )
}
