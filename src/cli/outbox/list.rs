//! `guichet outbox list` and `suspended`: what goes out, and what keeps it from going.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::screen::{Ink, Screen};
use crate::cli::since::Since;
use crate::cli::table::{counted, line, local, local_or_never};
use crate::cli::{Failure, json, print};
use crate::notice::Kind;
use crate::store::View;
use crate::store::outbox::{Row, RowFilter};

/// The states a row can be in, as the store writes them.
const STATES: [&str; 7] = [
    "pending",
    "sending",
    "sent",
    "failed",
    "held",
    "cancelled",
    "bounced",
];

const EXAMPLES: &str = "\
Examples:
  guichet outbox list                          the newest letters
  guichet outbox list --state held             what waits for an admin, and for what
  guichet outbox list --ticket 12              what was sent about a ticket
  guichet outbox list --to dumas --since 7d
  guichet outbox list --state failed --json | jq -r .recipient

On a terminal it is a table; into a pipe it is one letter a line with tabs between the cells:
row, written, notice, to, ticket, state, attempts, due, why.

States: pending (due, or waits for its next attempt), sending (on its way now), sent, failed
(refused for good, or given up after five days), held (waits for an admin: `why` says for what),
cancelled, bounced (taken, and came back).

With --json: one object a line. Times (`created_at`, `due_at`, `settled_at`) are Unix seconds in
UTC, 0 for \"not yet\"; words are those of the database, an empty text is \"nothing\". Fields are
added in later versions and never renamed.
";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Only rows in this state
    #[arg(long, value_parser = PossibleValuesParser::new(STATES))]
    state: Option<String>,
    /// Only rows about this ticket
    #[arg(long, value_name = "TICKET")]
    ticket: Option<i64>,
    /// Only rows with this in the recipient's address
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,
    /// Only rows of this kind of notice
    #[arg(long, value_name = "NOTICE", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    notice: Option<String>,
    /// Only rows written since: 90d, 12w, 36h, or a day such as 2026-09-01
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// At most this many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn list(view: &View, arguments: &Arguments) -> Result<(), Failure> {
    let rows = view.outbox_by(&RowFilter {
        state: arguments.state.clone(),
        ticket: arguments.ticket,
        recipient: arguments.to.clone(),
        kind: arguments.notice.clone(),
        since: arguments.since.as_ref().map(Since::instant),
        limit: arguments.limit,
    })?;
    if arguments.json {
        for row in &rows {
            print(&json(row)?)?;
        }
        return Ok(());
    }
    let screen = Screen::stdout();
    alarms(screen, view)?;
    if rows.is_empty() {
        let asked = arguments.ticket.is_some()
            || arguments.to.is_some()
            || arguments.notice.is_some()
            || arguments.since.is_some();
        return screen.nothing(&match &arguments.state {
            _ if asked => "Nothing in the outbox is like that.".to_owned(),
            None => "The outbox is empty.".to_owned(),
            Some(state) => format!("Nothing in the outbox is {state}."),
        });
    }
    let rows = rows.iter().map(|row| cells(screen, row)).collect();
    let head = [
        "row", "written", "notice", "to", "ticket", "state", "tries", "due", "why",
    ];
    let spare = ["tries", "written", "due", "notice"];
    print(&screen.list(&head, &spare, rows))
}

fn cells(screen: Screen, row: &Row) -> Vec<String> {
    let due = match row.state.as_str() {
        "pending" => local_or_never(row.due_at),
        _ => String::new(),
    };
    vec![
        row.id.to_string(),
        local(row.created_at),
        row.kind.replace('_', " "),
        screen.cell(&row.recipient, 40),
        row.ticket.map(|n| format!("#{n}")).unwrap_or_default(),
        state(screen, &row.state),
        row.attempts.to_string(),
        due,
        screen.cell(&why(row), 60),
    ]
}

/// Why a row is where it is: what it is held for, or what the server said last.
fn why(row: &Row) -> String {
    match (row.hold.as_str(), row.answer.as_str()) {
        ("", answer) => answer.to_owned(),
        (hold, "") => hold.to_owned(),
        (hold, answer) => format!("{hold}: {answer}"),
    }
}

/// A state; what needs somebody is seen.
fn state(screen: Screen, word: &str) -> String {
    match word {
        "failed" | "bounced" | "held" => screen.ink(Ink::Red, word),
        "pending" | "sending" => screen.ink(Ink::Yellow, word),
        "sent" => screen.ink(Ink::Green, word),
        _ => screen.ink(Ink::Faint, word),
    }
}

/// What became of a row, as the end of a sentence.
pub(in crate::cli) fn became(screen: Screen, row: &Row) -> String {
    let why = match line(&why(row), 200).as_str() {
        "" => String::new(),
        why => format!(" ({why})"),
    };
    format!(
        "{} after {}{why}",
        state(screen, &row.state),
        counted(row.attempts as usize, "attempt", "attempts"),
    )
}

pub(super) fn suspended(view: &View, limit: u32, as_json: bool) -> Result<(), Failure> {
    let failing = view.failing(limit)?;
    if as_json {
        for one in &failing {
            print(&json(one)?)?;
        }
        return Ok(());
    }
    let screen = Screen::stdout();
    if failing.is_empty() {
        return screen.nothing("No letter came back.");
    }
    let rows = failing
        .iter()
        .map(|one| {
            vec![
                screen.cell(&one.address, 40),
                screen.ink(Ink::Red, &local_or_never(one.suspended_at)),
                one.failures.to_string(),
                one.held.to_string(),
                local(one.last_at),
                screen.cell(&one.reason, 60),
            ]
        })
        .collect();
    let head = [
        "address",
        "suspended since",
        "failures",
        "held",
        "last",
        "reason",
    ];
    print(&screen.list(&head, &["last", "failures"], rows))
}

/// What keeps letters from going out; never among the rows of a pipe.
fn alarms(screen: Screen, view: &View) -> Result<(), Failure> {
    let queue = view.queue()?;
    if let Some(why) = &queue.hold {
        screen.alarm(&format!(
            "HELD: {}. Nothing is sent until `guichet outbox release`.",
            line(why, 300)
        ))?;
    }
    let suspended = view.failing(u32::MAX)?;
    let suspended = suspended.iter().filter(|one| one.suspended_at > 0).count();
    if suspended > 0 {
        screen.alarm(&format!(
            "SUSPENDED: {}; see `guichet outbox suspended`.",
            counted(suspended, "address", "addresses")
        ))?;
    }
    Ok(())
}
