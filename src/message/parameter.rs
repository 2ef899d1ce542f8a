//! Parameters of `Content-Type` and `Content-Disposition`, for file names.
//!
//! In: the bytes of one field's value. Out: one parameter as text.
//!
//! Read in this order: `name*=charset'lang'percent` (RFC 2231 §4), `name*0*=…; name*1=…` (§3), and
//! `name=…`, in which many mailers write encoded words (RFC 2047 §5 forbids it) or bare 8-bit
//! text. The MIME library decodes each piece of a continued value by itself and thereby breaks
//! characters that were cut; here pieces are joined as bytes first.
//!
//! Lenient: unquoted values may hold blanks, a backslash before anything but a quote is a letter
//! of a Windows path.

use std::collections::BTreeMap;

use super::{decode, word};

/// Pieces of one value that are joined; RFC 2231 knows no limit.
const PIECES: usize = 200;

/// The value of the parameter `name` (lower case), if the field has it.
pub(super) fn parameter(field: &[u8], name: &str) -> Option<String> {
    let mut plain = None;
    let mut whole = None;
    let mut pieces: BTreeMap<u32, (Vec<u8>, bool)> = BTreeMap::new();
    let mut rest = field;
    while let Some((key, value, after)) = next(rest) {
        rest = after;
        let key = String::from_utf8_lossy(key).to_ascii_lowercase();
        let Some(suffix) = key.strip_prefix(name) else {
            continue;
        };
        let encoded = suffix.ends_with('*');
        let number = suffix.trim_matches('*');
        if suffix.is_empty() {
            plain.get_or_insert(value);
        } else if suffix == "*" {
            whole.get_or_insert(value);
        } else if let (true, Ok(number)) = (suffix.starts_with('*'), number.parse())
            && pieces.len() < PIECES
        {
            pieces.entry(number).or_insert((value, encoded));
        }
    }
    if let Some(value) = whole {
        return Some(extended(&[(value, true)]));
    }
    if pieces.contains_key(&0) {
        let pieces: Vec<_> = pieces.into_values().collect();
        return Some(extended(&pieces));
    }
    plain.map(|value| bare(&value, None))
}

/// The next `key=value` behind a semicolon, and what follows it.
fn next(field: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let mut rest = field;
    loop {
        let semicolon = rest.iter().position(|&b| b == b';')?;
        rest = rest.get(semicolon + 1..)?;
        let end = rest.iter().position(|&b| matches!(b, b'=' | b';'))?;
        let (key, after) = rest.split_at_checked(end)?;
        if let Some(after) = after.strip_prefix(b"=") {
            let (value, after) = value(after.trim_ascii_start());
            return Some((key.trim_ascii(), value, after));
        }
    }
}

/// A value and what follows it: up to the closing quote, or to the next semicolon.
fn value(field: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = field.strip_prefix(b"\"") else {
        let end = field.iter().position(|&b| b == b';').unwrap_or(field.len());
        let (value, after) = field.split_at_checked(end).unwrap_or((field, b""));
        return (value.trim_ascii().to_vec(), after);
    };
    let mut out = Vec::new();
    let mut bytes = quoted.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => return (out, quoted.get(at + 1..).unwrap_or_default()),
            b'\\' => match bytes.next_if(|(_, next)| matches!(next, b'"' | b'\\')) {
                Some((_, &escaped)) => out.push(escaped),
                None => out.push(b'\\'),
            },
            b'\r' | b'\n' => {}
            byte => out.push(byte),
        }
    }
    (out, b"")
}

/// Pieces joined; the first encoded one begins with charset and language.
fn extended(pieces: &[(Vec<u8>, bool)]) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (at, (piece, encoded)) in pieces.iter().enumerate() {
        let mut piece = piece.as_slice();
        if at == 0 && *encoded {
            let mut parts = piece.splitn(3, |&b| b == b'\'');
            if let (Some(name), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) {
                charset = Some(String::from_utf8_lossy(name).into_owned());
                piece = value;
            }
        }
        if *encoded {
            percent(piece, &mut bytes);
        } else {
            bytes.extend_from_slice(piece);
        }
    }
    bare(&bytes, charset.as_deref().filter(|name| !name.is_empty()))
}

fn percent(piece: &[u8], out: &mut Vec<u8>) {
    let mut bytes = piece.iter().copied();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = match byte {
            b'%' => ahead
                .next()
                .and_then(decode::hex)
                .zip(ahead.next().and_then(decode::hex)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
}

fn bare(bytes: &[u8], charset: Option<&str>) -> String {
    let (text, _) = decode::text(bytes, charset);
    word::decode(&text).0
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn ok_file_names_of_real_software() {
        for (field, expected) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            (
                "attachment;\r\n\tFileName = \"a b;c.pdf\"; size=3",
                "a b;c.pdf",
            ),
            ("attachment; filename=\"a\\\"b.pdf\"", "a\"b.pdf"),
            (
                "attachment; filename=\"C:\\Temp\\a.pdf\"",
                "C:\\Temp\\a.pdf",
            ),
            (
                "attachment; filename=résumé v2 final.pdf",
                "résumé v2 final.pdf",
            ),
            (
                "attachment; filename*=UTF-8''r%C3%A9.pdf; filename=re.pdf",
                "ré.pdf",
            ),
            (
                "attachment; filename=re.pdf; filename*=\"utf-8'fr'r%C3%A9.pdf\"",
                "ré.pdf",
            ),
            ("attachment; filename*=iso-8859-1'fr'r%E9.pdf", "ré.pdf"),
            // Cut in the middle of a character, out of order, encoded and not.
            (
                "attachment; filename*0*=UTF-8''r%C3; filename*1*=%A9sum; filename*2=e.pdf",
                "résume.pdf",
            ),
            ("attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
            (
                "attachment; filename*0=\"=?utf-8?Q?r=C3=A9s\"; filename*1=\"um=C3=A9.pdf?=\"",
                "résumé.pdf",
            ),
            (
                "attachment; filename=\"=?utf-8?B?w6nD?= =?utf-8?B?qS5wZGY=?=\"",
                "éé.pdf",
            ),
            (
                "attachment; filename==?utf-8?Q?r=C3=A9sum=C3=A9.pdf?=",
                "résumé.pdf",
            ),
            (
                "attachment; filename=\"=?iso-8859-1?Q?r=E9sum=E9?=\r\n =?iso-8859-1?Q?_2.pdf?=\"",
                "résumé 2.pdf",
            ),
        ] {
            assert_eq!(
                parameter(field.as_bytes(), "filename").as_deref(),
                Some(expected),
                "{field}"
            );
        }
        assert_eq!(
            parameter(b"attachment; filename=r\xE9.pdf", "filename").as_deref(),
            Some("ré.pdf")
        );
        assert_eq!(
            parameter(b"attachment; filename*x=a; name=b; filename", "filename"),
            None
        );
    }
}
