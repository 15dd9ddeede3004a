//! The one typeface of all figures and pictures, and how wide words are in it.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef};

/// The typeface: DejaVu Sans Condensed, which has every sign that figures use.
pub(super) fn data() -> &'static [u8] {
    dejavu::sans_condensed::regular()
}

/// How an SVG names it. A reader without it gets Verdana, which is cut alike but wider.
pub(super) const FAMILIES: &str = "'DejaVu Sans', 'DejaVu Sans Condensed', Verdana, sans-serif";
/// The family as the font file names itself.
pub(super) const FAMILY: &str = "DejaVu Sans";
/// Height of capitals and digits, as a share of the size.
pub(super) const CAPITAL: f64 = 0.729;
/// Distance of two lines, as a share of the size.
pub(super) const LEADING: f64 = 1.25;

static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(data()).expect("an embedded font is whole"));

/// Width of a line of words, in the unit of its size.
pub(super) fn width(words: &str, size: f64) -> f64 {
    let scale = size / f64::from(FONT.units_per_em().unwrap_or(2048.0));
    let (mut width, mut previous) = (0.0, None);
    for character in words.chars() {
        let glyph = FONT.glyph_id(character);
        if let Some(previous) = previous.replace(glyph) {
            width += FONT.kern_unscaled(previous, glyph);
        }
        width += FONT.h_advance_unscaled(glyph);
    }
    f64::from(width) * scale
}

/// Breaks words into lines of at most `room`, at spaces; a word that is wider is broken where it must be.
pub(super) fn wrap(words: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if width(&longer, size) <= room => *line = longer,
            _ => lines.extend(broken(word, size, room)),
        }
    }
    lines
}

/// A word in pieces of at most `room`, each of at least one letter.
fn broken(word: &str, size: f64, room: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let last = pieces.len() - 1;
        let longer = format!("{}{letter}", pieces[last]);
        if pieces[last].is_empty() || width(&longer, size) <= room {
            pieces[last] = longer;
        } else {
            pieces.push(letter.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_sign_the_figures_use() {
        for sign in "δλĝĥ–%·×*,.;:()?+=≥±⁰¹²³⁴⁵⁶⁷⁸⁹⁻†✗".chars() {
            assert_ne!(FONT.glyph_id(sign).0, 0, "no `{sign}`");
        }
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing() {
        let words = "output 0 1 2 3 4 5 and some more words to be broken";
        let lines = wrap(words, 16.0, 90.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| width(line, 16.0) <= 90.0), "{lines:?}");
        assert_eq!(lines.join(" "), words);
        let long = wrap("\\frac{1}{2}abcdefgh", 16.0, 50.0);
        assert!(long.len() > 2 && long.iter().all(|line| width(line, 16.0) <= 50.0), "{long:?}");
        assert_eq!(long.concat(), "\\frac{1}{2}abcdefgh");
        assert_eq!(wrap("wide", 16.0, 1.0), ["w", "i", "d", "e"], "a letter a line, without end otherwise");
    }

    #[test]
    fn kerning_and_size_count() {
        assert!(width("AV", 10.0) < width("A", 10.0) + width("V", 10.0));
        assert!((width("abc", 20.0) - 2.0 * width("abc", 10.0)).abs() < 1e-9);
    }
}
