//! Promise: the audio commands work from a folder of recordings to a picture and a sound, and
//! what is missing is said in one message.

mod audio_common;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use audio_common::{speakers, write_fsdd};

/// The experiments of this repository: tests run elsewhere.
const EXPERIMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments");

/// Runs the program in `folder`.
fn sparling(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("sparling")
        .expect("the program")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn recordings_are_imported_drawn_and_heard() {
    let root = tempfile::tempdir().expect("a folder");
    write_fsdd(&root.path().join("wav"), &speakers());
    let done = sparling(root.path(), &["data", "import-audio", "wav", "--name", "tones"]);
    let out = text(&done.stdout);
    assert!(done.status.success(), "{out}{}", text(&done.stderr));
    assert!(out.contains("180 of 180 recordings taken: 6 speakers"), "{out}");
    assert!(out.contains("wrote data/corpora/tones (tones@"), "{out}");

    // As at the paper's scale.
    let preview = [
        &["data", "preview", "audio-sequence", "-n", "2", "--set", "domain.corpus=tones"][..],
        &["--scale", "paper", "--experiments", EXPERIMENTS],
    ]
    .concat();
    let done = sparling(root.path(), &[&preview[..], &["--wav", "clip.wav", "-o", "clip.png"]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    let mut wav = hound::WavReader::open(root.path().join("clip.wav")).expect("a WAV file");
    assert_eq!((wav.spec().sample_rate, wav.spec().channels, wav.duration()), (8000, 1, 120_000));
    let loudest = wav.samples::<i16>().map(|s| s.expect("a sample").unsigned_abs()).max();
    assert!(loudest > Some(9000), "the digits, of 0.3 of full scale and more, are heard: {loudest:?}");
    let picture = image::open(root.path().join("clip.png")).expect("a picture");
    let (width, height) = (picture.width(), picture.height());
    assert!((2 * 642..=1600).contains(&width) && height > 2 * 2 * 64, "two spectrograms: {width} × {height}");

    let done = sparling(root.path(), &["doctor"]);
    assert!(text(&done.stdout).contains("180 recordings by 6 speakers"), "{}", text(&done.stdout));
}

/// Wrong labels are left out by a list; of what is left out ten are shown and all are in a file. A name that looks like
/// a number is a name.
#[test]
fn a_list_leaves_recordings_out_and_a_number_is_a_name() {
    let root = tempfile::tempdir().expect("a folder");
    let wav = root.path().join("wav");
    write_fsdd(&wav, &speakers());
    let mut names: Vec<String> = std::fs::read_dir(&wav)
        .expect("recordings")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names.truncate(12);
    std::fs::write(root.path().join("wrong.txt"), names.join("\n") + "\n").expect("a list");
    let import = ["data", "import-audio", "wav", "--name", "2024", "--exclude", "wrong.txt"];
    let done = sparling(root.path(), &import);
    let out = text(&done.stdout) + &text(&done.stderr);
    assert!(done.status.success() && out.contains("168 of 180 recordings taken"), "{out}");
    let shown = names.iter().filter(|name| out.contains(name.as_str())).count();
    assert!(shown == 10 && out.contains("12 skipped, named in --exclude"), "{shown} of 12 are in {out}");
    let list = std::fs::read_to_string(root.path().join("data/corpora/2024/skipped.txt")).expect("a list");
    assert!(names.iter().all(|name| list.contains(name.as_str())), "{list}");
    // What is proposed next names the corpus by this setting.
    assert!(out.contains("--set 'domain.corpus=2024'"), "{out}");
    let preview =
        ["data", "preview", "audio-sequence", "-n", "1", "--experiments", EXPERIMENTS, "-o", "a.png"];
    let done = sparling(root.path(), &[&preview[..], &["--set", "domain.corpus=2024"]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn what_is_missing_is_one_message() {
    let root = tempfile::tempdir().expect("a folder");
    let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/audio-sequence/sparling.toml");
    let train = ["train", &experiment.display().to_string()];
    for (arguments, expected) in [
        (
            &["data", "preview", "audio-sequence", "--experiments", EXPERIMENTS][..],
            "there is no audio corpus in data/corpora/espeak",
        ),
        (&["data", "preview", "audio-sequence"], "there is no experiment file experiments/audio-sequence"),
        (&train, "make audio-corpus"),
        (&["data", "import-audio", "."], "holds no spoken digits"),
        (&["data", "import-audio", ".", "--name", "a/b"], "--name is `a/b`"),
        (
            &[
                "data",
                "preview",
                "digit-circle",
                "--wav",
                "a.wav",
                "-o",
                "a.png",
                "--experiments",
                EXPERIMENTS,
            ],
            "make no sound",
        ),
    ] {
        let done = sparling(root.path(), arguments);
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    assert!(!root.path().join("runs").exists(), "no run was begun");
}

#[test]
fn a_machine_without_espeak_is_told_the_package() {
    let root = tempfile::tempdir().expect("a folder");
    let mut command = Command::cargo_bin("sparling").expect("the program");
    let done =
        command.current_dir(root.path()).env("PATH", root.path()).args(["data", "make-audio"]).output();
    let done = done.expect("the program runs");
    let error = text(&done.stderr);
    assert_eq!((done.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.contains("sudo apt-get install espeak-ng"), "{error}");
}
