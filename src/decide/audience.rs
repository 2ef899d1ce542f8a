//! What the team and the people of a ticket are told, and who of them.
//!
//! A new ticket goes to the technicians who look after its kind; what comes later, to the one
//! whose it is and to those who worked on it. Each gets a letter of their own with a reply token
//! of their own, never with the requester beside them. Nobody is told of their own doing.
//!
//! Updates are collected for a pause: a second one takes the place of the first, with both in it,
//! and goes out when the first would have.

use std::collections::BTreeSet;

use super::{Candidate, Facts, NewTicket, Recent, Role, on_call};
use crate::message::MessageId;
use crate::notice::{
    About, Kind, Listed, Notice, Recipient, Right, Said, Sheet, Similar, Source, Timing, Warning,
    Words,
};
use crate::policy::{Language, Outcome, Verdict, evidence};
use crate::registry::name::fold;
use crate::team::{Team, Technician};
use crate::ticket::TicketNumber;

/// Similar tickets that are named.
const SIMILAR: usize = 5;
/// Words two letters have in common at least, to be about the same thing.
const COMMON: usize = 3;
/// Lines of explanation a technician gets.
const WHY: usize = 5;

/// Tells the team of a new ticket.
pub(super) fn opened(
    facts: &Facts<'_>,
    number: TicketNumber,
    ticket: &NewTicket,
    remarks: &[Warning],
) -> Vec<Notice> {
    let verdict = &ticket.verdict;
    let covered = on_call::cover(facts).map(|(window, _)| window);
    let mut warnings = remarks.to_vec();
    warnings.extend(covered.map(|window| Warning::OnCall(window.mark)));
    let sheet = Sheet {
        status: ticket.status,
        category: verdict.category,
        priority: verdict.priority,
        criticality: verdict.criticality,
        mutualisation: verdict.mutualisation,
        requester: Recipient {
            name: ticket.requester_name.clone(),
            email: ticket.requester.clone(),
        },
        contact: ticket.contact.clone(),
        assignee: None,
        outcome: ticket.outcome,
        clause: verdict.clause.clone(),
        why: Vec::new(),
        proposed: verdict.proposed,
        backup: ticket.backup,
        undelivered: None,
        said: vec![said(facts)],
        attachments: listed(facts),
        similar: similar(facts, ticket),
        warnings,
    };
    let mut told = facts.settings.team.looking_after(verdict.category);
    // Whoever is on call is told whatever it is about.
    let agent = covered.and_then(|window| on_call::agent(facts.settings, window));
    told.extend(agent.filter(|agent| told.iter().all(|one| one.handle != agent.handle)));
    told.into_iter()
        .filter(|technician| !technician.addresses.contains(&ticket.requester))
        .map(|technician| {
            let sheet = Sheet {
                why: why(verdict, technician.language),
                ..sheet.clone()
            };
            Notice {
                in_reply_to: None,
                references: anchor(number, technician),
                timing: Timing::Now,
                ..inside(
                    Kind::TechnicianNew,
                    number,
                    &ticket.subject,
                    technician,
                    sheet,
                )
            }
        })
        .collect()
}

/// Tells the team what was said in a ticket, or done.
pub(super) fn said_in(
    facts: &Facts<'_>,
    ticket: &Candidate,
    kind: Kind,
    said: &Said,
    actor: Option<&str>,
    warnings: &[Warning],
) -> Vec<Notice> {
    // While a window covers the letter, whoever is on call is told at once.
    let covered = on_call::cover_in(facts, ticket).filter(|_| actor.is_none());
    let agent = covered.and_then(|window| on_call::agent(facts.settings, window));
    let mut told = followers(&facts.settings.team, ticket);
    told.extend(agent.filter(|agent| told.iter().all(|one| one.handle != agent.handle)));
    told.into_iter()
        .filter(|technician| actor != Some(technician.handle.as_str()))
        // Whose own request it is, reads what the requester reads, and no notes.
        .filter(|technician| {
            let own = |address: &String| ticket.includes(address) || *address == facts.author_key();
            !technician.addresses.iter().any(own)
        })
        .map(|technician| {
            let at_once = agent.is_some_and(|agent| agent.handle == technician.handle);
            let waiting = ticket
                .waiting_updates
                .get(&technician.handle)
                .filter(|_| !at_once);
            let mut sheet = sheet(facts, ticket, technician.language);
            sheet.said = waiting.map(|one| one.said.clone()).unwrap_or_default();
            sheet.said.push(said.clone());
            sheet.attachments = waiting
                .map(|one| earlier(facts, &one.attachments))
                .unwrap_or_default();
            sheet.attachments.extend(listed(facts));
            sheet.warnings = warnings.to_vec();
            let mut kind = kind;
            if let Some(waiting) = waiting {
                if waiting.contest {
                    kind = Kind::TechnicianContest;
                }
                if waiting.said.iter().any(|one| one.unverified) {
                    sheet.warnings.push(Warning::Disowned);
                    sheet.warnings.dedup();
                }
            }
            Notice {
                references: anchor(ticket.number, technician),
                timing: if at_once {
                    Timing::Now
                } else {
                    Timing::Merged {
                        pause: facts.settings.work.pause,
                        replaces: waiting.map(|one| one.row),
                    }
                },
                ..inside(kind, ticket.number, &ticket.subject, technician, sheet)
            }
        })
        .collect()
}

/// The technicians who follow a ticket; of a ticket that is nobody's, those of its kind.
pub(super) fn followers<'a>(team: &'a Team, ticket: &Candidate) -> Vec<&'a Technician> {
    let handles: BTreeSet<&str> = ticket
        .assignee
        .iter()
        .chain(&ticket.watchers)
        .map(String::as_str)
        .collect();
    let named: Vec<&Technician> = handles
        .into_iter()
        .filter_map(|handle| team.by_handle(handle))
        .collect();
    if named.is_empty() {
        team.looking_after(ticket.category)
    } else {
        named
    }
}

/// A notice for one technician.
pub(super) fn inside(
    kind: Kind,
    number: TicketNumber,
    subject: &str,
    technician: &Technician,
    sheet: Sheet,
) -> Notice {
    let about = About::Work(Box::new(sheet));
    to_technician(kind, number, subject, technician, about)
}

/// A notice for one technician about whatever it is.
pub(super) fn to_technician(
    kind: Kind,
    number: TicketNumber,
    subject: &str,
    technician: &Technician,
    about: About,
) -> Notice {
    Notice {
        kind,
        ticket: number,
        to: Recipient {
            name: technician.name.clone(),
            email: technician.address().to_owned(),
        },
        language: technician.language,
        subject: Some(subject.to_owned()),
        in_reply_to: None,
        references: Vec::new(),
        right: Right::Work {
            technician: technician.handle.clone(),
            generation: 0,
            extra: None,
        },
        timing: Timing::Now,
        about,
    }
}

/// The ticket of a letter as it stands.
pub(super) fn sheet(facts: &Facts<'_>, ticket: &Candidate, language: Language) -> Sheet {
    sheet_of(&facts.settings.team, ticket, language)
}

/// A ticket as it stands.
pub(super) fn sheet_of(team: &Team, ticket: &Candidate, language: Language) -> Sheet {
    let verdict = ticket.opening.verdict.as_deref();
    Sheet {
        status: ticket.status,
        category: ticket.category,
        priority: ticket.priority,
        criticality: ticket.criticality,
        mutualisation: ticket.mutualisation,
        requester: Recipient {
            name: ticket.requester_name.clone(),
            email: ticket.requester.clone(),
        },
        contact: ticket.contact.clone(),
        assignee: ticket
            .assignee
            .as_ref()
            .map(|handle| match team.by_handle(handle) {
                Some(technician) => technician.name.clone(),
                None => handle.clone(),
            }),
        outcome: ticket.outcome,
        clause: ticket
            .clause
            .clone()
            .filter(|_| ticket.outcome != Outcome::Accept),
        why: verdict.map_or_else(Vec::new, |verdict| why(verdict, language)),
        proposed: verdict.is_some_and(|verdict| verdict.proposed)
            && ticket.outcome == Outcome::Flag,
        backup: ticket.backup,
        undelivered: None,
        said: Vec::new(),
        attachments: Vec::new(),
        similar: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Tells the people of a ticket what a technician says or did: each in a letter of their own.
pub(super) fn people(
    ticket: &Candidate,
    kind: Kind,
    words: Option<&Words>,
    reopen_days: u64,
    first: Option<TicketNumber>,
) -> Vec<Notice> {
    ticket
        .participants
        .iter()
        .filter(|(address, _)| !address.is_empty())
        .map(|(address, role)| Notice {
            kind,
            ticket: ticket.number,
            to: Recipient {
                name: if *role == Role::Requester {
                    ticket.requester_name.clone()
                } else {
                    String::new()
                },
                email: address.clone(),
            },
            language: ticket.language,
            subject: Some(ticket.subject.clone()),
            in_reply_to: ticket.last_letter.clone(),
            references: ticket.opening.message_id.iter().cloned().collect(),
            right: Right::Add,
            timing: Timing::Now,
            about: About::Answer {
                words: words.cloned(),
                reopen_days,
                first,
                closing: None,
            },
        })
        .collect()
}

/// What the letter says, for those who work on the ticket.
pub(super) fn said(facts: &Facts<'_>) -> Said {
    let author = facts.message.author();
    let text = &facts.message.text;
    let mut words = text.shown().trim().to_owned();
    if !text.forwarded.trim().is_empty() {
        words.push_str("\n\n");
        words.push_str(text.forwarded.trim());
    }
    Said {
        author: author.map_or_else(String::new, |one| {
            if one.name.is_empty() {
                one.email.clone()
            } else {
                format!("{} <{}>", one.name, one.email)
            }
        }),
        at: facts.received_at,
        text: words,
        unverified: false,
    }
}

/// The attachments with their places, if they can be passed on.
pub(super) fn listed(facts: &Facts<'_>) -> Vec<Listed> {
    facts
        .message
        .attachments
        .iter()
        .enumerate()
        .map(|(place, one)| Listed {
            name: one.name.clone(),
            size: one.size,
            passed_on: facts
                .reading
                .enclosed
                .contains(&place)
                .then_some(Source::Letter(place)),
        })
        .collect()
}

/// The attachments of earlier letters that an update tells too, within what is left of the limit
/// beside those of the letter at hand; the newest first.
fn earlier(facts: &Facts<'_>, waiting: &[Listed]) -> Vec<Listed> {
    let own = facts.message.attachments.iter().enumerate();
    let taken: u64 = own
        .filter(|(place, _)| facts.reading.enclosed.contains(place))
        .map(|(_, one)| one.size)
        .sum();
    let mut left = facts.settings.work.attachments.saturating_sub(taken);
    let mut list: Vec<Listed> = waiting.to_vec();
    for one in list.iter_mut().rev() {
        match left.checked_sub(one.size) {
            Some(rest) if one.passed_on.is_some() => left = rest,
            _ => one.passed_on = None,
        }
    }
    list
}

/// Why the ticket is where it is, in a few lines.
fn why(verdict: &Verdict, language: Language) -> Vec<String> {
    let mut lines = evidence::sentences(&verdict.evidence, language);
    lines.truncate(WHY);
    lines
}

/// The id that all our letters about one ticket to one person refer to, so that a mail program
/// shows them as one conversation.
pub(super) fn anchor(number: TicketNumber, technician: &Technician) -> Vec<MessageId> {
    let domain = technician
        .address()
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    MessageId::new(&format!(
        "guichet.{}.{}@{domain}",
        number.0, technician.handle
    ))
    .into_iter()
    .collect()
}

/// Open tickets of others that may be about the same thing.
fn similar(facts: &Facts<'_>, ticket: &NewTicket) -> Vec<Similar> {
    let words = telling_words(&format!("{} {}", ticket.subject, facts.message.text.new));
    facts
        .context
        .recent
        .iter()
        .filter(|recent| recent.category == ticket.verdict.category)
        .filter(|recent| is_similar(&words, recent))
        .take(SIMILAR)
        .map(|recent| Similar {
            number: recent.number,
            subject: recent.subject.clone(),
            requester: if recent.requester_name.is_empty() {
                recent.requester.clone()
            } else {
                recent.requester_name.clone()
            },
        })
        .collect()
}

fn is_similar(words: &BTreeSet<String>, recent: &Recent) -> bool {
    let theirs = telling_words(&format!("{} {}", recent.subject, recent.text));
    let common = words.intersection(&theirs).count();
    common >= COMMON && 2 * common >= words.len().min(theirs.len())
}

/// The words that say what a letter is about: folded, four letters at least, or with a digit in
/// them (a room, a floor, a machine).
fn telling_words(text: &str) -> BTreeSet<String> {
    const COURTESY: [&str; 16] = [
        "bonjour",
        "bonsoir",
        "merci",
        "cordialement",
        "avance",
        "depuis",
        "pouvez",
        "vous",
        "hello",
        "thanks",
        "thank",
        "regards",
        "dear",
        "please",
        "could",
        "since",
    ];
    fold(text)
        .split(' ')
        .filter(|word| word.len() >= 4 || word.chars().any(|c| c.is_ascii_digit()))
        .filter(|word| !COURTESY.contains(word))
        .take(200)
        .map(str::to_owned)
        .collect()
}
