//! The look that all figures share: widths, sizes, lines, and one colour for one thing.

use std::sync::LazyLock;

use super::canvas::{Across, Color, Down, Type};
use crate::domain;

/// Width of a page of an article with two columns, 7 inches in points.
pub(super) const PAGE: f64 = 504.0;
/// Width of one of its columns, 3.3 inches in points.
pub(super) const COLUMN: f64 = 237.6;
/// Pixels a point in a PNG: 300 dots an inch.
pub(super) const PIXELS: f64 = 300.0 / 72.0;
/// Sizes of words in points; figures are made for their width in print, where none is below 6.
pub(super) const TITLE: f64 = 8.0;
pub(super) const LABEL: f64 = 7.0;
pub(super) const SMALL: f64 = 6.3;
/// Space at the left and right edge.
pub(super) const MARGIN: f64 = 4.0;

/// Widths of lines in points.
pub(super) const HAIR: f64 = 0.4;
pub(super) const THIN: f64 = 0.6;
pub(super) const LINE: f64 = 1.0;
pub(super) const BOLD: f64 = 1.5;

/// Words, seeds, published values, and Sparling where it stands beside other methods.
pub(super) const INK: Color = [20, 20, 20];
/// What is said in passing.
pub(super) const QUIET: Color = [95, 95, 95];
/// Grid lines and frames.
pub(super) const FAINT: Color = [215, 215, 215];

/// Okabe and Ito's blue, orange, green and vermillion: the four errors.
pub(super) const BLUE: Color = [0, 114, 178];
pub(super) const ORANGE: Color = [230, 159, 0];
pub(super) const GREEN: Color = [0, 158, 115];
pub(super) const VERMILLION: Color = [213, 94, 0];

/// The metrics of paper section 6: name in the rows, name on paper, colour.
pub(super) const METRICS: [(&str, &str, Color); 4] =
    [("fpe", "FPE", BLUE), ("fne", "FNE", ORANGE), ("ce", "CE", GREEN), ("e2ee", "E2EE", VERMILLION)];

/// Other methods than Sparling, each with a colour that no error and no domain has.
pub(super) const SINGLE_THRESHOLD: Color = [85, 136, 255];
pub(super) const L1: Color = [51, 51, 119];
pub(super) const KL: Color = [140, 120, 0];

/// What a mark on a sample is: of the kind that is there, another one, or missed.
pub(super) const RIGHT: Color = [0, 128, 96];
pub(super) const WRONG: Color = [200, 50, 0];

/// Domains as figures have them: name in the rows, name on paper, colour.
type Shown = Vec<(&'static str, &'static str, Color)>;

fn listed(wanted: impl Fn(&domain::DomainEntry) -> bool) -> Shown {
    let shown = domain::DOMAINS.iter().filter(|entry| entry.in_figures && wanted(entry));
    shown.map(|entry| (entry.name, entry.title, entry.color)).collect()
}

/// The paper's domains, which claims are judged on.
pub(crate) static DOMAINS: LazyLock<Shown> = LazyLock::new(|| listed(|entry| entry.published));

/// All domains that figures can show.
pub(crate) static SHOWN: LazyLock<Shown> = LazyLock::new(|| listed(|_| true));

/// A colour with this share of its strength, on white.
pub(super) fn pale(color: Color, strength: f64) -> Color {
    color.map(|part| (255.0 + strength * (f64::from(part) - 255.0)).round() as u8)
}

/// Words of this size in ink, their place given by what part of them stands there.
pub(super) const fn set(size: f64, across: Across, down: Down) -> Type {
    Type::new(size, INK, across, down)
}

/// The same in another colour.
pub(super) const fn colored(size: f64, color: Color, across: Across, down: Down) -> Type {
    Type::new(size, color, across, down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_stands_for_one_thing() {
        let mut all: Vec<Color> = METRICS.iter().map(|metric| metric.2).collect();
        all.extend(domain::DOMAINS.iter().map(|entry| entry.color));
        all.extend([INK, SINGLE_THRESHOLD, L1, KL]);
        for (i, color) in all.iter().enumerate() {
            assert!(!all[..i].contains(color), "{color:?} twice");
        }
    }

    #[test]
    fn no_words_are_too_small_in_print() {
        assert!([TITLE, LABEL, SMALL].into_iter().all(|size| size >= 6.0));
        assert_eq!((PAGE / 72.0, COLUMN / 72.0), (7.0, 3.3));
    }
}
