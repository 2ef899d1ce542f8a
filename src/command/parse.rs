//! The grammar of the order lines.
//!
//! In: the new text of a letter, today's date. Out: [`Orders`], or all its mistakes, in order,
//! each naming the line and what was expected in its place.
//!
//! A line's first word is looked up in [`WORDS`], folded: `#Priorité`, `#PRIORITE` and `#priority`
//! are one. The rest of the line is the order's argument; what kind it is, is the word's business.

use jiff::civil::Date;

use super::{Command, LINES, Line, Orders, Setting, SettingKey, Subject, when};
use crate::registry::name::{fold, fold_char};
use crate::ticket::TicketNumber;
use crate::ticket::priority::{Category, Priority};

/// A line that is not obeyed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{line}`: {wanted}")]
pub struct Mistake {
    /// As written, shortened to 80 characters.
    pub line: String,
    /// What was expected.
    pub wanted: Wanted,
}

/// What a line should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wanted {
    /// No such word.
    #[error("expected an order such as #take or #resolve; #help lists them all")]
    Order,
    /// Words after an order that takes none.
    #[error("expected nothing after the order")]
    Nothing,
    /// A name of the team.
    #[error("expected the name or the address of a technician")]
    Technician,
    /// A place in the queue.
    #[error("expected a priority from P0 to P5")]
    Priority,
    /// A kind of request.
    #[error("expected one of printing, network, workstation, software, other")]
    Category,
    /// A day to come.
    #[error("expected a day to come, such as 3d, 2w, monday, 2027-01-15 or 15/01/2027")]
    Day,
    /// A ticket.
    #[error("expected the number of a ticket")]
    Ticket,
    /// A clause.
    #[error("expected a clause of the service definition, such as E1")]
    Clause,
    /// A reason.
    #[error("expected the reason, for the person who asked")]
    Reason,
    /// One address.
    #[error("expected one mail address")]
    Address,
    /// Details of a window.
    #[error("expected details such as name=… phone=… from=… until=…")]
    Setting,
    /// The letter has no text.
    #[error("expected words below the order: they are what is sent or noted")]
    Words,
    /// Contradiction.
    #[error("expected one order about this, and the letter holds two")]
    Once,
    /// Flood.
    #[error("expected at most 20 orders in one letter")]
    Fewer,
}

/// What follows a word.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Take,
    Assign,
    Priority,
    Category,
    Wait,
    WaitThirdParty,
    Resolve,
    Close,
    Reopen,
    Note,
    Merge,
    Reject,
    Accept,
    Confirm,
    Ask,
    Approve,
    Deny,
    Requester,
    Copy,
    Yes,
    Undo,
    Status,
    Help,
}

/// Every word, folded: English, then French, then what people write instead.
const WORDS: &[(&str, Verb)] = &[
    ("take", Verb::Take),
    ("prendre", Verb::Take),
    ("assign", Verb::Assign),
    ("affecter", Verb::Assign),
    ("attribuer", Verb::Assign),
    ("priority", Verb::Priority),
    ("priorite", Verb::Priority),
    ("prio", Verb::Priority),
    ("category", Verb::Category),
    ("categorie", Verb::Category),
    ("wait", Verb::Wait),
    ("attendre", Verb::Wait),
    ("supplier", Verb::WaitThirdParty),
    ("fournisseur", Verb::WaitThirdParty),
    ("resolve", Verb::Resolve),
    ("resolved", Verb::Resolve),
    ("resoudre", Verb::Resolve),
    ("resolu", Verb::Resolve),
    ("close", Verb::Close),
    ("clore", Verb::Close),
    ("fermer", Verb::Close),
    ("reopen", Verb::Reopen),
    ("rouvrir", Verb::Reopen),
    ("note", Verb::Note),
    ("merge", Verb::Merge),
    ("fusionner", Verb::Merge),
    ("reject", Verb::Reject),
    ("refuser", Verb::Reject),
    ("accept", Verb::Accept),
    ("accepter", Verb::Accept),
    ("confirm", Verb::Confirm),
    ("confirmer", Verb::Confirm),
    ("ask", Verb::Ask),
    ("demander", Verb::Ask),
    ("approve", Verb::Approve),
    ("accord", Verb::Approve),
    ("deny", Verb::Deny),
    ("refus", Verb::Deny),
    ("requester", Verb::Requester),
    ("demandeur", Verb::Requester),
    ("copy", Verb::Copy),
    ("cc", Verb::Copy),
    ("copie", Verb::Copy),
    ("yes", Verb::Yes),
    ("oui", Verb::Yes),
    ("undo", Verb::Undo),
    ("annuler", Verb::Undo),
    ("status", Verb::Status),
    ("etat", Verb::Status),
    ("help", Verb::Help),
    ("aide", Verb::Help),
];

/// What categories are called in orders, folded.
const CATEGORIES: &[(&str, Category)] = &[
    ("printing", Category::Printing),
    ("impression", Category::Printing),
    ("network", Category::Network),
    ("reseau", Category::Network),
    ("workstation", Category::Workstation),
    ("poste", Category::Workstation),
    ("poste de travail", Category::Workstation),
    ("software", Category::Software),
    ("logiciel", Category::Software),
    ("other", Category::Other),
    ("autre", Category::Other),
];

/// What the details of a window are called, folded.
const SETTINGS: &[(&str, SettingKey)] = &[
    ("name", SettingKey::Name),
    ("nom", SettingKey::Name),
    ("phone", SettingKey::Phone),
    ("tel", SettingKey::Phone),
    ("telephone", SettingKey::Phone),
    ("from", SettingKey::From),
    ("du", SettingKey::From),
    ("debut", SettingKey::From),
    ("until", SettingKey::Until),
    ("au", SettingKey::Until),
    ("fin", SettingKey::Until),
];

/// Reads the orders of a letter. Only the part of it that the writer wrote now may be given here.
///
/// # Errors
/// Every mistake there is. None of the letter may then be obeyed.
pub fn parse(text: &str, today: Date) -> Result<Orders, Vec<Mistake>> {
    let mut orders = Orders::default();
    let mut mistakes = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut count = 0;
    let mut rest = text.lines();
    for line in rest.by_ref() {
        let line = line.trim();
        let Some(order) = line.strip_prefix('#') else {
            if line.is_empty() {
                continue;
            }
            words.push(line);
            break;
        };
        count += 1;
        if count > LINES {
            return Err(vec![mistake(line, Wanted::Fewer)]);
        }
        match read(order, today) {
            Ok((command, beside)) => {
                if orders.commands().any(|c| c.clashes(&command)) {
                    mistakes.push(mistake(line, Wanted::Once));
                }
                words.extend(beside);
                orders.lines.push(Line {
                    text: line.to_owned(),
                    command,
                });
            }
            Err(wanted) => mistakes.push(mistake(line, wanted)),
        }
    }
    words.extend(rest.map(str::trim_end));
    orders.words = words.join("\n").trim().to_owned();
    mistakes.extend(wordless(&orders));
    if mistakes.is_empty() {
        Ok(orders)
    } else {
        Err(mistakes)
    }
}

/// Reads orders that are given as lines, with their words apart: no line of the words is an order.
///
/// # Errors
/// Every mistake there is. None of it may then be obeyed.
pub fn parse_lines(lines: &[String], words: &str, today: Date) -> Result<Orders, Vec<Mistake>> {
    // What is no order would be read as words, and the words would take the place of those given.
    let is_order = |line: &str| line.trim().starts_with('#');
    let odd = |line: &&String| line.trim().is_empty() || !line.lines().all(is_order);
    if let Some(line) = lines.iter().find(odd) {
        return Err(vec![mistake(line.trim(), Wanted::Order)]);
    }
    let joined = lines.join("\n");
    // A word stands for the words, so that orders that need some are understood.
    let placeholder = if words.trim().is_empty() { "" } else { "…" };
    let mut orders = parse(&format!("{joined}\n\n{placeholder}"), today)?;
    let beside = orders
        .words
        .strip_suffix(placeholder)
        .unwrap_or_default()
        .trim();
    let parts: Vec<&str> = [beside, words.trim()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    orders.words = parts.join("\n");
    Ok(orders)
}

/// Orders that say nothing without words below them.
fn wordless(orders: &Orders) -> Option<Mistake> {
    let needy = |line: &&Line| matches!(line.command, Command::Note | Command::Ask(None));
    let line = orders.lines.iter().find(needy)?;
    orders
        .words
        .is_empty()
        .then(|| mistake(&line.text, Wanted::Words))
}

impl Command {
    /// Whether two orders of one letter decide the same thing.
    fn clashes(&self, other: &Self) -> bool {
        self.subject() == other.subject() && self.subject() != Subject::Copy
    }
}

/// One order, and the words beside it that belong to the text.
fn read(order: &str, today: Date) -> Result<(Command, Option<&str>), Wanted> {
    let (word, rest) = order.split_once(char::is_whitespace).unwrap_or((order, ""));
    // Letters that only look like ours (full-width, Cyrillic) are no order: somebody made them.
    let ours = |c: char| c.is_ascii() || matches!(c, '\u{c0}'..='\u{17f}' | '\u{300}'..='\u{36f}');
    if !word.chars().all(ours) {
        return Err(Wanted::Order);
    }
    let mut folded = String::new();
    word.chars().for_each(|c| fold_char(c, &mut folded));
    let folded = folded.trim_end_matches([':', '.', ',', ';', '!']);
    let verb = WORDS
        .iter()
        .find(|(known, _)| *known == folded)
        .map(|(_, verb)| *verb)
        .ok_or(Wanted::Order)?;
    let rest = rest.trim();
    if matches!(verb, Verb::Note) {
        return Ok((Command::Note, (!rest.is_empty()).then_some(rest)));
    }
    argument(verb, rest, today).map(|command| (command, None))
}

fn argument(verb: Verb, rest: &str, today: Date) -> Result<Command, Wanted> {
    let bare = |command: Command| {
        if rest.is_empty() {
            Ok(command)
        } else {
            Err(Wanted::Nothing)
        }
    };
    match verb {
        Verb::Take => bare(Command::Take),
        Verb::Resolve => bare(Command::Resolve),
        Verb::Close => bare(Command::Close),
        Verb::Reopen => bare(Command::Reopen),
        Verb::Accept => bare(Command::Accept),
        Verb::Confirm => bare(Command::Confirm),
        Verb::Yes => bare(Command::Yes),
        Verb::Undo => bare(Command::Undo),
        Verb::Status => bare(Command::Status),
        Verb::Help => bare(Command::Help),
        Verb::Note => Ok(Command::Note),
        Verb::Assign if rest.is_empty() => Err(Wanted::Technician),
        Verb::Assign => Ok(Command::Assign(rest.to_owned())),
        Verb::Priority => priority(rest).map(Command::Priority),
        Verb::Category => category(rest).map(Command::Category),
        Verb::Wait => day(rest, today).map(Command::Wait),
        Verb::WaitThirdParty => day(rest, today).map(Command::WaitThirdParty),
        Verb::Merge => ticket(rest).map(Command::Merge),
        Verb::Reject => rest
            .parse()
            .map(Command::Reject)
            .map_err(|_| Wanted::Clause),
        Verb::Ask if rest.is_empty() => Ok(Command::Ask(None)),
        Verb::Ask => rest
            .parse()
            .map(|clause| Command::Ask(Some(clause)))
            .map_err(|_| Wanted::Clause),
        Verb::Approve => settings(rest).map(Command::Approve),
        Verb::Deny if rest.is_empty() => Err(Wanted::Reason),
        Verb::Deny => Ok(Command::Deny(rest.to_owned())),
        Verb::Requester => address(rest).map(Command::Requester),
        Verb::Copy => address(rest).map(Command::Copy),
    }
}

fn priority(rest: &str) -> Result<Priority, Wanted> {
    rest.parse()
        .or_else(|_| format!("P{rest}").parse())
        .map_err(|_| Wanted::Priority)
}

fn category(rest: &str) -> Result<Category, Wanted> {
    let folded = fold(rest);
    CATEGORIES
        .iter()
        .find(|(word, _)| *word == folded)
        .map(|(_, category)| *category)
        .ok_or(Wanted::Category)
}

fn day(rest: &str, today: Date) -> Result<Option<Date>, Wanted> {
    if rest.is_empty() {
        return Ok(None);
    }
    match when::read(rest, today) {
        Some(day) if day > today => Ok(Some(day)),
        _ => Err(Wanted::Day),
    }
}

fn ticket(rest: &str) -> Result<TicketNumber, Wanted> {
    let number = rest.trim_start_matches('#').trim();
    number
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .map(TicketNumber)
        .ok_or(Wanted::Ticket)
}

/// `marie@institut.example`, also as `Marie <marie@institut.example>` or `<mailto:marie@…>`, as
/// mail programs write it by themselves.
fn address(rest: &str) -> Result<String, Wanted> {
    let inner = match rest.split_once('<') {
        Some((_, after)) => after.split_once('>').map_or(after, |(inner, _)| inner),
        None => rest,
    };
    let address = inner.trim().trim_start_matches("mailto:");
    let (local, domain) = address.split_once('@').ok_or(Wanted::Address)?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;@\"".contains(c);
    let fits = !local.is_empty()
        && domain.contains('.')
        && !local.contains(odd)
        && !domain.contains(odd)
        && address.is_ascii()
        && address.len() <= 254;
    fits.then(|| address.to_lowercase()).ok_or(Wanted::Address)
}

/// `name=Paul Martin phone=0611223344`: a value goes on to the next key.
fn settings(rest: &str) -> Result<Vec<Setting>, Wanted> {
    let mut found: Vec<Setting> = Vec::new();
    for word in rest.split_whitespace() {
        let key = word.split_once('=').and_then(|(key, value)| {
            let folded = fold(key);
            let (_, key) = SETTINGS.iter().find(|(word, _)| *word == folded)?;
            Some((*key, value))
        });
        match (key, found.last_mut()) {
            (Some((key, value)), _) => {
                if found.iter().any(|setting| setting.key == key) {
                    return Err(Wanted::Setting);
                }
                found.push(Setting {
                    key,
                    value: value.to_owned(),
                });
            }
            (None, Some(last)) => {
                last.value.push(' ');
                last.value.push_str(word);
            }
            (None, None) => return Err(Wanted::Setting),
        }
    }
    for setting in &mut found {
        setting.value = setting.value.trim().to_owned();
    }
    let whole = found.iter().all(|setting| !setting.value.is_empty());
    whole.then_some(found).ok_or(Wanted::Setting)
}

fn mistake(line: &str, wanted: Wanted) -> Mistake {
    Mistake {
        line: line.chars().take(80).collect(),
        wanted,
    }
}

#[cfg(test)]
mod tests;
