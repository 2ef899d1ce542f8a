//! The command line: one file a subcommand, errors in words, exit codes of sysexits.h.
//!
//! Exit codes: 0 done · 1 refused, or something wrong was found: an order that the ticket does not
//! allow, a card that refuses what it must not · 64 wrong usage · 65 the input is damaged · 66 something asked for is not
//! there · 69 a server cannot be reached · 71 the system gives no thread, socket or randomness · 73 the
//! store cannot be made · 74 reading or writing failed · 75 try again later · 77 a key file others can
//! read · 78 the configuration has a mistake · 70 anything else. `status` and `doctor` exit with 0, 1 or 2,
//! as monitoring plugins do.

mod actor;
mod audit;
mod backup;
mod check;
mod config_check;
mod config_show;
mod demo;
mod digest;
mod doctor;
mod due;
mod estimate;
mod hours;
mod import;
mod inject;
mod intake;
mod keys;
mod log;
mod manual;
mod oncall;
mod outbox;
mod person;
mod policy;
mod purge;
mod run;
mod screen;
mod send_test;
mod since;
mod stats;
mod status;
mod table;
mod ticket;
mod why;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cause::chain;
use crate::config::hours::SAMPLE;
use crate::config::section::ConfigError;
use crate::config::{self, Config, LoadError};
use crate::daemon::DaemonError;
use crate::store::StoreError;

/// Where the configuration is unless somebody says otherwise.
const CONFIGURATION: &str = "/etc/guichet/guichet.toml";

/// An e-mail driven ticket gateway: reads a support mailbox, opens tickets, answers.
#[derive(Debug, Parser)]
#[command(
    name = "guichet",
    version,
    max_term_width = 100,
    propagate_version = true
)]
struct Arguments {
    /// The configuration file
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        env = "GUICHET_CONFIG",
        default_value = CONFIGURATION
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// See it work: a dozen letters, from mailbox to reply, in a folder of its own
    Demo(demo::Arguments),
    /// Watch the mailboxes until told to stop (the systemd service)
    Run,
    /// Work through what is there, send what is due, and exit (for cron)
    Once,
    /// Explain what would become of letters in files, without touching store or network
    Check(check::Arguments),
    /// Take in one letter from standard input, for an MTA's pipe; exits 0 or 75
    Inject,
    /// Take in an older mailbox: its letters become tickets, and nobody is written to
    #[command(subcommand)]
    Import(import::Command),
    /// Draw a week of opening hours, and list the closures to come
    Hours(hours::Arguments),
    /// List what is going to fall due in tickets, when and why
    Due(due::Arguments),
    /// Show how soon persons answer, as answers to new requests tell it
    Estimate(estimate::Arguments),
    /// Look at tickets, and work on them
    #[command(subcommand)]
    Ticket(ticket::Command),
    /// Look at the letters that came in, and what became of each; decide held ones
    #[command(subcommand)]
    Intake(intake::Command),
    /// Look at what is sent, hold it, release it, send it again, cancel it
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Look at requests for on-call presence, and at the windows that were granted
    #[command(subcommand)]
    Oncall(oncall::Command),
    /// Look at the keys that replies are recognised by, replace them
    Keys(keys::Arguments),
    /// Explain a past decision, by ticket number or Message-ID
    Why(why::Arguments),
    /// Show a digest as it would be sent this morning, without sending it
    Digest(digest::Arguments),
    /// How the service is doing: requests, waits, refusals, what is open
    Stats(stats::Arguments),
    /// Work on the service card: check it, read it, try it on letters
    #[command(subcommand)]
    Policy(policy::Command),
    /// Check the configuration and everything it points to, show what is in force
    /// Copy the store while it is in use, and check the copy
    Backup(backup::Arguments),
    /// Check a backup, or put it back
    Restore(backup::RestoreArguments),
    /// Look whether everything is as it must be: 0 it is, 1 it is not, 2 nobody could say
    Audit(audit::Arguments),
    /// Answer a person's request for access to their data, or for its erasure
    #[command(subcommand)]
    Person(person::Command),
    /// Remove what is older than the configured periods
    Purge(purge::Arguments),
    /// Check the configuration and everything it points to
    #[command(subcommand)]
    Config(config_check::Command),
    /// Say how the service is; exits 0, 1 or 2 for monitoring
    Status(status::Arguments),
    /// Try everything the service rests on, step by step, and say what is wrong
    Doctor(doctor::Arguments),
    /// Send one letter through the mail server, and show each step
    SendTest(send_test::Arguments),
    /// Show or change how much the running service logs
    Log(log::Arguments),
    /// Print the words that a shell completes: bash, zsh, fish
    Completions(manual::Completions),
    /// Write the manual pages, as a package needs them
    Man(manual::Man),
}

/// What went wrong, and the exit code that says so.
#[derive(Debug)]
struct Failure {
    code: u8,
    error: Box<dyn Error>,
}

impl Failure {
    fn new(code: u8, error: impl Into<Box<dyn Error>>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(74, error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Refused { .. } => 1,
            StoreError::Missing { .. } | StoreError::NoStore { .. } => 66,
            StoreError::Directory { .. } => 73,
            StoreError::Locked { .. } | StoreError::NotCommitted { .. } => 75,
            _ => 70,
        };
        Self::new(code, error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::new(78, error)
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Store(error) => error.into(),
            DaemonError::Keys(error) => error.into(),
            DaemonError::Config(_)
            | DaemonError::Load(_)
            | DaemonError::NoHours { .. }
            | DaemonError::Delivery(_) => Self::new(78, error),
            DaemonError::Mailbox { .. } => Self::new(69, error),
            DaemonError::TaskEnded => Self::new(70, error),
            DaemonError::System(_) => Self::new(71, error),
        }
    }
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = match error.use_stderr() {
                false => 0,
                // For a mail server's pipe wrong usage is no reason to send a letter back.
                true if std::env::args_os().any(|word| word == "inject") => inject::TEMPFAIL,
                true => 64,
            };
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match dispatch(arguments) {
        Ok(code) => code,
        Err(failure) => {
            complain(&chain(failure.error.as_ref()));
            if let Some(DaemonError::NoHours { .. }) = failure.error.downcast_ref() {
                show_sample(SAMPLE);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<ExitCode, Failure> {
    let file = arguments.config;
    match arguments.command {
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Run => run::run(&file),
        Command::Once => run::once(&file),
        Command::Check(arguments) => check::check(&file, &arguments),
        Command::Hours(arguments) => hours::hours(&file, &arguments),
        Command::Import(command) => import::import(&file, &command),
        Command::Inject => inject::inject(&file),
        Command::Due(arguments) => due::due(&file, &arguments),
        Command::Estimate(arguments) => estimate::estimate(&file, &arguments),
        Command::Ticket(command) => ticket::ticket(&file, &command),
        Command::Intake(command) => intake::intake(&file, &command),
        Command::Outbox(command) => outbox::outbox(&file, &command),
        Command::Oncall(command) => oncall::oncall(&file, &command),
        Command::Keys(arguments) => keys::keys(&file, &arguments),
        Command::Digest(arguments) => digest::digest(&file, &arguments),
        Command::Stats(arguments) => stats::stats(&file, &arguments),
        Command::Why(arguments) => why::why(&file, &arguments),
        Command::Policy(command) => policy::policy(&file, &command),
        Command::Backup(arguments) => backup::backup(&file, &arguments),
        Command::Restore(arguments) => backup::restore(&file, &arguments),
        Command::Audit(arguments) => audit::audit(&file, &arguments),
        Command::Person(command) => person::person(&file, &command),
        Command::Purge(arguments) => purge::purge(&file, &arguments),
        Command::Config(command) => config_check::config(&file, &command),
        Command::Status(arguments) => status::status(&file, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&file, &arguments),
        Command::SendTest(arguments) => send_test::send_test(&file, &arguments),
        Command::Log(arguments) => log::log(&file, &arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
    }
}

fn read_config(file: &Path) -> Result<Config, Failure> {
    Config::read(file).map_err(|error| match error {
        ConfigError::Read { file, source } if source.kind() == std::io::ErrorKind::NotFound => {
            Failure::new(
                78,
                format!(
                    "there is no configuration `{}`: name one with --config, or see `guichet demo`",
                    file.display()
                ),
            )
        }
        other => Failure::new(78, other),
    })
}

/// What a site has before it has a configuration.
const UNCONFIGURED: &str = r#"
[service]
name = "guichet"
address = "support@localhost.localdomain"
[store]
directory = "."
[[mailbox]]
name = "none"
kind = "maildir"
path = "."
[delivery]
kind = "maildir"
path = "."
"#;

/// The configuration, or that of a site that has none yet if nobody named a file; with the tables
/// of `folder` if one is named.
fn config_or_none(file: &Path, folder: Option<&Path>) -> Result<Config, Failure> {
    let mut config = if file.exists() || file != Path::new(CONFIGURATION) {
        read_config(file)?
    } else {
        Config::from_text(UNCONFIGURED, file).map_err(|error| Failure::new(78, error))?
    };
    if let Some(folder) = folder {
        if !folder.is_dir() {
            let problem = format!(
                "expected a folder of tables, but `{}` is none",
                folder.display()
            );
            return Err(Failure::new(66, problem));
        }
        config.tables = config::tables_in(folder);
    }
    Ok(config)
}

/// One runtime for the whole process; the readers do the heavy work elsewhere.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .max_blocking_threads(8)
        .build()
        .map_err(|error| Failure::new(71, error))
}

/// Writes to standard output; a reader that has gone (`| head`) is no error.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn complain(line: &str) {
    use std::io::Write as _;
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(std::io::stderr(), "guichet: {line}");
}

/// What to write into the configuration, below the complaint that it is missing.
fn show_sample(sample: &str) {
    use std::io::Write as _;
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(std::io::stderr(), "\n{sample}");
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map(|line| line + "\n")
        .map_err(|error| Failure::new(70, error))
}
