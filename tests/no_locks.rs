//! Promise: on a disk without working file locks training is refused in clear words, measuring keeps its rows, and a
//! sweep says what became of each run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sparling::results::{read, rows_path};

const EXPERIMENT: &str = "experiments/digit-circle/sparling.toml";

const TINY: [&str; 7] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "annealing.validation-samples=8",
    "evaluation.samples=8",
    "train.batch=8",
    "train.checkpoint-samples=64",
    "train.max-samples=64",
];

/// A library that stands before the system's and whose locks fail with `error`, as on some network disks.
fn without_locks(folder: &Path, error: &str) -> PathBuf {
    let (source, library) = (folder.join(format!("{error}.c")), folder.join(format!("{error}.so")));
    let text =
        format!("#include <errno.h>\nint flock(int file, int operation) {{ errno = {error}; return -1; }}\n");
    std::fs::write(&source, text).expect("a file");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(built.expect("a C compiler, which tch needs too").success());
    library
}

fn sparling(locks: Option<&Path>, verb: &str, arguments: &[&Path], rest: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1", verb]).args(arguments).args(rest);
    if let Some(library) = locks {
        command.env("LD_PRELOAD", library);
    }
    command.args(["--device", "cpu"]).output().expect("the program runs")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn disks_without_locks_are_refused_for_training_and_serve_for_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (run, results, runs) = (at("run"), at("results"), at("runs"));
    let settings: Vec<&str> = TINY.iter().flat_map(|setting| ["--set", setting]).collect();
    let scale = ["--scale", "smoke"];
    let train = |locks: Option<&Path>| {
        let paths = [Path::new(EXPERIMENT), Path::new("--out"), &run];
        sparling(locks, "train", &paths, &[&scale[..], &settings].concat())
    };
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        let library = without_locks(folder.path(), error);
        let refused = train(Some(&library));
        let text = words(&refused);
        assert_eq!(refused.status.code(), Some(1), "{error}: {text}");
        let told = format!("cannot lock {}", run.join("lock").display());
        assert!(
            text.contains(&told) && text.contains("give a folder on another disk with --out"),
            "{error}: {text}"
        );
        assert!(!run.join("config.toml").exists(), "{error}: a run was begun");
    }
    // The folder takes the run once there are locks.
    let trained = train(None);
    assert!(trained.status.success(), "{}", words(&trained));

    let library = without_locks(folder.path(), "ENOLCK");
    let measured =
        sparling(Some(&library), "evaluate", &[&run, Path::new("--results"), &results], &["--samples", "8"]);
    assert!(measured.status.success(), "{}", words(&measured));
    let rows = read(&rows_path(&results, "smoke")).expect("rows");
    assert!(rows.iter().any(|row| row.metric == "e2ee"), "{rows:?}");

    let paths = [Path::new(EXPERIMENT), Path::new("--runs"), &runs, Path::new("--results"), &results];
    let swept =
        sparling(Some(&library), "sweep", &paths, &[&scale[..], &["--seeds", "2"], &settings].concat());
    let text = words(&swept);
    assert_eq!(swept.status.code(), Some(1), "{text}");
    assert!(text.contains("train failed: cannot lock") && text.contains("1 of 1 runs failed"), "{text}");
}
