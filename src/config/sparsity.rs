//! `[sparsity]`: the bottleneck (paper section 2).

use serde::{Deserialize, Serialize};

use crate::sparsity::{Accumulation, LayerSettings, Variant};

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
    /// [`Config::scheduled_density`](super::Config::scheduled_density).
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
