//! `guichet ticket list` and `guichet ticket show`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::table::{counted, line, local, paragraph, table};
use super::{Failure, json, print, read_config};
use crate::store::View;
use crate::store::tickets::TicketPages;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open tickets, the most urgent first
    List {
        /// Closed and refused ones too
        #[arg(long)]
        all: bool,
        /// At most this many
        #[arg(long, default_value_t = 200)]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// One ticket with its whole history
    Show {
        /// Its number
        number: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn ticket(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let view = View::open(&read_config(file)?.store)?;
    match command {
        Command::List {
            all,
            limit,
            json: as_json,
        } => {
            let tickets = view.tickets(*all, *limit)?;
            if *as_json {
                for ticket in &tickets {
                    print(&json(ticket)?)?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            if tickets.is_empty() {
                print("No open tickets.\n")?;
                return Ok(ExitCode::SUCCESS);
            }
            let rows = tickets
                .iter()
                .map(|ticket| {
                    vec![
                        format!("#{}", ticket.number),
                        ticket.priority.clone(),
                        ticket.status.replace('_', " "),
                        ticket.category.clone(),
                        line(&ticket.requester, 40),
                        line(&ticket.subject, 60),
                        local(ticket.created_at),
                    ]
                })
                .collect();
            print(&table(
                &[
                    "ticket",
                    "priority",
                    "status",
                    "category",
                    "requester",
                    "subject",
                    "opened",
                ],
                rows,
            ))?;
        }
        Command::Show {
            number,
            json: as_json,
        } => {
            let pages = view.ticket(*number)?;
            let text = if *as_json {
                json(&pages)?
            } else {
                shown(&pages)
            };
            print(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(pages: &TicketPages) -> String {
    let ticket = &pages.line;
    let mut out = String::new();
    let clause = if ticket.clause.is_empty() {
        String::new()
    } else {
        format!(", clause {}", ticket.clause)
    };
    let answer = if ticket.answer_reason.is_empty() {
        ticket.answer.clone()
    } else {
        format!("{}: {}", ticket.answer, line(&ticket.answer_reason, 200))
    };
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "Ticket #{}  {}\n\n  status      {}\n  outcome     {}{clause}\n  priority    {} (criticality {}, mutualisation {})\n  category    {}\n  requester   {} <{}>\n  opened      {}\n  changed     {}\n  answer      {answer}\n",
        ticket.number,
        line(&ticket.subject, 200),
        ticket.status.replace('_', " "),
        ticket.outcome,
        ticket.priority,
        ticket.criticality,
        ticket.mutualisation,
        ticket.category,
        line(&ticket.requester_name, 80),
        line(&ticket.requester, 120),
        local(ticket.created_at),
        local(ticket.updated_at),
    );
    for page in &pages.history {
        let _ = write!(
            out,
            "\n{}  {}  {}\n",
            local(page.at),
            page.kind.replace('_', " "),
            line(&page.author, 120)
        );
        for text in paragraph(&page.text).lines() {
            let _ = writeln!(out, "{}", format!("    {text}").trim_end());
        }
    }
    if !pages.attachments.is_empty() {
        out.push_str("\nattachments\n");
    }
    for file in &pages.attachments {
        let _ = writeln!(
            out,
            "    letter {} number {}  {}  {}, {}",
            file.letter,
            file.number,
            if file.name.is_empty() {
                "without a name".to_owned()
            } else {
                line(&file.name, 120)
            },
            line(&file.media_type, 80),
            counted(usize::try_from(file.size).unwrap_or(0), "byte", "bytes"),
        );
    }
    if pages.pictures_left_out > 0 {
        let _ = writeln!(
            out,
            "    {} of signatures left out",
            counted(pages.pictures_left_out, "picture", "pictures")
        );
    }
    for row in &pages.outbox {
        let _ = write!(
            out,
            "\noutbox {}  {} to {}: {} after {}{}\n",
            row.id,
            row.kind.replace('_', " "),
            line(&row.recipient, 120),
            row.state,
            counted(row.attempts as usize, "attempt", "attempts"),
            if row.answer.is_empty() {
                String::new()
            } else {
                format!(" ({})", line(&row.answer, 200))
            }
        );
    }
    out
}
