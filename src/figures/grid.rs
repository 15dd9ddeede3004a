//! What the tables share: how words and rules are set.

use super::canvas::{Across, Canvas, Down, Pen};
use super::style::{COLUMN, FAINT, HAIR, INK, LABEL, MARGIN, SMALL, set};

/// Height of the line of headings.
const HEAD: f64 = 15.0;

/// A table on a page of one column's width.
pub(super) struct Grid {
    pub(super) canvas: Canvas,
    row: f64,
    rows: usize,
}

impl Grid {
    /// Draws the frame: the headings that end at `columns`, and rules around `rows` rows of height `row`.
    pub(super) fn new(corner: &str, headings: &[&str], columns: &[f64], (rows, row): (usize, f64)) -> Self {
        let mut grid = Self { canvas: Canvas::new(), row, rows };
        grid.rule(1.5, Pen::new(INK, 0.8));
        grid.words(corner, MARGIN, HEAD / 2.0 + 1.0, Across::Left, SMALL);
        for (heading, x) in headings.iter().zip(columns) {
            grid.words(heading, *x, HEAD / 2.0 + 1.0, Across::Right, LABEL);
        }
        grid.rule(HEAD, Pen::new(INK, 0.6));
        for i in 1..rows {
            grid.rule(grid.top(i), Pen::new(FAINT, HAIR));
        }
        grid.rule(grid.top(rows) + 1.0, Pen::new(INK, 0.8));
        grid
    }

    /// Where a row begins.
    pub(super) fn top(&self, row: usize) -> f64 {
        HEAD + 1.0 + self.row * row as f64
    }

    /// Where the table ends.
    pub(super) fn bottom(&self) -> f64 {
        self.top(self.rows) + 4.0
    }

    /// Words of a size at a place, centred vertically.
    pub(super) fn words(&mut self, line: &str, x: f64, y: f64, across: Across, size: f64) {
        self.canvas.text(line, (x, y), set(size, across, Down::Middle));
    }

    fn rule(&mut self, y: f64, pen: Pen) {
        self.canvas.line(&[(MARGIN, y), (COLUMN - MARGIN, y)], pen);
    }
}
