//! What the tables share: how words and rules are set, and the Markdown beside the picture.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::files::write_atomically;

use super::Context;
use super::page::{Area, Paint, left_out, save_as};
use super::style::{FAINT, INK, LABEL, SMALL, WIDTH, sink, text};

/// Height of the line of headings in pixels.
pub(super) const HEAD: u32 = 84;
/// Where lines begin and, as far from the other side, rules end.
pub(super) const MARGIN: i32 = 24;

/// A table on an area.
pub(super) struct Sheet<'a, DB: DrawingBackend> {
    area: &'a Area<DB>,
    row: u32,
}

/// Height of a table of `rows` rows, each of height `row`.
pub(super) fn height(rows: usize, row: u32) -> u32 {
    HEAD + row * rows as u32 + 20
}

impl<'a, DB> Sheet<'a, DB>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    /// Draws the frame: the headings that end at `columns`, and rules around `rows` rows of height `row`.
    pub(super) fn new(
        area: &'a Area<DB>,
        corner: &str,
        headings: &[&str],
        columns: &[i32],
        (rows, row): (usize, u32),
    ) -> Result<Self> {
        let sheet = Self { area, row };
        sheet.rule(8, INK, 4)?;
        sheet.words(corner, MARGIN, 44, HPos::Left, SMALL)?;
        for (heading, x) in headings.iter().zip(columns) {
            sheet.words(heading, *x, 44, HPos::Right, LABEL)?;
        }
        sheet.rule(HEAD as i32 - 4, INK, 3)?;
        for i in 1..rows {
            sheet.rule(sheet.top(i) - 2, FAINT, 2)?;
        }
        sheet.rule(sheet.top(rows) + 4, INK, 4)?;
        Ok(sheet)
    }

    /// Where a row begins.
    pub(super) fn top(&self, row: usize) -> i32 {
        (HEAD + self.row * row as u32) as i32
    }

    /// Text of a size at `(x, y)`, centred vertically.
    pub(super) fn words(&self, line: &str, x: i32, y: i32, h: HPos, size: u32) -> Result<()> {
        let style = text(size, INK, h, VPos::Center);
        self.area.draw(&Text::new(line.to_owned(), (x, y + sink(size)), style))?;
        Ok(())
    }

    fn rule(&self, y: i32, color: RGBColor, width: u32) -> Result<()> {
        let ends = [(MARGIN, y), (WIDTH as i32 - MARGIN, y)];
        self.area.draw(&PathElement::new(ends, color.stroke_width(width)))?;
        Ok(())
    }
}

/// Writes `<name>.png`, `.svg`, `.csv` (of `numbers`) and `.md`, and returns their paths.
pub(super) fn save_table(
    context: &Context,
    name: &str,
    table: &impl Paint,
    caption: &str,
    numbers: &[impl Serialize],
    markdown: &str,
) -> Result<Vec<PathBuf>> {
    let mut paths = save_as(context, name, table, caption, numbers)?;
    let path = context.folder().join(format!("{name}.md"));
    let left_out = left_out(context, name);
    let markdown = format!("{}{left_out}\n", markdown.trim_end());
    write_atomically(&path, markdown.as_bytes())?;
    paths.push(path);
    Ok(paths)
}
