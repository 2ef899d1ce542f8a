//! Foreign words on their way into a header field.
//!
//! In: any text, such as the subject a stranger wrote or the name beside an address. Out: one
//! line without control characters, without marks that turn the reading direction, with single
//! blanks, of bounded length. [`HeaderText`] is the only type `compose` takes for a field made
//! of words, so a field cannot be ended, begun or disguised by what it carries.
//!
//! Nothing is refused here: a notice must go out whatever its subject held, so what may not
//! stand in a header is taken out.
//!
//! Not handled: look-alike letters of other alphabets; they are text.

use std::fmt;

/// One line of text that is safe in a header field; see the module page.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderText(String);

impl HeaderText {
    /// Bytes kept. Mail programs show less than a third of it; a subject of this size, encoded,
    /// is some twenty folded lines.
    pub const LIMIT: usize = 512;

    /// Takes what may stand in a header out of `text`.
    ///
    /// Controls (CR, LF, NUL, tab, DEL, C1) and the Unicode line ends become blanks, runs of white
    /// space one blank; direction marks and invisible joiners at no place of their own go; the
    /// result is cut at [`Self::LIMIT`] bytes, between two characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut line = String::with_capacity(text.len().min(Self::LIMIT));
        let mut blank_due = false;
        for c in text.chars() {
            if is_invisible(c) {
                continue;
            }
            if c.is_control() || c.is_whitespace() {
                blank_due = !line.is_empty();
                continue;
            }
            let blank = usize::from(blank_due);
            if line.len() + blank + c.len_utf8() > Self::LIMIT {
                break;
            }
            if std::mem::take(&mut blank_due) {
                line.push(' ');
            }
            line.push(c);
        }
        Self(line)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters without a shape that change how their neighbours are read: bidirectional embeddings,
/// overrides, isolates and marks (UAX #9), zero-width blank, word joiner, byte order mark, soft
/// hyphen, interlinear and tag characters. The zero-width joiner (U+200D) stays: emoji need it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_nul_become_blanks() {
        let table = [
            ("a\r\nBcc: x@example.org", "a Bcc: x@example.org"),
            ("a\0b", "a b"),
            ("  a \t b  ", "a b"),
            ("a\u{2028}b\u{85}c\u{0b}d", "a b c d"),
            ("\u{202e}gpj.exe\u{202c}", "gpj.exe"),
            ("\u{1b}[31mred", "[31mred"),
            ("\r\n\r\n", ""),
            ("👩\u{200d}💻 ok", "👩\u{200d}💻 ok"),
        ];
        for (raw, kept) in table {
            assert_eq!(HeaderText::new(raw).as_str(), kept, "{raw:?}");
        }
    }

    #[test]
    fn a_cut_falls_between_two_characters() {
        let long = HeaderText::new(&"é".repeat(5_000));
        assert_eq!(long.as_str().len(), HeaderText::LIMIT);
        let odd = HeaderText::new(&format!("a{}", "é".repeat(5_000)));
        assert_eq!(odd.as_str().len(), HeaderText::LIMIT - 1);
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        let once = HeaderText::new(&format!("{} b", "a".repeat(HeaderText::LIMIT - 1)));
        assert_eq!(HeaderText::new(once.as_str()), once);
        assert!(!once.as_str().ends_with(' '));
    }
}
