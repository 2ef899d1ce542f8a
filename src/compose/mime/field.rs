//! Header fields, written, folded and encoded.
//!
//! In: a field name and values that are already one line each. Out: `Name: value` with folds at
//! blanks so that lines stay within 76 characters where a blank allows it. Words that are not
//! plain ASCII, that are longer than a line, or that look like an encoded word, are written as
//! encoded words (RFC 2047 §2, UTF-8 and base64), each cut between two characters.

use data_encoding::BASE64;

use crate::compose::header_text::HeaderText;
use crate::compose::wire_address::{WireAddress, is_atext};

/// Characters a line should have at most (RFC 5322 §2.1.1; RFC 2047 §2 says 76 with words).
const LINE: usize = 76;

/// What surrounds the base64 of an encoded word.
const OPEN: &str = "=?utf-8?B?";
const CLOSE: &str = "?=";

/// A header under construction.
#[derive(Debug, Default)]
pub(super) struct Head {
    text: String,
    /// Characters in the last line.
    column: usize,
}

impl Head {
    /// A field of tokens that are separated by blanks and never cut: ids, dates, key words.
    pub(super) fn token_list(&mut self, name: &str, tokens: &[impl AsRef<str>]) {
        self.open(name);
        for token in tokens {
            self.word(token.as_ref());
        }
        self.close();
    }

    /// A field of words.
    pub(super) fn text(&mut self, name: &str, text: &HeaderText) {
        self.open(name);
        if is_plain(text.as_str()) {
            for word in text.as_str().split(' ') {
                self.word(word);
            }
        } else {
            self.encoded_words(text.as_str());
        }
        self.close();
    }

    /// A field with one mailbox: `name <address>`, or the address alone if there is no name.
    pub(super) fn mailbox(&mut self, name: &str, display: &HeaderText, address: &WireAddress) {
        self.open(name);
        let words = display.as_str();
        if words.is_empty() {
            self.word(address.as_str());
            return self.close();
        }
        if !is_plain(words) {
            self.encoded_words(words);
        } else if words.bytes().all(|b| b == b' ' || is_atext(b)) {
            words.split(' ').for_each(|word| self.word(word));
        } else {
            let quoted = words.replace('\\', "\\\\").replace('"', "\\\"");
            let quoted = format!("\"{quoted}\"");
            quoted.split(' ').for_each(|word| self.word(word));
        }
        self.word(&format!("<{address}>"));
        self.close();
    }

    /// The header so far, without the empty line.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn open(&mut self, name: &str) {
        self.text.push_str(name);
        self.text.push(':');
        self.column = name.len() + 1;
    }

    fn close(&mut self) {
        self.text.push_str("\r\n");
        self.column = 0;
    }

    /// Appends a blank and `word`, folding before it if the line would grow too long. The first
    /// word stays beside the field name: a line of blanks alone is obsolete (RFC 5322 §3.2.2).
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > LINE && !self.text.ends_with(':') {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.text.push(' ');
        self.text.push_str(word);
        self.column += 1 + word.len();
    }

    /// Appends `text` as encoded words. A reader joins neighbours without the blank between
    /// them (RFC 2047 §6.2), so blanks go inside.
    fn encoded_words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let used = self.column + 1 + OPEN.len() + CLOSE.len();
            // Four characters carry three bytes; a full line has room for 45.
            let room = LINE.saturating_sub(used) / 4 * 3;
            let room = if room < 12 { 45 } else { room };
            let (now, later) = rest.split_at(rest.floor_char_boundary(room));
            self.word(&format!("{OPEN}{}{CLOSE}", BASE64.encode(now.as_bytes())));
            rest = later;
        }
    }
}

/// Whether `text` can be written as it is: printable ASCII, no word that fills a line, nothing
/// a reader would decode.
fn is_plain(text: &str) -> bool {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    printable && !text.contains("=?") && text.split(' ').all(|word| word.len() <= LINE - 20)
}
