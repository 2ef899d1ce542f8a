//! The chart sheet, drawn from a quarter of a service's life and compared with the one that was
//! looked at.

use guichet::chart::scene::{Anchor, Shape};
use guichet::chart::sheet::{About, clause_names, sheet};
use guichet::chart::{Scene, pdf, svg};
use guichet::compose::headline;
use guichet::compose::template::Tongue;
use guichet::figures::{Figures, Ledger, Span};
use guichet::policy::Card;
use jiff::civil::date;

use crate::golden;
use crate::quarter;

const SERVICE: &str = "Assistance informatique, Institut Exemple";

fn figures(ledger: &Ledger, span: Span) -> Figures {
    Figures::of(ledger, span, &quarter::calendar(), quarter::now())
}

fn drawn(figures: &Figures, tongue: Tongue) -> Scene {
    sheet(About {
        headline: &headline::span(figures, tongue),
        service: SERVICE,
        figures,
        clauses: &clause_names(Card::shipped().unwrap(), tongue),
        tongue,
    })
}

fn november() -> Span {
    Span::new(date(2026, 11, 1), date(2026, 11, 30)).unwrap()
}

#[test]
fn the_sheet_of_a_month_is_as_it_was_looked_at() {
    let ledger = quarter::ledger(date(2026, 9, 1));
    let figures = figures(&ledger, november());
    for tongue in Tongue::ALL {
        let scene = drawn(&figures, tongue);
        let name = format!("sheet-month-{}", tongue.as_str());
        golden::assert_is(&format!("{name}.svg"), svg::svg(&scene).as_bytes());
        golden::assert_is(&format!("{name}.pdf"), &pdf::pdf(&scene));
    }
}

#[test]
fn the_sheet_of_half_a_year_is_drawn_by_week() {
    let ledger = quarter::ledger(date(2026, 6, 1));
    let span = Span::new(date(2026, 6, 1), date(2026, 11, 30)).unwrap();
    let scene = drawn(&figures(&ledger, span), Tongue::Fr);
    golden::assert_is("sheet-half-year-fr.svg", svg::svg(&scene).as_bytes());
}

#[test]
fn a_service_of_two_days_gets_words_where_charts_would_say_nothing() {
    let ledger = quarter::ledger(date(2026, 11, 30));
    let span = Span::new(date(2026, 11, 30), date(2026, 12, 1)).unwrap();
    let scene = drawn(&figures(&ledger, span), Tongue::Fr);
    golden::assert_is("sheet-two-days-fr.svg", svg::svg(&scene).as_bytes());
    let lines = scene
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Line { points, .. } if points.len() > 2))
        .count();
    assert_eq!(lines, 0, "a line through two days says nothing");
}

/// Pairs of texts that overlap, and texts that leave the page.
fn collisions(scene: &Scene) -> Vec<String> {
    let boxes: Vec<([f32; 4], &str)> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text { point, text, style } => {
                let width = style.face.width(text, style.size);
                let left = match style.anchor {
                    Anchor::Start => point[0],
                    Anchor::Middle => point[0] - width / 2.0,
                    Anchor::End => point[0] - width,
                };
                let top = point[1] - style.size * 0.7;
                Some(([left, top, left + width, point[1]], text.as_str()))
            }
            _ => None,
        })
        .collect();
    let mut found: Vec<String> = boxes
        .iter()
        .filter(|(area, _)| area[0] < 30.0 || area[2] > scene.width - 30.0)
        .map(|(_, text)| format!("{text:?} leaves the page"))
        .collect();
    for (n, (a, one)) in boxes.iter().enumerate() {
        for (b, other) in &boxes[n + 1..] {
            if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
                found.push(format!("{one:?} on {other:?}"));
            }
        }
    }
    found
}

#[test]
fn no_word_lies_on_another_whatever_the_span() {
    for first in [date(2026, 6, 1), date(2026, 11, 27), date(2026, 12, 1)] {
        let ledger = quarter::ledger(first);
        for days in [1, 2, 3, 6, 7, 9, 14, 30, 35, 61, 100, 124, 125, 180, 400] {
            for last in [date(2026, 12, 1), date(2026, 11, 29), date(2026, 10, 31)] {
                let figures = figures(&ledger, Span::ending(last, days));
                for tongue in Tongue::ALL {
                    let found = collisions(&drawn(&figures, tongue));
                    assert!(found.is_empty(), "{days} days to {last}: {found:#?}");
                }
            }
        }
    }
}

#[test]
fn the_file_is_a_pdf_of_one_page_that_says_what_the_sheet_says() {
    let ledger = quarter::ledger(date(2026, 9, 1));
    let figures = figures(&ledger, november());
    let scene = drawn(&figures, Tongue::Fr);
    let bytes = pdf::pdf(&scene);
    let read = lopdf::Document::load_mem(&bytes).unwrap();
    assert_eq!(read.get_pages().len(), 1);
    let words = read.extract_text(&[1]).unwrap();
    for expected in [
        "369 demandes en novembre 2026",
        "Matériel acheté",
        "l'heure la plus chargée",
        "64 demandes ouvertes",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let catalog = read.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"fr");
    for font in read.get_page_fonts(read.get_pages()[&1]).unwrap().values() {
        let base = font.get(b"BaseFont").unwrap().as_name().unwrap();
        assert!(base.starts_with(b"Helvetica"), "{base:?}");
    }
    assert_eq!(bytes, pdf::pdf(&drawn(&figures, Tongue::Fr)), "same bytes");
}

#[test]
fn foreign_words_cannot_break_the_page() {
    let ledger = quarter::ledger(date(2026, 9, 1));
    let figures = figures(&ledger, november());
    let nasty = "(\\) <script>&\u{202e}明 endstream\nendobj".repeat(40);
    let clauses = figures
        .refusals
        .keys()
        .map(|clause| (clause.clone(), nasty.clone()))
        .collect();
    let scene = sheet(About {
        headline: &nasty,
        service: &nasty,
        figures: &figures,
        clauses: &clauses,
        tongue: Tongue::Fr,
    });
    let read = lopdf::Document::load_mem(&pdf::pdf(&scene)).unwrap();
    assert_eq!(read.get_pages().len(), 1);
    assert!(
        read.extract_text(&[1])
            .unwrap()
            .contains("demandes ouvertes")
    );
    let svg = svg::svg(&scene);
    assert!(!svg.contains("<script"));
}
