//! The configuration as it is written in TOML; defaults are the paper's.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::supervision::SupervisionConfig;
use crate::domain::own::OwnConfig;
use crate::domain::{Dimensions, Domain, DomainConfig};
use crate::sparsity::{Accumulation, LayerSettings, Variant};

/// Positions that ĥ has codes for: the longest side of the pooled motif map, and the longest output.
pub(crate) const MAX_POSITIONS: usize = 512;

/// Everything that determines a run except its seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where samples come from (paper section 5).
    pub domain: DomainConfig,
    /// Sizes of ĝ and ĥ (section 4).
    #[serde(default)]
    pub model: ModelConfig,
    /// The bottleneck (section 2).
    #[serde(default)]
    pub sparsity: SparsityConfig,
    /// Algorithm 1 (section 3).
    #[serde(default)]
    pub annealing: AnnealingConfig,
    /// The training loop (section 4).
    #[serde(default)]
    pub train: TrainConfig,
    /// Whether ĥ alone is trained, behind the ĝ of another run (section 7).
    #[serde(default)]
    pub retrain: RetrainConfig,
    /// What is measured at the end (section 6).
    #[serde(default)]
    pub evaluation: EvaluationConfig,
    /// Direct supervision of ĝ (section 7), which a run itself has no part in.
    #[serde(default)]
    pub supervision: SupervisionConfig,
}

/// Sizes of both networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// ĝ, which proposes motifs.
    pub g: ProposerConfig,
    /// ĥ, which answers from them.
    pub h: HeadConfig,
}

/// Sizes of ĝ: stem convolution → residual units → 1×1 convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProposerConfig {
    /// Side of the stem's kernel (paper: 1).
    pub stem_kernel: i64,
    /// Input pixels per motif-map position (paper: 1). The stem pads so that the map has
    /// `ceil(input / stride)` positions a side.
    pub stem_stride: i64,
    /// Channels of the residual units (paper: 64).
    pub width: i64,
    /// Residual units (paper: 4 for DigitCircle).
    pub units: i64,
    /// Sides of a unit's two kernels, odd (paper: 3 and 3). With the stem they decide how many
    /// pixels a motif is judged by, see [`receptive_field`](Self::receptive_field).
    pub unit_kernels: [i64; 2],
    /// Motif channels C (paper: 10 for DigitCircle).
    pub motifs: i64,
}

impl Default for ProposerConfig {
    fn default() -> Self {
        Self { stem_kernel: 1, stem_stride: 1, width: 64, units: 4, unit_kernels: [3, 3], motifs: 10 }
    }
}

impl ProposerConfig {
    /// Side of the square of input pixels (in a series: the frames) that one map position depends on
    /// (section 4: 17 for DigitCircle, 65 for LaTeX-OCR).
    pub fn receptive_field(&self) -> i64 {
        let [first, second] = self.unit_kernels;
        self.stem_kernel + self.stem_stride * self.units * (first - 1 + second - 1)
    }
}

/// Where a transformer layer normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormPlacement {
    /// After the residual sum (the paper's).
    Post,
    /// Before each sub-layer, with a closing layer norm.
    Pre,
}

/// What bounds the pooled motif embedding before the position code is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmbeddingKind {
    /// A bidirectional LSTM along each row (the paper's, for images).
    RowLstm,
    /// Nothing (the paper's, for series).
    Plain,
    /// A layer norm and a two-dimensional position code. Forgets how strong a motif is.
    LayerNorm,
    /// A hyperbolic tangent and a two-dimensional position code.
    Tanh,
}

/// Sizes of ĥ: embedding and pooling → position → transformer encoder → decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HeadConfig {
    /// Model width d (paper: 512); even, and a multiple of `heads`.
    pub width: i64,
    /// Max-pool side over the motif map (paper: 8). A last partial window is kept.
    pub pool: i64,
    /// Motif values enter as ln(1 + m̂/knee); 0: as they are (the paper's). Batch norm gives the few
    /// motifs of a sparse channel values near 1/√δ, which drive a bounded embedding into saturation,
    /// where no gradient tells ĝ any more which of two motifs a channel should mark.
    pub motif_knee: f64,
    /// Pool before the 1×1 embedding instead of after it (paper: false). 16 to 64 times
    /// less work; a departure that the laptop scale makes.
    pub pool_first: bool,
    /// What stands between embedding and position code (paper: row-lstm).
    pub embedding: EmbeddingKind,
    /// Base of the sinusoidal position code's wavelengths (paper: 10000).
    pub position_base: f64,
    /// Rotary position codes in the encoder's self-attention, beside the additive code (paper: false): attention then
    /// sees how far apart two cells are. They share `position-base`.
    pub rotary: bool,
    /// Attention to a cell is weighted by the largest motif value w in it (paper: false): ln(w + 1e-4) is added to its
    /// logits, in the encoder and in the decoder's attention to the map, and a cell without a motif is not seen.
    pub weigh_by_strength: bool,
    /// ĥ computes at most this many cells of a map, the strongest, and none without a motif (0: all, as in the paper).
    pub max_cells: i64,
    /// Transformer encoder layers (paper: 6).
    pub encoder_layers: i64,
    /// Transformer decoder layers (paper: 6).
    pub decoder_layers: i64,
    /// Attention heads (paper: 8).
    pub heads: i64,
    /// Width of the feed-forward layers (paper: 2048).
    pub feed_forward: i64,
    /// Dropout probability (paper: 0.1).
    pub dropout: f64,
    /// Where layers normalise (paper: post).
    pub norm: NormPlacement,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self {
            width: 512,
            pool: 8,
            motif_knee: 0.0,
            pool_first: false,
            embedding: EmbeddingKind::RowLstm,
            position_base: 10_000.0,
            rotary: false,
            weigh_by_strength: false,
            max_cells: 0,
            encoder_layers: 6,
            decoder_layers: 6,
            heads: 8,
            feed_forward: 2048,
            dropout: 0.1,
            norm: NormPlacement::Post,
        }
    }
}

impl HeadConfig {
    /// Whether ĥ sees motifs alone: cells without one are hidden, and a learned token stands for "nothing".
    #[must_use]
    pub fn is_over_motifs(&self) -> bool {
        self.weigh_by_strength || self.max_cells > 0
    }
}

/// Which bottleneck stands between ĝ and ĥ (paper section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SparsityKind {
    /// One threshold a channel (MT, the paper's method).
    PerChannel,
    /// One threshold for all channels (ST).
    Universal,
    /// The identity: no bottleneck.
    PassThrough,
    /// ReLU with the penalty λ·mean|m̂|.
    L1,
    /// Sigmoid with the penalty λ·KL(p ‖ mean a).
    Kl,
    /// Gaussian noise of the same channel capacity.
    Noise,
}

impl SparsityKind {
    /// Whether δ steers the layer. The penalties are steered by λ and have no δ to report.
    #[must_use]
    pub fn has_delta(self) -> bool {
        !matches!(self, Self::L1 | Self::Kl)
    }
}

/// The sparsity layer's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SparsityConfig {
    /// Which layer.
    pub kind: SparsityKind,
    /// Batch normalisation in front (false is the paper's ablation).
    pub batch_norm: bool,
    /// Whether that batch norm learns scale and shift (DigitCircle: true).
    pub affine: bool,
    /// Weight of the newest quantile in the running threshold.
    pub momentum: f64,
    /// Thresholds are updated once N·δ of the positions seen since the last update reaches
    /// this (0: on every batch, as for DigitCircle; LaTeX-OCR and audio: 10).
    pub accumulate_motifs: f64,
    /// λ of the L1 and KL penalties.
    pub penalty: f64,
    /// Target density p of the KL penalty. In TOML also `target-steps-above-minimum`, see
    /// [`Config::scheduled_density`].
    pub target_density: f64,
}

impl Default for SparsityConfig {
    fn default() -> Self {
        Self {
            kind: SparsityKind::PerChannel,
            batch_norm: true,
            affine: true,
            momentum: 0.1,
            accumulate_motifs: 0.0,
            penalty: 0.0,
            target_density: 5.02e-5,
        }
    }
}

impl SparsityConfig {
    /// The layer that these settings describe.
    #[must_use]
    pub fn layer(&self) -> LayerSettings {
        let Self { momentum, penalty, .. } = *self;
        let accumulation = Accumulation::Motifs(self.accumulate_motifs);
        let variant = match self.kind {
            SparsityKind::PerChannel => Variant::PerChannel { momentum, accumulation },
            SparsityKind::Universal => Variant::Universal { momentum, accumulation },
            SparsityKind::PassThrough => Variant::PassThrough,
            SparsityKind::L1 => Variant::L1 { penalty },
            SparsityKind::Kl => Variant::Kl { penalty, target: self.target_density },
            SparsityKind::Noise => Variant::Noise,
        };
        LayerSettings { variant, batch_norm: self.batch_norm, affine: self.affine }
    }
}

/// Algorithm 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AnnealingConfig {
    /// false holds δ at `initial-density` for the whole run.
    pub enabled: bool,
    /// δ at the start. In TOML also `start-steps-above-minimum`, counted in the schedule that
    /// starts here, see [`Config::scheduled_density`].
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

impl Config {
    /// The paper's settings on a domain of the caller's own, see
    /// [`Session::with_domain`](crate::train::Session::with_domain). The networks are sized for a GPU; set the fields.
    #[must_use]
    pub fn on(domain: &dyn Domain) -> Self {
        Self::defaults(DomainConfig::Own(OwnConfig::of(domain)))
    }

    /// The paper's settings on `domain`.
    pub(super) fn defaults(domain: DomainConfig) -> Self {
        Self {
            domain,
            model: ModelConfig::default(),
            sparsity: SparsityConfig::default(),
            annealing: AnnealingConfig::default(),
            train: TrainConfig::default(),
            retrain: RetrainConfig::default(),
            evaluation: EvaluationConfig::default(),
            supervision: SupervisionConfig::default(),
        }
    }

    /// The theoretical minimum density: mean motifs a sample / (C·H·W) (section 3), or what
    /// [`AnnealingConfig::minimum_density`] says.
    ///
    /// # Errors
    /// When the domain's settings are out of range, or nothing says how many motifs there are.
    pub fn minimum_density(&self) -> Result<f64> {
        let AnnealingConfig { expected_motifs, minimum_density, .. } = self.annealing;
        if minimum_density > 0.0 {
            return Ok(minimum_density);
        }
        let Dimensions { input_shape: [_, height, width], mean_motifs, .. } = self.domain.dimensions()?;
        let expected = Some(expected_motifs).filter(|motifs| *motifs > 0.0);
        let mean_motifs = expected.or(mean_motifs.filter(|motifs| *motifs > 0.0)).context(
            "no true motifs are known, so that nothing says at which density training ends; set annealing.expected-motifs (mean motifs a sample) or annealing.minimum-density, for example\n  --set annealing.expected-motifs=4",
        )?;
        Ok(mean_motifs / self.cells_of(height, width))
    }

    /// C·H·W: values of a motif map.
    ///
    /// # Errors
    /// When the domain's settings are out of range.
    pub fn map_cells(&self) -> Result<f64> {
        let [_, height, width] = self.domain.dimensions()?.input_shape;
        Ok(self.cells_of(height, width))
    }

    fn cells_of(&self, height: usize, width: usize) -> f64 {
        let stride = self.model.g.stem_stride as usize;
        let positions = height.div_ceil(stride) * width.div_ceil(stride);
        self.model.g.motifs as f64 * positions as f64
    }

    /// Training samples after which a run ends at the latest.
    pub fn max_samples(&self) -> u64 {
        match &self.train {
            _ if self.retrain.is_on() => self.retrain.samples,
            train if self.annealing.enabled || train.max_samples_unannealed == 0 => train.max_samples,
            train => train.max_samples.min(train.max_samples_unannealed),
        }
    }

    /// The settings on the corpus of `other`, see [`DomainConfig::on_corpus_of`].
    #[must_use]
    pub fn on_corpus_of(&self, other: &Self) -> Option<Self> {
        Some(Self { domain: self.domain.on_corpus_of(&other.domain)?, ..self.clone() })
    }

    /// The settings with the domain's corpus recorded, see [`DomainConfig::pinned`].
    ///
    /// # Errors
    /// When the corpus is missing, damaged or another one.
    pub fn pinned(self) -> Result<Self> {
        Ok(Self { domain: self.domain.pinned()?, ..self })
    }
}
