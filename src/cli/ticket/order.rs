//! `guichet ticket reply|note|set|assign|merge|resolve|close|reopen|order`: work on a ticket.
//!
//! Each of these is written as the lines that a technician would have put above a reply, and goes
//! the same way: tried on a copy of the ticket, whole or not at all, with the same history and the
//! same letters to the same people. It works beside a running service, which sends what was written
//! within seconds, and without one.

mod perform;

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use super::number;
use crate::cli::{Failure, complain};
use crate::config::Config;
use crate::ticket::priority::{Category, Priority};

/// Bytes of words that are read.
const WORDS: u64 = 256 * 1024;

/// Which ticket, and who orders.
#[derive(Debug, Args)]
pub(in crate::cli) struct Whose {
    /// Its number, `12` or `#12`
    #[arg(value_name = "TICKET", value_parser = number)]
    ticket: i64,
    /// In the name of this technician: handle, name or address. Without it the history says
    /// `admin:` and your login, and words go out in the name of the service
    #[arg(long = "as", value_name = "WHO", env = "GUICHET_AS")]
    whose: Option<String>,
    /// Say what would be done and who would be told, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// The file of the token keys, where they are a systemd credential
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    keys: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Words to say.
#[derive(Debug, Args)]
pub(in crate::cli) struct Words {
    /// The words
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// A file with the words, `-` for standard input
    #[arg(long, short = 'F', value_name = "FILE", conflicts_with = "message",
          value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
}

/// `ticket reply`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reply {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    words: Words,
    /// And resolve the ticket
    #[arg(long, conflicts_with_all = ["close", "wait"])]
    resolve: bool,
    /// And close it
    #[arg(long, conflicts_with = "wait")]
    close: bool,
    /// And wait for the requester, until a day if one is named: 3d, 2w, monday, 2027-01-15
    #[arg(long, value_name = "DAY", num_args = 0..=1, default_missing_value = "")]
    wait: Option<String>,
}

/// `ticket note`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Note {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    words: Words,
}

/// `ticket set`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    whose: Whose,
    /// Its place in the queue
    #[arg(long, value_name = "PRIORITY", ignore_case = true,
          value_parser = PossibleValuesParser::new(Priority::ALL.map(Priority::as_str)))]
    priority: Option<String>,
    /// Its kind
    #[arg(long, value_name = "CATEGORY",
          value_parser = PossibleValuesParser::new(Category::ALL.map(Category::as_str)))]
    category: Option<String>,
    /// Its state; refusals and their ends are orders: `guichet ticket order N '#reject E2'`
    #[arg(long, value_name = "STATUS", value_parser = PossibleValuesParser::new(
          ["open", "waiting_requester", "waiting_third_party", "resolved", "closed"]))]
    status: Option<String>,
    /// Until when it waits: 3d, 2w, monday, 2027-01-15
    #[arg(long, value_name = "DAY", requires = "status")]
    until: Option<String>,
    /// Whose request it is
    #[arg(long, value_name = "ADDRESS", value_hint = ValueHint::EmailAddress)]
    requester: Option<String>,
    /// Somebody who takes part from now on; may be given more than once
    #[arg(long, value_name = "ADDRESS", value_hint = ValueHint::EmailAddress)]
    copy: Vec<String>,
    #[command(flatten)]
    words: Words,
    /// The words are for the team alone, not for the requester
    #[arg(long)]
    note: bool,
}

/// `ticket assign`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Assign {
    #[command(flatten)]
    whose: Whose,
    /// A technician's handle, name or address
    #[arg(value_name = "TECHNICIAN")]
    technician: String,
}

/// `ticket merge`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    #[command(flatten)]
    whose: Whose,
    /// The ticket that goes on in its place
    #[arg(value_name = "INTO", value_parser = number)]
    into: i64,
}

/// `ticket resolve`, `close` and `reopen`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Turn {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    words: Words,
}

/// `ticket order`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Lines {
    #[command(flatten)]
    whose: Whose,
    /// Orders as in a technician's mail, each a word of its own: '#take' '#priority P2'
    #[arg(value_name = "ORDER", required = true)]
    lines: Vec<String>,
    #[command(flatten)]
    words: Words,
}

pub(super) fn reply(config: &Config, arguments: &Reply) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    if arguments.resolve {
        lines.push("#resolve".to_owned());
    }
    if arguments.close {
        lines.push("#close".to_owned());
    }
    if let Some(day) = &arguments.wait {
        lines.push(format!("#wait {day}").trim_end().to_owned());
    }
    let words = arguments.words.needed()?;
    arguments.whose.order(config, &lines, &words)
}

pub(super) fn note(config: &Config, arguments: &Note) -> Result<ExitCode, Failure> {
    let words = arguments.words.needed()?;
    arguments.whose.order(config, &["#note".to_owned()], &words)
}

pub(super) fn set(config: &Config, arguments: &Set) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    let mut order = |word: &str, value: &str| {
        lines.push(format!("#{word} {value}").trim_end().to_owned());
    };
    if let Some(priority) = &arguments.priority {
        order("priority", &priority.to_uppercase());
    }
    if let Some(category) = &arguments.category {
        order("category", category);
    }
    let until = arguments.until.as_deref().unwrap_or_default();
    match arguments.status.as_deref() {
        Some("waiting_requester") => order("wait", until),
        Some("waiting_third_party") => order("supplier", until),
        Some(_) if !until.is_empty() => {
            let wanted = "expected --until only with a status that waits";
            return Err(Failure::new(64, wanted));
        }
        Some("resolved") => order("resolve", ""),
        Some("closed") => order("close", ""),
        Some(_) => order("reopen", ""),
        None => {}
    }
    if let Some(requester) = &arguments.requester {
        order("requester", requester);
    }
    for address in &arguments.copy {
        order("copy", address);
    }
    if arguments.note {
        order("note", "");
    }
    let words = arguments.words.given()?;
    if lines.is_empty() {
        let wanted = "expected something to set: --priority, --category, --status, --requester or --copy; `guichet ticket reply` and `note` are for words alone";
        return Err(Failure::new(64, wanted));
    }
    arguments.whose.order(config, &lines, &words)
}

pub(super) fn assign(config: &Config, arguments: &Assign) -> Result<ExitCode, Failure> {
    let line = format!("#assign {}", arguments.technician);
    arguments.whose.order(config, &[line], "")
}

pub(super) fn merge(config: &Config, arguments: &Merge) -> Result<ExitCode, Failure> {
    let line = format!("#merge {}", arguments.into);
    arguments.whose.order(config, &[line], "")
}

/// Turns the state by one order.
pub(super) fn turn(config: &Config, word: &str, arguments: &Turn) -> Result<ExitCode, Failure> {
    let words = arguments.words.given()?;
    arguments.whose.order(config, &[format!("#{word}")], &words)
}

pub(super) fn lines(config: &Config, arguments: &Lines) -> Result<ExitCode, Failure> {
    let words = arguments.words.given()?;
    arguments.whose.order(config, &arguments.lines, &words)
}

impl Words {
    /// The words; those of standard input if nothing is said.
    fn needed(&self) -> Result<String, Failure> {
        let words = match (&self.message, &self.file) {
            (None, None) => input()?,
            _ => self.given()?,
        };
        if words.trim().is_empty() {
            return Err(Failure::new(
                64,
                "expected words: with --message TEXT, --file FILE, or on standard input",
            ));
        }
        Ok(words)
    }

    /// The words, if any are given.
    fn given(&self) -> Result<String, Failure> {
        match (&self.message, &self.file) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(file)) if file == Path::new("-") => input(),
            (None, Some(file)) => {
                let failed = |error: std::io::Error| {
                    Failure::new(66, format!("`{}` cannot be read: {error}", file.display()))
                };
                let bytes = std::fs::File::open(file).map_err(failed)?;
                text(bytes, &file.display().to_string())
            }
            (None, None) => Ok(String::new()),
        }
    }
}

fn input() -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        complain("write the words, then Ctrl-D; Ctrl-C for none");
    }
    text(input.lock(), "standard input")
}

fn text(from: impl std::io::Read, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(WORDS + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > WORDS {
        let wanted = format!("expected at most {WORDS} bytes of words in {name}");
        return Err(Failure::new(65, wanted));
    }
    String::from_utf8(bytes)
        .map(|text| text.replace("\r\n", "\n"))
        .map_err(|_| Failure::new(65, format!("expected text in UTF-8 in {name}")))
}
