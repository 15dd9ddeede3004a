//! DigitCircle keeps the promises of paper section 5, sample for sample.

mod sample_checks;

use std::collections::HashSet;
use std::f64::consts::TAU;

use sample_checks::{SPLITS, assert_a_sample_depends_on_its_address_only, hash};
use sparling::domain::digit_circle::{DigitCircle, DigitCircleConfig, stamps};
use sparling::domain::{Domain as _, Split};

fn paper() -> DigitCircle {
    DigitCircle::new(DigitCircleConfig::default()).unwrap()
}

fn with(change: impl FnOnce(&mut DigitCircleConfig)) -> DigitCircle {
    let mut config = DigitCircleConfig::default();
    change(&mut config);
    DigitCircle::new(config).unwrap()
}

#[test]
fn a_sample_depends_on_its_address_only() {
    assert_a_sample_depends_on_its_address_only(&paper());
}

/// A change of these is a change of everybody's data: results of older runs no longer hold.
#[test]
fn samples_are_those_of_earlier_versions() {
    let domain = paper();
    let found: Vec<_> = [
        (Split::Train, 0),
        (Split::Train, 1),
        (Split::Validation, 0),
        (Split::Test, 0),
        (Split::Test, u64::MAX),
    ]
    .map(|(split, index)| hash(&domain.sample(split, index).unwrap()))
    .into();
    let seeded = with(|config| config.seed = 1).sample(Split::Train, 0).unwrap();
    let small = with(|config| (config.size, config.max_digits) = (75, 4)).sample(Split::Train, 0);
    let found: Vec<_> = found.into_iter().chain([hash(&seeded), hash(&small.unwrap())]).collect();
    assert_eq!(found, GOLDEN);
}

const GOLDEN: [&str; 7] = [
    "b5bb2f09c185fb4e",
    "c456e663d90d3eae",
    "b5b4d99a356f723b",
    "2c68f5de334e3e2b",
    "97a8a6110deadb35",
    "e739aa61c4dde7fd",
    "b02a4e8491d15ba7",
];

#[test]
fn splits_seeds_and_indices_share_no_sample() {
    let mut seen = HashSet::new();
    let mut drawn = 0;
    for seed in [0, 1] {
        let domain = with(|config| config.seed = seed);
        for split in SPLITS {
            for index in 0..300 {
                seen.insert(hash(&domain.sample(split, index).unwrap()));
                drawn += 1;
            }
        }
    }
    assert_eq!(seen.len(), drawn);
}

#[test]
fn shapes_and_names_are_what_the_trait_promises() {
    let domain = paper();
    assert_eq!(domain.name(), "digit-circle");
    assert_eq!(domain.input_shape(), [1, 100, 100]);
    assert_eq!(domain.max_target_len(), 6);
    assert_eq!(domain.vocabulary(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(domain.motif_kinds(), domain.vocabulary());
    // The theoretical minimum density of paper section 3.
    assert!((domain.mean_motifs() / (10.0 * 100.0 * 100.0) - 4.5e-5).abs() < 1e-12);
    for index in 0..50 {
        let sample = domain.sample(Split::Train, index).unwrap();
        assert_eq!(sample.input.len(), 10_000);
        assert!(sample.input.iter().all(|&v| v == 0.0 || v == 1.0));
        let kinds: Vec<_> = sample.motifs.iter().map(|motif| motif.kind as u32).collect();
        assert_eq!(kinds, sample.target);
    }
}

/// At a radius of 20 or more, rounding (half a pixel) and jitter (3 pixels) in both
/// directions turn a digit by less than asin(4.95/20) = 14.4°, and neighbours are at least 30°
/// apart: the angles of the boxes' own centres must give the output's order.
#[test]
fn targets_follow_the_boxes_clockwise_from_the_smallest_digit() {
    let domain = paper();
    for index in 0..5000 {
        let sample = domain.sample(Split::Test, index).unwrap();
        let layout = domain.layout(Split::Test, index);
        let (row, column) = layout.centre;
        let turns: Vec<_> = sample
            .motifs
            .iter()
            .map(|motif| {
                // The stamp's centre as it was placed: half of the side, rounded down.
                let y = (motif.top + (motif.bottom - motif.top) / 2) as f64 - row;
                let x = (motif.left + (motif.right - motif.left) / 2) as f64 - column;
                let distance = y.hypot(x);
                assert!((distance - layout.radius).abs() < 4.95 + 1e-9, "{index}: {distance}");
                y.atan2(x) / TAU
            })
            .collect();
        assert_eq!(sample.target[0], *sample.target.iter().min().unwrap());
        let since_first = turns.iter().map(|turn| (turn - turns[0]).rem_euclid(1.0));
        assert!(since_first.is_sorted_by(|a, b| a < b), "{index}: {turns:?}");
    }
}

#[test]
fn boxes_lie_inside_and_show_their_stamps_unless_overwritten() {
    // The layout does not depend on the noise, so these are the stamps before the flips.
    let clean = with(|config| config.flip_probability = 0.0);
    let mut overwritten = 0;
    for index in 0..2000 {
        let sample = clean.sample(Split::Train, index).unwrap();
        let layout = clean.layout(Split::Train, index);
        assert_eq!(layout, paper().layout(Split::Train, index));
        let motif_of = |digit| *sample.motifs.iter().find(|motif| motif.kind == digit).unwrap();
        for (order, placed) in layout.placed.iter().enumerate() {
            let motif = motif_of(placed.digit);
            let stamp = &stamps::embedded()[placed.digit];
            assert!(motif.bottom <= 100 && motif.right <= 100);
            assert_eq!((motif.top, motif.left), (placed.top, placed.left));
            assert_eq!(motif.bottom - motif.top, stamp.height());
            assert_eq!(motif.right - motif.left, stamp.width());
            for y in motif.top..motif.bottom {
                for x in motif.left..motif.right {
                    let hidden = layout.placed[order + 1..].iter().any(|later| {
                        let later = motif_of(later.digit);
                        (later.top..later.bottom).contains(&y) && (later.left..later.right).contains(&x)
                    });
                    let ink = f32::from(u8::from(stamp.ink(y - motif.top, x - motif.left)));
                    assert!(hidden || sample.input[y * 100 + x] == ink, "{index}: {y} {x}");
                    overwritten += usize::from(hidden);
                }
            }
        }
    }
    // Close neighbours on small circles do overlap; otherwise `hidden` was tested on nothing.
    assert!(overwritten > 100, "{overwritten}");
}

#[test]
fn a_buffer_of_the_wrong_size_is_refused() {
    let mut short = vec![0.0; 9_999];
    let error = paper().write_input(Split::Train, 0, &mut short).unwrap_err();
    assert!(error.to_string().contains("9999 values, expected 10000"), "{error}");
    let mut buffer = vec![7.0; 10_000];
    let layout = paper().write_input(Split::Train, 0, &mut buffer).unwrap();
    assert_eq!(buffer, paper().sample(Split::Train, 0).unwrap().input);
    assert_eq!(layout, paper().layout(Split::Train, 0));
}

#[test]
fn the_smallest_and_the_fullest_configurations_draw() {
    // 2 (20 + 3 + 12) + 1 pixels are the least for the paper's radius.
    type Change = fn(&mut DigitCircleConfig);
    let changes: [Change; 4] = [
        |config| config.size = 71,
        |config| (config.min_digits, config.max_digits) = (1, 10),
        |config| (config.min_digits, config.max_digits) = (10, 10),
        |config| (config.jitter, config.min_radius, config.size) = (0, 1, 27),
    ];
    for change in changes {
        let domain = with(change);
        for index in 0..200 {
            let sample = domain.sample(Split::Train, index).unwrap();
            let size = domain.config().size;
            assert!(sample.motifs.iter().all(|m| m.bottom <= size && m.right <= size));
            let n = domain.config().min_digits..=domain.config().max_digits;
            assert!(n.contains(&sample.target.len()));
        }
    }
}

#[test]
fn settings_are_read_by_their_names_and_nothing_else_is() {
    let config: DigitCircleConfig = toml::from_str(
        "seed = 7\nkinds = 6\nsize = 64\nmin-digits = 2\nmax-digits = 5\nmin-radius = 10\njitter = 1\n\
         flip-probability = 0.1\nbackground-ratio = 1.0",
    )
    .unwrap();
    let expected = DigitCircleConfig {
        seed: 7,
        kinds: 6,
        size: 64,
        min_digits: 2,
        max_digits: 5,
        min_radius: 10,
        jitter: 1,
        flip_probability: 0.1,
        background_ratio: 1.0,
    };
    assert_eq!(config, expected);
    assert_eq!(toml::from_str::<DigitCircleConfig>("").unwrap(), DigitCircleConfig::default());
    assert!(toml::from_str::<DigitCircleConfig>("radius = 3").is_err());
}

/// Only the first `kinds` digits are drawn, each of them, and only they are kinds, tokens and swaps.
#[test]
fn fewer_kinds_are_the_first_digits() {
    let config = DigitCircleConfig { kinds: 4, min_digits: 1, max_digits: 4, ..Default::default() };
    let domain = DigitCircle::new(config).unwrap();
    let names = ["0", "1", "2", "3"];
    assert_eq!(
        (domain.motif_kinds(), domain.vocabulary()),
        (&names.map(String::from)[..], &names.map(String::from)[..])
    );
    let mut seen = [0; 10];
    for index in 0..200 {
        let sample = domain.sample(Split::Train, index).unwrap();
        sample.motifs.iter().for_each(|motif| seen[motif.kind] += 1);
        assert_eq!(domain.target_if_swapped(&sample, 0, 4), None, "4 is no kind");
    }
    assert!(seen[..4].iter().all(|&count| count > 50), "{seen:?}");
    assert_eq!(seen[4..], [0; 6]);
}

#[test]
fn impossible_settings_name_key_found_and_expected() {
    for (setting, key, needle) in [
        ("size = 70", "size", "found 70, expected at least 71"),
        ("size = 5000", "size", "found 5000, expected at most 4096"),
        ("jitter = 30", "size", "domain.jitter = 30"),
        ("jitter = 9223372036854775807", "jitter", "at most 4096"),
        ("min-radius = 0", "min-radius", "found 0"),
        ("min-radius = 9223372036854775807", "min-radius", "1 to 4096"),
        ("kinds = 0", "kinds", "found 0, expected 1 to 10"),
        ("kinds = 11", "kinds", "found 11, expected 1 to 10"),
        ("min-digits = 0", "min-digits", "found 0, expected 1 to domain.kinds = 10"),
        ("max-digits = 11", "max-digits", "found 11, expected 1 to domain.kinds = 10"),
        ("kinds = 5", "max-digits", "found 6, expected 1 to domain.kinds = 5"),
        ("max-digits = 2", "min-digits", "found 3, expected at most domain.max-digits, which is 2"),
        ("flip-probability = 1.5", "flip-probability", "found 1.5"),
        ("flip-probability = nan", "flip-probability", "found NaN"),
        ("flip-probability = -0.1", "flip-probability", "found -0.1"),
        ("background-ratio = -1", "background-ratio", "found -1"),
        ("background-ratio = 9.0", "background-ratio", "found 9"),
        ("background-ratio = nan", "background-ratio", "found NaN"),
    ] {
        let config = toml::from_str(setting).unwrap();
        let message = DigitCircle::new(config).unwrap_err().to_string();
        let names_key = message.starts_with(&format!("domain.{key}: "));
        assert!(names_key && message.contains(needle), "{setting}: {message}");
    }
}
