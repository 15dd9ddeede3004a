//! Promise: a trained model's answers follow swaps of its motifs, quantising to every value's own bin changes
//! nothing, and `evaluate` keeps what figures 6 and 10 are drawn from.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use sparling::domain::Split;
use sparling::eval::{ChannelNames, Relabelling};
use sparling::figures::{Context, draw};
use sparling::measure::{perturb, quantised, validate};
use sparling::results::{PerturbedExample, perturbed_path, read, rows_path};
use sparling::train::{Checkpoint, RunDir, Session};
use tch::Device;

/// The committed DigitCircle model.
fn model() -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/models");
    let mut found: Vec<_> = fs::read_dir(&models)
        .expect("committed models")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("digit-circle-sparling"))
        })
        .collect();
    found.sort();
    found.into_iter().next().expect("a committed DigitCircle model")
}

fn session() -> Session {
    tch::set_num_threads(1);
    let dir = RunDir::open(&model()).expect("a run");
    let stem = dir.density_stems().pop().expect("a checkpoint");
    let checkpoint = Checkpoint::load(&stem).expect("the checkpoint");
    let mut session = Session::new(&dir.config().expect("settings"), 1, Device::Cpu).expect("a network");
    session.restore(&checkpoint, None).expect("the network fits");
    session
}

#[test]
fn answers_follow_swaps_and_the_swaps_are_always_the_same() {
    let mut session = session();
    let report = validate(&mut session, Split::Test, 0, 200).expect("a measurement");
    let names = ChannelNames::new(&report.confusion, Relabelling::OneToOne);
    let mut run = |start, count| perturb(&mut session, &names, Split::Test, start, count).expect("swaps");
    let all = run(0, 150);
    assert_eq!(all.samples, 150);
    let right = report.e2ee.exact_match().expect("samples");
    assert!(all.swapped > 0 && all.swapped as f64 <= 200.0 * right, "{all:?}");
    // A head that did not read the channels would be right once in some dozens of swaps.
    assert!(all.accuracy().expect("swaps") > 0.5, "{} of {}", all.followed, all.swapped);
    // Batches are of 100, so that all three calls compute with the same ones.
    let (first, second) = (run(0, 100), run(100, 50));
    assert_eq!(
        (first.swapped + second.swapped, first.followed + second.followed),
        (all.swapped, all.followed),
        "each sample has its own swap, whatever is measured with it"
    );

    let swapped = all.first.expect("an example");
    assert_eq!(swapped.before.answer, swapped.before.sample.target, "answered rightly before");
    let plane = swapped.before.map_shape[1] * swapped.before.map_shape[2];
    for (i, (before, after)) in swapped.before.map.iter().zip(&swapped.map).enumerate() {
        let moved = swapped.swap.found.positions.contains(&(i % plane));
        let touched = [swapped.swap.found.channel, swapped.swap.to].contains(&(i / plane));
        assert!(before == after || (moved && touched), "cell {i} changed");
    }
    let sum = |map: &[f32]| map.iter().sum::<f32>();
    assert!(sum(&swapped.map) <= sum(&swapped.before.map) + 1e-3, "nothing was added");
    assert_ne!(swapped.map, swapped.before.map, "something was moved");
}

#[test]
fn a_bin_for_every_value_changes_no_answer_and_a_single_bin_is_finite() {
    let mut session = session();
    let report = validate(&mut session, Split::Test, 0, 100).expect("a measurement");
    let every = 1 << 20;
    let found =
        quantised(&mut session, &[every, 1], (Split::Test, 100), Split::Test, 100).expect("a measurement");
    assert_eq!(found.unquantised, report.e2ee);
    assert_eq!(found.quantised[0], (every, report.e2ee.clone()));
    assert_eq!(found.quantised[1].1.samples(), 100);
}

#[test]
fn evaluate_keeps_rows_and_an_example_that_the_figures_draw() {
    let results = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let done = Command::cargo_bin("sparling")
            .expect("the program")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .args(["--results", results.path().to_str().expect("a path"), "--threads", "1"])
            .output()
            .expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let model = model();
    let model = model.to_str().expect("a path");
    let out =
        run(&["evaluate", model, "--samples", "100", "--perturbation", "--quantisation", "--device", "cpu"]);
    assert!(out.contains("swaps in 100 samples") && out.contains("E2EE by bins"), "{out}");

    let rows = read(&rows_path(results.path(), "laptop")).expect("rows");
    let of = |metric: &str| rows.iter().find(|r| r.metric == metric).unwrap_or_else(|| panic!("no {metric}"));
    let (accuracy, possible) = (of("perturbation"), of("perturbation_possible"));
    assert_eq!(possible.value, Some(accuracy.samples as f64 / 100.0), "the samples behind it are the swaps");
    assert_eq!(of("e2ee_unquantised").value, of("e2ee").value);
    for bins in [2, 4, 8, 16] {
        assert_eq!(of(&format!("e2ee_quantised/{bins}")).samples, 100);
    }
    let seed = accuracy.seed;
    let path = perturbed_path(results.path(), "laptop", "digit-circle", "sparling", seed);
    let example = PerturbedExample::read(&path).expect("an example");
    assert_ne!(example.from, example.to);

    // Whatever the experiment asks for now: `sparling figure` would leave out what an older one measured.
    let context = Context::load(results.path(), "laptop").expect("rows");
    let drawn = ["fig6", "fig10"].map(|name| draw(name, &context).expect("a figure")).concat();
    let drawn = format!("{drawn:?}");
    let svg = fs::read_to_string(results.path().join("laptop/fig6.svg")).expect("figure 6");
    assert!(!svg.contains("left out") && !svg.contains("not measured"), "{svg}");
    for name in ["fig6.png", "fig6.svg", "fig6.csv", "fig10.png", "fig10.svg", "fig10.csv"] {
        assert!(drawn.contains(name), "{drawn}");
    }
}
