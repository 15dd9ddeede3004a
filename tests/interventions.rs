//! Promise: perturbation and quantisation (paper section 7) change a motif map as documented and nothing
//! else, and each domain knows what its output becomes.

mod audio_common;

use audio_common::{corpus_of, speakers};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sparling::domain::audio_sequence::{AudioSequence, AudioSequenceConfig};
use sparling::domain::digit_circle::{DigitCircle, DigitCircleConfig};
use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig, Token};
use sparling::domain::{Domain, Motif, Sample, Split};
use sparling::eval::{ChannelNames, Confusion, MotifMap, Quantiser, Relabelling, Swap, quantise};

fn digits() -> DigitCircle {
    DigitCircle::new(DigitCircleConfig::default()).unwrap()
}

fn formulas() -> LatexOcr {
    LatexOcr::new(LatexOcrConfig::default()).unwrap()
}

fn spoken() -> AudioSequence {
    let config = AudioSequenceConfig { clip_seconds: 3.0, max_digits: 6, ..AudioSequenceConfig::default() };
    AudioSequence::with_corpus(config, corpus_of(&speakers())).unwrap()
}

/// A 4×4 box in the row of boxes.
fn motif(kind: usize, place: usize) -> Motif {
    Motif { kind, top: 0, left: 4 * place, bottom: 4, right: 4 * place + 4 }
}

fn sample(kinds: &[usize], target: &[u32]) -> Sample {
    Sample {
        input: Vec::new(),
        target: target.to_vec(),
        motifs: kinds.iter().enumerate().map(|(place, &kind)| motif(kind, place)).collect(),
    }
}

/// A formula by its tokens' and its motifs' names.
fn formula(tokens: &str, motifs: &str) -> Sample {
    let domain = formulas();
    let kind = |name: &str| domain.motif_kinds().iter().position(|k| k == name).unwrap();
    let kinds: Vec<_> = motifs.split_whitespace().map(kind).collect();
    let token = |name: &str| Token::of_name(name).unwrap().index();
    sample(&kinds, &tokens.split_whitespace().map(token).collect::<Vec<_>>())
}

#[test]
fn a_changed_digit_of_the_circle_may_change_where_the_output_starts() {
    let domain = digits();
    let own = sample(&[2, 9, 5], &[2, 9, 5]);
    let swapped = |motif, kind| domain.target_if_swapped(&own, motif, kind);
    assert_eq!(swapped(1, 7), Some(vec![2, 7, 5]));
    assert_eq!(swapped(1, 0), Some(vec![0, 5, 2]), "the new digit is the smallest");
    assert_eq!(swapped(0, 6), Some(vec![5, 6, 9]), "the smallest is gone");
    assert_eq!(swapped(0, 5), None, "digits are distinct");
    assert_eq!(swapped(0, 2), Some(vec![2, 9, 5]), "its own kind");
    assert_eq!(swapped(3, 1), None, "no such motif");
    assert_eq!(swapped(0, 10), None, "no such kind");

    let dropped = |motif| domain.target_if_dropped(&own, motif);
    assert_eq!(dropped(0), Some(vec![5, 9]));
    assert_eq!(dropped(2), Some(vec![2, 9]));
    assert_eq!(dropped(3), None);
}

#[test]
fn a_changed_spoken_digit_changes_its_token_alone() {
    let domain = spoken();
    let own = sample(&[4, 4, 0], &[4, 4, 0]);
    assert_eq!(domain.target_if_swapped(&own, 1, 0), Some(vec![4, 0, 0]), "digits may repeat");
    assert_eq!(domain.target_if_swapped(&own, 3, 0), None);
    assert_eq!(domain.target_if_swapped(&own, 0, 10), None);
    assert_eq!(domain.target_if_dropped(&own, 0), Some(vec![4, 0]));
    assert_eq!(domain.target_if_dropped(&sample(&[3], &[3]), 0), Some(vec![]), "a silent clip");
}

#[test]
fn a_changed_symbol_of_a_formula_changes_its_token_alone() {
    let domain = formulas();
    let own = formula("x SUP( 2 SUP) + PAREN( a PAREN)", "x 2 + ( a )");
    let kind = |name: &str| domain.motif_kinds().iter().position(|k| k == name).unwrap();
    let after = formula("x SUP( b SUP) + PAREN( a PAREN)", "x b + ( a )").target;
    assert_eq!(domain.target_if_swapped(&own, 1, kind("b")), Some(after));
    assert_eq!(domain.target_if_swapped(&own, 2, kind("b")), None, "a plus is no symbol");
    assert_eq!(domain.target_if_swapped(&own, 1, kind("(")), None, "nor is a parenthesis");
    let mut cut = own.clone();
    cut.motifs.remove(0);
    assert_eq!(domain.target_if_swapped(&cut, 1, kind("b")), None, "a motif lies outside of the frame");

    let dropped = |motif| domain.target_if_dropped(&own, motif);
    assert_eq!(dropped(1), Some(formula("x + PAREN( a PAREN)", "x + ( a )").target));
    assert_eq!(dropped(2), Some(formula("x SUP( 2 SUP) PAREN( a PAREN)", "x 2 ( a )").target));
    assert_eq!(dropped(3), None, "what is left of a pair of parentheses");
    assert_eq!(dropped(4), None, "empty parentheses");
}

/// What holds for all samples of all domains: the tokens are the target's own, one swap there and back
/// leads back, and nothing panics out of range.
#[test]
fn swaps_keep_to_the_vocabulary_and_can_be_undone() {
    let domains: [Box<dyn Domain>; 3] = [Box::new(digits()), Box::new(formulas()), Box::new(spoken())];
    for domain in domains {
        let kinds = domain.motif_kinds().len();
        let mut defined = 0;
        for index in 0..30 {
            let own = domain.sample(Split::Train, index).unwrap();
            for motif in 0..=own.motifs.len() {
                for kind in 0..=kinds {
                    let Some(target) = domain.target_if_swapped(&own, motif, kind) else { continue };
                    defined += 1;
                    assert!(target.iter().all(|&t| (t as usize) < domain.vocabulary().len()));
                    assert_eq!(
                        target == own.target,
                        kind == own.motifs[motif].kind,
                        "{} {index}",
                        domain.name()
                    );
                    let mut changed = own.clone();
                    changed.motifs[motif].kind = kind;
                    changed.target = target;
                    // DigitCircle lists its motifs in the output's order, which may begin elsewhere now;
                    // undoing looks at the motif, not at the order.
                    let back = domain.target_if_swapped(&changed, motif, own.motifs[motif].kind);
                    assert_eq!(back.as_ref(), Some(&own.target), "{} {index}", domain.name());
                }
            }
        }
        assert!(defined > 300, "{}: only {defined} swaps are defined", domain.name());
    }
}

/// A map of `channels` 4×16 planes with the given (channel, y, x, value) set.
fn plane(channels: usize, set: &[(usize, usize, usize, f32)]) -> Vec<f32> {
    let mut values = vec![0.0; channels * 64];
    for &(c, y, x, v) in set {
        values[c * 64 + y * 16 + x] = v;
    }
    values
}

fn map(values: &[f32], channels: usize) -> MotifMap<'_> {
    MotifMap { values, channels, height: 4, width: 16, stride: [1, 1] }
}

#[test]
fn a_star_is_found_whole_and_nothing_else() {
    let values = plane(
        3,
        &[
            (1, 1, 1, 0.9),  // the strongest in the first box
            (1, 2, 3, 0.2),  // also there, not touching it
            (1, 2, 4, 0.3),  // in the second motif's box
            (1, 3, 10, 0.3), // outside of all boxes, touching nothing
            (2, 1, 2, 0.5),  // another channel in the first box
            (0, 0, 8, 0.7),  // just outside of the second box …
            (0, 1, 7, 0.4),  // … touching this one inside
            (0, 0, 9, 0.1),  // and this one, further out
        ],
    );
    let found = map(&values, 3).found(&[motif(5, 0), motif(6, 1), motif(7, 3)]);
    let brief: Vec<_> = found.iter().map(|f| (f.motif, f.channel, f.positions.clone())).collect();
    assert_eq!(
        brief,
        [(0, 1, vec![16 + 1, 32 + 3]), (1, 0, vec![8, 9, 16 + 7])],
        "the third motif was not found, the second's channel is its strongest"
    );
}

#[test]
fn a_swap_moves_the_star_and_keeps_larger_values() {
    let before = plane(3, &[(1, 1, 1, 0.9), (1, 2, 2, 0.2), (0, 2, 2, 0.6), (1, 1, 9, 0.8)]);
    let found = map(&before, 3).found(&[motif(5, 0)]).remove(0);
    let swap = Swap { found, to: 0, kind: 3, expected: vec![3] };
    let mut after = before.clone();
    swap.apply(&mut after, 64);
    assert_eq!(after, plane(3, &[(0, 1, 1, 0.9), (0, 2, 2, 0.6), (1, 1, 9, 0.8)]));
}

fn names(kind_of: &[Option<usize>], kinds: usize) -> ChannelNames {
    let mut confusion = Confusion::new(kind_of.len(), kinds);
    for (channel, kind) in kind_of.iter().enumerate() {
        if let Some(kind) = kind {
            confusion.add_count(Some(channel), Some(*kind), 1 + channel as u64);
        }
    }
    ChannelNames::new(&confusion, Relabelling::ManyToOne)
}

#[test]
fn of_several_channels_of_a_kind_the_one_that_met_it_most_is_taken() {
    let names = names(&[Some(1), Some(1), None, Some(0)], 3);
    assert_eq!(names.kind_of, [Some(1), Some(1), None, Some(0)]);
    assert_eq!(names.channel_of, [Some(3), Some(1), None]);
}

#[test]
fn every_possible_swap_is_drawn_and_no_other() {
    let domain = digits();
    // Channel c stands for digit c; none stands for 9.
    let names = names(&(0..9).map(Some).collect::<Vec<_>>(), 10);
    let own = sample(&[2, 4, 6], &[2, 4, 6]);
    // The motif 4 is read from channel 8, the motif 6 is not found.
    let values = plane(9, &[(2, 1, 1, 0.9), (8, 1, 5, 0.9)]);
    let draw = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Swap::draw(&domain, &own, map(&values, 9), &names, &mut rng).unwrap()
    };
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..600 {
        let swap = draw(seed);
        assert_eq!(swap, draw(seed), "a function of the generator");
        assert_eq!(swap.to, swap.kind, "its channel");
        assert_eq!(domain.target_if_swapped(&own, swap.found.motif, swap.kind), Some(swap.expected.clone()));
        seen.insert((swap.found.motif, swap.kind));
    }
    let free = [0, 1, 3, 5, 7, 8];
    let mut expected: Vec<_> = free.iter().map(|&kind| (0, kind)).collect();
    // Into 8 the second motif's channel would not change.
    expected.extend(free.iter().filter(|&&kind| kind != 8).map(|&kind| (1, kind)));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);

    let nothing = plane(9, &[]);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    assert_eq!(Swap::draw(&domain, &own, map(&nothing, 9), &names, &mut rng), None, "nothing was found");
}

#[test]
fn quantile_bins_hold_equal_counts_and_give_their_means() {
    // Ranks 0-1, 2-3, 4-5, 6-7.
    let values = [8.0, 1.0, 7.0, 2.0, 6.0, 3.0, 5.0, 40.0];
    let four = Quantiser::fit(&values, 4);
    assert_eq!(four.bins(), 4);
    let expected =
        [(1.0, 1.5), (2.0, 1.5), (3.0, 4.0), (5.0, 4.0), (6.0, 6.5), (7.0, 6.5), (8.0, 24.0), (40.0, 24.0)];
    for (value, mean) in expected {
        assert_eq!(four.apply(value), mean, "{value}");
    }
    assert_eq!(four.apply(0.01), 1.5, "below all that was seen");
    assert_eq!(four.apply(5.9), 4.0, "a bin begins at its least value");
    assert_eq!(four.apply(1e9), 24.0, "above all that was seen");
    assert_eq!(Quantiser::fit(&values, 1).apply(3.0), 9.0, "one bin is the mean of all");
}

#[test]
fn zeros_stay_and_a_silent_channel_is_left_alone() {
    let quantiser = Quantiser::fit(&[0.0, 2.0, 0.0, 4.0, f32::NAN], 1);
    assert_eq!((quantiser.apply(0.0), quantiser.apply(5.0)), (0.0, 3.0));
    let silent = Quantiser::fit(&[0.0; 5], 4);
    assert_eq!((silent.bins(), silent.apply(0.7)), (0, 0.7));

    let mut values = vec![0.0, 5.0, 1.0, 0.0];
    quantise(&mut values, &[quantiser, silent]);
    assert_eq!(values, [0.0, 3.0, 1.0, 0.0], "each channel by its own");
    assert_eq!(Quantiser::fit(&[3.0; 10], 4).bins(), 1, "equal values share a bin");
}

#[test]
fn quantising_keeps_order_and_mean_and_to_many_bins_changes_nothing() {
    use rand::RngExt as _;
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for size in [1, 2, 7, 100, 961] {
        let values: Vec<f32> = (0..size).map(|_| rng.random_range(0.001..5.0_f32).powi(3)).collect();
        for bins in [1, 2, 3, 8, 16, size, 5000] {
            let quantiser = Quantiser::fit(&values, bins);
            assert_eq!(quantiser.bins(), bins.min(size), "{size} values in {bins} bins");
            let after: Vec<f32> = values.iter().map(|&v| quantiser.apply(v)).collect();
            let mut counts = std::collections::BTreeMap::new();
            for value in &after {
                *counts.entry(value.to_bits()).or_insert(0_usize) += 1;
            }
            let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
            assert!(most - least <= 1, "{size} values in {bins} bins: {counts:?}");
            let mean = |v: &[f32]| v.iter().map(|&v| f64::from(v)).sum::<f64>() / size as f64;
            assert!((mean(&after) - mean(&values)).abs() < 1e-5 * mean(&values));
            let mut pairs: Vec<_> = values.iter().copied().zip(after.iter().copied()).collect();
            pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            assert!(pairs.windows(2).all(|w| w[0].1 <= w[1].1), "order is kept");
            if bins >= size {
                assert_eq!(after, values);
            }
        }
    }
}
