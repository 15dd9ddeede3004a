//! Promise: what cannot fit into memory is refused before anything is made, with the figures and the settings to make
//! smaller; the need is a lower bound; and where memory runs out all the same, one clear line says so.

mod dataset_common;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dataset_common::Folder;
use nix::sys::resource::{Resource, setrlimit};
use sparling::config::load;
use sparling::memory::{Sizes, VARIABLE, Work, need};

/// Networks and counts so small that a run takes a second.
const TINY: [&str; 9] = [
    "domain.max-digits=1",
    "model.g.width=4",
    "model.h.width=16",
    "model.h.feed-forward=16",
    "annealing.validation-samples=8",
    "evaluation.samples=8",
    "train.batch=8",
    "train.checkpoint-samples=64",
    "train.max-samples=64",
];

const SPARLING: &str = "experiments/digit-circle/sparling.toml";

fn sparling(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "2"]).args(arguments);
    command.stdin(Stdio::null()).env_remove(VARIABLE).env_remove("SPARLING_BACKTRACE");
    command
}

fn training(experiment: &str, out: &Path, settings: &[&str]) -> Command {
    let mut command = sparling(&["train", experiment, "--scale", "smoke", "--device", "cpu", "--out"]);
    command.arg(out);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command
}

/// With so many GiB of addresses, as by `ulimit -v`.
fn limited(command: &mut Command, gib: u64) -> &mut Command {
    within(command, gib << 30)
}

fn within(command: &mut Command, bytes: u64) -> &mut Command {
    // SAFETY: between fork and exec one system call is made.
    unsafe { command.pre_exec(move || Ok(setrlimit(Resource::RLIMIT_AS, bytes, bytes)?)) }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One message of the kind that every failure has, and none of what C++ or Rust say by themselves.
fn assert_clear(output: &Output, what: &str) -> String {
    let text = words(output);
    assert_eq!(output.status.code(), Some(1), "{what}: {text}");
    assert_eq!(text.matches("error:").count(), 1, "{what}: {text}");
    for noise in
        ["frame #", "panicked", "fault of the program", "enforce fail", "terminate called", "core dumped"]
    {
        assert!(!text.contains(noise), "{what}: {text}");
    }
    text
}

#[test]
fn gross_sizes_are_refused_with_figures_keys_and_the_way_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let latex = "experiments/latex-ocr/sparling.toml";
    for (experiment, setting, key) in [
        (SPARLING, "model.g.width=100000", "model.g.width (100000)"),
        (SPARLING, "train.batch=100000000", "train.batch (100000000)"),
        (SPARLING, "model.h.feed-forward=4000000000", "model.h.feed-forward (4000000000)"),
        (SPARLING, "model.h.encoder-layers=2000000000", "model.h.encoder-layers (2000000000)"),
        (SPARLING, "model.g.units=1000000000", "model.g.units (1000000000)"),
        (SPARLING, "model.g.motifs=100000000", "model.g.motifs (100000000)"),
        (latex, "train.batch=1e8", "train.batch (100000000)"),
        (latex, "model.g.width=100000", "model.g.width (100000)"),
    ] {
        for limit in [None, Some(12)] {
            let mut command = training(experiment, &out, &[setting]);
            if let Some(gib) = limit {
                limited(&mut command, gib);
            }
            let text = assert_clear(&command.output().expect("the program runs"), setting);
            for part in ["training needs at least", "are there (", key, "SPARLING_MEMORY=any"] {
                assert!(text.contains(part), "{setting} under {limit:?}: no `{part}` in {text}");
            }
            assert_eq!(text.contains("ulimit -v"), limit.is_some(), "{setting}: {text}");
            assert!(!out.exists(), "{setting}: a folder was made");
        }
    }
    // Many samples measured at once, which a validation does.
    let settings = ["evaluation.batch=100000000", "annealing.validation-samples=100000000"];
    let done = training(SPARLING, &out, &settings).output().expect("the program runs");
    let text = assert_clear(&done, "a validation");
    assert!(text.contains("evaluation.batch (100000000)") && text.contains("is measured"), "{text}");
}

/// Sizes whose bytes no address has are no matter of the machine.
#[test]
fn sizes_that_overflow_are_refused_whatever_is_said_of_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    for setting in ["model.g.width=4000000000000000", "train.batch=9000000000000000000", "train.batch=8e15"] {
        let mut command = training(SPARLING, &folder.path().join("run"), &[setting]);
        let done = command.env(VARIABLE, "any").output().expect("the program runs");
        let text = assert_clear(&done, setting);
        assert!(text.contains("more than any machine can address"), "{setting}: {text}");
        assert!(text.contains(setting.split('=').next().expect("a key")), "{setting}: {text}");
    }
}

#[test]
fn samples_of_ones_own_are_no_exception() {
    let folder = Folder::pictures(12);
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(root.path().join("scales")).expect("a folder");
    std::fs::write(root.path().join("scales/smoke.toml"), "").expect("an overlay");
    let experiment = root.path().join("mine.toml");
    let text = format!(
        "[domain]\nname = \"dataset\"\nfolder = \"{}\"\n[annealing]\nexpected-motifs = 2\n",
        folder.path().display()
    );
    std::fs::write(&experiment, text).expect("an experiment");
    let out = root.path().join("run");
    for setting in ["train.batch=100000000", "model.g.width=100000"] {
        let mut command = training(experiment.to_str().expect("UTF-8"), &out, &[setting]);
        let text = assert_clear(&command.output().expect("the program runs"), setting);
        assert!(text.contains("training needs at least"), "{text}");
        assert!(text.contains(&setting.replace('=', " (")), "{text}");
    }
}

#[test]
fn what_is_done_with_a_run_is_refused_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    // A batch that validation and evaluation never fill, as long as samples are few.
    let large =
        ["evaluation.batch=100000000", "supervision.batch=100000000", "supervision.samples=100000000"];
    let done = training(SPARLING, &out, &[&TINY[..], &large].concat()).output().expect("the program runs");
    assert!(done.status.success(), "{}", words(&done));
    let run = out.to_str().expect("UTF-8");
    let results = folder.path().join("results");
    let results = results.to_str().expect("UTF-8");
    for (arguments, parts) in [
        (
            &["evaluate", run, "--samples", "100000000", "--no-save"][..],
            ["measuring needs", "--samples (100000000)"],
        ),
        (
            &["evaluate", run, "--samples", "100000000", "--results", results],
            ["measuring needs", "--samples"],
        ),
        (
            &["evaluate", run, "--samples", "8", "--perturbation", "--path-samples", "9", "--validation"],
            ["cannot be used with", "--perturbation"],
        ),
        (&["supervise", run, "--no-save"], ["direct supervision needs", "supervision.batch (100000000)"]),
    ] {
        let done = sparling(arguments).output().expect("the program runs");
        let text = words(&done);
        assert!(!done.status.success() && !text.contains("panicked"), "{arguments:?}: {text}");
        assert!(parts.iter().all(|part| text.contains(part)), "{arguments:?}: {text}");
    }
    // What fits is measured, whatever the batch.
    let done =
        sparling(&["evaluate", run, "--samples", "8", "--no-save"]).output().expect("the program runs");
    assert!(done.status.success(), "{}", words(&done));
    // A larger model than this machine holds, made elsewhere.
    let config = out.join("config.toml");
    let text = std::fs::read_to_string(&config).expect("settings").replace("width = 4\n", "width = 100000\n");
    std::fs::write(&config, text).expect("settings");
    let done = sparling(&["evaluate", run, "--no-save"]).output().expect("the program runs");
    assert_clear(&done, "another's model");
}

#[test]
fn what_the_user_says_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let run =
        |said: &str| training(SPARLING, &out, &TINY).env(VARIABLE, said).output().expect("the program runs");
    let text = assert_clear(&run("lots"), "no amount");
    assert!(text.contains("SPARLING_MEMORY is `lots`; expected an amount such as 64GiB"), "{text}");
    let text = assert_clear(&run("200k"), "too little");
    assert!(text.contains("200 KiB are there (as SPARLING_MEMORY says)"), "{text}");
    assert!(!out.exists(), "a folder was made");
    assert!(run("any").status.success());
}

/// Past the estimate, by the user's wish: libtorch's failure and Rust's are told in one line.
#[test]
fn memory_that_runs_out_is_told_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for (setting, gib) in [
        // A weight that libtorch cannot allocate, and a buffer that Rust cannot.
        ("model.g.width=100000", 12),
        ("model.h.feed-forward=4000000000", 12),
        ("train.batch=100000000", 12),
        ("train.batch=20000", 6),
    ] {
        let out = folder.path().join(setting);
        let mut command = training(SPARLING, &out, &[setting]);
        let done = limited(command.env(VARIABLE, "any"), gib).output().expect("the program runs");
        let text = assert_clear(&done, setting);
        assert!(text.contains("memory ran out"), "{setting}: {text}");
        assert!(text.contains("what was saved before is untouched"), "{setting}: {text}");
    }
}

/// A limit on addresses is clear whatever it is: the system's own line where the libraries cannot be loaded, ours
/// where they could not work, and where they can, the work is done.
#[test]
fn a_limit_on_addresses_is_told_before_libtorch_meets_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |kib: u64| {
        let out = folder.path().join(kib.to_string());
        within(&mut training(SPARLING, &out, &TINY), kib << 10).output().expect("the program runs")
    };
    // Before that the system ends it by a signal, and then the loader by 127.
    let loads = |done: &Output| done.status.code().is_some_and(|code| code != 127);
    // Libraries of other versions are of other sizes.
    let least =
        (1..400).map(|step| step * 10_000).find(|kib| loads(&run(*kib))).expect("libraries that load");
    let mut kib = least;
    let needed = loop {
        let done = run(kib);
        if done.status.success() {
            break kib;
        }
        let text = assert_clear(&done, &format!("{kib} KiB"));
        let told = format!("found a limit of {kib} KiB of addresses (ulimit -v), expected at least");
        assert!(text.contains(&told) && !folder.path().join(kib.to_string()).exists(), "{text}");
        kib += 50_000;
    };
    eprintln!("libraries load within {least} KiB, and a training runs within {needed} KiB");
    // What the message says is enough.
    let text = words(&run(least));
    let said =
        text.split("expected at least ").nth(1).and_then(|rest| rest.split(':').next()).expect("a number");
    let said: u64 = said.parse().expect("KiB");
    assert!((least + 400_000..=needed).contains(&said), "{said}: {text}");
    assert!(run(said).status.success(), "{}", words(&run(said)));
}

/// The most memory that a command took, in bytes.
#[allow(clippy::zombie_processes, reason = "wait4 waits, which also tells what it took")]
fn peak(command: &mut Command) -> f64 {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let pid = i32::try_from(child.id()).expect("a process id");
    let mut status = 0;
    // SAFETY: all zeros are a valid value of this plain struct, which the call fills in.
    let (waited, usage) = unsafe {
        let mut usage: nix::libc::rusage = std::mem::zeroed();
        (nix::libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
    };
    assert_eq!((waited, status), (pid, 0), "the command succeeds");
    usage.ru_maxrss as f64 * 1024.0
}

/// A lower bound, and not a gross one: what would run is not refused, what is far too large is.
#[test]
fn the_need_is_below_what_training_takes_and_near_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let work = Work::Train { threads: 2, on_cpu: true };
    for (name, settings) in [
        ("a step", &["train.batch=400", "model.g.width=32", "annealing.validation-samples=8"][..]),
        (
            "in shards",
            &["train.batch=400", "model.g.width=32", "train.shards=4", "annealing.validation-samples=8"],
        ),
        ("weights", &["model.h.feed-forward=60000", "train.batch=8", "annealing.validation-samples=8"]),
        ("a validation", &["train.batch=8", "evaluation.batch=1000", "annealing.validation-samples=2000"]),
    ] {
        let samples = settings.iter().find_map(|s| s.strip_prefix("train.batch=")).expect("a batch");
        let length = format!("train.max-samples={samples}");
        let settings = [settings, &[&*length]].concat();
        let overrides: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        let config =
            load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(SPARLING), "smoke", &overrides).expect(name);
        let sizes = Sizes::of(config.domain.build().expect("a domain").as_ref());
        let said = need(&config, sizes, work).total();
        let taken = peak(&mut training(SPARLING, &folder.path().join(name), &settings));
        // libtorch itself takes some hundred MiB.
        let libtorch = 500.0 * 1024.0 * 1024.0;
        assert!(said <= taken, "{name}: said {said:.3e} bytes, took {taken:.3e}");
        assert!(said >= (taken - libtorch) / 2.0, "{name}: said {said:.3e} bytes, took {taken:.3e}");
        assert!(said > 1e8, "{name}: {said:.3e} bytes are too few to tell");
    }
}
