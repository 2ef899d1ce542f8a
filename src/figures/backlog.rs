//! What is open: at the end of each day of a span, and now in detail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::days::midnight;
use super::{Ledger, Request, Span, counted, whole};
use crate::calendar::Calendar;
use crate::ticket::Status;
use crate::ticket::priority::{Category, Priority};

const DAY: i64 = 86_400;

/// Open tickets at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The day.
    pub date: Date,
    /// Open tickets.
    pub open: u64,
}

/// What is open now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    /// How many.
    pub total: u64,
    /// Of these: younger than a week, younger than four weeks, older.
    pub ages: [u64; 3],
    /// When the oldest was asked.
    pub oldest: Option<Timestamp>,
    /// By priority.
    pub priorities: BTreeMap<Priority, u64>,
    /// By category.
    pub categories: BTreeMap<Category, u64>,
    /// By technician; those of nobody under the empty word.
    pub assignees: BTreeMap<String, u64>,
    /// By state.
    pub statuses: BTreeMap<Status, u64>,
    /// Refusals that a person has still to read through.
    pub provisional: u64,
    /// Letters that are held.
    pub held: u64,
}

impl Open {
    /// Counts.
    #[must_use]
    pub fn of(ledger: &Ledger, now: Timestamp) -> Self {
        let open: Vec<&Request> = ledger
            .requests
            .iter()
            .filter(|request| request.status.is_open())
            .collect();
        let mut ages = [0; 3];
        for request in &open {
            let place = match now.duration_since(request.asked).as_secs() / DAY {
                ..7 => 0,
                7..28 => 1,
                _ => 2,
            };
            if let Some(age) = ages.get_mut(place) {
                *age += 1;
            }
        }
        Self {
            total: whole(open.len()),
            ages,
            oldest: open.iter().map(|request| request.asked).min(),
            priorities: counted(open.iter().map(|request| request.priority)),
            categories: counted(open.iter().map(|request| request.category)),
            assignees: counted(open.iter().map(|request| request.assignee.clone())),
            statuses: counted(open.iter().map(|request| request.status)),
            provisional: whole(
                ledger
                    .requests
                    .iter()
                    .filter(|request| request.status == Status::RefusedProvisional)
                    .count(),
            ),
            held: ledger.held,
        }
    }

    /// Open tickets of one state.
    #[must_use]
    pub fn with(&self, status: Status) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }
}

/// At the end of each day that has begun; of today, until now.
pub(super) fn by_day(
    ledger: &Ledger,
    span: Span,
    calendar: &Calendar,
    now: Timestamp,
) -> Vec<Standing> {
    let mut turns: Vec<(Timestamp, bool)> =
        ledger.requests.iter().flat_map(Request::turns).collect();
    // What closes and opens in the same second has opened first.
    turns.sort_unstable_by_key(|(at, opens)| (*at, !opens));
    let mut turns = turns.into_iter().peekable();
    let mut open = 0_u64;
    span.dates()
        .take_while(|date| midnight(*date, calendar) <= now)
        .map(|date| {
            let end = date
                .tomorrow()
                .map_or(Timestamp::MAX, |next| midnight(next, calendar));
            while let Some((_, opens)) = turns.next_if(|(at, _)| *at < end) {
                open = if opens {
                    open + 1
                } else {
                    open.saturating_sub(1)
                };
            }
            Standing { date, open }
        })
        .collect()
}
