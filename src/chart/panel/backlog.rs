//! Open tickets at the end of each day.

use super::{POINTS, Panel};
use crate::chart::plot::{Plot, Scale};
use crate::chart::scene::{Ink, Style};
use crate::chart::words::{axis_day, pick};
use crate::compose::headline::counted;
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Figures, Standing};

/// Room for the last number.
const RIGHT: f32 = 46.0;
/// Points between two labels of the axis.
const APART: f32 = 42.0;

pub(in crate::chart) fn draw(mut panel: Panel<'_>, figures: &Figures) {
    let tongue = panel.tongue;
    let note = pick(
        tongue,
        "Demandes ouvertes à la fin de chaque jour.",
        "Open requests at the end of each day.",
    );
    let rest = panel.head(&title(&figures.backlog, tongue), note);
    if figures.backlog.len() >= POINTS {
        line(&mut panel, rest, &figures.backlog);
    }
}

fn line(panel: &mut Panel<'_>, rest: [f32; 4], days: &[Standing]) {
    let tongue = panel.tongue;
    let most = days.iter().map(|day| day.open as f64).fold(0.0, f64::max);
    let number = |n: f64| number::count(n as u64, tongue);
    let plot = Plot::draw(panel.scene, rest, RIGHT, Scale::holding(most, true), number);
    let mut free = f32::MIN;
    let mut points = Vec::with_capacity(days.len());
    for (n, day) in days.iter().enumerate() {
        let (middle, _) = plot.column(n, days.len());
        points.push([middle, plot.y(day.open as f64)]);
        let monday = day.date.weekday() == jiff::civil::Weekday::Monday;
        if (monday || days.len() <= 10) && middle >= free {
            plot.label(panel.scene, middle, axis_day(day.date, tongue));
            free = middle + APART;
        }
    }
    let last = points.last().copied();
    panel.scene.line(points, 1.6, Ink::Main);
    if let Some(([x, y], day)) = last.zip(days.last()) {
        panel.scene.dot([x, y], 2.2, Ink::Main);
        let style = Style::new(8.5, Ink::Main).bold();
        let text = number::count(day.open, tongue);
        panel.scene.text([x + 6.0, y + 3.0], text, style);
    }
}

fn title(days: &[Standing], tongue: Tongue) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return pick(tongue, "Demandes ouvertes", "Open requests").to_owned();
    };
    let open = i64::try_from(last.open).unwrap_or(i64::MAX);
    let head = match tongue {
        Tongue::Fr => counted(open, "demande ouverte", "demandes ouvertes", tongue),
        Tongue::En => counted(open, "open request", "open requests", tongue),
    };
    let by = number::count(last.open.abs_diff(first.open), tongue);
    match (last.open.cmp(&first.open), tongue) {
        (std::cmp::Ordering::Equal, Tongue::Fr) => format!("{head}, autant qu'au début"),
        (std::cmp::Ordering::Equal, Tongue::En) => format!("{head}, as many as at the beginning"),
        (std::cmp::Ordering::Greater, Tongue::Fr) => format!("{head}, {by} de plus qu'au début"),
        (std::cmp::Ordering::Greater, Tongue::En) => {
            format!("{head}, {by} more than at the beginning")
        }
        (std::cmp::Ordering::Less, Tongue::Fr) => format!("{head}, {by} de moins qu'au début"),
        (std::cmp::Ordering::Less, Tongue::En) => {
            format!("{head}, {by} fewer than at the beginning")
        }
    }
}
