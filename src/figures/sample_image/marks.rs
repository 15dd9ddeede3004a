//! Boxes, dots and stars with labels that keep out of each other's way.

use super::super::canvas::{Across, Canvas, Color, Down, Pen, Rect, WHITE};
use super::super::font;
use super::super::palette::text_color_on;
use super::super::style::colored;
use super::Mark;
use crate::domain::Motif;
use crate::results::Marked;

/// An area of the canvas in its pixels; right and bottom are past the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Area {
    fn overlap(self, other: Self) -> i64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0) * height.max(0)
    }

    fn size(self) -> i64 {
        (self.right - self.left) * (self.bottom - self.top)
    }
}

/// Draws marks on an enlarged input; labels come last so that none is painted over.
pub(super) struct Overlay<'a> {
    canvas: &'a mut Canvas,
    size: (i64, i64),
    scale: i64,
    /// Size of labels.
    letters: f64,
    /// What labels should not cover: boxes and dots.
    taken: Vec<Area>,
    /// Each label with the area it belongs to.
    labels: Vec<(Area, Mark)>,
}

impl<'a> Overlay<'a> {
    /// Over a picture of this size, in which an input pixel is a square of side `scale`.
    pub(super) fn new(canvas: &'a mut Canvas, (width, height): (f64, f64), scale: usize) -> Self {
        // Labels grow with the enlargement but are never too small to read.
        let letters = (scale as f64 * 3.2).clamp(12.0, 17.0);
        let size = (width as i64, height as i64);
        Self { canvas, size, scale: scale as i64, letters, taken: Vec::new(), labels: Vec::new() }
    }

    fn whole(&self) -> Area {
        Area { left: 0, top: 0, right: self.size.0, bottom: self.size.1 }
    }

    /// A box around the pixels of a true motif; its line lies outside of them.
    pub(super) fn add_box(&mut self, motif: &Motif, mark: &Mark) {
        let at = |pixel: usize| pixel as i64 * self.scale;
        let line = match self.scale {
            1 => 1,
            2..=5 => 2,
            _ => 3,
        };
        let canvas = self.whole();
        // At an edge of the picture the line moves inside, or it would not be seen.
        let outer = Area {
            left: (at(motif.left) - line).max(0),
            top: (at(motif.top) - line).max(0),
            right: (at(motif.right) + line).min(canvas.right),
            bottom: (at(motif.bottom) + line).min(canvas.bottom),
        };
        let half = line as f64 / 2.0;
        let (width, height) = (outer.right - outer.left - line, outer.bottom - outer.top - line);
        let rect = Rect::new(outer.left as f64 + half, outer.top as f64 + half, width as f64, height as f64);
        self.canvas.frame(rect, Pen::new(mark.color, line as f64));
        self.taken.push(outer);
        self.labels.push((outer, mark.clone()));
    }

    /// A dot, or a star for a crowded peak, with a white rim; `named` gives it a label.
    pub(super) fn add_peak(&mut self, peak: &Marked, mark: &Mark, named: bool) {
        let (x, y) = (peak.x * self.scale as f64, peak.y * self.scale as f64);
        let radius = (self.scale as f64 * 1.3).clamp(4.0, 8.0) * if peak.crowded { 1.8 } else { 1.0 };
        let mut shape = |radius: f64, color: Color| match peak.crowded {
            true => self.canvas.polygon(&star((x, y), radius), color),
            false => self.canvas.disc((x, y), radius, color),
        };
        shape(radius + RIM, WHITE);
        shape(radius, mark.color);
        let reach = (radius + RIM).ceil() as i64 + 1;
        let (middle_x, middle_y) = (x.floor() as i64, y.floor() as i64);
        let area = Area {
            left: middle_x - reach + 1,
            top: middle_y - reach + 1,
            right: middle_x + reach,
            bottom: middle_y + reach,
        };
        self.taken.push(area);
        if named {
            self.labels.push((area, mark.clone()));
        }
    }

    /// Writes every label on a chip of its colour.
    pub(super) fn draw_labels(mut self) {
        for (owner, mark) in std::mem::take(&mut self.labels) {
            let chip = self.place(owner, &mark.label);
            let (width, height) = (chip.right - chip.left, chip.bottom - chip.top);
            let rect = Rect::new(chip.left as f64, chip.top as f64, width as f64, height as f64);
            self.canvas.fill(rect, mark.color);
            let set = colored(self.letters, text_color_on(mark.color), Across::Middle, Down::Middle);
            self.canvas.text(&mark.label, rect.middle(), set);
            self.taken.push(chip);
        }
    }

    /// Where the chip of `label` goes: at the corner or side of `owner` where it covers least
    /// of other marks and labels and of nothing beyond the edge.
    fn place(&self, owner: Area, label: &str) -> Area {
        let canvas = self.whole();
        let cost = |spot: &Area| {
            let outside = spot.size() - spot.overlap(canvas);
            let covered: i64 = self.taken.iter().map(|area| area.overlap(*spot)).sum();
            // A label cut off cannot be read at all, a box's corner can be spared.
            10 * outside + covered
        };
        let width = font::width(label, self.letters).ceil() as i64 + 2 * MARGIN;
        let height = (font::CAPITAL * self.letters).ceil() as i64 + 2 * MARGIN;
        if owner.top == 0 && owner.bottom == canvas.bottom && owner.right - owner.left > width {
            // Beside a box of the full height a label could belong to its neighbour.
            let (left, top) = (owner.left, owner.top);
            return Area { left, top, right: left + width, bottom: top + height };
        }
        // The first of equals wins: candidates come in order of preference.
        let spots = candidates(owner, width, height);
        spots.into_iter().min_by_key(cost).unwrap_or(owner)
    }
}

/// White around a dot or a star.
const RIM: f64 = 1.5;
/// Pixels between a label's capitals and the edge of its chip.
const MARGIN: i64 = 3;

/// Places for a label of the given size around `owner`, best first, and inside it as a last resort.
fn candidates(owner: Area, width: i64, height: i64) -> Vec<Area> {
    let Area { left, top, right, bottom } = owner;
    let middle = (top + bottom - height) / 2;
    let centre = (left + right - width) / 2;
    [
        (left, top - height),
        (right - width, top - height),
        (left, bottom),
        (right - width, bottom),
        (right, top),
        (left - width, top),
        (right, bottom - height),
        (left - width, bottom - height),
        (right, middle),
        (left - width, middle),
        (centre, top - height),
        (centre, bottom),
        (left, top),
        (right - width, top),
        (left, bottom - height),
    ]
    .map(|(x, y)| Area { left: x, top: y, right: x + width, bottom: y + height })
    .into()
}

/// Corners of a five-pointed star of this radius.
fn star((x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
    let corner = |i: u8| {
        let reach = if i.is_multiple_of(2) { radius } else { 0.45 * radius };
        let (right, up) = (f64::from(i) * std::f64::consts::PI / 5.0).sin_cos();
        (x + reach * right, y - reach * up)
    };
    (0..10).map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_has_its_points_and_notches() {
        let corners = star((10.0, 20.0), 4.0);
        assert_eq!(corners.len(), 10);
        assert!((corners[0].0 - 10.0).abs() < 1e-9 && (corners[0].1 - 16.0).abs() < 1e-9);
        let reach = |(x, y): (f64, f64)| (x - 10.0).hypot(y - 20.0);
        assert!((reach(corners[1]) - 1.8).abs() < 1e-9 && (reach(corners[2]) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn labels_avoid_what_is_there_and_stay_inside() {
        let mut drawn = Canvas::new();
        let canvas = Area { left: 0, top: 0, right: 120, bottom: 120 };
        let mark = Mark { label: "7".to_owned(), color: [200, 0, 0] };
        let mut overlay = Overlay::new(&mut drawn, (120.0, 120.0), 4);
        // Above and to the left of the first there is no room, under it stands the second.
        for top in [0, 11] {
            let motif = Motif { kind: 0, top, left: 0, bottom: top + 10, right: 10 };
            overlay.add_box(&motif, &mark);
        }
        for (owner, mark) in overlay.labels.clone() {
            let chip = overlay.place(owner, &mark.label);
            assert_eq!(chip.overlap(canvas), chip.size(), "{chip:?} leaves the canvas");
            let covered: i64 = overlay.taken.iter().map(|area| area.overlap(chip)).sum();
            assert_eq!(covered, 0, "{chip:?}");
            overlay.taken.push(chip);
        }
        // Where nothing is in the way, the place is above the box's left corner.
        let free = Area { left: 70, top: 60, right: 90, bottom: 80 };
        let chip = overlay.place(free, "7");
        assert_eq!((chip.left, chip.bottom), (70, 60));
        // The label of a box of the full height stays in it.
        let whole = Area { left: 40, top: 0, right: 80, bottom: 120 };
        let chip = overlay.place(whole, "7");
        assert_eq!((chip.left, chip.top), (40, 0));
    }
}
