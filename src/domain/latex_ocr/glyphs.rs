//! Outlines of the glyphs that formulas are made of, loaded once a process.

use std::collections::HashMap;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use pixglyph::Glyph;
use ttf_parser::Face;

/// Fonts by the names that the layout uses, and the characters that formulas take from each:
/// symbols and small parentheses, letters, and parentheses that have grown.
const FONTS: [(&str, &str); 6] = [
    ("Main-Regular", "0123456789+()"),
    ("Math-Italic", "abcxyz"),
    ("Size1-Regular", "()"),
    ("Size2-Regular", "()"),
    ("Size3-Regular", "()"),
    ("Size4-Regular", "()"),
];

type Outlines = [HashMap<char, Glyph>; FONTS.len()];

/// 29 outlines, never changed: all threads read the same ones, and memory stays flat.
static OUTLINES: LazyLock<Result<Outlines, String>> = LazyLock::new(|| {
    let mut outlines = Outlines::default();
    for (glyphs, (font, characters)) in outlines.iter_mut().zip(FONTS) {
        let file = format!("KaTeX_{font}.ttf");
        let bytes = ratex_katex_fonts::ttf_bytes(&file).ok_or_else(|| format!("no font {file}"))?;
        let face = Face::parse(&bytes, 0).map_err(|error| format!("the font {file} is damaged: {error}"))?;
        for character in characters.chars() {
            let glyph = face.glyph_index(character).and_then(|id| Glyph::load(&face, id));
            glyphs.insert(character, glyph.ok_or_else(|| format!("no {character:?} in {file}"))?);
        }
    }
    Ok(outlines)
});

/// The outline of a character in a font, by the layout's name for it.
///
/// # Errors
/// When formulas have no such glyph, or the fonts built into the program are damaged.
pub(super) fn outline(font: &str, character: char) -> Result<&'static Glyph> {
    let outlines = OUTLINES
        .as_ref()
        .map_err(|reason| anyhow!("the fonts built into this program are incomplete: {reason}"))?;
    FONTS
        .iter()
        .position(|(name, _)| *name == font)
        .and_then(|index| outlines[index].get(&character))
        .ok_or_else(|| anyhow!("the layout asks for {character:?} in font {font}, which no formula needs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_there_and_nothing_else() {
        for (font, characters) in FONTS {
            for character in characters.chars() {
                outline(font, character).unwrap();
            }
        }
        assert!(outline("Main-Regular", 'x').is_err());
        assert!(outline("Main-Bold", '1').is_err());
    }
}
