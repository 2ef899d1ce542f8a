//! Files that stand in a plain text (`begin 644 name` … `end`), as old Unix and Outlook write them.
//!
//! In: decoded text. Out: the text without them, and the files.
//!
//! Strict: every line between must have the length its first character announces (POSIX
//! `uuencode`), and the end must be there; anything else stays text, because a person may well
//! begin a line with "begin". One pass: each line is looked at twice at most.

/// A file found in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The name as written.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Takes the files out of a text.
pub(super) fn extract(text: String) -> (String, Vec<File>) {
    if !text.contains("begin ") {
        return (text, Vec::new());
    }
    let mut out = String::with_capacity(text.len());
    let mut files = Vec::new();
    let mut rest = text.as_str();
    while let Some(line) = rest.split_inclusive('\n').next() {
        let after = rest.get(line.len()..).unwrap_or_default();
        match name(line).map(|name| (name, body(after))) {
            Some((name, Ok((bytes, left)))) => {
                let name = name.to_owned();
                files.push(File { name, bytes });
                rest = left;
            }
            // What was looked at in vain holds no other beginning.
            Some((_, Err(seen))) => {
                let count = line.len() + seen;
                let (text, left) = rest.split_at_checked(count).unwrap_or((rest, ""));
                out.push_str(text);
                rest = left;
            }
            None => {
                out.push_str(line);
                rest = after;
            }
        }
    }
    (out, files)
}

/// The bytes of a part that is one uuencoded file (`Content-Transfer-Encoding: x-uuencode`).
pub(super) fn whole(encoded: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(encoded).ok()?;
    let (_, files) = extract(text.to_owned());
    files.into_iter().next().map(|file| file.bytes)
}

/// The name on a line `begin MODE NAME`.
fn name(line: &str) -> Option<&str> {
    let (mode, name) = line.strip_prefix("begin ")?.split_once(' ')?;
    let octal = matches!(mode.len(), 3 | 4) && mode.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let name = name.trim();
    (octal && !name.is_empty()).then_some(name)
}

/// The bytes up to `end`, and what follows; or how many bytes of sound lines there are.
fn body(text: &str) -> Result<(Vec<u8>, &str), usize> {
    let mut bytes = Vec::new();
    let mut rest = text;
    let mut closed = false;
    loop {
        let seen = text.len() - rest.len();
        let line = rest.split_inclusive('\n').next().ok_or(seen)?;
        let content = line.trim_end_matches(['\r', '\n']);
        rest = rest.get(line.len()..).unwrap_or_default();
        if content == "end" && !bytes.is_empty() {
            return Ok((bytes, rest));
        }
        if content.trim().is_empty() || content == "`" {
            closed = true;
        } else if closed || !decode(content.as_bytes(), &mut bytes) {
            return Err(seen);
        }
    }
}

/// Decodes one line. False if it is none.
fn decode(line: &[u8], out: &mut Vec<u8>) -> bool {
    let Some((first, data)) = line.split_first() else {
        return false;
    };
    if !line.iter().all(|b| matches!(b, b' '..=b'`')) {
        return false;
    }
    let length = usize::from((first - b' ') & 63);
    let needed = length.div_ceil(3) * 4;
    // Blanks at the end may be lost on the way, one character of a checksum may be there.
    if length == 0 || data.len() > needed + 1 || data.len() + 3 < needed {
        return false;
    }
    let end = out.len() + length;
    let value = |at: usize| u32::from((data.get(at).copied().unwrap_or(b' ') - b' ') & 63);
    for at in (0..needed).step_by(4) {
        let bits = value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend(bytes);
    }
    out.truncate(end);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_out_of_the_text() {
        let given = "Voici :\nbegin 644 cat.txt\n#0V%T\n`\nend\nMerci\n".to_owned();
        let cat = File {
            name: "cat.txt".to_owned(),
            bytes: b"Cat".to_vec(),
        };
        assert_eq!(extract(given), ("Voici :\nMerci\n".to_owned(), vec![cat]));
    }

    #[test]
    fn words_that_look_like_a_beginning_stay() {
        for text in [
            "begin 644 the work\nnow\nend\n",
            "begin 644 cat.txt\n#0V%T\n",
            "begin 644 x\nend\n",
            "begin the work\n",
        ] {
            assert_eq!(extract(text.to_owned()), (text.to_owned(), Vec::new()));
        }
    }
}
