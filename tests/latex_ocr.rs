//! LaTeX-OCR: a sample is a function of its address, has the promised shapes, and impossible
//! settings are refused.

mod sample_checks;

use std::collections::HashSet;

use sample_checks::{SPLITS, assert_a_sample_depends_on_its_address_only, hash};
use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use sparling::domain::{Domain as _, Split};

fn paper() -> LatexOcr {
    LatexOcr::new(LatexOcrConfig::default()).expect("the defaults are valid")
}

fn with(change: impl FnOnce(&mut LatexOcrConfig)) -> LatexOcr {
    let mut config = LatexOcrConfig::default();
    change(&mut config);
    LatexOcr::new(config).expect("a valid configuration")
}

#[test]
fn a_sample_depends_on_its_address_only() {
    assert_a_sample_depends_on_its_address_only(&paper());
}

/// A change of these is a change of everybody's data: results of older runs no longer hold.
#[test]
fn samples_are_those_of_earlier_versions() {
    let domain = paper();
    let mut found: Vec<_> = [
        (Split::Train, 0),
        (Split::Train, 1),
        (Split::Validation, 0),
        (Split::Test, 0),
        (Split::Test, u64::MAX),
    ]
    .map(|(split, index)| hash(&domain.sample(split, index).expect("a sample")))
    .into();
    for domain in [with(|config| config.seed = 1), with(|config| config.max_length = 4)] {
        found.push(hash(&domain.sample(Split::Train, 0).expect("a sample")));
    }
    assert_eq!(found, GOLDEN);
}

const GOLDEN: [&str; 7] = [
    "3b7b99e6f2095f04",
    "f83816e6016a7e30",
    "220ad1fc59fef0d3",
    "36a78db48dfd2c9c",
    "59c9d5e06a7ada52",
    "dc98df3390f39689",
    "952c44702940c8eb",
];

/// Formulas of one or two tokens do repeat; their noise does not.
#[test]
fn splits_seeds_and_indices_share_no_sample() {
    let mut seen = HashSet::new();
    let mut drawn = 0;
    for seed in [0, 1] {
        let domain = with(|config| config.seed = seed);
        for split in SPLITS {
            for index in 0..200 {
                seen.insert(hash(&domain.sample(split, index).expect("a sample")));
                drawn += 1;
            }
        }
    }
    assert_eq!(seen.len(), drawn);
}

#[test]
fn shapes_and_names_are_what_the_trait_promises() {
    let domain = paper();
    assert_eq!(domain.name(), "latex-ocr");
    assert_eq!(domain.input_shape(), [1, 120, 360]);
    assert_eq!(domain.max_target_len(), 30);
    assert_eq!(domain.vocabulary().len(), 26);
    assert_eq!(domain.motif_kinds().join(" "), "( ) + 0 1 2 3 4 5 6 7 8 9 a b c x y z FRACBAR");
    let inferable: Vec<_> =
        domain.inferable_kinds().iter().map(|&k| domain.motif_kinds()[k].as_str()).collect();
    assert_eq!(inferable, ["(", ")", "+", "FRACBAR"]);
    for index in 0..100 {
        let sample = domain.sample(Split::Train, index).expect("a sample");
        assert_eq!(sample.input.len(), 120 * 360);
        assert!(sample.input.iter().all(|&v| v == 0.0 || v == 1.0));
        assert!((1..=30).contains(&sample.target.len()));
        assert!(sample.target.iter().all(|&token| token < 26));
        for motif in &sample.motifs {
            assert!(motif.top < motif.bottom && motif.bottom <= 120, "{motif:?}");
            assert!(motif.left < motif.right && motif.right <= 360, "{motif:?}");
        }
    }
}

#[test]
fn tokens_are_written_as_latex() {
    let domain = paper();
    let index = |name: &str| domain.vocabulary().iter().position(|n| n == name).expect(name) as u32;
    let tokens = ["FRAC(", "x", "SUP(", "2", "SUP)", "FRACMID", "PAREN(", "a", "+", "1", "PAREN)", "FRAC)"];
    assert_eq!(domain.written(&tokens.map(index)), "\\frac{x^{2}}{\\left(a+1\\right)}");
    // What a model answers need not be a formula, nor all of it tokens.
    assert_eq!(domain.written(&[index("SUB)"), 99, index("+")]), "}+");
}

/// A white pixel stays white with probability 1 − noise and black stays black, so over the white
/// pixels of the clean image the black share is binomial: five standard deviations.
#[test]
fn noise_blackens_with_its_probability_and_never_whitens() {
    for noise in [0.0, 0.25, 0.6, 1.0] {
        let (clean, noisy) = (with(|config| config.noise = 0.0), with(|config| config.noise = noise));
        let (mut white, mut blackened) = (0u64, 0u64);
        for index in 0..40 {
            let before = clean.sample(Split::Validation, index).expect("a sample");
            let after = noisy.sample(Split::Validation, index).expect("a sample");
            assert_eq!((&before.target, &before.motifs), (&after.target, &after.motifs));
            for (&before, &after) in before.input.iter().zip(&after.input) {
                assert!(after <= before, "noise only blackens");
                white += u64::from(before == 1.0);
                blackened += u64::from(before == 1.0 && after == 0.0);
            }
        }
        let found = blackened as f64 / white as f64;
        let tolerance = 5.0 * (noise * (1.0 - noise) / white as f64).sqrt();
        assert!((found - noise).abs() <= tolerance, "{noise}: {found}");
    }
}

#[test]
fn settings_are_read_by_their_names_and_nothing_else_is() {
    let config: LatexOcrConfig = toml::from_str(
        "seed = 7\nwidth = 200\nheight = 80\nmin-length = 2\nmax-length = 9\npixels-per-em = 20.0\n\
         threshold = 0.5\nnoise = 0.1",
    )
    .expect("all keys");
    let expected = LatexOcrConfig {
        seed: 7,
        width: 200,
        height: 80,
        min_length: 2,
        max_length: 9,
        pixels_per_em: 20.0,
        threshold: 0.5,
        noise: 0.1,
    };
    assert_eq!(config, expected);
    assert_eq!(toml::from_str::<LatexOcrConfig>("").expect("no key"), LatexOcrConfig::default());
    assert!(toml::from_str::<LatexOcrConfig>("size = 3").is_err());
}

#[test]
fn impossible_settings_name_key_found_and_expected() {
    for (setting, key, needle) in [
        ("width = 0", "width", "found 0, expected 1 to 4096 pixels"),
        ("height = 5000", "height", "found 5000, expected 1 to 4096 pixels"),
        ("min-length = 0", "min-length", "found 0, expected 1 to 60 tokens"),
        ("max-length = 61", "max-length", "found 61"),
        ("min-length = 31", "min-length", "found 31, expected at most domain.max-length, which is 30"),
        ("pixels-per-em = 7.9", "pixels-per-em", "found 7.9, expected 8 to 400"),
        ("pixels-per-em = nan", "pixels-per-em", "found NaN"),
        ("threshold = 1.0", "threshold", "found 1, expected a lightness"),
        ("threshold = nan", "threshold", "found NaN"),
        ("noise = 1.5", "noise", "found 1.5, expected a probability"),
        ("noise = nan", "noise", "found NaN"),
    ] {
        let config = toml::from_str(setting).expect("a setting");
        let message = LatexOcr::new(config).expect_err("an impossible setting").to_string();
        let names_key = message.starts_with(&format!("domain.{key}: "));
        assert!(names_key && message.contains(needle), "{setting}: {message}");
    }
}

#[test]
fn the_smallest_and_the_largest_configurations_draw() {
    type Change = fn(&mut LatexOcrConfig);
    let changes: [Change; 4] = [
        |config| (config.width, config.height) = (1, 1),
        |config| config.pixels_per_em = 8.0,
        |config| config.pixels_per_em = 400.0,
        |config| (config.min_length, config.max_length) = (60, 60),
    ];
    for change in changes {
        let domain = with(change);
        for index in 0..20 {
            let sample = domain.sample(Split::Train, index).expect("a sample");
            let [_, height, width] = domain.input_shape();
            assert!(sample.motifs.iter().all(|m| m.bottom <= height && m.right <= width));
        }
    }
}
