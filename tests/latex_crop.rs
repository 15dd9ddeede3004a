//! Formulas larger than the frame: cut in the middle, counted, and rare enough.

use std::path::Path;

use sparling::config::{DomainConfig, load};
use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use sparling::domain::{Domain as _, Split};

fn domain(config: LatexOcrConfig) -> LatexOcr {
    LatexOcr::new(config).expect("a valid configuration")
}

/// A larger frame by an even number of pixels shows the same picture with more around it.
#[test]
fn the_frame_is_a_window_in_the_middle() {
    let (wide, high) = (1600, 600);
    // Smaller than the paper's, so that many are cut.
    let (width, height) = (160, 60);
    let small = domain(LatexOcrConfig { width, height, noise: 0.0, ..LatexOcrConfig::default() });
    let large = domain(LatexOcrConfig { width: wide, height: high, noise: 0.0, ..LatexOcrConfig::default() });
    let (left, top) = ((wide - width) / 2, (high - height) / 2);
    let (mut cropped, mut lost) = (0, 0);
    for index in 0..1000 {
        let formula = small.formula(Split::Train, index).expect("a formula");
        let (part, whole) = (small.sample(Split::Train, index), large.sample(Split::Train, index));
        let (part, whole) = (part.expect("a sample"), whole.expect("a sample"));
        assert_eq!(part.target, whole.target, "a cut formula's target stays whole");
        for y in 0..height {
            let start = (top + y) * wide + left;
            assert_eq!(part.input[y * width..][..width], whole.input[start..][..width], "{index}: row {y}");
        }
        assert_eq!(part.motifs.len() + formula.lost, whole.motifs.len());
        if small.is_cropped(&formula) {
            cropped += 1;
            lost += formula.lost;
        } else {
            assert_eq!(formula.lost, 0, "{index}");
            for (inside, outside) in part.motifs.iter().zip(&whole.motifs) {
                assert_eq!(inside.kind, outside.kind);
                // Padding may be clipped by the edge of the smaller frame.
                assert_eq!(inside.top, (outside.top).saturating_sub(top), "{index}");
                assert_eq!(inside.left, (outside.left).saturating_sub(left), "{index}");
                assert_eq!(inside.bottom, (outside.bottom - top).min(height), "{index}");
                assert_eq!(inside.right, (outside.right - left).min(width), "{index}");
            }
        }
    }
    assert!(cropped > 100 && lost > 100, "{cropped} formulas were cut, {lost} motifs lost: too few to test");
}

/// A motif that is lost shows no ink; one that is kept does.
#[test]
fn motifs_that_the_frame_does_not_show_are_left_out() {
    let config = LatexOcrConfig { width: 40, height: 24, noise: 0.0, ..LatexOcrConfig::default() };
    let domain = domain(config);
    let mut lost = 0;
    for index in 0..500 {
        let sample = domain.sample(Split::Train, index).expect("a sample");
        lost += domain.formula(Split::Train, index).expect("a formula").lost;
        for motif in &sample.motifs {
            let rows = motif.top..motif.bottom;
            let mut row = rows.map(|y| &sample.input[y * 40 + motif.left..y * 40 + motif.right]);
            assert!(row.any(|row| row.contains(&0.0)), "{index}: {motif:?} shows nothing");
        }
    }
    assert!(lost > 1000, "{lost}");
}

/// The shares that the documentation and the scales state, over 10,000 training samples.
#[test]
fn few_formulas_are_larger_than_the_frame() {
    const SAMPLES: u64 = 10_000;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/latex-ocr/sparling.toml");
    // At most: of formulas cut, of motifs lost.
    for (scale, cut, unseen) in [("paper", 0.01, 0.001), ("laptop", 0.02, 0.005), ("smoke", 0.0, 0.0)] {
        let config = load(&file, scale, &[]).expect("the experiment").domain;
        let DomainConfig::LatexOcr(config) = config else { panic!("another domain") };
        let domain = domain(config);
        let (mut cropped, mut lost, mut motifs) = (0u64, 0, 0);
        for index in 0..SAMPLES {
            let formula = domain.formula(Split::Train, index).expect("a formula");
            cropped += u64::from(domain.is_cropped(&formula));
            lost += formula.lost;
            motifs += formula.lost + formula.motifs.len();
        }
        let (cropped, lost) = (cropped as f64 / SAMPLES as f64, lost as f64 / motifs as f64);
        let mean = motifs as f64 / SAMPLES as f64;
        eprintln!(
            "{scale}: {:.2} % of formulas cut, {:.2} % of {mean:.3} motifs lost",
            cropped * 100.0,
            lost * 100.0
        );
        assert!(cropped <= cut && lost <= unseen, "{scale}: {cropped} cut, {lost} of the motifs lost");
    }
    let domain = domain(LatexOcrConfig::default());
    let remark = domain.remark(Split::Train, 0..100).expect("formulas").expect("a remark");
    assert!(remark.contains("of 100 formulas are larger than 360×120 pixels"), "{remark}");
}
