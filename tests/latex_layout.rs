//! Every motif is where its token says: the order of the layout is the order of the tokens, and
//! scripts, parentheses and fractions lie as they must.

use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use sparling::domain::{Domain as _, Motif, Split};

/// A frame that nothing is cut by: the paper's type, the largest formula seen is far smaller.
fn roomy() -> LatexOcr {
    let config = LatexOcrConfig { width: 1600, height: 600, noise: 0.0, ..LatexOcrConfig::default() };
    LatexOcr::new(config).expect("a valid configuration")
}

/// Name of the motif that a token stands for, if any.
fn motif_of(token: &str) -> Option<&str> {
    match token {
        "PAREN(" => Some("("),
        "PAREN)" => Some(")"),
        "FRAC)" => Some("FRACBAR"),
        _ => (token.len() == 1).then_some(token),
    }
}

fn middle(motif: &Motif) -> (f64, f64) {
    ((motif.top + motif.bottom) as f64 / 2.0, (motif.left + motif.right) as f64 / 2.0)
}

#[derive(Default)]
struct Seen {
    scripts: usize,
    parentheses: usize,
    fractions: usize,
}

/// Walks the tokens with a stack of what is open and checks every construct as it closes.
fn check(names: &[&str], motifs: &[Motif], seen: &mut Seen) {
    let mut rest = motifs.iter();
    let mut done: Vec<Motif> = Vec::new();
    // For each open construct: the motifs done when it opened, and at its middle.
    let mut open: Vec<[usize; 2]> = Vec::new();
    for &name in names {
        if motif_of(name).is_some() {
            done.push(*rest.next().expect("a motif for every visible token"));
        }
        match name {
            "FRAC(" | "SUP(" | "SUB(" | "PAREN(" => open.push([done.len(), 0]),
            "FRACMID" => open.last_mut().expect("a fraction")[1] = done.len(),
            "SUP)" | "SUB)" => {
                let [from, _] = open.pop().expect("a script");
                let (base, script) = (&done[from - 1], &done[from]);
                let ((base_y, base_x), (script_y, script_x)) = (middle(base), middle(script));
                assert!(base_x < script_x, "{names:?}: a script stands right of its base");
                assert_eq!(name == "SUP)", script_y < base_y, "{names:?}: above or below its base");
                seen.scripts += 1;
            }
            "PAREN)" => {
                let [from, _] = open.pop().expect("a parenthesis");
                let (left, right) = (&done[from - 1], &done[done.len() - 1]);
                assert!(middle(left).1 < middle(right).1);
                for inner in &done[from..done.len() - 1] {
                    let column = middle(inner).1;
                    let between = middle(left).1 < column && column < middle(right).1;
                    assert!(between, "{names:?}: the body stands between its parentheses");
                }
                // Their outlines may touch a row that the other's does not.
                let alike = left.top.abs_diff(right.top) <= 1 && left.bottom.abs_diff(right.bottom) <= 1;
                assert!(alike, "{names:?}: both grow alike");
                seen.parentheses += 1;
            }
            "FRAC)" => {
                let [from, half] = open.pop().expect("a fraction");
                let (bar, row) = (&done[done.len() - 1], middle(&done[done.len() - 1]).0);
                for (i, inner) in done[from..done.len() - 1].iter().enumerate() {
                    let above = from + i < half;
                    assert_eq!(above, middle(inner).0 < row, "{names:?}: above or below the bar");
                    let over = bar.left <= inner.left + 3 && inner.right <= bar.right + 3;
                    assert!(over, "{names:?}: {inner:?} is not within the width of {bar:?}");
                }
                seen.fractions += 1;
            }
            _ => {}
        }
    }
    assert!(rest.next().is_none(), "{names:?}: a motif without a token");
}

#[test]
fn motifs_follow_the_tokens_and_lie_where_these_say() {
    let domain = roomy();
    let mut seen = Seen::default();
    for index in 0..3000 {
        let sample = domain.sample(Split::Train, index).expect("a formula in the order of its tokens");
        let names: Vec<_> = sample.target.iter().map(|&t| domain.vocabulary()[t as usize].as_str()).collect();
        let expected: Vec<_> = names.iter().filter_map(|name| motif_of(name)).collect();
        let found: Vec<_> = sample.motifs.iter().map(|m| domain.motif_kinds()[m.kind].as_str()).collect();
        assert_eq!(found, expected, "formula {index}: {}", domain.written(&sample.target));
        check(&names, &sample.motifs, &mut seen);
    }
    assert!(seen.scripts > 1000 && seen.parentheses > 1000 && seen.fractions > 1000, "nothing was tested");
}

/// Main and Size1 are the only parentheses: boxes of two heights at full size (as TeX has them,
/// 1 em and 1.2 em high), less in small fractions.
#[test]
fn parentheses_are_single_glyphs_of_two_sizes() {
    let domain = roomy();
    let parenthesis = |m: &&Motif| m.kind < 2;
    let mut tallest = 0;
    for index in 0..3000 {
        let formula = domain.formula(Split::Test, index).expect("a formula");
        for motif in formula.motifs.iter().filter(parenthesis) {
            tallest = tallest.max(motif.bottom - motif.top);
        }
    }
    // 1.2 em of 27.674 pixels are 33.2, which touch 34 or 35 rows; padded by 2 pixels on both
    // sides. The next size would be 1.8 em.
    assert!((37..=39).contains(&tallest), "{tallest}");
}
