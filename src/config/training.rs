//! `[annealing]`, `[train]`, `[retrain]` and `[evaluation]`: how a run goes on and what is measured.

use serde::{Deserialize, Serialize};

/// Algorithm 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AnnealingConfig {
    /// false holds δ at `initial-density` for the whole run.
    pub enabled: bool,
    /// δ at the start. In TOML also `start-steps-above-minimum`, counted in the schedule that
    /// starts here, see [`Config::scheduled_density`](super::Config::scheduled_density).
    pub initial_density: f64,
    /// Accuracy threshold T at the start.
    pub initial_threshold: f64,
    /// δ is multiplied by this when validation accuracy exceeds T.
    pub factor: f64,
    /// dT: how far T falls with each training sample.
    pub threshold_decay: f64,
    /// V: training samples between validations.
    pub interval_samples: u64,
    /// Samples in each validation (the paper: V/2); of a split that has fewer, all.
    pub validation_samples: u64,
    /// Mean motifs a sample that the theoretical minimum density is of (0: those of the true motifs). For samples
    /// whose true motifs are not known.
    pub expected_motifs: f64,
    /// The theoretical minimum density itself (0: by the motifs).
    pub minimum_density: f64,
}

impl Default for AnnealingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            initial_density: 0.5,
            initial_threshold: 1.0,
            factor: 0.75,
            threshold_decay: 1e-7,
            interval_samples: 20_000,
            validation_samples: 10_000,
            expected_motifs: 0.0,
            minimum_density: 0.0,
        }
    }
}

/// The training loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TrainConfig {
    /// Samples a step.
    pub batch: u64,
    /// Parts that a batch is cut into, each worked on by one thread (paper: 1, in which all of libtorch's threads work
    /// together). With more than one, a run is the same bits for any number of threads, and batch norm is over a part.
    pub shards: u64,
    /// In which numbers convolutions and matrix products are taken, in training and whatever is done with the run: `fp32`
    /// (the paper's), or `bf16` where the processor has such instructions, and on a GPU (docs/training.md).
    pub precision: Precision,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises linearly from 0 (paper: 0).
    pub warmup_steps: u64,
    /// The learning rate falls with log δ from `learning-rate` at this density to
    /// `final-learning-rate` at the theoretical minimum (0: no decay, as in the paper).
    pub decay_below_density: f64,
    /// Learning rate at the theoretical minimum density when `decay-below-density` > 0, and at the end of
    /// the cool-down.
    pub final_learning_rate: f64,
    /// Samples trained on at the last density once Algorithm 1 has ended, while the learning rate falls
    /// linearly to `final-learning-rate`; of a run that does not anneal, the last of its samples (0: none, as
    /// in the paper).
    pub cooldown_samples: u64,
    /// Largest gradient norm; larger ones are scaled down (0: no clipping, as in the paper).
    pub clip_norm: f64,
    /// Training ends after this many samples at the latest.
    pub max_samples: u64,
    /// A lower limit than `max-samples` for runs that do not anneal (`annealing.enabled = false`) and so have
    /// no other end (0: `max-samples` alone, as in the paper).
    pub max_samples_unannealed: u64,
    /// Samples between checkpoints for resuming; one is also kept at every δ.
    pub checkpoint_samples: u64,
    /// Samples between lines of loss, rate and density in the log.
    pub log_samples: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            batch: 10,
            shards: 1,
            precision: Precision::Fp32,
            learning_rate: 1e-5,
            warmup_steps: 0,
            decay_below_density: 0.0,
            final_learning_rate: 1e-5,
            cooldown_samples: 0,
            clip_norm: 0.0,
            max_samples: 6_000_000,
            max_samples_unannealed: 0,
            checkpoint_samples: 100_000,
            log_samples: 2_000,
        }
    }
}

/// In which numbers products are taken; weights and optimiser are in fp32 either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single precision (the paper's).
    #[default]
    Fp32,
    /// bfloat16: 8 bits of exponent as in single precision, 8 of significand in place of 24.
    Bf16,
}

/// Where ĥ starts when it is trained behind a frozen ĝ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadStart {
    /// From the other run's ĥ (the paper's).
    Continue,
    /// From fresh weights.
    Scratch,
}

/// Training of ĥ alone (paper section 7, "Retrained"): ĝ and the sparsity layer come from another run
/// of this domain, scale and seed, at its last density, and stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RetrainConfig {
    /// The other run's variant; empty: both networks are trained from the start.
    pub from: String,
    /// Where ĥ starts.
    pub head: HeadStart,
    /// Samples it is trained on, in place of `train.max-samples`, while the learning rate falls linearly to
    /// `train.final-learning-rate`.
    pub samples: u64,
}

impl Default for RetrainConfig {
    fn default() -> Self {
        Self { from: String::new(), head: HeadStart::Continue, samples: 600_000 }
    }
}

impl RetrainConfig {
    /// Whether ĝ and the sparsity layer are frozen.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.from.is_empty()
    }
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EvaluationConfig {
    /// Test samples behind every reported number.
    pub samples: u64,
    /// Samples decoded at once.
    pub batch: u64,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { samples: 10_000, batch: 100 }
    }
}
