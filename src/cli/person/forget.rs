//! `guichet person forget`: an erasure, what it leaves, and why.

use std::collections::BTreeMap;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::Known;
use crate::cli::table::counted;
use crate::cli::{Failure, json as as_line, print, runtime};
use crate::store::Desk;
use crate::store::person::{ForgetError, Forgotten};
use crate::store::purge::Hand;

/// How it is to be done.
pub(super) struct Order<'a> {
    pub(super) dry_run: bool,
    pub(super) force: bool,
    pub(super) why: &'a str,
    pub(super) json: bool,
}

impl From<ForgetError> for Failure {
    fn from(error: ForgetError) -> Self {
        match error {
            ForgetError::Store(error) => error.into(),
            ForgetError::Open { .. } => Self::new(65, error),
            ForgetError::Sending { .. } => Self::new(75, error),
            ForgetError::Search(_) => Self::new(74, error),
        }
    }
}

pub(super) fn forget(known: &Known, order: &Order<'_>) -> Result<ExitCode, Failure> {
    if order.dry_run {
        return plan(known, order.json);
    }
    let config = &known.config;
    let mut hand = Hand::Desk(Desk::open(&config.store)?);
    let done = runtime()?.block_on(hand.forget(
        &config.store,
        &known.person,
        &known.involved,
        order.force,
        order.why,
        Timestamp::now(),
    ))?;
    if order.json {
        print(&as_line(&done)?)?;
    } else {
        print(&said(known, &done))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn plan(known: &Known, as_json: bool) -> Result<ExitCode, Failure> {
    let involved = &known.involved;
    if as_json {
        print(&as_line(&json!({
            "addresses": known.person.addresses.len(),
            "names": known.person.names.len(),
            "tickets": involved.tickets,
            "letters": involved.letters.iter().map(|one| one.id).collect::<Vec<_>>(),
            "rows": involved.rows.iter().map(|one| one.id).collect::<Vec<_>>(),
        }))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let of = |role: &str| -> Vec<String> {
        let tickets = involved.tickets.iter();
        tickets
            .filter(|part| (part.role == "requester") == (role == "requester"))
            .map(|part| format!("#{} ({})", part.ticket, part.status))
            .collect()
    };
    let mut text = format!(
        "{}, {}.\n",
        counted(known.person.addresses.len(), "address", "addresses"),
        counted(known.person.names.len(), "name", "names")
    );
    text += &format!(
        "Emptied would be their tickets: {}.\n",
        some(of("requester"))
    );
    text += &format!("They would be taken out of: {}.\n", some(of("others")));
    text += &format!(
        "{} of theirs and {} to them would go, and their names wherever else they stand.\n",
        counted(involved.letters.len(), "letter", "letters"),
        counted(involved.rows.len(), "letter", "letters"),
    );
    let open = involved
        .tickets
        .iter()
        .any(|part| part.role == "requester" && !part.ended);
    if open {
        text +=
            "Some of their tickets have not ended: resolve or close them first, or say --force.\n";
    }
    print(&(text + "Nothing was changed.\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn some(list: Vec<String>) -> String {
    if list.is_empty() {
        "none".to_owned()
    } else {
        list.join(", ")
    }
}

fn said(known: &Known, done: &Forgotten) -> String {
    let numbers = |list: &[i64]| some(list.iter().map(|number| format!("#{number}")).collect());
    let mut text = format!(
        "Emptied: {}. Taken out of: {}. {} and {} went; {} elsewhere were rewritten.\n",
        numbers(&done.tickets),
        numbers(&done.others),
        counted(count(done.tally.letters), "letter", "letters"),
        counted(count(done.tally.rows), "answer", "answers"),
        counted(done.texts, "text", "texts"),
    );
    text += "Kept, because it names nobody: numbers, states, categories, levels, outcomes and times; a\n\
             hash of each letter, so that it is known if the mail server shows it again; where it lay.\n";
    for (mailbox, letters) in on_servers(known) {
        text += &format!(
            "Not reached: {} in the folders of the mailbox `{mailbox}`: delete {} there.\n",
            counted(letters, "letter", "letters"),
            if letters == 1 { "it" } else { "them" },
        );
    }
    text += "Not reached: technicians' own mailboxes, backups, the look-up tables. After a backup is put\n\
             back, forget them again.\n";
    for row in &done.waiting {
        text += &format!(
            "Row {row} of the outbox still waits and names them: send or cancel it, and forget again.\n"
        );
    }
    if done.remains {
        text += "The file still holds bytes that name them, in space freed by an older version or in a\n\
                 longer address: stop guichet, run `guichet purge --compact`, and forget again.\n";
    }
    text
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How many of their letters lie in which mailbox.
fn on_servers(known: &Known) -> BTreeMap<&str, usize> {
    let mut letters = BTreeMap::new();
    for letter in &known.involved.letters {
        *letters.entry(letter.mailbox.as_str()).or_default() += 1;
    }
    letters
}
