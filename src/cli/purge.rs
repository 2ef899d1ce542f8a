//! `guichet purge`: removes what is older than the configured periods, or shows what that would be.
//!
//! Works beside a running daemon, in small transactions. `--compact` rewrites the file, which only
//! a store that no daemon uses allows: since this version deleted bytes are overwritten at once, so
//! it is needed once for a store of an older version, or to give disk space back.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::table::{counted, local, table};
use super::{Failure, json, print, read_config, runtime};
use crate::daemon;
use crate::privacy::{Retention, Rule};
use crate::purge::{self, Order, PurgeError};
use crate::reader::Reader;
use crate::store::purge::{Hand, Tally};
use crate::store::{Desk, Store, View};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Remove nothing: show what would be removed now
    #[arg(long, conflicts_with_all = ["log", "compact"])]
    dry_run: bool,
    /// What was removed so far: when, by which rule, how much
    #[arg(long, conflicts_with = "compact")]
    log: bool,
    /// Rewrite the database without its free space; guichet must not run
    #[arg(long)]
    compact: bool,
    /// The clock is right although no letter came for weeks
    #[arg(long)]
    quiet_is_right: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl From<PurgeError> for Failure {
    fn from(error: PurgeError) -> Self {
        match error {
            PurgeError::Store(error) => error.into(),
            PurgeError::Clock { .. } => Self::new(75, error),
            PurgeError::Reader(_) => Self::new(71, error),
        }
    }
}

pub(super) fn purge(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    if arguments.log {
        return log(&View::open(&config.store)?, arguments.json);
    }
    if arguments.compact {
        let (before, after) = Store::compact(&config.store)?;
        print(&format!(
            "The database has {after} bytes; it had {before}.\n"
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.dry_run {
        let proposed = config.retention.is_none();
        let retention = config.retention.unwrap_or_default();
        let cutoffs = retention.cutoffs(Timestamp::now(), &config.identity.zone);
        let view = View::open(&config.store)?;
        let plan = view.purgeable(&cutoffs)?;
        show(&plan, arguments.json)?;
        if !arguments.json {
            foot(retention, proposed, view.never_ended(&cutoffs)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(retention) = config.retention else {
        return Err(Failure::new(
            78,
            "expected the table `retention` in the configuration, because only the service can say \
             how long what is kept; `guichet purge --dry-run` shows what the usual periods mean",
        ));
    };
    let mut hand = Hand::Desk(Desk::open(&config.store)?);
    let reader = Reader::new(daemon::readers(&config));
    let order = Order {
        retention,
        zone: &config.identity.zone,
        now: Timestamp::now(),
        quiet_is_right: arguments.quiet_is_right,
    };
    let done = runtime()?.block_on(async {
        let done = purge::run(&mut hand, &reader, &order, |_, _| true).await;
        reader.close().await;
        done
    })?;
    show(&done, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

fn show(steps: &[(Rule, Tally)], as_json: bool) -> Result<(), Failure> {
    if as_json {
        for (rule, tally) in steps {
            let mut line = serde_json::to_value(tally).unwrap_or_default();
            if let Some(fields) = line.as_object_mut() {
                fields.insert("rule".to_owned(), rule.as_str().into());
            }
            print(&json(&line)?)?;
        }
        return Ok(());
    }
    let rows = steps
        .iter()
        .map(|(rule, tally)| {
            vec![
                rule.as_str().to_owned(),
                tally.tickets.to_string(),
                tally.letters.to_string(),
                tally.rows.to_string(),
                tally.bytes.to_string(),
                range(tally.first, tally.last),
            ]
        })
        .collect();
    print(&table(
        &["what", "tickets", "letters", "answers", "bytes", "numbers"],
        rows,
    ))
}

fn range(first: i64, last: i64) -> String {
    match (first, last) {
        (_, 0) => String::new(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}–{last}"),
    }
}

fn foot(retention: Retention, proposed: bool, never_ended: u64) -> Result<(), Failure> {
    let mut text = format!(
        "Nothing was removed. {}: attachments {}, texts {}, records {}.\n",
        if proposed {
            "There is no [retention] in the configuration; these are the periods usually proposed"
        } else {
            "The periods"
        },
        counted(retention.attachments as usize, "month", "months"),
        counted(retention.texts as usize, "month", "months"),
        counted(retention.records as usize, "year", "years"),
    );
    if never_ended > 0 {
        text += &format!(
            "{} older than that and never ended, so that nothing of them goes: resolve or close them.\n",
            match never_ended {
                1 => "1 ticket is".to_owned(),
                many => format!("{many} tickets are"),
            }
        );
    }
    print(&text)
}

fn log(view: &View, as_json: bool) -> Result<ExitCode, Failure> {
    let lines = view.purged(1_000)?;
    if as_json {
        for line in &lines {
            print(&json(line)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if lines.is_empty() {
        print("Nothing was ever removed.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = lines
        .iter()
        .map(|line| {
            vec![
                local(line.at),
                line.rule.clone(),
                match line.before {
                    0 => String::new(),
                    before => local(before),
                },
                line.tickets.to_string(),
                line.letters.to_string(),
                line.rows.to_string(),
                line.bytes.to_string(),
                range(line.first, line.last),
                super::table::line(&line.why, 60),
            ]
        })
        .collect();
    print(&table(
        &[
            "run",
            "what",
            "ended before",
            "tickets",
            "letters",
            "answers",
            "bytes",
            "numbers",
            "why",
        ],
        rows,
    ))?;
    Ok(ExitCode::SUCCESS)
}
