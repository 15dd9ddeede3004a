//! Boxes hold the ink and the ink lies in boxes.

use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use sparling::domain::{Domain as _, Motif, Split};

fn clean(width: usize, height: usize, pixels_per_em: f64) -> LatexOcr {
    let config = LatexOcrConfig { width, height, pixels_per_em, noise: 0.0, ..LatexOcrConfig::default() };
    LatexOcr::new(config).expect("a valid configuration")
}

/// Whether `area` = (rows, columns) has a black pixel.
fn black(input: &[f32], width: usize, rows: [usize; 2], columns: [usize; 2]) -> bool {
    (rows[0]..rows[1]).any(|y| input[y * width + columns[0]..y * width + columns[1]].contains(&0.0))
}

#[test]
fn every_black_pixel_lies_in_a_box() {
    for (width, height, pixels_per_em) in [(1600, 600, 27.674), (360, 120, 27.674), (160, 64, 20.0)] {
        let domain = clean(width, height, pixels_per_em);
        for index in 0..1000 {
            let sample = domain.sample(Split::Train, index).expect("a sample");
            let mut left = sample.input.clone();
            for motif in &sample.motifs {
                for y in motif.top..motif.bottom {
                    left[y * width + motif.left..y * width + motif.right].fill(1.0);
                }
            }
            let stray = left.iter().position(|&value| value == 0.0);
            let text = domain.written(&sample.target);
            assert!(stray.is_none(), "{text}: pixel {stray:?} is in no box");
        }
    }
}

/// Without the padding of 2 pixels a box is tight: its outermost rows and columns hold ink.
#[test]
fn every_box_is_tight_around_ink_of_its_own() {
    let (width, height) = (1600, 600);
    let domain = clean(width, height, 27.674);
    let mut boxes = 0;
    for index in 0..1000 {
        let sample = domain.sample(Split::Validation, index).expect("a sample");
        for &Motif { kind, top, left, bottom, right } in &sample.motifs {
            let (rows, columns) = ([top + 2, bottom - 2], [left + 2, right - 2]);
            let sides = [
                ([rows[0], rows[0] + 1], columns),
                ([rows[1] - 1, rows[1]], columns),
                (rows, [columns[0], columns[0] + 1]),
                (rows, [columns[1] - 1, columns[1]]),
            ];
            for (rows, columns) in sides {
                let kind = &domain.motif_kinds()[kind];
                let text = domain.written(&sample.target);
                assert!(black(&sample.input, width, rows, columns), "{kind} in {text}: {rows:?} {columns:?}");
            }
            boxes += 1;
        }
    }
    assert!(boxes > 9000, "{boxes}");
}

/// The ink's box is in the middle, to the pixel that an odd remainder leaves over.
#[test]
fn formulas_are_centred() {
    let (width, height) = (1600, 600);
    let domain = clean(width, height, 27.674);
    for index in 0..200 {
        let sample = domain.sample(Split::Test, index).expect("a sample");
        let inked = |y: usize, x: usize| sample.input[y * width + x] == 0.0;
        let row = |y: usize| (0..width).any(|x| inked(y, x));
        let column = |x: usize| (0..height).any(|y| inked(y, x));
        let first = (0..height).position(row).expect("ink");
        let after = height - 1 - (0..height).rposition(row).expect("ink");
        assert!(after.abs_diff(first) <= 1, "{index}: {first} rows above, {after} below");
        let first = (0..width).position(column).expect("ink");
        let after = width - 1 - (0..width).rposition(column).expect("ink");
        assert!(after.abs_diff(first) <= 1, "{index}: {first} columns before, {after} after");
    }
}
