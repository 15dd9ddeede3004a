//! From tokens to marks of ink, each with the token it stands for.
//!
//! RaTeX lays the formula out in Computer Modern by TeX's rules. It hands back a flat list of
//! glyphs and bars in em, which does not say where in the source each came from; but it
//! comes in a fixed order: base, superscript or subscript; "(", body, ")"; numerator, denominator,
//! bar. That is the order of the visible tokens, and every item is compared with its token here,
//! at every formula: a RaTeX that orders otherwise is an error, not wrong labels.
//!
//! Two differences from TeX: scripts are the ten-point shapes made smaller, where TeX takes the
//! fonts designed for 7 and 5 pt, and bars are drawn at least a pixel thick.

use anyhow::{Context as _, Result, anyhow, ensure};
use ratex_types::display_item::DisplayItem;

use super::glyphs::outline;
use super::layout::lay_out;
use super::token::{Token, Visible, latex};

/// A glyph or fraction bar as grey ink, on a canvas whose pixels may have any position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// Index of the kind of motif.
    pub(super) kind: usize,
    /// First column.
    pub(super) left: i64,
    /// First row.
    pub(super) top: i64,
    /// Columns.
    pub(super) width: usize,
    /// Share of each pixel that is ink, 255 for all of it, row-major.
    pub(super) coverage: Vec<u8>,
}

/// Thickness of a fraction bar: 0.4 pt at any size of its fraction, as in TeX, where RaTeX thins
/// the bars of small fractions; and at least a pixel, or it could vanish in small type.
const BAR_EM: f64 = 0.04;

/// The marks of a formula in the order of its visible tokens, in display style.
///
/// # Errors
/// When the layout is refused, or is not the sequence of glyphs and bars that the tokens say.
pub(super) fn marks(tokens: &[Token], pixels_per_em: f64) -> Result<Vec<Mark>> {
    let matched = || {
        let items = lay_out(&latex(tokens))?;
        let visible: Vec<_> = tokens.iter().filter_map(|token| token.visible()).collect();
        ensure!(
            items.len() == visible.len(),
            "the layout has {} marks, expected {}",
            items.len(),
            visible.len()
        );
        let pairs = items.iter().zip(visible).enumerate();
        pairs
            .map(|(i, (item, token))| {
                mark(item, token, pixels_per_em).with_context(|| format!("mark {}", i + 1))
            })
            .collect::<Result<Vec<_>>>()
    };
    matched().with_context(|| {
        format!("cannot typeset {}; the layout library must be the one in Cargo.lock", latex(tokens))
    })
}

fn mark(item: &DisplayItem, token: Visible, pixels_per_em: f64) -> Result<Mark> {
    match (item, token) {
        (DisplayItem::GlyphPath { x, y, scale, font, char_code, .. }, Visible::Glyph(character)) => {
            let found = char::from_u32(*char_code);
            ensure!(found == Some(character), "found {found:?}, expected {character:?}");
            let at = |em: f64| (em * pixels_per_em) as f32;
            let bitmap = outline(font, character)?.rasterize(at(*x), at(*y), at(*scale));
            Ok(Mark {
                kind: token.kind(),
                left: bitmap.left.into(),
                top: bitmap.top.into(),
                width: bitmap.width as usize,
                coverage: bitmap.coverage,
            })
        }
        (DisplayItem::Line { x, y, width, .. }, Visible::Bar) => {
            let half = (BAR_EM * pixels_per_em).max(1.0) / 2.0;
            let (x, y, width) = (x * pixels_per_em, y * pixels_per_em, width * pixels_per_em);
            Ok(bar(token.kind(), [x, x + width], [y - half, y + half]))
        }
        _ => Err(anyhow!("found {}, expected {token:?}", name(item))),
    }
}

fn name(item: &DisplayItem) -> &'static str {
    match item {
        DisplayItem::GlyphPath { .. } => "a glyph",
        DisplayItem::Line { .. } => "a bar",
        DisplayItem::Rect { .. } => "a rectangle",
        DisplayItem::Path { .. } => "a shape drawn as a path",
    }
}

/// A filled rectangle between the given columns and rows, exact in every pixel's share.
fn bar(kind: usize, columns: [f64; 2], rows: [f64; 2]) -> Mark {
    let shares = |[from, to]: [f64; 2]| {
        let first = from.floor() as i64;
        let pixels = first..to.ceil() as i64;
        let share = |pixel: i64| (to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0);
        (first, pixels.map(share).collect::<Vec<_>>())
    };
    let ((left, across), (top, down)) = (shares(columns), shares(rows));
    let cells = down.iter().flat_map(|y| across.iter().map(move |x| (x * y * 255.0).round() as u8));
    Mark { kind, left, top, width: across.len(), coverage: cells.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_covers_its_area() {
        let mark = bar(19, [1.5, 4.25], [2.25, 3.35]);
        assert_eq!((mark.left, mark.top, mark.width), (1, 2, 4));
        let expected = [0.375, 0.75, 0.75, 0.1875, 0.175, 0.35, 0.35, 0.0875];
        let found: Vec<_> = mark.coverage.iter().map(|&c| f64::from(c) / 255.0).collect();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 0.5 / 255.0), "{found:?}");
    }

    #[test]
    fn what_does_not_match_its_token_is_an_error() {
        let of =
            |token, text: &str| format!("{:#}", mark(&lay_out(text).unwrap()[0], token, 20.0).unwrap_err());
        assert_eq!(of(Visible::Glyph('4'), "5"), "found Some('5'), expected '4'");
        assert!(of(Visible::Bar, "5").starts_with("found a glyph, expected Bar"));
    }
}
