//! Promise: a run, its folder and its numbers are one thing: what does not belong together is refused, and both sides
//! are named.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sparling::sparsity::{Annealing, AnnealingSettings};
use sparling::train::{Adam, Checkpoint, Identity, MetricsLog, RunDir, Session, TrainState};
use tch::Tensor;

const SETTINGS: [&str; 9] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.interval-samples=128",
    "annealing.validation-samples=20",
    "annealing.initial-threshold=1.0",
    "train.batch=8",
    "train.checkpoint-samples=64",
];

/// Those of a checkpoint.
type Tensors = Vec<(String, Tensor)>;

fn sparling(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1"]).args(arguments);
    command
}

fn training(variant: &str, out: &Path, more: &[&str]) -> Command {
    let file = format!("experiments/digit-circle/{variant}.toml");
    let mut command = sparling(&["train", &file, "--scale", "smoke", "--device", "cpu", "--out"]);
    command.arg(out);
    for setting in SETTINGS {
        command.args(["--set", setting]);
    }
    command.args(more);
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the program runs")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// Files of a folder with their contents, but for TensorBoard's.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in [folder.to_owned(), folder.join("checkpoints")] {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_file() {
                found.push((entry.path(), std::fs::read(entry.path()).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

const SHORT: [&str; 2] = ["--set", "train.max-samples=128"];

#[test]
fn another_run_is_not_trained_into_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let done = run(&mut training("sparling", &out, &SHORT));
    assert!(done.status.success(), "{}", words(&done));
    let before = files(&out);
    let seeded = [&SHORT[..], &["--seed", "2"]].concat();
    for (variant, more, named) in [
        ("sparling", &seeded[..], ["digit-circle/sparling at smoke scale with seed 1", "with seed 2"]),
        ("single-threshold", &SHORT, ["digit-circle/sparling", "digit-circle/single-threshold"]),
        ("sparling", &["--set", "train.max-samples=64"], ["train.max-samples: there 128", "asked for 64"]),
        (
            "sparling",
            &["--set", "train.max-samples=256", "--set", "train.learning-rate=0.1"],
            ["train.learning-rate", "asked for 0.1"],
        ),
    ] {
        let refused = run(&mut training(variant, &out, more));
        let text = words(&refused);
        assert_eq!(refused.status.code(), Some(1), "{variant} {more:?}: {text}");
        for part in named {
            assert!(text.contains(part), "{variant} {more:?}: `{part}` is not in: {text}");
        }
        assert!(files(&out) == before, "{variant} {more:?}: something was written");
    }
}

#[test]
fn checkpoints_of_other_settings_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    assert!(run(&mut training("sparling", &one, &SHORT)).status.success());
    let faster = [&SHORT[..], &["--set", "train.learning-rate=0.005"]].concat();
    assert!(run(&mut training("sparling", &other, &faster)).status.success());
    std::fs::copy(other.join("config.toml"), one.join("config.toml")).expect("a copy");
    for command in [
        &mut training("sparling", &one, &faster),
        sparling(&["evaluate"]).arg(&one).args(["--no-save", "--samples", "20"]),
    ] {
        let refused = run(command);
        let text = words(&refused);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        assert!(text.contains("of settings") && text.contains("config.toml has"), "{text}");
    }
    // Without its configuration nobody knows what the checkpoints are of.
    std::fs::remove_file(one.join("config.toml")).expect("removed");
    let refused = run(&mut training("sparling", &one, &faster));
    assert!(words(&refused).contains("no config.toml"), "{}", words(&refused));
}

/// Seeds share their settings and so their hash: the files themselves say whose they are.
#[test]
fn checkpoints_of_another_seed_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    assert!(run(&mut training("sparling", &one, &SHORT)).status.success());
    let seeded = [&SHORT[..], &["--seed", "2"]].concat();
    assert!(run(&mut training("sparling", &other, &seeded)).status.success());
    std::fs::remove_dir_all(one.join("checkpoints")).expect("removed");
    std::fs::rename(other.join("checkpoints"), one.join("checkpoints")).expect("moved");
    for command in [
        &mut training("sparling", &one, &SHORT),
        sparling(&["evaluate"]).arg(&one).args(["--no-save", "--samples", "20"]),
        sparling(&["show"]).arg(&one).arg("-o").arg(folder.path().join("sample.png")),
    ] {
        let refused = run(command);
        let text = words(&refused);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        assert!(text.contains("scale with seed 2") && text.contains("scale with seed 1"), "{text}");
    }
}

#[test]
fn a_model_of_no_numbers_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(run(&mut training("sparling", &out, &SHORT)).status.success());
    let dir = RunDir::open(&out).expect("a run");
    for stem in dir.density_stems().into_iter().chain(dir.newest_stem()) {
        let checkpoint = Checkpoint::load(&stem).expect("whole");
        let (_, tensor) =
            &checkpoint.tensors.iter().find(|(name, _)| name == "model.g.stem.weight").expect("ĝ");
        let _ = tensor.shallow_clone().fill_(f64::NAN);
        checkpoint.save(&stem, &dir.identity).expect("saved");
    }
    for command in [
        &mut training("sparling", &out, &["--set", "train.max-samples=256"]),
        sparling(&["evaluate"]).arg(&out).args(["--no-save", "--samples", "20"]),
    ] {
        let refused = run(command);
        let text = words(&refused);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        assert!(text.contains("g.stem.weight") && text.contains("no numbers"), "{text}");
    }
}

/// A checkpoint that has what the network has not, or lacks what it has, is refused by these names.
#[test]
fn a_checkpoint_of_other_tensors_is_refused_by_their_names() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let settings: Vec<String> = SETTINGS.iter().map(|&setting| setting.to_owned()).collect();
    let config = sparling::config::load(&file, "smoke", &settings).expect("a configuration");
    let mut session = Session::new(&config, 1, tch::Device::Cpu).expect("a network");
    let mut adam = Adam::new(&session.vs, 1).expect("an optimiser");
    let state = TrainState::new(Annealing::new(AnnealingSettings::default(), 0.5).state());
    let whole = session.checkpoint(&state, Some(&adam));
    session.restore(&whole, Some(&mut adam)).expect("its own");
    session.restore(&session.checkpoint(&state, None), None).expect("its own, without the optimiser");
    let mut refused = |words: &str, change: &dyn Fn(&mut Tensors)| {
        let mut other = session.checkpoint(&state, Some(&adam));
        change(&mut other.tensors);
        let error = format!("{:#}", session.restore(&other, Some(&mut adam)).expect_err(words));
        assert!(error.contains(words), "{words} is not in: {error}");
    };
    let with = |name: &str| {
        let name = name.to_owned();
        move |tensors: &mut Tensors| tensors.push((name.clone(), Tensor::from(0.0_f32)))
    };
    let without = |name: &str| {
        let name = name.to_owned();
        move |tensors: &mut Tensors| tensors.retain(|(other, _)| *other != name)
    };
    refused("missing [], unknown [ema.g]", &with("ema.g"));
    refused("missing [], unknown [g.more]", &with("model.g.more"));
    refused("missing [], unknown [adam.third]", &with("adam.third"));
    refused("missing [], unknown [later]", &with("pending.later"));
    refused("missing [adam.second], unknown []", &without("adam.second"));
    refused("missing [seen], unknown []", &without("pending.seen"));
    refused("kept is Float []", &|tensors| {
        without("pending.kept")(tensors);
        with("pending.kept")(tensors);
    });
}

#[test]
fn a_finished_run_goes_on_with_more_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(run(&mut training("sparling", &out, &SHORT)).status.success());
    let events = || {
        let names =
            std::fs::read_dir(&out).expect("a folder").map(|entry| entry.expect("readable").file_name());
        names.filter(|name| name.to_string_lossy().contains("tfevents")).count()
    };
    let before = events();
    let again = run(&mut training("sparling", &out, &SHORT));
    assert!(words(&again).contains("trained already"), "{}", words(&again));
    assert_eq!(events(), before, "a finished run leaves no empty event file");
    let grown = run(&mut training("sparling", &out, &["--set", "train.max-samples=256"]));
    assert!(grown.status.success() && words(&grown).contains("trained 256 samples"), "{}", words(&grown));
    let evaluated = run(sparling(&["evaluate"]).arg(&out).args(["--no-save", "--samples", "20"]));
    assert!(evaluated.status.success(), "{}", words(&evaluated));
}

#[test]
fn two_processes_do_not_train_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let long = ["--set", "train.max-samples=2000000"];
    let mut first = training("sparling", &out, &long);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let begun = Instant::now();
    while !out.join("metrics.jsonl").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the first does not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = run(&mut training("sparling", &out, &long));
    // Refused, it leaves the settings of the run as they are.
    let settings = std::fs::read(out.join("config.toml")).expect("settings");
    let longer = run(&mut training("sparling", &out, &["--set", "train.max-samples=3000000"]));
    assert_eq!(longer.status.code(), Some(75), "{}", words(&longer));
    assert_eq!(std::fs::read(out.join("config.toml")).expect("settings"), settings);
    assert!(!out.join("earlier-hashes.json").exists());
    let holder = format!("process {}", first.id());
    first.kill().expect("kill -9");
    first.wait().expect("it ends");
    let text = words(&second);
    assert_eq!(second.status.code(), Some(75), "{text}");
    assert!(text.contains("another process") && text.contains(&holder) && text.contains("--out"), "{text}");
    // Death releases the lock.
    let identity = Identity {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 1,
    };
    let dir = RunDir::open(&out).expect("a run");
    assert_eq!(dir.identity, identity);
    let lock = dir.lock().expect("the lock is free");
    assert!(dir.lock().is_err(), "one at a time");
    drop(lock);
}

/// Of several that begin different runs in one folder at once, one gets it whole.
#[test]
fn two_runs_that_begin_at_once_do_not_share_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..3 {
        let out = folder.path().join(format!("run-{round}"));
        let begin = |seed: u64| {
            let mut command = training("sparling", &out, &SHORT);
            command.args(["--seed", &seed.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("the program starts")
        };
        let children: Vec<_> = (1..=4).map(|seed| (seed, begin(seed))).collect();
        let ended = children.into_iter().map(|(seed, mut child)| (seed, child.wait().expect("it ends")));
        let done: Vec<u64> = ended.filter(|(_, status)| status.success()).map(|(seed, _)| seed).collect();
        assert_eq!(done.len(), 1, "one of them trains");
        let dir = RunDir::open(&out).expect("a run");
        assert_eq!(dir.identity.seed, done[0], "the folder says whose it is");
        let (newest, damaged) = dir.latest().expect("checkpoints");
        let config = dir.config().expect("settings");
        dir.own(&newest.expect("one"), &config).expect("its own");
        assert!(damaged.is_empty(), "{damaged:?}");
    }
}

/// A folder that holds checkpoints nobody can see now is no new run, and one that the disk withholds is not passed over.
#[test]
fn checkpoints_that_cannot_be_read_now_are_not_trained_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(run(&mut training("sparling", &out, &SHORT)).status.success());
    let log = std::fs::read(out.join("metrics.jsonl")).expect("a log");
    let checkpoints = out.join("checkpoints");
    let whole =
        || files(&out).into_iter().filter(|(path, _)| path.starts_with(&checkpoints)).collect::<Vec<_>>();
    let before = whole();
    let hidden = out.join("hidden");
    let refused = |what: &str| {
        let more = [&SHORT[..], &["--set", "train.max-samples=256"]].concat();
        let output = run(&mut training("sparling", &out, &more));
        let text = words(&output);
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains("nothing was changed") && text.contains("checkpoints"), "{what}: {text}");
        assert_eq!(std::fs::read(out.join("metrics.jsonl")).expect("a log"), log, "{what}");
    };
    // Links in a circle: listing and reading fail as on a disk that is out of order, for root too.
    let circle = |path: &Path| {
        std::fs::rename(path, &hidden).expect("aside");
        std::os::unix::fs::symlink(path, path).expect("a link");
    };
    let restore = |path: &Path| {
        std::fs::remove_file(path).expect("the link");
        std::fs::rename(&hidden, path).expect("back");
    };
    circle(&checkpoints);
    refused("the folder");
    restore(&checkpoints);
    let newest = RunDir::open(&out).expect("a run").newest_stem().expect("one").with_extension("safetensors");
    circle(&newest);
    refused("the newest checkpoint");
    restore(&newest);
    assert_eq!(whole(), before);
}

/// The checksum covers the state too: a changed digit in the sidecar is damage.
#[test]
fn a_state_that_was_changed_is_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(run(&mut training("sparling", &out, &SHORT)).status.success());
    let stem = RunDir::open(&out).expect("a run").newest_stem().expect("a checkpoint");
    let json = stem.with_extension("json");
    let text = std::fs::read_to_string(&json).expect("a sidecar");
    for key in ["samples", "steps", "density", "threshold", "last_check", "lowered"] {
        let at = text.find(&format!("\"{key}\": ")).expect(key) + key.len() + 4;
        let digit = text[at..].find(|c: char| c.is_ascii_digit()).expect("a number") + at;
        let other = if text[digit..].starts_with('1') { "2" } else { "1" };
        let changed = format!("{}{other}{}", &text[..digit], &text[digit + 1..]);
        std::fs::write(&json, changed).expect("a sidecar");
        let error = format!("{:#}", Checkpoint::load(&stem).expect_err(key));
        assert!(error.contains("is damaged") && error.contains("checksum"), "{key}: {error}");
    }
    std::fs::write(&json, text).expect("a sidecar");
    Checkpoint::load(&stem).expect("whole again");
}

#[test]
fn a_start_that_fails_leaves_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let mut command = training("sparling", &out, &SHORT);
    // The last --device counts; no machine has a hundred.
    let failed = run(command.args(["--set", "train.batch=8"]).env("CUDA_VISIBLE_DEVICES", ""));
    assert!(failed.status.success(), "{}", words(&failed));
    let nowhere = folder.path().join("nowhere");
    let file = "experiments/digit-circle/sparling.toml";
    let failed =
        run(sparling(&["train", file, "--scale", "smoke", "--device", "cuda:99", "--out"]).arg(&nowhere));
    assert_eq!(failed.status.code(), Some(1), "{}", words(&failed));
    assert!(!nowhere.exists(), "a folder was left");
}

#[test]
fn a_run_before_its_first_density_can_be_evaluated() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let long = ["--set", "train.max-samples=2000000", "--set", "annealing.interval-samples=2000000"];
    let mut child = training("sparling", &out, &long);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let begun = Instant::now();
    let dir = || RunDir::open(&out).ok().and_then(|dir| dir.newest_stem());
    while dir().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("kill -9");
    child.wait().expect("it ends");
    let evaluated = run(sparling(&["evaluate"]).arg(&out).args(["--no-save", "--samples", "20"]));
    assert!(evaluated.status.success(), "{}", words(&evaluated));
    assert!(words(&evaluated).contains("has not ended; this is the newest model"), "{}", words(&evaluated));
}

#[test]
fn densities_are_ordered_by_number() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("run.toml"),
        "domain = \"digit-circle\"\nvariant = \"sparling\"\nscale = \"smoke\"\nseed = 1\n",
    )
    .expect("a file");
    let checkpoints = folder.path().join("checkpoints");
    std::fs::create_dir(&checkpoints).expect("a folder");
    for name in
        ["density-99", "density-100", "density-07", "density-08", "samples-9999999999", "samples-10000000000"]
    {
        std::fs::write(checkpoints.join(name).with_extension("json"), "").expect("a file");
    }
    let dir = RunDir::open(folder.path()).expect("a run");
    let names: Vec<_> =
        dir.density_stems().iter().map(|s| s.file_name().expect("a name").to_owned()).collect();
    assert_eq!(names, ["density-07", "density-08", "density-99", "density-100"]);
    assert!(dir.newest_stem().expect("one").ends_with("samples-10000000000"));
}

#[test]
fn two_experiments_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("sparling.toml");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let experiment = "experiments/digit-circle/sparling.toml";
    let text = std::fs::read_to_string(root.join(experiment)).expect("the experiment");
    std::fs::write(&other, text.replace("jitter = 3", "jitter = 2")).expect("a file");
    std::fs::create_dir(folder.path().join("scales")).expect("a folder");
    std::fs::write(folder.path().join("scales/paper.toml"), "").expect("an overlay");
    let both = run(sparling(&["sweep", experiment]).arg(&other).args(["--scale", "paper", "--print"]));
    let text = words(&both);
    assert_eq!(both.status.code(), Some(1), "{text}");
    assert!(text.contains(experiment) && text.contains(&other.display().to_string()), "{text}");
    let twice = run(&mut sparling(&["sweep", experiment, experiment, "--scale", "paper", "--print"]));
    assert_eq!(String::from_utf8_lossy(&twice.stdout).lines().count(), 1, "one file twice is one run");
}

/// A newer version's lines stay, a byte that is no text stops nothing, and a check is told once.
#[test]
fn strange_lines_of_a_log_survive() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.jsonl");
    let train = r#"{"event":"train","samples":64,"loss":1.0,"learning_rate":0.1,"gradient_norm":1.0,"delta":0.5,"rate":1.0,"wall_seconds":2.0}"#;
    let newer = r#"{"event":"weather","samples":32,"sun":true}"#;
    let later = r#"{"event":"weather","samples":96,"sun":false}"#;
    let mut bytes = format!("{train}\n{newer}\n{later}\n").into_bytes();
    bytes.extend_from_slice(b"\xff\xfe\n{\"event\":\"tra");
    std::fs::write(&path, &bytes).expect("a log");
    assert_eq!(MetricsLog::read(&path).expect("events").len(), 1);
    let log = MetricsLog::open(&path, 64, 64).expect("a log");
    assert!(log.wall_seconds() >= 2.0);
    let kept = std::fs::read(&path).expect("a log");
    let mut expected = format!("{train}\n{newer}\n").into_bytes();
    expected.extend_from_slice(b"\xff\xfe\n");
    assert_eq!(kept, expected);
}

#[test]
fn a_file_of_a_newer_version_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(run(&mut training("sparling", &out, &SHORT)).status.success());
    let stem = RunDir::open(&out).expect("a run").newest_stem().expect("a checkpoint");
    let bytes = std::fs::read(stem.with_extension("safetensors")).expect("tensors");
    let (_, about) = safetensors::SafeTensors::read_metadata(&bytes).expect("metadata");
    let about = about.metadata().as_ref().and_then(|m| m.get("sparling")).expect("what it is").clone();
    for part in ["\"domain\":\"digit-circle\"", "\"samples\":128", "config_hash", "\"seed\":1"] {
        assert!(about.contains(part), "`{part}` is not in {about}");
    }
    for entry in std::fs::read_dir(out.join("checkpoints")).expect("checkpoints").flatten() {
        if entry.path().extension() == Some("json".as_ref()) {
            let text = std::fs::read_to_string(entry.path()).expect("a sidecar");
            let newer = text.replacen("\"format\": 1", "\"format\": 2, \"weather\": 3", 1);
            assert_ne!(newer, text);
            std::fs::write(entry.path(), newer).expect("a sidecar");
        }
    }
    let refused = run(&mut training("sparling", &out, &SHORT));
    let text = words(&refused);
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("newer version") && text.contains("update sparling"), "{text}");
}

/// A key that came later may tell runs apart that look the same without it.
#[test]
fn a_run_of_a_newer_version_is_not_taken_for_one_of_this() {
    let folder = tempfile::tempdir().expect("a folder");
    let about = "domain = \"digit-circle\"\nvariant = \"sparling\"\nscale = \"smoke\"\nseed = 1\n";
    for (more, parts) in [
        ("weather = 3\n", ["has the key `weather`", "update sparling"]),
        ("seed = 2\n", ["is damaged", "expected the keys domain, variant, scale, seed"]),
    ] {
        std::fs::write(folder.path().join("run.toml"), about.to_owned() + more).expect("a file");
        let error = format!("{:#}", RunDir::open(folder.path()).expect_err(more));
        for part in parts.iter().chain(&["run.toml"]) {
            assert!(error.contains(part), "{more}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn a_retraining_that_cannot_begin_leaves_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("new/run");
    let nothing = folder.path().join("nothing").display().to_string();
    for base in ["no/such/run", &nothing] {
        let refused = run(&mut training("retrained", &out, &["--seed", "2", "--base", base]));
        assert_eq!(refused.status.code(), Some(1), "{}", words(&refused));
        assert!(!out.exists(), "what failed leaves a folder that refuses the right command");
        std::fs::create_dir_all(&nothing).expect("a folder that is no run");
    }
    // One that was there before stays.
    std::fs::create_dir_all(&out).expect("a folder");
    run(&mut training("retrained", &out, &["--seed", "2", "--base", "no/such/run"]));
    assert!(out.is_dir());
}
