//! Figures worked out by hand, on a few tickets of one week.

use guichet::figures::{Figures, Ledger, Request, Span, Step};
use guichet::ticket::priority::{Category, Priority};
use guichet::ticket::{Passage, Status, TicketNumber};
use jiff::Timestamp;
use jiff::civil::date;

use crate::quarter;

/// A time of the service's wall clock.
fn at(text: &str) -> Timestamp {
    let local: jiff::civil::DateTime = text.parse().unwrap();
    quarter::calendar().zone().to_timestamp(local).unwrap()
}

fn asked(number: i64, text: &str) -> Request {
    Request {
        ticket: TicketNumber(number),
        asked: at(text),
        category: Category::Network,
        priority: Priority::P3,
        status: Status::New,
        clause: String::new(),
        assignee: String::new(),
        merged: false,
        first_answer: None,
        steps: Vec::new(),
    }
}

/// A ticket that took steps; its state before the first is where that began.
fn through(mut request: Request, steps: &[(&str, Status, Status)]) -> Request {
    for (text, from, to) in steps {
        request.steps.push(Step {
            at: at(text),
            passage: Passage {
                from: *from,
                to: *to,
            },
        });
        request.status = *to;
    }
    request
}

fn answered(number: i64, text: &str, answer: &str) -> Request {
    Request {
        first_answer: Some(at(answer)),
        ..asked(number, text)
    }
}

fn week(requests: Vec<Request>) -> Figures {
    let ledger = Ledger {
        requests,
        began: Some(at("2026-09-01T08:00:00")),
        ..Ledger::default()
    };
    let span = Span::new(date(2026, 11, 16), date(2026, 11, 22)).unwrap();
    Figures::of(&ledger, span, &quarter::calendar(), quarter::now())
}

#[test]
fn a_wait_is_business_time_and_what_still_waits_is_longest() {
    // Answered in 1 h, 2 h over lunch, 3 h over the night, 4 h over the weekend; one waits.
    let given = vec![
        answered(1, "2026-11-16T09:00:00", "2026-11-16T10:00:00"),
        answered(2, "2026-11-16T11:00:00", "2026-11-16T14:30:00"),
        answered(3, "2026-11-17T15:30:00", "2026-11-18T10:00:00"),
        answered(4, "2026-11-20T15:00:00", "2026-11-23T10:30:00"),
        asked(5, "2026-11-19T09:00:00"),
    ];
    let answers = week(given.clone()).answers;
    assert_eq!((answers.answered, answers.waiting), (4, 1));
    assert_eq!(answers.median_minutes, Some(180));
    assert_eq!(answers.p80_minutes, Some(240));
    // Another one that waits: eight in ten are not answered any more.
    let more: Vec<Request> = given
        .into_iter()
        .chain([asked(6, "2026-11-19T09:00:00")])
        .collect();
    assert_eq!(week(more).answers.p80_minutes, None);
}

#[test]
fn what_no_person_has_to_answer_does_not_count_as_waiting() {
    let day = "2026-11-17T09:00:00";
    let merged = Request {
        merged: true,
        ..asked(1, day)
    };
    let refused = Request {
        status: Status::Refused,
        ..asked(2, day)
    };
    let over = through(
        asked(3, day),
        &[("2026-11-18T09:00:00", Status::New, Status::Closed)],
    );
    let figures = week(vec![merged, refused, over]);
    assert_eq!(figures.requests, 3);
    assert_eq!((figures.answers.answered, figures.answers.waiting), (0, 0));
}

#[test]
fn a_refusal_is_counted_once_with_what_became_of_it() {
    use Status::{Contested, Open, Refused};
    let clause = |request: Request, clause: &str| Request {
        clause: clause.to_owned(),
        ..request
    };
    let day = "2026-11-17T09:00:00";
    let (contest, verdict) = ("2026-11-17T11:00:00", "2026-11-18T09:00:00");
    let upheld = [(contest, Refused, Contested), (verdict, Contested, Refused)];
    let overturned = [(contest, Refused, Contested), (verdict, Contested, Open)];
    let quiet = Request {
        status: Refused,
        ..asked(3, day)
    };
    let figures = week(vec![
        clause(through(asked(1, day), &upheld), "E1"),
        clause(through(asked(2, day), &overturned), "E1"),
        clause(quiet, "E5"),
        asked(4, day),
    ]);
    let one = &figures.refusals["E1"];
    let counts = (one.refused, one.contested, one.upheld, one.overturned);
    assert_eq!(counts, (2, 2, 1, 1));
    assert_eq!(figures.refusals["E5"].contested, 0);
    assert_eq!(figures.refused().refused, 3);
}

#[test]
fn what_is_open_is_followed_day_by_day() {
    use Status::{New, Open, Resolved};
    let figures = week(vec![
        asked(1, "2026-10-05T09:00:00"),
        through(
            asked(2, "2026-11-16T09:00:00"),
            &[
                ("2026-11-16T10:00:00", New, Open),
                ("2026-11-17T10:00:00", Open, Resolved),
                ("2026-11-19T10:00:00", Resolved, Open),
            ],
        ),
        asked(3, "2026-11-25T09:00:00"),
    ]);
    let open: Vec<u64> = figures.backlog.iter().map(|day| day.open).collect();
    assert_eq!(open, [2, 1, 1, 2, 2, 2, 2]);
    // Now the third one is there too; the first is old.
    assert_eq!(figures.open.total, 3);
    assert_eq!(figures.open.ages, [1, 1, 1]);
}

#[test]
fn days_are_those_of_the_service_and_weeks_begin_on_monday() {
    // 23:30 UTC on Sunday is Monday in France.
    let late = Request {
        asked: "2026-11-15T23:30:00Z".parse().unwrap(),
        ..asked(1, "2026-11-16T09:00:00")
    };
    let figures = week(vec![late, asked(2, "2026-11-22T23:00:00")]);
    assert_eq!(figures.requests, 2);
    assert_eq!(figures.weeks.len(), 1);
    let counts: Vec<u64> = figures.days.iter().map(|day| day.requests).collect();
    assert_eq!(counts, [1, 0, 0, 0, 0, 0, 1]);
    let open: Vec<bool> = figures.days.iter().map(|day| day.open).collect();
    assert_eq!(open, [true, true, true, true, true, false, false]);
}

#[test]
fn nothing_is_compared_with_a_time_without_the_service() {
    let span = |days| Span::ending(date(2026, 12, 1), days);
    let ledger = quarter::ledger(date(2026, 11, 2));
    let of = |days| Figures::of(&ledger, span(days), &quarter::calendar(), quarter::now());
    assert!(of(7).before.is_some());
    assert!(of(30).before.is_none());
    assert!(of(7).days[0].usual.is_none());
    assert!(of(1).days[0].usual.is_some());
}
