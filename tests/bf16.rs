//! Promise: with `train.precision = "bf16"` a run learns as in fp32, in the same bits on any number of threads and after a
//! resume; weights and checkpoints stay in fp32; and where it cannot be it is refused in one message.
//!
//! Skipped with the reason, but for the last, where the processor has no instructions for it.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sparling::config::{Config, Precision, load};
use sparling::device::bf16;
use sparling::domain::Split;
use sparling::eval::Relabelling;
use sparling::measure::{Model, validate};
use sparling::train::{Adam, Batch, Identity, NoBoard, RunDir, Session, Step, train};
use tch::{Device, Kind, Tensor};

/// libtorch's generator and its number of threads belong to the process: one test at a time. Nothing where the processor
/// has no instructions for bf16.
fn turn() -> Option<MutexGuard<'static, ()>> {
    static TURN: Mutex<()> = Mutex::new(());
    if let Err(reason) = bf16() {
        eprintln!("skipped: no products in bf16 on this processor: {reason}");
        return None;
    }
    Some(TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn experiment(path: &str, overrides: &[&str]) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(path);
    let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    load(&file, "smoke", &overrides).expect("the smoke experiment")
}

fn run_dir(folder: &Path, config: &Config) -> RunDir {
    let identity = Identity {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 1,
    };
    RunDir::create(folder, identity, config).expect("a run folder")
}

/// Trains with so many threads, up to the first validation at or after `until` samples.
fn go(dir: &RunDir, config: &Config, threads: i32, until: u64) {
    tch::set_num_threads(threads);
    let interrupt = AtomicBool::new(false);
    train(dir, config, Device::Cpu, &mut NoBoard, true, &interrupt, &mut |_, _, seen, _| {
        interrupt.store(seen >= until, Ordering::Relaxed);
        Ok(())
    })
    .expect("training");
    tch::set_num_threads(1);
}

/// The bars are those of `tests/training.rs`, which fp32 has to meet.
#[test]
fn smoke_scale_learns_the_motifs() {
    let Some(_turn) = turn() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let config = experiment("digit-circle/sparling.toml", &["train.precision=bf16"]);
    let dir = run_dir(folder.path(), &config);
    go(&dir, &config, 1, u64::MAX);
    let mut model = Model::reported(&dir, Device::Cpu).expect("the model");
    assert_eq!(model.session.config.train.precision, Precision::Bf16, "the run says so");
    let report = validate(&mut model.session, Split::Test, 0, 1000).expect("a measurement");
    let errors = report.confusion.errors(Relabelling::OneToOne);
    let exact = report.e2ee.exact_match().expect("samples");
    let message = format!(
        "after {} samples at δ = {:.2e}: exact {exact:.3}, {errors:?}, density {:.2e}",
        model.trained,
        model.delta,
        report.density()
    );
    assert!(exact > 0.6, "{message}");
    assert!(errors.fpe < 0.3 && errors.fne < 0.3 && errors.ce.expect("matches") < 0.3, "{message}");
    assert!(model.delta < 4.0 * config.minimum_density().expect("a minimum"), "{message}");
    assert!(report.density() < 2.0 * model.delta, "{message}");
    assert!(model.session.vs.variables().values().all(|v| v.kind() != Kind::BFloat16), "weights are in fp32");
}

/// Checkpoints, in shards, of a run that changes from `threads` to `then` after `until` samples.
fn checkpoints(threads: i32, until: u64, then: i32) -> Vec<(String, Vec<u8>)> {
    let overrides = [
        "train.precision=bf16",
        "domain.max-digits=1",
        "model.g.width=4",
        "model.g.units=1",
        "model.h.width=16",
        "model.h.heads=2",
        // The strongest cells by weight: attention with a mask that has a gradient.
        "model.h.rotary=true",
        "model.h.weigh-by-strength=true",
        "model.h.max-cells=8",
        "train.batch=8",
        "train.shards=3",
        "train.max-samples=160",
        "train.checkpoint-samples=80",
        "annealing.interval-samples=80",
        "annealing.validation-samples=50",
        "annealing.initial-threshold=0.0",
        "evaluation.batch=7",
    ];
    let config = experiment("digit-circle/sparling.toml", &overrides);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = run_dir(folder.path(), &config);
    go(&dir, &config, threads, until);
    go(&dir, &config, then, u64::MAX);
    let files = std::fs::read_dir(folder.path().join("checkpoints")).expect("checkpoints");
    let mut files: Vec<_> = files
        .map(|entry| entry.expect("an entry"))
        .map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).expect("a file")))
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{} files", files.len());
    files
}

#[test]
fn threads_and_interruptions_change_no_bit() {
    let Some(_turn) = turn() else { return };
    let expected = checkpoints(1, u64::MAX, 1);
    for (threads, until, then) in [(3, u64::MAX, 3), (1, 80, 1), (2, 80, 7)] {
        let found = checkpoints(threads, until, then);
        assert!(found == expected, "{threads} threads, then {then} after {until} samples");
    }
}

/// Every ĥ and each way that attention is computed: the loss and all gradients are those of fp32 but for the rounding of
/// 8 bits, and are not the very same.
#[test]
fn a_step_is_that_of_fp32_to_eight_bits() {
    let Some(_turn) = turn() else { return };
    tch::set_num_threads(1);
    let row_lstm = ["model.h.embedding=row-lstm", "model.h.pool-first=false", "model.h.norm=post"];
    let weighed = ["model.h.rotary=true", "model.h.weigh-by-strength=true", "model.h.max-cells=8"];
    for (path, settings) in [
        ("digit-circle/sparling.toml", &[][..]),
        ("digit-circle/sparling.toml", &row_lstm),
        ("digit-circle/sparling.toml", &weighed),
        ("digit-circle/sparling.toml", &["model.g.width=64"]),
        ("splicing/sparling.toml", &[]),
    ] {
        let step = |precision: &str| {
            let config = experiment(path, &[settings, &[precision]].concat());
            let mut session = Session::new(&config, 1, Device::Cpu).expect("a network");
            let adam = Adam::new(&session.vs, 1).expect("threads");
            let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, 8).expect("a batch");
            let mut step = Step::new(&session).expect("a step");
            let (loss, gradients) = step.gradients(&mut session, &adam, &batch).expect("gradients");
            let flat: Vec<Tensor> = gradients.iter().flatten().map(|g| g.flatten(0, -1)).collect();
            assert!(
                flat.iter().all(|g| g.kind() == Kind::Float),
                "{path} {settings:?}: gradients are in fp32"
            );
            (loss, Tensor::cat(&flat, 0))
        };
        let ((exact, gradient), (loss, rounded)) =
            (step("train.precision=fp32"), step("train.precision=bf16"));
        let apart = ((&rounded - &gradient).norm() / gradient.norm()).double_value(&[]);
        let message = format!("{path} {settings:?}: loss {exact} and {loss}, gradients apart by {apart:.1e}");
        assert!((loss - exact).abs() < 0.02 * exact, "{message}");
        assert!(apart < 0.2 && apart > 1e-5, "{message}");
    }
}

/// Attention with dropout, which libtorch does not fuse, is also causal in the decoder.
#[test]
fn dropout_in_training_leaves_the_mask_in_force() {
    let Some(_turn) = turn() else { return };
    let config =
        experiment("digit-circle/sparling.toml", &["train.precision=bf16", "model.h.dropout=0.000001"]);
    let session = Session::new(&config, 1, Device::Cpu).expect("a network");
    let sparling::model::Head::Sequence(head) = &session.network.head else { panic!("a sequence") };
    let shape = session.network.map_shape(2);
    let memory = || head.encode(&Tensor::ones(shape, (Kind::Float, Device::Cpu)), true);
    let first = |second: i64| {
        let previous = Tensor::from_slice(&[11, second, 11, second]).view([2, 2]);
        head.logits(&memory(), &previous, true).select(1, 0)
    };
    assert!(first(3).equal(&first(7)), "a later token was seen");
    let last = |first: i64| {
        let previous = Tensor::from_slice(&[first, 4, first, 4]).view([2, 2]);
        head.logits(&memory(), &previous, true).select(1, 1)
    };
    assert!(!last(3).equal(&last(7)), "an earlier token was not seen");
}

#[test]
fn a_processor_without_instructions_is_refused_in_one_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let done = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["train", "experiments/digit-circle/sparling.toml", "--scale", "smoke", "--device", "cpu"])
        .args(["--set", "train.precision=bf16", "--out"])
        .arg(&out)
        // What oneDNN is told to leave unused counts as not there.
        .env("ONEDNN_MAX_CPU_ISA", "AVX2")
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert_eq!(text.matches("error:").count(), 1, "{text}");
    for part in
        ["train.precision is bf16", "ONEDNN_MAX_CPU_ISA is AVX2", "avx512_bf16", "--set train.precision=fp32"]
    {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    assert!(!out.exists(), "a folder was made");
}
