//! What is drawn: rectangles, lines, dots and words on a page, from the top left, in points.
//!
//! A scene knows nothing of files; [`super::pdf`] and [`super::svg`] write the same one.

use super::font::Face;

/// The colours. Each differs from the others in lightness too; the comments give CIE L*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words that matter (L* 10).
    Text,
    /// Words beside (L* 39).
    Muted,
    /// Thin lines (L* 82).
    Rule,
    /// Behind closed days (L* 94).
    Shade,
    /// What a chart is about (L* 36).
    Main,
    /// What it is compared with, or the lesser part (L* 73).
    Light,
    /// What to look at (L* 51).
    Accent,
    /// The paper.
    Paper,
    /// A step of the ramp from nothing to much, 0 to 5.
    Ramp(u8),
}

impl Ink {
    /// Red, green and blue.
    #[must_use]
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Text => [0x1b, 0x1b, 0x1b],
            Self::Muted => [0x5a, 0x5a, 0x5a],
            Self::Rule => [0xca, 0xca, 0xca],
            Self::Shade => [0xee, 0xee, 0xec],
            Self::Main => [0x1d, 0x57, 0x8b],
            Self::Light => [0x93, 0xb8, 0xd6],
            Self::Accent => [0xc4, 0x55, 0x1a],
            Self::Paper => [0xff, 0xff, 0xff],
            Self::Ramp(0) => [0xf7, 0xf7, 0xf5],
            Self::Ramp(1) => [0xdc, 0xe8, 0xf2],
            Self::Ramp(2) => [0xb3, 0xcf, 0xe4],
            Self::Ramp(3) => [0x7d, 0xab, 0xcf],
            Self::Ramp(4) => [0x42, 0x7f, 0xb0],
            Self::Ramp(_) => [0x16, 0x46, 0x71],
        }
    }
}

/// Where a text stands by its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The point is where it begins.
    Start,
    /// The point is its middle.
    Middle,
    /// The point is where it ends.
    End,
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// The face.
    pub face: Face,
    /// The size, in points.
    pub size: f32,
    /// The colour.
    pub ink: Ink,
    /// Where it stands.
    pub anchor: Anchor,
}

impl Style {
    /// Regular, from its point on.
    #[must_use]
    pub fn new(size: f32, ink: Ink) -> Self {
        Self {
            face: Face::Regular,
            size,
            ink,
            anchor: Anchor::Start,
        }
    }

    /// The same in bold.
    #[must_use]
    pub fn bold(self) -> Self {
        Self {
            face: Face::Bold,
            ..self
        }
    }

    /// The same around its point, or up to it.
    #[must_use]
    pub fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A filled rectangle: left, top, width, height.
    Rect {
        /// Left, top, width and height.
        area: [f32; 4],
        /// The filling.
        ink: Ink,
    },
    /// A line through points.
    Line {
        /// The points.
        points: Vec<[f32; 2]>,
        /// Its width.
        width: f32,
        /// The colour.
        ink: Ink,
    },
    /// A filled dot.
    Dot {
        /// Its middle.
        middle: [f32; 2],
        /// Its radius.
        radius: f32,
        /// The filling.
        ink: Ink,
    },
    /// Words; the point is on their base line.
    Text {
        /// The point.
        point: [f32; 2],
        /// The words.
        text: String,
        /// How they are set.
        style: Style,
    },
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// What it is about.
    pub title: String,
    /// A language tag, such as `fr`.
    pub language: &'static str,
    /// What is on it, the lowest first.
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// A filled rectangle; nothing if it has no area.
    pub fn rect(&mut self, area: [f32; 4], ink: Ink) {
        let [_, _, width, height] = area;
        if width > 0.0 && height > 0.0 {
            self.shapes.push(Shape::Rect { area, ink });
        }
    }

    /// A line through points; nothing if there are fewer than two.
    pub fn line(&mut self, points: Vec<[f32; 2]>, width: f32, ink: Ink) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, width, ink });
        }
    }

    /// A filled dot.
    pub fn dot(&mut self, middle: [f32; 2], radius: f32, ink: Ink) {
        self.shapes.push(Shape::Dot {
            middle,
            radius,
            ink,
        });
    }

    /// Words.
    pub fn text(&mut self, point: [f32; 2], text: impl Into<String>, style: Style) {
        self.shapes.push(Shape::Text {
            point,
            text: text.into(),
            style,
        });
    }
}
