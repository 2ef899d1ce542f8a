//! Other times for a period, as an approval names them: `debut=vendredi 4/12 9h fin=18h`.
//!
//! What is not named stays as it is. Of days that have the same hours each, an hour changes every
//! day's and a day the first or the last.

use jiff::civil::{Date, DateTime};

use super::Period;
use super::read::moment;
use crate::oncall::Doubt;
use crate::oncall::hour::Hour;

/// Why a period cannot be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// A value is neither a day nor an hour.
    Unreadable,
    /// Neither the request nor the order says both ends with their hours.
    Incomplete,
    /// What comes out cannot be meant.
    Doubtful(Doubt),
}

/// A day, an hour, or both.
type Moment = (Option<Date>, Option<Hour>);

/// The period with another beginning or end.
///
/// # Errors
/// [`Misfit`] says what is wrong with them.
pub fn changed(
    period: Option<Period>,
    from: Option<&str>,
    until: Option<&str>,
    today: Date,
) -> Result<Period, Misfit> {
    let read = |text: Option<&str>| match text {
        None => Ok((None, None)),
        Some(text) => moment(text, today).map_err(|doubt| match doubt {
            Some(doubt) => Misfit::Doubtful(doubt),
            None => Misfit::Unreadable,
        }),
    };
    let (from, until) = (read(from)?, read(until)?);
    let period = match period {
        Some(period @ Period::Daily { .. }) => daily(period, from, until),
        Some(Period::Through { from: a, to: b }) => {
            Period::through(begins(Some(a), from)?, ends(Some(b), until)?)
        }
        None => Period::through(begins(None, from)?, ends(None, until)?),
    };
    let period = period.map_err(Misfit::Doubtful)?;
    if period.days().1 < today {
        return Err(Misfit::Doubtful(Doubt::Over));
    }
    Ok(period)
}

fn daily(
    period: Period,
    (day, hour): Moment,
    (last_day, last_hour): Moment,
) -> Result<Period, Doubt> {
    let Period::Daily {
        first,
        last,
        from,
        to,
    } = period
    else {
        return Ok(period);
    };
    Period::daily(
        day.unwrap_or(first),
        last_day.unwrap_or(last),
        hour.unwrap_or(Hour::At(from)),
        last_hour.unwrap_or(Hour::At(to)),
    )
}

fn begins(former: Option<DateTime>, (day, hour): Moment) -> Result<DateTime, Misfit> {
    let day = day
        .or(former.map(DateTime::date))
        .ok_or(Misfit::Incomplete)?;
    let time = hour
        .map(Hour::begins)
        .or(former.map(DateTime::time))
        .ok_or(Misfit::Incomplete)?;
    Ok(day.to_datetime(time))
}

fn ends(former: Option<DateTime>, (day, hour): Moment) -> Result<DateTime, Misfit> {
    let day = day
        .or(former.map(DateTime::date))
        .ok_or(Misfit::Incomplete)?;
    match hour {
        Some(Hour::Midnight) => {
            let next = super::tomorrow(day).map_err(Misfit::Doubtful)?;
            Ok(next.to_datetime(Hour::Midnight.begins()))
        }
        Some(Hour::At(time)) => Ok(day.to_datetime(time)),
        None => {
            let time = former.map(DateTime::time).ok_or(Misfit::Incomplete)?;
            Ok(day.to_datetime(time))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn base() -> Period {
        Period::daily(
            date(2026, 12, 3),
            date(2026, 12, 5),
            Hour::At(jiff::civil::Time::constant(8, 0, 0, 0)),
            Hour::At(jiff::civil::Time::constant(20, 0, 0, 0)),
        )
        .unwrap()
    }

    fn shown(period: Option<Period>, from: Option<&str>, until: Option<&str>) -> String {
        match changed(period, from, until, TODAY) {
            Ok(period) => period.english(),
            Err(misfit) => format!("{misfit:?}"),
        }
    }

    #[test]
    fn ok_what_is_not_named_stays() {
        let night = Period::through(
            date(2026, 12, 3).at(22, 0, 0, 0),
            date(2026, 12, 4).at(6, 0, 0, 0),
        )
        .unwrap();
        for (period, from, until, expected) in [
            (
                Some(base()),
                Some("9h"),
                None,
                "from Thursday 3 December 2026 to Saturday 5 December 2026, each day from 09:00 to 20:00",
            ),
            (
                Some(base()),
                Some("vendredi 4/12 9h"),
                Some("18h"),
                "from Friday 4 December 2026 to Saturday 5 December 2026, each day from 09:00 to 18:00",
            ),
            (
                Some(base()),
                None,
                Some("4 décembre"),
                "from Thursday 3 December 2026 to Friday 4 December 2026, each day from 08:00 to 20:00",
            ),
            (
                Some(night),
                None,
                Some("minuit"),
                "from Thursday 3 December 2026 at 22:00 to Saturday 5 December 2026 at 00:00, without a break",
            ),
            (
                None,
                Some("2026-12-03 08:00"),
                Some("2026-12-03 20:00"),
                "on Thursday 3 December 2026 from 08:00 to 20:00",
            ),
            (
                None,
                Some("2026-12-03"),
                Some("2026-12-03 20:00"),
                "Incomplete",
            ),
            (Some(base()), Some("bientôt"), None, "Unreadable"),
            (Some(base()), Some("6/12"), None, "Doubtful(Backwards)"),
        ] {
            assert_eq!(shown(period, from, until), expected, "{from:?} {until:?}");
        }
        assert!(shown(Some(base()), Some("lundi 4/12"), None).contains("Weekday"));
    }
}
