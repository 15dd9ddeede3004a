//! Promise: the estimates of what the theorem rests on agree with what is known in closed form.

use sparling::config::load;
use sparling::domain::Domain;
use sparling::domain::digit_circle::{DigitCircle, DigitCircleConfig};
use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use sparling::eval::{Estimate, Geometry, Method, assumptions, share_interval};

/// The paper's model on DigitCircle: sees 17×17 pixels, map 10×100×100.
const PAPER: Geometry = Geometry { receptive_field: 17, cells: 100_000 };

fn contains(estimate: Estimate, value: f64) -> bool {
    estimate.interval.is_some_and(|i| (i.low..=i.high).contains(&value))
}

#[test]
fn digit_circle_agrees_with_its_closed_forms() {
    let domain = DigitCircle::new(DigitCircleConfig::default()).unwrap();
    let found = assumptions(&domain, PAPER, 2000, 0).unwrap();
    // Uniform in 3..=6: mean 4.5, variance 1.25, so a mean of 2000 is within 5·0.025.
    assert!((found.motifs.value - 4.5).abs() < 0.125, "{found:?}");
    let width = found.motifs.interval.map(|i| i.high - i.low).unwrap();
    assert!((width - 2.0 * 1.96 * 0.025).abs() < 0.02, "{found:?}");
    assert!((found.minimum_density.value - found.motifs.value / 1e5).abs() < 1e-12, "{found:?}");
    assert_eq!((found.motifs.method, found.motifs.draws), (Method::Bootstrap, 2000));
    // Stamps have 12 rows and 7 to 9 columns.
    assert_eq!(found.sides, Some([12, 12, 12]));
    assert_eq!(found.local.unwrap().value, 1.0);
    // A circle with a digit less is another output, always; never undefined.
    let dropped = found.dropped_changes.unwrap();
    assert_eq!((dropped.value, dropped.draws, dropped.method), (1.0, 2000, Method::Wilson));
    assert!((dropped.interval.unwrap().low - 2000.0 / 2_003.841_459).abs() < 1e-9, "{dropped:?}");
    assert_eq!(found.dropped_undefined.unwrap().value, 0.0);
    assert_eq!(found.swapped_changes.unwrap().value, 1.0);
    // Another of the nine kinds is another digit of the sample with probability (n − 1)/9: 3.5/9 on average.
    assert!((found.swapped_undefined.unwrap().value - 3.5 / 9.0).abs() < 0.055, "{found:?}");

    let short = Geometry { receptive_field: 11, ..PAPER };
    assert_eq!(
        assumptions(&domain, short, 50, 0).unwrap().local.unwrap().value,
        0.0,
        "11 pixels do not hold 12"
    );
}

#[test]
fn estimates_are_a_function_of_their_seed_and_refuse_no_samples() {
    let domain = DigitCircle::new(DigitCircleConfig::default()).unwrap();
    let of = |seed| assumptions(&domain, PAPER, 100, seed).unwrap();
    assert_eq!(of(3), of(3));
    let error = assumptions(&domain, PAPER, 0, 0).unwrap_err().to_string();
    assert!(error.contains("samples: found 0"), "{error}");
    assert_eq!(assumptions(&domain, PAPER, 1, 0).unwrap().motifs.interval, None, "one sample has no spread");
}

/// Formulas of one token are one symbol: dropping it leaves nothing, and of the 19 other kinds 15 are symbols.
#[test]
fn single_symbols_agree_with_their_closed_forms() {
    let config = LatexOcrConfig { min_length: 1, max_length: 1, ..LatexOcrConfig::default() };
    let domain = LatexOcr::new(config).unwrap();
    let found = assumptions(&domain, Geometry { receptive_field: 65, cells: 1000 }, 1000, 0).unwrap();
    assert_eq!((found.motifs.value, domain.mean_motifs()), (1.0, 1.0));
    assert_eq!(found.dropped_undefined.unwrap().value, 1.0);
    assert_eq!(found.dropped_changes.unwrap().value, 0.0);
    assert_eq!(found.swapped_changes.unwrap().value, 1.0);
    let undefined = found.swapped_undefined.unwrap();
    // 4/19 with a standard deviation of 0.0129.
    assert!((undefined.value - 4.0 / 19.0).abs() < 5.0 * 0.0129, "{undefined:?}");
}

#[test]
fn formulas_have_the_grammars_mean() {
    let domain = LatexOcr::new(LatexOcrConfig::default()).unwrap();
    let found = assumptions(&domain, Geometry { receptive_field: 65, cells: 1 }, 500, 1).unwrap();
    // Standard deviation 5.38 motifs a sample (the domain's documentation).
    assert!((found.motifs.value - domain.mean_motifs()).abs() < 5.0 * 5.38 / 500_f64.sqrt(), "{found:?}");
    assert!(contains(found.local.unwrap(), found.local.unwrap().value));
    let [median, most, longest] = found.sides.unwrap();
    assert!(median <= most && most <= longest && longest <= 360);
}

#[test]
fn wilsons_interval_is_that_of_the_textbook() {
    assert_eq!(share_interval(0, 0), None);
    // 8 of 10: centre (0.8 + 1.92073/10)/1.384146, by hand 0.4902 to 0.9433.
    let i = share_interval(8, 10).unwrap();
    assert!((i.low - 0.490_16).abs() < 1e-4 && (i.high - 0.943_31).abs() < 1e-4, "{i:?}");
    let none = share_interval(0, 100).unwrap();
    assert!(none.low == 0.0 && (none.high - 3.841_459 / 103.841_459).abs() < 1e-6, "{none:?}");
}

#[test]
fn the_papers_settings_give_the_geometry_of_the_paper() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let config = load(&file, "paper", &[]).unwrap();
    assert_eq!(Geometry::of(&config).unwrap(), PAPER);
}
