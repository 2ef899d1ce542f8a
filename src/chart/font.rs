//! The widths of Helvetica and Helvetica-Bold, and text in their encoding.
//!
//! Widths are those of Adobe's core font metrics, in thousandths of the size, by the code of
//! Windows-1252 (`WinAnsiEncoding`, ISO 32000-1 Annex D.2) from 32 on. Zero is a code without a
//! character.

use encoding_rs::WINDOWS_1252;

/// The first code that has a width.
const FIRST: usize = 32;
/// Characters of a line that are looked at: more never fit on a page.
const LONGEST: usize = 300;

/// The face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Helvetica.
    Regular,
    /// Helvetica-Bold.
    Bold,
}

impl Face {
    fn widths(self) -> &'static [u16; 224] {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The width of a text, in points.
    #[must_use]
    pub fn width(self, text: &str, size: f32) -> f32 {
        let thousandths: u32 = encoded(text)
            .iter()
            .filter_map(|byte| usize::from(*byte).checked_sub(FIRST))
            .filter_map(|place| self.widths().get(place))
            .map(|width| u32::from(*width))
            .sum();
        let thousandths = thousandths as f32;
        thousandths * size / 1000.0
    }

    /// The text, or as much of it with an ellipsis as fits.
    #[must_use]
    pub fn fitted(self, text: &str, size: f32, width: f32) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let mut kept: Vec<char> = text.chars().take(LONGEST).collect();
        while kept.pop().is_some() {
            let shown: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
            if self.width(&shown, size) <= width {
                return shown;
            }
        }
        String::new()
    }

    /// The text in lines that fit; a word that does not is cut.
    #[must_use]
    pub fn wrapped(self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        // A no-break space is no place to break: `split_whitespace` would.
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                Some(last) if self.width(&format!("{last} {word}"), size) <= width => {
                    last.push(' ');
                    last.push_str(word);
                }
                _ => lines.push(self.fitted(word, size, width)),
            }
        }
        lines
    }
}

/// The bytes of a text in Windows-1252, `?` for what it does not have.
#[must_use]
pub fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        let (encoded, _, missing) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
        match encoded.first() {
            Some(byte)
                if !missing
                    && *byte >= 32
                    && !matches!(*byte, 0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) =>
            {
                bytes.push(*byte);
            }
            _ => bytes.push(b'?'),
        }
    }
    bytes
}

#[rustfmt::skip]
static REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 0,
    556, 0, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0,
    0, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 0, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

#[rustfmt::skip]
static BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 0,
    556, 0, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0,
    0, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 0, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_widths_are_those_of_the_metrics() {
        // "AV" is 667 + 667, "il" 222 + 222, "é" as wide as "e".
        let close = |a: f32, b: f32| (a - b).abs() < 0.001;
        assert!(close(Face::Regular.width("AV", 10.0), 13.34));
        assert!(close(Face::Regular.width("il", 1000.0), 444.0));
        assert!(close(
            Face::Bold.width("é", 10.0),
            Face::Bold.width("e", 10.0)
        ));
        assert!(close(Face::Regular.width("1\u{a0}234", 1000.0), 2502.0));
    }

    #[test]
    fn ok_what_the_encoding_lacks_is_a_question_mark() {
        assert_eq!(encoded("é€ 明\n"), [0xe9, 0x80, b' ', b'?', b'?']);
    }

    #[test]
    fn ok_a_long_text_ends_in_an_ellipsis_or_in_lines() {
        assert_eq!(Face::Regular.fitted("imprimante", 10.0, 30.0), "impr…");
        let lines = Face::Regular.wrapped("8\u{a0}% de plus qu'en octobre", 10.0, 61.0);
        assert_eq!(lines, ["8\u{a0}% de plus", "qu'en octobre"]);
    }
}
