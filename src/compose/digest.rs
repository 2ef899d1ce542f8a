//! The values of digests: what a template is given of a morning and of a week.
//!
//! Lines of two, none over 72 columns as long as names are not, and no columns of blanks: the letters
//! read the same in a proportional font. A number that is not known is not there.

use jiff::civil::Date;
use minijinja::{Value, context};

use super::notice_letter::Desk;
use super::template::Tongue;
use super::{headline, number, words};
use crate::calendar::{english, french};
use crate::figures::{Figures, Refusals};
use crate::notice::{Decision, Digest, Held, Line, Listing, Weekly};
use crate::ticket::Status;
use crate::ticket::priority::Category;

/// Characters of a subject that are shown.
const SUBJECT: usize = 60;
/// Characters of a name that are shown.
const NAME: usize = 40;
/// Busy hours that are told.
const BUSY: usize = 3;

/// Of a morning.
pub(super) fn morning(digest: &Digest, tongue: Tongue) -> Value {
    let decisions = &digest.decisions;
    let lines = decisions.shown.iter().map(|(line, decision)| {
        context! {
            why => words::decision(*decision, tongue),
            ..self::line(line, tongue)
        }
    });
    let own = digest.own.shown.iter().map(|one| line(one, tongue));
    let unassigned = digest.unassigned.shown.iter();
    let held = digest.held.shown.iter().map(|one| held(one, tongue));
    let contests = decisions
        .shown
        .iter()
        .filter(|(_, decision)| *decision != Decision::Question)
        .count();
    context! {
        date => words::date(digest.date, tongue),
        headline => self::headline(digest, tongue),
        refusals => contests > 0,
        decisions => listing(lines, decisions, tongue),
        own => listing(own, &digest.own, tongue),
        unassigned => listing(unassigned.map(|one| line(one, tongue)), &digest.unassigned, tongue),
        held => listing(held, &digest.held, tongue),
        empty => digest.is_empty(),
    }
}

fn listing<T>(lines: impl Iterator<Item = Value>, of: &Listing<T>, tongue: Tongue) -> Value {
    context! {
        lines => lines.collect::<Vec<_>>(),
        more => (of.more > 0).then(|| number::count(of.more, tongue)),
    }
}

fn line(line: &Line, tongue: Tongue) -> Value {
    context! {
        number => line.ticket.0,
        priority => line.priority.as_str(),
        status => words::status(line.status, tongue),
        // Of what is being worked on nothing need be said.
        calm => matches!(line.status, Status::New | Status::Open),
        since => since(line.age, tongue),
        ago => ago(line.age, tongue),
        subject => short(&line.subject, SUBJECT),
        requester => short(&line.requester, NAME),
    }
}

fn held(held: &Held, tongue: Tongue) -> Value {
    context! {
        letter => held.letter,
        ago => ago(held.age, tongue),
        sender => short(&held.sender, NAME),
        subject => short(&held.subject, SUBJECT),
    }
}

/// Since when, in business days.
fn since(days: u64, tongue: Tongue) -> String {
    let count = i64::try_from(days).unwrap_or(i64::MAX);
    match (days, tongue) {
        (0, Tongue::Fr) => "depuis aujourd'hui".to_owned(),
        (0, Tongue::En) => "since today".to_owned(),
        (_, Tongue::Fr) => {
            let days = headline::counted(count, "jour ouvré", "jours ouvrés", tongue);
            format!("depuis {days}")
        }
        (_, Tongue::En) => {
            let days = headline::counted(count, "business day", "business days", tongue);
            format!("for {days}")
        }
    }
}

/// When, in business days before today.
fn ago(days: u64, tongue: Tongue) -> String {
    let count = i64::try_from(days).unwrap_or(i64::MAX);
    match (days, tongue) {
        (0, Tongue::Fr) => "aujourd'hui".to_owned(),
        (0, Tongue::En) => "today".to_owned(),
        (_, Tongue::Fr) => {
            let days = headline::counted(count, "jour ouvré", "jours ouvrés", tongue);
            format!("il y a {days}")
        }
        (_, Tongue::En) => {
            let days = headline::counted(count, "business day", "business days", tongue);
            format!("{days} ago")
        }
    }
}

/// What there is, the decisions first.
fn headline(digest: &Digest, tongue: Tongue) -> String {
    let count = |number: u64, one: &str, many: &str| {
        let count = i64::try_from(number).unwrap_or(i64::MAX);
        (number > 0).then(|| headline::counted(count, one, many, tongue))
    };
    let parts = match tongue {
        Tongue::Fr => [
            count(
                digest.decisions.count(),
                "décision à prendre",
                "décisions à prendre",
            ),
            count(digest.own.count(), "demande à vous", "demandes à vous"),
            count(
                digest.unassigned.count(),
                "sans responsable",
                "sans responsable",
            ),
            count(digest.held.count(), "message retenu", "messages retenus"),
        ],
        Tongue::En => [
            count(
                digest.decisions.count(),
                "decision to make",
                "decisions to make",
            ),
            count(digest.own.count(), "ticket of yours", "tickets of yours"),
            count(
                digest.unassigned.count(),
                "that is nobody's",
                "that are nobody's",
            ),
            count(digest.held.count(), "held letter", "held letters"),
        ],
    };
    let told: Vec<String> = parts.into_iter().flatten().collect();
    match (told.is_empty(), tongue) {
        (true, Tongue::Fr) => "rien n'attend".to_owned(),
        (true, Tongue::En) => "nothing waits".to_owned(),
        _ => told.join(", "),
    }
}

fn short(text: &str, most: usize) -> String {
    // Direction marks would turn the words beside them.
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(shown)
        .take(4 * most)
        .collect();
    let mut words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = words.char_indices().nth(most) {
        words.truncate(cut);
        words.push('…');
    }
    words
}

/// Of a week.
pub(super) fn week(weekly: &Weekly, desk: Desk<'_>, tongue: Tongue) -> Value {
    let week = &weekly.week;
    let days = week.days.iter().filter(|day| day.open || day.requests > 0);
    let days = days.map(|day| {
        context! {
            name => day_name(day.date, tongue),
            requests => number::count(day.requests, tongue),
            closed => !day.open,
        }
    });
    let usual = weekly.usual(|figures| figures.requests);
    context! {
        headline => headline::week(week.requests, week.span, usual, tongue),
        first => words::date(week.span.first, tongue),
        last => words::date(week.span.last, tongue),
        requests => week.requests,
        days => days.collect::<Vec<_>>(),
        categories => categories(weekly, tongue),
        answers => answers(weekly, tongue),
        refusals => refusals(week, desk, tongue),
        busy => busy(week, tongue),
        open => open(weekly, tongue),
        usual => weekly.before.is_some(),
    }
}

/// `lundi 23 novembre`, `Monday 23 November`.
fn day_name(date: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::Fr => format!("{} {}", french::weekday(date.weekday()), french::day(date)),
        Tongue::En => format!(
            "{} {}",
            english::weekday(date.weekday()),
            english::day(date)
        ),
    }
}

/// A number, and what it usually is.
fn compared(now: String, usual: Option<String>) -> Value {
    context! { now, usual }
}

fn categories(weekly: &Weekly, tongue: Tongue) -> Vec<Value> {
    let of = |figures: &Figures, category| figures.categories.get(&category).copied().unwrap_or(0);
    let mut rows: Vec<(Category, u64)> = Category::ALL
        .into_iter()
        .map(|category| (category, of(&weekly.week, category)))
        .collect();
    rows.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    let rows = rows.into_iter().map(|(category, requests)| {
        let usual = weekly.usual(|figures| of(figures, category));
        context! {
            name => words::category(category, tongue),
            ..compared(
                number::count(requests, tongue),
                usual.map(|usual| number::count(usual, tongue)),
            )
        }
    });
    rows.collect()
}

fn answers(weekly: &Weekly, tongue: Tongue) -> Value {
    let time = |minutes: Option<i64>| minutes.map(|minutes| number::hours(minutes, tongue));
    let now = weekly.week.answers;
    let before = weekly.before.as_ref().map(|figures| figures.answers);
    context! {
        half => time(now.median_minutes)
            .map(|half| compared(half, before.and_then(|b| time(b.median_minutes)))),
        eight => time(now.p80_minutes)
            .map(|eight| compared(eight, before.and_then(|b| time(b.p80_minutes)))),
        waiting => number::count(now.waiting, tongue),
        answered => number::count(now.answered, tongue),
    }
}

fn refusals(week: &Figures, desk: Desk<'_>, tongue: Tongue) -> Vec<Value> {
    let name = |id: &str| {
        let clauses = desk.card.clauses().iter();
        let mut known = clauses.filter(|clause| clause.id.as_str() == id);
        known.next().map(|clause| match tongue {
            Tongue::Fr => clause.name.fr.clone(),
            Tongue::En => clause.name.en.clone(),
        })
    };
    let rows = week.refusals.iter().map(|(clause, refusals)| {
        let Refusals {
            refused,
            contested,
            upheld,
            overturned,
        } = *refusals;
        context! {
            clause => clause,
            name => name(clause),
            refused => number::count(refused, tongue),
            contested => contested,
            upheld => upheld,
            overturned => overturned,
        }
    });
    rows.collect()
}

fn busy(week: &Figures, tongue: Tongue) -> Vec<Value> {
    let hours = week.busiest_hours(BUSY).into_iter();
    let hours = hours.map(|(day, hour, letters)| {
        let date = week.days.get(day).map(|day| day.date.weekday());
        let (day, from, to) = match tongue {
            Tongue::Fr => (
                date.map(french::weekday),
                format!("{hour}\u{a0}h"),
                format!("{}\u{a0}h", hour + 1),
            ),
            Tongue::En => (
                date.map(english::weekday),
                format!("{hour:02}:00"),
                format!("{:02}:00", hour + 1),
            ),
        };
        context! { day, from, to, letters => number::count(letters, tongue) }
    });
    hours.collect()
}

fn open(weekly: &Weekly, tongue: Tongue) -> Value {
    let open = &weekly.week.open;
    let first = weekly.week.backlog.first();
    let before = weekly.five.backlog.iter().rev();
    // The evening before the week began.
    let before = before.filter(|day| first.is_some_and(|first| day.date < first.date));
    let [_, _, old] = open.ages;
    context! {
        total => number::count(open.total, tongue),
        one => open.total == 1,
        before => before.map(|day| number::count(day.open, tongue)).next(),
        old => (old > 0).then(|| number::count(old, tongue)),
        contested => (open.with(Status::Contested) > 0)
            .then(|| number::count(open.with(Status::Contested), tongue)),
        provisional => (open.provisional > 0).then(|| number::count(open.provisional, tongue)),
        held => (open.held > 0).then(|| number::count(open.held, tongue)),
    }
}
