//! How long to pause before the next connection. Arithmetic only.
//!
//! Doubling from one second to five minutes, spread by chance over the upper half, so that many
//! gateways do not return to a restarted server in step. A refused login is another matter:
//! mail servers lock accounts after a handful, so after three the pause is never under five
//! minutes.

use std::time::Duration;

/// The longest pause after failures that are nobody's refusal.
pub const LONGEST: Duration = Duration::from_secs(300);

/// The shortest pause after [`REFUSALS`] refused logins.
pub const REFUSED: Duration = Duration::from_secs(300);

/// Refused logins in a row before [`REFUSED`] holds.
pub const REFUSALS: u32 = 3;

/// The pause after `failures` failed connections in a row, of which the last `refusals` were
/// refused logins ([`super::MailboxError::is_refusal`]). `random` is any number, evenly spread.
///
/// No failure: no pause. Else between 1 s and [`LONGEST`]; after [`REFUSALS`] refusals between
/// [`REFUSED`] and 6 minutes.
#[must_use]
pub fn pause(failures: u32, refusals: u32, random: u64) -> Duration {
    if refusals >= REFUSALS {
        return REFUSED + spread(60_000, random);
    }
    if failures == 0 {
        return Duration::ZERO;
    }
    let doubled = 1_000_u64.saturating_mul(1 << (failures - 1).min(20));
    let most = doubled.min(300_000);
    let half = (most / 2).max(1_000);
    Duration::from_millis(half) + spread(most.saturating_sub(half), random)
}

/// Between nothing and `most` milliseconds, both included.
fn spread(most: u64, random: u64) -> Duration {
    Duration::from_millis(random % most.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_and_stays_within_its_bounds() {
        // failures, refusals, least ms, most ms
        let table = [
            (0, 0, 0, 0),
            (1, 0, 1_000, 1_000),
            (1, 1, 1_000, 1_000),
            (2, 0, 1_000, 2_000),
            (2, 2, 1_000, 2_000),
            (3, 0, 2_000, 4_000),
            (4, 0, 4_000, 8_000),
            (8, 0, 64_000, 128_000),
            (9, 0, 128_000, 256_000),
            (10, 0, 150_000, 300_000),
            (50, 0, 150_000, 300_000),
            (u32::MAX, 0, 150_000, 300_000),
            (3, 3, 300_000, 360_000),
            (0, 3, 300_000, 360_000),
            (u32::MAX, u32::MAX, 300_000, 360_000),
        ];
        for (failures, refusals, least, most) in table {
            let mut seen = (u128::MAX, 0);
            for step in 0..=1_000_u64 {
                // Even steps over the widest range of the spread, then the extremes.
                let random = step * 360;
                for random in [random, u64::MAX - random] {
                    let pause = pause(failures, refusals, random).as_millis();
                    assert!(
                        (least..=most).contains(&pause),
                        "{failures} {refusals} {random}: {pause}"
                    );
                    seen = (seen.0.min(pause), seen.1.max(pause));
                }
            }
            let width = most - least;
            assert!(seen.0 <= least + width / 10 && seen.1 >= most - width / 10);
        }
    }
}
