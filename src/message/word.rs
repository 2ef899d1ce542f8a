//! Encoded words (RFC 2047), also as broken software writes them.
//!
//! In: a header value, unfolded. Out: the text it stands for.
//!
//! The MIME library reads one word at a time. Much software cuts a long text at a fixed number of
//! bytes, in the middle of a character, and writes a word for each piece (forbidden by §5); so
//! neighbours of one charset are joined as bytes before they become text. Also read: blanks and
//! question marks inside a word, base64 without its padding or cut between two words, a charset
//! that is a lie, words without a blank around them or inside quotes.
//!
//! Time is linear: every look ahead is bounded.

use std::borrow::Cow;

use super::{decode, text};

/// Bytes a charset's name may have, its language tag (RFC 2231 §5) included.
const CHARSET: usize = 60;
/// How far beyond a `?=` that may be none the true one is looked for.
const AHEAD: usize = 200;

/// A piece of a header value.
enum Piece<'a> {
    /// As it stands.
    Plain(&'a str),
    /// What a run of encoded words stands for.
    Decoded(String),
}

/// The text of a value. True if some word was broken or not in the charset it names.
pub(super) fn decode(value: &str) -> (String, bool) {
    let mut out = String::with_capacity(value.len());
    let mut wrong = false;
    pieces(value, &mut wrong, |piece| match piece {
        Piece::Plain(text) => out.push_str(text),
        Piece::Decoded(text) => out.push_str(&text),
    });
    (out, wrong)
}

/// A list of addresses with its words decoded, each run of them as a quoted string, so that what
/// a word stands for can never be read as an address (RFC 2047 §5 (3)).
pub(super) fn quoted<'a>(value: &'a str, wrong: &mut bool) -> Cow<'a, str> {
    if !value.contains("=?") {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let (mut in_quotes, mut escaped, mut comments) = (false, false, 0_usize);
    pieces(value, wrong, |piece| match piece {
        Piece::Plain(text) => {
            for c in text.chars() {
                match c {
                    _ if std::mem::take(&mut escaped) => {}
                    '\\' => escaped = true,
                    '"' if comments == 0 => in_quotes = !in_quotes,
                    '(' if !in_quotes => comments += 1,
                    ')' if !in_quotes => comments = comments.saturating_sub(1),
                    _ => {}
                }
                out.push(c);
            }
        }
        Piece::Decoded(words) => {
            let bare = !in_quotes && comments == 0;
            if bare {
                out.push('"');
            }
            for c in text::one_line(&words, usize::MAX).chars() {
                if matches!(c, '"' | '\\' | '(' | ')') {
                    out.push('\\');
                }
                out.push(c);
            }
            if bare {
                out.push('"');
            }
        }
    });
    Cow::Owned(out)
}

/// Gives the pieces of a value in order; blanks between two encoded words go (RFC 2047 §6.2).
fn pieces<'a>(value: &'a str, wrong: &mut bool, mut each: impl FnMut(Piece<'a>)) {
    let mut rest = value;
    let mut plain = value;
    let mut run = Run::default();
    let Some(last) = value.rfind("?=") else {
        each(Piece::Plain(value));
        return;
    };
    while let Some(at) = rest.find("=?") {
        let ahead = rest.get(at..).unwrap_or_default();
        if value.len() - ahead.len() > last {
            break;
        }
        let Some((word, after)) = word(ahead) else {
            rest = rest.get(at + 2..).unwrap_or_default();
            continue;
        };
        let between = plain.get(..plain.len() - ahead.len()).unwrap_or_default();
        if !between.trim().is_empty() || run.is_empty() {
            run.finish(wrong, &mut each);
            if !between.is_empty() {
                each(Piece::Plain(between));
            }
        }
        run.add(word, wrong, &mut each);
        rest = after;
        plain = after;
    }
    run.finish(wrong, &mut each);
    if !plain.is_empty() {
        each(Piece::Plain(plain));
    }
}

/// One encoded word, as written.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    data: &'a str,
}

/// Words that stand side by side.
#[derive(Default)]
struct Run<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    /// Base64 of words that stand side by side, not decoded yet: it may be cut anywhere.
    base64: String,
}

impl<'a> Run<'a> {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.base64.is_empty()
    }

    fn add(&mut self, word: Word<'a>, wrong: &mut bool, each: &mut impl FnMut(Piece<'a>)) {
        if !self.charset.eq_ignore_ascii_case(word.charset) {
            self.finish(wrong, each);
        }
        self.charset = word.charset;
        if word.base64 {
            self.base64.push_str(word.data);
        } else {
            self.flush_base64();
            q(word.data, &mut self.bytes);
        }
    }

    fn flush_base64(&mut self) {
        self.bytes
            .extend(decode::base64(std::mem::take(&mut self.base64).as_bytes()));
    }

    fn finish(&mut self, wrong: &mut bool, each: &mut impl FnMut(Piece<'a>)) {
        self.flush_base64();
        if !self.bytes.is_empty() {
            let (text, broken) = decode::text(&self.bytes, Some(self.charset));
            *wrong |= broken;
            each(Piece::Decoded(text));
        }
        *self = Self::default();
    }
}

/// The word at the start of `text`, which begins with `=?`, and what follows it.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let head = text.get(2..)?;
    let (charset, after) = head
        .get(..head.floor_char_boundary(CHARSET))?
        .split_once('?')
        .and_then(|(charset, _)| Some((charset, head.get(charset.len() + 1..)?)))?;
    let charset = charset.split('*').next()?;
    if charset.is_empty() || !charset.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let base64 = match after.get(..2)? {
        "b?" | "B?" => true,
        "q?" | "Q?" => false,
        _ => return None,
    };
    let body = after.get(2..)?;
    let mut end = body.find("?=")?;
    while let Some(further) = true_end(body, end).filter(|_| !base64) {
        end = further;
    }
    let word = Word {
        charset,
        base64,
        data: body.get(..end)?,
    };
    Some((word, body.get(end + 2..)?))
}

/// A `?=` with two hexadecimal digits behind it is a question mark and an escape, if the word
/// ends further on.
fn true_end(body: &str, end: usize) -> Option<usize> {
    let after = body.get(end + 2..)?;
    let escape = after.get(..2)?.bytes().all(|b| b.is_ascii_hexdigit());
    let window = after.get(..after.floor_char_boundary(AHEAD))?;
    let next = window.find("?=").filter(|_| escape)?;
    let other = window.find("=?").unwrap_or(usize::MAX);
    (next < other && !window.get(..next)?.contains(' ')).then_some(end + 2 + next)
}

/// Decodes the Q encoding (RFC 2047 §4.2); what is no escape stays as it is.
fn q(data: &str, out: &mut Vec<u8>) {
    let mut bytes = data.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = match byte {
            b'=' => ahead
                .next()
                .and_then(decode::hex)
                .zip(ahead.next().and_then(decode::hex)),
            _ => None,
        };
        match (pair, byte) {
            (Some((high, low)), _) => {
                out.push(high << 4 | low);
                bytes = ahead;
            }
            (None, b'_') => out.push(b' '),
            (None, byte) => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_words_of_real_software() {
        for (given, expected) in [
            ("Panne", "Panne"),
            (
                "=?utf-8?Q?r=C3=A9seau?= coup=?iso-8859-1?q?=E9?=",
                "réseau coupé",
            ),
            ("=?utf-8?B?w6k=?=  =?UTF-8?B?w6k=?=", "éé"),
            // A character cut in two, in Q, in B, in B without padding, and from one to the other.
            ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
            ("=?utf-8?B?w6nD?= =?utf-8?B?qXg=?=", "ééx"),
            ("=?utf-8?B?w6n?= =?utf-8?B?DqXg=?=", "ééx"),
            ("=?utf-8?Q?=C3?= =?utf-8?B?qQ==?=", "é"),
            // Blanks and question marks inside.
            ("=?utf-8?Q?a b c?=", "a b c"),
            ("=?utf-8?Q?Quoi?=20?= x", "Quoi?  x"),
            ("=?utf-8?Q?Un_PC_?=20 personnes", "Un PC 20 personnes"),
            ("=?utf-8?b?Ym9uam91cg?=", "bonjour"),
            // Charsets: with a language, a lie, unknown, of other scripts.
            ("=?utf-8*fr?q?=C3=A9?=", "é"),
            ("=?iso-8859-1?Q?r=C3=A9seau?=", "réseau"),
            ("=?utf-8?Q?r=E9seau?=", "réseau"),
            ("=?unknown-8bit?Q?r=C3=A9seau?=", "réseau"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?gb2312?B?suLK1A==?=", "测试"),
            ("=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?= x", "テスト x"),
            ("=?windows-1258?Q?d=92un?=", "d’un"),
            // What is no word stays.
            ("=?x", "=?x"),
            ("a =? b ?= c", "a =? b ?= c"),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ] {
            assert_eq!(decode(given).0, expected, "{given}");
        }
    }

    #[test]
    fn a_word_never_becomes_an_address() {
        for (given, expected) in [
            (
                "=?utf-8?q?Curie=2C_Marie?= <m@b.fr>",
                "\"Curie, Marie\" <m@b.fr>",
            ),
            ("\"=?utf-8?q?a=22b?=\" <m@b.fr>", "\"a\\\"b\" <m@b.fr>"),
            ("m@b.fr (=?utf-8?q?a=29b?=)", "m@b.fr (a\\)b)"),
            (
                "=?utf-8?q?x=0D=0ABcc:_y=40z?= <m@b.fr>",
                "\"x Bcc: y@z\" <m@b.fr>",
            ),
        ] {
            assert_eq!(quoted(given, &mut false), expected);
        }
    }
}
