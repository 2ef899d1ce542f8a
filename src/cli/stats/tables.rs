//! The figures on a terminal: the sentence first, then a table for each question.

use std::fmt::Write as _;

use crate::calendar::{Calendar, english};
use crate::cli::table::{line, numbers};
use crate::compose::headline;
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Answers, Figures, Refusals, Span, Week};
use crate::team::Team;
use crate::ticket::Status;

const EN: Tongue = Tongue::En;
/// Hours of the day that have a column each.
const DAY: std::ops::Range<usize> = 8..18;

pub(super) fn shown(figures: &Figures, team: &Team, calendar: &Calendar) -> String {
    let span = figures.span;
    let mut out = format!(
        "{}\n{} to {}\n",
        headline::span(figures, EN),
        english::date(span.first),
        english::date(span.last)
    );
    let mut part = |title: &str, text: String| {
        // Writing to a string does not fail.
        let _ = write!(out, "\n{title}\n{text}");
    };
    part(
        "Requests by week and day, and the time to a first answer",
        weeks(figures),
    );
    if figures.requests > 0 {
        part("By category", categories(figures));
    }
    if figures.refused() != Refusals::default() {
        part("Refusals by clause", refusals(figures));
    }
    if !figures.letters.is_empty() {
        part("When people write", hours(figures));
        part(
            "Letters that came, and what became of them",
            letters(figures),
        );
    }
    part("Open now", open(figures, team, calendar));
    out
}

fn dot(count: u64) -> String {
    match count {
        0 => "·".to_owned(),
        count => number::count(count, EN),
    }
}

fn time(minutes: Option<i64>) -> String {
    minutes.map_or_else(|| "–".to_owned(), |minutes| number::hours(minutes, EN))
}

fn weeks(figures: &Figures) -> String {
    let head = [
        "week of",
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
        "Sat",
        "Sun",
        "all",
        "half in",
        "8 in 10 in",
        "waiting",
    ];
    let weeks = figures.weeks.iter();
    let mut rows: Vec<Vec<String>> = weeks.map(|week| self::week(week, figures)).collect();
    if rows.len() > 1 {
        let weekday = |place| {
            let days = figures.days.iter();
            let days = days.filter(|day| day.date.weekday().to_monday_zero_offset() == place);
            dot(days.map(|day| day.requests).sum())
        };
        let mut all = vec!["all".to_owned()];
        all.extend((0..7).map(weekday));
        all.push(dot(figures.requests));
        all.extend(waits(figures.answers));
        rows.push(all);
    }
    numbers(&head, rows)
}

/// A week: its days as far as they are meant, their sum, the waits.
fn week(week: &Week, figures: &Figures) -> Vec<String> {
    let days = Span::week(week.monday).dates();
    let mut row = vec![english::day(week.monday)];
    row.extend(days.map(|date| {
        let day = figures.days.iter().find(|day| day.date == date);
        match day {
            None => String::new(),
            Some(day) if day.requests == 0 && !day.open => "–".to_owned(),
            Some(day) => dot(day.requests),
        }
    }));
    row.push(dot(week.requests));
    row.extend(waits(week.answers));
    row
}

fn waits(answers: Answers) -> [String; 3] {
    [
        time(answers.median_minutes),
        time(answers.p80_minutes),
        dot(answers.waiting),
    ]
}

fn categories(figures: &Figures) -> String {
    let mut rows: Vec<_> = figures.categories.iter().collect();
    rows.sort_by_key(|(_, requests)| std::cmp::Reverse(**requests));
    let rows = rows.into_iter().map(|(category, requests)| {
        vec![
            category.to_string(),
            number::count(*requests, EN),
            number::percent(*requests, figures.requests, EN),
        ]
    });
    numbers(&["category", "requests", "share"], rows.collect())
}

fn refusals(figures: &Figures) -> String {
    let row = |name: &str, one: &Refusals| {
        vec![
            name.to_owned(),
            number::count(one.refused, EN),
            dot(one.contested),
            dot(one.upheld),
            dot(one.overturned),
        ]
    };
    let mut rows: Vec<Vec<String>> = figures
        .refusals
        .iter()
        .map(|(clause, one)| row(if clause.is_empty() { "none" } else { clause }, one))
        .collect();
    if rows.len() > 1 {
        rows.push(row("all", &figures.refused()));
    }
    let head = ["clause", "refused", "contested", "upheld", "taken back"];
    numbers(&head, rows)
}

fn hours(figures: &Figures) -> String {
    let mut head = vec!["before 8".to_owned()];
    head.extend(DAY.map(|hour| hour.to_string()));
    head.push("after 18".to_owned());
    head.insert(0, String::new());
    let sum = |day: &[u64; 24], hours: std::ops::Range<usize>| -> u64 {
        day.get(hours).map_or(0, |hours| hours.iter().sum())
    };
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let rows = figures.hours.iter().zip(names).map(|(day, name)| {
        let mut row = vec![name.to_owned(), dot(sum(day, 0..DAY.start))];
        row.extend(DAY.map(|hour| dot(sum(day, hour..hour + 1))));
        row.push(dot(sum(day, DAY.end..24)));
        row
    });
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    numbers(&head, rows.collect())
}

fn letters(figures: &Figures) -> String {
    let rows = figures
        .letters
        .iter()
        .map(|(fate, count)| vec![fate.replace('_', " "), number::count(*count, EN)]);
    numbers(&["what became of them", "letters"], rows.collect())
}

fn open(figures: &Figures, team: &Team, calendar: &Calendar) -> String {
    let open = &figures.open;
    if open.total + open.provisional + open.held == 0 {
        return "  nothing waits\n".to_owned();
    }
    let [week, month, older] = open.ages;
    let ages = [
        ("under a week", week),
        ("under four weeks", month),
        ("older", older),
    ];
    let name = |handle: &String| match team.by_handle(handle) {
        Some(technician) => line(&technician.name, 40),
        None if handle.is_empty() => "nobody".to_owned(),
        None => line(handle, 40),
    };
    let status = |status: &Status| status.as_str().replace('_', " ");
    let oldest = open
        .oldest
        .map(|at| english::moment(calendar.local(at)))
        .unwrap_or_default();
    let lines = [
        ("tickets", number::count(open.total, EN)),
        (
            "states",
            listed(open.statuses.iter().map(|(s, n)| (status(s), *n))),
        ),
        (
            "priorities",
            listed(open.priorities.iter().map(|(p, n)| (p, *n))),
        ),
        (
            "categories",
            listed(open.categories.iter().map(|(c, n)| (c, *n))),
        ),
        (
            "whose",
            listed(open.assignees.iter().map(|(h, n)| (name(h), *n))),
        ),
        ("ages", listed(ages.into_iter())),
        ("oldest", oldest),
        (
            "to be checked",
            listed([("provisional refusals", open.provisional)].into_iter()),
        ),
        ("held", listed([("letters", open.held)].into_iter())),
    ];
    lines
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("  {name:<14}{text}\n"))
        .collect()
}

/// Names with their numbers, without those of which there are none.
fn listed<T: std::fmt::Display>(pairs: impl Iterator<Item = (T, u64)>) -> String {
    let some = pairs.filter(|(_, count)| *count > 0);
    let words = some.map(|(name, count)| format!("{name} {}", number::count(count, EN)));
    words.collect::<Vec<_>>().join(", ")
}
