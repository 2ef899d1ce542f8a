//! `--since`: how far back to look.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};

/// A stretch of time before now, or a day.
#[derive(Debug, Clone)]
pub(super) enum Since {
    /// So long ago.
    Ago(Box<Span>),
    /// From that day on.
    Day(Date),
}

impl Since {
    /// The instant as of now, in Unix seconds.
    pub(super) fn instant(&self) -> i64 {
        self.before(&Timestamp::now().to_zoned_datetime(TimeZone::system()))
    }

    /// The instant, in Unix seconds.
    pub(super) fn before(&self, now: &ZonedDateTime) -> i64 {
        let instant = match self {
            Self::Ago(span) => now.checked_sub(**span).map(|then| then.timestamp()),
            Self::Day(day) => day
                .to_zoned_datetime(TimeZone::system())
                .map(|day| day.timestamp()),
        };
        instant.unwrap_or(Timestamp::UNIX_EPOCH).as_second()
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        match text.parse::<Span>() {
            Ok(span) if span.is_positive() => Ok(Self::Ago(Box::new(span))),
            _ => Err(
                "expected a time such as 90d, 12w, 6mo or 36h, or a day such as 2026-09-01"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_time_or_a_day() {
        let now: ZonedDateTime = "2026-11-23T10:00:00[UTC]".parse().unwrap();
        let seconds = |text: &str| text.parse::<Since>().unwrap().before(&now);
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        assert_eq!(seconds("90d"), at("2026-08-25T10:00:00Z"));
        assert_eq!(seconds("2w"), at("2026-11-09T10:00:00Z"));
        assert_eq!(seconds("6mo"), at("2026-05-23T10:00:00Z"));
        assert_eq!(seconds("36h"), at("2026-11-21T22:00:00Z"));
        for wrong in ["", "90", "-3d", "yesterday", "0d"] {
            assert!(
                wrong.parse::<Since>().unwrap_err().contains("90d"),
                "{wrong}"
            );
        }
    }
}
