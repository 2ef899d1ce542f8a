//! The text of one part: its bytes, its charset, its lines, and what of it may be shown.
//!
//! In: a part as the MIME library found it. Out: text without control characters, LF between
//! lines, and the files that stood in it.
//!
//! Strategy: what the library decoded is taken where nothing speaks against it; otherwise the
//! bytes are decoded once more, leniently, by [`super::decode`]. HTML is converted by
//! [`super::html`], `format=flowed` is undone (RFC 3676 §4), uuencoded files are taken out.

use std::collections::BTreeSet;

use mail_parser::{MessagePart, MimeHeaders, PartType};

use super::{Defect, decode, html, limits, uuencode};

/// The text of one part in lines, and the files that stood in it.
pub(super) fn part(
    part: &MessagePart<'_>,
    raw: &[u8],
    defects: &mut BTreeSet<Defect>,
) -> (String, Vec<uuencode::File>) {
    let (decoded, wrong) = part_text(part, raw);
    if wrong {
        defects.insert(Defect::Encoding);
    }
    match media_type(part).as_str() {
        "text/html" => (html_text(&decoded, defects), Vec::new()),
        "text/enriched" | "text/richtext" => (html_text(&enriched(&decoded), defects), Vec::new()),
        _ => uuencode::extract(plain_text(part, &decoded, defects)),
    }
}

fn html_text(decoded: &str, defects: &mut BTreeSet<Defect>) -> String {
    let end = decoded.floor_char_boundary(limits::HTML);
    if end < decoded.len() {
        defects.insert(Defect::Capped);
    }
    let (clean, controls) = lines(decoded.get(..end).unwrap_or_default());
    if controls {
        defects.insert(Defect::Controls);
    }
    let (text, _) = lines(&html::to_text(&clean));
    text
}

fn plain_text(part: &MessagePart<'_>, decoded: &str, defects: &mut BTreeSet<Defect>) -> String {
    let (clean, controls) = lines(decoded);
    if controls {
        defects.insert(Defect::Controls);
    }
    let parameter = |name: &str, value: &str| {
        part.content_type()
            .and_then(|kind| kind.attribute(name))
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    if parameter("format", "flowed") {
        unflowed(&clean, parameter("delsp", "yes"))
    } else {
        clean
    }
}

/// The text of a part. True if its encoding or charset was broken, unknown or a lie.
pub(super) fn part_text(part: &MessagePart<'_>, raw: &[u8]) -> (String, bool) {
    let charset = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"));
    // A multipart without a boundary is bytes to the library, and text to a person.
    let read = part.text_contents();
    let sound = read.is_some();
    let read = read.unwrap_or_default();
    let known = charset.is_none_or(|name| {
        mail_parser::decoders::charsets::map::charset_decoder(name.as_bytes()).is_some()
    });
    let sound = sound && !part.is_encoding_problem && known && is_standard(part);
    let doubtful = charset.is_some_and(decode::is_single_byte) && !read.is_ascii();
    if sound && !doubtful && !read.contains('\u{FFFD}') {
        return (read.to_owned(), false);
    }
    let bytes = part_bytes(part, raw);
    let of_html = || match charset {
        None if media_type(part) == "text/html" && std::str::from_utf8(&bytes).is_err() => {
            decode::html_charset(&bytes)
        }
        _ => None,
    };
    let (text, wrong) = match of_html() {
        Some(charset) => decode::text(&bytes, Some(&charset)),
        None => decode::text(&bytes, charset),
    };
    let broken = part.is_encoding_problem && part.content_transfer_encoding().is_some();
    (text, wrong || broken)
}

/// Whether the MIME library knows the transfer encoding of a part (RFC 2045 §6.1).
fn is_standard(part: &MessagePart<'_>) -> bool {
    encoding(part).is_none_or(|name| {
        matches!(name.as_str(), "7bit" | "8bit" | "binary")
            || part.encoding != mail_parser::Encoding::None
    })
}

/// The transfer encoding without blanks, in lower case.
fn encoding(part: &MessagePart<'_>) -> Option<String> {
    part.content_transfer_encoding()
        .map(|name| name.trim().to_ascii_lowercase())
}

/// The bytes of a part that is not a nested letter, decoded leniently from where they stand.
pub(super) fn part_bytes(part: &MessagePart<'_>, raw: &[u8]) -> Vec<u8> {
    let encoded = raw
        .get(part.offset_body as usize..part.offset_end as usize)
        .unwrap_or_default();
    match encoding(part) {
        Some(name) if name.starts_with("base64") => decode::base64(encoded),
        Some(name) if name.starts_with("quoted") => decode::quoted_printable(encoded),
        Some(name) if matches!(name.as_str(), "x-uuencode" | "uuencode" | "x-uue" | "uue") => {
            uuencode::whole(encoded).unwrap_or_else(|| encoded.to_vec())
        }
        _ => encoded.to_vec(),
    }
}

/// `type/subtype` in lower case; a part without a type is plain text (RFC 2045 §5.2).
pub(super) fn media_type(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(kind) => one_line(
            &match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                None => kind.ctype().to_owned(),
            },
            127,
        )
        .to_ascii_lowercase(),
        None if matches!(part.body, PartType::Message(_)) => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

/// Whether a text says nothing, or only that the real text is in the HTML part.
pub(super) fn is_stand_in(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 300 {
        return false;
    }
    let text = text.to_lowercase();
    text.is_empty()
        || (text.contains("html")
            && [
                "does not support html",
                "doesn't support html",
                "requires an html",
                "view this message in html",
                "supports html",
                "ne supporte pas le html",
                "ne prend pas en charge le html",
                "n'affiche pas le html",
                "au format html",
            ]
            .iter()
            .any(|phrase| text.contains(phrase)))
}

/// Text in lines that end in LF, without control characters but tab. True if any were taken out.
pub(super) fn lines(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut removed = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\u{FEFF}' => {}
            c if c.is_control() => removed = true,
            c => out.push(c),
        }
    }
    (out, removed)
}

/// One line of at most `limit` bytes: white space and controls become single blanks, characters
/// that turn the direction of writing (U+202A–202E, U+2066–2069) or have no width go.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut blank = false;
    for c in text.chars() {
        match c {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}' => {}
            c if c.is_control() || c.is_whitespace() => blank = !out.is_empty(),
            c => {
                if out.len() + c.len_utf8() + usize::from(blank) > limit {
                    break;
                }
                if std::mem::take(&mut blank) {
                    out.push(' ');
                }
                out.push(c);
            }
        }
    }
    out
}

/// `text/enriched` (RFC 1896) as HTML: `<<` is a bracket, several line ends are as many less one,
/// and a `<param>` is never shown.
fn enriched(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace("<<", "&lt;")
        .replace("\n\n", "<br>")
        .replace("<param>", "<title>")
        .replace("</param>", "</title>")
}

/// Joins the lines that `format=flowed` broke (RFC 3676 §4.1), one quote depth at a time.
fn unflowed(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() {
                out.push('\n');
            }
            for _ in 0..depth {
                out.push('>');
            }
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !signature;
        let kept = match content.strip_suffix(' ') {
            Some(shorter) if flows && delsp => shorter,
            _ => content,
        };
        out.push_str(kept);
        if flows {
            open = Some(depth);
        } else {
            out.push('\n');
            open = None;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_go_and_lines_stay() {
        assert_eq!(
            lines("a\r\nb\rc\td\u{0}\u{1b}[1m"),
            ("a\nb\nc\td[1m".to_owned(), true)
        );
        assert_eq!(lines("é\u{FEFF}\n"), ("é\n".to_owned(), false));
    }

    #[test]
    fn one_line_holds_no_second_line_and_no_turned_text() {
        assert_eq!(one_line(" a\r\nBcc:  b\u{0}\u{202e}c ", 100), "a Bcc: b c");
        assert_eq!(one_line("éé é", 5), "éé");
    }

    #[test]
    fn flowed_lines_are_joined_within_their_depth() {
        let given =
            "On Monday \nI came \nhome.\n> they \n> said\n>> no \n> so\n  stuffed\n-- \nme\n";
        let joined = "On Monday I came home.\n> they said\n>> no \n> so\n stuffed\n-- \nme\n";
        assert_eq!(unflowed(given, false), joined);
        assert_eq!(unflowed("テスト \nです\n", true), "テストです\n");
    }

    #[test]
    fn enriched_text_reads_as_text() {
        let given = "<bold>Panne</bold>,\n<color><param>red</param>a << b</color>\n\nfin";
        let text = html_text(&enriched(given), &mut BTreeSet::new());
        assert_eq!(text, "Panne, a < b\nfin");
    }

    #[test]
    fn stand_ins_are_known() {
        assert!(is_stand_in(" \n"));
        assert!(is_stand_in("Ce message est au format HTML."));
        assert!(!is_stand_in("Mon navigateur does not support the printer"));
    }
}
