//! What is attached, described. Nothing is unpacked, opened or trusted.
//!
//! In: the letter as the MIME library took it apart, and the parts its text was taken from.
//! Out: an [`Attachment`] for every other leaf of the structure, at most [`limits::ATTACHMENTS`].
//!
//! Sizes and hashes are of the bytes a person would save: decoded, in the charset they came in.
//! A nested letter is one attachment, with its header.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use super::{Attachment, Unreadable, limits, scan, text};

/// Bytes of a file name for display.
const NAME: usize = 255;

/// Describes every part that is not text of the letter.
///
/// # Errors
/// [`Unreadable::TooMany`] past [`limits::ATTACHMENTS`].
pub(super) fn attachments(
    message: &Message<'_>,
    raw: &[u8],
    body: &BTreeSet<u32>,
) -> Result<Vec<Attachment>, Unreadable> {
    let mut ids: BTreeSet<u32> = message.attachments.iter().copied().collect();
    // A text shown in line with a file name is a file, even where the library calls it text.
    ids.extend(message.text_body.iter().filter(|id| {
        message
            .parts
            .get(**id as usize)
            .is_some_and(|part| part.attachment_name().is_some())
    }));
    ids.retain(|id| !body.contains(id));
    if ids.len() > limits::ATTACHMENTS {
        return Err(scan::too_many(
            "attachments",
            ids.len(),
            limits::ATTACHMENTS,
        ));
    }
    Ok(ids
        .iter()
        .filter_map(|id| message.parts.get(*id as usize))
        .map(|part| describe(part, raw))
        .collect())
}

fn describe(part: &MessagePart<'_>, raw: &[u8]) -> Attachment {
    let bytes = bytes(part, raw);
    let disposition = part.content_disposition();
    let content_id = part
        .content_id()
        .map(|id| text::one_line(id.trim_matches(['<', '>', ' ']), 998))
        .filter(|id| !id.is_empty());
    let attached = disposition.is_some_and(|d| d.is_attachment());
    let inline = disposition.is_some_and(|d| d.is_inline()) || content_id.is_some();
    Attachment {
        name: file_name(part.attachment_name().unwrap_or_default()),
        media_type: text::media_type(part),
        size: bytes.len() as u64,
        sha256: HEXLOWER.encode(&Sha256::digest(&bytes)),
        inline: inline && !attached,
        content_id,
    }
}

/// The decoded bytes of a part.
pub(super) fn bytes(part: &MessagePart<'_>, raw: &[u8]) -> Vec<u8> {
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
        PartType::Message(nested) if part.encoding != mail_parser::Encoding::None => {
            nested.raw_message.to_vec()
        }
        _ => text::part_bytes(part, raw),
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
