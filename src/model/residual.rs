//! The residual unit of ĝ (paper section 4): pre-activation, two convolutions (the paper's: 3×3).

use tch::Tensor;
use tch::nn::{self, Path};

use super::convolution::{Convolution, Order};
use super::{Precision, init};

/// x + conv(ReLU(BN(conv(ReLU(BN(x)))))), padded so that positions are kept. Over a series
/// (height 1) the kernels have height 1: they run along time alone.
#[derive(Debug)]
pub struct ResidualUnit {
    norm1: nn::BatchNorm,
    conv1: Convolution,
    norm2: nn::BatchNorm,
    conv2: Convolution,
    precision: Precision,
}

impl ResidualUnit {
    /// A unit of `width` channels with kernels of these odd sides. A kernel of side k widens
    /// the receptive field by k − 1 positions: a unit of 3×3 kernels by 4. `series` says that
    /// inputs have height 1, `order` how they lie in memory; convolutions are in `precision`.
    pub fn new(
        path: &Path,
        width: i64,
        [first, second]: [i64; 2],
        series: bool,
        order: Order,
        precision: Precision,
    ) -> Self {
        let conv = |name: &str, side: i64| {
            let rows = if series { 1 } else { side };
            Convolution::new(&(path / name), width, width, [rows, side], order, precision)
        };
        Self {
            norm1: init::batch_norm2d(&(path / "norm1"), width),
            conv1: conv("conv1", first),
            norm2: init::batch_norm2d(&(path / "norm2"), width),
            conv2: conv("conv2", second),
            precision,
        }
    }
}

impl nn::ModuleT for ResidualUnit {
    /// `[B, width, H, W]` → the same.
    fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        // The normalised tensors are ours alone, so ReLU may overwrite them. A cast before it or after is the same, and
        // before it half as many bytes are kept.
        let open = |x: &Tensor, norm| self.precision.of(&x.apply_t(norm, train)).relu_();
        let inner = open(x, &self.norm1).apply(&self.conv1);
        x + open(&inner, &self.norm2).apply(&self.conv2)
    }
}
