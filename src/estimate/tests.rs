//! Snapshots of small pasts whose figures are known.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::calendar::Settings;
use crate::calendar::holidays::Kept;
use crate::calendar::hours::{Ranges, Week};

/// 08:30-12:00 and 13:30-17:00 from Monday to Friday in Paris.
fn office() -> Calendar {
    let day = Ranges::parse(["08:30-12:00", "13:30-17:00"]).unwrap();
    let mut week = <[Ranges; 7]>::default();
    for weekday in week.iter_mut().take(5) {
        *weekday = day.clone();
    }
    Calendar::new(Settings {
        zone: TimeZone::get("Europe/Paris").unwrap(),
        week: Week::new(week),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: Vec::new(),
        openings: Vec::new(),
        expected: Vec::new(),
    })
    .unwrap()
}

fn paris(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    TimeZone::get("Europe/Paris")
        .unwrap()
        .to_timestamp(local)
        .unwrap()
}

/// Monday, a quarter past nine.
fn now() -> Timestamp {
    paris("2026-11-23T09:15")
}

/// Opened on a Monday morning of October, answered after so many minutes of opening hours.
fn answered(minutes: u64) -> Observation {
    let opened = paris("2026-10-12T08:30");
    let time = Duration::from_mins(minutes);
    Observation {
        priority: Priority::P3,
        category: Category::Network,
        opened,
        end: End::Answered(office().add_business(opened, time).unwrap()),
    }
}

fn of(observations: Vec<Observation>) -> Past {
    Past {
        observations,
        answers: 1_000,
        begun: Some(paris("2026-01-05T08:30")),
        promises: Vec::new(),
    }
}

fn expect(past: &Past, ahead: u64) -> Expectation {
    let calendar = office();
    let asked = Asked {
        priority: Priority::P3,
        category: Category::Network,
        ahead,
    };
    Snapshot::of(past, &calendar, now()).expect(asked, &calendar, now())
}

fn figure(past: &Past, ahead: u64) -> Figure {
    match expect(past, ahead) {
        Expectation::Told(figure) => figure,
        other => panic!("{other:?}"),
    }
}

fn told(half: Length, due: &str) -> (Length, Timestamp) {
    (half, paris(due))
}

#[test]
fn ok_half_as_a_length_eight_of_ten_as_an_instant() {
    let pair = |minutes: &dyn Fn(u64) -> u64| {
        let figure = figure(&of((1..=20).map(|n| answered(minutes(n))).collect()), 0);
        (figure.half, figure.due)
    };
    // 100 and 160 minutes from 09:15: to the half hour.
    let quick = told(Length::HalfHours(4), "2026-11-23T12:00");
    assert_eq!(pair(&|n| n * 10), quick);
    // 170 minutes, and 272: three hours and a half day.
    let slower = told(Length::HalfHours(6), "2026-11-23T17:00");
    assert_eq!(pair(&|n| n * 17), slower);
    // Five hours are a day, as half days go; 8 hours end on Tuesday morning.
    let slow = told(Length::HalfDays(2), "2026-11-24T12:00");
    assert_eq!(pair(&|n| n * 30), slow);
    // Eight of ten within 7 hours and a bit, half within more than 4: never sooner than the half.
    let close = told(Length::HalfDays(2), "2026-11-24T12:00");
    assert_eq!(pair(&|n| 241 + n), close);
    // At once is half an hour.
    let at_once = told(Length::HalfHours(1), "2026-11-23T10:00");
    assert_eq!(pair(&|_| 0), at_once);
}

#[test]
fn ok_who_still_waits_counts_and_may_silence_it() {
    let mut past = of((1..=20).map(|n| answered(n * 10)).collect());
    let waits = |n: u64| Observation {
        end: End::Waiting,
        ..answered(n)
    };
    // Five wait since October: eight of ten are 20 of 25.
    past.observations.extend((0..5).map(waits));
    let found = figure(&past, 0);
    assert_eq!((found.cases, found.half), (25, Length::HalfHours(5)));
    assert_eq!(found.due, paris("2026-11-23T14:30"));
    // One more, and nobody knows when eight of ten have their answer.
    past.observations.extend((0..1).map(waits));
    assert_eq!(expect(&past, 0), Expectation::Open);
    // Ended without an answer is known for as long as it lasted.
    for one in past.observations.iter_mut().skip(20) {
        one.end = End::Dropped(one.opened);
    }
    assert_eq!(figure(&past, 0).half, Length::HalfHours(4));
}

#[test]
fn ok_twenty_alike_else_wider_else_nothing() {
    let alike = |n: u64| (1..=n).map(|n| answered(n * 10)).collect::<Vec<_>>();
    assert_eq!(expect(&of(alike(19)), 0), Expectation::TooFew);
    assert_eq!(expect(&of(Vec::new()), 0), Expectation::TooFew);
    let network = Group::Same(Priority::P3, Category::Network);
    assert_eq!(figure(&of(alike(20)), 0).group, network);
    let other = |priority, category| Observation {
        priority,
        category,
        ..answered(600)
    };
    let mut past = of(alike(19));
    past.observations.push(other(Priority::P3, Category::Other));
    assert_eq!(figure(&past, 0).group, Group::Priority(Priority::P3));
    let mut past = of(alike(19));
    past.observations
        .push(other(Priority::P5, Category::Network));
    assert_eq!(figure(&past, 0).group, Group::All);
}

#[test]
fn ok_a_large_group_without_answers_is_not_widened_to_a_flattering_one() {
    let mut past = of((1..=40).map(answered).collect());
    for one in past.observations.iter_mut().take(25) {
        one.priority = Priority::P2;
    }
    past.observations.extend((0..30).map(|n| Observation {
        end: End::Waiting,
        ..answered(n)
    }));
    assert_eq!(expect(&past, 0), Expectation::Open);
}

#[test]
fn ok_what_few_have_lived_through_is_not_read_off() {
    // Twenty asked an hour ago, three of them were answered: the rest says nothing of later.
    let opened = now() - SignedDuration::from_mins(30);
    let fresh = |n: i64| Observation {
        opened,
        end: match n {
            0..19 => End::Dropped(opened + SignedDuration::from_mins(n / 2)),
            _ => End::Answered(opened + SignedDuration::from_mins(20)),
        },
        ..answered(0)
    };
    assert_eq!(
        expect(&of((0..22).map(fresh).collect()), 0),
        Expectation::Open
    );
}

#[test]
fn ok_the_longer_of_past_and_queue_is_told() {
    let past = |answers| Past {
        answers,
        ..of((1..=20).map(|n| answered(n * 10)).collect())
    };
    // Four weeks of 35 hours, less Armistice Day: 133 answers are one an hour.
    let pace = past(133);
    assert_eq!(figure(&pace, 1).half, Length::HalfHours(4));
    let queued = figure(&pace, 3);
    assert_eq!(queued.queue, Some(3 * 3_600));
    // 100 minutes became 180: eight of ten are as much later, 160 became 240.
    assert_eq!(queued.half, Length::HalfHours(6));
    assert_eq!(queued.due, paris("2026-11-23T15:00"));
    // Nobody is answered at all: nobody knows.
    assert_eq!(expect(&past(0), 1), Expectation::Open);
    assert_eq!(figure(&past(0), 0).queue, None);
}

#[test]
fn ok_outside_hours_it_counts_from_the_opening() {
    let past = of((1..=20).map(|n| answered(n * 10)).collect());
    let calendar = office();
    let friday = paris("2026-11-27T19:00");
    let asked = Asked {
        priority: Priority::P3,
        category: Category::Network,
        ahead: 0,
    };
    let found = Snapshot::of(&past, &calendar, now()).expect(asked, &calendar, friday);
    let due = found.figure().unwrap().due;
    assert_eq!(due, paris("2026-11-30T11:30"));
}

#[test]
fn ok_figures_that_are_not_kept_are_withheld_until_they_are() {
    let promise = |n: i64, kept: bool| {
        let due = now() - SignedDuration::from_mins(60 * n + 60);
        Promise {
            priority: Priority::P3,
            told: true,
            due,
            answered: kept.then_some(due),
            dropped: None,
        }
    };
    let mut past = of((1..=20).map(|n| answered(n * 10)).collect());
    past.promises = (0..40).map(|n| promise(n, n % 2 == 0)).collect();
    let withheld = expect(&past, 0);
    assert!(matches!(withheld, Expectation::Withheld(_)), "{withheld:?}");
    let calendar = office();
    let snapshot = Snapshot::of(&past, &calendar, now());
    assert_eq!(snapshot.told(None).share(), Some(0.5));
    assert!(snapshot.withholds(Priority::P3));
    // Too few of its own: all decide.
    assert!(snapshot.withholds(Priority::P1));
    // Those of P1 hold by themselves.
    past.promises.extend((0..20).map(|n| Promise {
        priority: Priority::P1,
        ..promise(n, true)
    }));
    let snapshot = Snapshot::of(&past, &calendar, now());
    assert!(!snapshot.withholds(Priority::P1) && snapshot.withholds(Priority::P3));
    // A hundred later ones that were kept, told or not.
    past.promises.extend((0..100).map(|n| Promise {
        told: false,
        due: now() - SignedDuration::from_mins(n % 50),
        ..promise(0, true)
    }));
    assert!(matches!(expect(&past, 0), Expectation::Told(_)));
}

#[test]
fn ok_ninety_days_without_an_open_hour_say_nothing() {
    let mut closed = of((1..=30).map(answered).collect());
    let calendar = Calendar::new(Settings {
        zone: TimeZone::UTC,
        week: Week::new(<[Ranges; 7]>::default()),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: Vec::new(),
        openings: Vec::new(),
        expected: Vec::new(),
    })
    .unwrap();
    closed.answers = 0;
    let asked = Asked {
        priority: Priority::P3,
        category: Category::Network,
        ahead: 0,
    };
    let found = Snapshot::of(&closed, &calendar, now()).expect(asked, &calendar, now());
    assert_eq!(found, Expectation::Open);
}

proptest! {
    /// Whatever the past: rounded up, the half before the most, no later for a shorter queue, and
    /// the same for the same past in another order.
    #[test]
    fn ok_the_laws_of_a_figure(
        minutes in proptest::collection::vec((0_u64..3_000, any::<bool>()), 20..80),
        ahead in 0_u64..50,
        wall in 0_i64..(14 * 24 * 60),
    ) {
        let calendar = office();
        let at = now() + SignedDuration::from_mins(wall);
        let mut observations: Vec<Observation> = minutes
            .iter()
            .map(|(minutes, ended)| Observation {
                end: if *ended { answered(*minutes).end } else { End::Waiting },
                ..answered(0)
            })
            .collect();
        let snapshot = Snapshot::of(&of(observations.clone()), &calendar, at);
        observations.reverse();
        prop_assert_eq!(&Snapshot::of(&of(observations), &calendar, at), &snapshot);
        let asked = |ahead| Asked {
            priority: Priority::P3,
            category: Category::Network,
            ahead,
        };
        let found = snapshot.expect(asked(ahead), &calendar, at);
        if let Expectation::Told(figure) = &found {
            let reading = snapshot
                .groups()
                .find(|(group, _)| *group == figure.group)
                .unwrap()
                .1;
            let day = snapshot.day();
            let queue = Duration::from_secs(figure.queue.unwrap_or(0));
            prop_assert!(figure.half.time(day) >= reading.half.unwrap().max(queue));
            let raw = calendar.add_business(at, reading.most.unwrap().max(queue)).unwrap();
            prop_assert!(figure.due >= raw);
            let half = calendar.add_business(at, figure.half.time(day)).unwrap();
            prop_assert!(figure.due >= half);
            let sooner = snapshot.expect(asked(0), &calendar, at);
            prop_assert!(sooner.figure().unwrap().due <= figure.due);
        }
        if let Expectation::TooFew = found {
            prop_assert!(minutes.len() < LEAST_CASES);
        }
    }
}
