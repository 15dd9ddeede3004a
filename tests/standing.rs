//! Promise: figures and the report use the rows that were measured with the settings of the experiments as they
//! stand, and say which they leave out and why.

mod rows_common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use sparling::config::{Config, Source, load, parse};
use sparling::figures::{Context, draw};
use sparling::results::{Experiments, Row, Store, read, rows_path};

const DELTA: f64 = 5.0226e-5;

/// A folder with experiments of its own and results.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
        let copy = folder.path().join("experiments/digit-circle");
        fs::create_dir_all(copy.join("scales")).unwrap();
        for name in ["sparling.toml", "single-threshold.toml", "scales/smoke.toml"] {
            fs::copy(own.join(name), copy.join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A variant's settings as they stand, under `overrides`.
    fn config(&self, variant: &str, overrides: &[&str]) -> Config {
        let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
        let file = self.path("experiments/digit-circle").join(format!("{variant}.toml"));
        load(&file, "smoke", &overrides).unwrap()
    }

    /// Rows of a seed by settings, all errors of `value`.
    fn rows(&self, variant: &str, seed: u64, config: &Config, value: f64) -> Vec<Row> {
        ["fpe", "fne", "ce", "e2ee"]
            .map(|metric| rows_common::row("digit-circle", variant, seed, DELTA, metric, value))
            .map(|row| Row { config_hash: config.hash(), ..row })
            .into()
    }

    fn keep(&self, rows: &[Row], config: Option<&Config>) {
        Store::open(&self.path("results"), "smoke", false).unwrap().keep(rows, config).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("sparling").unwrap();
        command.current_dir(self.folder.path()).args(["--threads", "1"]).args(arguments);
        command.args(["--scale", "smoke"]).output().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {error}");
        error
    }

    /// The words of a file among the results, one space between any two.
    fn words(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path("results/smoke").join(name)).unwrap();
        let texts = text.split('<').map(|tag| tag.split_once('>').map_or(tag, |(_, text)| text));
        texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }

    /// Means of figure 3's FPE.
    fn fpe(&self) -> Vec<f64> {
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_path(self.path("results/smoke/fig3.csv"))
            .unwrap();
        let lines = reader.records().map(Result::unwrap);
        let own = lines.filter(|l| &l[1] == "fpe" && &l[2] == "mean");
        own.map(|l| l[5].parse().unwrap()).collect()
    }
}

#[track_caller]
fn has(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "expected `{wanted}` in:\n{text}");
}

#[test]
fn a_changed_overlay_leaves_the_old_rows_out_of_figure_and_report() {
    let place = Place::new();
    let before = place.config("sparling", &[]);
    for (seed, value) in [(1, 0.01), (2, 0.03)] {
        place.keep(&place.rows("sparling", seed, &before, value), Some(&before));
    }
    let error = place.done(&["figure", "3", "--only-draw"]);
    assert!(!error.contains("left out"), "{error}");
    assert_eq!(place.fpe(), [0.02]);
    assert!(!place.words("fig3.svg").contains("left out"));

    // Another batch: what was measured is of another experiment now. One seed was measured anew.
    let overlay = place.path("experiments/digit-circle/scales/smoke.toml");
    let text = fs::read_to_string(&overlay).unwrap();
    let batch = before.train.batch;
    assert!(text.contains(&format!("batch = {batch}")), "{text}");
    fs::write(&overlay, text.replacen(&format!("batch = {batch}"), &format!("batch = {}", batch * 2), 1))
        .unwrap();
    let now = place.config("sparling", &[]);
    assert_ne!(now.hash(), before.hash());
    place.keep(&place.rows("sparling", 3, &now, 0.2), Some(&now));

    let error = place.done(&["figure", "3", "--only-draw"]);
    let differs = format!("train.batch {batch}, now {}", batch * 2);
    has(&error, "left out of fig3: digit-circle/sparling seed 1 (4 rows): measured with configuration");
    has(&error, &differs);
    assert_eq!(place.fpe(), [0.2], "seed 3 alone");
    has(
        &place.words("fig3.csv"),
        "Left out, measured with other settings than the experiment has now: digit-circle/sparling seeds 1, 2.",
    );
    has(&place.words("fig3.svg"), "2 runs are left out: see fig3.csv.");
    place.done(&["report"]);
    let report = fs::read_to_string(place.path("results/smoke/REPORT.md")).unwrap();
    has(&report, "8 rows are left out");
    has(&report, "## Left out");
    has(
        &report,
        &format!("- digit-circle/sparling seed 2 (4 rows): measured with configuration {}", before.hash()),
    );
    has(&report, &differs);
    has(&report, "Left out (see the end): digit-circle/sparling seed 1; digit-circle/sparling seed 2.");
    has(&report, "digit-circle/sparling seed 3; samples 10000");

    // With the setting as it was they are those that count.
    place.done(&["figure", "3", "--only-draw", "--set", &format!("train.batch={batch}")]);
    assert_eq!(place.fpe(), [0.02]);
}

#[test]
fn where_all_rows_are_left_out_the_picture_says_so_and_has_no_old_numbers() {
    let place = Place::new();
    let old = place.config("sparling", &["train.batch=3"]);
    place.keep(&place.rows("sparling", 1, &old, 0.01), Some(&old));
    for figure in ["3", "8", "table2"] {
        place.done(&["figure", figure, "--only-draw"]);
    }
    let words = place.words("fig3.svg");
    has(&words, "not measured");
    has(&words, "One run is left out: see fig3.csv.");
    let numbers = fs::read_to_string(place.path("results/smoke/fig3.csv")).unwrap();
    assert!(numbers.lines().all(|line| line.starts_with('#')), "no numbers: {numbers}");
    has(
        &numbers,
        "Left out, measured with other settings than the experiment has now: digit-circle/sparling seed 1.",
    );
    has(&fs::read_to_string(place.path("results/smoke/table2.md")).unwrap(), "digit-circle/sparling seed 1");
    place.done(&["report"]);
    let report = fs::read_to_string(place.path("results/smoke/REPORT.md")).unwrap();
    has(&report, "15 were not measured");
    has(&report, "train.batch 3, now");
}

#[test]
fn the_least_density_is_that_of_the_run_that_counts() {
    let place = Place::new();
    let (now, old) = (place.config("sparling", &[]), place.config("sparling", &["train.batch=3"]));
    let mut rows = place.rows("sparling", 1, &now, 0.01);
    // As a file may be that was kept before rows were kept by whole measurements.
    rows.extend(
        place.rows("sparling", 1, &old, 0.5).into_iter().map(|r| Row { delta: Some(DELTA / 2.0), ..r }),
    );
    rows.push(Row { metric: "confusion/3/7".into(), ..place.rows("sparling", 1, &old, 0.5).remove(0) });
    let path = rows_path(&place.path("results"), "smoke");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut text = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| text.serialize(row).unwrap());
    fs::write(&path, text.into_inner().unwrap()).unwrap();

    place.done(&["figure", "3", "--only-draw"]);
    assert_eq!(place.fpe(), [0.01]);
    let experiments =
        Experiments { folder: place.path("experiments"), scale: "smoke".into(), overrides: Vec::new() };
    let context = Context::of(&place.path("results"), &experiments).unwrap();
    assert_eq!(context.rows.len(), 4, "no cell of another configuration");
    assert_eq!(context.left_out[0].rows, 5);
    // Without experiments it cannot be told which of the two is meant.
    let context = Context::load(&place.path("results"), "smoke").unwrap();
    assert!(context.rows.is_empty() && context.left_out[0].to_string().contains("several configurations"));
    draw("fig3", &context).expect("a page that says so");
}

#[test]
fn kept_settings_go_by_the_hash_of_their_rows_whatever_settings_came_later() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/configs");
    let mut kept = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let config = parse(&[Source::file(&path).unwrap()]).unwrap();
        let hash = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(config.has_hash(&hash), "{}", path.display());
        let mut other = config.clone();
        other.train.batch += 1;
        assert!(!other.has_hash(&hash), "other settings go by another: {}", path.display());
        kept += 1;
    }
    assert!(kept > 0, "settings are kept");
}

#[test]
fn rows_of_several_evaluations_are_left_out() {
    let place = Place::new();
    let now = place.config("sparling", &[]);
    let mut rows = place.rows("sparling", 1, &now, 0.01);
    rows[2].samples = 50;
    rows.extend(place.rows("sparling", 2, &now, 0.04));
    let path = rows_path(&place.path("results"), "smoke");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut text = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| text.serialize(row).unwrap());
    fs::write(&path, text.into_inner().unwrap()).unwrap();
    has(&place.done(&["figure", "3", "--only-draw"]), "rows of several evaluations ({50, 10000} samples)");
    assert_eq!(place.fpe(), [0.04]);
}

#[test]
fn a_figure_says_at_once_that_it_would_have_to_drop_rows() {
    let place = Place::new();
    let old = place.config("sparling", &["train.batch=3"]);
    place.keep(&place.rows("sparling", 1, &old, 0.01), Some(&old));
    let output = place.run(&["figure", "3", "--device", "cpu"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    has(&error, "by other settings: found configuration");
    has(&error, "--replace");
    assert!(!place.path("runs").exists(), "nothing was trained");
    let output =
        place.run(&["sweep", "experiments/digit-circle/sparling.toml", "--evaluate", "--device", "cpu"]);
    has(&String::from_utf8_lossy(&output.stderr), "--replace");
    assert!(!place.path("runs").exists(), "nothing was trained");
}

#[test]
fn an_experiment_that_is_not_there_is_named() {
    let place = Place::new();
    let now = place.config("sparling", &[]);
    rows_common::keep(&place.path("results"), "smoke", &place.rows("no-batch-norm", 1, &now, 0.01));
    place.done(&["report"]);
    let report = fs::read_to_string(place.path("results/smoke/REPORT.md")).unwrap();
    has(
        &report,
        "no-batch-norm seed 1 (4 rows): there is no experiment file experiments/digit-circle/no-batch-norm",
    );
    fs::remove_dir_all(place.path("experiments")).unwrap();
    let output = place.run(&["report"]);
    assert_eq!(output.status.code(), Some(1));
    has(&String::from_utf8_lossy(&output.stderr), "--experiments");
}

/// Settings so small that a run takes a second.
const TINY: &str = "\n[fixed.domain]\nmax-digits = 1\n[fixed.model.g]\nwidth = 4\n[fixed.model.h]\nwidth = 16\n\
                    feed-forward = 16\n[fixed.train]\nmax-samples = 64\n[fixed.evaluation]\nsamples = 8\n\
                    [fixed.annealing]\nvalidation-samples = 8\n";

#[test]
fn what_the_report_proposes_makes_rows_when_pasted() {
    let place = Place::new();
    let file = place.path("experiments/digit-circle/sparling.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + TINY).unwrap();
    for command in [&["report"][..], &["figure", "3", "--only-draw"]] {
        let _ = fs::remove_dir_all(place.path("results"));
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1), "{command:?}: there are no rows");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let proposed = error.lines().find(|line| line.starts_with("  ")).expect("a command");
        let done = std::process::Command::new("bash")
            .args(["-c", proposed])
            .current_dir(place.folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{proposed}: {}", String::from_utf8_lossy(&done.stderr));
        place.done(command);
    }
}

#[test]
fn no_samples_and_a_folder_that_cannot_be_are_refused_before_measuring() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/models");
    let model =
        fs::read_dir(model).unwrap().map(|e| e.unwrap().path()).find(|p| p.join("run.toml").is_file());
    let model = model.expect("a committed model").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("sparling").unwrap();
        let output =
            command.current_dir(folder.path()).args(arguments).args(["--device", "cpu"]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (verb, option) in [
        ("evaluate", "--samples"),
        ("evaluate", "--path-samples"),
        ("evaluate", "--densities"),
        ("supervise", "--samples"),
        ("supervise", "--train-samples"),
    ] {
        let (code, error) = run(&[verb, &model, option, "0"]);
        assert_eq!(code, Some(2), "{verb} {option}: {error}");
        has(&error, option);
    }
    fs::write(folder.path().join("file"), "").unwrap();
    for verb in ["evaluate", "supervise"] {
        let (code, error) = run(&[verb, &model, "--results", "file"]);
        assert_eq!(code, Some(1), "{verb}: {error}");
        has(&error, "nothing was measured");
    }
}

#[test]
fn two_evaluations_with_different_samples_never_mix() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/models");
    let mut models: Vec<_> = fs::read_dir(models).unwrap().map(|e| e.unwrap().path()).collect();
    models.sort();
    let of = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("digit-circle");
    let model = models.into_iter().find(of).expect("a committed DigitCircle model").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let run = |options: &[&str]| {
        let mut command = Command::cargo_bin("sparling").unwrap();
        command.current_dir(folder.path()).args(["--threads", "1", "evaluate", &model, "--device", "cpu"]);
        let output = command.args(options).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let samples = || {
        let rows = read(&rows_path(&folder.path().join("results"), "laptop")).unwrap();
        let total: f64 =
            rows.iter().filter(|r| r.metric.starts_with("confusion/")).filter_map(|r| r.value).sum();
        assert!((total - 1.0).abs() < 1e-9, "shares of the confusion sum to {total}");
        rows.iter().map(|r| r.samples).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(run(&["--samples", "60"]).0);
    assert_eq!(samples(), [60].into());
    let (ok, error) = run(&["--samples", "20"]);
    assert!(!ok && error.contains("measured on 60 samples"), "{error}");
    assert_eq!(samples(), [60].into());
    assert!(run(&["--samples", "20", "--replace"]).0);
    assert_eq!(samples(), [20].into());
    assert!(run(&["--samples", "40"]).0);
    assert_eq!(samples(), [40].into());
}

#[test]
fn committed_rows_are_of_one_configuration_a_run_and_whole() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let mut seen = 0;
    for folder in
        fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        // Results of a corpus of its own have a folder of scales.
        for path in [folder.join("rows.csv"), folder.join("laptop/rows.csv")] {
            let rows = read(&path).unwrap();
            seen += rows.len();
            let (mut hashes, mut shares) = (BTreeMap::new(), BTreeMap::new());
            for row in &rows {
                let run = (row.domain.clone(), row.variant.clone(), row.seed);
                let first = hashes.entry(run.clone()).or_insert_with(|| row.config_hash.clone());
                assert_eq!(*first, row.config_hash, "{}: {run:?} is of two configurations", path.display());
                if row.metric.starts_with("confusion/") {
                    let delta = row.delta.map(f64::to_bits);
                    *shares.entry((run, delta)).or_insert(0.0) += row.value.unwrap_or(0.0);
                }
            }
            for (measurement, share) in shares {
                assert!((share - 1.0_f64).abs() < 1e-6, "{}: {measurement:?}: {share}", path.display());
            }
        }
    }
    assert!(seen > 1000, "{seen} rows");
}
