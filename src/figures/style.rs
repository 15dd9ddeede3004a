//! The look all figures share: font, sizes, colours that the colour-blind can tell apart.

use std::sync::{LazyLock, Once};

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use crate::domain;

/// Width of every figure in pixels: a column of 85 mm at about 390 dots an inch.
pub(super) const WIDTH: u32 = 1300;
/// Font sizes in pixels; on an 85 mm column the smallest is about 5 points.
pub(super) const TITLE: u32 = 46;
pub(super) const LABEL: u32 = 40;
pub(super) const SMALL: u32 = 34;

/// Okabe and Ito's palette.
pub(super) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(super) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(super) const GREEN: RGBColor = RGBColor(0, 158, 115);
pub(super) const VERMILLION: RGBColor = RGBColor(213, 94, 0);
/// Text and published values.
pub(super) const INK: RGBColor = RGBColor(20, 20, 20);
/// Grid lines and frames.
pub(super) const FAINT: RGBColor = RGBColor(205, 205, 205);

/// The metrics of paper section 6: name in the rows, name on paper, colour.
pub(super) const METRICS: [(&str, &str, RGBColor); 4] =
    [("fpe", "FPE", BLUE), ("fne", "FNE", ORANGE), ("ce", "CE", GREEN), ("e2ee", "E2EE", VERMILLION)];

/// The domains that figures show: name in the rows, name on paper, colour.
pub(crate) static DOMAINS: LazyLock<Vec<(&'static str, &'static str, RGBColor)>> = LazyLock::new(|| {
    let shown = domain::DOMAINS.iter().filter(|entry| entry.in_figures);
    shown.map(|entry| (entry.name, entry.title, rgb(entry.color))).collect()
});

fn rgb([red, green, blue]: [u8; 3]) -> RGBColor {
    RGBColor(red, green, blue)
}

const FAMILY: &str = "sans-serif";

/// Gives plotters its font. It has none of its own, so the pictures look alike everywhere.
pub(super) fn use_font() -> Result<()> {
    static ONCE: Once = Once::new();
    let mut sound = true;
    ONCE.call_once(|| {
        sound = register_font(FAMILY, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT).is_ok();
    });
    sound.then_some(()).ok_or_else(|| anyhow!("the font of the figures cannot be read"))
}

/// Text of this size and colour, its anchor given by horizontal and vertical position.
pub(super) fn text(size: u32, color: RGBColor, h: HPos, v: VPos) -> TextStyle<'static> {
    (FAMILY, size).into_font().color(&color).pos(Pos::new(h, v))
}

/// How far down a vertically centred text of this size is drawn: both backends centre it
/// on the small letters, a little above the middle of digits and capitals.
pub(super) fn sink(size: u32) -> i32 {
    size as i32 / 9
}

/// Width of a line of text in pixels.
pub(super) fn text_width(line: &str, size: u32) -> Result<u32> {
    let (width, _) =
        (FAMILY, size).into_font().box_size(line).map_err(|error| anyhow!("cannot measure text: {error}"))?;
    Ok(width)
}

/// A fraction in percent with three significant digits at most: 0.00742 → `0.74`.
pub(crate) fn percent(fraction: f64) -> String {
    let value = 100.0 * fraction;
    match value.abs() {
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Round tick values from 0 to `top`, about five of them.
pub(super) fn ticks(top: f64) -> Vec<f64> {
    let raw = top / 5.0;
    let decade = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * decade).find(|s| *s >= raw).unwrap_or(10.0 * decade);
    (0..).map(|i| f64::from(i) * step).take_while(|t| *t <= top * (1.0 + 1e-9)).collect()
}

/// A tick value without needless zeros: 0.5 → `0.5`, 20 → `20`.
pub(super) fn plain(value: f64) -> String {
    let rounded = format!("{value:.6}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    trimmed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ab_glyph::{Font, FontRef};

    #[test]
    fn the_font_has_every_sign_the_figures_use() {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).unwrap();
        for sign in "δ–%·×*,.;:()?+=≥".chars() {
            assert_ne!(font.glyph_id(sign).0, 0, "no glyph for `{sign}`");
        }
    }

    #[test]
    fn percentages_keep_three_digits() {
        assert_eq!(percent(0.00742), "0.74");
        assert_eq!(percent(0.1423), "14.2");
        assert_eq!(percent(1.0), "100");
    }

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(ticks(4.6), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(0.9).last().copied().map(plain).as_deref(), Some("0.8"));
    }
}
