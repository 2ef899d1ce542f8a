//! The words of the chart sheet, in both languages.

use jiff::civil::{Date, Weekday};

use crate::calendar::{english, french};
use crate::compose::template::Tongue;

/// One text a language.
pub(super) fn pick<T>(tongue: Tongue, fr: T, en: T) -> T {
    match tongue {
        Tongue::Fr => fr,
        Tongue::En => en,
    }
}

/// `3 nov.`, for an axis.
pub(super) fn axis_day(date: Date, tongue: Tongue) -> String {
    let french = [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
    ];
    let month = match tongue {
        Tongue::Fr => usize::try_from(date.month() - 1)
            .ok()
            .and_then(|place| french.get(place))
            .map_or_else(String::new, |month| (*month).to_owned()),
        Tongue::En => english::month(date).chars().take(3).collect(),
    };
    format!("{}\u{a0}{month}", date.day())
}

/// `3 novembre`.
pub(super) fn day(date: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => french::day(date),
        Tongue::En => english::day(date),
    }
}

/// `lun.`, `Mon`.
pub(super) fn short_weekday(place: usize, tongue: Tongue) -> String {
    let name: String = weekday(place, tongue).chars().take(3).collect();
    pick(tongue, format!("{name}."), name)
}

/// `lundi`, `Monday`.
pub(super) fn weekday(place: usize, tongue: Tongue) -> &'static str {
    let weekday = i8::try_from(place)
        .ok()
        .and_then(|place| Weekday::from_monday_zero_offset(place).ok())
        .unwrap_or(Weekday::Monday);
    match tongue {
        Tongue::Fr => french::weekday(weekday),
        Tongue::En => english::weekday(weekday),
    }
}

/// `9 h`, `09:00`.
pub(super) fn hour(hour: usize, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => format!("{hour}\u{a0}h"),
        Tongue::En => format!("{hour:02}:00"),
    }
}

/// The text with its first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
