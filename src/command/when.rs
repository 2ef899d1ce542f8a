//! Days as people write them in an order: `3d`, `2 semaines`, `lundi`, `15/01`, `2027-01-15`.
//!
//! A weekday is the next one to come; a day without a year is the next one to come. Day before
//! month, as in France. Nothing is guessed: what fits no form is no day.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::registry::name::fold;

/// Days an order may look ahead: a year.
const FARTHEST: i32 = 366;

const WEEKDAYS: [(&str, Weekday); 14] = [
    ("lundi", Weekday::Monday),
    ("mardi", Weekday::Tuesday),
    ("mercredi", Weekday::Wednesday),
    ("jeudi", Weekday::Thursday),
    ("vendredi", Weekday::Friday),
    ("samedi", Weekday::Saturday),
    ("dimanche", Weekday::Sunday),
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The day that is meant, if it is one within a year.
pub(super) fn read(text: &str, today: Date) -> Option<Date> {
    let text = text.trim();
    // Folding drops marks, and `-3d` is no day to come.
    if !text.starts_with(char::is_alphanumeric) {
        return None;
    }
    let folded = fold(text);
    let day = named(&folded, today)
        .or_else(|| ahead(&folded, today))
        .or_else(|| dated(text, today))?;
    let far = today.checked_add(FARTHEST.days()).ok()?;
    (day <= far).then_some(day)
}

fn named(folded: &str, today: Date) -> Option<Date> {
    if matches!(folded, "demain" | "tomorrow") {
        return today.tomorrow().ok();
    }
    let (_, weekday) = WEEKDAYS.iter().find(|(word, _)| *word == folded)?;
    today.nth_weekday(1, *weekday).ok()
}

/// `3d`, `3 jours`, `2w`, `2 semaines`, `1 month`.
fn ahead(folded: &str, today: Date) -> Option<Date> {
    let digits = folded.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = folded.split_at_checked(digits)?;
    let number: i32 = number.parse().ok().filter(|n| (1..=FARTHEST).contains(n))?;
    let span: Span = match unit.trim() {
        "d" | "day" | "days" | "j" | "jour" | "jours" => number.days(),
        "w" | "week" | "weeks" | "s" | "semaine" | "semaines" => number.weeks(),
        "month" | "months" | "mois" => number.months(),
        _ => return None,
    };
    today.checked_add(span).ok()
}

/// `2027-01-15`, `15/01/2027`, `15.1.2027`, `15/01`.
fn dated(text: &str, today: Date) -> Option<Date> {
    let numbers: Vec<&str> = text.split(['-', '/', '.']).collect();
    let number = |text: &str| -> Option<i16> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let date = |year: i16, month: &str, day: &str| {
        let month = i8::try_from(number(month)?).ok()?;
        Date::new(year, month, i8::try_from(number(day)?).ok()?).ok()
    };
    match numbers.as_slice() {
        [year, month, day] if year.len() == 4 => date(number(year)?, month, day),
        [day, month, year] if year.len() == 4 => date(number(year)?, month, day),
        [day, month] => {
            let this_year = date(today.year(), month, day)?;
            if this_year > today {
                Some(this_year)
            } else {
                date(today.year() + 1, month, day)
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ok_days_as_people_write_them() {
        // A Monday.
        let today = date(2026, 11, 23);
        let cases = [
            ("3d", date(2026, 11, 26)),
            ("3 jours", date(2026, 11, 26)),
            ("2w", date(2026, 12, 7)),
            ("2 semaines", date(2026, 12, 7)),
            ("1 mois", date(2026, 12, 23)),
            ("demain", date(2026, 11, 24)),
            ("Tomorrow", date(2026, 11, 24)),
            ("lundi", date(2026, 11, 30)),
            ("vendredi", date(2026, 11, 27)),
            ("Friday", date(2026, 11, 27)),
            ("2027-01-15", date(2027, 1, 15)),
            ("15/01/2027", date(2027, 1, 15)),
            ("15.1.2027", date(2027, 1, 15)),
            ("15/01", date(2027, 1, 15)),
            ("24/11", date(2026, 11, 24)),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, today), Some(expected), "{text}");
        }
    }

    #[test]
    fn err_what_is_no_day_within_a_year() {
        let today = date(2026, 11, 23);
        for text in [
            "",
            "soon",
            "0d",
            "-3d",
            "400d",
            "99999999999d",
            "31/02",
            "29/02/2027",
            "2027-13-01",
            "2035-01-01",
            "3 lustres",
            "1/2/3/4",
            "d",
            "lundi 3",
        ] {
            assert_eq!(read(text, today), None, "{text}");
        }
    }
}
