//! Batch norm in front of a bottleneck: the whole sparsity layer of the paper.

use tch::Tensor;
use tch::nn::{self, Path};

use super::{Bottleneck, Kl, L1, Motifs, Noise, PassThrough, PerChannel, Universal, Wanted};
use crate::config::{SparsityConfig, SparsityKind};

/// z ← BatchNorm(z), then a [`Bottleneck`].
///
/// The batch norm is what keeps thresholds and activations on one scale; without it
/// ([`without_norm`](Self::without_norm)) training collapses (the paper's ablation).
#[derive(Debug)]
pub struct SparsityLayer {
    norm: Option<nn::BatchNorm>,
    bottleneck: Box<dyn Bottleneck>,
}

impl SparsityLayer {
    /// Batch norm over `channels` for inputs with `dims` position dimensions (1: `[B, C, L]`,
    /// 2: `[B, C, H, W]`), with a learned scale and shift when `affine`.
    ///
    /// # Panics
    /// When `dims` is neither 1 nor 2.
    pub fn new(
        path: &Path,
        channels: i64,
        dims: usize,
        affine: bool,
        bottleneck: Box<dyn Bottleneck>,
    ) -> Self {
        // PyTorch's initialisation; tch would draw the scale from U(0, 1).
        let config = nn::BatchNormConfig {
            affine,
            ws_init: nn::Init::Const(1.0),
            bs_init: nn::Init::Const(0.0),
            ..Default::default()
        };
        let norm = match dims {
            1 => nn::batch_norm1d(path, channels, config),
            2 => nn::batch_norm2d(path, channels, config),
            _ => panic!("a sparsity layer has 1 or 2 position dimensions, not {dims}"),
        };
        Self { norm: Some(norm), bottleneck }
    }

    /// The ablation without batch norm.
    pub fn without_norm(bottleneck: Box<dyn Bottleneck>) -> Self {
        Self { norm: None, bottleneck }
    }

    /// Builds the layer that `config` describes, at density `density`.
    pub fn from_config(
        path: &Path,
        config: &SparsityConfig,
        channels: i64,
        dims: usize,
        density: f64,
    ) -> Self {
        let inner = path / "bottleneck";
        let bottleneck: Box<dyn Bottleneck> = match config.kind {
            SparsityKind::PerChannel => Box::new(
                PerChannel::new(&inner, channels, density)
                    .momentum(config.momentum)
                    .accumulate(config.accumulate_motifs),
            ),
            SparsityKind::Universal => Box::new(
                Universal::new(&inner, density)
                    .momentum(config.momentum)
                    .accumulate(config.accumulate_motifs),
            ),
            SparsityKind::PassThrough => Box::new(PassThrough::new(density)),
            SparsityKind::L1 => Box::new(L1::new(config.penalty, density)),
            SparsityKind::Kl => Box::new(Kl::new(config.penalty, config.target_density, density)),
            SparsityKind::Noise => Box::new(Noise::new(&inner, density)),
        };
        if config.batch_norm {
            Self::new(&(path / "norm"), channels, dims, config.affine, bottleneck)
        } else {
            Self::without_norm(bottleneck)
        }
    }

    /// Step 1 of the layer: the batch norm, over the samples given.
    pub fn normalise(&self, z: &Tensor, train: bool) -> Tensor {
        match &self.norm {
            Some(norm) => z.apply_t(norm, train),
            None => z.shallow_clone(),
        }
    }

    /// The batch norm in front, if there is one.
    pub fn norm(&self) -> Option<&nn::BatchNorm> {
        self.norm.as_ref()
    }
}

/// `part` and `apply` take what [`normalise`](SparsityLayer::normalise) gave.
impl Bottleneck for SparsityLayer {
    fn forward_t(&mut self, z: &Tensor, train: bool) -> Motifs {
        let z = self.normalise(z, train);
        self.bottleneck.forward_t(&z, train)
    }

    fn wanted(&self, batch: &[i64]) -> Wanted {
        self.bottleneck.wanted(batch)
    }

    fn part(&self, z: &Tensor, wanted: Wanted) -> Option<Tensor> {
        self.bottleneck.part(z, wanted)
    }

    fn observe(&mut self, parts: Vec<Tensor>, batch: &[i64]) {
        self.bottleneck.observe(parts, batch);
    }

    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs {
        self.bottleneck.apply(z, train)
    }

    fn density(&self) -> f64 {
        self.bottleneck.density()
    }

    fn set_density(&mut self, density: f64) {
        self.bottleneck.set_density(density);
    }

    fn thresholds(&self) -> Option<&Tensor> {
        self.bottleneck.thresholds()
    }

    fn pending(&self) -> Vec<(String, Tensor)> {
        self.bottleneck.pending()
    }

    fn restore_pending(&mut self, state: &[(String, Tensor)]) {
        self.bottleneck.restore_pending(state);
    }
}
