//! `guichet status`: how the service is, on one page or for a monitoring system.
//!
//! Asks the running daemon through its control socket; without one it shows what the store says. Exit
//! code as monitoring plugins have it: 0 all is well, 1 somebody should look, 2 something does not
//! work, or nothing runs. With `--json` the same as one object.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::table::{counted, local};
use super::{Failure, json, print, read_config, runtime};
use crate::alarm::{Level, Mailbox, Queues, spelled};
use crate::config::Config;
use crate::monitor::control::{self, AskError};
use crate::monitor::disk;
use crate::monitor::report::Report;
use crate::store::{View, is_running};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn status(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let (report, note) = report(&config)?;
    if arguments.json {
        print(&json(&report)?)?;
    } else {
        print(&page(&report, &config, note.as_deref()))?;
    }
    Ok(ExitCode::from(report.level.exit_code()))
}

/// How it is, and what is odd about the way it was found out.
fn report(config: &Config) -> Result<(Report, Option<String>), Failure> {
    let now = Timestamp::now();
    match runtime()?.block_on(control::ask(&config.monitor.control)) {
        Ok(report) => return Ok((report, None)),
        Err(AskError::Nobody { .. }) if !is_running(&config.store) => {}
        Err(error) => {
            let mut report = alone(config, now)?;
            report.level = Level::Critical;
            return Ok((report, Some(crate::cause::chain(&error))));
        }
    }
    Ok((alone(config, now)?, None))
}

fn alone(config: &Config, now: Timestamp) -> Result<Report, Failure> {
    let queues = match View::open(&config.store) {
        Ok(view) => Some(view.queues(now)?),
        Err(crate::store::StoreError::NoStore { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut limits = config.monitor.limits.clone();
    limits.lock_after = config.decide.work.failures;
    let disk = queues.as_ref().and_then(|_| disk(&config.store));
    Ok(Report::without_daemon(now, queues, disk, &limits))
}

fn page(report: &Report, config: &Config, note: Option<&str>) -> String {
    let mut lines = vec![headline(report), daemon(report, note)];
    lines.extend(report.mailboxes.iter().map(|one| mailbox(one, report.at)));
    match &report.queues {
        Some(queues) => lines.extend(queue_lines(queues, report)),
        None => lines.push(format!(
            "store      nothing to see in `{}`",
            config.store.display()
        )),
    }
    if let Some(disk) = &report.disk {
        lines.push(format!(
            "store      {} MB and {} MB of log, {} MB free of {}",
            disk.database / 1_000_000,
            disk.wal / 1_000_000,
            disk.free / 1_000_000,
            disk.total / 1_000_000
        ));
    }
    for alarm in &report.alarms {
        lines.push(format!(
            "{:<10} {}\n           {}",
            alarm.level.as_str().to_uppercase(),
            alarm.says,
            alarm.remedy
        ));
    }
    lines.join("\n") + "\n"
}

fn daemon(report: &Report, note: Option<&str>) -> String {
    match (&report.process, note) {
        (Some(process), _) => {
            let up = report.at.duration_since(process.started_at);
            let log = match process.log {
                None => String::new(),
                Some(log) => match log.until {
                    None => format!(", logging `{}`", log.level.as_str()),
                    Some(until) => format!(
                        ", logging `{}` until {}",
                        log.level.as_str(),
                        local(until.as_second())
                    ),
                },
            };
            format!(
                "daemon     running for {}, process {}{log}",
                spelled(up),
                process.id
            )
        }
        (None, Some(note)) => format!("daemon     {note}"),
        (None, None) => {
            "daemon     not running: nothing is taken in, nothing is sent (`systemctl start guichet`)"
                .to_owned()
        }
    }
}

fn headline(report: &Report) -> String {
    let state = match (report.level, report.process.is_some()) {
        (_, false) => "not running",
        (Level::Ok, _) => "all is well",
        (Level::Warning, _) => "somebody should look",
        (Level::Critical, _) => "something does not work",
    };
    format!("guichet {}: {state}\n", report.version)
}

fn mailbox(mailbox: &Mailbox, now: Timestamp) -> String {
    let ago = |at: Timestamp| spelled(now.duration_since(at).max(SignedDuration::ZERO));
    let read = match mailbox.read_at {
        None => "not read yet".to_owned(),
        Some(at) => format!("read {} ago", ago(at)),
    };
    let session = match (mailbox.open_since, mailbox.refused) {
        (Some(at), _) => format!("session open for {}", ago(at)),
        (None, true) => format!(
            "login refused, {}",
            counted(
                usize::try_from(mailbox.failures).unwrap_or(0),
                "time",
                "times"
            )
        ),
        (None, false) if mailbox.failures == 0 => "connecting".to_owned(),
        (None, false) => format!(
            "no session, {} in a row",
            counted(
                usize::try_from(mailbox.failures).unwrap_or(0),
                "failure",
                "failures"
            )
        ),
    };
    format!("mailbox    {}: {read}, {session}", mailbox.name)
}

fn queue_lines(queues: &Queues, report: &Report) -> Vec<String> {
    let count = |state: &str| queues.outbox.get(state).copied().unwrap_or(0);
    let ago = |at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| {
            format!(", the oldest for {}", spelled(report.at.duration_since(at)))
        })
    };
    let mut outbox = format!(
        "outbox     {} waiting{}, {} being sent, {} held",
        count("pending"),
        ago(queues.oldest_waiting),
        count("sending"),
        count("held")
    );
    if let Some(since) = report.server_trouble_since {
        outbox.push_str(&format!(
            "; the mail server is in trouble for {}",
            spelled(report.at.duration_since(since))
        ));
    }
    let mut letters = format!(
        "letters    {} undecided{}, {} held for a person",
        queues.undecided,
        ago(queues.oldest_undecided),
        queues.held_letters
    );
    if let Some(newest) = queues.newest_letter {
        letters.push_str(&format!(
            ", the newest came {} ago",
            spelled(report.at.duration_since(newest))
        ));
    }
    let tickets: Vec<String> = queues
        .tickets
        .iter()
        .map(|(status, number)| format!("{number} {}", status.replace('_', " ")))
        .collect();
    let tickets = if tickets.is_empty() {
        "none".to_owned()
    } else {
        tickets.join(", ")
    };
    let mut lines = vec![letters, outbox, format!("tickets    {tickets}")];
    if queues.suspended > 0 {
        lines.push(format!(
            "suspended  {} (`guichet outbox suspended`)",
            counted(
                usize::try_from(queues.suspended).unwrap_or(usize::MAX),
                "address",
                "addresses"
            )
        ));
    }
    lines
}
