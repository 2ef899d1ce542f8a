//! `[hours]`: when somebody is there.
//!
//! In: the table with its timetable, `[[hours.seasons]]`, `[[hours.closures]]`,
//! `[[hours.openings]]`. Out: the calendar's [`Settings`], checked here so that a mistake is told
//! with its line: reversed and overlapping hours, seasons that share a day, a closure that ends
//! before it begins. The iCalendar files are read later, with the card and the tables, so that a
//! reload reads them anew.

use std::path::PathBuf;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::section::{ConfigError, Found, Section};
use crate::calendar::closure::{Closure, Label, Opening};
use crate::calendar::holidays::{Holiday, Kept};
use crate::calendar::hours::{Period, Ranges, Season, Week};
use crate::calendar::{BreakSeason, Settings};

/// A table to begin with, for who has none.
pub const SAMPLE: &str = r#"[hours]
time_zone = "Europe/Paris"
monday    = ["08:30-12:00", "13:30-17:00"]
tuesday   = ["08:30-12:00", "13:30-17:00"]
wednesday = ["08:30-12:00", "13:30-17:00"]
thursday  = ["08:30-12:00", "13:30-17:00"]
friday    = ["08:30-12:00", "13:30-16:30"]

[[hours.closures]]
from = 2026-12-24
to = 2027-01-03
label = "fermeture de fin d'année"
label_en = "year-end closure"
"#;

/// The zone of a table that names none.
const ZONE: &str = "Europe/Paris";

/// What the table says.
#[derive(Debug, Clone)]
pub struct Hours {
    /// All but what the files hold.
    pub settings: Settings,
    /// iCalendar files with further closures.
    pub files: Vec<PathBuf>,
}

/// Reads the table.
///
/// # Errors
/// When it holds a mistake, named by line and key.
pub(super) fn read(mut section: Section<'_>) -> Result<Hours, ConfigError> {
    let zone = zone(&mut section)?;
    let week = week(&mut section)?;
    if week.is_empty() {
        return Err(section.missing("monday", "hours on one weekday at least"));
    }
    let holidays = Kept {
        alsace_moselle: section.boolean("alsace_moselle")?.unwrap_or(false),
        worked: words(section.texts("worked_holidays")?, &Holiday::ALL, |day| {
            day.id()
        })?
        .unwrap_or_default()
        .into_iter()
        .collect(),
    };
    let expected = words(
        section.texts("expected_closures")?,
        &BreakSeason::ALL,
        |season| season.id(),
    )?;
    let base = section.base();
    let files = section.texts("ics")?.map(|found| found.value);
    let settings = Settings {
        zone,
        week,
        seasons: seasons(&mut section)?,
        holidays,
        closures: closures(&mut section)?,
        openings: openings(&mut section)?,
        expected: expected.unwrap_or_else(|| BreakSeason::ALL.to_vec()),
    };
    section.finish()?;
    Ok(Hours {
        settings,
        files: files
            .unwrap_or_default()
            .into_iter()
            .map(|file| base.join(file))
            .collect(),
    })
}

/// The zone of a site that has not told its hours.
pub(super) fn default_zone() -> TimeZone {
    // The data of the zones is in the program, so that this one is there.
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

fn zone(section: &mut Section<'_>) -> Result<TimeZone, ConfigError> {
    let Some(found) = section.text("time_zone")? else {
        return TimeZone::get(ZONE).map_err(|_| section.missing("time_zone", "a time zone"));
    };
    // The program brings the data of the zones with it: no table of the system is needed.
    TimeZone::get(&found.value).map_err(|_| {
        found.expected(
            "a time zone by its IANA name, such as \"Europe/Paris\"",
            &format!("\"{}\"", found.value),
        )
    })
}

fn week(section: &mut Section<'_>) -> Result<Week, ConfigError> {
    Ok(Week::new([
        ranges(section.texts("monday")?)?,
        ranges(section.texts("tuesday")?)?,
        ranges(section.texts("wednesday")?)?,
        ranges(section.texts("thursday")?)?,
        ranges(section.texts("friday")?)?,
        ranges(section.texts("saturday")?)?,
        ranges(section.texts("sunday")?)?,
    ]))
}

fn ranges(found: Option<Found<Vec<String>>>) -> Result<Ranges, ConfigError> {
    let Some(found) = found else {
        return Ok(Ranges::default());
    };
    Ranges::parse(found.value.iter().map(String::as_str)).map_err(|why| found.refused(&why))
}

/// The values of a list of words, if there is one.
fn words<T: Copy>(
    found: Option<Found<Vec<String>>>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<Vec<T>>, ConfigError> {
    let Some(found) = found else {
        return Ok(None);
    };
    let word = |word: &String| {
        let known = all.iter().copied().find(|one| name(*one) == word);
        known.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            found.expected(
                &format!("some of {}", names.join(", ")),
                &format!("\"{word}\""),
            )
        })
    };
    found
        .value
        .iter()
        .map(word)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn seasons(section: &mut Section<'_>) -> Result<Vec<Season>, ConfigError> {
    let mut seasons: Vec<Season> = Vec::new();
    for mut one in section.sections("seasons")? {
        let from = one.need_moment("from")?;
        let to = one.need_moment("to")?;
        let period = Period::parse(&from.value, &to.value).map_err(|why| from.refused(&why))?;
        if let Some(day) = seasons.iter().find_map(|other| period.shared(other.period)) {
            return Err(from.expected(
                "a season that shares no day with another",
                &format!("that two have {day}"),
            ));
        }
        let week = week(&mut one)?;
        one.finish()?;
        seasons.push(Season { period, week });
    }
    Ok(seasons)
}

fn closures(section: &mut Section<'_>) -> Result<Vec<Closure>, ConfigError> {
    let mut closures = Vec::new();
    for mut one in section.sections("closures")? {
        let from = one.need_moment("from")?;
        let begins = moment(&from)?;
        let to = one.moment("to")?;
        let ends = match &to {
            Some(to) => moment(to)?,
            None => Moment::Day(begins.date()),
        };
        let label = one.need_text("label")?;
        let label = Label {
            en: one
                .text("label_en")?
                .map_or_else(|| label.value.clone(), |found| found.value),
            fr: label.value,
        };
        let closure = begins
            .first()
            .zip(ends.end())
            .and_then(|(from, to)| Closure::new(from, to, label));
        closures.push(closure.ok_or_else(|| {
            let place = to.as_ref().unwrap_or(&from);
            place.expected(
                "an end after the beginning",
                &format!("\"{}\" to \"{}\"", from.value, place.value),
            )
        })?);
        one.finish()?;
    }
    Ok(closures)
}

fn openings(section: &mut Section<'_>) -> Result<Vec<Opening>, ConfigError> {
    let mut openings = Vec::new();
    for mut one in section.sections("openings")? {
        let from = one.need_moment("from")?;
        let first = day(&from)?;
        let last = match one.moment("to")? {
            Some(found) => {
                let last = day(&found)?;
                if last < first {
                    return Err(found.expected(
                        "an end that is not before the beginning",
                        &format!("\"{}\" to \"{}\"", from.value, found.value),
                    ));
                }
                last
            }
            None => first,
        };
        let found = one.texts("hours")?;
        let hours = ranges(found)?;
        if hours.is_empty() {
            return Err(one.missing(
                "hours",
                "the hours of the opening, such as [\"09:00-12:00\"]",
            ));
        }
        one.finish()?;
        openings.push(Opening { first, last, hours });
    }
    Ok(openings)
}

/// A bound of a closure.
#[derive(Clone, Copy)]
enum Moment {
    Day(Date),
    Minute(DateTime),
}

impl Moment {
    fn date(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::Minute(local) => local.date(),
        }
    }

    /// Where a closure begins that is said to begin then.
    fn first(self) -> Option<DateTime> {
        match self {
            Self::Day(date) => Some(date.to_datetime(Time::midnight())),
            Self::Minute(local) => Some(local),
        }
    }

    /// Where a closure ends that is said to last until then: a day counts, an hour does not.
    fn end(self) -> Option<DateTime> {
        match self {
            Self::Day(date) => Some(date.tomorrow().ok()?.to_datetime(Time::midnight())),
            Self::Minute(local) => Some(local),
        }
    }
}

fn moment(found: &Found<String>) -> Result<Moment, ConfigError> {
    let text = found.value.trim();
    if let Some(date) = date(text) {
        return Ok(Moment::Day(date));
    }
    let timed = text.split_once([' ', 'T']).and_then(|(day, time)| {
        let time: Time = time.parse().ok()?;
        Some(Moment::Minute(date(day)?.to_datetime(time)))
    });
    timed.ok_or_else(|| {
        found.expected(
            "a date such as 2026-12-24, or with time \"2026-12-24 12:00\", without a zone",
            &format!("\"{text}\""),
        )
    })
}

fn day(found: &Found<String>) -> Result<Date, ConfigError> {
    date(found.value.trim())
        .ok_or_else(|| found.expected("a date such as 2026-12-24", &format!("\"{}\"", found.value)))
}

/// Only `2026-12-24`: the library would also take a date with time, and drop the time.
fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}
