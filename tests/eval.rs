//! The metrics of paper section 6 on cases small enough to work out by hand.

use sparling::domain::Motif;
use sparling::eval::{
    Confusion, E2ee, MotifMap, Relabelling, edit_error, mean, mean_interval, predicted_motifs,
};

/// A map of `channels` 8×8 planes with the given (channel, y, x, value) set.
fn plane(channels: usize, set: &[(usize, usize, usize, f32)]) -> Vec<f32> {
    let mut values = vec![0.0; channels * 64];
    for &(c, y, x, v) in set {
        values[c * 64 + y * 8 + x] = v;
    }
    values
}

fn map(values: &[f32], channels: usize) -> MotifMap<'_> {
    MotifMap { values, channels, height: 8, width: 8, stride: [1, 1] }
}

fn motif(kind: usize, top: usize, left: usize, bottom: usize, right: usize) -> Motif {
    Motif { kind, top, left, bottom, right }
}

fn pairs(map: MotifMap<'_>, motifs: &[Motif]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut found = Vec::new();
    map.pairs(motifs, |channel, kind| found.push((channel, kind)));
    found
}

#[test]
fn the_largest_channel_in_the_box_is_predicted() {
    let values = plane(3, &[(0, 1, 1, 0.5), (2, 2, 2, 0.9), (1, 2, 1, 0.6)]);
    let found = pairs(map(&values, 3), &[motif(1, 1, 1, 3, 3)]);
    assert_eq!(found, [(Some(2), Some(1))], "and the losers are spent");
}

#[test]
fn ties_go_to_the_lowest_channel() {
    let values = plane(3, &[(1, 2, 2, 0.5), (2, 1, 1, 0.5)]);
    let found = pairs(map(&values, 3), &[motif(0, 1, 1, 3, 3)]);
    assert_eq!(found, [(Some(1), Some(0))]);
}

#[test]
fn the_box_is_half_open() {
    let values = plane(1, &[(0, 3, 3, 1.0), (0, 1, 0, 1.0)]);
    let found = pairs(map(&values, 1), &[motif(0, 1, 1, 3, 3)]);
    assert_eq!(
        found,
        [(None, Some(0)), (Some(0), None), (Some(0), None)],
        "what lies on the far edges is outside"
    );
}

#[test]
fn every_left_over_position_is_one_false_positive() {
    let values = plane(2, &[(0, 0, 0, 1.0), (0, 0, 1, 1.0), (1, 7, 7, 0.1)]);
    let found = pairs(map(&values, 2), &[]);
    assert_eq!(found, [(Some(0), None), (Some(0), None), (Some(1), None)]);
}

#[test]
fn overlapping_boxes_are_served_in_order() {
    let values = plane(2, &[(1, 2, 2, 1.0)]);
    let (first, second) = (motif(0, 1, 1, 4, 4), motif(1, 2, 2, 5, 5));
    let there = pairs(map(&values, 2), &[first, second]);
    assert_eq!(there, [(Some(1), Some(0)), (None, Some(1))]);
    let back = pairs(map(&values, 2), &[second, first]);
    assert_eq!(back, [(Some(1), Some(1)), (None, Some(0))]);
}

#[test]
fn a_strided_position_belongs_to_a_box_if_one_of_its_pixels_does() {
    // Stride (2, 4): position (1, 1) covers input rows 2-3 and columns 4-7.
    let values = plane(1, &[(0, 1, 1, 1.0)]);
    let strided = MotifMap { stride: [2, 4], ..map(&values, 1) };
    let hit = |m: Motif| pairs(strided, &[m])[0].0.is_some();
    assert!(hit(motif(0, 3, 7, 4, 8)), "the last pixel of the position");
    assert!(hit(motif(0, 0, 0, 3, 5)), "its first pixel");
    assert!(!hit(motif(0, 4, 4, 8, 8)), "the row below it");
    assert!(!hit(motif(0, 2, 8, 4, 12)), "the column right of it");
    assert!(!hit(motif(0, 0, 4, 2, 8)), "the row above it");
}

#[test]
fn a_box_beyond_the_map_predicts_nothing() {
    let values = plane(1, &[(0, 7, 7, 1.0)]);
    let found = pairs(map(&values, 1), &[motif(0, 8, 8, 12, 12)]);
    assert_eq!(found, [(None, Some(0)), (Some(0), None)]);
}

#[test]
fn large_maps_lose_no_position() {
    // 3×50×70 is no multiple of the scan's block; every 97th position is set.
    let mut values = vec![0.0_f32; 3 * 50 * 70];
    values.iter_mut().step_by(97).for_each(|v| *v = 1.0);
    let whole = MotifMap { values: &values, channels: 3, height: 50, width: 70, stride: [1, 1] };
    let mut confusion = Confusion::new(3, 1);
    confusion.add(whole, &[]);
    assert_eq!(confusion.total(), values.iter().filter(|v| **v > 0.0).count() as u64);
}

/// Ten motifs: 6 right, 1 of the wrong kind, 3 missed; 2 false positives.
fn worked_example() -> Confusion {
    let mut confusion = Confusion::new(2, 2);
    confusion.add_count(Some(0), Some(1), 4);
    confusion.add_count(Some(1), Some(0), 2);
    confusion.add_count(Some(1), Some(1), 1);
    confusion.add_count(None, Some(0), 3);
    confusion.add_count(Some(0), None, 2);
    confusion
}

#[test]
fn errors_are_the_shares_of_section_6() {
    let errors = worked_example().errors(Relabelling::OneToOne);
    assert_eq!(errors.mapping, [Some(1), Some(0)]);
    assert!((errors.fpe - 2.0 / 9.0).abs() < 1e-12, "{errors:?}");
    assert!((errors.fne - 3.0 / 10.0).abs() < 1e-12, "{errors:?}");
    assert!((errors.ce.unwrap() - 1.0 / 7.0).abs() < 1e-12, "{errors:?}");
}

#[test]
fn misses_can_be_counted_among_some_kinds() {
    let mut confusion = Confusion::new(2, 3);
    for (channel, kind, count) in [
        (Some(0), Some(0), 6),
        (None, Some(0), 2),
        (Some(1), Some(1), 1),
        (None, Some(1), 3),
        (Some(1), None, 9),
    ] {
        confusion.add_count(channel, kind, count);
    }
    assert_eq!(confusion.fne_among([0]), Some(2.0 / 8.0));
    assert_eq!(confusion.fne_among([0, 1]), Some(5.0 / 12.0), "of all motifs, not the mean of shares");
    assert_eq!(confusion.fne_among(0..3), Some(confusion.errors(Relabelling::OneToOne).fne));
    assert_eq!(confusion.fne_among([2]), None, "there is no motif of that kind");
}

#[test]
fn merging_adds_the_counts() {
    let mut twice = worked_example();
    twice.merge(&worked_example());
    assert_eq!(twice.total(), 24);
    assert_eq!(twice.count(Some(1), Some(0)), 4);
    assert_eq!(twice.errors(Relabelling::OneToOne), worked_example().errors(Relabelling::OneToOne));
}

#[test]
fn shares_sum_to_one_and_leave_out_empty_cells() {
    let shares = worked_example().shares();
    assert_eq!(shares.len(), 5);
    assert_eq!(shares[0], (Some(0), Some(1), 4.0 / 12.0));
    assert!((shares.iter().map(|s| s.2).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn one_to_one_maximises_the_total_not_each_channel() {
    // Both channels meet kind 0 most often; greedily channel 0 would take it (10 + 1 < 9 + 8).
    let mut confusion = Confusion::new(2, 2);
    for (c, k, n) in [(0, 0, 10), (0, 1, 9), (1, 0, 8), (1, 1, 1)] {
        confusion.add_count(Some(c), Some(k), n);
    }
    let one = confusion.errors(Relabelling::OneToOne);
    assert_eq!(one.mapping, [Some(1), Some(0)]);
    assert!((one.ce.unwrap() - 11.0 / 28.0).abs() < 1e-12);
    let many = confusion.errors(Relabelling::ManyToOne);
    assert_eq!(many.mapping, [Some(0), Some(0)]);
    assert!((many.ce.unwrap() - 10.0 / 28.0).abs() < 1e-12);
}

#[test]
fn channels_and_kinds_may_differ_in_number() {
    let mut more_channels = Confusion::new(3, 2);
    for (c, k, n) in [(0, 0, 5), (1, 0, 6), (2, 1, 7)] {
        more_channels.add_count(Some(c), Some(k), n);
    }
    let one = more_channels.errors(Relabelling::OneToOne);
    assert_eq!(one.mapping, [None, Some(0), Some(1)]);
    assert!((one.ce.unwrap() - 5.0 / 18.0).abs() < 1e-12);
    let many = more_channels.errors(Relabelling::ManyToOne);
    assert_eq!(many.mapping, [Some(0), Some(0), Some(1)]);
    assert_eq!(many.ce, Some(0.0));
    // A domain's rule holds as long as each channel can have a kind of its own.
    for (channels, rule) in
        [(1, Relabelling::OneToOne), (2, Relabelling::OneToOne), (3, Relabelling::ManyToOne)]
    {
        assert_eq!(Relabelling::OneToOne.among(channels, 2), rule, "{channels} channels");
        assert_eq!(Relabelling::ManyToOne.among(channels, 2), Relabelling::ManyToOne);
    }

    let mut more_kinds = Confusion::new(1, 3);
    more_kinds.add_count(Some(0), Some(1), 2);
    more_kinds.add_count(Some(0), Some(2), 2);
    for rule in [Relabelling::OneToOne, Relabelling::ManyToOne] {
        assert_eq!(more_kinds.errors(rule).ce, Some(0.5));
    }
    let many = more_kinds.errors(Relabelling::ManyToOne);
    assert_eq!(many.mapping, [Some(1)], "ties take the lowest kind");
}

/// A channel to spare meets a motif now and then, and is not called by its kind.
#[test]
fn a_channel_is_called_by_a_kind_that_it_marks() {
    let mut confusion = Confusion::new(4, 2);
    for (c, k, n) in [(0, 0, 95), (1, 0, 5), (2, 1, 96), (3, 1, 4)] {
        confusion.add_count(Some(c), Some(k), n);
    }
    let mapping = confusion.errors(Relabelling::ManyToOne).mapping;
    assert_eq!(mapping, [Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(confusion.names(&mapping), [Some(0), Some(0), Some(1), None]);
    assert_eq!(confusion.names(&[None, Some(1), Some(1), None]), [None, None, Some(1), None]);
}

#[test]
fn a_silent_model_does_not_look_perfect() {
    let values = plane(2, &[]);
    let mut confusion = Confusion::new(2, 2);
    confusion.add(map(&values, 2), &[motif(0, 1, 1, 3, 3)]);
    let errors = confusion.errors(Relabelling::OneToOne);
    assert_eq!((errors.fpe, errors.fne, errors.ce), (0.0, 1.0, None));
    assert_eq!(errors.mapping, [None, None]);
}

#[test]
fn without_samples_nothing_is_claimed_of_classes() {
    let errors = Confusion::new(2, 2).errors(Relabelling::ManyToOne);
    assert_eq!((errors.fpe, errors.fne, errors.ce), (0.0, 0.0, None));
}

#[test]
fn edit_error_is_relative_to_the_longer() {
    assert_eq!(edit_error(&[1, 2, 3], &[1, 2, 3]), 0.0);
    assert_eq!(edit_error(&[1, 2, 3, 4], &[1, 3, 4]), 0.25, "one deletion");
    assert_eq!(edit_error(&[1, 2], &[1, 9, 2, 2]), 0.5, "two insertions");
    assert_eq!(edit_error(&[2, 1], &[1, 2]), 1.0, "no transpositions");
    assert_eq!(edit_error::<u32>(&[], &[]), 0.0);
    assert_eq!(edit_error(&[], &[1]), 1.0);
}

#[test]
fn e2ee_averages_over_samples_and_counts_exact_matches() {
    let mut all = E2ee::default();
    assert_eq!((all.error(), all.exact_match()), (None, None));
    all.add(&[1, 2, 3, 4], &[1, 3, 4]);
    let mut rest = E2ee::default();
    rest.add(&[1], &[1]);
    all.merge(&rest);
    assert_eq!(all.error(), Some(0.125));
    assert_eq!(all.exact_match(), Some(0.5));
    assert_eq!(all.samples(), 2);
}

#[test]
fn the_bootstrap_is_deterministic_and_honest_about_one_seed() {
    assert_eq!(mean(&[]), None);
    assert_eq!(mean(&[0.1, 0.3]), Some(0.2));
    assert_eq!(mean_interval(&[0.5], 0), None);
    let two = mean_interval(&[0.1, 0.3], 0).unwrap();
    assert_eq!((two.low, two.high), (0.1, 0.3));
    let nine: Vec<f64> = (1..=9).map(f64::from).collect();
    let interval = mean_interval(&nine, 7).unwrap();
    assert_eq!(interval, mean_interval(&nine, 7).unwrap());
    // Normal approximation: 5 ± 1.96·sqrt(60/9)/sqrt(9) = 5 ± 1.687.
    assert!((interval.low - 3.31).abs() < 0.12, "{interval:?}");
    assert!((interval.high - 6.69).abs() < 0.12, "{interval:?}");
}

#[test]
fn local_maxima_are_listed_with_their_crowds() {
    let values = plane(2, &[(0, 1, 1, 0.9), (0, 1, 2, 0.4), (1, 2, 2, 0.8), (1, 6, 6, 0.2)]);
    let found = predicted_motifs(map(&values, 2), 1);
    let brief: Vec<_> = found.iter().map(|m| (m.channel, m.y, m.x, m.crowded)).collect();
    assert_eq!(brief, [(0, 1, 1, true), (1, 2, 2, false), (1, 6, 6, false)], "channels do not compete");
    assert_eq!(found[0].value, 0.9);

    let level = plane(2, &[(1, 3, 4, 0.5), (1, 3, 3, 0.5)]);
    let found = predicted_motifs(map(&level, 2), 2);
    assert_eq!(found.len(), 1, "of equals the first stands for both");
    assert_eq!((found[0].y, found[0].x), (3, 3));
}
