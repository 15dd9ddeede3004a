//! Batch norm in front of a bottleneck: the whole sparsity layer of the paper.

use tch::Tensor;
use tch::nn::{self, Path};

use super::{
    Bottleneck, Kl, L1, LayerSettings, Motifs, Noise, PassThrough, PerChannel, Universal, Variant, Wanted,
};

/// z ← BatchNorm(z), then a [`Bottleneck`].
///
/// ```text
/// z ← (z − mean_c)/√(var_c + 1e-5) · scale_c + shift_c      mean and variance over batch and positions
/// ```
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

    /// Builds the layer that `settings` describe, at density `density`. Its tensors are named `norm.*` and `bottleneck.*`
    /// under `path`.
    ///
    /// # Panics
    /// When `dims` is neither 1 nor 2 and there is a batch norm.
    pub fn build(path: &Path, settings: &LayerSettings, channels: i64, dims: usize, density: f64) -> Self {
        let inner = path / "bottleneck";
        let bottleneck: Box<dyn Bottleneck> = match settings.variant {
            Variant::PerChannel { momentum, accumulation } => Box::new(
                PerChannel::new(&inner, channels, density).momentum(momentum).accumulation(accumulation),
            ),
            Variant::Universal { momentum, accumulation } => {
                Box::new(Universal::new(&inner, density).momentum(momentum).accumulation(accumulation))
            }
            Variant::PassThrough => Box::new(PassThrough::new(density)),
            Variant::L1 { penalty } => Box::new(L1::new(penalty, density)),
            Variant::Kl { penalty, target } => Box::new(Kl::new(penalty, target, density)),
            Variant::Noise => Box::new(Noise::new(&inner, density)),
        };
        if settings.batch_norm {
            Self::new(&(path / "norm"), channels, dims, settings.affine, bottleneck)
        } else {
            Self::without_norm(bottleneck)
        }
    }

    /// The batch norm in front, if there is one.
    pub fn norm(&self) -> Option<&nn::BatchNorm> {
        self.norm.as_ref()
    }
}

impl Bottleneck for SparsityLayer {
    fn normalise(&self, z: &Tensor, train: bool) -> Tensor {
        match &self.norm {
            Some(norm) => self.bottleneck.normalise(&z.apply_t(norm, train), train),
            None => self.bottleneck.normalise(z, train),
        }
    }

    fn states(&self) -> usize {
        self.bottleneck.states()
    }

    fn wanted(&self, batch: &[i64]) -> Vec<Wanted> {
        self.bottleneck.wanted(batch)
    }

    fn part(&self, z: &Tensor, wanted: &[Wanted]) -> Vec<Tensor> {
        self.bottleneck.part(z, wanted)
    }

    fn observe(&mut self, parts: Vec<Vec<Tensor>>, batch: &[i64]) {
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

    fn thresholds(&self) -> Option<Tensor> {
        self.bottleneck.thresholds()
    }

    fn pending(&self) -> Vec<(String, Tensor)> {
        self.bottleneck.pending()
    }

    fn restore_pending(&mut self, state: &[(String, Tensor)]) {
        self.bottleneck.restore_pending(state);
    }
}
