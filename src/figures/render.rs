//! From the SVG of a page to its pixels and its PDF.

use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, Result, anyhow};
use image::RgbImage;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::font;

/// The settings of every reading: our own typeface and no other, so that pages look alike on every machine.
static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(font::data().to_vec());
    fonts.set_sans_serif_family(font::FAMILY);
    // A unit of a page is a point, as in PDF.
    Options { dpi: 72.0, font_family: font::FAMILY.to_owned(), fontdb: Arc::new(fonts), ..Options::default() }
});

fn tree(svg: &str) -> Result<Tree> {
    Tree::from_str(svg, &OPTIONS).context("the drawing is no SVG")
}

/// The page in pixels, `scale` of them a unit.
pub(super) fn pixels(svg: &str, scale: f64) -> Result<RgbImage> {
    let tree = tree(svg)?;
    let side = |length: f32| ((f64::from(length) * scale).round() as u32).max(1);
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut pixmap = Pixmap::new(width, height).context("the page is too large for memory")?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    let opaque = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    RgbImage::from_raw(width, height, opaque).context("the page has another size than its pixels")
}

/// The page as a PDF of one page; words stay words.
pub(super) fn pdf(svg: &str) -> Result<Vec<u8>> {
    let page = svg2pdf::PageOptions { dpi: 72.0 };
    svg2pdf::to_pdf(&tree(svg)?, svg2pdf::ConversionOptions::default(), page)
        .map_err(|error| anyhow!("cannot make a PDF: {error}"))
}
