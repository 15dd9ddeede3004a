//! Promise: whatever the program is at (training, retraining, supervising, measuring, drawing what is missing), it stops
//! soon when it is asked to, with the exit code 130, and says what became of the work.

use std::fs;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Settings of every experiment, so small that a run takes a second.
const SMALL: &str = "domain.max-digits = 1\nmodel.g.width = 4\nmodel.h.width = 16\nmodel.h.feed-forward = 16\n\
                     train.batch = 8\ntrain.max-samples = 64\ntrain.checkpoint-samples = 64\n\
                     annealing.validation-samples = 8\n";

/// Far more than anyone waits for.
const LONG: u64 = 100_000_000;

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    /// Experiments of these variants, small but for what `more` says.
    fn new(more: &str) -> Self {
        let place = Self { root: tempfile::tempdir().expect("a folder") };
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle");
        let copy = place.path("experiments/digit-circle");
        fs::create_dir_all(copy.join("scales")).expect("a folder");
        fs::copy(own.join("scales/smoke.toml"), copy.join("scales/smoke.toml")).expect("the overlay");
        for variant in ["sparling", "single-threshold", "retrained"] {
            let text = fs::read_to_string(own.join(format!("{variant}.toml"))).expect("an experiment");
            let fixed = format!("{SMALL}{more}");
            let mut table: toml::Table = text.parse().expect("TOML");
            let fixed: toml::Table = fixed.parse().expect("TOML");
            let there = table.entry("fixed").or_insert_with(|| toml::Value::Table(toml::Table::new()));
            merge(there.as_table_mut().expect("a table"), fixed);
            let text = toml::to_string(&table).expect("TOML");
            fs::write(copy.join(format!("{variant}.toml")), text).expect("an experiment");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn sparling(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        command.current_dir(self.root.path()).args(["--threads", "2"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn train(&self, variant: &str, more: &[&str]) -> Command {
        let experiment = format!("experiments/digit-circle/{variant}.toml");
        let arguments = [&["train", &experiment, "--scale", "smoke", "--device", "cpu"], more].concat();
        self.sparling(&arguments)
    }

    fn run(&self, variant: &str) -> PathBuf {
        self.path(&format!("runs/digit-circle/{variant}/smoke/seed-1"))
    }

    fn trained(&self) -> String {
        assert!(self.train("sparling", &["--quiet"]).status().expect("the program runs").success());
        self.run("sparling").display().to_string()
    }
}

fn merge(base: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Starts `command`, waits until it has said `until` and a little longer, asks it to stop, and returns what it said.
fn stopped(command: &mut Command, until: &str, signal: Signal) -> String {
    let mut child = command.spawn().expect("the program starts");
    let mut said = String::new();
    let begun = Instant::now();
    if until.is_empty() {
        while !listens(&child) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let stderr = child.stderr.as_mut().expect("its words");
    let mut byte = [0];
    while !said.contains(until) {
        assert!(stderr.read(&mut byte).expect("its words") == 1, "it ended before it said `{until}`: {said}");
        said.push(char::from(byte[0]));
    }
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().expect("a child").is_none(), "it ended by itself: {said}");
    kill(Pid::from_raw(i32::try_from(child.id()).expect("an id")), signal).expect("a signal");
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    said += &String::from_utf8_lossy(&output.stderr);
    assert!(asked.elapsed() < Duration::from_secs(20), "it took {:?}: {said}", asked.elapsed());
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(!said.contains("panicked") && said.matches("error:").count() == 1, "{said}");
    said
}

/// Whether the process has come to where it listens to signals.
fn listens(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> 14 & 1 == 1)
}

#[test]
fn a_figure_hears_it_while_it_measures() {
    let place = Place::new(&format!("evaluation.samples = {LONG}\n"));
    let figure = ["figure", "8", "--scale", "smoke", "--device", "cpu"];
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let said = stopped(&mut place.sparling(&figure), "measuring ", signal);
        assert!(said.contains("interrupted while measuring") && said.contains("same command"), "{said}");
        let rows = fs::read_to_string(place.path("results/smoke/rows.csv")).unwrap_or_default();
        assert_eq!(rows.lines().count().min(1), rows.lines().count(), "no half measurement: {rows}");
    }
}

#[test]
fn a_figure_hears_it_while_it_supervises() {
    let place = Place::new(&format!("supervision.samples = {LONG}\nevaluation.samples = 8\n"));
    // Table 2 needs every domain; the others have no experiments here.
    let figure = ["figure", "table2", "--scale", "smoke", "--device", "cpu"];
    let said = stopped(&mut place.sparling(&figure), "measuring ", Signal::SIGINT);
    assert!(said.contains("interrupted while measuring"), "{said}");
}

#[test]
fn supervision_hears_it_while_it_trains_and_while_it_judges() {
    let place = Place::new("");
    let run = place.trained();
    let long = LONG.to_string();
    for more in [["--train-samples", &*long, "--samples", "8"], ["--train-samples", "8", "--samples", &*long]]
    {
        let arguments = [&["supervise", &*run, "--device", "cpu", "--no-save"][..], &more].concat();
        let said = stopped(&mut place.sparling(&arguments), "", Signal::SIGTERM);
        assert!(said.contains("interrupted; what was kept before is as it was"), "{said}");
    }
}

#[test]
fn an_evaluation_hears_it_at_each_of_its_measurements() {
    let place = Place::new("");
    let run = place.trained();
    let long = LONG.to_string();
    for more in [&[][..], &["--validation"], &["--perturbation"], &["--quantisation"]] {
        let arguments = [&["evaluate", &*run, "--device", "cpu", "--samples", &*long], more].concat();
        let said = stopped(&mut place.sparling(&arguments), "", Signal::SIGINT);
        assert!(said.contains("interrupted; what was kept before is as it was"), "{more:?}: {said}");
    }
}

#[test]
fn predictions_hear_it_while_no_name_comes() {
    let place = Place::new("");
    let run = place.trained();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (names, still_open) = std::io::pipe().expect("a pipe");
        let mut command = place.sparling(&["predict", &run, "-", "--device", "cpu"]);
        let said = stopped(command.stdin(names), "", signal);
        assert!(said.contains("interrupted"), "{said}");
        drop(still_open);
    }
}

#[test]
fn predictions_hear_it_while_a_pipe_has_no_writer() {
    let place = Place::new("");
    let run = place.trained();
    let pipe = place.path("pipe.png");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let pipe = pipe.display().to_string();
    let picture = place.path("picture.png").display().to_string();
    for arguments in [
        &["predict", &run, &pipe][..],
        &["predict", &run, "--from", &pipe],
        &["show", &run, "--input", &pipe, "-o", &picture],
    ] {
        let said = stopped(place.sparling(arguments).args(["--device", "cpu"]), "", Signal::SIGTERM);
        assert!(said.contains("interrupted"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_retraining_saves_and_goes_on() {
    let place = Place::new("retrain.samples = 40000\ntrain.log-samples = 8\n");
    place.trained();
    let newest = || {
        let files = fs::read_dir(place.run("retrained").join("checkpoints")).into_iter().flatten().flatten();
        let samples =
            |name: String| name.strip_prefix("samples-")?.strip_suffix(".json")?.parse::<u64>().ok();
        files.filter_map(|file| samples(file.file_name().to_string_lossy().into_owned())).max()
    };
    let mut before = Some(0);
    for _ in 0..2 {
        let said = stopped(&mut place.train("retrained", &[]), "run ", Signal::SIGTERM);
        assert!(said.contains("everything is saved"), "{said}");
        assert!(newest() > before, "it goes on from {before:?}: {:?}", newest());
        before = newest();
    }
}

/// As `nohup` and shells leave it to what they start.
#[test]
fn a_signal_that_is_to_be_ignored_is() {
    let place = Place::new("");
    let mut command = place.train("sparling", &["--quiet", "--set", "train.max-samples=100000000"]);
    // SAFETY: between fork and exec one system call is made.
    unsafe {
        command.pre_exec(|| {
            nix::sys::signal::signal(Signal::SIGHUP, nix::sys::signal::SigHandler::SigIgn)?;
            Ok(())
        });
    }
    let mut child = command.spawn().expect("the program starts");
    let begun = Instant::now();
    while !place.run("sparling").join("metrics.jsonl").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    let send = |child: &Child, signal| {
        kill(Pid::from_raw(i32::try_from(child.id()).expect("an id")), signal).expect("a signal");
    };
    send(&child, Signal::SIGHUP);
    std::thread::sleep(Duration::from_millis(1500));
    assert!(child.try_wait().expect("a child").is_none(), "it ended at SIGHUP");
    send(&child, Signal::SIGTERM);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn a_reader_that_goes_away_ends_no_measuring() {
    let place = Place::new("");
    let run = place.trained();
    let unread = |arguments: &[&str]| {
        let mut command =
            place.sparling(&[&["evaluate", &*run, "--device", "cpu", "--samples", "8"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    unread(&["--quantisation"]);
    let rows = fs::read_to_string(place.path("results/smoke/rows.csv")).expect("rows");
    let measured = |metric: &str| rows.lines().filter(|line| line.split(',').nth(4) == Some(metric)).count();
    // The first line that nobody reads is that of the errors.
    assert_eq!((measured("e2ee"), measured("e2ee_quantised/4")), (1, 1), "{rows}");
    // Where nothing is kept, the answer was all.
    unread(&["--no-save"]);
}
