//! The process aborts at each step of a letter's way, starts again, and nothing is amiss: no
//! letter lost, no ticket twice, and at most the one repetition that nobody can rule out.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use guichet::crash::{OCCURRENCE_STEPS, STEPS};

use crate::auditor::{Injected, Shelves};
use crate::dovecot::Dovecot;
use crate::gateway_process::Site;
use crate::post::{
    again, assert_clean, automatic, copies, dropped, imap_at, imap_shelves, maildir_shelves,
    refused, request, unreadable,
};
use crate::smtp_script::{Script, SmtpScript};

/// What `abort` raises.
const SIGABRT: i32 = 6;

fn letters() -> Vec<Injected> {
    [
        (request(1), "ticket"),
        (again(&request(1)), "duplicate"),
        (automatic(1), "automatic"),
        (unreadable(1), "held"),
        (refused(1), "ticket"),
        (request(2), "ticket"),
    ]
    .into_iter()
    .map(|(raw, becomes)| Injected::new("support", &raw, becomes))
    .collect()
}

/// How it all ended, without what may differ from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    letters: Vec<String>,
    tickets: Vec<String>,
    history: Vec<String>,
    outbox: Vec<String>,
    inbox: usize,
    done: usize,
    held: usize,
}

/// Runs the letters through, with an abort if one is asked for; says how it ended, how many copies
/// the mail server took, and how many deliveries were interrupted behind their final dot.
fn run(abort: Option<&str>) -> (End, usize, usize) {
    let ledger = letters();
    let server = Dovecot::start();
    let sink = SmtpScript::start(Script::default());
    let mut site = Site::new();
    site.watch_imap("support", &imap_at(&server));
    site.send_smtp(sink.port());
    let raw: Vec<Vec<u8>> = ledger.iter().map(|letter| letter.raw.clone()).collect();
    server.append("INBOX", &raw);
    if let Some(step) = abort {
        let mut gateway = site.start_with(&[("GUICHET_CRASH_AT", step)]);
        if step.starts_with("C15") {
            site.wait_shelved(ledger.len());
            gateway.signal("TERM");
        }
        let ended = gateway.ended(Duration::from_secs(30));
        assert_eq!(ended.signal(), Some(SIGABRT), "{step}: {}", site.log());
    }
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait_quiet(ledger.len());
    site.wait("an empty INBOX", || server.count("INBOX") == 0);
    let stopped = gateway.terminate();
    assert!(
        stopped.success(),
        "{stopped} after {abort:?}: {}",
        site.log()
    );
    let shelves = [imap_shelves("support", &server)];
    assert_clean(&site, &ledger, &shelves, &copies(&sink));
    let end = end(&site, &shelves[0]);
    let dots = dots(&site);
    (end, sink.count(), dots)
}

/// How an installation that is quiet has ended.
fn end(site: &Site, shelves: &Shelves) -> End {
    End {
        letters: site.texts("SELECT raw_sha256 || disposition || coalesce(ticket, 0) || reason || rule FROM letter ORDER BY id"),
        tickets: site.texts("SELECT number || status || subject || requester || outcome || clause || priority || answer FROM ticket ORDER BY number"),
        history: site.texts("SELECT ticket || kind || author || text FROM entry ORDER BY id"),
        outbox: site.texts("SELECT dedupe_key || kind || recipient || state FROM outbox ORDER BY dedupe_key"),
        inbox: shelves.watched.len(),
        done: shelves.done.len(),
        held: shelves.held.len(),
    }
}

/// Deliveries that were interrupted behind their final dot.
fn dots(site: &Site) -> usize {
    let dots =
        site.ask("SELECT count(*) FROM attempt WHERE phase = 'dot' AND outcome = 'interrupted'");
    usize::try_from(dots.unwrap()).unwrap()
}

/// The same from a Maildir to a folder, without any server.
fn run_in_folders(abort: Option<&str>) -> (End, usize, usize) {
    let ledger = letters();
    let mut site = Site::new();
    let desk = site.watch_maildir("support");
    site.send_maildir();
    for letter in &ledger {
        guichet::mailbox::maildir::deliver(&desk, &letter.raw).unwrap();
    }
    if let Some(step) = abort {
        let mut gateway = site.start_with(&[("GUICHET_CRASH_AT", step)]);
        if step == "C15" {
            gateway.wait_ready();
            site.wait_shelved(ledger.len());
            gateway.signal("TERM");
        }
        let ended = gateway.ended(Duration::from_secs(30));
        assert_eq!(ended.signal(), Some(SIGABRT), "{step}: {}", site.log());
    }
    let mut gateway = site.start();
    gateway.wait_ready();
    site.wait_quiet(ledger.len());
    site.wait("an empty Maildir", || {
        maildir_shelves("support", &desk).watched.is_empty()
    });
    let stopped = gateway.terminate();
    assert!(
        stopped.success(),
        "{stopped} after {abort:?}: {}",
        site.log()
    );
    let shelves = [maildir_shelves("support", &desk)];
    let copies = dropped(&site.dir().join("out"));
    assert_clean(&site, &ledger, &shelves, &copies);
    (end(&site, &shelves[0]), copies.len(), dots(&site))
}

#[test]
fn an_abort_at_any_step_is_harmless_between_folders_too() {
    let (unharmed, answers, dots) = run_in_folders(None);
    assert_eq!((answers, dots), (3, 0));
    for step in STEPS {
        let (end, copies, dots) = run_in_folders(Some(step));
        assert_eq!(end, unharmed, "after an abort at {step}");
        assert!(
            (answers..=answers + dots).contains(&copies),
            "{copies} copies and {dots} interrupted dots after an abort at {step}"
        );
    }
}

#[test]
fn a_process_that_aborts_at_any_step_ends_where_an_unharmed_one_does() {
    let (unharmed, answers, dots) = run(None);
    assert_eq!((answers, dots), (3, 0));
    assert_eq!((unharmed.inbox, unharmed.done, unharmed.held), (0, 5, 1));
    // The second passage of a step is another letter, folder or look than the first.
    let seconds = [
        "C1:2", "C5:3", "C7:2", "C8:2", "C9:3", "C10:2", "C11:2", "C12:2", "C13:2", "C14:2",
    ];
    let steps: Vec<&str> = STEPS.into_iter().chain(seconds).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(step) =
                    steps.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
                {
                    let (end, copies, dots) = run(Some(step));
                    assert_eq!(end, unharmed, "after an abort at {step}");
                    assert!(
                        (answers..=answers + dots).contains(&copies),
                        "{copies} copies and {dots} interrupted dots after an abort at {step}"
                    );
                    match step.split_once(':').map_or(*step, |(name, _)| name) {
                        // No letter was decided yet, or none was begun to be sent.
                        "C0" | "C1" | "C2" | "C3" | "C4" | "C5" | "C15" => assert_eq!(dots, 0),
                        // The dot was noted: nobody can know whether it went out.
                        "C11" | "C12" | "C13" => assert!(dots > 0, "{step}"),
                        _ => {}
                    }
                }
            });
        }
    });
}

/// A ticket has waited for its requester for a month, and the process aborts while that falls due.
fn fall_due(abort: Option<&str>) -> (End, usize) {
    let ledger = vec![Injected::new("support", &request(1), "ticket")];
    let mut site = Site::new();
    let desk = site.watch_maildir("support");
    site.send_maildir();
    guichet::mailbox::maildir::deliver(&desk, &ledger[0].raw).unwrap();
    assert!(site.once().status.success());
    let database = rusqlite::Connection::open(site.store().join("guichet.sqlite")).unwrap();
    database
        .execute_batch(
            "UPDATE ticket SET created_at = created_at - 2592000, updated_at = updated_at - 2592000,
               status = 'waiting_requester';
             UPDATE entry SET at = at - 2592000",
        )
        .unwrap();
    drop(database);
    if let Some(step) = abort {
        let ended = site.once_with(&[("GUICHET_CRASH_AT", step)]).status;
        assert_eq!(ended.signal(), Some(SIGABRT), "{step}: {}", site.log());
    }
    for _ in 0..2 {
        assert!(site.once().status.success());
    }
    let copies = dropped(&site.dir().join("out"));
    let shelves = [maildir_shelves("support", &desk)];
    assert_clean(&site, &ledger, &shelves, &copies);
    (end(&site, &shelves[0]), copies.len())
}

#[test]
fn an_abort_while_something_falls_due_neither_loses_nor_repeats_it() {
    let (unharmed, copies) = fall_due(None);
    assert_eq!(
        copies, 2,
        "the acknowledgement and one reminder: {unharmed:?}"
    );
    for step in OCCURRENCE_STEPS {
        let (mut end, again) = fall_due(Some(step));
        // The wait began at another second, which the keys hold.
        assert_eq!(end.outbox.len(), unharmed.outbox.len());
        end.outbox.clone_from(&unharmed.outbox);
        assert_eq!(
            (end, again),
            (unharmed.clone(), copies),
            "after an abort at {step}"
        );
    }
}
