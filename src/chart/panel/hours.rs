//! When people write: a cell an hour of each weekday, the darker the more letters. What comes before
//! the day and after it stands in one cell each, so that the working hours are large enough to read.

use super::Panel;
use crate::chart::scene::{Anchor, Ink, Style};
use crate::chart::words::{capital, hour, pick, short_weekday, weekday};
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::Figures;

/// Room for the weekdays.
const NAMES: f32 = 26.0;
/// Room for the hours.
const HOURS: f32 = 12.0;
/// The first hour with a column of its own, and the first without one again.
const DAY: std::ops::Range<usize> = 8..18;
/// Steps of the ramp above none.
const STEPS: u64 = 5;

/// A column: its label and its hours.
type Column = (String, std::ops::Range<usize>);

pub(in crate::chart) fn draw(mut panel: Panel<'_>, figures: &Figures) {
    let tongue = panel.tongue;
    let note = pick(
        tongue,
        "Messages reçus de personnes ; avant 8 h et après 18 h, en une case.",
        "Letters from people; before 08:00 and after 18:00 in one cell each.",
    );
    let rest = panel.head(&title(figures, tongue), note);
    let any = |day: &[u64; 24]| day.iter().any(|n| *n > 0);
    if figures.hours.iter().any(any) {
        let weekend = |place: &usize| *place < 5 || figures.hours.get(*place).is_some_and(any);
        let rows: Vec<usize> = (0..figures.hours.len()).filter(weekend).collect();
        cells(&mut panel, rest, &rows, figures);
    }
}

fn columns(tongue: Tongue) -> Vec<Column> {
    let before = pick(tongue, "avant", "before").to_owned();
    let after = pick(tongue, "après", "after").to_owned();
    let label = |one: usize| pick(tongue, hour(one, tongue), one.to_string());
    let day = DAY.map(|one| (label(one), one..one + 1));
    [(before, 0..DAY.start)]
        .into_iter()
        .chain(day)
        .chain([(after, DAY.end..24)])
        .collect()
}

fn letters(figures: &Figures, day: usize, hours: &std::ops::Range<usize>) -> u64 {
    let day = figures.hours.get(day);
    day.and_then(|day| day.get(hours.clone()))
        .map_or(0, |hours| hours.iter().sum())
}

fn cells(
    panel: &mut Panel<'_>,
    [left, top, width, height]: [f32; 4],
    rows: &[usize],
    figures: &Figures,
) {
    let tongue = panel.tongue;
    let columns = columns(tongue);
    let all = rows.iter().flat_map(|day| {
        columns
            .iter()
            .map(|(_, hours)| letters(figures, *day, hours))
    });
    let most = all.max().unwrap_or(1).max(1);
    let across = (width - NAMES) / columns.len().max(1) as f32;
    let down = ((height - HOURS) / rows.len().max(1) as f32).min(16.0);
    for (n, (label, _)) in columns.iter().enumerate() {
        let x = left + NAMES + across * (n as f32 + 0.5);
        let style = Style::new(6.2, Ink::Muted).at(Anchor::Middle);
        panel.scene.text([x, top + 7.0], label.clone(), style);
    }
    for (row, day) in rows.iter().enumerate() {
        let y = top + HOURS + down * row as f32;
        let style = Style::new(7.5, Ink::Muted);
        let name = short_weekday(*day, tongue);
        panel.scene.text([left, y + down / 2.0 + 2.6], name, style);
        for (n, (_, hours)) in columns.iter().enumerate() {
            let x = left + NAMES + across * n as f32;
            let area = [x + 0.4, y + 0.4, across - 0.8, down - 0.8];
            cell(panel, area, letters(figures, *day, hours), most);
        }
    }
}

fn cell(panel: &mut Panel<'_>, area: [f32; 4], letters: u64, most: u64) {
    let ramp = step(letters, most);
    panel.scene.rect(area, Ink::Ramp(ramp));
    if letters > 0 {
        let [x, y, width, height] = area;
        let ink = if ramp > 3 { Ink::Paper } else { Ink::Text };
        let style = Style::new(7.0, ink).at(Anchor::Middle);
        let text = number::count(letters, panel.tongue);
        let middle = [x + width / 2.0, y + height / 2.0 + 2.5];
        panel.scene.text(middle, text, style);
    }
}

/// The step of the ramp: none is the lowest, and has it alone.
fn step(letters: u64, most: u64) -> u8 {
    u8::try_from((letters * STEPS).div_ceil(most)).unwrap_or(0)
}

fn title(figures: &Figures, tongue: Tongue) -> String {
    let Some((day, busiest, _)) = figures.busiest() else {
        return pick(tongue, "Heures d'arrivée", "Hours of arrival").to_owned();
    };
    let (from, to) = (hour(busiest, tongue), hour(busiest + 1, tongue));
    let day = weekday(day, tongue);
    match tongue {
        Tongue::Fr => format!(
            "{} de {from} à {to} : l'heure la plus chargée",
            capital(day)
        ),
        Tongue::En => format!("{day} {from} to {to}: the busiest hour"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_nothing_is_told_from_a_little() {
        assert_eq!([0, 1, 20, 100].map(|n| step(n, 100)), [0, 1, 1, 5]);
        assert_eq!([0, 1].map(|n| step(n, 1)), [0, 5]);
    }
}
