//! Whether figures are kept: of the people who were told "8 of 10 before Thursday noon", did about
//! eight of ten have an answer by then?
//!
//! A figure is judged once its instant has passed, never before: an early answer alone would count
//! for it while the late ones were still to come. A request that ended without an answer before
//! that instant says nothing.
//!
//! Figures are no longer told when so few of them were kept that chance alone explains it in fewer
//! than one case of twenty, were [`TOLERATED`] of all kept: the lower tail of the binomial
//! distribution. They are still reckoned meanwhile and judged in silence, so that they come back
//! when they hold again. Figures that are kept more often than promised are told all the same:
//! they are rounded up, and nobody waits for longer than they were told.

use jiff::Timestamp;

use super::survival::fraction;
use crate::ticket::priority::Priority;

/// The share of figures that are kept, below which they are not told.
pub const TOLERATED: f64 = 0.75;
/// How likely chance may be as an explanation.
const CHANCE: f64 = 0.05;
/// Figures that are judged at least, before any is withheld.
const LEAST: usize = 20;
/// The latest figures are judged, this many: what was kept in another season says less.
const LATEST: usize = 100;

/// A figure that was reckoned for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Of a request of which priority, as it was opened.
    pub priority: Priority,
    /// Whether their letter said so.
    pub told: bool,
    /// The instant before which 8 of 10 have an answer.
    pub due: Timestamp,
    /// When the answer came.
    pub answered: Option<Timestamp>,
    /// When the request ended without one.
    pub dropped: Option<Timestamp>,
}

impl Promise {
    /// Whether it was kept; nothing while it cannot be known, or if it never will.
    #[must_use]
    pub fn is_kept(&self, now: Timestamp) -> Option<bool> {
        if now < self.due {
            return None;
        }
        match (self.answered, self.dropped) {
            (Some(answered), _) => Some(answered <= self.due),
            (None, Some(dropped)) if dropped < self.due => None,
            (None, _) => Some(false),
        }
    }
}

/// How many figures were kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Figures whose instant has passed.
    pub judged: usize,
    /// Of these: an answer had come by then.
    pub kept: usize,
}

impl Coverage {
    /// Counts figures.
    #[must_use]
    pub fn of(promises: impl IntoIterator<Item = Promise>, now: Timestamp) -> Self {
        promises
            .into_iter()
            .filter_map(|promise| promise.is_kept(now))
            .fold(Self::default(), |sum, kept| Self {
                judged: sum.judged + 1,
                kept: sum.kept + usize::from(kept),
            })
    }

    /// The same of the latest figures, which decide whether more are told.
    #[must_use]
    pub fn of_latest(mut promises: Vec<Promise>, now: Timestamp) -> Self {
        promises.retain(|promise| promise.is_kept(now).is_some());
        promises.sort_by_key(|promise| std::cmp::Reverse(promise.due));
        promises.truncate(LATEST);
        Self::of(promises, now)
    }

    /// The share that was kept; nothing if none is judged.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.judged > 0).then(|| fraction(self.kept, self.judged))
    }

    /// Whether enough are judged to say anything.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.judged >= LEAST
    }

    /// Whether too few were kept for chance to explain it.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.is_enough() && lower_tail(self.kept, self.judged, TOLERATED) < CHANCE
    }
}

/// How likely it is that of `n` at most `k` happen, if each does with `share`.
fn lower_tail(k: usize, n: usize, share: f64) -> f64 {
    let odds = share / (1.0 - share);
    let none = (1.0 - share).powi(i32::try_from(n).unwrap_or(i32::MAX));
    (0..k.min(n))
        .scan(none, |likely, i| {
            *likely *= odds * fraction(n - i, i + 1);
            Some(*likely)
        })
        .sum::<f64>()
        + none
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn promise(answered: Option<i64>, dropped: Option<i64>) -> Promise {
        Promise {
            priority: Priority::P3,
            told: true,
            due: second(100),
            answered: answered.map(second),
            dropped: dropped.map(second),
        }
    }

    #[test]
    fn ok_a_figure_is_judged_when_its_instant_has_passed() {
        let judged = |answered, dropped, now| promise(answered, dropped).is_kept(second(now));
        assert_eq!(judged(Some(50), None, 99), None);
        assert_eq!(judged(Some(50), None, 100), Some(true));
        assert_eq!(judged(Some(100), None, 100), Some(true));
        assert_eq!(judged(Some(101), None, 200), Some(false));
        assert_eq!(judged(None, None, 100), Some(false));
        assert_eq!(judged(None, Some(99), 200), None);
        assert_eq!(judged(None, Some(100), 200), Some(false));
    }

    #[test]
    fn ok_the_tail_is_that_of_the_tables() {
        // Binomial tables: n = 20, p = 0.75.
        for (k, expected) in [
            (10, 0.0139),
            (11, 0.0409),
            (12, 0.1018),
            (15, 0.5852),
            (20, 1.0),
        ] {
            let found = lower_tail(k, 20, 0.75);
            assert!((found - expected).abs() < 0.0001, "{k}: {found}");
        }
        assert!((lower_tail(0, 3, 0.5) - 0.125).abs() < 1e-12);
    }

    #[test]
    fn ok_figures_are_withheld_when_chance_does_not_explain_it() {
        let fails = |kept, judged| Coverage { judged, kept }.fails();
        assert!(!fails(0, 19), "too few to say");
        assert!(fails(11, 20) && !fails(12, 20));
        assert!(fails(67, 100) && !fails(68, 100));
        assert!(!fails(80, 100) && !fails(100, 100));
    }

    #[test]
    fn ok_the_latest_figures_decide() {
        // 100 broken ones long ago, 100 kept ones since.
        let many = (0..200).map(|n| Promise {
            due: second(n),
            answered: Some(second(if n < 100 { 500 } else { 0 })),
            ..promise(None, None)
        });
        let promises: Vec<Promise> = many.collect();
        let all = Coverage::of(promises.clone(), second(1_000));
        assert_eq!((all.judged, all.kept), (200, 100));
        assert_eq!(all.share(), Some(0.5));
        let latest = Coverage::of_latest(promises, second(1_000));
        assert_eq!((latest.judged, latest.kept), (100, 100));
        assert_eq!(Coverage::default().share(), None);
    }
}
