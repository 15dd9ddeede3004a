//! The random quantities of DigitCircle have the distributions of paper section 5.

use std::collections::{HashMap, HashSet};

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

/// Five standard deviations of a binomial share: a right generator exceeds them once in
/// 1.7 million tests, and the tests' seeds are fixed.
fn tolerance(probability: f64, trials: usize) -> f64 {
    5.0 * (probability * (1.0 - probability) / trials as f64).sqrt()
}

/// n is uniform in 3..=6, and so are the digits: each share is binomial over the samples.
#[test]
fn numbers_and_digits_are_uniform() {
    const SAMPLES: usize = 20_000;
    let domain = paper();
    let (mut lengths, mut digits, mut ordered) = ([0; 11], [0; 10], HashMap::new());
    for index in 0..SAMPLES as u64 {
        let layout = domain.layout(Split::Train, index);
        lengths[layout.placed.len()] += 1;
        let distinct: HashSet<_> = layout.placed.iter().map(|placed| placed.digit).collect();
        assert_eq!(distinct.len(), layout.placed.len());
        for digit in distinct {
            digits[digit] += 1;
        }
        // Order of the first two digits: every ordered pair is as likely.
        *ordered.entry((layout.placed[0].digit, layout.placed[1].digit)).or_insert(0) += 1;
    }
    let close = |count: usize, p: f64| (count as f64 / SAMPLES as f64 - p).abs() < tolerance(p, SAMPLES);
    for (n, &count) in lengths.iter().enumerate() {
        assert!(if (3..=6).contains(&n) { close(count, 0.25) } else { count == 0 }, "{lengths:?}");
    }
    // A digit is among n of ten with probability n/10, 4.5/10 on average.
    assert!(digits.iter().all(|&count| close(count, 0.45)), "{digits:?}");
    assert_eq!(ordered.len(), 90);
    assert!(ordered.values().all(|&count| close(count, 1.0 / 90.0)), "{ordered:?}");
}

#[test]
fn circles_fill_the_room_there_is() {
    let domain = paper();
    let (mut smallest, mut largest, mut starts) = (f64::MAX, 0f64, [0usize; 8]);
    for index in 0..4000 {
        let layout = domain.layout(Split::Validation, index);
        let (row, column) = layout.centre;
        // Padding: 3 of jitter and 12 of the stamps' longest side.
        let room = layout.radius + 15.0;
        assert!((20.0..35.0).contains(&layout.radius));
        assert!(room <= row && row <= 100.0 - room && room <= column && column <= 100.0 - room);
        smallest = smallest.min(layout.radius);
        largest = largest.max(layout.radius);
        starts[(layout.placed[0].turn.fract() * 8.0) as usize] += 1;
        for pair in layout.placed.windows(2) {
            assert!(pair[1].turn - pair[0].turn >= 0.5 / layout.placed.len() as f64 - 1e-12);
        }
    }
    assert!(smallest < 20.1 && largest > 34.9, "{smallest} {largest}");
    let close = |&count: &usize| (count as f64 / 4000.0 - 0.125).abs() < tolerance(0.125, 4000);
    assert!(starts.iter().all(close), "{starts:?}");
}

/// Outside of the boxes a pixel is set with probability b(1-f) + (1-b)f, b the background's
/// and f the flips'; as pixels are independent its share is binomial.
#[test]
fn background_and_flips_have_their_probabilities() {
    let shares: f64 = stamps::embedded().iter().map(stamps::Stamp::ink_share).sum();
    let b = 0.5 * shares / 10.0;
    for f in [0.0, 0.05, 1.0] {
        let domain = with(|config| config.flip_probability = f);
        let (mut set, mut total, mut flipped, mut inside) = (0usize, 0usize, 0usize, 0usize);
        for index in 0..200 {
            let sample = domain.sample(Split::Validation, index).unwrap();
            for (pixel, &value) in sample.input.iter().enumerate() {
                let (y, x) = (pixel / 100, pixel % 100);
                let mut holding = sample.motifs.iter().filter(|motif| {
                    (motif.top..motif.bottom).contains(&y) && (motif.left..motif.right).contains(&x)
                });
                match (holding.next(), holding.next()) {
                    (None, _) => {
                        total += 1;
                        set += usize::from(value == 1.0);
                    }
                    (Some(motif), None) => {
                        let ink = stamps::embedded()[motif.kind].ink(y - motif.top, x - motif.left);
                        inside += 1;
                        flipped += usize::from(ink != (value == 1.0));
                    }
                    _ => {} // two boxes: which one shows is another test's matter
                }
            }
        }
        let expected = b * (1.0 - f) + (1.0 - b) * f;
        let found = set as f64 / total as f64;
        assert!((found - expected).abs() < tolerance(expected, total), "{f}: {found} {expected}");
        let found = flipped as f64 / inside as f64;
        // At 0 and 1 the tolerance is 0, and the share exact.
        assert!((found - f).abs() <= tolerance(f, inside), "{f}: {found}");
    }
}

#[test]
fn pixels_flip_independently_of_place() {
    // Summed over 4000 samples, each pixel far from every digit is binomial on its own.
    const SAMPLES: usize = 4000;
    let domain = with(|config| config.background_ratio = 0.0);
    let mut counts = vec![0usize; 10_000];
    for index in 0..SAMPLES as u64 {
        let sample = domain.sample(Split::Train, index).unwrap();
        for (count, value) in counts.iter_mut().zip(sample.input) {
            *count += usize::from(value == 1.0);
        }
    }
    // Stamps stay at least 5 pixels from the edge (padding 15, jitter 3, half a stamp 6, rounding).
    for (pixel, count) in counts.into_iter().enumerate() {
        let (y, x) = (pixel / 100, pixel % 100);
        if y.min(x).min(99 - y).min(99 - x) < 5 {
            let share = count as f64 / SAMPLES as f64;
            assert!((share - 0.05).abs() < tolerance(0.05, SAMPLES), "{y} {x}: {share}");
        }
    }
}
