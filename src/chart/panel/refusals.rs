//! Refusals by clause: how many, how many of them were contested, how many taken back.

use std::collections::BTreeMap;

use super::Panel;
use crate::chart::font::Face;
use crate::chart::scene::{Ink, Style};
use crate::chart::words::pick;
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Figures, Refusals};

/// The height of one clause, at most.
const ROW: f32 = 24.0;

pub(in crate::chart) fn draw(
    mut panel: Panel<'_>,
    figures: &Figures,
    names: &BTreeMap<String, String>,
) {
    let tongue = panel.tongue;
    let all = figures.refused();
    let note = pick(
        tongue,
        "Par clause de la définition du service.",
        "By clause of the service definition.",
    );
    let rest = panel.head(&title(all, tongue), note);
    let mut rows: Vec<(&String, Refusals)> = figures
        .refusals
        .iter()
        .map(|(clause, refusals)| (clause, *refusals))
        .collect();
    // Most refused first; of equals the clauses in their order.
    rows.sort_by_key(|(_, refusals)| std::cmp::Reverse(refusals.refused));
    let most = rows.first().map_or(0, |(_, refusals)| refusals.refused);
    let [left, top, width, height] = rest;
    let step = (height / rows.len().max(1) as f32).min(ROW);
    let mut y = top;
    for (clause, refusals) in rows {
        row(
            &mut panel,
            [left, y, width, step],
            (clause, names),
            refusals,
            most,
        );
        y += step;
    }
}

fn row(
    panel: &mut Panel<'_>,
    [left, top, width, height]: [f32; 4],
    (clause, names): (&str, &BTreeMap<String, String>),
    refusals: Refusals,
    most: u64,
) {
    let tongue = panel.tongue;
    let bar = (height * 0.36).min(8.0);
    let size = (height - bar - 3.0).clamp(5.0, 8.0);
    let base = top + size;
    let name = match (clause, names.get(clause)) {
        ("", _) => pick(tongue, "sans clause", "no clause").to_owned(),
        (clause, Some(name)) => format!("{clause} {name}"),
        (clause, None) => clause.to_owned(),
    };
    let told = told(refusals, tongue);
    let length = |text: &str| Face::Bold.width(text, size) + 6.0;
    let taken: f32 = told.iter().map(|(text, _)| length(text)).sum();
    let name = Face::Regular.fitted(&name, size, width - taken);
    let style = Style::new(size, Ink::Text);
    panel.scene.text([left, base], name, style);
    let mut x = left + width - taken + 6.0;
    for (text, ink) in told {
        let style = Style::new(size, ink).bold();
        let next = x + length(&text);
        panel.scene.text([x, base], text, style);
        x = next;
    }
    bars(panel, [left, base + 2.5, width, bar], refusals, most);
}

/// All of a clause, what was contested of it, and what was taken back.
fn bars(panel: &mut Panel<'_>, [left, y, width, bar]: [f32; 4], refusals: Refusals, most: u64) {
    let part = |n: u64| width * n as f32 / most.max(1) as f32;
    panel
        .scene
        .rect([left, y, part(refusals.refused), bar], Ink::Light);
    panel.scene.rect(
        [
            left,
            y,
            part(refusals.contested.max(refusals.overturned)),
            bar,
        ],
        Ink::Main,
    );
    panel
        .scene
        .rect([left, y, part(refusals.overturned), bar], Ink::Accent);
}

/// The numbers of a row, each in the ink of its part of the bar.
fn told(refusals: Refusals, tongue: Tongue) -> Vec<(String, Ink)> {
    let count = |n| number::count(n, tongue);
    let noun = |n: u64, one: &'static str, many: &'static str| if n > 1 { many } else { one };
    let mut told = vec![(count(refusals.refused), Ink::Text)];
    if refusals.contested > 0 {
        let n = refusals.contested;
        let fr = noun(n, "contesté", "contestés");
        told.push((
            format!("{} {}", count(n), pick(tongue, fr, "contested")),
            Ink::Main,
        ));
    }
    if refusals.overturned > 0 {
        let n = refusals.overturned;
        let fr = noun(n, "annulé", "annulés");
        let text = format!("{} {}", count(n), pick(tongue, fr, "taken back"));
        told.push((text, Ink::Accent));
    }
    told
}

fn title(all: Refusals, tongue: Tongue) -> String {
    let count = |n| number::count(n, tongue);
    let Refusals {
        refused,
        contested,
        overturned,
        ..
    } = all;
    let french = tongue == Tongue::Fr;
    let head = match (refused, french) {
        (0, true) => return "Aucun refus".to_owned(),
        (0, false) => return "No refusals".to_owned(),
        (_, true) => format!("{} refus", count(refused)),
        (1, false) => "1 refusal".to_owned(),
        (_, false) => format!("{} refusals", count(refused)),
    };
    let part = |n: u64, fr: &str, en: &str| match (n, french) {
        (0, true) => format!("aucun {fr}"),
        (0, false) => format!("none {en}"),
        (1, true) => format!("1 {fr}"),
        (_, true) => format!("{} {fr}s", count(n)),
        (_, false) => format!("{} {en}", count(n)),
    };
    let contests = part(contested, "contesté", "contested");
    if contested + overturned == 0 {
        return format!("{head}, {contests}");
    }
    format!(
        "{head}, {contests}, {}",
        part(overturned, "annulé", "taken back")
    )
}
