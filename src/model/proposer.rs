//! ĝ: the local network that proposes motif activations (paper section 4).

use tch::Tensor;
use tch::nn::{self, ModuleT, Path};

use super::{ResidualUnit, init};
use crate::config::ProposerConfig;

/// Stem convolution → n residual units → 1×1 convolution to C motif channels.
///
/// The paper's stem is a 1×1 convolution at stride 1. A larger stem with a stride makes one
/// map position out of stride × stride pixels and is what the laptop scale uses.
#[derive(Debug)]
pub struct Proposer {
    stem: nn::Conv2D,
    kernel: i64,
    stride: i64,
    units: Vec<ResidualUnit>,
    motifs: nn::Conv2D,
}

impl Proposer {
    /// ĝ for inputs of `channels` channels.
    pub fn new(path: &Path, config: &ProposerConfig, channels: i64) -> Self {
        let (kernel, stride, width) = (config.stem_kernel, config.stem_stride, config.width);
        Self {
            stem: init::conv2d(&(path / "stem"), channels, width, kernel, stride, 0),
            kernel,
            stride,
            units: (0..config.units)
                .map(|i| ResidualUnit::new(&(path / "unit" / i), width, config.unit_kernels))
                .collect(),
            motifs: init::conv2d(&(path / "motifs"), width, config.motifs, 1, 1, 0),
        }
    }

    /// `[B, channels, H, W]` → `[B, C, ⌈H/stride⌉, ⌈W/stride⌉]`.
    pub fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        let size = x.size();
        let (top, bottom) = self.padding(size[2]);
        let (left, right) = self.padding(size[3]);
        let x = if top + bottom + left + right == 0 {
            x.shallow_clone()
        } else {
            x.constant_pad_nd([left, right, top, bottom])
        };
        let x = self.units.iter().fold(x.apply(&self.stem), |x, unit| unit.forward_t(&x, train));
        x.apply(&self.motifs)
    }

    /// Pixels of padding before and after a side of `length` pixels.
    fn padding(&self, length: i64) -> (i64, i64) {
        let positions = (length + self.stride - 1) / self.stride;
        let total = ((positions - 1) * self.stride + self.kernel - length).max(0);
        (total / 2, total - total / 2)
    }
}
