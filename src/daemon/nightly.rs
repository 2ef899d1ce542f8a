//! What the daemon does while people sleep: the retention's run, once a night.
//!
//! Between two and five in the morning, by the service's own clock, what is due is removed in small
//! transactions, so that a letter that comes at that hour is not held up. A daemon that does not
//! run at night removes nothing: `guichet purge` does the same at any time.

use std::time::Duration;

use jiff::civil::Date;
use tokio::sync::watch as channel;

use crate::cause::chain;
use crate::gateway::Gateway;
use crate::privacy::{Retention, Rule, is_night};
use crate::purge::{self, Order};
use crate::store::purge::{Hand, Tally};

/// How often to look at the clock.
const LOOK: Duration = Duration::from_secs(600);

/// Removes what is due, every night, until `stop` says so.
pub(super) async fn retention(
    gateway: Gateway,
    retention: Option<Retention>,
    mut stop: channel::Receiver<bool>,
) {
    let mut last: Option<Date> = None;
    while !*stop.borrow() {
        if let Some(retention) = retention {
            let zone = gateway.rules.get().decide.zone.clone();
            let now = gateway.clock.now();
            let local = zone.to_datetime(now);
            if is_night(local, last) {
                last = Some(local.date());
                let order = Order {
                    retention,
                    zone: &zone,
                    now,
                    quiet_is_right: false,
                };
                run(&gateway, &order, &stop).await;
            }
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn run(gateway: &Gateway, order: &Order<'_>, stop: &channel::Receiver<bool>) {
    let mut hand = Hand::Daemon(gateway.store.clone());
    let goes_on = |_: Rule, _: Tally| !*stop.borrow();
    match purge::run(&mut hand, &gateway.reader, order, goes_on).await {
        Ok(done) => {
            for (rule, sum) in done.iter().filter(|(_, sum)| !sum.is_empty()) {
                tracing::info!(
                    rule = rule.as_str(),
                    tickets = sum.tickets,
                    letters = sum.letters,
                    answers = sum.rows,
                    bytes = sum.bytes,
                    "what was old was removed"
                );
            }
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "what is old could not be removed");
        }
    }
}
