//! Promise: whatever cuts a run off (kill -9, Ctrl-C, a full disk), nothing saved is lost, the
//! message says what to do, and the same command ends where an unbroken run would have.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SETTINGS: [&str; 10] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.interval-samples=256",
    "annealing.validation-samples=20",
    "annealing.initial-threshold=0.0",
    "train.batch=8",
    "train.checkpoint-samples=64",
    "train.max-samples=2400",
];

fn command(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1", "train"]);
    command.args(["experiments/digit-circle/sparling.toml", "--scale", "smoke", "--device", "cpu", "--out"]);
    command.arg(out).stdout(Stdio::null()).stderr(Stdio::piped());
    for setting in SETTINGS {
        command.args(["--set", setting]);
    }
    command
}

fn finish(out: &Path) -> Output {
    command(out).output().expect("the program runs")
}

/// Names and contents of the checkpoints.
fn checkpoints(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(out.join("checkpoints"))
        .expect("checkpoints")
        .map(|e| e.expect("an entry").path())
        .map(|p| (p.file_name().expect("a name").into(), std::fs::read(&p).expect("a file")))
        .collect();
    files.sort();
    files
}

/// Waits until the run has seen a checkpoint at `samples` or later, or has ended.
fn wait_for_checkpoint(child: &mut Child, out: &Path, samples: u64) {
    let begun = Instant::now();
    let seen = || {
        let names = std::fs::read_dir(out.join("checkpoints")).into_iter().flatten().flatten();
        names
            .filter_map(|e| {
                e.file_name().to_string_lossy().strip_prefix("samples-")?.strip_suffix(".json")?.parse().ok()
            })
            .max()
            .unwrap_or(0_u64)
    };
    while seen() < samples && child.try_wait().expect("a child").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint at {samples} after two minutes");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Models of densities without a checkpoint to go on from: training anew would mix two runs in one folder.
#[test]
fn a_run_whose_checkpoints_were_taken_away_is_not_begun_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    assert!(finish(&out).status.success());
    for (name, _) in checkpoints(&out) {
        if name.to_string_lossy().starts_with("samples-") {
            std::fs::remove_file(out.join("checkpoints").join(name)).expect("a checkpoint");
        }
    }
    let log = std::fs::read(out.join("metrics.jsonl")).expect("a log");
    let names = || {
        let entries = std::fs::read_dir(&out).expect("a folder");
        entries.map(|e| e.expect("an entry").file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let (kept, there) = (checkpoints(&out), names());
    assert!(!kept.is_empty(), "it has left no density");
    let refused = finish(&out);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("no checkpoint samples-… to go on from") && error.contains("--out"), "{error}");
    assert_eq!(std::fs::read(out.join("metrics.jsonl")).expect("a log"), log);
    assert_eq!(checkpoints(&out), kept);
    assert_eq!(names(), there, "curves of TensorBoard too are as they were");
}

#[test]
fn kill_9_at_any_moment_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let done = finish(&whole);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut kills = 0;
    // The delay after the checkpoint moves the kill through steps, validations and writes.
    for (i, samples) in [1, 300, 700, 1100, 1500, 1900].into_iter().enumerate() {
        let mut child = command(&broken).spawn().expect("the program starts");
        wait_for_checkpoint(&mut child, &broken, samples);
        std::thread::sleep(Duration::from_millis(7 * i as u64));
        if child.try_wait().expect("a child").is_none() {
            child.kill().expect("kill -9");
            kills += 1;
        }
        child.wait().expect("it ends");
    }
    assert!(kills >= 4, "only {kills} kills came in time");
    let done = finish(&broken);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (a, b) = (checkpoints(&whole), checkpoints(&broken));
    let last = a.iter().rfind(|(n, _)| n.to_string_lossy().starts_with("samples-")).expect("a checkpoint");
    assert!(last.0.to_string_lossy().contains("2400"), "the last is {}", last.0.display());
    let kept: Vec<_> = b.into_iter().filter(|(n, _)| n.extension() != Some("tmp".as_ref())).collect();
    assert_eq!(
        a.iter().map(|f| &f.0).collect::<Vec<_>>(),
        kept.iter().map(|f| &f.0).collect::<Vec<_>>(),
        "the same files"
    );
    for (left, right) in a.iter().zip(&kept) {
        assert!(left.1 == right.1, "{} differs", left.0.display());
    }
}

#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let mut child = command(&out).spawn().expect("the program starts");
    wait_for_checkpoint(&mut child, &out, 64);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success(), "the signal was sent");
    let done = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(130), "{text}");
    assert!(text.contains("everything is saved") && text.contains("same command again"), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    assert!(finish(&out).status.success(), "the same command goes on");
}

/// A limit on file sizes stands for a full disk: writing fails in the middle of a checkpoint.
#[test]
fn a_full_disk_is_named_and_what_was_saved_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let mut child = command(&out).spawn().expect("the program starts");
    wait_for_checkpoint(&mut child, &out, 640);
    child.kill().expect("kill -9");
    child.wait().expect("it ends");
    let whole = |path: &PathBuf| path.extension() != Some("tmp".as_ref());
    let before: Vec<_> = checkpoints(&out).into_iter().filter(|(n, _)| whole(n)).collect();
    let unlimited = command(&out);
    let mut limited = Command::new("bash");
    // Blocks of 1024 bytes. The system sends XFSZ too, which by itself would end the process without a word.
    limited.args(["-c", "ulimit -f 24; exec \"$0\" \"$@\""]).arg(unlimited.get_program());
    limited.args(unlimited.get_args()).current_dir(env!("CARGO_MANIFEST_DIR"));
    let done = limited.output().expect("bash runs");
    let text = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert!(text.contains("cannot write") && text.contains("checkpoints/"), "names the file: {text}");
    assert!(text.contains("`ulimit -f`") && !text.contains("panicked"), "says what to do: {text}");
    let after: Vec<_> = checkpoints(&out).into_iter().filter(|(n, _)| whole(n)).collect();
    assert_eq!(after, before, "nothing saved was touched");
    assert!(finish(&out).status.success(), "with room again, it goes on");
}

/// What a command says may go nowhere; what it answers may not.
#[test]
fn a_full_output_is_named() {
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").expect("/dev/full"));
    let sparling = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1"]).args(arguments);
        command
    };
    let model = "results/laptop/models/digit-circle-sparling-seed2";
    for arguments in [
        &["evaluate", model, "--samples", "20", "--no-save"][..],
        &["list"],
        &["figure", "--help"],
        &["assumptions", "digit-circle", "--scale", "smoke", "--samples", "50"],
    ] {
        let done = sparling(arguments).stdout(full()).output().expect("the program runs");
        let text = String::from_utf8_lossy(&done.stderr);
        assert!(
            !text.contains("fault of the program") && !text.contains("panicked"),
            "{arguments:?}: {text}"
        );
        if !arguments.contains(&"--help") {
            assert_eq!(done.status.code(), Some(1), "{arguments:?}: {text}");
            assert!(
                text.contains("standard output") && text.contains("No space left"),
                "{arguments:?}: {text}"
            );
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut deaf = command(&folder.path().join("run"));
    let status = deaf.stderr(full()).status().expect("the program runs");
    assert!(status.success(), "training does not mind: {status}");
}
