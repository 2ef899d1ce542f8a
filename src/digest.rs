//! Digests: each morning what waits for a technician, each week what the figures were.
//!
//! In: the [`Agenda`] (open tickets and held letters, as the store has them) or the
//! [`Ledger`](crate::figures::Ledger), the team, the calendar, the instant. Out: the data of the
//! letter ([`notice::Digest`](crate::notice::Digest), [`notice::Weekly`](crate::notice::Weekly)).
//! When each is due is told by [`edition`].
//!
//! A ticket stands in one list only: what is to be decided before what is one's own before what is
//! nobody's. A decision is the assignee's; of a ticket that is nobody's, everybody's who looks
//! after its category.
//!
//! Pure. Not handled: a technician's absence; whoever is away finds the letters on return.

pub mod edition;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::{Calendar, closure};
use crate::decide;
use crate::decide::occurrence::{Cause, Occurrence};
use crate::figures::days::USUAL_DAYS;
use crate::figures::{Figures, Ledger, Span};
use crate::notice::{
    Bulletin, Decision, Digest, Held, House, Kind, Line, Listing, Recipient, Weekly,
};
use crate::policy::{Language, Outcome};
use crate::team::{Team, Technician};
use crate::ticket::priority::{Category, Priority};
use crate::ticket::{Status, TicketNumber};

pub use edition::Edition;

/// Tickets that one list names.
const SHOWN: usize = 15;

/// What the site wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether technicians get a letter each working morning.
    pub daily: bool,
    /// Also when there is nothing to say.
    pub empty: bool,
    /// Who gets the week's figures.
    pub weekly_to: Vec<String>,
    /// In which language.
    pub weekly_language: Language,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            daily: true,
            empty: false,
            weekly_to: Vec::new(),
            weekly_language: Language::Fr,
        }
    }
}

/// What waits for the team.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    /// Open tickets and refusals to look through, oldest first.
    pub items: Vec<Item>,
    /// Letters that are held, oldest first.
    pub held: Vec<HeldLetter>,
}

/// One ticket that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub ticket: TicketNumber,
    /// Where it stands.
    pub status: Status,
    /// When it was opened.
    pub asked: Timestamp,
    /// Since when it stands there.
    pub stands_since: Timestamp,
    /// Its place in the queue.
    pub priority: Priority,
    /// Its kind.
    pub category: Category,
    /// Its subject.
    pub subject: String,
    /// Who asked: a name, or an address.
    pub requester: String,
    /// A technician's handle, empty if it is nobody's.
    pub assignee: String,
    /// What was decided of it.
    pub outcome: Outcome,
    /// Whether a refusal is prepared.
    pub proposed: bool,
}

/// One letter that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLetter {
    /// Its number in the journal.
    pub letter: i64,
    /// When it came.
    pub at: Timestamp,
    /// Who it says it is from.
    pub sender: String,
    /// Its subject.
    pub subject: String,
}

/// What a digest rests on besides its rows.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Who works here, and how.
    pub site: &'a decide::Settings,
    /// What is wanted.
    pub settings: &'a Settings,
    /// When somebody is there.
    pub calendar: &'a Calendar,
    /// The instant.
    pub now: Timestamp,
}

/// The morning's letters: one to each technician for whom something waits.
#[must_use]
pub fn mornings(agenda: &Agenda, ground: Ground<'_>) -> Occurrence {
    let team = &ground.site.team;
    let letters = team
        .iter()
        .map(|technician| morning_letter(agenda, technician, ground));
    let told = letters.filter(|letter| match &letter.about {
        House::Digest(digest) => ground.settings.empty || !digest.is_empty(),
        _ => true,
    });
    let today = ground.calendar.local(ground.now).date();
    occurrence(Edition::Morning(today), told.collect())
}

/// The week's letters.
#[must_use]
pub fn weeklies(ledger: &Ledger, span: Span, ground: Ground<'_>) -> Occurrence {
    let to = ground.settings.weekly_to.iter();
    let letters = to.map(|address| week_letter(ledger, span, address, ground));
    occurrence(Edition::Week(span), letters.collect())
}

/// The morning's letter to one technician, also when nothing waits.
#[must_use]
pub fn morning_letter(agenda: &Agenda, technician: &Technician, ground: Ground<'_>) -> Bulletin {
    Bulletin {
        kind: Kind::Digest,
        to: Recipient {
            name: technician.name.clone(),
            email: technician.address().to_owned(),
        },
        language: technician.language,
        about: House::Digest(Box::new(morning(agenda, technician, ground))),
    }
}

/// The week's letter to one address.
#[must_use]
pub fn week_letter(ledger: &Ledger, span: Span, to: &str, ground: Ground<'_>) -> Bulletin {
    Bulletin {
        kind: Kind::DigestWeekly,
        to: Recipient {
            name: String::new(),
            email: to.to_owned(),
        },
        language: ground.settings.weekly_language,
        about: House::Weekly(Box::new(week(ledger, span, ground.calendar, ground.now))),
    }
}

fn occurrence(edition: Edition, bulletins: Vec<Bulletin>) -> Occurrence {
    Occurrence {
        cause: Cause::due(None, edition.word(), edition.mark()),
        ticket: None,
        reason: edition.to_string(),
        changes: Vec::new(),
        notices: Vec::new(),
        bulletins,
    }
}

/// The morning's letter of one technician.
#[must_use]
pub fn morning(agenda: &Agenda, technician: &Technician, ground: Ground<'_>) -> Digest {
    let Ground {
        site,
        calendar,
        now,
        ..
    } = ground;
    let team = &site.team;
    let [_, question] = site.due.question;
    let ages = Ages::of(agenda, calendar, now);
    let (mut decisions, mut own, mut unassigned) = (Vec::new(), Vec::new(), Vec::new());
    for item in &agenda.items {
        let theirs = item.assignee == technician.handle;
        let open_to_them = is_nobodys(item, team) && looks_after(team, technician, item.category);
        if !theirs && !open_to_them {
            continue;
        }
        if let Some(decision) = decision(item, &ages, u64::from(question)) {
            decisions.push((ages.line(item, item.stands_since), decision));
        } else if theirs {
            own.push(ages.line(item, item.asked));
        } else {
            unassigned.push(ages.line(item, item.asked));
        }
    }
    // Contests first; within each the oldest.
    decisions.sort_by_key(|(_, decision)| *decision);
    let held = agenda.held.iter().map(|held| Held {
        letter: held.letter,
        age: ages.since(held.at),
        sender: held.sender.clone(),
        subject: held.subject.clone(),
    });
    Digest {
        date: calendar.local(now).date(),
        decisions: Listing::of(decisions, SHOWN),
        own: Listing::of(own, SHOWN),
        unassigned: Listing::of(unassigned, SHOWN),
        held: Listing::of(held.collect(), SHOWN),
    }
}

/// Whether a ticket is nobody's: also that of a technician who is no longer on the team.
fn is_nobodys(item: &Item, team: &Team) -> bool {
    team.by_handle(&item.assignee).is_none()
}

fn looks_after(team: &Team, technician: &Technician, category: Category) -> bool {
    team.looking_after(category)
        .iter()
        .any(|one| one.handle == technician.handle)
}

/// What is to be decided of a ticket; a question is, once it has stood for so many business days.
fn decision(item: &Item, ages: &Ages, question: u64) -> Option<Decision> {
    match item.status {
        Status::Contested => Some(Decision::Contest),
        Status::RefusedProvisional => Some(Decision::Provisional),
        Status::New if item.proposed => Some(Decision::Proposal),
        Status::WaitingRequester
            if item.outcome == Outcome::Ask && ages.since(item.stands_since) >= question =>
        {
            Some(Decision::Question)
        }
        _ => None,
    }
}

/// The week's letter, for the week of `span`.
#[must_use]
pub fn week(ledger: &Ledger, span: Span, calendar: &Calendar, now: Timestamp) -> Weekly {
    let of = |span| Figures::of(ledger, span, calendar, now);
    let before = Span::ending(span.before().last, USUAL_DAYS);
    let began = ledger.began.map(|at| calendar.local(at).date());
    Weekly {
        week: of(span),
        before: began
            .is_some_and(|began| began < before.first)
            .then(|| of(before)),
        five: of(Span {
            first: before.first,
            last: span.last,
        }),
    }
}

/// How far back a ledger has to go for [`week`]: the usual of the first of the five weeks.
#[must_use]
pub fn week_needs(span: Span, calendar: &Calendar) -> Timestamp {
    let before = Span::ending(span.before().last, 2 * USUAL_DAYS + 7);
    before.begins(calendar)
}

/// The business days up to today.
struct Ages {
    calendar: Calendar,
    today: Date,
    days: Vec<Date>,
}

impl Ages {
    fn of(agenda: &Agenda, calendar: &Calendar, now: Timestamp) -> Self {
        let items = agenda.items.iter();
        let instants = items
            .map(|item| item.asked.min(item.stands_since))
            .chain(agenda.held.iter().map(|held| held.at));
        let today = calendar.local(now).date();
        let first = instants.min().map_or(today, |at| calendar.local(at).date());
        Self {
            calendar: calendar.clone(),
            today,
            days: closure::days(first, today)
                .filter(|date| calendar.is_business_day(*date))
                .collect(),
        }
    }

    /// Business days since an instant: none on its own day.
    fn since(&self, at: Timestamp) -> u64 {
        let day = self.calendar.local(at).date();
        let from = self.days.partition_point(|date| *date <= day);
        let to = self.days.partition_point(|date| *date <= self.today);
        u64::try_from(to.saturating_sub(from)).unwrap_or(0)
    }

    fn line(&self, item: &Item, since: Timestamp) -> Line {
        Line {
            ticket: item.ticket,
            priority: item.priority,
            status: item.status,
            age: self.since(since),
            subject: item.subject.clone(),
            requester: item.requester.clone(),
        }
    }
}
