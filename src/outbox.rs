//! The outbox's loop: claim what is due, hand it over, settle what came of it.
//!
//! A few senders work side by side, each with a connection of its own that it keeps between
//! letters. Each claims a handful of rows, the attempt counted and durable before it is made;
//! `phase=dot` is durable before the final dot; what the server said is durable before the next
//! letter begins. An outcome nobody can know is a deferral of the same bytes, once; the second time
//! the row is held for an admin.
//!
//! Trouble of the whole server (connect, TLS, login, 421) stops the sender's round: the rest of
//! its rows are given back untried, and all senders wait, 1 s doubling up to a minute, or five
//! minutes after a refused login. As soon as the server takes a letter again, whatever waited
//! only because of it is due at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::cause::chain;
use crate::crash;
use crate::delivery::{self, Outcome, Outgoing, Reason, Transport};
use crate::gateway::rules::CurrentRules;
use crate::gateway::{lost, random};
use crate::retry::{self, Next};
use crate::store::outbox::{Claimed, Fate, OutboxId, Settlement};
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

/// Rows one sender claims at once.
const ROWS: u32 = 8;
/// A look at the clock at least this often, for rows that another process made due.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);
/// How long to wait before the store is asked again.
const STORE_PAUSE: Duration = Duration::from_secs(2);
/// An idle connection is closed after this time.
const KEEP: Duration = Duration::from_secs(30);
/// The longest wait for a server in trouble.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The wait after a refused login: nobody is locked out by us.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// What the senders share.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// Where rows are.
    pub store: Store,
    /// Where letters go.
    pub settings: delivery::Settings,
    /// Senders, each with one connection.
    pub senders: usize,
    /// The least wait before an attempt whose outcome nobody knows is repeated.
    pub ambiguous_pause: SignedDuration,
    /// Permanent failures in a row that suspend an address.
    pub failures: u32,
    /// Who is on the team: their addresses are never suspended.
    pub rules: CurrentRules,
    /// Rung when rows were added.
    pub news: Arc<Notify>,
    /// What is counted.
    pub telemetry: Telemetry,
    /// Rounds in a row that the whole server was in trouble.
    pub trouble: Arc<AtomicU32>,
}

/// How a sender's round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing was due.
    Idle,
    /// Rows were worked through.
    Worked,
    /// The whole server is in trouble: wait this long.
    Trouble(Duration),
}

impl Outbox {
    /// Sends until `stop` says so. A letter under way when it does is finished first.
    ///
    /// # Errors
    /// When the transport's settings cannot work.
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<(), delivery::DeliveryError> {
        let mut senders = JoinSet::new();
        for _ in 0..self.senders.max(1) {
            let transport = Transport::new(self.settings.clone())?;
            let (outbox, stop) = (self.clone(), stop.clone());
            senders.spawn(async move { outbox.sender(transport, stop).await });
        }
        while let Some(ended) = senders.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a sender ended");
            }
        }
        Ok(())
    }

    /// Sends what is due now, and returns when nothing is, or the server is in trouble.
    ///
    /// # Errors
    /// When the transport's settings cannot work.
    pub async fn drain(&self) -> Result<(), delivery::DeliveryError> {
        let mut senders = JoinSet::new();
        for _ in 0..self.senders.max(1) {
            let mut transport = Transport::new(self.settings.clone())?;
            let outbox = self.clone();
            senders.spawn(async move {
                let (_keep, mut never) = watch::channel(false);
                while outbox.round(&mut transport, &mut never).await == Round::Worked {}
                transport.quit().await;
            });
        }
        while senders.join_next().await.is_some() {}
        Ok(())
    }

    async fn sender(&self, mut transport: Transport, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.round(&mut transport, &mut stop).await {
                Round::Worked => continue,
                Round::Idle => self.until_due().await,
                Round::Trouble(pause) => pause,
            };
            let in_trouble = self.trouble.load(Ordering::Relaxed) > 0;
            tokio::select! {
                _ = stop.changed() => {}
                () = self.news.notified(), if !in_trouble => {}
                () = tokio::time::sleep(pause) => {}
            }
            transport.close_if_idle(KEEP).await;
        }
        transport.quit().await;
    }

    async fn until_due(&self) -> Duration {
        match self.store.queue().await {
            Ok(queue) => {
                queue
                    .next_due
                    .filter(|_| queue.hold.is_none())
                    .map_or(LONGEST_SLEEP, |due| {
                        Duration::try_from(due.duration_since(Timestamp::now()))
                            .unwrap_or(Duration::ZERO)
                            .clamp(Duration::from_millis(100), LONGEST_SLEEP)
                    })
            }
            Err(_) => LONGEST_SLEEP,
        }
    }

    async fn round(&self, transport: &mut Transport, stop: &mut watch::Receiver<bool>) -> Round {
        let claimed = match self.store.claim(Timestamp::now(), ROWS).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the outbox could not be claimed from");
                return Round::Trouble(LONGEST_SLEEP);
            }
        };
        crash::point("C9");
        if claimed.is_empty() {
            return self.tell_lost().await;
        }
        if claimed.len() == ROWS as usize {
            // There may be more: wake the next sender.
            self.news.notify_one();
        }
        let mut rows = claimed.into_iter();
        while let Some(row) = rows.next() {
            let pause = self.attempt(transport, &row).await;
            if pause.is_some() || *stop.borrow() {
                self.give_back(rows.map(|row| row.id).collect()).await;
                return pause.map_or(Round::Idle, Round::Trouble);
            }
        }
        Round::Worked
    }

    /// Tells technicians of their words that did not arrive. There is more to send if there were any.
    async fn tell_lost(&self) -> Round {
        let rules = self.rules.get();
        match lost::tell(&self.store, &rules, Timestamp::now(), random).await {
            Ok(0) => Round::Idle,
            Ok(_) => Round::Worked,
            Err(error) => {
                tracing::error!(error = %chain(&error), "technicians could not be told yet of what did not arrive");
                Round::Idle
            }
        }
    }

    /// Rows that were not tried are due again at once. Nobody else may claim them, so this goes on
    /// until it is committed.
    async fn give_back(&self, rows: Vec<OutboxId>) {
        if rows.is_empty() {
            return;
        }
        while let Err(error) = self.store.unclaim(rows.clone(), Timestamp::now()).await {
            tracing::error!(error = %chain(&error), "rows could not be given back yet");
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    /// Notes an outcome durably. What the server said is never thrown away: this goes on until it
    /// is committed, or the process ends and the row's phase says what may have happened.
    async fn settle(&self, row: &Claimed, settlement: &Settlement) {
        loop {
            let now = Timestamp::now();
            let noted = self
                .store
                .settle_delivery(row.id, now, settlement.clone(), self.failures);
            match noted.await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(outbox = %row.id, error = %chain(&error), "an outcome could not be noted yet");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// One attempt; says how long to wait if the whole server is in trouble.
    async fn attempt(&self, transport: &mut Transport, row: &Claimed) -> Option<Duration> {
        let letter = Outgoing {
            sender: row.sender.as_deref(),
            recipient: &row.recipient,
            bytes: &row.bytes,
        };
        let outcome = transport
            .deliver(&letter, async || -> Result<(), StoreError> {
                self.store.mark_dot(row.id).await?;
                crash::point("C11");
                Ok(())
            })
            .await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(StoreError::OutboxHeld { .. }) => {
                self.give_back(vec![row.id]).await;
                return Some(LONGEST_SLEEP);
            }
            Err(error) => {
                tracing::error!(outbox = %row.id, error = %chain(&error), "an attempt was broken off before its final dot");
                self.give_back(vec![row.id]).await;
                return Some(LONGEST_SLEEP);
            }
        };
        let now = Timestamp::now();
        let settlement = self.settlement(row, &outcome, now);
        self.settle(row, &settlement).await;
        crash::point("C14");
        self.telemetry.delivered(outcome_word(&settlement));
        report(row, &settlement);
        self.whole_server(&outcome, now).await
    }

    fn settlement(&self, row: &Claimed, outcome: &Outcome, now: Timestamp) -> Settlement {
        match outcome {
            Outcome::Delivered(reply) => Settlement {
                fate: Fate::Sent,
                code: Some(reply.code),
                answer: format!("{} {}", reply.code, reply.text),
                server_fault: false,
                unknown_end: false,
                blames_address: false,
            },
            Outcome::Failed { reason } => Settlement {
                blames_address: reason.blames_address()
                    && self
                        .rules
                        .get()
                        .decide
                        .team
                        .by_address(&row.recipient)
                        .is_none(),
                ..note(Fate::Failed, reason, false)
            },
            Outcome::Deferred {
                reason,
                after_dot,
                whole_server,
            } => {
                let next = if *after_dot {
                    let pause = self.ambiguous_pause;
                    retry::next_after_ambiguity(row.attempt, row.first_at, now, pause)
                } else {
                    retry::next_attempt(row.attempt, row.first_at, now)
                };
                let fate = match next {
                    _ if *after_dot && row.unknown_ends > 0 => Fate::Held,
                    Next::GiveUp => Fate::Failed,
                    Next::At(at) => Fate::Retry(at),
                };
                Settlement {
                    unknown_end: *after_dot,
                    ..note(fate, reason, *whole_server)
                }
            }
        }
    }

    /// Counts the rounds a server is in trouble, and hastens what waited when it is not any more.
    async fn whole_server(&self, outcome: &Outcome, now: Timestamp) -> Option<Duration> {
        if let Outcome::Deferred {
            reason,
            whole_server: true,
            ..
        } = outcome
        {
            self.telemetry.server(true, now);
            let rounds = self.trouble.fetch_add(1, Ordering::Relaxed);
            return Some(pause(rounds, reason.code));
        }
        self.telemetry.server(false, now);
        if self.trouble.swap(0, Ordering::Relaxed) > 0 {
            match self.store.hasten(now).await {
                Ok(rows) => tracing::info!(rows, "the mail server takes letters again"),
                Err(error) => tracing::warn!(%error, "waiting rows could not be hastened"),
            }
            self.news.notify_one();
        }
        None
    }
}

fn note(fate: Fate, reason: &Reason, server_fault: bool) -> Settlement {
    Settlement {
        fate,
        code: reason.code,
        answer: reason.text.clone(),
        server_fault,
        unknown_end: false,
        blames_address: false,
    }
}

/// How long to leave a server in trouble alone.
fn pause(rounds: u32, code: Option<u16>) -> Duration {
    if matches!(code, Some(530..540)) {
        return REFUSED_PAUSE;
    }
    Duration::from_secs(1 << rounds.min(6)).min(LONGEST_PAUSE)
}

/// The final line of an attempt. The server's words may quote an address: they are in the store.
fn report(row: &Claimed, settlement: &Settlement) {
    let outcome = outcome_word(settlement);
    tracing::info!(
        outbox = %row.id,
        ticket = row.ticket.map(|ticket| ticket.0),
        notice = row.kind,
        attempt = row.attempt,
        code = settlement.code,
        outcome,
        "delivery attempted"
    );
}

fn outcome_word(settlement: &Settlement) -> &'static str {
    match settlement.fate {
        Fate::Sent => "delivered",
        Fate::Retry(_) => "deferred",
        Fate::Held => "held",
        Fate::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_server_in_trouble_is_asked_less_and_less_often() {
        let cases = [
            (0, None, 1),
            (1, Some(421), 2),
            (5, None, 32),
            (6, None, 60),
            (40, None, 60),
            (0, Some(535), 300),
        ];
        for (rounds, code, seconds) in cases {
            assert_eq!(pause(rounds, code), Duration::from_secs(seconds));
        }
    }
}
