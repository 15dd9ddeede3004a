//! Promise: ĥ can be trained behind the frozen ĝ of another run, with the bottleneck taken out or from
//! fresh weights; ĝ and the thresholds stay bit for bit as they were.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sparling::config::{Config, HeadStart, load};
use sparling::domain::Split;
use sparling::measure::validate;
use sparling::train::{Checkpoint, Identity, NoBoard, RunDir, Session, Stop, begin_retraining, train};
use tch::{Device, Tensor};

/// libtorch's generator belongs to the process: of tests that draw from it one runs at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One digit in a small image, learned in some seconds.
const SMALL: [&str; 3] =
    ["domain.max-digits=1", "train.max-samples=12288", "annealing.interval-samples=2048"];

fn config(variant: &str, more: &[&str]) -> Config {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
    let overrides: Vec<String> = SMALL.iter().chain(more).map(|s| (*s).to_owned()).collect();
    load(&folder.join(format!("{variant}.toml")), "smoke", &overrides).expect(variant)
}

fn run(folder: &Path, variant: &str, config: &Config) -> RunDir {
    let identity =
        Identity { domain: "digit-circle".into(), variant: variant.into(), scale: "smoke".into(), seed: 1 };
    RunDir::create(&folder.join(variant).join("seed-1"), identity, config).expect("a run folder")
}

fn go(dir: &RunDir, config: &Config) -> Stop {
    tch::set_num_threads(1);
    let never = AtomicBool::new(false);
    train(dir, config, Device::Cpu, &mut NoBoard, true, &never, &mut |_, _, _, _| Ok(()))
        .expect("training")
        .stop
}

fn model(dir: &RunDir) -> Checkpoint {
    Checkpoint::load(&dir.density_stems().pop().expect("a model")).expect("a whole model")
}

fn tensor<'a>(checkpoint: &'a Checkpoint, name: &str) -> &'a Tensor {
    let found = checkpoint.tensors.iter().find(|(n, _)| n == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

fn exact(config: &Config, checkpoint: &Checkpoint) -> f64 {
    let mut session = Session::new(config, 1, Device::Cpu).expect("a network");
    session.restore(checkpoint, None).expect("the network fits");
    let report = validate(&mut session, Split::Test, 0, 500).expect("a measurement");
    report.e2ee.exact_match().expect("samples")
}

#[test]
fn only_the_head_learns_and_it_does() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let base_config = config("sparling", &[]);
    let base = run(folder.path(), "sparling", &base_config);
    go(&base, &base_config);
    let before = model(&base);
    let base_exact = exact(&base_config, &before);
    for (variant, start) in [("retrained", HeadStart::Continue), ("retrained-scratch", HeadStart::Scratch)] {
        let config = config(variant, &["retrain.samples=6144"]);
        assert_eq!(config.retrain.head, start);
        let dir = run(folder.path(), variant, &config);
        begin_retraining(&dir, &config, || Ok(base.clone())).expect("a beginning");

        // Where it starts: the other run's ĝ, and its ĥ or a new one.
        let first = dir.latest().expect("a checkpoint").0.expect("one");
        let name = "model.h.embed.weight";
        assert_eq!(
            tensor(&first, name) == tensor(&before, name),
            start == HeadStart::Continue,
            "{variant}: ĥ at the start"
        );
        assert_eq!(first.state.annealing.density, before.state.annealing.density, "{variant}: δ");

        assert_eq!(go(&dir, &config), Stop::MaxSamples, "{variant}");
        let after = model(&dir);
        assert_eq!(after.state.samples, 6144, "{variant}");
        assert_eq!(after.state.annealing.density, before.state.annealing.density, "{variant}: δ after");
        for (name, value) in after.tensors.iter().filter(|(n, _)| n.starts_with("model.")) {
            let same = name.starts_with("model.h.") || value == tensor(&before, name);
            assert!(same, "{variant}: {name} has changed");
        }
        assert_ne!(
            tensor(&after, "model.h.embed.weight"),
            tensor(&first, "model.h.embed.weight"),
            "{variant}"
        );
        let exact = exact(&config, &after);
        // Ten digits: a guess is right once in ten. What a trained ĝ shows must be answered about as well as
        // by the ĥ that it was trained with.
        assert!(
            base_exact > 0.5 && exact > base_exact - 0.15,
            "{variant}: exact {exact:.3}, with the bottleneck {base_exact:.3}"
        );
    }
}

#[test]
fn a_base_that_cannot_serve_is_named() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let base_config = config("sparling", &["train.max-samples=16"]);
    let base = run(folder.path(), "sparling", &base_config);
    let config = config("retrained", &[]);
    let dir = run(folder.path(), "retrained", &config);
    let error = begin_retraining(&dir, &config, || Ok(base.clone())).expect_err("no model yet");
    assert!(format!("{error:#}").contains("no trained model"), "{error:#}");

    go(&base, &base_config);
    let wider = self::config("retrained", &["model.g.width=20"]);
    let other = run(&folder.path().join("wider"), "retrained", &wider);
    let error = begin_retraining(&other, &wider, || Ok(base.clone())).expect_err("another ĝ");
    let text = format!("{error:#}");
    assert!(text.contains("cannot take ĝ from") && text.contains("in the network"), "{text}");
}

#[test]
fn a_frozen_layer_cannot_be_annealed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
    let error = load(&folder.join("retrained.toml"), "smoke", &["annealing.enabled=true".to_owned()])
        .expect_err("annealing");
    assert!(format!("{error:#}").contains("annealing.enabled = false"), "{error:#}");
}
