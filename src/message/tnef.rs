//! `winmail.dat` (Transport Neutral Encapsulation Format, MS-OXTNEF): what Outlook and Exchange
//! wrap a letter in when they believe that the reader is one of their own.
//!
//! In: the decoded bytes of such a part. Out: the files in it, and its body, or nothing if it is
//! damaged; the part is then a file like any other.
//!
//! Strict and bounded: every length is checked against what is left, nothing is followed into a
//! letter inside it, a property list that does not add up ends the reading of that list. Work and
//! memory are linear in the bytes.
//!
//! The body is taken from `PR_BODY`, else `PR_HTML`, else compressed RTF (MS-OXRTFCP) without its
//! layout.
//!
//! Not handled: letters and OLE objects inside (they stay bytes), multi-valued properties.

mod property;
mod rtf;

use encoding_rs::{Encoding, WINDOWS_1252};

use self::property::{Value, properties};
use super::{decode, html};

/// MS-OXTNEF §2.1.3.1.
const SIGNATURE: u32 = 0x223E_9F78;
/// Attributes that are read; Exchange writes some 30 and 4 a file.
const ATTRIBUTES: usize = 2_000;

const OEM_CODEPAGE: u32 = 0x0006_9007;
const BODY: u32 = 0x0002_800C;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const ATTACHMENT_BEGINS: u32 = 0x0006_9002;
const ATTACHMENT_TITLE: u32 = 0x0001_8010;
const ATTACHMENT_DATA: u32 = 0x0006_800F;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tnef {
    pub(super) files: Vec<File>,
    /// The body as text, not yet in lines of ours.
    pub(super) body: Option<String>,
}

/// A file inside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    /// The name as written.
    pub(super) name: String,
    /// The type, if Outlook says it.
    pub(super) media_type: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// Opens it. `None` if it is none, or is damaged.
pub(super) fn read(bytes: &[u8]) -> Option<Tnef> {
    let mut input = Input(bytes);
    if input.u32()? != SIGNATURE {
        return None;
    }
    input.take(2)?;
    let mut tnef = Tnef::default();
    let mut codepage = WINDOWS_1252;
    for _ in 0..ATTRIBUTES {
        if input.0.is_empty() {
            return Some(tnef);
        }
        let attribute = input.attribute()?;
        tnef.note(&attribute, &mut codepage);
    }
    None
}

/// One attribute: what it is, and its data.
struct Attribute<'a> {
    id: u32,
    data: &'a [u8],
}

impl Tnef {
    fn note(&mut self, attribute: &Attribute<'_>, codepage: &mut &'static Encoding) {
        let data = attribute.data;
        match attribute.id {
            OEM_CODEPAGE => {
                *codepage = Input(data).u32().map_or(WINDOWS_1252, of_codepage);
            }
            BODY => self.body = Some(string(data, codepage)).filter(|text| !text.is_empty()),
            MESSAGE_PROPERTIES => {
                let body = body(&properties(data), codepage);
                self.body = body.or_else(|| self.body.take());
            }
            ATTACHMENT_BEGINS => self.files.push(File::default()),
            ATTACHMENT_TITLE => {
                if let Some(file) = self.files.last_mut().filter(|file| file.name.is_empty()) {
                    file.name = string(data, codepage);
                }
            }
            ATTACHMENT_DATA => {
                if let Some(file) = self.files.last_mut() {
                    file.bytes = data.to_vec();
                }
            }
            ATTACHMENT_PROPERTIES => {
                if let Some(file) = self.files.last_mut() {
                    file.describe(&properties(data), codepage);
                }
            }
            _ => {}
        }
    }
}

impl File {
    /// MS-OXCMSG §2.2.2: the long name, the type, the Content-ID, an object's bytes.
    fn describe(&mut self, properties: &[(u16, Value<'_>)], codepage: &'static Encoding) {
        for (id, value) in properties {
            match (id, value.text(codepage)) {
                (0x3707, Some(name)) if !name.is_empty() => self.name = name,
                (0x370E, Some(media_type)) => self.media_type = Some(media_type),
                (0x3712, Some(id)) => self.content_id = Some(id),
                (0x3701, None) if self.bytes.is_empty() => self.bytes = value.bytes().to_vec(),
                _ => {}
            }
        }
    }
}

/// `PR_BODY`, else `PR_HTML`, else `PR_RTF_COMPRESSED`.
fn body(properties: &[(u16, Value<'_>)], codepage: &'static Encoding) -> Option<String> {
    let find = |id: u16| properties.iter().find(|(found, _)| *found == id);
    let plain = find(0x1000).and_then(|(_, value)| value.text(codepage));
    let of_html = || {
        let (_, value) = find(0x1013)?;
        let html = value.text(codepage).unwrap_or_else(|| {
            let charset = decode::html_charset(value.bytes());
            decode::text(value.bytes(), charset.as_deref()).0
        });
        let end = html.floor_char_boundary(super::limits::HTML);
        Some(html::to_text(html.get(..end)?))
    };
    let of_rtf = || find(0x1009).and_then(|(_, value)| rtf::to_text(value.bytes()));
    let said = |text: &String| !text.trim().is_empty();
    plain
        .filter(said)
        .or_else(|| of_html().filter(said))
        .or_else(|| of_rtf().filter(said))
}

/// A text of one byte a character, up to its NUL.
fn string(data: &[u8], codepage: &'static Encoding) -> String {
    let text = data.split(|&b| b == 0).next().unwrap_or_default();
    codepage.decode_without_bom_handling(text).0.into_owned()
}

fn of_codepage(number: u32) -> &'static Encoding {
    let name = match number {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        65001 => "utf-8".to_owned(),
        20866 => "koi8-r".to_owned(),
        number => format!("windows-{number}"),
    };
    Encoding::for_label_no_replacement(name.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// Bytes not read yet, little-endian.
#[derive(Clone, Copy)]
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.first_chunk()?;
        Some(u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// MS-OXTNEF §2.1.3.3: level, id, length, data, and the sum of the data's bytes.
    fn attribute(&mut self) -> Option<Attribute<'a>> {
        self.take(1)?;
        let id = self.u32()?;
        let length = usize::try_from(self.u32()?).ok()?;
        let data = self.take(length)?;
        let sum = data
            .iter()
            .fold(0_u16, |sum, &b| sum.wrapping_add(u16::from(b)));
        (self.u16()? == sum).then_some(Attribute { id, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let sum = data
            .iter()
            .fold(0_u16, |sum, &b| sum.wrapping_add(u16::from(b)));
        let mut out = vec![level];
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(data);
        out.extend(sum.to_le_bytes());
        out
    }

    fn unicode(id: u16, text: &str) -> Vec<u8> {
        let wide: Vec<u8> = text
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        variable(id, 0x1F, &wide)
    }

    fn variable(id: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        let mut out = [kind.to_le_bytes(), id.to_le_bytes()].concat();
        out.extend(1_u32.to_le_bytes());
        out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(data);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn list(properties: &[Vec<u8>]) -> Vec<u8> {
        let mut out = u32::try_from(properties.len())
            .unwrap()
            .to_le_bytes()
            .to_vec();
        out.extend(properties.concat());
        out
    }

    fn sample() -> Vec<u8> {
        let mut raw = SIGNATURE.to_le_bytes().to_vec();
        raw.extend([1, 0]);
        raw.extend(attribute(1, OEM_CODEPAGE, &[0xE4, 4, 0, 0, 0, 0, 0, 0]));
        let named = [
            &[3, 0, 1, 0x80][..],
            &[7; 16],
            &[1, 0, 0, 0, 6, 0, 0, 0, b'a', 0, b'b', 0, 0, 0, 0, 0],
            &[5, 0, 0, 0],
        ]
        .concat();
        raw.extend(attribute(
            1,
            MESSAGE_PROPERTIES,
            &list(&[named, unicode(0x1000, "Panne réseau")]),
        ));
        raw.extend(attribute(2, ATTACHMENT_BEGINS, &[0; 14]));
        raw.extend(attribute(2, ATTACHMENT_TITLE, b"R\xE9S~1.PDF\0"));
        raw.extend(attribute(2, ATTACHMENT_DATA, b"%PDF"));
        raw.extend(attribute(
            2,
            ATTACHMENT_PROPERTIES,
            &list(&[
                unicode(0x3707, "Résumé.pdf"),
                variable(0x370E, 0x1E, b"application/pdf\0"),
            ]),
        ));
        raw
    }

    #[test]
    fn files_and_body_are_found() {
        let file = File {
            name: "Résumé.pdf".to_owned(),
            media_type: Some("application/pdf".to_owned()),
            content_id: None,
            bytes: b"%PDF".to_vec(),
        };
        let expected = Tnef {
            files: vec![file],
            body: Some("Panne réseau".to_owned()),
        };
        assert_eq!(read(&sample()), Some(expected));
    }

    #[test]
    fn damage_leaves_the_part_closed() {
        let raw = sample();
        for end in 0..raw.len() {
            let cut = read(&raw[..end]);
            assert!(cut.is_none_or(|tnef| tnef.files.len() <= 1));
        }
        for at in 0..raw.len() {
            let mut other = raw.clone();
            other[at] ^= 0x81;
            read(&other);
        }
        assert_eq!(read(b"x\x9f>\"riens"), None);
        let mut wrong_sum = raw;
        wrong_sum.pop();
        wrong_sum.push(0xFF);
        assert_eq!(read(&wrong_sum), None);
    }
}
