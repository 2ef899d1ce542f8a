//! `guichet stats`: how the service is doing, on a terminal, as JSON, or as a page to print.

mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::{Span as Length, Timestamp};

use super::since::Since;
use super::{Failure, json, print, read_config};
use crate::calendar::Calendar;
use crate::chart::sheet::About;
use crate::chart::{pdf, sheet, svg};
use crate::compose::headline;
use crate::compose::template::Tongue;
use crate::config;
use crate::daemon::DaemonError;
use crate::figures::days::USUAL_DAYS;
use crate::figures::{Figures, Span};
use crate::store::View;

/// Days without `--since`.
const DAYS: i64 = 30;
/// Days at most: a hundred years are a mistake in writing.
const MOST_DAYS: i64 = 3_660;

/// Requests, waits, refusals and what is open, over some days
///
/// The figures are compared with as many days before, or a month with the month before. A request
/// is a letter that opened a ticket; a first answer is a person's, in opening hours.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// From when on: 30d, 12w, 6mo, or a day such as 2026-11-01
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// The last day; today if not given
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Write the chart sheet: one A4 page
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write the chart sheet as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The language of the chart sheet
    #[arg(long, value_enum, default_value_t = Language::Fr)]
    language: Language,
    /// As if it were this moment, such as 2026-12-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Fr,
    En,
}

pub(super) fn stats(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let calendar = config::calendar(&config)?.ok_or_else(|| DaemonError::NoHours {
        file: file.to_owned(),
    })?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let span = span(arguments, &calendar, now)?;
    let figures = figures(&View::open(&config.store)?, span, &calendar, now)?;
    let drawn = write_sheets(&config, &figures, arguments)?;
    if arguments.json {
        print(&json(&figures)?)?;
    } else if !drawn {
        print(&tables::shown(&figures, &config.decide.team, &calendar))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Which days are meant.
fn span(arguments: &Arguments, calendar: &Calendar, now: Timestamp) -> Result<Span, Failure> {
    let last = arguments.until.unwrap_or(calendar.local(now).date());
    let first = match &arguments.since {
        None => Span::ending(last, DAYS).first,
        Some(Since::Day(day)) => *day,
        // Thirty days that end with this one.
        Some(Since::Ago(ago)) => last
            .checked_sub(**ago)
            .map(|before| before.saturating_add(Length::new().days(1)))
            .unwrap_or(Date::MIN)
            .min(last),
    };
    Span::new(first, last)
        .filter(|span| span.length() <= MOST_DAYS)
        .ok_or_else(|| {
            let problem = format!(
                "expected a first day at most ten years before the last, but found {first} and {last}"
            );
            Failure::new(64, problem)
        })
}

/// The figures, and all that they are compared with.
fn figures(
    view: &View,
    span: Span,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Figures, Failure> {
    let before = span.before().begins(calendar);
    let usual = Span::ending(span.first, USUAL_DAYS + 1).begins(calendar);
    let ledger = view.ledger(before.min(usual))?;
    Ok(Figures::of(&ledger, span, calendar, now))
}

/// Writes the page where it is asked for; says whether it was.
fn write_sheets(
    config: &config::Config,
    figures: &Figures,
    arguments: &Arguments,
) -> Result<bool, Failure> {
    if arguments.pdf.is_none() && arguments.svg.is_none() {
        return Ok(false);
    }
    let tongue = match arguments.language {
        Language::Fr => Tongue::Fr,
        Language::En => Tongue::En,
    };
    let (text, name) = config::card_text(config.card.as_deref())?;
    let card = crate::policy::Card::parse(&text, &name).map_err(|error| Failure::new(78, error))?;
    let scene = sheet::sheet(About {
        headline: &headline::span(figures, tongue),
        service: &config.identity.service,
        figures,
        clauses: &sheet::clause_names(&card, tongue),
        tongue,
    });
    let write = |file: &Path, bytes: &[u8]| {
        std::fs::write(file, bytes).map_err(|error| {
            let problem = format!("`{}` cannot be written: {error}", file.display());
            Failure::new(74, problem)
        })
    };
    if let Some(file) = &arguments.pdf {
        write(file, &pdf::pdf(&scene))?;
    }
    if let Some(file) = &arguments.svg {
        write(file, svg::svg(&scene).as_bytes())?;
    }
    Ok(true)
}
