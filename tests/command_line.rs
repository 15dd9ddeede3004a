//! Promise: the program starts without any environment, wrong input ends in one message and the
//! right exit code, and the versions that are pinned in several files agree.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// Runs the program as a user without any exports would, though one who likes backtraces.
fn sparling(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("sparling").expect("the program");
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("RUST_BACKTRACE", "1")
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_doctor_finds_libtorch_without_a_library_path() {
    let done = sparling(&["doctor"]);
    let out = text(&done.stdout);
    assert!(done.status.success(), "{out}{}", text(&done.stderr));
    for name in [
        "sparling",
        "libtorch",
        "tensors",
        "processor",
        "driver",
        "device",
        "typesetting",
        "tensorboard",
        "disk",
    ] {
        let found = out.lines().any(|line| line.split_whitespace().nth(1) == Some(name));
        assert!(found, "no line on {name} in\n{out}");
    }
}

#[test]
fn a_gpu_that_is_not_there_ends_in_one_message() {
    let done = sparling(&["doctor", "--device", "cuda:4096"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let (out, error) = (text(&done.stdout), text(&done.stderr));
    assert!(out.contains("the device cuda:4096 cannot be used"), "{out}");
    assert_eq!(error.lines().count(), 1, "no backtrace: {error}");
    assert!(error.starts_with("error: "), "no colour in a pipe: {error}");
}

#[test]
fn without_a_command_five_are_shown_that_work() {
    let done = sparling(&[]);
    assert_eq!(done.status.code(), Some(2), "as for any command line that asks for nothing");
    let told = text(&done.stderr);
    let program = env!("CARGO_BIN_EXE_sparling");
    let commands: Vec<&str> = told.lines().map(str::trim).filter(|line| line.starts_with(program)).collect();
    assert_eq!(commands.len(), 5, "{told}");
    for verb in ["show", "train", "evaluate", "predict", "list"] {
        let begun = format!("{program} {verb}");
        assert!(commands.iter().any(|line| line.starts_with(&begun)), "{verb}: {told}");
    }
    assert!(told.contains("--help"), "{told}");
    // The first works as it stands in the project's folder.
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("sample.png");
    let mut words: Vec<&str> = commands[0].split(' ').skip(1).collect();
    *words.last_mut().expect("-o FILE") = picture.to_str().expect("a path");
    let done = sparling(&words);
    assert!(done.status.success() && picture.is_file(), "{}", text(&done.stderr));
}

#[test]
fn what_cannot_be_drawn_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("results");
    let laptop = results.join("laptop");
    std::fs::create_dir_all(&laptop).expect("a folder");
    // Only Sparling's rows: figure 3 can be drawn; figure 6's and 11's measurements are not there.
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/rows.csv");
    let rows = std::fs::read_to_string(own).expect("rows");
    let kept = rows.lines().enumerate().filter(|(number, line)| {
        let errors = ["fpe", "fne", "ce", "e2ee", "exact"];
        let sparling = line.starts_with("digit-circle,sparling,2,");
        *number == 0 || (sparling && errors.contains(&line.split(',').nth(4).expect("a metric")))
    });
    let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
    std::fs::write(laptop.join("rows.csv"), kept).expect("rows");
    let figure = |targets: &[&str]| {
        let results = results.to_str().expect("a path");
        sparling(&[&["figure"], targets, &["--only-draw", "--results", results]].concat())
    };
    let done = figure(&["6", "3", "table2"]);
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(text(&done.stdout).contains("fig3.png"), "{}", text(&done.stdout));
    assert!(error.contains("2 of 3 could not be drawn, the others were:\n  figure 6: found no "), "{error}");
    assert!(error.contains("\n  table 2: found no "), "{error}");
    let last = error.lines().last().expect("a line");
    assert!(last.contains("figure fig6 table2 --scale laptop"), "one step for both: {error}");
    assert!(text(&figure(&["6", "table2"]).stderr).contains("none of the 2 could be drawn:"));
}

#[test]
fn a_measurement_that_cannot_begin_prints_no_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_sparling");
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/results/laptop/models/audio-sequence-sparling-seed1");
    // Here is no corpus, whatever the project's folder has.
    for more in [&[][..], &["--validation"]] {
        let mut command = std::process::Command::new(program);
        command.current_dir(folder.path()).args(["evaluate", model, "--no-save"]).args(more);
        let done = command.output().expect("the program");
        assert_eq!(done.status.code(), Some(1));
        assert_eq!(text(&done.stdout), "", "no head of a table");
        assert!(text(&done.stderr).contains("there is no audio corpus"), "{}", text(&done.stderr));
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for arguments in [
        &[][..],
        &["lits"],
        &["list", "--threads", "0"],
        &["doctor", "--device", "gpu"],
        &["completions", "tcsh"],
    ] {
        let done = sparling(arguments);
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{arguments:?}: {error}");
    }
    let error = text(&sparling(&["lits"]).stderr);
    assert!(error.contains("'list'"), "the nearest command: {error}");
}

/// A domain without the scale is left out of a figure; settings that nobody has are an error all the same.
#[test]
fn a_figure_leaves_out_a_domain_without_its_scale_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("results").display().to_string();
    let runs = folder.path().join("runs").display().to_string();
    let figure =
        |more: &[&str]| sparling(&[&["figure", "1b", "--results", &results, "--runs", &runs], more].concat());
    let error = text(&figure(&["--scale", "demo"]).stderr);
    assert!(error.contains("splicing is left out: there is no scale `demo`"), "{error}");
    let done = figure(&["--scale", "smoke", "--set", "train.bach=3"]);
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(error.contains("unknown key `train.bach`") && !error.contains("left out"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_read_is_named() {
    let done = sparling(&["list", "--experiments", "Cargo.toml"]);
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: reading the folder Cargo.toml: "), "{error}");
}

#[test]
fn assumptions_are_estimated_without_a_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("deep/assumptions.csv");
    let csv = csv.to_str().expect("a path");
    let done =
        sparling(&["assumptions", "digit-circle", "--scale", "paper", "--samples", "200", "--csv", csv]);
    let out = text(&done.stdout);
    assert!(done.status.success(), "{out}{}", text(&done.stderr));
    assert!(out.contains("dropped: output changes") && out.contains("0.9812 to 1.0000 (Wilson)"), "{out}");
    assert!(out.contains("100000 cells") && out.contains("17 pixels"), "{out}");
    let table = std::fs::read_to_string(csv).expect("the table");
    assert_eq!(table.lines().next(), Some("assumption,quantity,value,low95,high95,interval,draws"));
    assert_eq!(table.lines().count(), 8, "{table}");

    let refused = |arguments: &[&str]| {
        let done = sparling(&[&["assumptions"], arguments].concat());
        assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
        text(&done.stderr)
    };
    assert!(refused(&["digitcircle"]).contains("no experiment file experiments/digitcircle/sparling.toml"));
    let done = sparling(&["report", "--scale", "demmo"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("there is no scale `demmo`"), "{}", text(&done.stderr));
    let done = sparling(&["evaluate", "experiments/digit-circle/sparling.toml"]);
    assert!(text(&done.stderr).contains("is a file and no run folder; `"), "{}", text(&done.stderr));
    let error = refused(&["digit-circle", "--set", "domain.sise=64"]);
    assert!(error.contains("did you mean `domain.size`"), "{error}");
    let error = refused(&["audio-sequence", "--set", "domain.corpus=none-such"]);
    assert!(error.contains("there is no audio corpus in data/corpora/none-such"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = sparling(&["completions", shell]);
        assert!(done.status.success(), "{shell}: {}", text(&done.stderr));
        assert!(text(&done.stdout).contains("doctor"), "{shell}");
    }
}

#[test]
fn the_pins_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect(name);
    let setup = read("scripts/setup.sh");
    let torch =
        setup.lines().find_map(|line| line.strip_prefix("TORCH=")).expect("TORCH= in scripts/setup.sh");
    assert!(
        read("src/cli/doctor.rs").contains(&format!("LIBTORCH: &str = \"{torch}\"")),
        "doctor expects libtorch {torch}"
    );
    let lock = read("Cargo.lock");
    let tch = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"tch\"\n"))
        .and_then(|package| package.lines().find_map(|line| line.strip_prefix("version = ")))
        .expect("tch in Cargo.lock");
    assert!(read("src/cli/doctor.rs").contains(&format!("TCH: &str = {tch}")), "doctor names tch {tch}");
    let reference = read("tests/reference/sparsity_layer.json");
    assert!(
        reference.contains(&format!("\"torch\": \"{torch}")),
        "the reference values were made with torch {torch}"
    );
}

#[test]
fn messages_propose_commands_by_the_name_that_the_program_was_called_by() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_sparling"), folder.path().join("sparling"))
        .expect("a link");
    let proposed = |called: &str| {
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
        let done = std::process::Command::new("bash")
            .args(["-c", &format!("{called} list")])
            .current_dir(folder.path())
            .env("PATH", path)
            .output()
            .expect("bash");
        let text = text(&done.stdout);
        let line = text.lines().find(|line| line.contains("begin one: ")).unwrap_or_else(|| panic!("{text}"));
        line.split("begin one: ").nth(1).expect("a command").to_owned()
    };
    assert!(proposed("sparling").starts_with("sparling train "), "found on PATH");
    assert!(proposed("./sparling").starts_with("./sparling train "), "in this folder");
    let whole = folder.path().join("sparling");
    assert!(
        proposed(&whole.display().to_string()).starts_with(&format!("{} train ", whole.display())),
        "by its path"
    );
}
