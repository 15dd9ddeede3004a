//! Promise: TensorBoard itself reads what a run writes: every scalar, picture, sound and histogram,
//! also across a resumption, and of every domain.

mod audio_common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command as Program;
use audio_common::{speakers, write_fsdd};
use image::{Rgb, RgbImage};
use serde_json::Value;
use sparling::config::load;
use sparling::domain::Sound;
use sparling::train::{Board, Event, Identity, MetricsLog, RunDir, TensorBoard, train};
use tch::Device;

/// What the `tensorboard` package finds in a folder, or why it cannot be asked.
fn read_back(folder: &Path) -> Result<Value, String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv/bin/python");
    let probe = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !probe.is_ok_and(|p| p.status.success()) {
        return Err(format!("{} has no tensorboard package; `make setup` installs it", python.display()));
    }
    let out = Command::new(&python)
        .arg(root.join("tests/reference/check_events.py"))
        .arg(folder)
        .output()
        .expect("python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Ok(serde_json::from_slice(&out.stdout).expect("JSON"))
}

#[test]
fn tensorboard_reads_scalars_pictures_sounds_and_histograms() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut board = TensorBoard::new(folder.path(), 0);
    board.scalar("a/scalar", 0.25, 10).expect("written");
    board.scalar("a/scalar", 0.5, 20).expect("written");
    board.image("a/picture", &RgbImage::from_pixel(7, 5, Rgb([200, 10, 30])), 20).expect("written");
    let sound = Sound { samples: vec![0.0, 0.5, -0.5, 0.25, 0.0], rate: 8000 };
    board.audio("a/sound", &sound, 20).expect("written");
    board.histogram("a/histogram", &[1.0, 2.0, 2.0, 5.0, f32::NAN], 20).expect("written");
    board.histogram("empty", &[], 20).expect("nothing to write");
    board.flush().expect("written");
    let found = match read_back(folder.path()) {
        Ok(found) => found,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    assert_eq!(found["scalars"]["a/scalar"], serde_json::json!([[10, 0.25], [20, 0.5]]));
    assert_eq!(found["images"]["a/picture"], serde_json::json!([[20, 7, 5]]));
    // Step, samples a second, samples, and the greatest, 0.5 of 16 bits.
    assert_eq!(found["sounds"]["a/sound"], serde_json::json!([[20, 8000, 5, 16384]]));
    // Step, number, least, greatest and sum of the four numbers that are numbers.
    assert_eq!(found["histograms"]["a/histogram"], serde_json::json!([[20, 4.0, 1.0, 5.0, 10.0]]));
    assert!(found["histograms"].get("empty").is_none(), "{found}");
}

#[test]
fn events_of_an_earlier_version_come_up_to_the_runs_own_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let earlier = folder.path().join("tensorboard");
    let mut board = TensorBoard::new(&earlier, 0);
    board.scalar("a/scalar", 0.25, 10).expect("written");
    board.scalar("a/scalar", 0.5, 20).expect("written");
    board.flush().expect("written");
    let mut board = TensorBoard::new(folder.path(), 11);
    board.scalar("a/scalar", 0.75, 20).expect("written");
    board.flush().expect("written");
    assert!(!earlier.exists(), "TensorBoard would name a second run by it");
    match read_back(folder.path()) {
        Ok(found) => {
            assert_eq!(found["scalars"]["a/scalar"], serde_json::json!([[10, 0.25], [20, 0.75]]));
        }
        Err(reason) => eprintln!("skipped: {reason}"),
    }
}

#[test]
fn a_run_shows_the_truth_of_its_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let overrides: Vec<String> = [
        "model.g.width=4",
        "model.h.width=16",
        "model.h.feed-forward=16",
        "train.batch=8",
        "annealing.interval-samples=64",
        "annealing.validation-samples=16",
        "train.log-samples=32",
        "train.max-samples=192",
    ]
    .map(String::from)
    .to_vec();
    let config = load(&file, "smoke", &overrides).expect("the experiment");
    let identity = Identity {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        scale: "smoke".into(),
        seed: 1,
    };
    let dir = RunDir::create(folder.path(), identity, &config).expect("a folder");
    tch::set_num_threads(1);
    // Interrupted at the first validation, then resumed.
    for (first_step, interrupted) in [(0, true), (65, false)] {
        let interrupt = AtomicBool::new(false);
        let mut board = TensorBoard::new(&dir.tensorboard(), first_step);
        train(&dir, &config, Device::Cpu, &mut board, true, &interrupt, &mut |_, _, samples, board| {
            interrupt.store(interrupted, Ordering::Relaxed);
            board.image("validation/motifs", &RgbImage::new(4, 4), samples)
        })
        .expect("training");
    }
    let found = match read_back(&dir.tensorboard()) {
        Ok(found) => found,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let mut logged = Vec::new();
    for event in MetricsLog::read(&dir.metrics_path()).expect("a log") {
        if let Event::Train { samples, loss, .. } = event {
            logged.push((samples, loss));
        }
    }
    let shown = found["scalars"]["train/loss"].as_array().expect("the loss is shown");
    assert_eq!(shown.len(), logged.len(), "{shown:?} against {logged:?}");
    for (shown, (samples, loss)) in shown.iter().zip(&logged) {
        assert_eq!(shown[0].as_u64(), Some(*samples));
        // Event files hold f32.
        assert!((shown[1].as_f64().expect("a number") - loss).abs() < 1e-6 * loss.abs());
    }
    for tag in [
        "train/learning_rate",
        "train/samples_per_second",
        "validation/accuracy_percent",
        "annealing/threshold_T_percent",
        "annealing/delta",
        "motifs/fpe_percent",
        "motifs/fne_percent",
        "motifs/ce_percent",
        "motifs/density",
        "zoom/density_channel_0",
        "zoom/density_channel_9",
        "zoom/threshold_channel_0",
        "zoom/threshold_channel_9",
        "motifs/channels_without_motif",
        "motifs/channels_that_fire_together",
    ] {
        // CE is undefined, and so absent, where nothing matched.
        assert!(!found["scalars"][tag].is_null() || tag == "motifs/ce_percent", "{tag} is not shown");
    }
    let steps: Vec<_> = found["images"]["validation/motifs"]
        .as_array()
        .expect("pictures")
        .iter()
        .map(|e| e[0].as_u64())
        .collect();
    assert_eq!(steps, [Some(64), Some(128), Some(192)], "one picture a validation");
    assert!(!found["histograms"]["motifs/nonzero_values"].is_null(), "the histogram of motif values");
}

/// Pictures of motifs in every domain, and sounds where there are any, as the program writes them.
#[test]
fn every_domain_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = || {
        let mut program = Program::cargo_bin("sparling").expect("the program");
        program.current_dir(folder.path());
        program
    };
    write_fsdd(&folder.path().join("wav"), &speakers());
    program().args(["data", "import-audio", "wav", "--name", "tones"]).assert().success();
    let settings = [
        "model.g.width=4",
        "model.g.units=1",
        "model.h.width=16",
        "model.h.feed-forward=16",
        "annealing.initial-density=0.01",
        "annealing.validation-samples=8",
        "train.batch=8",
        "train.max-samples=16",
    ];
    for domain in ["digit-circle", "latex-ocr", "audio-sequence"] {
        let mut train = program();
        train.args(["train", "--quiet", "--threads", "1", "--scale", "smoke", "--out", domain]);
        train.arg(root.join("experiments").join(domain).join("sparling.toml"));
        for setting in settings {
            train.args(["--set", setting]);
        }
        if domain == "audio-sequence" {
            train.args(["--set", "domain.corpus=tones"]);
        }
        train.assert().success();
        let found = match read_back(&folder.path().join(domain)) {
            Ok(found) => found,
            Err(reason) => return eprintln!("skipped: {reason}"),
        };
        let picture = &found["images"]["validation/motifs"][0];
        assert_eq!(picture[0], 16, "{domain}: after the last sample");
        // Three samples, each with its true and its predicted motifs.
        assert!(picture[1].as_u64() > Some(100) && picture[2].as_u64() > Some(100), "{domain}: {picture}");
        let sounds: Vec<_> = (0..3).map(|i| &found["sounds"][format!("validation/sound_{i}")]).collect();
        for sound in sounds {
            if domain == "audio-sequence" {
                // 8 kHz, and a tone of at least 0.3 of full scale in it.
                assert!(sound[0][1] == 8000 && sound[0][3].as_u64() > Some(8000), "{sound}");
            } else {
                assert!(sound.is_null(), "{domain} makes no sound: {sound}");
            }
        }
    }
}
