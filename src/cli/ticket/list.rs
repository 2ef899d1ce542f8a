//! `guichet ticket list`: which tickets there are.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::screen::{Ink, Screen};
use crate::cli::since::Since;
use crate::cli::table::local;
use crate::cli::{Failure, json, print};
use crate::config::Config;
use crate::store::View;
use crate::store::tickets::{Order, Owner, TicketFilter, TicketLine, UNDONE};
use crate::ticket::Status;
use crate::ticket::priority::{Category, Priority};

const EXAMPLES: &str = "\
Examples:
  guichet ticket list                                 what is not done, the first to do first
  guichet ticket list --assignee paul                 what is Paul's
  guichet ticket list --assignee nobody               what nobody has taken
  guichet ticket list --status contested,waiting_requester
  guichet ticket list --all --requester dumas --since 90d
  guichet ticket list --subject copieur --sort changed
  guichet ticket list --json | jq -r 'select(.priority==\"P1\").number'

On a terminal it is a table; into a pipe it is one ticket a line with tabs between the cells:
number, priority, status, category, assignee, requester, opened, subject.

With --json: one object a line. Times (`created_at`, `updated_at`) are Unix seconds in
UTC, 0 for \"not yet\"; words are those of the database, an empty text is \"nothing\". Fields are
added in later versions and never renamed.
";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// In these states, separated by commas; what is not done if not given
    #[arg(long, value_name = "STATUS", value_delimiter = ',',
          value_parser = PossibleValuesParser::new(Status::ALL.map(Status::as_str)))]
    status: Vec<String>,
    /// In every state, also closed and refused ones
    #[arg(long, conflicts_with = "status")]
    all: bool,
    /// Whose: a technician's handle, name or address, or `nobody`
    #[arg(long, value_name = "WHO")]
    assignee: Option<String>,
    /// Of this category
    #[arg(long, value_name = "CATEGORY",
          value_parser = PossibleValuesParser::new(Category::ALL.map(Category::as_str)))]
    category: Option<String>,
    /// Of this priority
    #[arg(long, value_name = "PRIORITY", ignore_case = true,
          value_parser = PossibleValuesParser::new(Priority::ALL.map(Priority::as_str)))]
    priority: Option<String>,
    /// With this in the requester's address or name
    #[arg(long, value_name = "TEXT")]
    requester: Option<String>,
    /// With this in the subject; case and accents do not matter
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Opened since: 90d, 12w, 6mo, 36h, or a day such as 2026-09-01
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// In which order
    #[arg(long, value_name = "ORDER", default_value = "work",
          value_parser = PossibleValuesParser::new(["work", "newest", "oldest", "changed"]))]
    sort: String,
    /// At most this many
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn list(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let view = View::open(&config.store)?;
    let tickets = view.tickets_by(&filter(config, arguments)?)?;
    if arguments.json {
        for ticket in &tickets {
            print(&json(ticket)?)?;
        }
        return Ok(());
    }
    let screen = Screen::stdout();
    if tickets.is_empty() {
        return screen.nothing(&nothing(arguments));
    }
    let rows = tickets
        .iter()
        .map(|ticket| row(screen, config, ticket))
        .collect();
    let head = [
        "ticket",
        "priority",
        "status",
        "category",
        "assignee",
        "requester",
        "opened",
        "subject",
    ];
    let spare = ["opened", "category", "assignee", "requester"];
    print(&screen.list(&head, &spare, rows))?;
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    if tickets.len() >= limit {
        screen.remark(&format!(
            "These are the first {limit}; --limit shows more, --help how to ask for fewer."
        ))?;
    }
    Ok(())
}

fn filter(config: &Config, arguments: &Arguments) -> Result<TicketFilter, Failure> {
    let named = |word: &String| {
        let found = Status::ALL.into_iter().find(|one| one.as_str() == word);
        found.into_iter()
    };
    let statuses: Vec<Status> = arguments.status.iter().flat_map(named).collect();
    Ok(TicketFilter {
        statuses: match (arguments.all, statuses.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => UNDONE.to_vec(),
            (false, false) => statuses,
        },
        owner: match arguments.assignee.as_deref() {
            None => None,
            Some("nobody") => Some(Owner::Nobody),
            Some(name) => Some(owner(config, name)?),
        },
        category: arguments.category.clone(),
        priority: arguments
            .priority
            .as_ref()
            .map(|word| word.to_ascii_uppercase()),
        since: arguments.since.as_ref().map(Since::instant),
        requester: arguments.requester.clone(),
        subject: arguments.subject.clone(),
        order: match arguments.sort.as_str() {
            "newest" => Order::Newest,
            "oldest" => Order::Oldest,
            "changed" => Order::Changed,
            _ => Order::Work,
        },
        limit: arguments.limit,
    })
}

/// A technician of today, or the handle of one who left: their tickets are still theirs.
fn owner(config: &Config, name: &str) -> Result<Owner, Failure> {
    match config.decide.team.named(name) {
        Ok(technician) => Ok(Owner::Technician(technician.handle.clone())),
        Err(not_one) if not_one.several => Err(Failure::new(64, not_one)),
        Err(_) => Ok(Owner::Technician(name.to_lowercase())),
    }
}

fn nothing(arguments: &Arguments) -> String {
    let asked = arguments.assignee.is_some()
        || arguments.category.is_some()
        || arguments.priority.is_some()
        || arguments.requester.is_some()
        || arguments.subject.is_some()
        || arguments.since.is_some()
        || !arguments.status.is_empty();
    match (asked, arguments.all) {
        (true, _) => "No ticket is like that.",
        (false, true) => "There is no ticket yet.",
        (false, false) => "No open tickets.",
    }
    .to_owned()
}

fn row(screen: Screen, config: &Config, ticket: &TicketLine) -> Vec<String> {
    let assignee = match config.decide.team.by_handle(&ticket.assignee) {
        Some(technician) => technician.handle.clone(),
        None if ticket.assignee.is_empty() => "-".to_owned(),
        None => ticket.assignee.clone(),
    };
    vec![
        format!("#{}", ticket.number),
        priority(screen, &ticket.priority),
        status(screen, &ticket.status),
        ticket.category.clone(),
        assignee,
        screen.cell(&ticket.requester, 40),
        local(ticket.created_at),
        screen.cell(&ticket.subject, 60),
    ]
}

/// A priority; what cannot wait is seen.
pub(super) fn priority(screen: Screen, word: &str) -> String {
    match word {
        "P0" | "P1" => screen.ink(Ink::Red, word),
        "P2" => screen.ink(Ink::Yellow, word),
        other => other.to_owned(),
    }
}

/// A state in people's words.
pub(super) fn status(screen: Screen, word: &str) -> String {
    let shown = word.replace('_', " ");
    match word {
        "new" | "contested" => screen.ink(Ink::Strong, &shown),
        "waiting_requester" | "waiting_third_party" | "refused_provisional" => {
            screen.ink(Ink::Yellow, &shown)
        }
        "resolved" | "closed" => screen.ink(Ink::Faint, &shown),
        _ => shown,
    }
}
