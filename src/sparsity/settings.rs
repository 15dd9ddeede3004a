//! Which layer is to be built, as plain values.

use super::Accumulation;

/// What [`SparsityLayer::build`](super::SparsityLayer::build) makes. The defaults are the paper's for DigitCircle.
///
/// ```
/// use sparling::sparsity::{Accumulation, LayerSettings, SparsityLayer, Variant};
/// # let vs = tch::nn::VarStore::new(tch::Device::Cpu);
/// let settings = LayerSettings {
///     // The paper's for LaTeX-OCR and audio.
///     variant: Variant::PerChannel { momentum: 0.1, accumulation: Accumulation::Motifs(10.0) },
///     affine: false,
///     ..Default::default()
/// };
/// let _layer = SparsityLayer::build(&vs.root(), &settings, 32, 2, 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerSettings {
    /// What stands behind the batch norm.
    pub variant: Variant,
    /// Whether there is a batch norm (false is the paper's ablation).
    pub batch_norm: bool,
    /// Whether the batch norm learns scale and shift.
    pub affine: bool,
}

impl Default for LayerSettings {
    fn default() -> Self {
        Self { variant: Variant::default(), batch_norm: true, affine: true }
    }
}

/// The bottlenecks of the paper's section 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variant {
    /// One threshold a channel (MT, the paper's method): [`PerChannel`](super::PerChannel).
    PerChannel {
        /// Weight of the newest quantile.
        momentum: f64,
        /// When thresholds move.
        accumulation: Accumulation,
    },
    /// One threshold for all channels (ST): [`Universal`](super::Universal).
    Universal {
        /// Weight of the newest quantile.
        momentum: f64,
        /// When the threshold moves.
        accumulation: Accumulation,
    },
    /// The identity: [`PassThrough`](super::PassThrough).
    PassThrough,
    /// ReLU and an L1 penalty: [`L1`](super::L1).
    L1 {
        /// λ.
        penalty: f64,
    },
    /// Sigmoid and a KL penalty: [`Kl`](super::Kl).
    Kl {
        /// λ.
        penalty: f64,
        /// The density p asked for, in (0, 1).
        target: f64,
    },
    /// Noise of the same channel capacity: [`Noise`](super::Noise).
    Noise,
}

impl Default for Variant {
    fn default() -> Self {
        Self::PerChannel { momentum: 0.1, accumulation: Accumulation::EveryBatch }
    }
}
