//! Requests by day: a bar a day, closed days shaded, the median of the four weeks before as a line.
//! A span of more than four months is drawn by week.

use jiff::civil::{Date, Weekday};

use super::{POINTS, Panel};
use crate::chart::plot::{Plot, Scale};
use crate::chart::scene::{Anchor, Ink, Style};
use crate::chart::words::{axis_day, day, pick, weekday};
use crate::compose::headline::requests;
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Figures, Span};

/// Days that have a bar each; more are drawn by week.
const DAYS: i64 = 124;
/// Points between two labels of the axis.
const APART: f32 = 42.0;
/// Room for the name of the line.
const RIGHT: f32 = 46.0;

/// One bar.
struct Bar {
    date: Date,
    requests: u64,
    open: bool,
    /// Whether a part of the week lies outside the span.
    partial: bool,
    usual: Option<f64>,
}

pub(in crate::chart) fn draw(mut panel: Panel<'_>, figures: &Figures) {
    let tongue = panel.tongue;
    let by_week = figures.span.length() > DAYS;
    let bars = if by_week {
        weeks(figures)
    } else {
        days(figures)
    };
    let rest = panel.head(&title(figures, by_week, tongue), note(by_week, tongue));
    if bars.len() < POINTS || figures.requests == 0 {
        let lines: Vec<String> = bars
            .iter()
            .filter(|_| figures.requests > 0)
            .map(|bar| {
                let date = day(bar.date, tongue);
                format!("{date} : {}", requests(bar.requests, tongue))
            })
            .collect();
        panel.words(rest, &lines);
        return;
    }
    bars_of(&mut panel, rest, &bars);
}

fn days(figures: &Figures) -> Vec<Bar> {
    let days = figures.days.iter();
    days.map(|day| Bar {
        date: day.date,
        requests: day.requests,
        open: day.open,
        partial: false,
        usual: day.usual,
    })
    .collect()
}

fn weeks(figures: &Figures) -> Vec<Bar> {
    let weeks = figures.weeks.iter();
    weeks
        .map(|week| Bar {
            date: week.monday,
            requests: week.requests,
            open: true,
            partial: {
                let whole = Span::week(week.monday);
                !figures.span.holds(whole.first) || !figures.span.holds(whole.last)
            },
            usual: None,
        })
        .collect()
}

fn bars_of(panel: &mut Panel<'_>, rest: [f32; 4], bars: &[Bar]) {
    let tongue = panel.tongue;
    let highest = bars.iter().map(|bar| bar.requests as f64);
    let usual = bars.iter().filter_map(|bar| bar.usual);
    let most = highest.chain(usual).fold(0.0, f64::max);
    // Behind the lines of the axis: the shades.
    let scale = Scale::holding(most, true);
    let start = panel.scene.shapes.len();
    let plot = Plot::draw(panel.scene, rest, RIGHT, scale, |n| {
        number::count(n as u64, tongue)
    });
    let axis = panel.scene.shapes.split_off(start);
    let [_, top, _, height] = plot.area;
    let columns = || {
        let places = (0..bars.len()).map(|n| plot.column(n, bars.len()));
        bars.iter().zip(places)
    };
    for (bar, (middle, width)) in columns() {
        if !bar.open {
            let area = [middle - width / 2.0, top, width, height];
            panel.scene.rect(area, Ink::Shade);
        }
    }
    panel.scene.shapes.extend(axis);
    for (bar, (middle, width)) in columns() {
        let y = plot.y(bar.requests as f64);
        let area = [middle - width * 0.36, y, width * 0.72, top + height - y];
        let ink = if bar.partial { Ink::Light } else { Ink::Main };
        panel.scene.rect(area, ink);
    }
    labels(panel, &plot, bars);
    median(panel, &plot, bars);
}

/// A date below every so many bars: Mondays where bars are days.
fn labels(panel: &mut Panel<'_>, plot: &Plot, bars: &[Bar]) {
    let by_day = bars.iter().any(|bar| bar.date.weekday() != Weekday::Monday);
    let mut free = f32::MIN;
    for (n, bar) in bars.iter().enumerate() {
        let (middle, _) = plot.column(n, bars.len());
        let first = !by_day || bars.len() <= 10 || bar.date.weekday() == Weekday::Monday;
        if first && middle >= free {
            plot.label(panel.scene, middle, axis_day(bar.date, panel.tongue));
            free = middle + APART;
        }
    }
}

/// The usual as a line, broken where it is not known, with its name at the end.
fn median(panel: &mut Panel<'_>, plot: &Plot, bars: &[Bar]) {
    let tongue = panel.tongue;
    let mut points = Vec::new();
    for (n, bar) in bars.iter().enumerate() {
        let (middle, width) = plot.column(n, bars.len());
        match bar.usual {
            Some(usual) => {
                let y = plot.y(usual);
                points.push([middle - width / 2.0, y]);
                points.push([middle + width / 2.0, y]);
            }
            None => panel
                .scene
                .line(std::mem::take(&mut points), 1.2, Ink::Accent),
        }
    }
    let last = points
        .last()
        .copied()
        .zip(bars.last().and_then(|b| b.usual));
    panel.scene.line(points, 1.2, Ink::Accent);
    if let Some(([x, y], usual)) = last {
        let style = Style::new(7.5, Ink::Accent).bold();
        let value = number::tenths((usual * 10.0).round() as u64, tongue);
        let name = pick(tongue, "d'habitude", "usually");
        panel.scene.text([x + 4.0, y - 1.0], value, style);
        let style = Style::new(7.5, Ink::Accent).at(Anchor::Start);
        panel.scene.text([x + 4.0, y + 7.5], name, style);
    }
}

fn title(figures: &Figures, by_week: bool, tongue: Tongue) -> String {
    let open: Vec<u64> = figures
        .days
        .iter()
        .filter(|day| day.open)
        .map(|day| day.requests)
        .collect();
    let sum: u64 = open.iter().sum();
    let days = u64::try_from(open.len()).unwrap_or(u64::MAX);
    if figures.requests == 0 {
        return pick(tongue, "Aucune demande", "No requests").to_owned();
    }
    let Some(mean) = (sum * 10 + days / 2).checked_div(days) else {
        return pick(tongue, "Aucun jour ouvré", "No working day").to_owned();
    };
    let noun = match (tongue, mean) {
        (Tongue::Fr, 0..20) => "demande par jour ouvré",
        (Tongue::Fr, _) => "demandes par jour ouvré",
        (Tongue::En, 10) => "request a working day",
        (Tongue::En, _) => "requests a working day",
    };
    let head = format!("{} {noun}", number::tenths(mean, tongue));
    match most(figures, by_week, tongue) {
        Some(most) => format!("{head}, {most}"),
        None => head,
    }
}

/// The highest bar, and when it was.
fn most(figures: &Figures, by_week: bool, tongue: Tongue) -> Option<String> {
    if by_week {
        let week = figures
            .weeks
            .iter()
            .rev()
            .max_by_key(|week| week.requests)?;
        let (number, date) = (
            number::count(week.requests, tongue),
            day(week.monday, tongue),
        );
        return Some(match tongue {
            Tongue::Fr => format!("{number} au plus en une semaine, celle du {date}"),
            Tongue::En => format!("at most {number} in a week, that of {date}"),
        });
    }
    let most = figures.days.iter().rev().max_by_key(|day| day.requests)?;
    let place = usize::try_from(most.date.weekday().to_monday_zero_offset()).unwrap_or(0);
    let (name, date) = (weekday(place, tongue), day(most.date, tongue));
    let number = number::count(most.requests, tongue);
    Some(match tongue {
        Tongue::Fr => format!("{number} au plus, le {name} {date}"),
        Tongue::En => format!("at most {number}, on {name} {date}"),
    })
}

fn note(by_week: bool, tongue: Tongue) -> &'static str {
    if by_week {
        pick(
            tongue,
            "Demandes par semaine. Barre claire : semaine incomplète.",
            "Requests by week. Light bar: a part of the week.",
        )
    } else {
        pick(
            tongue,
            "Demandes par jour. Fond gris : service fermé. Trait : médiane des jours ouvrés des quatre semaines d'avant.",
            "Requests by day. Grey: the service is closed. Line: median of the working days of the four weeks before.",
        )
    }
}
