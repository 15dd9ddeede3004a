//! Promise: what is measured of a run is the model that its training left: one that is missing, damaged or another's
//! under its name is refused, with a command that helps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sparling::train::{Checkpoint, RunDir};

const SETTINGS: [&str; 9] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.interval-samples=128",
    "annealing.validation-samples=20",
    "annealing.initial-threshold=0",
    "train.batch=8",
    "train.checkpoint-samples=64",
];

fn sparling(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1"]).args(arguments);
    command.output().expect("the program runs")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn train(out: &str, more: &[&str]) -> Output {
    let mut arguments = vec!["train", "experiments/digit-circle/sparling.toml", "--scale", "smoke"];
    arguments.extend(["--device", "cpu", "--out", out]);
    for setting in SETTINGS.iter().chain(more) {
        arguments.extend(["--set", setting]);
    }
    sparling(&arguments)
}

/// A run that has left several densities and has ended.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    /// One that ends at its last sample.
    fn trained() -> Self {
        Self::trained_with(&["train.max-samples=400"])
    }

    fn trained_with(more: &[&str]) -> Self {
        let run = Self { folder: tempfile::tempdir().expect("a folder") };
        let done = train(&run.path(), more);
        assert!(done.status.success(), "{}", words(&done));
        run
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("a run")
    }

    fn path(&self) -> String {
        self.root().display().to_string()
    }

    fn stems(&self) -> Vec<PathBuf> {
        RunDir::open(&self.root()).expect("a run").density_stems()
    }

    fn evaluate(&self) -> Output {
        sparling(&["evaluate", &self.path(), "--no-save", "--samples", "20", "--device", "cpu"])
    }

    /// What every command that measures says where it refuses to.
    fn refused(&self, parts: &[&str]) -> String {
        let run = self.path();
        let picture = self.folder.path().join("picture.png").display().to_string();
        let mut told = String::new();
        for command in [
            &["evaluate", &run, "--no-save", "--samples", "20"][..],
            &["show", &run, "-o", &picture],
            &["show", &run, "--densities", "2", "-o", &picture],
            &["export", &run, "--maps", "2", "-o", &picture],
        ] {
            let done = sparling(command);
            told = words(&done);
            assert_eq!(done.status.code(), Some(1), "{command:?}: {told}");
            for part in parts {
                assert!(told.contains(part), "{command:?}: `{part}` is not in: {told}");
            }
        }
        told
    }

    /// Goes on with the run by the command that `told` proposes.
    fn follow(&self, told: &str) -> Output {
        let line = told.lines().find(|line| line.contains(" train ")).expect("a command");
        assert_eq!(line.trim().split_once(" train ").expect("a command").1, format!("'{}'", self.path()));
        sparling(&["train", &self.path(), "--device", "cpu"])
    }
}

fn remove(stem: &Path) {
    for extension in ["json", "safetensors"] {
        fs::remove_file(stem.with_extension(extension)).expect("removed");
    }
}

#[test]
fn the_last_model_of_a_run_that_has_ended_comes_back() {
    comes_back(&Run::trained(), "train.max-samples");
}

/// Algorithm 1 ends with a δ below the minimum, which is not that of the model.
#[test]
fn the_last_model_above_the_minimum_comes_back() {
    let settings = [
        "annealing.initial-density=0.3",
        "annealing.factor=0.7",
        "annealing.minimum-density=0.19",
        "train.cooldown-samples=0",
        "train.max-samples=20000",
    ];
    comes_back(&Run::trained_with(&settings), "Algorithm 1 ends");
}

fn comes_back(run: &Run, ended: &str) {
    let log = fs::read_to_string(run.root().join("metrics.jsonl")).expect("a log");
    assert!(log.contains(ended), "{log}");
    let before = words(&run.evaluate());
    let stems = run.stems();
    assert!(stems.len() > 1, "the run left {} densities", stems.len());
    let last = stems.last().expect("a density");
    let whole = Checkpoint::load(last).expect("whole");
    let tensors = last.with_extension("safetensors");
    let damages: [(&str, &dyn Fn()); 4] = [
        ("is damaged: its SHA-256", &|| {
            let mut bytes = fs::read(&tensors).expect("tensors");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&tensors, bytes).expect("written");
        }),
        ("the last model that training left is missing", &|| remove(last)),
        ("cannot read", &|| fs::remove_file(&tensors).expect("removed")),
        ("is damaged", &|| fs::write(last.with_extension("json"), "{\"format\": 1").expect("written")),
    ];
    for (what, damage) in damages {
        damage();
        let told = run.refused(&[what, "The newest checkpoint for going on has the last model too"]);
        let mended = run.follow(&told);
        assert!(mended.status.success(), "{}", words(&mended));
        assert!(
            words(&mended).contains("was missing or damaged, and was written again"),
            "{}",
            words(&mended)
        );
        assert_eq!(words(&run.evaluate()), before, "{what}: another model");
        let again = Checkpoint::load(last).expect("whole");
        assert_eq!(again.state, whole.state, "{what}");
        let sorted = |checkpoint: &Checkpoint| {
            let named =
                checkpoint.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
            named.collect::<std::collections::BTreeMap<_, _>>()
        };
        let (again, whole) = (sorted(&again), sorted(&whole));
        assert!(again.keys().eq(whole.keys()), "{what}");
        assert!(again.iter().all(|(name, tensor)| tensor.equal(&whole[name])), "{what}");
    }
    let idle = sparling(&["train", &run.path(), "--device", "cpu"]);
    assert!(!words(&idle).contains("written again"), "what is whole is left: {}", words(&idle));
}

#[test]
fn a_model_under_another_ones_name_is_refused() {
    let run = Run::trained();
    let stems = run.stems();
    let copy = RunDir::open(&run.root()).expect("a run").density_stem(90);
    for extension in ["json", "safetensors"] {
        fs::copy(stems[0].with_extension(extension), copy.with_extension(extension)).expect("a copy");
    }
    run.refused(&["density-90.json holds the model density-00 of its run"]);
    remove(&copy);
    assert!(run.evaluate().status.success());
}

/// Without the checkpoints for going on the log still tells what the last model was.
#[test]
fn the_log_tells_of_the_last_model_too() {
    for what in ["damaged", "the newest gone", "all gone"] {
        let run = Run::trained();
        remove(run.stems().last().expect("a density"));
        let dir = RunDir::open(&run.root()).expect("a run");
        let newest = dir.newest_stem().expect("a checkpoint");
        match what {
            "damaged" => fs::write(newest.with_extension("json"), "{\"format\": 1").expect("written"),
            "the newest gone" => remove(&newest),
            _ => {
                while let Some(stem) = dir.newest_stem() {
                    remove(&stem);
                }
            }
        }
        let told =
            run.refused(&["the last model that training left is missing", "expected one after 400 samples"]);
        if what == "all gone" {
            assert!(told.contains("Bring the file again from where this folder came from"), "{told}");
        } else {
            let mended = run.follow(&told);
            assert!(mended.status.success(), "{}", words(&mended));
            assert!(run.evaluate().status.success(), "{what}");
        }
    }
}

/// A model of the right name and density may still be one of an earlier part of its run.
#[test]
fn an_older_model_of_the_same_density_is_refused() {
    let run = Run::trained_with(&["train.max-samples=400", "annealing.factor=0.7"]);
    let older = run.stems().pop().expect("a density");
    let kept = run.folder.path().join("kept");
    fs::create_dir(&kept).expect("a folder");
    for extension in ["json", "safetensors"] {
        let file = older.with_extension(extension);
        fs::copy(&file, kept.join(file.file_name().expect("a name"))).expect("a copy");
    }
    let longer = train(&run.path(), &["train.max-samples=440", "annealing.factor=0.7"]);
    assert!(longer.status.success(), "{}", words(&longer));
    let before = words(&run.evaluate());
    for entry in fs::read_dir(&kept).expect("a folder").flatten() {
        fs::copy(entry.path(), run.root().join("checkpoints").join(entry.file_name())).expect("a copy");
    }
    let told = run.refused(&["expected one after 440 samples"]);
    assert!(run.follow(&told).status.success());
    assert_eq!(words(&run.evaluate()), before);

    // A checkpoint for going on under a model's name.
    let dir = RunDir::open(&run.root()).expect("a run");
    let (last, newest) = (run.stems().pop().expect("a density"), dir.newest_stem().expect("a checkpoint"));
    let earlier = dir.samples_stem(Checkpoint::load(&newest).expect("whole").state.samples - 40);
    for extension in ["json", "safetensors"] {
        fs::copy(earlier.with_extension(extension), last.with_extension(extension)).expect("a copy");
    }
    run.refused(&["the last model that training left is missing"]);
}

/// So may one on the way.
#[test]
fn a_model_of_a_moment_that_the_log_does_not_know_is_refused() {
    let run = Run::trained();
    let dir = RunDir::open(&run.root()).expect("a run");
    let first = &run.stems()[0];
    let mut other = Checkpoint::load(first).expect("whole");
    other.state.samples -= 8;
    other.save(first, &dir.identity).expect("saved");
    run.refused(&["density-00.json holds a model after", "metrics.jsonl tells of no check there"]);
}

/// A run that was stopped before its first checkpoint begins by its folder as by its experiment.
#[test]
fn a_folder_without_a_checkpoint_begins() {
    let run = Run::trained();
    let whole = fs::read(run.stems()[0].with_extension("safetensors")).expect("a model");
    fs::remove_dir_all(run.root().join("checkpoints")).expect("removed");
    fs::remove_file(run.root().join("metrics.jsonl")).expect("removed");
    let begun = sparling(&["train", &run.path(), "--device", "cpu"]);
    assert!(begun.status.success(), "{}", words(&begun));
    assert_eq!(fs::read(run.stems()[0].with_extension("safetensors")).expect("a model"), whole);
}

/// A retraining that has begun has its ĝ, wherever the run is that it came from.
#[test]
fn a_retraining_goes_on_without_its_base() {
    let run = Run::trained();
    let base = run.folder.path().join("base");
    fs::rename(run.root(), &base).expect("moved");
    let out = run.path();
    let base_name = base.display().to_string();
    let mut arguments =
        vec!["train", "experiments/digit-circle/retrained.toml", "--scale", "smoke", "--device", "cpu"];
    arguments.extend(["--base", &base_name, "--out", &out, "--set", "retrain.samples=64"]);
    for setting in SETTINGS {
        arguments.extend(["--set", setting]);
    }
    let done = sparling(&arguments);
    assert!(done.status.success(), "{}", words(&done));
    fs::remove_dir_all(&base).expect("removed");
    let before = words(&run.evaluate());
    remove(run.stems().last().expect("a model"));
    let told = run.refused(&["the last model that training left is missing"]);
    let mended = run.follow(&told);
    assert!(mended.status.success(), "{}", words(&mended));
    assert_eq!(words(&run.evaluate()), before);
}

/// Earlier models are nobody's but their own: one that is gone is passed over, one that is damaged says so.
#[test]
fn a_model_on_the_way_may_be_taken_away() {
    let run = Run::trained();
    let first = &run.stems()[0];
    fs::write(first.with_extension("safetensors"), "nothing").expect("written");
    let all =
        ["evaluate", &run.path(), "--no-save", "--samples", "20", "--densities", "99"].map(str::to_owned);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let refused = sparling(&all);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        words(&refused).contains("a damaged one that is moved away is passed over"),
        "{}",
        words(&refused)
    );
    remove(first);
    let done = sparling(&all);
    assert!(done.status.success(), "{}", words(&done));
}

#[test]
fn a_folder_in_the_place_of_an_experiment_takes_no_other_settings() {
    let run = Run::trained();
    let path = run.path();
    for (more, named) in [
        (&["--set", "train.batch=16"][..], "leave --set away"),
        (&["--seed", "2"], "leave --seed away"),
        (&["--scale", "paper"], "leave --scale away"),
        (&["--scale", "laptop"], "leave --scale away"),
        (&["--base", "elsewhere"], "leave --base away"),
        (&["--out", "elsewhere"], "leave --out away"),
    ] {
        let refused = sparling(&[&["train", &path], more].concat());
        assert_eq!(refused.status.code(), Some(1));
        assert!(words(&refused).contains(named), "{more:?}: {}", words(&refused));
    }
    let model = sparling(&["train", "results/laptop/models/digit-circle-sparling-seed2"]);
    assert_eq!(model.status.code(), Some(1));
    assert!(words(&model).contains("a model without what training needs"), "{}", words(&model));
}
