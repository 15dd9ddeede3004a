//! What figures and pictures of samples are drawn on: an SVG of lines, shapes, words and images.
//!
//! Lengths are in the units of the page: points (1/72 inch) in figures, pixels in pictures of samples. y grows
//! downwards. An element takes a line of its own, in the order in which it was drawn.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::font;

/// A colour, as sRGB.
pub(crate) type Color = [u8; 3];
/// A place: to the right, downwards.
pub(super) type Point = (f64, f64);

/// White, the ground of every page.
pub(super) const WHITE: Color = [255; 3];

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self { left, top, width, height }
    }

    /// The rectangle of this size around a place.
    pub(super) fn around((x, y): Point, width: f64, height: f64) -> Self {
        Self::new(x - width / 2.0, y - height / 2.0, width, height)
    }

    /// The rectangle between two corners.
    pub(super) fn between(a: Point, b: Point) -> Self {
        Self::new(a.0.min(b.0), a.1.min(b.1), (a.0 - b.0).abs(), (a.1 - b.1).abs())
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn middle(&self) -> Point {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// The area that two rectangles share.
    pub(super) fn overlap(&self, other: &Self) -> f64 {
        let width = self.right().min(other.right()) - self.left.max(other.left);
        let height = self.bottom().min(other.bottom()) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) color: Color,
    pub(super) width: f64,
    /// Lengths of a dash and of the gap behind it, for a dashed line.
    pub(super) dash: Option<(f64, f64)>,
}

impl Pen {
    pub(super) const fn new(color: Color, width: f64) -> Self {
        Self { color, width, dash: None }
    }

    pub(super) const fn dashed(color: Color, width: f64) -> Self {
        Self { color, width, dash: Some((3.0, 2.0)) }
    }

    fn attributes(self) -> String {
        let dash = self.dash.map_or(String::new(), |(dash, gap)| {
            format!(" stroke-dasharray=\"{} {}\"", short(dash), short(gap))
        });
        format!("stroke=\"{}\" stroke-width=\"{}\"{dash}", hex(self.color), short(self.width))
    }
}

/// Which part of a line of words stands at its place, to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Across {
    Left,
    Middle,
    Right,
}

/// Which part of a line of words stands at its place, downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Down {
    /// The top of capitals and digits.
    Top,
    /// The middle of capitals and digits.
    Middle,
}

/// How words are set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) color: Color,
    pub(super) across: Across,
    pub(super) down: Down,
    /// Whether the line runs upwards.
    pub(super) turned: bool,
}

impl Type {
    pub(super) const fn new(size: f64, color: Color, across: Across, down: Down) -> Self {
        Self { size, color, across, down, turned: false }
    }
}

/// A page that is being drawn on.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A line through `points`; nothing for fewer than two.
    pub(super) fn line(&mut self, points: &[Point], pen: Pen) {
        if points.len() > 1 {
            let points = listed(points);
            self.add(&format!(
                "<polyline points=\"{points}\" fill=\"none\" {} stroke-linejoin=\"round\"/>",
                pen.attributes()
            ));
        }
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, corners: &[Point], color: Color) {
        self.add(&format!("<polygon points=\"{}\" fill=\"{}\"/>", listed(corners), hex(color)));
    }

    /// The outline of a polygon.
    pub(super) fn outline(&mut self, corners: &[Point], pen: Pen) {
        self.add(&format!("<polygon points=\"{}\" fill=\"none\" {}/>", listed(corners), pen.attributes()));
    }

    /// A filled rectangle.
    pub(super) fn fill(&mut self, rect: Rect, color: Color) {
        self.add(&format!("<rect {} fill=\"{}\"/>", extent(rect), hex(color)));
    }

    /// The outline of a rectangle, half of the pen's width on each side.
    pub(super) fn frame(&mut self, rect: Rect, pen: Pen) {
        self.add(&format!("<rect {} fill=\"none\" {}/>", extent(rect), pen.attributes()));
    }

    /// A filled circle.
    pub(super) fn disc(&mut self, (x, y): Point, radius: f64, color: Color) {
        let (x, y, radius) = (short(x), short(y), short(radius));
        self.add(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{}\"/>", hex(color)));
    }

    /// A circle's outline.
    pub(super) fn ring(&mut self, (x, y): Point, radius: f64, pen: Pen) {
        let (x, y, radius) = (short(x), short(y), short(radius));
        self.add(&format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"none\" {}/>",
            pen.attributes()
        ));
    }

    /// A line of words; `words` of no letters are left out.
    pub(super) fn text(&mut self, words: &str, (x, y): Point, set: Type) {
        if words.trim().is_empty() {
            return;
        }
        let down = match set.down {
            Down::Top => font::CAPITAL * set.size,
            Down::Middle => 0.5 * font::CAPITAL * set.size,
        };
        let anchor = match set.across {
            Across::Left => "",
            Across::Middle => " text-anchor=\"middle\"",
            Across::Right => " text-anchor=\"end\"",
        };
        let place = if set.turned {
            let (x, y) = (short(x + down), short(y));
            format!("x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\"")
        } else {
            format!("x=\"{}\" y=\"{}\"", short(x), short(y + down))
        };
        self.add(&format!(
            "<text {place} font-size=\"{}\" fill=\"{}\"{anchor}>{}</text>",
            short(set.size),
            hex(set.color),
            escape(words)
        ));
    }

    /// A PNG, its pixels as rectangles of one colour each.
    pub(super) fn image(&mut self, rect: Rect, png: &[u8]) {
        self.add(&format!(
            "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
             image-rendering=\"optimizeSpeed\" href=\"data:image/png;base64,{}\"/>",
            extent(rect),
            STANDARD.encode(png)
        ));
    }

    /// What is drawn by `other`, moved to the right and downwards.
    pub(super) fn insert(&mut self, other: &Self, (x, y): Point) {
        self.add(&format!("<g transform=\"translate({} {})\">", short(x), short(y)));
        self.body.push_str(&other.body);
        self.add("</g>");
    }

    /// The whole page of this size; `unit` is that of the lengths, `pt` or `px`.
    pub(super) fn page(&self, width: f64, height: f64, unit: &str) -> String {
        let (width, height) = (short(width), short(height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}{unit}\" height=\"{height}{unit}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{}\" font-stretch=\"condensed\">\n\
             <rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            font::FAMILIES,
            self.body
        )
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

fn listed(points: &[Point]) -> String {
    let mut out = String::new();
    for (x, y) in points {
        let _ = write!(out, "{}{},{}", if out.is_empty() { "" } else { " " }, short(*x), short(*y));
    }
    out
}

fn extent(rect: Rect) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        short(rect.left),
        short(rect.top),
        short(rect.width),
        short(rect.height)
    )
}

/// A length with two decimals at most: a hundredth of a point cannot be seen.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn hex([red, green, blue]: Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_and_stand_at_their_place() {
        let mut canvas = Canvas::new();
        canvas.text("a < b & c", (10.0, 20.0), Type::new(10.0, [0; 3], Across::Left, Down::Top));
        canvas.text("  ", (0.0, 0.0), Type::new(10.0, [0; 3], Across::Left, Down::Top));
        let page = canvas.page(100.0, 50.5, "pt");
        assert!(page.contains(">a &lt; b &amp; c</text>") && page.matches("<text").count() == 1, "{page}");
        assert!(page.contains("y=\"27.29\"") && page.contains("height=\"50.5pt\""), "{page}");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([-0.001, 2.0, 1.005, -3.456].map(short), ["0", "2", "1", "-3.46"]);
    }
}
