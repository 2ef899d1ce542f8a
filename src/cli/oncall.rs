//! `guichet oncall list`, `show` and `ics`: who is on call when, and what is still to be decided.
//!
//! Reads only: on-call presence is granted by mail, by those whom the configuration names.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::table::{line, local, table};
use super::{Failure, json, print, read_config};
use crate::oncall::{Lack, OnCall, When, ics};
use crate::policy::Language;
use crate::store::View;
use crate::store::on_call::OnCallLine;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Requests that are not over, with what was granted
    List {
        /// Those that are over, denied or withdrawn too
        #[arg(long)]
        all: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// One request: what is asked, what is lacking, what was granted, what came
    Show {
        /// The number of its ticket
        ticket: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// The granted windows as an iCalendar file, for other calendars:
    /// `guichet oncall ics > astreintes.ics`
    Ics {
        /// Windows that are over too
        #[arg(long)]
        all: bool,
    },
}

pub(super) fn oncall(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let view = View::open(&config.store)?;
    let text = match command {
        Command::List { all, json } => list(&view.on_calls(*all)?, *json)?,
        Command::Show { ticket, json } => {
            let found = view.on_call(*ticket)?;
            let lacks = found.request.asked.lacks(&config.decide.on_call);
            if *json {
                super::json(&Shown {
                    found: &found,
                    lacks: &lacks,
                })?
            } else {
                shown(&found, &lacks)
            }
        }
        Command::Ics { all } => {
            let requests: Vec<OnCall> = view
                .on_calls(*all)?
                .into_iter()
                .map(|found| found.request)
                .collect();
            let host = config.identity.host().to_owned();
            ics::write(&requests, &host, &config.decide.zone, Timestamp::now())
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// A request with what it lacks.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    found: &'a OnCallLine,
    lacks: &'a [Lack],
}

fn list(found: &[OnCallLine], as_json: bool) -> Result<String, Failure> {
    if as_json {
        let lines: Result<Vec<String>, Failure> = found.iter().map(json).collect();
        return Ok(lines?.concat());
    }
    if found.is_empty() {
        return Ok("No requests for on-call presence.\n".to_owned());
    }
    let rows = found
        .iter()
        .map(|one| {
            let request = &one.request;
            let agent = request.grant.as_ref().map(|grant| &grant.agent);
            vec![
                format!("#{}", request.ticket.0),
                request
                    .mark
                    .map(|mark| mark.to_string())
                    .unwrap_or_default(),
                request.state.as_str().replace('_', " "),
                when(request),
                agent.map(|agent| line(&agent.name, 30)).unwrap_or_default(),
                line(&request.asked.event, 40),
                line(&one.requester, 40),
            ]
        })
        .collect();
    Ok(table(
        &[
            "ticket",
            "window",
            "state",
            "when",
            "on call",
            "event",
            "requester",
        ],
        rows,
    ))
}

/// From when to when, as far as it is known; what is granted before what is asked.
fn when(request: &OnCall) -> String {
    match (request.period(), request.asked.when) {
        (Some(period), _) => {
            let (from, to) = period.ends();
            let daily = match period.hours() {
                Some((from, to)) if period.days().0 != period.days().1 => {
                    format!(", {} to {}", from.strftime("%H:%M"), to.strftime("%H:%M"))
                }
                _ => String::new(),
            };
            if daily.is_empty() {
                format!(
                    "{} to {}",
                    from.strftime("%F %H:%M"),
                    to.strftime("%F %H:%M")
                )
            } else {
                let (first, last) = period.days();
                format!("{first} to {last}{daily}")
            }
        }
        (None, When::Days(first, last)) => format!("{first} to {last}, hours lacking"),
        (None, _) => "unknown".to_owned(),
    }
}

fn shown(found: &OnCallLine, lacks: &[Lack]) -> String {
    let request = &found.request;
    let asked = &request.asked;
    let mut out = format!(
        "On-call request #{}  {}\n\n  state       {}\n  requester   {}\n  asked       {}\n",
        request.ticket.0,
        line(&found.subject, 200),
        request.state.as_str().replace('_', " "),
        line(&found.requester, 200),
        local(request.asked_at.as_second()),
    );
    let people = asked
        .people
        .map(|people| people.to_string())
        .unwrap_or_default();
    let period = asked
        .when
        .period()
        .map(|period| period.said(Language::En))
        .unwrap_or_default();
    for (name, value) in [
        ("event", asked.event.as_str()),
        ("place", &asked.place),
        ("when", &period),
        ("systems", &asked.systems),
        ("people", &people),
        ("in charge", &asked.contact.line()),
        ("second", &asked.second.line()),
        ("agreement", &asked.agreement),
    ] {
        if !value.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(out, "  {name:<11} {}", line(value, 200));
        }
    }
    for lack in lacks {
        let _ = writeln!(out, "  lacks       {}", lack.as_str());
    }
    if let Some(grant) = &request.grant {
        let mark = request
            .mark
            .map(|mark| mark.to_string())
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "\n  granted     {} by {}: {}\n  on call     {}, {}",
            mark,
            grant.approver,
            grant.period.said(Language::En),
            line(&grant.agent.name, 80),
            line(&grant.agent.phone, 40),
        );
    }
    for one in &found.interventions {
        let _ = writeln!(
            out,
            "  came        #{} {}",
            one.ticket.0,
            local(one.at.as_second())
        );
    }
    out
}
