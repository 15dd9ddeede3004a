//! Promise: a measurement is kept, replaced and refused as one; rows of different settings or evaluations never
//! mix; and of many processes that keep rows at once none loses another's, also where file locks do nothing.

mod rows_common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sparling::results::{Row, Store, confusion_metric, read, rows_path};

fn row(seed: u64, delta: f64, metric: &str, value: f64) -> Row {
    rows_common::row("digit-circle", "sparling", seed, delta, metric, value)
}

fn by(hash: &str, rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { config_hash: hash.into(), ..row }).collect()
}

/// An evaluation whose channels meet `kinds`, and those kinds alone.
fn evaluation(seed: u64, delta: f64, samples: u64, kinds: &[&str]) -> Vec<Row> {
    let mut rows = vec![row(seed, delta, "fpe", 0.1), row(seed, delta, "ce", 0.2)];
    for (channel, kind) in kinds.iter().enumerate() {
        let metric = confusion_metric(Some(channel), Some(kind));
        rows.push(row(seed, delta, &metric, 1.0 / kinds.len() as f64));
    }
    rows.into_iter().map(|row| Row { samples, ..row }).collect()
}

fn store(folder: &Path, replace: bool) -> Store {
    Store::open(folder, "laptop", replace).unwrap()
}

fn rows(folder: &Path) -> Vec<Row> {
    read(&rows_path(folder, "laptop")).unwrap()
}

/// `rows.csv` as another program reads it, without the files beside it.
fn gathered(folder: &Path) -> Vec<Row> {
    let path = rows_path(folder, "laptop");
    let copy = tempfile::tempdir().unwrap();
    let alone = copy.path().join("rows.csv");
    fs::copy(path, &alone).unwrap();
    read(&alone).unwrap()
}

#[test]
fn a_cell_of_the_confusion_that_is_met_no_more_goes_with_its_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    let other = row(1, 0.5, "perturbation", 0.9);
    store(folder.path(), false).keep(&evaluation(1, 0.5, 100, &["0", "1", "2", "3"]), None).unwrap();
    store(folder.path(), false).keep(std::slice::from_ref(&other), None).unwrap();
    store(folder.path(), false).keep(&evaluation(1, 0.5, 100, &["4", "5"]), None).unwrap();
    for rows in [rows(folder.path()), gathered(folder.path())] {
        let cells: Vec<&Row> = rows.iter().filter(|r| r.metric.starts_with("confusion/")).collect();
        let total: f64 = cells.iter().filter_map(|r| r.value).sum();
        assert_eq!(cells.len(), 2, "{cells:?}");
        assert!((total - 1.0).abs() < 1e-12, "shares sum to {total}");
        assert!(rows.contains(&other), "another family of the same run and δ stays");
    }
}

#[test]
fn rows_by_other_settings_are_refused_and_replaced_whole_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = by("aaaa", evaluation(1, 0.5, 100, &["0", "1", "2"]));
    first.extend(by("aaaa", evaluation(1, 0.25, 100, &["0"])));
    first.extend(by("aaaa", evaluation(2, 0.5, 100, &["0"])));
    store(folder.path(), false).keep(&first, None).unwrap();
    let note =
        Row { delta: None, value: None, samples: 0, error: "disk full".into(), ..row(1, 0.1, "train", 0.0) };
    store(folder.path(), false).keep(std::slice::from_ref(&note), None).unwrap();
    let before = rows(folder.path());

    // At a δ that was not measured before: it is the run that has other settings.
    for delta in [0.5, 0.375] {
        let new = by("bbbb", evaluation(1, delta, 100, &["7"]));
        let error = format!("{:#}", store(folder.path(), false).keep(&new, None).unwrap_err());
        for part in ["aaaa", "bbbb", "digit-circle/sparling seed 1", "--replace", "rows.csv"] {
            assert!(error.contains(part), "`{part}` is not in: {error}");
        }
        assert_eq!(rows(folder.path()), before, "nothing was touched");
    }
    store(folder.path(), true).keep(&by("bbbb", evaluation(1, 0.375, 100, &["7"])), None).unwrap();
    for rows in [rows(folder.path()), gathered(folder.path())] {
        let own: Vec<&Row> = rows.iter().filter(|r| r.seed == 1 && r.metric != "train").collect();
        assert_eq!(own.len(), 3, "the old run is gone whole, at every δ: {own:?}");
        assert!(own.iter().all(|r| r.config_hash == "bbbb" && r.delta == Some(0.375)));
        assert!(rows.contains(&note), "the note of a failure is no measurement");
        assert_eq!(rows.iter().filter(|r| r.seed == 2).count(), 3, "other runs stay");
    }
}

#[test]
fn rows_that_only_rows_csv_has_are_replaced_and_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let mut old = by("aaaa", evaluation(1, 0.5, 100, &["0", "1", "2"]));
    old.extend(by("aaaa", evaluation(1, 0.25, 100, &["0", "1"])));
    store(source.path(), false).keep(&old, None).unwrap();
    let path = rows_path(folder.path(), "laptop");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(rows_path(source.path(), "laptop"), &path).unwrap();
    assert_eq!(rows(folder.path()).len(), 9);

    // The same settings at one of two δ: the other stays, and no cell of the old evaluation does.
    store(folder.path(), false).keep(&by("aaaa", evaluation(1, 0.5, 100, &["7"])), None).unwrap();
    for rows in [rows(folder.path()), gathered(folder.path())] {
        assert_eq!(rows.len(), 3 + 4, "{rows:?}");
    }
    assert!(store(folder.path(), false).keep(&by("bbbb", evaluation(1, 0.5, 100, &["7"])), None).is_err());
    store(folder.path(), true).keep(&by("bbbb", evaluation(1, 0.5, 100, &["7"])), None).unwrap();
    for rows in [rows(folder.path()), gathered(folder.path())] {
        assert_eq!(rows.len(), 3, "{rows:?}");
    }
}

#[test]
fn an_evaluation_on_other_samples_replaces_or_is_refused_and_never_mixes() {
    let folder = tempfile::tempdir().unwrap();
    rows_common::keep(folder.path(), "laptop", &evaluation(1, 0.5, 200, &["0", "1", "2"]));
    let fewer = evaluation(1, 0.5, 100, &["5"]);
    let error = format!("{:#}", store(folder.path(), false).keep(&fewer, None).unwrap_err());
    assert!(error.contains("200 samples") && error.contains("--replace"), "{error}");
    assert_eq!(rows(folder.path()).len(), 5, "nothing was touched");
    for (samples, replace) in [(300, false), (100, true)] {
        store(folder.path(), replace).keep(&evaluation(1, 0.5, samples, &["5"]), None).unwrap();
        let rows = rows(folder.path());
        assert!(rows.len() == 3 && rows.iter().all(|r| r.samples == samples), "{rows:?}");
    }
}

#[test]
fn what_cannot_be_written_is_known_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("results");
    fs::write(&file, "a file where a folder should be").unwrap();
    let error = format!("{:#}", Store::open(&file, "laptop", false).unwrap_err());
    assert!(error.contains("nothing was measured") && error.contains("--results"), "{error}");
}

/// Number of processes, and of densities that each keeps.
const WRITERS: u64 = 6;
const STEPS: i32 = 12;

/// What each of the processes of the next test does. By itself it does nothing.
#[test]
fn a_writer() {
    let Some(folder) = std::env::var_os("SPARLING_TEST_ROWS") else { return };
    let writer: u64 = std::env::var("SPARLING_TEST_WRITER").unwrap().parse().unwrap();
    for step in 0..STEPS {
        let delta = 0.5 * 0.75_f64.powi(step);
        let own = evaluation(writer, delta, 100, &["0", "1", "2"]);
        store(Path::new(&folder), false).keep(&own, None).unwrap();
        // A family of the run that all of them measure, each at its own δ.
        let shared = [row(99, delta * (1.0 - 0.01 * writer as f64), "perturbation", 0.5)];
        store(Path::new(&folder), false).keep(&shared, None).unwrap();
    }
}

/// A library that makes `flock` say that it locked when it did not, as on some network disks.
fn locks_that_do_nothing(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("flock.c"), folder.join("flock.so"));
    fs::write(&source, "int flock(int fd, int how) { (void)fd; (void)how; return 0; }\n").unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    made.is_ok_and(|status| status.success()).then_some(library)
}

#[test]
fn processes_that_keep_rows_at_once_lose_none_though_locks_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let tools = tempfile::tempdir().unwrap();
    let library = locks_that_do_nothing(tools.path());
    if library.is_none() {
        eprintln!("no C compiler `cc`: tried with locks that work");
    }
    let children: Vec<_> = (1..=WRITERS)
        .map(|writer| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "a_writer"]).env("SPARLING_TEST_ROWS", folder.path());
            command.env("SPARLING_TEST_WRITER", writer.to_string()).stdout(std::process::Stdio::null());
            if let Some(library) = &library {
                command.env("LD_PRELOAD", library);
            }
            command.spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "every writer says that it kept its rows");
    }
    let expected = WRITERS as usize * STEPS as usize * (5 + 1);
    assert_eq!(rows(folder.path()).len(), expected, "all rows, by this program");
    assert_eq!(gathered(folder.path()).len(), expected, "all rows, by others");
}
