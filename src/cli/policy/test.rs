//! `guichet policy test`: how good a card is, on labelled letters.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::card_in_question;
use crate::cli::table::{counted, line, table};
use crate::cli::{Failure, config_or_none, json as as_line, print, runtime};
use crate::config;
use crate::daemon;
use crate::gateway::rules::Rules;
use crate::message::Message;
use crate::policy::labelled::{self, Content, Labelled, Tables};
use crate::policy::measure::{Differing, Report, Share};
use crate::policy::{Language, Letter, Mode, Outcome, Verdict, day, judge};
use crate::reader::Reader;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Labelled letters, one JSON object a line
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// The card; the configured one, or the shipped one, if not given
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// Look-up tables in this folder, instead of the configured ones, for letters without `facts`
    #[arg(long, value_name = "FOLDER")]
    tables: Option<PathBuf>,
    /// The moment letters without `now` are judged at; now if not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A letter was refused that must not be.
const WRONGLY_REFUSED: u8 = 1;

pub(super) fn test(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| {
        let name = arguments.file.display();
        Failure::new(66, format!("`{name}` cannot be read: {error}"))
    })?;
    let letters = labelled::read(&text).map_err(|error| {
        let name = arguments.file.display();
        Failure::new(
            65,
            format!("{name} holds lines that are no labelled letters:\n{error}"),
        )
    })?;
    let config = config_or_none(file, arguments.tables.as_deref())?;
    let card = card_in_question(file, arguments.card.as_deref())?.with_mode(Mode::Auto);
    let rules = config::rules_with(&config, card).map_err(|error| Failure::new(78, error))?;
    let bench = Bench {
        folder: arguments.file.parent().unwrap_or(Path::new(".")),
        now: arguments.now.unwrap_or_else(Timestamp::now),
        reader: Reader::new(daemon::readers(&config)),
        rules,
    };
    let report = runtime()?.block_on(bench.report(&letters))?;
    print(&if arguments.json {
        as_line(&report)?
    } else {
        shown(&report, &bench.rules)?
    })?;
    let wrong = report.false_refusals.count > 0;
    Ok(ExitCode::from(if wrong { WRONGLY_REFUSED } else { 0 }))
}

/// What letters are judged with.
struct Bench<'a> {
    folder: &'a Path,
    now: Timestamp,
    reader: Reader,
    rules: Rules,
}

impl Bench<'_> {
    async fn report(&self, letters: &[Labelled]) -> Result<Report, Failure> {
        let mut report = Report::default();
        for letter in letters {
            let verdict = self.verdict(letter).await?;
            report.add(
                &letter.id,
                &letter.label,
                &verdict,
                self.rules.card.matrix(),
            );
        }
        self.reader.close().await;
        Ok(report.finished())
    }

    async fn verdict(&self, labelled: &Labelled) -> Result<Verdict, Failure> {
        match &labelled.content {
            Content::Plain { .. } => match labelled.letter() {
                Some(letter) => self.judged(labelled, letter),
                None => Err(Failure::new(
                    70,
                    "a letter that is written out has no words",
                )),
            },
            Content::File(name) => {
                let message = self.message(&labelled.id, name).await?;
                let letter = self.rules.policy_letter(&message);
                let letter = match &labelled.facts {
                    Some(facts) => facts.around(letter),
                    None => letter,
                };
                self.judged(labelled, letter)
            }
        }
    }

    async fn message(&self, id: &str, name: &str) -> Result<Message, Failure> {
        let path = self.folder.join(name);
        let raw = std::fs::read(&path).map_err(|error| {
            let name = path.display();
            Failure::new(66, format!("letter {id}: `{name}` cannot be read: {error}"))
        })?;
        let unread = |problem: String| Failure::new(65, format!("letter {id}: {problem}"));
        match self.reader.read(&raw).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(unreadable)) => Err(unread(unreadable.to_string())),
            Err(failure) => Err(unread(failure.to_string())),
        }
    }

    fn judged(&self, labelled: &Labelled, letter: Letter<'_>) -> Result<Verdict, Failure> {
        let now = labelled.now.unwrap_or(self.now);
        let card = &self.rules.card;
        let Some(facts) = &labelled.facts else {
            return Ok(judge(card, &self.rules.registry, &letter, now));
        };
        let from = letter.from.unwrap_or_default();
        let tables = Tables::of(facts, from, letter.subject, day(now));
        let registry = tables
            .registry(card.registry_settings())
            .map_err(|error| Failure::new(65, format!("letter {}, facts: {error}", labelled.id)))?;
        Ok(judge(card, &registry, &letter, now))
    }
}

/// A rate as people read it.
fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn share(share: Share) -> String {
    let rate = share.rate().map(|rate| format!(": {}", percent(rate)));
    format!(
        "{} of {}{}",
        share.count,
        share.of,
        rate.unwrap_or_default()
    )
}

/// A share in a cell; a dot for no letters.
fn cell(share: Share) -> String {
    match share.of {
        0 => "·".to_owned(),
        of => format!("{} of {of}", share.count),
    }
}

fn shown(report: &Report, rules: &Rules) -> Result<String, Failure> {
    let failed = |error| Failure::new(70, error);
    let mut out = String::new();
    let of = counted(report.letters, "letter", "letters");
    writeln!(
        out,
        "{of}, card {}; every clause judged as if it acted by itself\n",
        rules.card.version()
    )
    .map_err(failed)?;
    let bound = report.false_refusal_bound.map(percent);
    let bound = bound.map_or_else(String::new, |bound| {
        format!(", with 95 % certainty below {bound}")
    });
    let agreement = &report.agreement;
    for (name, figure) in [
        ("wrong refusals", share(report.false_refusals) + &bound),
        ("wrong notices", share(report.wrong_notices)),
        ("far too late", share(report.under_priority)),
        ("questions", share(report.asks) + " (aim: at most 8 %)"),
        ("category", share(agreement.category)),
        ("criticality", share(agreement.criticality)),
        ("mutualisation", share(agreement.mutualisation)),
    ] {
        writeln!(out, "  {name:<16}{figure}").map_err(failed)?;
    }
    out.push('\n');
    out.push_str(&confusion(report));
    out.push('\n');
    out.push_str(&clauses(report));
    out.push_str(&differing(&report.differing));
    Ok(out)
}

fn confusion(report: &Report) -> String {
    let outcomes = Outcome::ALL.map(Outcome::as_str);
    let mut head = vec!["label, and what became of it"];
    head.extend(outcomes);
    let rows = outcomes
        .iter()
        .chain(&["not reject"])
        .filter_map(|label| {
            let got = report.confusion.get(*label)?;
            let count = |outcome: &&str| match got.get(*outcome) {
                Some(count) => count.to_string(),
                None => "·".to_owned(),
            };
            let counts = outcomes.iter().map(count);
            Some(std::iter::once((*label).to_owned()).chain(counts).collect())
        })
        .collect();
    table(&head, rows)
}

fn clauses(report: &Report) -> String {
    let rows = report
        .clauses
        .iter()
        .map(|(clause, figures)| {
            vec![
                clause.clone(),
                cell(figures.refused),
                cell(figures.noticed),
                cell(figures.precision),
                cell(figures.applied),
            ]
        })
        .collect();
    table(
        &[
            "clause",
            "refused",
            "… asked, flagged",
            "rightly refused",
            "applied",
        ],
        rows,
    )
}

fn differing(letters: &[Differing]) -> String {
    if letters.is_empty() {
        return "\nEvery letter is judged as labelled.\n".to_owned();
    }
    let count = counted(letters.len(), "letter differs", "letters differ");
    let mut out = format!("\n{count} from the label\n");
    for letter in letters {
        let mark = if letter.wrongly_refused {
            "  WRONGLY REFUSED"
        } else {
            ""
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "\n  {}{mark}", line(&letter.id, 60));
        for one in &letter.differences {
            let _ = writeln!(
                out,
                "    {}: expected {}, got {}",
                one.field, one.expected, one.got
            );
        }
        for evidence in &letter.evidence {
            if let Some(sentence) = evidence.sentence(Language::En) {
                let _ = writeln!(out, "    {}", line(&sentence, 200));
            }
        }
        for softened in &letter.softened_by {
            let _ = writeln!(out, "    {softened}");
        }
    }
    out
}
