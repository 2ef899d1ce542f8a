//! A scene as a PDF of one page (ISO 32000-1), the same bytes for the same scene.
//!
//! Seven objects: catalog, pages, page, content, two fonts, information. The file names its
//! language and its title; it has no date, no id and no compression.

use pdf_writer::{Content, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::{Face, encoded};
use super::scene::{Anchor, Ink, Scene, Shape, Style};

/// How far the handles of a quarter circle reach, in radii.
const KAPPA: f32 = 0.552_28;

/// Writes the page.
#[must_use]
pub fn pdf(scene: &Scene) -> Vec<u8> {
    let [catalog, pages, page, content, regular, bold, info] = [1, 2, 3, 4, 5, 6, 7].map(Ref::new);
    let mut pdf = Pdf::new();
    {
        let mut catalog = pdf.catalog(catalog);
        catalog.pages(pages).lang(TextStr(scene.language));
        catalog.viewer_preferences().display_doc_title(true);
    }
    pdf.pages(pages).kids([page]).count(1);
    {
        let mut page = pdf.page(page);
        page.media_box(Rect::new(0.0, 0.0, scene.width, scene.height));
        page.parent(pages).contents(content);
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        fonts.pair(name(Face::Regular), regular);
        fonts.pair(name(Face::Bold), bold);
    }
    for (font, base) in [
        (regular, Name(b"Helvetica")),
        (bold, Name(b"Helvetica-Bold")),
    ] {
        pdf.type1_font(font)
            .base_font(base)
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(content, &drawn(scene));
    pdf.document_info(info)
        .title(TextStr(&scene.title))
        .creator(TextStr("guichet"));
    pdf.finish()
}

fn name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"F1"),
        Face::Bold => Name(b"F2"),
    }
}

fn drawn(scene: &Scene) -> Vec<u8> {
    let mut content = Content::new();
    for shape in &scene.shapes {
        draw(&mut content, shape, scene.height);
    }
    content.finish().to_vec()
}

/// One shape; a PDF counts from the bottom.
fn draw(content: &mut Content, shape: &Shape, page: f32) {
    let up = |y: f32| rounded(page - y);
    match shape {
        Shape::Rect { area, ink } => {
            let [x, y, width, height] = *area;
            fill(content, *ink);
            content
                .rect(rounded(x), up(y + height), rounded(width), rounded(height))
                .fill_nonzero();
        }
        Shape::Line { points, width, ink } => {
            let [r, g, b] = ink.rgb().map(share);
            content.set_stroke_rgb(r, g, b).set_line_width(*width);
            for (place, [x, y]) in points.iter().enumerate() {
                match place {
                    0 => content.move_to(rounded(*x), up(*y)),
                    _ => content.line_to(rounded(*x), up(*y)),
                };
            }
            content.stroke();
        }
        Shape::Dot {
            middle: [x, y],
            radius,
            ink,
        } => {
            fill(content, *ink);
            circle(content, rounded(*x), up(*y), *radius);
        }
        Shape::Text {
            point: [x, y],
            text,
            style,
        } => {
            fill(content, style.ink);
            content
                .begin_text()
                .set_font(name(style.face), style.size)
                .next_line(rounded(start(*x, text, *style)), up(*y))
                .show(Str(&encoded(text)))
                .end_text();
        }
    }
}

/// Where a text begins.
fn start(x: f32, text: &str, style: Style) -> f32 {
    let width = style.face.width(text, style.size);
    match style.anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    }
}

fn fill(content: &mut Content, ink: Ink) {
    let [r, g, b] = ink.rgb().map(share);
    content.set_fill_rgb(r, g, b);
}

fn circle(content: &mut Content, x: f32, y: f32, r: f32) {
    let k = r * KAPPA;
    content
        .move_to(x + r, y)
        .cubic_to(x + r, y + k, x + k, y + r, x, y + r)
        .cubic_to(x - k, y + r, x - r, y + k, x - r, y)
        .cubic_to(x - r, y - k, x - k, y - r, x, y - r)
        .cubic_to(x + k, y - r, x + r, y - k, x + r, y)
        .fill_nonzero();
}

/// A byte of a colour as a share of one, to a thousandth.
fn share(byte: u8) -> f32 {
    (f32::from(byte) / 255.0 * 1000.0).round() / 1000.0
}

/// To a hundredth of a point: finer than any printer, and short in the file.
pub(super) fn rounded(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}
