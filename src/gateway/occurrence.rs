//! An occurrence and its letters, written: what the timer and the command line hand to the store.
//!
//! Runs inside the transaction, and is pure but for the log: no clock, no network, no file.

use jiff::Timestamp;

use super::effects::write_all;
use super::rules::Rules;
use crate::chart;
use crate::compose::bulletin;
use crate::decide::{Answer, Occurrence, unwritten};
use crate::store::occur::Effects;

/// All effects of an occurrence. A letter that cannot be written is told in its ticket and keeps
/// nothing else from happening; `random` goes into the Message-IDs and is used once.
#[must_use]
pub fn effects(
    mut occurrence: Occurrence,
    rules: &Rules,
    now: Timestamp,
    random: [u8; 8],
) -> Effects {
    let (mut outbound, failed) = write_all(&occurrence.notices, rules, now, random, &[]);
    for (nth, why) in failed.into_iter().rev() {
        if let Some(notice) = occurrence.notices.get(nth) {
            let page = unwritten(notice, &why);
            occurrence.changes.push(page);
            occurrence.notices.remove(nth);
        }
    }
    for (nth, one) in occurrence.bulletins.iter().enumerate() {
        let enclosed = chart::enclosure::enclosed(one, rules.desk());
        match bulletin::write(one, rules.desk(), now, random, nth, &enclosed) {
            Ok(letter) => outbound.push(letter),
            Err(error) => {
                tracing::error!(kind = one.kind.name(), %error, "a letter to the team could not be written");
            }
        }
    }
    Effects {
        occurrence,
        outbound,
        answer: Answer::Sent,
    }
}
