//! Boxes, dots and stars with labels that keep out of each other's way.

use image::RgbImage;

use super::Mark;
use super::text::{Typeface, blend};
use crate::domain::Motif;
use crate::figures::palette::text_color_on;
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
    image: &'a mut RgbImage,
    scale: i64,
    face: Typeface,
    /// What labels should not cover: boxes and dots.
    taken: Vec<Area>,
    /// Each label with the area it belongs to.
    labels: Vec<(Area, Mark)>,
}

impl<'a> Overlay<'a> {
    /// Over `image`, in which an input pixel is a square of side `scale`.
    pub(super) fn new(image: &'a mut RgbImage, scale: usize) -> Self {
        // Labels grow with the enlargement but are never too small to read.
        let size = (scale as f32 * 4.0).clamp(14.0, 20.0);
        let face = Typeface { mono: true, size };
        Self { image, scale: scale as i64, face, taken: Vec::new(), labels: Vec::new() }
    }

    fn canvas(&self) -> Area {
        let (width, height) = self.image.dimensions();
        Area { left: 0, top: 0, right: i64::from(width), bottom: i64::from(height) }
    }

    /// A box around the pixels of a true motif; its line lies outside of them.
    pub(super) fn add_box(&mut self, motif: &Motif, mark: &Mark) {
        let at = |pixel: usize| pixel as i64 * self.scale;
        let line = match self.scale {
            1 => 1,
            2..=5 => 2,
            _ => 3,
        };
        let canvas = self.canvas();
        // At an edge of the picture the line moves inside, or it would not be seen.
        let outer = Area {
            left: (at(motif.left) - line).max(0),
            top: (at(motif.top) - line).max(0),
            right: (at(motif.right) + line).min(canvas.right),
            bottom: (at(motif.bottom) + line).min(canvas.bottom),
        };
        for y in outer.top..outer.bottom {
            for x in outer.left..outer.right {
                let inside = (outer.left + line..outer.right - line).contains(&x)
                    && (outer.top + line..outer.bottom - line).contains(&y);
                if !inside {
                    blend(self.image, x, y, mark.color, 1.0);
                }
            }
        }
        self.taken.push(outer);
        self.labels.push((outer, mark.clone()));
    }

    /// A dot, or a star for a crowded peak, with a white rim; `named` gives it a label.
    pub(super) fn add_peak(&mut self, peak: &Marked, mark: &Mark, named: bool) {
        let at = |pixel: f64| pixel as f32 * self.scale as f32;
        let (x, y) = (at(peak.x), at(peak.y));
        let radius = (self.scale as f32 * 1.3).clamp(4.0, 8.0) * if peak.crowded { 1.8 } else { 1.0 };
        let inside = |dx: f32, dy: f32, grown: f32| {
            let edge = if peak.crowded { star_edge(dx, dy) } else { 1.0 };
            (dx * dx + dy * dy).sqrt() <= radius * edge + grown
        };
        const RIM: f32 = 1.5;
        let reach = (radius + RIM).ceil() as i64 + 1;
        let (middle_x, middle_y) = (x.floor() as i64, y.floor() as i64);
        for py in middle_y - reach..=middle_y + reach {
            for px in middle_x - reach..=middle_x + reach {
                let (mut filled, mut rimmed) = (0.0, 0.0);
                // Sixteen sub-pixels soften the edge.
                for sub in 0..16 {
                    let dx = px as f32 + (sub % 4) as f32 / 4.0 + 0.125 - x;
                    let dy = py as f32 + (sub / 4) as f32 / 4.0 + 0.125 - y;
                    filled += f32::from(u8::from(inside(dx, dy, 0.0))) / 16.0;
                    rimmed += f32::from(u8::from(inside(dx, dy, RIM))) / 16.0;
                }
                blend(self.image, px, py, [255; 3], rimmed);
                blend(self.image, px, py, mark.color, filled);
            }
        }
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
            for y in chip.top..chip.bottom {
                for x in chip.left..chip.right {
                    blend(self.image, x, y, mark.color, 1.0);
                }
            }
            let (x, y) = (chip.left + MARGIN, chip.top + MARGIN);
            let color = text_color_on(mark.color);
            self.face.draw_capitals(self.image, x, y, &mark.label, color);
            self.taken.push(chip);
        }
    }

    /// Where the chip of `label` goes: at the corner or side of `owner` where it covers least
    /// of other marks and labels and of nothing beyond the edge.
    fn place(&self, owner: Area, label: &str) -> Area {
        let canvas = self.canvas();
        let cost = |spot: &Area| {
            let outside = spot.size() - spot.overlap(canvas);
            let covered: i64 = self.taken.iter().map(|area| area.overlap(*spot)).sum();
            // A label cut off cannot be read at all, a box's corner can be spared.
            10 * outside + covered
        };
        let width = self.face.width(label) + 2 * MARGIN;
        let height = self.face.cap_height() + 2 * MARGIN;
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

/// Distance from the centre to the edge of a five-pointed star of radius 1, in the direction (`dx`, `dy`).
fn star_edge(dx: f32, dy: f32) -> f32 {
    use std::f32::consts::PI;
    const INNER: f32 = 0.45;
    // Fold the direction into the wedge between a point (angle 0) and a notch (angle π/5).
    let from_top = dx.atan2(-dy).rem_euclid(2.0 * PI / 5.0);
    let angle = from_top.min(2.0 * PI / 5.0 - from_top);
    // The edge is the straight line from (1, 0) to the notch.
    let (notch_x, notch_y) = (INNER * (PI / 5.0).cos(), INNER * (PI / 5.0).sin());
    notch_y / (angle.cos() * notch_y + angle.sin() * (1.0 - notch_x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_has_its_points_and_notches() {
        assert!((star_edge(0.0, -3.0) - 1.0).abs() < 1e-5);
        let angle = std::f32::consts::PI / 5.0;
        assert!((star_edge(angle.sin(), -angle.cos()) - 0.45).abs() < 1e-5);
    }

    #[test]
    fn labels_avoid_what_is_there_and_stay_inside() {
        let mut image = RgbImage::from_pixel(120, 120, image::Rgb([255; 3]));
        let canvas = Area { left: 0, top: 0, right: 120, bottom: 120 };
        let mark = Mark { label: "7".to_owned(), color: [200, 0, 0] };
        let mut overlay = Overlay::new(&mut image, 4);
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
