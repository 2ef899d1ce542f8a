//! `guichet audit`: what must be true of the store, looked at beside a running daemon.
//!
//! One line a breach: the rule, what it is about (by number), what was found and expected, what to
//! do. Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be found out. `--server`
//! compares with the folders on the mail server too.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::table::counted;
use super::{Failure, complain, json, print, read_config, runtime};
use crate::cause::chain;
use crate::config::{self, Config, INJECTED};
use crate::mailbox;
use crate::shelves::{self, Terms as ShelfTerms};
use crate::store::View;
use crate::store::audit::{Breach, Listener, Progress, Terms};

/// Seconds that work under way may take before it is a breach.
const GRACE: i64 = 3_600;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Compare with the folders on the mail server too
    #[arg(long)]
    server: bool,
    /// One JSON object a breach
    #[arg(long)]
    json: bool,
}

/// Prints what it hears.
struct Printer {
    as_json: bool,
    shows: bool,
    breaches: usize,
    /// The first thing that could not be printed.
    failed: Option<Failure>,
}

impl Listener for Printer {
    fn breach(&mut self, breach: Breach) {
        self.breaches += 1;
        self.clear();
        let printed = if self.as_json {
            json(&breach).and_then(|line| print(&line))
        } else {
            print(&format!("{breach}\n"))
        };
        if let Err(failure) = printed {
            self.failed.get_or_insert(failure);
        }
    }

    fn progress(&mut self, progress: Progress) {
        use std::io::Write as _;
        if self.shows {
            let Progress { what, done, all } = progress;
            // Nobody is left to tell if standard error is gone.
            let _ = write!(std::io::stderr(), "\r\x1b[K{what}: {done} of {all}");
        }
    }
}

impl Printer {
    fn clear(&self) {
        use std::io::Write as _;
        if self.shows {
            // Nobody is left to tell if standard error is gone.
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

pub(super) fn audit(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    // Whatever keeps us from finding out has the same code.
    let failed = |failure: Failure| Failure::new(2, failure.error);
    let config = read_config(file).map_err(failed)?;
    let mut printer = Printer {
        as_json: arguments.json,
        shows: std::io::stderr().is_terminal(),
        breaches: 0,
        failed: None,
    };
    let view = View::open(&config.store).map_err(|error| failed(error.into()))?;
    let audited = view.audit(&terms(&config), &mut printer);
    printer.clear();
    audited.map_err(|error| failed(error.into()))?;
    let unreached = if arguments.server {
        runtime()
            .map_err(failed)?
            .block_on(compare(&config, &view, &mut printer))
            .map_err(failed)?
    } else {
        0
    };
    printer.clear();
    if let Some(failure) = printer.failed {
        return Err(failed(failure));
    }
    if unreached > 0 {
        return Ok(ExitCode::from(2));
    }
    if !arguments.json {
        print(&match printer.breaches {
            0 => "Nothing is wrong.\n".to_owned(),
            many => format!("{} found.\n", counted(many, "breach", "breaches")),
        })?;
    }
    Ok(ExitCode::from(u8::from(printer.breaches > 0)))
}

fn terms(config: &Config) -> Terms {
    let keys = config.token_keys.path();
    let beside = keys
        .file_name()
        .filter(|_| keys.parent() == Some(config.store.as_path()))
        .map(|name| name.to_string_lossy().into_owned());
    Terms {
        now: Timestamp::now().as_second(),
        grace: GRACE,
        limits: config.decide.limits.clone(),
        beside: BTreeSet::from_iter(beside),
    }
}

/// Compares every mailbox, and says how many could not be.
async fn compare(config: &Config, view: &View, printer: &mut Printer) -> Result<usize, Failure> {
    let mut mailboxes = config.mailboxes.clone();
    mailboxes.push((INJECTED.to_owned(), config::inject_mailbox(&config.store)));
    let mut unreached = 0;
    for (name, settings) in &mailboxes {
        let terms = ShelfTerms {
            name,
            late: Timestamp::now().as_second() - GRACE,
        };
        let compared = match mailbox::open(settings).await {
            Ok(mut open) => {
                let compared = shelves::compare(&mut open, view, terms, printer).await;
                open.close().await;
                compared
            }
            Err(error) => Err(error.into()),
        };
        if let Err(error) = compared {
            printer.clear();
            complain(&format!(
                "mailbox `{name}` could not be compared: {}",
                chain(&error)
            ));
            unreached += 1;
        }
    }
    Ok(unreached)
}
