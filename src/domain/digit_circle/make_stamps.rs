//! Renders the digit stamps from a font; how `data/digit-stamps.txt` was made.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::path::Path;
//!
//! use sparling::domain::digit_circle::make_stamps::{DEFAULT_FONT, make_stamps};
//!
//! let stamps = make_stamps(Path::new(DEFAULT_FONT))?; // the Debian package fonts-freefont-ttf
//! assert_eq!(stamps[8].height(), 12);
//! # Ok(())
//! # }
//! ```

use std::path::Path;

use ab_glyph::{Font as _, FontRef, PxScale, point};
use anyhow::{Context as _, Result, ensure};

use super::stamps::Stamp;
use crate::hint::Hint;

/// Where Debian's package `fonts-freefont-ttf` puts the font.
pub const DEFAULT_FONT: &str = "/usr/share/fonts/truetype/freefont/FreeMono.ttf";

/// Pixels to the em (paper section 5).
pub const EM_PIXELS: f32 = 15.0;

/// A pixel is ink if more than this share of it is covered (paper section 5).
pub const INK_THRESHOLD: f32 = 64.0 / 255.0;

/// Where the glyph's origin sits inside a pixel: right and down, in pixels.
///
/// FreeMono's digits are 9.3 pixels high at 15 pixels to the em, so an unhinted
/// rasteriser spreads them over ten or eleven rows according to where the baseline
/// falls. With the baseline on a pixel edge the threshold leaves nine rows of ink;
/// of the sixteen quarter-pixel origins this is the only one that gives ten rows for every
/// digit (twelve with the border), 7 to 9 columns, and an ink share within the paper's 0.17 to 0.32.
pub const ORIGIN: (f32, f32) = (0.25, 0.75);

/// Renders the digits 0 to 9 of the TrueType font at `path`, cropped to their ink and
/// given an empty border of one pixel.
///
/// # Errors
/// When the font cannot be read (the message names the Debian package that has it),
/// is no font, or lacks a digit.
pub fn make_stamps(path: &Path) -> Result<[Stamp; 10]> {
    let bytes = std::fs::read(path).with_context(|| {
        format!(
            "cannot read the font {}, expected FreeMono.ttf: install the Debian package \
             fonts-freefont-ttf or name the file with --font",
            path.display()
        )
    })?;
    let font = FontRef::try_from_slice(&bytes).with_context(|| {
        format!("{} is not a TrueType or OpenType font; name FreeMono.ttf with --font", path.display())
    })?;
    let stamps = ('0'..='9')
        .map(|digit| render(&font, digit).with_context(|| format!("{}", path.display())))
        .collect::<Result<Vec<_>>>()?;
    Ok(<[Stamp; 10]>::try_from(stamps).expect("there are ten digits"))
}

/// One character, thresholded, cropped, bordered.
fn render(font: &FontRef<'_>, character: char) -> Result<Stamp> {
    // ab_glyph scales by the line height, the paper's size is that of the em.
    let em = font.units_per_em().context("the font does not state its units per em")?;
    let scale = PxScale::from(EM_PIXELS * font.height_unscaled() / em);
    let glyph = font.glyph_id(character).with_scale_and_position(scale, point(ORIGIN.0, ORIGIN.1));
    let outline =
        font.outline_glyph(glyph).with_context(|| format!("the font has no outline for {character:?}"))?;
    let mut ink = Vec::new();
    outline.draw(|x, y, coverage| {
        if coverage > INK_THRESHOLD {
            ink.push((y, x));
        }
    });
    ensure!(!ink.is_empty(), "{character:?} comes out without ink");
    let range = |values: Vec<u32>| (values.iter().min().copied(), values.iter().max().copied());
    let (top, bottom) = range(ink.iter().map(|p| p.0).collect());
    let (left, right) = range(ink.iter().map(|p| p.1).collect());
    let (top, bottom) = top.zip(bottom).unwrap_or_default();
    let (left, right) = left.zip(right).unwrap_or_default();
    let border = ".".repeat((right - left + 3) as usize);
    let mut rows = vec![border.clone()];
    for y in top..=bottom {
        let row = (left..=right).map(|x| if ink.contains(&(y, x)) { '#' } else { '.' });
        rows.push(format!(".{}.", row.collect::<String>()));
    }
    rows.push(border);
    Stamp::from_rows(&rows)
}

/// The header that goes above the stamps in the file: what it is and how it was made.
#[must_use]
pub fn header() -> Vec<String> {
    [
        "The digits of DigitCircle: '#' is ink, '.' is none.".to_owned(),
        format!(
            "FreeMono, {EM_PIXELS} px to the em, unhinted, origin at ({}, {}) px inside its pixel,",
            ORIGIN.0, ORIGIN.1
        ),
        "ink where coverage > 64/255, cropped, with an empty border of one pixel.".to_owned(),
        format!("Made by: {}", Hint::MakeStamps { out: Path::new("data/digit-stamps.txt") }.plain()),
        "Licence and provenance: data/README.md".to_owned(),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digit_circle::stamps;

    #[test]
    #[allow(clippy::print_stderr, reason = "a skipped check must say that it was skipped")]
    fn committed_stamps_come_out_of_the_font_again() {
        let font = Path::new(DEFAULT_FONT);
        if !font.exists() {
            eprintln!("skipped: {DEFAULT_FONT} is missing (Debian package fonts-freefont-ttf)");
            return;
        }
        let made = make_stamps(font).unwrap();
        assert_eq!(stamps::to_text(&made, &header()), stamps::STAMPS_TEXT);
    }

    #[test]
    fn a_missing_font_names_the_package() {
        let error = make_stamps(Path::new("/nonexistent/FreeMono.ttf")).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("fonts-freefont-ttf"), "{message}");
        assert!(message.contains("/nonexistent/FreeMono.ttf"), "{message}");
    }

    #[test]
    fn a_file_that_is_no_font_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a font").unwrap();
        let message = format!("{:#}", make_stamps(file.path()).unwrap_err());
        assert!(message.contains("not a TrueType"), "{message}");
    }
}
