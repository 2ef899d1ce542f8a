//! The alarms of a house in every state, and when they are told.

use proptest::prelude::*;

use super::ledger::{Budget, Ledger, Word};
use super::*;

const START: i64 = 1_800_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(START + minutes * 60).unwrap()
}

fn healthy(now: Timestamp) -> Vitals {
    Vitals {
        now,
        started_at: at(0),
        mailboxes: vec![Mailbox {
            name: "support".to_owned(),
            open_since: Some(at(0)),
            read_at: Some(now),
            failures: 0,
            refused: false,
        }],
        queues: Some(Queues::default()),
        store_failing_since: None,
        server_trouble_since: None,
        disk: Some(Disk {
            free: 1 << 40,
            total: 1 << 41,
            database: 0,
            wal: 0,
        }),
    }
}

fn names(vitals: &Vitals) -> Vec<String> {
    alarms(vitals, &Limits::default())
        .iter()
        .map(|alarm| alarm.cause.id())
        .collect()
}

#[test]
fn a_healthy_house_raises_nothing() {
    assert!(names(&healthy(at(600))).is_empty());
}

#[test]
fn each_trouble_raises_its_own_alarm_from_its_limit_on() {
    type Trouble = fn(&mut Vitals, bool);
    let cases: [(&str, Trouble); 9] = [
        ("mailbox_silent:support", |v, over| {
            v.mailboxes[0].read_at = Some(at(600 - if over { 15 } else { 14 }));
        }),
        ("store_failing", |v, over| {
            v.store_failing_since = over.then(|| at(599));
        }),
        ("disk_low", |v, over| {
            v.disk.as_mut().unwrap().free = (1 << 30) - u64::from(over);
        }),
        ("outbox_held", |v, over| {
            v.queues.as_mut().unwrap().hold = over.then(|| "too much".to_owned());
        }),
        ("outbox_stuck", |v, over| {
            v.server_trouble_since = Some(at(600 - if over { 30 } else { 29 }));
            let outbox = &mut v.queues.as_mut().unwrap().outbox;
            outbox.insert("pending".to_owned(), 1);
        }),
        ("outbox_stuck", |v, over| {
            v.queues.as_mut().unwrap().overdue_since = Some(at(600 - if over { 30 } else { 29 }));
        }),
        ("letters_waiting", |v, over| {
            v.queues.as_mut().unwrap().oldest_undecided =
                Some(at(600 - if over { 30 } else { 29 }));
        }),
        ("poison_letters", |v, over| {
            v.queues.as_mut().unwrap().poison = u64::from(over);
        }),
        ("technician_locked:paul", |v, over| {
            let doubted = &mut v.queues.as_mut().unwrap().doubted;
            doubted.insert("paul".to_owned(), if over { 5 } else { 4 });
        }),
    ];
    for (name, trouble) in cases {
        let mut vitals = healthy(at(600));
        trouble(&mut vitals, false);
        assert!(names(&vitals).is_empty(), "{name} too early");
        trouble(&mut vitals, true);
        assert_eq!(names(&vitals), [name]);
    }
}

#[test]
fn a_mailbox_that_was_never_read_counts_from_the_start() {
    let mut vitals = healthy(at(14));
    vitals.mailboxes[0].read_at = None;
    assert!(names(&vitals).is_empty());
    vitals.now = at(15);
    assert_eq!(names(&vitals), ["mailbox_silent:support"]);
}

#[test]
fn while_the_outbox_is_held_the_mail_server_is_not_blamed() {
    let mut vitals = healthy(at(600));
    vitals.server_trouble_since = Some(at(0));
    let queues = vitals.queues.as_mut().unwrap();
    queues.overdue_since = Some(at(0));
    queues.hold = Some("51 old letters".to_owned());
    assert_eq!(names(&vitals), ["outbox_held"]);
}

#[test]
fn the_worst_comes_first_and_every_id_is_read_back() {
    let mut vitals = healthy(at(600));
    vitals.queues.as_mut().unwrap().poison = 1;
    vitals.store_failing_since = Some(at(1));
    vitals.mailboxes[0].read_at = None;
    assert_eq!(
        names(&vitals),
        ["store_failing", "mailbox_silent:support", "poison_letters"]
    );
    for alarm in alarms(&vitals, &Limits::default()) {
        assert_eq!(Cause::from_id(&alarm.cause.id()), Some(alarm.cause));
    }
    assert_eq!(Cause::from_id("flood"), None);
}

/// Feeds a course of alarms, a minute each; returns what was told, with its minute.
fn course(minutes: i64, on: impl Fn(i64) -> Vec<Cause>) -> Vec<(i64, String, Word)> {
    let mut ledger = Ledger::default();
    let mut told = Vec::new();
    for minute in 0..minutes {
        let alarms: Vec<Alarm> = on(minute)
            .into_iter()
            .map(|cause| Alarm {
                cause,
                since: at(minute),
                number: 0,
                detail: String::new(),
            })
            .collect();
        for change in ledger.weigh(at(minute), &alarms, Budget::default()) {
            if let Some(word) = change.tell {
                told.push((minute, change.alarm.cause.id(), word));
            }
        }
    }
    told
}

fn held(holds: bool) -> Vec<Cause> {
    if holds {
        vec![Cause::OutboxHeld]
    } else {
        vec![]
    }
}

#[test]
fn an_alarm_is_told_once_again_after_a_day_and_at_its_end() {
    let told = course(3_000, |minute| held((10..2_000).contains(&minute)));
    let name = || "outbox_held".to_owned();
    assert_eq!(
        told,
        [
            (10, name(), Word::Began),
            (10 + 1_440, name(), Word::Lasts),
            (2_000, name(), Word::Ended),
        ]
    );
}

#[test]
fn what_comes_and_goes_is_told_once_in_six_hours() {
    let told = course(24 * 60, |minute| held(minute % 2 == 0));
    let began: Vec<i64> = told
        .iter()
        .filter(|(_, _, word)| *word == Word::Began)
        .map(|(minute, ..)| *minute)
        .collect();
    assert_eq!(began, [0, 360, 720, 1_080]);
    let ended = told.len() - began.len();
    assert_eq!(ended, 4, "each that was told of is told to be over, once");
}

#[test]
fn what_is_kept_back_and_lasts_is_told_when_the_pause_is_over() {
    // Told at 0, over at 1, back at 2 for good.
    let told = course(400, |minute| held(minute != 1));
    let words: Vec<_> = told.into_iter().map(|(at, _, word)| (at, word)).collect();
    assert_eq!(
        words,
        [(0, Word::Began), (1, Word::Ended), (360, Word::Began)]
    );
}

#[test]
fn a_restart_repeats_nothing() {
    let mut ledger = Ledger::default();
    let alarm = Alarm {
        cause: Cause::OutboxHeld,
        since: at(0),
        number: 1,
        detail: "why".to_owned(),
    };
    assert_eq!(
        ledger
            .weigh(at(0), std::slice::from_ref(&alarm), Budget::default())
            .len(),
        1
    );
    let mut restarted = ledger.clone();
    assert!(
        restarted
            .weigh(at(5), &[alarm], Budget::default())
            .is_empty()
    );
    assert_eq!(restarted.weigh(at(9), &[], Budget::default()).len(), 1);
    assert!(restarted.weigh(at(10), &[], Budget::default()).is_empty());
}

proptest! {
    /// Whatever comes and goes: no more than ten a day, each cause at most once in six hours, and
    /// whoever was told of a beginning is told of its end.
    #[test]
    fn the_budget_holds_in_any_storm(
        storm in prop::collection::vec(prop::collection::vec(any::<bool>(), 8), 50..400),
        step in 1_i64..90,
    ) {
        let cause = |n: usize| Cause::MailboxSilent(format!("m{n}"));
        let steps = i64::try_from(storm.len()).unwrap();
        let told = course((steps + 1) * step, |minute| {
            let row = usize::try_from(minute / step).unwrap();
            let on = storm.get(row).into_iter().flatten().enumerate();
            on.filter(|(_, on)| **on).map(|(n, _)| cause(n)).collect()
        });
        for (minute, ..) in &told {
            let day = told.iter().filter(|(other, ..)| (minute - 1_440 + 1..=*minute).contains(other));
            prop_assert!(day.count() <= 10);
        }
        for n in 0..8 {
            let own: Vec<_> = told.iter().filter(|(_, id, _)| *id == cause(n).id()).collect();
            let began: Vec<i64> = own.iter().filter(|(_, _, word)| *word == Word::Began).map(|(at, ..)| *at).collect();
            prop_assert!(began.windows(2).all(|pair| pair[1] - pair[0] >= 360));
            let ended = own.iter().filter(|(_, _, word)| *word == Word::Ended).count();
            prop_assert_eq!(began.len(), ended);
        }
    }
}
