//! Damage that hides a whole letter from the MIME library, undone before it reads.
//!
//! In: the bytes as they were stored. Out: the same bytes, or a copy in which the header is where
//! RFC 5322 §2.1 wants it. Everything else is left to the reader, byte for byte.
//!
//! Undone here:
//! - a byte order mark before the first field (it would become part of the field's name), UTF-16;
//! - blank lines before the first field (they would end the header before it began);
//! - the `From ` line of an mbox file (RFC 4155);
//! - lines that end in CR alone, if the letter has no LF at all;
//! - 8-bit header lines that are not UTF-8: read as Windows-1252, which old French mailers wrote;
//! - no blank line between header and body: one is set before the first line that is no field;
//! - a boundary that looks like an encoded word, which the MIME library would decode.
//!
//! Not handled: a blank line in the middle of the header (the rest is then the body).

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The letter with its header in place; borrowed if there was nothing to do.
pub(super) fn repair(raw: &[u8]) -> Cow<'_, [u8]> {
    let raw = match widened(raw) {
        Some(utf8) => Cow::Owned(utf8),
        None => Cow::Borrowed(raw),
    };
    let raw = match raw {
        Cow::Borrowed(bytes) => Cow::Borrowed(without_preamble(bytes)),
        Cow::Owned(bytes) => Cow::Owned(without_preamble(&bytes).to_vec()),
    };
    let raw = if raw.contains(&b'\r') && !raw.contains(&b'\n') {
        Cow::Owned(
            raw.iter()
                .map(|&b| if b == b'\r' { b'\n' } else { b })
                .collect(),
        )
    } else {
        raw
    };
    let raw = match repaired_header(&raw) {
        Some(copy) => Cow::Owned(copy),
        None => raw,
    };
    match plain_boundary(&raw) {
        Some(copy) => Cow::Owned(copy),
        None => raw,
    }
}

/// A copy whose boundary is no encoded word: a boundary is literal (RFC 2047 §5 (3)). Its question
/// marks become underscores in the header and on the lines it draws; every offset stays.
fn plain_boundary(raw: &[u8]) -> Option<Vec<u8>> {
    let (end, _) = header_end(raw);
    let header = raw.get(..end)?;
    let at = header
        .windows(9)
        .position(|found| found.eq_ignore_ascii_case(b"boundary="))?;
    let value = header.get(at + 9..)?;
    let open = usize::from(value.starts_with(b"\""));
    let boundary = value
        .get(open..)?
        .split(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b';'))
        .next()
        .filter(|boundary| boundary.starts_with(b"=?"))?;
    let start = at + 9 + open;
    let mut copy = raw.to_vec();
    let mut mask = |from: usize| {
        for byte in copy.iter_mut().skip(from).take(boundary.len()) {
            if *byte == b'?' {
                *byte = b'_';
            }
        }
    };
    mask(start);
    let mut line_start = 0;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        if line
            .strip_prefix(b"--")
            .is_some_and(|rest| rest.starts_with(boundary))
        {
            mask(line_start + 2);
        }
        line_start += line.len();
    }
    Some(copy)
}

/// UTF-16 with a byte order mark, as UTF-8.
fn widened(raw: &[u8]) -> Option<Vec<u8>> {
    let encoding = match raw {
        [0xFF, 0xFE, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] => UTF_16BE,
        _ => return None,
    };
    let (text, _) = encoding.decode_with_bom_removal(raw);
    Some(text.into_owned().into_bytes())
}

fn without_preamble(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    let raw = raw.trim_ascii_start();
    if raw.starts_with(b"From ") || raw.starts_with(b">From ") {
        let line = raw
            .iter()
            .position(|&b| b == b'\n')
            .map_or(raw.len(), |end| end + 1);
        return raw.get(line..).unwrap_or_default();
    }
    raw
}

/// Where the header ends: the offset after the last field, and where the body begins.
///
/// The header ends at the first blank line (RFC 5322 §2.1). A line that is neither a field nor a
/// continuation ends it too, if no field follows it before the next blank line: then somebody
/// forgot the blank line, and it is the first line of the body.
pub(super) fn header_end(raw: &[u8]) -> (usize, usize) {
    let mut at = 0;
    let mut stray = None;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        if line.trim_ascii().is_empty() {
            return match stray {
                Some(start) => (start, start),
                None => (at, at + line.len()),
            };
        }
        if is_field(line) {
            stray = None;
        } else if !is_continuation(line) && stray.is_none() {
            stray = Some(at);
        }
        at += line.len();
    }
    stray.map_or((at, at), |start| (start, start))
}

/// Whether a line starts a field: a name of printable ASCII and a colon (RFC 5322 §2.2).
pub(super) fn is_field(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|&b| b == b':') else {
        return false;
    };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.len() <= 100 && name.iter().all(u8::is_ascii_graphic)
}

/// Whether a line belongs to the field above it (RFC 5322 §2.2.3).
pub(super) fn is_continuation(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// A copy with a readable header, if the header needs one.
fn repaired_header(raw: &[u8]) -> Option<Vec<u8>> {
    let (end, body) = header_end(raw);
    let header = raw.get(..end).unwrap_or_default();
    let rest = raw.get(body..).unwrap_or_default();
    let separated = end != body;
    let utf8 = std::str::from_utf8(header).is_ok();
    if utf8 && (separated || rest.is_empty()) {
        return None;
    }
    let mut copy = Vec::with_capacity(raw.len() + header.len() + 2);
    for line in header.split_inclusive(|&b| b == b'\n') {
        if std::str::from_utf8(line).is_ok() {
            copy.extend_from_slice(line);
        } else {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(line);
            copy.extend_from_slice(text.as_bytes());
        }
    }
    if separated || !rest.is_empty() {
        copy.extend_from_slice(if header.ends_with(b"\r\n") {
            b"\r\n"
        } else {
            b"\n"
        });
    }
    copy.extend_from_slice(rest);
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &[u8]) -> String {
        String::from_utf8_lossy(&repair(raw)).into_owned()
    }

    #[test]
    fn a_sound_letter_is_not_copied() {
        let raw = b"From: a@b.fr\r\nSubject: x\r\n\r\nbonjour\r\n";
        assert!(matches!(repair(raw), Cow::Borrowed(same) if same == raw));
    }

    #[test]
    fn what_stands_before_the_first_field_goes() {
        let sound = "From: a@b.fr\n\nx\n";
        for before in [
            "\u{FEFF}",
            "\r\n\r\n",
            "From a@b.fr Mon Jan  1 00:00:00 2024\n",
        ] {
            assert_eq!(text(format!("{before}{sound}").as_bytes()), sound);
        }
    }

    #[test]
    fn lines_ending_in_cr_alone_become_lines() {
        assert_eq!(text(b"From: a@b.fr\r\rx\r"), "From: a@b.fr\n\nx\n");
    }

    #[test]
    fn latin_1_in_the_header_is_read_as_windows_1252() {
        assert_eq!(
            text(b"Subject: panne r\xE9seau\nX: \xC3\xA9\n\nr\xE9\n").get(..31),
            Some("Subject: panne r\u{e9}seau\nX: \u{e9}\n\nr")
        );
    }

    #[test]
    fn a_missing_blank_line_is_set_before_the_body() {
        assert_eq!(
            text(b"From: a@b.fr\nBonjour,\n\nmon PC\n"),
            "From: a@b.fr\n\nBonjour,\n\nmon PC\n"
        );
    }

    #[test]
    fn a_stray_line_between_fields_does_not_end_the_header() {
        let raw = b"From: a@b.fr\nstray line\nSubject: x\n\nbody\n";
        assert_eq!(text(raw).as_bytes(), raw);
    }

    #[test]
    fn a_boundary_is_literal() {
        let raw = b"From: a@b.fr\nContent-Type: multipart/mixed; boundary=\"=?utf-8?q?a?=\"\n\n--=?utf-8?q?a?=\n\nx =?utf-8?q?a?=\n--=?utf-8?q?a?=--\n";
        let expected = "From: a@b.fr\nContent-Type: multipart/mixed; boundary=\"=_utf-8_q_a_=\"\n\n--=_utf-8_q_a_=\n\nx =?utf-8?q?a?=\n--=_utf-8_q_a_=--\n";
        assert_eq!(text(raw), expected);
    }

    #[test]
    fn utf_16_is_read() {
        let wide: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(
                "From: a@b.fr\n\né"
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes),
            )
            .collect();
        assert_eq!(text(&wide), "From: a@b.fr\n\né");
    }
}
