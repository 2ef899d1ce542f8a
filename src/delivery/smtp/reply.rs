//! Replies of an SMTP server, read from bytes (RFC 5321 §4.2).
//!
//! In: whatever the server sent so far. Out: one [`Reply`] and how many bytes it took, or
//! "not yet", or what is wrong with it. A line may have [`LINE_BYTES`] and a reply [`LINES`]
//! lines; beyond that, and for anything that is not a reply, the dialogue is over.
//!
//! Tolerated: a bare LF as line end, a code without text, and bytes beyond ASCII (shown as U+FFFD
//! unless they are UTF-8). Not tolerated: lines of one reply with different codes.

/// Bytes of one reply line, its end included; RFC 5321 §4.5.3.1.5 has 512.
pub const LINE_BYTES: usize = 2_048;

/// Lines of one reply; an EHLO reply has under 30.
pub const LINES: usize = 100;

/// Bytes of text kept of a reply.
const TEXT_BYTES: usize = 1_000;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 2034), such as `5.7.1`.
    pub enhanced: Option<String>,
    /// The text of all lines in one line, without controls, at most 1,000 bytes.
    pub text: String,
}

impl Reply {
    /// The first digit.
    #[must_use]
    pub fn class(&self) -> u16 {
        self.code / 100
    }
}

/// A complete reply at the front of a buffer.
#[derive(Debug)]
pub struct Found {
    /// What the server answered.
    pub reply: Reply,
    /// The text of each line, for EHLO and AUTH.
    pub lines: Vec<String>,
    /// How many bytes of the buffer it took.
    pub used: usize,
}

/// Reads the reply at the front of `buffer`; `None` while its end has not come.
///
/// # Errors
/// A sentence about what is no reply.
pub fn read(buffer: &[u8]) -> Result<Option<Found>, String> {
    let mut lines = Vec::new();
    let mut code = None;
    let mut used = 0;
    let mut rest = buffer;
    loop {
        let window = rest.get(..LINE_BYTES.min(rest.len())).unwrap_or_default();
        let Some(end) = window.iter().position(|&b| b == b'\n') else {
            if rest.len() >= LINE_BYTES {
                return Err(format!("a reply line is longer than {LINE_BYTES} bytes"));
            }
            return Ok(None);
        };
        let (line, after) = rest.split_at(end + 1);
        used += line.len();
        rest = after;
        let (this, more, text) = read_line(line)?;
        if code.is_some_and(|code| code != this) {
            return Err(String::from("the lines of one reply have different codes"));
        }
        code = Some(this);
        lines.push(one_line(text, LINE_BYTES));
        if !more {
            let reply = reply(this, &lines);
            return Ok(Some(Found { reply, lines, used }));
        }
        if lines.len() >= LINES {
            return Err(format!("a reply has more than {LINES} lines"));
        }
    }
}

/// Code, whether more lines follow, and text of one line.
fn read_line(line: &[u8]) -> Result<(u16, bool, &[u8]), String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let no_reply = || String::from("a line does not begin with a reply code");
    let (digits, rest) = line.split_at_checked(3).ok_or_else(no_reply)?;
    let mut code = 0_u16;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(no_reply());
        }
        code = code * 10 + u16::from(digit - b'0');
    }
    if !(200..600).contains(&code) {
        return Err(format!("the reply code {code} does not exist"));
    }
    match rest.split_first() {
        None => Ok((code, false, rest)),
        Some((b' ', text)) => Ok((code, false, text)),
        Some((b'-', text)) => Ok((code, true, text)),
        Some(_) => Err(no_reply()),
    }
}

fn reply(code: u16, lines: &[String]) -> Reply {
    let first = lines.first().map_or("", String::as_str);
    let enhanced = enhanced(code, first);
    Reply {
        code,
        text: one_line(lines.join(" ").as_bytes(), TEXT_BYTES),
        enhanced,
    }
}

/// `class.subject.detail` at the front of the text, if its class is the code's (RFC 2034 §4).
fn enhanced(code: u16, text: &str) -> Option<String> {
    let word = text.split(' ').next()?;
    let mut numbers = word.split('.');
    let class = numbers.next()?;
    let fits = |n: &str| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let whole = fits(numbers.next()?) && fits(numbers.next()?) && numbers.next().is_none();
    (whole && class == (code / 100).to_string()).then(|| word.to_owned())
}

/// Foreign bytes as one line of text: controls and direction marks become blanks, cut at `limit`
/// bytes between two characters.
pub(in crate::delivery) fn one_line(bytes: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        let c = match c {
            c if c.is_control() => ' ',
            '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' => ' ',
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => ' ',
            c => c,
        };
        if line.len() + c.len_utf8() > limit {
            break;
        }
        line.push(c);
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]
        #[test]
        fn any_bytes_are_a_reply_or_not_yet_or_an_error(
            pieces in prop::collection::vec(prop_oneof![
                prop::sample::select(vec!["250", "-", " ", "\r\n", "\n", "4", "5.7.1", "250-a\r\n", "550 b\r\n"])
                    .prop_map(|piece| piece.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..4),
            ], 0..12)
        ) {
            let bytes = pieces.concat();
            if let Ok(Some(found)) = read(&bytes) {
                prop_assert!((200..600).contains(&found.reply.code));
                prop_assert!(found.used <= bytes.len());
                prop_assert!(!found.reply.text.contains(char::is_control));
                // What follows a reply does not change it.
                let alone = read(&bytes[..found.used]).unwrap().unwrap();
                prop_assert_eq!(alone.reply, found.reply);
                prop_assert!(read(&bytes[..found.used - 1]).unwrap().is_none());
            }
        }
    }

    #[test]
    fn ok_replies_servers_send() {
        let table = [
            (
                b"250 2.1.0 Ok\r\n".as_slice(),
                250,
                Some("2.1.0"),
                "2.1.0 Ok",
                14,
            ),
            (b"250\r\n", 250, None, "", 5),
            (b"250 \r\n", 250, None, "", 6),
            (b"220 mx\n250 next", 220, None, "mx", 7),
            (b"250-a\r\n250-b\r\n250 c\r\n", 250, None, "a b c", 21),
            (
                b"550-5.7.1 no\r\n550 5.7.1 way\r\n",
                550,
                Some("5.7.1"),
                "5.7.1 no 5.7.1 way",
                29,
            ),
            (
                b"550 2.1.0 class differs\r\n",
                550,
                None,
                "2.1.0 class differs",
                25,
            ),
            (
                b"550 \xff\xfe\x1b[31m\r\n",
                550,
                None,
                "\u{fffd}\u{fffd} [31m",
                13,
            ),
        ];
        for (bytes, code, enhanced, text, used) in table {
            let found = read(bytes).unwrap().unwrap();
            let reply = &found.reply;
            assert_eq!((reply.code, reply.text.as_str()), (code, text));
            assert_eq!(reply.enhanced.as_deref(), enhanced);
            assert_eq!(found.used, used);
        }
    }

    #[test]
    fn a_reply_cut_anywhere_is_waited_for() {
        let whole = b"250-mx.example.org\r\n250-SIZE 100\r\n250 PIPELINING\r\n";
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).unwrap().is_none(), "cut at {end}");
        }
        assert_eq!(read(whole).unwrap().unwrap().lines.len(), 3);
    }

    #[test]
    fn err_what_is_no_reply() {
        let long = [b"250 ".as_slice(), &[b'x'; 3_000]].concat();
        let many = b"250-x\r\n".repeat(LINES + 1);
        let table: [&[u8]; 11] = [
            b"\r\n",
            b"  \r\n",
            b"25\r\n",
            b"hello\r\n",
            b"2500 x\r\n",
            b"250_x\r\n",
            b"199 x\r\n",
            b"600 x\r\n",
            b"250-a\r\n550 b\r\n",
            &long,
            &many,
        ];
        for bytes in table {
            assert!(read(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
