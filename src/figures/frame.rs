//! Charts: panels side by side, each with two axes, a grid and a title.

use super::canvas::{Across, Canvas, Down, Pen, Point, Rect};
use super::scale::Scale;
use super::style::{FAINT, HAIR, INK, LABEL, MARGIN, SMALL, THIN, TITLE, set};

/// Most panels in a row: below, labels of an axis would touch.
const PER_ROW: usize = 4;

/// Space around the plots of a row of panels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Left of the first panel, and between two panels: labels of the axis upwards.
    pub(super) first: f64,
    pub(super) between: f64,
    /// Above each, for its title.
    pub(super) above: f64,
    /// Below each, for labels of the axis to the right.
    pub(super) below: f64,
}

/// The plots of `count` panels of this height side by side below `top`, in as few rows as hold them, and where
/// the last row ends.
pub(super) fn panels(count: usize, width: f64, top: f64, height: f64, room: Room) -> (Vec<Rect>, f64) {
    let rows = count.div_ceil(PER_ROW).max(1);
    let across = count.div_ceil(rows).max(1);
    let gaps = room.first + room.between * (across - 1) as f64 + MARGIN + 4.0;
    let each = (width - gaps) / across as f64;
    let plots = (0..count).map(|i| {
        let (row, column) = ((i / across) as f64, (i % across) as f64);
        let left = room.first + column * (each + room.between);
        Rect::new(left, top + room.above + row * (room.above + height + room.below), each, height)
    });
    (plots.collect(), top + rows as f64 * (room.above + height + room.below))
}

/// A plot with its two axes.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) area: Rect,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// What stands beside a plot; empty words take no room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// Whether the labels of the axis upwards are left out, since the panel at the left has them.
    pub(super) shared_y: bool,
}

impl Frame {
    /// The place of a pair of values.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        let Rect { left, width, height, .. } = self.area;
        (left + width * self.x.at(x), self.area.bottom() - height * self.y.at(y))
    }

    /// Grid, axes, ticks and titles.
    pub(super) fn draw(&self, canvas: &mut Canvas, sides: Sides<'_>) {
        let Rect { left, top, .. } = self.area;
        let (right, bottom) = (self.area.right(), self.area.bottom());
        for (value, label) in &self.x.ticks {
            let x = left + self.area.width * self.x.at(*value);
            canvas.line(&[(x, top), (x, bottom)], Pen::new(FAINT, HAIR));
            canvas.line(&[(x, bottom), (x, bottom + 2.0)], Pen::new(INK, THIN));
            canvas.text(label, (x, bottom + 4.5), set(SMALL, Across::Middle, Down::Top));
        }
        for (value, label) in &self.y.ticks {
            let y = bottom - self.area.height * self.y.at(*value);
            canvas.line(&[(left, y), (right, y)], Pen::new(FAINT, HAIR));
            canvas.line(&[(left - 2.0, y), (left, y)], Pen::new(INK, THIN));
            if !sides.shared_y {
                canvas.text(label, (left - 4.0, y), set(SMALL, Across::Right, Down::Middle));
            }
        }
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], Pen::new(INK, THIN));
        let middle = self.area.middle();
        canvas.text(sides.title, (middle.0, top - 11.5), set(TITLE, Across::Middle, Down::Top));
        canvas.text(sides.x, (middle.0, bottom + 13.5), set(LABEL, Across::Middle, Down::Top));
        let turned = super::canvas::Type { turned: true, ..set(LABEL, Across::Middle, Down::Top) };
        canvas.text(sides.y, (MARGIN.max(left - 28.0), middle.1), turned);
    }

    /// A line up and down at a value of the axis to the right.
    pub(super) fn upright(&self, canvas: &mut Canvas, x: f64, pen: Pen) {
        let x = self.at(x, 0.0).0;
        canvas.line(&[(x, self.area.top), (x, self.area.bottom())], pen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_stay_apart_and_within_the_page_however_many_there_are() {
        let room = Room { first: 30.0, between: 24.0, above: 14.0, below: 26.0 };
        for count in 1..=9 {
            let (plots, end) = panels(count, 504.0, 10.0, 80.0, room);
            assert_eq!(plots.len(), count);
            for (i, plot) in plots.iter().enumerate() {
                assert!(plot.left >= 30.0 && plot.right() <= 504.0 && plot.bottom() + 26.0 <= end + 1e-9);
                assert!(plot.width > 60.0, "{count}: {plot:?}");
                assert!(plots[i + 1..].iter().all(|other| plot.overlap(other) == 0.0));
            }
        }
    }
}
