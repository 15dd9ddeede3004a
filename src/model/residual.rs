//! The residual unit of ĝ (paper section 4): pre-activation, two convolutions of side 3.

use tch::Tensor;
use tch::nn::{self, Path};

use super::init;

/// x + conv3×3(ReLU(BN(conv3×3(ReLU(BN(x)))))), padded so that positions are kept. Over a series
/// (height 1) the convolutions are 1×3: along time alone.
#[derive(Debug)]
pub struct ResidualUnit {
    norm1: nn::BatchNorm,
    conv1: nn::Conv2D,
    norm2: nn::BatchNorm,
    conv2: nn::Conv2D,
}

impl ResidualUnit {
    /// A unit of `width` channels; its receptive field grows by 4 positions. `series` says that
    /// its inputs have height 1.
    pub fn new(path: &Path, width: i64, series: bool) -> Self {
        let (kernel, padding) = if series { ([1, 3], [0, 1]) } else { ([3, 3], [1, 1]) };
        let conv = |name: &str| init::conv2d(&(path / name), width, width, kernel, [1, 1], padding);
        Self {
            norm1: init::batch_norm2d(&(path / "norm1"), width),
            conv1: conv("conv1"),
            norm2: init::batch_norm2d(&(path / "norm2"), width),
            conv2: conv("conv2"),
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
