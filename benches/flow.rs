//! How fast letters flow, measured on the real program, side by side with `mbsync`.
//!
//! `cargo bench --bench flow` starts a private Dovecot and a fast SMTP sink for each row, seeds
//! the mailbox anew, and runs the release binary over TLS:
//!
//! - letters a second from mailbox to committed ticket with its rendered reply (sending held), to
//!   the last acknowledgement accepted (`run`, and `once` from start to exit), beside the rate at
//!   which `mbsync` merely copies the same mailbox, with and without `fsync`;
//! - from APPEND's OK to the acknowledgement accepted, with IDLE, one letter at a time, beside the
//!   moment an independent IDLE client is told: Dovecot waits half a second before it tells
//!   anybody, which no setting shortens, so the difference is the gateway's own share;
//! - memory of daemon and workers: proportional and resident set, from `smaps_rollup`.
//!
//! It fails if a ticket or an accepted acknowledgement is missing. `FLOW_LETTERS`,
//! `FLOW_ARRIVALS` and `FLOW_CONNECTIONS` change 5,000, 200 and the number of SMTP connections.
//! Needs `dovecot` and `mbsync` (Debian: isync).
//!
//! Honest limits: everything shares this machine's processors, the sink speaks without TLS, and
//! Dovecot itself does not `fsync` (`mail_fsync = never`), for `mbsync` and for us.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that cannot go on must stop loudly"
)]

#[path = "../tests/it/certificates.rs"]
#[allow(dead_code, reason = "each user needs another part of it")]
mod certificates;
#[path = "../tests/it/dovecot.rs"]
#[allow(dead_code, reason = "each user needs another part of it")]
mod dovecot;
#[path = "flow/gateway.rs"]
mod gateway;
#[path = "flow/idle.rs"]
mod idle;
#[path = "flow/letter.rs"]
mod letter;
#[path = "flow/mbsync.rs"]
mod mbsync;
#[path = "flow/memory.rs"]
mod memory;
#[path = "../tests/it/smtp_script.rs"]
mod smtp_script;

use std::time::{Duration, Instant};

use dovecot::{Dovecot, Options};
use gateway::{Counts, Gateway};
use memory::Memory;
use smtp_script::{Script, SmtpScript};

/// How long a row may take.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() {
    let letters = number("FLOW_LETTERS", 5_000);
    let arrivals = number("FLOW_ARRIVALS", 200);
    let connections = number("FLOW_CONNECTIONS", 0);
    let mailbox = letter::mailbox(letters);
    let bytes: usize = mailbox.iter().map(Vec::len).sum();
    println!(
        "flow: {letters} letters of {} to {} bytes, {} on average; {} processors; SMTP connections: {}",
        mailbox.iter().map(Vec::len).min().unwrap(),
        mailbox.iter().map(Vec::len).max().unwrap(),
        bytes / letters,
        std::thread::available_parallelism().unwrap(),
        if connections == 0 {
            "as shipped".to_owned()
        } else {
            connections.to_string()
        },
    );
    let lazy = pull(&mailbox, false);
    let safe = pull(&mailbox, true);
    let row = |name: &str, took: Duration| {
        let rate = |took: Duration| letters as f64 / took.as_secs_f64();
        println!(
            "{name:<52} {:>7.2} s {:>7.0}/s {:>6.2} {:>6.2}",
            took.as_secs_f64(),
            rate(took),
            rate(took) / rate(lazy),
            rate(took) / rate(safe),
        );
    };
    println!(
        "{:<52} {:>9} {:>9} {:>6} {:>6}",
        "", "time", "letters", "÷no", "÷yes"
    );
    row("mbsync FSync no, start to exit", lazy);
    row("mbsync FSync yes, start to exit", safe);
    row(
        "guichet once, sending held: tickets and replies",
        tickets(&mailbox, connections),
    );
    let flow = flow(&mailbox, connections);
    row("guichet run: last reply in the outbox", flow.queued);
    row("guichet run: last acknowledgement accepted", flow.accepted);
    row(
        "guichet once: start to exit, all accepted",
        once(&mailbox, connections),
    );
    println!("memory of daemon and workers      Pss MB   Rss MB  processes");
    flow.idle_before.print("idle, before any letter");
    flow.peak.print("peak while working");
    flow.idle_after.print("idle, after");
    arrival(arrivals, connections);
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

fn server() -> Dovecot {
    Dovecot::start_with(Options {
        record: false,
        ..Options::default()
    })
}

fn pull(mailbox: &[Vec<u8>], fsync: bool) -> Duration {
    let server = server();
    server.append("INBOX", mailbox);
    mbsync::pull(&server, fsync, mailbox.len())
}

/// `guichet once` while sending is held: everything up to the rows in the outbox.
fn tickets(mailbox: &[Vec<u8>], connections: usize) -> Duration {
    let (server, sink) = (server(), SmtpScript::start(Script::sink()));
    let gateway = Gateway::new(&server, sink.port(), connections);
    gateway.call(&["once"]);
    gateway.call(&["outbox", "hold"]);
    server.append("INBOX", mailbox);
    let took = gateway.call(&["once"]);
    assert_eq!(sink.count(), 0, "something was sent while sending was held");
    expect(
        gateway.counts(),
        Counts {
            tickets: mailbox.len(),
            replies: mailbox.len(),
            sent: 0,
        },
    );
    took
}

/// `guichet once` with everything sent.
fn once(mailbox: &[Vec<u8>], connections: usize) -> Duration {
    let (server, sink) = (server(), SmtpScript::start(Script::sink()));
    let gateway = Gateway::new(&server, sink.port(), connections);
    server.append("INBOX", mailbox);
    let took = gateway.call(&["once"]);
    all_is_done(&gateway, &sink, mailbox.len());
    took
}

struct Flow {
    queued: Duration,
    accepted: Duration,
    idle_before: Memory,
    peak: Memory,
    idle_after: Memory,
}

/// `guichet run`, from its start on a full mailbox; then an idle one for its memory.
fn flow(mailbox: &[Vec<u8>], connections: usize) -> Flow {
    let (server, sink) = (server(), SmtpScript::start(Script::sink()));
    let gateway = Gateway::new(&server, sink.port(), connections);
    let mut running = gateway.run();
    std::thread::sleep(Duration::from_secs(2));
    let idle_before = Memory::of(running.id());
    running.stop();

    server.append("INBOX", mailbox);
    let start = Instant::now();
    let mut running = gateway.run();
    let sampler = memory::Sampler::start(running.id());
    let view = gateway.view();
    let mut queued = None;
    while sink.count() < mailbox.len() {
        assert!(
            start.elapsed() < PATIENCE,
            "{} of {} accepted",
            sink.count(),
            mailbox.len()
        );
        if queued.is_none() && gateway::last_reply(&view) == mailbox.len() {
            queued = Some(start.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let accepted = start.elapsed();
    let peak = sampler.stop();
    std::thread::sleep(Duration::from_secs(3));
    let idle_after = Memory::of(running.id());
    running.stop();
    all_is_done(&gateway, &sink, mailbox.len());
    Flow {
        queued: queued.unwrap_or(accepted),
        accepted,
        idle_before,
        peak,
        idle_after,
    }
}

fn all_is_done(gateway: &Gateway, sink: &SmtpScript, letters: usize) {
    assert_eq!(sink.count(), letters, "acknowledgements accepted");
    expect(
        gateway.counts(),
        Counts {
            tickets: letters,
            replies: letters,
            sent: letters,
        },
    );
}

fn expect(found: Counts, wanted: Counts) {
    assert_eq!(found, wanted, "what the store holds");
}

/// Letters one at a time, with IDLE.
fn arrival(letters: usize, connections: usize) {
    let server = server();
    let sink = SmtpScript::start(Script::default());
    let gateway = Gateway::new(&server, sink.port(), connections);
    let mut running = gateway.run();
    let witness = idle::Witness::start(server.imap_port(), server.user(), server.password());
    std::thread::sleep(Duration::from_secs(2));
    let (mut told, mut accepted, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for (at, letter) in letter::mailbox(letters).into_iter().enumerate() {
        server.append("INBOX", &[letter]);
        let appended = Instant::now();
        let heard = witness.wait("EXISTS");
        let until = Instant::now() + PATIENCE;
        let took = loop {
            // Counted a moment before it is kept.
            let kept = if sink.count() > at {
                sink.accepted()
            } else {
                Vec::new()
            };
            if let Some(letter) = kept.get(at) {
                break letter.at;
            }
            assert!(Instant::now() < until, "letter {at} was not acknowledged");
            std::thread::sleep(Duration::from_millis(1));
        };
        witness.wait("EXPUNGE");
        told.push(millis(appended, heard));
        accepted.push(millis(appended, took));
        own.push(millis(heard, took));
        // Not in step with anybody's clock.
        std::thread::sleep(Duration::from_millis(40 + (at as u64 * 37) % 160));
    }
    running.stop();
    println!("{letters} letters one at a time, IDLE, ms     median     p90     p99");
    percentiles("APPEND OK to acknowledgement accepted", accepted);
    percentiles("APPEND OK to another IDLE client told", told);
    percentiles("difference, letter by letter", own);
    let counts = gateway.counts();
    expect(
        counts,
        Counts {
            tickets: letters,
            replies: letters,
            sent: letters,
        },
    );
}

/// Milliseconds from one moment to another, which may be earlier.
fn millis(from: Instant, to: Instant) -> f64 {
    let ahead = to.saturating_duration_since(from).as_secs_f64();
    (ahead - from.saturating_duration_since(to).as_secs_f64()) * 1000.0
}

fn percentiles(name: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    println!(
        "{name:<40} {:>8.1} {:>7.1} {:>7.1}",
        at(0.5),
        at(0.9),
        at(0.99)
    );
}
