//! A client of its own that only listens: when does the server tell IDLE clients?

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Listens to INBOX for as long as the server lives.
pub struct Witness(Receiver<(Instant, String)>);

impl Witness {
    /// Logs in, opens INBOX, says IDLE.
    pub fn start(port: u16, user: &str, password: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for (tag, command) in [
            ("a", format!("LOGIN {user} \"{password}\"")),
            ("b", "SELECT INBOX".to_owned()),
            ("+", "IDLE".to_owned()),
        ] {
            stream
                .write_all(
                    format!("{tag} {command}\r\n")
                        .replacen("+ ", "c ", 1)
                        .as_bytes(),
                )
                .unwrap();
            let answered = lines.by_ref().any(|line| line.unwrap().starts_with(tag));
            assert!(answered, "{command}");
        }
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let _connection = stream;
            for line in lines.map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// The moment a line with this word came.
    pub fn wait(&self, word: &str) -> Instant {
        loop {
            let (at, line) = self.0.recv_timeout(Duration::from_secs(30)).unwrap();
            if line.ends_with(word) {
                return at;
            }
        }
    }
}
