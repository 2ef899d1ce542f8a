//! `guichet policy`: the tools with which a head of service works on the service card.
//!
//! The order of the work: change a copy of the card, `check` it, read it with `show`, `test` it on
//! labelled letters, `replay` it over the letters that came, and only then put it in force.
//! Afterwards `stats` says what each clause did, and `examples` turns what was contested with
//! success into letters that no later card may refuse.
//!
//! None of these sends or writes anything; the store is opened for reading only.

mod check;
mod examples;
mod page;
mod past;
mod replay;
mod sheet;
mod show;
mod stats;
mod test;
mod wording;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::since::Since;
use super::{Failure, config_or_none};
use crate::config;
use crate::policy::{Card, ClauseId};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell every mistake of a service card, with line, column and what was expected
    ///
    /// Reads the card as the daemon would, and tries every template with it. A mistake keeps a
    /// card from being used, and the exit code is 78; a remark does not: the card works, and yet
    /// says something in vain, such as a signal no rule asks for.
    Check {
        /// The card; the configured one, or the shipped one, if not given
        card: Option<PathBuf>,
        /// Take remarks for mistakes
        #[arg(long)]
        strict: bool,
        /// One JSON object a finding
        #[arg(long)]
        json: bool,
    },
    /// Print the card as text that can be checked line by line
    ///
    /// Each clause with its exact words, what it does, what must be established, what speaks
    /// against it, and what people are told; then what protects, machines and contracts, levels
    /// and priorities. For whoever answers for the card; no programming needed.
    Show(show::Arguments),
    /// Judge labelled letters, and say how often and where the card is wrong
    ///
    /// Every clause is judged as if it acted by itself, whatever its mode. The exit code is 1 if
    /// a letter is refused that must not be.
    ///
    /// A line of the file: {"id": "A01", "from": "claire@univ.example", "subject": "…",
    /// "body": "…", "facts": {"sender": {"known": true}}, "expected": {"outcome": "accept",
    /// "clause": null, "category": "network", "criticality": 2, "mutualisation": 1}}.
    /// "eml" (a file beside this one) may stand for from, subject and body; "acceptable" lists
    /// outcomes that would do as well; "must_not_refuse": true alone is a label too.
    ///
    /// "facts" say what the tables would, and all of them: sender {known, status, role, trusted},
    /// visitor {listed, from, end}, asset {match: "inventory", id, purchase, market, os_support,
    /// fresh, tag}, software {name, status}, shared_system {id, mutualisation}, mail {forwarded,
    /// reply_to_ticket}, oncall {active}. Without "facts" the tables are asked.
    #[command(verbatim_doc_comment)]
    Test(test::Arguments),
    /// Run a changed card over the letters that came, and list every decision that would flip
    ///
    /// Each letter is read again and judged at the moment it was decided, with the tables as they
    /// are today. Refusals that would be new come first. Nothing is sent, nothing is written.
    Replay(replay::Arguments),
    /// What each clause did: applied, told, contested, overturned
    Stats {
        #[command(flatten)]
        window: Window,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write refusals that were contested with success as labelled letters, for `policy test`
    ///
    /// One JSON object a line, with the letter's words and the facts of that day, marked
    /// `must_not_refuse`. The lines hold what people wrote: keep them where the letters are kept.
    Examples {
        #[command(flatten)]
        window: Window,
    },
}

/// Which letters.
#[derive(Debug, Args)]
pub(super) struct Window {
    /// Letters decided since: 90d, 12w, 6mo, 36h, or a day such as 2026-09-01; all if not given
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
}

pub(super) fn policy(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check { card, strict, json } => {
            check::check(file, card.as_deref(), *strict, *json)
        }
        Command::Show(arguments) => show::show(file, arguments),
        Command::Test(arguments) => test::test(file, arguments),
        Command::Replay(arguments) => replay::replay(file, arguments),
        Command::Stats { window, json } => stats::stats(file, window, *json),
        Command::Examples { window } => examples::examples(file, window),
    }
}

/// The card that is meant: the one named, else the configured one, else the shipped one.
fn card_in_question(file: &Path, card: Option<&Path>) -> Result<Card, Failure> {
    let (text, name) = card_text(file, card)?;
    Card::parse(&text, &name).map_err(|error| Failure::new(78, error))
}

/// Its text, and its name for messages.
fn card_text(file: &Path, card: Option<&Path>) -> Result<(String, String), Failure> {
    let configured = match card {
        Some(_) => None,
        None => config_or_none(file, None)?.card,
    };
    config::card_text(card.or(configured.as_deref())).map_err(|error| Failure::new(66, error))
}

/// A clause the card has.
fn clause_of<'a>(
    card: &'a Card,
    id: &ClauseId,
) -> Result<&'a crate::policy::card::Clause, Failure> {
    card.clause(id).ok_or_else(|| {
        let known: Vec<&str> = card.clauses().iter().map(|c| c.id.as_str()).collect();
        let known = known.join(", ");
        Failure::new(
            66,
            format!("expected a clause of the card ({known}), but found {id}"),
        )
    })
}
