//! What is attached: described, and cut out on demand. Nothing is run or believed.
//!
//! In: the letter as the MIME library took it apart, and its [`Body`]. Out: an [`Attachment`] for
//! every file, at most [`limits::ATTACHMENTS`]; or the bytes of one of them.
//!
//! Both go over the same files in the same order, so that the number in a listing is the number to
//! cut by: the parts as they stand in the letter, the files of a `winmail.dat` in its place, then
//! the files that stood in the text. Only one file is in memory at a time.
//!
//! Sizes and hashes are of the bytes a person would save: decoded, in the charset they came in.
//! A nested letter is one file, with its header. Archives are never unpacked; a `winmail.dat` is
//! no archive but the letter itself in another wrapping.

use std::borrow::Cow;
use std::ops::ControlFlow;

use data_encoding::HEXLOWER;
use mail_parser::{HeaderName, Message, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use super::body::Body;
use super::{Attachment, Unreadable, limits, parameter, scan, text, tnef};

/// Bytes of a file name for display.
const NAME: usize = 255;

/// A file of a letter, before it is described.
pub(super) struct File<'a> {
    name: String,
    media_type: String,
    inline: bool,
    content_id: Option<String>,
    bytes: Cow<'a, [u8]>,
}

impl File<'_> {
    fn describe(&self) -> Attachment {
        Attachment {
            name: file_name(&self.name),
            media_type: self.media_type.clone(),
            size: self.bytes.len() as u64,
            sha256: HEXLOWER.encode(&Sha256::digest(&self.bytes)),
            inline: self.inline,
            content_id: self.content_id.clone(),
        }
    }
}

/// Describes every file.
///
/// # Errors
/// [`Unreadable::TooMany`] past [`limits::ATTACHMENTS`].
pub(super) fn attachments(
    message: &Message<'_>,
    raw: &[u8],
    body: &Body,
) -> Result<Vec<Attachment>, Unreadable> {
    let mut found = Vec::new();
    let too_many = |count| scan::too_many("attachments", count, limits::ATTACHMENTS);
    // Counted before the first is decoded; files inside a part come on top.
    let parts = body.files.len() + body.uuencoded.len();
    if parts > limits::ATTACHMENTS {
        return Err(too_many(parts));
    }
    let full = each(message, raw, body, |file| {
        if found.len() == limits::ATTACHMENTS {
            return ControlFlow::Break(());
        }
        found.push(file.describe());
        ControlFlow::Continue(())
    });
    match full {
        ControlFlow::Break(()) => Err(too_many(limits::ATTACHMENTS + 1)),
        ControlFlow::Continue(()) => Ok(found),
    }
}

/// The file at `index` of [`attachments`], described, and its bytes.
pub(super) fn cut(
    message: &Message<'_>,
    raw: &[u8],
    body: &Body,
    index: usize,
) -> Option<(Attachment, Vec<u8>)> {
    let mut left = index;
    let found = each(message, raw, body, |file| match left.checked_sub(1) {
        None => ControlFlow::Break((file.describe(), file.bytes.into_owned())),
        Some(fewer) => {
            left = fewer;
            ControlFlow::Continue(())
        }
    });
    found.break_value()
}

/// Gives the files of a letter one after the other, until `visit` has enough.
fn each<B>(
    message: &Message<'_>,
    raw: &[u8],
    body: &Body,
    mut visit: impl FnMut(File<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    for part in body
        .files
        .iter()
        .filter_map(|id| message.parts.get(*id as usize))
    {
        match is_tnef(part)
            .then(|| tnef::read(&bytes(part, raw)))
            .flatten()
        {
            Some(opened) if !opened.files.is_empty() => {
                for file in opened.files {
                    visit(of_winmail(file))?;
                }
            }
            _ => visit(of_part(part, raw))?,
        }
    }
    for file in &body.uuencoded {
        visit(File {
            name: file.name.clone(),
            media_type: "application/octet-stream".to_owned(),
            inline: false,
            content_id: None,
            bytes: Cow::Borrowed(&file.bytes),
        })?;
    }
    ControlFlow::Continue(())
}

fn of_part<'a>(part: &'a MessagePart<'_>, raw: &'a [u8]) -> File<'a> {
    let disposition = part.content_disposition();
    let content_id = content_id(part.content_id().unwrap_or_default());
    let attached = disposition.is_some_and(|d| d.is_attachment());
    let inline = disposition.is_some_and(|d| d.is_inline()) || content_id.is_some();
    File {
        name: name(part, raw),
        media_type: text::media_type(part),
        inline: inline && !attached,
        content_id,
        bytes: bytes(part, raw),
    }
}

fn of_winmail(file: tnef::File) -> File<'static> {
    let claimed = file.media_type.unwrap_or_default();
    let media_type = text::one_line(&claimed, 127).to_ascii_lowercase();
    let content_id = content_id(&file.content_id.unwrap_or_default());
    File {
        name: file.name,
        media_type: if media_type.contains('/') {
            media_type
        } else {
            "application/octet-stream".to_owned()
        },
        inline: content_id.is_some(),
        content_id,
        bytes: Cow::Owned(file.bytes),
    }
}

fn content_id(claimed: &str) -> Option<String> {
    let id = text::one_line(claimed.trim_matches(['<', '>', ' ']), 998);
    (!id.is_empty()).then_some(id)
}

/// The name a part claims: of its disposition (RFC 2183 §2.3), else of its type.
fn name(part: &MessagePart<'_>, raw: &[u8]) -> String {
    let of = |field: HeaderName<'_>, parameter: &str| {
        let header = part.headers.iter().rev().find(|h| h.name == field)?;
        let value = raw.get(header.offset_start as usize..header.offset_end as usize)?;
        parameter::parameter(value, parameter).filter(|name| !name.trim().is_empty())
    };
    of(HeaderName::ContentDisposition, "filename")
        .or_else(|| of(HeaderName::ContentType, "name"))
        .unwrap_or_default()
}

/// Whether a part says it is a `winmail.dat`.
pub(super) fn is_tnef(part: &MessagePart<'_>) -> bool {
    let kind = text::media_type(part);
    matches!(
        kind.as_str(),
        "application/ms-tnef" | "application/vnd.ms-tnef"
    ) || part
        .attachment_name()
        .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

/// The decoded bytes of a part.
pub(super) fn bytes<'a>(part: &'a MessagePart<'_>, raw: &'a [u8]) -> Cow<'a, [u8]> {
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes)
            if part.encoding != mail_parser::Encoding::None =>
        {
            Cow::Borrowed(bytes)
        }
        PartType::Message(nested) if part.encoding != mail_parser::Encoding::None => {
            Cow::Borrowed(&nested.raw_message)
        }
        _ => Cow::Owned(text::part_bytes(part, raw)),
    }
}

/// The last piece of a path, in one line; empty if only dots are left.
fn file_name(claimed: &str) -> String {
    let line = text::one_line(claimed, usize::MAX);
    let last = line.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::one_line(last, NAME);
    if name.chars().all(|c| c == '.') {
        String::new()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_name_is_a_name_and_nothing_else() {
        for (claimed, expected) in [
            ("../../etc/cron.d/x", "x"),
            ("C:\\Windows\\a.exe", "a.exe"),
            ("..", ""),
            ("a\r\nb\u{0}.pdf", "a b .pdf"),
            ("\u{202e}fdp.exe", "fdp.exe"),
            ("\u{200b}.htaccess", ".htaccess"),
            ("été.txt", "été.txt"),
        ] {
            assert_eq!(file_name(claimed), expected, "{claimed:?}");
        }
        assert_eq!(file_name(&"é".repeat(1_000)).len(), 254);
    }
}
