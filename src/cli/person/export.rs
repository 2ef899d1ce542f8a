//! `guichet person export`: the answer to an access request.
//!
//! ```text
//! FOLDER/index.txt        what is in the folder, and every ticket's history, to read
//! FOLDER/person.json      all of it, for machines
//! FOLDER/letters/5.eml    letters they wrote, as they came
//! FOLDER/letters/5-1.bin  what was attached to them
//! FOLDER/sent/9.eml       letters they got
//! ```
//!
//! The folder has mode 0700. Names of files are numbers: what a sender claims is shown, never used.
//! Letters of other people are not in it, but for the words in a ticket's history, without names.

mod page;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Known;
use crate::cli::table::counted;
use crate::cli::{Failure, json as as_line, print, runtime};
use crate::daemon;
use crate::privacy::redact::{Needles, addresses, without_addresses};
use crate::reader::Reader;
use crate::registry::Table;
use crate::store::attachments::AttachmentLine;

/// What stands for somebody else.
const THIRD: &str = "[tiers/third party]";
/// What stands for a technician.
const TECHNICIAN: &str = "[technicien/technician]";

pub(super) fn export(known: &Known, out: Option<&Path>) -> Result<ExitCode, Failure> {
    let document = document(known)?;
    let Some(folder) = out else {
        print(&as_line(&document)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    make(folder)?;
    for part in ["letters", "sent"] {
        make(&folder.join(part))?;
    }
    let pretty =
        serde_json::to_string_pretty(&document).map_err(|error| Failure::new(70, error))?;
    write(&folder.join("person.json"), pretty.as_bytes())?;
    write(&folder.join("index.txt"), page::page(&document).as_bytes())?;
    files(known, folder)?;
    print(&format!(
        "{}: {}, {}, {}.\n",
        folder.display(),
        counted(known.involved.tickets.len(), "ticket", "tickets"),
        counted(
            known.involved.letters.len(),
            "letter of theirs",
            "letters of theirs"
        ),
        counted(
            known.involved.rows.len(),
            "letter to them",
            "letters to them"
        ),
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn make(folder: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .map_err(|error| {
            let problem = format!(
                "expected a folder that can be made, but `{}` cannot: {error}",
                folder.display()
            );
            Failure::new(73, problem)
        })
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let written = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut open| open.write_all(bytes));
    written.map_err(|error| {
        Failure::new(
            73,
            format!("`{}` cannot be written: {error}", file.display()),
        )
    })
}

/// Letters, what was attached to them, and what was sent.
fn files(known: &Known, folder: &Path) -> Result<(), Failure> {
    let reader = Reader::new(daemon::readers(&known.config));
    let runtime = runtime()?;
    for letter in known.involved.letters.iter().filter(|letter| letter.kept) {
        let raw = known.view.raw(letter.id)?;
        write(&folder.join(format!("letters/{}.eml", letter.id)), &raw)?;
        for file in known.view.attachments_of_letter(letter.id)? {
            let index = usize::try_from(file.number - 1).unwrap_or(usize::MAX);
            // What cannot be cut out any more is in the letter itself.
            if let Ok(Ok(Some((_, bytes)))) = runtime.block_on(reader.cut(&raw, index))
                && !bytes.is_empty()
            {
                write(&folder.join(name(&file)), &bytes)?;
            }
        }
    }
    for row in known.involved.rows.iter().filter(|row| row.kept) {
        let bytes = known.view.outbound_bytes(row.id)?;
        write(&folder.join(format!("sent/{}.eml", row.id)), &bytes)?;
    }
    runtime.block_on(reader.close());
    Ok(())
}

fn name(file: &AttachmentLine) -> String {
    format!("letters/{}-{}.bin", file.letter, file.number)
}

/// Takes everybody else out of what is said.
struct Veil<'a> {
    known: &'a Known,
    others: Needles,
}

impl<'a> Veil<'a> {
    fn new(known: &'a Known, texts: &[String]) -> Self {
        // Whoever is named by address may be named by name too.
        let mut names = BTreeSet::new();
        let seen: BTreeSet<String> = texts.iter().flat_map(|text| addresses(text)).collect();
        for address in seen.difference(&known.person.addresses) {
            let bearer = known.registry.bearer(address);
            names.extend(bearer.and_then(|person| person.name.clone()));
        }
        for technician in known.config.decide.team.iter() {
            names.insert(technician.name.clone());
        }
        Self {
            others: Needles::new(
                [],
                names.difference(&known.person.names).map(String::as_str),
            ),
            known,
        }
    }

    fn over(&self, text: &str) -> String {
        let own = &self.known.config.classify.own_addresses;
        let bare = without_addresses(text, THIRD, |address| {
            self.known.person.addresses.contains(address) || own.iter().any(|one| one == address)
        });
        self.others.replaced(&bare, THIRD).unwrap_or(bare)
    }

    fn author(&self, author: &str) -> String {
        match author {
            "guichet" | "" => author.to_owned(),
            own if self.known.person.addresses.contains(own) => own.to_owned(),
            other if other.contains('@') => THIRD.to_owned(),
            _ => TECHNICIAN.to_owned(),
        }
    }
}

fn document(known: &Known) -> Result<Value, Failure> {
    let mut histories = Vec::new();
    for part in &known.involved.tickets {
        histories.push(known.view.pages_of(part.ticket)?);
    }
    let texts: Vec<String> = histories
        .iter()
        .flat_map(|pages| pages.history.iter())
        .flat_map(|page| [page.text.clone(), page.author.clone()])
        .collect();
    let veil = Veil::new(known, &texts);
    let mut tickets = Vec::new();
    for (part, pages) in known.involved.tickets.iter().zip(&histories) {
        let history: Vec<Value> = pages
            .history
            .iter()
            .map(|page| {
                json!({
                    "at": time(page.at),
                    "kind": page.kind,
                    "author": veil.author(&page.author),
                    "letter": page.letter,
                    "text": veil.over(&page.text),
                })
            })
            .collect();
        tickets.push(json!({
            "number": part.ticket, "role": part.role, "status": part.status,
            "subject": veil.over(&pages.subject), "category": pages.category,
            "priority": pages.priority, "outcome": pages.outcome, "clause": pages.clause,
            "created_at": time(pages.created_at), "history": history,
        }));
    }
    Ok(json!({
        "made_at": Timestamp::now().to_string(),
        "service": known.config.identity.service,
        "addresses": known.person.addresses,
        "names": known.person.names,
        "tables": lines(known, &veil)?,
        "tickets": tickets,
        "letters": letters(known, &veil)?,
        "sent": sent(known),
        "failed_deliveries": known.involved.failures,
    }))
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

fn letters(known: &Known, veil: &Veil<'_>) -> Result<Vec<Value>, Failure> {
    let mut letters = Vec::new();
    for letter in &known.involved.letters {
        let trace: Option<Value> = known
            .view
            .trace_of_letter(letter.id)?
            .and_then(|trace| serde_json::from_str(&veil.over(&trace)).ok());
        let attachments: Vec<Value> = known
            .view
            .attachments_of_letter(letter.id)?
            .iter()
            .map(|file| {
                json!({
                    "name": file.name, "media_type": file.media_type, "size": file.size,
                    "sha256": file.sha256, "file": name(file),
                })
            })
            .collect();
        letters.push(json!({
            "id": letter.id, "received_at": time(letter.received_at), "subject": letter.subject,
            "disposition": letter.disposition, "reason": veil.over(&letter.reason),
            "ticket": letter.ticket,
            "file": letter.kept.then(|| format!("letters/{}.eml", letter.id)),
            "attachments": attachments, "decision": trace,
        }));
    }
    Ok(letters)
}

fn sent(known: &Known) -> Vec<Value> {
    let rows = known.involved.rows.iter();
    rows.map(|row| {
        json!({
            "id": row.id, "ticket": row.ticket, "kind": row.kind, "state": row.state,
            "written_at": time(row.created_at),
            "file": row.kept.then(|| format!("sent/{}.eml", row.id)),
        })
    })
    .collect()
}

/// The lines of the look-up tables that name the person, with the header of the table.
fn lines(known: &Known, veil: &Veil<'_>) -> Result<Vec<Value>, Failure> {
    let needles = known.person.needles();
    let mut found = Vec::new();
    for table in &known.config.tables {
        let bytes = fs::read(&table.file).map_err(|error| {
            Failure::new(
                66,
                format!("`{}` cannot be read: {error}", table.file.display()),
            )
        })?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(other) => encoding_rs::WINDOWS_1252
                .decode(other.as_bytes())
                .0
                .into_owned(),
        };
        let header = text.lines().next().unwrap_or_default();
        for (number, line) in (1_usize..).zip(text.lines()).skip(1) {
            if needles.are_in(line) {
                found.push(json!({
                    "table": Table::as_str(table.table), "line": number,
                    "columns": header, "text": veil.over(line),
                }));
            }
        }
    }
    Ok(found)
}
