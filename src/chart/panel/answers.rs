//! How long people waited for a first answer, week by week: half of them, and eight in ten.

use super::{POINTS, Panel};
use crate::chart::plot::{Plot, Scale};
use crate::chart::scene::{Ink, Style};
use crate::chart::words::{axis_day, pick};
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Answers, Figures, Week};

/// Room for the names of the lines.
const RIGHT: f32 = 44.0;
/// Points between two labels of the axis.
const APART: f32 = 38.0;
/// Points between the names of two lines that end close together.
const NAMES_APART: f32 = 9.0;

pub(in crate::chart) fn draw(mut panel: Panel<'_>, figures: &Figures) {
    let tongue = panel.tongue;
    let note = pick(
        tongue,
        "Heures ouvrées jusqu'à la première réponse, par semaine.",
        "Business hours to the first answer, by week.",
    );
    let rest = panel.head(&title(&figures.answers, tongue), note);
    let known = |week: &&Week| week.answers.median_minutes.is_some();
    if figures.weeks.iter().filter(known).count() < POINTS {
        let lines = words(figures, tongue);
        panel.words(rest, &lines);
        return;
    }
    lines_of(&mut panel, rest, &figures.weeks);
}

fn lines_of(panel: &mut Panel<'_>, rest: [f32; 4], weeks: &[Week]) {
    let tongue = panel.tongue;
    let medians: Vec<Option<f64>> = weeks
        .iter()
        .map(|week| week.answers.median_minutes.map(hours))
        .collect();
    let eighties: Vec<Option<f64>> = weeks
        .iter()
        .map(|week| week.answers.p80_minutes.map(hours))
        .collect();
    let all = medians.iter().chain(&eighties).flatten();
    let scale = Scale::holding(all.copied().fold(0.0, f64::max), false);
    let plot = Plot::draw(panel.scene, rest, RIGHT, scale, |hours| {
        number::tenths((hours * 10.0).round() as u64, tongue)
    });
    let mut free = f32::MIN;
    for (n, week) in weeks.iter().enumerate() {
        let (middle, _) = plot.column(n, weeks.len());
        if middle >= free {
            plot.label(panel.scene, middle, axis_day(week.monday, tongue));
            free = middle + APART;
        }
    }
    let eight = line(panel, &plot, &eighties, Ink::Light);
    let half = line(panel, &plot, &medians, Ink::Main);
    let names = [
        (half, pick(tongue, "la moitié", "half"), Ink::Main),
        (eight, pick(tongue, "8 sur 10", "8 in 10"), Ink::Muted),
    ];
    name(panel, names);
}

/// Draws what is known of a series, and gives its last point.
fn line(panel: &mut Panel<'_>, plot: &Plot, series: &[Option<f64>], ink: Ink) -> Option<[f32; 2]> {
    let mut points = Vec::new();
    let mut last = None;
    for (n, value) in series.iter().enumerate() {
        let Some(value) = value else {
            panel.scene.line(std::mem::take(&mut points), 1.6, ink);
            continue;
        };
        let (middle, _) = plot.column(n, series.len());
        let point = [middle, plot.y(*value)];
        panel.scene.dot(point, 2.2, ink);
        points.push(point);
        last = Some(point);
    }
    panel.scene.line(points, 1.6, ink);
    last
}

/// Writes the name of each line at its end; the upper one gives way.
fn name(panel: &mut Panel<'_>, names: [(Option<[f32; 2]>, &str, Ink); 2]) {
    let mut below: Option<f32> = None;
    for (end, text, ink) in names {
        let Some([x, y]) = end else { continue };
        let y = below.map_or(y, |below: f32| y.min(below - NAMES_APART));
        let style = Style::new(7.5, ink).bold();
        panel.scene.text([x + 6.0, y + 2.6], text, style);
        below = Some(y);
    }
}

fn hours(minutes: i64) -> f64 {
    minutes as f64 / 60.0
}

fn title(answers: &Answers, tongue: Tongue) -> String {
    let time = |minutes| number::hours(minutes, tongue);
    match (answers.median_minutes, answers.p80_minutes) {
        (Some(half), Some(eight)) => match tongue {
            Tongue::Fr => format!(
                "Première réponse : la moitié en {}, 8 sur 10 en {}",
                time(half),
                time(eight)
            ),
            Tongue::En => format!(
                "First answer: half in {}, 8 in 10 in {}",
                time(half),
                time(eight)
            ),
        },
        (Some(half), None) => match tongue {
            Tongue::Fr => format!("Première réponse : la moitié en {}", time(half)),
            Tongue::En => format!("First answer: half in {}", time(half)),
        },
        _ => pick(tongue, "Première réponse", "First answer").to_owned(),
    }
}

fn words(figures: &Figures, tongue: Tongue) -> Vec<String> {
    let Answers {
        answered, waiting, ..
    } = figures.answers;
    let count = |n| number::count(n, tongue);
    let cases = match tongue {
        Tongue::Fr => format!(
            "Réponses données : {}. Demandes en attente : {}.",
            count(answered),
            count(waiting)
        ),
        Tongue::En => format!(
            "Answers given: {}. Still waiting: {}.",
            count(answered),
            count(waiting)
        ),
    };
    let why = pick(
        tongue,
        "Trop peu de semaines pour une courbe : il en faut trois de cinq demandes au moins.",
        "Too few weeks for a line: three of at least five requests are needed.",
    );
    vec![cases, why.to_owned()]
}
