//! Promise: a sweep runs what is missing and nothing else, goes on past a run that fails and
//! keeps the reason as a row, stops cleanly, and gives the same commands to a shell or to Slurm.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sparling::results::{Row, read, rows_path};

/// Networks and counts so small that a run takes a second.
const SETTINGS: [&str; 8] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.validation-samples=8",
    "evaluation.samples=8",
    "train.batch=8",
    "train.checkpoint-samples=64",
];

struct Sweep {
    folder: tempfile::TempDir,
}

impl Sweep {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn command(&self, verb: &str, arguments: &[&str], samples: u64) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1", verb]).args(arguments);
        command.args(["--scale", "smoke", "--device", "cpu", "--runs"]).arg(self.runs());
        for setting in SETTINGS {
            command.args(["--set", setting]);
        }
        command.args(["--set", &format!("train.max-samples={samples}")]);
        command
    }

    /// `sparling sweep` of runs of 64 samples.
    fn run(&self, arguments: &[&str]) -> Output {
        let results = self.folder.path().join("results");
        self.command("sweep", arguments, 64).arg("--results").arg(results).output().expect("the program runs")
    }

    fn runs(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    fn seed(&self, variant: &str, seed: u64) -> PathBuf {
        self.runs().join(format!("digit-circle/{variant}/smoke/seed-{seed}"))
    }

    fn rows(&self) -> Vec<Row> {
        read(&rows_path(&self.folder.path().join("results"), "smoke")).expect("rows")
    }
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const SPARLING: &str = "experiments/digit-circle/sparling.toml";
const L1: &str = "experiments/digit-circle/l1-1.toml";

#[test]
fn what_is_missing_is_trained_and_measured_once() {
    let sweep = Sweep::new();
    let arguments = [SPARLING, L1, "--seeds", "1..2", "--jobs", "2", "--evaluate"];
    let done = sweep.run(&arguments);
    assert!(done.status.success(), "{}", error(&done));
    assert!(error(&done).contains("4 done, 0 failed, 0 cut off"), "{}", error(&done));
    let measured: Vec<_> = sweep.rows().into_iter().filter(|r| r.metric == "e2ee").collect();
    let runs: Vec<_> = measured.iter().map(|r| (r.variant.as_str(), r.seed)).collect();
    assert_eq!(runs, [("l1-1", 1), ("l1-1", 2), ("sparling", 1), ("sparling", 2)]);
    assert!(measured.iter().all(|r| r.delta.is_some() == (r.variant == "sparling")), "L1 has no δ");
    let log = fs::read_to_string(sweep.seed("l1-1", 2).join("sweep.log")).expect("the run's output");
    assert!(log.contains("trained 64 samples") && log.contains("rows kept"), "{log}");

    // Only what is missing: one run more, and the rows of one run that were lost.
    let path = rows_path(&sweep.folder.path().join("results"), "smoke");
    let kept: Vec<String> = fs::read_to_string(&path).expect("rows").lines().map(str::to_owned).collect();
    let without = kept.iter().filter(|line| !line.starts_with("digit-circle,l1-1,2,"));
    fs::write(&path, without.map(|line| format!("{line}\n")).collect::<String>()).expect("rows");
    fs::remove_dir_all(path.with_file_name("rows/digit-circle-l1-1-seed2")).expect("its measurements");
    let again = sweep.run(&[SPARLING, L1, "--seeds", "1..3", "--evaluate"]);
    let text = error(&again);
    assert!(again.status.success(), "{text}");
    assert!(text.contains("6 runs, 3 there already") && text.contains("3 done"), "{text}");
    assert!(text.contains("l1-1 seed 2: evaluate") && !text.contains("l1-1 seed 2: train"), "{text}");
    let measured = sweep.rows().into_iter().filter(|r| r.metric == "e2ee");
    assert_eq!(measured.count(), 6);
}

#[test]
fn a_figure_trains_what_it_needs_several_at_a_time() {
    let sweep = Sweep::new();
    // The experiments as they are, but tiny.
    let experiments = sweep.folder.path().join("experiments");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
    let copy = experiments.join("digit-circle");
    fs::create_dir_all(copy.join("scales")).expect("a folder");
    fs::copy(own.join("scales/smoke.toml"), copy.join("scales/smoke.toml")).expect("the overlay");
    for variant in ["sparling", "single-threshold"] {
        let mut text = fs::read_to_string(own.join(format!("{variant}.toml"))).expect("an experiment");
        text += "\n[fixed.domain]\nmax-digits = 1\n[fixed.model.g]\nwidth = 4\n[fixed.train]\nmax-samples = 64\n\
                 [fixed.evaluation]\nsamples = 8\n[fixed.annealing]\nvalidation-samples = 8\n";
        fs::write(copy.join(format!("{variant}.toml")), text).expect("an experiment");
    }
    let figure = || {
        Command::new(env!("CARGO_BIN_EXE_sparling"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["figure", "8", "--scale", "smoke", "--device", "cpu", "--jobs", "2"])
            .arg("--experiments")
            .arg(&experiments)
            .arg("--runs")
            .arg(sweep.runs())
            .arg("--results")
            .arg(sweep.folder.path().join("results"))
            .output()
            .expect("the program runs")
    };
    let done = figure();
    assert!(done.status.success(), "{}", error(&done));
    assert!(error(&done).contains("2 done, 0 failed, 0 cut off"), "{}", error(&done));
    assert!(sweep.folder.path().join("results/smoke/fig8.png").is_file(), "the figure");
    let again = figure();
    assert!(again.status.success() && !error(&again).contains("done"), "{}", error(&again));
}

#[test]
fn a_run_that_fails_is_kept_as_a_row_and_stops_no_other() {
    let sweep = Sweep::new();
    let other = sweep.command("train", &[SPARLING, "--seed", "1"], 96).output().expect("the program runs");
    assert!(other.status.success(), "{}", error(&other));
    let done = sweep.run(&[SPARLING, "--seeds", "1..2"]);
    let text = error(&done);
    assert_eq!(done.status.code(), Some(1), "{text}");
    let last = text.split("error: ").last().unwrap_or_default();
    assert!(last.contains("1 of 2 runs failed") && last.contains("digit-circle/sparling seed 1:"), "{text}");
    assert!(last.contains("train.max-samples: there 96, asked for 64"), "the run's own reason: {text}");
    assert!(text.contains("sparling seed 2: done"), "{text}");
    let rows = sweep.rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].seed, rows[0].metric.as_str(), rows[0].value), (1, "train", None));
    assert!(rows[0].error.contains("holds a run with other settings"), "{}", rows[0].error);

    // Once it can run, the row of the failure goes.
    fs::remove_dir_all(sweep.seed("sparling", 1)).expect("a folder");
    let done = sweep.run(&[SPARLING, "--seeds", "1..2"]);
    assert!(done.status.success(), "{}", error(&done));
    assert_eq!(sweep.rows(), []);
}

#[test]
fn ctrl_c_saves_every_run_and_says_how_to_go_on() {
    let sweep = Sweep::new();
    let results = sweep.folder.path().join("results");
    let mut command = sweep.command("sweep", &[SPARLING, "--seeds", "1..3", "--jobs", "2"], 400_000);
    command.arg("--results").arg(results).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let saved = |seed: u64| {
        let names =
            fs::read_dir(sweep.seed("sparling", seed).join("checkpoints")).into_iter().flatten().flatten();
        names.filter(|e| e.file_name().to_string_lossy().ends_with(".json")).count()
    };
    let begun = Instant::now();
    while saved(1) == 0 || saved(2) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(180), "no checkpoints after three minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let done = child.wait_with_output().expect("it ends");
    let text = error(&done);
    assert_eq!(done.status.code(), Some(130), "{text}");
    assert!(text.contains("0 done, 0 failed, 3 cut off") && text.contains("same command again"), "{text}");
    for seed in [1, 2] {
        let log = fs::read_to_string(sweep.seed("sparling", seed).join("sweep.log")).expect("a log");
        assert!(log.contains("everything is saved"), "seed {seed}: {log}");
    }
    assert!(!sweep.seed("sparling", 3).exists(), "seed 3 was not begun");
    assert_eq!(sweep.rows(), [], "an interruption is no failure");
}

/// A run that dies while it is told to save has not said that it saved, and nor does the sweep.
#[test]
fn only_runs_that_said_so_are_called_saved() {
    let sweep = Sweep::new();
    let results = sweep.folder.path().join("results");
    let mut command = sweep.command("sweep", &[SPARLING, "--seeds", "1"], 400_000);
    command.arg("--results").arg(results).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let begun = Instant::now();
    let run = sweep.seed("sparling", 1);
    while !run.join("metrics.jsonl").exists() {
        assert!(begun.elapsed() < Duration::from_secs(180), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The lock names the process that trains. Stopped, it cannot save.
    let lock = fs::read_to_string(run.join("lock")).expect("the lock");
    let trains = lock.trim().strip_prefix("process ").expect("a process id");
    let send = |signal: &str, to: &str| {
        assert!(Command::new("kill").args([signal, to]).status().expect("kill").success(), "{signal} {to}");
    };
    send("-STOP", trains);
    send("-TERM", &child.id().to_string());
    std::thread::sleep(Duration::from_millis(500));
    send("-KILL", trains);
    let done = child.wait_with_output().expect("it ends");
    let text = error(&done);
    assert_eq!(done.status.code(), Some(130), "{text}");
    assert!(
        text.contains("1 of the runs did not say that they saved") && text.contains("killed by signal 9"),
        "{text}"
    );
    assert!(!text.contains("everything is saved"), "{text}");
}

/// A run that another process trains is neither trained twice nor called a failure.
#[test]
fn a_run_that_another_process_trains_is_left_to_it() {
    let sweep = Sweep::new();
    let results = sweep.folder.path().join("results");
    let swept = |samples: u64| {
        let mut command = sweep.command("sweep", &[SPARLING, "--seeds", "1"], samples);
        command.arg("--results").arg(&results).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let mut first = swept(400_000).spawn().expect("the program starts");
    let begun = Instant::now();
    while !sweep.seed("sparling", 1).join("metrics.jsonl").exists() {
        assert!(begun.elapsed() < Duration::from_secs(180), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = swept(400_000).output().expect("the program runs");
    let sent = Command::new("kill").args(["-TERM", &first.id().to_string()]).status();
    assert!(sent.expect("kill").success());
    first.wait().expect("it ends");
    let text = error(&second);
    assert_eq!(second.status.code(), Some(1), "{text}");
    assert!(text.contains("0 failed") && text.contains("1 left to another process"), "{text}");
    assert!(text.contains("trained by another process"), "{text}");
    assert_eq!(sweep.rows(), [], "no row says that it failed");
}

#[test]
fn commands_are_printed_for_a_shell() {
    let sweep = Sweep::new();
    let done = sweep.run(&[SPARLING, L1, "--seeds", "2,7", "--evaluate", "--print"]);
    assert!(done.status.success(), "{}", error(&done));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    for (line, seed) in lines.iter().zip(["--seed 2", "--seed 7", "--seed 2", "--seed 7"]) {
        assert!(line.contains(" train ") && line.contains(seed) && line.contains(" && "), "{line}");
    }
    assert!(!sweep.runs().exists(), "nothing was run");
    let ran = Command::new("sh").args(["-c", lines[3]]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let ran = ran.expect("a shell");
    assert!(ran.status.success(), "{}", error(&ran));
    assert!(sweep.rows().iter().any(|r| r.variant == "l1-1" && r.seed == 7 && r.metric == "e2ee"));
}

#[test]
fn the_slurm_script_runs_one_run_a_task() {
    let sweep = Sweep::new();
    let file = sweep.folder.path().join("a sweep.sh");
    let script = file.to_str().expect("a path");
    let arguments = [SPARLING, "--seeds", "1..3", "--evaluate", "--jobs", "2", "--slurm", script];
    let done = sweep.run(&arguments);
    assert!(done.status.success(), "{}", error(&done));
    let text = fs::read_to_string(&file).expect("the script");
    for line in [
        "#SBATCH --array=1-3%2",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --ntasks=1",
        "#SBATCH --signal=TERM@120",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("--gres"), "no GPU was asked for");
    // Another srun stands for Slurm's: it only notes that it was called.
    let bin = sweep.folder.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    fs::write(bin.join("srun"), "#!/bin/sh\necho step >> \"$STEPS\"\nexec \"$@\"\n").expect("a file");
    fs::set_permissions(bin.join("srun"), fs::Permissions::from_mode(0o755)).expect("a program");
    let steps = sweep.folder.path().join("steps");
    let task = |number: &str, folder: &Path| {
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH"));
        let mut command = Command::new("bash");
        command.arg(&file).current_dir(folder).env("PATH", path).env("STEPS", &steps);
        command.env("SLURM_ARRAY_TASK_ID", number).env("SLURM_CPUS_PER_TASK", "1").output().expect("bash")
    };
    // Wherever it is submitted from.
    let ran = task("2", sweep.folder.path());
    assert!(ran.status.success(), "{}", error(&ran));
    assert_eq!(fs::read_to_string(&steps).expect("steps").lines().count(), 2, "train and evaluate");
    // A step that was told to stop and has saved (exit code 130): the task queues itself again.
    let stub = |name: &str, text: &str| {
        fs::write(bin.join(name), text).expect("a file");
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("a program");
    };
    let queued = sweep.folder.path().join("queued");
    stub("scontrol", &format!("#!/bin/sh\necho \"$@\" >> '{}'\n", queued.display()));
    for (code, requeued) in [(130, true), (1, false)] {
        stub("srun", &format!("#!/bin/sh\nexit {code}\n"));
        let _ = fs::remove_file(&queued);
        assert_eq!(task("1", sweep.folder.path()).status.code(), Some(code));
        assert_eq!(queued.exists(), requeued, "exit code {code}");
    }
    stub("srun", "#!/bin/sh\necho step >> \"$STEPS\"\nexec \"$@\"\n");
    assert!(sweep.rows().iter().all(|r| r.seed == 2) && !sweep.rows().is_empty());
    let none = task("4", sweep.folder.path());
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn wrong_input_is_refused_before_anything_runs() {
    let sweep = Sweep::new();
    for (arguments, code, parts) in [
        (vec![SPARLING, "--seeds", "9..1"], 2, ["found `9..1`", "expected seeds such as 1..9"]),
        (vec![SPARLING, "--jobs", "0"], 2, ["--jobs", "0"]),
        (vec![SPARLING, "experiments/digit-circle/l3.toml"], 1, ["l3.toml", "sparling list"]),
        (vec![SPARLING, "--set", "train.batches=3"], 1, ["unknown key `train.batches`", "train.batch"]),
    ] {
        let done = sweep.run(&arguments);
        let text = error(&done);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(parts.iter().all(|part| text.contains(part)) && !text.contains("panicked"), "{text}");
    }
    assert!(!sweep.runs().exists(), "nothing was run");
}
