//! The header fields as they stand, and the values that are read from them directly.
//!
//! In: the repaired bytes of a letter. Out: every [`Field`] unfolded (RFC 5322 §2.2.3), the first
//! `Return-Path`, Message-IDs.
//!
//! The MIME library keeps the *last* of duplicated fields and answers `From` for an empty
//! `Return-Path`. Both would let a sender choose what we see, so these are read here.

use super::{Address, Field, MessageId, ReturnPath, address, limits, repair, text};

/// All fields of the header, top first. Lines that are no fields are left out.
pub(super) fn fields(raw: &[u8]) -> Vec<Field> {
    let (end, _) = repair::header_end(raw);
    let header = raw.get(..end).unwrap_or_default();
    let mut fields: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for line in header.split_inclusive(|&b| b == b'\n') {
        if repair::is_continuation(line) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            continue;
        }
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            continue;
        };
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.strip_prefix(b":").unwrap_or(value);
        fields.push((name.trim_ascii(), value.trim_ascii().to_vec()));
    }
    fields
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| Field {
            name: kept(name, 100),
            value: kept(&value, limits::FIELD_VALUE),
        })
        .collect()
}

/// The text of a name or value in one line, whatever the bytes.
///
/// Only blanks and tabs separate words. Other white space, controls and characters without a
/// width become U+FFFD: taken out, they would make a name or value of ours of one that a server
/// before us rightly took for another's.
fn kept(bytes: &[u8], limit: usize) -> String {
    let marked: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| match c {
            ' ' | '\t' => ' ',
            c if c.is_ascii_graphic() => c,
            c if text::one_line(c.encode_utf8(&mut [0; 4]), 4).is_empty() => '\u{FFFD}',
            c => c,
        })
        .collect();
    text::one_line(&marked, limit)
}

/// The values of the fields of one name, top first.
pub(super) fn values<'a>(fields: &'a [Field], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.as_str())
}

/// The first `Return-Path` field (RFC 5321 §4.4): the last server wrote it on top.
pub(super) fn return_path(fields: &[Field]) -> ReturnPath {
    let Some(value) = values(fields, "return-path").next() else {
        return ReturnPath::Absent;
    };
    let value = value.trim();
    let inner = match value.split_once('<') {
        Some((_, after)) => after.split('>').next().unwrap_or_default().trim(),
        None => value,
    };
    if inner.is_empty() {
        return ReturnPath::Null;
    }
    match address::email(inner) {
        Some(email) => ReturnPath::Address(Address {
            name: String::new(),
            email,
        }),
        // A bare name such as `MAILER-DAEMON`: nowhere to answer to.
        None if !inner.contains('@') => ReturnPath::Null,
        None => ReturnPath::Absent,
    }
}

/// The Message-IDs of one field (RFC 5322 §3.6.4): what stands in angle brackets, or, without
/// any, the words that hold an `@`.
pub(super) fn message_ids(value: &str) -> Vec<MessageId> {
    if !value.contains('<') {
        return value
            .split_whitespace()
            .filter(|word| word.contains('@'))
            .filter_map(MessageId::new)
            .collect();
    }
    value
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>').map(|(id, _)| id))
        .filter_map(unfolded_id)
        .collect()
}

/// An id that a mailer broke over two lines is put together again.
fn unfolded_id(id: &str) -> Option<MessageId> {
    let whole: String = id.split_whitespace().collect();
    MessageId::new(&whole)
}

/// The letter's own Message-ID: the first field, also without brackets or `@`.
pub(super) fn message_id(fields: &[Field]) -> Option<MessageId> {
    let value = values(fields, "message-id").next()?;
    match value.split_once('<') {
        Some((_, after)) => unfolded_id(after.split('>').next().unwrap_or_default()),
        None => MessageId::new(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(header: &str) -> ReturnPath {
        return_path(&fields(header.as_bytes()))
    }

    #[test]
    fn folded_values_become_one_line() {
        let fields = fields(b"Subject : a\r\n b\r\n\tc\r\nX:\r\n\r\nbody: no\r\n");
        let pairs: Vec<_> = fields
            .iter()
            .map(|f| (f.name.as_str(), f.value.as_str()))
            .collect();
        assert_eq!(pairs, [("Subject", "a b c"), ("X", "")]);
    }

    #[test]
    fn what_is_invisible_makes_no_other_name_or_value() {
        let strange = "A\u{200b}B: x\u{feff}y\u{a0}z\u{202e}\u{85}\nAB: \x01x\x0by\u{2028}é\n\n";
        let fields = fields(strange.as_bytes());
        let pairs: Vec<_> = fields
            .iter()
            .map(|f| (f.name.as_str(), f.value.as_str()))
            .collect();
        let mark = '\u{FFFD}';
        assert_eq!(pairs[0].0, format!("A{mark}B"));
        assert_eq!(pairs[0].1, format!("x{mark}y{mark}z{mark}{mark}"));
        assert_eq!(pairs[1], ("AB", &*format!("{mark}x{mark}y{mark}é")));
    }

    #[test]
    fn the_topmost_return_path_counts() {
        assert_eq!(
            path("Return-Path: <>\nReturn-Path: <a@b.fr>\n\n"),
            ReturnPath::Null
        );
        assert_eq!(path("From: a@b.fr\n\n"), ReturnPath::Absent);
        assert_eq!(path("Return-Path: <MAILER-DAEMON>\n\n"), ReturnPath::Null);
        assert!(matches!(
            path("return-path: <Bounce@B.FR>\n\n"),
            ReturnPath::Address(address) if address.email == "Bounce@b.fr"
        ));
    }

    #[test]
    fn ids_are_found_among_prose_and_folds() {
        let ids = |value| {
            message_ids(value)
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ids("Your letter of Monday <a@b> (was: <c@d>)"),
            ["a@b", "c@d"]
        );
        assert_eq!(ids("a@b  c@d word"), ["a@b", "c@d"]);
        assert_eq!(ids("<long-\t id@b>"), ["long-id@b"]);
        assert_eq!(ids("<>"), Vec::<String>::new());
    }
}
