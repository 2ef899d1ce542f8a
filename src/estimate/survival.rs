//! How long people wait, when some of them still do: the Kaplan–Meier estimate.
//!
//! In: waits, each ended by an answer or cut short (the person still waits, or the request ended
//! without an answer). Out: for any share of people the time by which that share had an answer.
//! Who still waits counts among those who wait up to now, and says nothing of later: leaving them
//! out would flatter every figure, since the long waits are the ones that have not ended.
//!
//! At each time with `d` answers, of `n` people who still waited just before, the share without an
//! answer is multiplied by `(n - d) / n`. A wait that is cut short at the same time counts among
//! the `n` (E. L. Kaplan, P. Meier: Nonparametric estimation from incomplete observations, 1958).
//!
//! Assumed, as always with it: that who is cut short would have waited like the others.

use std::time::Duration;

/// Shares are compared with this much play: a product of fractions may miss its sum by a rounding.
const PLAY: f64 = 1e-9;

/// How long somebody waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// So far, or until it ended.
    pub time: Duration,
    /// Whether an answer ended it.
    pub answered: bool,
}

/// A time at which answers came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// How long they had waited.
    pub time: Duration,
    /// Who still waited just before.
    pub at_risk: usize,
    /// Answers at that time.
    pub answers: usize,
    /// The share of people who wait longer, from 0 to 1.
    pub waiting: f64,
}

/// The estimate: the share without an answer, by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survival {
    steps: Vec<Step>,
}

impl Survival {
    /// The estimate of some waits, in any order.
    #[must_use]
    pub fn of(mut waits: Vec<Wait>) -> Self {
        waits.sort_unstable();
        let mut at_risk = waits.len();
        let mut waiting = 1.0;
        let mut steps = Vec::new();
        for same in waits.chunk_by(|a, b| a.time == b.time) {
            let answers = same.iter().filter(|wait| wait.answered).count();
            if let (Some(first), 1..) = (same.first(), answers) {
                waiting *= fraction(at_risk - answers, at_risk);
                steps.push(Step {
                    time: first.time,
                    at_risk,
                    answers,
                    waiting,
                });
            }
            at_risk -= same.len();
        }
        Self { steps }
    }

    /// The times at which answers came, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step by which a share of people (0 to 1) had an answer; nothing if so many never had
    /// one as far as is known.
    #[must_use]
    pub fn step(&self, share: f64) -> Option<&Step> {
        self.steps
            .iter()
            .find(|step| step.waiting <= 1.0 - share + PLAY)
    }

    /// The share of people who wait longer than a time.
    #[must_use]
    pub fn waiting(&self, time: Duration) -> f64 {
        let past = self.steps.partition_point(|step| step.time <= time);
        past.checked_sub(1)
            .and_then(|last| self.steps.get(last))
            .map_or(1.0, |step| step.waiting)
    }
}

/// A share of a whole, which is not zero.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of tickets are far below 2^52"
)]
pub(super) fn fraction(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(n: u64) -> Duration {
        Duration::from_secs(n * 3_600)
    }

    /// Waits as tables print them: `6` ended by an answer, `6+` cut short.
    fn waits(text: &str) -> Vec<Wait> {
        text.split_whitespace()
            .map(|word| Wait {
                time: hours(word.trim_end_matches('+').parse().unwrap()),
                answered: !word.ends_with('+'),
            })
            .collect()
    }

    fn read(survival: &Survival, share: f64) -> Option<u64> {
        survival.step(share).map(|step| step.time.as_secs() / 3_600)
    }

    #[test]
    fn ok_without_cuts_it_is_the_share_itself() {
        let survival = Survival::of(waits("5 1 4 2 3 10 9 8 7 6"));
        for (n, step) in (1..=10).zip(survival.steps()) {
            assert!((step.waiting - f64::from(10 - n) / 10.0).abs() < 1e-12);
        }
        // The fifth of ten, the eighth of ten: to the step, in spite of fractions.
        assert_eq!(read(&survival, 0.5), Some(5));
        assert_eq!(read(&survival, 0.8), Some(8));
        assert_eq!(read(&survival, 1.0), Some(10));
    }

    #[test]
    fn ok_worked_by_hand() {
        // At 2: 5 wait, 1 is answered: 4/5. At 3 one is cut short. At 4: 3 wait, 1 is answered:
        // 4/5 · 2/3 = 8/15. At 5: 2 wait, 1 is answered (the cut at the same hour counts): 4/15.
        let survival = Survival::of(waits("2 3+ 4 5 5+"));
        let found: Vec<(usize, f64)> = survival
            .steps()
            .iter()
            .map(|step| (step.at_risk, step.waiting))
            .collect();
        let expected = [(5, 4.0 / 5.0), (3, 8.0 / 15.0), (2, 4.0 / 15.0)];
        for ((at_risk, waiting), (n, share)) in found.iter().zip(expected) {
            assert_eq!(*at_risk, n);
            assert!((waiting - share).abs() < 1e-12);
        }
        assert_eq!(found.len(), 3);
        assert_eq!(read(&survival, 0.5), Some(5));
        assert_eq!(read(&survival, 0.8), None);
    }

    #[test]
    fn ok_the_textbook_trial_comes_out_as_printed() {
        // Weeks in remission under 6-mercaptopurine: Freireich and others, Blood 21 (1963); the
        // table of the estimate is in every textbook on survival.
        let trial = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+";
        let survival = Survival::of(waits(trial));
        let printed = [
            (6, 21, 0.857),
            (7, 17, 0.807),
            (10, 15, 0.753),
            (13, 12, 0.690),
            (16, 11, 0.627),
            (22, 7, 0.538),
            (23, 6, 0.448),
        ];
        assert_eq!(survival.steps().len(), printed.len());
        for (step, (week, at_risk, share)) in survival.steps().iter().zip(printed) {
            assert_eq!((step.time, step.at_risk), (hours(week), at_risk));
            assert!((step.waiting - share).abs() < 0.0005, "{week}: {step:?}");
        }
        assert_eq!(read(&survival, 0.5), Some(23));
        assert_eq!(read(&survival, 0.8), None);
        // Those who were given nothing: all weeks are known.
        let control = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23";
        assert_eq!(read(&Survival::of(waits(control)), 0.5), Some(8));
    }

    #[test]
    fn ok_nobody_answered_and_nobody_there() {
        assert_eq!(Survival::of(Vec::new()).step(0.5), None);
        let waiting = Survival::of(waits("1+ 2+ 3+"));
        assert_eq!(waiting.step(0.1), None);
        assert!((waiting.waiting(hours(100)) - 1.0).abs() < f64::EPSILON);
    }

    /// The same estimate by another way: who is cut short hands their share on to those who wait
    /// longer (B. Efron: The two sample problem with censored data, 1967).
    fn handed_on(mut waits: Vec<Wait>) -> Vec<(Duration, f64)> {
        // Answers before cuts of the same time.
        waits.sort_by_key(|wait| (wait.time, !wait.answered));
        let mut shares = vec![1.0 / waits.len() as f64; waits.len()];
        let mut left = 1.0;
        let mut found: Vec<(Duration, f64)> = Vec::new();
        for n in 0..waits.len() {
            if waits[n].answered {
                left -= shares[n];
                match found.last_mut() {
                    Some((time, share)) if *time == waits[n].time => *share = left,
                    _ => found.push((waits[n].time, left)),
                }
            } else {
                let later = waits.len() - n - 1;
                for other in n + 1..waits.len() {
                    shares[other] += shares[n] / later as f64;
                }
            }
        }
        found
    }

    fn some_waits() -> impl Strategy<Value = Vec<Wait>> {
        let wait = (0_u64..40, any::<bool>()).prop_map(|(time, answered)| Wait {
            time: hours(time),
            answered,
        });
        proptest::collection::vec(wait, 1..60)
    }

    /// Later than everything, if it is never.
    fn time(survival: &Survival, share: f64) -> Duration {
        survival.step(share).map_or(Duration::MAX, |step| step.time)
    }

    proptest! {
        #[test]
        fn ok_handing_on_the_shares_finds_the_same(waits in some_waits()) {
            let other = handed_on(waits.clone());
            let survival = Survival::of(waits);
            prop_assert_eq!(survival.steps().len(), other.len());
            for (step, (time, share)) in survival.steps().iter().zip(other) {
                prop_assert_eq!(step.time, time);
                prop_assert!((step.waiting - share).abs() < 1e-9);
            }
        }

        #[test]
        fn ok_it_falls_and_the_order_does_not_matter(waits in some_waits(), turn in 0_usize..60) {
            let survival = Survival::of(waits.clone());
            let falls = survival.steps().windows(2).all(|pair| {
                pair[0].time < pair[1].time && pair[0].waiting >= pair[1].waiting
            });
            prop_assert!(falls);
            prop_assert!(survival.steps().iter().all(|s| (0.0..=1.0).contains(&s.waiting)));
            prop_assert!(time(&survival, 0.5) <= time(&survival, 0.8));
            let mut turned = waits;
            let by = turn % turned.len();
            turned.rotate_left(by);
            turned.reverse();
            prop_assert_eq!(Survival::of(turned), survival);
        }

        #[test]
        fn ok_a_cut_wait_never_shortens_what_is_said(
            waits in some_waits(),
            which in 0_usize..60,
            share in 0.05_f64..1.0,
        ) {
            let whole = time(&Survival::of(waits.clone()), share);
            // Somebody was cut short instead of answered.
            let mut cut = waits.clone();
            let place = which % cut.len();
            cut[place].answered = false;
            prop_assert!(time(&Survival::of(cut), share) >= whole);
            // One more waits.
            let mut more = waits.clone();
            more.push(Wait { time: hours(which as u64), answered: false });
            prop_assert!(time(&Survival::of(more), share) >= whole);
            // Leaving out who waits only ever flatters.
            let answered: Vec<Wait> = waits.into_iter().filter(|wait| wait.answered).collect();
            if !answered.is_empty() {
                prop_assert!(time(&Survival::of(answered), share) <= whole);
            }
        }
    }
}
