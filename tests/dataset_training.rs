//! Promise: a run on a folder of one's own resumes bit for bit, measures nothing against motifs that nobody knows, and
//! answers files in the order given.

mod dataset_common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sparling::config::{Config, load};
use sparling::domain::dataset::skeleton;
use sparling::measure::{Wanted, evaluate};
use sparling::results::Store;
use sparling::train::{Event, Identity, MetricsLog, NoBoard, RunDir, train};
use tch::Device;

/// libtorch's generator belongs to the process: of tests that draw from it one runs at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A network and intervals small enough for a step to take a millisecond.
const TINY: [&str; 14] = [
    "model.g.width=4",
    "model.g.units=1",
    "model.g.motifs=3",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "model.h.heads=2",
    "annealing.interval-samples=64",
    "annealing.initial-threshold=0.0",
    "annealing.expected-motifs=2",
    "train.batch=8",
    "train.log-samples=32",
    "train.checkpoint-samples=40",
    "train.max-samples=320",
    "train.warmup-steps=0",
];

/// A folder of 24 pictures of 24 × 24 pixels as `data new` leaves it, with samples put in.
fn folder(root: &Path) -> PathBuf {
    let folder = root.join("mine");
    skeleton::write(&folder).unwrap();
    let mut rows = "input,target\n".to_owned();
    for i in 0..24_u8 {
        dataset_common::picture(&folder.join(format!("{i}.png")), 24, 24, i * 9);
        rows += &format!("{i}.png,{}\n", dataset_common::target(i.into()));
    }
    fs::write(folder.join("train.csv"), rows).unwrap();
    folder
}

fn config(folder: &Path) -> Config {
    let overrides: Vec<String> = TINY.iter().map(|s| (*s).to_owned()).collect();
    load(&folder.join("mine.toml"), "smoke", &overrides).unwrap().pinned().unwrap()
}

/// Trains; interrupted at the first check at or after `until` samples, if it is given.
fn go(root: &Path, config: &Config, until: Option<u64>) -> RunDir {
    tch::set_num_threads(1);
    let identity =
        Identity { domain: "dataset".into(), variant: "mine".into(), scale: "smoke".into(), seed: 1 };
    let dir = RunDir::create(root, identity, config).unwrap();
    let interrupt = AtomicBool::new(false);
    train(&dir, config, Device::Cpu, &mut NoBoard, true, &interrupt, &mut |_, _, seen, _| {
        interrupt.store(until.is_some_and(|until| seen >= until), Ordering::Relaxed);
        Ok(())
    })
    .unwrap();
    dir
}

fn checkpoints(dir: &RunDir) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir.root().join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_run_over_many_epochs_resumes_bit_for_bit() {
    let _turn = turn();
    let root = tempfile::tempdir().unwrap();
    let config = config(&folder(root.path()));
    let unbroken = go(&root.path().join("unbroken"), &config, None);
    go(&root.path().join("broken"), &config, Some(128));
    let resumed = go(&root.path().join("broken"), &config, None);
    assert!(unbroken.finished() && resumed.finished());
    assert_eq!(checkpoints(&resumed), checkpoints(&unbroken));
}

#[test]
fn unknown_motifs_are_left_out_of_checks_and_rows() {
    let _turn = turn();
    let root = tempfile::tempdir().unwrap();
    let config = config(&folder(root.path()));
    let dir = go(&root.path().join("run"), &config, None);
    let events = MetricsLog::read(&dir.metrics_path()).unwrap();
    let checks: Vec<_> =
        events.iter().filter_map(|e| if let Event::Validation(c) = e { Some(c) } else { None }).collect();
    assert!(!checks.is_empty());
    assert!(checks.iter().all(|check| (check.fpe, check.fne, check.ce) == (None, None, None)), "{checks:?}");
    let store = Store::open(&root.path().join("results"), "smoke", false).unwrap();
    let wanted = Wanted { perturbation: true, examples: true, ..Wanted::default() };
    evaluate(&dir, &wanted, Device::Cpu, Some(&store), &mut |_, _| Ok(())).unwrap();
    let rows = fs::read_to_string(store.path()).unwrap();
    let metrics: Vec<&str> = rows.lines().skip(1).map(|line| line.split(',').nth(4).unwrap()).collect();
    assert!(metrics.contains(&"exact") && metrics.contains(&"density"), "{metrics:?}");
    for left_out in ["fpe", "fne", "ce", "perturbation"] {
        assert!(!metrics.contains(&left_out), "{left_out} in {metrics:?}");
    }
    assert!(!metrics.iter().any(|metric| metric.starts_with("confusion")), "{metrics:?}");
    // Two test samples are all there are, whatever was asked for.
    assert!(rows.lines().skip(1).all(|line| line.split(',').nth(6) == Some("2")), "{rows}");
}

fn sparling(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(root).args(["--threads", "1"]).args(arguments).output().unwrap()
}

/// `--min-strength` leaves out weaker motifs and nothing else.
fn weak_motifs_are_left_out(root: &Path) {
    let answers = |more: &[&str]| -> Vec<serde_json::Value> {
        let done = sparling(root, &[&["predict", "run", "--from", "mine/train.csv"][..], more].concat());
        let lines = String::from_utf8(done.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let strength = |motif: &serde_json::Value| motif["strength"].as_f64().unwrap();
    let mut expected = answers(&[]);
    let marked = expected.iter().find(|a| a["motifs"].as_array().is_some_and(|m| !m.is_empty())).unwrap();
    let marked = format!("mine/{}", marked["input"].as_str().unwrap());
    let mut strengths: Vec<f64> =
        expected.iter().flat_map(|a| a["motifs"].as_array().unwrap()).map(strength).collect();
    strengths.sort_by(f64::total_cmp);
    let bound = strengths[strengths.len() / 2];
    assert!(strengths[0] < bound, "motifs of one strength try nothing: {strengths:?}");
    for answer in &mut expected {
        answer["motifs"].as_array_mut().unwrap().retain(|motif| strength(motif) >= bound);
    }
    assert_eq!(answers(&["--min-strength", &bound.to_string()]), expected);

    let drawn = |bound: &str, out: &str| {
        let arguments = ["show", "run", "--input", &marked, "--min-strength", bound, "-o", out];
        assert!(sparling(root, &arguments).status.success());
        fs::read(root.join(out)).unwrap()
    };
    assert!(drawn("0", "all.png") != drawn("1e9", "none.png"), "the picture of {marked} is the same");
    for wrong in ["-1", "nan", "much"] {
        let done = sparling(root, &["predict", "run", "mine/3.png", &format!("--min-strength={wrong}")]);
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{error}");
        assert!(error.contains("expected a number of 0 or more"), "{error}");
    }
}

#[test]
fn files_are_answered_in_their_order_and_a_bad_one_in_its_place() {
    let _turn = turn();
    let root = tempfile::tempdir().unwrap();
    let folder = folder(root.path());
    go(&root.path().join("run"), &config(&folder), None);
    fs::write(root.path().join("bad.png"), "no picture").unwrap();
    let files = ["mine/3.png", "bad.png", "mine/1.png", "missing.png", "mine/2.png"];
    let done = sparling(root.path(), &[&["predict", "run", "--draw", "drawn"][..], &files].concat());
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert_eq!(done.status.code(), Some(1), "{err}");
    assert!(err.contains("2 of 5 inputs could not be read"), "{err}");
    let answers: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let inputs: Vec<_> = answers.iter().map(|answer| answer["input"].as_str().unwrap()).collect();
    assert_eq!(inputs, files);
    for (answer, file) in answers.iter().zip(files) {
        let bad = ["bad.png", "missing.png"].contains(&file);
        assert_eq!(answer["error"].is_string(), bad, "{answer}");
        assert_eq!(answer["output"].is_null(), bad, "{answer}");
        for motif in answer["motifs"].as_array().unwrap() {
            assert!(motif["channel"].as_u64().unwrap() < 3 && motif["kind"].is_null(), "{motif}");
            assert!((0.0..24.0).contains(&motif["x"].as_f64().unwrap()), "{motif}");
            assert!((0.0..24.0).contains(&motif["y"].as_f64().unwrap()), "{motif}");
            assert!(motif["strength"].as_f64().unwrap() > 0.0, "{motif}");
        }
    }
    let mut drawn: Vec<_> =
        fs::read_dir(root.path().join("drawn")).unwrap().map(|e| e.unwrap().file_name()).collect();
    drawn.sort();
    assert_eq!(drawn, ["00001-3.png", "00003-1.png", "00005-2.png"]);

    weak_motifs_are_left_out(root.path());

    // The same from a table, as CSV.
    fs::write(folder.join("some.csv"), "input\n3.png\n1.png\n").unwrap();
    let done = sparling(root.path(), &["predict", "run", "--from", "mine/some.csv", "--format", "csv"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut table = csv::Reader::from_reader(&done.stdout[..]);
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), ["3.png", "1.png"]);
    for (row, answer) in rows.iter().zip([&answers[0], &answers[2]]) {
        assert_eq!(row[1], answer["output"], "the same answer");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&row[2]).unwrap(), answer["motifs"]);
    }
    // Where the folder is not: the same answers.
    let away = root.path().join("away");
    fs::rename(&folder, &away).unwrap();
    let done = sparling(root.path(), &["predict", "run", "--from", "away/some.csv", "--format", "csv"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut again = csv::Reader::from_reader(&done.stdout[..]);
    assert_eq!(again.records().map(Result::unwrap).collect::<Vec<_>>(), rows);
    let done = sparling(root.path(), &["evaluate", "run"]);
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && err.contains("the folder is not there"), "{err}");
    fs::rename(&away, &folder).unwrap();

    let done = sparling(root.path(), &["show", "run", "--input", "mine/3.png", "-o", "one.png"]);
    assert!(done.status.success() && root.path().join("one.png").is_file());
    let done = sparling(root.path(), &["show", "run", "--input", "bad.png"]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("bad.png"), "{done:?}");
    assert_eq!(done.status.code(), Some(1));
}
