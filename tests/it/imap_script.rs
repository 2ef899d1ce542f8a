//! An IMAP server that misbehaves as told.
//!
//! Without rules it is a sound server: user `u`, password `p`, INBOX with the letters 10 and 11,
//! all folders exist. A [`Rule`] replaces its answer to commands that begin with some words.
//! In answers `%T` stands for the command's tag. Everything a client says is kept
//! ([`ImapScript::heard`], tags and arguments of LOGIN included).
//!
//! It listens on 127.0.0.1 in clear, and ends with the runtime of the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The letters of INBOX: UID and text.
pub const LETTERS: [(u32, &str); 2] = [
    (10, "Message-ID: <ten@x>\r\n\r\nten\r\n"),
    (11, "Message-ID: <eleven@x>\r\n\r\neleven\r\n"),
];

/// What happens instead of the sound answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// These bytes; the session goes on.
    Say(String),
    /// These bytes, then the end of the connection.
    SayAndClose(String),
    /// These bytes, then nothing more, for ever.
    SayAndHang(String),
    /// These bytes one by one, with a pause before each.
    Drip(String, Duration),
}

/// Commands that begin with `verb` are answered by `answer`, the first `times` times.
#[derive(Debug, Clone)]
pub struct Rule {
    verb: &'static str,
    answer: Answer,
    times: usize,
}

/// How a server misbehaves.
#[derive(Debug, Clone)]
pub struct Script {
    greeting: String,
    capabilities: String,
    rules: Vec<Rule>,
}

impl Script {
    /// A sound server.
    pub fn sound() -> Self {
        Self {
            greeting: "* OK ready {5}\r\n".to_owned(),
            capabilities: "IMAP4rev1 STARTTLS AUTH=PLAIN IDLE NAMESPACE MOVE UIDPLUS ID".to_owned(),
            rules: Vec::new(),
        }
    }

    /// Another greeting.
    pub fn greeting(mut self, greeting: &str) -> Self {
        greeting.clone_into(&mut self.greeting);
        self
    }

    /// Without this capability.
    pub fn without(mut self, capability: &str) -> Self {
        let kept: Vec<&str> = self
            .capabilities
            .split(' ')
            .filter(|one| *one != capability)
            .collect();
        self.capabilities = kept.join(" ");
        self
    }

    /// With this capability besides.
    pub fn with(mut self, capability: &str) -> Self {
        self.capabilities = format!("{} {capability}", self.capabilities);
        self
    }

    /// With a rule for all commands that begin with `verb`.
    pub fn rule(self, verb: &'static str, answer: Answer) -> Self {
        self.rule_times(verb, answer, usize::MAX)
    }

    /// With a rule for the first `times` of them.
    pub fn rule_times(mut self, verb: &'static str, answer: Answer, times: usize) -> Self {
        self.rules.push(Rule {
            verb,
            answer,
            times,
        });
        self
    }

    /// Starts the server.
    pub async fn start(self) -> ImapScript {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that leaves in mid-answer is no failure of the server.
                tokio::spawn(serve(stream, self.clone(), Arc::clone(&shared)));
            }
        });
        ImapScript { port, heard }
    }
}

/// A running server.
pub struct ImapScript {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl ImapScript {
    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All lines heard so far, without tags.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// How many lines heard begin with `verb`.
    pub fn count(&self, verb: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|line| line.starts_with(verb)).count()
    }
}

async fn serve(
    stream: TcpStream,
    mut script: Script,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(script.greeting.as_bytes()).await?;
    let mut idling = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let (tag, command) = if line == "DONE" {
            (idling.as_str(), line)
        } else {
            line.split_once(' ').unwrap_or((line, ""))
        };
        heard.lock().unwrap().push(command.to_owned());
        let rule = script
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && command.starts_with(rule.verb));
        let answer = match rule {
            Some(rule) => {
                rule.times -= 1;
                rule.answer.clone()
            }
            None => Answer::Say(sound_answer(command, &script.capabilities)),
        };
        let tag = tag.to_owned();
        let said = |text: String| text.replace("%T", &tag).into_bytes();
        match answer {
            Answer::Say(text) => stream.write_all(&said(text)).await?,
            Answer::SayAndClose(text) => {
                stream.write_all(&said(text)).await?;
                return stream.shutdown().await;
            }
            Answer::SayAndHang(text) => {
                stream.write_all(&said(text)).await?;
                std::future::pending::<()>().await;
            }
            Answer::Drip(text, pause) => {
                for byte in said(text) {
                    tokio::time::sleep(pause).await;
                    stream.write_all(&[byte]).await?;
                }
            }
        }
        if command == "IDLE" {
            idling = tag;
        }
    }
}

fn sound_answer(command: &str, capabilities: &str) -> String {
    let data = match command.split(' ').next().unwrap_or_default() {
        "CAPABILITY" => format!("* CAPABILITY {capabilities}\r\n"),
        "NAMESPACE" => "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned(),
        "LIST" => {
            let name = command.rsplit(' ').next().unwrap_or_default();
            format!("* LIST () \"/\" {name}\r\n")
        }
        "SELECT" | "EXAMINE" => "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] x\r\n\
             %T OK [READ-WRITE] done\r\n"
            .to_owned(),
        "IDLE" => "+ idling\r\n".to_owned(),
        "UID" if command.contains("SEARCH") => "* SEARCH 10 11\r\n".to_owned(),
        "UID" if command.contains("FETCH") => LETTERS
            .iter()
            .enumerate()
            .map(|(at, letter)| fetch_answer(at + 1, *letter, command))
            .collect(),
        _ => String::new(),
    };
    if data.contains("%T") || command == "IDLE" {
        data
    } else {
        format!("{data}%T OK done\r\n")
    }
}

/// A sound FETCH response for one letter, whatever was asked.
pub fn fetch_answer(sequence: usize, (uid, text): (u32, &str), command: &str) -> String {
    let size = text.len();
    let meta = format!(
        "UID {uid} RFC822.SIZE {size} INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" FLAGS ()"
    );
    if command.contains("BODY") {
        format!("* {sequence} FETCH ({meta} BODY[] {{{size}}}\r\n{text})\r\n")
    } else {
        format!("* {sequence} FETCH ({meta})\r\n")
    }
}
