//! The public holidays of France, computed for any year.
//!
//! Eleven days are holidays everywhere (Code du travail, L3133-1): six with a fixed date, three
//! that follow Easter, and the two of 1 November and 11 November. Good Friday and 26 December are
//! holidays only in Alsace-Moselle (L3134-13), and off unless the site says so. A holiday that
//! falls on a weekend is not moved. A site may work on some of them: Whit Monday is often the
//! solidarity day.
//!
//! Easter Sunday by the computus of Meeus and Butcher, for years of the Gregorian calendar.
//!
//! Not handled: overseas holidays (abolition of slavery), which differ by territory; enter them as
//! closures.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::Date;

/// A public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// The Friday before Easter; Alsace-Moselle only.
    GoodFriday,
    /// The day after Easter.
    EasterMonday,
    /// 1 May.
    LabourDay,
    /// 8 May.
    Victory1945,
    /// 39 days after Easter.
    Ascension,
    /// 50 days after Easter.
    WhitMonday,
    /// 14 July.
    BastilleDay,
    /// 15 August.
    Assumption,
    /// 1 November.
    AllSaints,
    /// 11 November.
    Armistice,
    /// 25 December.
    Christmas,
    /// 26 December; Alsace-Moselle only.
    SaintStephen,
}

impl Holiday {
    /// Every holiday, in the order of the year.
    pub const ALL: [Self; 13] = [
        Self::NewYear,
        Self::GoodFriday,
        Self::EasterMonday,
        Self::LabourDay,
        Self::Victory1945,
        Self::Ascension,
        Self::WhitMonday,
        Self::BastilleDay,
        Self::Assumption,
        Self::AllSaints,
        Self::Armistice,
        Self::Christmas,
        Self::SaintStephen,
    ];

    /// The word in the configuration.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::NewYear => "new_year",
            Self::GoodFriday => "good_friday",
            Self::EasterMonday => "easter_monday",
            Self::LabourDay => "labour_day",
            Self::Victory1945 => "victory_1945",
            Self::Ascension => "ascension",
            Self::WhitMonday => "whit_monday",
            Self::BastilleDay => "bastille_day",
            Self::Assumption => "assumption",
            Self::AllSaints => "all_saints",
            Self::Armistice => "armistice",
            Self::Christmas => "christmas",
            Self::SaintStephen => "saint_stephen",
        }
    }

    /// Whether it is a holiday in Alsace-Moselle only.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::GoodFriday | Self::SaintStephen)
    }

    /// Its date in a year; nothing for years outside the calendar (-9999 to 9999).
    #[must_use]
    pub fn date(self, year: i16) -> Option<Date> {
        let fixed = |month, day| Date::new(year, month, day).ok();
        let after_easter = |days: i64| easter(year)?.checked_add(Span::new().days(days)).ok();
        match self {
            Self::NewYear => fixed(1, 1),
            Self::GoodFriday => after_easter(-2),
            Self::EasterMonday => after_easter(1),
            Self::LabourDay => fixed(5, 1),
            Self::Victory1945 => fixed(5, 8),
            Self::Ascension => after_easter(39),
            Self::WhitMonday => after_easter(50),
            Self::BastilleDay => fixed(7, 14),
            Self::Assumption => fixed(8, 15),
            Self::AllSaints => fixed(11, 1),
            Self::Armistice => fixed(11, 11),
            Self::Christmas => fixed(12, 25),
            Self::SaintStephen => fixed(12, 26),
        }
    }
}

/// Easter Sunday.
#[must_use]
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(n / 31).ok()?,
        i8::try_from(n % 31 + 1).ok()?,
    )
    .ok()
}

/// Which holidays a site keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Also those of Alsace-Moselle.
    pub alsace_moselle: bool,
    /// Those on which the site works.
    pub worked: BTreeSet<Holiday>,
}

impl Kept {
    /// The holiday that is kept on a day. Two on one day (Ascension on 1 or 8 May) are told by
    /// the one that moves.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<Holiday> {
        let kept = |holiday: &Holiday| {
            (self.alsace_moselle || !holiday.is_local()) && !self.worked.contains(holiday)
        };
        let mut found = Holiday::ALL
            .into_iter()
            .filter(|holiday| holiday.date(date.year()) == Some(date))
            .filter(kept);
        found.next_back()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn ok_easter_and_what_follows_it() {
        for (year, sunday, ascension, whit_monday) in [
            (2026, "2026-04-05", "2026-05-14", "2026-05-25"),
            (2027, "2027-03-28", "2027-05-06", "2027-05-17"),
            (2028, "2028-04-16", "2028-05-25", "2028-06-05"),
        ] {
            assert_eq!(easter(year), Some(day(sunday)));
            assert_eq!(Holiday::Ascension.date(year), Some(day(ascension)));
            assert_eq!(Holiday::WhitMonday.date(year), Some(day(whit_monday)));
        }
    }

    /// The earliest and the latest Easter there are, and the years the older rules got wrong.
    #[test]
    fn ok_easter_in_its_rare_years() {
        for date in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2008-03-23",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2285-03-22",
        ] {
            assert_eq!(easter(day(date).year()), Some(day(date)));
        }
        for year in 1583..=4099 {
            let sunday = easter(year).unwrap();
            assert_eq!(sunday.weekday(), Weekday::Sunday, "{year}");
            assert!((Date::constant(year, 3, 22)..=Date::constant(year, 4, 25)).contains(&sunday));
        }
    }

    #[test]
    fn ok_eleven_holidays_a_year_and_thirteen_in_alsace_moselle() {
        let counted = |kept: &Kept| {
            day("2027-01-01")
                .series(Span::new().days(1))
                .take_while(|date| date.year() == 2027)
                .filter(|date| kept.on(*date).is_some())
                .count()
        };
        let mut kept = Kept::default();
        assert_eq!(counted(&kept), 11);
        assert_eq!(kept.on(day("2027-03-26")), None);
        kept.alsace_moselle = true;
        assert_eq!(counted(&kept), 13);
        assert_eq!(kept.on(day("2027-03-26")), Some(Holiday::GoodFriday));
        kept.worked.insert(Holiday::WhitMonday);
        assert_eq!(counted(&kept), 12);
        assert_eq!(kept.on(day("2027-05-17")), None);
    }

    #[test]
    fn ok_two_holidays_on_one_day_are_one() {
        let kept = Kept::default();
        assert_eq!(kept.on(day("2008-05-01")), Some(Holiday::Ascension));
        assert_eq!(kept.on(day("2027-05-08")), Some(Holiday::Victory1945));
    }
}
