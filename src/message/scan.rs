//! The limits, counted in the raw bytes before anything is parsed.
//!
//! In: the bytes of a letter. Out: nothing, or the first limit of [`limits`] they pass.
//!
//! One pass over the bytes. It follows the MIME structure as far as it is visible (boundary lines,
//! nested letters, also those hidden in base64 or quoted-printable, which RFC 2046 §5.2.1 forbids
//! but Exchange writes), because the MIME library has no limits of its own: it follows nesting
//! without end and then overflows the stack when it lets go of it.
//!
//! Not handled: a structure that only the MIME library sees, such as a boundary in the middle of a
//! line. For those the letter is read in a worker process, which may die of it ([`crate::reader`]).

use std::borrow::Cow;

use super::{Unreadable, decode, limits, repair};

/// How often a letter inside an encoded letter is opened; the MIME library does so three times.
const ENCODED_LEVELS: u8 = 4;

/// Checks size, header block, field count, MIME depth and part count.
///
/// # Errors
/// The first limit that is passed; [`Unreadable::Empty`] if there is nothing but white space.
pub(super) fn scan(raw: &[u8]) -> Result<(), Unreadable> {
    let size = raw.len() as u64;
    if size > limits::LETTER {
        return Err(Unreadable::TooLarge {
            size,
            limit: limits::LETTER,
        });
    }
    if raw.iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
        return Err(Unreadable::Empty);
    }
    Walk { parts: 0 }.letter(raw, 0, ENCODED_LEVELS)
}

/// The error for a count over its limit.
pub(super) fn too_many(what: &str, found: usize, limit: usize) -> Unreadable {
    Unreadable::TooMany {
        what: what.to_owned(),
        found: found as u64,
        limit: limit as u64,
    }
}

/// One open multipart or nested letter.
struct Level {
    /// The boundary of a multipart; a nested letter has none of its own.
    boundary: Option<Vec<u8>>,
    /// In `multipart/digest` a part without a type is a letter (RFC 2046 §5.1.5).
    digest: bool,
}

struct Walk {
    parts: usize,
}

/// What a part's header says about what follows it.
#[derive(Default)]
struct Head {
    content_type: Option<Vec<u8>>,
    encoding: Vec<u8>,
    /// Bytes of the header with its blank line.
    bytes: usize,
}

impl Walk {
    /// Walks over one letter that lies `depth` levels deep in the whole.
    fn letter(&mut self, raw: &[u8], depth: usize, encoded: u8) -> Result<(), Unreadable> {
        let mut levels: Vec<Level> = Vec::new();
        let mut rest = raw;
        let mut in_header = true;
        loop {
            if in_header {
                let head = read_head(rest)?;
                rest = rest.get(head.bytes..).unwrap_or_default();
                in_header = self.part(&head, rest, &mut levels, depth, encoded)?;
                continue;
            }
            let Some(line) = rest.split_inclusive(|&b| b == b'\n').next() else {
                return Ok(());
            };
            rest = rest.get(line.len()..).unwrap_or_default();
            if let Some(delimiter) = line.strip_prefix(b"--") {
                in_header = enters_part(delimiter, &mut levels);
            }
        }
    }

    /// Counts one part and opens its level, if it has one. True if a header follows at once.
    fn part(
        &mut self,
        head: &Head,
        body: &[u8],
        levels: &mut Vec<Level>,
        depth: usize,
        encoded: u8,
    ) -> Result<bool, Unreadable> {
        self.parts += 1;
        if self.parts > limits::PARTS {
            return Err(too_many("MIME parts", self.parts, limits::PARTS));
        }
        let in_digest = levels.last().is_some_and(|level| level.digest);
        let is_letter = match &head.content_type {
            Some(value) => {
                starts_with(value, b"message/rfc822") || starts_with(value, b"message/global")
            }
            None => in_digest,
        };
        let deep = depth + levels.len() + 1;
        if is_letter {
            if deep > limits::DEPTH {
                return Err(too_many("MIME levels", deep, limits::DEPTH));
            }
            if let Some(letter) = decoded(body, &head.encoding, levels) {
                if let Some(left) = encoded.checked_sub(1) {
                    self.letter(&letter, deep, left)?;
                }
                return Ok(false);
            }
            levels.push(Level {
                boundary: None,
                digest: false,
            });
            return Ok(!body.is_empty());
        }
        let Some(value) = &head.content_type else {
            return Ok(false);
        };
        if let Some(boundary) = starts_with(value, b"multipart/")
            .then(|| boundary(value))
            .flatten()
        {
            if deep > limits::DEPTH {
                return Err(too_many("MIME levels", deep, limits::DEPTH));
            }
            levels.push(Level {
                boundary: Some(boundary),
                digest: starts_with(value, b"multipart/digest"),
            });
        }
        Ok(false)
    }
}

/// The body of an encoded nested letter, up to the next boundary line; `None` if it is not encoded.
fn decoded(body: &[u8], encoding: &[u8], levels: &[Level]) -> Option<Vec<u8>> {
    let decode: fn(&[u8]) -> Vec<u8> = if starts_with(encoding, b"base64") {
        decode::base64
    } else if starts_with(encoding, b"quoted-printable") {
        decode::quoted_printable
    } else {
        return None;
    };
    let mut end = 0;
    for line in body.split_inclusive(|&b| b == b'\n') {
        let closes = line.strip_prefix(b"--").is_some_and(|delimiter| {
            levels
                .iter()
                .filter_map(|level| level.boundary.as_deref())
                .any(|boundary| delimiter.starts_with(boundary))
        });
        if closes {
            break;
        }
        end += line.len();
    }
    Some(decode(body.get(..end).unwrap_or_default()))
}

/// Reads a header up to its blank line, and checks its size.
fn read_head(raw: &[u8]) -> Result<Head, Unreadable> {
    let mut head = Head::default();
    let mut fields = 0;
    let mut current: Option<Vec<u8>> = None;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        head.bytes += line.len();
        let blank = line.trim_ascii().is_empty();
        if head.bytes > limits::HEADER_BLOCK && !blank {
            return Err(too_many(
                "bytes of header",
                head.bytes,
                limits::HEADER_BLOCK,
            ));
        }
        if !blank && repair::is_continuation(line) {
            if let Some(value) = &mut current {
                value.extend_from_slice(line.trim_ascii_end());
            }
            continue;
        }
        if let Some(value) = current.take() {
            note(&mut head, &value);
        }
        if blank {
            return Ok(head);
        }
        fields += 1;
        if fields > limits::HEADER_FIELDS {
            return Err(too_many("header fields", fields, limits::HEADER_FIELDS));
        }
        if starts_with(line, b"content-") {
            current = Some(line.trim_ascii().to_vec());
        }
    }
    if let Some(value) = current.take() {
        note(&mut head, &value);
    }
    Ok(head)
}

/// Keeps the two fields that shape what follows. The last of each counts, as for the MIME library.
fn note(head: &mut Head, field: &[u8]) {
    let Some(colon) = field.iter().position(|&b| b == b':') else {
        return;
    };
    let (name, value) = field.split_at_checked(colon).unwrap_or_default();
    let name = name.trim_ascii();
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if name.eq_ignore_ascii_case(b"content-type") {
        head.content_type = Some(without_comments(value).to_vec());
    } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
        head.encoding = value.to_vec();
    }
}

/// A value without the comments before it (RFC 5322 §3.2.2).
fn without_comments(value: &[u8]) -> &[u8] {
    let mut depth = 0_usize;
    let start = value.iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0 && !byte.is_ascii_whitespace()
    });
    start.and_then(|at| value.get(at..)).unwrap_or_default()
}

fn starts_with(value: &[u8], prefix: &[u8]) -> bool {
    value
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The first `boundary` parameter (RFC 2046 §5.1.1).
fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let text: Cow<'_, str> = String::from_utf8_lossy(content_type);
    text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("boundary") {
            return None;
        }
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => value.split_ascii_whitespace().next().unwrap_or_default(),
        };
        (!value.is_empty()).then(|| value.as_bytes().to_vec())
    })
}

/// Closes the levels a boundary line ends. True if the line opens a part.
fn enters_part(delimiter: &[u8], levels: &mut Vec<Level>) -> bool {
    let found = levels.iter().rposition(|level| {
        level
            .boundary
            .as_deref()
            .is_some_and(|boundary| delimiter.starts_with(boundary))
    });
    let Some(found) = found else {
        return false;
    };
    let length = levels
        .get(found)
        .and_then(|level| level.boundary.as_deref())
        .map_or(0, <[u8]>::len);
    let closes = delimiter
        .get(length..)
        .is_some_and(|after| after.starts_with(b"--"));
    levels.truncate(if closes { found } else { found + 1 });
    !closes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(raw: &[u8]) -> String {
        match scan(raw) {
            Ok(()) => "fine".to_owned(),
            Err(Unreadable::TooMany { what, .. }) => what,
            Err(other) => format!("{other:?}"),
        }
    }

    fn nested_letters(levels: usize) -> Vec<u8> {
        let mut raw = b"From: a@b.fr\n".to_vec();
        for _ in 0..levels {
            raw.extend_from_slice(b"Content-Type: message/rfc822\n\n");
        }
        raw.extend_from_slice(b"\nx\n");
        raw
    }

    #[test]
    fn white_space_alone_is_empty() {
        assert_eq!(scan(b""), Err(Unreadable::Empty));
        assert_eq!(scan(b"\r\n \t\r\n"), Err(Unreadable::Empty));
    }

    #[test]
    fn nested_letters_are_followed_to_the_limit() {
        assert_eq!(what(&nested_letters(limits::DEPTH)), "fine");
        assert_eq!(what(&nested_letters(limits::DEPTH + 1)), "MIME levels");
        assert_eq!(what(&nested_letters(25_000)), "MIME levels");
    }

    #[test]
    fn nesting_hidden_in_base64_is_seen() {
        let inner = data_encoding::BASE64.encode(&nested_letters(3_000));
        let raw = format!(
            "From: a@b.fr\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n"
        );
        assert_eq!(what(raw.as_bytes()), "MIME levels");
    }

    #[test]
    fn a_comment_hides_no_level() {
        let raw = b"From: a@b.fr\n".to_vec();
        let level = b"Content-Type: (a (b)) message/rfc822\n\n".repeat(30);
        assert_eq!(what(&[raw, level].concat()), "MIME levels");
    }

    #[test]
    fn nested_multiparts_are_counted() {
        let mut raw = String::from("From: a@b.fr\n");
        for n in 0..30 {
            raw.push_str(&format!(
                "Content-Type: multipart/mixed;\n boundary=\"b{n}x\"\n\n--b{n}x\n"
            ));
        }
        assert_eq!(what(raw.as_bytes()), "MIME levels");
    }

    #[test]
    fn parts_and_fields_are_counted() {
        let mut raw = b"From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n".to_vec();
        raw.extend(b"--b\n\n".repeat(limits::PARTS));
        assert_eq!(what(&raw), "MIME parts");
        let fields = [b"From: a@b.fr\n".to_vec(), b"a:\n".repeat(2_000)].concat();
        assert_eq!(what(&fields), "header fields");
        let long = [b"Subject: ".to_vec(), vec![b'a'; 300 * 1024]].concat();
        assert_eq!(what(&long), "bytes of header");
    }

    #[test]
    fn closed_levels_do_not_count_as_depth() {
        let mut raw = String::from("From: a@b.fr\nContent-Type: multipart/mixed; boundary=o\n\n");
        for n in 0..100 {
            raw.push_str(&format!(
                "--o\nContent-Type: multipart/mixed; boundary=i{n}x\n\n--i{n}x\n\nx\n--i{n}x--\n"
            ));
        }
        assert_eq!(what(raw.as_bytes()), "fine");
    }
}
