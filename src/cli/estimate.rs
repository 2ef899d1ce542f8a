//! `guichet estimate`: how soon persons answer, as the answers to new requests tell it.
//!
//! Reckoned now from the store, whether a gateway runs or not: each group of requests with what it
//! says, the pace of the queue, and whether what was told was kept. The whole answer is a
//! [`Report`]; `--json` prints that.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::table::{counted, local, table};
use super::{Failure, json, print, read_config};
use crate::config;
use crate::daemon::DaemonError;
use crate::estimate::coverage::{Coverage, TOLERATED};
use crate::estimate::{Group, LEAST_CASES, PACE_DAYS, Snapshot, WINDOW_DAYS};
use crate::store::View;
use crate::ticket::priority::Priority;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As if it were this moment, such as 2026-12-24T13:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What the past says.
#[derive(Debug, Serialize)]
struct Report {
    /// Unix seconds.
    at: i64,
    window_days: i64,
    /// Seconds of a usual business day.
    day_seconds: u64,
    /// First answers of the last weeks, and the open seconds they were given in.
    pace_days: i64,
    answers: u64,
    open_seconds: u64,
    groups: Vec<Line>,
    kept: Vec<Kept>,
}

/// A group of requests.
#[derive(Debug, Serialize)]
struct Line {
    /// Absent: of all priorities.
    priority: Option<&'static str>,
    /// Absent: of all categories.
    category: Option<&'static str>,
    cases: usize,
    answered: usize,
    /// Seconds of business time; absent where it is not known.
    half_seconds: Option<u64>,
    most_seconds: Option<u64>,
    /// Whether it is large enough to be told.
    enough: bool,
}

/// How the figures that were told were kept.
#[derive(Debug, Serialize)]
struct Kept {
    /// Absent: of all priorities.
    priority: Option<&'static str>,
    judged: usize,
    kept: usize,
    share: Option<f64>,
    /// Whether its figures are withheld at present.
    withheld: bool,
}

pub(super) fn estimate(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let calendar = config::calendar(&config)?.ok_or_else(|| DaemonError::NoHours {
        file: file.to_owned(),
    })?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let past = View::open(&config.store)?.past(now)?;
    let report = report(&Snapshot::of(&past, &calendar, now));
    print(&if arguments.json {
        json(&report)?
    } else {
        shown(&report)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn report(snapshot: &Snapshot) -> Report {
    let (answers, open) = snapshot.pace();
    let kept = |priority: Option<Priority>| {
        let Coverage { judged, kept } = snapshot.told(priority);
        Kept {
            priority: priority.map(Priority::as_str),
            judged,
            kept,
            share: snapshot.told(priority).share(),
            withheld: priority.is_some_and(|priority| snapshot.withholds(priority)),
        }
    };
    let own = Priority::ALL.into_iter().map(Some).map(kept);
    Report {
        at: snapshot.at().as_second(),
        window_days: WINDOW_DAYS,
        day_seconds: snapshot.day().as_secs(),
        pace_days: PACE_DAYS,
        answers,
        open_seconds: open.as_secs(),
        groups: lines(snapshot),
        kept: std::iter::once(kept(None))
            .chain(own.filter(|kept| kept.judged > 0 || kept.withheld))
            .collect(),
    }
}

/// The groups, the widest first.
fn lines(snapshot: &Snapshot) -> Vec<Line> {
    let mut groups: Vec<_> = snapshot.groups().collect();
    groups.sort_by_key(|(group, _)| match group {
        Group::All => (None, None),
        Group::Priority(priority) => (Some(*priority), None),
        Group::Same(priority, category) => (Some(*priority), Some(*category)),
    });
    groups
        .into_iter()
        .map(|(group, reading)| {
            let (priority, category) = match group {
                Group::All => (None, None),
                Group::Priority(priority) => (Some(priority), None),
                Group::Same(priority, category) => (Some(priority), Some(category)),
            };
            Line {
                priority: priority.map(|one| one.as_str()),
                category: category.map(|one| one.as_str()),
                cases: reading.cases,
                answered: reading.answered,
                half_seconds: reading.half.map(|time| time.as_secs()),
                most_seconds: reading.most.map(|time| time.as_secs()),
                enough: reading.cases >= LEAST_CASES,
            }
        })
        .collect()
}

fn shown(report: &Report) -> String {
    let time = |seconds: Option<u64>| seconds.map_or_else(|| "·".to_owned(), hours);
    let rows = report.groups.iter().map(|line| {
        vec![
            line.priority.unwrap_or("all").to_owned(),
            line.category.unwrap_or("all").to_owned(),
            line.cases.to_string(),
            line.answered.to_string(),
            time(line.half_seconds),
            time(line.most_seconds),
            if line.enough { "" } else { "too few" }.to_owned(),
        ]
    });
    let head = [
        "priority", "category", "cases", "answered", "half", "8 of 10", "",
    ];
    let answers = usize::try_from(report.answers).unwrap_or(usize::MAX);
    let mut text = format!(
        "First answers by a person, of the {} days before {}, in business time.\n\n",
        report.window_days,
        local(report.at),
    );
    if report.groups.is_empty() {
        text.push_str("No request yet.\n");
    } else {
        text.push_str(&table(&head, rows.collect()));
    }
    text.push_str(&format!(
        "\nPace: {} in {} of opening hours, the last {} days. A usual day has {}.\n",
        counted(answers, "first answer", "first answers"),
        hours(report.open_seconds),
        report.pace_days,
        hours(report.day_seconds),
    ));
    for one in &report.kept {
        text.push_str(&kept(one));
    }
    text
}

/// One line on whether what was told was kept.
fn kept(one: &Kept) -> String {
    let what = one.priority.unwrap_or("All");
    let mut line = match one.share {
        None => format!("{what}: no figure that was told can be judged yet."),
        Some(share) => format!(
            "{what}: {} of {} that were told were kept, {:.0} % (to be: 80 %).",
            one.kept,
            counted(one.judged, "figure", "figures"),
            100.0 * share,
        ),
    };
    if one.withheld {
        line.push_str(&format!(
            " No figure is told at present: of the latest, fewer than {:.0} % were kept.",
            100.0 * TOLERATED
        ));
    }
    line + "\n"
}

/// A length in hours and minutes.
fn hours(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02}"),
    }
}
