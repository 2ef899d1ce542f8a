//! Letters of the hours of a granted window: which window covers one, and what that does to it.
//!
//! In: a letter with what the store knows of open windows. Out: the window, and the verdict as it is
//! because of it. A letter that its own domain disowns is never covered.

use crate::classify::sender_auth::SenderAuth;
use crate::decide::reading::policy_letter;
use crate::decide::{Candidate, Change, Facts, Settings};
use crate::oncall::scope::Cover;
use crate::oncall::{Window, scope};
use crate::policy::{Letter, Outcome, Verdict, judge};
use crate::registry::name::fold;
use crate::team::Technician;
use crate::ticket::TicketNumber;
use crate::ticket::priority::Priority;

/// Criticality from which a system that is named is as good as down.
const DOWN: u8 = 3;

/// The open window that covers the letter, and by what. Of several the one it is marked with, then
/// the one whose place or systems it names, then the author's own.
#[must_use]
pub fn cover<'a>(facts: &Facts<'a>) -> Option<(&'a Window, Cover)> {
    // Whoever is disowned by their own domain is nobody's guest.
    if matches!(facts.reading.auth, SenderAuth::Fail { .. }) {
        return None;
    }
    let author = facts.author_keys();
    let found = facts.context.windows.iter().filter_map(|window| {
        let letter = letter(facts, window, &author);
        let by = window.covers(&letter, facts.now)?;
        let rank = match by {
            Cover::Mark => 0,
            Cover::Requester if window.is_named(&letter) => 1,
            Cover::Requester => 2,
            Cover::Scope => 3,
        };
        Some((rank, window, by))
    });
    found
        .min_by_key(|(rank, window, _)| (*rank, window.ticket))
        .map(|(_, window, by)| (window, by))
}

/// The open window that covers a letter in a ticket: its own, or the one the ticket came in.
#[must_use]
pub(in crate::decide) fn cover_in<'a>(facts: &Facts<'a>, ticket: &Candidate) -> Option<&'a Window> {
    if matches!(facts.reading.auth, SenderAuth::Fail { .. }) {
        return None;
    }
    let came_in = || {
        let windows = facts.context.windows.iter();
        windows
            .filter(|window| window.slot.holds(facts.now))
            .find(|window| ticket.covered_by == Some(window.ticket))
    };
    cover(facts).map(|(window, _)| window).or_else(came_in)
}

fn letter<'l>(facts: &Facts<'l>, window: &Window, author: &'l [String]) -> scope::Letter<'l> {
    scope::Letter {
        subject: &facts.message.subject,
        text: &facts.message.text.new,
        author,
        same_unit: same_unit(facts, &window.requester),
    }
}

/// Whether the author is of the same team as somebody, or, where the people table does not know
/// both teams, of the same domain of the institute.
fn same_unit(facts: &Facts<'_>, other: &str) -> bool {
    let today = facts.settings.zone.to_datetime(facts.now).date();
    let team = |address: &str| {
        let found = facts.registry.person(address, today);
        let (person, _) = found.found()?;
        person.team.as_deref().map(fold)
    };
    let author = facts.author_key();
    if let (Some(one), Some(other)) = (team(&author), team(other)) {
        return one == other;
    }
    let domain = |address: &str| {
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_owned())
    };
    domain(&author)
        .filter(|domain| facts.settings.own_domains.contains(domain))
        .is_some_and(|own| domain(other) == Some(own))
}

/// What the service card says of a letter that an open window covers: nothing else than usual, but
/// that it is neither refused nor asked about, and that it does not wait.
#[must_use]
pub fn raised(facts: &Facts<'_>) -> Option<Verdict> {
    let (window, _) = cover(facts)?;
    let plain = policy_letter(facts.message, &facts.reading.auth, &facts.settings.team);
    let letter = Letter {
        oncall_active: true,
        ..plain
    };
    let mut verdict = judge(facts.card, facts.registry, &letter, facts.now);
    if matches!(verdict.outcome, Outcome::Reject | Outcome::Ask) {
        verdict.outcome = Outcome::Flag;
    }
    verdict.reserve = false;
    verdict.proposed = false;
    verdict.question = None;
    let author = facts.author_keys();
    let letter = self::letter(facts, window, &author);
    let down = window.is_down(&letter) || verdict.criticality >= DOWN && window.is_named(&letter);
    let least = if down { Priority::P1 } else { Priority::P2 };
    verdict.priority = verdict.priority.min(least);
    Some(verdict)
}

/// Whether a letter's author may be told how to call: somebody the institute knows. A mark can be
/// guessed, and a telephone number cannot be taken back.
pub(in crate::decide) fn may_call(facts: &Facts<'_>, by: Cover) -> bool {
    let own = |address: &String| {
        address
            .rsplit_once('@')
            .is_some_and(|(_, domain)| facts.settings.own_domains.contains(domain))
    };
    by != Cover::Mark || facts.verdict.person_name.is_some() || facts.author_keys().iter().any(own)
}

/// What a letter that an open window covers leaves for the window's summary; nothing of letters about
/// the window itself.
pub(in crate::decide) fn intervention(
    ticket: TicketNumber,
    window: Option<&Window>,
) -> Option<Change> {
    let window = window.filter(|window| window.ticket != ticket)?;
    Some(Change::Intervention {
        window: window.ticket,
        ticket,
    })
}

/// A technician to whom the open window that covers the letter matters.
pub(in crate::decide) fn agent<'s>(
    settings: &'s Settings,
    window: &Window,
) -> Option<&'s Technician> {
    settings.team.by_handle(window.agent.handle.as_deref()?)
}
