//! The dialogue with a server, line by line, for a person who looks for what is wrong.
//!
//! Somebody who wants to listen hands an [`Ear`] to the connection before it begins. What the ear
//! hears holds no secret: of a login only the name of the mechanism, of a letter only its size. It
//! does hold addresses, and belongs on a terminal, never into a log.

use tokio::sync::mpsc;

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What happened without words, such as the beginning of TLS.
    Event(String),
    /// What we said, without its line end.
    Sent(String),
    /// The letter, of so many bytes.
    Letter(usize),
    /// One line of what the server said.
    Received(String),
}

/// Hears a dialogue; clones hear the same.
#[derive(Debug, Clone)]
pub struct Ear(mpsc::UnboundedSender<Line>);

impl Ear {
    /// An ear, and where what it hears comes out. A dialogue has some twenty lines.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Line>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(super) fn hear(&self, line: Line) {
        // Whoever listened may have gone.
        let _ = self.0.send(line);
    }

    /// A command, of which nothing secret is kept.
    pub(super) fn sent(&self, bytes: &[u8], secret: bool) {
        let text = String::from_utf8_lossy(bytes);
        for line in text.trim_end().split("\r\n") {
            let mut words = line.split(' ');
            let shown = match (secret, words.next(), words.next()) {
                (false, ..) => line.to_owned(),
                (true, Some(verb @ "AUTH"), Some(mechanism)) => format!("{verb} {mechanism} …"),
                (true, ..) => "…".to_owned(),
            };
            self.hear(Line::Sent(shown));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_heard_without_its_secret() {
        let (ear, mut heard) = Ear::new();
        ear.sent(b"AUTH PLAIN AHVzZXIAaHVudGVyMg==\r\n", true);
        ear.sent(b"aHVudGVyMg==\r\n", true);
        ear.sent(b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n", false);
        let mut lines = Vec::new();
        while let Ok(Line::Sent(line)) = heard.try_recv() {
            lines.push(line);
        }
        assert_eq!(
            lines,
            ["AUTH PLAIN …", "…", "MAIL FROM:<>", "RCPT TO:<a@b.example>"]
        );
    }
}
