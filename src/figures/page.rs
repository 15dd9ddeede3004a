//! A page: what was drawn, the caption under it, and its files.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use image::RgbImage;
use serde::Serialize;

use crate::files::write_atomically;

use super::canvas::{Across, Canvas, Down};
use super::style::{MARGIN, PIXELS, SMALL, set};
use super::{Context, FigureSpec, font, render};

/// A figure that has been drawn, without its caption. Lengths are points.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) canvas: Canvas,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What is said of a figure.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// Under it: what a reader needs to read it.
    pub(super) caption: String,
    /// In its CSV: where the numbers come from, and what is not drawn.
    pub(super) notes: Vec<String>,
}

impl Words {
    /// A title and what else is to be said under the figure.
    pub(super) fn new(spec: &FigureSpec, more: &str) -> Self {
        Self { caption: format!("{}. {more}", spec.title), notes: Vec::new() }
    }

    /// Adds where the numbers come from.
    pub(super) fn from(mut self, origin: super::origin::Origin) -> Self {
        self.caption = format!("{} {}", self.caption.trim_end(), origin.brief);
        self.notes.extend(origin.notes);
        self
    }

    /// Adds a line to the notes.
    pub(super) fn note(mut self, line: impl Into<String>) -> Self {
        self.notes.push(line.into());
        self
    }

    /// Adds which runs are left out.
    fn complete(mut self, spec: &FigureSpec, context: &Context) -> Self {
        let (brief, whole) = context.left_out_of(spec);
        self.caption += &brief;
        self.notes.extend((!whole.is_empty()).then(|| whole.trim().to_owned()));
        self
    }
}

/// Writes `<name>.png`, `.svg`, `.pdf` (without the caption, for articles that have their own) and `.csv` (the notes
/// behind `#`, then `numbers`), and returns their paths.
pub(super) fn save(
    context: &Context,
    spec: &FigureSpec,
    page: &Page,
    words: Words,
    numbers: &[impl Serialize],
) -> Result<Vec<PathBuf>> {
    let words = words.complete(spec, context);
    let path = |extension: &str| context.folder().join(format!("{}.{extension}", spec.name));
    let mut whole = Canvas::new();
    whole.insert(&page.canvas, (0.0, 0.0));
    let bottom = caption(&mut whole, page.width, page.height, &words.caption);
    let svg = whole.page(page.width, bottom, "pt");
    let png = print(&render::pixels(&svg, PIXELS)?)?;
    let pdf = render::pdf(&page.canvas.page(page.width, page.height, "pt"))?;

    let mut csv = Vec::new();
    for line in [&words.caption].into_iter().chain(&words.notes) {
        csv.extend_from_slice(format!("# {}\n", line.replace('\n', " ")).as_bytes());
    }
    let mut writer = csv::Writer::from_writer(csv);
    for number in numbers {
        writer.serialize(number)?;
    }
    let csv = writer.into_inner().map_err(|error| anyhow!("cannot lay out {}.csv: {error}", spec.name))?;

    let files = [(path("png"), png), (path("svg"), svg.into_bytes()), (path("pdf"), pdf), (path("csv"), csv)];
    // The order of a PDF's parts is not the same twice: one of the same drawing is left as it is.
    let unchanged = std::fs::read(&files[1].0).is_ok_and(|svg| svg == files[1].1) && files[2].0.is_file();
    for (i, (path, bytes)) in files.iter().enumerate() {
        if !(i == 2 && unchanged) {
            write_atomically(path, bytes)?;
        }
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// As [`save`], with `<name>.md` beside, which ends with the caption and the notes.
pub(super) fn save_table(
    context: &Context,
    spec: &FigureSpec,
    page: &Page,
    words: Words,
    numbers: &[impl Serialize],
    markdown: &str,
) -> Result<Vec<PathBuf>> {
    let mut paths = save(context, spec, page, words.clone(), numbers)?;
    let words = words.complete(spec, context);
    let path = context.folder().join(format!("{}.md", spec.name));
    let text = format!(
        "# {}\n\n{}\n\n{}\n\n{}\n",
        spec.title,
        markdown.trim_end(),
        words.caption.trim(),
        words.notes.join(" ")
    );
    write_atomically(&path, format!("{}\n", text.trim_end()).as_bytes())?;
    paths.push(path);
    Ok(paths)
}

/// Writes the caption below `top` and returns where the page ends.
fn caption(canvas: &mut Canvas, width: f64, top: f64, words: &str) -> f64 {
    let leading = font::LEADING * SMALL;
    // An SVG may be set in another typeface, which may be wider.
    let lines = font::wrap(words, SMALL, 0.9 * (width - 2.0 * MARGIN));
    for (i, line) in lines.iter().enumerate() {
        let y = top + 4.0 + leading * i as f64;
        canvas.text(line, (MARGIN, y), set(SMALL, Across::Left, Down::Top));
    }
    top + 4.0 + leading * lines.len() as f64 + MARGIN
}

/// The file of a picture that prints at its size.
fn print(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Figures are kept in version control, so their size counts more than the time.
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::Adaptive);
    let per_metre = (PIXELS * 72.0 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().context("cannot encode a picture")?;
    writer.write_image_data(picture.as_raw()).context("cannot encode a picture")?;
    writer.finish().context("cannot encode a picture")?;
    Ok(bytes)
}
