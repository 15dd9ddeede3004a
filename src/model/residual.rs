//! The residual unit of ĝ (paper section 4): pre-activation, two 3×3 convolutions.

use tch::Tensor;
use tch::nn::{self, Path};

use super::init;

/// x + conv3×3(ReLU(BN(conv3×3(ReLU(BN(x)))))), padded so that positions are kept.
#[derive(Debug)]
pub struct ResidualUnit {
    norm1: nn::BatchNorm,
    conv1: nn::Conv2D,
    norm2: nn::BatchNorm,
    conv2: nn::Conv2D,
}

impl ResidualUnit {
    /// A unit of `width` channels; its receptive field grows by 4 positions.
    pub fn new(path: &Path, width: i64) -> Self {
        Self {
            norm1: init::batch_norm2d(&(path / "norm1"), width),
            conv1: init::conv2d(&(path / "conv1"), width, width, 3, 1, 1),
            norm2: init::batch_norm2d(&(path / "norm2"), width),
            conv2: init::conv2d(&(path / "conv2"), width, width, 3, 1, 1),
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
