//! A run of the retention: what is old goes, step by step, in small transactions.
//!
//! In: a hand on the store, the readers (they take attachments out of hostile letters), the
//! periods. Out: what was removed. Every transaction is whole in itself, so that a run can end
//! anywhere; the next one goes on where it ended. Between two transactions the writer of the daemon
//! gets its turn.
//!
//! What is removed is gone for good, and a clock that is wrong by years would remove everything: a
//! run that finds the service silent for longer than [`QUIET_DAYS`] stops ([`PurgeError::Clock`])
//! unless an admin says that the silence is true.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::privacy::{Retention, Rule};
use crate::reader::{ReadFailure, Reader};
use crate::store::StoreError;
use crate::store::purge::{Hand, Run, Tally};

/// Days without a letter after which the clock is doubted.
pub const QUIET_DAYS: i64 = 45;
/// Letters and rows whose attachments are taken out between two looks.
const PORTION: u32 = 8;

/// Why a run ended early. What was removed before stays removed.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// Nothing came for so long that the clock is more likely wrong.
    #[error(
        "nothing was taken in for {days} days, expected at most {QUIET_DAYS}: if the clock is right, say so with --quiet-is-right"
    )]
    Clock {
        /// Days since the last letter.
        days: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker could be started to take attachments out.
    #[error(transparent)]
    Reader(#[from] ReadFailure),
}

/// How a run is made.
#[derive(Debug)]
pub struct Order<'a> {
    /// The periods.
    pub retention: Retention,
    /// By whose calendar.
    pub zone: &'a TimeZone,
    /// The moment of the run.
    pub now: Timestamp,
    /// An admin says that a long silence is true.
    pub quiet_is_right: bool,
}

/// Removes everything whose time is over. `told` hears of each transaction and says whether to go
/// on: a daemon that is to stop says no.
///
/// # Errors
/// [`PurgeError`].
pub async fn run(
    hand: &mut Hand,
    reader: &Reader,
    order: &Order<'_>,
    mut told: impl FnMut(Rule, Tally) -> bool,
) -> Result<Vec<(Rule, Tally)>, PurgeError> {
    let days = hand.quiet_days(order.now).await?;
    if days > QUIET_DAYS && !order.quiet_is_right {
        return Err(PurgeError::Clock { days });
    }
    let cutoffs = order.retention.cutoffs(order.now, order.zone);
    let mut done = Vec::new();
    'rules: for rule in Rule::BY_AGE {
        let run = Run {
            at: order.now.as_second(),
            before: cutoffs.of(rule),
        };
        let mut sum = Tally::default();
        loop {
            let tally = match rule {
                Rule::Attachments => without_attachments(hand, reader, run).await?,
                Rule::Texts => hand.empty_next(run).await?,
                Rule::Records | Rule::Person => hand.delete_next(run).await?,
            };
            if tally.is_empty() {
                break;
            }
            sum.add(tally);
            if !told(rule, tally) {
                done.push((rule, sum));
                break 'rules;
            }
        }
        done.push((rule, sum));
    }
    if done.iter().any(|(_, sum)| !sum.is_empty()) {
        hand.cut_log().await?;
    }
    Ok(done)
}

/// Takes the attachments out of the next few letters and rows.
async fn without_attachments(
    hand: &mut Hand,
    reader: &Reader,
    run: Run,
) -> Result<Tally, PurgeError> {
    let mut sum = Tally::default();
    for (holder, raw) in hand.with_attachments(run.before, PORTION).await? {
        let stripped = match reader.strip(&raw).await {
            Ok(Ok(stripped)) => stripped,
            // Its text is in the history; what cannot be taken apart goes as a whole.
            Ok(Err(_)) => None,
            Err(failure @ (ReadFailure::CannotStart(_) | ReadFailure::Closed)) => {
                return Err(failure.into());
            }
            Err(_) => None,
        };
        sum.add(hand.strip(holder, stripped, run).await?);
    }
    Ok(sum)
}
