//! A letter without its files: for a store that keeps the words longer than the attachments.
//!
//! In: the raw letter. Out: its bytes with the body of every file taken out; header, structure,
//! texts and the files' names stay as they are. A file inside a file (`winmail.dat`, a letter
//! passed on) goes with it. Linear, and as total as reading is.
//!
//! Not handled: files that stand in the text itself (uuencode). Such a letter is not taken apart:
//! the answer is `None`, and whoever asked has to let the whole letter go.

use std::collections::BTreeSet;

use super::parse::{taken_apart, within_limits};
use super::{Unreadable, attachment, body};

/// The letter without its files; `None` if a file would stay.
///
/// # Errors
/// [`Unreadable`], for the limits of the structure.
pub fn strip(raw: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
    let raw = within_limits(raw)?;
    let parsed = taken_apart(&raw)?;
    let files = body::body(&parsed, &raw, &mut BTreeSet::new()).files;
    let mut cuts: Vec<(usize, usize)> = files
        .iter()
        .filter_map(|id| parsed.parts.get(*id as usize))
        .map(|part| (part.offset_body as usize, part.offset_end as usize))
        .collect();
    cuts.sort_unstable();
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    for (from, to) in cuts {
        out.extend_from_slice(raw.get(at..from.max(at)).unwrap_or_default());
        at = at.max(to);
    }
    out.extend_from_slice(raw.get(at..).unwrap_or_default());
    Ok(is_bare(&out)?.then_some(out))
}

/// Whether no file in the letter holds a byte.
fn is_bare(raw: &[u8]) -> Result<bool, Unreadable> {
    let raw = within_limits(raw)?;
    let parsed = taken_apart(&raw)?;
    let body = body::body(&parsed, &raw, &mut BTreeSet::new());
    let files = attachment::attachments(&parsed, &raw, &body)?;
    Ok(files.iter().all(|file| file.size == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::parse::parse;

    const LETTER: &str = "From: a@b.fr\nSubject: x\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n\
        Bonjour, voici le plan.\n--b\nContent-Type: application/pdf; name=\"plan.pdf\"\n\
        Content-Disposition: attachment; filename=\"plan.pdf\"\n\
        Content-Transfer-Encoding: base64\n\nU0VDUkVUIFBMQU4=\n--b\n\
        Content-Type: message/rfc822\nContent-Disposition: attachment\n\n\
        From: c@d.fr\nSubject: secret nested\n\nnested words\n--b\nContent-Type: text/plain\n\n\
        Merci.\n--b--\n";

    #[test]
    fn ok_the_files_go_and_the_words_stay() {
        for letter in [LETTER.to_owned(), LETTER.replace('\n', "\r\n")] {
            let bare = strip(letter.as_bytes()).unwrap().unwrap();
            let text = String::from_utf8(bare.clone()).unwrap();
            for gone in ["U0VDUkVU", "secret nested", "nested words"] {
                assert!(!text.contains(gone), "{gone}: {text}");
            }
            let (before, after) = (parse(letter.as_bytes()).unwrap(), parse(&bare).unwrap());
            assert_eq!(before.text.new, after.text.new);
            assert_eq!(before.subject, after.subject);
            assert_eq!(after.attachments.first().unwrap().name, "plan.pdf");
            assert!(after.attachments.iter().all(|file| file.size == 0));
            assert!(before.attachments.iter().any(|file| file.size > 0));
        }
    }

    #[test]
    fn ok_a_letter_without_files_stays_as_it_is() {
        let letter = b"From: a@b.fr\r\nSubject: x\r\n\r\nBonjour.\r\n";
        assert_eq!(strip(letter).unwrap().unwrap(), letter);
    }

    #[test]
    fn ok_a_file_in_the_text_is_not_taken_apart() {
        let letter = b"From: a@b.fr\n\nVoici\n\nbegin 644 a.txt\n#0V%T\n`\nend\n";
        assert!(!parse(letter).unwrap().attachments.is_empty());
        assert_eq!(strip(letter).unwrap(), None);
    }
}
