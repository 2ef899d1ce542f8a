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

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
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

/// Text from bytes in a charset that may be unknown, missing or a lie. True if something was
/// amiss.
///
/// A charset of one byte a character fits any bytes, so that nothing contradicts a sender who
/// names Latin-1 and writes UTF-8. Well-formed UTF-8 beyond ASCII does: it is no accident.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> (String, bool) {
    let named = charset.and_then(encoding);
    let utf8 = std::str::from_utf8(bytes);
    match (named, utf8) {
        (None, Ok(text)) => (text.to_owned(), charset.is_some()),
        (Some(encoding), Ok(text)) if encoding == UTF_8 => (text.to_owned(), false),
        (Some(encoding), Ok(text)) if encoding.is_single_byte() => {
            (text.to_owned(), !text.is_ascii())
        }
        (Some(encoding), _) if encoding != UTF_8 => {
            let (text, _, wrong) = encoding.decode(bytes);
            (text.into_owned(), wrong)
        }
        _ => (mended(bytes), true),
    }
}

/// Bytes that are not UTF-8 as a whole: what is well-formed stays, a lone byte in between is
/// Windows-1252, a character that was cut is U+FFFD. Without a well-formed one, all is
/// Windows-1252.
fn mended(bytes: &[u8]) -> String {
    if !has_utf8_sequence(bytes) {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
        return text.into_owned();
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [byte] => {
                let one = [*byte];
                out.push_str(&WINDOWS_1252.decode_without_bom_handling(&one).0);
            }
            _ => out.push('\u{FFFD}'),
        }
    }
    out
}

/// The charset an HTML text says it is in, if it says so near its beginning (HTML Living Standard
/// §13.2.3.2): `<meta charset=…>` or `<meta … content="text/html; charset=…">`.
pub(super) fn html_charset(html: &[u8]) -> Option<String> {
    let head = html.get(..html.len().min(2_048))?.to_ascii_lowercase();
    let at = head.windows(8).position(|found| found == b"charset=")?;
    let value = head.get(at + 8..)?;
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let name: String = value
        .iter()
        .map(|&b| char::from(b))
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Whether the name is that of a charset with one byte a character.
pub(super) fn is_single_byte(charset: &str) -> bool {
    encoding(charset).is_some_and(Encoding::is_single_byte)
}

/// The charset of a name, with the names that mail uses and the WHATWG list lacks.
fn encoding(name: &str) -> Option<&'static Encoding> {
    let name = name.trim().trim_matches(['"', '\'']);
    Encoding::for_label_no_replacement(name.as_bytes()).or_else(|| {
        let known = match name.to_ascii_lowercase().as_str() {
            "cp932" | "ms932" => "shift_jis",
            "cp936" => "gbk",
            "cp949" => "euc-kr",
            "cp950" => "big5",
            "utf8mb4" | "unicode-1-1-utf-8" | "utf-8-bom" | "cp65001" | "_utf-8" => "utf-8",
            "iso-2022-jp-ms" | "iso-2022-jp-1" | "iso-2022-jp-2" | "cp50220" | "cp50221" => {
                "iso-2022-jp"
            }
            "gb18030-2000" | "gb18030-2005" => "gb18030",
            "big5-hkscs-2004" => "big5-hkscs",
            "ks_c_5601" | "uhc" => "euc-kr",
            "cp1250" | "win-1250" => "windows-1250",
            "cp1251" | "win-1251" | "win1251" => "windows-1251",
            "cp1257" => "windows-1257",
            "cp1258" => "windows-1258",
            "koi8r" => "koi8-r",
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
    fn html_may_say_its_charset() {
        let meta =
            b"<html><META http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-2\">";
        assert_eq!(html_charset(meta).as_deref(), Some("iso-8859-2"));
        assert_eq!(
            html_charset(b"<meta charset=\"utf-8\">").as_deref(),
            Some("utf-8")
        );
        assert_eq!(html_charset(b"<p>charset"), None);
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
        assert_eq!(
            text("réseau".as_bytes(), Some("iso-8859-1")),
            ("réseau".to_owned(), true)
        );
        assert_eq!(
            text(b"r\xE9seau", Some("iso-8859-1")),
            ("réseau".to_owned(), false)
        );
        assert_eq!(text(b"\xC3\xA9t\xE9", None).0, "été");
        assert_eq!(text(b"\xC3\xA9 \xE2\x82", None).0, "é \u{FFFD}");
        assert_eq!(text(b"a~{VPND~}", Some("hz-gb-2312")).0, "a~{VPND~}");
        assert_eq!(text(b"\x83\x65\x83\x58\x83\x67", Some("cp932")).0, "テスト");
    }
}
