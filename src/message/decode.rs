//! Transfer encodings and charsets, for the cases the MIME library gives up on.
//!
//! In: bytes as they stand in the letter. Out: bytes or text, whatever can be made out.
//!
//! The library decodes sound parts. A single broken `=XZ` or a stray character in base64 makes it
//! hand over the encoded text instead, and a charset it does not know becomes replacement
//! characters. Here both are read the way mail programs do: what is wrong is skipped or kept as it
//! stands (RFC 2045 §6.7 and §6.8 recommend this), and bytes without a usable charset are UTF-8 if
//! they are valid UTF-8 and Windows-1252 otherwise.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Decodes quoted-printable; what is no escape stays as it is.
pub(super) fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|&b| b == b'\n') {
        let text = line.trim_ascii_end();
        let (text, soft) = match text.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            let pair = (byte == b'=').then(|| {
                let mut ahead = bytes.clone();
                Some((hex(ahead.next()?)?, hex(ahead.next()?)?))
            });
            if let Some(Some((high, low))) = pair {
                out.push(high << 4 | low);
                bytes.next();
                bytes.next();
            } else {
                out.push(byte);
            }
        }
        if !soft && line.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Decodes base64; characters outside the alphabet are skipped, padding may stand anywhere. Lines
/// of plain text, which list servers and virus scanners append, are left out.
pub(super) fn base64(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u8);
    for line in raw.split_inclusive(|&b| b == b'\n') {
        let line = line.trim_ascii();
        let strange = line.iter().filter(|b| !is_base64(**b)).count();
        if strange > 3.max(line.len() / 10) {
            continue;
        }
        for &byte in line {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    (bits, count) = (0, 0);
                    continue;
                }
                _ => continue,
            };
            bits = (bits << 6 | u32::from(value)) & 0x00FF_FFFF;
            count += 6;
            if count >= 8 {
                count -= 8;
                out.push((bits >> count & 0xFF) as u8);
            }
        }
    }
    out
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Text from bytes in a charset that is unknown, missing or a lie. True if something was amiss.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> (String, bool) {
    let named = charset.and_then(encoding);
    if let Some(encoding) = named.filter(|encoding| *encoding != UTF_8) {
        let (text, _, wrong) = encoding.decode(bytes);
        return (text.into_owned(), wrong);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), charset.is_some() && named.is_none()),
        Err(_) if has_utf8_sequence(bytes) => (String::from_utf8_lossy(bytes).into_owned(), true),
        Err(_) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            (text.into_owned(), true)
        }
    }
}

/// The charset of a name, with the names that mail uses and the WHATWG list lacks.
fn encoding(name: &str) -> Option<&'static Encoding> {
    let name = name.trim().trim_matches(['"', '\'']);
    Encoding::for_label(name.as_bytes()).or_else(|| {
        let known = match name.to_ascii_lowercase().as_str() {
            "cp932" | "ms932" => "shift_jis",
            "cp936" => "gbk",
            "cp949" => "euc-kr",
            "cp950" => "big5",
            "utf8mb4" | "unicode-1-1-utf-8" => "utf-8",
            "ansi" | "cp-1252" | "windows1252" | "latin-9" | "iso8859_1" => "windows-1252",
            _ => return None,
        };
        Encoding::for_label(known.as_bytes())
    })
}

/// Whether some character outside ASCII is well-formed UTF-8.
fn has_utf8_sequence(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_stay_and_sound_ones_are_read() {
        assert_eq!(
            quoted_printable(b"a=C3=A9 =XZ b=\nc =\r\nd\r\n="),
            "aé =XZ bc d\n".as_bytes()
        );
    }

    #[test]
    fn base64_skips_what_is_not_base64() {
        assert_eq!(base64(b"Ym9u\r\nam 9!1cg==\n"), b"bonjour");
        assert_eq!(base64(b"Ym8=bmpvdXI="), b"bonjour");
        let footer = b"Ym9uam91cg==\n\n--\nGaranti sans virus. www.antivirus.example\n";
        assert_eq!(base64(footer), b"bonjour");
    }

    #[test]
    fn bytes_without_a_usable_charset_become_text() {
        assert_eq!(text(b"r\xE9seau", None), ("réseau".to_owned(), true));
        assert_eq!(
            text(b"r\xE9seau", Some("utf-8")),
            ("réseau".to_owned(), true)
        );
        assert_eq!(
            text("réseau".as_bytes(), Some("klingon")),
            ("réseau".to_owned(), true)
        );
        assert_eq!(
            text("réseau".as_bytes(), None),
            ("réseau".to_owned(), false)
        );
        assert_eq!(text(b"\x83\x65\x83\x58\x83\x67", Some("cp932")).0, "テスト");
    }
}
