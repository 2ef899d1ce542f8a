//! `guichet log`: how much the running service logs, changed without a restart.
//!
//! Through the control socket, so that only the store's owner can. A level for a while goes back by
//! itself: nobody forgets the service at `debug`. At no level does a line hold an address, a subject,
//! text of a letter or a secret.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::SignedDuration;

use super::table::local;
use super::{Failure, json, print, read_config, runtime};
use crate::monitor::control::{self, AskError, LogOrder};
use crate::verbosity::{Level, Setting};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// error, warn, info or debug; without it the level in force is shown
    level: Option<Level>,
    /// For how long, such as 15m or 2h; then the configured level is back
    #[arg(long = "for", value_name = "TIME", requires = "level")]
    time: Option<SignedDuration>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::new(69, error)
    }
}

pub(super) fn log(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let socket = read_config(file)?.monitor.control;
    if arguments.time.is_some_and(|time| time.as_secs() < 1) {
        return Err(Failure::new(
            64,
            "expected a time of a second or more, such as --for 15m",
        ));
    }
    let runtime = runtime()?;
    let setting = match arguments.level {
        Some(level) => runtime.block_on(control::log(
            &socket,
            LogOrder {
                level,
                seconds: arguments.time.map(|time| time.as_secs()),
            },
        ))?,
        None => {
            let report = runtime.block_on(control::ask(&socket))?;
            let log = report.process.and_then(|process| process.log);
            log.ok_or_else(|| Failure::new(69, "the running guichet writes no log"))?
        }
    };
    if arguments.json {
        print(&json(&setting)?)?;
    } else {
        print(&said(setting))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn said(setting: Setting) -> String {
    let level = setting.level.as_str();
    match setting.until {
        None => format!("guichet logs `{level}`.\n"),
        Some(until) => format!(
            "guichet logs `{level}` until {}.\n",
            local(until.as_second())
        ),
    }
}
