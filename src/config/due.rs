//! The table `[due]`: when reminders, closings and the like fall due.

use super::section::{ConfigError, Found, Section};
use crate::decide::due::Settings;

/// The longest of all waits: a year of business days.
const YEAR: u32 = 250;

/// All of the table; the defaults where it is not there.
pub(super) fn due(section: Option<Section<'_>>) -> Result<Settings, ConfigError> {
    let mut due = Settings::default();
    let Some(mut section) = section else {
        return Ok(due);
    };
    due.reminders = pair(
        &mut section,
        "remind_after",
        "remind_again_after",
        due.reminders,
    )?;
    days(&mut section, "no_answer_after", 1, &mut due.no_answer)?;
    days(&mut section, "close_after", 1, &mut due.close_after)?;
    if let Some(tell) = section.boolean("tell_closing")? {
        due.tell_closing = tell;
    }
    due.question = pair(
        &mut section,
        "question_remind_after",
        "question_decide_after",
        due.question,
    )?;
    days(&mut section, "refusal_final_after", 2, &mut due.provisional)?;
    days(&mut section, "third_party_after", 0, &mut due.third_party)?;
    days(&mut section, "raise_after", 0, &mut due.ageing)?;
    days(&mut section, "first_answer", 1, &mut due.first_answer)?;
    if let Some(number) = section.number("at_once", 1..=1_000_000)? {
        due.heap = number.value;
    }
    section.finish()?;
    Ok(due)
}

fn days(
    section: &mut Section<'_>,
    key: &'static str,
    least: u32,
    into: &mut u32,
) -> Result<(), ConfigError> {
    if let Some(found) = section.business_days(key, least..=YEAR)? {
        *into = found.value;
    }
    Ok(())
}

/// Two waits that count from the same instant: the second is the longer one.
fn pair(
    section: &mut Section<'_>,
    first: &'static str,
    second: &'static str,
    default: [u32; 2],
) -> Result<[u32; 2], ConfigError> {
    let one = section.business_days(first, 1..=YEAR)?;
    let two = section.business_days(second, 2..=YEAR)?;
    let value = |found: &Option<Found<u32>>, or| found.as_ref().map_or(or, |found| found.value);
    let [a, b] = [value(&one, default[0]), value(&two, default[1])];
    if a < b {
        return Ok([a, b]);
    }
    let expected = format!("more business days than `{first}`, which has \"{a}d\"");
    match (two, one) {
        (Some(found), _) => Err(found.expected(&expected, &format!("\"{b}d\""))),
        (None, Some(found)) => Err(found.expected(
            &format!("fewer business days than `{second}`, which has \"{b}d\""),
            &format!("\"{a}d\""),
        )),
        (None, None) => Ok(default),
    }
}
