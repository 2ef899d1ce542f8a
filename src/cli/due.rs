//! `guichet due`: what is going to fall due, when and why, computed and not written down anywhere.
//!
//! The rules are the timer's own, over every ticket in which anything can fall due. What lies in the
//! past falls due with the next pass: nobody was there, or something holds it up, which is said above
//! the list.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::table::{local, table};
use super::{Failure, json, print, read_config};
use crate::config;
use crate::daemon::DaemonError;
use crate::decide::due::{Ground, Look, Usual, look};
use crate::estimate::Snapshot;
use crate::store::View;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// At most this many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// As if it were this moment, such as 2026-12-24T13:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// One thing to come.
#[derive(Debug, Serialize)]
struct Line {
    ticket: i64,
    status: &'static str,
    /// Unix seconds.
    at: i64,
    /// The word of what falls due.
    what: &'static str,
    /// The same as a sentence.
    why: String,
    /// Since when the ticket stands as it does, Unix seconds.
    since: i64,
}

pub(super) fn due(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let calendar = config::calendar(&config)?.ok_or_else(|| DaemonError::NoHours {
        file: file.to_owned(),
    })?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let view = View::open(&config.store)?;
    let usual = Usual::of(&Snapshot::of(&view.past(now)?, &calendar, now));
    let ground = Ground {
        now,
        calendar: &calendar,
        settings: &config.decide,
        usual: &usual,
    };
    let mut lines: Vec<Line> = view
        .standings(u32::MAX)?
        .iter()
        .filter_map(|standing| match look(standing, &ground) {
            Look::Falls(falling) => Some(Line {
                ticket: standing.ticket.0,
                status: standing.status.as_str(),
                at: falling.at.as_second(),
                what: falling.what.word(),
                why: falling.what.to_string(),
                since: standing.since.as_second(),
            }),
            Look::Again(_) | Look::Nothing => None,
        })
        .collect();
    lines.sort_by_key(|line| (line.at, line.ticket));
    let more = lines.len().saturating_sub(arguments.limit);
    lines.truncate(arguments.limit);
    if arguments.json {
        for line in &lines {
            print(&json(line)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(why) = view.due_waits(now)? {
        print(&format!("WAITS: {why}.\n"))?;
    }
    if lines.is_empty() {
        print("Nothing is going to fall due.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&drawn(&lines))?;
    if more > 0 {
        print(&format!("{more} more; see --limit.\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn drawn(lines: &[Line]) -> String {
    let rows = lines
        .iter()
        .map(|line| {
            vec![
                local(line.at),
                format!("#{}", line.ticket),
                line.status.replace('_', " "),
                local(line.since),
                line.why.clone(),
            ]
        })
        .collect();
    table(&["due", "ticket", "status", "since", "what"], rows)
}
