//! `guichet ticket export`: everything about a ticket, to be kept or handed over.
//!
//! Three forms. *json*: one object with the ticket, its history, the trace of its decision, and every
//! letter in and out, whole, in Base64. *mbox*: the letters alone, in the order they went, for any
//! mail program. *folder*: both as files that are read without a program: `ticket.txt`,
//! `ticket.json`, `letters/…eml`, `sent/…eml` and the attachments. A file's name is a number of ours,
//! never a name out of a letter.

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{number, page};
use crate::cli::screen::Screen;
use crate::cli::table::counted;
use crate::cli::{Failure, complain, runtime};
use crate::config::Config;
use crate::daemon;
use crate::mailbox::mbox;
use crate::reader::Reader;
use crate::store::View;
use crate::store::letters::LetterLine;
use crate::store::outbox::Row;
use crate::store::tickets::TicketPages;

const EXAMPLES: &str = "\
Examples:
  guichet ticket export 12 -o ticket-12               a folder that anybody can read
  guichet ticket export 12 --format mbox -o 12.mbox   the letters, for a mail program
  guichet ticket export 12 --format json | jq .ticket.history

What is written holds what people wrote: keep it where the store is kept, and delete it when it has
served. Letters that were not sent are among `sent` too; their state stands beside them.
";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Its number, `12` or `#12`
    #[arg(value_name = "TICKET", value_parser = number)]
    ticket: i64,
    /// In which form; a folder if --output is given, else json
    #[arg(long, value_name = "FORM",
          value_parser = PossibleValuesParser::new(["folder", "json", "mbox"]))]
    format: Option<String>,
    /// Where to: a file or folder that does not exist yet; standard output if not given
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,
}

/// A ticket with every byte of it.
struct Whole {
    pages: TicketPages,
    /// The decision about its first letter, and the one after an answer to the card's question.
    trace: String,
    again: Option<String>,
    letters: Vec<(LetterLine, Vec<u8>)>,
    sent: Vec<(Row, Vec<u8>)>,
}

pub(super) fn export(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let view = View::open(&config.store)?;
    let whole = Whole::of(&view, arguments.ticket)?;
    let form = match (&arguments.format, &arguments.output) {
        (Some(form), _) => form.as_str(),
        (None, Some(_)) => "folder",
        (None, None) => "json",
    };
    match (form, &arguments.output) {
        ("folder", None) => Err(Failure::new(
            64,
            "expected --output FOLDER, because a folder is not for standard output",
        )),
        ("folder", Some(folder)) => {
            whole.folder(config, folder)?;
            let letters = counted(whole.letters.len(), "letter", "letters");
            let sent = counted(whole.sent.len(), "letter", "letters");
            complain(&format!(
                "wrote {letters} in and {sent} out to {}",
                folder.display()
            ));
            Ok(())
        }
        (form, None) => {
            let mut out = io::stdout().lock();
            if form == "mbox" && out.is_terminal() {
                return Err(Failure::new(
                    64,
                    "expected --output FILE, because letters may hold what steers a terminal",
                ));
            }
            gone_is_fine(whole.write(form, &mut out).and_then(|()| out.flush()))
        }
        (form, Some(file)) => {
            let mut out = io::BufWriter::new(fresh(file)?);
            whole
                .write(form, &mut out)
                .and_then(|()| out.flush())
                .map_err(|error| unwritten(file, &error))
        }
    }
}

impl Whole {
    fn of(view: &View, ticket: i64) -> Result<Self, Failure> {
        let pages = view.ticket(ticket)?;
        let letters = view.letters_of_ticket(ticket)?;
        let letters = letters
            .into_iter()
            .map(|letter| Ok((view.raw(letter.id)?, letter)))
            .map(|found: Result<_, Failure>| found.map(|(raw, letter)| (letter, raw)))
            .collect::<Result<Vec<_>, _>>()?;
        let sent = pages
            .outbox
            .iter()
            .map(|row| Ok((row.clone(), view.outbound_bytes(row.id)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok(Self {
            trace: view.trace_of_ticket(ticket)?,
            again: view.trace_of_answer(ticket)?,
            pages,
            letters,
            sent,
        })
    }

    fn json(&self) -> Value {
        let read = |trace: &str| -> Value { serde_json::from_str(trace).unwrap_or_default() };
        let (trace, again) = (read(&self.trace), self.again.as_deref().map(read));
        let letters: Vec<Value> = self
            .letters
            .iter()
            .map(|(letter, raw)| json!({"letter": letter, "raw": BASE64.encode(raw)}))
            .collect();
        let sent: Vec<Value> = self
            .sent
            .iter()
            .map(|(row, raw)| json!({"row": row, "raw": BASE64.encode(raw)}))
            .collect();
        json!({
            "ticket": self.pages,
            "trace": trace,
            "trace_after_answer": again,
            "letters": letters,
            "sent": sent,
        })
    }

    fn write(&self, form: &str, out: &mut impl Write) -> io::Result<()> {
        if form == "mbox" {
            return self.mbox(out);
        }
        serde_json::to_writer(&mut *out, &self.json())?;
        out.write_all(b"\n")
    }

    /// All letters as they went, oldest first.
    fn mbox(&self, out: &mut impl Write) -> io::Result<()> {
        let received = self
            .letters
            .iter()
            .map(|(letter, raw)| (letter.received_at, letter.sender.as_str(), raw));
        let sent = self
            .sent
            .iter()
            .map(|(row, raw)| (row.created_at, "MAILER-DAEMON", raw));
        let mut all: Vec<_> = received.chain(sent).collect();
        all.sort_by_key(|(at, _, _)| *at);
        for (at, sender, raw) in all {
            let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
            mbox::write(out, sender, at, raw)?;
        }
        Ok(())
    }

    fn folder(&self, config: &Config, folder: &Path) -> Result<(), Failure> {
        fs::DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .map_err(|error| unwritten(folder, &error))?;
        let put = |name: &str, bytes: &[u8]| -> Result<(), Failure> {
            let file = folder.join(name);
            if let Some(parent) = file.parent() {
                fs::DirBuilder::new()
                    .mode(0o700)
                    .recursive(true)
                    .create(parent)
                    .map_err(|error| unwritten(parent, &error))?;
            }
            fresh(&file)?
                .write_all(bytes)
                .map_err(|error| unwritten(&file, &error))
        };
        let text = page::page(
            Screen::paper(),
            &self.pages,
            self.again.as_ref().unwrap_or(&self.trace),
        );
        put("ticket.txt", text.as_bytes())?;
        put("ticket.json", format!("{}\n", self.json()).as_bytes())?;
        for (row, raw) in &self.sent {
            put(
                &format!("sent/{}-{}-{}.eml", row.id, row.kind, row.state),
                raw,
            )?;
        }
        let reader = Reader::new(daemon::readers(config));
        let runtime = runtime()?;
        for (letter, raw) in &self.letters {
            put(&format!("letters/{}.eml", letter.id), raw)?;
            let files = self.pages.attachments.iter();
            for file in files.filter(|file| file.letter == letter.id) {
                let index = usize::try_from(file.number - 1).unwrap_or(0);
                // One that cannot be cut out is still in its letter.
                if let Ok(Ok(Some((_, bytes)))) = runtime.block_on(reader.cut(raw, index)) {
                    put(
                        &format!("attachments/{}-{}", letter.id, file.number),
                        &bytes,
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// A file of the owner's alone, which was not there.
fn fresh(file: &Path) -> Result<fs::File, Failure> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| unwritten(file, &error))
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        73,
        format!("`{}` cannot be written: {error}", path.display()),
    )
}

/// A reader that has gone (`| head`) is no error.
fn gone_is_fine(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
