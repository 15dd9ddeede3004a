//! A bottleneck of noise with the channel capacity of a sparse one (published with the
//! layer; in no figure of the paper).

use tch::nn::{self, Path};
use tch::{Kind, Tensor};

use super::{Bottleneck, Motifs};

/// m̂ = z' + σ·ε with ε standard normal and z' normalised over all channels together.
///
/// σ equates the capacity of a Gaussian channel, ½·ln(1 + 1/σ²), with the entropy of a
/// Bernoulli(δ) variable (nats): σ² = 1/(exp(2·H(δ)) − 1). Noise is drawn in evaluation
/// too; it comes from libtorch's generator (`tch::manual_seed`).
#[derive(Debug)]
pub struct Noise {
    norm: nn::BatchNorm,
    density: f64,
}

impl Noise {
    /// A noise layer whose running statistics live under `path`.
    pub fn new(path: &Path, density: f64) -> Self {
        let config = nn::BatchNormConfig { affine: false, ..Default::default() };
        Self { norm: nn::batch_norm1d(path / "norm", 1, config), density }
    }

    /// Standard deviation of the noise at the current δ (0 < δ < 1).
    pub fn sigma(&self) -> f64 {
        let d = self.density;
        let entropy = -(d * d.ln() + (1.0 - d) * (1.0 - d).ln());
        (1.0 / ((2.0 * entropy).exp() - 1.0)).sqrt()
    }
}

impl Bottleneck for Noise {
    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs {
        let shape = z.size();
        let normed = z.reshape([shape[0], 1, -1]).apply_t(&self.norm, train).reshape(&shape);
        let noise = Tensor::randn(&shape, (Kind::Float, z.device()));
        Motifs::from(normed + noise * self.sigma())
    }

    fn density(&self) -> f64 {
        self.density
    }

    fn set_density(&mut self, density: f64) {
        self.density = density;
    }
}
