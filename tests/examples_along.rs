//! Promise: `evaluate --examples-along N` keeps the same few test samples at N densities from the first to the last,
//! with the errors there, and changes no rows.

use std::path::Path;

use assert_cmd::Command;
use sparling::results::{Along, along_path, read, rows_path};
use sparling::train::RunDir;

/// Runs the program in `folder`; the experiments are this repository's.
fn sparling(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    let output = command.current_dir(folder).args(["--threads", "1"]).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn samples_are_kept_at_densities_from_the_first_to_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("experiments/digit-circle/sparling.toml")
        .display()
        .to_string();
    // T falls at once, so that every check lowers δ: four densities in a few seconds, nothing learned.
    let settings =
        ["train.max-samples=6144", "annealing.threshold-decay=1e-3", "annealing.validation-samples=100"];
    let mut arguments = vec!["train", &experiment, "--scale", "smoke", "--seed", "1"];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    sparling(folder.path(), &arguments);
    let run = "runs/digit-circle/sparling/smoke/seed-1";
    let densities = RunDir::open(&folder.path().join(run)).unwrap().density_stems().len();
    assert!(densities >= 4, "found {densities} densities, expected one for each check");

    let results = folder.path().join("results");
    let path = along_path(&results, "smoke", "digit-circle", "sparling", 1);
    sparling(folder.path(), &["evaluate", run, "--samples", "60"]);
    let rows = read(&rows_path(&results, "smoke")).unwrap();
    assert!(!path.exists(), "samples along the densities are kept when asked for");

    sparling(folder.path(), &["evaluate", run, "--samples", "60", "--examples-along", "3"]);
    let along = Along::read(&path).unwrap();
    assert_eq!(along.densities.len(), 3);
    assert_eq!(along.inputs.iter().map(|input| input.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let deltas: Vec<f64> = along.densities.iter().map(|at| at.delta).collect();
    assert!((deltas[0] - 0.05).abs() < 1e-9, "the first is the initial density: {deltas:?}");
    assert!(deltas.is_sorted_by(|a, b| a > b), "{deltas:?}");
    let measured: Vec<f64> = along.densities.iter().map(|at| at.density).collect();
    assert!(measured.is_sorted_by(|a, b| a > b), "fewer values pass at each: {measured:?}");
    let active: Vec<u64> = along.densities.iter().map(|at| at.views.iter().map(|v| v.active).sum()).collect();
    assert!(active.is_sorted_by(|a, b| a > b), "{active:?}");
    assert!(along.densities.iter().all(|at| at.measured_on == 60));

    // The last one's errors are those of the rows, and no row was added at another density.
    let after = read(&rows_path(&results, "smoke")).unwrap();
    let keys = |rows: &[sparling::results::Row]| -> Vec<_> {
        rows.iter().map(|row| (row.metric.clone(), row.delta, row.value)).collect()
    };
    assert_eq!(keys(&after), keys(&rows));
    let last = &along.densities[2];
    for (metric, value) in
        [("fpe", Some(last.fpe)), ("fne", Some(last.fne)), ("ce", last.ce), ("e2ee", last.e2ee)]
    {
        let row = after.iter().find(|row| row.metric == metric).unwrap();
        assert_eq!(row.value, value, "{metric}");
    }

    damaged_files_are_named(&path, &along);
    a_strip_shows_densities_side_by_side(folder.path(), run, densities);
    one_density_is_refused(folder.path(), &experiment);
}

/// `show --densities N` draws one test sample at N densities, and says where a run has no more or too few.
fn a_strip_shows_densities_side_by_side(folder: &Path, run: &str, densities: usize) {
    let show = |count: &str, out: &str| {
        sparling(folder, &["show", run, "--index", "7", "--densities", count, "-o", out, "--zoom", "3"])
    };
    let told = show("3", "strip.png");
    assert!(told.contains(&format!("3 of {densities} densities, δ from 5.0e-2 to")), "{told}");
    let strip = image::open(folder.join("strip.png")).unwrap();
    assert_eq!(strip.width(), 3 * 3 * 48 + 4 * 16, "three pictures in a row");
    let told = show("24", "all.png");
    assert!(told.contains(&format!("{densities} of {densities} densities")), "{told}");
    let all = image::open(folder.join("all.png")).unwrap();
    assert_eq!(all.width(), densities as u32 * (3 * 48 + 16) + 16, "all there are");

    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/results/laptop/models/digit-circle-sparling-seed2");
    refused(
        folder,
        model,
        "has a model of one density",
        "train experiments/digit-circle/sparling.toml --scale laptop",
    );
}

/// `show --densities` of a run with fewer than two densities says which command helps; what the run is decides it.
fn one_density_is_refused(folder: &Path, experiment: &str) {
    let run = "runs/short";
    let short = ["--set", "train.max-samples=64", "--set", "train.checkpoint-samples=32"];
    sparling(folder, &[&["train", experiment, "--scale", "smoke", "--out", run], &short[..]].concat());
    refused(folder, run, "has a model of one density", "this one has ended");
    // Without what its end left the run is one that was interrupted.
    let root = folder.join(run);
    let dir = RunDir::open(&root).unwrap();
    let (model, newest) = (dir.density_stems().pop().unwrap(), dir.newest_stem().unwrap());
    for stem in [model, newest] {
        for extension in ["json", "safetensors"] {
            std::fs::remove_file(stem.with_extension(extension)).unwrap();
        }
    }
    std::fs::remove_file(root.join("metrics.jsonl")).unwrap();
    refused(
        folder,
        run,
        "has a model of no density",
        &format!("Train this one on:\n  {}", {
            let program = env!("CARGO_BIN_EXE_sparling");
            format!("{program} train {run}")
        }),
    );
}

fn refused(folder: &Path, run: &str, what: &str, words: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    let refused = command.current_dir(folder).args(["show", run, "--densities", "6"]).output().unwrap();
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains(what) && error.contains(words), "{what}, {words}: {error}");
}

fn damaged_files_are_named(path: &Path, along: &Along) {
    let expect = |along: Along, words: &str| {
        let error = format!("{:#}", along.write(&path.with_extension("other")).unwrap_err());
        assert!(error.contains(words), "{error}");
    };
    let mut other = along.clone();
    other.densities[1].views.pop();
    expect(other, "views: found 3, expected one for each of 4 inputs");
    let mut other = along.clone();
    other.densities[0].mapping[2] = Some(99);
    expect(other, "mapping: found kind 99, expected one below 10");
    let mut other = along.clone();
    other.densities[0].views[1].found.push(None);
    expect(other, "found: ");
    let mut other = along.clone();
    other.inputs[0].width += 1;
    expect(other, "input_png is 48×48 pixels, expected 49×48");
    std::fs::write(path, "{").unwrap();
    let error = format!("{:#}", Along::read(path).unwrap_err());
    assert!(error.contains("--examples-along 10") && error.contains("-along.json"), "{error}");
}
