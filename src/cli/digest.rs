//! `guichet digest`: the letter that would be sent, on the terminal; nothing is sent.

use std::path::Path;
use std::process::ExitCode;

use clap::{ArgGroup, Args};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::table::{line, paragraph};
use super::{Failure, print, read_config};
use crate::chart::enclosure::enclosed;
use crate::compose::bulletin;
use crate::config;
use crate::daemon::DaemonError;
use crate::digest::{self, Ground};
use crate::figures::Span;
use crate::figures::days::midnight;
use crate::gateway::rules::Rules;
use crate::notice::{Bulletin, House};
use crate::store::View;

/// Show the digest that a technician, or the head of service, would get; send nothing
///
/// The week is the one before the day's. The tickets are as they stand now, whatever the day.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true))]
pub(super) struct Arguments {
    /// A technician's handle or name
    #[arg(long = "for", value_name = "NAME", group = "which")]
    whose: Option<String>,
    /// The figures of the week
    #[arg(long, group = "which")]
    weekly: bool,
    /// As if it were the morning of this day
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
}

pub(super) fn digest(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    let rules = config::rules(&config)?;
    let calendar = rules
        .calendar
        .as_ref()
        .ok_or_else(|| DaemonError::NoHours {
            file: file.to_owned(),
        })?;
    let now = match arguments.date {
        None => Timestamp::now(),
        Some(date) => {
            let begins = midnight(date, calendar);
            let opens = calendar.next_opening(begins);
            opens
                .filter(|at| calendar.local(*at).date() == date)
                .unwrap_or(begins)
        }
    };
    let ground = Ground {
        site: &rules.decide,
        settings: &rules.digest,
        calendar,
        now,
    };
    let view = View::open(&config.store)?;
    let letter = match &arguments.whose {
        Some(name) => morning(&view, name, ground)?,
        None => week(&view, ground)?,
    };
    print(&shown(&letter, &rules, ground.now)?)?;
    Ok(ExitCode::SUCCESS)
}

fn morning(view: &View, name: &str, ground: Ground<'_>) -> Result<Bulletin, Failure> {
    let technician = ground.site.team.named(name);
    let technician = technician.map_err(|error| Failure::new(66, error))?;
    let agenda = view.agenda()?;
    Ok(digest::morning_letter(&agenda, technician, ground))
}

fn week(view: &View, ground: Ground<'_>) -> Result<Bulletin, Failure> {
    let today = ground.calendar.local(ground.now).date();
    let span = Span::week(today.saturating_sub(7.days()));
    let ledger = view.ledger(digest::week_needs(span, ground.calendar))?;
    let to = ground.settings.weekly_to.first();
    let to = to.map_or("(nobody: see weekly_to under [digest])", String::as_str);
    Ok(digest::week_letter(&ledger, span, to, ground))
}

/// The letter as its reader sees it.
fn shown(letter: &Bulletin, rules: &Rules, now: Timestamp) -> Result<String, Failure> {
    let text =
        bulletin::text(letter, rules.desk(), now).map_err(|error| Failure::new(70, error))?;
    let mut out = format!(
        "To: {}\nSubject: {}\n",
        line(&letter.to.email, 200),
        line(&text.subject, 200)
    );
    for file in enclosed(letter, rules.desk()) {
        out.push_str(&format!(
            "Attached: {}, {} bytes\n",
            file.name,
            file.bytes.len()
        ));
    }
    if let House::Digest(digest) = &letter.about
        && digest.is_empty()
        && !rules.digest.empty
    {
        out.push_str("(It would not be sent: nothing waits.)\n");
    }
    Ok(format!("{out}\n{}", paragraph(&text.body)))
}
