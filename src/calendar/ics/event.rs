//! One VEVENT (RFC 5545 §3.6.1): its properties, and the closures it stands for.
//!
//! An event is reckoned on the wall clock of its own zone, where its repetitions fall, and then
//! moved to the service's zone. A time without zone is one of the service's.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::super::closure::{Closure, Label};
use super::super::recurrence::{Rule, RuleError};
use super::{IcsError, Property};

/// Years in which an event may begin; repetitions without end stop at the last.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2099;
/// Longest label, in characters: it stands in a sentence of an answer.
const LABEL: usize = 100;

/// Most dates that an event leaves out of its repetitions.
const EXCEPTIONS: usize = 1_000;

/// The zones' names in exports of Microsoft products, for Western Europe.
const WINDOWS_ZONES: [(&str, &str); 6] = [
    ("Romance Standard Time", "Europe/Paris"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
];

/// A day or an instant, as the file has it.
#[derive(Debug, Clone)]
struct When {
    local: DateTime,
    zone: TimeZone,
    whole_day: bool,
}

/// How long an event lasts.
#[derive(Debug, Clone)]
enum Length {
    Until(When),
    For(Span),
}

/// An event being read.
#[derive(Debug)]
pub(super) struct Event {
    line: usize,
    start: Option<When>,
    length: Option<Length>,
    summary: String,
    rule: Option<(usize, String)>,
    except: Vec<When>,
    cancelled: bool,
}

impl Event {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            start: None,
            length: None,
            summary: String::new(),
            rule: None,
            except: Vec::new(),
            cancelled: false,
        }
    }

    /// Where it begins in the file.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Takes in one of its properties; those that say nothing about time are passed over.
    pub(super) fn property(
        &mut self,
        property: &Property,
        service: &TimeZone,
    ) -> Result<(), IcsError> {
        match property.name.as_str() {
            "DTSTART" => self.start = Some(When::read(property, &property.value, service)?),
            "DTEND" => {
                let end = When::read(property, &property.value, service)?;
                self.length = Some(Length::Until(end));
            }
            "DURATION" => {
                let span = duration(&property.value).ok_or_else(|| {
                    property.expected("a length of time such as \"P2D\" or \"PT4H30M\"")
                })?;
                self.length = Some(Length::For(span));
            }
            "SUMMARY" => self.summary = label(&property.value),
            "STATUS" => self.cancelled = property.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "RRULE" if self.rule.is_some() => {
                return Err(property.expected("one repetition rule in an event"));
            }
            "RRULE" => self.rule = Some((property.line, property.value.clone())),
            "EXDATE" => {
                for value in property.value.split(',') {
                    self.except.push(When::read(property, value, service)?);
                }
                if self.except.len() > EXCEPTIONS {
                    return Err(property.expected("at most 1000 dates left out of an event"));
                }
            }
            "RDATE" => {
                return Err(property.expected("events of their own in the place of added dates"));
            }
            "RECURRENCE-ID" => {
                return Err(property.expected(
                    "an event of its own in the place of a moved occurrence (leave the old one out with EXDATE)",
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// The closures it stands for: none if it was cancelled or has no length. Beside them how often
    /// it occurs, those left out counted: that is the work it makes.
    pub(super) fn closures(self, service: &TimeZone) -> Result<(Vec<Closure>, usize), IcsError> {
        if self.cancelled {
            return Ok((Vec::new(), 0));
        }
        let found = "an event without it";
        let Some(start) = &self.start else {
            return Err(IcsError::new(self.line, "DTSTART in every event", found));
        };
        if !YEARS.contains(&start.local.year()) {
            let found = format!("the year {}", start.local.year());
            return Err(IcsError::new(
                self.line,
                "an event from 1970 to 2099",
                found,
            ));
        }
        let length = self.seconds(start)?;
        if length.is_zero() {
            return Ok((Vec::new(), 0));
        }
        let summary = &self.summary;
        let label = Label {
            fr: text_or(summary, "fermeture du service"),
            en: text_or(summary, "closure of the service"),
        };
        let mut closures = Vec::new();
        let (occurrences, all) = self.occurrences(start)?;
        for local in occurrences {
            let to = local.saturating_add(length);
            let (from, to) = if start.whole_day {
                (local, to)
            } else {
                (start.moved(local, service), start.moved(to, service))
            };
            closures.extend(Closure::new(from, to, label.clone()));
        }
        Ok((closures, all))
    }

    /// Its length on the wall clock of its own zone.
    fn seconds(&self, start: &When) -> Result<SignedDuration, IcsError> {
        let end = match &self.length {
            Some(Length::Until(end)) if end.whole_day != start.whole_day => {
                return Err(IcsError::new(
                    self.line,
                    "DTSTART and DTEND both with a time or both without",
                    "one of each",
                ));
            }
            Some(Length::Until(end)) if start.whole_day => end.local,
            Some(Length::Until(end)) => end.moved(end.local, &start.zone),
            Some(Length::For(span)) => start.local.saturating_add(*span),
            // A day without end is that day; an instant without end is nothing (§3.6.1).
            None if start.whole_day => start.local.saturating_add(Span::new().days(1)),
            None => start.local,
        };
        if end < start.local {
            return Err(IcsError::new(
                self.line,
                "an event that ends after it begins",
                format!("the end {end} and the beginning {}", start.local),
            ));
        }
        Ok(end.duration_since(start.local))
    }

    /// When it begins, each time, on the wall clock of its own zone; and how often it would without
    /// its exceptions.
    fn occurrences(&self, start: &When) -> Result<(Vec<DateTime>, usize), IcsError> {
        let Some((line, text)) = &self.rule else {
            return Ok((vec![start.local], 1));
        };
        let wrong = |error: RuleError| {
            let shown: String = text.chars().take(80).collect();
            IcsError::new(*line, &error.to_string(), format!("RRULE:{shown}"))
        };
        let until = |value: &str| -> Option<DateTime> {
            match moment(value)? {
                (local, false, true) => {
                    let instant = TimeZone::UTC.to_timestamp(local).ok()?;
                    Some(start.zone.to_datetime(instant))
                }
                (local, true, _) => Some(local.date().to_datetime(Time::MAX)),
                (local, false, false) => Some(local),
            }
        };
        let rule = Rule::parse(text, start.local, until).map_err(wrong)?;
        let mut all = rule.occurrences(start.local, *YEARS.end()).map_err(wrong)?;
        let count = all.len();
        let (mut days, mut instants) = (BTreeSet::new(), BTreeSet::new());
        for out in &self.except {
            if out.whole_day {
                days.insert(out.local.date());
            } else {
                instants.insert(out.moved(out.local, &start.zone));
            }
        }
        all.retain(|local| !days.contains(&local.date()) && !instants.contains(local));
        Ok((all, count))
    }
}

impl When {
    /// `20261224`, `20261224T120000`, `20261224T120000Z` (§3.3.4, §3.3.5), with `TZID`.
    fn read(property: &Property, value: &str, service: &TimeZone) -> Result<Self, IcsError> {
        let (local, whole_day, utc) = moment(value.trim()).ok_or_else(|| {
            property.expected("a date such as 20261224 or a time such as 20261224T120000Z")
        })?;
        let zone = match property.parameter("TZID") {
            _ if utc => TimeZone::UTC,
            Some(name) if !whole_day => zone(name).ok_or_else(|| {
                let found = format!("TZID={}", name.chars().take(80).collect::<String>());
                IcsError::new(
                    property.line,
                    "a time zone by its IANA name, such as Europe/Paris",
                    found,
                )
            })?,
            _ => service.clone(),
        };
        Ok(Self {
            local,
            zone,
            whole_day,
        })
    }

    /// What the clock of another zone shows when that of this one shows `local`.
    fn moved(&self, local: DateTime, to: &TimeZone) -> DateTime {
        self.zone
            .to_timestamp(local)
            .map_or(local, |instant: Timestamp| to.to_datetime(instant))
    }
}

/// A date or a date with time; whether it is a whole day, and whether it is in UTC.
fn moment(text: &str) -> Option<(DateTime, bool, bool)> {
    let number = |digits: &str, length: usize| -> Option<u32> {
        let good = digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| digits.parse().ok())?
    };
    let small = |value: u32| i8::try_from(value % 100).ok();
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let day = number(day, 8)?;
    let year = i16::try_from(day / 10_000).ok()?;
    let date = Date::new(year, small(day / 100)?, small(day)?).ok()?;
    let Some(time) = time else {
        return Some((date.to_datetime(Time::midnight()), true, false));
    };
    let (time, utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        None => (time, false),
    };
    let time = number(time, 6)?;
    // A leap second is the second before.
    let second = small(time)?.min(59);
    let time = Time::new(small(time / 10_000)?, small(time / 100)?, second, 0).ok()?;
    Some((date.to_datetime(time), false, utc))
}

/// `P1W`, `P2DT4H`, `PT30M` (§3.3.6); nothing for a negative one.
fn duration(text: &str) -> Option<Span> {
    let text = text.trim();
    let rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let mut span = Span::new();
    let mut digits = String::new();
    let (mut timed, mut parts) = (false, 0);
    for c in rest.chars() {
        match c {
            '0'..='9' if digits.len() < 6 => {
                digits.push(c);
                continue;
            }
            'T' if !timed && digits.is_empty() => {
                timed = true;
                continue;
            }
            _ => {}
        }
        let number: i64 = digits.parse().ok()?;
        digits.clear();
        parts += 1;
        span = match (c, timed) {
            ('W', false) => span.try_weeks(number).ok()?,
            ('D', false) => span.try_days(number).ok()?,
            ('H', true) => span.try_hours(number).ok()?,
            ('M', true) => span.try_minutes(number).ok()?,
            ('S', true) => span.try_seconds(number).ok()?,
            _ => return None,
        };
    }
    (digits.is_empty() && parts > 0).then_some(span)
}

/// A zone by name; some programs put a path of their own before it.
fn zone(name: &str) -> Option<TimeZone> {
    if let Some((_, iana)) = WINDOWS_ZONES.iter().find(|(windows, _)| *windows == name) {
        return TimeZone::get(iana).ok();
    }
    let mut ends: Vec<&str> = name.rsplit('/').take(2).collect();
    ends.reverse();
    TimeZone::get(name)
        .or_else(|_| TimeZone::get(&ends.join("/")))
        .ok()
}

/// A text without the escapes of the format (§3.3.11), on one line, of a sentence's length.
fn label(value: &str) -> String {
    let mut text = String::new();
    let mut escaped = false;
    for c in value.chars() {
        match (escaped, c) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n' | 'N') => text.push(' '),
            _ if c.is_control() || c.is_whitespace() => text.push(' '),
            _ => text.push(c),
        }
        escaped = false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LABEL).collect()
}

fn text_or(text: &str, other: &str) -> String {
    if text.is_empty() { other } else { text }.to_owned()
}
