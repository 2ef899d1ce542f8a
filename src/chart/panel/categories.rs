//! Requests by category: a bar each, the largest first, with its number and share.

use super::Panel;
use crate::chart::scene::{Anchor, Ink, Style};
use crate::chart::words::{capital, pick};
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::compose::words;
use crate::figures::Figures;
use crate::ticket::priority::Category;

/// Room for the names.
const NAMES: f32 = 78.0;
/// Room for the numbers.
const NUMBERS: f32 = 52.0;

pub(in crate::chart) fn draw(mut panel: Panel<'_>, figures: &Figures) {
    let tongue = panel.tongue;
    let mut rows: Vec<(Category, u64)> = Category::ALL
        .into_iter()
        .map(|category| {
            let requests = figures.categories.get(&category).copied().unwrap_or(0);
            (category, requests)
        })
        .collect();
    rows.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    let plain = pick(tongue, "Demandes par domaine", "Requests by category");
    let rest = match title(&rows, figures.requests, tongue) {
        Some(title) => panel.head(&title, &format!("{plain}.")),
        None => panel.head(plain, ""),
    };
    let most = rows.first().map_or(0, |(_, requests)| *requests);
    if most == 0 {
        return;
    }
    let [left, top, width, height] = rest;
    let step = height / rows.len() as f32;
    for (n, (category, requests)) in rows.iter().enumerate() {
        let middle = top + step * (n as f32 + 0.5);
        let name = words::category(*category, tongue);
        let style = Style::new(8.5, Ink::Text).at(Anchor::End);
        let edge = left + NAMES;
        panel.scene.text([edge - 6.0, middle + 3.0], name, style);
        let length = (width - NAMES - NUMBERS) * *requests as f32 / most as f32;
        let bar = step.min(16.0) * 0.8;
        let ink = if n == 0 { Ink::Main } else { Ink::Light };
        let area = [edge, middle - bar / 2.0, length, bar];
        panel.scene.rect(area, ink);
        let share = number::percent(*requests, figures.requests, tongue);
        let text = format!("{} · {share}", number::count(*requests, tongue));
        let style = Style::new(8.0, Ink::Text);
        panel
            .scene
            .text([edge + length + 4.0, middle + 3.0], text, style);
    }
}

/// The category that most requests are of, if there is one.
fn title(rows: &[(Category, u64)], all: u64, tongue: Tongue) -> Option<String> {
    let [(first, requests), (_, second), ..] = rows else {
        return None;
    };
    let name = capital(words::category(*first, tongue));
    let share = number::percent(*requests, all, tongue);
    (requests > second).then(|| match tongue {
        Tongue::Fr => format!("{name} : {share} des demandes"),
        Tongue::En => format!("{name}: {share} of the requests"),
    })
}
