//! The parts of the sheet, one file each. A part has a title that says what it shows, and a line
//! below that says how to read it.

pub(super) mod answers;
pub(super) mod backlog;
pub(super) mod categories;
pub(super) mod hours;
pub(super) mod refusals;
pub(super) mod volume;

use super::font::Face;
use super::scene::{Ink, Scene, Style};
use crate::compose::template::Tongue;

/// What is needed for a line: fewer points are told in words.
pub(super) const POINTS: usize = 3;
/// The size of a panel's title, in points, and the sizes of one that is long.
const TITLE: f32 = 10.0;
const LONG_TITLE: [f32; 3] = [9.5, 9.0, 8.5];
/// The size of the line below, in points.
const NOTE: f32 = 7.5;

/// A part of the page.
pub(super) struct Panel<'a> {
    /// The page.
    pub(super) scene: &'a mut Scene,
    /// Left, top, width and height.
    pub(super) area: [f32; 4],
    /// In which language.
    pub(super) tongue: Tongue,
}

impl Panel<'_> {
    /// Writes the title and the line below, and gives what is left of the area.
    pub(super) fn head(&mut self, title: &str, note: &str) -> [f32; 4] {
        let [left, top, width, height] = self.area;
        let fits = |size: &f32| Face::Bold.width(title, *size) <= width;
        let size = [TITLE].into_iter().chain(LONG_TITLE).find(fits);
        let size = size.unwrap_or(LONG_TITLE[2]);
        let title = Face::Bold.fitted(title, size, width);
        let style = Style::new(size, Ink::Text).bold();
        self.scene.text([left, top + TITLE], title, style);
        let note = Face::Regular.fitted(note, NOTE, width);
        let below = top + TITLE + 11.0;
        let style = Style::new(NOTE, Ink::Muted);
        self.scene.text([left, below], note, style);
        let used = TITLE + 17.0;
        [left, top + used, width, height - used]
    }

    /// Words where there is too little for a chart.
    pub(super) fn words(&mut self, [left, top, width, _]: [f32; 4], lines: &[String]) {
        let wrapped = lines
            .iter()
            .flat_map(|line| Face::Regular.wrapped(line, 9.0, width));
        let mut y = top + 10.0;
        for line in wrapped.take(8) {
            self.scene.text([left, y], line, Style::new(9.0, Ink::Text));
            y += 13.0;
        }
    }
}
