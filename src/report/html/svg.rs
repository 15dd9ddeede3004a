//! A figure's SVG file as a part of a page.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::markup::escape;

/// How much larger than in print a drawing is on a screen at most.
const LARGER: f64 = 1.8;

/// The drawing without its prolog, as wide as there is room for up to [`LARGER`] times its size, with a name for those
/// who don't see it.
///
/// # Errors
/// When the text is no SVG or states no size.
pub(super) fn inline_svg(svg: &str, name: &str, label: &str) -> Result<String> {
    let start = svg.find("<svg").context("expected an SVG, found no <svg")?;
    let (head, body) =
        svg[start..].split_once('>').context("expected an SVG, found no end of its first tag")?;
    let unit = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    let number = |key: &str| {
        let text = attribute(head, key)?;
        text.trim_end_matches(&unit(text)).parse::<f64>().ok()
    };
    let (width, height) =
        number("width").zip(number("height")).context("the SVG states no width and height")?;
    ensure!(body.trim_end().ends_with("</svg>"), "the SVG is cut off");
    let view = attribute(head, "viewBox").map_or_else(|| format!("0 0 {width} {height}"), str::to_owned);
    let unit = attribute(head, "width").map(unit).filter(|unit| unit == "pt").unwrap_or_else(|| "px".into());
    let mut out = format!(
        "<svg viewBox=\"{}\" style=\"max-width:{:.0}{unit}\" role=\"img\" aria-label=\"{}\"",
        escape(&view),
        LARGER * width,
        escape(label)
    );
    for key in ["font-family", "font-stretch"] {
        if let Some(value) = attribute(head, key) {
            let _ = write!(out, " {key}=\"{}\"", escape(value));
        }
    }
    out.push('>');
    // Names inside a drawing must not meet those of another drawing in the same page.
    let own = body
        .replace(" id=\"", &format!(" id=\"{name}-"))
        .replace("url(#", &format!("url(#{name}-"))
        .replace("href=\"#", &format!("href=\"#{name}-"));
    Ok(out + &own)
}

fn attribute<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {key}=\""))? + key.len() + 3;
    tag[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_keeps_its_typeface_its_size_and_names_of_its_own() {
        let svg = "<?xml version=\"1.0\"?>\n<svg width=\"20pt\" height=\"10pt\" font-family=\"'A B', c\" xmlns=\"x\">\n\
                   <circle id=\"a\" r=\"1\" clip-path=\"url(#a)\"/>\n</svg>\n";
        let found = inline_svg(svg, "fig3", "Errors & more").unwrap();
        let expected = "<svg viewBox=\"0 0 20 10\" style=\"max-width:36pt\" role=\"img\" aria-label=\"Errors &amp; more\" \
                        font-family=\"'A B', c\">\n<circle id=\"fig3-a\" r=\"1\" clip-path=\"url(#fig3-a)\"/>\n</svg>\n";
        assert_eq!(found.replace("&#39;", "'"), expected);
    }

    #[test]
    fn what_is_no_svg_is_refused() {
        for text in ["", "<svg width=\"1\"></svg>", "<svg width=\"1\" height=\"1\">\n<rect"] {
            assert!(inline_svg(text, "fig1", "x").is_err(), "{text}");
        }
    }
}
