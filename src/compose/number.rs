//! Numbers as readers of a language write them: `1 234`, `3,5 h`, `8 %`; `1,234`, `3.5 h`, `8%`.
//!
//! Blanks within a number do not break (U+00A0, which every mail program and every plain PDF font
//! has; the narrow one is missing in many).

use super::template::Tongue;

/// A no-break space.
const NBSP: char = '\u{a0}';

/// A whole number, in groups of three from 1 000 on.
#[must_use]
pub fn count(number: u64, tongue: Tongue) -> String {
    let separator = match tongue {
        Tongue::Fr => NBSP,
        Tongue::En => ',',
    };
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// A number of tenths, without a zero behind the comma.
#[must_use]
pub fn tenths(tenths: u64, tongue: Tongue) -> String {
    let whole = count(tenths / 10, tongue);
    let comma = match tongue {
        Tongue::Fr => ',',
        Tongue::En => '.',
    };
    match tenths % 10 {
        0 => whole,
        rest => format!("{whole}{comma}{rest}"),
    }
}

/// The share of a whole, rounded to percents.
#[must_use]
pub fn percent(part: u64, of: u64, tongue: Tongue) -> String {
    with_sign((part * 100 + of / 2).checked_div(of).unwrap_or(0), tongue)
}

/// A number of percents.
#[must_use]
pub fn with_sign(percents: u64, tongue: Tongue) -> String {
    let number = count(percents, tongue);
    match tongue {
        Tongue::Fr => format!("{number}{NBSP}%"),
        Tongue::En => format!("{number}%"),
    }
}

/// A length of business time: minutes below an hour, tenths of hours below ten, whole hours beyond.
#[must_use]
pub fn hours(minutes: i64, tongue: Tongue) -> String {
    let minutes = u64::try_from(minutes).unwrap_or(0);
    match minutes {
        0..60 => format!("{minutes}{NBSP}min"),
        // Rounded up from 9 h 57 it is ten.
        60..597 => format!("{}{NBSP}h", tenths((minutes + 3) / 6, tongue)),
        _ => format!("{}{NBSP}h", count((minutes + 30) / 60, tongue)),
    }
}

/// How a number differs from what it was, in percents: more, about as many, or fewer. Nothing where
/// so few were before that a share of them says nothing.
///
/// What comes by chance varies by the square root of what is expected (Poisson): a smaller
/// difference is told as none.
#[must_use]
pub fn change(now: u64, before: u64) -> Option<Change> {
    if before < FEW {
        return None;
    }
    let difference = now.abs_diff(before);
    let percents = (difference.saturating_mul(100) + before / 2) / before;
    let chance = difference.saturating_mul(difference) < before;
    Some(match (chance || percents == 0, now > before) {
        (true, _) => Change::None,
        (false, true) => Change::More(percents),
        (false, false) => Change::Fewer(percents),
    })
}

/// Percents of fewer than this are noise.
const FEW: u64 = 20;

/// A difference in percents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// By so many percents.
    More(u64),
    /// About as many.
    None,
    /// By so many percents.
    Fewer(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers_are_written_as_their_readers_do() {
        let cases = [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_234, "1\u{a0}234", "1,234"),
            (1_234_567, "1\u{a0}234\u{a0}567", "1,234,567"),
        ];
        for (number, french, english) in cases {
            assert_eq!(count(number, Tongue::Fr), french);
            assert_eq!(count(number, Tongue::En), english);
        }
        assert_eq!(tenths(35, Tongue::Fr), "3,5");
        assert_eq!(tenths(12_340, Tongue::En), "1,234");
        assert_eq!(percent(1, 12, Tongue::Fr), "8\u{a0}%");
        assert_eq!(percent(1, 0, Tongue::En), "0%");
    }

    #[test]
    fn ok_a_wait_is_told_no_finer_than_it_matters() {
        let cases = [
            (0, "0 min"),
            (59, "59 min"),
            (60, "1 h"),
            (209, "3,5 h"),
            (596, "9,9 h"),
            (597, "10 h"),
            (689, "11 h"),
            (-4, "0 min"),
        ];
        for (minutes, expected) in cases {
            let expected = expected.replace(' ', "\u{a0}");
            assert_eq!(hours(minutes, Tongue::Fr), expected, "{minutes}");
        }
    }

    #[test]
    fn ok_a_change_of_a_handful_is_none() {
        assert_eq!(change(412, 380), Some(Change::More(8)));
        assert_eq!(change(20, 27), Some(Change::Fewer(26)));
        assert_eq!(change(86, 93), Some(Change::None));
        assert_eq!(change(1_000, 1_001), Some(Change::None));
        assert_eq!(change(4, 2), None);
    }
}
