//! A page: something that paints itself on any backend, its caption, and its files.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::files::write_atomically;

use super::marker::{Shape, marker};
use super::style::{INK, SMALL, WIDTH, sink, text, text_width, use_font};
use super::{Context, Target};

/// A surface to draw on, in pixels.
pub(super) type Area<DB> = DrawingArea<DB, Shift>;

/// What a figure is, apart from its caption and its files.
pub(super) trait Paint {
    /// Height in pixels, without the caption; the width is [`WIDTH`].
    fn height(&self) -> u32;

    /// Draws on an area of that size.
    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static;
}

const MARGIN: u32 = 24;
const LINE: u32 = 40;

/// Share of the page that a caption's line may take, measured in our own typeface. An SVG is set
/// in the reader's sans-serif, which may be wider: DejaVu Sans, common on Linux, is.
const FILLED: f64 = 0.88;

/// Breaks the caption into lines that fit the page.
fn wrap(caption: &str) -> Result<Vec<String>> {
    let room = (f64::from(WIDTH - 2 * MARGIN) * FILLED) as u32;
    let mut lines = vec![String::new()];
    for word in caption.split_whitespace() {
        let last = lines.len() - 1;
        let longer = if lines[last].is_empty() { word.to_owned() } else { format!("{} {word}", lines[last]) };
        if text_width(&longer, SMALL)? <= room || lines[last].is_empty() {
            lines[last] = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    Ok(lines)
}

fn paint_page<DB>(page: &Area<DB>, figure: &impl Paint, lines: &[String]) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    page.fill(&WHITE)?;
    let (drawing, caption) = page.split_vertically(figure.height());
    figure.paint(&drawing)?;
    let style = text(SMALL, INK, HPos::Left, VPos::Top);
    for (line, y) in lines.iter().zip((8..).step_by(LINE as usize)) {
        caption.draw(&Text::new(line.as_str(), (MARGIN as i32, y), style.clone()))?;
    }
    page.present()?;
    Ok(())
}

/// Writes `figN.png`, `figN.svg` and `figN.csv` (of `numbers`) and returns their paths.
pub(super) fn save(
    context: &Context,
    number: u32,
    figure: &impl Paint,
    caption: &str,
    numbers: &[impl Serialize],
) -> Result<Vec<PathBuf>> {
    save_as(context, &format!("fig{number}"), figure, caption, numbers)
}

/// As [`save`], under another name than a figure's.
pub(super) fn save_as(
    context: &Context,
    name: &str,
    figure: &impl Paint,
    caption: &str,
    numbers: &[impl Serialize],
) -> Result<Vec<PathBuf>> {
    use_font()?;
    let left_out = left_out(context, name);
    let lines = wrap(&format!("{caption}{left_out}"))?;
    let height = figure.height() + LINE * lines.len() as u32 + MARGIN;
    let path = |extension: &str| context.folder().join(format!("{name}.{extension}"));

    let mut pixels = vec![255; (WIDTH * height * 3) as usize];
    {
        let backend = BitMapBackend::with_buffer(&mut pixels, (WIDTH, height));
        paint_page(&backend.into_drawing_area(), figure, &lines)?;
    }
    let mut png = Vec::new();
    // Figures are kept in version control, so their size counts more than the time.
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(&pixels, WIDTH, height, ExtendedColorType::Rgb8)?;

    let mut svg = String::new();
    {
        let backend = SVGBackend::with_string(&mut svg, (WIDTH, height));
        paint_page(&backend.into_drawing_area(), figure, &lines)?;
    }

    let mut csv = csv::Writer::from_writer(Vec::new());
    for number in numbers {
        csv.serialize(number)?;
    }
    let csv = csv.into_inner().map_err(|error| anyhow!("cannot lay out {name}.csv: {error}"))?;

    let files = [(path("png"), png), (path("svg"), svg.into_bytes()), (path("csv"), csv)];
    for (path, bytes) in &files {
        write_atomically(path, bytes)?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// What the caption of a figure or table ends with: the runs that are left out of it.
pub(super) fn left_out(context: &Context, name: &str) -> String {
    let spec = name.parse::<Target>().and_then(Target::spec);
    spec.map_or_else(|_| String::new(), |spec| context.left_out_of(spec))
}

/// One entry of a legend.
pub(super) enum Swatch {
    /// A filled square.
    Bar(RGBColor),
    /// A dot.
    Dot(RGBColor),
    /// A mark of a shape of its own.
    Mark(Shape, RGBColor),
    /// A line.
    Line(RGBColor),
    /// A dashed line.
    Dashed(RGBColor),
    /// The mark of published values, a hollow diamond.
    Published(RGBColor),
    /// The mark of a published range, a hollow bar.
    PublishedRange(RGBColor),
    /// A vertical error bar.
    Whisker(RGBColor),
}

/// Draws a row of legend entries, starting at the left of `area` at height `y`; entries
/// that do not fit go to the next row.
pub(super) fn legend<DB>(area: &Area<DB>, y: i32, entries: &[(Swatch, &str)]) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let (mut x, mut y) = (MARGIN as i32, y);
    for (swatch, name) in entries {
        let width = 64 + text_width(name, SMALL)? as i32 + 36;
        if x + width > WIDTH as i32 && x > MARGIN as i32 {
            (x, y) = (MARGIN as i32, y + LINE as i32);
        }
        let middle = (x + 26, y);
        match swatch {
            Swatch::Bar(c) => area.draw(&Rectangle::new([(x + 8, y - 14), (x + 44, y + 14)], c.filled()))?,
            Swatch::Dot(c) => area.draw(&Circle::new(middle, 9, c.filled()))?,
            Swatch::Mark(shape, c) => marker(area, middle, *shape, 11, *c)?,
            Swatch::Line(c) => {
                area.draw(&PathElement::new([(x, y), (x + 52, y)], c.stroke_width(6)))?;
            }
            Swatch::Dashed(c) => {
                for from in [x, x + 20, x + 40] {
                    let dash = [(from, y), (from + 12, y)];
                    area.draw(&PathElement::new(dash, c.stroke_width(4)))?;
                }
            }
            Swatch::Published(c) => diamond(area, middle, *c)?,
            Swatch::PublishedRange(c) => hollow_bar(area, (x + 4, y), x + 48, *c)?,
            Swatch::Whisker(c) => whisker(area, x + 26, y - 16, y + 16, *c)?,
        }
        let style = text(SMALL, INK, HPos::Left, VPos::Center);
        area.draw(&Text::new(*name, (x + 64, y + sink(SMALL)), style))?;
        x += width;
    }
    Ok(())
}

/// The mark of published values.
pub(super) fn diamond<DB>(area: &Area<DB>, (x, y): (i32, i32), color: RGBColor) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    const R: i32 = 14;
    let corners = [(x, y - R), (x + R, y), (x, y + R), (x - R, y), (x, y - R)];
    // Hollow, on a white rim: what lies beneath stays visible.
    area.draw(&PathElement::new(corners, WHITE.stroke_width(9)))?;
    area.draw(&PathElement::new(corners, color.stroke_width(4)))?;
    Ok(())
}

/// The mark of a published range, from `(x, y)` to the right as far as `right`.
pub(super) fn hollow_bar<DB>(area: &Area<DB>, (x, y): (i32, i32), right: i32, color: RGBColor) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let corners = [(x, y - 9), (right, y - 9), (right, y + 9), (x, y + 9), (x, y - 9)];
    area.draw(&PathElement::new(corners, WHITE.stroke_width(9)))?;
    area.draw(&PathElement::new(corners, color.stroke_width(4)))?;
    Ok(())
}

/// A vertical error bar from `top` to `bottom` at `x`.
pub(super) fn whisker<DB>(area: &Area<DB>, x: i32, top: i32, bottom: i32, color: RGBColor) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    for ends in
        [[(x, top), (x, bottom)], [(x - 14, top), (x + 14, top)], [(x - 14, bottom), (x + 14, bottom)]]
    {
        area.draw(&PathElement::new(ends, color.stroke_width(4)))?;
    }
    Ok(())
}
