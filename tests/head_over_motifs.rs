//! Promise: ĥ over motifs sees relative positions, sees a motif as strongly as it is, and answers the same whether
//! empty cells are computed or not.

use sparling::config::{EmbeddingKind, HeadConfig, NormPlacement};
use sparling::model::{Attention, Mask, Precision, Rotation, SequenceHead, TransformerConfig, angles};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
const CHANNELS: i64 = 3;

fn config() -> HeadConfig {
    HeadConfig {
        width: 32,
        pool: 2,
        pool_first: true,
        embedding: EmbeddingKind::Tanh,
        position_base: 20.0,
        encoder_layers: 2,
        decoder_layers: 2,
        heads: 2,
        feed_forward: 48,
        dropout: 0.0,
        norm: NormPlacement::Pre,
        rotary: true,
        weigh_by_strength: true,
        ..HeadConfig::default()
    }
}

/// The head that `config` describes.
fn head(config: &HeadConfig) -> (VarStore, SequenceHead) {
    tch::set_num_threads(1);
    let vs = VarStore::new(Device::Cpu);
    let head = SequenceHead::new(&vs.root(), config, Precision::Fp32, CHANNELS, 4, 6);
    (vs, head)
}

/// Another head of the same variables, with the weights of `vs`. (Seeds will not do: tests draw side by side.)
fn like(vs: &VarStore, config: &HeadConfig) -> SequenceHead {
    let (mut own, head) = head(config);
    own.copy(vs).expect("the same variables");
    head
}

/// A map of `[2, 3, height, 12]` with motifs (sample, channel, y, x, value).
fn map(height: i64, motifs: &[(i64, i64, i64, i64, f64)]) -> Tensor {
    let map = Tensor::zeros([2, CHANNELS, height, 12], FLOAT);
    for &(sample, channel, y, x, value) in motifs {
        let _ = map.get(sample).get(channel).get(y).get(x).fill_(value);
    }
    map
}

const MOTIFS: [(i64, i64, i64, i64, f64); 6] = [
    (0, 0, 1, 2, 9.0),
    (0, 2, 7, 11, 12.0),
    (0, 1, 4, 4, 8.0),
    (1, 1, 0, 0, 15.0),
    (1, 2, 1, 1, 3.0),
    (1, 0, 6, 9, 0.5),
];

/// Logits of the first tokens of an answer, and the gradient of their sum of squares with respect to the map.
fn logits_and_gradient(head: &SequenceHead, map: &Tensor) -> (Tensor, Tensor) {
    let map = map.copy().set_requires_grad(true);
    let previous = Tensor::from_slice(&[5_i64, 0, 3, 5, 1, 2]).view([2, 3]);
    let logits = head.logits(&head.encode(&map, true), &previous, true);
    logits.square().sum(Kind::Float).backward();
    (logits.detach(), map.grad())
}

fn distance(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max().double_value(&[])
}

/// Both halves of a turned product depend on how far apart two cells are, not on where they are.
#[test]
fn rotated_products_depend_on_relative_position_alone() {
    tch::manual_seed(1);
    let (h, w, e) = (6, 7, 8);
    let q = Tensor::randn([1, 1, 1, e], FLOAT);
    let k = Tensor::randn([1, 1, 1, e], FLOAT);
    let turned = |x: &Tensor, cell: i64| {
        Rotation::new(&angles(h, w, e, 20.0, Device::Cpu).narrow(0, cell, 1).unsqueeze(0)).apply(x)
    };
    let product = |from: (i64, i64), to: (i64, i64)| {
        (turned(&q, from.0 * w + from.1) * turned(&k, to.0 * w + to.1)).sum(Kind::Double).double_value(&[])
    };
    let near = product((0, 0), (2, 3));
    assert!((product((3, 2), (5, 5)) - near).abs() < 1e-5, "the same step from another place");
    assert!((product((0, 0), (3, 2)) - near).abs() > 1e-3, "rows and columns are told apart");
    assert!((product((2, 3), (0, 0)) - near).abs() > 1e-3, "so is the direction");
}

#[test]
fn a_series_turns_all_pairs_with_the_time() {
    let table = angles(1, 5, 8, 100.0, Device::Cpu);
    assert_eq!(table.size(), [5, 4]);
    for (pair, frequency) in [1.0, 100_f64.powf(-0.25), 0.1, 100_f64.powf(-0.75)].into_iter().enumerate() {
        let found = table.double_value(&[3, pair as i64]);
        assert!((found - 3.0 * frequency).abs() < 1e-6, "pair {pair}: {found}");
    }
}

/// With queries of zero every key is alike, so that the weights are the strengths themselves.
#[test]
fn attention_is_shared_out_by_strength() {
    let vs = VarStore::new(Device::Cpu);
    let sizes = TransformerConfig {
        width: 8,
        heads: 2,
        feed_forward: 8,
        dropout: 0.0,
        norm: NormPlacement::Post,
        precision: Precision::Fp32,
    };
    let attention = Attention::new(&vs.root(), &sizes);
    for (name, mut variable) in vs.variables() {
        if name.starts_with("query") {
            let _ = tch::no_grad(|| variable.zero_());
        }
    }
    let memory = Tensor::randn([1, 3, 8], FLOAT);
    let x = Tensor::randn([1, 1, 8], FLOAT);
    let answer = |memory: &Tensor, mask: Mask<'_>| {
        attention.forward_t(&x, &attention.keys_values(memory), mask, false)
    };
    let bias = Tensor::from_slice(&[1.0_f32.ln(), 3.0_f32.ln(), f32::NEG_INFINITY]).view([1, 1, 1, 3]);
    let mean = memory.narrow(1, 0, 1) * 0.25 + memory.narrow(1, 1, 1) * 0.75;
    let expected = answer(&mean, Mask::None);
    // Rounding of eight sums of eight products near 1.
    assert!(distance(&answer(&memory, Mask::Bias(&bias)), &expected) < 1e-5, "1 : 3 : hidden");
}

/// What is computed changes with `max-cells`, what is answered does not.
#[test]
fn empty_cells_may_be_left_out() {
    for height in [8, 1] {
        let motifs = MOTIFS.map(|(sample, channel, y, x, value)| (sample, channel, y % height, x, value));
        let map = map(height, &motifs);
        let (vs, whole) = head(&config());
        // Room for all: as many cells are computed as the fuller map has motifs in.
        let dropped = like(&vs, &HeadConfig { max_cells: 1000, ..config() });
        let (expected, gradient) = logits_and_gradient(&whole, &map);
        let (found, of_dropped) = logits_and_gradient(&dropped, &map);
        // Sums of another order: a few hundred roundings of values near 1.
        assert!(distance(&found, &expected) < 1e-4, "height {height}: logits");
        let scale = gradient.abs().max().double_value(&[]);
        assert!(scale > 0.0, "height {height}: no gradient");
        assert!(distance(&of_dropped, &gradient) < 1e-4 * scale, "height {height}: gradient");
    }
}

/// Of a batch with a fuller map, an emptier one has empty cells computed beside its own.
#[test]
fn neighbours_in_a_batch_change_nothing() {
    for weigh_by_strength in [true, false] {
        let (_vs, head) = head(&HeadConfig { weigh_by_strength, max_cells: 1000, ..config() });
        let few = map(8, &MOTIFS);
        let full = few.copy();
        let _ = full.get(0).fill_(2.0);
        let (alone, _) = logits_and_gradient(&head, &few);
        let (beside, _) = logits_and_gradient(&head, &full);
        assert!(distance(&alone.get(1), &beside.get(1)) < 1e-4, "weighed {weigh_by_strength}: sample 1");
        assert!(distance(&alone.get(0), &beside.get(0)) > 1e-2, "sample 0 is another");
    }
}

#[test]
fn the_strongest_cells_are_kept() {
    let all = map(8, &MOTIFS);
    let strong: Vec<_> = MOTIFS.into_iter().filter(|&(.., value)| value > 8.5 || value == 3.0).collect();
    // 15 and 3 share a cell, so that two cells of each sample are left: (9, 12) and (15, 0.5).
    let strongest = map(8, &[&strong[..], &[(1, 0, 6, 9, 0.5)]].concat());
    let (vs, two) = head(&HeadConfig { max_cells: 2, ..config() });
    let (found, _) = logits_and_gradient(&two, &all);
    let (expected, _) = logits_and_gradient(&two, &strongest);
    assert!(distance(&found, &expected) < 1e-5, "the 8.0 is left out");
    let three = like(&vs, &HeadConfig { max_cells: 3, ..config() });
    assert!(distance(&logits_and_gradient(&three, &all).0, &expected) > 1e-3, "with room for it, it counts");
}

#[test]
fn an_empty_map_has_an_answer() {
    for max_cells in [0, 4] {
        let (vs, head) = head(&HeadConfig { max_cells, ..config() });
        let (logits, gradient) = logits_and_gradient(&head, &map(8, &[]));
        assert!(logits.isfinite().all().int64_value(&[]) == 1, "max-cells {max_cells}: logits");
        assert!(gradient.isfinite().all().int64_value(&[]) == 1, "max-cells {max_cells}: gradient");
        let nothing = vs.variables()["nothing"].grad();
        assert!(nothing.abs().max().double_value(&[]) > 0.0, "the token for nothing learns");
        assert_eq!(head.decode_greedy(head.encode(&map(8, &[]), false)).expect("answers").len(), 2);
    }
}

/// The gradient reaches ĝ through the weights too: a motif learns to be stronger, not only to be there.
#[test]
fn strength_has_a_gradient() {
    let map = map(8, &MOTIFS);
    let (vs, weighed) = head(&config());
    let (_, with) = logits_and_gradient(&weighed, &map);
    let alike = like(&vs, &HeadConfig { weigh_by_strength: false, max_cells: 1000, ..config() });
    let (_, without) = logits_and_gradient(&alike, &map);
    let at = |gradient: &Tensor| gradient.double_value(&[0, 0, 1, 2]);
    assert!(at(&with).abs() > 0.0 && (at(&with) - at(&without)).abs() > 1e-6, "the same gradient");
}
