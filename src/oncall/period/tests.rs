//! Periods as people write them, said back, and as instants.

use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;

use super::read::{Said, free, labelled};
use super::*;
use crate::oncall::lexeme::Lexemes;

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

/// A Monday.
const TODAY: Date = date(2026, 11, 23);

fn shown(said: Said) -> String {
    match said {
        Said::Nothing => "nothing".to_owned(),
        Said::Days(first, last) => format!("{first}..{last}"),
        Said::Hours(from, to) => format!(
            "hours {}-{}",
            from.begins().strftime("%H:%M"),
            to.begins().strftime("%H:%M")
        ),
        Said::Whole(Period::Through { from, to }) => {
            format!(
                "{} > {}",
                from.strftime("%F %H:%M"),
                to.strftime("%F %H:%M")
            )
        }
        Said::Whole(Period::Daily {
            first,
            last,
            from,
            to,
        }) => format!(
            "{first}..{last} {}-{}",
            from.strftime("%H:%M"),
            to.strftime("%H:%M")
        ),
        Said::Odd(doubt) => format!("{doubt:?}")
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .collect(),
    }
}

#[test]
fn ok_periods_as_people_write_them() {
    for (text, expected) in [
        (
            "du jeudi 3 au samedi 5 décembre de 8h à 20h",
            "2026-12-03..2026-12-05 08:00-20:00",
        ),
        (
            "du jeudi 3 décembre à 8h au samedi 5 décembre à 20h",
            "2026-12-03 08:00 > 2026-12-05 20:00",
        ),
        (
            "du 3/12 au 5/12/2026, de 8 h 30 à 18 h",
            "2026-12-03..2026-12-05 08:30-18:00",
        ),
        (
            "3-5 December 2026, 8am to 8pm",
            "2026-12-03..2026-12-05 08:00-20:00",
        ),
        (
            "December 3-5, 2026, from 8 to 8pm",
            "2026-12-03..2026-12-05 08:00-20:00",
        ),
        (
            "December 3rd to 5th from 9:00 to 17:30",
            "2026-12-03..2026-12-05 09:00-17:30",
        ),
        (
            "from Thursday, December 3rd at 8am until Saturday the 5th of December at 8pm",
            "2026-12-03 08:00 > 2026-12-05 20:00",
        ),
        (
            "2026-12-03 08:00 - 2026-12-05 20:00",
            "2026-12-03 08:00 > 2026-12-05 20:00",
        ),
        (
            "2026-12-03T08:00/2026-12-05T20:00",
            "2026-12-03 08:00 > 2026-12-05 20:00",
        ),
        (
            "le 12 décembre de 9h à 18h",
            "2026-12-12 09:00 > 2026-12-12 18:00",
        ),
        (
            "le 12/12 de 22h à 6h",
            "2026-12-12 22:00 > 2026-12-13 06:00",
        ),
        (
            "le 12 décembre de 20h à minuit",
            "2026-12-12 20:00 > 2026-12-13 00:00",
        ),
        (
            "du 3 décembre 8h au 5 décembre minuit",
            "2026-12-03 08:00 > 2026-12-06 00:00",
        ),
        (
            "du lundi 7 au vendredi 11 de 18h à 22h",
            "2026-12-07..2026-12-11 18:00-22:00",
        ),
        (
            "les 3, 4 et 5 décembre, de 8h à 20h",
            "2026-12-03..2026-12-05 08:00-20:00",
        ),
        (
            "les jeudi 3 et vendredi 4 décembre, 8h-20h",
            "2026-12-03..2026-12-04 08:00-20:00",
        ),
        (
            "jeudi 3 déc. de 8h à 12h",
            "2026-12-03 08:00 > 2026-12-03 12:00",
        ),
        (
            "de 8h à 20h du 3 au 5 décembre",
            "2026-12-03..2026-12-05 08:00-20:00",
        ),
        (
            "à partir de 8h le 3 décembre jusqu'à 20h le 5 décembre",
            "2026-12-03 08:00 > 2026-12-05 20:00",
        ),
        (
            "du 28 décembre au 3 janvier, 24h/24",
            "2026-12-28 00:00 > 2027-01-04 00:00",
        ),
        (
            "du 28 décembre au 3 janvier 2027, jour et nuit",
            "2026-12-28 00:00 > 2027-01-04 00:00",
        ),
        (
            "le 14 janvier, de 8h à 20h",
            "2027-01-14 08:00 > 2027-01-14 20:00",
        ),
        (
            "le 23 novembre de 14h à 18h",
            "2026-11-23 14:00 > 2026-11-23 18:00",
        ),
        (
            "le week-end du 12 de 8h à 20h",
            "2026-12-12..2026-12-13 08:00-20:00",
        ),
        (
            "le week-end des 12 et 13 décembre, de 8 à 20h",
            "2026-12-12..2026-12-13 08:00-20:00",
        ),
        (
            "the weekend of 12 December, 9am-6pm",
            "2026-12-12..2026-12-13 09:00-18:00",
        ),
        (
            "le week-end du 13 décembre de 8h à 20h",
            "2026-12-12..2026-12-13 08:00-20:00",
        ),
        ("du 3 au 5 décembre", "2026-12-03..2026-12-05"),
        ("le week-end du 12", "2026-12-12..2026-12-13"),
        ("3 to 5 December", "2026-12-03..2026-12-05"),
        ("de 8h à 20h", "hours 08:00-20:00"),
        ("8am - 8pm", "hours 08:00-20:00"),
        (
            "03-12-2026 de 8h à 9h",
            "2026-12-03 08:00 > 2026-12-03 09:00",
        ),
        (
            "le 1er décembre de 8h à 9h",
            "2026-12-01 08:00 > 2026-12-01 09:00",
        ),
        (
            "le 3 décembre de 8h à 20h et le 4 décembre de 8h à 20h",
            "2026-12-03..2026-12-04 08:00-20:00",
        ),
    ] {
        assert_eq!(shown(labelled(text, TODAY)), expected, "{text}");
        let lexemes = Lexemes::of(text);
        assert_eq!(
            shown(free(&lexemes, TODAY, &|_, _| true)),
            expected,
            "free: {text}"
        );
    }
}

#[test]
fn err_what_cannot_be_meant_is_asked_and_never_guessed() {
    for (text, expected) in [
        ("vendredi 3 décembre de 8h à 20h", "Weekday"),
        ("du jeudi 3 au dimanche 5 décembre de 8h à 20h", "Weekday"),
        ("Monday 3 December 2026, 8am to 8pm", "Weekday"),
        ("le week-end du 9 décembre de 8h à 20h", "Weekend"),
        ("le 31 novembre de 8h à 20h", "NoSuchDay"),
        ("le 30/02/2027 de 8h à 20h", "NoSuchDay"),
        ("du 5 au 3 décembre de 8h à 20h", "Backwards"),
        ("du 5/12/2026 au 3/12/2026 de 8h à 20h", "Backwards"),
        (
            "le 3 décembre 2026 à 20h au 3 décembre 2026 à 8h",
            "Backwards",
        ),
        ("du 3 décembre 2026 au 5 mars 2027 de 8h à 20h", "TooLong"),
        ("du 3 au 5 mars 2026 de 8h à 20h", "Over"),
        (
            "le 3 décembre de 8h à 20h et le 4 décembre de 9h à 12h",
            "Several",
        ),
        ("le 3 de 8h à 20h et le 4 décembre de 8h à 20h", "Several"),
        ("le 3, le 7 et le 12 décembre de 8h à 20h", "Several"),
    ] {
        assert_eq!(shown(labelled(text, TODAY)), expected, "{text}");
    }
}

#[test]
fn ok_what_is_no_time_is_not_read_as_one() {
    for text in [
        "",
        "nous serons 30 personnes",
        "salle 105, 3e étage",
        "depuis 2019, version 3.12",
        "06 12 34 56 78",
        "la moitié (5/10) des postes",
        "pendant 2 heures",
    ] {
        let lexemes = Lexemes::of(text);
        assert_eq!(
            shown(free(&lexemes, TODAY, &|_, _| false)),
            "nothing",
            "{text}"
        );
    }
}

#[test]
fn ok_the_days_that_are_asked_for_count() {
    let text = "Suite à la réunion du 30 novembre, nous organisons un colloque du 3 au 5 décembre. \
                Réponse souhaitée avant le 27 novembre. Besoin de 8h à 20h.";
    let lexemes = Lexemes::of(text);
    assert_eq!(
        shown(free(&lexemes, TODAY, &|_, _| false)),
        "2026-12-03..2026-12-05 08:00-20:00"
    );
    let two = "Le colloque a lieu du 3 au 5 décembre. Le dîner du 10 au 12 décembre.";
    assert_eq!(
        shown(free(&Lexemes::of(two), TODAY, &|_, _| false)),
        "Several"
    );
}

#[test]
fn ok_lengths_are_differences_of_instants_on_the_nights_the_clocks_change() {
    let night = |day: Date| {
        Period::through(day.at(22, 0, 0, 0), day.tomorrow().unwrap().at(6, 0, 0, 0)).unwrap()
    };
    let hours = |period: Period| -> i64 {
        let slots = period.slots(&paris());
        slots
            .iter()
            .map(|slot| slot.until.duration_since(slot.from))
            .sum::<SignedDuration>()
            .as_hours()
    };
    assert_eq!(hours(night(date(2027, 3, 27))), 7);
    assert_eq!(hours(night(date(2027, 10, 30))), 9);
    assert_eq!(hours(night(date(2027, 1, 9))), 8);
    // An hour the clock leaves out, or shows twice, never makes a period shorter.
    let odd = Period::through(
        date(2027, 3, 28).at(2, 30, 0, 0),
        date(2027, 3, 28).at(3, 0, 0, 0),
    );
    assert_eq!(odd.unwrap().slots(&paris()).len(), 1);
    let twice = Period::through(
        date(2027, 10, 31).at(2, 0, 0, 0),
        date(2027, 10, 31).at(2, 30, 0, 0),
    );
    let slots = twice.unwrap().slots(&paris());
    let length: Vec<_> = slots
        .iter()
        .map(|slot| slot.until.duration_since(slot.from).as_mins())
        .collect();
    assert_eq!(length, [90]);
}

#[test]
fn ok_nights_of_several_days_each_end_the_next_morning() {
    let period = Period::daily(
        date(2026, 12, 3),
        date(2026, 12, 4),
        Hour::At(Time::constant(22, 0, 0, 0)),
        Hour::At(Time::constant(6, 0, 0, 0)),
    )
    .unwrap();
    let slots: Vec<String> = period
        .slots(&paris())
        .iter()
        .map(|slot| format!("{}/{}", slot.from, slot.until))
        .collect();
    assert_eq!(
        slots,
        [
            "2026-12-03T21:00:00Z/2026-12-04T05:00:00Z",
            "2026-12-04T21:00:00Z/2026-12-05T05:00:00Z"
        ]
    );
    assert_eq!(period.ends().1, date(2026, 12, 5).at(6, 0, 0, 0));
}

fn periods() -> impl Strategy<Value = Period> {
    let time = (0_i8..24, prop::sample::select(vec![0_i8, 15, 30, 45]))
        .prop_map(|(h, m)| Time::constant(h, m, 0, 0));
    (0_i32..600, 0_i32..40, time.clone(), time, any::<bool>()).prop_filter_map(
        "a period",
        |(ahead, length, from, to, daily)| {
            let first = TODAY.checked_add(ahead.days()).ok()?;
            let last = first.checked_add(length.days()).ok()?;
            if daily {
                Period::daily(first, last, Hour::At(from), Hour::At(to)).ok()
            } else {
                Period::through(first.to_datetime(from), last.to_datetime(to)).ok()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_back_reads_as_what_was_meant(period in periods()) {
        for said in [period.french(), period.english()] {
            prop_assert_eq!(labelled(&said, TODAY), Said::Whole(period), "{}", said);
            let lexemes = Lexemes::of(&said);
            prop_assert_eq!(free(&lexemes, TODAY, &|_, _| false), Said::Whole(period), "{}", said);
        }
    }

    #[test]
    fn slots_follow_one_another_and_cover_both_ends(period in periods()) {
        let zone = paris();
        let slots = period.slots(&zone);
        prop_assert!(!slots.is_empty());
        prop_assert!(slots.iter().all(|slot| slot.from < slot.until));
        prop_assert!(slots.iter().zip(slots.iter().skip(1)).all(|(one, next)| one.until <= next.from || one.until.duration_since(next.from).as_hours() <= 2));
        let (from, to) = period.ends();
        let first = zone.to_ambiguous_timestamp(from).earlier().unwrap();
        let last = zone.to_ambiguous_timestamp(to).later().unwrap();
        prop_assert_eq!(slots.first().unwrap().from, first);
        prop_assert_eq!(slots.last().unwrap().until, last);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in "\\PC{0,200}") {
        let lexemes = Lexemes::of(&text);
        let _ = free(&lexemes, TODAY, &|_, _| true);
        let _ = labelled(&text, TODAY);
    }

    #[test]
    fn figures_and_joints_in_any_order_are_read_or_not(words in prop::collection::vec(prop::sample::select(vec![
        "3", "5", "12", "31", "/", "-", "au", "du", "le", "décembre", "mars", "2026", "2027", "à", "h", "8h", "20h", ":", "30", "jeudi", "week-end", "et", ",", "pm", "minuit", "de", ".", "\n\n", "T",
    ]), 0..30)) {
        let text = words.join(" ");
        let _ = labelled(&text, TODAY);
        let tight = words.concat();
        let _ = labelled(&tight, TODAY);
    }
}
