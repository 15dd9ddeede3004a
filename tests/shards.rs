//! Promise: a step in shards is the step of the batch but for batch norm, and the same bits on any number of threads.

use std::path::Path as FilePath;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sparling::config::{Config, load};
use sparling::domain::Split;
use sparling::measure::validate;
use sparling::sparsity::{Bottleneck, L1, PerChannel, SideBySide, Universal};
use sparling::train::{Adam, Batch, Identity, NoBoard, RunDir, Session, Shards, tensors, train};
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor};

/// libtorch's generator and its number of threads belong to the process: one test at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn config(overrides: &[&str]) -> Config {
    let file = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let tiny =
        ["domain.max-digits=1", "model.g.width=4", "model.g.units=1", "model.h.width=16", "model.h.heads=2"];
    let overrides: Vec<String> = [&tiny, overrides].concat().iter().map(|s| (*s).to_owned()).collect();
    load(&file, "smoke", &overrides).expect("the smoke experiment")
}

fn distance(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max().double_value(&[])
}

/// The sum of the shards' gradients, laid end to end.
fn flat(shards: &[Vec<Tensor>]) -> Tensor {
    let laid = shards.iter().map(|shard| Tensor::cat(shard, 0));
    laid.reduce(|sum, more| sum + more).expect("a shard")
}

/// Whatever the parts, their union moves the thresholds as the whole batch does: to the bit.
#[test]
fn thresholds_are_those_of_the_whole_batch() {
    let _turn = turn();
    tch::manual_seed(3);
    for (density, accumulate) in [(0.5, 0.0), (0.01, 0.0), (0.01, 10.0), (0.002, 1.0)] {
        for kind in ["per channel", "universal", "side by side"] {
            let vs = VarStore::new(Device::Cpu);
            let layer = |name: &str| -> Box<dyn Bottleneck> {
                let path = vs.root() / name;
                let per_channel =
                    |path: &Path, channels| PerChannel::new(path, channels, density).accumulate(accumulate);
                match kind {
                    "per channel" => Box::new(per_channel(&path, 3)),
                    "universal" => Box::new(Universal::new(&path, density).accumulate(accumulate)),
                    _ => Box::new(SideBySide::new(vec![
                        (1, Box::new(per_channel(&(&path / 0), 1))),
                        (1, Box::new(L1::new(1.0, density))),
                        (1, Box::new(Universal::new(&(&path / 1), density).accumulate(accumulate))),
                    ])),
                }
            };
            let (mut whole, mut parted) = (layer("whole"), layer("parted"));
            // A copy that has seen nothing gives the parts, as another thread's would.
            let copy = layer("copy");
            for step in 0..7 {
                let z = Tensor::randn([7, 3, 6, 5], (Kind::Float, Device::Cpu));
                let expected = whole.forward_t(&z, true).map;
                let wanted = parted.wanted(&z.size());
                let parts = z.split_with_sizes([3, 2, 2], 0);
                let parts = parts.iter().map(|part| copy.part(part, &wanted)).collect();
                parted.observe(parts, &z.size());
                let found = parted.apply(&z, true).map;
                assert!(found.equal(&expected), "{kind}, δ {density}, accumulate {accumulate}, step {step}");
            }
            assert!(whole.thresholds().expect("thresholds").abs().min().double_value(&[]) > 0.0);
        }
    }
}

/// One shard is the batch itself; of several, sums of gradients and losses are the batch's as far as batch norm lets
/// them: with frozen statistics to rounding.
#[test]
fn gradients_of_shards_add_up_to_those_of_the_batch() {
    let _turn = turn();
    tch::set_num_threads(1);
    for (count, retrained) in [(1, false), (3, true)] {
        let from = if retrained { "retrain.from=\"sparling\"" } else { "retrain.from=\"\"" };
        let enabled = if retrained { "annealing.enabled=false" } else { "annealing.enabled=true" };
        let config = config(&[from, enabled]);
        let session = |seed| Session::new(&config, seed, Device::Cpu).expect("a network");
        let (mut whole, mut cut) = (session(4), session(4));
        let batch = Batch::of(whole.domain.as_ref(), Split::Train, 0, 16).expect("a batch");
        let shape = whole.domain.input_shape();
        let adam = Adam::new(&whole.vs, 1).expect("threads");
        let (x, previous, next) = tensors(&batch, shape, Device::Cpu);
        let (loss, _) = whole.network.loss(&x, &previous, &next);
        let expected = flat(&adam.gradients(&loss).expect("a gradient"));
        let mut shards = Shards::new(&cut, count, 2).expect("shards");
        let (found, gradients) =
            shards.gradients(&mut cut.network, &batch, shape, Device::Cpu).expect("a gradient");
        let gradient = flat(&gradients);
        // Sums of 16 samples in another order: a few roundings of values near 1.
        let tolerance = if count == 1 { 0.0 } else { 1e-5 };
        assert!((found - loss.double_value(&[])).abs() <= tolerance, "{count} shards: loss {found}");
        assert!(distance(&gradient, &expected) <= tolerance, "{count} shards: gradient");
        assert!(gradient.abs().max().double_value(&[]) > 1e-3, "{count} shards: no gradient");
        for (name, expected) in whole.vs.variables() {
            let moved = &cut.vs.variables()[&name];
            assert!(distance(moved, &expected) <= 1e-6, "{count} shards: {name}");
        }
    }
}

/// Running statistics follow the mean of the shards'.
#[test]
fn running_statistics_are_the_mean_of_the_shards() {
    let _turn = turn();
    tch::set_num_threads(1);
    let config = config(&[]);
    let mut session = Session::new(&config, 4, Device::Cpu).expect("a network");
    let shape = session.domain.input_shape();
    let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, 4).expect("a batch");
    // The first batch norm's input does not depend on other batch norms.
    let name = "g.unit.0.norm1.running_mean";
    let mean_of = |start: u64| {
        let own = Session::new(&config, 4, Device::Cpu).expect("a network");
        let half = Batch::of(own.domain.as_ref(), Split::Train, start, 2).expect("a batch");
        let _ = own.network.propose(&tensors(&half, shape, Device::Cpu).0);
        own.vs.variables()[name].copy()
    };
    let expected = (mean_of(0) + mean_of(2)) / 2.0;
    let mut shards = Shards::new(&session, 2, 1).expect("shards");
    let _ = shards.gradients(&mut session.network, &batch, shape, Device::Cpu).expect("a gradient");
    let found = session.vs.variables()[name].copy();
    assert!(distance(&found, &expected) < 1e-7, "running mean");
    assert!(expected.abs().max().double_value(&[]) > 1e-4, "it moved");
}

/// Trains 240 samples in 3 shards; after `until` samples with `then` threads.
fn trained(threads: i32, until: u64, then: i32) -> Vec<(String, Vec<u8>)> {
    let overrides = [
        "train.batch=8",
        "train.shards=3",
        "train.max-samples=240",
        "train.checkpoint-samples=80",
        "train.log-samples=40",
        "annealing.interval-samples=80",
        "annealing.validation-samples=50",
        "annealing.initial-threshold=0.0",
        "evaluation.batch=7",
    ];
    let config = config(&overrides);
    let folder = tempfile::tempdir().expect("a folder");
    let identity = Identity {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 2,
    };
    let dir = RunDir::create(folder.path(), identity, &config).expect("a run folder");
    for (threads, until) in [(threads, until), (then, u64::MAX)] {
        tch::set_num_threads(threads);
        let interrupt = AtomicBool::new(false);
        let mut observer = |_: &mut Session, _: &_, seen: u64, _: &mut dyn sparling::train::Board| {
            interrupt.store(seen >= until, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        };
        train(&dir, &config, Device::Cpu, &mut NoBoard, true, &interrupt, &mut observer).expect("training");
        assert_eq!(tch::get_num_threads(), threads, "libtorch has its threads back");
    }
    let mut files: Vec<_> = std::fs::read_dir(folder.path().join("checkpoints"))
        .expect("checkpoints")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (
                path.file_name().expect("a name").to_string_lossy().into_owned(),
                std::fs::read(path).expect("a file"),
            )
        })
        .collect();
    files.sort();
    assert!(files.len() >= 6, "{} files", files.len());
    files
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let _turn = turn();
    let expected = trained(1, u64::MAX, 1);
    for (threads, until, then) in
        [(2, u64::MAX, 2), (3, u64::MAX, 3), (7, u64::MAX, 7), (2, 80, 1), (1, 160, 7)]
    {
        let found = trained(threads, until, then);
        for ((name, bytes), (expected_name, expected)) in found.iter().zip(&expected) {
            assert_eq!(name, expected_name, "{threads} threads, then {then}");
            assert!(bytes == expected, "{name} differs with {threads} threads, then {then}");
        }
    }
    tch::set_num_threads(1);
}

/// Measuring cuts the samples into batches, not into threads.
#[test]
fn measuring_on_several_threads_changes_nothing() {
    let _turn = turn();
    let config = config(&["evaluation.batch=7"]);
    let report = |threads| {
        tch::set_num_threads(threads);
        let mut session = Session::new(&config, 3, Device::Cpu).expect("a network");
        validate(&mut session, Split::Test, 5, 60).expect("a report")
    };
    let (one, three) = (report(1), report(3));
    tch::set_num_threads(1);
    assert_eq!(one.confusion, three.confusion);
    assert_eq!(one.e2ee, three.e2ee);
    assert_eq!((one.channel_density, one.values), (three.channel_density, three.values));
    assert_eq!(one.samples, 60);
}

#[test]
fn shards_that_cannot_be_are_refused() {
    let file = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    for (setting, parts) in [
        (vec!["train.shards=17"], ["train.shards is 17", "train.batch is 16"]),
        (vec!["train.shards=0"], ["train.shards is 0", "1 or more"]),
        (vec!["train.shards=2", "model.h.dropout=0.1"], ["train.shards is 2", "model.h.dropout = 0"]),
        (vec!["train.shards=2", "sparsity.kind=noise"], ["train.shards is 2", "noise"]),
    ] {
        let overrides: Vec<String> = setting.iter().map(|s| (*s).to_owned()).collect();
        let text = format!("{:#}", load(&file, "smoke", &overrides).expect_err("refused"));
        for part in parts {
            assert!(text.contains(part), "{setting:?}: `{part}` is not in: {text}");
        }
    }
}
