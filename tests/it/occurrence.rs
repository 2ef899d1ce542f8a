//! What happens to a ticket without a letter: all of it or nothing, once for each cause, from the
//! daemon and from the command line beside it.

use std::sync::Arc;

use guichet::decide::{Cause, Change, Edit, Occurrence, Scene};
use guichet::gateway::occurrence::effects;
use guichet::gateway::rules::Rules;
use guichet::notice::{About, Kind, Notice, Recipient, Right, Timing, Words};
use guichet::store::StoreError;
use guichet::store::occur::{Effects, Occurred, Target};
use guichet::ticket::priority::Priority;
use guichet::ticket::{Entry, EntryKind, Status, TicketNumber};

use crate::virtual_gateway::{VirtualGateway, begin, letter};

const TICKET: TicketNumber = TicketNumber(1);

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// A gateway with one ticket whose acknowledgement has left.
async fn with_a_ticket() -> VirtualGateway {
    let mut gateway = VirtualGateway::new("support@univ.example", "");
    let raw = letter(
        "claire@univ.example",
        "Imprimante",
        "1@univ.example",
        "",
        "L'imprimante du couloir ne marche plus.",
    );
    gateway.receive(&raw, begin()).await;
    gateway.send(begin()).await;
    gateway
}

fn note(text: &str) -> Change {
    Change::Add(
        TICKET,
        Entry {
            kind: EntryKind::Note,
            author: "guichet".to_owned(),
            text: text.to_owned(),
        },
    )
}

/// Something that writes, moves, changes and tells.
fn eventful(scene: &Scene, cause: Cause) -> Occurrence {
    let ticket = &scene.ticket;
    Occurrence {
        cause,
        ticket: Some(ticket.number),
        reason: "a test has it so".to_owned(),
        changes: vec![
            note("seen"),
            Change::Move {
                ticket: ticket.number,
                from: ticket.status,
                to: Status::Open,
                by: "guichet".to_owned(),
                why: "a test has it so".to_owned(),
            },
            Change::Edit {
                ticket: ticket.number,
                edit: Edit::Priority(Priority::P2),
                by: "guichet".to_owned(),
            },
        ],
        notices: vec![Notice {
            kind: Kind::Reply,
            ticket: ticket.number,
            to: Recipient {
                name: String::new(),
                email: ticket.requester.clone(),
            },
            language: ticket.language,
            subject: None,
            in_reply_to: None,
            references: Vec::new(),
            right: Right::Add,
            timing: Timing::Now,
            about: About::Answer {
                words: Some(Words::default()),
                reopen_days: 14,
                first: None,
                closing: None,
            },
        }],
        bulletins: Vec::new(),
    }
    .with_tokens(scene)
}

async fn occur(
    gateway: &VirtualGateway,
    cause: Cause,
    random: u8,
) -> Result<Option<Occurred>, StoreError> {
    let rules = Arc::clone(gateway.rules());
    let budget = Arc::new(rules.budget());
    gateway
        .store()
        .occur(Target::of(TICKET), budget, begin(), move |scene| {
            Some(written(&rules, eventful(scene, cause), random))
        })
        .await
}

fn written(rules: &Rules, occurrence: Occurrence, random: u8) -> Effects {
    effects(occurrence, rules, begin(), [random; 8])
}

/// Rows of the outbox, pages, occurrences.
fn rows(gateway: &VirtualGateway) -> (i64, i64, i64) {
    gateway
        .database()
        .query_row(
            "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM entry),
               (SELECT count(*) FROM occurrence)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap()
}

#[test]
fn what_happens_without_a_letter_is_written_moved_and_told_at_once() {
    run(async {
        let mut gateway = with_a_ticket().await;
        let before = rows(&gateway);
        let cause = Cause::due(Some(TICKET), "test", 1);
        let occurred = occur(&gateway, cause, 1).await.unwrap().unwrap();
        assert_eq!((occurred.queued, occurred.ticket), (1, Some(TICKET)));
        assert_eq!(rows(&gateway), (before.0 + 1, before.1 + 3, 1));
        let (status, priority, unexplained): (String, String, i64) = gateway
            .database()
            .query_row(
                "SELECT status, priority,
                   (SELECT count(*) FROM entry WHERE letter IS NULL AND occurrence IS NULL)
                 FROM ticket",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!((&*status, &*priority, unexplained), ("open", "P2", 0));
        assert_eq!(gateway.send(begin()).await.len(), 1);
    });
}

#[test]
fn one_cause_happens_once_and_another_one_beside_it() {
    run(async {
        let gateway = with_a_ticket().await;
        let cause = |mark| Cause::due(Some(TICKET), "test", mark);
        assert!(occur(&gateway, cause(1), 1).await.unwrap().is_some());
        let after = rows(&gateway);
        assert_eq!(occur(&gateway, cause(1), 2).await.unwrap(), None);
        assert_eq!(rows(&gateway), after);
        // The same kind to the same reader: the keys of the outbox do not collide.
        assert!(occur(&gateway, cause(2), 3).await.unwrap().is_some());
    });
}

#[test]
fn a_change_that_only_a_letter_brings_about_is_refused_whole() {
    run(async {
        let gateway = with_a_ticket().await;
        let before = rows(&gateway);
        let rules = Arc::clone(gateway.rules());
        let error = gateway
            .store()
            .occur(
                Target::of(TICKET),
                Arc::new(rules.budget()),
                begin(),
                move |scene| {
                    let mut occurrence = eventful(scene, Cause::order([7; 8]));
                    occurrence.changes.push(Change::Conduct {
                        ordered: true,
                        technician: "paul".to_owned(),
                        obeyed: true,
                        why: "no letter".to_owned(),
                    });
                    Some(written(&rules, occurrence, 1))
                },
            )
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a letter as the cause of a technician's conduct, but found none"
        );
        assert_eq!(rows(&gateway), before);
    });
}

#[test]
fn the_command_line_writes_beside_the_running_store() {
    run(async {
        let mut gateway = with_a_ticket().await;
        let before = rows(&gateway);
        let rules = Arc::clone(gateway.rules());
        let mut desk = gateway.desk();
        let occurred = desk
            .occur(Target::of(TICKET), &rules.budget(), begin(), |scene| {
                let occurrence = eventful(scene, Cause::order([9; 8]));
                Some(written(&rules, occurrence, 9))
            })
            .unwrap();
        assert!(occurred.is_some());
        assert_eq!(rows(&gateway), (before.0 + 1, before.1 + 3, 1));
        // The running gateway sends it, and its own writes go on.
        assert_eq!(gateway.send(begin()).await.len(), 1);
        let cause = Cause::due(Some(TICKET), "test", 1);
        assert!(occur(&gateway, cause, 2).await.unwrap().is_some());
    });
}

#[test]
fn a_ticket_that_is_not_there_is_named() {
    run(async {
        let gateway = with_a_ticket().await;
        let target = Target::of(TicketNumber(77));
        let budget = gateway.rules().budget();
        let error = gateway
            .desk()
            .occur(target, &budget, begin(), |_| None)
            .unwrap_err();
        assert_eq!(error.to_string(), "there is no ticket 77");
    });
}
