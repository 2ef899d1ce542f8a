//! `guichet policy replay`: a changed card over the letters that came.
//!
//! Every letter that opened a ticket is read again and judged three times over: by what was
//! decided, by the card in force, and by the changed card, the last two with the tables of today
//! looked back to the day of the letter. Nothing is sent and nothing is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use super::past::Past;
use super::{Window, card_in_question};
use crate::cli::table::{counted, line, local};
use crate::cli::{Failure, json as as_line, print, runtime};
use crate::config;
use crate::gateway::rules::Rules;
use crate::policy::flip::{Brief, Change, Flip};
use crate::policy::{Language, day, judge};
use crate::store::decisions::Decided;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    window: Window,
    /// The changed card
    #[arg(long, value_name = "FILE")]
    card: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A flip with its letter.
#[derive(Debug, Serialize)]
struct Line {
    ticket: i64,
    letter: i64,
    decided_at: i64,
    #[serde(flatten)]
    flip: Flip,
}

/// Everything a replay finds.
#[derive(Debug, Default, Serialize)]
struct Replay {
    /// Letters judged again.
    letters: usize,
    /// Letters that cannot be read again.
    unread: usize,
    /// Flips of each kind that are the changed card's doing.
    counts: BTreeMap<Change, usize>,
    /// All flips, the most dangerous first.
    flips: Vec<Line>,
}

pub(super) fn replay(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let changed = card_in_question(file, Some(&arguments.card))?;
    let past = Past::open(file, &arguments.window)?;
    let failed = |error| Failure::new(78, error);
    let mut in_force = config::rules(&past.config).map_err(failed)?;
    let mut changed = config::rules_with(&past.config, changed).map_err(failed)?;
    let version = changed.card.version().to_owned();
    let mut decisions = Vec::new();
    past.decisions(|decided| {
        let was = was(&decided.trace);
        let trace = String::new();
        decisions.push((was, Decided { trace, ..decided }));
        Ok(())
    })?;
    // The store is looked into letter by letter from here on: the daemon beside us is not held up.
    let mut replay = Replay::default();
    runtime()?.block_on(async {
        for (was, decided) in &decisions {
            let rules = [&mut in_force, &mut changed];
            one(&past, decided, was.as_ref(), rules, &mut replay).await;
        }
        past.close().await;
    });
    replay
        .flips
        .sort_by_key(|line| (!line.flip.by_the_card, line.flip.change, line.ticket));
    for line in replay.flips.iter().filter(|line| line.flip.by_the_card) {
        *replay.counts.entry(line.flip.change).or_default() += 1;
    }
    print(&if arguments.json {
        as_line(&replay)?
    } else {
        shown(&replay, &version)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The verdict of a stored decision, as far as this program understands it.
fn was(trace: &str) -> Option<Brief> {
    let stored: Value = serde_json::from_str(trace).ok()?;
    Brief::deserialize(stored.get("verdict")?).ok()
}

async fn one(
    past: &Past,
    decided: &Decided,
    was: Option<&Brief>,
    rules: [&mut Rules; 2],
    replay: &mut Replay,
) {
    let (Some(was), Some(message)) = (was, past.message(decided.letter).await) else {
        replay.unread += 1;
        return;
    };
    replay.letters += 1;
    let now = Timestamp::from_second(decided.decided_at).unwrap_or_default();
    let [in_force, changed] = rules.map(|rules| {
        rules.registry.look_back_to(day(now));
        let letter = rules.policy_letter(&message);
        judge(&rules.card, &rules.registry, &letter, now)
    });
    if let Some(flip) = Flip::between(was.clone(), &in_force, &changed) {
        replay.flips.push(Line {
            ticket: decided.ticket,
            letter: decided.letter,
            decided_at: decided.decided_at,
            flip,
        });
    }
}

fn title(change: Change) -> &'static str {
    match change {
        Change::NewlyRefused => "WOULD BE REFUSED, and were not",
        Change::RefusedOtherwise => "would be refused under another clause",
        Change::Harder => "would be asked, noticed or flagged, and were not",
        Change::NoLongerRefused => "would no longer be refused",
        Change::Softer => "would be accepted more simply",
        Change::OtherClause => "would meet the same under another clause",
        Change::Queue => "would only change their place in the queue",
    }
}

fn shown(replay: &Replay, version: &str) -> String {
    let letters = counted(replay.letters, "letter", "letters");
    let by_the_card: usize = replay.counts.values().sum();
    let flips = counted(by_the_card, "decision would flip", "decisions would flip");
    let mut out = format!("{letters} judged again with card {version}: {flips}.\n");
    if replay.unread > 0 {
        let unread = counted(replay.unread, "letter", "letters");
        // Writing to a string does not fail.
        let _ = writeln!(out, "{unread} could not be read again.");
    }
    for by_the_card in [true, false] {
        let lines = replay
            .flips
            .iter()
            .filter(|line| line.flip.by_the_card == by_the_card);
        let lines: Vec<&Line> = lines.collect();
        if !by_the_card && !lines.is_empty() {
            out.push_str(
                "\nNot the changed card's doing: the card in force would decide these the same\n\
                 way today, because the tables or the program have changed since.\n",
            );
        }
        for change in Change::ALL {
            let of_it: Vec<&&Line> = lines.iter().filter(|l| l.flip.change == change).collect();
            if !of_it.is_empty() {
                let count = counted(of_it.len(), "letter", "letters");
                let _ = writeln!(out, "\n{count} {}", title(change));
                of_it.iter().for_each(|line| flip(line, &mut out));
            }
        }
    }
    out
}

fn flip(told: &Line, out: &mut String) {
    let Flip { was, now, .. } = &told.flip;
    let queue = if was.priority == now.priority && was.category == now.category {
        String::new()
    } else {
        let (from, to) = (was.priority, now.priority);
        format!(", {from} {} → {to} {}", was.category, now.category)
    };
    let _ = writeln!(
        out,
        "  #{:<6}{}  {was} → {now}{queue}",
        told.ticket,
        local(told.decided_at)
    );
    for evidence in &told.flip.evidence {
        if let Some(sentence) = evidence.sentence(Language::En) {
            let _ = writeln!(out, "         {}", line(&sentence, 200));
        }
    }
}
