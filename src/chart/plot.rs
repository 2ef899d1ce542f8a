//! An axis of amounts from zero, and the area beside it.

use super::scene::{Anchor, Ink, Scene, Style};

/// Room for the numbers of the axis, in points.
const NUMBERS: f32 = 26.0;
/// Room for the labels below, in points.
const LABELS: f32 = 14.0;
/// The size of both.
pub(super) const SMALL: f32 = 7.5;

/// An axis from zero to a round number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Between two lines.
    pub(super) step: f64,
    /// The highest line.
    pub(super) top: f64,
}

impl Scale {
    /// The axis that holds `most` with two to five steps of 1, 2 or 5 times a power of ten; in whole
    /// steps if amounts are.
    pub(super) fn holding(most: f64, whole: bool) -> Self {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let power = 10_f64.powf((most / 4.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| most / step <= 4.0)
            .unwrap_or(10.0 * power);
        let step = if whole { step.max(1.0) } else { step };
        Self {
            step,
            top: (most / step).ceil().max(1.0) * step,
        }
    }

    /// Zero and every line above it.
    pub(super) fn lines(self) -> impl Iterator<Item = f64> {
        (0..=20_u32)
            .map(move |n| f64::from(n) * self.step)
            .take_while(move |line| *line <= self.top + self.step / 2.0)
    }
}

/// Where a chart is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    /// Left, top, width and height of the inner area.
    pub(super) area: [f32; 4],
    scale: Scale,
}

impl Plot {
    /// Draws the axis into an area, and gives what is left of it. `right` is kept free for labels
    /// at the ends of lines.
    pub(super) fn draw(
        scene: &mut Scene,
        [left, top, width, height]: [f32; 4],
        right: f32,
        scale: Scale,
        number: impl Fn(f64) -> String,
    ) -> Self {
        let area = [
            left + NUMBERS,
            top + 4.0,
            width - NUMBERS - right,
            height - 4.0 - LABELS,
        ];
        let plot = Self { area, scale };
        for line in scale.lines() {
            let y = plot.y(line);
            let ends = vec![[area[0], y], [area[0] + area[2], y]];
            scene.line(ends, if line > 0.0 { 0.4 } else { 0.8 }, Ink::Rule);
            let style = Style::new(SMALL, Ink::Muted).at(Anchor::End);
            scene.text([area[0] - 4.0, y + 2.6], number(line), style);
        }
        plot
    }

    /// The height of an amount on the page.
    pub(super) fn y(&self, amount: f64) -> f32 {
        let [_, top, _, height] = self.area;
        top + height - (amount / self.scale.top) as f32 * height
    }

    /// The middle of the `n`th of so many equal columns, and their width.
    pub(super) fn column(&self, n: usize, of: usize) -> (f32, f32) {
        let [left, _, width, _] = self.area;
        let column = width / of.max(1) as f32;
        (left + column * (n as f32 + 0.5), column)
    }

    /// A label below a point of the axis.
    pub(super) fn label(&self, scene: &mut Scene, x: f32, text: String) {
        let [_, top, _, height] = self.area;
        let style = Style::new(SMALL, Ink::Muted).at(Anchor::Middle);
        scene.text([x, top + height + 10.5], text, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_an_axis_is_round_and_begins_at_zero() {
        let cases = [
            (0.0, 1.0, 1.0),
            (1.0, 1.0, 1.0),
            (3.0, 1.0, 3.0),
            (7.0, 2.0, 8.0),
            (34.0, 10.0, 40.0),
            (57.0, 20.0, 60.0),
            (1_234.0, 500.0, 1_500.0),
        ];
        for (most, step, top) in cases {
            assert_eq!(Scale::holding(most, true), Scale { step, top }, "{most}");
        }
        let fine = Scale::holding(1.3, false);
        assert!(fine.step < 1.0 && fine.top >= 1.3);
        assert_eq!(Scale::holding(34.0, true).lines().count(), 5);
    }
}
