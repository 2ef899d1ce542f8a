//! `guichet ticket`: look at tickets, and work on them.

mod export;
mod list;
mod order;
mod page;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::screen::Screen;
use super::{Failure, json, print, read_config};
use crate::store::View;

/// What `ticket show` writes as JSON.
const JSON: &str = "With --json: one object. Times (`created_at`, `updated_at`, `at`) are Unix \
seconds in UTC, words are those of the database, an empty text is \"nothing\". Fields are added in \
later versions and never renamed.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Which tickets there are: what is not done, in the order it should be
    List(list::Arguments),
    /// Everything about one ticket: people, decision, history, attachments, what was sent
    #[command(after_help = JSON)]
    Show {
        /// Its number, `12` or `#12`
        #[arg(value_name = "TICKET", value_parser = number)]
        number: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Answer the people of a ticket
    #[command(after_help = ORDERS, after_long_help = REPLY)]
    Reply(order::Reply),
    /// Note something for the team alone
    #[command(after_help = ORDERS)]
    Note(order::Note),
    /// Change priority, category, state, requester or who takes part
    #[command(after_help = ORDERS, after_long_help = SET)]
    Set(order::Set),
    /// Give a ticket to a technician
    #[command(after_help = ORDERS)]
    Assign(order::Assign),
    /// Let a ticket go up in another one, which goes on in its place
    #[command(after_help = ORDERS)]
    Merge(order::Merge),
    /// The work is done; the requester is told
    #[command(after_help = ORDERS)]
    Resolve(order::Turn),
    /// It is done and over
    #[command(after_help = ORDERS)]
    Close(order::Turn),
    /// It was not done after all
    #[command(after_help = ORDERS)]
    Reopen(order::Turn),
    /// Any order that a technician may write above a reply, such as '#reject E2' or '#accept'
    #[command(after_help = ORDERS)]
    Order(order::Lines),
    /// Everything about a ticket as files: for a record, or for a person who asks for their data
    Export(export::Arguments),
}

/// What all orders have in common.
const ORDERS: &str = "The same as the order in a technician's mail: the same history, the same \
letters. It works while guichet runs, which sends them within seconds, and while it does not. \
Exit code 1: the ticket does not allow it, and nothing was done; the reason stands beside the order.";

const REPLY: &str = "\
Examples:
  guichet ticket reply 12 --as paul -m 'Le toner est changé.' --resolve
  guichet ticket reply 12 --as paul --file answer.txt --wait 3d
  printf 'Quel modèle est-ce ?' | guichet ticket reply 12 --as paul

The same as the order in a technician's mail: the same history, the same letters. It works while
guichet runs, which sends them within seconds, and while it does not. Exit code 1: the ticket does
not allow it, and nothing was done; the reason stands beside the order.
";

const SET: &str = "\
Examples:
  guichet ticket set 12 --priority P1 --category network
  guichet ticket set 12 --status waiting_third_party --until 2w
  guichet ticket set 12 --status open                    reopens one that was resolved or closed
  guichet ticket set 12 --requester marie@univ.example -m 'Nous continuons avec vous.'
  guichet ticket set 12 --priority P4 -m 'pas urgent' --note
  guichet ticket set 12 --priority P1 --dry-run          who would be told

The same as the order in a technician's mail: the same history, the same letters. It works while
guichet runs, which sends them within seconds, and while it does not. Exit code 1: the ticket does
not allow it, and nothing was done; the reason stands beside the order.
";

/// A ticket's number, as people write it.
fn number(text: &str) -> Result<i64, String> {
    let digits = text.trim().trim_start_matches('#');
    digits
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected the number of a ticket, such as 12".to_owned())
}

pub(super) fn ticket(file: &Path, command: &Command) -> Result<ExitCode, Failure> {
    let config = read_config(file)?;
    match command {
        Command::List(arguments) => list::list(&config, arguments)?,
        Command::Show {
            number,
            json: as_json,
        } => {
            let view = View::open(&config.store)?;
            let pages = view.ticket(*number)?;
            let text = if *as_json {
                json(&pages)?
            } else {
                // What was judged last, if the requester answered the card's question.
                let trace = match view.trace_of_answer(*number)? {
                    Some(again) => again,
                    None => view.trace_of_ticket(*number)?,
                };
                page::page(Screen::stdout(), &pages, &trace)
            };
            print(&text)?;
        }
        Command::Reply(arguments) => return order::reply(&config, arguments),
        Command::Note(arguments) => return order::note(&config, arguments),
        Command::Set(arguments) => return order::set(&config, arguments),
        Command::Assign(arguments) => return order::assign(&config, arguments),
        Command::Merge(arguments) => return order::merge(&config, arguments),
        Command::Resolve(arguments) => return order::turn(&config, "resolve", arguments),
        Command::Close(arguments) => return order::turn(&config, "close", arguments),
        Command::Reopen(arguments) => return order::turn(&config, "reopen", arguments),
        Command::Order(arguments) => return order::lines(&config, arguments),
        Command::Export(arguments) => export::export(&config, arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
