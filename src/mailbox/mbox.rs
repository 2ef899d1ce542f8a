//! The mbox format (RFC 4155, and the four dialects it was before): one file, many letters.
//!
//! In: a file. Out: its letters ([`Letters`]), one at a time, however large the file is; or letters
//! as an mbox ([`write`]).
//!
//! A letter begins at a line `From sender date`. Files are damaged in practice, and letters hold
//! lines that begin with `From ` too, so that three kinds of line are taken for a beginning: one with
//! a date after an empty line (what the format says); one with a date straight before a header field
//! (the empty line is missing); one without a date between an empty line and a header field (made by
//! some exporters). Any other is text.
//!
//! A writer of the `mboxrd` dialect puts one `>` before each line of `>`s and `From `; reading takes
//! one away. `mboxo` does so only before `From ` itself, so that nothing else is lost than the `>` of
//! somebody who really wrote `>From `. Line ends are left as they are, CRLF or LF.
//!
//! Not handled: `Content-Length` (`mboxcl`), which no longer fits once a file was edited; a letter
//! without its beginning at the file's start is an error, for the file is then no mbox.

use std::io::{self, BufRead, Write};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::message::limits;

/// Bytes of a letter that are kept: one more than it may have, so that it is seen to be too large.
const KEPT: u64 = limits::LETTER + 1;
/// A line that is longer is no line of a header and no separator; it is read in pieces.
const LINE: usize = 64 * 1024;

/// A letter out of an mbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its bytes; not all of them if it has more than a letter may.
    pub raw: Vec<u8>,
    /// How many bytes it has.
    pub size: u64,
    /// The date in the line it begins with, taken for UTC as RFC 4155 says.
    pub delivered_at: Option<Timestamp>,
}

/// Why a file is not read on.
#[derive(Debug, thiserror::Error)]
pub enum MboxError {
    /// It is no mbox.
    #[error("expected an mbox, whose first line begins with `From `, but found `{0}`")]
    NoMbox(String),
    /// It cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
}

/// The letters of an mbox, in their order.
#[derive(Debug)]
pub struct Letters<R> {
    from: R,
    /// The line that is looked at next, and what it is.
    next: Option<Vec<u8>>,
    /// Whether the line before it was empty.
    after_empty: bool,
    /// Whether it continues a line that was too long to be read at once.
    continues: bool,
    /// The date of the letter that begins.
    date: Option<Timestamp>,
    started: bool,
    read: u64,
}

impl<R: BufRead> Letters<R> {
    /// The letters in a file.
    pub fn new(from: R) -> Self {
        Self {
            from,
            next: None,
            after_empty: true,
            continues: false,
            date: None,
            started: false,
            read: 0,
        }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next letter.
    fn letter(&mut self) -> Result<Option<Letter>, MboxError> {
        if !self.started && !self.start()? {
            return Ok(None);
        }
        if self.next.is_none() {
            return Ok(None);
        }
        let mut letter = Letter {
            raw: Vec::new(),
            size: 0,
            delivered_at: self.date,
        };
        let mut held_back: Option<Vec<u8>> = None;
        while let Some(line) = self.next.take() {
            let (after_empty, continues) = (self.after_empty, self.continues);
            self.advance(&line)?;
            if !continues && self.begins(&line, after_empty) {
                self.date = date_of(&line);
                // The empty line before it belongs to the format, not to the letter.
                return Ok(Some(letter));
            }
            if let Some(empty) = held_back.take() {
                letter.push(&empty);
            }
            if !continues && is_empty(&line) {
                held_back = Some(line);
            } else {
                letter.push(if continues { &line } else { unquoted(&line) });
            }
        }
        // An empty line that ends the file ends its last letter, as it does every other.
        Ok(Some(letter))
    }

    /// Finds the first beginning; nothing in an empty file.
    fn start(&mut self) -> Result<bool, MboxError> {
        self.started = true;
        loop {
            let Some(line) = self.line()? else {
                return Ok(false);
            };
            let bare = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
            if is_empty(bare) {
                continue;
            }
            if !bare.starts_with(b"From ") {
                let shown: String = String::from_utf8_lossy(bare).chars().take(60).collect();
                return Err(MboxError::NoMbox(shown.trim_end().to_owned()));
            }
            self.date = date_of(bare);
            self.next = self.line()?;
            self.after_empty = false;
            // A mailbox whose only letter has no byte holds none.
            return Ok(self.next.is_some());
        }
    }

    /// Reads the line after `line`.
    fn advance(&mut self, line: &[u8]) -> Result<(), MboxError> {
        self.after_empty = !self.continues && is_empty(line);
        self.continues = !line.ends_with(b"\n");
        self.next = self.line()?;
        Ok(())
    }

    /// Whether a letter begins with this line; the one after it is known already.
    fn begins(&self, line: &[u8], after_empty: bool) -> bool {
        if !line.starts_with(b"From ") {
            return false;
        }
        let before_field = self.next.as_deref().is_some_and(is_field);
        match date_of(line) {
            Some(_) => after_empty || before_field,
            None => after_empty && before_field,
        }
    }

    /// One line with its end, or a piece of one that is too long.
    fn line(&mut self) -> Result<Option<Vec<u8>>, MboxError> {
        let mut line = Vec::new();
        while line.len() < LINE {
            let available = self.from.fill_buf()?;
            if available.is_empty() {
                break;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end
                .map_or(available.len(), |at| at + 1)
                .min(LINE - line.len());
            line.extend(available.iter().take(taken));
            self.from.consume(taken);
            self.read += taken as u64;
            if line.ends_with(b"\n") {
                break;
            }
        }
        Ok((!line.is_empty()).then_some(line))
    }
}

impl<R: BufRead> Iterator for Letters<R> {
    type Item = Result<Letter, MboxError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.letter().transpose()
    }
}

impl Letter {
    fn push(&mut self, line: &[u8]) {
        let room = usize::try_from(KEPT.saturating_sub(self.raw.len() as u64)).unwrap_or(0);
        self.raw.extend(line.iter().take(room));
        self.size += line.len() as u64;
    }
}

fn is_empty(line: &[u8]) -> bool {
    line == b"\n" || line == b"\r\n"
}

/// A line without the `>` that quotes a `From `.
fn unquoted(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b">") else {
        return line;
    };
    let quotes = rest.iter().take_while(|byte| **byte == b'>').count();
    match rest.get(quotes..) {
        Some(text) if text.starts_with(b"From ") => rest,
        _ => line,
    }
}

/// Whether a line looks like a header field (RFC 5322 §2.2): a name, and a colon.
fn is_field(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.len() < line.len() && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The date at the end of a separator: `Mon Nov 23 09:00:00 2026`, some with a zone before or after
/// the year, some without seconds.
fn date_of(line: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = text.split_whitespace().skip(1).collect();
    let at = words.iter().position(|word| MONTHS.contains(word))?;
    let month = MONTHS
        .iter()
        .position(|month| words.get(at) == Some(month))?;
    let day: i8 = words.get(at + 1)?.parse().ok()?;
    let mut time = words.get(at + 2)?.split(':');
    let mut part = || -> Option<i8> { time.next()?.parse().ok() };
    let (hour, minute) = (part()?, part()?);
    let second = part().unwrap_or(0).min(59);
    let year = words.iter().skip(at + 3).find_map(|word| {
        let year: i16 = word.parse().ok()?;
        (1970..=2200).contains(&year).then_some(year)
    })?;
    let month = i8::try_from(month + 1).ok()?;
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    date.to_zoned_datetime(TimeZone::UTC)
        .ok()
        .map(|date| date.timestamp())
}

/// Writes one letter in the `mboxrd` dialect: every line of `>`s and `From ` gets one `>` more.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    out: &mut impl Write,
    sender: &str,
    delivered_at: Timestamp,
    letter: &[u8],
) -> io::Result<()> {
    let date = delivered_at.strftime("%a %b %e %H:%M:%S %Y");
    let plain = |c: &char| c.is_ascii_graphic();
    let sender: String = sender.chars().filter(plain).collect();
    let sender = if sender.is_empty() {
        "MAILER-DAEMON"
    } else {
        &sender
    };
    writeln!(out, "From {sender} {date}")?;
    for line in letter.split_inclusive(|byte| *byte == b'\n') {
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        if line
            .get(quotes..)
            .is_some_and(|rest| rest.starts_with(b"From "))
        {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
    }
    if !letter.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<String> {
        Letters::new(text.as_bytes())
            .map(|letter| String::from_utf8(letter.unwrap().raw).unwrap())
            .collect()
    }

    const FROM: &str = "From claire@univ.example Mon Nov 23 09:00:00 2026\n";

    #[test]
    fn ok_letters_begin_where_the_format_says() {
        let text = format!("{FROM}Subject: a\n\none\n\n{FROM}Subject: b\n\ntwo\n");
        assert_eq!(
            letters(&text),
            ["Subject: a\n\none\n", "Subject: b\n\ntwo\n"]
        );
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(
            letters(&crlf),
            ["Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\ntwo\r\n"]
        );
        let first = Letters::new(text.as_bytes()).next().unwrap().unwrap();
        let nine: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        assert_eq!(first.delivered_at, Some(nine));
    }

    #[test]
    fn ok_what_only_looks_like_a_beginning_is_text() {
        for said in [
            "From the window I see the sea.\n",
            "x\n\nFrom now on it works.\nThank you: all of you.\n",
            "x\nFrom Mon Nov 23 on\nnothing.\n",
        ] {
            let text = format!("{FROM}Subject: a\n\n{said}");
            assert_eq!(letters(&text).len(), 1, "{said}");
        }
    }

    #[test]
    fn ok_damaged_separators_are_seen() {
        // No empty line before it; no date in it; a zone, no seconds.
        for separator in [
            format!("{FROM}Subject: b\n\n"),
            "\nFrom claire@univ.example\nSubject: b\n\n".to_owned(),
            "\nFrom - Mon Nov 23 09:00 2026 +0100\nX-Mozilla-Status: 0001\n\n".to_owned(),
        ] {
            let text = format!("{FROM}Subject: a\n\none\n{separator}two\n");
            let found = letters(&text);
            assert_eq!(found.len(), 2, "{separator:?}: {found:?}");
            assert_eq!(found[0], "Subject: a\n\none\n");
        }
    }

    #[test]
    fn ok_quoted_lines_come_back_as_they_were() {
        let said = "From here\n>From there\n>>From elsewhere\n> From me\n";
        let mut file = Vec::new();
        let raw = format!("Subject: a\n\n{said}");
        write(&mut file, "", Timestamp::UNIX_EPOCH, raw.as_bytes()).unwrap();
        write(
            &mut file,
            "a b@c",
            Timestamp::UNIX_EPOCH,
            b"Subject: b\n\nno end",
        )
        .unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(text.contains("\n>From here\n>>From there\n>>>From elsewhere\n> From me\n"));
        assert!(
            text.starts_with("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"),
            "{text}"
        );
        assert_eq!(letters(&text), [raw.as_str(), "Subject: b\n\nno end\n"]);
    }

    #[test]
    fn err_another_file_is_refused_with_what_was_found() {
        let error = Letters::new("PK\u{3}\u{4}".as_bytes())
            .next()
            .unwrap()
            .unwrap_err();
        assert!(error.to_string().contains("begins with `From `"), "{error}");
        assert!(letters("").is_empty());
        assert!(letters("\n\n").is_empty());
    }

    #[test]
    fn ok_a_letter_without_end_takes_no_memory() {
        let mut text = format!("{FROM}Subject: a\n\n").into_bytes();
        text.resize(text.len() + 30 * 1024 * 1024, b'x');
        text.extend(format!("\n\n{FROM}Subject: b\n\n").into_bytes());
        let found: Vec<Letter> = Letters::new(text.as_slice()).map(Result::unwrap).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].raw.len() as u64, KEPT);
        assert!(found[0].size > 30 * 1024 * 1024);
    }
}
