//! `guichet check`: what would become of letters, without store or network.
//!
//! Each letter is read by a worker process, classified, judged and decided as a first letter
//! would be, and explained: one JSON object a line with `--json`. Fields that say nothing about a
//! letter (an outcome for a bounce) are null.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::table::{line, paragraph};
use super::{Failure, config_or_none, json as as_line, print, runtime};
use crate::classify::{Kind, classify};
use crate::config;
use crate::daemon;
use crate::decide::{self, Context, Decision, Facts, Held};
use crate::gateway::rules::Rules;
use crate::message::{Message, limits};
use crate::policy::{self, Evidence, Verdict};
use crate::reader::Reader;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The moment of the decision, such as 2026-11-23T09:00:00Z; now if not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Look-up tables (`people.csv`, `assets.csv` …) in this folder, instead of the configured ones
    #[arg(long, value_name = "FOLDER")]
    tables: Option<PathBuf>,
    /// Letters, each in a file of its own
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn check(file: &Path, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = config_or_none(file, arguments.tables.as_deref())?;
    let rules = config::rules(&config).map_err(|error| Failure::new(78, error))?;
    let reader = Reader::new(daemon::readers(&config));
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    runtime()?.block_on(async {
        for file in &arguments.files {
            let raw = std::fs::read(file).map_err(|error| {
                Failure::new(66, format!("`{}` cannot be read: {error}", file.display()))
            })?;
            let report = report(file, &raw, &rules, &reader, now).await;
            let text = if arguments.json {
                as_line(&report)?
            } else {
                shown(&report)
            };
            print(&text)?;
        }
        reader.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The line of one letter; the fields are those of the design, in its order.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    kind: &'static str,
    answerable: bool,
    loop_rule: Option<String>,
    language: Option<&'static str>,
    from: Option<String>,
    subject: String,
    text: String,
    quoted: String,
    signature: String,
    attachments: Vec<Value>,
    outcome: Option<&'static str>,
    reserve: bool,
    clause: Option<String>,
    category: Option<&'static str>,
    criticality: Option<u8>,
    mutualisation: Option<u8>,
    priority: Option<&'static str>,
    evidence: Vec<Evidence>,
    notices: Vec<&'static str>,
    micros: u64,
    reason: String,
    answer: String,
    trace_hash: Option<String>,
}

async fn report(file: &Path, raw: &[u8], rules: &Rules, reader: &Reader, now: Timestamp) -> Report {
    let began = Instant::now();
    let mut report = match reader.read(raw).await {
        Ok(Ok(message)) => read(&message, rules, now),
        Ok(Err(unreadable)) => unread(&decide::hold(&Held::Unreadable(unreadable))),
        Err(failure) => unread(&decide::hold(&Held::Poison {
            starts: limits::STARTS,
            last: failure.to_string(),
        })),
    };
    report.micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    report.file = file.display().to_string();
    report
}

fn unread(decision: &Decision) -> Report {
    Report {
        file: String::new(),
        kind: "held",
        answerable: false,
        loop_rule: decision.rule.clone(),
        language: None,
        from: None,
        subject: String::new(),
        text: String::new(),
        quoted: String::new(),
        signature: String::new(),
        attachments: Vec::new(),
        outcome: None,
        reserve: false,
        clause: None,
        category: None,
        criticality: None,
        mutualisation: None,
        priority: None,
        evidence: Vec::new(),
        notices: Vec::new(),
        micros: 0,
        reason: decision.reason.clone(),
        answer: decision.answer.as_str().to_owned(),
        trace_hash: None,
    }
}

fn read(message: &Message, rules: &Rules, now: Timestamp) -> Report {
    let class = classify(message, &rules.classify);
    let reading = rules.reading(message, &class, now);
    let verdict = policy::judge(
        &rules.card,
        &rules.registry,
        &rules.policy_letter(message),
        now,
    );
    let context = Context {
        next_ticket: 1,
        ..Context::default()
    };

    let decision = decide::decide(&Facts {
        now,
        received_at: now,
        rescan: false,
        message,
        class: &class,
        verdict: &verdict,
        context: &context,
        settings: &rules.decide,
        reading: &reading,
        card: &rules.card,
        registry: &rules.registry,
        calendar: rules.calendar.as_ref(),
        estimate: None,
    });
    let text = &message.text;
    let mut report = Report {
        kind: if reading.on_call.is_some() {
            "oncall"
        } else {
            kind(class.kind)
        },
        answerable: class.answerable,
        loop_rule: decision.rule.clone(),
        language: language(&verdict),
        from: message.author().map(|author| author.email.clone()),
        subject: message.subject.clone(),
        text: text.new.clone(),
        quoted: [text.quoted.as_str(), text.forwarded.as_str()].concat(),
        signature: text.signature.clone(),
        attachments: message
            .attachments
            .iter()
            .map(|one| {
                json!({
                    "name": one.name,
                    "media_type": one.media_type,
                    "size": one.size,
                    "sha256": one.sha256,
                })
            })
            .collect(),
        notices: decision
            .notices
            .iter()
            .map(|notice| notice.kind.name())
            .collect(),
        ..unread(&decision)
    };
    if class.kind == Kind::Request {
        judged(&mut report, &verdict);
    }
    report
}

fn judged(report: &mut Report, verdict: &Verdict) {
    report.outcome = Some(verdict.outcome.as_str());
    report.reserve = verdict.reserve;
    report.clause = verdict.clause.as_ref().map(ToString::to_string);
    report.category = Some(verdict.category.as_str());
    report.criticality = Some(verdict.criticality);
    report.mutualisation = Some(verdict.mutualisation);
    report.priority = Some(verdict.priority.as_str());
    report.evidence.clone_from(&verdict.evidence);
    report.trace_hash = Some(verdict.trace.hash());
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "request",
        Kind::Automatic | Kind::OutOfOffice | Kind::OwnLoop | Kind::Receipt | Kind::Complaint => {
            "automatic"
        }
        Kind::Bounce => "bounce",
        Kind::Spam => "held",
    }
}

fn language(verdict: &Verdict) -> Option<&'static str> {
    match verdict.language {
        policy::Language::Fr => Some("fr"),
        policy::Language::En => Some("en"),
        policy::Language::Unsure => None,
    }
}

fn shown(report: &Report) -> String {
    let mut lines = vec![
        format!("{}", report.file),
        format!("  kind      {}", report.kind),
        format!("  because   {}", line(&report.reason, 200)),
        format!("  answer    {}", report.answer),
    ];
    if let (Some(outcome), Some(priority), Some(category)) =
        (report.outcome, report.priority, report.category)
    {
        let clause = report.clause.as_deref().unwrap_or("none");
        lines.push(format!("  outcome   {outcome}, clause {clause}"));
        lines.push(format!("  queue     {priority}, {category}"));
    }
    for evidence in &report.evidence {
        if let Some(sentence) = evidence.sentence(policy::Language::En) {
            lines.push(format!("  evidence  {}", line(&sentence, 300)));
        }
    }
    lines.push(format!(
        "  text      {}",
        line(&paragraph(&report.text), 200)
    ));
    lines.push(String::new());
    lines.join("\n") + "\n"
}
