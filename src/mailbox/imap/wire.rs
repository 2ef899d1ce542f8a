//! Bytes from and to an IMAP server, cut into whole responses (RFC 3501 §2.2.2, §4.3).
//!
//! A response is lines and literals in turn: a line that ends in `{n}` is followed by `n` raw
//! bytes and more line. [`Wire::frame`] returns one whole response or an error, never part of
//! one. It trusts nothing: a line is at most [`LINE`] bytes, literals at most what the caller
//! says, memory grows with what arrives and not with what is announced, and one response must be
//! there by its deadline, so that one byte every ten seconds does not keep us.
//!
//! Cancel-safe for reading: what has arrived stays here until the response is whole. Not so for
//! writing; the session above counts a dropped write as the end of the connection.
//!
//! Bends: a bare LF ends a line too. Status lines (`* OK …`) end in free text, so a `{5}` there
//! announces nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

/// Bytes of all lines of one response: a SEARCH reply of 100,000 UIDs has 700 KB.
pub const LINE: usize = 1024 * 1024;

/// Literals in one response; ours ask for one or two.
const LITERALS: usize = 64;

/// Bytes a second under which a literal counts as silence.
pub const SLOWEST: u64 = 16 * 1024;

/// A connection in clear or under TLS.
#[derive(Debug)]
pub enum Stream {
    /// Before STARTTLS, or to this machine itself.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// One whole response: each line with the literal that follows it.
#[derive(Debug, Default)]
pub struct Frame(pub Vec<(Vec<u8>, Option<Vec<u8>>)>);

impl Frame {
    /// Bytes of its literals.
    pub fn literals(&self) -> u64 {
        let sizes = self
            .0
            .iter()
            .map(|(_, literal)| literal.as_ref().map_or(0, Vec::len));
        sizes.sum::<usize>() as u64
    }
}

/// Why there is no whole response.
#[derive(Debug)]
pub enum Broken {
    /// The deadline passed.
    Silent,
    /// The connection ended.
    Closed(Option<io::Error>),
    /// Lines longer than [`LINE`], or too many literals.
    TooLong,
    /// A literal larger than allowed: the line before it and its size.
    Literal(Vec<u8>, u64),
}

/// A connection to a server; see the module page.
#[derive(Debug)]
pub struct Wire {
    stream: Stream,
    chunk: Box<[u8]>,
    start: usize,
    end: usize,
    frame: Frame,
    line: Vec<u8>,
    lines: usize,
    literal: Option<(usize, Vec<u8>)>,
    literals: u64,
}

impl Wire {
    /// Nothing is read or written yet.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            chunk: vec![0; 64 * 1024].into_boxed_slice(),
            start: 0,
            end: 0,
            frame: Frame::default(),
            line: Vec::new(),
            lines: 0,
            literal: None,
            literals: 0,
        }
    }

    /// The bare connection, or `None` if bytes were received that nobody has read yet.
    pub fn into_stream(self) -> Option<Stream> {
        let untouched = self.start == self.end && self.line.is_empty() && self.frame.0.is_empty();
        untouched.then_some(self.stream)
    }

    /// The server's certificates as DER, its own first; none without TLS.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        match &self.stream {
            Stream::Plain(_) => Vec::new(),
            Stream::Tls(stream) => {
                let presented = stream.get_ref().1.peer_certificates();
                let presented = presented.unwrap_or_default().iter();
                presented.map(|one| one.as_ref().to_vec()).collect()
            }
        }
    }

    /// Writes all of `bytes` within `step`.
    pub async fn write(&mut self, bytes: &[u8], step: Duration) -> Result<(), Broken> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout_at(Instant::now() + step, writing).await {
            Err(_) => Err(Broken::Silent),
            Ok(Err(error)) => Err(Broken::Closed(Some(error))),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Ends our half of the connection.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// The next response, with at most `most` bytes of literals, within `step` (longer for large
    /// literals, at 16 KiB/s).
    pub async fn frame(&mut self, step: Duration, most: u64) -> Result<Frame, Broken> {
        let mut deadline = Instant::now() + step;
        loop {
            if let Some(frame) = self.advance(most, &mut deadline)? {
                return Ok(frame);
            }
            let reading = self.stream.read(&mut self.chunk);
            match timeout_at(deadline, reading).await {
                Err(_) => return Err(Broken::Silent),
                Ok(Err(error)) => return Err(Broken::Closed(Some(error))),
                Ok(Ok(0)) => return Err(Broken::Closed(None)),
                Ok(Ok(read)) => (self.start, self.end) = (0, read),
            }
        }
    }

    /// Uses what has arrived; a frame if it is whole now.
    fn advance(&mut self, most: u64, deadline: &mut Instant) -> Result<Option<Frame>, Broken> {
        loop {
            if self.literal.is_some() {
                if !self.take_literal() {
                    return Ok(None);
                }
                continue;
            }
            if !self.take_line()? {
                return Ok(None);
            }
            let first = self.frame.0.first().map_or(&self.line, |(line, _)| line);
            let announced = if is_status(first) {
                None
            } else {
                announced(&self.line)
            };
            let Some(size) = announced else {
                let line = std::mem::take(&mut self.line);
                self.frame.0.push((line, None));
                (self.lines, self.literals) = (0, 0);
                return Ok(Some(std::mem::take(&mut self.frame)));
            };
            self.literals = self.literals.saturating_add(size);
            let Some(wanted) = usize::try_from(size).ok().filter(|_| self.literals <= most) else {
                return Err(Broken::Literal(std::mem::take(&mut self.line), size));
            };
            *deadline += Duration::from_secs(size / SLOWEST);
            self.literal = Some((wanted, Vec::new()));
        }
    }

    /// Goes on with the literal under way; whether it is whole.
    fn take_literal(&mut self) -> bool {
        let arrived = self.chunk.get(self.start..self.end).unwrap_or_default();
        let Some((size, bytes)) = &mut self.literal else {
            return true;
        };
        let missing = size.saturating_sub(bytes.len());
        let taken = arrived.get(..missing).unwrap_or(arrived);
        bytes.extend_from_slice(taken);
        self.start += taken.len();
        if bytes.len() < *size {
            return false;
        }
        let literal = self.literal.take().map(|(_, bytes)| bytes);
        self.frame.0.push((std::mem::take(&mut self.line), literal));
        true
    }

    /// Goes on with the line under way; whether it is whole. Its CRLF is cut off.
    fn take_line(&mut self) -> Result<bool, Broken> {
        let arrived = self.chunk.get(self.start..self.end).unwrap_or_default();
        let ending = arrived.iter().position(|&byte| byte == b'\n');
        let taken = ending.map_or(arrived, |at| arrived.get(..=at).unwrap_or(arrived));
        self.line.extend_from_slice(taken);
        self.start += taken.len();
        self.lines += taken.len();
        if self.lines > LINE || self.frame.0.len() > LITERALS {
            return Err(Broken::TooLong);
        }
        if ending.is_none() {
            return Ok(false);
        }
        self.line.pop();
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(true)
    }
}

/// The size in a literal's announcement at the end of `line`: `{12}`, `{12+}`, `~{12}`.
/// More than 64 bits is as good as the largest number.
fn announced(line: &[u8]) -> Option<u64> {
    let inside = line.strip_suffix(b"}")?;
    let open = inside.iter().rposition(|&byte| byte == b'{')?;
    let digits = inside.get(open + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    Some(text.parse().unwrap_or(u64::MAX))
}

/// Whether a response that begins with `line` ends in free text: `+ …`, `* OK …`, `A1 NO …`.
fn is_status(line: &[u8]) -> bool {
    let mut words = line.split(|&byte| byte == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    first == b"+"
        || [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
            .iter()
            .any(|status| second.eq_ignore_ascii_case(status))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_announced_only_at_the_end_of_a_line() {
        let table: [(&[u8], Option<u64>); 9] = [
            (b"* 1 FETCH (BODY[] {12}", Some(12)),
            (b"* 1 FETCH (BODY[] ~{12}", Some(12)),
            (b"x {0+}", Some(0)),
            (b"x {99999999999999999999999}", Some(u64::MAX)),
            (b"x {12} ", None),
            (b"x {}", None),
            (b"x {1a}", None),
            (b"x {-1}", None),
            (b"", None),
        ];
        for (line, size) in table {
            assert_eq!(announced(line), size, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn free_text_announces_nothing() {
        for line in ["* OK ready {5}", "a1 no {5}", "+ {5}", "* BYE {5}"] {
            assert!(is_status(line.as_bytes()), "{line}");
        }
        assert!(!is_status(b"* 5 FETCH (BODY[] {5}"));
        assert!(!is_status(b"* LIST () \"/\" {5}"));
    }
}
