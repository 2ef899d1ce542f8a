//! `guichet intake list`: which letters came, and what became of each.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::screen::{Ink, Screen};
use crate::cli::since::Since;
use crate::cli::table::local;
use crate::cli::{Failure, json, print};
use crate::store::View;
use crate::store::letters::{LetterFilter, LetterLine};

/// What can become of a letter, as the store writes it.
const DISPOSITIONS: [&str; 10] = [
    "ticket",
    "follow_up",
    "command",
    "duplicate",
    "automatic",
    "bounce",
    "ignored",
    "held",
    "discarded",
    "received",
];

const EXAMPLES: &str = "\
Examples:
  guichet intake list                              the newest letters
  guichet intake list --held                       what waits for a person: release, retry, discard
  guichet intake list --disposition automatic --since 7d
  guichet intake list --from dumas                 every letter of somebody
  guichet intake list --ticket 12                  the letters of a ticket
  guichet intake list --json --limit 1000 | jq -r .disposition | sort | uniq -c

On a terminal it is a table; into a pipe it is one letter a line with tabs between the cells:
letter, received, disposition, ticket, rule, from, subject, why.

What becomes of a letter: ticket (it opened one), follow_up (it was added to one), command (a
technician's), duplicate, automatic, bounce, ignored (our own come back), held (for a person),
discarded (by an admin), received (not decided yet).

With --json: one object a line. Times (`received_at`) are Unix seconds in
UTC, 0 for \"not yet\"; words are those of the database, an empty text is \"nothing\". Fields are
added in later versions and never renamed.
";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Only those held for a person
    #[arg(long, conflicts_with = "disposition")]
    held: bool,
    /// Only those of which this became
    #[arg(long, value_name = "DISPOSITION",
          value_parser = PossibleValuesParser::new(DISPOSITIONS))]
    disposition: Option<String>,
    /// Only those decided by this rule, such as L02
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only those of this ticket
    #[arg(long, value_name = "TICKET")]
    ticket: Option<i64>,
    /// Only those with this in the author's address
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,
    /// Only those received since: 90d, 12w, 36h, or a day such as 2026-09-01
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
    let disposition = match arguments.held {
        true => Some("held".to_owned()),
        false => arguments.disposition.clone(),
    };
    let letters = view.letters_by(&LetterFilter {
        disposition,
        since: arguments.since.as_ref().map(Since::instant),
        sender: arguments.from.clone(),
        ticket: arguments.ticket,
        rule: arguments.rule.as_ref().map(|rule| rule.to_uppercase()),
        limit: arguments.limit,
    })?;
    if arguments.json {
        for letter in &letters {
            print(&json(letter)?)?;
        }
        return Ok(());
    }
    let screen = Screen::stdout();
    if letters.is_empty() {
        return screen.nothing("No letters.");
    }
    let rows = letters.iter().map(|letter| row(screen, letter)).collect();
    let head = [
        "letter",
        "received",
        "disposition",
        "ticket",
        "rule",
        "from",
        "subject",
        "why",
    ];
    let spare = ["rule", "received", "subject"];
    print(&screen.list(&head, &spare, rows))
}

fn row(screen: Screen, letter: &LetterLine) -> Vec<String> {
    vec![
        letter.id.to_string(),
        local(letter.received_at),
        disposition(screen, &letter.disposition),
        letter.ticket.map(|n| format!("#{n}")).unwrap_or_default(),
        letter.rule.clone(),
        screen.cell(&letter.sender, 40),
        screen.cell(&letter.subject, 40),
        screen.cell(&letter.reason, 80),
    ]
}

/// A disposition in people's words; what needs one is seen.
pub(super) fn disposition(screen: Screen, word: &str) -> String {
    let shown = word.replace('_', " ");
    match word {
        "held" => screen.ink(Ink::Red, &shown),
        "received" => screen.ink(Ink::Yellow, &shown),
        "ticket" => screen.ink(Ink::Strong, &shown),
        _ => shown,
    }
}
