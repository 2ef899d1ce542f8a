//! Which days are meant by days as they are written.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Written;
use crate::oncall::Doubt;

/// Days an event may last that was written without a year; longer is a slip.
const LONGEST: i32 = 92;

/// The first and the last day that are meant.
pub(in crate::oncall) fn resolve(written: &[Written], today: Date) -> Result<(Date, Date), Doubt> {
    let mut days = written.to_vec();
    // The month of a day is that of the next one that has any, else of the one before.
    inherit(days.iter_mut().rev());
    inherit(days.iter_mut());
    let mut dates: Vec<Date> = Vec::with_capacity(days.len());
    for (at, day) in days.iter().enumerate() {
        let date = match (dates.last(), day.year) {
            (_, Some(year)) => dated(*day, year)?,
            (None, None) => match days.iter().skip(at).find_map(|later| later.year) {
                Some(year) => before(*day, days.get(at + 1..).unwrap_or_default(), year)?,
                None => next(*day, today)?,
            },
            (Some(former), None) => next(*day, *former)?,
        };
        dates.push(date);
    }
    for (day, date) in days.iter().zip(&dates) {
        if let Some(said) = day.weekday.filter(|said| *said != date.weekday()) {
            return Err(Doubt::Weekday { date: *date, said });
        }
    }
    if let ([day], [date]) = (days.as_slice(), dates.as_slice())
        && day.weekend
    {
        return both_days(*date);
    }
    span(&days, &dates)
}

fn inherit<'a>(days: impl Iterator<Item = &'a mut Written>) {
    let mut month = None;
    for day in days {
        day.month = day.month.or(month);
        month = day.month;
    }
}

fn dated(day: Written, year: i16) -> Result<Date, Doubt> {
    let month = day.month.ok_or(Doubt::NoSuchDay)?;
    Date::new(year, month, day.day).map_err(|_| Doubt::NoSuchDay)
}

/// The next such day from another one on.
fn next(day: Written, from: Date) -> Result<Date, Doubt> {
    let Some(month) = day.month else {
        return next_month(day, from);
    };
    // The 29th of February comes every fourth year; a day that never comes is none.
    let mut years = from.year()..=from.year().saturating_add(4);
    years
        .find_map(|year| {
            let date = Date::new(year, month, day.day).ok()?;
            (date >= from).then_some(date)
        })
        .ok_or(Doubt::NoSuchDay)
}

fn next_month(day: Written, from: Date) -> Result<Date, Doubt> {
    let first = from.first_of_month();
    (0..12)
        .find_map(|months| {
            let month = first.checked_add(months.months()).ok()?;
            let date = Date::new(month.year(), month.month(), day.day).ok()?;
            (date >= from).then_some(date)
        })
        .ok_or(Doubt::NoSuchDay)
}

/// The last such day that is not after the one whose year is known.
fn before(day: Written, later: &[Written], year: i16) -> Result<Date, Doubt> {
    let same = dated(day, year);
    let known = later.iter().find(|day| day.year.is_some());
    let limit = known.map(|day| dated(*day, year)).transpose()?;
    match (same, limit) {
        (Ok(date), Some(limit)) if date > limit => dated(day, year.saturating_sub(1)),
        (same, _) => same,
    }
}

/// The Saturday and Sunday that a day belongs to.
fn both_days(date: Date) -> Result<(Date, Date), Doubt> {
    let saturday = match date.weekday() {
        Weekday::Saturday => Ok(date),
        Weekday::Sunday => date.yesterday().map_err(|_| Doubt::NoSuchDay),
        said => Err(Doubt::Weekend { date, said }),
    }?;
    let sunday = saturday.tomorrow().map_err(|_| Doubt::NoSuchDay)?;
    Ok((saturday, sunday))
}

/// From the first to the last; a list has to be without gaps.
fn span(days: &[Written], dates: &[Date]) -> Result<(Date, Date), Doubt> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        return Err(Doubt::NoSuchDay);
    };
    let in_order = dates.is_sorted();
    let yearless = days.iter().any(|day| day.year.is_none());
    let length = last.since(*first).map_or(i32::MAX, |span| span.get_days());
    if !in_order || yearless && length > LONGEST {
        return Err(Doubt::Backwards);
    }
    let gaps = dates.len() > 2
        && dates
            .iter()
            .zip(dates.iter().skip(1))
            .any(|(one, other)| one.tomorrow().ok() != Some(*other));
    if gaps {
        return Err(Doubt::Several);
    }
    Ok((*first, *last))
}
