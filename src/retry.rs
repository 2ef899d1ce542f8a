//! When a deferred letter is tried again, and when the gateway gives up. Arithmetic only.
//!
//! In: how often it was tried, when first, when now, and whether the last attempt may have been
//! accepted all the same. Out: the instant of the next attempt, or [`Next::GiveUp`].
//!
//! The waits are 1, 5, 15 and 30 minutes, 1, 2 and 4 hours, then 4 hours again and again for five
//! days after the first attempt (RFC 5321 §4.5.4.1 asks for four to five). The first waits are
//! short because the usual causes, a restart and greylisting, are over within minutes.
//!
//! Not handled: jitter. One gateway talks to one server, and its outbox spaces the letters.

use jiff::{SignedDuration, Timestamp};

/// The waits after the first, second … attempt, in minutes; the last one repeats.
pub const WAITS: [i64; 7] = [1, 5, 15, 30, 60, 120, 240];

/// How long after the first attempt a letter is given up, in hours: five days.
pub const GIVE_UP_HOURS: i64 = 5 * 24;

/// The least wait, in minutes, after an attempt whose outcome is unknown: a server that is still
/// writing the letter to its disk, or restarting, gets the time to finish (RFC 1047).
pub const AMBIGUOUS_MINUTES: i64 = 5;

/// What to do with a letter whose delivery was deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again, not before this instant.
    At(Timestamp),
    /// Five days have passed: the letter has failed, and a person must hear of it.
    GiveUp,
}

/// The next attempt after one that was certainly not accepted.
///
/// `attempts` counts every attempt made, the last one included; 0 means the letter was never
/// tried and is due now. Asked after each failed attempt, so a gateway that was switched off for
/// a week makes one more attempt before it gives up.
#[must_use]
pub fn next_attempt(attempts: u32, first_attempt: Timestamp, now: Timestamp) -> Next {
    after_wait(wait_minutes(attempts), first_attempt, now)
}

/// The next attempt after one that ended behind the final dot without an answer: like
/// [`next_attempt`], but never within `pause`; [`AMBIGUOUS_MINUTES`] is the usual one.
#[must_use]
pub fn next_after_ambiguity(
    attempts: u32,
    first_attempt: Timestamp,
    now: Timestamp,
    pause: SignedDuration,
) -> Next {
    match next_attempt(attempts, first_attempt, now) {
        Next::At(at) => Next::At(at.max(now.checked_add(pause).unwrap_or(Timestamp::MAX))),
        Next::GiveUp => Next::GiveUp,
    }
}

fn wait_minutes(attempts: u32) -> i64 {
    let Some(step) = attempts.checked_sub(1) else {
        return 0;
    };
    let last = WAITS.len() - 1;
    let step = usize::try_from(step).unwrap_or(last).min(last);
    WAITS.get(step).copied().unwrap_or(0)
}

fn after_wait(minutes: i64, first_attempt: Timestamp, now: Timestamp) -> Next {
    let later = |from: Timestamp, by| from.checked_add(by).unwrap_or(Timestamp::MAX);
    if now >= later(first_attempt, SignedDuration::from_hours(GIVE_UP_HOURS)) {
        return Next::GiveUp;
    }
    Next::At(later(now, SignedDuration::from_mins(minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: i64 = 1_790_000_000;
    const PAUSE: SignedDuration = SignedDuration::from_mins(AMBIGUOUS_MINUTES);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn wait(next: Next, now: Timestamp) -> Option<i64> {
        match next {
            Next::At(due) => Some((due.as_second() - now.as_second()) / 60),
            Next::GiveUp => None,
        }
    }

    #[test]
    fn the_waits_grow_to_four_hours_and_stay_there() {
        let table = [
            // attempts, minutes, minutes after an unknown outcome
            (0, 0, 5),
            (1, 1, 5),
            (2, 5, 5),
            (3, 15, 15),
            (4, 30, 30),
            (5, 60, 60),
            (6, 120, 120),
            (7, 240, 240),
            (8, 240, 240),
            (40, 240, 240),
            (u32::MAX, 240, 240),
        ];
        let now = at(FIRST + 3_600);
        for (attempts, minutes, ambiguous) in table {
            let next = next_attempt(attempts, at(FIRST), now);
            assert_eq!(wait(next, now), Some(minutes), "after {attempts}");
            let next = next_after_ambiguity(attempts, at(FIRST), now, PAUSE);
            assert_eq!(wait(next, now), Some(ambiguous), "after {attempts}");
        }
    }

    #[test]
    fn after_five_days_the_letter_is_given_up() {
        const DAY: i64 = 86_400;
        let table = [
            (0, true),
            (4 * DAY, true),
            (5 * DAY - 1, true),
            (5 * DAY, false),
            (500 * DAY, false),
            (-DAY, true), // the clock was set back
        ];
        for (age, again) in table {
            let now = at(FIRST + age);
            for next in [
                next_attempt(30, at(FIRST), now),
                next_after_ambiguity(30, at(FIRST), now, PAUSE),
            ] {
                assert_eq!(wait(next, now).is_some(), again, "at age {age}");
            }
        }
    }

    #[test]
    fn a_whole_life_has_thirty_seven_attempts() {
        let (mut now, mut attempts) = (at(FIRST), 0);
        loop {
            attempts += 1;
            match next_attempt(attempts, at(FIRST), now) {
                Next::At(due) => now = due,
                Next::GiveUp => break,
            }
        }
        assert_eq!(attempts, 37);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let end = Timestamp::MAX;
        assert_eq!(next_attempt(3, at(FIRST), end), Next::GiveUp);
        assert_eq!(next_attempt(3, end, at(FIRST)), Next::At(at(FIRST + 900)));
        assert_eq!(next_attempt(3, end, end), Next::GiveUp);
    }
}
