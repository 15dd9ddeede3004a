//! Promise: `python/sparling_run.py` makes of a run's checkpoint the same z, motif maps and answers as the program, for
//! every domain and every variant of the networks. Skipped, with the reason, where no Python imports torch.

mod audio_common;
mod dataset_common;
mod random_run;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sparling::config::load;
use sparling::domain::Split;
use sparling::domain::audio_sequence::corpus::import::import;
use sparling::domain::audio_sequence::corpus::write;
use sparling::domain::dataset::skeleton;
use sparling::measure::{Export, export};
use sparling::train::RunDir;
use tch::Device;

use random_run::random_run;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Python that imports what the file needs.
struct Python {
    program: PathBuf,
    /// Empty libraries in place of CUDA's, for a torch that was installed without them.
    stand_ins: tempfile::TempDir,
}

impl Python {
    /// The first of those that a user may have, or why there is none.
    fn find() -> Result<Self, String> {
        let named = std::env::var_os("SPARLING_PYTHON").map(PathBuf::from);
        let own = [".venv-python/bin/python", ".venv/bin/python"].map(|path| project().join(path));
        let mut reasons = String::new();
        for program in named.into_iter().chain(own).chain([PathBuf::from("python3")]) {
            let python = Self { program, stand_ins: tempfile::tempdir().unwrap() };
            match python.import() {
                Ok(()) => return Ok(python),
                Err(reason) => reasons += &format!("\n  {}: {reason}", python.program.display()),
            }
        }
        Err(format!("no Python imports torch, safetensors and tomllib:{reasons}"))
    }

    fn run(&self, arguments: &[&str]) -> std::io::Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("OMP_NUM_THREADS", "1");
        if fs::read_dir(self.stand_ins.path()).unwrap().next().is_some() {
            // Names of CUDA's functions are then looked up when they are called: never, on a CPU.
            command.env("LD_LIBRARY_PATH", self.stand_ins.path()).env("TORCH_USE_RTLD_GLOBAL", "1");
        }
        command.output()
    }

    /// Imports, with an empty library in the place of each that is missing: the wheel of torch names all of CUDA's,
    /// and `make setup` leaves them out.
    fn import(&self) -> Result<(), String> {
        for _ in 0..20 {
            let output =
                self.run(&["-c", "import torch, safetensors, tomllib"]).map_err(|e| e.to_string())?;
            if output.status.success() {
                return Ok(());
            }
            let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let last = error.lines().last().unwrap_or("no message").to_owned();
            let missing =
                last.strip_prefix("ImportError: ").and_then(|text| text.split_once(": cannot open"));
            let Some((library, _)) = missing.filter(|(name, _)| name.starts_with("lib")) else {
                return Err(last);
            };
            let source = self.stand_ins.path().join("empty.c");
            fs::write(&source, "").unwrap();
            let made = Command::new("cc")
                .args(["-shared", "-o"])
                .arg(self.stand_ins.path().join(library))
                .arg(format!("-Wl,-soname,{library}"))
                .arg(&source)
                .status();
            if !made.is_ok_and(|status| status.success()) {
                return Err(format!("{last}, and cc cannot make an empty library"));
            }
        }
        Err("too many libraries are missing".into())
    }
}

fn write_maps(run: &Path, count: u64, to: &Path) {
    let dir = RunDir::open(run).unwrap();
    let what = Export { checkpoint: None, split: Split::Test, start: 3, count };
    export(&dir, &what, Device::Cpu, to).unwrap();
}

/// Experiments by file and what is set: the networks' variants, over the generated domains.
const VARIANTS: &[(&str, f64, &[&str])] = &[
    ("digit-circle/sparling", 0.02, &[]),
    // The paper's ĥ.
    (
        "digit-circle/sparling",
        0.05,
        &[
            "model.h.embedding=\"row-lstm\"",
            "model.h.norm=\"post\"",
            "model.h.pool-first=false",
            "model.h.encoder-layers=2",
            "model.h.decoder-layers=2",
            "model.g.unit-kernels=[3, 1]",
        ],
    ),
    // ĥ over motifs.
    (
        "digit-circle/sparling",
        0.01,
        &["model.h.rotary=true", "model.h.weigh-by-strength=true", "model.h.max-cells=6"],
    ),
    ("digit-circle/sparling", 0.001, &["model.h.max-cells=3", "model.h.motif-knee=1.0"]),
    ("digit-circle/sparling", 0.02, &["model.h.weigh-by-strength=true", "model.h.pool-first=false"]),
    ("digit-circle/single-threshold", 0.02, &["model.h.embedding=\"layer-norm\"", "model.h.pool=5"]),
    ("digit-circle/non-sparse", 0.5, &["sparsity.kind=\"pass-through\"", "model.h.motif-knee=0.5"]),
    ("digit-circle/l1-2", 0.5, &["model.h.pool=1"]),
    ("digit-circle/sparling", 0.5, &["sparsity.kind=\"kl\"", "model.h.embedding=\"plain\""]),
    (
        "digit-circle/sparling",
        0.02,
        &["sparsity.batch-norm=false", "model.g.stem-kernel=1", "model.g.stem-stride=1"],
    ),
    ("latex-ocr/sparling", 0.02, &[]),
    ("latex-ocr/sparling", 0.02, &["model.h.rotary=true", "model.h.max-cells=4", "sparsity.affine=true"]),
    ("splicing/sparling", 0.02, &[]),
    (
        "splicing/non-sparse",
        0.5,
        &["sparsity.kind=\"pass-through\"", "model.h.dilations=[5]", "model.h.kernel=3"],
    ),
    ("audio-sequence/sparling", 0.02, &[]),
    (
        "audio-sequence/sparling",
        0.02,
        &[
            "model.h.rotary=true",
            "model.h.weigh-by-strength=true",
            "model.g.stem-kernel=4",
            "model.g.stem-stride=2",
        ],
    ),
];

/// Each variant's run and maps below `root`.
fn variants(root: &Path) -> Vec<(String, PathBuf, PathBuf)> {
    let sounds = root.join("sounds");
    audio_common::write_fsdd(&sounds, &audio_common::speakers());
    let corpora = root.join("corpora");
    write(&import(&sounds, "tones", &HashSet::new()).unwrap().0, &corpora).unwrap();
    let corpus = format!("domain.corpus={}", corpora.display());
    let make = |(i, (experiment, density, overrides)): (usize, &(&str, f64, &[&str]))| {
        let mut overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
        overrides.extend(experiment.starts_with("audio").then(|| corpus.clone()));
        let file = project().join("experiments").join(format!("{experiment}.toml"));
        let config = load(&file, "smoke", &overrides).unwrap();
        let dir = random_run(&root.join(format!("run-{i}")), &config, *density);
        (format!("{experiment} {overrides:?}"), dir.root().to_owned(), root.join(format!("{i}.safetensors")))
    };
    VARIANTS.iter().enumerate().map(make).collect()
}

/// A run on a folder of one's own, of sequences or of classes.
fn dataset(root: &Path, name: &str, classes: bool, overrides: &[&str]) -> (String, PathBuf, PathBuf) {
    let folder = root.join(name);
    skeleton::write(&folder).unwrap();
    if classes {
        fs::write(folder.join("dataset.toml"), "[target]\nkind = \"class\"\n").unwrap();
    }
    for (split, pictures) in [("train", 0..24_u8), ("test", 24..56)] {
        let mut rows = "input,target\n".to_owned();
        for i in pictures {
            dataset_common::picture(&folder.join(format!("{i}.png")), 24, 30, i * 4);
            rows += &format!("{i}.png,{}\n", dataset_common::target(i.into()));
        }
        fs::write(folder.join(format!("{split}.csv")), rows).unwrap();
    }
    let mut all = vec!["annealing.expected-motifs=2".to_owned()];
    all.extend(overrides.iter().map(|text| (*text).to_owned()));
    let config = load(&folder.join(format!("{name}.toml")), "smoke", &all).unwrap().pinned().unwrap();
    let dir = random_run(&root.join(format!("run-{name}")), &config, 0.02);
    let maps = root.join(format!("{name}.safetensors"));
    (format!("a folder of one's own {all:?}"), dir.root().to_owned(), maps)
}

/// The committed models whose samples can be made here.
fn committed(root: &Path) -> Vec<(String, PathBuf, PathBuf)> {
    let models = project().join("results/laptop/models");
    let Ok(entries) = fs::read_dir(&models) else {
        eprintln!("skipped: the committed models are not in this checkout");
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.retain(|folder| match RunDir::open(folder).unwrap().config().unwrap().domain.build() {
        Ok(_) => true,
        Err(error) => {
            eprintln!("skipped: {}: {error}", folder.display());
            false
        }
    });
    let name = |folder: &PathBuf| folder.file_name().unwrap().to_string_lossy().into_owned();
    let with_maps =
        |folder: PathBuf| (name(&folder), folder.clone(), root.join(name(&folder) + ".safetensors"));
    folders.into_iter().map(with_maps).collect()
}

#[test]
fn z_maps_and_answers_are_those_of_the_program() {
    let python = match Python::find() {
        Ok(python) => python,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let root = tempfile::tempdir().unwrap();
    let mut cases = variants(root.path());
    cases.push(dataset(root.path(), "mine", false, &[]));
    cases.push(dataset(root.path(), "kinds", true, &["model.h.kind=class"]));
    let over_motifs = ["model.h.kind=class", "model.h.max-cells=4", "model.h.norm=post"];
    cases.push(dataset(root.path(), "over-motifs", true, &over_motifs));
    cases.extend(committed(root.path()));
    let script = project().join("python/sparling_run.py").display().to_string();
    let mut arguments = vec![script];
    for (_, run, maps) in &cases {
        write_maps(run, 24, maps);
        arguments.extend([run.display().to_string(), maps.display().to_string()]);
    }
    let output = python.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let (answer, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    let lines: Vec<Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), cases.len());
    for ((name, ..), found) in cases.iter().zip(lines) {
        eprintln!("{name}: {found}");
        for what in ["z", "motifs"] {
            assert!(found[what].as_f64().unwrap() < 1e-5, "{name}: {what} are apart: {found}");
        }
        assert_eq!(found["same_answers"], found["samples"], "{name}");
        assert_eq!(found["same_names"], true, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let python = match Python::find() {
        Ok(python) => python,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let root = tempfile::tempdir().unwrap();
    let config = load(&project().join("experiments/digit-circle/sparling.toml"), "smoke", &[]).unwrap();
    let dir = random_run(&root.path().join("run"), &config, 0.02);
    let code =
        "import sys; sys.path.insert(0, sys.argv[1])\nimport sparling_run\nsparling_run.load(sys.argv[2])";
    let folder = project().join("python").display().to_string();
    let run = dir.root().display().to_string();
    let message = || {
        let output = python.run(&["-c", code, &folder, &run]).unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
    };
    // A run in bf16, of which fp32 would make other maps.
    let settings = dir.root().join("config.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let reduced = text.replace("precision = \"fp32\"", "precision = \"bf16\"");
    assert_ne!(text, reduced);
    fs::write(&settings, reduced).unwrap();
    let refused = message();
    assert!(
        refused.contains("train.precision is 'bf16'") && refused.contains("sparling export"),
        "{refused}"
    );
    fs::write(&settings, text).unwrap();
    let tensors = dir.density_stem(7).with_extension("safetensors");
    let mut bytes = fs::read(&tensors).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&tensors, bytes).unwrap();
    let damaged = message();
    assert!(damaged.contains("density-07.safetensors is damaged"), "{damaged}");
    fs::remove_file(dir.density_stem(7).with_extension("json")).unwrap();
    let missing = message();
    assert!(missing.contains("has no trained model"), "{missing}");
}
