//! Decisions as tables: which facts lead to which disposition, answer and state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Limits, Sent};
use super::reading::Presented;
use super::*;
use crate::calendar::holidays::Kept;
use crate::calendar::hours::{Ranges, Week};
use crate::calendar::{Reason, Settings as Hours};
use crate::classify::sender_auth::{Absence, Failure, SenderAuth};
use crate::classify::{self, classify};
use crate::message::parse::parse;
use crate::notice::{About, Kind};
use crate::policy::{Card, Letter, judge};
use crate::registry::Registry;
use crate::team::Team;
use crate::ticket::EntryKind;
use crate::ticket::priority::Priority;

const NOW: &str = "2026-11-23T09:00:00Z";

struct Case {
    raw: &'static str,
    context: Context,
    refused: bool,
    age: SignedDuration,
    rescan: bool,
    calendar: Option<Calendar>,
    estimate: Option<Snapshot>,
    auth: SenderAuth,
    unverified: bool,
}

const REQUEST: &str = "From: Claire Dumas <Claire.Dumas@univ.example>\nTo: support@univ.example\n\
    Subject: imprimante\nMessage-ID: <a@univ.example>\n\nLe copieur ne marche plus.\n";

impl Default for Case {
    fn default() -> Self {
        Self {
            raw: REQUEST,
            context: Context {
                next_ticket: 12,
                ..Context::default()
            },
            refused: false,
            age: SignedDuration::from_mins(1),
            rescan: false,
            calendar: None,
            estimate: None,
            auth: Absence::NotConfigured.into(),
            unverified: true,
        }
    }
}

fn decided(case: &Case) -> Decision {
    let message = parse(case.raw.as_bytes()).unwrap();
    let settings = Settings {
        tag: "Support".to_owned(),
        own_addresses: BTreeSet::new(),
        own_domains: BTreeSet::from(["univ.example".to_owned()]),
        limits: Limits {
            unverified: case.unverified,
            never: BTreeSet::from(["nagios@univ.example".to_owned(), "@bots.example".to_owned()]),
            ..Limits::default()
        },
        team: Team::default(),
        work: trust::Settings::default(),
        due: due::Settings::default(),
        on_call: crate::oncall::Settings::default(),
        zone: TimeZone::UTC,
    };
    let ours = classify::Settings {
        own_addresses: vec!["support@univ.example".to_owned()],
        instance: "here".to_owned(),
        ..classify::Settings::default()
    };
    let class = classify(&message, &ours);
    let card = Card::shipped().unwrap();
    let registry = Registry::load(&[], card.registry_settings()).unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    let letter = Letter::new(&message.subject, &message.text);
    let mut verdict = judge(card, &registry, &letter, now);
    if case.refused {
        verdict.outcome = Outcome::Reject;
        verdict.clause = card.clauses().first().map(|clause| clause.id.clone());
    }
    let auth = case.auth.clone();
    let reading = reading::reading(
        &message,
        &class,
        auth,
        Presented::Nothing,
        &settings,
        &ours,
        now,
    );
    decide(&Facts {
        now,
        received_at: now - case.age,
        rescan: case.rescan,
        message: &message,
        class: &class,
        verdict: &verdict,
        context: &case.context,
        settings: &settings,
        reading: &reading,
        card,
        registry: &registry,
        calendar: case.calendar.as_ref(),
        estimate: case.estimate.as_ref(),
    })
}

fn candidate(status: Status, participants: &[&str]) -> Candidate {
    let requester = participants.first().copied().unwrap_or_default();
    Candidate::of(TicketNumber(3), status, requester, NOW.parse().unwrap())
}

fn with(candidates: Vec<Candidate>) -> Case {
    Case {
        context: Context {
            next_ticket: 12,
            candidates,
            ..Context::default()
        },
        ..Case::default()
    }
}

fn opened(decision: &Decision) -> Option<&NewTicket> {
    decision.changes.iter().find_map(|change| match change {
        Change::Open(ticket) => Some(ticket.as_ref()),
        _ => None,
    })
}

#[test]
fn ok_a_request_opens_a_ticket_and_is_acknowledged_once() {
    let decision = decided(&Case::default());
    assert_eq!(decision.disposition, Disposition::Ticket);
    assert_eq!(decision.ticket, Some(TicketNumber(12)));
    assert_eq!(decision.answer, Answer::Sent);
    assert_eq!(opened(&decision).unwrap().status, Status::New);
    let kinds: Vec<Kind> = decision.notices.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [Kind::Acknowledgement]);
    assert_eq!(decision.notices[0].subject.as_deref(), Some("imprimante"));
}

#[test]
fn ok_a_stranger_does_not_get_the_subject_back() {
    let decision = decided(&Case {
        raw: "From: x@elsewhere.example\nTo: support@univ.example\nSubject: BUY\n\nHello\n",
        ..Case::default()
    });
    assert_eq!(decision.notices[0].subject, None);
}

#[test]
fn ok_a_refusal_is_a_state_of_a_ticket() {
    let decision = decided(&Case {
        refused: true,
        ..Case::default()
    });
    assert_eq!(opened(&decision).unwrap().status, Status::Refused);
    assert_eq!(decision.notices[0].kind, Kind::Rejection);
}

#[test]
fn ok_whoever_cannot_be_told_is_not_refused() {
    let list = "From: claire.dumas@univ.example\nTo: liste@univ.example\nList-Id: <l.univ.example>\n\
        Subject: x\n\nbonjour\n";
    let silent = [
        Case {
            raw: list,
            refused: true,
            ..Case::default()
        },
        Case {
            age: SignedDuration::from_hours(25),
            refused: true,
            ..Case::default()
        },
        Case {
            rescan: true,
            refused: true,
            ..Case::default()
        },
    ];
    for case in silent {
        let decision = decided(&case);
        let ticket = opened(&decision).unwrap();
        assert_eq!(
            (ticket.status, ticket.outcome),
            (Status::New, Outcome::Flag)
        );
        assert!(decision.notices.is_empty());
        assert!(!decision.answer.reason().is_empty());
    }
    let told = decided(&Case {
        refused: true,
        ..Case::default()
    });
    let untold = untold(told, 0, "the template failed");
    let ticket = opened(&untold).unwrap();
    assert_eq!(
        (ticket.status, ticket.outcome),
        (Status::New, Outcome::Flag)
    );
    assert!(untold.notices.is_empty());
}

#[test]
fn ok_budgets_silence_one_recipient_and_hold_a_flood() {
    let spent = |to_author, to_all| {
        decided(&Case {
            context: Context {
                next_ticket: 12,
                sent: Sent {
                    to_author,
                    to_all,
                    ..Sent::default()
                },
                ..Context::default()
            },
            ..Case::default()
        })
    };
    assert_eq!(spent(4, 299).answer, Answer::Sent);
    assert!(matches!(spent(5, 5).answer, Answer::Suppressed(why) if why.starts_with("L17")));
    let flood = spent(0, 300);
    assert!(matches!(&flood.answer, Answer::Held(why) if why.starts_with("L18")));
    assert_eq!(flood.notices.len(), 1, "written, but held");
}

#[test]
fn ok_a_letter_joins_a_ticket_only_through_its_people() {
    let mine = ["claire.dumas@univ.example"];
    let theirs = ["luc@univ.example"];
    let joins = decided(&with(vec![candidate(Status::New, &mine)]));
    assert_eq!(joins.disposition, Disposition::FollowUp);
    assert_eq!(joins.ticket, Some(TicketNumber(3)));
    assert!(
        joins.notices.is_empty(),
        "a reply is not acknowledged again"
    );

    let claims = decided(&with(vec![candidate(Status::New, &theirs)]));
    assert_eq!(claims.disposition, Disposition::Ticket);
    assert_eq!(claims.ticket, Some(TicketNumber(12)));
    assert!(claims.changes.iter().any(|change| matches!(
        change,
        Change::Add(_, entry) if entry.kind == EntryKind::Claim && entry.text.contains("#3")
    )));

    let closed = |days: i64| {
        let mut ticket = candidate(Status::Closed, &mine);
        ticket.updated_at -= SignedDuration::from_hours(24 * days);
        decided(&with(vec![ticket]))
    };
    assert_eq!(closed(13).ticket, Some(TicketNumber(3)), "it is reopened");
    assert_eq!(closed(14).ticket, Some(TicketNumber(12)), "it is too late");
}

#[test]
fn ok_a_reply_to_a_refusal_brings_it_to_a_person() {
    let mine = ["claire.dumas@univ.example"];
    for from in [Status::Refused, Status::RefusedProvisional] {
        let decision = decided(&with(vec![candidate(from, &mine)]));
        assert!(decision.changes.iter().any(|change| matches!(
            change,
            Change::Move { ticket: TicketNumber(3), from: was, to: Status::Contested, .. }
                if *was == from
        )));
    }
}

#[test]
fn ok_machines_and_repetitions_are_filed_and_never_answered() {
    let automatic = "From: claire.dumas@univ.example\nTo: support@univ.example\nSubject: absente\n\
        Auto-Submitted: auto-replied\n\nabsente\n";
    let decision = decided(&Case {
        raw: automatic,
        ..Case::default()
    });
    assert_eq!(decision.disposition, Disposition::Automatic);
    assert_eq!(decision.rule.as_deref(), Some("L02"));
    assert!(decision.changes.is_empty() && decision.notices.is_empty());

    let mut absent = with(vec![candidate(
        Status::Refused,
        &["claire.dumas@univ.example"],
    )]);
    absent.raw = automatic;
    let decision = decided(&absent);
    assert_eq!(
        decision.ticket,
        Some(TicketNumber(3)),
        "filed with its ticket"
    );
    assert!(
        !decision
            .changes
            .iter()
            .any(|change| matches!(change, Change::Move { .. })),
        "and nothing is reopened by it"
    );

    let decision = decided(&Case {
        context: Context {
            duplicate_of: Some((7, Some(TicketNumber(3)))),
            ..Context::default()
        },
        ..Case::default()
    });
    assert_eq!(decision.disposition, Disposition::Duplicate);
    assert!(decision.notices.is_empty());
}

#[test]
fn ok_the_queue_counts_what_comes_first() {
    let case = Case {
        context: Context {
            next_ticket: 12,
            open: BTreeMap::from([(Priority::P1, 2), (Priority::P5, 40)]),
            ..Context::default()
        },
        ..Case::default()
    };
    let About::Request { ahead, .. } = decided(&case).notices[0].about else {
        panic!("the first answer is about the request");
    };
    assert_eq!(ahead, 2);
}

/// Open on Mondays, from this hour on.
fn mondays(hours: &str) -> Option<Calendar> {
    let mut days = <[Ranges; 7]>::default();
    days[0] = Ranges::parse([hours]).unwrap();
    let hours = Hours {
        zone: jiff::tz::TimeZone::UTC,
        week: Week::new(days),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: Vec::new(),
        openings: Vec::new(),
        expected: Vec::new(),
    };
    Some(Calendar::new(hours).unwrap())
}

#[test]
fn ok_who_writes_while_nobody_is_there_is_told_until_when() {
    let told = |hours: &str, refused: bool| {
        let decision = decided(&Case {
            calendar: mondays(hours),
            refused,
            ..Case::default()
        });
        let notice = decision.notices.first().unwrap();
        let About::Request { closed, .. } = &notice.about else {
            panic!("the first answer is about the request");
        };
        (notice.kind, closed.clone())
    };
    // It is Monday, 09:00.
    assert_eq!(told("08:00-10:00", false), (Kind::Acknowledgement, None));
    let (kind, closed) = told("10:00-12:00", false);
    assert_eq!(kind, Kind::AcknowledgementOutOfHours);
    let closed = closed.unwrap();
    assert_eq!(closed.until, Some("2026-11-23T10:00".parse().unwrap()));
    assert_eq!(closed.reasons, [Reason::OutsideHours]);
    let (_, closed) = told("07:00-08:00", false);
    assert_eq!(
        closed.unwrap().until,
        Some("2026-11-30T07:00".parse().unwrap())
    );
    // A refusal is one at any hour.
    assert_eq!(told("10:00-12:00", true).0, Kind::Rejection);
}

#[test]
fn ok_who_is_answered_depends_on_who_is_proven_and_known() {
    let known = REQUEST;
    let stranger = "From: x@elsewhere.example\nTo: support@univ.example\nSubject: BUY\n\nHello\n";
    let pass = || SenderAuth::Pass {
        by: classify::sender_auth::Evidence {
            method: classify::sender_auth::Method::Dmarc,
            identity: "elsewhere.example".to_owned(),
        },
    };
    let fail = || SenderAuth::from(Failure::Dmarc);
    let none = || SenderAuth::from(Absence::NoField);
    // Letter, what the border server says, whether strangers are answered; answered, subject shown.
    let table = [
        (known, pass(), false, true, true),
        (known, none(), false, true, true),
        (known, SenderAuth::TempError, false, true, true),
        (known, fail(), true, false, false),
        (stranger, pass(), false, true, true),
        (stranger, none(), false, false, false),
        (stranger, none(), true, true, false),
        (stranger, SenderAuth::TempError, true, true, false),
        (stranger, fail(), true, false, false),
    ];
    for (raw, auth, unverified, answered, shown) in table {
        let what = format!("{auth:?} {unverified} {raw}");
        let decision = decided(&Case {
            raw,
            auth,
            unverified,
            ..Case::default()
        });
        assert_eq!(decision.answer == Answer::Sent, answered, "{what}");
        let rule = decision.rule.as_deref();
        assert_eq!(rule, (!answered).then_some("L14"), "{what}");
        let subject = decision.notices.first().map(|one| one.subject.is_some());
        assert_eq!(subject, answered.then_some(shown), "{what}");
        assert_eq!(decision.disposition, Disposition::Ticket, "{what}");
    }
}

#[test]
fn ok_enough_is_enough_for_each_person_and_subject() {
    let stranger = "From: x@elsewhere.example\nTo: support@univ.example\nSubject: a\n\nHello\n";
    let none = Sent::default();
    let table = [
        (
            REQUEST,
            Sent {
                to_author_today: 19,
                ..none
            },
            None,
        ),
        (
            REQUEST,
            Sent {
                to_author_today: 20,
                ..none
            },
            Some("L17"),
        ),
        (
            REQUEST,
            Sent {
                under_subject: 1,
                ..none
            },
            None,
        ),
        (
            REQUEST,
            Sent {
                under_subject: 2,
                ..none
            },
            Some("L17"),
        ),
        (stranger, none, None),
        (
            stranger,
            Sent {
                to_author_today: 1,
                ..none
            },
            Some("L17"),
        ),
        (
            stranger,
            Sent {
                to_domain: 30,
                ..none
            },
            Some("L18"),
        ),
    ];
    for (raw, sent, rule) in table {
        let decision = decided(&Case {
            raw,
            context: Context {
                next_ticket: 12,
                sent,
                ..Context::default()
            },
            ..Case::default()
        });
        assert_eq!(decision.rule.as_deref(), rule, "{sent:?}");
    }
}

#[test]
fn ok_whoever_is_on_the_list_is_never_answered() {
    for from in ["Nagios@univ.example", "x@bots.example"] {
        let raw = format!("From: {from}\nTo: support@univ.example\nSubject: a\n\nHello\n");
        let decision = decided(&Case {
            raw: raw.leak(),
            ..Case::default()
        });
        assert_eq!(decision.rule.as_deref(), Some("L22"), "{from}");
        assert_eq!(decision.disposition, Disposition::Ticket);
    }
}
