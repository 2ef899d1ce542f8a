//! The text of a letter: which part holds it, and what of it may be shown.
//!
//! In: a letter as the MIME library took it apart. Out: [`Body`], one text without control
//! characters, LF between lines.
//!
//! Strategy: the parts the library calls the text body (RFC 2046 §5.1.4: of alternatives, the
//! plain one); if they are blank or only say "your program cannot show HTML", the HTML ones; if
//! there are none (a multipart that was cut off), any part of a text type that is not an
//! attachment. HTML is converted by [`super::html`], `format=flowed` is undone (RFC 3676 §4).
//!
//! Not handled: text inside attachments, pictures of text, text/enriched.

use std::collections::BTreeSet;

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

use super::{Defect, TextSource, decode, html, limits};

/// The decoded text of a letter, before it is cut into zones.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) source: TextSource,
    /// The parts the text was taken from; every other part is an attachment.
    pub(super) parts: BTreeSet<u32>,
}

/// Finds and decodes the text. `raw` are the bytes the letter was parsed from.
pub(super) fn body(message: &Message<'_>, raw: &[u8], defects: &mut BTreeSet<Defect>) -> Body {
    let candidates = [
        own_text(message, &message.text_body),
        own_text(message, &message.html_body),
        stranded(message),
    ];
    let mut first = None;
    for ids in candidates {
        let found = gather(message, raw, &ids, defects);
        if !is_stand_in(&found.text) {
            return found;
        }
        first.get_or_insert(found);
    }
    first.unwrap_or_default()
}

/// The parts of a list that are text of the letter and not a file shown in line.
fn own_text(message: &Message<'_>, ids: &[u32]) -> Vec<u32> {
    let mut seen = BTreeSet::new();
    ids.iter()
        .enumerate()
        .filter(|(at, id)| {
            message.parts.get(**id as usize).is_some_and(|part| {
                let text = matches!(part.body, PartType::Text(_) | PartType::Html(_));
                text && (*at == 0 || part.attachment_name().is_none()) && seen.insert(**id)
            })
        })
        .map(|(_, id)| *id)
        .collect()
}

/// Text the library filed as an attachment because its multipart has no end, or no parts at all.
fn stranded(message: &Message<'_>) -> Vec<u32> {
    let is_text = |part: &MessagePart<'_>| {
        let named = part.attachment_name().is_some()
            || part
                .content_disposition()
                .is_some_and(|d| d.is_attachment());
        let shape = matches!(part.body, PartType::Text(_) | PartType::Html(_));
        let kind = media_type(part);
        let text = matches!(kind.as_str(), "text/plain" | "text/html");
        shape && !named && (text || kind.starts_with("multipart/"))
    };
    let mut ids: Vec<u32> = message.attachments.clone();
    ids.retain(|id| message.parts.get(*id as usize).is_some_and(is_text));
    ids.truncate(1);
    ids
}

/// Decodes the parts one after the other, up to [`limits::TEXT`].
fn gather(message: &Message<'_>, raw: &[u8], ids: &[u32], defects: &mut BTreeSet<Defect>) -> Body {
    let mut body = Body::default();
    for id in ids {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        let (decoded, wrong) = part_text(part, raw);
        if wrong {
            defects.insert(Defect::Encoding);
        }
        let is_html = media_type(part) == "text/html";
        let text = if is_html {
            html_text(&decoded, defects)
        } else {
            plain_text(part, &decoded, defects)
        };
        body.parts.insert(*id);
        if text.trim().is_empty() {
            continue;
        }
        if body.source == TextSource::None {
            body.source = if is_html {
                TextSource::Html
            } else {
                TextSource::Plain
            };
        }
        if !body.text.is_empty() {
            body.text.push('\n');
        }
        body.text.push_str(&text);
    }
    if body.text.len() > limits::TEXT {
        defects.insert(Defect::Capped);
        body.text
            .truncate(body.text.floor_char_boundary(limits::TEXT));
    }
    body
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
fn part_text(part: &MessagePart<'_>, raw: &[u8]) -> (String, bool) {
    let charset = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"));
    let read = part.text_contents().unwrap_or_default();
    let known = charset.is_none_or(|name| {
        mail_parser::decoders::charsets::map::charset_decoder(name.as_bytes()).is_some()
    });
    if !part.is_encoding_problem && known && !read.contains('\u{FFFD}') {
        return (read.to_owned(), false);
    }
    let (text, wrong) = decode::text(&part_bytes(part, raw), charset);
    let broken = part.is_encoding_problem && part.content_transfer_encoding().is_some();
    (text, wrong || broken)
}

/// The bytes of a part that is not a nested letter, decoded leniently from where they stand.
pub(super) fn part_bytes(part: &MessagePart<'_>, raw: &[u8]) -> Vec<u8> {
    let encoded = raw
        .get(part.offset_body as usize..part.offset_end as usize)
        .unwrap_or_default();
    match part.content_transfer_encoding() {
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => decode::base64(encoded),
        Some(encoding) if encoding.eq_ignore_ascii_case("quoted-printable") => {
            decode::quoted_printable(encoded)
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
fn is_stand_in(text: &str) -> bool {
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
    fn stand_ins_are_known() {
        assert!(is_stand_in(" \n"));
        assert!(is_stand_in("Ce message est au format HTML."));
        assert!(!is_stand_in("Mon navigateur does not support the printer"));
    }
}
