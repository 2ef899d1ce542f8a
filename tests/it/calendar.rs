//! Business time: the laws it keeps for any calendar, and the days on which calendars go wrong.
//!
//! The laws are tried on calendars made at random: timetables, seasons, closures, openings, in
//! zones that change their clocks at night, at midnight, by half an hour, or never.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use guichet::calendar::closure::{Closure, Label, Opening};
use guichet::calendar::holidays::{Holiday, Kept};
use guichet::calendar::hours::{Period, Ranges, Season, Week};
use guichet::calendar::{BreakSeason, Calendar, Reason, Settings, english, french};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use proptest::prelude::*;

pub fn ranges(texts: &[&str]) -> Ranges {
    Ranges::parse(texts.iter().copied()).unwrap()
}

pub fn label(text: &str) -> Label {
    Label {
        fr: text.to_owned(),
        en: format!("{text} (en)"),
    }
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// 08:30-12:00 and 13:30-17:00 from Monday to Friday, in Paris, nothing else.
pub fn office() -> Settings {
    let day = ranges(&["08:30-12:00", "13:30-17:00"]);
    let closed = Ranges::default;
    Settings {
        zone: TimeZone::get("Europe/Paris").unwrap(),
        week: Week::new([
            day.clone(),
            day.clone(),
            day.clone(),
            day.clone(),
            day,
            closed(),
            closed(),
        ]),
        seasons: Vec::new(),
        holidays: Kept::default(),
        closures: Vec::new(),
        openings: Vec::new(),
        expected: BreakSeason::ALL.to_vec(),
    }
}

fn calendar(settings: Settings) -> Calendar {
    Calendar::new(settings).unwrap()
}

fn days(first: &str, last: &str, text: &str) -> Closure {
    Closure::days(date(first), date(last), label(text)).unwrap()
}

/// A moment on the wall clock of Paris.
fn paris(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    let zone = TimeZone::get("Europe/Paris").unwrap();
    zone.to_timestamp(local).unwrap()
}

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

const ZONES: [&str; 7] = [
    "Europe/Paris",
    "UTC",
    "Asia/Kolkata",
    // Half an hour of summer time.
    "Australia/Lord_Howe",
    // Clocks change at midnight.
    "America/Santiago",
    "Asia/Beirut",
    // Clocks went back from 00:01 to 23:01 of the day before, until 2011.
    "America/St_Johns",
];

prop_compose! {
    fn any_day()(marks in prop::collection::btree_set(0_u32..=96, 0..6)) -> Ranges {
        let marks: Vec<u32> = marks.into_iter().collect();
        let texts: Vec<String> = marks
            .chunks_exact(2)
            .map(|pair| {
                let clock = |quarter: u32| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
                format!("{}-{}", clock(pair[0]), clock(pair[1]))
            })
            .collect();
        Ranges::parse(texts.iter().map(String::as_str)).unwrap()
    }
}

prop_compose! {
    fn any_week()(days in prop::array::uniform7(any_day())) -> Week {
        Week::new(days)
    }
}

/// Seconds from the beginning of 2010 on: the years with clocks that change oddly, too.
fn second(t: i64) -> Timestamp {
    let first: Timestamp = "2010-01-01T00:00:00Z".parse().unwrap();
    first + SignedDuration::from_secs(t)
}

const YEARS: i64 = 4 * 366 * 86_400;

prop_compose! {
    fn any_calendar()(
        zone in prop::sample::select(ZONES.to_vec()),
        week in any_week(),
        summer in any_week(),
        closures in prop::collection::vec((0..YEARS / 900, 0_i64..40 * 96), 0..8),
        openings in prop::collection::vec((0_i64..1_400, 0_i64..5, any_day()), 0..5),
        alsace_moselle in any::<bool>(),
    ) -> Calendar {
        let zone = TimeZone::get(zone).unwrap();
        let first = date("2010-01-01");
        let closures = closures
            .into_iter()
            .filter_map(|(from, length)| {
                let from = zone.to_datetime(second(from * 900));
                let to = from.saturating_add(Span::new().minutes(length * 15));
                Closure::new(from, to, label("fermeture"))
            })
            .collect();
        let openings = openings
            .into_iter()
            .map(|(day, more, hours)| {
                let first = first.saturating_add(Span::new().days(day));
                let last = first.saturating_add(Span::new().days(more));
                Opening { first, last, hours }
            })
            .collect();
        calendar(Settings {
            zone,
            week,
            seasons: vec![Season {
                period: Period::parse("07-12", "08-27").unwrap(),
                week: summer,
            }],
            holidays: Kept { alsace_moselle, worked: BTreeSet::from([Holiday::WhitMonday]) },
            closures,
            openings,
            expected: Vec::new(),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn business_time_adds_up(c in any_calendar(), t in prop::array::uniform3(0..YEARS)) {
        let [x, y, z] = t.map(second);
        let sum = c.business_between(x, y) + c.business_between(y, z);
        prop_assert_eq!(sum, c.business_between(x, z));
        prop_assert_eq!(c.business_between(x, y), -c.business_between(y, x));
        prop_assert!(c.business_between(x, x).is_zero());
        // No more business time than time.
        let (from, to) = (x.min(y), x.max(y));
        let between = c.business_between(from, to);
        prop_assert!(!between.is_negative() && between <= to.duration_since(from));
    }

    #[test]
    fn adding_and_measuring_are_inverse(c in any_calendar(), t in 0..YEARS, d in 0_u64..4_000_000) {
        let t = second(t);
        if let Some(end) = c.add_business(t, Duration::from_secs(d)) {
            prop_assert_eq!(c.business_between(t, end), SignedDuration::from_secs(d as i64));
            // The first such instant: a second less is not yet enough.
            if d > 0 {
                let before = c.business_between(t, end - SignedDuration::from_secs(1));
                prop_assert!(before < SignedDuration::from_secs(d as i64));
            }
        }
    }

    #[test]
    fn later_and_more_never_end_sooner(
        c in any_calendar(), t in 0..YEARS, more in 0_i64..1_000_000, d in 0_u64..500_000, days in 0_u32..20,
    ) {
        let (t, later) = (second(t), second(t + more));
        let add = |t, d| c.add_business(t, Duration::from_secs(d));
        if let (Some(a), Some(b)) = (add(t, d), add(later, d)) {
            prop_assert!(a <= b);
        }
        if let (Some(a), Some(b)) = (add(t, d), add(t, d + 3_600)) {
            prop_assert!(a < b);
        }
        if let (Some(a), Some(b)) = (c.add_business_days(t, days), c.add_business_days(later, days)) {
            prop_assert!(a <= b);
        }
        if let (Some(a), Some(b)) = (c.add_business_days(t, days), c.add_business_days(t, days + 1)) {
            // Not always later: a day may have no hours after that time of day.
            prop_assert!(t <= a && a <= b && c.is_open(a));
        }
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it(c in any_calendar(), t in 0..YEARS) {
        let t = second(t);
        let Some(opening) = c.next_opening(t) else {
            prop_assert!(!c.is_open(t));
            return Ok(());
        };
        prop_assert!(opening >= t && c.is_open(opening));
        prop_assert!(c.business_between(t, opening).is_zero());
        prop_assert_eq!(c.is_open(t), opening == t);
        prop_assert_eq!(c.reason_closed(t).is_some(), !c.is_open(t));
        prop_assert_eq!(c.closed(t).is_some(), !c.is_open(t));
        if let Some(closed) = c.closed(t) {
            prop_assert_eq!(closed.until, Some(c.local(opening)));
            prop_assert!(!closed.reasons.is_empty());
        }
        if let Some(closing) = c.next_closing(opening) {
            prop_assert!(!c.is_open(closing));
            prop_assert_eq!(c.business_between(opening, closing), closing.duration_since(opening));
        }
    }

    /// Against the slow way: ask every quarter of an hour of some days.
    #[test]
    fn the_sum_is_what_a_clock_would_count(c in any_calendar(), t in 0..YEARS / 900, quarters in 0_i64..600) {
        let at = |quarter: i64| second((t + quarter) * 900);
        let step = SignedDuration::from_mins(15);
        let counted = (0..quarters).filter(|quarter| c.is_open(at(*quarter))).count();
        let sum = c.business_between(at(0), at(quarters));
        prop_assert_eq!(sum, step * i32::try_from(counted).unwrap());
    }
}

#[test]
fn a_letter_in_the_night_waits_for_the_morning() {
    let c = calendar(office());
    for (from, opens) in [
        ("2026-11-23T08:29", "2026-11-23T08:30"),
        ("2026-11-23T08:30", "2026-11-23T08:30"),
        ("2026-11-23T12:00", "2026-11-23T13:30"),
        ("2026-11-23T17:00", "2026-11-24T08:30"),
        ("2026-11-27T17:00", "2026-11-30T08:30"),
        ("2026-12-24T18:00", "2026-12-28T08:30"),
        ("2026-12-31T17:00", "2027-01-04T08:30"),
    ] {
        assert_eq!(c.next_opening(paris(from)), Some(paris(opens)), "{from}");
    }
    assert_eq!(
        c.next_closing(paris("2026-11-23T09:00")),
        Some(paris("2026-11-23T12:00"))
    );
    assert_eq!(c.next_closing(paris("2026-11-23T12:00")), None);
}

#[test]
fn hours_are_counted_over_lunch_night_weekend_and_holiday() {
    let c = calendar(office());
    let add = |from, n: u64| c.add_business(paris(from), Duration::from_secs(n * 3_600));
    assert_eq!(add("2026-11-23T11:00", 2), Some(paris("2026-11-23T14:30")));
    assert_eq!(add("2026-11-23T16:00", 2), Some(paris("2026-11-24T09:30")));
    // The end of the day, not the next morning.
    assert_eq!(add("2026-11-23T16:00", 1), Some(paris("2026-11-23T17:00")));
    // 11 November 2026 is a Wednesday.
    assert_eq!(add("2026-11-10T16:00", 2), Some(paris("2026-11-12T09:30")));
    assert_eq!(add("2026-11-11T10:00", 0), Some(paris("2026-11-11T10:00")));
    assert_eq!(
        c.business_between(paris("2026-11-09T00:00"), paris("2026-11-16T00:00")),
        hours(28)
    );
}

#[test]
fn business_days_skip_what_is_closed() {
    let mut settings = office();
    settings.closures = vec![
        days("2027-05-07", "2027-05-07", "pont de l'Ascension"),
        Closure::new(
            "2026-12-24T12:00".parse().unwrap(),
            "2026-12-25T00:00".parse().unwrap(),
            label("réveillon"),
        )
        .unwrap(),
    ];
    let c = calendar(settings);
    let add = |from, n| c.add_business_days(paris(from), n).unwrap();
    assert_eq!(add("2026-11-23T10:00", 2), paris("2026-11-25T10:00"));
    // What comes in the evening counts from the morning.
    assert_eq!(add("2026-11-23T18:00", 2), paris("2026-11-26T08:30"));
    assert_eq!(add("2026-11-27T18:00", 2), paris("2026-12-02T08:30"));
    assert_eq!(add("2026-11-28T10:00", 0), paris("2026-11-30T08:30"));
    // Ascension on Thursday, the bridge on Friday.
    assert_eq!(add("2027-05-05T10:00", 1), paris("2027-05-10T10:00"));
    // Half a day is a business day; its afternoon is not.
    assert_eq!(add("2026-12-23T15:00", 1), paris("2026-12-28T08:30"));
    assert_eq!(add("2026-12-23T10:00", 1), paris("2026-12-24T10:00"));
    assert!(c.is_business_day(date("2026-12-24")) && !c.is_business_day(date("2026-12-25")));
}

/// Open from 01:00 to 04:00 every night.
fn night() -> Calendar {
    let mut settings = office();
    let night = ranges(&["01:00-04:00"]);
    settings.week = Week::new(std::array::from_fn(|_| night.clone()));
    calendar(settings)
}

#[test]
fn the_night_the_clocks_change_is_as_long_as_it_is() {
    let c = night();
    for (day, hours_open) in [
        ("2026-10-24", 3),
        ("2026-10-25", 4),
        ("2027-03-27", 3),
        ("2027-03-28", 2),
        ("2027-10-31", 4),
    ] {
        let from = paris(&format!("{day}T00:00"));
        let to = paris(&format!("{day}T12:00"));
        assert_eq!(c.business_between(from, to), hours(hours_open), "{day}");
    }
    // The change is at 01:00 UTC: it is open on both sides of it.
    for instant in ["2026-10-25T01:00:00Z", "2027-03-28T01:00:00Z"] {
        let change: Timestamp = instant.parse().unwrap();
        assert!(c.is_open(change) && c.is_open(change - SignedDuration::from_secs(1)));
    }
}

#[test]
fn hours_that_the_clock_leaves_out_or_shows_twice_keep_their_order() {
    let mut settings = office();
    let night = ranges(&["01:30-02:15", "02:15-02:45", "02:45-03:30"]);
    settings.week = Week::new(std::array::from_fn(|_| night.clone()));
    let c = calendar(settings);
    let measured = |day: &str| {
        let noon = paris(&format!("{day}T12:00"));
        c.business_between(paris(&format!("{day}T00:00")), noon)
    };
    // From 01:30 to 03:30 on the clock, whole, without the hour that is not there.
    assert_eq!(measured("2027-03-28"), hours(1));
    assert_eq!(measured("2027-10-31"), hours(3));
    assert_eq!(measured("2027-10-30"), hours(2));
}

#[test]
fn office_hours_never_meet_the_change() {
    let c = calendar(office());
    for (friday, monday) in [
        ("2026-10-23", "2026-10-26"),
        ("2027-03-25", "2027-03-26"),
        ("2027-10-29", "2027-11-02"),
    ] {
        let from = paris(&format!("{friday}T16:00"));
        let end = c.add_business(from, Duration::from_secs(2 * 3_600));
        assert_eq!(end, Some(paris(&format!("{monday}T09:30"))), "{friday}");
    }
}

#[test]
fn openings_win_over_everything_and_add_to_the_rest() {
    let mut settings = office();
    settings.closures = vec![days("2026-12-24", "2027-01-03", "fermeture de fin d'année")];
    settings.openings = vec![
        Opening {
            first: date("2026-12-25"),
            last: date("2026-12-26"),
            hours: ranges(&["10:00-12:00"]),
        },
        Opening {
            first: date("2026-11-24"),
            last: date("2026-11-24"),
            hours: ranges(&["17:00-20:00"]),
        },
    ];
    let c = calendar(settings);
    let shown = |day: &str| -> Vec<String> {
        let ranges = c.hours(date(day));
        ranges.iter().map(|range| range.to_string()).collect()
    };
    assert_eq!(shown("2026-12-24"), [""; 0]);
    assert_eq!(shown("2026-12-25"), ["10:00-12:00"]);
    assert_eq!(shown("2026-12-26"), ["10:00-12:00"]);
    assert_eq!(shown("2026-11-24"), ["08:30-12:00", "13:30-20:00"]);
}

#[test]
fn a_season_has_hours_of_its_own() {
    let mut settings = office();
    let morning = ranges(&["09:00-12:00"]);
    settings.seasons = vec![Season {
        period: Period::parse("07-12", "08-27").unwrap(),
        week: Week::new(std::array::from_fn(|day| {
            if day < 5 {
                morning.clone()
            } else {
                Ranges::default()
            }
        })),
    }];
    let c = calendar(settings);
    assert_eq!(c.hours(date("2027-07-12")), morning);
    assert_eq!(c.hours(date("2026-08-27")), morning);
    assert_eq!(
        c.hours(date("2026-08-28")),
        ranges(&["08:30-12:00", "13:30-17:00"])
    );
    assert!(c.hours(date("2027-07-14")).is_empty(), "Bastille Day");
}

#[test]
fn a_reader_is_told_the_reason_that_matters() {
    let mut settings = office();
    settings.closures = vec![
        days("2026-12-24", "2027-01-03", "fermeture de fin d'année"),
        days("2027-05-07", "2027-05-07", "pont de l'Ascension"),
        days("2027-08-02", "2027-08-20", "fermeture d'été"),
    ];
    let c = calendar(settings);
    for (at, until, why) in [
        (
            "2026-11-23T12:30",
            "2026-11-23T13:30",
            "en dehors des heures d'ouverture",
        ),
        (
            "2026-11-23T19:00",
            "2026-11-24T08:30",
            "en dehors des heures d'ouverture",
        ),
        ("2026-11-27T19:00", "2026-11-30T08:30", "week-end"),
        (
            "2026-11-10T19:00",
            "2026-11-12T08:30",
            "jour férié (armistice de 1918)",
        ),
        (
            "2027-03-26T19:00",
            "2027-03-30T08:30",
            "week-end et jour férié (lundi de Pâques)",
        ),
        (
            "2026-12-23T19:00",
            "2027-01-04T08:30",
            "fermeture de fin d'année",
        ),
        ("2027-07-30T17:00", "2027-08-23T08:30", "fermeture d'été"),
        (
            "2027-05-06T10:00",
            "2027-05-10T08:30",
            "jour férié (jeudi de l'Ascension) et pont de l'Ascension",
        ),
    ] {
        let closed = c.closed(paris(at)).unwrap();
        assert_eq!(closed.until, Some(until.parse().unwrap()), "{at}");
        assert_eq!(french::reasons(&closed.reasons), why, "{at}");
    }
    let reason = |at| c.reason_closed(paris(at));
    assert_eq!(reason("2026-11-23T09:00"), None);
    assert_eq!(reason("2026-11-23T12:30"), Some(Reason::OutsideHours));
    assert_eq!(reason("2026-11-28T12:30"), Some(Reason::Weekend));
    assert_eq!(
        reason("2026-11-11T09:00"),
        Some(Reason::Holiday(Holiday::Armistice))
    );
    let closed = reason("2026-12-25T09:00").unwrap();
    assert_eq!(english::reason(&closed), "fermeture de fin d'année (en)");
}

#[test]
fn a_weekday_without_hours_is_told_by_its_name() {
    let mut settings = office();
    let day = ranges(&["08:30-12:00"]);
    settings.week = Week::new(std::array::from_fn(|n| {
        if n == 2 || n > 4 {
            Ranges::default()
        } else {
            day.clone()
        }
    }));
    let c = calendar(settings);
    let reason = c.reason_closed(paris("2026-11-25T09:00")).unwrap();
    assert_eq!(reason, Reason::DayOff(Weekday::Wednesday));
    assert_eq!(french::reason(&reason), "fermé le mercredi");
    assert_eq!(english::reason(&reason), "closed on Wednesdays");
}

#[test]
fn dates_read_as_they_are_said() {
    let at = |text: &str| text.parse::<DateTime>().unwrap();
    let plain = |text: String| text.replace('\u{a0}', " ");
    for (local, fr, en) in [
        (
            "2026-11-30T08:30",
            "lundi 30 novembre 2026 à 8 h 30",
            "Monday 30 November 2026 at 08:30",
        ),
        (
            "2027-08-01T14:00",
            "dimanche 1er août 2027 à 14 h",
            "Sunday 1 August 2027 at 14:00",
        ),
        (
            "2027-02-12T09:05",
            "vendredi 12 février 2027 à 9 h 05",
            "Friday 12 February 2027 at 09:05",
        ),
    ] {
        assert_eq!(plain(french::moment(at(local))), fr);
        assert_eq!(english::moment(at(local)), en);
    }
}

#[test]
fn a_season_without_its_closure_is_missed_in_time() {
    let missing = |closures: Vec<Closure>, expected: &[BreakSeason], today: &str| -> Vec<&str> {
        let mut settings = office();
        settings.closures = closures;
        settings.expected = expected.to_vec();
        let now = paris(&format!("{today}T09:00"));
        let seasons = calendar(settings).missing_season(now);
        seasons.into_iter().map(BreakSeason::id).collect()
    };
    let both = &BreakSeason::ALL;
    let nothing: [&str; 0] = [];
    for (today, found) in [
        ("2026-11-14", nothing.as_slice()),
        ("2026-11-15", &["christmas"]),
        ("2027-01-05", &["christmas"]),
        ("2027-01-06", &[]),
        ("2027-05-31", &[]),
        ("2027-06-01", &["summer"]),
        ("2027-08-31", &["summer"]),
        ("2027-09-01", &[]),
    ] {
        assert_eq!(missing(Vec::new(), both, today), found, "{today}");
    }
    let christmas = || days("2026-12-24", "2027-01-03", "x");
    assert_eq!(missing(vec![christmas()], both, "2026-11-20"), nothing);
    // Last year's is not this year's, and a bridge day is none.
    assert_eq!(
        missing(vec![christmas()], both, "2027-12-01"),
        ["christmas"]
    );
    let bridge = days("2027-07-13", "2027-07-13", "pont");
    assert_eq!(missing(vec![bridge], both, "2027-06-15"), ["summer"]);
    let summer_only = &[BreakSeason::Summer];
    assert_eq!(missing(Vec::new(), summer_only, "2026-11-20"), nothing);
}

#[test]
fn a_service_that_never_opens_is_no_endless_search() {
    let mut settings = office();
    settings.closures = vec![days("2026-01-01", "2098-12-31", "fermeture définitive")];
    let c = calendar(settings);
    let now = paris("2026-11-23T09:00");
    assert_eq!(c.next_opening(now), None);
    assert_eq!(c.add_business(now, Duration::from_secs(1)), None);
    assert_eq!(c.add_business_days(now, 1), None);
    let closed = c.closed(now).unwrap();
    assert_eq!(closed.until, None);
    assert_eq!(french::reasons(&closed.reasons), "fermeture définitive");
    // The ends of time are no trouble either.
    assert_eq!(c.next_opening(Timestamp::MAX), None);
    assert!(!c.is_open(Timestamp::MIN));
}

/// Not a benchmark: a bound that a walk by hours, or one over all closures, would break.
#[test]
fn a_sum_over_twenty_years_is_quick() {
    let mut settings = office();
    settings.closures = (0..3_000)
        .map(|week| {
            let day = date("2020-01-01").saturating_add(Span::new().weeks(week));
            Closure::days(day, day, label("entretien")).unwrap()
        })
        .collect();
    let c = calendar(settings);
    let began = Instant::now();
    let sum = c.business_between(paris("2026-01-01T00:00"), paris("2046-01-01T00:00"));
    let took = began.elapsed();
    println!("twenty years in {took:?}");
    assert!(sum > hours(20 * 1_200), "{sum:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let midnight = date("2026-01-01").to_datetime(Time::midnight());
    assert_eq!(c.local(paris("2026-01-01T00:00")), midnight);
}

#[test]
fn a_timeline_agrees_with_the_walk_of_days() {
    let begin = paris("2026-03-01T00:00");
    let span = hours(24 * 90);
    for zone in ZONES {
        let settings = Settings {
            zone: TimeZone::get(zone).unwrap(),
            closures: vec![days("2026-05-14", "2026-05-15", "pont")],
            ..office()
        };
        let calendar = calendar(settings);
        let timeline = calendar.timeline(begin, begin + span);
        assert_eq!(
            SignedDuration::try_from(timeline.total()).unwrap(),
            calendar.business_between(begin, begin + span)
        );
        for n in 0..400_i64 {
            let a = begin + SignedDuration::from_secs(n * 7_919 % (90 * 86_400));
            let b = begin + SignedDuration::from_secs(n * 104_729 % (90 * 86_400));
            let walked = calendar.business_between(a, b).max(SignedDuration::ZERO);
            let found = SignedDuration::try_from(timeline.between(a, b)).unwrap();
            assert_eq!(found, walked, "{zone} {a} {b}");
        }
        // Seven hours of a day, whatever holidays there are.
        assert_eq!(timeline.usual_day(), Duration::from_hours(7));
    }
    let closed = Settings {
        week: Week::new(Default::default()),
        ..office()
    };
    let nothing = calendar(closed).timeline(begin, begin + span);
    assert_eq!(nothing.total(), Duration::ZERO);
    assert_eq!(nothing.usual_day(), Duration::ZERO);
}

#[test]
fn a_closing_is_found_within_a_span_or_not_at_all() {
    let calendar = calendar(office());
    let at = paris("2026-11-23T10:00");
    let within = |span| calendar.closing_within(at, Duration::from_mins(span));
    assert_eq!(within(120), Some(paris("2026-11-23T12:00")));
    assert_eq!(within(119), None);
    assert_eq!(
        calendar.closing_within(paris("2026-11-23T12:00"), Duration::MAX),
        None
    );
    assert_eq!(calendar.next_closing(at), Some(paris("2026-11-23T12:00")));
}
