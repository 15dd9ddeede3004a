//! Promise: the spoken domain is learned end to end; a corpus that vanishes or changes harms
//! no training that has begun, and stops a new one with a message.

mod audio_common;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use audio_common::{speakers, write_fsdd};
use sparling::config::{Config, load};
use sparling::domain::Split;
use sparling::domain::audio_sequence::corpus::import::import;
use sparling::domain::audio_sequence::corpus::write;
use sparling::eval::Relabelling;
use sparling::measure::validate;
use sparling::train::{Checkpoint, Identity, NoBoard, Outcome, RunDir, Session, Stop, train};
use tch::Device;

/// libtorch's generator belongs to the process: of tests that draw from it one runs at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes the tone corpus by way of WAV files and gives its folder.
fn tones(root: &Path) -> PathBuf {
    let (recordings, corpus) = (root.join("wav"), root.join("corpus"));
    write_fsdd(&recordings, &speakers());
    write(&import(&recordings, "tones", &HashSet::new()).expect("recordings").0, &corpus).expect("a corpus");
    corpus
}

fn config(corpus: &Path, overrides: &[&str]) -> anyhow::Result<Config> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/audio-sequence/sparling.toml");
    let mut all = vec![format!("domain.corpus={}", corpus.display())];
    all.extend(overrides.iter().map(|s| (*s).to_owned()));
    load(&file, "smoke", &all)?.pinned()
}

/// A network and intervals small enough for a step to take a millisecond.
const TINY: [&str; 9] = [
    "model.g.width=4",
    "model.g.units=1",
    "model.h.width=16",
    "model.h.heads=2",
    "annealing.interval-samples=64",
    "annealing.validation-samples=20",
    "train.batch=8",
    "train.checkpoint-samples=64",
    "train.max-samples=256",
];

fn run_dir(folder: &Path, config: &Config) -> anyhow::Result<RunDir> {
    let identity = Identity {
        domain: "audio-sequence".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 1,
    };
    RunDir::create(folder, identity, config)
}

/// Trains; `at_validation` is called after each with the samples seen and may interrupt.
fn go(
    dir: &RunDir,
    config: &Config,
    mut at_validation: impl FnMut(u64, &AtomicBool),
) -> anyhow::Result<Outcome> {
    tch::set_num_threads(1);
    let interrupt = AtomicBool::new(false);
    train(dir, config, Device::Cpu, &mut NoBoard, true, &interrupt, &mut |_, _, seen, _| {
        at_validation(seen, &interrupt);
        Ok(())
    })
}

#[test]
fn smoke_scale_learns_the_spoken_digits_of_an_unknown_speaker() {
    let _turn = turn();
    let root = tempfile::tempdir().expect("a folder");
    let config = config(&tones(root.path()), &[]).expect("the smoke experiment");
    let dir = run_dir(&root.path().join("run"), &config).expect("a run folder");
    let outcome = go(&dir, &config, |_, _| {}).expect("training");
    let stem = dir.density_stems().pop().expect("a model");
    let checkpoint = Checkpoint::load(&stem).expect("the model");
    let mut session = Session::new(&config, 1, Device::Cpu).expect("a network");
    session.restore(&checkpoint, None).expect("the network fits");
    let report = validate(&mut session, Split::Test, 0, 1000).expect("a measurement");
    let errors = report.confusion.errors(Relabelling::ManyToOne);
    let exact = report.e2ee.exact_match().expect("samples");
    let message = format!(
        "after {} samples at δ = {:.2e}: exact {exact:.3}, {errors:?}, density {:.2e}",
        outcome.samples,
        checkpoint.state.annealing.density,
        report.density()
    );
    // Chance: number, digits and order are guessed in under 6 % of samples, and an untrained map has FPE and
    // CE near 90 %. Seeds 1 to 3 ended on these samples with exact match 0.86 to 0.94, FPE 0.00
    // to 0.03, FNE 0.02 to 0.08 and CE 0.06 to 0.11; another processor rounds differently, which is as good
    // as another seed.
    assert!(exact > 0.6, "{message}");
    assert!(errors.fpe < 0.3 && errors.fne < 0.3 && errors.ce.expect("matches") < 0.3, "{message}");
    let minimum = config.minimum_density().expect("a minimum");
    assert!(checkpoint.state.annealing.density < 4.0 * minimum, "{message}");
    assert!(report.density() < 2.0 * checkpoint.state.annealing.density, "{message}");
}

#[test]
fn a_corpus_deleted_during_a_run_does_no_harm_until_the_next_start() {
    let _turn = turn();
    let root = tempfile::tempdir().expect("a folder");
    let corpus = tones(root.path());
    let config = config(&corpus, &TINY).expect("the smoke experiment");
    let dir = run_dir(&root.path().join("run"), &config).expect("a run folder");
    let outcome = go(&dir, &config, |seen, interrupt| {
        if seen == 64 {
            fs::remove_dir_all(&corpus).expect("deleted");
        }
        interrupt.store(seen >= 128, Ordering::Relaxed);
    });
    let outcome = outcome.expect("the training goes on without its corpus");
    assert_eq!((outcome.stop, outcome.samples), (Stop::Interrupted, 128));

    let advice = |error: anyhow::Error| {
        let text = format!("{error:#}");
        assert!(text.contains("there is no audio corpus in") && text.contains("make audio-corpus"), "{text}");
        assert!(text.contains("import-audio"), "{text}");
    };
    advice(go(&dir, &config, |_, _| {}).expect_err("no corpus"));
    advice(self::config(&corpus, &TINY).expect_err("no corpus"));

    // The same recordings imported again are the same corpus, and the run goes on.
    tones(root.path());
    let resumed = go(&dir, &config, |_, _| {}).expect("goes on");
    assert_eq!((resumed.stop, resumed.samples), (Stop::MaxSamples, 256));
}

#[test]
fn another_corpus_in_its_place_is_refused() {
    let _turn = turn();
    let root = tempfile::tempdir().expect("a folder");
    let corpus = tones(root.path());
    let first = config(&corpus, &TINY).expect("the smoke experiment");
    let dir = run_dir(&root.path().join("run"), &first).expect("a run folder");
    go(&dir, &first, |seen, interrupt| interrupt.store(seen >= 64, Ordering::Relaxed)).expect("training");
    let (mut other, _) = import(&root.path().join("wav"), "tones", &HashSet::new()).expect("recordings");
    other.samples[100] += 1;
    write(&other, &corpus).expect("another corpus");
    let text = format!("{:#}", go(&dir, &first, |_, _| {}).expect_err("another corpus"));
    assert!(
        text.contains("not the one this run began with") && text.contains("domain.corpus-checksum"),
        "{text}"
    );
    // Asked for afresh, the folder's settings differ, and the message says in what.
    let second = config(&corpus, &TINY).expect("the other corpus by itself is fine");
    assert_ne!(first.hash(), second.hash(), "the corpus is part of what a row's hash stands for");
    let text = format!("{:#}", run_dir(dir.root(), &second).expect_err("another corpus"));
    assert!(text.contains("domain.corpus-checksum: there"), "{text}");
}

#[test]
fn an_interrupted_run_ends_in_the_same_bytes() {
    let _turn = turn();
    let root = tempfile::tempdir().expect("a folder");
    let config = config(&tones(root.path()), &TINY).expect("the smoke experiment");
    let weights = |name: &str, stops: &[u64]| {
        let dir = run_dir(&root.path().join(name), &config).expect("a run folder");
        for &stop in stops {
            go(&dir, &config, |seen, interrupt| interrupt.store(seen >= stop, Ordering::Relaxed))
                .expect("training");
        }
        go(&dir, &config, |_, _| {}).expect("training");
        fs::read(dir.samples_stem(256).with_extension("safetensors")).expect("the last checkpoint")
    };
    assert!(weights("whole", &[]) == weights("parts", &[64, 192]), "the checkpoints differ");
}
