//! The week on a terminal of 80 columns: a bar a day, the hours beside it.
//!
//! One cell is a quarter of an hour if the day is short enough, up to an hour if it is not; a cell
//! is filled if it is open in its middle, and the exact hours stand beside the bar. Off a terminal
//! the ink is ASCII.

use jiff::civil::{Date, DateTime, Time};

use super::{Coming, Day, Missing, Report, clock};
use crate::calendar::closure::second_of;
use crate::calendar::english;

/// Columns of the bar, at most.
const BAR: u32 = 40;
/// Columns of the text beside it.
const BESIDE: usize = 24;
/// Columns in all.
const WIDTH: usize = 80;
/// Rows of the list of what is coming; more are counted.
const ROWS: usize = 30;
const HOUR: u32 = 3_600;

/// What the bars are drawn with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    open: char,
    closed: char,
    now: char,
    before: char,
    after: char,
    dash: &'static str,
}

/// For a terminal.
pub(super) const BLOCKS: Ink = Ink {
    open: '█',
    closed: '·',
    now: '┃',
    before: '◂',
    after: '▸',
    dash: "–",
};

/// For a file or a pipe.
pub(super) const PLAIN: Ink = Ink {
    open: '#',
    closed: '.',
    now: '|',
    before: '<',
    after: '>',
    dash: "-",
};

pub(super) fn draw(report: &Report, ink: Ink) -> String {
    let mut lines = vec![headline(report)];
    lines.push(String::new());
    let scale = Scale::of(&report.week);
    lines.push(scale.axis());
    for day in &report.week {
        lines.extend(row(day, report.now, scale, ink));
    }
    lines.push(String::new());
    lines.push(format!(
        "{:14}{} open   {} closed   {} now",
        "", ink.open, ink.closed, ink.now
    ));
    lines.push(String::new());
    lines.extend(state(report));
    lines.push(String::new());
    lines.extend(coming(&report.coming, ink));
    for missing in &report.missing {
        lines.push(String::new());
        lines.extend(warning(missing));
    }
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    trimmed.join("\n") + "\n"
}

fn headline(report: &Report) -> String {
    let (Some(first), Some(last)) = (report.week.first(), report.week.last()) else {
        return String::new();
    };
    format!(
        "Week {}, {} to {}, {}: {} open",
        first.date.iso_week_date().week(),
        short(first.date),
        dated(last.date),
        report.time_zone,
        length(report.week_minutes),
    )
}

/// Which hours the bars show, and how many cells each has.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: u32,
    hours: u32,
    cells: u32,
}

impl Scale {
    fn of(week: &[Day]) -> Self {
        let spans = || week.iter().flat_map(|day| &day.seconds);
        let from = spans().map(|(from, _)| from / HOUR).min().unwrap_or(8);
        let to = spans().map(|(_, to)| to.div_ceil(HOUR)).max().unwrap_or(18);
        let hours = (to - from).max(1);
        let cells = [4, 3, 2].into_iter().find(|cells| hours * cells <= BAR);
        Self {
            from: from * HOUR,
            hours,
            cells: cells.unwrap_or(1),
        }
    }

    /// The second in the middle of each cell.
    fn middles(self) -> impl Iterator<Item = u32> {
        let cell = HOUR / self.cells;
        (0..self.hours * self.cells).map(move |place| self.from + place * cell + cell / 2)
    }

    /// The hours above their cells, as many as have room.
    fn axis(self) -> String {
        let stride = 3_u32.div_ceil(self.cells);
        let first = self.from / HOUR;
        let mut line = " ".repeat(14);
        for hour in (first..=first + self.hours).step_by(stride as usize) {
            let width = (stride * self.cells) as usize;
            line.push_str(&format!("{hour:<width$}"));
        }
        line
    }
}

/// A day: its name, its bar, its hours or why there are none.
fn row(day: &Day, now: DateTime, scale: Scale, ink: Ink) -> Vec<String> {
    let today = day.date == now.date();
    let mut beside: Vec<String> = day.hours.chunks(2).map(|ranges| ranges.join(" ")).collect();
    if let Some(reason) = &day.reason {
        beside.extend(wrapped(reason, BESIDE));
    } else if beside.is_empty() {
        beside.push("closed".to_owned());
    }
    let mut beside = beside.into_iter();
    let mark = if today { '>' } else { ' ' };
    let bar = bar(day, today.then(|| now.time()), scale, ink);
    let width = (scale.hours * scale.cells) as usize;
    let mut rows = vec![format!(
        "{mark} {:<12}{bar:<width$}  {}",
        short(day.date),
        beside.next().unwrap_or_default()
    )];
    rows.extend(beside.map(|text| format!("{:14}{:width$}  {text}", "", "")));
    rows
}

fn bar(day: &Day, now: Option<Time>, scale: Scale, ink: Ink) -> String {
    let is_open = |second: u32| {
        let within = |(from, to): &(u32, u32)| (*from..*to).contains(&second);
        day.seconds.iter().any(within)
    };
    let fill = |second| {
        if is_open(second) {
            ink.open
        } else {
            ink.closed
        }
    };
    let mut cells: Vec<char> = scale.middles().map(fill).collect();
    let Some(now) = now.map(second_of) else {
        return cells.into_iter().collect();
    };
    let end = scale.from + scale.hours * HOUR;
    let place = now.saturating_sub(scale.from) / (HOUR / scale.cells);
    let (place, sign) = match now {
        _ if now < scale.from => (0, ink.before),
        _ if now >= end => (cells.len().saturating_sub(1), ink.after),
        _ => (place as usize, ink.now),
    };
    if let Some(cell) = cells.get_mut(place) {
        *cell = sign;
    }
    cells.into_iter().collect()
}

/// Whether it is open now, until when, and why not.
fn state(report: &Report) -> Vec<String> {
    let within = report.minutes.map(length).unwrap_or_default();
    let mut lines = vec![format!("It is {}.", english::moment(report.now))];
    match (report.open, report.closes, report.opens) {
        (true, Some(closes), _) => lines.push(format!(
            "Open now. Closes {}, in {within}.",
            english::moment(closes)
        )),
        (true, None, _) => lines.push("Open now.".to_owned()),
        (false, _, opens) => {
            let why = format!("Closed now: {}.", report.reasons.join(", "));
            lines.extend(wrapped(&why, WIDTH));
            lines.push(opens.map_or_else(
                || "No opening is known for the next twenty years.".to_owned(),
                |opens| format!("Opens {}, in {within}.", english::moment(opens)),
            ));
        }
    }
    lines
}

fn coming(coming: &[Coming], ink: Ink) -> Vec<String> {
    let mut lines = vec!["In the next six months:".to_owned()];
    if coming.is_empty() {
        lines.push("  no holiday, no closure, no exceptional opening".to_owned());
    }
    let whens: Vec<String> = coming.iter().take(ROWS).map(|one| when(one, ink)).collect();
    let widest = whens.iter().map(|when| when.chars().count()).max();
    let width = widest.unwrap_or(0).min(WIDTH / 2);
    for (one, when) in coming.iter().zip(&whens) {
        let mut label = wrapped(&one.label, WIDTH - width - 4).into_iter();
        let first = label.next().unwrap_or_default();
        lines.push(format!("  {when:<width$}  {first}"));
        lines.extend(label.map(|more| format!("  {:width$}  {more}", "")));
    }
    if coming.len() > ROWS {
        lines.push(format!("  and {} more", coming.len() - ROWS));
    }
    lines
}

/// From when to when: whole days without a time, the last one named; the year where it changes.
fn when(one: &Coming, ink: Ink) -> String {
    let whole = one.from.time() == Time::midnight() && one.to.time() == Time::midnight();
    let last = if one.to.time() == Time::midnight() {
        one.to.date().yesterday().unwrap_or(one.to.date())
    } else {
        one.to.date()
    };
    let (first, dash) = (one.from.date(), ink.dash);
    let until = if one.to.date() > last {
        clock(24 * HOUR)
    } else {
        english::time(one.to.time())
    };
    let begins = english::time(one.from.time());
    let named = if first.year() == last.year() {
        short(first)
    } else {
        dated(first)
    };
    match (whole, first == last) {
        (true, true) => dated(first),
        (true, false) => format!("{named} {dash} {}", dated(last)),
        (false, true) => format!("{}, {begins} {dash} {until}", dated(first)),
        (false, false) => format!("{named} {begins} {dash} {} {until}", dated(last)),
    }
}

fn warning(missing: &Missing) -> Vec<String> {
    let text = format!(
        "Warning: no {} is entered for {} to {}. Add it under [[hours.closures]], or write \
         `expected_closures` without \"{}\" if there is none.",
        english::season(missing.which),
        short(missing.from),
        dated(missing.to),
        missing.season,
    );
    wrapped(&text, WIDTH)
}

/// `Mon 23 Nov`.
fn short(date: Date) -> String {
    let day: String = english::weekday(date.weekday()).chars().take(3).collect();
    let month: String = english::month(date).chars().take(3).collect();
    format!("{day} {} {month}", date.day())
}

/// `Mon 23 Nov 2026`.
fn dated(date: Date) -> String {
    format!("{} {}", short(date), date.year())
}

/// `3 days 4 h`, `7 h 23 min`, `12 min`.
fn length(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1_440, minutes / 60, minutes % 60);
    match (days, hours, rest) {
        (0, 0, _) => format!("{rest} min"),
        (0 | 1, _, 0) => format!("{hours} h"),
        (0 | 1, ..) => format!("{hours} h {rest} min"),
        _ if hours % 24 == 0 => format!("{days} days"),
        _ => format!("{days} days {} h", hours % 24),
    }
}

/// Words in lines of at most `width` characters; a longer word stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
