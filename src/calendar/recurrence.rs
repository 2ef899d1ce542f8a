//! Repetitions of an event: the part of RFC 5545 §3.3.10 that closures are made of.
//!
//! In: `FREQ=YEARLY;COUNT=5` and where the event begins. Out: each time it begins. Days, weeks
//! (also on several weekdays), months and years, with `INTERVAL`, `COUNT` and `UNTIL`. A rule that
//! has no end stops at the last year asked for. A date that a month does not have is left out.
//!
//! Refused, by name: everything else, above all "the second Tuesday" (`BYDAY=2TU`) and
//! `BYSETPOS`. `BYMONTH` and `BYMONTHDAY` may stand where they only repeat the event's own date,
//! as exports have it.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, ToSpan as _};

/// Most repetitions of one event: a week's closure for a century.
const MOST: usize = 5_500;

/// Why a rule is refused; the text is what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuleError {
    /// No `NAME=value`.
    #[error("parts such as FREQ=YEARLY, joined by semicolons")]
    Shape,
    /// Another frequency, or none.
    #[error("FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")]
    Frequency,
    /// A number that is none, or too large.
    #[error("a whole number from 1 to 5500 as INTERVAL and COUNT")]
    Number,
    /// An end that is no date.
    #[error("a date such as 20271231 as UNTIL")]
    Until,
    /// Both ends.
    #[error("COUNT or UNTIL, not both")]
    TwoEnds,
    /// Weekdays with a number, or outside a weekly rule.
    #[error("weekdays such as BYDAY=MO,TU in a weekly rule only, without numbers")]
    Weekdays,
    /// A month or day that is not the event's own.
    #[error("BYMONTH and BYMONTHDAY that repeat the event's own date")]
    OtherDate,
    /// Weeks that begin on another day than Monday, where that matters.
    #[error("weeks that begin on Monday (WKST=MO) where INTERVAL is more than 1")]
    WeekStart,
    /// Anything else.
    #[error(
        "only FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTH, BYMONTHDAY and WKST in a repetition rule"
    )]
    Unsupported,
    /// Too many.
    #[error("at most 5500 repetitions until the end of 2099")]
    TooMany,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule that was understood.
#[derive(Debug)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: i64,
    count: Option<usize>,
    until: Option<DateTime>,
    weekdays: Vec<Weekday>,
}

impl Rule {
    /// Understands a rule of an event that begins at `start`; `until` reads its last moment.
    pub(super) fn parse(
        text: &str,
        start: DateTime,
        until: impl Fn(&str) -> Option<DateTime>,
    ) -> Result<Self, RuleError> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            weekdays: Vec::new(),
        };
        let (mut frequency, mut week_start) = (None, Weekday::Monday);
        let (mut month, mut day) = (None, None);
        let text = text.to_ascii_uppercase();
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or(RuleError::Shape)?;
            let value = value.trim();
            match name.trim() {
                "FREQ" => frequency = Some(self::frequency(value)?),
                "INTERVAL" => rule.interval = i64::try_from(number(value)?).unwrap_or(1),
                "COUNT" => rule.count = Some(number(value)?),
                "UNTIL" => rule.until = Some(until(value).ok_or(RuleError::Until)?),
                "BYDAY" => rule.weekdays = weekdays(value)?,
                "WKST" => week_start = weekday(value)?,
                "BYMONTH" => month = Some(value.parse() == Ok(start.month())),
                "BYMONTHDAY" => day = Some(value.parse() == Ok(start.day())),
                _ => return Err(RuleError::Unsupported),
            }
        }
        rule.frequency = frequency.ok_or(RuleError::Frequency)?;
        if !rule.repeats_own_date(month, day) {
            return Err(RuleError::OtherDate);
        }
        if rule.weekdays.is_empty() && rule.frequency == Frequency::Weekly {
            rule.weekdays.push(start.weekday());
        }
        rule.check(week_start)?;
        Ok(rule)
    }

    /// Refuses parts that do not go together, or that this room does not know together.
    fn check(&self, week_start: Weekday) -> Result<(), RuleError> {
        if !self.weekdays.is_empty() && self.frequency != Frequency::Weekly {
            return Err(RuleError::Weekdays);
        }
        if self.count.is_some() && self.until.is_some() {
            return Err(RuleError::TwoEnds);
        }
        if self.interval > 1 && week_start != Weekday::Monday && self.weekdays.len() > 1 {
            return Err(RuleError::WeekStart);
        }
        Ok(())
    }

    /// Whether `BYMONTH` and `BYMONTHDAY`, each absent or the event's own or another, neither
    /// leave out nor add a repetition: a yearly rule with a day alone means that day of each month.
    fn repeats_own_date(&self, month: Option<bool>, day: Option<bool>) -> bool {
        match (self.frequency, month, day) {
            (_, None, None) | (Frequency::Yearly, Some(true), None | Some(true)) => true,
            (Frequency::Monthly, None, Some(own)) => own,
            _ => false,
        }
    }

    /// Each beginning, in order, up to the end of a year.
    pub(super) fn occurrences(
        &self,
        start: DateTime,
        last_year: i16,
    ) -> Result<Vec<DateTime>, RuleError> {
        let last = Date::new(last_year, 12, 31).map_err(|_| RuleError::Until)?;
        let mut found = Vec::new();
        for step in 0_i64.. {
            let Some(period) = self.period(start.date(), step) else {
                break;
            };
            if period.0 > last || self.until.is_some_and(|until| period.0 > until.date()) {
                break;
            }
            for date in self.dates(start.date(), period) {
                let local = date.to_datetime(start.time());
                let over = self.until.is_some_and(|until| local > until) || date > last;
                if over || self.count.is_some_and(|count| found.len() >= count) {
                    return Ok(found);
                }
                if found.len() >= MOST {
                    return Err(RuleError::TooMany);
                }
                found.push(local);
            }
        }
        Ok(found)
    }

    /// The first day of the `step`th day, week, month or year, and the day of the event in it.
    fn period(&self, start: Date, step: i64) -> Option<(Date, Option<Date>)> {
        let steps = step.checked_mul(self.interval)?;
        let after = |first: Date, span: Span| first.checked_add(span).ok();
        match self.frequency {
            Frequency::Daily => {
                let day = after(start, Span::new().try_days(steps).ok()?)?;
                Some((day, Some(day)))
            }
            Frequency::Weekly => {
                let back = i64::from(start.weekday().to_monday_zero_offset());
                let monday = start.checked_sub(back.days()).ok()?;
                Some((after(monday, Span::new().try_weeks(steps).ok()?)?, None))
            }
            Frequency::Monthly => {
                let first = after(start.first_of_month(), Span::new().try_months(steps).ok()?)?;
                let day = Date::new(first.year(), first.month(), start.day()).ok();
                Some((first, day))
            }
            Frequency::Yearly => {
                let first = after(start.first_of_year(), Span::new().try_years(steps).ok()?)?;
                let day = Date::new(first.year(), start.month(), start.day()).ok();
                Some((first, day))
            }
        }
    }

    /// The days of a period on which the event begins.
    fn dates(&self, start: Date, (first, day): (Date, Option<Date>)) -> Vec<Date> {
        if self.frequency != Frequency::Weekly {
            return day.into_iter().collect();
        }
        self.weekdays
            .iter()
            .filter_map(|weekday| {
                let days = i64::from(weekday.to_monday_zero_offset());
                first.checked_add(days.days()).ok()
            })
            .filter(|date| *date >= start)
            .collect()
    }
}

fn frequency(value: &str) -> Result<Frequency, RuleError> {
    match value {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        _ => Err(RuleError::Frequency),
    }
}

fn number(value: &str) -> Result<usize, RuleError> {
    let number = value.parse().ok().filter(|n| (1..=MOST).contains(n));
    number.ok_or(RuleError::Number)
}

fn weekdays(value: &str) -> Result<Vec<Weekday>, RuleError> {
    let mut days: Vec<Weekday> = value.split(',').map(weekday).collect::<Result<_, _>>()?;
    days.sort_by_key(|day| day.to_monday_zero_offset());
    days.dedup();
    Ok(days)
}

fn weekday(value: &str) -> Result<Weekday, RuleError> {
    match value.trim() {
        "MO" => Ok(Weekday::Monday),
        "TU" => Ok(Weekday::Tuesday),
        "WE" => Ok(Weekday::Wednesday),
        "TH" => Ok(Weekday::Thursday),
        "FR" => Ok(Weekday::Friday),
        "SA" => Ok(Weekday::Saturday),
        "SU" => Ok(Weekday::Sunday),
        _ => Err(RuleError::Weekdays),
    }
}
