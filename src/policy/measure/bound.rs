//! How sure a count of errors makes us of their rate: the exact bound of Clopper and Pearson.
//!
//! The one-sided 95 % bound is the highest rate that would still show as few errors as were seen
//! in one trial of twenty. Without an error among `n` it is near `3/n`: 300 letters for 1 %.

/// How often the true rate may be above the bound.
const DOUBT: f64 = 0.05;
/// Halvings: more than a float has digits.
const STEPS: usize = 60;

/// The one-sided 95 % upper bound of a rate, after `errors` among `of`; nothing if nothing was
/// seen.
#[must_use]
pub fn upper(errors: usize, of: usize) -> Option<f64> {
    if of == 0 {
        return None;
    }
    if errors >= of {
        return Some(1.0);
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..STEPS {
        let rate = f64::midpoint(low, high);
        if at_most(errors, of, rate) > DOUBT {
            low = rate;
        } else {
            high = rate;
        }
    }
    Some(high)
}

/// The chance of at most `errors` among `of` at this rate. Logarithms, because a chance of one
/// letter among ten thousand vanishes otherwise.
fn at_most(errors: usize, of: usize, rate: f64) -> f64 {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let (hit, miss) = (rate.ln(), (-rate).ln_1p());
    let mut term = count(of) * miss;
    let mut sum = 0.0;
    for error in 0..=errors {
        sum += term.exp();
        term += (count(of - error) / count(error + 1)).ln() + hit - miss;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_tables() {
        // Without errors the bound has a formula: 1 − 0.05^(1/n).
        for of in [1_u32, 10, 60, 300, 600, 100_000] {
            let exact = 1.0 - 0.05_f64.powf(1.0 / f64::from(of));
            let bound = upper(0, of as usize).unwrap();
            assert!((bound - exact).abs() < 1e-9, "{of}: {bound} {exact}");
        }
        // Published values (Clopper and Pearson 1934, one-sided 95 %).
        for (errors, of, published) in [
            (1, 10, 0.394),
            (2, 10, 0.507),
            (5, 10, 0.778),
            (1, 20, 0.216),
        ] {
            let bound = upper(errors, of).unwrap();
            assert!(
                (bound - published).abs() < 6e-4,
                "{errors} of {of}: {bound}"
            );
        }
        assert_eq!(upper(3, 3), Some(1.0));
        assert_eq!(upper(0, 0), None);
    }

    #[test]
    fn three_hundred_letters_without_an_error_claim_one_percent() {
        assert!(upper(0, 300).unwrap() < 0.01);
        assert!(upper(0, 298).unwrap() > 0.01);
        assert!(upper(1, 300).unwrap() > 0.01);
    }
}
