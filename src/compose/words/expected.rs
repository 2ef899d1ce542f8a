//! The words of the expected first answer: lengths of business time, instants days away.

use jiff::tz::TimeZone;

use crate::calendar::{english, french};
use crate::compose::template::Tongue;
use crate::estimate::rounding::Length;
use crate::estimate::{Expectation, Figure};

/// How it is told, as templates ask for it; empty if it is not spoken of.
pub(in crate::compose) fn manner(expected: Option<&Expectation>) -> &'static str {
    match expected {
        None => "",
        Some(Expectation::Told(_)) => "told",
        Some(Expectation::TooFew) => "too_few",
        // Both say that of late nobody can tell.
        Some(Expectation::Open | Expectation::Withheld(_)) => "unsettled",
    }
}

/// The length within which half have an answer.
pub(in crate::compose) fn half(figure: &Figure, tongue: Tongue) -> String {
    length(figure.half, tongue)
}

/// The instant before which eight of ten have one.
pub(in crate::compose) fn most(figure: &Figure, zone: &TimeZone, tongue: Tongue) -> String {
    let local = zone.to_datetime(figure.due);
    match tongue {
        Tongue::Fr => french::near(local),
        Tongue::En => english::near(local),
    }
}

fn length(length: Length, tongue: Tongue) -> String {
    let (halves, of_days) = match length {
        Length::HalfHours(halves) => (halves, false),
        Length::HalfDays(halves) => (halves, true),
    };
    match (tongue, of_days) {
        (Tongue::Fr, false) => match halves {
            1 => "une demi-heure ouvrée".to_owned(),
            2 => "1\u{a0}h ouvrée".to_owned(),
            3 => "1\u{a0}h\u{a0}30 ouvrée".to_owned(),
            _ if halves % 2 == 1 => format!("{}\u{a0}h\u{a0}30 ouvrées", halves / 2),
            _ => format!("{}\u{a0}h ouvrées", halves / 2),
        },
        (Tongue::Fr, true) => match halves {
            1 => "une demi-journée ouvrée".to_owned(),
            2 => "1\u{a0}jour ouvré".to_owned(),
            3 => "1,5\u{a0}jour ouvré".to_owned(),
            _ if halves % 2 == 1 => format!("{},5\u{a0}jours ouvrés", halves / 2),
            _ => format!("{}\u{a0}jours ouvrés", halves / 2),
        },
        (Tongue::En, of_days) => {
            let unit = if of_days {
                "business day"
            } else {
                "business hour"
            };
            match halves {
                1 => format!("half a {unit}"),
                2 => format!("1 {unit}"),
                _ if halves % 2 == 1 => format!("{}.5 {unit}s", halves / 2),
                _ => format!("{} {unit}s", halves / 2),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lengths_read_as_people_say_them() {
        let plain = |one, tongue| length(one, tongue).replace('\u{a0}', " ");
        let table = [
            (
                Length::HalfHours(1),
                "une demi-heure ouvrée",
                "half a business hour",
            ),
            (Length::HalfHours(2), "1 h ouvrée", "1 business hour"),
            (Length::HalfHours(3), "1 h 30 ouvrée", "1.5 business hours"),
            (Length::HalfHours(6), "3 h ouvrées", "3 business hours"),
            (Length::HalfHours(7), "3 h 30 ouvrées", "3.5 business hours"),
            (
                Length::HalfDays(1),
                "une demi-journée ouvrée",
                "half a business day",
            ),
            (Length::HalfDays(2), "1 jour ouvré", "1 business day"),
            (Length::HalfDays(3), "1,5 jour ouvré", "1.5 business days"),
            (Length::HalfDays(4), "2 jours ouvrés", "2 business days"),
            (Length::HalfDays(9), "4,5 jours ouvrés", "4.5 business days"),
        ];
        for (length, french, english) in table {
            assert_eq!(plain(length, Tongue::Fr), french);
            assert_eq!(plain(length, Tongue::En), english);
        }
    }
}
