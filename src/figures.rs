//! The figures of a span of days: what came, how long people waited, what was refused, what is left.
//!
//! In: a [`Ledger`] (what the store remembers, row by row), a [`Span`], the calendar and the
//! instant. Out: [`Figures`], the one value that the terminal, the weekly letter and the chart
//! sheet are written from, so that they never disagree.
//!
//! Definitions, the same everywhere:
//!
//! - a request is a letter that opened a ticket, on the day it reached the mailbox;
//! - a first answer is a person's, and the time to it is business time ([`answers`]);
//! - a refusal is a ticket that stood as refused at any time, and what became of it is read from
//!   the steps of its history ([`refusals`]);
//! - open is what somebody of the service still has to do ([`Status::is_open`](crate::ticket::Status)).
//!
//! A figure that too few cases stand behind is absent rather than wrong. Pure.
//!
//! Not handled: teams with calendars of their own; what a ticket's category or priority was before
//! somebody changed it.

pub mod answers;
pub mod backlog;
pub mod days;
pub mod ledger;
pub mod refusals;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::calendar::Calendar;
use crate::ticket::priority::{Category, Priority};

pub use answers::{Answers, Week};
pub use backlog::{Open, Standing};
pub use days::{Day, Span};
pub use ledger::{Ledger, Request, Step};
pub use refusals::Refusals;

/// The words of the journal for what people wrote: a request, or more about one.
const FROM_PEOPLE: [&str; 2] = ["ticket", "follow_up"];

/// Everything there is to say about a span.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Which days.
    pub span: Span,
    /// Requests that came.
    pub requests: u64,
    /// Those of the span before, if the service was at work throughout it.
    pub before: Option<u64>,
    /// Day by day.
    pub days: Vec<Day>,
    /// By category.
    pub categories: BTreeMap<Category, u64>,
    /// By priority, as it is now.
    pub priorities: BTreeMap<Priority, u64>,
    /// How long people waited for a first answer.
    pub answers: Answers,
    /// The same week by week, oldest first.
    pub weeks: Vec<Week>,
    /// Refusals of these requests, by clause.
    pub refusals: BTreeMap<String, Refusals>,
    /// What people wrote, by weekday (Monday first) and hour of the day.
    pub hours: [[u64; 24]; 7],
    /// Open tickets at the end of each day.
    pub backlog: Vec<Standing>,
    /// Letters that came, by what became of them.
    pub letters: BTreeMap<String, u64>,
    /// What is open now.
    pub open: Open,
}

impl Figures {
    /// Counts.
    #[must_use]
    pub fn of(ledger: &Ledger, span: Span, calendar: &Calendar, now: Timestamp) -> Self {
        let asked: Vec<&Request> = ledger
            .requests
            .iter()
            .filter(|request| span.holds(calendar.local(request.asked).date()))
            .collect();
        let per_day = days::per_day(ledger, calendar);
        Self {
            span,
            requests: whole(asked.len()),
            before: days::before(&per_day, span, ledger, calendar),
            days: days::days(&per_day, span, ledger, calendar),
            categories: counted(asked.iter().map(|request| request.category)),
            priorities: counted(asked.iter().map(|request| request.priority)),
            answers: Answers::of(asked.iter().copied(), calendar),
            weeks: answers::weeks(&asked, span, calendar),
            refusals: refusals::by_clause(&asked),
            hours: hours(ledger, span, calendar),
            backlog: backlog::by_day(ledger, span, calendar, now),
            letters: letters(ledger, span, calendar),
            open: Open::of(ledger, now),
        }
    }

    /// All refusals of the span together.
    #[must_use]
    pub fn refused(&self) -> Refusals {
        self.refusals
            .values()
            .fold(Refusals::default(), |sum, one| sum.and(*one))
    }

    /// The busiest hour: weekday from Monday, hour, letters in it. Nothing if none stands out of
    /// a handful.
    #[must_use]
    pub fn busiest(&self) -> Option<(usize, usize, u64)> {
        self.busiest_hours(1).into_iter().next()
    }

    /// The busiest hours, the busiest first, and of equals the earlier in the week.
    #[must_use]
    pub fn busiest_hours(&self, most: usize) -> Vec<(usize, usize, u64)> {
        let letters: u64 = self.hours.iter().flatten().sum();
        if letters < answers::FEWEST {
            return Vec::new();
        }
        let mut cells: Vec<(usize, usize, u64)> = self
            .hours
            .iter()
            .enumerate()
            .flat_map(|(day, hours)| {
                let cells = hours.iter().enumerate();
                cells.map(move |(hour, letters)| (day, hour, *letters))
            })
            .filter(|(_, _, letters)| *letters > 1)
            .collect();
        cells.sort_by_key(|(_, _, letters)| std::cmp::Reverse(*letters));
        cells.truncate(most);
        cells
    }
}

/// How often each occurs.
fn counted<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_insert(0) += 1;
    }
    counts
}

fn letters(ledger: &Ledger, span: Span, calendar: &Calendar) -> BTreeMap<String, u64> {
    ledger
        .letters
        .iter()
        .map(|(fate, instants)| {
            let within = instants
                .iter()
                .filter(|at| span.holds(calendar.local(**at).date()))
                .count();
            (fate.clone(), whole(within))
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn hours(ledger: &Ledger, span: Span, calendar: &Calendar) -> [[u64; 24]; 7] {
    let mut hours = [[0; 24]; 7];
    let instants = FROM_PEOPLE
        .iter()
        .filter_map(|fate| ledger.letters.get(*fate))
        .flatten();
    for at in instants {
        let local = calendar.local(*at);
        if !span.holds(local.date()) {
            continue;
        }
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let hour = usize::try_from(local.hour()).unwrap_or(0);
        if let Some(cell) = hours.get_mut(day).and_then(|day| day.get_mut(hour)) {
            *cell += 1;
        }
    }
    hours
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
