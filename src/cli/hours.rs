//! `guichet hours`: the week as the configuration has it, so that a mistake is seen before a
//! requester reads it in an answer.
//!
//! Shows one week, whether it is open now and until when, the holidays, closures and exceptional
//! openings of the coming months, and the closures that somebody has still to enter. The whole
//! answer is a [`Report`]; `--json` prints that, [`drawing`] draws it.

mod drawing;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp};
use serde::Serialize;

use super::table::line;
use super::{Failure, json, print, read_config};
use crate::calendar::hours::{Clock, DAY};
use crate::calendar::{BreakSeason, Calendar, closure, english};
use crate::config;
use crate::daemon::DaemonError;

/// How far ahead holidays and closures are listed, in days: half a year.
const AHEAD: i64 = 183;
/// Longest label shown, in characters.
const LABEL: usize = 100;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The week that holds this day, such as 2026-12-24; this week if not given
    #[arg(long, value_name = "DATE")]
    week: Option<Date>,
    /// As if it were this moment, such as 2026-12-24T13:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn hours(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let calendar = config::calendar(&config)?.ok_or_else(|| DaemonError::NoHours {
        file: file.to_owned(),
    })?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let shown = arguments.week.unwrap_or(calendar.local(now).date());
    let report = report(&calendar, now, shown);
    if arguments.json {
        print(&json(&report)?)?;
    } else {
        let ink = if std::io::stdout().is_terminal() {
            drawing::BLOCKS
        } else {
            drawing::PLAIN
        };
        print(&drawing::draw(&report, ink))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything the command has to say. Times are of the service's wall clock.
#[derive(Debug, Serialize)]
struct Report {
    time_zone: String,
    now: DateTime,
    open: bool,
    /// When it closes, if it is open.
    closes: Option<DateTime>,
    /// When it opens next, if it is closed.
    opens: Option<DateTime>,
    /// Minutes until then.
    minutes: Option<i64>,
    /// Why it is closed until then.
    reasons: Vec<String>,
    week: Vec<Day>,
    /// Minutes open in that week.
    week_minutes: i64,
    coming: Vec<Coming>,
    /// Seasons without the closure that is expected: `summer`, `christmas`.
    missing: Vec<Missing>,
}

/// One day of the week shown.
#[derive(Debug, Serialize)]
struct Day {
    date: Date,
    /// `08:30-12:00`.
    hours: Vec<String>,
    /// The same as seconds since midnight.
    #[serde(skip)]
    seconds: Vec<(u32, u32)>,
    /// Why it is closed, wholly or in part; nothing for an ordinary day.
    reason: Option<String>,
}

/// Something out of the ordinary in the months to come.
#[derive(Debug, Serialize)]
struct Coming {
    kind: &'static str,
    from: DateTime,
    /// Does not count; for whole days the midnight after the last.
    to: DateTime,
    label: String,
}

/// A season whose closure is not entered.
#[derive(Debug, Serialize)]
struct Missing {
    season: &'static str,
    #[serde(skip)]
    which: BreakSeason,
    from: Date,
    to: Date,
}

fn report(calendar: &Calendar, now: Timestamp, shown: Date) -> Report {
    let local = calendar.local(now);
    let closed = calendar.closed(now);
    let closes = calendar.next_closing(now);
    let opens = calendar.next_opening(now).filter(|_| closed.is_some());
    let week = week(calendar, shown);
    Report {
        time_zone: calendar.zone().iana_name().unwrap_or("UTC").to_owned(),
        now: to_minute(local),
        open: closed.is_none(),
        closes: closes.map(|t| calendar.local(t)),
        opens: opens.map(|t| calendar.local(t)),
        // A minute that has begun counts: "in 0 min" would be wrong.
        minutes: closes
            .or(opens)
            .map(|t| (t.duration_since(now).as_secs() + 59) / 60),
        reasons: closed
            .map(|closed| closed.reasons)
            .unwrap_or_default()
            .iter()
            .map(|reason| line(&english::reason(reason), LABEL))
            .collect(),
        week_minutes: week_minutes(calendar, &week),
        week,
        coming: coming(calendar, local.date()),
        missing: missing(calendar, now),
    }
}

/// Monday to Sunday.
fn week(calendar: &Calendar, shown: Date) -> Vec<Day> {
    let back = i64::from(shown.weekday().to_monday_zero_offset());
    let monday = shown.saturating_sub(Span::new().days(back));
    let sunday = monday.saturating_add(Span::new().days(6));
    closure::days(monday, sunday)
        .map(|date| {
            let hours = calendar.hours(date);
            Day {
                date,
                hours: hours.iter().map(|range| range.to_string()).collect(),
                seconds: hours
                    .iter()
                    .map(|range| (range.from(), range.to()))
                    .collect(),
                reason: calendar
                    .day_reason(date)
                    .map(|reason| line(&english::reason(&reason), LABEL)),
            }
        })
        .collect()
}

fn week_minutes(calendar: &Calendar, week: &[Day]) -> i64 {
    let instant = |date: Date| {
        calendar
            .zone()
            .to_timestamp(date.to_datetime(Time::midnight()))
    };
    let ends = week.first().zip(week.last()).and_then(|(first, last)| {
        Some((
            instant(first.date).ok()?,
            instant(last.date.tomorrow().ok()?).ok()?,
        ))
    });
    ends.map_or(0, |(from, to)| {
        calendar.business_between(from, to).as_mins()
    })
}

/// Holidays, closures and openings that touch the days from today on, by their beginning.
fn coming(calendar: &Calendar, today: Date) -> Vec<Coming> {
    let last = today.saturating_add(Span::new().days(AHEAD));
    let mut coming: Vec<Coming> = calendar
        .closures()
        .iter()
        .filter(|closure| closure.last() >= today && closure.from.date() <= last)
        .map(|closure| Coming {
            kind: "closure",
            from: closure.from,
            to: closure.to,
            label: line(&closure.label.en, LABEL),
        })
        .collect();
    for date in closure::days(today, last) {
        let day = |kind, from, to, label| {
            let at = |second| date.to_datetime(Time::midnight()).saturating_add(second);
            Coming {
                kind,
                from: at(Span::new().seconds(from)),
                to: at(Span::new().seconds(to)),
                label,
            }
        };
        if let Some(holiday) = calendar.holiday(date) {
            let name = english::holiday(holiday).to_owned();
            coming.push(day("holiday", 0, i64::from(DAY), name));
        }
        for range in calendar.openings(date) {
            let (from, to) = (i64::from(range.from()), i64::from(range.to()));
            coming.push(day("opening", from, to, "exceptional opening".to_owned()));
        }
    }
    coming.sort_by_key(|one| (one.from, one.to));
    coming
}

fn missing(calendar: &Calendar, now: Timestamp) -> Vec<Missing> {
    let today = calendar.local(now).date();
    calendar
        .missing_season(now)
        .into_iter()
        .filter_map(|which| {
            let (from, to) = [today.year() - 1, today.year()]
                .into_iter()
                .filter_map(|year| which.days(year))
                .find(|(_, last)| today <= *last)?;
            Some(Missing {
                season: which.id(),
                which,
                from,
                to,
            })
        })
        .collect()
}

fn to_minute(local: DateTime) -> DateTime {
    let time = Time::new(local.hour(), local.minute(), 0, 0).unwrap_or(local.time());
    local.date().to_datetime(time)
}

/// A wall-clock time of a day, where the end of a day is 24:00.
fn clock(seconds: u32) -> String {
    Clock(seconds).to_string()
}
