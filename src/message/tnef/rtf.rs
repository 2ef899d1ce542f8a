//! Compressed RTF (MS-OXRTFCP) to plain text.
//!
//! In: the value of `PR_RTF_COMPRESSED`. Out: its words, paragraphs as lines. Layout, pictures and
//! tables of fonts are left out; of HTML wrapped in RTF (MS-OXRTFEX) the text is kept and the tags
//! go, because they stand in groups of their own.

use encoding_rs::WINDOWS_1252;

use super::Input;

/// What the window holds before the first byte (MS-OXRTFCP §2.1.3.1.1).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// Bytes of the window that references point into.
const WINDOW: usize = 4096;
/// Bytes of RTF that are read; the text used is far shorter.
const LONGEST: usize = 4 * super::super::limits::TEXT;
/// Groups inside groups that are followed.
const DEPTH: usize = 200;

/// The text of compressed RTF. `None` if it is damaged.
pub(super) fn to_text(compressed: &[u8]) -> Option<String> {
    let rtf = expanded(compressed)?;
    Some(Reader::default().read(&rtf))
}

/// MS-OXRTFCP §3.1.3: runs of eight tokens, each a byte or a reference into the window.
fn expanded(compressed: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(compressed);
    input.u32()?;
    let size = usize::try_from(input.u32()?).ok()?.min(LONGEST);
    let kind = input.u32()?;
    input.u32()?;
    if kind == u32::from_le_bytes(*b"MELA") {
        return Some(input.0.get(..size.min(input.0.len()))?.to_vec());
    }
    if kind != u32::from_le_bytes(*b"LZFu") {
        return None;
    }
    let mut out = DICTIONARY.to_vec();
    let end = DICTIONARY.len() + size;
    while out.len() < end {
        let Some(&[control]) = input.take(1) else {
            break;
        };
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(&[byte]) = input.take(1) else {
                    break;
                };
                out.push(byte);
                continue;
            }
            let Some(&[high, low]) = input.take(2) else {
                break;
            };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (offset, length) = (reference >> 4, (reference & 15) + 2);
            // How far back in the window the reference points; its own place ends the text.
            let back = (out.len() + WINDOW - offset) % WINDOW;
            if back == 0 {
                return out.get(DICTIONARY.len()..).map(<[u8]>::to_vec);
            }
            for _ in 0..length {
                let from = out.len().checked_sub(back)?;
                let byte = *out.get(from)?;
                out.push(byte);
            }
        }
    }
    out.truncate(end);
    out.get(DICTIONARY.len()..).map(<[u8]>::to_vec)
}

/// Where the reader stands in the RTF.
#[derive(Default)]
struct Reader {
    out: String,
    /// For each open group, whether it is hidden.
    groups: Vec<bool>,
    beyond: usize,
    hidden: bool,
    /// Characters that stand for a Unicode one before them and are passed over.
    skip: usize,
    /// `\ucN`: how many such characters there are.
    substitutes: usize,
}

impl Reader {
    fn read(mut self, rtf: &[u8]) -> String {
        self.substitutes = 1;
        let mut rest = rtf;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match byte {
                b'{' => {
                    self.open();
                    after
                }
                b'}' => {
                    self.close();
                    after
                }
                b'\\' => self.control(after),
                b'\r' | b'\n' | 0 => after,
                byte => {
                    self.byte(byte);
                    after
                }
            };
        }
        self.out
    }

    fn open(&mut self) {
        if self.groups.len() < DEPTH {
            self.groups.push(self.hidden);
        } else {
            self.beyond += 1;
        }
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else {
            self.hidden = self.groups.pop().unwrap_or(false);
        }
    }

    fn char(&mut self, c: char) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.hidden {
            self.out.push(c);
        }
    }

    fn byte(&mut self, byte: u8) {
        let one = [byte];
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(&one);
        text.chars().for_each(|c| self.char(c));
    }

    /// A control word or symbol; gives what follows it.
    fn control<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let letters = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let Some((word, rest)) = text.split_at_checked(letters).filter(|_| letters > 0) else {
            return self.symbol(text);
        };
        let digits = rest
            .iter()
            .enumerate()
            .take_while(|(at, b)| b.is_ascii_digit() || *at == 0 && **b == b'-')
            .count();
        let (number, rest) = rest.split_at_checked(digits).unwrap_or((b"", rest));
        let number: Option<i32> = std::str::from_utf8(number)
            .ok()
            .and_then(|n| n.parse().ok());
        self.word(word, number);
        rest.strip_prefix(b" ").unwrap_or(rest)
    }

    fn symbol<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some((&symbol, rest)) = text.split_first() else {
            return text;
        };
        match symbol {
            b'\'' => {
                let hex = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
                if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    self.byte(byte);
                    return rest.get(2..).unwrap_or_default();
                }
            }
            b'*' => self.hidden = true,
            b'~' => self.char(' '),
            b'_' => self.char('-'),
            b'\r' | b'\n' => self.char('\n'),
            b'\\' | b'{' | b'}' => self.char(char::from(symbol)),
            _ => {}
        }
        rest
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"par" | b"line" | b"row" => self.char('\n'),
            b"tab" | b"cell" => self.char('\t'),
            b"u" => {
                let value = number.unwrap_or(0).rem_euclid(65_536);
                self.skip = 0;
                self.char(
                    u32::try_from(value)
                        .ok()
                        .and_then(char::from_u32)
                        .unwrap_or('\u{FFFD}'),
                );
                self.skip = self.substitutes;
            }
            b"uc" => self.substitutes = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8),
            b"lquote" => self.char('‘'),
            b"rquote" => self.char('’'),
            b"ldblquote" => self.char('“'),
            b"rdblquote" => self.char('”'),
            b"bullet" => self.char('•'),
            b"endash" => self.char('–'),
            b"emdash" => self.char('—'),
            b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" => {
                self.hidden = true;
            }
            b"htmlrtf" => self.hidden = number != Some(0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rtf: &str) -> String {
        Reader::default().read(rtf.as_bytes())
    }

    #[test]
    fn words_and_paragraphs_are_kept() {
        assert_eq!(
            text(
                "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\b Panne\\b0  r\\'e9seau\\par\r\nP\\u233?C \\{1\\}\\par}"
            ),
            "Panne réseau\nPéC {1}\n"
        );
        assert_eq!(
            text(
                "{\\rtf1\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Bonjour\\htmlrtf\\par}\\htmlrtf0}"
            ),
            "Bonjour"
        );
    }

    #[test]
    fn compressed_rtf_is_expanded() {
        // The example of MS-OXRTFCP §4.1.1: `{\rtf1\ansi\ansicpg1252\pard hello world}`.
        let compressed = data_encoding::HEXLOWER
            .decode(b"2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
            .unwrap();
        assert_eq!(
            expanded(&compressed).unwrap(),
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
        );
        assert_eq!(to_text(&compressed).unwrap(), "hello world");
        for end in 0..compressed.len() {
            expanded(&compressed[..end]);
        }
    }
}
