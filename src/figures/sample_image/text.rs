//! Text on images, in fonts that travel with the crate.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, Glyph, PxScale, ScaleFont as _, point};
use image::RgbImage;

static SANS: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).expect("an embedded font is whole")
});
static MONO: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR).expect("an embedded font is whole")
});

/// A typeface at a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typeface {
    /// Fixed width (for labels) or proportional (for titles and captions).
    pub(super) mono: bool,
    /// Line height in pixels.
    pub(super) size: f32,
}

impl Typeface {
    fn font(self) -> &'static FontRef<'static> {
        if self.mono { &MONO } else { &SANS }
    }

    /// Pixels from one baseline to the next.
    pub(super) fn line_height(self) -> i64 {
        (self.size * 1.2).ceil() as i64
    }

    /// Glyphs of one line from x = 0 with the baseline at the ascent, and the line's width.
    fn glyphs(self, text: &str) -> (Vec<Glyph>, f32) {
        let font = self.font().as_scaled(PxScale::from(self.size));
        let mut x = 0.0;
        let mut glyphs = Vec::new();
        let mut previous = None;
        for character in text.chars() {
            let id = font.glyph_id(character);
            if let Some(previous) = previous.replace(id) {
                x += font.kern(previous, id);
            }
            glyphs.push(id.with_scale_and_position(self.size, point(x, font.ascent())));
            x += font.h_advance(id);
        }
        (glyphs, x)
    }

    /// Width of one line in pixels.
    pub(super) fn width(self, text: &str) -> i64 {
        self.glyphs(text).1.ceil() as i64
    }

    /// Height of a capital in pixels: what a label's background must enclose.
    pub(super) fn cap_height(self) -> i64 {
        let (top, bottom) = self.ink_rows("0");
        bottom - top
    }

    /// First and past-the-last row of ink of `text` below the line's top.
    fn ink_rows(self, text: &str) -> (i64, i64) {
        let bounds = self
            .glyphs(text)
            .0
            .into_iter()
            .filter_map(|glyph| self.font().outline_glyph(glyph))
            .map(|glyph| glyph.px_bounds());
        let (top, bottom) = bounds.fold((f32::MAX, 0.0f32), |(top, bottom), bounds| {
            (top.min(bounds.min.y), bottom.max(bounds.max.y))
        });
        (top.min(bottom) as i64, bottom as i64)
    }

    /// Draws one line whose box has its top-left corner at (`x`, `y`).
    pub(super) fn draw(self, image: &mut RgbImage, x: i64, y: i64, text: &str, color: [u8; 3]) {
        for glyph in self.glyphs(text).0 {
            let Some(outline) = self.font().outline_glyph(glyph) else {
                continue; // a space
            };
            let corner = outline.px_bounds().min;
            let (left, top) = (x + corner.x as i64, y + corner.y as i64);
            outline.draw(|dx, dy, coverage| {
                blend(image, left + i64::from(dx), top + i64::from(dy), color, coverage);
            });
        }
    }

    /// Draws a label so that the box of its capitals has its top-left corner at (`x`, `y`).
    pub(super) fn draw_capitals(self, image: &mut RgbImage, x: i64, y: i64, text: &str, color: [u8; 3]) {
        self.draw(image, x, y - self.ink_rows("0").0, text, color);
    }

    /// Breaks `text` into lines of at most `width` pixels, at spaces where there are any.
    pub(super) fn wrap(self, text: &str, width: i64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let candidate = match lines.last() {
                Some(line) => format!("{line} {word}"),
                None => word.to_owned(),
            };
            match lines.last_mut() {
                Some(line) if self.width(&candidate) <= width => *line = candidate,
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Mixes `color` into the pixel at (`x`, `y`) by `coverage` in [0, 1]; outside nothing happens.
pub(super) fn blend(image: &mut RgbImage, x: i64, y: i64, color: [u8; 3], coverage: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
        let coverage = coverage.clamp(0.0, 1.0);
        for (old, new) in pixel.0.iter_mut().zip(color) {
            let mixed = f32::from(*old) + (f32::from(new) - f32::from(*old)) * coverage;
            *old = mixed.round() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Typeface = Typeface { mono: false, size: 16.0 };

    #[test]
    fn wrapped_lines_fit_and_lose_no_word() {
        let text = "output 0 1 2 3 4 5 and some more words to be broken";
        let lines = FACE.wrap(text, 90);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| FACE.width(line) <= 90), "{lines:?}");
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn a_word_wider_than_the_line_stays_whole() {
        assert_eq!(FACE.wrap("incomprehensibilities", 10), ["incomprehensibilities"]);
    }

    #[test]
    fn text_leaves_ink_inside_its_box_and_may_be_cut_by_the_edge() {
        let mut image = RgbImage::from_pixel(200, 40, image::Rgb([255; 3]));
        FACE.draw(&mut image, 10, 5, "Sparling", [0; 3]);
        let (right, bottom) = (10 + FACE.width("Sparling"), 5 + FACE.line_height());
        let mut ink = 0;
        for (x, y, pixel) in image.enumerate_pixels() {
            if pixel.0 != [255; 3] {
                ink += 1;
                assert!((9..=right).contains(&i64::from(x)) && (5..=bottom).contains(&i64::from(y)));
            }
        }
        assert!(ink > 100);
        FACE.draw(&mut image, -20, -5, "Sparling", [0; 3]);
        FACE.draw(&mut image, 190, 35, "Sparling", [0; 3]);
    }
}
