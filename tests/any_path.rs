//! Promise: whatever bytes a path holds, runs are trained, measured and drawn there, by this process, by the processes
//! that it starts, and by the scripts that it writes; and the commands that messages propose work when pasted.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sparling::results::{read, rows_path};

/// What a shell, a line, a Slurm directive and a text in UTF-8 each stumble over.
const NAME: &[u8] = b"-a  b'\"$HOME `id` \\ #%A\nsecond line \xff\xe9*";

/// A folder of that name with experiments so small that a run takes a second.
struct Odd {
    root: tempfile::TempDir,
}

impl Odd {
    fn new() -> Self {
        let odd = Self { root: tempfile::tempdir().expect("a folder") };
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
        let copy = odd.folder().join("experiments/digit-circle");
        fs::create_dir_all(copy.join("scales")).expect("a folder");
        fs::copy(own.join("scales/smoke.toml"), copy.join("scales/smoke.toml")).expect("the overlay");
        for variant in ["sparling", "single-threshold", "retrained"] {
            let text = fs::read_to_string(own.join(format!("{variant}.toml"))).expect("an experiment");
            let mut table: toml::Table = text.parse().expect("TOML");
            let small: toml::Table = "domain.max-digits = 1\nmodel.g.width = 4\ntrain.max-samples = 64\n\
                 train.checkpoint-samples = 64\nretrain.samples = 32\nevaluation.samples = 8\n\
                 annealing.validation-samples = 8\n"
                .parse()
                .expect("TOML");
            let fixed = table.entry("fixed").or_insert_with(|| toml::Value::Table(toml::Table::new()));
            merge(fixed.as_table_mut().expect("a table"), &small);
            fs::write(copy.join(format!("{variant}.toml")), table.to_string()).expect("an experiment");
        }
        odd
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join(OsStr::from_bytes(NAME))
    }

    /// The program in the odd folder.
    fn sparling(&self, verb: &str, paths: &[&Path], rest: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        command.current_dir(self.folder()).args(["--threads", "1", verb]).args(paths).args(rest);
        command.args(["--device", "cpu"]).output().expect("the program runs")
    }

    fn run(&self, variant: &str) -> PathBuf {
        self.folder().join(format!("runs/digit-circle/{variant}/smoke/seed-1"))
    }

    fn experiment(&self, variant: &str) -> PathBuf {
        self.folder().join(format!("experiments/digit-circle/{variant}.toml"))
    }

    /// Variants whose end-to-end error was measured.
    fn measured(&self) -> Vec<String> {
        let rows = read(&rows_path(&self.folder().join("results"), "smoke")).expect("rows");
        rows.into_iter().filter(|row| row.metric == "e2ee").map(|row| row.variant).collect()
    }
}

fn merge(into: &mut toml::Table, from: &toml::Table) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn bash(line: &str, folder: &Path) -> Output {
    Command::new("bash").args(["-c", line]).current_dir(folder).output().expect("bash")
}

#[test]
fn a_sweep_and_its_processes_take_any_path() {
    let odd = Odd::new();
    let (runs, results) = (odd.folder().join("runs"), odd.folder().join("results"));
    let done = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .args(["--threads", "1", "sweep"])
        .args([odd.experiment("retrained"), odd.experiment("sparling")])
        .args(["--scale", "smoke", "--device", "cpu", "--evaluate", "--runs"])
        .arg(&runs)
        .arg("--results")
        .arg(&results)
        .output()
        .expect("the program runs");
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(odd.measured(), ["retrained", "sparling"], "ĝ came from the run beside it");
    let log = fs::read(odd.run("sparling").join("sweep.log")).expect("a log");
    let log = String::from_utf8_lossy(&log).into_owned();
    // The commands in the log are lines that a shell takes.
    let command = log.lines().find_map(|line| line.strip_prefix("$ ")).expect("a command");
    let again = bash(command, odd.root.path());
    assert!(again.status.success() && told(&again).contains("trained already"), "{}", told(&again));
}

#[test]
fn commands_that_are_proposed_work_when_pasted() {
    let odd = Odd::new();
    let missing =
        odd.sparling("train", &[Path::new("experiments/digit-circle/retrained.toml")], &["--scale", "smoke"]);
    let text = told(&missing);
    assert_eq!(missing.status.code(), Some(1), "{text}");
    let proposed = text.lines().find(|line| line.starts_with("  ")).expect("the command that trains ĝ");
    let trained = bash(proposed.trim(), &odd.folder());
    let text = told(&trained);
    assert!(trained.status.success(), "{proposed}: {text}");
    assert!(odd.run("sparling").join("run.toml").is_file(), "{proposed}");
    // Also from elsewhere, with the folder of runs named.
    let again = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .current_dir(odd.root.path())
        .args(["train", "--scale", "smoke", "--device", "cpu", "--seed", "1", "--out"])
        .arg(Path::new(".").join(OsStr::from_bytes(NAME)).join("out"))
        .arg(odd.experiment("single-threshold"))
        .output()
        .expect("the program runs");
    let text = told(&again);
    assert!(again.status.success(), "{text}");
    let next: Vec<&str> = text.split("next: ").nth(1).expect("what is next").lines().map(str::trim).collect();
    assert_eq!(next.len(), 3, "{text}");
    for line in &next[..2] {
        let done = bash(line, odd.root.path());
        assert!(done.status.success(), "{line}: {}", told(&done));
    }
    assert!(odd.root.path().join("sample.png").is_file(), "{}", next[1]);
    assert!(next[2].contains("tensorboard --logdir "), "{}", next[2]);
}

#[test]
fn a_figure_and_its_sweep_take_any_path() {
    let odd = Odd::new();
    let drawn = odd.sparling("figure", &[], &["8", "--scale", "smoke", "--jobs", "1"]);
    assert!(drawn.status.success(), "{}", told(&drawn));
    assert_eq!(odd.measured(), ["single-threshold", "sparling"]);
    for ending in ["png", "svg", "csv"] {
        assert!(odd.folder().join(format!("results/smoke/fig8.{ending}")).is_file(), "{ending}");
    }
    // The run is there, its rows are not: what is proposed makes them.
    fs::remove_dir_all(odd.folder().join("results")).expect("a folder");
    let report = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        command
            .current_dir(odd.folder())
            .args(["report", "--scale", "smoke"])
            .output()
            .expect("the program runs")
    };
    let text = told(&report());
    let proposed = text.lines().find(|line| line.contains(" sweep ")).expect("a command that makes rows");
    let swept = bash(proposed.trim(), &odd.folder());
    assert!(swept.status.success(), "{proposed}: {}", told(&swept));
    let written = report();
    assert!(written.status.success(), "{}", told(&written));
}

/// A program of this text.
fn stub(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn the_slurm_script_takes_any_path() {
    let odd = Odd::new();
    let script = odd.folder().join("sweep $(touch made).sh");
    let written = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .current_dir(odd.folder())
        .args(["--threads", "1", "sweep"])
        .arg(Path::new("experiments/digit-circle/sparling.toml"))
        .args(["--scale", "smoke", "--device", "cpu", "--seeds", "1..2", "--evaluate", "--slurm"])
        .arg(&script)
        .output()
        .expect("the program runs");
    assert!(written.status.success(), "{}", told(&written));
    let text = String::from_utf8(fs::read(&script).expect("the script")).expect("a script in UTF-8");
    let directives = text.lines().filter(|line| line.starts_with("#SBATCH"));
    assert!(directives.clone().count() >= 6 && !text.contains("#SBATCH --output"), "{text}");

    let bin = odd.root.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    // What stands for Slurm's srun notes the words that it was given and runs them.
    let words = odd.root.path().join("words");
    stub(&bin.join("srun"), "#!/bin/bash\nprintf '%s\\0' \"$@\" >> \"$WORDS\"\nexec \"$@\"\n");
    stub(&bin.join("sbatch"), "#!/bin/bash\nSLURM_ARRAY_TASK_ID=2 exec bash \"$1\"\n");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH"));
    // As the sweep proposed it.
    let submit = told(&written);
    let submit = submit.split("next: ").nth(1).expect("what is next").trim();
    let done = Command::new("bash")
        .args(["-c", submit])
        .current_dir(odd.root.path())
        .env("PATH", path)
        .env("WORDS", &words)
        .env("SLURM_CPUS_PER_TASK", "1")
        .output()
        .expect("bash");
    assert!(done.status.success(), "{submit}: {}", told(&done));
    let given = fs::read(&words).expect("words");
    let given: Vec<&[u8]> = given.split(|&byte| byte == 0).collect();
    assert!(given.contains(&&b"train"[..]) && given.contains(&&b"evaluate"[..]), "{given:?}");
    assert!(!odd.folder().join("made").exists() && !odd.root.path().join("made").exists(), "a path was run");
    assert!(
        odd.folder().join("runs/digit-circle/sparling/smoke/seed-2/run.toml").is_file(),
        "{}",
        told(&done)
    );
    assert_eq!(odd.measured(), ["sparling"]);
}

#[test]
fn commands_are_printed_for_a_shell_whatever_the_path() {
    let odd = Odd::new();
    let runs = odd.folder().join("runs");
    let printed = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .args(["--threads", "1", "sweep"])
        .arg(odd.experiment("sparling"))
        .args(["--scale", "smoke", "--device", "cpu", "--print", "--runs"])
        .arg(&runs)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(printed.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 1, "a line a run: {text}");
    let done = bash(text.trim_end(), odd.root.path());
    assert!(done.status.success(), "{text}{}", told(&done));
    assert!(odd.run("sparling").join("run.toml").is_file());
}

#[test]
fn a_variant_that_rows_cannot_name_is_refused() {
    let odd = Odd::new();
    for name in [&b"l1-\xff.toml"[..], b"two\nlines.toml"] {
        let experiment = odd.experiment("sparling").with_file_name(OsStr::from_bytes(name));
        fs::copy(odd.experiment("sparling"), &experiment).expect("an experiment");
        for verb in ["train", "sweep"] {
            let refused = odd.sparling(verb, &[&experiment], &["--scale", "smoke"]);
            let text = told(&refused);
            assert_eq!(refused.status.code(), Some(1), "{text}");
            assert!(
                text.contains("names its variant") && text.contains("expected a name in UTF-8"),
                "{text}"
            );
        }
    }
}

#[test]
fn more_tasks_than_clusters_usually_allow_are_told_of() {
    let odd = Odd::new();
    let sweep = |seeds: &str| {
        let experiment = odd.experiment("sparling");
        odd.sparling("sweep", &[&experiment], &["--scale", "smoke", "--seeds", seeds, "--slurm", "sweep.sh"])
    };
    let (many, few) = (sweep("1..1001"), sweep("1..1000"));
    assert!(many.status.success() && few.status.success(), "{}", told(&many));
    assert!(told(&many).contains("1001 tasks in one array; clusters usually allow 1000"), "{}", told(&many));
    assert!(!told(&few).contains("clusters usually allow"), "{}", told(&few));
}
