//! Promise: a wrong setting gets one message with file, key, what was found and what to do;
//! the paper scale is the paper.

use std::path::{Path, PathBuf};

use sparling::config::{Config, DomainConfig, EmbeddingKind, NormPlacement, Source, SparsityKind, load};
use sparling::domain::audio_sequence::HoldOut;
use sparling::train::{Checkpoint, RunDir};

fn experiment(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle").join(name)
}

fn with(overrides: &[&str]) -> anyhow::Result<Config> {
    let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    load(&experiment("sparling.toml"), "laptop", &overrides)
}

fn message(overrides: &[&str]) -> String {
    format!("{:#}", with(overrides).expect_err("a bad setting"))
}

#[test]
fn every_experiment_is_valid_at_every_scale() {
    let mut seen = 0;
    let folders = ["", "../audio-sequence", "../splicing"].map(experiment);
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("experiments")) {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "toml") {
            for scale in ["smoke", "laptop", "paper"] {
                let config = load(&path, scale, &[]).unwrap_or_else(|e| panic!("{}: {e:#}", path.display()));
                assert!(config.minimum_density().expect("a minimum") < config.annealing.initial_density);
                seen += 1;
            }
        }
    }
    assert!(seen >= 42, "{seen} combinations");
}

/// AudioMNISTSequence at paper scale, number by number; no corpus is needed to read it.
#[test]
fn the_paper_scale_is_the_paper_for_audio() {
    let file = |variant: &str| experiment(&format!("../audio-sequence/{variant}.toml"));
    let c = load(&file("sparling"), "paper", &[]).expect("the paper's setting");
    let DomainConfig::AudioSequence(d) = &c.domain else { panic!("{:?}", c.domain) };
    assert_eq!((d.clip_seconds, d.min_digits, d.max_digits), (15.0, 5, 10), "section 5");
    assert_eq!((d.sample_rate, d.n_fft, d.hop, d.mels, d.top_db), (8000, 375, 187, 64, 80.0));
    assert_eq!((d.noise_scale, d.feature_shift, d.feature_scale), (2_f64.powi(-10), 0.0, 1.0));
    assert_eq!(d.hold_out, HoldOut::Speakers);
    assert_eq!(c.domain.dimensions().expect("dimensions").input_shape, [64, 1, 642]);
    let (g, h) = (&c.model.g, &c.model.h);
    assert_eq!((g.stem_kernel, g.stem_stride, g.width, g.units, g.motifs), (1, 1, 64, 8, 10), "section 4, ĝ");
    assert_eq!((h.width, h.pool, h.pool_first), (512, 8, false), "section 4, ĥ");
    assert_eq!((h.encoder_layers, h.decoder_layers, h.heads, h.feed_forward), (6, 6, 8, 2048));
    assert_eq!((h.dropout, h.norm, h.embedding), (0.1, NormPlacement::Post, EmbeddingKind::Plain));
    assert_eq!(h.position_base, 10_000.0);
    let s = &c.sparsity;
    assert_eq!((s.kind, s.batch_norm, s.affine), (SparsityKind::PerChannel, true, false), "section 2");
    assert_eq!((s.momentum, s.accumulate_motifs), (0.1, 10.0));
    let a = &c.annealing;
    assert_eq!((a.initial_density, a.initial_threshold, a.factor), (0.5, 1.0, 0.75), "section 3");
    assert_eq!((a.threshold_decay, a.interval_samples, a.validation_samples), (1e-7, 20_000, 10_000));
    let t = &c.train;
    assert_eq!((t.batch, t.learning_rate, t.max_samples), (8, 1e-5, 60_000_000), "section 4");
    assert_eq!((t.clip_norm, t.warmup_steps, t.decay_below_density), (0.0, 0, 0.0));
    assert_eq!(c.evaluation.samples, 10_000, "section 6");
    let minimum = c.minimum_density().expect("a minimum");
    assert!((minimum - 7.5 / (642.0 * 10.0)).abs() < 1e-12, "section 3: {minimum}");
    let reported = (0..).map(|k| 0.5 * 0.75_f64.powi(k)).take_while(|d| *d >= minimum).last().expect("one");
    assert!((reported - 1.189e-3).abs() < 5e-7, "section 3: {reported}");
    // The other variants differ in what they are about alone.
    for variant in ["single-threshold", "non-sparse"] {
        let other = load(&file(variant), "paper", &[]).expect(variant);
        assert_eq!((&other.domain, &other.model, &other.train), (&c.domain, &c.model, &c.train), "{variant}");
        assert_ne!((&other.sparsity, &other.annealing), (&c.sparsity, &c.annealing), "{variant}");
    }
}

#[test]
fn the_paper_scale_is_the_paper() {
    let c = load(&experiment("sparling.toml"), "paper", &[]).expect("the paper's setting");
    let (g, h) = (&c.model.g, &c.model.h);
    assert_eq!((g.stem_kernel, g.stem_stride, g.width, g.units, g.motifs), (1, 1, 64, 4, 10), "section 4, ĝ");
    assert_eq!(g.unit_kernels, [3, 3], "section 4, residual unit");
    assert_eq!((h.width, h.pool, h.pool_first), (512, 8, false), "section 4, ĥ");
    assert_eq!((h.encoder_layers, h.decoder_layers, h.heads, h.feed_forward), (6, 6, 8, 2048));
    assert_eq!((h.dropout, h.norm, h.embedding), (0.1, NormPlacement::Post, EmbeddingKind::RowLstm));
    assert_eq!(h.position_base, 10_000.0);
    assert_eq!((h.rotary, h.weigh_by_strength, h.max_cells), (false, false, 0), "ours");
    let s = &c.sparsity;
    assert_eq!((s.kind, s.batch_norm, s.affine), (SparsityKind::PerChannel, true, true), "section 2");
    assert_eq!((s.momentum, s.accumulate_motifs), (0.1, 0.0));
    let a = &c.annealing;
    assert_eq!((a.initial_density, a.initial_threshold, a.factor), (0.5, 1.0, 0.75), "section 3");
    assert_eq!((a.threshold_decay, a.interval_samples, a.validation_samples), (1e-7, 20_000, 10_000));
    let t = &c.train;
    assert_eq!((t.batch, t.learning_rate, t.max_samples), (10, 1e-5, 6_000_000), "section 4");
    assert_eq!((t.clip_norm, t.warmup_steps, t.decay_below_density), (0.0, 0, 0.0));
    assert_eq!(c.evaluation.samples, 10_000, "section 6");
    // Section 3 gives 4.49e-5, the mean of its own draw; the expectation of n is 4.5.
    let minimum = c.minimum_density().expect("a minimum");
    assert!((minimum - 4.5e-5).abs() < 1e-12, "{minimum}");
    let reported = (0..).map(|k| 0.5 * 0.75_f64.powi(k)).take_while(|d| *d >= minimum).last().expect("one");
    assert!((reported - 5.0226e-5).abs() < 1e-9, "section 3: k = 32, found {reported}");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    let text = message(&["train.learning_rate=0.1"]);
    assert!(text.contains("unknown key `train.learning_rate`"), "{text}");
    assert!(text.contains("did you mean `train.learning-rate`"), "{text}");
    for (typed, meant) in [("batch=3", "train.batch"), ("learning-rate=1", "train.learning-rate")] {
        let text = message(&[typed]);
        assert!(text.contains(&format!("did you mean `{meant}`")), "{text}");
    }
    let text = message(&["momentum=0.2"]);
    assert!(text.contains("`sparsity.momentum`"), "right name, wrong table: {text}");
}

#[test]
fn a_file_with_an_unknown_key_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("scales")).expect("a folder");
    std::fs::write(folder.path().join("scales/laptop.toml"), "").expect("a file");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[domain]\nname = \"digit-circle\"\nsizes = 4\n").expect("a file");
    let text = format!("{:#}", load(&file, "laptop", &[]).expect_err("a wrong key"));
    assert!(
        text.contains("mine.toml") && text.contains("domain.sizes") && text.contains("`domain.size`"),
        "{text}"
    );
    std::fs::write(&file, "[domain\nname = 1").expect("a file");
    let text = format!("{:#}", load(&file, "laptop", &[]).expect_err("not TOML"));
    assert!(text.contains("mine.toml") && text.contains("line 1"), "{text}");
    std::fs::write(&file, "[domain]\nname = \"digit-cirle\"\n").expect("a file");
    let text = format!("{:#}", load(&file, "laptop", &[]).expect_err("a wrong domain"));
    assert!(text.contains("digit-cirle") && text.contains("did you mean `digit-circle`"), "{text}");
}

#[test]
fn values_out_of_range_name_key_found_and_expected() {
    for (setting, parts) in [
        ("annealing.initial-density=-0.1", ["annealing.initial-density is -0.1", "expected"]),
        ("annealing.initial-density=nan", ["annealing.initial-density is NaN", "expected"]),
        ("annealing.factor=1.5", ["annealing.factor is 1.5", "to 0.9999"]),
        ("sparsity.momentum=0.0", ["sparsity.momentum is 0", "above 0"]),
        ("model.g.stem-kernel=1", ["model.g.stem-kernel is 1", "stem-stride"]),
        ("model.h.max-cells=-1", ["model.h.max-cells is -1", "expected 0 or more"]),
        ("model.g.unit-kernels=[3, 2]", ["model.g.unit-kernels is [3, 2]", "two odd sides"]),
        ("model.h.width=130", ["model.h.width is 130", "multiple"]),
        ("train.batch=0", ["train.batch is 0", "1 or more"]),
        ("domain.max-digits=11", ["max-digits", "11"]),
        ("domain.min-radius=45", ["min-radius", "45"]),
        ("train.batch=\"many\"", ["train.batch is `\"many\"`", "expected a whole number"]),
        ("train.batch=1.5", ["train.batch is `1.5`", "expected a whole number"]),
        ("train.batch=1e19", ["train.batch is `1e19`", "expected a whole number"]),
        ("train.learning-rate=fast", ["train.learning-rate is `fast`", "expected a number"]),
        ("train.batch=[1, 2]", ["train.batch is `[1, 2]`", "expected a whole number"]),
        ("train.batch=2024-01-01", ["train.batch is `2024-01-01`", "expected a whole number"]),
        ("train.batch={}", ["train.batch is `{}`", "expected a whole number"]),
        ("annealing.factor=[0.5]", ["annealing.factor is `[0.5]`", "expected a number"]),
        ("annealing.enabled=yes", ["annealing.enabled is `yes`", "expected true or false"]),
        ("model.g.unit-kernels=3", ["model.g.unit-kernels is `3`", "expected a list"]),
        ("annealing.enabled=1", ["annealing.enabled is `1`", "expected true or false"]),
        ("domain.name=2024", ["domain.name is `2024`", "expected one of digit-circle"]),
        ("domain.name=true", ["domain.name is `true`", "expected one of digit-circle"]),
    ] {
        let text = message(&[setting]);
        for part in parts {
            assert!(text.contains(part), "{setting}: `{part}` is not in: {text}");
        }
    }
}

#[test]
fn malformed_assignments_and_scales_are_explained() {
    assert!(message(&["train.batch"]).contains("key=value"));
    assert!(message(&["=3"]).contains("empty"));
    let text = format!("{:#}", load(&experiment("sparling.toml"), "labtop", &[]).expect_err("a wrong scale"));
    assert!(text.contains("labtop") && text.contains("laptop") && text.contains("paper"), "{text}");
    let text = format!("{:#}", load(&experiment("nothing.toml"), "laptop", &[]).expect_err("no file"));
    assert!(text.contains("nothing.toml") && text.contains("sparling list"), "{text}");
}

#[test]
fn overrides_win_over_the_scale_and_the_scale_over_the_experiment() {
    let config = with(&["train.batch=7", "sparsity.kind=universal"]).expect("good settings");
    assert_eq!(config.train.batch, 7);
    assert_eq!(config.sparsity.kind, SparsityKind::Universal);
    assert_eq!(config.model.g.stem_stride, 2, "the laptop overlay");
    assert_eq!(config.domain.name(), "digit-circle", "the experiment");
    assert_ne!(
        config.hash(),
        with(&[]).expect("good settings").hash(),
        "another configuration, another hash"
    );
}

/// Rows and models of old keep the hash of their settings, whatever settings came later.
#[test]
fn committed_models_keep_their_hash() {
    for model in ["digit-circle-sparling-seed2", "latex-ocr-sparling-seed1", "audio-sequence-sparling-seed1"]
    {
        let name = Path::new("results/laptop/models").join(model);
        let run = RunDir::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a model");
        let stem = run.density_stems().pop().expect("a checkpoint");
        let kept = Checkpoint::load(&stem).expect("a whole checkpoint").config_hash;
        assert_eq!(run.config().expect("settings").hash(), kept, "{model}");
    }
}

/// A setting that came late is known as any other, and counts where it is used.
#[test]
fn late_settings_are_known_and_hashed() {
    let file = experiment("sparling.toml");
    let plain = load(&file, "laptop", &[]).expect("the laptop overlay");
    for late in [
        "model.h.rotary=false",
        "model.h.weigh-by-strength=false",
        "model.h.max-cells=24",
        "train.shards=1",
        "domain.kinds=9",
    ] {
        let set = load(&file, "laptop", &[late.to_owned()]).expect(late);
        assert_ne!(set.hash(), plain.hash(), "{late}");
    }
}

/// What is typed behind `--set` is taken as the setting has it, or refused: never as another value.
#[test]
fn typed_values_are_what_was_typed() {
    let config = |setting: &str| load(&experiment("sparling.toml"), "smoke", &[setting.to_owned()]);
    for (setting, samples) in [("train.max-samples=1e4", 10_000), ("train.max-samples=2.5e3", 2500)] {
        assert_eq!(config(setting).expect(setting).train.max_samples, samples, "{setting}");
    }
    for setting in
        ["train.batch=32#64", "train.batch=32 # more", "train.max-samples=1.5", "train.batch=1e400"]
    {
        let text = format!("{:#}", config(setting).expect_err(setting));
        assert!(text.contains("train.") && text.contains("expected"), "{setting}: {text}");
    }
    let audio = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/audio-sequence/sparling.toml");
    for corpus in ["2024", "1e6", "1e-400", "true", "2024-01-01", "[1]"] {
        let setting = format!("domain.corpus={corpus}");
        let config = load(&audio, "smoke", std::slice::from_ref(&setting)).expect(&setting);
        let text = toml::to_string(&config).expect("TOML");
        assert!(text.contains(&format!("corpus = \"{corpus}\"")), "{setting}: {text}");
    }
    // Numbers as people write them, which TOML does not take.
    for (rate, expected) in [(".045", 0.045), ("5.", 5.0), ("1E-3", 1e-3), ("+.5", 0.5), ("2", 2.0)] {
        let config = config(&format!("train.learning-rate={rate}")).expect(rate);
        assert_eq!(config.train.learning_rate, expected, "{rate}");
    }
    for (count, expected) in [("3e5", 300_000), ("5.", 5), ("+7", 7), ("1e15", 1_000_000_000_000_000)] {
        assert_eq!(config(&format!("evaluation.samples={count}")).expect(count).evaluation.samples, expected);
    }
    // Quotes are TOML's own.
    let quoted = load(&audio, "smoke", &["domain.corpus=\"espeak\"".to_owned()]).expect("a name in quotes");
    assert!(toml::to_string(&quoted).expect("TOML").contains("corpus = \"espeak\""));
}

/// A number that would be read as 0 is refused wherever numbers are read, as one that is too large is.
#[test]
fn numbers_too_small_to_be_told_from_zero_are_refused() {
    let config = |setting: &str| load(&experiment("sparling.toml"), "smoke", &[setting.to_owned()]);
    for number in ["1e-400", "-2.5E-4_0_0", "1e-310", "0.0001e-323"] {
        let setting = format!("train.clip-norm={number}");
        let text = format!("{:#}", config(&setting).expect_err(&setting));
        let told = text.contains("--set train.clip-norm=") && text.contains("too small to be told from 0");
        assert!(told && text.contains("expected 0 or"), "{setting}: {text}");
    }
    for (number, value) in [("0", 0.0), ("0.0", 0.0), ("0e-400", 0.0), ("1e-300", 1e-300)] {
        let setting = format!("train.clip-norm={number}");
        let found = config(&setting).expect(&setting).train.clip_norm;
        assert!((found - value).abs() < 1e-310, "{setting}: {found}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("small.toml");
    for (text, place) in [
        ("[train]\nbatch = 8\nclip-norm = 1e-400\n", "line 3, column 13, `train.clip-norm`"),
        ("a = [1.0, 2e-999]", "line 1, column 11, `a`"),
        ("a = { b = 2e-999 }", "line 1, column 11, `a.b`"),
    ] {
        std::fs::write(&file, text).expect("a file");
        let error = format!("{:#}", Source::file(&file).expect_err(text));
        assert!(error.starts_with(&format!("{}: {place}: found", file.display())), "{error}");
    }
    std::fs::write(&file, "[train]\nclip-norm = 1e400\n").expect("a file");
    let error = format!("{:#}", Source::file(&file).expect_err("too large"));
    assert!(error.contains("small.toml") && error.contains("1e400"), "{error}");
}
