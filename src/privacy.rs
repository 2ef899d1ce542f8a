//! How long what is kept, and how a person is taken out of a text. Pure.
//!
//! [`Retention`] turns the site's periods into the instants before which something has to go
//! ([`Cutoffs`]). Three steps, counted from the day a ticket ended (or, for a letter without one,
//! from its decision): attachments; then every word and name, so that number, category,
//! criticality, mutualisation and durations are left; then the numbers themselves. Refusals are
//! kept no longer than anything else.
//!
//! [`redact`] replaces addresses and names: for an erasure (GDPR art. 17) those of one person, for
//! an answer to an access request (art. 15) those of everybody else.
//!
//! Nothing here has a default that deletes: without periods in the configuration all is kept.

pub mod redact;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// How long what is kept after a ticket has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Attachments, in months.
    pub attachments: u32,
    /// Letters, texts, names and traces, in months.
    pub texts: u32,
    /// What names nobody, in years.
    pub records: u32,
}

impl Default for Retention {
    /// What is proposed to the data protection officer, who decides.
    fn default() -> Self {
        Self {
            attachments: 3,
            texts: 12,
            records: 5,
        }
    }
}

/// What ended before an instant (Unix seconds) has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Attachments.
    pub attachments: i64,
    /// Letters, texts, names and traces.
    pub texts: i64,
    /// The rest.
    pub records: i64,
}

/// One step of the retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Attachments go.
    Attachments,
    /// Words and names go.
    Texts,
    /// The numbers go.
    Records,
    /// One person is forgotten, whatever the age.
    Person,
}

impl Rule {
    /// The steps of the retention, in the order they are due.
    pub const BY_AGE: [Self; 3] = [Self::Attachments, Self::Texts, Self::Records];

    /// The word in the database, in logs and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attachments => "attachments",
            Self::Texts => "texts",
            Self::Records => "records",
            Self::Person => "person",
        }
    }
}

impl Retention {
    /// The instants at `now`, by the calendar of `zone`: a month ends on the same day of the next.
    #[must_use]
    pub fn cutoffs(&self, now: Timestamp, zone: &TimeZone) -> Cutoffs {
        let before = |months: u32| {
            Span::new()
                .try_months(i64::from(months))
                .and_then(|span| now.to_zoned_datetime(zone.clone()).checked_sub(span))
                .map_or(i64::MIN, |then| then.timestamp().as_second())
        };
        Cutoffs {
            attachments: before(self.attachments),
            texts: before(self.texts),
            records: before(self.records.saturating_mul(12)),
        }
    }
}

/// Hours at which what is old is removed: after midnight's work and before anybody comes.
const NIGHT: std::ops::Range<i8> = 2..5;

/// Whether tonight's run is due, when the last one was on `last`.
#[must_use]
pub fn is_night(now: DateTime, last: Option<Date>) -> bool {
    NIGHT.contains(&now.hour()) && last != Some(now.date())
}

impl Cutoffs {
    /// The instant of a step; a person is forgotten at any age.
    #[must_use]
    pub fn of(&self, rule: Rule) -> i64 {
        match rule {
            Rule::Attachments => self.attachments,
            Rule::Texts => self.texts,
            Rule::Records => self.records,
            Rule::Person => i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_months_are_those_of_the_calendar() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let cases = [
            // The end of a month without such a day is its last day.
            (
                "2026-05-31T10:00:00Z",
                "2026-02-28T11:00:00Z",
                "2025-05-31T10:00:00Z",
            ),
            // Over the change of the clocks the hour stays the hour.
            (
                "2026-06-01T01:30:00Z",
                "2026-03-01T02:30:00Z",
                "2025-06-01T01:30:00Z",
            ),
            (
                "2028-02-29T12:00:00Z",
                "2027-11-29T12:00:00Z",
                "2027-02-28T12:00:00Z",
            ),
        ];
        for (now, attachments, texts) in cases {
            let found = Retention::default().cutoffs(at(now), &zone);
            assert_eq!(found.attachments, at(attachments).as_second(), "{now}");
            assert_eq!(found.texts, at(texts).as_second(), "{now}");
            assert!(found.records < found.texts);
        }
    }

    #[test]
    fn ok_a_run_is_due_once_a_night() {
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        let today = at("2026-11-24T03:00:00").date();
        let yesterday = at("2026-11-23T03:00:00").date();
        assert!(!is_night(at("2026-11-24T01:59:59"), None));
        assert!(is_night(at("2026-11-24T02:00:00"), Some(yesterday)));
        assert!(!is_night(at("2026-11-24T04:59:59"), Some(today)));
        assert!(!is_night(at("2026-11-24T05:00:00"), None));
    }

    #[test]
    fn ok_a_time_before_all_times_deletes_nothing() {
        let retention = Retention {
            records: u32::MAX,
            ..Retention::default()
        };
        let found = retention.cutoffs(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert_eq!(found.records, i64::MIN);
    }
}
