//! A figure's SVG file as a part of a page.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::markup::escape;

/// The drawing without its prolog, as wide as there is room for, with a name for those who don't see it. Squares of
/// one colour that follow each other become one path: inputs are thousands of them.
///
/// # Errors
/// When the text is no SVG or states no size.
pub(super) fn inline_svg(svg: &str, name: &str, label: &str) -> Result<String> {
    let start = svg.find("<svg").context("expected an SVG, found no <svg")?;
    let (head, body) =
        svg[start..].split_once('>').context("expected an SVG, found no end of its first tag")?;
    let number = |key: &str| attribute(head, key)?.trim_end_matches("px").parse::<f64>().ok();
    let (width, height) =
        number("width").zip(number("height")).context("the SVG states no width and height")?;
    ensure!(body.trim_end().ends_with("</svg>"), "the SVG is cut off");
    let view = attribute(head, "viewBox").map_or_else(|| format!("0 0 {width} {height}"), str::to_owned);
    let mut out =
        format!("<svg viewBox=\"{}\" role=\"img\" aria-label=\"{}\">\n", escape(&view), escape(label));
    let mut squares = Squares::default();
    for line in body.lines() {
        if !squares.take(line) {
            squares.flush(&mut out);
            // Names inside a drawing must not meet those of another drawing in the same page.
            let own = line
                .replace(" id=\"", &format!(" id=\"{name}-"))
                .replace("url(#", &format!("url(#{name}-"))
                .replace("href=\"#", &format!("href=\"#{name}-"));
            out.push_str(&own);
            out.push('\n');
        }
    }
    squares.flush(&mut out);
    Ok(out)
}

fn attribute<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {key}=\""))? + key.len() + 3;
    tag[start..].split('"').next()
}

/// Filled rectangles of one colour, not yet written.
#[derive(Default)]
struct Squares {
    color: String,
    path: String,
}

impl Squares {
    /// Takes a line that is an opaque, unframed rectangle of the colour at hand (or of any, where there is none).
    fn take(&mut self, line: &str) -> bool {
        let Some(tag) = line.strip_prefix("<rect").and_then(|rest| rest.strip_suffix("/>")) else {
            return false;
        };
        let plain = attribute(tag, "opacity") == Some("1") && attribute(tag, "stroke") == Some("none");
        let place = ["x", "y", "width", "height", "fill"].map(|key| attribute(tag, key));
        let ([Some(x), Some(y), Some(width), Some(height), Some(color)], true, 7) =
            (place, plain, tag.matches("=\"").count())
        else {
            return false;
        };
        if !self.path.is_empty() && self.color != color {
            return false;
        }
        color.clone_into(&mut self.color);
        let _ = write!(self.path, "M{x} {y}h{width}v{height}h-{width}z");
        true
    }

    fn flush(&mut self, out: &mut String) {
        if !self.path.is_empty() {
            let _ = writeln!(out, "<path fill=\"{}\" d=\"{}\"/>", self.color, self.path);
            self.path.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_of_a_colour_become_one_path_and_the_rest_stays() {
        let rect = |x, color| {
            format!(
                "<rect x=\"{x}\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"{color}\" stroke=\"none\"/>"
            )
        };
        let clip = "<circle id=\"a\" r=\"1\" clip-path=\"url(#a)\"/>";
        let lines = [&rect(1, "#111"), &rect(5, "#111"), clip, &rect(9, "#222"), "</svg>"].join("\n");
        let svg = format!("<?xml version=\"1.0\"?>\n<svg width=\"20\" height=\"10\" xmlns=\"x\">\n{lines}\n");
        let found = inline_svg(&svg, "fig3", "Errors & more").unwrap();
        let expected = "<svg viewBox=\"0 0 20 10\" role=\"img\" aria-label=\"Errors &amp; more\">\n\n\
                        <path fill=\"#111\" d=\"M1 2h3v4h-3zM5 2h3v4h-3z\"/>\n\
                        <circle id=\"fig3-a\" r=\"1\" clip-path=\"url(#fig3-a)\"/>\n\
                        <path fill=\"#222\" d=\"M9 2h3v4h-3z\"/>\n</svg>\n";
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_svg_is_refused() {
        for text in ["", "<svg width=\"1\"></svg>", "<svg width=\"1\" height=\"1\">\n<rect"] {
            assert!(inline_svg(text, "fig1", "x").is_err(), "{text}");
        }
    }
}
