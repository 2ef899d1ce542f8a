//! Bytes to and from the server, each step with its deadline.
//!
//! In: command bytes. Out: whole [`Reply`]s, or the [`Event`] that ended the dialogue. The buffer
//! of unread bytes lives here, so that a caller can insist on its being empty.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use super::super::outcome::Event;
use super::reply::{self, Found};
use super::transcript::{Ear, Line};

/// A connection, plain or within TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// A connection with the bytes read from it and not yet used.
pub(super) struct Wire<S> {
    stream: S,
    unread: Vec<u8>,
    ear: Option<Ear>,
    /// What is said now is not for the ear.
    secret: bool,
}

impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire {{ {} bytes unread }}", self.unread.len())
    }
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S, ear: Option<Ear>) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            ear,
            secret: false,
        }
    }

    /// From now on what we say is a secret, or no more.
    pub(super) fn secret(&mut self, secret: bool) {
        self.secret = secret;
    }

    /// Says something to whoever listens.
    pub(super) fn heard(&self, line: impl FnOnce() -> Line) {
        if let Some(ear) = &self.ear {
            ear.hear(line());
        }
    }

    /// Writes a command, or several, and flushes.
    pub(super) async fn send(&mut self, bytes: &[u8], deadline: Duration) -> Result<(), Event> {
        if let Some(ear) = &self.ear {
            ear.sent(bytes, self.secret);
        }
        self.write(bytes, deadline).await
    }

    /// Writes all of `bytes` and flushes.
    pub(super) async fn write(&mut self, bytes: &[u8], deadline: Duration) -> Result<(), Event> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(deadline, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Event::Lost(error.to_string())),
            Err(_) => Err(Event::Silent(deadline)),
        }
    }

    /// Reads the next reply; the deadline is for all of it, so that a server that sends a byte
    /// now and then gains nothing.
    pub(super) async fn reply(&mut self, deadline: Duration) -> Result<Found, Event> {
        match timeout(deadline, self.whole_reply()).await {
            Ok(answer) => answer,
            Err(_) => Err(Event::Silent(deadline)),
        }
    }

    async fn whole_reply(&mut self) -> Result<Found, Event> {
        loop {
            if let Some(found) = reply::read(&self.unread).map_err(Event::Garbage)? {
                self.unread.drain(..found.used);
                for text in &found.lines {
                    self.heard(|| Line::Received(format!("{} {text}", found.reply.code)));
                }
                return Ok(found);
            }
            match self.stream.read_buf(&mut self.unread).await {
                Ok(0) => return Err(Event::Lost(String::from("the server closed it"))),
                Ok(_) => {}
                Err(error) => return Err(Event::Lost(error.to_string())),
            }
        }
    }

    /// Whether nothing is unread: neither in the buffer nor, as far as one look can tell, on the
    /// connection. An end of file counts as something.
    pub(super) fn is_silent(&mut self) -> bool {
        let mut byte = [0_u8];
        let mut window = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        let look = Pin::new(&mut self.stream).poll_read(&mut context, &mut window);
        self.unread.extend_from_slice(window.filled());
        self.unread.is_empty() && look.is_pending()
    }

    /// The bare stream, if the server has sent nothing beyond the last reply.
    pub(super) fn into_stream(self) -> Option<S> {
        self.unread.is_empty().then_some(self.stream)
    }

    /// Ends the connection in order (TLS close_notify, FIN).
    pub(super) async fn shutdown(mut self, deadline: Duration) {
        let _ended = timeout(deadline, self.stream.shutdown()).await;
    }
}
