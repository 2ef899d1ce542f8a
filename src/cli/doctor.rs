//! `guichet doctor`: everything the service rests on, tried step by step, in the order of a letter's
//! way. Each finding says what, why it matters, and what to do.
//!
//! Exit code: 0 all is well · 1 somebody should look · 2 something does not work, or is not safe.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::table::{counted, line};
use super::{Failure, json, print, runtime};
use crate::alarm::Level;
use crate::doctor::{Finding, Grade, Options, examine};

/// Characters of one sentence that are shown.
const LONGEST: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask nothing over the network
    #[arg(long)]
    offline: bool,
    /// Send no letter to the service itself
    #[arg(long)]
    no_round_trip: bool,
    /// How long that letter may take
    #[arg(long, value_name = "TIME", default_value = "60s")]
    wait: SignedDuration,
    /// Whom to ask for names, instead of the system's resolvers
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<SocketAddr>,
    /// Only what is not as it should be
    #[arg(long, short)]
    quiet: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn doctor(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let options = Options {
        network: !arguments.offline,
        round_trip: !arguments.no_round_trip,
        resolver: arguments.resolver,
        patience: Duration::try_from(arguments.wait).unwrap_or_default(),
    };
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // A finding that cannot be shown is in the exit code all the same.
    let mut failed = None;
    let mut show = |finding: &Finding| {
        let shown = if arguments.json {
            json(finding)
        } else if arguments.quiet && finding.grade <= Grade::Skipped {
            Ok(String::new())
        } else {
            Ok(lines(finding, colours))
        };
        if let Err(error) = shown.and_then(|text| print(&text)) {
            failed.get_or_insert(error);
        }
    };
    let findings = runtime()?.block_on(examine(file, &options, &mut show));
    if let Some(error) = failed {
        return Err(error);
    }
    if !arguments.json {
        print(&summary(&findings))?;
    }
    let worst = findings.iter().map(|finding| finding.grade).max();
    let level = match worst {
        Some(Grade::Fault) => Level::Critical,
        Some(Grade::Warning) => Level::Warning,
        Some(Grade::Skipped | Grade::Good) | None => Level::Ok,
    };
    Ok(ExitCode::from(level.exit_code()))
}

fn lines(finding: &Finding, colours: bool) -> String {
    let (mark, colour) = match finding.grade {
        Grade::Good => ("ok", "32"),
        Grade::Skipped => ("--", "2"),
        Grade::Warning => ("WARN", "33"),
        Grade::Fault => ("FAULT", "31"),
    };
    let mark = if colours {
        format!("\x1b[{colour}m{mark:<5}\x1b[0m")
    } else {
        format!("{mark:<5}")
    };
    // What a mail server said may stand in it.
    let says = line(&finding.says, LONGEST);
    let mut text = format!("{mark} {:<24} {says}\n", finding.check);
    for (name, words) in [("why:", &finding.why), ("do: ", &finding.remedy)] {
        if !words.is_empty() {
            text.push_str(&format!("      {name} {}\n", line(words, LONGEST)));
        }
    }
    text
}

fn summary(findings: &[Finding]) -> String {
    let of = |grade| findings.iter().filter(|one| one.grade == grade).count();
    format!(
        "\n{}, {}, {} as it should be, {} not looked at.\n",
        counted(of(Grade::Fault), "fault", "faults"),
        counted(of(Grade::Warning), "warning", "warnings"),
        of(Grade::Good),
        of(Grade::Skipped)
    )
}
