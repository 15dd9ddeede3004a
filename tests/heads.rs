//! Promise: whatever sort of answer ĥ gives, its loss reaches ĝ through the map, its answers are of that sort, and it
//! learns them.

use sparling::config::{HeadConfig, HeadKind, NormPlacement};
use sparling::model::{Head, Precision};
use tch::nn::{OptimizerConfig as _, VarStore};
use tch::{Device, Kind, Tensor};

const CHANNELS: i64 = 3;
const LENGTH: i64 = 12;

fn config(kind: HeadKind) -> HeadConfig {
    HeadConfig {
        kind,
        width: 16,
        pool: 1,
        pool_first: true,
        embedding: sparling::config::EmbeddingKind::Tanh,
        encoder_layers: 1,
        decoder_layers: 1,
        heads: 2,
        feed_forward: 32,
        dropout: 0.0,
        norm: NormPlacement::Pre,
        kernel: 3,
        dilations: vec![1, 2],
        ..HeadConfig::default()
    }
}

/// Maps `[n, 3, 1, 12]` with one motif each, of channel i mod 3 at place i mod 12, and their channel.
fn maps(n: i64) -> (Tensor, Vec<i64>) {
    let map = Tensor::zeros([n, CHANNELS, 1, LENGTH], (Kind::Float, Device::Cpu));
    let kinds: Vec<i64> = (0..n).map(|i| i % CHANNELS).collect();
    for (i, &kind) in (0..n).zip(&kinds) {
        let _ = map.get(i).get(kind).get(0).get(i % LENGTH).fill_(3.0);
    }
    (map, kinds)
}

/// Targets as batches have them: `previous` and `next`, with the end marker 3.
fn targets(kind: HeadKind, kinds: &[i64]) -> (Tensor, Tensor, Vec<Vec<u32>>) {
    let of = |(i, &kind_of): (usize, &i64)| -> Vec<i64> {
        match kind {
            HeadKind::Sequence | HeadKind::Class => vec![kind_of],
            // The label stands one behind the motif; 0 is the common one, and channel 0 says nothing.
            HeadKind::Labels => {
                (0..LENGTH).map(|at| if at == (i as i64 % LENGTH) + 1 { kind_of } else { 0 }).collect()
            }
        }
    };
    let wanted: Vec<Vec<i64>> = kinds.iter().enumerate().map(of).collect();
    let rows = |row: &dyn Fn(&Vec<i64>) -> Vec<i64>| {
        let all: Vec<Vec<i64>> = wanted.iter().map(row).collect();
        Tensor::from_slice(&all.concat()).view([kinds.len() as i64, -1])
    };
    let previous = rows(&|row| [&[4], &row[..]].concat());
    let next = rows(&|row| [&row[..], &[3]].concat());
    let answers = wanted.iter().map(|row| row.iter().map(|&token| token as u32).collect()).collect();
    (previous, next, answers)
}

#[test]
fn every_head_learns_through_the_map_and_answers_in_its_own_way() {
    tch::set_num_threads(1);
    tch::manual_seed(5);
    for kind in [HeadKind::Sequence, HeadKind::Class, HeadKind::Labels] {
        for max_cells in [0, 4] {
            let settings = HeadConfig { max_cells, ..config(kind) };
            let vs = VarStore::new(Device::Cpu);
            let head = Head::new(&vs.root(), &settings, Precision::Fp32, CHANNELS, 3, 4);
            let (map, kinds) = maps(36);
            let (previous, next, expected) = targets(kind, &kinds);

            let watched = map.copy().set_requires_grad(true);
            let first = head.loss(&watched, &previous, &next, true);
            first.backward();
            let gradient = watched.grad().abs().sum(Kind::Float).double_value(&[]);
            assert!(gradient > 0.0 && gradient.is_finite(), "{kind:?}: {gradient}");

            let mut adam = tch::nn::Adam::default().build(&vs, 1e-2).unwrap();
            for _ in 0..150 {
                adam.backward_step(&head.loss(&map, &previous, &next, true));
            }
            let last = head.loss(&map, &previous, &next, false).double_value(&[]);
            assert!(last < 0.1 * first.double_value(&[]), "{kind:?}: {last}");
            let found = tch::no_grad(|| head.answer(&map)).unwrap();
            assert_eq!(found.tokens, expected, "{kind:?}");
            match kind {
                HeadKind::Labels => {
                    assert_eq!((found.certainty.len(), found.certainty[0].len()), (36, 2 * 12));
                    // Sample 1 has its motif of channel 1 at place 1, and so label 1 at place 2.
                    let label = |place: usize| found.certainty[1][place];
                    assert!(label(2) > 0.0 && label(5) < 0.0, "log-odds: {} and {}", label(2), label(5));
                }
                HeadKind::Sequence | HeadKind::Class => assert!(found.certainty.is_empty()),
            }
        }
    }
}

/// With kernels of 3, dilated by 1 and 2, a label sees 6 positions to each side and no further.
#[test]
fn labels_see_as_far_as_their_dilations_say() {
    tch::set_num_threads(1);
    tch::manual_seed(6);
    let vs = VarStore::new(Device::Cpu);
    let Head::Labels(head) =
        Head::new(&vs.root(), &config(HeadKind::Labels), Precision::Fp32, CHANNELS, 3, 40)
    else {
        panic!("labels");
    };
    let empty = Tensor::zeros([1, CHANNELS, 1, 40], (Kind::Float, Device::Cpu));
    let marked = empty.copy();
    let _ = marked.narrow(3, 20, 1).fill_(5.0);
    let changed = (head.logits(&empty, false) - head.logits(&marked, false)).abs().amax([1], false);
    let seen: Vec<f32> = Vec::try_from(changed.get(0)).unwrap();
    let far: Vec<usize> = (0..40).filter(|&at| seen[at] > 0.0).collect();
    assert_eq!((far.first(), far.last()), (Some(&14), Some(&26)), "{far:?}");
}
