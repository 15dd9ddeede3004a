//! Layout by RaTeX, with parentheses of TeX's sizes.
//!
//! RaTeX never makes a parenthesis smaller than what it encloses, so that nested ones would grow
//! with every level. TeX asks for 0.901 of it: a parenthesis around another, which is centred on
//! the same axis, comes out as high as that one. Hence every parenthesis is as high as its body
//! would need without any parentheses in it, and that is what RaTeX is told here. In this grammar,
//! where no fraction stands in parentheses, that is 1 em, or 1.2 em around scripts.

use anyhow::{Result, anyhow};
use ratex_layout::{LayoutOptions, layout, to_display_list};
use ratex_parser::{Mode, ParseNode};
use ratex_types::display_item::DisplayItem;

/// Glyphs and bars of a formula in display style, in em, y downwards.
///
/// # Errors
/// When RaTeX cannot read it.
pub(super) fn lay_out(latex: &str) -> Result<Vec<DisplayItem>> {
    let mut tree = ratex_parser::parse(latex).map_err(|error| anyhow!("{error}"))?;
    hide_inner_parentheses(&mut tree, false);
    Ok(to_display_list(&layout(&tree, &LayoutOptions::default())).items)
}

/// Makes every parenthesis that is `within` another count, for the other, as what is in it.
fn hide_inner_parentheses(nodes: &mut [ParseNode], within: bool) {
    for node in nodes {
        match node {
            ParseNode::OrdGroup { body, .. } => hide_inner_parentheses(body, within),
            ParseNode::GenFrac { numer, denom, .. } => {
                for part in [numer, denom] {
                    hide_inner_parentheses(std::slice::from_mut(part), within);
                }
            }
            ParseNode::LeftRight { body, .. } => {
                let flat = without_parentheses(body);
                hide_inner_parentheses(body, true);
                if within {
                    let paren = std::mem::replace(node, group(Vec::new()));
                    *node = of_height(paren, flat);
                }
            }
            _ => {}
        }
    }
}

/// The nodes of a line with those of its parentheses' bodies in their place.
fn without_parentheses(nodes: &[ParseNode]) -> Vec<ParseNode> {
    let mut flat = Vec::new();
    for node in nodes {
        match node {
            ParseNode::LeftRight { body, .. } => flat.extend(without_parentheses(body)),
            other => flat.push(other.clone()),
        }
    }
    flat
}

/// `paren` with the height and depth of `flat`: \mathinner{\smash{{paren}}\vphantom{flat}}. The
/// class of its atom, and so the space around it, stays that of \left … \right.
fn of_height(paren: ParseNode, flat: Vec<ParseNode>) -> ParseNode {
    let smashed = ParseNode::Smash {
        mode: Mode::Math,
        body: Box::new(group(vec![paren])),
        smash_height: true,
        smash_depth: true,
        loc: None,
    };
    let strut = ParseNode::VPhantom { mode: Mode::Math, body: Box::new(group(flat)), loc: None };
    ParseNode::MClass {
        mode: Mode::Math,
        mclass: "minner".into(),
        body: vec![smashed, strut],
        is_character_box: false,
        loc: None,
    }
}

fn group(body: Vec<ParseNode>) -> ParseNode {
    ParseNode::OrdGroup { mode: Mode::Math, body, semisimple: None, loc: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fonts of the parentheses in the order of the layout.
    fn parentheses(latex: &str) -> Vec<String> {
        let items = lay_out(latex).unwrap().into_iter();
        items
            .filter_map(|item| match item {
                DisplayItem::GlyphPath { font, char_code: 0x28 | 0x29, .. } => Some(font),
                _ => None,
            })
            .collect()
    }

    /// Around a script TeX takes the second parenthesis, 1.2 em, and keeps it at every level.
    #[test]
    fn nested_parentheses_do_not_grow() {
        let nested = |levels: usize, body: &str| {
            parentheses(&format!("{}{body}{}", "\\left(".repeat(levels), "\\right)".repeat(levels)))
        };
        for levels in [1, 2, 14, 29] {
            assert_eq!(nested(levels, "x^{2}"), vec!["Size1-Regular"; 2 * levels]);
            assert_eq!(nested(levels, "1+c"), vec!["Main-Regular"; 2 * levels]);
        }
        let mixed = parentheses("\\left(\\left(1\\right)+x^{2}\\right)");
        assert_eq!(mixed, ["Size1-Regular", "Main-Regular", "Main-Regular", "Size1-Regular"]);
    }

    /// Where nothing grows, every glyph stays where RaTeX alone has it.
    #[test]
    fn hidden_parentheses_keep_all_places() {
        let latex = "\\frac{\\left(1\\left(2+a\\right)3+\\left(b\\right)\\right)}{4}";
        let plain = ratex_parser::parse(latex).unwrap();
        let plain = to_display_list(&layout(&plain, &LayoutOptions::default())).items;
        let place = |item: &DisplayItem| match item {
            DisplayItem::GlyphPath { x, y, .. } | DisplayItem::Line { x, y, .. } => (*x, *y),
            _ => panic!("{item:?}"),
        };
        let ours = lay_out(latex).unwrap();
        assert_eq!(ours.len(), plain.len());
        for (a, b) in ours.iter().map(place).zip(plain.iter().map(place)) {
            assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{a:?} {b:?}");
        }
    }
}
