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
