//! Panels set side by side, and pictures written to files.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use image::RgbImage;

use super::PAPER;
use crate::files::write_atomically;

/// Sets panels in rows of `columns`, `padding` pixels apart and from the edge, aligned at
/// their top-left corners; a column is as wide as its widest panel, a row as high as its highest.
///
/// # Errors
/// When there is no panel, or `columns` is 0.
pub fn grid(panels: &[RgbImage], columns: usize, padding: u32) -> Result<RgbImage> {
    ensure!(!panels.is_empty(), "there is no panel to set in a grid, expected at least one");
    ensure!(columns > 0, "a grid of 0 columns was asked for, expected at least 1");
    let columns = columns.min(panels.len());
    let mut widths = vec![0; columns];
    let mut heights = vec![0; panels.len().div_ceil(columns)];
    for (i, panel) in panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        widths[column] = panel.width().max(widths[column]);
        heights[row] = panel.height().max(heights[row]);
    }
    let total = |sides: &[u32]| sides.iter().sum::<u32>() + padding * (sides.len() as u32 + 1);
    let mut canvas = RgbImage::from_pixel(total(&widths), total(&heights), PAPER);
    for (i, panel) in panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let x = total(&widths[..column]);
        let y = total(&heights[..row]);
        image::imageops::replace(&mut canvas, panel, i64::from(x), i64::from(y));
    }
    Ok(canvas)
}

/// Writes `image` as a PNG, whole or not at all: under a temporary name beside `path`, then
/// renamed. Folders that are missing are made.
///
/// # Errors
/// When the folder or the file cannot be written; the message names it.
pub fn save_png(image: &RgbImage, path: &Path) -> Result<()> {
    path.file_name()
        .with_context(|| format!("{} names no file, expected something like sample.png", path.display()))?;
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)?;
    write_atomically(path, &bytes)
}
