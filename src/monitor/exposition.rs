//! The state of the gateway as OpenMetrics 1.0 text.
//!
//! What was counted and timed comes from the loops ([`Telemetry::register`]), everything else from one
//! look at the house, so that a scrape and `guichet status` agree. Names begin with `guichet_`, have
//! their unit at the end (seconds, bytes), and are those of `deploy/prometheus` and `deploy/grafana`;
//! a test holds that. A value that is not known is absent, never 0.
//!
//! [`Telemetry::register`]: crate::telemetry::Telemetry::register

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::report::Report;
use crate::alarm::{Disk, Queues};
use crate::telemetry::Telemetry;

/// What the answer to a scrape is called.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMailbox {
    mailbox: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStatus {
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAlarm {
    cause: String,
    of: String,
    level: String,
}

/// The text of one scrape.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn text(report: &Report, telemetry: &Telemetry) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("guichet");
    telemetry.register(&mut registry);
    process(&mut registry, report);
    mailboxes(&mut registry, report);
    gauge(
        &mut registry,
        "store_up",
        "1 if the store answers",
        i64::from(report.queues.is_some()),
    );
    if let Some(queues) = &report.queues {
        outbox(&mut registry, queues, report.at);
        letters(&mut registry, queues, report.at);
    }
    if let Some(disk) = &report.disk {
        sizes(&mut registry, disk);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn process(registry: &mut Registry, report: &Report) {
    let version = report.version.clone();
    registry.register(
        "build",
        "The running program",
        Info::new(vec![("version", version)]),
    );
    if let Some(process) = &report.process {
        seconds(
            registry,
            "start_time",
            "When the process started, in Unix time",
            process.started_at.as_second(),
        );
    }
    gauge(
        registry,
        "ready",
        "1 if letters come in and go out",
        i64::from(report.ready),
    );
    let alarms = Family::<OfAlarm, Gauge>::default();
    for alarm in &report.alarms {
        let of = OfAlarm {
            cause: alarm.cause.clone(),
            of: alarm.of.clone(),
            level: alarm.level.as_str().to_owned(),
        };
        alarms.get_or_create(&of).set(1);
    }
    registry.register("alarm", "1 for each alarm that holds", alarms);
}

fn mailboxes(registry: &mut Registry, report: &Report) {
    let open = Family::<OfMailbox, Gauge>::default();
    let session = Family::<OfMailbox, Gauge>::default();
    let read = Family::<OfMailbox, Gauge>::default();
    let failures = Family::<OfMailbox, Gauge>::default();
    for mailbox in &report.mailboxes {
        let of = OfMailbox {
            mailbox: mailbox.name.clone(),
        };
        open.get_or_create(&of)
            .set(i64::from(mailbox.open_since.is_some()));
        if let Some(since) = mailbox.open_since {
            session.get_or_create(&of).set(age(since, report.at));
        }
        if let Some(at) = mailbox.read_at {
            read.get_or_create(&of).set(age(at, report.at));
        }
        failures.get_or_create(&of).set(i64::from(mailbox.failures));
    }
    registry.register("mailbox_open", "1 while a session is open", open);
    registry.register_with_unit(
        "mailbox_session",
        "Age of the session",
        Unit::Seconds,
        session,
    );
    registry.register_with_unit(
        "mailbox_since_read",
        "Time since the mailbox was last read through",
        Unit::Seconds,
        read,
    );
    registry.register(
        "mailbox_failures",
        "Sessions in a row that failed",
        failures,
    );
}

fn outbox(registry: &mut Registry, queues: &Queues, now: Timestamp) {
    let rows = Family::<OfState, Gauge>::default();
    for (state, count) in &queues.outbox {
        let of = OfState {
            state: state.clone(),
        };
        rows.get_or_create(&of).set(whole(*count));
    }
    registry.register(
        "outbox_rows",
        "Letters that are not finished, by state",
        rows,
    );
    let since = |at: Option<Timestamp>| at.map_or(0, |at| age(at, now));
    seconds(
        registry,
        "outbox_oldest",
        "Age of the oldest letter that waits; 0 if none does",
        since(queues.oldest_waiting),
    );
    seconds(
        registry,
        "outbox_overdue",
        "How long the letter that is due the longest is due; 0 if none is",
        since(queues.overdue_since),
    );
    gauge(
        registry,
        "outbox_hold",
        "1 while nothing is sent until an admin has looked",
        i64::from(queues.hold.is_some()),
    );
    gauge(
        registry,
        "outbox_failed_day",
        "Letters that failed for good within the last day",
        whole(queues.failed_today),
    );
    gauge(
        registry,
        "suspended_addresses",
        "Addresses that nothing is sent to because letters came back",
        whole(queues.suspended),
    );
}

fn letters(registry: &mut Registry, queues: &Queues, now: Timestamp) {
    gauge(
        registry,
        "letters_undecided",
        "Letters taken in and not decided",
        whole(queues.undecided),
    );
    seconds(
        registry,
        "letters_undecided_oldest",
        "Age of the oldest of them; 0 if there is none",
        queues.oldest_undecided.map_or(0, |at| age(at, now)),
    );
    gauge(
        registry,
        "letters_held",
        "Letters held for a person",
        whole(queues.held_letters),
    );
    gauge(
        registry,
        "letters_poison",
        "Held letters that ended their reader at each start",
        whole(queues.poison),
    );
    let tickets = Family::<OfStatus, Gauge>::default();
    for (status, count) in &queues.tickets {
        let of = OfStatus {
            status: status.clone(),
        };
        tickets.get_or_create(&of).set(whole(*count));
    }
    registry.register("tickets", "Tickets by state", tickets);
}

fn sizes(registry: &mut Registry, disk: &Disk) {
    for (name, help, value) in [
        ("database", "Size of the database", disk.database),
        (
            "database_wal",
            "Size of the database's write-ahead log",
            disk.wal,
        ),
        ("disk_free", "Free where the store is", disk.free),
        ("disk_size", "Size of the disk the store is on", disk.total),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(whole(value));
        registry.register_with_unit(name, help, Unit::Bytes, gauge);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    registry.register_with_unit(name, help, Unit::Seconds, gauge);
}

/// Whole seconds since an instant; a clock that was set back makes it 0.
fn age(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs().max(0)
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
