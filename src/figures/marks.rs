//! Marks that stand for numbers, and the legend that says what they stand for.

use super::canvas::{Across, Canvas, Color, Down, Pen, Point, Rect, WHITE};
use super::font;
use super::style::{BOLD, INK, LINE, MARGIN, SMALL, THIN, set};

/// Shape of a mark, so that series differ in more than colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// ●
    Disc,
    /// ▲
    Triangle,
    /// ■
    Square,
    /// ▼
    Wedge,
}

/// Shapes by number, for series that a list holds.
pub(super) const SHAPES: [Shape; 4] = [Shape::Disc, Shape::Triangle, Shape::Square, Shape::Wedge];

impl Shape {
    /// Corners of the shape with `radius` around a place; none for a disc.
    fn corners(self, (x, y): Point, radius: f64) -> Vec<Point> {
        // Equal areas look alike in size: a triangle reaches further, a square less far.
        let (half, long, near) = (1.25 * radius, 1.2 * radius, 0.9 * radius);
        match self {
            Self::Disc => Vec::new(),
            Self::Triangle => vec![(x, y - long), (x + half, y + near), (x - half, y + near)],
            Self::Wedge => vec![(x, y + long), (x + half, y - near), (x - half, y - near)],
            Self::Square => {
                vec![(x - near, y - near), (x + near, y - near), (x + near, y + near), (x - near, y + near)]
            }
        }
    }
}

/// Draws a mark on a white rim, so that marks that meet stay apart.
pub(super) fn marker(canvas: &mut Canvas, place: Point, shape: Shape, radius: f64, color: Color) {
    for (radius, color) in [(radius + 0.5, WHITE), (radius, color)] {
        match shape {
            Shape::Disc => canvas.disc(place, radius, color),
            _ => canvas.polygon(&shape.corners(place, radius), color),
        }
    }
}

/// A hollow mark: what was measured before the last part of training.
pub(super) fn hollow(canvas: &mut Canvas, place: Point, radius: f64, color: Color) {
    canvas.disc(place, radius + 0.5, WHITE);
    canvas.ring(place, radius - 0.3, Pen::new(color, 0.8));
}

/// The mark of published values: hollow, on a white rim, so that what lies beneath stays visible.
pub(super) fn diamond(canvas: &mut Canvas, (x, y): Point, color: Color) {
    const R: f64 = 3.2;
    let corners = [(x, y - R), (x + R, y), (x, y + R), (x - R, y)];
    canvas.outline(&corners, Pen::new(WHITE, 2.0));
    canvas.outline(&corners, Pen::new(color, 0.9));
}

/// The mark of a published range, from a place to the right.
pub(super) fn published_range(canvas: &mut Canvas, (x, y): Point, right: f64, color: Color) {
    let bar = Rect::new(x, y - 1.9, (right - x).max(0.5), 3.8);
    canvas.frame(bar, Pen::new(WHITE, 2.0));
    canvas.frame(bar, Pen::new(color, 0.9));
}

/// An error bar between two places, which lie one above the other or side by side.
pub(super) fn whisker(canvas: &mut Canvas, a: Point, b: Point) {
    let pen = Pen::new(INK, 0.8);
    canvas.line(&[a, b], pen);
    let (dx, dy) = if (a.0 - b.0).abs() < 1e-9 { (2.5, 0.0) } else { (0.0, 2.5) };
    for (x, y) in [a, b] {
        canvas.line(&[(x - dx, y - dy), (x + dx, y + dy)], pen);
    }
}

/// The line that joins seeds that disagree: no mean stands for them.
pub(super) fn spread(canvas: &mut Canvas, a: Point, b: Point, color: Color) {
    canvas.line(&[a, b], Pen::new(color, 4.0));
}

/// One entry of a legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Swatch {
    /// A filled square.
    Bar(Color),
    /// A dot of one seed.
    Seed,
    /// A mark of a shape of its own.
    Mark(Shape, Color),
    /// A hollow mark.
    Hollow(Color),
    /// A line.
    Line(Color),
    /// A dashed line.
    Dashed(Color),
    /// The mark of published values.
    Published(Color),
    /// The mark of a published range.
    PublishedRange(Color),
    /// An error bar.
    Whisker,
    /// Seeds that disagree.
    Spread(Color),
    /// A mark on a sample.
    Found(super::judged::Verdict),
}

/// Distance of two rows of a legend.
const ROW: f64 = 11.0;

/// Draws a row of entries below `top`; those that do not fit a page of this width go to the next row. Returns where
/// the last row ends.
pub(super) fn legend(canvas: &mut Canvas, width: f64, top: f64, entries: &[(Swatch, &str)]) -> f64 {
    let (mut x, mut y) = (MARGIN, top + ROW / 2.0);
    for (swatch, name) in entries {
        let length = 16.0 + font::width(name, SMALL) + 12.0;
        if x + length - 12.0 > width - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + ROW);
        }
        swatch.draw(canvas, (x + 6.5, y));
        canvas.text(name, (x + 16.0, y), set(SMALL, Across::Left, Down::Middle));
        x += length;
    }
    y + ROW / 2.0 + 3.0
}

impl Swatch {
    fn draw(self, canvas: &mut Canvas, middle: Point) {
        let (x, y) = middle;
        match self {
            Self::Bar(color) => canvas.fill(Rect::around(middle, 9.0, 7.0), color),
            Self::Seed => seed(canvas, middle),
            Self::Mark(shape, color) => marker(canvas, middle, shape, 2.6, color),
            Self::Hollow(color) => hollow(canvas, middle, 2.2, color),
            Self::Line(color) => canvas.line(&[(x - 6.5, y), (x + 6.5, y)], Pen::new(color, BOLD)),
            Self::Dashed(color) => canvas.line(&[(x - 6.5, y), (x + 6.5, y)], Pen::dashed(color, LINE)),
            Self::Published(color) => diamond(canvas, middle, color),
            Self::PublishedRange(color) => published_range(canvas, (x - 6.0, y), x + 6.0, color),
            Self::Whisker => whisker(canvas, (x, y - 4.0), (x, y + 4.0)),
            Self::Spread(color) => {
                spread(canvas, (x - 6.0, y), (x + 6.0, y), color);
                seed(canvas, (x - 4.0, y));
                seed(canvas, (x + 4.0, y));
            }
            Self::Found(verdict) => verdict.mark(canvas, middle, false),
        }
    }
}

/// One seed.
pub(super) fn seed(canvas: &mut Canvas, place: Point) {
    canvas.disc(place, 1.9, WHITE);
    canvas.disc(place, 1.5, INK);
}

/// The dashed line of the theoretical minimum.
pub(super) const MINIMUM: Pen = Pen { color: INK, width: THIN, dash: Some((3.0, 2.0)) };
