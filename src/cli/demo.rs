//! `guichet demo`: the whole way of a dozen letters, in a folder of its own.
//!
//! It writes what a site would have (configuration, service card, tables, a Maildir), drops
//! letters into the Maildir as a mail server would, and runs the very code of the service over
//! them. What it shows at the end is read from the store like anything `guichet` shows.
//! No network is touched: the mailbox and the way out are folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::table::{line, table};
use super::{Failure, complain, print, read_config, runtime};
use crate::daemon::{Daemon, log};
use crate::mailbox::maildir;
use crate::policy::Card;
use crate::store::View;
use crate::store::letters::LetterLine;
use crate::store::outbox::Row;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to put everything; a number is added if the folder is there already
    #[arg(long, value_name = "FOLDER", default_value = "guichet-demo")]
    folder: PathBuf,
    /// Keep running, so that you can drop letters into the Maildir yourself
    #[arg(long)]
    watch: bool,
}

macro_rules! shipped {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../../deploy/", $folder, "/", $name)).as_slice())),+]
    };
}

const TABLES: [(&str, &[u8]); 6] = shipped!["tables":
    "people.csv", "assets.csv", "visitors.csv", "software.csv", "lifecycle.csv",
    "shared_systems.csv"];

const LETTERS: [(&str, &[u8]); 12] = shipped!["demo":
    "01_copier.eml", "02_network.eml", "03_workstation.eml", "04_bought_outside.eml",
    "05_obsolete.eml", "06_private.eml", "07_installed.eml", "08_registry.eml",
    "09_phishing.eml", "10_out_of_office.eml", "11_bounce.eml", "12_damaged.eml"];

const CONFIGURATION: &str = r#"# What `guichet demo` runs on. A real one: deploy/guichet.toml.
[service]
name = "Assistance informatique (demo)"
address = "support@univ.example"
own_domains = ["univ.example"]

[store]
directory = "store"

# Letters come in here, as a local mail server would deliver them.
[[mailbox]]
name = "support"
kind = "maildir"
path = "mailbox"

# Answers go here instead of to a mail server.
[delivery]
kind = "maildir"
path = "sent"

# When somebody is there: `guichet hours` draws it.
[hours]
monday = ["08:30-12:00", "13:30-17:00"]
tuesday = ["08:30-12:00", "13:30-17:00"]
wednesday = ["08:30-12:00", "13:30-17:00"]
thursday = ["08:30-12:00", "13:30-17:00"]
friday = ["08:30-12:00", "13:30-16:30"]

[policy]
card = "assistance.toml"

[tables]
people.file = "tables/people.csv"
assets.file = "tables/assets.csv"
visitors.file = "tables/visitors.csv"
software.file = "tables/software.csv"
lifecycle.file = "tables/lifecycle.csv"
shared_systems.file = "tables/shared_systems.csv"
"#;

/// Letters within letters that the structure's first scan does not see: they end the process that
/// reads them, which is why that is never this one.
fn poison() -> Vec<u8> {
    let mut raw = b"From: Trouble <trouble@elsewhere.example>\nTo: support@univ.example\n\
        Subject: 200,000 letters in one\nMessage-ID: <demo-poison@elsewhere.example>\n\
        Content-Type: message/rfc822\n\n"
        .to_vec();
    raw.extend(b"Con tent-Type: message/rfc822\n\n".repeat(200_000));
    raw
}

pub(super) fn demo(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = free_folder(&arguments.folder);
    let config_file = furnish(&folder)?;
    print(&format!(
        "Made {} with a configuration, the service card, tables and a Maildir.\n",
        folder.display()
    ))?;
    let mailbox = folder.join("mailbox");
    let again = LETTERS.first().map(|(_, bytes)| bytes.to_vec());
    let letters: Vec<Vec<u8>> = LETTERS
        .iter()
        .map(|(_, bytes)| bytes.to_vec())
        .chain(again)
        .chain([poison()])
        .collect();
    for letter in &letters {
        maildir::deliver(&mailbox, letter).map_err(|error| Failure::new(73, error))?;
    }
    print(&format!(
        "Dropped {} letters into {}.\n",
        letters.len(),
        mailbox.display()
    ))?;
    let config = read_config(&config_file)?;
    let store = config.store.clone();
    let began = Instant::now();
    runtime()?.block_on(async {
        let daemon = Daemon::new(config.clone()).await?;
        let work = daemon.once();
        tokio::pin!(work);
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        let mut shown = 0;
        loop {
            tokio::select! {
                result = &mut work => return result.map_err(Failure::from),
                _ = tick.tick() => shown = progress(&store, letters.len(), shown)?,
            }
        }
    })?;
    let took = began.elapsed().as_secs_f64();
    print(&format!("Worked through them in {took:.1} s.\n\n"))?;
    outcome(&store)?;
    print(&next_steps(&config_file, &folder))?;
    if arguments.watch {
        print("\nWatching. Drop letters into the Maildir, or stop with Ctrl-C.\n")?;
        log::start(config.log);
        runtime()?.block_on(async { Daemon::new(config).await?.run().await })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn free_folder(wanted: &Path) -> PathBuf {
    let taken = |folder: &Path| folder.exists();
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2..)
        .map(|n| PathBuf::from(format!("{}-{n}", wanted.display())))
        .find(|folder| !taken(folder))
        .unwrap_or_else(|| wanted.to_owned())
}

fn furnish(folder: &Path) -> Result<PathBuf, Failure> {
    let write = |path: PathBuf, bytes: &[u8]| {
        fs::write(&path, bytes).map_err(|error| {
            Failure::new(
                73,
                format!("`{}` cannot be written: {error}", path.display()),
            )
        })
    };
    fs::create_dir_all(folder.join("tables")).map_err(|error| {
        Failure::new(
            73,
            format!("`{}` cannot be made: {error}", folder.display()),
        )
    })?;
    for (name, bytes) in TABLES {
        write(folder.join("tables").join(name), bytes)?;
    }
    write(
        folder.join("assistance.toml"),
        Card::shipped_text().as_bytes(),
    )?;
    let file = folder.join("guichet.toml");
    write(file.clone(), CONFIGURATION.as_bytes())?;
    Ok(file)
}

/// Says how far the work is, if it went on since `shown` letters were decided.
fn progress(store: &Path, all: usize, shown: usize) -> Result<usize, Failure> {
    let Ok(view) = View::open(store) else {
        return Ok(shown);
    };
    let letters = view.letters(None, 1_000)?;
    let decided = letters
        .iter()
        .filter(|letter| letter.disposition != "received")
        .count();
    if decided > shown {
        complain(&format!("{decided} of {all} letters decided"));
    }
    Ok(decided)
}

fn outcome(store: &Path) -> Result<(), Failure> {
    let view = View::open(store)?;
    let mut letters = view.letters(None, 1_000)?;
    letters.reverse();
    let sent = view.outbox(None, 1_000)?;
    let rows = letters
        .iter()
        .map(|letter| {
            vec![
                letter.id.to_string(),
                named(letter),
                line(&letter.subject, 34),
                letter.disposition.replace('_', " "),
                letter.ticket.map(|n| format!("#{n}")).unwrap_or_default(),
                line(&letter.reason, 60),
                reply(letter, &sent),
            ]
        })
        .collect();
    print(&table(
        &[
            "", "from", "subject", "became", "ticket", "because", "outbox",
        ],
        rows,
    ))
}

/// Whom a letter is from, in a few characters.
fn named(letter: &LetterLine) -> String {
    let local = letter.sender.split('@').next().unwrap_or_default();
    if local.is_empty() {
        "(not read)".to_owned()
    } else {
        line(local, 16)
    }
}

fn reply(letter: &LetterLine, sent: &[Row]) -> String {
    if letter.answer.is_empty() {
        return "none".to_owned();
    }
    let row = sent
        .iter()
        .filter(|row| row.ticket == letter.ticket)
        .map(|row| row.id)
        .min();
    let kind = letter.answer.replace('_', " ");
    row.map_or(kind.clone(), |row| format!("{row}: {kind}"))
}

fn next_steps(config: &Path, folder: &Path) -> String {
    let (config, sent) = (config.display(), folder.join("sent/new"));
    format!(
        "\nThe replies are in {}.\n\nTry next (with `cargo run --release --` in the place of `guichet`):\n  \
         guichet --config {config} ticket list\n  \
         guichet --config {config} ticket show 4     the refusal, with its clause\n  \
         guichet --config {config} outbox show 4     the very letter that went out\n  \
         guichet --config {config} why 4             every rule that was looked at\n  \
         guichet --config {config} intake list       every letter and what became of it\n  \
         guichet demo --watch                         the same, and it keeps running\n",
        sent.display()
    )
}
