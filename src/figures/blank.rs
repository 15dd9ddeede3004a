//! The page in place of a figure whose rows are all left out: an older picture would be of other settings.

use std::path::PathBuf;

use anyhow::Result;

use super::canvas::{Across, Canvas, Down};
use super::page::{Page, Words, save, save_table};
use super::style::{COLUMN, MARGIN, TITLE, set};
use super::{Context, FigureSpec};

/// Writes the page under the name of the figure or table, with an empty CSV (and a table's Markdown).
pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let more = format!(
        "Scale {}: nothing was measured with the settings that the experiments have now.",
        context.scale
    );
    let words = Words::new(spec, &more);
    let mut canvas = Canvas::new();
    canvas.text("not measured", (MARGIN, 12.0), set(TITLE, Across::Left, Down::Middle));
    let page = Page { canvas, width: COLUMN, height: 24.0 };
    let none = &[] as &[()];
    if spec.name.starts_with("table") {
        save_table(context, spec, &page, words, none, "")
    } else {
        save(context, spec, &page, words, none)
    }
}
