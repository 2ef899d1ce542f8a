//! The one sentence that figures come to: how much came, and how that compares.
//!
//! It stands above the chart sheet, on the terminal and in the subject of the weekly letter. A
//! share is told only where it means something ([`number::change`]); else both numbers are.

use super::number::{self, Change};
use super::template::Tongue;
use crate::calendar::{english, french};
use crate::figures::{Figures, Span};

/// Of any span, compared with the one before: `412 demandes en novembre 2026, 8 % de plus qu'en
/// octobre`.
#[must_use]
pub fn span(figures: &Figures, tongue: Tongue) -> String {
    let (span, before) = (figures.span, figures.span.before());
    let when = match tongue {
        Tongue::Fr if span.is_month() => {
            format!(" en {} {}", french::month(span.first), span.first.year())
        }
        Tongue::En if span.is_month() => {
            format!(" in {} {}", english::month(span.first), span.first.year())
        }
        Tongue::Fr => format!(" en {}", counted(span.length(), "jour", "jours", tongue)),
        Tongue::En => format!(" in {}", counted(span.length(), "day", "days", tongue)),
    };
    let than = match tongue {
        Tongue::Fr if span.is_month() => [
            format!("qu'en {}", french::month(before.first)),
            format!("en {}", french::month(before.first)),
            format!("qu'en {}", french::month(before.first)),
        ],
        Tongue::En if span.is_month() => [
            format!("than in {}", english::month(before.first)),
            format!("in {}", english::month(before.first)),
            format!("as in {}", english::month(before.first)),
        ],
        Tongue::Fr => ["qu'avant", "auparavant", "qu'avant"].map(str::to_owned),
        Tongue::En => ["than before", "before", "as before"].map(str::to_owned),
    };
    compared(figures.requests, &when, figures.before, &than, tongue)
}

/// Of a week, compared with the usual of the four before: `93 demandes la semaine du 16 novembre,
/// 8 % de plus que d'habitude`.
#[must_use]
pub fn week(requests: u64, span: Span, usual: Option<u64>, tongue: Tongue) -> String {
    let (when, than) = match tongue {
        Tongue::Fr => (
            format!(" la semaine du {}", french::day(span.first)),
            ["que d'habitude", "d'habitude", "que d'habitude"],
        ),
        Tongue::En => (
            format!(" in the week of {}", english::day(span.first)),
            ["than usual", "usually", "as usual"],
        ),
    };
    compared(requests, &when, usual, &than.map(str::to_owned), tongue)
}

/// A number with its noun.
#[must_use]
pub fn counted(number: i64, one: &str, many: &str, tongue: Tongue) -> String {
    let number = u64::try_from(number).unwrap_or(0);
    let several = match tongue {
        // In French nothing is singular.
        Tongue::Fr => number > 1,
        Tongue::En => number != 1,
    };
    let noun = if several { many } else { one };
    format!("{} {noun}", number::count(number, tongue))
}

/// `than` holds the words behind "more", those behind a bare number, and those behind "as many".
fn compared(
    now: u64,
    when: &str,
    before: Option<u64>,
    than: &[String; 3],
    tongue: Tongue,
) -> String {
    let french = tongue == Tongue::Fr;
    let head = match (now, french) {
        (0, true) => format!("Aucune demande{when}"),
        (0, false) => format!("No requests{when}"),
        (_, true) => requests(now, tongue) + when,
        (_, false) => requests(now, tongue) + when,
    };
    let Some(before) = before else {
        return head;
    };
    let [than, then, same] = than;
    let share = |percents| number::with_sign(percents, tongue);
    match number::change(now, before) {
        None => format!("{head}, {} {then}", number::count(before, tongue)),
        Some(Change::None) if french => format!("{head}, à peu près autant {same}"),
        Some(Change::None) => format!("{head}, about as many {same}"),
        Some(Change::More(by)) if french => format!("{head}, {} de plus {than}", share(by)),
        Some(Change::More(by)) => format!("{head}, {} more {than}", share(by)),
        Some(Change::Fewer(by)) if french => format!("{head}, {} de moins {than}", share(by)),
        Some(Change::Fewer(by)) => format!("{head}, {} fewer {than}", share(by)),
    }
}

/// `412 demandes`.
#[must_use]
pub fn requests(number: u64, tongue: Tongue) -> String {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    match tongue {
        Tongue::Fr => counted(number, "demande", "demandes", tongue),
        Tongue::En => counted(number, "request", "requests", tongue),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ok_a_week_is_compared_with_the_usual() {
        let span = Span::week(date(2026, 11, 18));
        let french =
            |requests, usual| week(requests, span, usual, Tongue::Fr).replace('\u{a0}', " ");
        let head = "93 demandes la semaine du 16 novembre";
        assert_eq!(french(93, None), head);
        for (usual, expected) in [
            (70, "33 % de plus que d'habitude"),
            (86, "à peu près autant que d'habitude"),
            (140, "34 % de moins que d'habitude"),
            (12, "12 d'habitude"),
        ] {
            assert_eq!(french(93, Some(usual)), format!("{head}, {expected}"));
        }
        assert_eq!(
            french(0, Some(30)),
            "Aucune demande la semaine du 16 novembre, 100 % de moins que d'habitude"
        );
        let english = |requests| week(requests, span, Some(40), Tongue::En);
        let head = "1 request in the week of 16 November";
        assert_eq!(english(1), format!("{head}, 98% fewer than usual"));
        assert!(english(40).ends_with(", about as many as usual"));
    }
}
