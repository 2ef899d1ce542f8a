//! A scene as an SVG (SVG 1.1), for a page on the web and for eyes that compare two versions.

use std::fmt::Write as _;

use super::font::Face;
use super::pdf::rounded;
use super::scene::{Anchor, Ink, Scene, Shape, Style};

/// Writes the page.
#[must_use]
pub fn svg(scene: &Scene) -> String {
    let (width, height) = (rounded(scene.width), rounded(scene.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" xml:lang=\"{}\" \
         font-family=\"Helvetica, Arial, 'Nimbus Sans', sans-serif\">\n<title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        scene.language,
        escaped(&scene.title),
    );
    for shape in &scene.shapes {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}", element(shape));
    }
    out.push_str("</svg>\n");
    out
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Rect { area, ink } => {
            let [x, y, width, height] = area.map(rounded);
            let fill = colour(*ink);
            format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
            )
        }
        Shape::Line { points, width, ink } => {
            let points = points.iter().map(|point| point.map(rounded));
            let points: Vec<String> = points.map(|[x, y]| format!("{x},{y}")).collect();
            format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\"/>",
                points.join(" "),
                colour(*ink),
            )
        }
        Shape::Dot {
            middle,
            radius,
            ink,
        } => {
            let [x, y] = middle.map(rounded);
            let fill = colour(*ink);
            format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\"/>")
        }
        Shape::Text { point, text, style } => words(point.map(rounded), text, *style),
    }
}

fn words([x, y]: [f32; 2], text: &str, style: Style) -> String {
    let weight = match style.face {
        Face::Regular => "",
        Face::Bold => " font-weight=\"bold\"",
    };
    let anchor = match style.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{weight}{anchor} fill=\"{}\">{}</text>",
        style.size,
        colour(style.ink),
        escaped(text)
    )
}

fn colour(ink: Ink) -> String {
    let [r, g, b] = ink.rgb();
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text in an element (XML 1.0 §2.4); controls, which XML does not have, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
