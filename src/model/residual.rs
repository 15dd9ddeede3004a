//! The residual unit of ĝ (paper section 4): pre-activation, two convolutions (the paper's: 3×3).

use tch::Tensor;
use tch::nn::{self, Path};

use super::convolution::{Convolution, Order};
use super::init;

/// x + conv(ReLU(BN(conv(ReLU(BN(x)))))), padded so that positions are kept. Over a series
/// (height 1) the kernels have height 1: they run along time alone.
#[derive(Debug)]
pub struct ResidualUnit {
    norm1: nn::BatchNorm,
    conv1: Convolution,
    norm2: nn::BatchNorm,
    conv2: Convolution,
}

impl ResidualUnit {
    /// A unit of `width` channels with kernels of these odd sides. A kernel of side k widens
    /// the receptive field by k − 1 positions: a unit of 3×3 kernels by 4. `series` says that
    /// inputs have height 1, `order` how they lie in memory.
    pub fn new(path: &Path, width: i64, [first, second]: [i64; 2], series: bool, order: Order) -> Self {
        let conv = |name: &str, side: i64| {
            let rows = if series { 1 } else { side };
            Convolution::new(&(path / name), width, width, [rows, side], order)
        };
        Self {
            norm1: init::batch_norm2d(&(path / "norm1"), width),
            conv1: conv("conv1", first),
            norm2: init::batch_norm2d(&(path / "norm2"), width),
            conv2: conv("conv2", second),
        }
    }
}

impl nn::ModuleT for ResidualUnit {
    /// `[B, width, H, W]` → the same.
    fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        // The normalised tensors are ours alone, so ReLU may overwrite them.
        let inner = x.apply_t(&self.norm1, train).relu_().apply(&self.conv1);
        x + inner.apply_t(&self.norm2, train).relu_().apply(&self.conv2)
    }
}
