//! The rules of time as tables: what falls due when, on a calendar with all that calendars have.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::calendar::closure::{Closure, Label};
use crate::calendar::holidays::Kept;
use crate::calendar::hours::{Ranges, Week};
use crate::calendar::{self, BreakSeason};
use crate::decide::{answer, trust};
use crate::team::Team;

/// 08:30-12:00 and 13:30-17:00, Monday to Friday, in Paris; closed from 24 December to 3 January.
fn office() -> Calendar {
    let day = Ranges::parse(["08:30-12:00", "13:30-17:00"]).unwrap();
    let none = Ranges::default;
    let label = Label {
        fr: "fermeture".to_owned(),
        en: "closed".to_owned(),
    };
    let day_of = |text: &str| text.parse().unwrap();
    Calendar::new(calendar::Settings {
        zone: TimeZone::get("Europe/Paris").unwrap(),
        week: Week::new([
            day.clone(),
            day.clone(),
            day.clone(),
            day.clone(),
            day,
            none(),
            none(),
        ]),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: vec![Closure::days(day_of("2026-12-24"), day_of("2027-01-03"), label).unwrap()],
        openings: Vec::new(),
        expected: BreakSeason::ALL.to_vec(),
    })
    .unwrap()
}

fn settings() -> crate::decide::Settings {
    crate::decide::Settings {
        tag: "Support".to_owned(),
        own_addresses: ["support@univ.example".to_owned()].into(),
        own_domains: ["univ.example".to_owned()].into(),
        limits: answer::Limits {
            never: ["nagios@univ.example".to_owned(), "@bots.example".to_owned()].into(),
            ..answer::Limits::default()
        },
        team: Team::default(),
        work: trust::Settings::default(),
        due: Settings::default(),
        on_call: crate::oncall::Settings::default(),
        zone: TimeZone::get("Europe/Paris").unwrap(),
    }
}

/// A moment on the wall clock of Paris.
fn paris(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    TimeZone::get("Europe/Paris")
        .unwrap()
        .to_timestamp(local)
        .unwrap()
}

/// A ticket that has stood like this since, opened a week before.
fn standing(status: Status, since: &str) -> Standing {
    let since = paris(since);
    Standing {
        ticket: TicketNumber(12),
        status,
        since,
        created_at: since - SignedDuration::from_hours(7 * 24),
        said_at: since - SignedDuration::from_hours(1),
        answered: true,
        outcome: Outcome::Accept,
        priority: Priority::P3,
        category: Category::Printing,
        wait_until: None,
        requester: "claire@univ.example".to_owned(),
        suspended: false,
        answer: FirstAnswer::Sent,
        merged: false,
        steps: Vec::new(),
    }
}

fn asked(since: &str) -> Standing {
    standing(Status::WaitingRequester, since)
}

fn taken(what: Due, mark: Timestamp, at: &str, told: Told) -> Step {
    Step {
        what: what.word().to_owned(),
        mark: mark.as_second().to_string(),
        at: paris(at),
        told,
    }
}

fn seen_with(standing: &Standing, usual: &Usual, settings: &crate::decide::Settings) -> Look {
    let calendar = office();
    let ground = Ground {
        now: paris("2026-11-24 10:00"),
        calendar: &calendar,
        settings,
        usual,
    };
    look(standing, &ground)
}

fn seen(standing: &Standing) -> Look {
    seen_with(standing, &Usual::default(), &settings())
}

/// What falls due next, and when.
#[track_caller]
fn next(standing: &Standing) -> (Due, Timestamp) {
    match seen(standing) {
        Look::Falls(falling) => (falling.what, falling.at),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reminder_comes_after_three_business_days_whatever_lies_between() {
    for (since, then) in [
        ("2026-11-24 10:00", "2026-11-27 10:00"), // an ordinary week
        ("2026-11-27 10:00", "2026-12-02 10:00"), // over a weekend
        ("2026-11-27 19:00", "2026-12-03 08:30"), // asked in the evening: it counts from Monday
        ("2026-11-24 12:30", "2026-11-27 13:30"), // asked at noon
        ("2026-11-10 10:00", "2026-11-16 10:00"), // Armistice Day on the Wednesday
        ("2026-12-23 10:00", "2027-01-06 10:00"), // over the year-end closure
        ("2027-03-26 10:00", "2027-04-01 10:00"), // the clocks change, and Easter Monday
        ("2026-10-23 10:00", "2026-10-28 10:00"), // the clocks change back
    ] {
        assert_eq!(next(&asked(since)), (Due::Reminder, paris(then)), "{since}");
    }
}

#[test]
fn each_step_counts_from_the_one_before_as_it_left() {
    let mut ticket = asked("2026-11-24 10:00");
    let mark = ticket.since;
    let step = |what, at| taken(what, mark, at, Told::Sent);
    ticket.steps.push(step(Due::Reminder, "2026-11-27 10:00"));
    let second = (Due::SecondReminder, paris("2026-12-03 10:00"));
    assert_eq!(next(&ticket), second);
    // Three weeks without a process: the first one late, the second one not at once.
    ticket.steps = vec![step(Due::Reminder, "2026-12-15 09:00")];
    let second = (Due::SecondReminder, paris("2026-12-21 09:00"));
    assert_eq!(next(&ticket), second);
    ticket
        .steps
        .push(step(Due::SecondReminder, "2026-12-21 09:00"));
    let end = (Due::NoAnswer, paris("2027-01-08 09:00"));
    assert_eq!(next(&ticket), end);
}

#[test]
fn a_new_wait_begins_anew() {
    let mut ticket = asked("2026-11-24 10:00");
    let step = taken(Due::Reminder, ticket.since, "2026-11-27 10:00", Told::Sent);
    ticket.steps.push(step);
    // A technician asked something else on Monday.
    ticket.said_at = paris("2026-11-30 11:00");
    let first = (Due::Reminder, paris("2026-12-03 11:00"));
    assert_eq!(next(&ticket), first);
}

#[test]
fn a_reminder_that_has_not_left_holds_up_the_next_one() {
    let mut ticket = asked("2026-11-10 10:00");
    let waits = taken(
        Due::Reminder,
        ticket.since,
        "2026-11-16 10:00",
        Told::Waiting,
    );
    ticket.steps = vec![waits.clone()];
    assert_eq!(seen(&ticket), Look::Again(paris("2026-11-25 10:00")));
    ticket.steps = vec![Step {
        told: Told::Lost,
        ..waits
    }];
    let told = (Due::Unreachable, paris("2026-11-16 10:00"));
    assert_eq!(next(&ticket), told);
    let last = taken(
        Due::Unreachable,
        ticket.since,
        "2026-11-16 10:00",
        Told::Nobody,
    );
    ticket.steps.push(last);
    assert_eq!(seen(&ticket), Look::Nothing);
}

#[test]
fn who_may_not_be_written_to_is_not_reminded_and_a_technician_is_told() {
    let base = asked("2026-11-24 10:00");
    let cases = [
        Standing {
            answer: FirstAnswer::Suppressed,
            ..base.clone()
        },
        Standing {
            suspended: true,
            ..base.clone()
        },
        Standing {
            requester: String::new(),
            ..base.clone()
        },
        Standing {
            requester: "support@univ.example".to_owned(),
            ..base.clone()
        },
        Standing {
            requester: "nagios@univ.example".to_owned(),
            ..base.clone()
        },
        Standing {
            requester: "x@bots.example".to_owned(),
            ..base.clone()
        },
    ];
    for ticket in cases {
        let told = (Due::Unreachable, paris("2026-11-27 10:00"));
        assert_eq!(next(&ticket), told, "{ticket:?}");
        // The card's question: a person decides without a reminder.
        let by_card = Standing {
            outcome: Outcome::Ask,
            created_at: ticket.since,
            ..ticket
        };
        let decides = (Due::Undecided, paris("2026-12-01 10:00"));
        assert_eq!(next(&by_card), decides);
    }
    let merged = Standing {
        merged: true,
        ..base
    };
    assert_eq!(seen(&merged), Look::Nothing);
}

#[test]
fn the_cards_question_is_repeated_once_and_then_a_person_decides() {
    let mut ticket = Standing {
        outcome: Outcome::Ask,
        created_at: paris("2026-11-24 10:00"),
        answered: false,
        ..asked("2026-11-24 10:00")
    };
    let again = (Due::Question, paris("2026-11-26 10:00"));
    assert_eq!(next(&ticket), again);
    let mark = ticket.since;
    // Whether it arrived or not: silence refuses nothing.
    for told in [Told::Sent, Told::Waiting, Told::Lost] {
        ticket.steps = vec![taken(Due::Question, mark, "2026-11-26 10:00", told)];
        let decides = (Due::Undecided, paris("2026-12-01 10:00"));
        assert_eq!(next(&ticket), decides);
    }
    // Asked by a technician later: a wait like any other.
    ticket.since = paris("2026-11-25 10:00");
    assert_eq!(next(&ticket), (Due::Reminder, paris("2026-11-30 10:00")));
}

#[test]
fn a_wait_ends_on_its_day_when_somebody_is_there() {
    for status in [Status::WaitingRequester, Status::WaitingThirdParty] {
        for (until, back) in [
            ("2026-12-01", "2026-12-01 08:30"),
            ("2026-11-28", "2026-11-30 08:30"), // a Saturday
            ("2026-12-25", "2027-01-04 08:30"), // within the closure
            ("2026-11-02", "2026-11-24 10:00"), // the day was past when it was named
        ] {
            let ticket = Standing {
                wait_until: Some(until.parse().unwrap()),
                ..standing(status, "2026-11-24 10:00")
            };
            assert_eq!(next(&ticket), (Due::Return, paris(back)), "{until}");
        }
    }
    let ticket = standing(Status::WaitingThirdParty, "2026-11-24 10:00");
    let back = (Due::Return, paris("2026-12-08 10:00"));
    assert_eq!(next(&ticket), back);
    let mut for_ever = settings();
    for_ever.due.third_party = 0;
    let seen = seen_with(&ticket, &Usual::default(), &for_ever);
    assert_eq!(seen, Look::Nothing);
}

#[test]
fn what_is_resolved_is_closed_and_nothing_more() {
    let ticket = standing(Status::Resolved, "2026-11-27 16:00");
    let closed = (Due::Closing, paris("2026-12-04 16:00"));
    assert_eq!(next(&ticket), closed);
    for status in [Status::Closed, Status::Refused, Status::Contested] {
        assert_eq!(seen(&standing(status, "2026-11-02 10:00")), Look::Nothing);
    }
}

#[test]
fn a_provisional_refusal_is_final_the_day_after_a_technician_was_told() {
    let mut ticket = standing(Status::RefusedProvisional, "2026-11-24 10:00");
    let told = (Due::RefusalEnds, paris("2026-11-30 10:00"));
    assert_eq!(next(&ticket), told);
    // Told late: there is a day to look all the same.
    let late = taken(
        Due::RefusalEnds,
        ticket.since,
        "2026-12-14 09:00",
        Told::Nobody,
    );
    ticket.steps.push(late);
    let end = (Due::RefusalFinal, paris("2026-12-15 09:00"));
    assert_eq!(next(&ticket), end);
    // Nobody was told of the refusal: it cannot be final.
    ticket.answer = FirstAnswer::Held;
    assert_eq!(seen(&ticket), Look::Nothing);
}

/// A ticket nobody has answered.
fn ignored(priority: Priority, since: &str) -> Standing {
    Standing {
        answered: false,
        priority,
        created_at: paris(since),
        ..standing(Status::New, since)
    }
}

#[test]
fn a_ticket_without_an_answer_is_told_after_the_usual_time() {
    let ticket = ignored(Priority::P3, "2026-11-26 15:00");
    let told = (Due::Unanswered, paris("2026-11-30 15:00"));
    assert_eq!(next(&ticket), told);
    let usual = |hours: u64| {
        let time = Duration::from_secs(hours * 3_600);
        Usual([((Priority::P3, Category::Printing), time)].into())
    };
    let at = |hours| match seen_with(&ticket, &usual(hours), &settings()) {
        Look::Falls(falling) => falling.at,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(3), paris("2026-11-27 09:30"));
    // Two hours end with the day, when nobody is there any more.
    assert_eq!(at(2), paris("2026-11-27 08:30"));
    let answered = Standing {
        answered: true,
        ..ticket.clone()
    };
    assert_eq!(seen(&answered), Look::Nothing);
    // It came back to its technician on Monday, who was told then.
    let mut returned = ticket;
    let back = taken(
        Due::Return,
        returned.since,
        "2026-11-30 08:30",
        Told::Nobody,
    );
    returned.steps.push(back);
    let told = (Due::Unanswered, paris("2026-12-02 08:30"));
    assert_eq!(next(&returned), told);
}

#[test]
fn waiting_raises_a_ticket_step_by_step_to_p2_and_each_step_once() {
    let mut ticket = ignored(Priority::P5, "2026-11-02 10:00");
    let mark = ticket.created_at;
    ticket.steps.push(taken(
        Due::Unanswered,
        mark,
        "2026-11-04 10:00",
        Told::Nobody,
    ));
    let mut raised = Vec::new();
    while let Look::Falls(falling) = seen(&ticket) {
        let Due::Ageing(to) = falling.what else {
            panic!("{falling:?}");
        };
        raised.push((to, falling.at));
        ticket.priority = to;
        ticket.steps.push(Step {
            what: falling.what.word().to_owned(),
            mark: falling.mark,
            at: falling.at,
            told: Told::Nobody,
        });
    }
    let wanted = [
        (Priority::P4, paris("2026-11-09 10:00")),
        (Priority::P3, paris("2026-11-17 10:00")), // Armistice Day lies between
        (Priority::P2, paris("2026-11-24 10:00")),
    ];
    assert_eq!(raised, wanted);
    // A technician who puts it back down has the last word.
    ticket.priority = Priority::P5;
    assert_eq!(seen(&ticket), Look::Nothing);
    for high in [Priority::P0, Priority::P1, Priority::P2] {
        ticket.priority = high;
        ticket.steps.truncate(1);
        assert_eq!(seen(&ticket), Look::Nothing, "{high}");
    }
}

#[test]
fn a_cause_is_read_back_as_the_step_it_was() {
    let cause = crate::decide::Cause::due(Some(TicketNumber(12)), "reminder", 1_764_000_000);
    let at = Timestamp::UNIX_EPOCH;
    let step = Step::read(cause.as_str(), at, Told::Sent).unwrap();
    assert_eq!((&*step.what, &*step.mark), ("reminder", "1764000000"));
    assert_eq!(Step::read("order:0011", at, Told::Sent), None);
    assert_eq!(Step::read("due:", at, Told::Sent), None);
}

/// A process that runs, is away, comes back: the instants of its passes, in hours after the start.
fn passes() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![8 => 1_i64..12, 1 => 24_i64..24 * 30], 40..200)
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let statuses = prop::sample::select(Status::ALL.to_vec());
    let priorities = prop::sample::select(Priority::ALL.to_vec());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (statuses, priorities, flags, 0_i64..24 * 300).prop_map(
        |(status, priority, (answered, asks, sent), hours)| {
            let since = paris("2026-03-02 09:00") + SignedDuration::from_hours(hours);
            Standing {
                since,
                created_at: since,
                said_at: since,
                answered,
                priority,
                outcome: if asks { Outcome::Ask } else { Outcome::Accept },
                answer: if sent {
                    FirstAnswer::Sent
                } else {
                    FirstAnswer::Suppressed
                },
                ..standing(status, "2026-03-02 09:00")
            }
        },
    )
}

/// The state a step leads to, as the happening has it.
fn after(ticket: &mut Standing, falling: &Falling, now: Timestamp) {
    ticket.steps.push(Step {
        what: falling.what.word().to_owned(),
        mark: falling.mark.clone(),
        at: now,
        told: match falling.what {
            Due::Reminder | Due::SecondReminder | Due::Question => Told::Sent,
            _ => Told::Nobody,
        },
    });
    let to = match falling.what {
        Due::NoAnswer => Some(Status::Resolved),
        Due::Undecided | Due::Return => Some(Status::Open),
        Due::RefusalFinal => Some(Status::Refused),
        Due::Closing => Some(Status::Closed),
        _ => None,
    };
    if let Due::Ageing(priority) = falling.what {
        ticket.priority = priority;
    }
    if let Some(to) = to {
        (ticket.status, ticket.since) = (to, now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a process runs and fails: nothing happens twice, nothing while nobody is there,
    /// nothing to the requester less than a business day after the last thing, and silence ends in
    /// no refusal that was none before.
    #[test]
    fn time_says_everything_once_in_open_hours_and_never_in_one_go(
        first in any_standing(),
        passes in passes(),
    ) {
        let (calendar, settings, usual) = (office(), settings(), Usual::default());
        let mut ticket = first.clone();
        let mut now = ticket.since;
        let mut seen = std::collections::BTreeSet::new();
        let mut last_letter: Option<Timestamp> = None;
        for pause in passes {
            now += SignedDuration::from_hours(pause);
            if !calendar.is_open(now) {
                continue;
            }
            for _ in 0..8 {
                let ground = Ground { now, calendar: &calendar, settings: &settings, usual: &usual };
                let Look::Falls(falling) = look(&ticket, &ground) else { break };
                prop_assert!(calendar.is_open(falling.at), "{falling:?}");
                prop_assert!(falling.at >= ticket.created_at);
                if falling.at > now {
                    break;
                }
                let key = (falling.what.word(), falling.mark.clone());
                prop_assert!(seen.insert(key), "twice: {falling:?}");
                if matches!(falling.what, Due::Reminder | Due::SecondReminder | Due::Question | Due::NoAnswer) {
                    prop_assert!(first.answer == FirstAnswer::Sent);
                    if let Some(last) = last_letter {
                        let next_day = calendar.add_business_days(last, 1).unwrap();
                        prop_assert!(now >= next_day, "{falling:?} at {now}, the last at {last}");
                    }
                    last_letter = Some(now);
                }
                after(&mut ticket, &falling, now);
            }
        }
        prop_assert!(!ticket.status.is_refusal() || first.status.is_refusal());
    }

    /// Who has stood longer is never served later.
    #[test]
    fn a_wait_that_began_earlier_ends_no_later(ticket in any_standing(), hours in 0_i64..500) {
        let (calendar, settings, usual) = (office(), settings(), Usual::default());
        let ground = Ground { now: ticket.since, calendar: &calendar, settings: &settings, usual: &usual };
        let mut later = ticket.clone();
        let shift = SignedDuration::from_hours(hours);
        later.since += shift;
        later.created_at += shift;
        later.said_at += shift;
        if let (Look::Falls(one), Look::Falls(other)) = (look(&ticket, &ground), look(&later, &ground)) {
            prop_assert_eq!(one.what, other.what);
            prop_assert!(one.at <= other.at);
        }
    }
}
