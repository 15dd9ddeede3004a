//! Promise: whenever and however a run is cut off, no checkpoint is lost, and the same command ends in the bytes of an
//! unbroken run. Kills come at random moments of training, validation and evaluation.
//!
//! `make storm` makes a hundred of them; otherwise there are a few. `SPARLING_STORM_SEED` repeats one storm.

#![allow(clippy::print_stdout, reason = "the storm tells how to repeat it")]

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// Ways to cut a run off.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    Kill,
    Term,
    Interrupt,
    HangUp,
    /// Twice within milliseconds, as `timeout` and batch systems do.
    TermTwice,
    /// The terminal is closed; the kernel sends SIGHUP and every write fails.
    ClosedTerminal,
    /// Ctrl-C with standard error at a full device.
    FullStderr,
    /// Ctrl-C after the reader of standard error has gone, as `2>&1 | tee` does.
    ClosedPipe,
}

const BLOWS: [Blow; 8] = [
    Blow::Kill,
    Blow::Term,
    Blow::TermTwice,
    Blow::ClosedTerminal,
    Blow::Interrupt,
    Blow::FullStderr,
    Blow::HangUp,
    Blow::ClosedPipe,
];

const SETTINGS: [&str; 12] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.interval-samples=256",
    "annealing.validation-samples=300",
    "annealing.initial-threshold=0.0",
    "evaluation.batch=20",
    "train.batch=8",
    "train.shards=2",
    "train.checkpoint-samples=64",
    "train.max-samples=2048",
];

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "2"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn train(out: &Path) -> Command {
    let mut command = program();
    command.args([
        "train",
        "experiments/digit-circle/sparling.toml",
        "--scale",
        "smoke",
        "--device",
        "cpu",
        "--out",
    ]);
    command.arg(out);
    for setting in SETTINGS {
        command.args(["--set", setting]);
    }
    command
}

fn evaluate(run: &Path, results: &Path) -> Command {
    let mut command = program();
    command.arg("evaluate").arg(run).args(["--samples", "400", "--device", "cpu", "--results"]).arg(results);
    command
}

/// Starts `command` so that it can be hit by `blow`; what has to be dropped or closed for it comes along.
fn start(mut command: Command, blow: Blow) -> (Child, Option<OwnedFd>) {
    match blow {
        Blow::FullStderr => {
            command.stderr(File::options().write(true).open("/dev/full").expect("/dev/full"));
        }
        Blow::ClosedPipe => {
            command.stderr(Stdio::piped());
        }
        Blow::ClosedTerminal => {
            let pty = openpty(None, None).expect("a terminal");
            let own = || Stdio::from(pty.slave.try_clone().expect("a terminal"));
            command.stdin(own()).stdout(own()).stderr(own());
            // SAFETY: between fork and exec only two system calls are made.
            unsafe {
                command.pre_exec(|| {
                    nix::unistd::setsid()?;
                    match nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) {
                        0 => Ok(()),
                        _ => Err(std::io::Error::last_os_error()),
                    }
                });
            }
            let child = command.spawn().expect("the program starts");
            return (child, Some(pty.master));
        }
        _ => {}
    }
    (command.spawn().expect("the program starts"), None)
}

/// Whether the process has come to where it listens to signals (before that, it has nothing to lose).
fn listens(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> 14 & 1 == 1)
}

/// Hits it; `None` when it had ended, and whether it was listening.
fn hit(child: &mut Child, terminal: Option<OwnedFd>, blow: Blow) -> Option<bool> {
    let listens = listens(child);
    if child.try_wait().expect("a child").is_some() {
        return None;
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let send = |signal| {
        let _ = kill(pid, signal);
    };
    match blow {
        Blow::Kill => send(Signal::SIGKILL),
        Blow::Term => send(Signal::SIGTERM),
        Blow::Interrupt | Blow::FullStderr => send(Signal::SIGINT),
        Blow::HangUp => send(Signal::SIGHUP),
        Blow::TermTwice => {
            send(Signal::SIGTERM);
            std::thread::sleep(Duration::from_millis(3));
            send(Signal::SIGTERM);
        }
        Blow::ClosedTerminal => drop(terminal),
        Blow::ClosedPipe => {
            drop(child.stderr.take());
            send(Signal::SIGINT);
        }
    }
    Some(listens)
}

fn wait(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not end within a minute of the blow");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whole checkpoint files, by name.
fn checkpoints(run: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(run.join("checkpoints"))
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension() != Some("tmp".as_ref()))
        .map(|path| (path.file_name().expect("a name").into(), std::fs::read(&path).expect("a file")))
        .collect();
    files.sort();
    files
}

/// The models of all densities and the last checkpoint. Which one before it is kept depends on where a run saved.
fn outcome(run: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let last = format!("samples-{:010}", newest(run));
    let mut files = checkpoints(run);
    files.retain(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("density-") || name.starts_with(&last)
    });
    files
}

/// Samples of the newest checkpoint.
fn newest(run: &Path) -> u64 {
    let of = |(name, _): &(PathBuf, Vec<u8>)| {
        name.to_str()?.strip_prefix("samples-")?.strip_suffix(".json")?.parse::<u64>().ok()
    };
    checkpoints(run).iter().filter_map(of).max().unwrap_or(0)
}

/// Asked to stop, a command saves and says so by its exit code, or had ended before it heard.
fn assert_polite(status: ExitStatus, blow: Blow, heard: Option<bool>) {
    if blow != Blow::Kill && heard == Some(true) {
        assert!(matches!(status.code(), Some(0 | 130)), "{blow:?}: {status}");
    }
}

#[test]
fn a_storm_costs_no_checkpoint_and_no_bit() {
    let blows: usize = std::env::var("SPARLING_STORM").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_secs();
    let seed = std::env::var("SPARLING_STORM_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(now);
    println!("SPARLING_STORM_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let whole = folder.path().join("whole");
    let begun = Instant::now();
    assert!(train(&whole).status().expect("the program runs").success(), "the unbroken run");
    let long = begun.elapsed();
    let expected = outcome(&whole);

    let (mut hits, mut runs) = (0, 0);
    while hits < blows {
        runs += 1;
        let run = folder.path().join(format!("run-{runs}"));
        let mut kept = 0;
        // An unbroken run's time, in random parts.
        while hits < blows && kept < 2048 {
            let blow = BLOWS[hits % BLOWS.len()];
            let (mut child, terminal) = start(train(&run), blow);
            std::thread::sleep(long.mul_f64(random.random_range(0.1..0.9)));
            let heard = hit(&mut child, terminal, blow);
            let status = wait(&mut child);
            hits += usize::from(heard.is_some());
            assert_polite(status, blow, heard);
            let now = newest(&run);
            assert!(now >= kept, "{blow:?}: the checkpoint at {kept} is lost, the newest is at {now}");
            kept = now;
        }
        assert!(train(&run).status().expect("the program runs").success(), "run {runs} goes on");
        let found = outcome(&run);
        let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "run {runs}: the same files");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.1 == expected.1, "run {runs}: {} differs", found.0.display());
        }
    }
    let evaluations = evaluations_survive(&whole, folder.path(), blows.div_ceil(4), &mut random);
    println!("{hits} blows in training over {runs} runs, {evaluations} in evaluation");
}

/// An evaluation that is cut off leaves whole rows or none, and the next gives what an unbroken one does.
fn evaluations_survive(run: &Path, folder: &Path, blows: usize, random: &mut SmallRng) -> usize {
    let rows = |results: &Path| std::fs::read_to_string(results.join("smoke/rows.csv")).unwrap_or_default();
    let (whole, broken) = (folder.join("results"), folder.join("broken"));
    let begun = Instant::now();
    assert!(evaluate(run, &whole).status().expect("the program runs").success(), "the unbroken evaluation");
    let long = begun.elapsed();
    let expected = rows(&whole);
    assert!(expected.lines().count() > 10, "{expected}");
    let mut hits = 0;
    while hits < blows {
        let blow = BLOWS[hits % BLOWS.len()];
        let (mut child, terminal) = start(evaluate(run, &broken), blow);
        std::thread::sleep(long.mul_f64(random.random_range(0.0..1.0)));
        // Past the end of an evaluation there is nothing to hit.
        let heard = hit(&mut child, terminal, blow);
        hits += usize::from(heard.is_some());
        let status = wait(&mut child);
        // A terminal that is gone cannot take the answer either.
        if blow != Blow::ClosedTerminal {
            assert_polite(status, blow, heard);
        }
        let found = rows(&broken);
        assert!(found.is_empty() || found == expected, "{blow:?} left other rows:\n{found}");
    }
    assert!(evaluate(run, &broken).status().expect("the program runs").success(), "it goes on");
    assert_eq!(rows(&broken), expected, "the rows after the storm");
    hits
}

/// Two wishes a second apart: the second is granted at once, and what was saved stays.
#[test]
fn a_second_deliberate_signal_stops_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let mut command = train(&out);
    // A validation batch that takes several seconds: the first signal waits for it.
    command.args(["--set", "annealing.validation-samples=120000", "--set", "evaluation.batch=120000"]);
    command.stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let begun = Instant::now();
    while newest(&out) < 256 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint before the first validation");
        std::thread::sleep(Duration::from_millis(10));
    }
    // The validation has begun by then; before it, the signal would be heard at once.
    std::thread::sleep(Duration::from_millis(500));
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("a signal");
    std::thread::sleep(Duration::from_millis(1100));
    assert!(child.try_wait().expect("a child").is_none(), "it still validates");
    kill(pid, Signal::SIGTERM).expect("a signal");
    assert_eq!(wait(&mut child).code(), Some(131));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("stderr"), &mut text).expect("its words");
    assert!(text.contains("stopped at once") && text.contains("up to sample 256 is saved"), "{text}");
    assert_eq!(newest(&out), 256);
}
