//! A domain of one's own, trained on, measured and opened again.
//!
//! `Waves` is a type of this program: series of 64 noisy values with one to three hills and valleys, and their order as
//! output. All that Sparling needs of it is the trait `Domain`.
//!
//!     cargo run --release --example own_domain -- runs/waves

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use rand::RngExt as _;
use sparling::config::{Config, EmbeddingKind, NormPlacement};
use sparling::domain::sample_rng::sample_rng;
use sparling::domain::{Domain, Motif, Sample, Split};
use sparling::measure::{Model, Report, errors, validate};
use sparling::train::{Identity, NoBoard, Outcome, RunDir, Session, train_session};
use tch::Device;

/// Values of a series.
const LENGTH: usize = 64;
/// A hill; a valley is the same downwards.
const HILL: [f32; 6] = [0.3, 0.8, 1.2, 1.2, 0.8, 0.3];

/// Series with hills and valleys.
#[derive(Debug)]
pub(crate) struct Waves {
    names: [String; 2],
}

impl Waves {
    /// The domain.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { names: ["hill".into(), "valley".into()] }
    }
}

impl Default for Waves {
    fn default() -> Self {
        Self::new()
    }
}

impl Domain for Waves {
    fn name(&self) -> &'static str {
        "waves"
    }

    fn input_shape(&self) -> [usize; 3] {
        [1, 1, LENGTH]
    }

    fn vocabulary(&self) -> &[String] {
        &self.names
    }

    fn max_target_len(&self) -> usize {
        3
    }

    fn motif_kinds(&self) -> &[String] {
        &self.names
    }

    fn mean_motifs(&self) -> f64 {
        2.0
    }

    fn motif_extent(&self) -> [usize; 2] {
        [1, HILL.len()]
    }

    /// A function of split and index alone: so training resumes bit for bit, and splits share no sample.
    fn sample(&self, split: Split, index: u64) -> Result<Sample> {
        let mut rng = sample_rng(self.name(), 0, split, index);
        let mut input: Vec<f32> = (0..LENGTH).map(|_| rng.random_range(-0.3..0.3)).collect();
        let count = rng.random_range(1..=3);
        // A third of the series for each that can be there.
        let third = LENGTH / 3;
        let motifs: Vec<Motif> = (0..count)
            .map(|place| {
                let left = place * third + rng.random_range(0..third - HILL.len());
                let kind = rng.random_range(0..2_usize);
                for (value, height) in input[left..].iter_mut().zip(HILL) {
                    *value += if kind == 0 { height } else { -height };
                }
                Motif { kind, top: 0, left, bottom: 1, right: left + HILL.len() }
            })
            .collect();
        let target = motifs.iter().map(|motif| motif.kind as u32).collect();
        Ok(Sample { input, target, motifs })
    }
}

/// Networks and a schedule small enough to learn it in seconds; the rest is the paper's.
#[must_use]
pub(crate) fn config(domain: &dyn Domain) -> Config {
    let mut config = Config::on(domain);
    let (g, h) = (&mut config.model.g, &mut config.model.h);
    // A position is judged by seven values, no more than a hill and one beside it.
    (g.stem_kernel, g.width, g.units, g.unit_kernels, g.motifs) = (5, 16, 1, [3, 1], 2);
    (h.width, h.heads, h.feed_forward, h.pool) = (32, 2, 64, 4);
    (h.encoder_layers, h.decoder_layers, h.dropout) = (1, 1, 0.0);
    (h.embedding, h.pool_first, h.position_base, h.norm) =
        (EmbeddingKind::Tanh, true, 20.0, NormPlacement::Pre);
    config.sparsity.accumulate_motifs = 10.0;
    let annealing = &mut config.annealing;
    annealing.initial_density = 0.2;
    (annealing.threshold_decay, annealing.interval_samples) = (2e-5, 1024);
    annealing.validation_samples = 400;
    let train = &mut config.train;
    (train.batch, train.learning_rate, train.warmup_steps, train.clip_norm) = (16, 2e-3, 50, 1.0);
    (train.max_samples, train.checkpoint_samples) = (100_000, 8192);
    config
}

/// Trains in `root`, or goes on where a training was cut off.
///
/// # Errors
/// When the run cannot be written or is another one.
pub(crate) fn train(root: &Path) -> Result<(RunDir, Outcome)> {
    let domain = Arc::new(Waves::new());
    let config = config(domain.as_ref());
    let identity = Identity {
        domain: domain.name().into(),
        variant: "sparling".into(),
        scale: "example".into(),
        seed: 1,
    };
    let dir = RunDir::create(root, identity, &config)?;
    let session = Session::with_domain(&config, domain, dir.identity.seed, Device::Cpu)?;
    let outcome =
        train_session(&dir, session, &mut NoBoard, true, &AtomicBool::new(false), &mut |_, _, _, _| Ok(()))?;
    Ok((dir, outcome))
}

/// Opens the run's model and measures it on test samples.
///
/// # Errors
/// When the run has no model.
pub(crate) fn measure(dir: &RunDir) -> Result<(Model, Report)> {
    let mut model = Model::reported_with(dir, |config| {
        Session::with_domain(config, Arc::new(Waves::new()), dir.identity.seed, Device::Cpu)
    })?;
    let report = validate(&mut model.session, Split::Test, 0, 2000)?;
    Ok((model, report))
}

#[allow(dead_code, reason = "the test that includes this file calls the parts")]
#[allow(clippy::print_stdout, reason = "the answer of a program")]
fn main() -> Result<()> {
    let root = std::env::args().nth(1).map_or_else(|| PathBuf::from("runs/waves"), PathBuf::from);
    let (dir, outcome) = train(&root)?;
    let (model, report) = measure(&dir)?;
    println!("{}: {} samples, density {:.4}", root.display(), outcome.samples, model.delta);
    println!("right to the last token: {:.1} %", 100.0 * report.e2ee.exact_match().unwrap_or(0.0));
    if let Some(errors) = errors(&model.session, &report) {
        let ce = errors.ce.unwrap_or(1.0);
        println!(
            "false motifs {:.1} %, missed {:.1} %, taken for the other kind {:.1} %",
            100.0 * errors.fpe,
            100.0 * errors.fne,
            100.0 * ce
        );
    }
    Ok(())
}
