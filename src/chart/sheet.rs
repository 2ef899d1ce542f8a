//! The page: what it says above, four numbers, six charts, and how things are counted below.

use std::collections::BTreeMap;

use super::font::Face;
use super::panel::{Panel, answers, backlog, categories, hours, refusals, volume};
use super::scene::{Anchor, Ink, Scene, Style};
use super::words::{day, pick};
use crate::compose::number;
use crate::compose::template::Tongue;
use crate::figures::{Figures, Span};
use crate::policy::Card;

/// A4, in points.
const PAGE: [f32; 2] = [595.28, 841.89];
/// On all four sides.
const MARGIN: f32 = 42.0;
/// Between two columns.
const GAP: f32 = 24.0;
/// Between the page's width and its margins.
const WIDTH: f32 = PAGE[0] - 2.0 * MARGIN;

/// What the sheet is made of.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What it says.
    pub headline: &'a str,
    /// The service's name.
    pub service: &'a str,
    /// The figures.
    pub figures: &'a Figures,
    /// The names of the clauses.
    pub clauses: &'a BTreeMap<String, String>,
    /// In which language.
    pub tongue: Tongue,
}

/// What a card calls its clauses, by their ids.
#[must_use]
pub fn clause_names(card: &Card, tongue: Tongue) -> BTreeMap<String, String> {
    card.clauses()
        .iter()
        .map(|clause| {
            let name = pick(tongue, &clause.name.fr, &clause.name.en);
            (clause.id.to_string(), name.clone())
        })
        .collect()
}

/// Draws the sheet.
#[must_use]
pub fn sheet(about: About<'_>) -> Scene {
    let mut scene = Scene {
        width: PAGE[0],
        height: PAGE[1],
        title: format!("{}: {}", about.service, about.headline),
        language: about.tongue.as_str(),
        shapes: Vec::new(),
    };
    head(&mut scene, about);
    numbers(&mut scene, about);
    let half = (WIDTH - GAP) / 2.0;
    let right = MARGIN + half + GAP;
    let mut panel = |area: [f32; 4], draw: &dyn Fn(Panel<'_>)| {
        draw(Panel {
            scene: &mut scene,
            area,
            tongue: about.tongue,
        });
    };
    let figures = about.figures;
    panel([MARGIN, 176.0, WIDTH, 150.0], &|p| volume::draw(p, figures));
    panel([MARGIN, 342.0, half, 128.0], &|p| {
        categories::draw(p, figures);
    });
    panel([right, 342.0, half, 128.0], &|p| answers::draw(p, figures));
    panel([MARGIN, 488.0, half, 150.0], &|p| {
        refusals::draw(p, figures, about.clauses);
    });
    panel([right, 488.0, half, 150.0], &|p| hours::draw(p, figures));
    panel([MARGIN, 656.0, WIDTH, 112.0], &|p| {
        backlog::draw(p, figures);
    });
    foot(&mut scene, about.tongue);
    scene
}

fn head(scene: &mut Scene, about: About<'_>) {
    let small = Style::new(9.0, Ink::Muted);
    let service = Face::Regular.fitted(about.service, 9.0, WIDTH * 0.55);
    scene.text([MARGIN, MARGIN + 6.0], service, small);
    let dates = dates(about.figures.span, about.tongue);
    let edge = MARGIN + WIDTH;
    scene.text([edge, MARGIN + 6.0], dates, small.at(Anchor::End));
    let (size, lines) = set(about.headline);
    let air = if lines.len() == 1 { 20.0 } else { 12.0 };
    let mut y = MARGIN + air + size;
    for line in lines.into_iter().take(2) {
        let style = Style::new(size, Ink::Text).bold();
        scene.text([MARGIN, y], line, style);
        y += size * 1.15;
    }
}

/// The headline in lines: better a little smaller on one than large on two, and of two the first
/// says how much.
fn set(headline: &str) -> (f32, Vec<String>) {
    let fits = |text: &str, size: f32| Face::Bold.width(text, size) <= WIDTH;
    let mut sizes = [21.0, 19.5, 18.0, 17.0].into_iter();
    if let Some(size) = sizes.find(|size| fits(headline, *size)) {
        return (size, vec![headline.to_owned()]);
    }
    match headline.split_once(", ") {
        Some((first, rest)) if fits(first, 18.0) && fits(rest, 18.0) => {
            (18.0, vec![format!("{first},"), rest.to_owned()])
        }
        _ => (17.0, Face::Bold.wrapped(headline, 17.0, WIDTH)),
    }
}

/// `du 26 octobre au 24 novembre 2026`.
fn dates(span: Span, tongue: Tongue) -> String {
    let (first, last) = (day(span.first, tongue), day(span.last, tongue));
    let year = |date: jiff::civil::Date| date.year();
    let begins = if year(span.first) == year(span.last) {
        first
    } else {
        format!("{first} {}", year(span.first))
    };
    let ends = format!("{last} {}", year(span.last));
    match tongue {
        _ if span.first == span.last => ends,
        Tongue::Fr => format!("du {begins} au {ends}"),
        Tongue::En => format!("{begins} to {ends}"),
    }
}

/// Four numbers, each with what it is.
fn numbers(scene: &mut Scene, about: About<'_>) {
    let width = WIDTH / 4.0;
    let mut x = MARGIN;
    for (value, [what, whom]) in values(about.figures, about.tongue) {
        scene.line(vec![[x, 106.0], [x + width - 14.0, 106.0]], 0.8, Ink::Rule);
        let style = Style::new(20.0, Ink::Main).bold();
        scene.text([x, 130.0], value, style);
        let style = Style::new(8.0, Ink::Muted);
        scene.text([x, 143.0], what, style);
        scene.text([x, 153.0], whom, style);
        x += width;
    }
}

/// The numbers, and two lines for each.
fn values(figures: &Figures, tongue: Tongue) -> [(String, [&'static str; 2]); 4] {
    let time = |minutes: Option<i64>| {
        minutes.map_or_else(|| "–".to_owned(), |minutes| number::hours(minutes, tongue))
    };
    let first = pick(
        tongue,
        "ouvrées : première réponse",
        "business time: first answer",
    );
    let half = pick(
        tongue,
        "pour la moitié des demandes",
        "for half of the requests",
    );
    let eight = pick(tongue, "pour 8 demandes sur 10", "for 8 requests in 10");
    let refused = pick(
        tongue,
        ["des demandes refusées,", "hors du périmètre du service"],
        ["of the requests refused,", "outside the service"],
    );
    let open = pick(
        tongue,
        ["demandes ouvertes", "en ce moment"],
        ["open requests", "at this moment"],
    );
    let share = number::percent(figures.refused().refused, figures.requests, tongue);
    [
        (time(figures.answers.median_minutes), [first, half]),
        (time(figures.answers.p80_minutes), [first, eight]),
        (share, refused),
        (number::count(figures.open.total, tongue), open),
    ]
}

fn foot(scene: &mut Scene, tongue: Tongue) {
    let text = pick(
        tongue,
        "Une demande est un message qui a ouvert un ticket, au jour de son arrivée. La première réponse est celle d'une personne, \
         en heures d'ouverture ; ce qui attend encore compte comme plus long que toute réponse donnée, et moins de cinq demandes ne \
         donnent pas de chiffre. Un refus annulé a été repris par une personne, contesté ou non.",
        "A request is a letter that opened a ticket, on the day it arrived. The first answer is a person's, in opening hours; what \
         still waits counts as longer than any answer given, and fewer than five requests make no figure. A refusal taken back was \
         so by a person, contested or not.",
    );
    let mut y = PAGE[1] - MARGIN - 14.0;
    for line in Face::Regular.wrapped(text, 6.8, WIDTH) {
        scene.text([MARGIN, y], line, Style::new(6.8, Ink::Muted));
        y += 8.6;
    }
}
